/* SPDX-License-Identifier: MIT OR Apache-2.0 */

#define ARCH_ALIGNMENT 16

/* s0 to s11, fs0 to fs11, and their numbers in call frame information: 0 to 31 are x, 32 to 63 are f */
#define ARCH_REGISTERS 24
#define ARCH_DWARF { 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 40, 41, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59 }

/* frm: to nearest even, towards zero, down, up, to nearest away from zero. */
#define ARCH_CONTROLS { 0, 1, 2, 3, 4 }

/* A frame pointer points above the two words of the frame record. */
static inline uintptr_t arch_caller(uintptr_t frame) {
  return ((uintptr_t *) frame)[-2];
}

/* No instruction that every processor has needs 16 bytes aligned; the address is checked before. */
static inline void arch_simd_store(void *to) {
  __asm__ volatile("fsd fa0, 0(%0)\n\tfsd fa0, 8(%0)" : : "r"(to) : "memory");
}
