/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* Linux, as far as the programs of this folder need it, and threads that a C library would make. */

#ifndef KERNEL_H
#define KERNEL_H

#include "threads.h"

#define THREADS 8

/* What the thread pointer points into the middle of, so that the slot is below it. */
struct control {
  volatile int32_t slot;
  int32_t reserved[3];
  uintptr_t pointed_to[4];
};

struct thread {
  struct control control;
  _Alignas(64) unsigned char stack[STACK_SIZE];
};

extern struct thread threads[THREADS];
extern struct control main_control;

uintptr_t pointer_to(struct control *control);

/* Starts a thread, which has ended when its slot is 0. */
void start_thread(size_t index, void *function, void *argument);
void join(size_t index);

/* Waits until there is no such kernel thread. */
const char *is_gone(int32_t id);

#endif
