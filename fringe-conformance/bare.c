/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* The bare pair, without a C library and without an operating system. */

#include "suite.h"

#ifndef SWAPS
#define SWAPS 10000000
#endif

#define STACK_SIZE 8192
#define MANY 64
#define DEPTH 40
#define SMALLEST 256
#define PAINT 0xa5

struct stack {
  _Alignas(64) unsigned char memory[STACK_SIZE];
};

static struct stack stacks[MANY];
static struct fringe_bare contexts[MANY];

static uintptr_t base(struct stack *stack) {
  uintptr_t address = (uintptr_t) (stack + 1);
  OPAQUE(address);
  return address;
}

/* ---- values ---- */

static const intptr_t values[] = {0, 1, -1, INTPTR_MAX, INTPTR_MIN, 0x55aa55aa, -0x55aa55aa};

#define VALUES (sizeof values / sizeof values[0])

static void echo(fringe_yielder *yielder, intptr_t value) {
  for (;;) {
    value = fringe_yield(yielder, ~value);
  }
}

static const char *values_both_ways(void) {
  fringe_init(&contexts[0], base(&stacks[0]), echo);
  for (int round = 0; round < 3; round++) {
    for (size_t i = 0; i < VALUES; i++) {
      intptr_t answer = fringe_swap(&contexts[0], values[i]);
      if (answer != ~values[i]) {
        return because("sent ", (uintptr_t) values[i], ", which came back complemented as ", (uintptr_t) answer);
      }
    }
  }
  return NULL;
}

/* ---- registers ---- */

static const char *body_failure;
static uintptr_t body_control;

/* Yields for ever, each time with other values in its registers. */
static void guard_registers(fringe_yielder *yielder, intptr_t first) {
  (void) first;
  for (uintptr_t seed = 1000;; seed++) {
    struct arch_state expected;
    struct arch_state state;
    fill(&expected, seed, body_control);
    fill(&state, seed, body_control);
    arch_call(fringe_yield, (uintptr_t) yielder, 0, &state);
    /* The control state that it went to sleep with; the other side may have chosen the next one. */
    const char *why = compare("in the body: ", &expected, &state);
    if (why != NULL) {
      body_failure = why;
    }
  }
}

/* Every pair of control states, several times. */
static const char *registers_survive(void) {
  body_failure = NULL;
  body_control = control_value(0);
  fringe_init(&contexts[0], base(&stacks[0]), guard_registers);
  fringe_swap(&contexts[0], 0);
  for (uintptr_t seed = 0; seed < 3 * control_count() * control_count(); seed++) {
    struct arch_state expected;
    struct arch_state state;
    uintptr_t control = control_value(seed % control_count());
    fill(&expected, seed, control);
    fill(&state, seed, control);
    body_control = control_value(seed / control_count() % control_count());
    arch_call(fringe_swap, (uintptr_t) &contexts[0], 0, &state);
    const char *why = compare("in the resumer: ", &expected, &state);
    if (why != NULL) {
      return why;
    }
    if (body_failure != NULL) {
      return body_failure;
    }
  }
  remark_number("", ARCH_REGISTERS, " registers");
  remark_number("", control_count(), " states of floating-point control");
  return NULL;
}

/* A nop of the type of fringe_swap: what arch_call finds without any switch. */
static intptr_t no_swap(struct fringe_bare *context, intptr_t value) {
  (void) context;
  return value;
}

/* The suite itself: arch_call reports what it was given, and sees a register that was not kept. */
static const char *harness_sees_registers(void) {
  for (size_t i = 0; i < control_count(); i++) {
    struct arch_state expected;
    struct arch_state state;
    fill(&expected, i, control_value(i));
    fill(&state, i, control_value(i));
    if (arch_call(no_swap, 0, 77, &state) != 77) {
      return "arch_call does not return what the function returned";
    }
    const char *why = compare("without a switch: ", &expected, &state);
    if (why != NULL) {
      return why;
    }
    for (size_t j = 0; j < ARCH_REGISTERS; j++) {
      fill(&state, i, control_value(i));
      state.registers[j] ^= 1;
      if (compare("", &expected, &state) == NULL) {
        return "a changed register is not seen";
      }
    }
  }
  return NULL;
}

/* ---- alignment ---- */

static const char *alignment_failure;

static void aligned_body(fringe_yielder *yielder, intptr_t first) {
  (void) first;
  for (;;) {
    _Alignas(ARCH_ALIGNMENT) unsigned char vector[ARCH_ALIGNMENT];
    uintptr_t address = (uintptr_t) vector;
    OPAQUE(address); /* the compiler takes the alignment of the stack for granted */
    if (address % ARCH_ALIGNMENT != 0) {
      alignment_failure = because("a vector on the stack is at ", address, ", not a multiple of ", ARCH_ALIGNMENT);
    } else {
      arch_simd_store((void *) address);
    }
    fringe_yield(yielder, 0);
  }
}

static const char *stack_alignment(void) {
  for (int i = 0; i < 4; i++) {
    alignment_failure = NULL;
    fringe_init(&contexts[0], base(&stacks[0]) - (uintptr_t) i * ARCH_ALIGNMENT, aligned_body);
    fringe_swap(&contexts[0], 0);
    fringe_swap(&contexts[0], 0);
    if (alignment_failure != NULL) {
      return alignment_failure;
    }
  }
  return NULL;
}

/* ---- nesting ---- */

/* Body number n resumes body n + 1, and adds n to what that says; the third one does not nest. */
static void nested(fringe_yielder *yielder, intptr_t value) {
  struct fringe_bare *self = yielder;
  size_t index = (size_t) (self - contexts);
  if (index < 3) {
    fringe_init(&contexts[index + 1], base(&stacks[index + 1]), nested);
  }
  for (;;) {
    intptr_t sum = value;
    if (index < 3) {
      sum = fringe_swap(&contexts[index + 1], value);
    }
    value = fringe_yield(yielder, 10 * sum + (intptr_t) index);
  }
}

static const char *nesting(void) {
  fringe_init(&contexts[1], base(&stacks[1]), nested);
  for (intptr_t i = 1; i < 100; i++) {
    intptr_t sum = fringe_swap(&contexts[1], i);
    if (sum != 1000 * i + 321) {
      return because("sent ", (uintptr_t) i, " through three contexts and got ", (uintptr_t) sum);
    }
  }
  return NULL;
}

/* ---- depth ---- */

/* Yields at every level on the way down and on the way up, with something to keep at each. */
static intptr_t __attribute__((noinline)) descend(fringe_yielder *yielder, intptr_t depth) {
  volatile intptr_t kept = depth * 7;
  intptr_t got = fringe_yield(yielder, depth);
  intptr_t below = depth < DEPTH ? descend(yielder, depth + 1) : 0;
  if (kept != depth * 7 || got != depth + 1) {
    return -1;
  }
  fringe_yield(yielder, depth);
  return below < 0 ? below : below + 1;
}

static void deep(fringe_yielder *yielder, intptr_t first) {
  (void) first;
  fringe_yield(yielder, 1000 + descend(yielder, 1));
}

static const char *out_of_depth(void) {
  fringe_init(&contexts[0], base(&stacks[0]), deep);
  intptr_t got = fringe_swap(&contexts[0], 0);
  for (intptr_t i = 1; i <= DEPTH; i++) {
    if (got != i) {
      return because("on the way down at depth ", (uintptr_t) i, " it yielded ", (uintptr_t) got);
    }
    got = fringe_swap(&contexts[0], i + 1);
  }
  for (intptr_t i = DEPTH; i >= 1; i--) {
    if (got != i) {
      return because("on the way up at depth ", (uintptr_t) i, " it yielded ", (uintptr_t) got);
    }
    got = fringe_swap(&contexts[0], 0);
  }
  return got == 1000 + DEPTH ? NULL : because("expected ", 1000 + DEPTH, " at the end and got ", (uintptr_t) got);
}

/* ---- endurance ---- */

static void count_up(fringe_yielder *yielder, intptr_t value) {
  for (intptr_t count = 0;; count++) {
    value = fringe_yield(yielder, count + value);
  }
}

static const char *many_swaps(void) {
  fringe_init(&contexts[0], base(&stacks[0]), count_up);
  for (intptr_t i = 0; i < SWAPS / 2; i++) {
    intptr_t got = fringe_swap(&contexts[0], i);
    if (got != 2 * i) {
      return because("swap pair ", (uintptr_t) i, " gave ", (uintptr_t) got);
    }
  }
  remark_number("", SWAPS, " of them");
  return NULL;
}

/* ---- the end of a body ---- */

static void ends(fringe_yielder *yielder, intptr_t first) {
  fringe_yield(yielder, first + 1);
}

static const char *body_returns(void) {
  struct fringe_bare *context = &contexts[0];
  context->ended = 7;
  fringe_init(context, base(&stacks[0]), ends);
  if (context->ended != 0) {
    return because("after fringe_init ended is ", context->ended, ", not ", 0);
  }
  intptr_t got = fringe_swap(context, 4);
  if (got != 5 || context->ended != 0) {
    return because("the body yielded ", (uintptr_t) got, " and ended is ", context->ended);
  }
  for (int i = 0; i < 3; i++) {
    got = fringe_swap(context, 6 + i);
    if (got != 0 || context->ended != 1) {
      return because("after its end a swap gave ", (uintptr_t) got, " and ended is ", context->ended);
    }
  }
  fringe_init(context, base(&stacks[0]), ends);
  got = fringe_swap(context, 10);
  return got == 11 && context->ended == 0 ? NULL : "the same stack and context can't be used again";
}

/* ---- many at once ---- */

static void accumulate(fringe_yielder *yielder, intptr_t value) {
  intptr_t sum = 0;
  for (;;) {
    sum += value;
    value = fringe_yield(yielder, sum);
  }
}

static const char *interleaved(void) {
  intptr_t sums[MANY];
  for (size_t i = 0; i < MANY; i++) {
    sums[i] = 0;
    fringe_init(&contexts[i], base(&stacks[i]), accumulate);
  }
  uint32_t random = 1;
  for (int i = 0; i < 100 * MANY; i++) {
    random = random * 1664525 + 1013904223;
    size_t which = (random >> 16) % MANY;
    intptr_t value = (intptr_t) (random >> 8);
    sums[which] += value;
    intptr_t got = fringe_swap(&contexts[which], value);
    if (got != sums[which]) {
      return because("context ", which, " gave ", (uintptr_t) got);
    }
  }
  remark_number("", MANY, " contexts");
  return NULL;
}

/* A context that somebody else resumes than the one who resumed it before. */
static struct fringe_bare *shared;

static void resumes_shared(fringe_yielder *yielder, intptr_t value) {
  for (;;) {
    value = fringe_yield(yielder, fringe_swap(shared, value));
  }
}

static const char *changing_resumers(void) {
  shared = &contexts[0];
  fringe_init(&contexts[0], base(&stacks[0]), accumulate);
  fringe_init(&contexts[1], base(&stacks[1]), resumes_shared);
  fringe_init(&contexts[2], base(&stacks[2]), resumes_shared);
  intptr_t sum = 0;
  for (int i = 0; i < 30; i++) {
    sum += i;
    intptr_t got = fringe_swap(&contexts[i % 3], i);
    if (got != sum) {
      return because("resumer ", (uintptr_t) i % 3, " got ", (uintptr_t) got);
    }
  }
  return NULL;
}

/* ---- the frame chain ---- */

static uintptr_t frames[4];
static size_t expected_frames;
static size_t found_frames;
static uintptr_t crossed;

/*
 * Which stack a frame is on: the number of the context, or MANY for the machine's own. Some architectures
 * point to the end of the frame, which for the first one is the end of the stack.
 */
static size_t stack_of(uintptr_t frame) {
  uintptr_t address = frame - 1;
  for (size_t i = 0; i < MANY; i++) {
    if (address >= (uintptr_t) &stacks[i] && address < (uintptr_t) (&stacks[i] + 1)) {
      return i;
    }
  }
  return MANY;
}

/* How many times the chain from `frame` to `last` goes over to another stack. */
static uintptr_t boundaries(uintptr_t frame, uintptr_t last) {
  uintptr_t count = 0;
  for (int i = 0; i < 100 && frame != 0 && frame != last; i++) {
    uintptr_t caller = arch_caller(frame);
    count += stack_of(caller) != stack_of(frame);
    frame = caller;
  }
  return count;
}

/* frames[0] is the innermost that is looked for. */
static void walking(fringe_yielder *yielder, intptr_t index) {
  for (;;) {
    frames[index] = FRAME();
    if (index > 0) {
      fringe_swap(&contexts[index - 1], index - 1);
    } else {
      found_frames = walk(FRAME(), frames, expected_frames);
      crossed = boundaries(FRAME(), frames[expected_frames - 1]);
    }
    fringe_yield(yielder, 0);
  }
}

/* Resumes from `depth` frames further down. */
static void __attribute__((noinline)) resume_walking(intptr_t index, int depth) {
  if (depth > 0) {
    resume_walking(index, depth - 1);
    OPAQUE(depth); /* not a tail call */
    return;
  }
  frames[index + 1] = FRAME();
  fringe_swap(&contexts[index], index);
  OPAQUE(depth);
}

static const char *walk_through(intptr_t contexts_deep) {
  for (intptr_t i = 0; i < contexts_deep; i++) {
    fringe_init(&contexts[i], base(&stacks[i]), walking);
  }
  expected_frames = (size_t) contexts_deep + 1;
  for (int round = 0; round < 4; round++) {
    found_frames = 0;
    resume_walking(contexts_deep - 1, round);
    if (found_frames != expected_frames) {
      return because("found ", found_frames, " frames in the right order, not ", expected_frames);
    }
    if (crossed != (uintptr_t) contexts_deep) {
      return because("crossed ", crossed, " boundaries of stacks, not ", (uintptr_t) contexts_deep);
    }
  }
  return NULL;
}

static const char *walk_to_resumer(void) {
  return walk_through(1);
}

static const char *walk_through_nested(void) {
  return walk_through(3);
}

/* ---- bounds ---- */

static const char *init_stays_inside(void) {
  unsigned char *memory = stacks[0].memory;
  for (size_t i = 0; i < STACK_SIZE; i++) {
    memory[i] = PAINT;
  }
  uintptr_t top = (uintptr_t) memory + STACK_SIZE / 2;
  struct fringe_bare around[3];
  for (size_t i = 0; i < sizeof around; i++) {
    ((unsigned char *) around)[i] = PAINT;
  }
  fringe_init(&around[1], top, echo);
  for (size_t i = 0; i < STACK_SIZE; i++) {
    uintptr_t address = (uintptr_t) &memory[i];
    if ((address < top - SMALLEST || address >= top) && memory[i] != PAINT) {
      return because("wrote to ", address, " with a base of ", top);
    }
  }
  for (size_t i = 0; i < sizeof around[0]; i++) {
    if (((unsigned char *) &around[0])[i] != PAINT || ((unsigned char *) &around[2])[i] != PAINT) {
      return "wrote outside of the context";
    }
  }
  return fringe_swap(&around[1], 5) == ~5 ? NULL : "does not run";
}

/*
 * What fringe.h asks for below the base is enough for a body that has a few variables and yields. The
 * body is compiled C, so what it takes is printed.
 */
static const char *smallest_stack(void) {
  unsigned char *memory = stacks[0].memory;
  for (size_t i = 0; i < STACK_SIZE; i++) {
    memory[i] = PAINT;
  }
  uintptr_t top = (uintptr_t) memory + STACK_SIZE / 2;
  fringe_init(&contexts[0], top, echo);
  for (intptr_t i = 0; i < 1000; i++) {
    if (fringe_swap(&contexts[0], i) != ~i) {
      return "does not run";
    }
  }
  size_t lowest = 0;
  while (memory[lowest] == PAINT) {
    lowest++;
  }
  uintptr_t used = top - (uintptr_t) &memory[lowest];
  if (used > SMALLEST) {
    return because("used ", used, " bytes of ", SMALLEST);
  }
  remark_number("", SMALLEST, " bytes");
  remark_number("", used, " used by a body that yields");
  return NULL;
}

static const struct check checks[] = {
  {"the suite sees registers change", harness_sees_registers},
  {"values go both ways", values_both_ways},
  {"callee-saved registers and floating-point control survive", registers_survive},
  {"the stack is aligned on entry", stack_alignment},
  {"contexts nest three deep", nesting},
  {"switches out of depth", out_of_depth},
  {"a body returns", body_returns},
  {"many contexts interleave", interleaved},
  {"the resumer may change", changing_resumers},
  {"the frame chain leads to the resumer", walk_to_resumer},
  {"the frame chain leads through nested contexts", walk_through_nested},
  {"fringe_init stays inside of its 256 bytes", init_stays_inside},
  {"a body runs on the smallest stack", smallest_stack},
  {"swaps go on and on", many_swaps},
};

int main(void) {
  return run_checks(CHECKS(checks));
}
