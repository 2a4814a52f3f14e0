# SPDX-License-Identifier: MIT OR Apache-2.0
#
# aarch64: emulated by qemu, with Linux and on a bare board; see ../../lib.sh.

CC=aarch64-linux-gnu-gcc
READELF=aarch64-linux-gnu-readelf
COUNT=(qemu-aarch64 "$SUITE/arch/$ARCH/start-linux.S")
THREAD_POINTER='$tpidr $TPIDR_EL0'

run() {
  shared_library libfringe.so
  part "the library" bash "$SUITE/check-object.sh" "$READELF" "$OUT/libfringe.so" BTI

  freestanding bare "$SUITE/bare.c" "$SUITE/arch/$ARCH/start-linux.S"
  part "bare, Linux without a C library" qemu-aarch64 "$OUT/bare"

  # Compiled code signs its return addresses and has landing pads, and the linker marks the
  # program, so that the emulator raises SIGILL where a branch through a register meets none.
  local -a protected=(-mbranch-protection=standard -Wl,-z,force-bti)
  freestanding protected "${protected[@]}" "$SUITE/bare.c" "$SUITE/arch/$ARCH/start-linux.S" 2> "$OUT/protected.log"
  part "bare, branch targets checked and return addresses signed" qemu-aarch64 -cpu max "$OUT/protected"

  freestanding board -mstrict-align -Wl,-Ttext=0x40080000 "$SUITE/bare.c" "$SUITE/arch/$ARCH/start-virt.S"
  part "bare, no operating system (virt board, Cortex-A57)" qemu-system-aarch64 -M virt -cpu cortex-a57 \
    -nic none -display none -monitor none -serial stdio -no-reboot -semihosting-config enable=on,target=native \
    -kernel "$OUT/board"

  local LINKER FOLDER cross=/usr/aarch64-linux-gnu
  hosted hosted -static "$SUITE/hosted.c"
  part "hosted, Linux" qemu-aarch64 "$OUT/hosted"
  hosted hosted-dynamic "$SUITE/hosted.c"
  part "hosted, Linux, glibc $(version_of "$cross"/lib/ld-linux-aarch64.so.1 qemu-aarch64)" \
    qemu-aarch64 -L "$cross" "$OUT/hosted-dynamic"
  newer_libc arm64
  part "hosted, Linux, glibc $(version_of "$LINKER" qemu-aarch64)" \
    qemu-aarch64 "$LINKER" --library-path "$FOLDER" "$OUT/hosted-dynamic"

  hosted unwind -static "$SUITE/unwind.c"
  part "unwinding by call frame information, Linux" qemu-aarch64 "$OUT/unwind"
  hosted unwind-signed -static -mbranch-protection=pac-ret "$SUITE/unwind.c"
  part "unwinding over signed return addresses, Linux" qemu-aarch64 -cpu max "$OUT/unwind-signed"
  part "backtraces at each instruction, Linux" debugger_steps qemu-aarch64

  part "instructions" count_instructions
}

# What the collector matters to: stacks that it walks, references that it clears, generators that are born
# and die between collections. What has virtual machines of its own chooses their collectors itself.
COLLECTED='Body|Generator|Lifecycle|LongGenerator|NativeGenerator|Stack'

# Emulated, the second compiler costs more time than its code saves.
prepare() {
  set_up
  native_bodies
  CHILD_OPTIONS="-XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=10"
  LEFT_OUT+=("noexec: the emulator reads code as data, so it also runs what lies where nothing may be executed"
    "many-mappings: the emulator takes minutes to make 30,000")
}

newest() {
  local SUITES=$NEWEST_SUITES
  export SUITES
  part "JUnit of what looks into the virtual machine, HotSpot $NEWEST_JDK" \
    junit "arm64:$NEWEST_JDK" 'CLibrary|HotSpot' -Dfringe.test.scale=0.02 -XX:TieredStopAtLevel=1
  part "stress, HotSpot $NEWEST_JDK" torture "arm64:$NEWEST_JDK" -XX:TieredStopAtLevel=1
}

jvm() {
  local collector
  prepare
  for collector in G1 Serial Z; do
    local -a options=(-XX:TieredStopAtLevel=1 "-XX:+Use${collector}GC")
    local classes=$COLLECTED title=" of collected objects"
    if [[ $collector == G1 ]]; then
      classes='.*' title=
    fi
    part "JUnit$title, HotSpot, ${collector}GC" junit arm64 "$classes" -Dfringe.test.scale=0.02 "${options[@]}"
    part "stress, HotSpot, ${collector}GC" torture arm64 "${options[@]}"
  done
  newest
}

# What starts virtual machines takes half of the time, and tests little that the architecture matters to.
smoke() {
  prepare
  part "JUnit of what generators mean, HotSpot, G1GC" \
    junit arm64 @semantics -Dfringe.test.scale=0.02 -XX:TieredStopAtLevel=1 -XX:+UseG1GC
  newest
}

# A fork for each benchmark would take 40 seconds, nearly all of it for starting. Without the second compiler
# what one benchmark leaves in the profiles does not matter to the next.
measure() {
  benchmarks arm64 "Emulated by qemu, first compiler only, no forks. Times mean nothing; ratios say how the
emulator weighs instructions, not how a processor does." \
    "-XX:TieredStopAtLevel=1 -Ddev.fringe.bench.warmUp=1000" --no-forks "$@"
}
