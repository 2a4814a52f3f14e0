/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * What the benchmarks need in native code: a function that does nothing, and the switches at native
 * speed, many of them to one call. The assembly measured is that of the library which the virtual
 * machine has loaded and configured already; its functions are passed in, in the order of the struct.
 * Integers have 64 bits here, whatever a word has, so that the Java side is the same for all.
 */

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include "fringe.h"

#define STACK_SIZE (256 * 1024)

struct functions {
  void (*init)(struct fringe_bare *, uintptr_t, fringe_body);
  intptr_t (*swap)(struct fringe_bare *, intptr_t);
  intptr_t (*yield)(fringe_yielder *, intptr_t);
  void *(*entry)(void *);
  void (*dematerialise)(uintptr_t, uintptr_t, uintptr_t);
  int32_t (*await)(uintptr_t);
  void (*resume)(uintptr_t, uintptr_t, uintptr_t);
  void (*suspend)(uintptr_t, uintptr_t, uintptr_t);
};

static struct functions f;
static struct fringe_bare bare;
static _Alignas(64) struct fringe_context hosted;

void bench_empty(int64_t context, int64_t frames, int64_t vm_thread) {
  (void)context;
  (void)frames;
  (void)vm_thread;
}

void bench_body(fringe_yielder *yielder, intptr_t value) {
  for (;;)
    value = f.yield(yielder, value + 1);
}

static void hosted_body(uintptr_t context) {
  f.dematerialise(context, 0, 0);
  for (;;)
    f.suspend(context, 0, 0);
}

/* Makes one context of each kind. Returns 0, or what went wrong. */
int32_t bench_start(const struct functions *functions) {
  f = *functions;
  char *stack = aligned_alloc(64, STACK_SIZE);
  if (stack == NULL)
    return -1;
  f.init(&bare, (uintptr_t)stack + STACK_SIZE, bench_body);
  pthread_t thread;
  hosted.entry = (uintptr_t)hosted_body;
  if (pthread_create(&thread, NULL, f.entry, &hosted) != 0)
    return -2;
  return f.await((uintptr_t)&hosted) == FRINGE_READY ? 0 : -3;
}

/* So many round trips of the bare swap; the answer depends on each of them. */
int64_t bench_bare(int64_t count) {
  intptr_t value = 0;
  for (intptr_t i = 0; i < count; i++)
    value = f.swap(&bare, value);
  return value;
}

/*
 * So many round trips by words. Nothing but the words is exchanged, so signal handlers may find the thread that they
 * name at any time: it is the caller's own, which HotSpot keeps in a register.
 */
void bench_words(int64_t count) {
#ifdef __x86_64__
  register uintptr_t self __asm__("r15");
  __asm__ volatile("" : "=r"(self));
  uintptr_t context = (uintptr_t)&hosted;
  uintptr_t frames = hosted.sp;
  hosted.thread = self;
  for (intptr_t i = 0; i < count; i++)
    f.resume(context, frames, self);
  hosted.thread = 0;
#else
  (void)count;
#endif
}

/* So many round trips of the swap with the thread pointer. */
void bench_hosted(int64_t count) {
  uintptr_t context = (uintptr_t)&hosted;
  uintptr_t frames = hosted.sp;
  for (intptr_t i = 0; i < count; i++)
    f.resume(context, frames, context);
}
