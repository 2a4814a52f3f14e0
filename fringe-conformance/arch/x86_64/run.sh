# SPDX-License-Identifier: MIT OR Apache-2.0
#
# x86_64: everything natively; see ../../lib.sh.

CC=x86_64-linux-gnu-gcc
READELF=x86_64-linux-gnu-readelf
COUNT=(qemu-x86_64 "$SUITE/arch/$ARCH/start.S")
THREAD_POINTER='$fs_base'

run() {
  shared_library libfringe.so
  part "the library" bash "$SUITE/check-object.sh" "$READELF" "$OUT/libfringe.so" IBT

  freestanding bare "$SUITE/bare.c" "$SUITE/arch/$ARCH/start.S"
  part "bare, natively, without a C library" "$OUT/bare"

  local LINKER FOLDER
  hosted hosted "$SUITE/hosted.c"
  part "hosted, natively, the machine's C library" "$OUT/hosted"
  part "hosted, natively, thread pointer by system call" "$OUT/hosted" syscall
  part "hosted, natively, by words" "$OUT/hosted" words
  newer_libc amd64
  part "hosted, natively, glibc $(version_of "$LINKER")" "$LINKER" --library-path "$FOLDER" "$OUT/hosted"
  part "hosted, natively, by words, glibc $(version_of "$LINKER")" \
    "$LINKER" --library-path "$FOLDER" "$OUT/hosted" words
  CC=musl-gcc hosted hosted-musl -static "$SUITE/hosted.c"
  part "hosted, natively, musl" "$OUT/hosted-musl"
  part "hosted, natively, by words, musl" "$OUT/hosted-musl" words

  hosted unwind "$SUITE/unwind.c"
  part "unwinding by call frame information, natively" "$OUT/unwind"
  part "unwinding by call frame information, natively, by words" "$OUT/unwind" words
  part "backtraces at each instruction, natively" debugger_steps
  part "backtraces at each instruction, natively, by words" debugger_steps "" words

  part "instructions" count_instructions
}

# Maven has run the whole suite on this machine's own JVM.
jvm() {
  set_up
  part "choice of the backend, HotSpot" junit amd64 Selection
  # What observes threads, and what moves them: with all generators switched the one way, and the other.
  local way
  local -a LEFT_OUT=()
  for way in pointer words; do
    CHILD_OPTIONS=-Ddev.fringe.switch=$way part "observers, HotSpot, switch by $way" junit amd64 \
      'Recorder|Debugger|NativeTools|Agents|Blocking|KernelState|Diagnostics|Interruptible|Lifecycle|Delegation' \
      -Ddev.fringe.switch=$way
  done
}
