/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* Linux, without a C library. */

#define SYS_write 64
#define SYS_exit_group 94

        .text
        .globl  _start
_start:
        mov     x29, #0                 /* the end of the frame chain */
        mov     x30, #0
        bl      main
        .globl  arch_exit
arch_exit:
        mov     x8, #SYS_exit_group
        svc     #0

        .globl  arch_write
arch_write:
        mov     x2, x1
        mov     x1, x0
        mov     x0, #1
        mov     x8, #SYS_write
        svc     #0
        ret

        .section .note.GNU-stack, "", %progbits
