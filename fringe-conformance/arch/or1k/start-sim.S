/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * The bare "or1k-sim" board of qemu-system-or1k: starts in supervisor mode with the MMUs off, and
 * writes to the 16550 serial port. The board has nothing that would end the emulator, so the end is a
 * processor that sleeps for ever; whoever reads the serial line knows the last line.
 */

#define UART_HIGH       0x9000
#define UART_DATA       0
#define UART_STATUS     5
#define UART_EMPTY      0x20
#define SPR_PMR         0x4000          /* power management */
#define PMR_DOZE        0x10
#define STACK_SIZE      65536

        .text
        .globl  _start
_start:
        l.movhi r0, 0
        l.movhi r1, hi(stack_base)
        l.ori   r1, r1, lo(stack_base)
        l.jal   main
         l.ori  r2, r0, 0               /* the end of the frame chain */
        .globl  arch_exit
arch_exit:
        l.ori   r3, r0, PMR_DOZE
        l.mtspr r0, r3, SPR_PMR
        l.j     arch_exit
         l.nop

/* Bytes, each once the one before it has left. */
        .globl  arch_write
arch_write:
        l.movhi r5, UART_HIGH
1:      l.sfeq  r4, r0
        l.bf    3f
         l.addi r4, r4, -1
2:      l.lbz   r6, UART_STATUS(r5)
        l.andi  r6, r6, UART_EMPTY
        l.sfeq  r6, r0
        l.bf    2b
         l.nop
        l.lbz   r6, 0(r3)
        l.sb    UART_DATA(r5), r6
        l.j     1b
         l.addi r3, r3, 1
3:      l.jr    r9
         l.nop

        .bss
        .p2align 2
        .space  STACK_SIZE
stack_base:

        .section .note.GNU-stack, "", @progbits
