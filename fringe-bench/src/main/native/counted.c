/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* One of the benchmarks of original.h, RUN after START, so many times; for emulators that count. */

#include "suite.h"

#define SYSTEM_CALL() arch_write("", 0)
#include "original.h"

int main(void) {
  START();
  RUN(PAIRS);
  return 0;
}
