/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * The hosted functions without a C library, since there is none: threads are made by thread.S, and what
 * a C library would keep at the thread pointer is a struct of this file.
 */

#include "suite.h"

#define STACK_SIZE 16384
#define THREADS 8
#define ROUNDS 100000

#define SYS_exit_group 94
#define SYS_futex 98
#define SYS_tgkill 131
#define SYS_getpid 172
#define SYS_gettid 178
#define SYS_sched_yield 124
#define FUTEX_WAIT 0
#define ESRCH 3

int32_t thread_start(void *function, void *argument, uintptr_t base, uintptr_t tp, int32_t *slot);

static intptr_t system_call(intptr_t number, intptr_t first, intptr_t second, intptr_t third, intptr_t fourth) {
  register intptr_t result __asm__("r11") = number;
  register intptr_t a __asm__("r3") = first;
  register intptr_t b __asm__("r4") = second;
  register intptr_t c __asm__("r5") = third;
  register intptr_t d __asm__("r6") = fourth;
  __asm__ volatile("l.sys 1" : "+r"(result), "+r"(a), "+r"(b), "+r"(c), "+r"(d) : : "r7", "r8", "r12", "r13",
    "r15", "r17", "r19", "r21", "r23", "r25", "r27", "r29", "r31", "memory");
  return result;
}

static int32_t thread_id(void) {
  return (int32_t) system_call(SYS_gettid, 0, 0, 0, 0);
}

/* What the thread pointer points into the middle of, so that the slot has a negative offset. */
struct control {
  volatile int32_t slot;
  int32_t reserved[3];
  uintptr_t pointed_to[4];
};

#define TID_OFFSET (-16)

static struct {
  struct control control;
  _Alignas(64) unsigned char stack[STACK_SIZE];
} threads[THREADS];

static struct control main_control;
static int32_t bystander;

static uintptr_t pointer_to(struct control *control) {
  return (uintptr_t) control->pointed_to;
}

static void start_thread(size_t index, void *function, void *argument) {
  thread_start(function, argument, (uintptr_t) (threads[index].stack + STACK_SIZE),
    pointer_to(&threads[index].control), (int32_t *) &threads[index].control.slot);
}

/* The kernel clears the slot when the thread has ended. */
static void join(size_t index) {
  int32_t now;
  while ((now = threads[index].control.slot) != 0) {
    system_call(SYS_futex, (intptr_t) &threads[index].control.slot, FUTEX_WAIT, now, 0);
  }
}

/* Waits until there is no such kernel thread. */
static const char *is_gone(int32_t id) {
  intptr_t process = system_call(SYS_getpid, 0, 0, 0, 0);
  for (int i = 0; i < 1000000; i++) {
    if (system_call(SYS_tgkill, process, id, 0, 0) == -ESRCH) {
      return NULL;
    }
    system_call(SYS_sched_yield, 0, 0, 0, 0);
  }
  return because("kernel thread ", (uintptr_t) id, " still runs, ", 0);
}

static void stand_by(void) {
  static int32_t never;
  for (;;) {
    system_call(SYS_futex, (intptr_t) &never, FUTEX_WAIT, 0, 0);
  }
}

/* ---- generators ---- */

struct generator {
  struct fringe_context context; /* first: fringe_entry's argument is this struct */
  size_t index;
  void (*body)(struct generator *);
  int stop;
  intptr_t value;
  int32_t born_on;
  int32_t died_on;
  uintptr_t resumer; /* frame of the one who resumes */
  const char *failure;
};

static struct generator generators[THREADS];

static void resume(struct generator *generator) {
  fringe_resume((uintptr_t) &generator->context);
}

static void suspend(struct generator *generator) {
  fringe_suspend((uintptr_t) &generator->context);
}

/* Whether the chain from `frame` meets `wanted`, and ends. */
static int leads_to(uintptr_t frame, uintptr_t wanted) {
  for (int i = 0; i < 100 && frame != 0; i++) {
    if (frame == wanted) {
      return 1;
    }
    frame = arch_caller(frame);
  }
  return 0;
}

static int ends_on_own_stack(struct generator *self, uintptr_t frame) {
  uintptr_t limit = (uintptr_t) threads[self->index].stack;
  for (int i = 0; i < 100; i++) {
    if (frame == 0) {
      return 1;
    }
    if (frame <= limit || frame > limit + STACK_SIZE) {
      return 0;
    }
    frame = arch_caller(frame);
  }
  return 0;
}

static void entry(uintptr_t context) {
  struct generator *self = (struct generator *) context;
  self->born_on = thread_id();
  if (!ends_on_own_stack(self, FRAME())) {
    self->failure = "in birth the frame chain leaves the stack";
  }
  fringe_dematerialise(context);
  self->body(self);
  self->died_on = thread_id();
  if (!ends_on_own_stack(self, FRAME())) {
    self->failure = "in death the frame chain leaves the stack";
  }
}

static int32_t start(size_t index, void (*body)(struct generator *), void (*enter)(uintptr_t), uintptr_t vm) {
  struct generator *generator = &generators[index];
  generator->index = index;
  generator->body = body;
  generator->stop = 0;
  generator->value = 0;
  generator->failure = NULL;
  generator->context.entry = (uintptr_t) enter;
  generator->context.vm = vm;
  generator->context.ready = 0;
  start_thread(index, fringe_entry, generator);
  return fringe_await((uintptr_t) &generator->context);
}

static const char *finish(size_t index) {
  struct generator *generator = &generators[index];
  generator->stop = 1;
  int32_t error = fringe_materialise((uintptr_t) &generator->context);
  if (error != 0) {
    return because("fringe_materialise returned ", (uintptr_t) error, " instead of ", 0);
  }
  join(index);
  if (generator->failure == NULL && (generator->died_on == thread_id() || generator->died_on == generator->born_on)) {
    return "it did not die on a kernel thread of its own";
  }
  return generator->failure;
}

/* ---- checks ---- */

static const char *configures(void) {
  uintptr_t tp = pointer_to(&main_control);
  __asm__ volatile("l.ori r10, %0, 0" : : "r"(tp)); /* what a C library does when it starts */
  main_control.slot = thread_id();
  if (fringe_thread_pointer() != tp) {
    return because("the thread pointer is ", fringe_thread_pointer(), ", not ", tp);
  }
  start_thread(THREADS - 1, stand_by, NULL);
  bystander = threads[THREADS - 1].control.slot;
  int32_t answer = fringe_configure(TID_OFFSET, bystander, 0, 0, 0, 0);
  return answer == 1 ? NULL : because("returned ", (uintptr_t) answer, ", not ", 1);
}

static const char *who(struct generator *self, int32_t id) {
  uintptr_t tp = pointer_to(&threads[self->index].control);
  if (fringe_thread_pointer() != tp || self->context.tp != tp) {
    return because("the thread pointer is ", fringe_thread_pointer(), ", not ", tp);
  }
  if (thread_id() != id || threads[self->index].control.slot != id) {
    return because("the tid slot has ", (uintptr_t) threads[self->index].control.slot, " on kernel thread ",
      (uintptr_t) thread_id());
  }
  return leads_to(FRAME(), self->resumer) ? NULL : "the frame chain does not lead to the resumer";
}

static volatile int32_t resumer_id;

static void increments(struct generator *self) {
  while (!self->stop) {
    const char *why = who(self, resumer_id);
    if (why != NULL) {
      self->failure = why;
    }
    self->value++;
    suspend(self);
  }
}

static const char *round_trip(struct generator *generator, struct control *own) {
  resumer_id = thread_id();
  generator->resumer = FRAME();
  resume(generator);
  if (generator->failure != NULL) {
    return generator->failure;
  }
  if (fringe_thread_pointer() != pointer_to(own) || own->slot != thread_id()) {
    return "the resumer's thread pointer or tid slot has changed";
  }
  if (threads[generator->index].control.slot != bystander) {
    return because("the slot of a suspended generator has ", (uintptr_t) threads[generator->index].control.slot,
      ", not ", (uintptr_t) bystander);
  }
  return NULL;
}

static const char *lives(void) {
  for (int round = 0; round < 20; round++) {
    int32_t ready = start(0, increments, entry, 0);
    if (ready != FRINGE_READY) {
      return because("ready is ", (uintptr_t) ready, ", not ", FRINGE_READY);
    }
    const char *why = is_gone(generators[0].born_on);
    for (intptr_t i = 0; why == NULL && i < 10; i++) {
      why = round_trip(&generators[0], &main_control);
      if (why == NULL && generators[0].value != i + 1) {
        why = because("round ", (uintptr_t) i, " left ", (uintptr_t) generators[0].value);
      }
    }
    if (why == NULL) {
      why = finish(0);
    }
    if (why != NULL) {
      return why;
    }
  }
  return NULL;
}

static void guards_registers(struct generator *self) {
  for (uintptr_t seed = 1000; !self->stop; seed++) {
    struct arch_state expected;
    struct arch_state state;
    fill(&expected, seed, 0);
    fill(&state, seed, 0);
    arch_call(fringe_suspend, (uintptr_t) &self->context, 0, &state);
    const char *why = compare("in the generator: ", &expected, &state);
    if (why != NULL) {
      self->failure = why;
    }
  }
}

static void guards_dematerialise(uintptr_t context) {
  struct generator *self = (struct generator *) context;
  struct arch_state expected;
  struct arch_state state;
  fill(&expected, 77, 0);
  fill(&state, 77, 0);
  arch_call(fringe_dematerialise, context, 0, &state);
  self->failure = compare("after birth: ", &expected, &state);
  self->body(self);
  self->died_on = thread_id();
}

static const char *registers_survive(void) {
  if (start(0, guards_registers, guards_dematerialise, 0) != FRINGE_READY) {
    return "is not ready";
  }
  for (uintptr_t seed = 0; seed < 20; seed++) {
    struct arch_state expected;
    struct arch_state state;
    fill(&expected, seed, 0);
    fill(&state, seed, 0);
    arch_call(fringe_resume, (uintptr_t) &generators[0].context, 0, &state);
    const char *why = compare("in the resumer: ", &expected, &state);
    if (why != NULL) {
      return why;
    }
    if (generators[0].failure != NULL) {
      return generators[0].failure;
    }
  }
  return finish(0);
}

/* Generator n resumes n + 1 and adds n. */
static void nests(struct generator *self) {
  while (!self->stop) {
    const char *why = who(self, resumer_id);
    if (self->index < 2) {
      struct generator *next = self + 1;
      next->value = self->value;
      next->resumer = FRAME();
      resume(next);
      self->value = next->value;
      why = next->failure != NULL ? next->failure : why == NULL ? who(self, resumer_id) : why;
    }
    if (why != NULL) {
      self->failure = why;
    }
    self->value = 10 * self->value + (intptr_t) self->index;
    suspend(self);
  }
}

static const char *nesting(void) {
  for (size_t i = 0; i < 3; i++) {
    if (start(i, nests, entry, 0) != FRINGE_READY) {
      return "is not ready";
    }
  }
  for (intptr_t i = 1; i < 10; i++) {
    generators[0].value = i;
    const char *why = round_trip(&generators[0], &main_control);
    if (why != NULL) {
      return why;
    }
    if (generators[0].value != 1000 * i + 210) {
      return because("sent ", (uintptr_t) i, " and got ", (uintptr_t) generators[0].value);
    }
  }
  for (size_t i = 0; i < 3; i++) {
    const char *why = finish(i);
    if (why != NULL) {
      return why;
    }
  }
  return NULL;
}

static const char *resumer_failure;

static void resumes(void *argument) {
  for (int i = 0; resumer_failure == NULL && i < 1000; i++) {
    resumer_failure = round_trip(&generators[0], argument);
  }
}

static const char *moves_between_threads(void) {
  if (start(0, increments, entry, 0) != FRINGE_READY) {
    return "is not ready";
  }
  resumer_failure = NULL;
  for (size_t i = 1; i < 4; i++) {
    start_thread(i, resumes, &threads[i].control);
    join(i);
  }
  if (resumer_failure == NULL && generators[0].value != 3000) {
    resumer_failure = because("ran ", (uintptr_t) generators[0].value, " times, not ", 3000);
  }
  return resumer_failure != NULL ? resumer_failure : finish(0);
}

/* struct JNIInvokeInterface: three reserved words, then the functions. */
struct invoke_interface {
  void *reserved[4];
  void *attach;
  int32_t (*detach)(void *);
  void *environment;
  int32_t (*attach_as_daemon)(void *, void **, void *);
};

static const struct invoke_interface *fake_vm;
static int attached, detached, entered;
static int32_t attach_answer;
static const char *vm_failure;

static int32_t fake_attach(void *vm, void **environment, void *arguments) {
  if (vm != &fake_vm || environment == NULL || arguments != NULL) {
    vm_failure = "wrong arguments for AttachCurrentThreadAsDaemon";
  } else {
    *environment = vm;
  }
  attached++;
  return attach_answer;
}

static int32_t fake_detach(void *vm) {
  if (vm != &fake_vm) {
    vm_failure = "wrong arguments for DetachCurrentThread";
  }
  detached++;
  return 0;
}

static const struct invoke_interface table = {.detach = fake_detach, .attach_as_daemon = fake_attach};
static const struct invoke_interface *fake_vm = &table;

static void only_returns(uintptr_t context) {
  (void) context;
  entered++;
}

static const char *attaches(void) {
  attached = detached = entered = 0;
  vm_failure = NULL;
  attach_answer = 0;
  if (start(0, increments, entry, (uintptr_t) &fake_vm) != FRINGE_READY) {
    return "is not ready";
  }
  const char *why = round_trip(&generators[0], &main_control);
  if (why == NULL && (attached != 1 || detached != 0)) {
    why = because("attached ", (uintptr_t) attached, " times and detached ", (uintptr_t) detached);
  }
  if (why == NULL) {
    why = finish(0);
  }
  if (why == NULL && detached != 1) {
    why = because("attached ", (uintptr_t) attached, " times and detached ", (uintptr_t) detached);
  }
  return why != NULL ? why : vm_failure;
}

static const char *fails(void) {
  attached = detached = entered = 0;
  vm_failure = NULL;
  attach_answer = -1;
  int32_t unattached = start(0, increments, only_returns, (uintptr_t) &fake_vm);
  join(0);
  attach_answer = 0;
  int32_t returned = start(0, increments, only_returns, (uintptr_t) &fake_vm);
  join(0);
  int32_t without_vm = start(0, increments, only_returns, 0);
  join(0);
  if (unattached != FRINGE_FAILED || returned != FRINGE_FAILED || without_vm != FRINGE_FAILED) {
    return because("ready is ", (uintptr_t) unattached, " and ", (uintptr_t) returned);
  }
  if (attached != 2 || detached != 1 || entered != 2) {
    return because("detached ", (uintptr_t) detached, " times and entered ", (uintptr_t) entered);
  }
  return vm_failure;
}

static void counts(struct generator *self) {
  while (!self->stop) {
    self->value++;
    suspend(self);
  }
}

static const char *many_rounds(void) {
  if (start(0, counts, entry, 0) != FRINGE_READY) {
    return "is not ready";
  }
  for (int i = 0; i < ROUNDS; i++) {
    resume(&generators[0]);
  }
  if (generators[0].value != ROUNDS) {
    return because("after ", ROUNDS, " rounds the value is ", (uintptr_t) generators[0].value);
  }
  remark_number("", ROUNDS, " of them");
  return finish(0);
}

static const struct check checks[] = {
  {"fringe_configure", configures},
  {"a generator is born, switches and dies, and its stack is used again", lives},
  {"callee-saved registers survive", registers_survive},
  {"generators nest three deep", nesting},
  {"a generator moves between kernel threads", moves_between_threads},
  {"the thread is attached and detached", attaches},
  {"what can't be attached, or whose entry returns, has failed", fails},
  {"round trips go on and on", many_rounds},
};

int main(void) {
  return run_checks(CHECKS(checks));
}
