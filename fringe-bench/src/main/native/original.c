/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* The benchmarks of original.h, natively: prints "NAME NANOSECONDS" for each, the best of many runs. */

#define _GNU_SOURCE
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SYSTEM_CALL() syscall(SYS_getppid)
#include "original.h"

#define RUNS 200
#define TIMES 20000

static const struct benchmark {
  const char *name;
  void (*start)(void);
  void (*run)(long);
} benchmarks[] = {
    {"generate", start_generate, run_generate},
    {"swap", start_swap, run_swap},
    {"syscall", start_syscall, run_syscall},
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(void) {
  for (size_t i = 0; i < sizeof benchmarks / sizeof *benchmarks; i++) {
    const struct benchmark *b = &benchmarks[i];
    double best = 1e18;
    b->start();
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
