// SPDX-License-Identifier: MIT OR Apache-2.0

// The peer of original.c: a fibre of boost.context and, below its wrapper, its bare switch.

#include <boost/context/detail/fcontext.hpp>
#include <boost/context/fiber.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace ctx = boost::context;

static const int runs = 200;
static const int times = 20000;

template <typename F> static void measure(const char *name, F step) {
  double best = 1e18;
  for (int run = 0; run < runs; run++) {
    auto from = std::chrono::steady_clock::now();
    for (int i = 0; i < times; i++)
      step();
    std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - from;
    if (took.count() / times < best)
      best = took.count() / times;
  }
  std::printf("%s %.3f\n", name, best);
}

static void idle(ctx::detail::transfer_t t) {
  for (;;)
    t = ctx::detail::jump_fcontext(t.fctx, t.data);
}

int main() {
  char *stack = static_cast<char *>(std::aligned_alloc(64, 65536));
  ctx::detail::transfer_t t = {ctx::detail::make_fcontext(stack + 65536, 65536, idle), nullptr};
  measure("boost-fcontext", [&t] { t = ctx::detail::jump_fcontext(t.fctx, nullptr); });

  ctx::fiber fiber([](ctx::fiber &&back) {
    for (;;)
      back = std::move(back).resume();
    return std::move(back);
  });
  measure("boost-fiber", [&fiber] { fiber = std::move(fiber).resume(); });
  std::fflush(stdout);
  std::_Exit(0); // the fibre never ends
}
