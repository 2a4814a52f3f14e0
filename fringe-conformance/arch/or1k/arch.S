/* SPDX-License-Identifier: MIT OR Apache-2.0 */

#define FRAME 48

.macro CALLEE_SAVED do, base, offset
        \do     2, \offset, \base
        \do     14, \offset+4, \base
        \do     16, \offset+8, \base
        \do     18, \offset+12, \base
        \do     20, \offset+16, \base
        \do     22, \offset+20, \base
        \do     24, \offset+24, \base
        \do     26, \offset+28, \base
        \do     28, \offset+32, \base
        \do     30, \offset+36, \base
.endm

.macro STORE register, offset, base
        l.sw    \offset(r\base), r\register
.endm

.macro LOAD register, offset, base
        l.lwz   r\register, \offset(r\base)
.endm

.macro STORED register, offset, base
        .cfi_rel_offset \register, \offset
.endm

        .text

/* r3: function, r4: first, r5: second, r6: struct arch_state * */
        .globl  arch_call
        .type   arch_call, @function
arch_call:
        .cfi_startproc
        l.addi  r1, r1, -FRAME
        .cfi_adjust_cfa_offset FRAME
        l.sw    44(r1), r9
        .cfi_rel_offset 9, 44
        l.sw    40(r1), r6
        CALLEE_SAVED STORE, 1, 0
        CALLEE_SAVED STORED, 1, 0
        l.ori   r13, r3, 0
        l.ori   r3, r4, 0
        l.ori   r4, r5, 0
        CALLEE_SAVED LOAD, 6, 0
        l.movhi r5, 0xbad0
        l.ori   r5, r5, 0xbad0
        .irp r, 6, 7, 8, 11, 12, 15, 17, 19, 21, 23, 25, 27, 29, 31
        l.ori   r\r, r5, 0
        .endr
        l.jalr  r13
         l.ori  r13, r5, 0
        l.lwz   r6, 40(r1)
        CALLEE_SAVED STORE, 6, 0
        CALLEE_SAVED LOAD, 1, 0
        l.lwz   r9, 44(r1)
        l.jr    r9
         l.addi r1, r1, FRAME
        .cfi_endproc
        .size   arch_call, . - arch_call

        .section .note.GNU-stack, "", @progbits
