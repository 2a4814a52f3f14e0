/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * The bare "virt" board of qemu-system-aarch64: starts at EL1 with the MMU off, writes to the PL011
 * serial port, and ends the emulator through semihosting, which hands the status over. To be linked
 * with the text above the start of the memory (0x40000000), where qemu puts the device tree, and
 * with -mstrict-align: without an MMU all memory is device memory, which must be accessed aligned.
 */

#define UART            0x09000000
#define UART_DATA       0
#define UART_FLAGS      0x18
#define UART_FULL_BIT   5
#define SEMIHOSTING_EXIT 0x18
#define APPLICATION_EXIT 0x20026
#define STACK_SIZE      65536

        .text
        .globl  _start
_start:
        mov     x0, #3 << 20            /* CPACR_EL1.FPEN: floating point does not trap */
        msr     cpacr_el1, x0
        isb
        adrp    x0, stack_base
        add     x0, x0, :lo12:stack_base
        mov     sp, x0
        mov     x29, #0                 /* the end of the frame chain */
        mov     x30, #0
        msr     fpcr, xzr
        bl      main
        .globl  arch_exit
arch_exit:
        mov     x2, #APPLICATION_EXIT & 0xffff
        movk    x2, #APPLICATION_EXIT >> 16, lsl #16
        stp     x2, x0, [sp, #-16]!
        mov     x1, sp
        mov     w0, #SEMIHOSTING_EXIT
        hlt     #0xf000
        b       .

        .globl  arch_write
arch_write:
        mov     x2, #UART
        cbz     x1, 3f
1:      ldr     w3, [x2, #UART_FLAGS]
        tbnz    w3, #UART_FULL_BIT, 1b
        ldrb    w3, [x0], #1
        strb    w3, [x2, #UART_DATA]
        subs    x1, x1, #1
        b.ne    1b
3:      ret

        .bss
        .p2align 4
        .space  STACK_SIZE
stack_base:

        .section .note.GNU-stack, "", %progbits
