/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * fringe.h: what lies between the JVM and the assembly of an architecture.
 *
 * Each architecture implements this header in one file, fringe.S, and the Java bindings of each
 * backend are generated from it by jextract. A stack grows downwards on all of them; its "base" is
 * the highest address, where it starts, and its "limit" the lowest.
 *
 * There are two layers.
 *
 *   bare     fringe_init, fringe_swap. They exchange stack pointers and nothing else: no operating
 *            system, no thread pointer. For bodies that are native code, and for bare metal.
 *
 *   hosted   everything else. They exchange a stack pointer together with what the virtual machine
 *            finds the running thread by. For bodies that are Java code.
 *
 * What the hosted functions exchange is fixed for each context. There are two ways:
 *
 *   pointer  the thread pointer: the C library sees another thread, and with it the virtual machine.
 *            The context may be resumed by one kernel thread after the other.
 *   words    the two words in which the virtual machine keeps the running thread for each kernel
 *            thread. The C library sees the resumer's thread, as in any library of coroutines. Code that
 *            is compiled from C keeps addresses of thread variables (errno) across calls, so a frame of
 *            it must go on on the kernel thread that it began on.
 *
 * Every function follows the C calling convention of its architecture. The functions that switch
 * keep what that convention calls callee-saved, the floating-point control state included, and
 * nothing else.
 *
 * Contexts are passed as integers: a JVM hands an integer over without wrapping it in an object.
 */

#ifndef FRINGE_H
#define FRINGE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- bare ------------------------------------------------------------------------------------ */

/*
 * A context with a stack of its own and no thread pointer.
 *
 * It is also what a native body gets as its first argument, under the name it has there.
 */
struct fringe_bare {
  uintptr_t sp;    /* stack pointer of the side that is not running */
  uintptr_t link;  /* where fringe_swap notes the frame of the side that resumes */
  uintptr_t ended; /* 0 until the body has returned, then 1 */
};

typedef struct fringe_bare fringe_yielder;

/* A native body. `first` is the value passed by the first fringe_swap. */
typedef void (*fringe_body)(fringe_yielder *yielder, intptr_t first);

/*
 * Lays out a fresh context on the stack that ends below `base`, so that the first fringe_swap enters
 * `body`. `base` must be aligned as the architecture aligns its stacks; at least 256 bytes below it
 * must be writable. Nothing is allocated, and there is nothing to undo.
 */
void fringe_init(struct fringe_bare *context, uintptr_t base, fringe_body body);

/*
 * Resumes: exchanges the calling side and the waiting side of `context`, and hands `value` to the other
 * one. Returns what the body hands over when it yields. After the body has returned, the resuming side
 * gets 0 and `ended` is 1; swapping into it again gets 0 again. Not to be called by the body.
 */
intptr_t fringe_swap(struct fringe_bare *context, intptr_t value);

/*
 * Yields: the same in the other direction, called by the body. fringe_swap notes where it was called, so
 * that the call stack of the body goes on there; this does not.
 */
intptr_t fringe_yield(fringe_yielder *yielder, intptr_t value);

/* ---- hosted ---------------------------------------------------------------------------------- */

/*
 * A context with a stack and a thread pointer of its own: what is left of a thread without its
 * kernel thread. 9 words. All that a switch touches is in the first 8, one line of the cache.
 */
struct fringe_context {
  uintptr_t sp;         /* the generator's stack pointer while it is suspended */
  uintptr_t tp;         /* the generator's thread pointer; set once, by fringe_entry */
  uintptr_t resumer_sp; /* the resumer's stack pointer while the generator runs */
  uintptr_t resumer_tp; /* what was exchanged while the generator runs: the resumer's thread pointer or word */
  uintptr_t link;       /* where fringe_resume notes the resumer's frame, for unwinders */
  uintptr_t entry;      /* void (*)(uintptr_t context), what fringe_entry calls */
  uintptr_t vm;         /* JavaVM *, to attach the thread to before `entry` is called, or 0 */
  uintptr_t thread;     /* 0: switch by pointer; else by words, and this is their value for the generator */
  uintptr_t ready;      /* 32-bit futex word at this address: 0, then one of FRINGE_READY, ... */
};

/* What becomes of `ready`. */
#define FRINGE_READY  1 /* the context is suspended and may be resumed */
#define FRINGE_FAILED 2 /* the thread could not be attached or `entry` returned: join it */

/* Bits for the `flags` of fringe_configure. */
#define FRINGE_FORCE_SYSCALL 1    /* set the thread pointer by a system call even where an instruction can */
#define FRINGE_SHARED_EXIT_WORD 2 /* `exit_word` is the address of the one word of all threads, not an offset */
#define FRINGE_CLEAR_EXIT_WORD  4 /* fringe_dematerialise leaves the exit word to the kernel; see there */
#define FRINGE_SAME_MXCSR       8 /* x86_64: MXCSR is the same on all sides of hosted switches, which need not load it */

/*
 * Tells the assembly what it can't find out by itself; before any other hosted function. What is told again
 * holds from then on, but the tid slot and the bystander are not to change while there are contexts.
 *
 *   tid_offset   from the thread pointer to the 32-bit word in which the C library keeps the id of
 *                the kernel thread (the "tid slot")
 *   exit_word    from the thread pointer to the 32-bit word that the kernel clears, and wakes those that
 *                wait for it, when the thread has ended (the "exit word"): what pthread_join waits for.
 *                In glibc until 2.41 it is the tid slot; in 2.43 another word of the control block; in
 *                musl it is one word for all threads, the lock of their list
 *   bystander    the id that the slot of a suspended generator holds: of a kernel thread that lives
 *                as long as the process
 *   rseq_offset  from the thread pointer to the area registered for restartable sequences
 *   rseq_size    its registered size in bytes, 0 if there is none
 *   hwcap2       AT_HWCAP2 of the auxiliary vector
 *   flags        FRINGE_...
 *
 * Returns 1 if the thread pointer will be set by an instruction, 0 if by a system call.
 */
int32_t fringe_configure(intptr_t tid_offset, intptr_t exit_word, int32_t bystander, intptr_t rseq_offset,
                         int32_t rseq_size, uintptr_t hwcap2, int32_t flags);

/*
 * Tells where the two words are; once, before the first context has its `thread` set. Only x86_64 has the
 * second way, and this function. Elsewhere `thread` is ignored: setting the thread pointer takes no longer
 * there than a move (aarch64, or1k), or the virtual machine takes a thousand times as long (x86).
 *
 *   values_offset  from the thread pointer to the address that `key_offset` counts from. In glibc that is
 *                  the thread pointer itself, which is found at 0; in musl the thread's array of values
 *   key_offset     from there to the value that pthread_getspecific finds for the key of the virtual
 *                  machine: the word that its signal handlers read
 *   vector_offset  from the thread's vector of TLS blocks, whose address is 8 bytes above the thread
 *                  pointer, to the address of the virtual machine's block
 *   block_offset   in that block, the word that the virtual machine reads elsewhere
 *   state_offset   in a thread of the virtual machine, its state, or 0 if that is not known; a hint, see
 *                  fringe_resume
 */
void fringe_configure_words(intptr_t values_offset, intptr_t key_offset, intptr_t vector_offset,
                            intptr_t block_offset, intptr_t state_offset);

/* A library, and its thread-local storage. */
struct fringe_module {
  uintptr_t address; /* any in the library; the question */
  uintptr_t id;      /* of its thread-local storage, 0 if it has none; from here on the answer */
  uintptr_t block;   /* where the calling thread's is, 0 if it has none yet */
  uintptr_t size;    /* in bytes */
};

/*
 * A callback for dl_iterate_phdr, which tells it of each library; `module` is a struct fringe_module. Returns 1,
 * which ends the iteration, once it has found the library. It is native code because the dynamic linker holds
 * a lock meanwhile, with which a thread must not wait for a safepoint. x86_64 only.
 */
struct dl_phdr_info;
int32_t fringe_find_module(struct dl_phdr_info *info, uintptr_t size, void *module);

/*
 * Whether the virtual machine finds the running thread by a word that holds its address, which another word may do
 * as well: takes the content away, has GetEnv of the JavaVM `vm` say whether the caller is attached, and puts it
 * back. Returns what that has said: JNI_EDETACHED (-2) if the word is the one, and JNI_OK (0) if it is not. Signals are
 * blocked meanwhile. x86_64 only.
 */
int32_t fringe_try_word(uintptr_t word, uintptr_t vm);

/* The thread pointer of the calling thread. */
uintptr_t fringe_thread_pointer(void);

/*
 * Start routine for pthread_create; its argument is a struct fringe_context whose `entry` and `vm`
 * are set and whose `ready` is 0. Fills in `tp` and `link`, attaches the thread to `vm` as a daemon,
 * calls `entry`, and detaches the thread when that returns. Its frame is where an unwinder crosses
 * from the generator's stack to the resumer's.
 *
 * An FFM upcall would attach the thread by itself, but it aborts the whole VM where that fails, and
 * it fails when the Java heap is full. Done here, it is an answer: `ready` becomes FRINGE_FAILED.
 */
void *fringe_entry(void *context);

/*
 * Ends the kernel thread that calls it, but not the thread: saves the context, so that fringe_resume
 * or fringe_materialise returns from this call, publishes `ready` and leaves by a raw exit.
 * To be called once, by `entry`.
 *
 * The exit word stays as it is, since the thread has not ended. With FRINGE_CLEAR_EXIT_WORD the kernel
 * clears it, as for any thread, a little after `ready` is published. That is how the word is found where
 * the kernel does not tell: it is the one that differs then. Before such a context is materialised, the
 * word must be given its value back.
 */
void fringe_dematerialise(uintptr_t context, uintptr_t unused1, uintptr_t unused2);

/* Blocks the calling thread until `ready` is not 0, and returns it. */
int32_t fringe_await(uintptr_t context);

/*
 * Runs a suspended context on the calling kernel thread until it calls fringe_suspend. `thread` may be changed
 * before, and not while the context runs. By words, the calling kernel thread must be known to the virtual
 * machine: glibc finds a value of a key only where the thread itself has set one.
 *
 * `frames` and `vm_thread` are hints: where the context's newest frames are, and the virtual machine's thread. With
 * thousands of contexts none of what a switch needs is in a cache, and the address of each part is found in another,
 * so the processor would wait for one after the other. With the hints it fetches all at once (x86_64; elsewhere they
 * are ignored). Nothing is read or written there, so an address may be out of date; where none is known it is that of
 * the context.
 */
void fringe_resume(uintptr_t context, uintptr_t frames, uintptr_t vm_thread);

/*
 * Returns from the fringe_resume that runs this context. To be called on the context's own stack. It has the
 * parameters of fringe_resume, as fringe_dematerialise has, because HotSpot makes one stub for all calls of the same
 * type: each returns into the stub that another one was called by, which a processor foresees if that is the same.
 */
void fringe_suspend(uintptr_t context, uintptr_t unused1, uintptr_t unused2);

/*
 * Runs a suspended context on a new kernel thread of its own, for its end: the thread returns from
 * `entry` and from the start routine, and pthread_join tells when it is gone. Returns 0, or the
 * negated error number of the clone system call, and then nothing has changed.
 */
int32_t fringe_materialise(uintptr_t context);

#ifdef __cplusplus
}
#endif

#endif
