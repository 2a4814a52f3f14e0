/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* Linux, without a C library. */

#define SYS_write 1
#define SYS_exit_group 231

        .text
        .globl  _start
_start:
        xorl    %ebp, %ebp              /* the end of the frame chain */
        andq    $-16, %rsp
        call    main
        movl    %eax, %edi
        .globl  arch_exit
arch_exit:
        movl    $SYS_exit_group, %eax
        syscall

        .globl  arch_write
arch_write:
        movq    %rsi, %rdx
        movq    %rdi, %rsi
        movl    $1, %edi
        movl    $SYS_write, %eax
        syscall
        ret

        .section .note.GNU-stack, "", @progbits
