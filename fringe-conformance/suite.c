/* SPDX-License-Identifier: MIT OR Apache-2.0 */

#include "suite.h"

/* Longer than any chain of these programs; a walk that gets there goes round in circles. */
#define MOST_FRAMES 100

static char reason[256];
static char note[128];

static void put(const char *text) {
  size_t size = 0;
  while (text[size] != 0) {
    size++;
  }
  arch_write(text, size);
}

/* Appends to a string that has room for `size` bytes; what does not fit is cut off. */
static void append(char *to, size_t size, const char *text) {
  size_t at = 0;
  while (to[at] != 0) {
    at++;
  }
  while (*text != 0 && at + 1 < size) {
    to[at++] = *text++;
  }
  to[at] = 0;
}

static void append_number(char *to, size_t size, uintptr_t number, unsigned radix) {
  char digits[2 + 8 * sizeof number + 1];
  char *digit = digits + sizeof digits - 1;
  *digit = 0;
  do {
    *--digit = "0123456789abcdef"[number % radix];
    number /= radix;
  } while (number != 0);
  if (radix == 16) {
    *--digit = 'x';
    *--digit = '0';
  }
  append(to, size, digit);
}

const char *because(const char *text, uintptr_t number, const char *more, uintptr_t other) {
  reason[0] = 0;
  append(reason, sizeof reason, text);
  append_number(reason, sizeof reason, number, 16);
  append(reason, sizeof reason, more);
  append_number(reason, sizeof reason, other, 16);
  return reason;
}

void remark(const char *text) {
  append(note, sizeof note, note[0] == 0 ? " (" : ", ");
  append(note, sizeof note, text);
}

void remark_number(const char *text, uintptr_t number, const char *more) {
  remark(text);
  append_number(note, sizeof note, number, 10);
  append(note, sizeof note, more);
}

int run_checks(const struct check *checks, size_t count) {
  uintptr_t failed = 0;
  for (size_t i = 0; i < count; i++) {
    note[0] = 0;
    const char *why = checks[i].run();
    put(why == NULL ? "ok " : "FAILED ");
    put(checks[i].name);
    if (why != NULL) {
      put(": ");
      put(why);
      failed++;
    } else if (note[0] != 0) {
      put(note);
      put(")");
    }
    put("\n");
  }
  reason[0] = 0;
  append_number(reason, sizeof reason, count - failed, 10);
  append(reason, sizeof reason, " passed, ");
  append_number(reason, sizeof reason, failed, 10);
  append(reason, sizeof reason, " failed\n");
  put(reason);
  return failed != 0;
}

void fill(struct arch_state *state, uintptr_t seed, uintptr_t control) {
  for (size_t i = 0; i < ARCH_REGISTERS; i++) {
    /* Both halves of each word differ from all others. */
    state->registers[i] = (seed * 64 + i + 1) * (UINTPTR_MAX / 0xffff);
  }
  state->control = control;
}

const char *compare(const char *side, const struct arch_state *expected, const struct arch_state *found) {
  for (size_t i = 0; i < ARCH_REGISTERS; i++) {
    if (found->registers[i] != expected->registers[i]) {
      because(side, i, " (number of the callee-saved register) changed to ", found->registers[i]);
      return reason;
    }
  }
  if (found->control != expected->control) {
    because(side, expected->control, " (floating-point control) changed to ", found->control);
    return reason;
  }
  return NULL;
}

static const uintptr_t controls[] = ARCH_CONTROLS;

size_t control_count(void) {
  return sizeof controls / sizeof controls[0];
}

uintptr_t control_value(size_t index) {
  return controls[index];
}

size_t walk(uintptr_t frame, const uintptr_t *frames, size_t count) {
  size_t found = 0;
  for (int i = 0; i < MOST_FRAMES && frame != 0 && found < count; i++) {
    if (frame == frames[found]) {
      found++;
    }
    frame = arch_caller(frame);
  }
  return found;
}
