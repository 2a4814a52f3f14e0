/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * fringe for x86 (32 bits, System V ABI, Linux for the hosted half).
 *
 * This page is what a reader needs; after it the code is short. fringe.h says what each function
 * promises. Every architecture's file has this shape: facts, frame, splice, rules of the hosted
 * switch, then the functions in the order of fringe.h.
 *
 * FACTS
 *
 * - Arguments are on the stack, above the return address. A call needs the stack pointer to be a
 *   multiple of 16, so at the entry of a function %esp is a multiple of 16 plus 12. There is no red
 *   zone: what is below %esp may be overwritten by a signal handler at any time.
 * - Callee-saved are %ebx, %esi, %edi, %ebp, the control bits of MXCSR (all but the six sticky flags)
 *   and the x87 control word. A switch is a function call, so nothing else is kept. All processors
 *   that Debian's i386 still runs on have SSE, and so MXCSR.
 * - The thread pointer is the base of the segment that %gs names, a thread's own entry of the
 *   descriptor table. The C library keeps its value at %gs:0, so reading it is a load. Writing it is
 *   the system call set_thread_area on that entry and a reload of %gs, because the processor looks at
 *   the entry only then. There is no instruction for it in 32-bit code.
 * - The entry belongs to the kernel thread, and its number is the same in all of a process: the C
 *   library gives each new thread the number that its maker's %gs names. So the selector never
 *   changes, and a switch changes nothing but the base in the entry of the kernel thread that makes it.
 * - A system call (int $0x80) takes its number in %eax and its arguments in %ebx, %ecx, %edx, %esi,
 *   %edi, %ebp; it destroys %eax only.
 * - Code can't address data relative to itself, and absolute addresses would be relocations in the
 *   text. A call to a thunk tells where the code is. (A call to the next instruction and a `pop` would
 *   do, but leave one call too many in the return predictor of some processors.)
 * - Loading MXCSR or the x87 control word costs more than comparing it: they are loaded only if the
 *   side that is left had other control bits. Storing them can't be avoided.
 * - `ret`, not `pop` and `jmp`: a downcall returns through further `ret`s, and a `jmp` here would
 *   leave one call too many in the processor's return predictor, so that all of those would be
 *   mispredicted instead of this one.
 *
 * FRAME
 *
 * Every function that leaves a stack pushes the same frame, so every function that enters a stack
 * can pop it, whichever was the one that left:
 *
 *        higher addresses
 *      |                    |
 *      | arguments          |
 *      +--------------------+
 *      | return address     |
 *      | %ebp               |  <- %ebp: together a frame record, what frame-pointer walkers follow
 *      | %ebx               |
 *      | %esi               |
 *      | %edi               |
 *      | x87 control        |
 *      | MXCSR              |  <- %esp, the stack pointer that a context keeps
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
 *      | start, as in FRAME  |                     | return address      |
 *      +---------------------+              ,----> | %ebp                |
 *      | __morestack + 2     |              |      | %ebx, %esi, %edi    |
 *      | link                | -------------'      | x87 control, MXCSR  |
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
 * anyone else. Between the system call and the reload of %gs it may find either thread pointer (some
 * kernels reload %gs whenever they return from an interrupt), which is harmless for the same reason.
 * x86 performs stores in program order, so no fences are needed.
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

/* From the record of fringe_entry up to the frame record of the thread start. */
#define RECORD_TO_START 28

/* MXCSR without its six sticky exception flags. */
#define MXCSR_CONTROL   0xffc0

#define SYS_exit            1
#define SYS_clone           120
#define SYS_rt_sigprocmask  175
#define SYS_futex           240
#define SYS_set_thread_area 243
#define SYS_set_tid_address 258
#define SYS_set_robust_list 311
#define SYS_rseq            386

#define SIG_BLOCK             0
#define FUTEX_WAIT_PRIVATE    128
#define FUTEX_WAKE_PRIVATE    129
#define RSEQ_FLAG_UNREGISTER  1
#define RSEQ_SIGNATURE        0x53053053
#define FRINGE_SHARED_EXIT_WORD  2
#define FRINGE_CLEAR_EXIT_WORD   4

/*
 * struct user_desc: entry number, base, limit (20 bits), and these flags: a 32-bit segment of data
 * that may be written, the limit in pages, and the bit that is free for the operating system, which
 * the C library sets.
 */
#define DESCRIPTOR_SIZE     16
#define DESCRIPTOR_LIMIT    0xfffff
#define DESCRIPTOR_FLAGS    0x51

/*
 * CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM | SETTLS | PARENT_SETTID | CHILD_CLEARTID:
 * what the C library asks for when it makes a thread.
 */
#define THREAD_CLONE_FLAGS    0x3d0f00

/* Afterwards %esi and %edi hold the current MXCSR and x87 control word, for RESTORE to compare with. */
.macro CONTROL at
        stmxcsr (\at)
        fnstcw  4(\at)
        movl    (\at), %esi
        movzwl  4(\at), %edi
.endm

/* Pushes the frame, and ends with CONTROL. */
.macro SAVE
        pushl   %ebp
        .cfi_def_cfa_offset 8
        .cfi_offset %ebp, -8
        movl    %esp, %ebp
        .cfi_def_cfa_register %ebp
        pushl   %ebx
        .cfi_offset %ebx, -12
        pushl   %esi
        .cfi_offset %esi, -16
        pushl   %edi
        .cfi_offset %edi, -20
        subl    $8, %esp
        CONTROL %esp
.endm

/*
 * Pops the frame that %esp points to and returns to where it was pushed. Keeps %eax.
 *
 * The stack it pops from is not the one that SAVE pushed to, but the frame has the same shape, so
 * the CFI of SAVE is right on both sides of the exchange of stack pointers (once %ebp is popped the
 * CFA is counted from %esp again).
 */
.macro RESTORE
        movl    (%esp), %ecx
        xorl    %esi, %ecx
        testl   $MXCSR_CONTROL, %ecx
        jnz     1f
        cmpw    %di, 4(%esp)
        jne     2f
3:      addl    $8, %esp
        popl    %edi
        popl    %esi
        popl    %ebx
        popl    %ebp
        .cfi_remember_state
        .cfi_def_cfa %esp, 4
        .cfi_restore %ebp
        .cfi_restore %ebx
        .cfi_restore %esi
        .cfi_restore %edi
        ret
        .cfi_restore_state
1:      ldmxcsr (%esp)
        cmpw    %di, 4(%esp)
        je      3b
2:      fldcw   4(%esp)
        jmp     3b
.endm

/* Fills in a struct user_desc at %esp with the thread pointer %eax. Changes %eax. */
.macro DESCRIBE_SEGMENT
        movl    %eax, 4(%esp)
        movl    %gs, %eax
        shrl    $3, %eax
        movl    %eax, (%esp)
        movl    $DESCRIPTOR_LIMIT, 8(%esp)
        movl    $DESCRIPTOR_FLAGS, 12(%esp)
.endm

/*
 * Sets the thread pointer to %eax. Keeps all that RESTORE and the callers need: %eax and %ebx change.
 * The description of the segment is on the stack that is entered, below its frame.
 */
.macro SET_THREAD_POINTER
        subl    $DESCRIPTOR_SIZE, %esp
        DESCRIBE_SEGMENT
        movl    %esp, %ebx
        movl    $SYS_set_thread_area, %eax
        int     $0x80
        movl    %gs, %eax
        movl    %eax, %gs
        addl    $DESCRIPTOR_SIZE, %esp
.endm

/* Sets %ecx to the address of the instruction after it, which gets the label 7. */
.macro HERE
        call    here
7:
.endm

.macro FUNCTION name
        .globl  \name
        .type   \name, @function
        .p2align 4
\name:
        .cfi_startproc
        endbr32
.endm

.macro END name
        .cfi_endproc
        .size   \name, . - \name
.endm

        .local  tid_offset
        .comm   tid_offset, 4, 4
        .local  exit_word
        .comm   exit_word, 4, 4
        .local  rseq_offset
        .comm   rseq_offset, 4, 4
        .local  rseq_size
        .comm   rseq_size, 4, 4
        .local  bystander
        .comm   bystander, 4, 4
        .local  flags
        .comm   flags, 4, 4

/* Else the symbol table names a temporary file, and no two builds are the same. */
        .file   "fringe.S"

        .text

        .type   here, @function
        .p2align 4
here:
        .cfi_startproc
        movl    (%esp), %ecx
        ret
END here

/* ---- bare ---- */

/*
 * 4(%esp): struct fringe_bare *, then base and body. Lays out the record of SPLICE and below it a
 * FRAME, whose return address is fringe_bare_entry and whose registers carry what that needs.
 */
FUNCTION fringe_init
        movl    8(%esp), %edx
        HERE
        leal    __morestack+2-7b(%ecx), %eax
        movl    %eax, -4(%edx)
        movl    $0, -8(%edx)            /* link */
        leal    fringe_bare_entry-7b(%ecx), %eax
        movl    %eax, -12(%edx)         /* return address */
        leal    -8(%edx), %eax
        movl    %eax, -16(%edx)         /* %ebp: the record */
        movl    4(%esp), %ecx
        movl    %ecx, -20(%edx)         /* %ebx: the context */
        movl    %eax, B_LINK(%ecx)
        movl    12(%esp), %eax
        movl    %eax, -24(%edx)         /* %esi: the body */
        movl    $0, -28(%edx)
        movl    $0, -32(%edx)
        fnstcw  -32(%edx)
        stmxcsr -36(%edx)
        leal    -36(%edx), %eax
        movl    %eax, B_SP(%ecx)
        movl    $0, B_ENDED(%ecx)
        ret
END fringe_init

/* 4(%esp): struct fringe_bare *, then value. Notes the frame of the side that resumes in the link. */
FUNCTION fringe_swap
        SAVE
        movl    8(%ebp), %edx
        movl    12(%ebp), %eax
        movl    B_LINK(%edx), %ecx
        movl    B_SP(%edx), %ebx
        movl    %ebp, (%ecx)
        movl    %esp, B_SP(%edx)
        movl    %ebx, %esp
        RESTORE
END fringe_swap

/*
 * The same without the link, for the way out: the link would make the record point into its own stack,
 * and an unwinder that comes by before the stacks are exchanged would go in circles.
 */
FUNCTION fringe_yield
.Lyield:
        SAVE
        movl    8(%ebp), %edx
        movl    12(%ebp), %eax
        movl    B_SP(%edx), %ebx
        movl    %esp, B_SP(%edx)
        movl    %ebx, %esp
        RESTORE
END fringe_yield

/*
 * Where the first swap "returns" to: %ebx the context, %esi the body, %eax the first value, %ebp the
 * record. A body that returns has ended; each further swap into it swaps straight back. The 24 bytes
 * hold the arguments and align the stack for the calls.
 */
        .type   fringe_bare_entry, @function
        .p2align 4
fringe_bare_entry:
        .cfi_startproc
        .cfi_def_cfa %ebp, 8
        .cfi_offset %ebp, -8
        endbr32
        subl    $24, %esp
        movl    %ebx, (%esp)
        movl    %eax, 4(%esp)
        call    *%esi
        movl    $1, B_ENDED(%ebx)
1:      movl    %ebx, (%esp)
        movl    $0, 4(%esp)
        call    .Lyield
        jmp     1b
END fringe_bare_entry

/* ---- hosted ---- */

/*
 * 4(%esp): tid_offset, exit_word, bystander, rseq_offset, rseq_size, hwcap2, flags. hwcap2 does not matter
 * where there is only one way to set the thread pointer.
 */
FUNCTION fringe_configure
        HERE
        movl    4(%esp), %eax
        movl    %eax, tid_offset-7b(%ecx)
        movl    8(%esp), %eax
        movl    %eax, exit_word-7b(%ecx)
        movl    12(%esp), %eax
        movl    %eax, bystander-7b(%ecx)
        movl    16(%esp), %eax
        movl    %eax, rseq_offset-7b(%ecx)
        movl    20(%esp), %eax
        movl    %eax, rseq_size-7b(%ecx)
        movl    28(%esp), %eax
        movl    %eax, flags-7b(%ecx)
        xorl    %eax, %eax
        ret
END fringe_configure

FUNCTION fringe_thread_pointer
        movl    %gs:0, %eax
        ret
END fringe_thread_pointer

/*
 * 4(%esp): struct fringe_context *. Called by the C library on the new thread. SAVE, the two words of
 * the record and the 28 bytes for arguments add up to what aligns the stack for the calls.
 */
FUNCTION fringe_entry
        SAVE
        movl    8(%ebp), %ebx
        movl    %gs:0, %eax
        movl    %eax, C_TP(%ebx)
        HERE
        leal    __morestack+2-7b(%ecx), %eax
        pushl   %eax
        pushl   %ebp                    /* link: until the first resume, the thread start */
        movl    %esp, %ebp
        .cfi_remember_state
        .cfi_def_cfa %ebp, 8
        .cfi_offset %ebp, -8
        .cfi_same_value %ebx
        .cfi_same_value %esi
        .cfi_same_value %edi
        movl    %esp, C_LINK(%ebx)
        subl    $28, %esp

        movl    C_VM(%ebx), %eax
        testl   %eax, %eax
        jz      1f
        movl    (%eax), %ecx
        leal    16(%esp), %edx          /* room for the JNIEnv *, which nobody needs */
        movl    %eax, (%esp)
        movl    %edx, 4(%esp)
        movl    $0, 8(%esp)             /* no arguments: default name and group */
        call    *VM_ATTACH_AS_DAEMON(%ecx)
        testl   %eax, %eax
        jnz     2f

1:      movl    %ebx, (%esp)
        call    *C_ENTRY(%ebx)

        movl    C_VM(%ebx), %eax
        testl   %eax, %eax
        jz      2f
        movl    (%eax), %ecx
        movl    %eax, (%esp)
        call    *VM_DETACH(%ecx)

2:      cmpl    $0, C_READY(%ebx)       /* still 0: it never came to fringe_dematerialise */
        jne     3f
        leal    C_READY(%ebx), %ebx
        movl    $FRINGE_FAILED, (%ebx)
        movl    $FUTEX_WAKE_PRIVATE, %ecx
        movl    $0x7fffffff, %edx
        movl    $SYS_futex, %eax
        int     $0x80
3:
        leal    RECORD_TO_START(%ebp), %ebp
        .cfi_restore_state
        leal    -28(%ebp), %esp
        CONTROL %esp
        addl    $8, %esp
        xorl    %eax, %eax
        RESTORE
END fringe_entry

/*
 * What an unwinder takes for the caller of fringe_entry and fringe_bare_entry; see SPLICE. It is
 * never executed. The first nop keeps the return address inside of the function when an unwinder
 * subtracts one from it, the second makes the function longer than the byte that some expect.
 */
        .local  __morestack
        .type   __morestack, @function
        .p2align 4
__morestack:
        .cfi_startproc
        .cfi_def_cfa %ebp, 8
        .cfi_offset %ebp, -8
        .cfi_offset %ebx, -12
        .cfi_offset %esi, -16
        .cfi_offset %edi, -20
        nop
        nop
        nop
END __morestack

/*
 * 4(%esp): struct fringe_context *, in %edi once it is saved. Once `sp` is stored the stack below it
 * is scratch, and once `ready` is published even that, and the context, may belong to somebody else:
 * from there on only registers are used. (The wake-up names the address of `ready` to the kernel,
 * which looks for sleepers there and does not mind if the memory is gone.)
 *
 * The kernel must not touch the memory of the thread when the kernel thread ends: it would clear the
 * exit word (set_tid_address) and walk the list of robust mutexes (set_robust_list). Unregistering
 * rseq makes the C library ask the kernel which processor it is on, instead of reading a number that
 * nobody updates any more. Signals are blocked because the thread pointer still is the generator's
 * while its slot already names the bystander.
 */
FUNCTION fringe_dematerialise
        SAVE
        movl    8(%ebp), %edi
        movl    %esp, C_SP(%edi)

        pushl   $-1                     /* the set of all signals, 64 bits */
        pushl   $-1
        movl    $SIG_BLOCK, %ebx
        movl    %esp, %ecx
        xorl    %edx, %edx
        movl    $8, %esi
        movl    $SYS_rt_sigprocmask, %eax
        int     $0x80

        HERE
        testl   $FRINGE_CLEAR_EXIT_WORD, flags-7b(%ecx)
        jnz     2f
        xorl    %ebx, %ebx
        movl    $SYS_set_tid_address, %eax
        int     $0x80
2:
        xorl    %ebx, %ebx
        movl    $12, %ecx               /* sizeof(struct robust_list_head) */
        movl    $SYS_set_robust_list, %eax
        int     $0x80

        HERE
        movl    rseq_offset-7b(%ecx), %ebx
        movl    rseq_size-7b(%ecx), %ecx
        testl   %ecx, %ecx
        jz      1f
        addl    C_TP(%edi), %ebx
        movl    $RSEQ_FLAG_UNREGISTER, %edx
        movl    $RSEQ_SIGNATURE, %esi
        movl    $SYS_rseq, %eax
        int     $0x80
1:
        HERE
        movl    tid_offset-7b(%ecx), %edx
        movl    bystander-7b(%ecx), %ecx
        addl    C_TP(%edi), %edx
        movl    %ecx, (%edx)

        leal    C_READY(%edi), %ebx
        movl    $FRINGE_READY, (%ebx)
        movl    $FUTEX_WAKE_PRIVATE, %ecx
        movl    $0x7fffffff, %edx       /* all that wait */
        movl    $SYS_futex, %eax
        int     $0x80

        xorl    %ebx, %ebx
        movl    $SYS_exit, %eax
        int     $0x80
        ud2
END fringe_dematerialise

/* 4(%esp): struct fringe_context * */
FUNCTION fringe_await
        pushl   %ebx
        .cfi_def_cfa_offset 8
        .cfi_offset %ebx, -8
        pushl   %esi
        .cfi_def_cfa_offset 12
        .cfi_offset %esi, -12
        movl    12(%esp), %ebx
        addl    $C_READY, %ebx
1:      movl    (%ebx), %eax
        testl   %eax, %eax
        jnz     2f
        movl    $FUTEX_WAIT_PRIVATE, %ecx
        xorl    %edx, %edx              /* sleep if the word still is 0 */
        xorl    %esi, %esi              /* without limit */
        movl    $SYS_futex, %eax
        int     $0x80
        jmp     1b
2:      popl    %esi
        .cfi_def_cfa_offset 8
        .cfi_restore %esi
        popl    %ebx
        .cfi_def_cfa_offset 4
        .cfi_restore %ebx
        ret
END fringe_await

/*
 * 4(%esp): struct fringe_context *, in %edx. %eax: the thread pointers of the resumer and the
 * generator; %ecx: offset of the tid slot; %ebx: the id of this kernel thread.
 */
FUNCTION fringe_resume
        SAVE
        HERE
        movl    8(%ebp), %edx
        movl    tid_offset-7b(%ecx), %ecx
        movl    %gs:0, %eax
        movl    C_LINK(%edx), %ebx
        movl    %esp, C_RESUMER_SP(%edx)
        movl    %eax, C_RESUMER_TP(%edx)
        movl    %ebp, (%ebx)
        movl    (%eax,%ecx), %ebx
        movl    C_TP(%edx), %eax
        movl    C_SP(%edx), %esp
        movl    %ebx, (%eax,%ecx)       /* the slot of the generator ... */
        SET_THREAD_POINTER              /* ... then the thread pointer */
        RESTORE
END fringe_resume

/*
 * 4(%esp): struct fringe_context *. %edx: the generator's slot, and %ecx: what is to be written there
 * once the thread pointer no longer is the generator's.
 */
FUNCTION fringe_suspend
        SAVE
        HERE
        movl    8(%ebp), %ebx
        movl    tid_offset-7b(%ecx), %edx
        movl    bystander-7b(%ecx), %ecx
        addl    C_TP(%ebx), %edx
        movl    C_RESUMER_TP(%ebx), %eax
        movl    %esp, C_SP(%ebx)
        movl    C_RESUMER_SP(%ebx), %esp
        SET_THREAD_POINTER              /* the thread pointer ... */
        movl    %ecx, (%edx)            /* ... then the slot of the generator */
        RESTORE
END fringe_suspend

/*
 * 4(%esp): struct fringe_context *, in %ebp, the one register that clone takes nothing in. The kernel
 * writes the new thread's id into the tid slot before the thread runs, and clears the exit word when the
 * thread has ended, which is what pthread_join waits for. The child starts with the registers of its parent,
 * but for %esp, %eax and the base of the segment that %gs names, which is the description on the
 * parent's stack; the child itself must not touch that stack.
 */
FUNCTION fringe_materialise
        pushl   %ebp
        .cfi_def_cfa_offset 8
        .cfi_offset %ebp, -8
        pushl   %ebx
        .cfi_def_cfa_offset 12
        .cfi_offset %ebx, -12
        pushl   %esi
        .cfi_def_cfa_offset 16
        .cfi_offset %esi, -16
        pushl   %edi
        .cfi_def_cfa_offset 20
        .cfi_offset %edi, -20
        subl    $DESCRIPTOR_SIZE, %esp
        .cfi_def_cfa_offset 20 + DESCRIPTOR_SIZE
        movl    20+DESCRIPTOR_SIZE(%esp), %ebp
        HERE
        movl    tid_offset-7b(%ecx), %edx
        movl    C_TP(%ebp), %eax
        addl    %eax, %edx
        movl    exit_word-7b(%ecx), %edi
        testl   $FRINGE_SHARED_EXIT_WORD, flags-7b(%ecx)
        jnz     3f
        addl    %eax, %edi
3:      DESCRIBE_SEGMENT
        movl    $THREAD_CLONE_FLAGS, %ebx
        movl    C_SP(%ebp), %ecx
        movl    %esp, %esi
        movl    $SYS_clone, %eax
        int     $0x80
        testl   %eax, %eax
        jz      1f
        js      2f
        xorl    %eax, %eax
2:      addl    $DESCRIPTOR_SIZE, %esp
        .cfi_remember_state
        .cfi_def_cfa_offset 20
        popl    %edi
        .cfi_def_cfa_offset 16
        .cfi_restore %edi
        popl    %esi
        .cfi_def_cfa_offset 12
        .cfi_restore %esi
        popl    %ebx
        .cfi_def_cfa_offset 8
        .cfi_restore %ebx
        popl    %ebp
        .cfi_def_cfa_offset 4
        .cfi_restore %ebp
        ret
        .cfi_restore_state
1:      .cfi_def_cfa %esp, 28           /* the frame of SAVE, but not of this function */
        movl    C_LINK(%ebp), %ecx      /* in the child: splice to its own thread start */
        leal    RECORD_TO_START(%ecx), %edx
        movl    %edx, (%ecx)
        subl    $8, %esp
        .cfi_adjust_cfa_offset 8
        CONTROL %esp
        addl    $8, %esp
        .cfi_adjust_cfa_offset -8
        RESTORE
END fringe_materialise

        .section .note.GNU-stack, "", @progbits

/* Indirect branch tracking is honoured (endbr32); shadow stacks are not claimed. */
        .section .note.gnu.property, "a"
        .p2align 2
        .long   4                       /* size of the name */
        .long   12                      /* size of the description */
        .long   5                       /* NT_GNU_PROPERTY_TYPE_0 */
        .string "GNU"
        .long   0xc0000002              /* GNU_PROPERTY_X86_FEATURE_1_AND */
        .long   4
        .long   1                       /* IBT */
