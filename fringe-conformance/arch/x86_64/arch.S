/* SPDX-License-Identifier: MIT OR Apache-2.0 */

        .text

/* %rdi: function, %rsi: first, %rdx: second, %rcx: struct arch_state * */
        .globl  arch_call
        .type   arch_call, @function
arch_call:
        .cfi_startproc
        pushq   %rbp
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbp, 0
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r12, 0
        pushq   %r13
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r13, 0
        pushq   %r14
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r14, 0
        pushq   %r15
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r15, 0
        subq    $24, %rsp
        .cfi_adjust_cfa_offset 24
        stmxcsr (%rsp)
        fnstcw  4(%rsp)
        movq    %rcx, 8(%rsp)
        movq    %rdi, %rax
        movq    %rsi, %rdi
        movq    %rdx, %rsi
        ldmxcsr 48(%rcx)
        fldcw   52(%rcx)
        movq    0(%rcx), %rbx
        movq    8(%rcx), %rbp
        movq    16(%rcx), %r12
        movq    24(%rcx), %r13
        movq    32(%rcx), %r14
        movq    40(%rcx), %r15
        movabsq $0xbad0bad0bad0bad0, %rcx
        movq    %rcx, %rdx
        movq    %rcx, %r8
        movq    %rcx, %r9
        movq    %rcx, %r10
        movq    %rcx, %r11
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        pcmpeqd %xmm\n, %xmm\n
        .endr
        call    *%rax
        movq    8(%rsp), %rcx
        movq    %rbx, 0(%rcx)
        movq    %rbp, 8(%rcx)
        movq    %r12, 16(%rcx)
        movq    %r13, 24(%rcx)
        movq    %r14, 32(%rcx)
        movq    %r15, 40(%rcx)
        movq    $0, 48(%rcx)
        stmxcsr 48(%rcx)
        andl    $0xffc0, 48(%rcx)
        fnstcw  52(%rcx)
        ldmxcsr (%rsp)
        fldcw   4(%rsp)
        addq    $24, %rsp
        .cfi_adjust_cfa_offset -24
        .irp r, r15, r14, r13, r12, rbx, rbp
        popq    %\r
        .cfi_adjust_cfa_offset -8
        .cfi_restore %\r
        .endr
        ret
        .cfi_endproc
        .size   arch_call, . - arch_call

        .section .note.GNU-stack, "", @progbits
