/* SPDX-License-Identifier: MIT OR Apache-2.0 */

#define _GNU_SOURCE
#include "threads.h"

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif
#include <link.h>
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
int by_words;
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

static char main_identity;
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

static void leave(uintptr_t context) {
  fringe_dematerialise(context, 0, 0);
}

const char *finds_the_exit_word(void) {
  for (int i = 0; i < 3; i++) {
    configure(i == 1 ? FRINGE_CLEAR_EXIT_WORD : 0);
    if (start(&alike[i], NULL, leave, 0) != FRINGE_READY) {
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

/* ---- the words: see Words in fringe-api ---- */

static __thread void *volatile running;
static pthread_key_t running_key;
static pthread_once_t running_once = PTHREAD_ONCE_INIT;

static void make_key(void) {
  pthread_key_create(&running_key, NULL);
}

void __attribute__((noinline)) identify(void *self) {
  pthread_once(&running_once, make_key);
  running = self;
  pthread_setspecific(running_key, self);
}

void *__attribute__((noinline)) current(void) {
  void *found = running;
  __asm__ volatile("" : "+r"(found) : : "memory");
  return found;
}

void *__attribute__((noinline)) current_by_key(void) {
  return pthread_getspecific(running_key);
}

const char *identity(struct generator *self, int32_t id) {
  uintptr_t tp = fringe_thread_pointer();
  if (thread_id() != id) {
    return because("runs on kernel thread ", (uintptr_t) thread_id(), ", not ", (uintptr_t) id);
  }
  if (tp != self->base) {
    return because("the thread pointer is ", tp, " and should be ", self->base);
  }
  if (!pthread_equal(pthread_self(), self->library)) {
    return "pthread_self is somebody else";
  }
  if (current() != self || current_by_key() != self) {
    return because("the words are ", (uintptr_t) current(), " and ", (uintptr_t) current_by_key());
  }
  if (slot_of(self->context.tp) != id || slot_of(tp) != id) {
    return because("the tid slot has ", (uintptr_t) slot_of(self->context.tp), " while it runs on ", (uintptr_t) id);
  }
  uintptr_t here = FRAME();
  if (here < (uintptr_t) self->stack || here >= (uintptr_t) self->stack + STACK_SIZE) {
    return "runs on another stack";
  }
  return NULL;
}

#ifdef ARCH_WORDS

#define OWN_KEYS 2
#define HEADER 512 /* how far above the thread pointer the address of an array of values may be */

/* struct JNIInvokeInterface up to GetEnv, which looks as a virtual machine does. */
static const struct {
  void *before[6];
  int32_t (*get_env)(void *vm, void **environment, int32_t version);
} *vm;

static int32_t get_env(void *of, void **environment, int32_t version) {
  *environment = of;
  return version != 0x10008 ? -3 : current() == NULL ? -2 : 0;
}

struct words {
  intptr_t values_offset;
  intptr_t key_offset;
  intptr_t vector_offset;
  intptr_t block_offset;
  const char *failure;
};

static struct words words;
static pthread_key_t own_keys[OWN_KEYS];
static char own_values[OWN_KEYS];

static uintptr_t word_of(uintptr_t address) {
  return readable(address) && readable(address + sizeof(uintptr_t) - 1) ? *(volatile uintptr_t *) address : 0;
}

/*
 * Where the values of the keys are: in an array that the control block has the address of, or in the control block
 * itself. The array may be near the control block too, but not at the same distance in each thread.
 */
static int find_values(uintptr_t tp, struct words *found) {
  for (uintptr_t address = tp; address < tp + HEADER; address += sizeof(uintptr_t)) {
    uintptr_t values = word_of(address);
    if (values % sizeof(uintptr_t) == 0
        && word_of(values + own_keys[0] * sizeof(uintptr_t)) == (uintptr_t) &own_values[0]
        && word_of(values + own_keys[1] * sizeof(uintptr_t)) == (uintptr_t) &own_values[1]) {
      found->values_offset = (intptr_t) (address - tp);
      found->key_offset = (intptr_t) (running_key * sizeof(uintptr_t));
      return 1;
    }
  }
  uintptr_t at[OWN_KEYS] = {0};
  int count[OWN_KEYS] = {0};
  for (uintptr_t address = tp; address < tp + REACH; address += sizeof(uintptr_t)) {
    for (int i = 0; i < OWN_KEYS; i++) {
      if (word_of(address) == (uintptr_t) &own_values[i]) {
        at[i] = address;
        count[i]++;
      }
    }
  }
  if (count[0] == 1 && count[1] == 1) {
    uintptr_t stride = (at[1] - at[0]) / (own_keys[1] - own_keys[0]);
    found->values_offset = 0;
    found->key_offset = (intptr_t) (at[0] + (running_key - own_keys[0]) * stride - tp);
    return word_of(tp) == tp;
  }
  return 0;
}

static void *look_for_words(void *argument) {
  struct words *found = argument;
  uintptr_t tp = fringe_thread_pointer();
  uintptr_t self = tp + 1; /* any value that is found nowhere else */
  identify((void *) self);
  for (int i = 0; i < OWN_KEYS; i++) {
    pthread_setspecific(own_keys[i], &own_values[i]);
  }
  struct fringe_module module = {.address = (uintptr_t) look_for_words};
  if (dl_iterate_phdr((int (*)(struct dl_phdr_info *, size_t, void *)) fringe_find_module, &module) != 1
      || module.id == 0 || module.block == 0) {
    found->failure = "the program's block of thread variables is not told";
    return NULL;
  }
  int count = 0;
  for (uintptr_t offset = 0; offset + sizeof self <= module.size; offset += sizeof self) {
    if (*(volatile uintptr_t *) (module.block + offset) == self) {
      found->block_offset = (intptr_t) offset;
      count++;
    }
  }
  if (count != 1) {
    found->failure = because("the thread is found in ", (uintptr_t) count, " of its block's words, not in ", 1);
    return NULL;
  }
  __typeof__(*vm) functions = {.get_env = get_env};
  vm = &functions;
  uintptr_t copy = self;
  int32_t answer = fringe_try_word(module.block + (uintptr_t) found->block_offset, (uintptr_t) &vm);
  int32_t other = fringe_try_word((uintptr_t) &copy, (uintptr_t) &vm);
  if (answer != -2 || other != 0 || current() != (void *) self || copy != self) {
    found->failure = because("a word that is tried answers ", (uintptr_t) answer, ", another one ", (uintptr_t) other);
    return NULL;
  }
  uintptr_t vector = word_of(tp + sizeof(uintptr_t));
  count = 0;
  for (uintptr_t stride = sizeof(uintptr_t); stride <= 2 * sizeof(uintptr_t); stride *= 2) {
    if (word_of(vector + module.id * stride) == module.block) {
      found->vector_offset = (intptr_t) (module.id * stride);
      count++;
    }
  }
  if (count != 1) {
    found->failure = because("the block is found in the vector ", (uintptr_t) count, " times, not ", 1);
    return NULL;
  }
  if (!find_values(tp, found)) {
    found->failure = "the values of the keys are not found";
    return NULL;
  }
  if (word_of(word_of(tp + (uintptr_t) found->values_offset) + (uintptr_t) found->key_offset) != self) {
    found->failure = "the value of the key is another";
  }
  return NULL;
}

const char *finds_the_words(void) {
  struct words other = {0};
  pthread_t thread;
  for (int i = 0; i < OWN_KEYS; i++) {
    pthread_key_create(&own_keys[i], NULL);
  }
  look_for_words(&words);
  if (words.failure != NULL) {
    return words.failure;
  }
  if (pthread_create(&thread, NULL, look_for_words, &other) != 0 || pthread_join(thread, NULL) != 0) {
    return "there is no second thread";
  }
  if (other.failure != NULL) {
    return other.failure;
  }
  if (memcmp(&words, &other, sizeof words) != 0) {
    return because("two threads differ: the key at ", (uintptr_t) words.key_offset, " and at ",
      (uintptr_t) other.key_offset);
  }
  fringe_configure_words(words.values_offset, words.key_offset, words.vector_offset, words.block_offset,
      offsetof(struct generator, context));
  remark_number("values at ", (uintptr_t) words.values_offset, "");
  remark_number("key at ", (uintptr_t) words.key_offset, "");
  remark_number("vector at ", (uintptr_t) words.vector_offset, "");
  remark_number("block at ", (uintptr_t) words.block_offset, "");
  identify(&main_identity);
  return NULL;
}

#else

const char *finds_the_words(void) {
  identify(&main_identity);
  return NULL;
}

#endif

/* ---- generators ---- */

void switch_by(struct generator *generator, int by) {
  generator->context.thread = by ? (uintptr_t) generator : 0;
}

void suspend(struct generator *generator) {
  fringe_suspend((uintptr_t) &generator->context, 0, 0);
}

void resume(struct generator *generator) {
  int words = generator->context.thread != 0;
  generator->base = words ? fringe_thread_pointer() : generator->context.tp;
  generator->library = words ? pthread_self() : generator->thread;
  fringe_resume((uintptr_t) &generator->context, generator->context.sp, (uintptr_t) generator);
}

void entry(uintptr_t context) {
  struct generator *generator = (struct generator *) context;
  identify(generator);
  fringe_dematerialise(context, 0, 0);
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
  if (error != 0) {
    return -error;
  }
  int32_t ready = fringe_await((uintptr_t) &generator->context);
  switch_by(generator, by_words);
  return ready;
}

const char *finish(struct generator *generator) {
  void *result = generator;
  generator->stop = 1;
  generator->base = generator->context.tp;
  generator->library = generator->thread;
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
