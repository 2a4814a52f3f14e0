/* SPDX-License-Identifier: MIT OR Apache-2.0 */

#define ARCH_ALIGNMENT 4

/* r2 and the even ones from r14 to r30; in call frame information they have the same numbers */
#define ARCH_REGISTERS 10
#define ARCH_DWARF { 2, 14, 16, 18, 20, 22, 24, 26, 28, 30 }

/* None that a function keeps. */
#define ARCH_CONTROLS { 0 }

/* The frame pointer is above the record. */
static inline uintptr_t arch_caller(uintptr_t frame) {
  return *(uintptr_t *) (frame - 8);
}

/* There are no vectors; a word must be aligned too. */
static inline void arch_simd_store(void *to) {
  *(volatile uintptr_t *) to = 1;
}
