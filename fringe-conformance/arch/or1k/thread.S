/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* A kernel thread without a C library. */

#define SYS_exit  93
#define SYS_clone 220
#define THREAD_CLONE_FLAGS 0x3d0f00

        .text

/*
 * r3: function, r4: its argument, r5: base of its stack, r6: its thread pointer, r7: its tid slot.
 * Returns the id of the new kernel thread, which calls the function and ends.
 */
        .globl  thread_start
        .type   thread_start, @function
thread_start:
        .cfi_startproc
        l.addi  r1, r1, -12
        .cfi_adjust_cfa_offset 12
        l.sw    8(r1), r9
        .cfi_rel_offset 9, 8
        l.sw    4(r1), r14
        .cfi_rel_offset 14, 4
        l.sw    0(r1), r16
        .cfi_rel_offset 16, 0
        l.ori   r14, r3, 0
        l.ori   r16, r4, 0
        l.movhi r3, hi(THREAD_CLONE_FLAGS)
        l.ori   r3, r3, lo(THREAD_CLONE_FLAGS)
        l.ori   r4, r5, 0
        l.ori   r5, r7, 0
        l.ori   r8, r6, 0
        l.ori   r6, r7, 0
        l.ori   r7, r8, 0
        l.ori   r11, r0, SYS_clone
        l.sys   1
        l.sfeq  r11, r0
        l.bf    1f
         l.nop
        l.lwz   r9, 8(r1)
        l.lwz   r14, 4(r1)
        l.lwz   r16, 0(r1)
        l.jr    r9
         l.addi r1, r1, 12
1:      .cfi_undefined 9
        l.ori   r2, r0, 0               /* the end of the frame chain */
        l.jalr  r14
         l.ori  r3, r16, 0
        l.ori   r3, r0, 0
        l.ori   r11, r0, SYS_exit
        l.sys   1
        .cfi_endproc
        .size   thread_start, . - thread_start

        .section .note.GNU-stack, "", @progbits
