/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* What the programs with a C library share: the tid slot, and generators whose entry is native code. */

#ifndef THREADS_H
#define THREADS_H

#include <pthread.h>

#include "suite.h"

#define STACK_SIZE (256 * 1024)
#define WAIT_STEPS 5000 /* of a millisecond */

extern int32_t bystander;
/* For fringe_configure. */
extern int32_t flags;
/* Whether contexts are switched by words, unless a check says so itself. */
extern int by_words;
/* Whether the C library has an area for restartable sequences. */
extern int rseq_registered;

int32_t thread_id(void);
/* The tid slot of the thread with this thread pointer. */
int32_t slot_of(uintptr_t thread_pointer);
/* A millisecond. */
void nap(void);

/* Says which C library it is; one that is not linked in may be another than at compile time. */
const char *names_the_library(void);

/* The first three checks of each program; nothing hosted works without them. */
const char *finds_the_slot(void);
const char *finds_the_exit_word(void);
const char *configures(void);
/* The next one, where there are words. */
const char *finds_the_words(void);

struct generator {
  struct fringe_context context; /* first: fringe_entry's argument is this struct */
  pthread_t thread;
  void *stack;
  int number;
  intptr_t value;     /* passed both ways */
  int stop;           /* return instead of suspending */
  uintptr_t base;     /* the thread pointer and the thread that the C library should see while it runs */
  pthread_t library;
  uintptr_t resumer;  /* the frame that resumes it, where a check looks for it */
  const char *failure;
  void (*body)(struct generator *);
};

/*
 * Makes the thread of a generator, on its stack, which it gets if it has none, and waits; returns what
 * `ready` becomes, or a negative number. `enter` is what fringe_entry calls: `entry` for most, which
 * calls the body once the generator is resumed.
 */
int32_t start(struct generator *generator, void (*body)(struct generator *), void (*enter)(uintptr_t), uintptr_t vm);
void entry(uintptr_t context);

/*
 * The identity of the running thread, as a virtual machine would keep it: in a thread variable and under a key.
 * Both are functions, because a body that kept the address of a thread variable would not notice.
 */
void identify(void *self);
void *current(void);
void *current_by_key(void);

/* Has a suspended generator switched by words, or by pointer, from now on. */
void switch_by(struct generator *generator, int words);

/* What is true in every body at any time: `id` is that of the kernel thread that should be running. */
const char *identity(struct generator *self, int32_t id);

void resume(struct generator *generator);
void suspend(struct generator *generator);

/* Ends the thread of a generator whose body returns when it is told to. */
const char *finish(struct generator *generator);

#endif
