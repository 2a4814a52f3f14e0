/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * Sends client requests without a C library and without a JVM, so that each architecture's assembly can be
 * run wherever its instructions can. The exit status is 0 without Valgrind; under it, 1 plus 2 if a second
 * stack gets another number than the first (the first may be 0).
 */

unsigned long fringe_valgrind_request(const unsigned long request[6]);

#define RUNNING_ON_VALGRIND 0x1001
#define STACK_REGISTER 0x1501

static char stacks[2][4096];

static unsigned long reg(int i) {
  unsigned long request[6] = {STACK_REGISTER, (unsigned long)stacks[i], (unsigned long)stacks[i] + 4095};
  return fringe_valgrind_request(request);
}

__attribute__((used)) static void start(void) {
  unsigned long request[6] = {RUNNING_ON_VALGRIND};
  int status = (fringe_valgrind_request(request) != 0) + 2 * (reg(0) != reg(1));
#if defined(__x86_64__)
  __asm__ volatile("syscall" : : "a"(60), "D"(status));
#elif defined(__i386__)
  __asm__ volatile("int $0x80" : : "a"(1), "b"(status));
#elif defined(__aarch64__)
  register long number __asm__("x8") = 93, first __asm__("x0") = status;
  __asm__ volatile("svc #0" : : "r"(number), "r"(first));
#endif
  __builtin_unreachable();
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n andq $-16, %rsp\n call start\n");
#elif defined(__i386__)
__asm__(".globl _start\n_start:\n andl $-16, %esp\n call start\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n b start\n");
#endif
