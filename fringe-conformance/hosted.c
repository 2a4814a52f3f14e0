/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * The hosted functions with a C library and without a virtual machine: the entry is native code, and
 * where a JavaVM is asked for there is a table of functions that count how often they are called.
 *
 * usage: hosted [syscall | words]
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>

#include "threads.h"

#define MANY 100
#define ROUNDS 100000

/* How many there are while no generator is being born or dies: main, the bystander, an emulator's own. */
static int settled_threads;

static int kernel_threads(void) {
  DIR *directory = opendir("/proc/self/task");
  int count = -2; /* . and .. */
  while (readdir(directory) != NULL) {
    count++;
  }
  closedir(directory);
  return count;
}

/*
 * Waits until there are no more than the settled ones: a kernel thread that has published "ready", or
 * has been joined, is gone a little later.
 */
static const char *threads_settle(void) {
  for (int i = 0; i < WAIT_STEPS && kernel_threads() != settled_threads; i++) {
    nap();
  }
  int now = kernel_threads();
  return now == settled_threads ? NULL
    : because("there are ", (uintptr_t) now, " kernel threads and not ", (uintptr_t) settled_threads);
}

static const char *counts_threads(void) {
  const char *why = finds_the_slot();
  settled_threads = kernel_threads();
  return why;
}

static __thread volatile int mine = 1;
static pthread_key_t key;
static volatile int destructors;

static void destructor(void *value) {
  (void) value;
  destructors++;
}

static struct generator generators[MANY];

static const char *is_suspended(struct generator *generator) {
  int32_t slot = slot_of(generator->context.tp);
  return slot == bystander ? NULL
    : because("the tid slot of a suspended generator has ", (uintptr_t) slot, ", not the bystander's ",
      (uintptr_t) bystander);
}

static int32_t expected_id;

/* Adds one to what it is given. */
static void increments(struct generator *self) {
  while (!self->stop) {
    const char *why = identity(self, expected_id);
    if (why != NULL) {
      self->failure = why;
    }
    self->value++;
    suspend(self);
  }
}

/* What main is by the words, and its thread pointer. */
static void *main_thread;
static uintptr_t main_base;

static const char *lives(void) {
  struct generator *generator = &generators[0];
  uintptr_t tp = fringe_thread_pointer();
  int32_t own_slot = slot_of(tp);
  expected_id = thread_id();
  main_thread = current();
  main_base = tp;
  generator->value = 0;
  int32_t ready = start(generator, increments, entry, 0);
  if (ready != FRINGE_READY) {
    return because("ready is ", (uintptr_t) ready, ", not ", FRINGE_READY);
  }
  const char *why = threads_settle();
  if (why != NULL) {
    return why;
  }
  for (intptr_t i = 0; i < 10; i++) {
    why = is_suspended(generator);
    if (why != NULL) {
      return why;
    }
    resume(generator);
    if (generator->failure != NULL) {
      return generator->failure;
    }
    if (generator->value != i + 1) {
      return because("round ", (uintptr_t) i, " left ", (uintptr_t) generator->value);
    }
    if (fringe_thread_pointer() != tp || slot_of(tp) != own_slot || own_slot != thread_id()) {
      return "the resumer's thread pointer or tid slot has changed";
    }
    if (current() != main_thread || current_by_key() != main_thread) {
      return "the resumer's words have changed";
    }
    if (generator->context.tp == tp) {
      return "generator and resumer have one thread pointer";
    }
  }
  if (kernel_threads() != settled_threads) {
    return "the number of kernel threads has changed";
  }
  why = is_suspended(generator);
  return why != NULL ? why : finish(generator);
}

static const char *ends_and_begins_again(void) {
  struct generator *generator = &generators[0];
  for (int i = 0; i < 20; i++) {
    if (start(generator, increments, entry, 0) != FRINGE_READY) {
      return "is not ready";
    }
    for (int j = 0; j < i % 3; j++) {
      resume(generator);
    }
    const char *why = finish(generator);
    if (why != NULL) {
      return why;
    }
  }
  return threads_settle();
}

static void many_rounds_body(struct generator *self) {
  while (!self->stop) {
    self->value++;
    suspend(self);
  }
}

static const char *many_rounds(void) {
  struct generator *generator = &generators[0];
  generator->value = 0;
  if (start(generator, many_rounds_body, entry, 0) != FRINGE_READY) {
    return "is not ready";
  }
  for (int i = 0; i < ROUNDS; i++) {
    resume(generator);
  }
  if (generator->value != ROUNDS) {
    return because("after ", ROUNDS, " rounds the value is ", (uintptr_t) generator->value);
  }
  remark_number("", ROUNDS, " of them");
  return finish(generator);
}

/* ---- thread-local storage, by pointer: the generator's own ---- */

static void changes_locals(struct generator *self) {
  if (mine != 1) {
    self->failure = because("a thread variable starts as ", (uintptr_t) mine, ", not ", 1);
  }
  pthread_setspecific(key, self);
  for (int i = 100; !self->stop; i++) {
    mine = i;
    errno = 1000 + i;
    self->value = (intptr_t) &mine;
    suspend(self);
    if (mine != i || errno != 1000 + i || pthread_getspecific(key) != self) {
      self->failure = because("thread variables changed: ", (uintptr_t) mine, " and errno ", (uintptr_t) errno);
    }
  }
}

static const char *locals_are_its_own(void) {
  struct generator *generator = &generators[0];
  int words = by_words;
  by_words = 0;
  destructors = 0;
  mine = 5;
  pthread_setspecific(key, NULL);
  if (start(generator, changes_locals, entry, 0) != FRINGE_READY) {
    return "is not ready";
  }
  for (int i = 0; i < 5; i++) {
    errno = 42;
    resume(generator);
    if (errno != 42 || mine != 5 || pthread_getspecific(key) != NULL) {
      return because("the resumer's thread variables changed: ", (uintptr_t) mine, " and errno ", (uintptr_t) errno);
    }
    if (generator->value == (intptr_t) &mine) {
      return "generator and resumer share a thread variable";
    }
  }
  mine = 1;
  const char *why = finish(generator);
  if (why == NULL && destructors != 1) {
    why = because("destructors of thread data ran ", (uintptr_t) destructors, " times, not ", 1);
  }
  by_words = words;
  return why;
}

/* ---- the same by words: the resumer's, and so always at the same address ---- */

#ifdef ARCH_WORDS

static int *__attribute__((noinline)) errno_address(void) {
  int *address = &errno;
  OPAQUE(address);
  return address;
}

static volatile int *__attribute__((noinline)) mine_address(void) {
  volatile int *address = &mine;
  OPAQUE(address);
  return address;
}

/* What a C compiler makes of code that uses errno on both sides of a call. */
static void keeps_addresses(struct generator *self) {
  int *kept_errno = errno_address();
  volatile int *kept_mine = mine_address();
  while (!self->stop) {
    *kept_errno = 7000;
    *kept_mine = 8000;
    suspend(self);
    if (!self->stop && (errno_address() != kept_errno || mine_address() != kept_mine)) {
      self->failure = because("errno was at ", (uintptr_t) kept_errno, " and is at ", (uintptr_t) errno_address());
    }
    if (!self->stop && (*kept_errno != 7001 || *kept_mine != 8001)) {
      self->failure = because("errno is ", (uintptr_t) *kept_errno, " and should be ", 7001);
    }
  }
}

static const char *locals_are_the_resumers(void) {
  struct generator *generator = &generators[0];
  if (start(generator, keeps_addresses, entry, 0) != FRINGE_READY) {
    return "is not ready";
  }
  switch_by(generator, 1);
  for (int i = 0; i < 5; i++) {
    resume(generator);
    if (*errno_address() != 7000 || *mine_address() != 8000) {
      return because("errno is ", (uintptr_t) *errno_address(), " and should be ", 7000);
    }
    *errno_address() = 7001;
    *mine_address() = 8001;
  }
  *mine_address() = 1;
  return finish(generator);
}

#endif

/* ---- registers ---- */

static uintptr_t body_control;

static void guards_registers(struct generator *self) {
  for (uintptr_t seed = 1000; !self->stop; seed++) {
    struct arch_state expected;
    struct arch_state state;
    fill(&expected, seed, body_control);
    fill(&state, seed, body_control);
    arch_call(fringe_suspend, (uintptr_t) &self->context, 0, &state);
    const char *why = compare("in the generator: ", &expected, &state);
    if (why != NULL) {
      self->failure = why;
    }
  }
}

/* The first thing that is called on the new thread is a register check too. */
static void guards_dematerialise(uintptr_t context) {
  struct generator *self = (struct generator *) context;
  struct arch_state expected;
  struct arch_state state;
  uintptr_t control = control_value(control_count() - 1);
  identify(self);
  fill(&expected, 77, control);
  fill(&state, 77, control);
  arch_call(fringe_dematerialise, context, 0, &state);
  const char *why = compare("over dematerialise: ", &expected, &state);
  if (why != NULL) {
    self->failure = why;
  }
  self->body(self);
}

static const char *registers_survive(void) {
  struct generator *generator = &generators[0];
  body_control = control_value(0);
  if (start(generator, guards_registers, guards_dematerialise, 0) != FRINGE_READY) {
    return "is not ready";
  }
  for (uintptr_t seed = 0; seed < 3 * control_count() * control_count(); seed++) {
    struct arch_state expected;
    struct arch_state state;
    uintptr_t control = control_value(seed % control_count());
    fill(&expected, seed, control);
    fill(&state, seed, control);
    body_control = control_value(seed / control_count() % control_count());
    arch_call(fringe_resume, (uintptr_t) &generator->context, 0, &state);
    const char *why = compare("in the resumer: ", &expected, &state);
    if (why != NULL) {
      return why;
    }
    if (generator->failure != NULL) {
      return generator->failure;
    }
  }
  /* Death: the last suspend returns on another kernel thread, whose parent has other registers. */
  struct arch_state expected;
  struct arch_state state;
  fill(&expected, 88, control_value(0));
  fill(&state, 88, control_value(0));
  generator->stop = 1;
  intptr_t error = arch_call(fringe_materialise, (uintptr_t) &generator->context, 0, &state);
  if ((int32_t) error != 0) {
    return because("fringe_materialise returned ", (uintptr_t) error, " instead of ", 0);
  }
  pthread_join(generator->thread, NULL);
  const char *why = compare("over materialise: ", &expected, &state);
  return why != NULL ? why : generator->failure;
}

#ifdef __x86_64__

#define MXCSR_CONTROL 0xffc0

static void rounds_another_way(struct generator *self) {
  while (!self->stop) {
    self->value = __builtin_ia32_stmxcsr() & MXCSR_CONTROL;
    __builtin_ia32_ldmxcsr(0x5f80);
    suspend(self);
  }
}

/* What the generator and then the resumer find, of which the one loads 0x5f80 and the other 0x3f80. */
static const char *finds_mxcsr(struct generator *generator, uintptr_t inside, uintptr_t outside) {
  unsigned usual = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(0x3f80);
  resume(generator);
  unsigned found = __builtin_ia32_stmxcsr() & MXCSR_CONTROL;
  __builtin_ia32_ldmxcsr(usual);
  if ((uintptr_t) generator->value != inside) {
    return because("the generator's is ", (uintptr_t) generator->value, " and should be ", inside);
  }
  return found == outside ? NULL : because("the resumer's is ", found, " and should be ", outside);
}

/* An order of the virtual machine's, which has one MXCSR for all that is Java. */
static const char *mxcsr_goes_along(void) {
  struct generator *generator = &generators[0];
  if (start(generator, rounds_another_way, entry, 0) != FRINGE_READY) {
    return "is not ready";
  }
  resume(generator);
  const char *why = finds_mxcsr(generator, 0x5f80, 0x3f80);
  flags |= FRINGE_SAME_MXCSR;
  if (why == NULL) {
    why = configures();
  }
  if (why == NULL) {
    why = finds_mxcsr(generator, 0x3f80, 0x5f80);
  }
  flags &= ~FRINGE_SAME_MXCSR;
  const char *after = configures(); /* in any case, for the checks that follow */
  if (why == NULL) {
    why = after;
  }
  if (why == NULL) {
    why = finds_mxcsr(generator, 0x5f80, 0x3f80);
  }
  return why != NULL ? why : finish(generator);
}

#endif

static void aligned_entry(uintptr_t context) {
  struct generator *self = (struct generator *) context;
  _Alignas(ARCH_ALIGNMENT) unsigned char vector[ARCH_ALIGNMENT];
  uintptr_t address = (uintptr_t) vector;
  OPAQUE(address);
  if (address % ARCH_ALIGNMENT != 0) {
    self->failure = because("a vector on the stack is at ", address, ", not a multiple of ", ARCH_ALIGNMENT);
  } else {
    arch_simd_store((void *) address);
  }
  identify(self);
  fringe_dematerialise(context, 0, 0);
  self->body(self);
}

static const char *stack_alignment(void) {
  struct generator *generator = &generators[0];
  if (start(generator, many_rounds_body, aligned_entry, 0) != FRINGE_READY) {
    return "is not ready";
  }
  return finish(generator);
}

/* ---- nesting and the frame chain ---- */

static uintptr_t frames[4];

static void nested(struct generator *self) {
  while (!self->stop) {
    const char *why = identity(self, expected_id);
    frames[self->number] = FRAME();
    if (self->number > 0) {
      struct generator *inner = self - 1;
      resume(inner);
      if (inner->failure != NULL) {
        why = inner->failure;
      }
      if (is_suspended(inner) != NULL) {
        why = is_suspended(inner);
      }
      if (identity(self, expected_id) != NULL) {
        why = identity(self, expected_id);
      }
    } else {
      size_t found = walk(FRAME(), frames, 4);
      if (found != 4) {
        why = because("the frame chain has ", found, " of the frames in the right order, not ", 4);
      }
    }
    if (why != NULL) {
      self->failure = why;
    }
    self->value++;
    suspend(self);
  }
}

static void __attribute__((noinline)) resume_from_depth(struct generator *generator, int depth) {
  if (depth > 0) {
    resume_from_depth(generator, depth - 1);
    OPAQUE(depth);
    return;
  }
  frames[3] = FRAME();
  resume(generator);
  OPAQUE(depth);
}

/* Bit i of `ways`: whether generator i is switched by words. The third is resumed by main. */
static const char *nests(int ways) {
  expected_id = thread_id();
  for (int i = 0; i < 3; i++) {
    generators[i].number = i;
    generators[i].value = 0;
    if (start(&generators[i], nested, entry, 0) != FRINGE_READY) {
      return "is not ready";
    }
    switch_by(&generators[i], ways >> i & 1);
  }
  for (int i = 0; i < 10; i++) {
    resume_from_depth(&generators[2], i);
    if (generators[2].failure != NULL) {
      return generators[2].failure;
    }
    for (int j = 0; j < 3; j++) {
      if (generators[j].value != i + 1) {
        return because("generator ", (uintptr_t) j, " ran so many times: ", (uintptr_t) generators[j].value);
      }
    }
  }
  for (int i = 0; i < 3; i++) {
    const char *why = finish(&generators[i]);
    if (why != NULL) {
      return why;
    }
  }
  return NULL;
}

static const char *nesting(void) {
  return nests(by_words ? 7 : 0);
}

#ifdef ARCH_WORDS

static const char *mixed_nesting(void) {
  for (int ways = 1; ways < 7; ways++) {
    const char *why = nests(ways);
    if (why != NULL) {
      return why;
    }
  }
  return NULL;
}

/* Resumes the one before it in the array, unless it is the first, if it is told to. */
static void lends(struct generator *self) {
  while (!self->stop) {
    const char *why = identity(self, expected_id);
    if (self->number > 0 && self->value == 1) {
      resume(self - 1);
    }
    if (why == NULL) {
      why = identity(self, expected_id);
    }
    if (why != NULL) {
      self->failure = why;
    }
    suspend(self);
  }
}

/*
 * As when one body stands in for another: the inner generator is resumed by the body of the outer one, then
 * by main in place of that, then by the body again.
 */
static const char *hands_over(int ways) {
  struct generator *inner = &generators[0];
  struct generator *outer = &generators[1];
  expected_id = thread_id();
  for (int i = 0; i < 2; i++) {
    generators[i].number = i;
    generators[i].value = 1;
    if (start(&generators[i], lends, entry, 0) != FRINGE_READY) {
      return "is not ready";
    }
    switch_by(&generators[i], ways >> i & 1);
  }
  for (int i = 0; i < 6; i++) {
    resume(i % 3 == 1 ? inner : outer);
    for (int j = 0; j < 2; j++) {
      if (generators[j].failure != NULL) {
        return generators[j].failure;
      }
      if (is_suspended(&generators[j]) != NULL) {
        return is_suspended(&generators[j]);
      }
    }
  }
  const char *why = finish(inner);
  return why != NULL ? why : finish(outer);
}

static const char *mixed_delegation(void) {
  for (int ways = 0; ways < 4; ways++) {
    const char *why = hands_over(ways);
    if (why != NULL) {
      return why;
    }
  }
  return NULL;
}

/*
 * A signal after each instruction of a round trip. Its handler finds main, or a generator whose slot says that it
 * runs on this kernel thread, which is what a virtual machine's handlers rely on.
 */
static volatile uintptr_t steps;
static volatile uintptr_t seen;
static const char *volatile step_failure;

static void on_step(int number) {
  (void) number;
  struct generator *found = current_by_key();
  int32_t id = thread_id();
  steps++;
  if (found == main_thread) {
    seen |= 1u << 31;
  } else if (found < generators || found >= generators + MANY) {
    step_failure = because("after step ", steps, " the running thread is ", (uintptr_t) found);
  } else {
    seen |= (uintptr_t) 1 << found->number;
    if (slot_of(found->context.tp) != id) {
      step_failure = because("after step ", steps, " the slot of the running thread has ",
        (uintptr_t) slot_of(found->context.tp));
    }
  }
  if (slot_of(main_base) != id) {
    step_failure = because("after step ", steps, " the slot of the resumer has ", (uintptr_t) slot_of(main_base));
  }
}

static const char *steps_through(int ways) {
  expected_id = thread_id();
  for (int i = 0; i < 2; i++) {
    generators[i].number = i;
    generators[i].value = 1;
    if (start(&generators[i], lends, entry, 0) != FRINGE_READY) {
      return "is not ready";
    }
    switch_by(&generators[i], ways >> i & 1);
  }
  step_failure = NULL;
  for (int i = 0; i < 3; i++) {
    seen = 0;
    arch_step(1);
    resume(&generators[1]);
    arch_step(0);
    if (step_failure != NULL) {
      return step_failure;
    }
    if (seen != (1u << 31 | 3)) {
      return because("the signals found only ", seen, ", not ", 1u << 31 | 3);
    }
  }
  const char *why = finish(&generators[0]);
  return why != NULL ? why : finish(&generators[1]);
}

static const char *signals_everywhere(void) {
  struct sigaction action, before;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_step;
  sigaction(SIGTRAP, &action, &before);
  steps = 0;
  const char *why = NULL;
  for (int ways = 0; ways < 4 && why == NULL; ways++) {
    why = steps_through(ways);
  }
  arch_step(0);
  sigaction(SIGTRAP, &before, NULL);
  remark_number("", steps, " signals");
  return why;
}

static const char *changes_its_way(void) {
  struct generator *generator = &generators[0];
  expected_id = thread_id();
  generator->value = 0;
  if (start(generator, increments, entry, 0) != FRINGE_READY) {
    return "is not ready";
  }
  for (intptr_t i = 0; i < 20; i++) {
    switch_by(generator, i / 3 % 2 == 0);
    resume(generator);
    if (generator->failure != NULL) {
      return generator->failure;
    }
    if (generator->value != i + 1) {
      return because("round ", (uintptr_t) i, " left ", (uintptr_t) generator->value);
    }
    if (current() != main_thread || current_by_key() != main_thread) {
      return "the resumer's words have changed";
    }
  }
  return finish(generator);
}

#endif

/* While no one resumes it, the frame chain leads to the start of its own thread, and ends. */
static int stays_on_stack(struct generator *self, uintptr_t frame) {
  for (int i = 0; i < 20; i++) {
    uintptr_t caller = arch_caller(frame);
    if (caller < (uintptr_t) self->stack || caller >= (uintptr_t) self->stack + STACK_SIZE) {
      return i >= 2; /* what lies beyond the start routine is the C library's matter */
    }
    frame = caller;
  }
  return 0;
}

static void walks_in_birth(uintptr_t context) {
  struct generator *self = (struct generator *) context;
  int birth = stays_on_stack(self, FRAME());
  identify(self);
  fringe_dematerialise(context, 0, 0);
  self->body(self);
  int death = stays_on_stack(self, FRAME());
  if (!birth || !death) {
    self->failure = because("birth ", (uintptr_t) birth, ", death ", (uintptr_t) death);
  }
}

static const char *birth_and_death_chain(void) {
  struct generator *generator = &generators[0];
  if (start(generator, many_rounds_body, walks_in_birth, 0) != FRINGE_READY) {
    return "is not ready";
  }
  resume(generator);
  return finish(generator);
}

/* ---- many, and many resumers ---- */

static const char *many(void) {
  expected_id = thread_id();
  for (int i = 0; i < MANY; i++) {
    generators[i].value = 0;
    if (start(&generators[i], increments, entry, 0) != FRINGE_READY) {
      return "is not ready";
    }
  }
  const char *settled = threads_settle();
  if (settled != NULL) {
    return settled;
  }
  uint32_t random = 1;
  intptr_t counts[MANY] = {0};
  for (int i = 0; i < 50 * MANY; i++) {
    random = random * 1664525 + 1013904223;
    int which = (int) (random >> 16) % MANY;
    resume(&generators[which]);
    counts[which]++;
  }
  for (int i = 0; i < MANY; i++) {
    if (generators[i].value != counts[i]) {
      return because("generator ", (uintptr_t) i, " has ", (uintptr_t) generators[i].value);
    }
    const char *why = finish(&generators[i]);
    if (why != NULL) {
      return why;
    }
  }
  remark_number("", MANY, " generators without a kernel thread");
  return NULL;
}

#define RESUMERS 4
#define SHARED_ROUNDS 2000

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static const char *resumer_failure;

static void *resumes_shared(void *argument) {
  struct generator *generator = argument;
  identify(&generator); /* glibc finds a value only where the thread itself has set one before */
  for (int i = 0; i < SHARED_ROUNDS; i++) {
    pthread_mutex_lock(&turn);
    expected_id = thread_id();
    resume(generator);
    if (thread_id() != expected_id || slot_of(fringe_thread_pointer()) != expected_id) {
      resumer_failure = "a resumer is somebody else afterwards";
    }
    const char *why = is_suspended(generator);
    if (why != NULL) {
      resumer_failure = why;
    }
    pthread_mutex_unlock(&turn);
  }
  return NULL;
}

static const char *moves_between_threads(void) {
  struct generator *generator = &generators[0];
  pthread_t threads[RESUMERS];
  resumer_failure = NULL;
  generator->value = 0;
  if (start(generator, increments, entry, 0) != FRINGE_READY) {
    return "is not ready";
  }
  for (int i = 0; i < RESUMERS; i++) {
    pthread_create(&threads[i], NULL, resumes_shared, generator);
  }
  for (int i = 0; i < RESUMERS; i++) {
    pthread_join(threads[i], NULL);
  }
  if (resumer_failure != NULL) {
    return resumer_failure;
  }
  if (generator->value != RESUMERS * SHARED_ROUNDS) {
    return because("ran ", (uintptr_t) generator->value, " times, not ", RESUMERS * SHARED_ROUNDS);
  }
  remark_number("", RESUMERS, " kernel threads");
  return finish(generator);
}

/* ---- signals ---- */

static volatile uintptr_t handler_tp;
static volatile int32_t handler_id;
static void *volatile handler_thread;
static volatile int handled;

static void on_signal(int number) {
  (void) number;
  handler_tp = fringe_thread_pointer();
  handler_id = thread_id();
  handler_thread = current_by_key();
  handled++;
}

static void signalled(struct generator *self) {
  while (!self->stop) {
    handled = 0;
    pthread_kill(self->thread, SIGUSR1);
    for (int i = 0; i < WAIT_STEPS && !handled; i++) {
      nap();
    }
    if (handled != 1 || handler_tp != fringe_thread_pointer() || handler_id != thread_id()) {
      self->failure = because("the signal came ", (uintptr_t) handled, " times, on kernel thread ",
        (uintptr_t) handler_id);
    }
    if (handler_thread != self) {
      self->failure = because("the signal found thread ", (uintptr_t) handler_thread, ", not ", (uintptr_t) self);
    }
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    self->value = sigismember(&set, SIGUSR2) * 2 + sigismember(&set, SIGUSR1);
    suspend(self);
  }
  /* Now on a kernel thread of its own, with the mask of the one who made it. */
  sigset_t set;
  pthread_sigmask(SIG_SETMASK, NULL, &set);
  self->value = sigismember(&set, SIGUSR2) * 2 + sigismember(&set, SIGUSR1);
  if (identity(self, thread_id()) != NULL) {
    self->failure = identity(self, thread_id());
  }
  if (thread_id() == expected_id) {
    self->failure = "still runs on the resumer's kernel thread";
  }
}

static const char *signals_reach_it(void) {
  struct generator *generator = &generators[0];
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  sigaction(SIGUSR1, &action, NULL);
  sigset_t blocked, before, after;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  expected_id = thread_id();
  if (start(generator, signalled, entry, 0) != FRINGE_READY) {
    return "is not ready";
  }
  for (int i = 0; i < 20; i++) {
    resume(generator);
    if (generator->failure != NULL) {
      return generator->failure;
    }
    if (generator->value != 2) {
      return because("the signal mask inside is ", (uintptr_t) generator->value, ", not the kernel thread's ", 2);
    }
  }
  generator->value = 0;
  const char *why = finish(generator);
  pthread_sigmask(SIG_SETMASK, &before, &after);
  if (why == NULL && generator->value != 2) {
    why = because("the signal mask at the end is ", (uintptr_t) generator->value, ", not ", 2);
  }
  if (why == NULL && (!sigismember(&after, SIGUSR2) || sigismember(&after, SIGUSR1))) {
    why = "the signal mask of the resumer has changed";
  }
  return why;
}

/* ---- restartable sequences: which processor the C library believes to run on ---- */

static void asks_processor(struct generator *self) {
  while (!self->stop) {
    self->value = sched_getcpu();
    suspend(self);
  }
}

static const char *knows_its_processor(void) {
  struct generator *generator = &generators[0];
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
    return "can't ask for the processors";
  }
  if (start(generator, asks_processor, entry, 0) != FRINGE_READY) {
    return "is not ready";
  }
  uintptr_t tried = 0;
  for (int round = 0; round < 3; round++) {
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
      if (!CPU_ISSET(cpu, &allowed)) {
        continue;
      }
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(cpu, &one);
      if (sched_setaffinity(0, sizeof one, &one) != 0) {
        continue;
      }
      tried += round == 0;
      resume(generator);
      if (generator->value != cpu) {
        sched_setaffinity(0, sizeof allowed, &allowed);
        return because("on processor ", (uintptr_t) cpu, " it believes to be on ", (uintptr_t) generator->value);
      }
    }
  }
  sched_setaffinity(0, sizeof allowed, &allowed);
  remark_number("", tried, rseq_registered ? " processors, with rseq registered" : " processors, without rseq");
  return finish(generator);
}

/* ---- attaching to a virtual machine ---- */

/* struct JNIInvokeInterface: three reserved words, then the functions. */
struct invoke_interface {
  void *reserved[3];
  int32_t (*destroy)(void *);
  int32_t (*attach)(void *, void **, void *);
  int32_t (*detach)(void *);
  int32_t (*environment)(void *, void **, int32_t);
  int32_t (*attach_as_daemon)(void *, void **, void *);
};

static int attached;
static int detached;
static int32_t attach_answer;
static const char *vm_failure;
static const struct invoke_interface *fake_vm;

static int32_t wrong(void *vm) {
  (void) vm;
  vm_failure = "a wrong function of the JavaVM was called";
  return 0;
}

static int32_t fake_attach(void *vm, void **environment, void *arguments) {
  _Alignas(ARCH_ALIGNMENT) unsigned char vector[ARCH_ALIGNMENT];
  uintptr_t address = (uintptr_t) vector;
  OPAQUE(address);
  if (vm != &fake_vm || environment == NULL || arguments != NULL) {
    vm_failure = "wrong arguments for AttachCurrentThreadAsDaemon";
  } else if (address % ARCH_ALIGNMENT != 0) {
    vm_failure = "the stack is not aligned in AttachCurrentThreadAsDaemon";
  } else {
    *environment = vm;
  }
  attached++;
  return attach_answer;
}

static int32_t fake_detach(void *vm) {
  _Alignas(ARCH_ALIGNMENT) unsigned char vector[ARCH_ALIGNMENT];
  uintptr_t address = (uintptr_t) vector;
  OPAQUE(address);
  if (vm != &fake_vm) {
    vm_failure = "wrong arguments for DetachCurrentThread";
  } else if (address % ARCH_ALIGNMENT != 0) {
    vm_failure = "the stack is not aligned in DetachCurrentThread";
  }
  detached++;
  return 0;
}

static const struct invoke_interface table = {
  .destroy = wrong,
  .attach = (int32_t (*)(void *, void **, void *)) (void *) wrong,
  .detach = fake_detach,
  .environment = (int32_t (*)(void *, void **, int32_t)) (void *) wrong,
  .attach_as_daemon = fake_attach,
};
static const struct invoke_interface *fake_vm = &table;

static const char *attaches(void) {
  struct generator *generator = &generators[0];
  attached = detached = 0;
  attach_answer = 0;
  vm_failure = NULL;
  if (start(generator, many_rounds_body, entry, (uintptr_t) &fake_vm) != FRINGE_READY) {
    return "is not ready";
  }
  resume(generator);
  if (attached != 1 || detached != 0) {
    return because("attached ", (uintptr_t) attached, " times and detached ", (uintptr_t) detached);
  }
  const char *why = finish(generator);
  if (why != NULL) {
    return why;
  }
  if (attached != 1 || detached != 1) {
    return because("attached ", (uintptr_t) attached, " times and detached ", (uintptr_t) detached);
  }
  return vm_failure;
}

static int entered;

static void only_returns(uintptr_t context) {
  (void) context;
  entered++;
}

static const char *joined_after_failure(struct generator *generator, int32_t ready) {
  void *result = generator;
  if (ready != FRINGE_FAILED) {
    return because("ready is ", (uintptr_t) ready, ", not ", FRINGE_FAILED);
  }
  int error = pthread_join(generator->thread, &result);
  return error == 0 && result == NULL ? NULL
    : because("pthread_join returned ", (uintptr_t) error, " and the thread's result is ", (uintptr_t) result);
}

static const char *cannot_attach(void) {
  struct generator *generator = &generators[0];
  attached = detached = entered = 0;
  attach_answer = -1;
  vm_failure = NULL;
  const char *why = joined_after_failure(generator,
    start(generator, many_rounds_body, only_returns, (uintptr_t) &fake_vm));
  if (why == NULL && (attached != 1 || detached != 0 || entered != 0)) {
    why = because("detached ", (uintptr_t) detached, " times and entered ", (uintptr_t) entered);
  }
  return why != NULL ? why : vm_failure;
}

static const char *entry_returns(void) {
  struct generator *generator = &generators[0];
  attached = detached = entered = 0;
  attach_answer = 0;
  vm_failure = NULL;
  const char *why = joined_after_failure(generator,
    start(generator, many_rounds_body, only_returns, (uintptr_t) &fake_vm));
  if (why == NULL) {
    why = joined_after_failure(generator, start(generator, many_rounds_body, only_returns, 0));
  }
  if (why == NULL && (attached != 1 || detached != 1 || entered != 2)) {
    why = because("detached ", (uintptr_t) detached, " times and entered ", (uintptr_t) entered);
  }
  return why != NULL ? why : vm_failure;
}

static const struct check checks[] = {
  {"the C library", names_the_library},
  {"the tid slot is found in two threads", counts_threads},
  {"the exit word is found, by looking and by asking", finds_the_exit_word},
  {"fringe_configure", configures},
  {"the words are found in two threads", finds_the_words},
  {"a generator is born, switches and dies", lives},
  {"a stack is used again", ends_and_begins_again},
  {"callee-saved registers and floating-point control survive", registers_survive},
#ifdef __x86_64__
  {"MXCSR goes along where that is asked for", mxcsr_goes_along},
#endif
  {"the stack is aligned on entry", stack_alignment},
  {"by pointer, thread variables are its own", locals_are_its_own},
#ifdef ARCH_WORDS
  {"by words, thread variables are the resumer's", locals_are_the_resumers},
  {"the ways mix three deep", mixed_nesting},
  {"a generator is handed on, in each combination of ways", mixed_delegation},
  {"a suspended generator changes its way", changes_its_way},
  {"a signal after any instruction finds who runs, and its slot", signals_everywhere},
#endif
  {"generators nest three deep, and the frame chain leads through them", nesting},
  {"in birth and death the frame chain stays on its stack", birth_and_death_chain},
  {"many generators interleave", many},
  {"a generator moves between kernel threads", moves_between_threads},
  {"signals reach the generator, masks stay with the kernel thread", signals_reach_it},
  {"the C library knows the processor", knows_its_processor},
  {"the thread is attached and detached", attaches},
  {"a thread that can't be attached has failed", cannot_attach},
  {"a thread whose entry returns has failed", entry_returns},
  {"round trips go on and on", many_rounds},
};

int main(int count, char **arguments) {
  if (count > 1 && strcmp(arguments[1], "syscall") == 0) {
    flags |= FRINGE_FORCE_SYSCALL;
  }
  by_words = count > 1 && strcmp(arguments[1], "words") == 0;
  pthread_key_create(&key, destructor);
  return run_checks(CHECKS(checks));
}
