/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * Client requests of Valgrind for 32-bit x86 (System V ABI). What a client request is stands at the
 * top of x86_64.S.
 *
 * FACTS
 *
 * - The preamble rotates %edi by 3, 13, 29 and 19 bits to the left: 64 together, twice the width of
 *   the register. %edi is callee-saved, and is: it holds the same afterwards.
 * - `xchgl %ebx, %ebx` after it makes it a client request. %eax points to the six words of the
 *   request, and the answer comes in %edx. The assembler has a short form for an exchange with %eax
 *   only, so this one has two bytes, as in valgrind.h.
 * - Arguments are on the stack.
 */

        .file   "x86.S"
        .text

/*
 * uintptr_t fringe_valgrind_request(const uintptr_t request[6])
 */
        .globl  fringe_valgrind_request
        .type   fringe_valgrind_request, @function
        .p2align 4
fringe_valgrind_request:
        .cfi_startproc
        movl    4(%esp), %eax           /* the request */
        xorl    %edx, %edx              /* the answer of a machine without Valgrind */
magic:
        roll    $3, %edi
        roll    $13, %edi
        roll    $29, %edi
        roll    $19, %edi
        xchgl   %ebx, %ebx
magic_end:
        movl    %edx, %eax
        ret
        .cfi_endproc
        .size   fringe_valgrind_request, . - fringe_valgrind_request

        .section .note.GNU-stack, "", @progbits
