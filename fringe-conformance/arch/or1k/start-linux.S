/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* Linux, without a C library. */

#define SYS_write 64
#define SYS_exit_group 94

        .text
        .globl  _start
_start:
        l.ori   r3, r0, 0               /* no arguments */
        l.ori   r4, r0, 0
        l.jal   main
         l.ori  r2, r0, 0               /* the end of the frame chain */
        l.ori   r3, r11, 0
        .globl  arch_exit
arch_exit:
        l.ori   r11, r0, SYS_exit_group
        l.sys   1

        .globl  arch_write
arch_write:
        l.ori   r5, r4, 0
        l.ori   r4, r3, 0
        l.ori   r3, r0, 1
        l.ori   r11, r0, SYS_write
        l.sys   1
        l.jr    r9
         l.nop

        .section .note.GNU-stack, "", @progbits
