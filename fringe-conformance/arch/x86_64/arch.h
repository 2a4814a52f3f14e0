/* SPDX-License-Identifier: MIT OR Apache-2.0 */

#define ARCH_ALIGNMENT 16

/* There is fringe_configure_words. */
#define ARCH_WORDS 1

/* %rbx, %rbp, %r12 to %r15, and their numbers in call frame information */
#define ARCH_REGISTERS 6
#define ARCH_DWARF { 3, 6, 12, 13, 14, 15 }

/*
 * MXCSR in the low half (without its sticky flags), the x87 control word above it. Each half changes
 * alone and together with the other: rounding, flush to zero, precision.
 */
#define ARCH_CONTROLS { 0x37f00001f80, 0x37f00003f80, 0x77f00001f80, 0x27f0000ff80 }

/* Has the processor raise SIGTRAP after each instruction, or no more; it stays clear of the red zone. */
static inline void arch_step(int on) {
  if (on) {
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp"
      : : : "memory", "cc");
  } else {
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp"
      : : : "memory", "cc");
  }
}

static inline uintptr_t arch_caller(uintptr_t frame) {
  return *(uintptr_t *) frame;
}

static inline void arch_simd_store(void *to) {
  __asm__ volatile("movaps %%xmm0, (%0)" : : "r"(to) : "memory");
}
