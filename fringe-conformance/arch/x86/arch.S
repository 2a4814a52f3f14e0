/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* From the stack pointer at the call up to the return address of arch_call. */
#define FRAME 44

        .text

/* 4(%esp): function, first, second, struct arch_state * */
        .globl  arch_call
        .type   arch_call, @function
arch_call:
        .cfi_startproc
        .irp r, ebp, ebx, esi, edi
        pushl   %\r
        .cfi_adjust_cfa_offset 4
        .cfi_rel_offset %\r, 0
        .endr
        subl    $28, %esp
        .cfi_adjust_cfa_offset 28
        stmxcsr 8(%esp)
        fnstcw  12(%esp)
        movl    FRAME+8(%esp), %eax
        movl    %eax, 0(%esp)
        movl    FRAME+12(%esp), %eax
        movl    %eax, 4(%esp)
        movl    FRAME+16(%esp), %ecx
        movzwl  16(%ecx), %eax
        movl    %eax, 16(%esp)
        ldmxcsr 16(%esp)
        fldcw   18(%ecx)
        movl    0(%ecx), %ebx
        movl    4(%ecx), %ebp
        movl    8(%ecx), %esi
        movl    12(%ecx), %edi
        movl    $0xbad0bad0, %eax
        movl    %eax, %ecx
        movl    %eax, %edx
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7
        pcmpeqd %xmm\n, %xmm\n
        .endr
        call    *FRAME+4(%esp)
        movl    FRAME+16(%esp), %ecx
        movl    %ebx, 0(%ecx)
        movl    %ebp, 4(%ecx)
        movl    %esi, 8(%ecx)
        movl    %edi, 12(%ecx)
        stmxcsr 16(%ecx)
        andl    $0xffc0, 16(%ecx)
        fnstcw  18(%ecx)
        ldmxcsr 8(%esp)
        fldcw   12(%esp)
        addl    $28, %esp
        .cfi_adjust_cfa_offset -28
        .irp r, edi, esi, ebx, ebp
        popl    %\r
        .cfi_adjust_cfa_offset -4
        .cfi_restore %\r
        .endr
        ret
        .cfi_endproc
        .size   arch_call, . - arch_call

        .section .note.GNU-stack, "", @progbits
