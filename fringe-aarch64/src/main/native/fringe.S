/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * fringe for aarch64 (AAPCS64, Linux for the hosted half).
 *
 * This page is what a reader needs; after it the code is short. fringe.h says what each function
 * promises. Every architecture's file has this shape: facts, frame, splice, rules of the hosted
 * switch, then the functions in the order of fringe.h.
 *
 * FACTS
 *
 * - sp is a multiple of 16 whenever memory is accessed through it; the processor checks that. There is
 *   no red zone: what lies below sp may be overwritten by a signal handler at any time.
 * - Callee-saved are x19 to x28, x29 (the frame pointer), d8 to d15 (the low halves of v8 to v15 and no
 *   more) and FPCR. The return address comes in x30. FPSR, which has the sticky flags, is not kept.
 *   A switch is a function call, so nothing else is kept.
 * - x18 belongs to the platform. It is neither kept nor used here, so that it is whatever the kernel
 *   thread has in it. x16 and x17 may change in any call, because linkers use them.
 * - HotSpot keeps the running JavaThread in x28 and the base of compressed references in x27. They
 *   belong to a thread, and come and go with its stack because they are callee-saved.
 * - The thread pointer is tpidr_el0, which user code may always read and write. (FRINGE_FORCE_SYSCALL
 *   has no meaning here: there is no system call for it.) The C library's control block lies below
 *   it, so the offset of the tid slot is negative; to this file it is a number like any other.
 * - A system call takes its number in x8 and its arguments in x0 to x5; it destroys x0 only.
 * - Writing FPCR may stall the processor until all that is in flight is done: it is written only if
 *   the side that is left had another value. Reading it can't be avoided.
 * - `ret`, not `br`: a HotSpot downcall returns through further `ret`s, and a `br` here would leave one
 *   call too many in the processor's return predictor, so that all of those would be mispredicted
 *   instead of this one. Besides, where branch targets are checked (BTI), `ret` may go anywhere, while
 *   what is called through a pointer must begin with `bti c`.
 * - Return addresses are not signed (PAC) here. Functions that sign their own are not disturbed: they
 *   sign with their stack pointer, and a frame never moves.
 * - What SVE and SME add is caller-saved in a plain C call, or must not be in use (streaming mode, ZA).
 *
 * FRAME
 *
 * Every function that leaves a stack stores the same frame, so every function that enters a stack
 * can load it, whichever was the one that left:
 *
 *        higher addresses
 *      |                    |
 *      +--------------------+
 *      | x30                |
 *      | x29                |  <- x29: together a frame record, what frame-pointer walkers follow
 *      | x28                |
 *      | ...                |
 *      | x19                |
 *      | d15                |
 *      | ...                |
 *      | d8                 |
 *      | nothing            |
 *      | FPCR               |  <- sp, the stack pointer that a context keeps
 *      +--------------------+
 *        lower addresses
 *
 * SPLICE
 *
 * The oldest frame on a generator's stack is that of fringe_entry (or fringe_bare_entry). Below it
 * there would be nothing an unwinder could use, so that frame holds a record which says that it was
 * called from `__morestack`, with a frame pointer that every resume overwrites:
 *
 *         generator's stack                           resumer's stack
 *      |                     |                     |                     |
 *      +---------------------+                     | frames of resumer   |
 *      | frame of the thread |  hosted only        +---------------------+
 *      | start, as in FRAME  |                     | x30                 |
 *      +---------------------+              ,----> | x29                 |
 *      | __morestack + 4     |              |      | x28 ... x19         |
 *      | link                | -------------'      | d15 ... d8, FPCR    |
 *      +---------------------+  <- record          +---------------------+
 *      | frames of the body  |
 *
 * Frame-pointer walkers go from the record over the link into the resumer's frame record. Unwinders
 * that read CFI find a function "__morestack" that never runs: its CFI says that the registers are
 * where FRAME has them, relative to the frame pointer, which is the link; so its caller is whoever
 * called fringe_resume. It bears this name because gdb rejects a stack whose addresses do not grow
 * towards the caller as corrupt, unless the frame that breaks the order is called so. (The idea and
 * the name are libfringe's.)
 *
 * While no one resumes it (birth and death) the link of a hosted context leads to the frame of its
 * own thread start.
 *
 * RULES OF THE HOSTED SWITCH
 *
 * The C library's tid slot says which kernel thread a thread runs on, and signals are sent by it.
 * Whenever the thread pointer is a generator's, the generator's slot must name the kernel thread
 * that runs it; the slot of a suspended generator names the bystander. Hence:
 *
 *      resume:   write the slot of the generator, then the thread pointer
 *      suspend:  write the thread pointer, then the slot of the generator
 *
 * A signal may come between any two instructions. Its handler then finds the thread pointer of the
 * one side and the stack of the other, which is harmless: both are mapped, and neither is used by
 * anyone else.
 *
 * ORDER
 *
 * This processor may let others see its stores in another order than that of the program. Who may
 * look, and why no switch needs a barrier:
 *
 * - A signal handler on the same kernel thread sees program order: it runs after the instructions
 *   before the interrupted one and before the others. So if it finds the thread pointer of a
 *   generator, the store to the slot of that generator has been done. No barrier, and no isb: reading
 *   tpidr_el0 or FPCR after writing it on the same processor gives the new value.
 * - Another thread that stops this one by a signal and then sends it a second one (JFR does) reads
 *   the slot both times. What it may have read first is the old value or the new; that is so in any
 *   order of stores, since it may have read long before it sends. But from the moment that it knows
 *   that the handler has run, it must read what the handler's thread wrote before. It learns that
 *   through something that the handler releases and it acquires (a semaphore, a system call), and a
 *   release covers everything before it in program order, so also the plain store to the slot.
 * - The next one to resume the generator, perhaps on another processor, needs the frame, `sp` and the
 *   slot as suspend left them, or else an old bystander's id could land on top of its own. No two
 *   threads may use a context at once, so its owner hands it over, and handing over is a release and
 *   an acquire: after fringe_resume has returned, and so after the last store of suspend.
 * - Birth is the one hand-over that is made here: `ready`. It is stored with release and loaded with
 *   acquire, so that whoever has seen it sees the frame, `sp`, `tp`, `link` and the bystander's id in
 *   the slot, and so that its own stores to them come after these. (Kernel: FUTEX_WAKE has a barrier
 *   before it looks for sleepers, and FUTEX_WAIT reads the word under the lock that makes it one.)
 * - Death hands over to a kernel thread that does not exist yet; clone is the barrier.
 * - What fringe_configure stores is published by whoever called it.
 */

/* struct fringe_bare */
#define B_SP            0
#define B_LINK          8
#define B_ENDED         16

/* struct fringe_context */
#define C_SP            0
#define C_TP            8
#define C_RESUMER_SP    16
#define C_RESUMER_TP    24
#define C_LINK          32
#define C_ENTRY         40
#define C_VM            48
#define C_READY         64

#define FRINGE_READY    1
#define FRINGE_FAILED   2

/* struct JNIInvokeInterface, the table that a JavaVM * points to */
#define VM_DETACH            40         /* jint (*)(JavaVM *) */
#define VM_ATTACH_AS_DAEMON  56         /* jint (*)(JavaVM *, void **env, void *args) */

/* The size of FRAME, and its parts from sp up. */
#define FRAME_SIZE      176
#define F_FPCR          0
#define F_D8            16
#define F_X19           80
#define F_RECORD        160

/* From the record of fringe_entry up to the frame record of the thread start. */
#define RECORD_TO_START (16 + F_RECORD)

#define SYS_exit            93
#define SYS_set_tid_address 96
#define SYS_futex           98
#define SYS_set_robust_list 99
#define SYS_rt_sigprocmask  135
#define SYS_clone           220
#define SYS_rseq            293

#define SIG_BLOCK             0
#define FUTEX_WAIT_PRIVATE    128
#define FUTEX_WAKE_PRIVATE    129
#define RSEQ_FLAG_UNREGISTER  1
#define RSEQ_SIGNATURE        0xd428bc00
/* Numbers of bits. */
#define FRINGE_SHARED_EXIT_WORD_BIT  1
#define FRINGE_CLEAR_EXIT_WORD_BIT   2

/*
 * CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM | SETTLS | PARENT_SETTID | CHILD_CLEARTID:
 * what the C library asks for when it makes a thread.
 */
#define THREAD_CLONE_FLAGS    0x3d0f00

/* Where a frame of FRAME has the callee-saved registers, as CFI counts: from just above it. */
.macro CFI_REGISTERS
        .cfi_offset x29, -16
        .cfi_offset x30, -8
        .cfi_offset x19, -96
        .cfi_offset x20, -88
        .cfi_offset x21, -80
        .cfi_offset x22, -72
        .cfi_offset x23, -64
        .cfi_offset x24, -56
        .cfi_offset x25, -48
        .cfi_offset x26, -40
        .cfi_offset x27, -32
        .cfi_offset x28, -24
        .cfi_offset d8, -160
        .cfi_offset d9, -152
        .cfi_offset d10, -144
        .cfi_offset d11, -136
        .cfi_offset d12, -128
        .cfi_offset d13, -120
        .cfi_offset d14, -112
        .cfi_offset d15, -104
.endm

/* The registers are the caller's again, all but for x29 and x30. */
.macro CFI_SAME_REGISTERS
        .irp r, x19, x20, x21, x22, x23, x24, x25, x26, x27, x28, d8, d9, d10, d11, d12, d13, d14, d15
        .cfi_same_value \r
        .endr
.endm

/* Stores the frame. Afterwards x9 holds the FPCR of this side, for RESTORE to compare with. */
.macro SAVE
        sub     sp, sp, #FRAME_SIZE
        .cfi_def_cfa_offset FRAME_SIZE
        stp     x29, x30, [sp, #F_RECORD]
        .cfi_offset x29, -16
        .cfi_offset x30, -8
        add     x29, sp, #F_RECORD
        .cfi_def_cfa x29, 16
        mrs     x9, fpcr
        stp     x19, x20, [sp, #F_X19]
        stp     x21, x22, [sp, #F_X19 + 16]
        stp     x23, x24, [sp, #F_X19 + 32]
        stp     x25, x26, [sp, #F_X19 + 48]
        stp     x27, x28, [sp, #F_X19 + 64]
        stp     d8, d9, [sp, #F_D8]
        stp     d10, d11, [sp, #F_D8 + 16]
        stp     d12, d13, [sp, #F_D8 + 32]
        stp     d14, d15, [sp, #F_D8 + 48]
        str     x9, [sp, #F_FPCR]
        CFI_REGISTERS
.endm

/*
 * Loads the frame that sp points to and returns to where it was stored. Keeps x0.
 *
 * The stack it loads from is not the one that SAVE stored to, but the frame has the same shape, so
 * the CFI of SAVE is right on both sides of the exchange of stack pointers (once x29 is loaded the
 * CFA is counted from sp again).
 */
.macro RESTORE
        ldr     x10, [sp, #F_FPCR]
        cmp     x10, x9
        b.ne    1f
2:      ldp     d8, d9, [sp, #F_D8]
        ldp     d10, d11, [sp, #F_D8 + 16]
        ldp     d12, d13, [sp, #F_D8 + 32]
        ldp     d14, d15, [sp, #F_D8 + 48]
        ldp     x19, x20, [sp, #F_X19]
        ldp     x21, x22, [sp, #F_X19 + 16]
        ldp     x23, x24, [sp, #F_X19 + 32]
        ldp     x25, x26, [sp, #F_X19 + 48]
        ldp     x27, x28, [sp, #F_X19 + 64]
        ldp     x29, x30, [sp, #F_RECORD]
        .cfi_remember_state
        .cfi_def_cfa sp, FRAME_SIZE
        CFI_SAME_REGISTERS
        .cfi_same_value x29
        .cfi_same_value x30
        add     sp, sp, #FRAME_SIZE
        .cfi_def_cfa_offset 0
        ret
        .cfi_restore_state
1:      msr     fpcr, x10
        b       2b
.endm

/* Loads a variable of this file into a register, using x10. */
.macro LOAD register, variable
        adrp    x10, \variable
        ldr     \register, [x10, :lo12:\variable]
.endm

/* `bti c`, under the name that all assemblers know. */
.macro LANDING_PAD
        hint    #34
.endm

.macro FUNCTION name
        .globl  \name
        .type   \name, %function
        .p2align 4
\name:
        .cfi_startproc
        LANDING_PAD
.endm

.macro END name
        .cfi_endproc
        .size   \name, . - \name
.endm

        .local  tid_offset
        .comm   tid_offset, 8, 8
        .local  exit_word
        .comm   exit_word, 8, 8
        .local  rseq_offset
        .comm   rseq_offset, 8, 8
        .local  rseq_size
        .comm   rseq_size, 4, 4
        .local  bystander
        .comm   bystander, 4, 4
        .local  flags
        .comm   flags, 4, 4

/* Else the symbol table names a temporary file, and no two builds are the same. */
        .file   "fringe.S"

        .text

/* ---- bare ---- */

/*
 * x0: struct fringe_bare *, x1: base, x2: body. Lays out the record of SPLICE and below it a FRAME,
 * whose return address is fringe_bare_entry and whose registers carry what that needs.
 */
FUNCTION fringe_init
        adr     x3, __morestack + 4
        stp     xzr, x3, [x1, #-16]!    /* link; from here on x1 is the record */
        adr     x3, fringe_bare_entry
        stp     x1, x3, [x1, #-16]      /* x29: the record; x30: the return address */
        sub     x4, x1, #FRAME_SIZE
        mrs     x9, fpcr
        stp     x9, xzr, [x4, #F_FPCR]
        stp     xzr, xzr, [x4, #F_D8]
        stp     xzr, xzr, [x4, #F_D8 + 16]
        stp     xzr, xzr, [x4, #F_D8 + 32]
        stp     xzr, xzr, [x4, #F_D8 + 48]
        stp     x0, x2, [x4, #F_X19]    /* x19: the context; x20: the body */
        stp     xzr, xzr, [x4, #F_X19 + 16]
        stp     xzr, xzr, [x4, #F_X19 + 32]
        stp     xzr, xzr, [x4, #F_X19 + 48]
        stp     xzr, xzr, [x4, #F_X19 + 64]
        stp     x4, x1, [x0, #B_SP]     /* and B_LINK */
        str     xzr, [x0, #B_ENDED]
        ret
END fringe_init

/* x0: struct fringe_bare *, x1: value. Notes the frame of the side that resumes in the link. */
FUNCTION fringe_swap
        SAVE
        ldp     x2, x3, [x0, #B_SP]     /* and B_LINK */
        mov     x4, sp
        str     x29, [x3]
        str     x4, [x0, #B_SP]
        mov     x0, x1
        mov     sp, x2
        RESTORE
END fringe_swap

/*
 * The same without the link, for the way out: the link would make the record point into its own stack,
 * and an unwinder that comes by before the stacks are exchanged would go in circles.
 */
FUNCTION fringe_yield
.Lyield:
        SAVE
        ldr     x2, [x0, #B_SP]
        mov     x4, sp
        str     x4, [x0, #B_SP]
        mov     x0, x1
        mov     sp, x2
        RESTORE
END fringe_yield

/*
 * Where the first swap "returns" to: x19 the context, x20 the body, x0 the first value, x29 the
 * record. A body that returns has ended; each further swap into it swaps straight back.
 */
        .type   fringe_bare_entry, %function
        .p2align 4
fringe_bare_entry:
        .cfi_startproc
        .cfi_def_cfa x29, 16
        .cfi_offset x29, -16
        .cfi_offset x30, -8
        LANDING_PAD
        mov     x1, x0
        mov     x0, x19
        blr     x20
        mov     x1, #1
        str     x1, [x19, #B_ENDED]
1:      mov     x0, x19
        mov     x1, #0
        bl      .Lyield
        b       1b
END fringe_bare_entry

/* ---- hosted ---- */

/*
 * x0: tid_offset, x1: exit_word, w2: bystander, x3: rseq_offset, w4: rseq_size, x5: hwcap2, which does not
 * matter here, w6: flags.
 */
FUNCTION fringe_configure
        adrp    x9, tid_offset
        str     x0, [x9, :lo12:tid_offset]
        adrp    x9, exit_word
        str     x1, [x9, :lo12:exit_word]
        adrp    x9, bystander
        str     w2, [x9, :lo12:bystander]
        adrp    x9, rseq_offset
        str     x3, [x9, :lo12:rseq_offset]
        adrp    x9, rseq_size
        str     w4, [x9, :lo12:rseq_size]
        adrp    x9, flags
        str     w6, [x9, :lo12:flags]
        mov     w0, #1
        ret
END fringe_configure

FUNCTION fringe_thread_pointer
        mrs     x0, tpidr_el0
        ret
END fringe_thread_pointer

/* x0: struct fringe_context *. Called by the C library on the new thread. */
FUNCTION fringe_entry
        SAVE
        mrs     x1, tpidr_el0
        str     x1, [x0, #C_TP]
        adr     x2, __morestack + 4
        stp     x29, x2, [sp, #-16]!    /* link: until the first resume, the thread start */
        mov     x29, sp
        .cfi_remember_state
        .cfi_def_cfa x29, 16
        .cfi_offset x29, -16
        .cfi_offset x30, -8
        CFI_SAME_REGISTERS
        str     x29, [x0, #C_LINK]
        mov     x19, x0

        ldr     x0, [x19, #C_VM]
        cbz     x0, 1f
        ldr     x9, [x0]
        ldr     x9, [x9, #VM_ATTACH_AS_DAEMON]
        sub     sp, sp, #16             /* room for the JNIEnv *, which nobody needs */
        mov     x1, sp
        mov     x2, #0                  /* no arguments: default name and group */
        blr     x9
        add     sp, sp, #16
        cbnz    w0, 2f

1:      mov     x0, x19
        ldr     x9, [x19, #C_ENTRY]
        blr     x9

        ldr     x0, [x19, #C_VM]
        cbz     x0, 2f
        ldr     x9, [x0]
        ldr     x9, [x9, #VM_DETACH]
        blr     x9

2:      ldr     w9, [x19, #C_READY]     /* still 0: it never came to fringe_dematerialise */
        cbnz    w9, 3f
        add     x0, x19, #C_READY
        mov     w9, #FRINGE_FAILED
        stlr    w9, [x0]
        mov     x1, #FUTEX_WAKE_PRIVATE
        mov     x2, #0x7fffffff
        mov     x8, #SYS_futex
        svc     #0
3:
        add     x29, x29, #RECORD_TO_START
        .cfi_restore_state
        sub     sp, x29, #F_RECORD
        mrs     x9, fpcr
        mov     x0, #0
        RESTORE
END fringe_entry

/*
 * What an unwinder takes for the caller of fringe_entry and fringe_bare_entry; see SPLICE. It is
 * never executed. The first nop keeps the return address inside of the function when an unwinder
 * subtracts something from it, the second makes the function longer than the instruction that some
 * expect.
 */
        .local  __morestack
        .type   __morestack, %function
        .p2align 4
__morestack:
        .cfi_startproc
        .cfi_def_cfa x29, 16
        CFI_REGISTERS
        nop
        nop
        nop
END __morestack

/*
 * x0: struct fringe_context *. Once `sp` is stored the stack below it is scratch, and once `ready`
 * is published even that, and the context, may belong to somebody else: from there on only registers
 * are used. (The wake-up names the address of `ready` to the kernel, which looks for sleepers there
 * and does not mind if the memory is gone.)
 *
 * The kernel must not touch the memory of the thread when the kernel thread ends: it would clear the
 * exit word (set_tid_address) and walk the list of robust mutexes (set_robust_list). Unregistering
 * rseq makes the C library ask the kernel which processor it is on, instead of reading a number that
 * nobody updates any more. Signals are blocked because the thread pointer still is the generator's
 * while its slot already names the bystander.
 */
FUNCTION fringe_dematerialise
        SAVE
        mov     x19, x0
        mrs     x20, tpidr_el0
        mov     x9, sp
        str     x9, [x19, #C_SP]

        mov     x9, #-1                 /* the set of all signals */
        str     x9, [sp, #-16]!
        mov     x0, #SIG_BLOCK
        mov     x1, sp
        mov     x2, #0
        mov     x3, #8
        mov     x8, #SYS_rt_sigprocmask
        svc     #0

        LOAD    w9, flags
        tbnz    w9, #FRINGE_CLEAR_EXIT_WORD_BIT, 2f
        mov     x0, #0
        mov     x8, #SYS_set_tid_address
        svc     #0
2:
        mov     x0, #0
        mov     x1, #24                 /* sizeof(struct robust_list_head) */
        mov     x8, #SYS_set_robust_list
        svc     #0

        LOAD    w1, rseq_size
        cbz     w1, 1f
        LOAD    x0, rseq_offset
        add     x0, x0, x20
        mov     x2, #RSEQ_FLAG_UNREGISTER
        movz    w3, #RSEQ_SIGNATURE >> 16, lsl #16
        movk    w3, #RSEQ_SIGNATURE & 0xffff
        mov     x8, #SYS_rseq
        svc     #0
1:
        LOAD    x2, tid_offset
        LOAD    w3, bystander
        str     w3, [x20, x2]

        add     x0, x19, #C_READY
        mov     w9, #FRINGE_READY
        stlr    w9, [x0]                /* after all of the above, see ORDER */
        mov     x1, #FUTEX_WAKE_PRIVATE
        mov     x2, #0x7fffffff         /* all that wait */
        mov     x8, #SYS_futex
        svc     #0

        mov     x0, #0
        mov     x8, #SYS_exit
        svc     #0
        udf     #0
END fringe_dematerialise

/* x0: struct fringe_context * */
FUNCTION fringe_await
        add     x9, x0, #C_READY
1:      ldar    w0, [x9]                /* before all that the caller does next, see ORDER */
        cbnz    w0, 2f
        mov     x0, x9
        mov     x1, #FUTEX_WAIT_PRIVATE
        mov     x2, #0                  /* sleep if the word still is 0 */
        mov     x3, #0                  /* without limit */
        mov     x8, #SYS_futex
        svc     #0
        b       1b
2:      ret
END fringe_await

/*
 * x0: struct fringe_context *. x1 and x7: the thread pointers of the resumer and the generator; x2:
 * offset of the tid slot; w5: the id of this kernel thread.
 */
FUNCTION fringe_resume
        SAVE
        mrs     x1, tpidr_el0
        LOAD    x2, tid_offset
        ldr     x4, [x0, #C_LINK]
        mov     x3, sp
        stp     x3, x1, [x0, #C_RESUMER_SP]     /* and C_RESUMER_TP */
        str     x29, [x4]
        ldr     w5, [x1, x2]
        ldp     x6, x7, [x0, #C_SP]             /* and C_TP */
        mov     sp, x6
        str     w5, [x7, x2]            /* the slot of the generator ... */
        msr     tpidr_el0, x7           /* ... then the thread pointer */
        RESTORE
END fringe_resume

/*
 * x0: struct fringe_context *. x7: the generator's thread pointer, for its slot once the thread
 * pointer no longer is its; x2: offset of the tid slot.
 */
FUNCTION fringe_suspend
        SAVE
        ldr     x7, [x0, #C_TP]
        LOAD    x2, tid_offset
        LOAD    w5, bystander
        ldp     x6, x1, [x0, #C_RESUMER_SP]     /* and C_RESUMER_TP */
        mov     x3, sp
        str     x3, [x0, #C_SP]
        mov     sp, x6
        msr     tpidr_el0, x1           /* the thread pointer ... */
        str     w5, [x7, x2]            /* ... then the slot of the generator */
        RESTORE
END fringe_suspend

/*
 * x0: struct fringe_context *. The kernel writes the new thread's id into the tid slot before the
 * thread runs, and clears the exit word when the thread has ended, which is what pthread_join waits for.
 * The child starts with the registers of its parent, but for sp, x0 and the thread pointer.
 */
FUNCTION fringe_materialise
        mov     x9, x0
        ldp     x1, x3, [x9, #C_SP]     /* stack; C_TP: thread pointer, the fourth argument here */
        LOAD    x2, tid_offset
        add     x2, x2, x3              /* the slot, to be set in the parent */
        LOAD    x4, exit_word           /* what is to be cleared at the end of the child */
        LOAD    w5, flags
        tbnz    w5, #FRINGE_SHARED_EXIT_WORD_BIT, 3f
        add     x4, x4, x3
3:
        movz    w0, #THREAD_CLONE_FLAGS >> 16, lsl #16
        movk    w0, #THREAD_CLONE_FLAGS & 0xffff
        mov     x8, #SYS_clone
        svc     #0
        cbz     x0, 1f
        tbz     w0, #31, 2f
        ret
2:      mov     w0, #0
        ret
1:                                      /* in the child, */
        .cfi_def_cfa sp, FRAME_SIZE     /* which has the frame of SAVE, but not of this function */
        CFI_REGISTERS
        ldr     x2, [x9, #C_LINK]       /* splice to its own thread start */
        add     x3, x2, #RECORD_TO_START
        str     x3, [x2]
        mrs     x9, fpcr
        RESTORE
END fringe_materialise

        .section .note.GNU-stack, "", %progbits

/*
 * Branch targets are checked (`bti c` at all of them). Pointer authentication and guarded control
 * stacks are not claimed: the one is not used, and exchanging stacks under the other takes a control
 * stack per context, which the JVM does not ask the kernel for either.
 */
        .section .note.gnu.property, "a"
        .p2align 3
        .long   4                       /* size of the name */
        .long   16                      /* size of the description */
        .long   5                       /* NT_GNU_PROPERTY_TYPE_0 */
        .string "GNU"
        .long   0xc0000000              /* GNU_PROPERTY_AARCH64_FEATURE_1_AND */
        .long   4
        .long   1                       /* BTI */
        .long   0
