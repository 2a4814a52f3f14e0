/* SPDX-License-Identifier: MIT OR Apache-2.0 */

#define ARCH_ALIGNMENT 16

/* x19 to x29, d8 to d15, and their numbers in call frame information */
#define ARCH_REGISTERS 19
#define ARCH_DWARF { 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 72, 73, 74, 75, 76, 77, 78, 79 }

/* FPCR: the usual state, rounding modes, flush to zero, default NaN. */
#define ARCH_CONTROLS { 0, 0x400000, 0xc00000, 0x1000000, 0x2800000 }

static inline uintptr_t arch_caller(uintptr_t frame) {
  return *(uintptr_t *) frame;
}

/* The processor checks the alignment of sp, not that of a vector; the address is checked before. */
static inline void arch_simd_store(void *to) {
  __asm__ volatile("str q0, [%0]" : : "r"(to) : "memory");
}
