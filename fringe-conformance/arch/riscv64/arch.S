/* SPDX-License-Identifier: MIT OR Apache-2.0 */

#define CONTROL         192
#define FRAME_SIZE      224

        .text

/* a0: function, a1: first, a2: second, a3: struct arch_state * */
        .globl  arch_call
        .type   arch_call, %function
        .p2align 4
arch_call:
        .cfi_startproc
        addi    sp, sp, -FRAME_SIZE
        .cfi_def_cfa_offset FRAME_SIZE
        sd      ra, 216(sp)
        sd      s0, 208(sp)
        .cfi_offset ra, -8
        .cfi_offset s0, -16
        sd      s1, 200(sp)
        .cfi_offset s1, -24
        .irp n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
        sd      s\n, 200 - 8 * (\n - 1)(sp)
        .cfi_offset s\n, -24 - 8 * (\n - 1)
        .endr
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
        fsd     fs\n, 16 + 8 * \n(sp)
        .cfi_offset fs\n, 16 + 8 * \n - FRAME_SIZE
        .endr
        frrm    t0
        sd      t0, 8(sp)
        sd      a3, 0(sp)

        mv      t6, a0
        mv      a0, a1
        mv      a1, a2
        ld      t0, CONTROL(a3)
        fsrm    t0

        /* Values for what is kept, garbage for the rest. */
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
        ld      s\n, 8 * \n(a3)
        fld     fs\n, 96 + 8 * \n(a3)
        .endr
        li      t0, 0xbad0bad0bad0bad0
        .irp r, a2, a3, a4, a5, a6, a7, t1, t2, t3, t4, t5
        mv      \r, t0
        .endr
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7
        fmv.d.x ft\n, t0
        fmv.d.x fa\n, t0
        .endr
        .irp n, 8, 9, 10, 11
        fmv.d.x ft\n, t0
        .endr
        jalr    t6

        ld      a3, 0(sp)
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
        sd      s\n, 8 * \n(a3)
        fsd     fs\n, 96 + 8 * \n(a3)
        .endr
        frrm    t0
        sd      t0, CONTROL(a3)

        ld      t0, 8(sp)
        fsrm    t0
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
        fld     fs\n, 16 + 8 * \n(sp)
        .endr
        .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
        ld      s\n, 200 - 8 * (\n - 1)(sp)
        .endr
        ld      s0, 208(sp)
        ld      ra, 216(sp)
        addi    sp, sp, FRAME_SIZE
        .cfi_def_cfa_offset 0
        ret
        .cfi_endproc
        .size   arch_call, . - arch_call

        .section .note.GNU-stack, "", %progbits
