/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * Native code for bodies to call, so that a tool finds them in it. Without a C library, so that the
 * compiler is all that building it takes.
 */

#include <stdint.h>

static long system_call(long number, long a, long b, long c)
{
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}

/* Says that it waits, and does so until the process is killed. */
void helper_wait(void)
{
  static const char text[] = "waiting\n";
  system_call(1, 1, (long)text, sizeof text - 1); /* write */
  for (;;)
    system_call(34, 0, 0, 0); /* pause */
}

/* Keeps the processor busy, in a function that is easy to recognise. */
uint64_t helper_burn(uint64_t rounds)
{
  volatile uint64_t sum = 0;
  for (uint64_t i = 0; i < rounds; i++)
    sum += i;
  return sum;
}

/* The address of the caller's frame record, which is on the caller's stack. */
uintptr_t helper_frame(void)
{
  return *(uintptr_t *)__builtin_frame_address(0);
}

/*
 * Follows the chain of frame records. Returns how many it has passed when it comes to one between
 * `from` and `to`, or 0 if it does not.
 */
int32_t helper_walk(uintptr_t from, uintptr_t to)
{
  uintptr_t *record = __builtin_frame_address(0);
  for (int32_t i = 1; i < 1000; i++) {
    record = (uintptr_t *)*record;
    if (record == 0 || (uintptr_t)record % 8 != 0)
      return 0;
    if ((uintptr_t)record >= from && (uintptr_t)record < to)
      return i;
  }
  return 0;
}
