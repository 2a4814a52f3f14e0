/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * Native bodies for the tests of NativeGenerator, and native code that calls back; linked against the backend's
 * libfringe.so.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <stdlib.h>
#include "fringe.h"

/* Yields the square of what it gets, until it gets 0. */
void squares(fringe_yielder *yielder, intptr_t first) {
  for (intptr_t next = first; next != 0;)
    next = fringe_yield(yielder, next * next);
}

/* Yields 0 twice, which is not its end, and returns. */
void zeros(fringe_yielder *yielder, intptr_t first) {
  (void) first;
  fringe_yield(yielder, 0);
  fringe_yield(yielder, 0);
}

/* Yields from `depth` calls deep, and needs what is on each frame afterwards. */
static intptr_t descend(fringe_yielder *yielder, volatile intptr_t depth) {
  if (depth == 0)
    return fringe_yield(yielder, -1);
  return descend(yielder, depth - 1) + depth;
}

void deep(fringe_yielder *yielder, intptr_t first) {
  fringe_yield(yielder, descend(yielder, first));
}

struct sort {
  fringe_yielder *yielder;
};

/* Yields the left value times 1000 plus the right one. */
static int compare(const void *left, const void *right, void *argument) {
  struct sort *sort = argument;
  int l = *(const int *) left, r = *(const int *) right;
  fringe_yield(sort->yielder, l * 1000 + r);
  return (l > r) - (l < r);
}

/* Sorts its own numbers with qsort, suspended in each comparison; then yields them in order. */
void sorts(fringe_yielder *yielder, intptr_t first) {
  (void) first;
  int numbers[] = {5, 3, 9, 1, 7, 2, 8};
  int count = sizeof numbers / sizeof *numbers;
  struct sort sort = {yielder};
  qsort_r(numbers, count, sizeof *numbers, compare, &sort);
  for (int i = 0; i < count; i++)
    fringe_yield(yielder, -numbers[i]);
}

/* Computes in another rounding mode than its resumer. */
void rounds_up(fringe_yielder *yielder, intptr_t first) {
  volatile double one = 1, three = 3;
  double near = one / three;
  fesetround(FE_UPWARD);
  for (intptr_t i = 0;; i++)
    fringe_yield(yielder, one / three > near ? first + i : -1);
}

/* The same without being linked to the library: gets the function's address first. */
void by_address(fringe_yielder *yielder, intptr_t first) {
  intptr_t (*yield)(fringe_yielder *, intptr_t) = (intptr_t (*)(fringe_yielder *, intptr_t)) first;
  intptr_t sum = 0;
  for (;;)
    sum += yield(yielder, sum);
}

/* ---- what native code keeps across a callback, in which a body suspends ---- */

static _Thread_local int local;

static int *error_address(void) {
  return &errno;
}

static int *local_address(void) {
  return &local;
}

/* Through these a compiler can't see that the addresses are those which it has already. */
int *(*volatile error_now)(void) = error_address;
int *(*volatile local_now)(void) = local_address;

struct kept {
  int *error; /* where errno and `local` were before the callback */
  int *local;
  int *error_after; /* where they are after it */
  int *local_after;
  int error_value; /* what is found there afterwards, by the addresses from before */
  int local_value;
};

/* The addresses of errno and of a thread variable, as the caller has them. */
void addresses(struct kept *kept) {
  kept->error = error_now();
  kept->local = local_now();
}

/* Sets both variables, calls back, and looks at them again: by the same addresses, as compiled code does. */
void keeps(void (*callback)(void), struct kept *kept) {
  int *volatile error = error_now();
  int *volatile own = local_now();
  *error = 1000;
  *own = 2000;
  callback();
  kept->error = error;
  kept->local = own;
  kept->error_value = *error;
  kept->local_value = *own;
  kept->error_after = error_now();
  kept->local_after = local_now();
}

/* ---- the rounding mode across a callback, in which a body suspends ---- */

/* Whether 1/7 is rounded upwards, by double and by long double, and what the C library says. */
int rounding(void) {
  volatile double one = 1, seven = 7;
  volatile long double long_one = 1, long_seven = 7;
  return (one / seven > 0x1.2492492492492p-3) | (long_one / long_seven > 0x9249249249249249p-66L) << 1
    | (fegetround() == FE_UPWARD) << 2;
}

/* Computes upwards, calls back, and says how it computes afterwards. */
int rounds_up_around(void (*callback)(void)) {
  int before = fegetround();
  fesetround(FE_UPWARD);
  callback();
  int result = rounding();
  fesetround(before);
  return result;
}

/* ---- mutexes that are held across a callback, in which a body suspends ---- */

enum { NORMAL, RECURSIVE, ERROR_CHECKING, ROBUST, PRIORITY_INHERITANCE };

/* A mutex that is never freed; null if there is no such kind here. */
pthread_mutex_t *mutex_of(int kind) {
  pthread_mutexattr_t attributes;
  pthread_mutex_t *mutex = malloc(sizeof *mutex);
  pthread_mutexattr_init(&attributes);
  int error = kind == RECURSIVE ? pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE)
    : kind == ERROR_CHECKING ? pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK)
    : kind == ROBUST ? pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST)
    : kind == PRIORITY_INHERITANCE ? pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT) : 0;
  if (mutex == NULL || error != 0 || pthread_mutex_init(mutex, &attributes) != 0)
    return NULL;
  return mutex;
}

int mutex_lock(pthread_mutex_t *mutex) { return pthread_mutex_lock(mutex); }

int mutex_try(pthread_mutex_t *mutex) { return pthread_mutex_trylock(mutex); }

int mutex_unlock(pthread_mutex_t *mutex) { return pthread_mutex_unlock(mutex); }

/* Locks it, calls back, and unlocks it; returns what unlocking says, or -1 if it could not be locked. */
int mutex_around(void (*callback)(void), pthread_mutex_t *mutex) {
  if (pthread_mutex_lock(mutex) != 0)
    return -1;
  callback();
  return pthread_mutex_unlock(mutex);
}

int not_code = 42;
