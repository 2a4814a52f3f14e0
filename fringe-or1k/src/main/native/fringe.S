/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * fringe for or1k (OpenRISC 1000, 32 bits, Linux for the hosted half).
 *
 * This page is what a reader needs; after it the code is short. fringe.h says what each function
 * promises. Every architecture's file has this shape: facts, frame, splice, rules of the hosted
 * switch, then the functions in the order of fringe.h.
 *
 * FACTS
 *
 * - r0 is zero, r1 the stack pointer, r2 the frame pointer, r9 the return address, r10 the thread
 *   pointer. Arguments are in r3 to r8, the result in r11. A stack is aligned to 4 bytes. The 128
 *   bytes below r1 (the red zone) belong to the running function; signal handlers stay clear of them.
 * - Callee-saved are r1, r2, r9 (as the return address) and the even registers from r14 to r30. A
 *   switch is a function call, so nothing else is kept.
 * - Floating-point values are in the general registers. Their control state is in FPCSR, a special
 *   purpose register that the calling convention does not mention, and that user code may not touch
 *   before revision 1.4 of the architecture, nor where there is no such unit: an access traps. So it is
 *   not kept: who changes the rounding mode in a body changes it for all that run on the same kernel
 *   thread.
 * - The instruction after a jump or branch, in its delay slot, is executed before the jump takes
 *   effect; here it is indented by one more space. `l.jal` puts the address after the slot into r9.
 * - The thread pointer is a general register that no compiler uses for anything else. Reading and
 *   writing it are moves, in user code and without an operating system.
 * - A system call (l.sys 1) takes its number in r11 and its arguments in r3 to r8; of the general
 *   registers only r1, r2, r9, r10 and the callee-saved ones are relied upon afterwards.
 * - Data has no fixed distance from the code that an instruction could hold, so a word in the code
 *   tells how far away it is. Nothing in the text is relocated.
 * - Processors may reorder memory accesses; `l.msync` waits for those before it.
 *
 * FRAME
 *
 * Every function that leaves a stack pushes the same frame, so every function that enters a stack
 * can pop it, whichever was the one that left:
 *
 *        higher addresses
 *      |                    |  <- r2, which is where r1 was at the entry of the function
 *      +--------------------+
 *      | r9, return address |
 *      | r2                 |  together a frame record: what frame-pointer walkers follow, from 8 bytes
 *      | r14                |  below where r2 points to
 *      | r16                |
 *      | ...                |
 *      | r30                |  <- r1, the stack pointer that a context keeps
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
 *      | frame of the thread |  hosted only  ,---> +---------------------+
 *      | start, as in FRAME  |               |     | r9, return address  |
 *      +---------------------+  <- r2        |     | r2                  |
 *      | __morestack + 8     |               |     | r14 ... r30         |
 *      | link                | --------------'     +---------------------+
 *      +---------------------+
 *      | frames of the body  |
 *
 * Frame-pointer walkers go from the record over the link to the resumer's frame. Unwinders that read
 * CFI find a function "__morestack" that never runs: its CFI says that the registers are where FRAME
 * has them, relative to the frame pointer, which is the link; so its caller is whoever called
 * fringe_resume. It bears this name because gdb rejects a stack whose addresses do not grow towards
 * the caller as corrupt, unless the frame that breaks the order is called so. (The idea and the name
 * are libfringe's.)
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
 * anyone else. A handler runs on the same processor and sees all stores in program order; others that
 * look at the slot see one id or the other, so no `l.msync` is needed for it.
 */

/* struct fringe_bare */
#define B_SP            0
#define B_LINK          4
#define B_ENDED         8

/* struct fringe_context */
#define C_SP            0
#define C_TP            4
#define C_RESUMER_SP    8
#define C_RESUMER_TP    12
#define C_LINK          16
#define C_ENTRY         20
#define C_VM            24
#define C_READY         32

#define FRINGE_READY    1
#define FRINGE_FAILED   2

/* struct JNIInvokeInterface, the table that a JavaVM * points to */
#define VM_DETACH            20         /* jint (*)(JavaVM *) */
#define VM_ATTACH_AS_DAEMON  28         /* jint (*)(JavaVM *, void **env, void *args) */

/* What FRAME takes, and from the link of fringe_entry up to the frame pointer of the thread start. */
#define FRAME_SIZE      44
#define LINK_TO_START   52

/* What fringe_configure is told, in `settings`. */
#define S_TID_OFFSET    0
#define S_BYSTANDER     4
#define S_RSEQ_OFFSET   8
#define S_RSEQ_SIZE     12
#define S_EXIT_WORD     16
#define S_FLAGS         20
#define S_SIZE          24

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
#define RSEQ_SIGNATURE        0x53053053
#define FRINGE_SHARED_EXIT_WORD  2
#define FRINGE_CLEAR_EXIT_WORD   4

/*
 * CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM | SETTLS | PARENT_SETTID | CHILD_CLEARTID:
 * what the C library asks for when it makes a thread.
 */
#define THREAD_CLONE_FLAGS    0x3d0f00

/* Where FRAME has the registers, below the CFA. */
.macro FRAME_CFI
        .cfi_offset 9, -4
        .cfi_offset 2, -8
        .cfi_offset 14, -12
        .cfi_offset 16, -16
        .cfi_offset 18, -20
        .cfi_offset 20, -24
        .cfi_offset 22, -28
        .cfi_offset 24, -32
        .cfi_offset 26, -36
        .cfi_offset 28, -40
        .cfi_offset 30, -44
.endm

/* Pushes the frame. */
.macro SAVE
        l.addi  r1, r1, -FRAME_SIZE
        .cfi_def_cfa_offset FRAME_SIZE
        l.sw    40(r1), r9
        l.sw    36(r1), r2
        l.sw    32(r1), r14
        l.sw    28(r1), r16
        l.sw    24(r1), r18
        l.sw    20(r1), r20
        l.sw    16(r1), r22
        l.sw    12(r1), r24
        l.sw    8(r1), r26
        l.sw    4(r1), r28
        l.sw    0(r1), r30
        FRAME_CFI
        l.addi  r2, r1, FRAME_SIZE
.endm

/*
 * Pops the frame that r1 points to and returns to where it was pushed. Keeps r11.
 *
 * The stack it pops from is not the one that SAVE pushed to, but the frame has the same shape, so
 * the CFI of SAVE is right on both sides of the exchange of stack pointers.
 */
.macro RESTORE
        l.lwz   r9, 40(r1)
        l.lwz   r2, 36(r1)
        l.lwz   r14, 32(r1)
        l.lwz   r16, 28(r1)
        l.lwz   r18, 24(r1)
        l.lwz   r20, 20(r1)
        l.lwz   r22, 16(r1)
        l.lwz   r24, 12(r1)
        l.lwz   r26, 8(r1)
        l.lwz   r28, 4(r1)
        l.lwz   r30, 0(r1)
        l.jr    r9
         l.addi r1, r1, FRAME_SIZE
.endm

/* Sets r9 to the address of the instruction after it, which gets the label 7. */
.macro HERE
        l.jal   7f
         l.nop
7:
.endm

/* Sets r13 to the address of `settings`. Changes r9 and r15. */
.macro SETTINGS
        l.jal   find_settings
         l.nop
.endm

.macro SYSTEM_CALL number
        l.ori   r11, r0, \number
        l.sys   1
.endm

.macro FUNCTION name
        .globl  \name
        .type   \name, @function
        .p2align 2
\name:
        .cfi_startproc
.endm

.macro END name
        .cfi_endproc
        .size   \name, . - \name
.endm

        .local  settings
        .comm   settings, S_SIZE, 4

/* Else the symbol table names a temporary file, and no two builds are the same. */
        .file   "fringe.S"

        .text

        .type   find_settings, @function
        .p2align 2
find_settings:
        .cfi_startproc
        l.ori   r15, r9, 0
        .cfi_register 9, 15
        HERE
        l.lwz   r13, distance-7b(r9)
        l.add   r13, r13, r9
        l.jr    r15
         l.nop
distance:
        .long   settings-7b
END find_settings

/* ---- bare ---- */

/*
 * r3: struct fringe_bare *, r4: base, r5: body. Lays out the record of SPLICE and below it a FRAME,
 * whose return address is fringe_bare_entry and whose registers carry what that needs.
 */
FUNCTION fringe_init
        l.ori   r15, r9, 0
        .cfi_register 9, 15
        HERE
        l.addi  r6, r9, __morestack+8-7b
        l.sw    -4(r4), r6
        l.sw    -8(r4), r0              /* link */
        l.addi  r6, r9, fringe_bare_entry-7b
        l.sw    -12(r4), r6             /* return address */
        l.sw    -16(r4), r4             /* r2 */
        l.sw    -20(r4), r3             /* r14: the context */
        l.sw    -24(r4), r5             /* r16: the body */
        l.sw    -28(r4), r0
        l.sw    -32(r4), r0
        l.sw    -36(r4), r0
        l.sw    -40(r4), r0
        l.sw    -44(r4), r0
        l.sw    -48(r4), r0
        l.sw    -52(r4), r0
        l.addi  r6, r4, -8
        l.sw    B_LINK(r3), r6
        l.addi  r6, r4, -8-FRAME_SIZE
        l.sw    B_SP(r3), r6
        l.jr    r15
         l.sw   B_ENDED(r3), r0
END fringe_init

/* r3: struct fringe_bare *, r4: value. Notes the frame of the side that resumes in the link. */
FUNCTION fringe_swap
        SAVE
        l.lwz   r5, B_LINK(r3)
        l.lwz   r6, B_SP(r3)
        l.sw    0(r5), r2
        l.sw    B_SP(r3), r1
        l.ori   r11, r4, 0
        l.ori   r1, r6, 0
        RESTORE
END fringe_swap

/*
 * The same without the link, for the way out: the link would make the record point into its own stack,
 * and an unwinder that comes by before the stacks are exchanged would go in circles.
 */
FUNCTION fringe_yield
.Lyield:
        SAVE
        l.lwz   r6, B_SP(r3)
        l.sw    B_SP(r3), r1
        l.ori   r11, r4, 0
        l.ori   r1, r6, 0
        RESTORE
END fringe_yield

/*
 * Where the first swap "returns" to: r14 the context, r16 the body, r11 the first value, r2 just above
 * the record. A body that returns has ended; each further swap into it swaps straight back.
 */
        .type   fringe_bare_entry, @function
        .p2align 2
fringe_bare_entry:
        .cfi_startproc
        .cfi_def_cfa 2, 0
        .cfi_offset 9, -4
        .cfi_offset 2, -8
        l.ori   r3, r14, 0
        l.jalr  r16
         l.ori  r4, r11, 0
        l.addi  r5, r0, 1
        l.sw    B_ENDED(r14), r5
1:      l.ori   r3, r14, 0
        l.jal   .Lyield
         l.ori  r4, r0, 0
        l.j     1b
         l.nop
END fringe_bare_entry

/* ---- hosted ---- */

/*
 * r3: tid_offset, r4: exit_word, r5: bystander, r6: rseq_offset, r7: rseq_size, r8: hwcap2, which does not
 * matter where there is only one way to set the thread pointer, 0(r1): flags.
 */
FUNCTION fringe_configure
        l.ori   r17, r9, 0
        .cfi_register 9, 17
        SETTINGS
        l.sw    S_TID_OFFSET(r13), r3
        l.sw    S_EXIT_WORD(r13), r4
        l.sw    S_BYSTANDER(r13), r5
        l.sw    S_RSEQ_OFFSET(r13), r6
        l.sw    S_RSEQ_SIZE(r13), r7
        l.lwz   r3, 0(r1)
        l.sw    S_FLAGS(r13), r3
        l.jr    r17
         l.addi r11, r0, 1
END fringe_configure

FUNCTION fringe_thread_pointer
        l.jr    r9
         l.ori  r11, r10, 0
END fringe_thread_pointer

/* r3: struct fringe_context *. Called by the C library on the new thread. */
FUNCTION fringe_entry
        SAVE
        l.sw    C_TP(r3), r10
        l.ori   r14, r3, 0
        HERE
        l.addi  r5, r9, __morestack+8-7b
        l.addi  r1, r1, -8
        .cfi_def_cfa_offset FRAME_SIZE + 8
        l.sw    4(r1), r5
        l.sw    0(r1), r2               /* link: until the first resume, the thread start */
        l.sw    C_LINK(r14), r1
        l.addi  r2, r1, 8
        .cfi_remember_state
        .cfi_def_cfa 2, 0
        .cfi_offset 9, -4
        .cfi_offset 2, -8
        .cfi_same_value 14
        .cfi_same_value 16
        .cfi_same_value 18
        .cfi_same_value 20
        .cfi_same_value 22
        .cfi_same_value 24
        .cfi_same_value 26
        .cfi_same_value 28
        .cfi_same_value 30

        l.lwz   r3, C_VM(r14)
        l.sfeq  r3, r0
        l.bf    1f
         l.nop
        l.lwz   r13, 0(r3)
        l.lwz   r13, VM_ATTACH_AS_DAEMON(r13)
        l.addi  r1, r1, -4              /* room for the JNIEnv *, which nobody needs */
        l.ori   r4, r1, 0
        l.jalr  r13
         l.ori  r5, r0, 0               /* no arguments: default name and group */
        l.addi  r1, r1, 4
        l.sfne  r11, r0
        l.bf    2f
         l.nop

1:      l.lwz   r13, C_ENTRY(r14)
        l.jalr  r13
         l.ori  r3, r14, 0

        l.lwz   r3, C_VM(r14)
        l.sfeq  r3, r0
        l.bf    2f
         l.nop
        l.lwz   r13, 0(r3)
        l.lwz   r13, VM_DETACH(r13)
        l.jalr  r13
         l.nop

2:      l.lwz   r4, C_READY(r14)        /* still 0: it never came to fringe_dematerialise */
        l.sfne  r4, r0
        l.bf    3f
         l.nop
        l.msync
        l.addi  r3, r14, C_READY
        l.addi  r4, r0, FRINGE_FAILED
        l.sw    0(r3), r4
        l.addi  r4, r0, FUTEX_WAKE_PRIVATE
        l.movhi r5, 0x7fff
        SYSTEM_CALL SYS_futex
3:
        l.ori   r1, r2, 0
        .cfi_restore_state
        .cfi_def_cfa_offset FRAME_SIZE
        l.ori   r11, r0, 0
        RESTORE
END fringe_entry

/*
 * What an unwinder takes for the caller of fringe_entry and fringe_bare_entry; see SPLICE. It is
 * never executed. The first two nops are the call and its delay slot, so that the return address
 * stays inside of the function when an unwinder subtracts from it.
 */
        .local  __morestack
        .type   __morestack, @function
        .p2align 2
__morestack:
        .cfi_startproc
        .cfi_def_cfa 2, 0
        FRAME_CFI
        l.nop
        l.nop
        l.nop
END __morestack

/*
 * r3: struct fringe_context *, in r14 once it is saved. Once `sp` is stored the stack below it is
 * scratch, and once `ready` is published even that, and the context, may belong to somebody else: from
 * there on only registers are used. (The wake-up names the address of `ready` to the kernel, which
 * looks for sleepers there and does not mind if the memory is gone.)
 *
 * The kernel must not touch the memory of the thread when the kernel thread ends: it would clear the
 * exit word (set_tid_address) and walk the list of robust mutexes (set_robust_list). Unregistering
 * rseq makes the C library ask the kernel which processor it is on, instead of reading a number that
 * nobody updates any more. Signals are blocked because the thread pointer still is the generator's
 * while its slot already names the bystander.
 */
FUNCTION fringe_dematerialise
        SAVE
        l.ori   r14, r3, 0
        l.sw    C_SP(r14), r1
        SETTINGS
        l.ori   r16, r13, 0

        l.addi  r1, r1, -8              /* the set of all signals, 64 bits */
        .cfi_adjust_cfa_offset 8
        l.addi  r3, r0, -1
        l.sw    0(r1), r3
        l.sw    4(r1), r3
        l.addi  r3, r0, SIG_BLOCK
        l.ori   r4, r1, 0
        l.ori   r5, r0, 0
        l.addi  r6, r0, 8
        SYSTEM_CALL SYS_rt_sigprocmask

        l.lwz   r3, S_FLAGS(r16)
        l.andi  r3, r3, FRINGE_CLEAR_EXIT_WORD
        l.sfne  r3, r0
        l.bf    2f
         l.nop
        l.ori   r3, r0, 0
        SYSTEM_CALL SYS_set_tid_address
2:
        l.ori   r3, r0, 0
        l.addi  r4, r0, 12              /* sizeof(struct robust_list_head) */
        SYSTEM_CALL SYS_set_robust_list

        l.lwz   r4, S_RSEQ_SIZE(r16)
        l.sfeq  r4, r0
        l.bf    1f
         l.nop
        l.lwz   r3, S_RSEQ_OFFSET(r16)
        l.add   r3, r3, r10
        l.addi  r5, r0, RSEQ_FLAG_UNREGISTER
        l.movhi r6, hi(RSEQ_SIGNATURE)
        l.ori   r6, r6, lo(RSEQ_SIGNATURE)
        SYSTEM_CALL SYS_rseq
1:
        l.lwz   r3, S_TID_OFFSET(r16)
        l.lwz   r4, S_BYSTANDER(r16)
        l.add   r3, r3, r10
        l.sw    0(r3), r4

        l.msync                         /* all that was written comes before `ready` */
        l.addi  r3, r14, C_READY
        l.addi  r4, r0, FRINGE_READY
        l.sw    0(r3), r4
        l.addi  r4, r0, FUTEX_WAKE_PRIVATE
        l.movhi r5, 0x7fff              /* all that wait */
        SYSTEM_CALL SYS_futex

        l.ori   r3, r0, 0
        SYSTEM_CALL SYS_exit
        l.trap  0
END fringe_dematerialise

/* r3: struct fringe_context * */
FUNCTION fringe_await
        l.addi  r1, r1, -4
        .cfi_def_cfa_offset 4
        l.sw    0(r1), r14
        .cfi_offset 14, -4
        l.addi  r14, r3, C_READY
1:      l.lwz   r11, 0(r14)
        l.sfne  r11, r0
        l.bf    2f
         l.nop
        l.ori   r3, r14, 0
        l.addi  r4, r0, FUTEX_WAIT_PRIVATE
        l.ori   r5, r0, 0               /* sleep if the word still is 0 */
        l.ori   r6, r0, 0               /* without limit */
        SYSTEM_CALL SYS_futex
        l.j     1b
         l.nop
2:      l.msync                         /* nothing is read before `ready` */
        l.lwz   r14, 0(r1)
        l.jr    r9
         l.addi r1, r1, 4
END fringe_await

/*
 * r3: struct fringe_context *. r5: offset of the tid slot, then the slot of the generator; r7: the id
 * of this kernel thread; r8: the thread pointer of the generator.
 */
FUNCTION fringe_resume
        SAVE
        SETTINGS
        l.lwz   r5, S_TID_OFFSET(r13)
        l.lwz   r6, C_LINK(r3)
        l.sw    C_RESUMER_SP(r3), r1
        l.sw    C_RESUMER_TP(r3), r10
        l.sw    0(r6), r2
        l.add   r6, r10, r5
        l.lwz   r7, 0(r6)
        l.lwz   r8, C_TP(r3)
        l.lwz   r1, C_SP(r3)
        l.add   r5, r8, r5
        l.sw    0(r5), r7               /* the slot of the generator ... */
        l.ori   r10, r8, 0              /* ... then the thread pointer */
        RESTORE
END fringe_resume

/* r3: struct fringe_context *. r5: the slot of the generator; r7: the bystander. */
FUNCTION fringe_suspend
        SAVE
        SETTINGS
        l.lwz   r5, S_TID_OFFSET(r13)
        l.lwz   r7, S_BYSTANDER(r13)
        l.add   r5, r5, r10
        l.lwz   r8, C_RESUMER_TP(r3)
        l.sw    C_SP(r3), r1
        l.lwz   r1, C_RESUMER_SP(r3)
        l.ori   r10, r8, 0              /* the thread pointer ... */
        l.sw    0(r5), r7               /* ... then the slot of the generator */
        RESTORE
END fringe_suspend

/*
 * r3: struct fringe_context *, in r14. The kernel writes the new thread's id into the tid slot before
 * the thread runs, and clears the exit word when the thread has ended, which is what pthread_join waits
 * for. The child starts with the registers of its parent, but for r1, r10 and r11.
 */
FUNCTION fringe_materialise
        l.addi  r1, r1, -8
        .cfi_def_cfa_offset 8
        l.sw    4(r1), r9
        .cfi_offset 9, -4
        l.sw    0(r1), r14
        .cfi_offset 14, -8
        l.ori   r14, r3, 0
        SETTINGS
        l.lwz   r5, S_TID_OFFSET(r13)
        l.lwz   r7, C_TP(r14)
        l.add   r5, r5, r7              /* the tid slot, to be set in the parent */
        l.lwz   r6, S_EXIT_WORD(r13)    /* what is to be cleared at the end of the child */
        l.lwz   r4, S_FLAGS(r13)
        l.andi  r4, r4, FRINGE_SHARED_EXIT_WORD
        l.sfne  r4, r0
        l.bf    3f
         l.nop
        l.add   r6, r6, r7
3:
        l.lwz   r4, C_SP(r14)
        l.movhi r3, hi(THREAD_CLONE_FLAGS)
        l.ori   r3, r3, lo(THREAD_CLONE_FLAGS)
        SYSTEM_CALL SYS_clone
        l.sfeq  r11, r0
        l.bf    1f
         l.nop
        l.sflts r11, r0
        l.bf    2f
         l.nop
        l.ori   r11, r0, 0
2:      l.lwz   r9, 4(r1)
        l.lwz   r14, 0(r1)
        l.jr    r9
         l.addi r1, r1, 8
1:      .cfi_def_cfa 1, FRAME_SIZE      /* the frame of SAVE, but not of this function */
        FRAME_CFI
        l.lwz   r5, C_LINK(r14)         /* in the child: splice to its own thread start */
        l.addi  r6, r5, LINK_TO_START
        l.sw    0(r5), r6
        RESTORE
END fringe_materialise

        .section .note.GNU-stack, "", @progbits
