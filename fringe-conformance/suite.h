/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * What the programs of the conformance suite share. They know an architecture through fringe.h and
 * through its folder arch/NAME, which has
 *
 *   arch.h    facts that C can't tell: see below
 *   arch.S    arch_call
 *   start*.S  _start, arch_write and arch_exit for programs without a C library; one for each kind of
 *             machine that such a program runs on
 *   run.sh    what is to be built and run: see lib.sh
 *
 * arch.h defines
 *
 *   ARCH_ALIGNMENT      of a stack, in bytes
 *   ARCH_REGISTERS      how many callee-saved registers there are that hold any value, in words. The
 *                       frame pointer is one of them; the stack pointer and the return address are not
 *   ARCH_DWARF          (where there is an unwinder) the numbers that these registers have in call
 *                       frame information, in the order of arch_state: an initialiser { a, b, ... }
 *   ARCH_CONTROLS       values of the floating-point control state, as arch_call takes them: an
 *                       initialiser { a, b, ... } with one at least, all of them legal, the first one
 *                       the usual state
 *   ARCH_WORDS          1 where a context can be switched by words, else not defined
 *   arch_step(on)       with ARCH_WORDS: has a signal raised after each instruction from now on, or not
 *   arch_caller(fp)     the frame pointer of the caller of the function that has this frame pointer
 *   arch_simd_store(p)  stores a vector by an instruction that needs the natural alignment of
 *                       ARCH_ALIGNMENT bytes, where there is one
 */

#ifndef SUITE_H
#define SUITE_H

#include <stddef.h>
#include <stdint.h>

#include "arch.h"
#include "fringe.h"

/* Values of callee-saved state. */
struct arch_state {
  uintptr_t registers[ARCH_REGISTERS];
  uintptr_t control;
};

/*
 * Calls `function(first, second)` with the callee-saved registers and the floating-point control
 * state of `state`, and garbage in all the other registers that do not carry the call; writes what
 * they are after the call to `state`. Keeps its own caller's registers.
 */
intptr_t arch_call(void *function, uintptr_t first, intptr_t second, struct arch_state *state);

void arch_write(const char *text, size_t size);
_Noreturn void arch_exit(int status);

/* A check: returns null, or why it failed. */
struct check {
  const char *name;
  const char *(*run)(void);
};

#define CHECKS(array) array, sizeof(array) / sizeof(array[0])

/* Runs the checks, prints a line for each and the sum, and returns the status to exit with. */
int run_checks(const struct check *checks, size_t count);

/* A reason to fail, with two numbers (in hexadecimal); valid until the next call. */
const char *because(const char *text, uintptr_t number, const char *more, uintptr_t other);

/* Adds a remark, or one with a number, to the line that the running check prints. */
void remark(const char *text);
void remark_number(const char *text, uintptr_t number, const char *more);

/* Fills `state` with values that differ for each seed and register. */
void fill(struct arch_state *state, uintptr_t seed, uintptr_t control);

/* Compares; returns why they differ, or null. */
const char *compare(const char *side, const struct arch_state *expected, const struct arch_state *found);

/* How many values ARCH_CONTROLS has, and each of them. */
size_t control_count(void);
uintptr_t control_value(size_t index);

/* Hides from the compiler what it knows about a value. */
#define OPAQUE(value) __asm__ volatile("" : "+r"(value) : : "memory")

#define FRAME() ((uintptr_t) __builtin_frame_address(0))

/*
 * Follows the frame-pointer chain from `frame` and looks for `count` frames in the given order.
 * Returns how many of them it found.
 */
size_t walk(uintptr_t frame, const uintptr_t *frames, size_t count);

#endif
