# SPDX-License-Identifier: MIT OR Apache-2.0
#
# x86: everything natively, since 64-bit kernels run 32-bit programs; see ../../lib.sh.

CC=i686-linux-gnu-gcc
READELF=i686-linux-gnu-readelf
COUNT=(qemu-i386 "$SUITE/arch/$ARCH/start.S")

run() {
  shared_library libfringe.so
  part "the library" bash "$SUITE/check-object.sh" "$READELF" "$OUT/libfringe.so" IBT

  freestanding bare "$SUITE/bare.c" "$SUITE/arch/$ARCH/start.S"
  part "bare, natively, without a C library" "$OUT/bare"

  local LINKER FOLDER
  hosted hosted -static "$SUITE/hosted.c"
  part "hosted, natively" "$OUT/hosted"
  hosted hosted-dynamic "$SUITE/hosted.c"
  newer_libc i386
  part "hosted, natively, glibc $(version_of "$LINKER")" "$LINKER" --library-path "$FOLDER" "$OUT/hosted-dynamic"

  hosted unwind -static "$SUITE/unwind.c"
  part "unwinding by call frame information, natively" "$OUT/unwind"
  part "backtraces at each instruction, natively" debugger_steps

  part "instructions" count_instructions
}

prepare() {
  set_up
  native_bodies
  LEFT_OUT+=("flight-recorder: the Zero VM has none"
    "frames-in-dumps: in its dumps of all threads the Zero VM lists only the last frame of each, also without generators"
    "debugger: on the Zero VM a step over a call goes into it, also without generators")
}

# portable TESTS: what generators mean on the portable engine, which needs nothing of a machine.
portable() {
  local engine=-Ddev.fringe.backend=portable
  local -a LEFT_OUT=("${LEFT_OUT[@]}" "pooled-threads: no bodies share a thread there"
    "platform-bodies: a body is a virtual thread there")
  CHILD_OPTIONS=$engine junit i386 "$1" -Dfringe.test.scale=0.02 $engine
}

newest() {
  local SUITES=$NEWEST_SUITES
  export SUITES
  part "JUnit of what looks into the virtual machine, Zero VM $NEWEST_JDK" \
    junit "i386:$NEWEST_JDK" 'CLibrary|HotSpot' -Dfringe.test.scale=0.1
  part "stress, Zero VM $NEWEST_JDK" torture "i386:$NEWEST_JDK"
}

jvm() {
  prepare
  JVM_TIMEOUT=5400 part "JUnit, Zero VM" junit i386 '.*' -Dfringe.test.scale=0.1
  part "JUnit of what generators mean on the portable engine, Zero VM" portable @semantics
  part "stress, Zero VM" torture i386
  newest
}

# Each virtual machine that a test starts takes ten seconds to bring the library up.
smoke() {
  prepare
  part "JUnit of what generators mean, Zero VM" junit i386 @semantics -Dfringe.test.scale=0.02
  # Those two start a virtual machine for most of their tests; and there a virtual thread is a platform thread, so that an
  # interrupt of a resumer may be seen twice, see docs/semantics.md.
  part "JUnit of what generators mean on the portable engine, Zero VM" portable '@semantics:(?!Backtrace|Diagnostics|Interruptible)[A-Za-z]*'
  newest
}

measure() {
  benchmarks i386 "Interpreted, and each native call goes through libffi: this is what generators cost on this virtual
machine, and says nothing of the processor." \
    "-Ddev.fringe.bench.warmUp=100" "$@"
}
