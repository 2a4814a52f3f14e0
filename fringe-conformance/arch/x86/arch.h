/* SPDX-License-Identifier: MIT OR Apache-2.0 */

#define ARCH_ALIGNMENT 16

/* %ebx, %ebp, %esi, %edi, and their numbers in call frame information */
#define ARCH_REGISTERS 4
#define ARCH_DWARF { 3, 5, 6, 7 }

/*
 * MXCSR in the low half (without its sticky flags), the x87 control word above it. Each half changes
 * alone and together with the other: rounding, flush to zero, precision.
 */
#define ARCH_CONTROLS { 0x37f1f80, 0x37f3f80, 0x77f1f80, 0x27fff80 }

static inline uintptr_t arch_caller(uintptr_t frame) {
  return *(uintptr_t *) frame;
}

static inline void arch_simd_store(void *to) {
  __asm__ volatile("movaps %%xmm0, (%0)" : : "r"(to) : "memory");
}
