/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * ../../threads.h without a C library, since there is none: threads are made by thread.S, and what a C
 * library would keep at the thread pointer is a struct control.
 */

#include "kernel.h"

#define SYS_exit_group 94
#define SYS_futex 98
#define SYS_sched_yield 124
#define SYS_tgkill 131
#define SYS_getpid 172
#define SYS_gettid 178
#define FUTEX_WAIT 0
#define ESRCH 3

int32_t thread_start(void *function, void *argument, uintptr_t base, uintptr_t tp, int32_t *slot);

struct thread threads[THREADS];
struct control main_control;
static const intptr_t tid_offset = -16;
int32_t bystander;
int32_t flags;
int rseq_registered;
/* There is no virtual machine for this architecture, and so nothing but the thread pointer to exchange. */
int by_words;

void identify(void *self) {
  (void) self;
}

const char *finds_the_words(void) {
  return NULL;
}

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

int32_t thread_id(void) {
  return (int32_t) system_call(SYS_gettid, 0, 0, 0, 0);
}

int32_t slot_of(uintptr_t thread_pointer) {
  return *(volatile int32_t *) (thread_pointer + (uintptr_t) tid_offset);
}

void nap(void) {
  system_call(SYS_sched_yield, 0, 0, 0, 0);
}

uintptr_t pointer_to(struct control *control) {
  return (uintptr_t) control->pointed_to;
}

void start_thread(size_t index, void *function, void *argument) {
  thread_start(function, argument, (uintptr_t) (threads[index].stack + STACK_SIZE),
    pointer_to(&threads[index].control), (int32_t *) &threads[index].control.slot);
}

/* The kernel clears the slot when the thread has ended. */
void join(size_t index) {
  int32_t now;
  while ((now = threads[index].control.slot) != 0) {
    system_call(SYS_futex, (intptr_t) &threads[index].control.slot, FUTEX_WAIT, now, 0);
  }
}

const char *is_gone(int32_t id) {
  intptr_t process = system_call(SYS_getpid, 0, 0, 0, 0);
  for (int i = 0; i < 1000000; i++) {
    if (system_call(SYS_tgkill, process, id, 0, 0) == -ESRCH) {
      return NULL;
    }
    nap();
  }
  return because("kernel thread ", (uintptr_t) id, " still runs, ", 0);
}

static void stand_by(void) {
  static int32_t never;
  for (;;) {
    system_call(SYS_futex, (intptr_t) &never, FUTEX_WAIT, 0, 0);
  }
}

/* What a C library does when it starts; here the slot is known. */
const char *finds_the_slot(void) {
  uintptr_t tp = pointer_to(&main_control);
  __asm__ volatile("l.ori r10, %0, 0" : : "r"(tp));
  main_control.slot = thread_id();
  if (fringe_thread_pointer() != tp) {
    return because("the thread pointer is ", fringe_thread_pointer(), ", not ", tp);
  }
  start_thread(THREADS - 1, stand_by, NULL);
  bystander = threads[THREADS - 1].control.slot;
  remark("it is this program's own");
  return NULL;
}

static void leave(uintptr_t context) {
  fringe_dematerialise(context, 0, 0);
}

/* It is known, too; but it can be left to the kernel, as where it has to be found. */
const char *finds_the_exit_word(void) {
  static struct generator generator;
  fringe_configure(tid_offset, tid_offset, bystander, 0, 0, 0, flags | FRINGE_CLEAR_EXIT_WORD);
  if (start(&generator, NULL, leave, 0) != FRINGE_READY) {
    return "is not ready";
  }
  join(generator.thread);
  threads[generator.thread].control.slot = bystander;
  return finish(&generator);
}

const char *configures(void) {
  int32_t answer = fringe_configure(tid_offset, tid_offset, bystander, 0, 0, 0, flags);
  return answer == 1 ? NULL : because("returned ", (uintptr_t) answer, ", not ", 1);
}

void suspend(struct generator *generator) {
  fringe_suspend((uintptr_t) &generator->context, 0, 0);
}

void resume(struct generator *generator) {
  fringe_resume((uintptr_t) &generator->context, generator->context.sp, (uintptr_t) generator);
}

void entry(uintptr_t context) {
  struct generator *generator = (struct generator *) context;
  fringe_dematerialise(context, 0, 0);
  generator->body(generator);
}

/* A generator's number is that of its thread. */
static size_t next_thread;

int32_t start(struct generator *generator, void (*body)(struct generator *), void (*enter)(uintptr_t),
    uintptr_t vm) {
  if (generator->stack == NULL) {
    if (next_thread == THREADS - 1) {
      return -1;
    }
    generator->thread = next_thread++;
    generator->stack = threads[generator->thread].stack;
  }
  generator->context.entry = (uintptr_t) enter;
  generator->context.vm = vm;
  generator->context.ready = 0;
  generator->body = body;
  generator->stop = 0;
  generator->failure = NULL;
  start_thread(generator->thread, fringe_entry, generator);
  return fringe_await((uintptr_t) &generator->context);
}

const char *finish(struct generator *generator) {
  generator->stop = 1;
  int32_t error = fringe_materialise((uintptr_t) &generator->context);
  if (error != 0) {
    return because("fringe_materialise returned ", (uintptr_t) error, " instead of ", 0);
  }
  join(generator->thread);
  return generator->failure;
}
