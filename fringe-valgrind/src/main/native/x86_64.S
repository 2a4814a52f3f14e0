/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * Client requests of Valgrind for x86_64 (System V ABI).
 *
 * A program speaks to the Valgrind that runs it by instructions that nobody would write for another
 * reason: a preamble, and one instruction that says what is wanted. A processor executes them and
 * nothing happens. Valgrind, which translates all code before it is run, recognises the sequence and
 * does what is asked instead. So there is no library to link with and nothing to look for: the same
 * few bytes are the question and, where there is no Valgrind, the answer.
 *
 * There is such a file for each architecture that has both Valgrind and a backend. or1k has none:
 * Valgrind was never ported to it.
 *
 * FACTS
 *
 * - The preamble rotates %rdi by 3, 13, 61 and 51 bits to the left. These add up to 128, twice the
 *   width of the register, so afterwards it holds what it held before; only flags have changed,
 *   which no caller expects to be kept.
 * - The instruction after it exchanges a register with itself. Which register says what is wanted:
 *   %rbx is a client request. (%rcx and %rdx ask for things that only Valgrind's own function
 *   wrappers need.)
 * - A request is six words in memory, the number of the request and five arguments; %rax points to
 *   them. The answer comes in %rdx. Valgrind writes there for every request that it knows, and
 *   nothing else does, so what %rdx holds before is the answer where there is no Valgrind: 0.
 * - The sequence is recognised by its bytes, so each instruction must be encoded as it is in
 *   valgrind.h. An assembler has no choice with these, and a test compares them.
 */

        .file   "x86_64.S"
        .text

/*
 * uintptr_t fringe_valgrind_request(const uintptr_t request[6])
 */
        .globl  fringe_valgrind_request
        .type   fringe_valgrind_request, @function
        .p2align 4
fringe_valgrind_request:
        .cfi_startproc
        endbr64
        movq    %rdi, %rax              /* the request */
        xorl    %edx, %edx              /* the answer of a machine without Valgrind */
magic:
        rolq    $3, %rdi
        rolq    $13, %rdi
        rolq    $61, %rdi
        rolq    $51, %rdi
        xchgq   %rbx, %rbx
magic_end:
        movq    %rdx, %rax
        ret
        .cfi_endproc
        .size   fringe_valgrind_request, . - fringe_valgrind_request

        .section .note.GNU-stack, "", @progbits
