/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * The bare "virt" board of qemu-system-riscv64, without a firmware: starts in machine mode at the start of
 * the memory (0x80000000), where .init is to be linked, writes to the 16550 serial port, and ends the
 * emulator through the board's test device, which hands the status over. An exception, which has no
 * handler that could do anything, ends it too, with its cause.
 */

#define UART            0x10000000
#define UART_DATA       0
#define UART_STATUS     5
#define UART_MAY_WRITE  0x20
#define FINISHER        0x100000
#define FINISHER_PASS   0x5555
#define FINISHER_FAIL   0x3333          /* with the status in the upper half */
#define MSTATUS_FS      0x2000          /* floating point does not trap */
#define STACK_SIZE      65536

        .section .init, "ax", %progbits  /* which linkers put before all other code */
        .globl  _start
_start:
        .option push
        .option norelax                 /* it would be made a move from gp to gp */
        la      gp, __global_pointer$
        .option pop
        csrr    t0, mhartid             /* one processor is enough */
        bnez    t0, wait
        lla     t0, trap
        csrw    mtvec, t0
        li      t0, MSTATUS_FS
        csrs    mstatus, t0
        fscsr   zero
        lla     sp, stack_base
        li      s0, 0                   /* the end of the frame chain */
        li      ra, 0
        jal     main
        .globl  arch_exit
arch_exit:
        li      t0, FINISHER
        li      t1, FINISHER_PASS
        beqz    a0, 1f
        slli    a0, a0, 16
        li      t1, FINISHER_FAIL
        or      t1, t1, a0
1:      sw      t1, 0(t0)
wait:
        wfi
        j       wait

        .p2align 2
trap:
        csrr    a0, mcause
        addi    a0, a0, 64
        j       arch_exit

        .globl  arch_write
arch_write:
        li      t0, UART
        beqz    a1, 3f
1:      lbu     t1, UART_STATUS(t0)
        andi    t1, t1, UART_MAY_WRITE
        beqz    t1, 1b
        lbu     t1, 0(a0)
        sb      t1, UART_DATA(t0)
        addi    a0, a0, 1
        addi    a1, a1, -1
        bnez    a1, 1b
3:      ret

        .bss
        .p2align 4
        .space  STACK_SIZE
stack_base:

        .section .note.GNU-stack, "", %progbits
