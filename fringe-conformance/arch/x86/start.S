/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* Linux, without a C library. */

#define SYS_write 4
#define SYS_exit_group 252

        .text
        .globl  _start
_start:
        xorl    %ebp, %ebp              /* the end of the frame chain */
        andl    $-16, %esp
        call    main
        pushl   %eax
        call    arch_exit

        .globl  arch_exit
arch_exit:
        movl    4(%esp), %ebx
        movl    $SYS_exit_group, %eax
        int     $0x80

        .globl  arch_write
arch_write:
        pushl   %ebx
        movl    $1, %ebx
        movl    8(%esp), %ecx
        movl    12(%esp), %edx
        movl    $SYS_write, %eax
        int     $0x80
        popl    %ebx
        ret

        .section .note.GNU-stack, "", @progbits
