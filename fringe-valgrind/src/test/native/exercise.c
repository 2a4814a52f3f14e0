/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* The native code of Exercise.java. */

#include "fringe.h"

#define KEEP __attribute__((noinline, noclone, visibility("default")))

static intptr_t (*yield)(fringe_yielder *, intptr_t);

KEEP void exercise_use(intptr_t (*fringe_yield)(fringe_yielder *, intptr_t)) {
  yield = fringe_yield;
}

/* Yields at each depth on the way down and once more on the way up, with a frame of 4 KiB each. */
KEEP intptr_t exercise_descend(fringe_yielder *yielder, intptr_t depth) {
  volatile char frame[4096];
  for (int i = 0; i < 4096; i += 64) {
    frame[i] = (char)depth;
  }
  intptr_t sum = yield(yielder, depth);
  if (depth > 0) {
    sum += exercise_descend(yielder, depth - 1);
  }
  for (int i = 0; i < 4096; i += 64) {
    if (frame[i] != (char)depth) {
      return -1;
    }
  }
  return sum + yield(yielder, depth);
}

/* A native body. */
KEEP void exercise_body(fringe_yielder *yielder, intptr_t first) {
  exercise_descend(yielder, first);
}

/* Native frames between two Java frames. */
KEEP void exercise_call(void (*function)(void)) {
  volatile char frame[256];
  frame[0] = 1;
  function();
  frame[255] = frame[0];
}

/* Uses 64 KiB of stack, and returns where the lower end was. */
KEEP char *exercise_frame(void) {
  volatile char frame[65536];
  for (int i = 0; i < 65536; i += 64) {
    frame[i] = 1;
  }
  char *lowest = (char *)frame;
  __asm__("" : "+r"(lowest)); /* or the compiler returns a null pointer */
  return lowest;
}

/* The deliberate fault: writes into a frame that is no more, far below the stack pointer. */
KEEP void exercise_write_out_of_bounds(void) {
  char *gone = exercise_frame();
  *(volatile int *)(gone + 128) = 42;
}
