/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* The hosted functions without a C library; see threads.c. The shared hosted.c needs one. */

#include "kernel.h"

#define GENERATORS 3
#define ROUNDS 100000

static struct generator generators[GENERATORS];
static int32_t born_on[GENERATORS];
static int32_t died_on[GENERATORS];

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
  uintptr_t limit = (uintptr_t) self->stack;
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

static void enters(uintptr_t context) {
  struct generator *self = (struct generator *) context;
  born_on[self - generators] = thread_id();
  if (!ends_on_own_stack(self, FRAME())) {
    self->failure = "in birth the frame chain leaves the stack";
  }
  fringe_dematerialise(context, 0, 0);
  self->body(self);
  died_on[self - generators] = thread_id();
  if (!ends_on_own_stack(self, FRAME())) {
    self->failure = "in death the frame chain leaves the stack";
  }
}

static int32_t begin(size_t index, void (*body)(struct generator *)) {
  generators[index].value = 0;
  return start(&generators[index], body, enters, 0);
}

static const char *end(size_t index) {
  const char *why = finish(&generators[index]);
  if (why == NULL && (died_on[index] == thread_id() || died_on[index] == born_on[index])) {
    return "it did not die on a kernel thread of its own";
  }
  return why;
}

static struct control *control_of(struct generator *generator) {
  return &threads[generator->thread].control;
}

/* ---- checks ---- */

static const char *who(struct generator *self, int32_t id) {
  uintptr_t tp = pointer_to(control_of(self));
  if (fringe_thread_pointer() != tp || self->context.tp != tp) {
    return because("the thread pointer is ", fringe_thread_pointer(), ", not ", tp);
  }
  if (thread_id() != id || control_of(self)->slot != id) {
    return because("the tid slot has ", (uintptr_t) control_of(self)->slot, " on kernel thread ",
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
  if (control_of(generator)->slot != bystander) {
    return because("the slot of a suspended generator has ", (uintptr_t) control_of(generator)->slot,
      ", not ", (uintptr_t) bystander);
  }
  return NULL;
}

static const char *lives(void) {
  for (int round = 0; round < 20; round++) {
    int32_t ready = begin(0, increments);
    if (ready != FRINGE_READY) {
      return because("ready is ", (uintptr_t) ready, ", not ", FRINGE_READY);
    }
    const char *why = is_gone(born_on[0]);
    for (intptr_t i = 0; why == NULL && i < 10; i++) {
      why = round_trip(&generators[0], &main_control);
      if (why == NULL && generators[0].value != i + 1) {
        why = because("round ", (uintptr_t) i, " left ", (uintptr_t) generators[0].value);
      }
    }
    if (why == NULL) {
      why = end(0);
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
  died_on[0] = thread_id();
}

static const char *registers_survive(void) {
  if (start(&generators[0], guards_registers, guards_dematerialise, 0) != FRINGE_READY) {
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
  return end(0);
}

/* Generator n resumes n + 1 and adds n. */
static void nests(struct generator *self) {
  while (!self->stop) {
    const char *why = who(self, resumer_id);
    if (self - generators < GENERATORS - 1) {
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
    self->value = 10 * self->value + (self - generators);
    suspend(self);
  }
}

static const char *nesting(void) {
  for (size_t i = 0; i < GENERATORS; i++) {
    if (begin(i, nests) != FRINGE_READY) {
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
  for (size_t i = 0; i < GENERATORS; i++) {
    const char *why = end(i);
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
  if (begin(0, increments) != FRINGE_READY) {
    return "is not ready";
  }
  resumer_failure = NULL;
  for (size_t i = GENERATORS; i < GENERATORS + 3; i++) {
    start_thread(i, resumes, &threads[i].control);
    join(i);
  }
  if (resumer_failure == NULL && generators[0].value != 3000) {
    resumer_failure = because("ran ", (uintptr_t) generators[0].value, " times, not ", 3000);
  }
  return resumer_failure != NULL ? resumer_failure : end(0);
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
  generators[0].value = 0;
  if (start(&generators[0], increments, enters, (uintptr_t) &fake_vm) != FRINGE_READY) {
    return "is not ready";
  }
  const char *why = round_trip(&generators[0], &main_control);
  if (why == NULL && (attached != 1 || detached != 0)) {
    why = because("attached ", (uintptr_t) attached, " times and detached ", (uintptr_t) detached);
  }
  if (why == NULL) {
    why = end(0);
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
  int32_t unattached = start(&generators[0], increments, only_returns, (uintptr_t) &fake_vm);
  join(generators[0].thread);
  attach_answer = 0;
  int32_t returned = start(&generators[0], increments, only_returns, (uintptr_t) &fake_vm);
  join(generators[0].thread);
  int32_t without_vm = start(&generators[0], increments, only_returns, 0);
  join(generators[0].thread);
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
  if (begin(0, counts) != FRINGE_READY) {
    return "is not ready";
  }
  for (int i = 0; i < ROUNDS; i++) {
    resume(&generators[0]);
  }
  if (generators[0].value != ROUNDS) {
    return because("after ", ROUNDS, " rounds the value is ", (uintptr_t) generators[0].value);
  }
  remark_number("", ROUNDS, " of them");
  return end(0);
}

static const struct check checks[] = {
  {"the thread pointer", finds_the_slot},
  {"the exit word is cleared by the kernel, if that is to be", finds_the_exit_word},
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
