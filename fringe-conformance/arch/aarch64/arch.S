/* SPDX-License-Identifier: MIT OR Apache-2.0 */

#define CONTROL 152

        .text

/* x0: function, x1: first, x2: second, x3: struct arch_state * */
        .globl  arch_call
        .type   arch_call, %function
        .p2align 4
arch_call:
        .cfi_startproc
        hint    #34                     /* bti c */
        stp     x29, x30, [sp, #-192]!
        .cfi_def_cfa_offset 192
        .cfi_offset x29, -192
        .cfi_offset x30, -184
        stp     x19, x20, [sp, #16]
        stp     x21, x22, [sp, #32]
        stp     x23, x24, [sp, #48]
        stp     x25, x26, [sp, #64]
        stp     x27, x28, [sp, #80]
        stp     d8, d9, [sp, #96]
        stp     d10, d11, [sp, #112]
        stp     d12, d13, [sp, #128]
        stp     d14, d15, [sp, #144]
        mrs     x9, fpcr
        stp     x3, x9, [sp, #160]
        .cfi_offset x19, -176
        .cfi_offset x20, -168
        .cfi_offset x21, -160
        .cfi_offset x22, -152
        .cfi_offset x23, -144
        .cfi_offset x24, -136
        .cfi_offset x25, -128
        .cfi_offset x26, -120
        .cfi_offset x27, -112
        .cfi_offset x28, -104

        mov     x16, x0
        mov     x0, x1
        mov     x1, x2
        ldr     x9, [x3, #CONTROL]
        msr     fpcr, x9

        /* Garbage, also in the upper halves of v8 to v15, which no one keeps. */
        mov     x9, #0xbad0
        movk    x9, #0xbad0, lsl #16
        movk    x9, #0xbad0, lsl #32
        movk    x9, #0xbad0, lsl #48
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
        dup     v\n\().2d, x9
        .endr
        ldp     x19, x20, [x3]
        ldp     x21, x22, [x3, #16]
        ldp     x23, x24, [x3, #32]
        ldp     x25, x26, [x3, #48]
        ldp     x27, x28, [x3, #64]
        ldr     x29, [x3, #80]
        ldr     d8, [x3, #88]
        ldr     d9, [x3, #96]
        ldr     d10, [x3, #104]
        ldr     d11, [x3, #112]
        ldr     d12, [x3, #120]
        ldr     d13, [x3, #128]
        ldr     d14, [x3, #136]
        ldr     d15, [x3, #144]
        .irp n, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 17
        mov     x\n, x9
        .endr
        blr     x16

        ldr     x3, [sp, #160]
        stp     x19, x20, [x3]
        stp     x21, x22, [x3, #16]
        stp     x23, x24, [x3, #32]
        stp     x25, x26, [x3, #48]
        stp     x27, x28, [x3, #64]
        str     x29, [x3, #80]
        str     d8, [x3, #88]
        str     d9, [x3, #96]
        str     d10, [x3, #104]
        str     d11, [x3, #112]
        str     d12, [x3, #120]
        str     d13, [x3, #128]
        str     d14, [x3, #136]
        str     d15, [x3, #144]
        mrs     x9, fpcr
        str     x9, [x3, #CONTROL]

        ldr     x9, [sp, #168]
        msr     fpcr, x9
        ldp     x19, x20, [sp, #16]
        ldp     x21, x22, [sp, #32]
        ldp     x23, x24, [sp, #48]
        ldp     x25, x26, [sp, #64]
        ldp     x27, x28, [sp, #80]
        ldp     d8, d9, [sp, #96]
        ldp     d10, d11, [sp, #112]
        ldp     d12, d13, [sp, #128]
        ldp     d14, d15, [sp, #144]
        ldp     x29, x30, [sp], #192
        .cfi_def_cfa_offset 0
        ret
        .cfi_endproc
        .size   arch_call, . - arch_call

        .section .note.GNU-stack, "", %progbits
