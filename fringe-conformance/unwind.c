/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * Backtraces by call frame information, with the unwinder of the compiler's library: from inside of a
 * context through the splice into the resumer and on to main.
 *
 * usage: unwind [words]
 */

#include <unwind.h>

#include "threads.h"

#define MOST 100

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

int main(int, char **);

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
 * At the frame of arch_call the unwinder must find in the callee-saved registers what arch_call was
 * given, although the frames in between have saved and changed them: those of the body on its stack,
 * and that of the switch, which is where the CFI of the splice says the registers are.
 */
static const int dwarf_numbers[ARCH_REGISTERS] = ARCH_DWARF;
static struct arch_state given;
static int looked;
static const char *look_failure;

static _Unwind_Reason_Code look(struct _Unwind_Context *context, void *argument) {
  (void) argument;
  if (_Unwind_GetRegionStart(context) != (uintptr_t) arch_call) {
    return _URC_NO_REASON;
  }
  struct arch_state found = given;
  for (size_t i = 0; i < ARCH_REGISTERS; i++) {
    found.registers[i] = _Unwind_GetGR(context, dwarf_numbers[i]);
  }
  looked++;
  look_failure = compare("by CFI: ", &given, &found);
  return _URC_NORMAL_STOP;
}

static const char *looks_from(void *function, uintptr_t context) {
  for (uintptr_t seed = 0; seed < 3; seed++) {
    struct arch_state state;
    fill(&given, seed, control_value(0));
    fill(&state, seed, control_value(0));
    looked = 0;
    arch_call(function, context, 0, &state);
    if (looked != 1) {
      return because("the resumer was found ", (uintptr_t) looked, " times, not ", 1);
    }
    if (look_failure != NULL) {
      return look_failure;
    }
  }
  remark_number("", ARCH_REGISTERS, " registers");
  return NULL;
}

static void bare_looks(fringe_yielder *yielder, intptr_t first) {
  (void) first;
  for (;;) {
    _Unwind_Backtrace(look, NULL);
    fringe_yield(yielder, 0);
  }
}

static const char *bare_registers(void) {
  fringe_init(&contexts[0], (uintptr_t) stacks[1], bare_looks);
  return looks_from(fringe_swap, (uintptr_t) &contexts[0]);
}

/* ---- hosted ---- */

static struct generator generators[3];

static void __attribute__((noinline)) hosted_leaf(void) {
  take();
  __asm__ volatile("");
}

static void hosted_body(struct generator *self) {
  while (!self->stop) {
    hosted_leaf();
    suspend(self);
  }
}

static void hosted_middle(struct generator *self) {
  while (!self->stop) {
    resume(&generators[0]);
    suspend(self);
  }
}

static void hosted_outer(struct generator *self) {
  while (!self->stop) {
    resume(&generators[1]);
    suspend(self);
  }
}

static void __attribute__((noinline)) hosted_resumer(struct generator *generator) {
  resume(generator);
  __asm__ volatile("");
}

static const char *hosted_splice(void) {
  if (start(&generators[0], hosted_body, entry, 0) != FRINGE_READY) {
    return "is not ready";
  }
  void *const expected[] = {hosted_leaf, hosted_body, entry, fringe_entry, hosted_resumer, hosted_splice, main};
  for (int i = 0; i < 3; i++) {
    trace.count = 0;
    hosted_resumer(&generators[0]);
    const char *why = has(expected, 7);
    if (why != NULL) {
      return why;
    }
  }
  remark_number("", (uintptr_t) trace.count, " frames");
  return finish(&generators[0]);
}

static const char *hosted_nested(void) {
  if (start(&generators[0], hosted_body, entry, 0) != FRINGE_READY
      || start(&generators[1], hosted_middle, entry, 0) != FRINGE_READY
      || start(&generators[2], hosted_outer, entry, 0) != FRINGE_READY) {
    return "is not ready";
  }
  void *const expected[] = {hosted_leaf, hosted_body, fringe_entry, hosted_middle, fringe_entry, hosted_outer,
    fringe_entry, hosted_resumer, hosted_nested, main};
  for (int i = 0; i < 3; i++) {
    trace.count = 0;
    hosted_resumer(&generators[2]);
    const char *why = has(expected, 10);
    if (why != NULL) {
      return why;
    }
  }
  remark_number("", (uintptr_t) trace.count, " frames");
  for (int i = 0; i < 3; i++) {
    const char *why = finish(&generators[i]);
    if (why != NULL) {
      return why;
    }
  }
  return NULL;
}

static void hosted_looks(struct generator *self) {
  while (!self->stop) {
    _Unwind_Backtrace(look, NULL);
    suspend(self);
  }
}

static const char *hosted_registers(void) {
  if (start(&generators[0], hosted_looks, entry, 0) != FRINGE_READY) {
    return "is not ready";
  }
  const char *why = looks_from(fringe_resume, (uintptr_t) &generators[0].context);
  return why != NULL ? why : finish(&generators[0]);
}

/* While no one resumes it, a generator's backtrace ends in the start of its own thread. */
static const char *own_thread(void) {
  void *const expected[] = {fringe_entry};
  take();
  const char *why = has(expected, 1);
  if (why != NULL) {
    return why;
  }
  if (trace.functions[trace.count - 1] == (uintptr_t) fringe_entry || trace.end != _URC_END_OF_STACK) {
    return because("the trace ends too early or not well: ", (uintptr_t) trace.count, " frames, code ",
      (uintptr_t) trace.end);
  }
  for (int i = 0; i < trace.count; i++) {
    if (trace.functions[i] == (uintptr_t) main) {
      return "the trace leads to somebody else's main";
    }
  }
  return NULL;
}

static void enters_and_looks(uintptr_t context) {
  struct generator *self = (struct generator *) context;
  const char *why = own_thread();
  identify(self);
  fringe_dematerialise(context, 0, 0);
  while (!self->stop) {
    suspend(self);
  }
  if (why == NULL) {
    why = own_thread();
  }
  self->failure = why;
}

static const char *birth_and_death(void) {
  if (start(&generators[0], hosted_body, enters_and_looks, 0) != FRINGE_READY) {
    return "is not ready";
  }
  resume(&generators[0]);
  return finish(&generators[0]);
}

static const struct check checks[] = {
  {"bare: a backtrace leads to the resumer's main", bare_splice},
  {"bare: it leads through nested contexts", bare_nested},
  {"bare: it restores the resumer's callee-saved registers", bare_registers},
  {"the tid slot is found in two threads", finds_the_slot},
  {"the exit word is found, by looking and by asking", finds_the_exit_word},
  {"fringe_configure", configures},
  {"the words are found in two threads", finds_the_words},
  {"hosted: a backtrace leads to the resumer's main", hosted_splice},
  {"hosted: it leads through nested generators", hosted_nested},
  {"hosted: it restores the resumer's callee-saved registers", hosted_registers},
  {"hosted: in birth and death it ends in its own thread", birth_and_death},
};

int main(int count, char **arguments) {
  by_words = count > 1 && arguments[1][0] == 'w'; /* there may be no C library to compare strings with */
  return run_checks(CHECKS(checks));
}
