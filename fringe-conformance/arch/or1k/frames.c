/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/* What the unwinder of the compiler's library wants from a C library. */

#include "suite.h"

#define UNWINDER_STATE 64
#define HEAP 65536

extern const char frames_begin[];
void __register_frame_info(const void *begin, void *state);

void register_frames(void) {
  static _Alignas(8) unsigned char state[UNWINDER_STATE];
  __register_frame_info(frames_begin, state);
}

_Noreturn void abort(void) {
  arch_write("abort\n", 6);
  arch_exit(134);
}

/* It asks for memory a few times, to sort what it has been told. */
void *malloc(size_t size) {
  static _Alignas(8) unsigned char heap[HEAP];
  static size_t used;
  size = (size + 7) & ~(size_t) 7;
  if (size > HEAP - used) {
    return NULL;
  }
  used += size;
  return heap + used - size;
}

void free(void *memory) {
  (void) memory;
}

void *memset(void *to, int value, size_t size) {
  for (size_t i = 0; i < size; i++) {
    ((volatile unsigned char *) to)[i] = (unsigned char) value;
  }
  return to;
}

void *memcpy(void *to, const void *from, size_t size) {
  for (size_t i = 0; i < size; i++) {
    ((volatile unsigned char *) to)[i] = ((const unsigned char *) from)[i];
  }
  return to;
}

size_t strlen(const char *text) {
  size_t size = 0;
  while (((volatile const char *) text)[size] != 0) {
    size++;
  }
  return size;
}
