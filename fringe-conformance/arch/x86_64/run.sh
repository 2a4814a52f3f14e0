# SPDX-License-Identifier: MIT OR Apache-2.0
#
# x86_64: everything natively; see ../../lib.sh.

CC=x86_64-linux-gnu-gcc
READELF=x86_64-linux-gnu-readelf
COUNT=(qemu-x86_64 "$SUITE/arch/$ARCH/start.S")

run() {
  shared_library libfringe.so
  part "the library" bash "$SUITE/check-object.sh" "$READELF" "$OUT/libfringe.so" IBT

  freestanding bare "$SUITE/bare.c" "$SUITE/arch/$ARCH/start.S"
  part "bare, natively, without a C library" "$OUT/bare"

  hosted hosted "$SUITE/hosted.c"
  part "hosted, natively" "$OUT/hosted"
  part "hosted, natively, thread pointer by system call" "$OUT/hosted" syscall

  hosted unwind "$SUITE/unwind.c"
  part "unwinding by call frame information, natively" "$OUT/unwind"
  part "backtraces at each instruction, natively" debugger_steps

  part "instructions" count_instructions
}

# Maven has run the whole suite on this machine's own JVM.
jvm() {
  set_up
  part "choice of the backend, HotSpot" junit amd64 Selection
}
