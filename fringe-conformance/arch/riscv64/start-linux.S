/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* Linux, without a C library. */

#define SYS_write 64
#define SYS_exit_group 94

        .text
        .globl  _start
_start:
        .option push
        .option norelax                 /* it would be made a move from gp to gp */
        la      gp, __global_pointer$
        .option pop
        li      s0, 0                   /* the end of the frame chain */
        li      ra, 0
        jal     main
        .globl  arch_exit
arch_exit:
        li      a7, SYS_exit_group
        ecall

        .globl  arch_write
arch_write:
        mv      a2, a1
        mv      a1, a0
        li      a0, 1
        li      a7, SYS_write
        ecall
        ret

        .section .note.GNU-stack, "", %progbits
