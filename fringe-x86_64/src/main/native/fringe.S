/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * fringe for x86_64 (System V ABI, Linux for the hosted half).
 *
 * This page is what a reader needs; after it the code is short. fringe.h says what each function
 * promises. Every architecture's file has this shape: facts, frame, splice, rules of the hosted
 * switch, then the functions in the order of fringe.h.
 *
 * FACTS
 *
 * - A call needs the stack pointer to be a multiple of 16, so at the entry of a function %rsp is a
 *   multiple of 16 plus 8. The 128 bytes below %rsp (the red zone) belong to the running function;
 *   signal handlers stay clear of them.
 * - Callee-saved are %rbx, %rbp, %r12 to %r15, the control bits of MXCSR (all but the six sticky
 *   flags) and the x87 control word. A switch is a function call, so nothing else is kept.
 * - HotSpot keeps the running JavaThread in %r15 and may keep the base of compressed references in
 *   %r12. They belong to a thread, and come and go with its stack because they are callee-saved.
 * - The thread pointer is the base of %fs. The C library keeps its value at %fs:0, so reading it is
 *   a load. Writing it is `wrfsbase` where the kernel allows that to user code (bit 1 of AT_HWCAP2),
 *   else the system call arch_prctl(ARCH_SET_FS). Valgrind does not know the instruction and clears
 *   the bit.
 * - The virtual machine finds the running thread by two words that each kernel thread has. One is a
 *   thread variable of its library, in a block whose address is in the vector at %fs:8; compiled C reads
 *   this one. The other is the value of a key of the C library's; signal handlers read that one. To
 *   exchange both takes 1 ns, to write the thread pointer 6 to 12 ns.
 * - PREFETCHW never faults, whatever the address. Processors that don't have it take its bytes for a no-op, but perhaps
 *   the first of Intel's with 64 bits (2004).
 * - A system call takes its number in %rax and its arguments in %rdi, %rsi, %rdx, %r10, %r8, %r9;
 *   it destroys %rax, %rcx and %r11 only.
 * - Where MXCSR is loaded, it is without comparing: that means reading back what STMXCSR has just stored, which
 *   takes longer (3 ns of a pair of swaps). Loading the x87 control word takes longer than comparing
 *   it, so it is loaded only if the side that is left had another one.
 * - Between Java and Java MXCSR has its standard value on both sides of a hosted switch: HotSpot's stubs for
 *   upcalls, and for calls from JNI, save that of the native code, load the standard one, and restore it on the way
 *   back. So native code below a body that has changed the rounding mode, and calls back, has its own again without our
 *   help, and with FRINGE_SAME_MXCSR a hosted switch does not load it (5 ns of a round trip). It is stored all the
 *   same, so that every frame can be popped by every function. Bodies without a virtual machine, as in the conformance
 *   suite, and upcalls of the Zero VM, which go through libffi, have no such stub. The x87 control word is always
 *   exchanged: the stubs leave it alone on x86_64, although fesetround sets it as well, so that it would come to the resumer.
 * - The hosted switches end with `ret`, the bare one with `pop` and `jmp`. The return predictor knows
 *   nothing of switches. Between native bodies the `ret` would be mispredicted each time (7 ns here),
 *   a `jmp` is not. A downcall of HotSpot comes back through a stub which resume and suspend have in
 *   common, so that the `ret` is predicted by luck, and the next one, in the stub, is mispredicted
 *   whatever is done here; a `jmp` would gain nothing and leave a call too many in the predictor.
 *
 * FRAME
 *
 * Every function that leaves a stack pushes the same frame, so every function that enters a stack
 * can pop it, whichever was the one that left:
 *
 *        higher addresses
 *      |                    |
 *      +--------------------+
 *      | return address     |
 *      | %rbp               |  <- %rbp: together a frame record, what frame-pointer walkers follow
 *      | %rbx               |
 *      | %r12               |
 *      | %r13               |
 *      | %r14               |
 *      | %r15               |
 *      | MXCSR, x87 control |  <- %rsp, the stack pointer that a context keeps
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
 *      +---------------------+              ,----> | %rbp                |
 *      | __morestack + 2     |              |      | %rbx ... %r15       |
 *      | link                | -------------'      | MXCSR, x87 control  |
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
 * A switch exchanges the thread pointer, or leaves it alone and exchanges the two words: as the context
 * says. fringe_suspend undoes what fringe_resume has done because the context does not change meanwhile.
 *
 * The C library's tid slot says which kernel thread a thread runs on, and signals are sent by it.
 * Whenever a signal handler finds a generator (by the key's word, behind whichever thread pointer there
 * is), the generator's slot must name the kernel thread that runs it; the slot of a suspended generator
 * names the bystander. Hence, where "identity" is the thread pointer or the words:
 *
 *      resume:   write the slot of the generator, then the identity
 *      suspend:  write the identity, then the slot of the generator
 *
 * The slot of the kernel thread's own thread never changes.
 *
 * A signal may come between any two instructions. Its handler then finds the identity of the one side
 * and the stack of the other, which is harmless: both are mapped, and neither is used by anyone else. The
 * same goes for two words of which one has been exchanged. x86_64 performs stores in program order, so no
 * fences are needed.
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
#define C_THREAD        56
#define C_READY         64

/* struct fringe_module */
#define M_ADDRESS       0
#define M_ID            8
#define M_BLOCK         16
#define M_SIZE          24

/* struct dl_phdr_info and Elf64_Phdr, of the C library */
#define DL_ADDRESS      0
#define DL_HEADERS      16
#define DL_COUNT        24
#define DL_TLS_ID       48
#define DL_TLS_BLOCK    56
#define DL_LENGTH       64
#define PH_TYPE         0
#define PH_ADDRESS      16
#define PH_SIZE         40
#define PH_LENGTH       56
#define PT_LOAD         1
#define PT_TLS          7

/* Where the C library keeps the address of the vector of TLS blocks, from the thread pointer. */
#define TP_VECTOR       8

#define FRINGE_READY    1
#define FRINGE_FAILED   2

/* struct JNIInvokeInterface, the table that a JavaVM * points to */
#define VM_DETACH            40         /* jint (*)(JavaVM *) */
#define VM_GET_ENV           48         /* jint (*)(JavaVM *, void **env, jint version) */
#define VM_ATTACH_AS_DAEMON  56         /* jint (*)(JavaVM *, void **env, void *args) */

/* From the record of fringe_entry up to the frame record of the thread start. */
#define RECORD_TO_START 64

#define SYS_rt_sigprocmask  14
#define SYS_clone           56
#define SYS_exit            60
#define SYS_arch_prctl      158
#define SYS_futex           202
#define SYS_set_tid_address 218
#define SYS_set_robust_list 273
#define SYS_rseq            334

#define JNI_VERSION_1_8       0x00010008
#define SIG_SETMASK           2
#define SIG_BLOCK             0
#define ARCH_SET_FS           0x1002
#define FUTEX_WAIT_PRIVATE    128
#define FUTEX_WAKE_PRIVATE    129
#define RSEQ_FLAG_UNREGISTER  1
#define RSEQ_SIGNATURE        0x53053053
#define HWCAP2_FSGSBASE       2
#define FRINGE_FORCE_SYSCALL     1
#define FRINGE_SHARED_EXIT_WORD  2
#define FRINGE_CLEAR_EXIT_WORD   4
#define FRINGE_SAME_MXCSR        8

/*
 * CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM | SETTLS | PARENT_SETTID | CHILD_CLEARTID:
 * what the C library asks for when it makes a thread.
 */
#define THREAD_CLONE_FLAGS    0x3d0f00

/* Pushes the frame. Afterwards %r9d holds the x87 control word of this side, for RESTORE. */
.macro SAVE
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        pushq   %rbx
        .cfi_offset %rbx, -24
        pushq   %r12
        .cfi_offset %r12, -32
        pushq   %r13
        .cfi_offset %r13, -40
        pushq   %r14
        .cfi_offset %r14, -48
        pushq   %r15
        .cfi_offset %r15, -56
        subq    $8, %rsp
        stmxcsr (%rsp)
        fnstcw  4(%rsp)
        movzwl  4(%rsp), %r9d
.endm

/*
 * Pops the frame that %rsp points to and returns to where it was pushed, by a `ret` or a `jmp`. Keeps
 * %rax. With `same`, leaves MXCSR alone if the flag says so.
 *
 * The stack it pops from is not the one that SAVE pushed to, but the frame has the same shape, so
 * the CFI of SAVE is right on both sides of the exchange of stack pointers (once %rbp is popped the
 * CFA is counted from %rsp again).
 */
.macro RESTORE by=ret, same=0
        .if \same
        testb   $FRINGE_SAME_MXCSR, flags(%rip)
        jz      3f
        .else
        ldmxcsr (%rsp)
        .endif
4:      cmpw    %r9w, 4(%rsp)
        jne     1f
2:      addq    $8, %rsp
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        .cfi_remember_state
        .cfi_def_cfa %rsp, 8
        .cfi_restore %rbp
        .cfi_restore %rbx
        .cfi_restore %r12
        .cfi_restore %r13
        .cfi_restore %r14
        .cfi_restore %r15
        .ifc \by, jmp
        popq    %rcx
        .cfi_adjust_cfa_offset -8
        .cfi_register %rip, %rcx
        jmp     *%rcx
        .else
        ret
        .endif
        .cfi_restore_state
1:      fldcw   4(%rsp)
        jmp     2b
        .if \same
3:      ldmxcsr (%rsp)
        jmp     4b
        .endif
.endm

/*
 * Sets the thread pointer to %rax. Keeps all that RESTORE and the callers need: %rax and %rcx to
 * %r11 may change, but for %rdx, %r8, %r9 and %r10.
 */
.macro SET_THREAD_POINTER
        cmpb    $0, use_wrfsbase(%rip)
        je      8f
        wrfsbase %rax
        jmp     9f
8:      movq    %rax, %rsi
        movl    $ARCH_SET_FS, %edi
        movl    $SYS_arch_prctl, %eax
        syscall
9:
.endm

.macro FUNCTION name
        .globl  \name
        .type   \name, @function
        .p2align 4
\name:
        .cfi_startproc
        endbr64
.endm

.macro END name
        .cfi_endproc
        .size   \name, . - \name
.endm

        .local  use_wrfsbase
        .comm   use_wrfsbase, 1, 1
        .local  tid_offset
        .comm   tid_offset, 8, 8
        .local  values_offset
        .comm   values_offset, 8, 8
        .local  key_offset
        .comm   key_offset, 8, 8
        .local  vector_offset
        .comm   vector_offset, 8, 8
        .local  block_offset
        .comm   block_offset, 8, 8
        .local  state_offset
        .comm   state_offset, 8, 8
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
 * %rdi: struct fringe_bare *, %rsi: base, %rdx: body. Lays out the record of SPLICE and below it a
 * FRAME, whose return address is fringe_bare_entry and whose registers carry what that needs.
 */
FUNCTION fringe_init
        leaq    __morestack+2(%rip), %rax
        movq    %rax, -8(%rsi)
        movq    $0, -16(%rsi)           /* link */
        leaq    fringe_bare_entry(%rip), %rax
        movq    %rax, -24(%rsi)         /* return address */
        leaq    -16(%rsi), %rax
        movq    %rax, -32(%rsi)         /* %rbp: the record */
        movq    %rdi, -40(%rsi)         /* %rbx: the context */
        movq    %rdx, -48(%rsi)         /* %r12: the body */
        movq    $0, -56(%rsi)
        movq    $0, -64(%rsi)
        movq    $0, -72(%rsi)
        stmxcsr -80(%rsi)
        fnstcw  -76(%rsi)
        movq    %rax, B_LINK(%rdi)
        leaq    -80(%rsi), %rax
        movq    %rax, B_SP(%rdi)
        movq    $0, B_ENDED(%rdi)
        ret
END fringe_init

/* %rdi: struct fringe_bare *, %rsi: value. Notes the frame of the side that resumes in the link. */
FUNCTION fringe_swap
        SAVE
        movq    B_LINK(%rdi), %rcx
        movq    B_SP(%rdi), %rdx
        movq    %rbp, (%rcx)
        movq    %rsp, B_SP(%rdi)
        movq    %rsi, %rax
        movq    %rdx, %rsp
        RESTORE jmp
END fringe_swap

/*
 * The same without the link, for the way out: the link would make the record point into its own stack,
 * and an unwinder that comes by before the stacks are exchanged would go in circles.
 */
FUNCTION fringe_yield
.Lyield:
        SAVE
        movq    B_SP(%rdi), %rdx
        movq    %rsp, B_SP(%rdi)
        movq    %rsi, %rax
        movq    %rdx, %rsp
        RESTORE jmp
END fringe_yield

/*
 * Where the first swap "returns" to: %rbx the context, %r12 the body, %rax the first value, %rbp the
 * record. A body that returns has ended; each further swap into it swaps straight back.
 */
        .type   fringe_bare_entry, @function
        .p2align 4
fringe_bare_entry:
        .cfi_startproc
        .cfi_def_cfa %rbp, 16
        .cfi_offset %rbp, -16
        endbr64
        movq    %rbx, %rdi
        movq    %rax, %rsi
        call    *%r12
        movq    $1, B_ENDED(%rbx)
1:      movq    %rbx, %rdi
        xorl    %esi, %esi
        call    .Lyield
        jmp     1b
END fringe_bare_entry

/* ---- hosted ---- */

/*
 * %rdi: tid_offset, %rsi: exit_word, %edx: bystander, %rcx: rseq_offset, %r8d: rseq_size, %r9: hwcap2,
 * 8(%rsp): flags.
 */
FUNCTION fringe_configure
        movq    %rdi, tid_offset(%rip)
        movq    %rsi, exit_word(%rip)
        movl    %edx, bystander(%rip)
        movq    %rcx, rseq_offset(%rip)
        movl    %r8d, rseq_size(%rip)
        movl    8(%rsp), %ecx
        movl    %ecx, flags(%rip)
        xorl    %eax, %eax
        testl   $FRINGE_FORCE_SYSCALL, %ecx
        jnz     1f
        testq   $HWCAP2_FSGSBASE, %r9
        setnz   %al
1:      movb    %al, use_wrfsbase(%rip)
        ret
END fringe_configure

/* %rdi: values_offset, %rsi: key_offset, %rdx: vector_offset, %rcx: block_offset, %r8: state_offset. */
FUNCTION fringe_configure_words
        movq    %rdi, values_offset(%rip)
        movq    %rsi, key_offset(%rip)
        movq    %rdx, vector_offset(%rip)
        movq    %rcx, block_offset(%rip)
        movq    %r8, state_offset(%rip)
        ret
END fringe_configure_words

/*
 * %rdi: struct dl_phdr_info *, %rsi: how long that is, %rdx: struct fringe_module *. %rcx: the address, as the
 * library counts; %r8: a program header; %r9d: how many are left; %r10: size of the TLS block.
 */
FUNCTION fringe_find_module
        xorl    %eax, %eax
        cmpq    $DL_LENGTH, %rsi        /* too old a C library does not tell */
        jb      5f
        movq    M_ADDRESS(%rdx), %rcx
        subq    DL_ADDRESS(%rdi), %rcx
        movq    DL_HEADERS(%rdi), %r8
        movzwl  DL_COUNT(%rdi), %r9d
        xorl    %r10d, %r10d
1:      testl   %r9d, %r9d
        jz      4f
        movl    PH_TYPE(%r8), %r11d
        cmpl    $PT_LOAD, %r11d
        jne     2f
        movq    %rcx, %rsi
        subq    PH_ADDRESS(%r8), %rsi
        cmpq    PH_SIZE(%r8), %rsi
        jae     3f
        movl    $1, %eax
2:      cmpl    $PT_TLS, %r11d
        jne     3f
        movq    PH_SIZE(%r8), %r10
3:      addq    $PH_LENGTH, %r8
        decl    %r9d
        jmp     1b
4:      testl   %eax, %eax
        jz      5f
        movq    DL_TLS_ID(%rdi), %rcx
        movq    %rcx, M_ID(%rdx)
        movq    DL_TLS_BLOCK(%rdi), %rcx
        movq    %rcx, M_BLOCK(%rdx)
        movq    %r10, M_SIZE(%rdx)
5:      ret
END fringe_find_module

/*
 * %rdi: address of the word, %rsi: JavaVM *. %rbx: the word's address; %r12: its content; %r13: JavaVM *; %r14d: the
 * answer; the stack has the signal mask from before, and room for a set of signals or the JNIEnv *.
 */
FUNCTION fringe_try_word
        pushq   %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        pushq   %r12
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r12, 0
        pushq   %r13
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r13, 0
        pushq   %r14
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %r14, 0
        subq    $24, %rsp
        .cfi_adjust_cfa_offset 24
        movq    %rdi, %rbx
        movq    %rsi, %r13

        movq    $-1, 8(%rsp)            /* the set of all signals */
        movl    $SIG_BLOCK, %edi
        leaq    8(%rsp), %rsi
        movq    %rsp, %rdx
        movl    $8, %r10d
        movl    $SYS_rt_sigprocmask, %eax
        syscall

        movq    (%rbx), %r12
        movq    $0, (%rbx)
        movq    %r13, %rdi
        leaq    8(%rsp), %rsi
        movl    $JNI_VERSION_1_8, %edx
        movq    (%rdi), %rax
        call    *VM_GET_ENV(%rax)
        movl    %eax, %r14d
        movq    %r12, (%rbx)

        movl    $SIG_SETMASK, %edi
        movq    %rsp, %rsi
        xorl    %edx, %edx
        movl    $8, %r10d
        movl    $SYS_rt_sigprocmask, %eax
        syscall

        movl    %r14d, %eax
        addq    $24, %rsp
        .cfi_adjust_cfa_offset -24
        .irp r, r14, r13, r12, rbx
        popq    %\r
        .cfi_adjust_cfa_offset -8
        .cfi_restore %\r
        .endr
        ret
END fringe_try_word

FUNCTION fringe_thread_pointer
        movq    %fs:0, %rax
        ret
END fringe_thread_pointer

/*
 * %rdi: struct fringe_context *. Called by the C library on the new thread. SAVE and the two words
 * of the record add up to 72 bytes, which aligns the stack for the call.
 */
FUNCTION fringe_entry
        SAVE
        movq    %fs:0, %rax
        movq    %rax, C_TP(%rdi)
        leaq    __morestack+2(%rip), %rax
        pushq   %rax
        pushq   %rbp                    /* link: until the first resume, the thread start */
        movq    %rsp, %rbp
        .cfi_remember_state
        .cfi_def_cfa %rbp, 16
        .cfi_offset %rbp, -16
        .cfi_same_value %rbx
        .cfi_same_value %r12
        .cfi_same_value %r13
        .cfi_same_value %r14
        .cfi_same_value %r15
        movq    %rsp, C_LINK(%rdi)
        movq    %rdi, %rbx

        movq    C_VM(%rbx), %rdi
        testq   %rdi, %rdi
        jz      1f
        movq    (%rdi), %rax
        subq    $16, %rsp               /* room for the JNIEnv *, which nobody needs */
        movq    %rsp, %rsi
        xorl    %edx, %edx              /* no arguments: default name and group */
        call    *VM_ATTACH_AS_DAEMON(%rax)
        addq    $16, %rsp
        testl   %eax, %eax
        jnz     2f

1:      movq    %rbx, %rdi
        call    *C_ENTRY(%rbx)

        movq    C_VM(%rbx), %rdi
        testq   %rdi, %rdi
        jz      2f
        movq    (%rdi), %rax
        call    *VM_DETACH(%rax)

2:      cmpl    $0, C_READY(%rbx)       /* still 0: it never came to fringe_dematerialise */
        jne     3f
        leaq    C_READY(%rbx), %rdi
        movl    $FRINGE_FAILED, (%rdi)
        movl    $FUTEX_WAKE_PRIVATE, %esi
        movl    $0x7fffffff, %edx
        movl    $SYS_futex, %eax
        syscall
3:
        leaq    RECORD_TO_START(%rbp), %rbp
        .cfi_restore_state
        leaq    -48(%rbp), %rsp
        fnstcw  -4(%rsp)
        movzwl  -4(%rsp), %r9d
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
        .cfi_def_cfa %rbp, 16
        .cfi_offset %rbp, -16
        .cfi_offset %rbx, -24
        .cfi_offset %r12, -32
        .cfi_offset %r13, -40
        .cfi_offset %r14, -48
        .cfi_offset %r15, -56
        nop
        nop
        nop
END __morestack

/*
 * %rdi: struct fringe_context *. Once `sp` is stored the stack below it is scratch, and once `ready`
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
        movq    %rdi, %rbx
        movq    %fs:0, %r12
        movq    %rsp, C_SP(%rbx)

        pushq   $-1                     /* the set of all signals */
        movl    $SIG_BLOCK, %edi
        movq    %rsp, %rsi
        xorl    %edx, %edx
        movl    $8, %r10d
        movl    $SYS_rt_sigprocmask, %eax
        syscall

        testl   $FRINGE_CLEAR_EXIT_WORD, flags(%rip)
        jnz     2f
        xorl    %edi, %edi
        movl    $SYS_set_tid_address, %eax
        syscall
2:
        xorl    %edi, %edi
        movl    $24, %esi               /* sizeof(struct robust_list_head) */
        movl    $SYS_set_robust_list, %eax
        syscall

        movl    rseq_size(%rip), %esi
        testl   %esi, %esi
        jz      1f
        movq    rseq_offset(%rip), %rdi
        addq    %r12, %rdi
        movl    $RSEQ_FLAG_UNREGISTER, %edx
        movl    $RSEQ_SIGNATURE, %r10d
        movl    $SYS_rseq, %eax
        syscall
1:
        movq    tid_offset(%rip), %rdx
        movl    bystander(%rip), %ecx
        movl    %ecx, (%r12,%rdx)

        leaq    C_READY(%rbx), %rdi
        movl    $FRINGE_READY, (%rdi)
        movl    $FUTEX_WAKE_PRIVATE, %esi
        movl    $0x7fffffff, %edx       /* all that wait */
        movl    $SYS_futex, %eax
        syscall

        xorl    %edi, %edi
        movl    $SYS_exit, %eax
        syscall
        ud2
END fringe_dematerialise

/* %rdi: struct fringe_context * */
FUNCTION fringe_await
        leaq    C_READY(%rdi), %rdi
1:      movl    (%rdi), %eax
        testl   %eax, %eax
        jnz     2f
        movl    $FUTEX_WAIT_PRIVATE, %esi
        xorl    %edx, %edx              /* sleep if the word still is 0 */
        xorl    %r10d, %r10d            /* without limit */
        movl    $SYS_futex, %eax
        syscall
        jmp     1b
2:      ret
END fringe_await

/*
 * The addresses of the two words of the calling thread: %r8 is that of the key's, %rsi that of the other one.
 * Destroys %rax.
 */
.macro FIND_WORDS
        movq    values_offset(%rip), %r8
        movq    %fs:TP_VECTOR, %rsi
        movq    %fs:(%r8), %r8
        movq    vector_offset(%rip), %rax
        addq    key_offset(%rip), %r8
        movq    (%rsi,%rax), %rsi
        addq    block_offset(%rip), %rsi
.endm

/*
 * Fetches what will be used at once: the context at %rdi, four lines of frames at %rsi (FRAME, the stub's, the body's),
 * and the lines of the virtual machine's thread at %rdx that HotSpot's stub reads and writes when a call returns: the
 * word that it polls, the thread's state, and on both sides of that the anchor of the newest frame and the state of the
 * guard pages. The three distances are those of releases 25 to 28; others only lose by it. Destroys %rax.
 */
.macro FETCH
        movq    state_offset(%rip), %rax
        prefetchw (%rdi)
        prefetchw (%rsi)
        prefetchw 64(%rsi)
        prefetchw 128(%rsi)
        prefetchw 192(%rsi)
        prefetchw 40(%rdx)
        prefetchw (%rdx,%rax)
        prefetchw -164(%rdx,%rax)
        prefetchw 124(%rdx,%rax)
.endm

/*
 * %rdi: struct fringe_context *; %rsi, %rdx: hints. %r11: its words, or 0; %rax: what identifies the resumer; %rdx:
 * offset of the tid slot; %ecx: the id of this kernel thread; %r10: the generator's thread pointer.
 */
FUNCTION fringe_resume
        FETCH
        SAVE
        movq    C_THREAD(%rdi), %r11
        movq    tid_offset(%rip), %rdx
        movq    C_LINK(%rdi), %rcx
        movq    C_TP(%rdi), %r10
        movq    %rsp, C_RESUMER_SP(%rdi)
        movq    %rbp, (%rcx)
        testq   %r11, %r11
        jz      5f
        FIND_WORDS
        movl    %fs:(%rdx), %ecx
        movq    (%r8), %rax
        movq    %rax, C_RESUMER_TP(%rdi)
        movq    C_SP(%rdi), %rsp
        movl    %ecx, (%r10,%rdx)       /* the slot of the generator ... */
        movq    %r11, (%r8)             /* ... then the words */
        movq    %r11, (%rsi)
        RESTORE same=1
5:      movq    %fs:0, %rax
        movq    %rax, C_RESUMER_TP(%rdi)
        movl    (%rax,%rdx), %ecx
        movq    C_SP(%rdi), %rsp
        movq    %r10, %rax
        movl    %ecx, (%r10,%rdx)       /* the slot of the generator ... */
        SET_THREAD_POINTER              /* ... then the thread pointer */
        RESTORE same=1
END fringe_resume

/*
 * %rdi: struct fringe_context *. %r11: what identifies the resumer; %r10: the generator's thread pointer, for
 * its slot once the generator no longer is the running thread; %rdx: offset of the tid slot.
 */
FUNCTION fringe_suspend
        SAVE
        movq    C_TP(%rdi), %r10
        movq    tid_offset(%rip), %rdx
        movq    C_RESUMER_TP(%rdi), %r11
        movq    %rsp, C_SP(%rdi)
        cmpq    $0, C_THREAD(%rdi)
        je      5f
        FIND_WORDS
        movq    C_RESUMER_SP(%rdi), %rsp
        movl    bystander(%rip), %ecx
        movq    %r11, (%r8)             /* the words ... */
        movq    %r11, (%rsi)
        movl    %ecx, (%r10,%rdx)       /* ... then the slot of the generator */
        RESTORE same=1
5:      movq    C_RESUMER_SP(%rdi), %rsp
        movq    %r11, %rax
        SET_THREAD_POINTER              /* the thread pointer ... */
        movl    bystander(%rip), %ecx
        movl    %ecx, (%r10,%rdx)       /* ... then the slot of the generator */
        RESTORE same=1
END fringe_suspend

/*
 * %rdi: struct fringe_context *. The kernel writes the new thread's id into the tid slot before the
 * thread runs, and clears the exit word when the thread has ended, which is what pthread_join waits for.
 * The child starts with the registers of its parent, but for %rsp, %rax and the thread pointer.
 */
FUNCTION fringe_materialise
        movq    %rdi, %r9
        movl    $THREAD_CLONE_FLAGS, %edi
        movq    C_SP(%r9), %rsi
        movq    C_TP(%r9), %r8
        movq    tid_offset(%rip), %rdx
        addq    %r8, %rdx
        movq    exit_word(%rip), %r10
        testl   $FRINGE_SHARED_EXIT_WORD, flags(%rip)
        jnz     3f
        addq    %r8, %r10
3:      movl    $SYS_clone, %eax
        syscall
        testl   %eax, %eax
        jz      1f
        jns     2f
        ret
2:      xorl    %eax, %eax
        ret
1:      movq    C_LINK(%r9), %rcx       /* in the child: splice to its own thread start */
        leaq    RECORD_TO_START(%rcx), %rdx
        movq    %rdx, (%rcx)
        fnstcw  -4(%rsp)
        movzwl  -4(%rsp), %r9d
        .cfi_def_cfa %rsp, 64           /* the frame of SAVE, but not of this function */
        .cfi_offset %rbp, -16
        .cfi_offset %rbx, -24
        .cfi_offset %r12, -32
        .cfi_offset %r13, -40
        .cfi_offset %r14, -48
        .cfi_offset %r15, -56
        RESTORE
END fringe_materialise

/*
 * gdb's interface for code that is made at run time: it reads the list of the descriptor when it
 * attaches, and stops in the function for news. The Java side enters the code cache of the virtual
 * machine, so that gdb can unwind Java frames by their frame pointers (GdbInterface.java).
 */
FUNCTION __jit_debug_register_code
        ret
END __jit_debug_register_code

        .data
        .globl  __jit_debug_descriptor
        .type   __jit_debug_descriptor, @object
        .p2align 3
__jit_debug_descriptor:
        .long   1                       /* version */
        .long   0                       /* action: none */
        .quad   0                       /* the entry that has changed */
        .quad   0                       /* the first entry */
        .size   __jit_debug_descriptor, . - __jit_debug_descriptor

        .section .note.GNU-stack, "", @progbits

/*
 * Indirect branch tracking is honoured (endbr64). Shadow stacks are not claimed: exchanging stacks
 * under them takes a shadow stack per context, which the JVM does not ask the kernel for either.
 */
        .section .note.gnu.property, "a"
        .p2align 3
        .long   4                       /* size of the name */
        .long   16                      /* size of the description */
        .long   5                       /* NT_GNU_PROPERTY_TYPE_0 */
        .string "GNU"
        .long   0xc0000002              /* GNU_PROPERTY_X86_FEATURE_1_AND */
        .long   4
        .long   1                       /* IBT */
        .long   0
