/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* PAIRS swap pairs and nothing else, for counting the instructions of fringe_swap. */

#include "suite.h"

static _Alignas(64) unsigned char stack[4096];
static struct fringe_bare context;

static void body(fringe_yielder *yielder, intptr_t value) {
  for (;;) {
    value = fringe_yield(yielder, value);
  }
}

int main(void) {
  fringe_init(&context, (uintptr_t) (stack + sizeof stack), body);
  for (intptr_t i = 0; i < PAIRS; i++) {
    if (fringe_swap(&context, i) != i) {
      return 1;
    }
  }
  return 0;
}
