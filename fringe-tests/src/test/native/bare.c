/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * Bodies that are native code, one in another, in a program without a virtual machine or a C library.
 *
 *   bare wait   stops in the inner body until it is killed
 *   bare burn   keeps the processor busy there for a while
 *
 * The stacks are memory below the stack pointer of main. So a tool that copies some of the stack for
 * later, as perf does, has the resumers' frames in its copy. It copies up to the first page that is not
 * there yet, so all are touched.
 */

#include <stdint.h>

#include "fringe.h"

void helper_wait(void);
uint64_t helper_burn(uint64_t rounds);

static int waits;

static uintptr_t below(uintptr_t frame, uintptr_t distance)
{
  return (frame - distance) & -(uintptr_t)16;
}

static void inner_work(void)
{
  if (waits)
    helper_wait();
  helper_burn(300 * 1000 * 1000);
}

static void inner_body(fringe_yielder *yielder, intptr_t first)
{
  (void)first;
  inner_work();
  fringe_yield(yielder, 1);
}

static void resume_inner(uintptr_t base)
{
  struct fringe_bare inner;
  fringe_init(&inner, base, inner_body);
  fringe_swap(&inner, 0);
}

static void outer_body(fringe_yielder *yielder, intptr_t base)
{
  resume_inner((uintptr_t)base);
  fringe_yield(yielder, 1);
}

static void resume_outer(uintptr_t frame)
{
  struct fringe_bare outer;
  fringe_init(&outer, below(frame, 8 * 1024), outer_body);
  fringe_swap(&outer, (intptr_t)below(frame, 16 * 1024));
}

__attribute__((noreturn)) void start(uintptr_t *stack)
{
  waits = stack[0] > 1 && ((char *)stack[2])[0] == 'w';
  uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
  for (uintptr_t distance = 1024; distance < 24 * 1024; distance += 1024)
    *(volatile char *)(frame - distance) = 0;
  resume_outer(frame);
  __asm__ volatile("syscall" : : "a"(231), "D"(0)); /* exit_group */
  __builtin_unreachable();
}

/* Where the kernel starts the process: no caller, so no return address and no frame pointer. */
__asm__(".globl _start\n"
        ".type _start, @function\n"
        "_start:\n"
        ".cfi_startproc\n"
        ".cfi_undefined %rip\n"
        "xorl %ebp, %ebp\n"
        "movq %rsp, %rdi\n"
        "call start\n"
        "ud2\n"
        ".cfi_endproc\n"
        ".size _start, . - _start\n");
