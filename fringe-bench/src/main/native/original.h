/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * The three benchmarks of the original, on any architecture that has a fringe.S:
 *
 *   generate   a body hands out a number, its resumer takes it
 *   swap       two sides exchange stacks, with nothing to say
 *   syscall    a system call that does nothing, to compare with
 *
 * Who includes this defines SYSTEM_CALL(), and calls start_NAME() and then run_NAME(times).
 */

#include <stdint.h>

#include "fringe.h"

#define STACK_SIZE (64 * 1024)

static _Alignas(64) unsigned char stack[STACK_SIZE];
static struct fringe_bare context;
static volatile intptr_t sink;

static inline void count(fringe_yielder *yielder, intptr_t first) {
  (void)first;
  for (intptr_t i = 0;; i++)
    fringe_yield(yielder, i);
}

static inline void idle(fringe_yielder *yielder, intptr_t first) {
  (void)first;
  for (;;)
    fringe_yield(yielder, 0);
}

static inline void start_generate(void) {
  fringe_init(&context, (uintptr_t)stack + STACK_SIZE, count);
}

static inline void start_swap(void) {
  fringe_init(&context, (uintptr_t)stack + STACK_SIZE, idle);
}

static inline void start_syscall(void) {
}

static inline void run_generate(long times) {
  intptr_t sum = 0;
  for (long i = 0; i < times; i++)
    sum += fringe_swap(&context, 0);
  sink = sum;
}

static inline void run_swap(long times) {
  for (long i = 0; i < times; i++)
    fringe_swap(&context, 0);
}

static inline void run_syscall(long times) {
  for (long i = 0; i < times; i++)
    SYSTEM_CALL();
}
