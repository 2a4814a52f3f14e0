/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * Backtraces by call frame information, with the unwinder of the compiler's library: from inside of a
 * context through the splice into the resumer and on to main.
 */

#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unwind.h>

#include "suite.h"

#define STACK_SIZE (256 * 1024)
#define MOST 100

void arch_write(const char *text, size_t size) {
  if (write(1, text, size) != (ssize_t) size) {
    _exit(3);
  }
}

/* ---- backtraces ---- */

struct trace {
  uintptr_t functions[MOST]; /* where each one starts */
  uintptr_t cfas[MOST];
  int count;
  int end; /* what _Unwind_Backtrace returned */
};

static struct trace trace;

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *argument) {
  struct trace *to = argument;
  if (to->count == MOST) {
    return _URC_NORMAL_STOP;
  }
  to->functions[to->count] = _Unwind_GetRegionStart(context);
  to->cfas[to->count] = _Unwind_GetCFA(context);
  to->count++;
  return _URC_NO_REASON;
}

static void take(void) {
  trace.count = 0;
  trace.end = _Unwind_Backtrace(visit, &trace);
}

int main(void);

/* Whether the functions are in the trace in this order, the innermost first, perhaps with others. */
static const char *has(void *const *functions, size_t count) {
  size_t found = 0;
  for (int i = 0; i < trace.count && found < count; i++) {
    found += trace.functions[i] == (uintptr_t) functions[found];
  }
  if (found != count) {
    return because("found ", found, " of the functions in the right order, the trace has so many frames: ",
      (uintptr_t) trace.count);
  }
  return trace.count < MOST ? NULL : "the trace has no end";
}

/*
 * The callee-saved registers: an unwinder that gives a wrong value for one of them finds a wrong CFA in
 * a function that counts it from that register. To see all of them, an exception is needed, which C
 * can't throw; _Unwind_ForcedUnwind runs the clean-up of a frame with the registers restored.
 */

/* ---- bare ---- */

static _Alignas(64) unsigned char stacks[3][32768];
static struct fringe_bare contexts[3];

static void __attribute__((noinline)) bare_leaf(void) {
  take();
  __asm__ volatile("");
}

static void bare_body(fringe_yielder *yielder, intptr_t first) {
  (void) first;
  for (;;) {
    bare_leaf();
    fringe_yield(yielder, 0);
  }
}

static void bare_middle(fringe_yielder *yielder, intptr_t first) {
  (void) first;
  for (;;) {
    fringe_swap(&contexts[0], 0);
    fringe_yield(yielder, 0);
  }
}

static void bare_outer(fringe_yielder *yielder, intptr_t first) {
  (void) first;
  for (;;) {
    fringe_swap(&contexts[1], 0);
    fringe_yield(yielder, 0);
  }
}

static void __attribute__((noinline)) bare_resumer(struct fringe_bare *context) {
  fringe_swap(context, 0);
  __asm__ volatile("");
}

static const char *bare_splice(void) {
  fringe_init(&contexts[0], (uintptr_t) stacks[1], bare_body);
  void *const expected[] = {bare_leaf, bare_body, bare_resumer, bare_splice, main};
  for (int i = 0; i < 3; i++) {
    trace.count = 0;
    bare_resumer(&contexts[0]);
    const char *why = has(expected, 5);
    if (why != NULL) {
      return why;
    }
  }
  remark_number("", (uintptr_t) trace.count, " frames");
  return NULL;
}

static const char *bare_nested(void) {
  fringe_init(&contexts[0], (uintptr_t) stacks[1], bare_body);
  fringe_init(&contexts[1], (uintptr_t) stacks[2], bare_middle);
  fringe_init(&contexts[2], (uintptr_t) (stacks + 3), bare_outer);
  void *const expected[] = {bare_leaf, bare_body, bare_middle, bare_outer, bare_resumer, bare_nested, main};
  for (int i = 0; i < 3; i++) {
    trace.count = 0;
    bare_resumer(&contexts[2]);
    const char *why = has(expected, 7);
    if (why != NULL) {
      return why;
    }
  }
  remark_number("", (uintptr_t) trace.count, " frames");
  return NULL;
}

/* ---- the registers that the splice restores ---- */

/*
 * Unwinds from the body into `landing`, a frame of the resumer, by a forced unwind: at each frame the
 * context has what the unwinder believes to be in the callee-saved registers there. DWARF numbers of
 * registers are looked at as they are, so this needs no table of an architecture: the registers that
 * arch_call was given are the values that differ from all others.
 */
static struct arch_state given;
static uintptr_t seen_mask;

static _Unwind_Reason_Code look(struct _Unwind_Context *context, void *argument) {
  (void) argument;
  if (_Unwind_GetRegionStart(context) == (uintptr_t) arch_call) {
    for (int number = 0; number < __LIBGCC_DWARF_FRAME_REGISTERS__; number++) {
      uintptr_t value = _Unwind_GetGR(context, number);
      for (size_t i = 0; i < ARCH_REGISTERS; i++) {
        if (value == given.registers[i]) {
          seen_mask |= (uintptr_t) 1 << i;
        }
      }
    }
    return _URC_NORMAL_STOP;
  }
  return _URC_NO_REASON;
}

static void looks_body(fringe_yielder *yielder, intptr_t first) {
  (void) first;
  for (;;) {
    _Unwind_Backtrace(look, NULL);
    fringe_yield(yielder, 0);
  }
}
