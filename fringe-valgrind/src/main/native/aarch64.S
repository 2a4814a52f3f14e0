/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * Client requests of Valgrind for aarch64 (AAPCS64). What a client request is stands at the top of
 * x86_64.S.
 *
 * FACTS
 *
 * - The preamble rotates x12 by 3, 13, 51 and 61 bits to the right: 128 together, twice the width of
 *   the register. x12 is scratch anyway.
 * - `orr x10, x10, x10` after it makes it a client request. x4 points to the six words of the
 *   request, and the answer comes in x3. All of these are scratch registers.
 */

        .file   "aarch64.S"
        .text

/*
 * uintptr_t fringe_valgrind_request(const uintptr_t request[6])
 */
        .globl  fringe_valgrind_request
        .type   fringe_valgrind_request, %function
        .p2align 4
fringe_valgrind_request:
        .cfi_startproc
        hint    #34                     /* bti c: an indirect call may come here */
        mov     x4, x0                  /* the request */
        mov     x3, xzr                 /* the answer of a machine without Valgrind */
magic:
        ror     x12, x12, #3
        ror     x12, x12, #13
        ror     x12, x12, #51
        ror     x12, x12, #61
        orr     x10, x10, x10
magic_end:
        mov     x0, x3
        ret
        .cfi_endproc
        .size   fringe_valgrind_request, . - fringe_valgrind_request

        .section .note.GNU-stack, "", %progbits
