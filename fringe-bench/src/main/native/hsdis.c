/* SPDX-License-Identifier: MIT OR Apache-2.0 */

/*
 * HotSpot's disassembler over Debian's libhsdis0-fcml, which has the entry that HotSpot called up to
 * JDK 9 only. The code that HotSpot hands over is where it runs, so nothing else is different.
 */

#include <stddef.h>
#include <stdint.h>

typedef void *(*event)(void *stream, const char *name, void *argument);
typedef int (*print)(void *stream, const char *format, ...);

void *decode_instructions(void *start, void *end, event on_event, void *event_stream, print out, void *out_stream,
                          const char *options);

void *decode_instructions_virtual(uintptr_t start, uintptr_t end, unsigned char *code, uintptr_t length, event on_event,
                                  void *event_stream, print out, void *out_stream, const char *options, int newline) {
  (void)code;
  (void)length;
  void *stop =
      decode_instructions((void *)start, (void *)end, on_event, event_stream, out, out_stream, options);
  if (newline)
    out(out_stream, "\n");
  return stop;
}
