/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * The three benchmarks of the original, natively, on any architecture that has a fringe.S:
 *
 *   generate   a body hands out a number, its resumer takes it
 *   swap       two sides exchange stacks, with nothing to say
 *   syscall    a system call that does nothing, to compare with
 *
 * Prints "NAME NANOSECONDS" for each, the best of many runs. With an argument it runs only that one,
 * so many times, and prints nothing: for emulators that count instructions.
 */

#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "fringe.h"

#define STACK_SIZE (64 * 1024)
#define RUNS 200
#define TIMES 20000

static struct fringe_bare context;
static volatile intptr_t sink;

static void count(fringe_yielder *yielder, intptr_t first) {
  (void)first;
  for (intptr_t i = 0;; i++)
    fringe_yield(yielder, i);
}

static void idle(fringe_yielder *yielder, intptr_t first) {
  (void)first;
  for (;;)
    fringe_swap(yielder, 0);
}

static void start(fringe_body body) {
  static char *stack;
  if (stack == NULL)
    stack = aligned_alloc(64, STACK_SIZE);
  fringe_init(&context, (uintptr_t)stack + STACK_SIZE, body);
}

static void generate(long times) {
  intptr_t sum = 0;
  for (long i = 0; i < times; i++)
    sum += fringe_swap(&context, 0);
  sink = sum;
}

static void swap(long times) {
  for (long i = 0; i < times; i++)
    fringe_swap(&context, 0);
}

static void call(long times) {
  for (long i = 0; i < times; i++)
    syscall(SYS_getppid);
}

static const struct benchmark {
  const char *name;
  fringe_body body;
  void (*run)(long);
} benchmarks[] = {{"generate", count, generate}, {"swap", idle, swap}, {"syscall", idle, call}};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv) {
  for (size_t i = 0; i < sizeof benchmarks / sizeof *benchmarks; i++) {
    const struct benchmark *b = &benchmarks[i];
    if (argc > 2) {
      if (strcmp(argv[1], b->name) == 0) {
        start(b->body);
        b->run(atol(argv[2]));
      }
      continue;
    }
    double best = 1e18;
    start(b->body);
    for (int run = 0; run < RUNS; run++) {
      double from = now();
      b->run(TIMES);
      double each = (now() - from) / TIMES;
      if (each < best)
        best = each;
    }
    printf("%s %.3f\n", b->name, best);
  }
  return 0;
}
