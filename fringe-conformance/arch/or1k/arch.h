/* SPDX-License-Identifier: MIT OR Apache-2.0 */

#define ARCH_ALIGNMENT 4

/* r2 and the even ones from r14 to r30 */
#define ARCH_REGISTERS 10

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
