/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * fringe for riscv64 (lp64d, the ABI of all Linux distributions; Linux for the hosted half).
 *
 * This page is what a reader needs; after it the code is short. fringe.h says what each function
 * promises. Every architecture's file has this shape: facts, frame, splice, rules of the hosted
 * switch, then the functions in the order of fringe.h.
 *
 * FACTS
 *
 * - sp is a multiple of 16 at every call. There is no red zone: what lies below sp may be overwritten by
 *   a signal handler at any time.
 * - Callee-saved are s0 to s11 (s0 is the frame pointer), fs0 to fs11 (all 64 bits of them) and, of fcsr,
 *   the rounding mode frm. The return address comes in ra. fflags, the half of fcsr with the sticky flags, is
 *   not kept: as in any call, what the callee raises stays raised. A switch is a function call, so
 *   nothing else is kept; of the vector extension nothing is callee-saved.
 * - gp is one value for the whole process, which is set before main. It is neither kept nor used here.
 * - HotSpot keeps the running JavaThread in s7 (x23) and the base of compressed references in s11 (x27). They
 *   belong to a thread, and come and go with its stack because they are callee-saved.
 * - The thread pointer is tp, a general register that the ABI sets aside: it is exchanged by a move.
 *   (FRINGE_FORCE_SYSCALL has no meaning here: there is no system call for it.) The C library's control
 *   block lies below it, so the offset of the tid slot is negative; to this file it is a number like
 *   any other.
 * - A system call takes its number in a7 and its arguments in a0 to a5; it destroys a0 only.
 * - Writing frm may stall the processor until all that is in flight is done: it is written only if
 *   the side that is left had another value. Reading it can't be avoided.
 * - The return predictor goes by registers: a jump through ra (x1) or t0 (x5) is a return, a jump that leaves
 *   its own address in one of them is a call. So the switch ends in `ret`, because what called it expects
 *   a return, and calls through a pointer do not use t0.
 * - Landing pads and shadow stacks (Zicfilp, Zicfiss) are not claimed: exchanging stacks under the second
 *   takes a shadow stack per context. Linux turns them on only for a program that claims them in all its
 *   parts.
 * - An immediate reaches 2,047 bytes far, and every offset here is less.
 *
 * FRAME
 *
 * Every function that leaves a stack stores the same frame, so every function that enters a stack
 * can load it, whichever was the one that left:
 *
 *        higher addresses
 *      |                    |
 *      +--------------------+  <- s0: frame pointers point above the two words of a frame record
 *      | ra                 |
 *      | s0                 |     together the frame record, what frame-pointer walkers follow
 *      | s11                |
 *      | ...                |
 *      | s1                 |
 *      | fs11               |
 *      | ...                |
 *      | fs0                |
 *      | frm                |  <- sp, the stack pointer that a context keeps
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
 *      | frame of the thread |  hosted only   ,--> +---------------------+
 *      | start, as in FRAME  |                |    | ra                  |
 *      +---------------------+  <- s0         |    | s0                  |
 *      | __morestack + 4     |                |    | s11 ... s1          |
 *      | link                | ---------------'    | fs11 ... fs0, frm   |
 *      +---------------------+                     +---------------------+
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
 * This processor may let others see its stores in another order than that of the program. The argument is
 * that of aarch64, whose memory model is about as weak: no switch needs a fence. In short:
 *
 * - A signal handler on the same kernel thread sees program order, also of the store to the slot and the
 *   move to tp.
 * - Another thread that signals this one learns that the handler has run through something that the
 *   handler releases and it acquires, and a release covers everything before it in program order.
 * - The next one to resume the generator, perhaps on another processor, gets it from its owner, and
 *   handing over is a release and an acquire: after fringe_resume has returned, and so after the last
 *   store of suspend.
 * - Birth is the one hand-over that is made here: `ready`. `fence rw, w` before its store is the release,
 *   `fence r, rw` after its load the acquire, so that whoever has seen it sees the frame, `sp`, `tp`, `link`
 *   and the bystander's id in the slot, and so that its own stores to them come after these.
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
#define FRAME_SIZE      208
#define F_FRM           0
#define F_FS0           8
#define F_S1            104
#define F_S0            192
#define F_RA            200

/* From the link of fringe_entry up to just above the frame of the thread start. */
#define LINK_TO_START   (16 + FRAME_SIZE)

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
#define RSEQ_SIGNATURE        0xf1401073
#define FRINGE_SHARED_EXIT_WORD 2
#define FRINGE_CLEAR_EXIT_WORD  4

/*
 * CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM | SETTLS | PARENT_SETTID | CHILD_CLEARTID:
 * what the C library asks for when it makes a thread.
 */
#define THREAD_CLONE_FLAGS    0x3d0f00

/* Where a frame of FRAME has the callee-saved registers, as CFI counts: from just above it. */
.macro CFI_REGISTERS
        .cfi_offset ra, -8
        .cfi_offset s0, -16
        .cfi_offset s11, -24
        .cfi_offset s10, -32
        .cfi_offset s9, -40
        .cfi_offset s8, -48
        .cfi_offset s7, -56
        .cfi_offset s6, -64
        .cfi_offset s5, -72
        .cfi_offset s4, -80
        .cfi_offset s3, -88
        .cfi_offset s2, -96
        .cfi_offset s1, -104
        .cfi_offset fs11, -112
        .cfi_offset fs10, -120
        .cfi_offset fs9, -128
        .cfi_offset fs8, -136
        .cfi_offset fs7, -144
        .cfi_offset fs6, -152
        .cfi_offset fs5, -160
        .cfi_offset fs4, -168
        .cfi_offset fs3, -176
        .cfi_offset fs2, -184
        .cfi_offset fs1, -192
        .cfi_offset fs0, -200
.endm

/* The registers are the caller's again, all but for s0 and ra. */
.macro CFI_SAME_REGISTERS
        .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
        .cfi_same_value s\n
        .endr
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
        .cfi_same_value fs\n
        .endr
.endm

/* Stores the frame. Afterwards t6 holds the frm of this side, for RESTORE to compare with. */
.macro SAVE
        addi    sp, sp, -FRAME_SIZE
        .cfi_def_cfa_offset FRAME_SIZE
        sd      ra, F_RA(sp)
        sd      s0, F_S0(sp)
        .cfi_offset ra, -8
        .cfi_offset s0, -16
        addi    s0, sp, FRAME_SIZE
        .cfi_def_cfa s0, 0
        frrm    t6
        sd      s1, F_S1(sp)
        .irp n, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
        sd      s\n, F_S1 + 8 * (\n - 1)(sp)
        .endr
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
        fsd     fs\n, F_FS0 + 8 * \n(sp)
        .endr
        sd      t6, F_FRM(sp)
        CFI_REGISTERS
.endm

/*
 * Loads the frame that sp points to and returns to where it was stored. Keeps a0.
 *
 * The stack it loads from is not the one that SAVE stored to, but the frame has the same shape, so
 * the CFI of SAVE is right on both sides of the exchange of stack pointers: the CFA is counted from s0, which
 * is loaded last. With s0 the caller is the other side's, and the CFA is counted from sp.
 */
.macro RESTORE
        ld      t5, F_FRM(sp)
        bne     t5, t6, 1f
2:
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
        fld     fs\n, F_FS0 + 8 * \n(sp)
        .endr
        .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
        ld      s\n, F_S1 + 8 * (\n - 1)(sp)
        .endr
        ld      ra, F_RA(sp)
        ld      s0, F_S0(sp)
        .cfi_remember_state
        .cfi_def_cfa sp, FRAME_SIZE
        CFI_SAME_REGISTERS
        .cfi_same_value s0
        .cfi_same_value ra
        addi    sp, sp, FRAME_SIZE
        .cfi_def_cfa_offset 0
        ret
        .cfi_restore_state
1:      fsrm    t5
        j       2b
.endm

.macro FUNCTION name
        .globl  \name
        .type   \name, %function
        .p2align 4
\name:
        .cfi_startproc
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

/* What is written is what runs: a linker that relaxes would change instructions, and use gp. */
        .option norelax

        .text

/* ---- bare ---- */

/*
 * a0: struct fringe_bare *, a1: base, a2: body. Lays out the record of SPLICE and below it a FRAME,
 * whose return address is fringe_bare_entry and whose registers carry what that needs.
 */
FUNCTION fringe_init
        lla     a3, __morestack + 4
        sd      a3, -8(a1)
        sd      zero, -16(a1)           /* link */
        addi    a4, a1, -16 - FRAME_SIZE
        lla     a3, fringe_bare_entry
        sd      a3, F_RA(a4)
        sd      a1, F_S0(a4)            /* s0: above the record */
        sd      a0, F_S1(a4)            /* s1: the context; s2: the body */
        sd      a2, F_S1 + 8(a4)
        .irp n, 3, 4, 5, 6, 7, 8, 9, 10, 11
        sd      zero, F_S1 + 8 * (\n - 1)(a4)
        .endr
        .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
        sd      zero, F_FS0 + 8 * \n(a4)
        .endr
        frrm    t6
        sd      t6, F_FRM(a4)
        addi    a1, a1, -16
        sd      a4, B_SP(a0)
        sd      a1, B_LINK(a0)
        sd      zero, B_ENDED(a0)
        ret
END fringe_init

/* a0: struct fringe_bare *, a1: value. Notes the frame of the side that resumes in the link. */
FUNCTION fringe_swap
        SAVE
        ld      a2, B_SP(a0)
        ld      a3, B_LINK(a0)
        sd      s0, 0(a3)
        sd      sp, B_SP(a0)
        mv      a0, a1
        mv      sp, a2
        RESTORE
END fringe_swap

/*
 * The same without the link, for the way out: the link would make the record point into its own stack,
 * and an unwinder that comes by before the stacks are exchanged would go in circles.
 */
FUNCTION fringe_yield
.Lyield:
        SAVE
        ld      a2, B_SP(a0)
        sd      sp, B_SP(a0)
        mv      a0, a1
        mv      sp, a2
        RESTORE
END fringe_yield

/*
 * Where the first swap "returns" to: s1 the context, s2 the body, a0 the first value, s0 above the
 * record. A body that returns has ended; each further swap into it swaps straight back.
 */
        .type   fringe_bare_entry, %function
        .p2align 4
fringe_bare_entry:
        .cfi_startproc
        .cfi_def_cfa s0, 0
        .cfi_offset ra, -8
        .cfi_offset s0, -16
        mv      a1, a0
        mv      a0, s1
        jalr    s2
        li      a1, 1
        sd      a1, B_ENDED(s1)
1:      mv      a0, s1
        li      a1, 0
        jal     .Lyield
        j       1b
END fringe_bare_entry

/* ---- hosted ---- */

/*
 * a0: tid_offset, a1: exit_word, a2: bystander, a3: rseq_offset, a4: rseq_size, a5: hwcap2, which does not
 * matter here, a6: flags.
 */
FUNCTION fringe_configure
        sd      a0, tid_offset, t1
        sd      a1, exit_word, t1
        sw      a2, bystander, t1
        sd      a3, rseq_offset, t1
        sw      a4, rseq_size, t1
        sw      a6, flags, t1
        li      a0, 1
        ret
END fringe_configure

FUNCTION fringe_thread_pointer
        mv      a0, tp
        ret
END fringe_thread_pointer

/* a0: struct fringe_context *. Called by the C library on the new thread. */
FUNCTION fringe_entry
        SAVE
        sd      tp, C_TP(a0)
        lla     a2, __morestack + 4
        addi    sp, sp, -16
        sd      a2, 8(sp)
        sd      s0, 0(sp)               /* link: until the first resume, the thread start */
        addi    s0, sp, 16
        .cfi_remember_state
        .cfi_def_cfa s0, 0
        .cfi_offset ra, -8
        .cfi_offset s0, -16
        CFI_SAME_REGISTERS
        sd      sp, C_LINK(a0)
        mv      s1, a0

        ld      a0, C_VM(s1)
        beqz    a0, 1f
        ld      a3, 0(a0)
        ld      a3, VM_ATTACH_AS_DAEMON(a3)
        addi    sp, sp, -16             /* room for the JNIEnv *, which nobody needs */
        mv      a1, sp
        li      a2, 0                   /* no arguments: default name and group */
        jalr    a3
        addi    sp, sp, 16
        sext.w  a0, a0
        bnez    a0, 2f

1:      mv      a0, s1
        ld      a3, C_ENTRY(s1)
        jalr    a3

        ld      a0, C_VM(s1)
        beqz    a0, 2f
        ld      a3, 0(a0)
        ld      a3, VM_DETACH(a3)
        jalr    a3

2:      lw      a3, C_READY(s1)         /* still 0: it never came to fringe_dematerialise */
        bnez    a3, 3f
        addi    a0, s1, C_READY
        li      a3, FRINGE_FAILED
        fence   rw, w
        sw      a3, 0(a0)
        li      a1, FUTEX_WAKE_PRIVATE
        li      a2, 0x7fffffff
        li      a7, SYS_futex
        ecall
3:
        addi    s0, s0, FRAME_SIZE
        .cfi_restore_state
        addi    sp, s0, -FRAME_SIZE
        frrm    t6
        li      a0, 0
        RESTORE
END fringe_entry

/*
 * What an unwinder takes for the caller of fringe_entry and fringe_bare_entry; see SPLICE. It is
 * never executed. The first nop keeps the return address inside of the function when an unwinder
 * subtracts something from it, the second makes the function longer than the instruction that some
 * expect. They have 4 bytes each.
 */
        .local  __morestack
        .type   __morestack, %function
        .p2align 4
__morestack:
        .cfi_startproc
        .cfi_def_cfa s0, 0
        CFI_REGISTERS
        .option push
        .option norvc
        nop
        nop
        nop
        .option pop
END __morestack

/*
 * a0: struct fringe_context *. Once `sp` is stored the stack below it is scratch, and once `ready`
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
        mv      s1, a0
        sd      sp, C_SP(s1)

        addi    sp, sp, -16
        li      a3, -1                  /* the set of all signals */
        sd      a3, 0(sp)
        li      a0, SIG_BLOCK
        mv      a1, sp
        li      a2, 0
        li      a3, 8
        li      a7, SYS_rt_sigprocmask
        ecall

        lw      a3, flags
        andi    a3, a3, FRINGE_CLEAR_EXIT_WORD
        bnez    a3, 2f
        li      a0, 0
        li      a7, SYS_set_tid_address
        ecall
2:
        li      a0, 0
        li      a1, 24                  /* sizeof(struct robust_list_head) */
        li      a7, SYS_set_robust_list
        ecall

        lw      a1, rseq_size
        beqz    a1, 1f
        ld      a0, rseq_offset
        add     a0, a0, tp
        li      a2, RSEQ_FLAG_UNREGISTER
        li      a3, RSEQ_SIGNATURE
        li      a7, SYS_rseq
        ecall
1:
        ld      a2, tid_offset
        lw      a3, bystander
        add     a2, a2, tp
        sw      a3, 0(a2)

        addi    a0, s1, C_READY
        li      a3, FRINGE_READY
        fence   rw, w
        sw      a3, 0(a0)               /* after all of the above, see ORDER */
        li      a1, FUTEX_WAKE_PRIVATE
        li      a2, 0x7fffffff          /* all that wait */
        li      a7, SYS_futex
        ecall

        li      a0, 0
        li      a7, SYS_exit
        ecall
        unimp
END fringe_dematerialise

/* a0: struct fringe_context * */
FUNCTION fringe_await
        addi    a5, a0, C_READY
1:      lw      a0, 0(a5)
        fence   r, rw                   /* before all that the caller does next, see ORDER */
        bnez    a0, 2f
        mv      a0, a5
        li      a1, FUTEX_WAIT_PRIVATE
        li      a2, 0                   /* sleep if the word still is 0 */
        li      a3, 0                   /* without limit */
        li      a7, SYS_futex
        ecall
        j       1b
2:      ret
END fringe_await

/*
 * a0: struct fringe_context *. a1: where the resumer's slot is; a5: the thread pointer of the generator; a2:
 * offset of the tid slot; a4: the id of this kernel thread.
 */
FUNCTION fringe_resume
        SAVE
        ld      a2, tid_offset
        ld      a3, C_LINK(a0)
        sd      sp, C_RESUMER_SP(a0)
        sd      tp, C_RESUMER_TP(a0)
        sd      s0, 0(a3)
        add     a1, tp, a2
        lw      a4, 0(a1)
        ld      a3, C_SP(a0)
        ld      a5, C_TP(a0)
        add     a2, a2, a5
        mv      sp, a3
        sw      a4, 0(a2)               /* the slot of the generator ... */
        mv      tp, a5                  /* ... then the thread pointer */
        RESTORE
END fringe_resume

/*
 * a0: struct fringe_context *. a2: where the generator's slot is, which is written once the thread pointer
 * no longer is the generator's.
 */
FUNCTION fringe_suspend
        SAVE
        ld      a2, tid_offset
        lw      a4, bystander
        ld      a3, C_TP(a0)
        ld      a1, C_RESUMER_TP(a0)
        ld      a5, C_RESUMER_SP(a0)
        add     a2, a2, a3
        sd      sp, C_SP(a0)
        mv      sp, a5
        mv      tp, a1                  /* the thread pointer ... */
        sw      a4, 0(a2)               /* ... then the slot of the generator */
        RESTORE
END fringe_suspend

/*
 * a0: struct fringe_context *. The kernel writes the new thread's id into the tid slot before the
 * thread runs, and clears the exit word when the thread has ended, which is what pthread_join waits for.
 * The child starts with the registers of its parent, but for sp, a0 and the thread pointer.
 */
FUNCTION fringe_materialise
        mv      a5, a0
        ld      a1, C_SP(a5)            /* stack */
        ld      a3, C_TP(a5)            /* thread pointer, the fourth argument here */
        ld      a2, tid_offset
        add     a2, a2, a3              /* the slot, to be set in the parent */
        ld      a4, exit_word           /* what is to be cleared at the end of the child */
        lw      a6, flags
        andi    a6, a6, FRINGE_SHARED_EXIT_WORD
        bnez    a6, 3f
        add     a4, a4, a3
3:
        li      a0, THREAD_CLONE_FLAGS
        li      a7, SYS_clone
        ecall
        beqz    a0, 1f
        bltz    a0, 2f
        li      a0, 0
2:      ret
1:                                      /* in the child, */
        .cfi_def_cfa sp, FRAME_SIZE     /* which has the frame of SAVE, but not of this function */
        CFI_REGISTERS
        ld      a2, C_LINK(a5)          /* splice to its own thread start */
        addi    a3, a2, LINK_TO_START
        sd      a3, 0(a2)
        frrm    t6
        RESTORE
END fringe_materialise

        .section .note.GNU-stack, "", %progbits
