/* SPDX-License-Identifier: MIT OR Apache-2.0 */

#define _GNU_SOURCE
#include "threads.h"

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REACH 4096
/* In milliseconds; a thread may wait long for a processor between its last store and its end. */
#define LOOKS 10000

/* The registered size is at least this, whatever of it the C library uses. */
#define RSEQ_MINIMUM 32

void arch_write(const char *text, size_t size) {
  while (size > 0) {
    ssize_t written = write(1, text, size);
    if (written <= 0) {
      _exit(3);
    }
    text += written;
    size -= (size_t) written;
  }
}

const char *names_the_library(void) {
#ifdef __GLIBC__
  remark("glibc");
  remark(gnu_get_libc_version());
#else
  remark("not glibc");
#endif
  return NULL;
}

static intptr_t tid_offset;
int32_t bystander;
int32_t flags;
int rseq_registered;

int32_t thread_id(void) {
  return (int32_t) syscall(SYS_gettid);
}

int32_t slot_of(uintptr_t thread_pointer) {
  return *(volatile int32_t *) (thread_pointer + (uintptr_t) tid_offset);
}

void nap(void) {
  usleep(1000);
}

/* ---- finding the tid slot: see TidSlot in fringe-api ---- */

#define MOST_CANDIDATES 64

struct candidates {
  intptr_t offsets[MOST_CANDIDATES];
  int count;
};

static int readable(uintptr_t address) {
  /* The kernel does not write from memory that can't be read. */
  static int pipes[2];
  if (pipes[1] == 0 && pipe(pipes) != 0) {
    return 0;
  }
  char byte;
  return write(pipes[1], (void *) address, 1) == 1 && read(pipes[0], &byte, 1) == 1;
}

static void *find_candidates(void *argument) {
  struct candidates *found = argument;
  uintptr_t tp = fringe_thread_pointer();
  int32_t id = thread_id();
  int may_read = 0;
  found->count = 0;
  for (uintptr_t address = (tp - REACH) & ~(uintptr_t) 3; address < tp + REACH; address += 4) {
    if (address % 4096 == 0 || address == ((tp - REACH) & ~(uintptr_t) 3)) {
      may_read = readable(address);
    }
    if (may_read && *(volatile int32_t *) address == id && found->count < MOST_CANDIDATES) {
      found->offsets[found->count++] = (intptr_t) (address - tp);
    }
  }
  return NULL;
}

/* The address of the exit word of the calling thread, or 0 if the kernel does not tell. */
static uintptr_t told_word(void) {
  uintptr_t told = 0;
  return prctl(PR_GET_TID_ADDRESS, &told, 0, 0, 0) == 0 ? told : 0;
}

static pthread_t bystander_thread;
static struct candidates bystander_candidates;
static uintptr_t bystander_pointer;
static uintptr_t bystander_told;

static void *stand_by(void *argument) {
  find_candidates(&bystander_candidates);
  bystander_pointer = fringe_thread_pointer();
  bystander_told = told_word();
  __atomic_store_n(&bystander, thread_id(), __ATOMIC_RELEASE);
  for (;;) {
    pause();
  }
  return argument;
}

static void remark_offset(intptr_t offset) {
  if (offset < 0) {
    remark_number("", (uintptr_t) -offset, " bytes below the thread pointer");
  } else {
    remark_number("", (uintptr_t) offset, " bytes above the thread pointer");
  }
}

const char *finds_the_slot(void) {
  struct candidates here;
  find_candidates(&here);
  if (pthread_create(&bystander_thread, NULL, stand_by, NULL) != 0) {
    return "there is no second thread";
  }
  while (__atomic_load_n(&bystander, __ATOMIC_ACQUIRE) == 0) {
    nap();
  }
  int matches = 0;
  for (int i = 0; i < here.count; i++) {
    for (int j = 0; j < bystander_candidates.count; j++) {
      if (here.offsets[i] == bystander_candidates.offsets[j]) {
        tid_offset = here.offsets[i];
        matches++;
      }
    }
  }
  if (matches != 1) {
    return because("there are ", (uintptr_t) matches, " common offsets, not ", 1);
  }
  remark_offset(tid_offset);
  return NULL;
}

/* ---- finding the exit word: see ExitWord in fringe-api ---- */

extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned int __rseq_size __attribute__((weak));

static intptr_t exit_word;
static int32_t exit_flags;

static int32_t configure(int32_t more) {
  intptr_t rseq_offset = 0;
  int32_t rseq_size = 0;
  if (&__rseq_size != NULL && __rseq_size != 0) {
    rseq_offset = __rseq_offset;
    rseq_size = __rseq_size < RSEQ_MINIMUM ? RSEQ_MINIMUM : (int32_t) __rseq_size;
    rseq_registered = 1;
  }
  return fringe_configure(tid_offset, exit_word, bystander, rseq_offset, rseq_size, getauxval(AT_HWCAP2),
    flags | more);
}

/* A word of a thread's memory, or 0 where that does not reach. */
static volatile int32_t *word_at(struct generator *generator, intptr_t offset) {
  static volatile int32_t none;
  uintptr_t address = generator->context.tp + (uintptr_t) offset;
  return address >= (uintptr_t) generator->stack && address < (uintptr_t) generator->stack + STACK_SIZE
    ? (volatile int32_t *) address : &none;
}

/*
 * Three threads that have done the same, and the kernel has cleared the exit word of the second only. It is
 * between the others in the C library's list too: what links it has there is not 0 either.
 */
static struct generator alike[3];

/* How many words are 0 in the second thread alone; sets `exit_word` to one of them. */
static int differences(void) {
  int above = *(uintptr_t *) alike[0].context.tp == alike[0].context.tp;
  intptr_t from = above ? 0 : -REACH;
  int count = 0;
  for (intptr_t offset = from; offset < from + REACH; offset += 4) {
    if (*word_at(&alike[0], offset) != 0 && *word_at(&alike[1], offset) == 0 && *word_at(&alike[2], offset) != 0) {
      exit_word = offset;
      count++;
    }
  }
  return count;
}

const char *finds_the_exit_word(void) {
  for (int i = 0; i < 3; i++) {
    configure(i == 1 ? FRINGE_CLEAR_EXIT_WORD : 0);
    if (start(&alike[i], NULL, fringe_dematerialise, 0) != FRINGE_READY) {
      return because("thread ", (uintptr_t) i, " is not ready", 0);
    }
  }
  uintptr_t told = told_word();
  int shared = told != 0 && told == bystander_told;
  int seen = 0;
  for (int i = 0; i < (shared ? LOOKS / 50 : LOOKS) && seen == 0; i++) {
    nap();
    seen = differences();
  }
  nap();
  seen = differences();
  if (seen > 1) {
    return because("the kernel has cleared ", (uintptr_t) seen, " words, not ", 1);
  }
  if (shared) {
    exit_word = (intptr_t) told;
    exit_flags = FRINGE_SHARED_EXIT_WORD;
    if (seen != 0) {
      return "the kernel tells one word for all threads, but has cleared another";
    }
    remark("it is one for all threads");
  } else {
    if (seen == 0) {
      return "the kernel has cleared nothing that is a thread's own";
    }
    if (told != 0 && (told != fringe_thread_pointer() + (uintptr_t) exit_word
        || bystander_told != bystander_pointer + (uintptr_t) exit_word)) {
      return because("the kernel tells another word: it is at ", told, ", the thread pointer is ",
        fringe_thread_pointer());
    }
    *word_at(&alike[1], exit_word) = *word_at(&alike[0], exit_word);
    if (exit_word == tid_offset) {
      remark("it is the tid slot");
    } else {
      remark_offset(exit_word);
    }
  }
  if (told == 0) {
    remark("the kernel does not tell");
  }
  configure(exit_flags);
  const char *why = NULL;
  for (int i = 0; i < 3 && why == NULL; i++) {
    why = finish(&alike[i]);
  }
  return why;
}

const char *configures(void) {
  int32_t instruction = configure(exit_flags);
  remark(instruction == 1 ? "the thread pointer is set by an instruction" : "the thread pointer is set by a system call");
  return instruction == 0 || instruction == 1 ? NULL : because("returned ", (uintptr_t) instruction, ", not 0 or ", 1);
}

/* ---- generators ---- */

void suspend(struct generator *generator) {
  fringe_suspend((uintptr_t) &generator->context);
}

void resume(struct generator *generator) {
  fringe_resume((uintptr_t) &generator->context);
}

void entry(uintptr_t context) {
  struct generator *generator = (struct generator *) context;
  fringe_dematerialise(context);
  generator->body(generator);
}

int32_t start(struct generator *generator, void (*body)(struct generator *), void (*enter)(uintptr_t),
    uintptr_t vm) {
  if (generator->stack == NULL) {
    generator->stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (generator->stack == MAP_FAILED) {
      return -1;
    }
  }
  memset(&generator->context, 0, sizeof generator->context);
  generator->context.entry = (uintptr_t) enter;
  generator->context.vm = vm;
  generator->body = body;
  generator->stop = 0;
  generator->failure = NULL;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstack(&attributes, generator->stack, STACK_SIZE);
  int error = pthread_create(&generator->thread, &attributes, fringe_entry, &generator->context);
  pthread_attr_destroy(&attributes);
  return error != 0 ? -error : fringe_await((uintptr_t) &generator->context);
}

const char *finish(struct generator *generator) {
  void *result = generator;
  generator->stop = 1;
  int32_t error = fringe_materialise((uintptr_t) &generator->context);
  if (error != 0) {
    return because("fringe_materialise returned ", (uintptr_t) error, " instead of ", 0);
  }
  int joined = pthread_join(generator->thread, &result);
  if (joined != 0 || result != NULL) {
    return because("pthread_join returned ", (uintptr_t) joined, " and the thread's result is ", (uintptr_t) result);
  }
  return generator->failure;
}
