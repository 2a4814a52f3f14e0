// SPDX-License-Identifier: MIT OR Apache-2.0
package dev.fringe.valgrind;

/**
 * The client requests that are used, by the names and numbers they have in {@code valgrind.h} and {@code
 * memcheck.h}. They are part of the binary interface of Valgrind and so never change; a test compares
 * them with the headers.
 */
enum ClientRequest {
    /** How many Valgrinds run this process, one in another; 0 if none does. */
    RUNNING_ON_VALGRIND(0x1001),
    /** Lowest and highest address of a stack, both inside of it; the answer is a number for it. */
    STACK_REGISTER(0x1501),
    /** The number of a stack. */
    STACK_DEREGISTER(0x1502),

    // What follows is Memcheck's. Other tools of Valgrind answer 0 and do nothing.

    /** Start and length of memory that may be accessed, but holds nothing. */
    MAKE_MEM_UNDEFINED(Memcheck.BASE + 1),
    /** 0, and the number of a block. */
    DISCARD(Memcheck.BASE + 3),
    /** Start, length and description of a block, for error messages; the answer is a number for it. */
    CREATE_BLOCK(Memcheck.BASE + 10);

    /** The requests of a tool start with two letters. */
    private static final class Memcheck {
        private static final int BASE = 'M' << 24 | 'C' << 16;
    }

    final int number;

    ClientRequest(int number) {
        this.number = number;
    }
}
