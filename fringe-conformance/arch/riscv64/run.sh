# SPDX-License-Identifier: MIT OR Apache-2.0
#
# riscv64: emulated by qemu, with Linux and on a bare board; see ../../lib.sh.

CC=riscv64-linux-gnu-gcc
READELF=riscv64-linux-gnu-readelf
# Else the linker puts code and data into one segment of programs as small as these.
SEPARATE=-Wl,-z,separate-code
COUNT=(qemu-riscv64 "$SUITE/arch/$ARCH/start-linux.S" $SEPARATE)
THREAD_POINTER='$tp'

run() {
  shared_library libfringe.so
  part "the library" bash "$SUITE/check-object.sh" "$READELF" "$OUT/libfringe.so"

  freestanding bare $SEPARATE "$SUITE/bare.c" "$SUITE/arch/$ARCH/start-linux.S"
  part "bare, Linux without a C library" qemu-riscv64 "$OUT/bare"

  # The addresses of the board are out of reach of the code model that Linux programs have.
  freestanding board -mcmodel=medany -Wl,--section-start=.init=0x80000000,--build-id=none $SEPARATE \
    "$SUITE/bare.c" "$SUITE/arch/$ARCH/start-virt.S"
  part "bare, no operating system (virt board)" qemu-system-riscv64 -M virt -bios none \
    -nic none -display none -monitor none -serial stdio -no-reboot -kernel "$OUT/board"

  local LINKER FOLDER cross=/usr/riscv64-linux-gnu
  hosted hosted -static "$SUITE/hosted.c"
  part "hosted, Linux" qemu-riscv64 "$OUT/hosted"
  hosted hosted-dynamic "$SUITE/hosted.c"
  part "hosted, Linux, glibc $(version_of "$cross"/lib/ld-linux-riscv64-lp64d.so.1 qemu-riscv64)" \
    qemu-riscv64 -L "$cross" "$OUT/hosted-dynamic"
  newer_libc riscv64
  part "hosted, Linux, glibc $(version_of "$LINKER" qemu-riscv64)" \
    qemu-riscv64 "$LINKER" --library-path "$FOLDER" "$OUT/hosted-dynamic"

  hosted unwind -static "$SUITE/unwind.c"
  part "unwinding by call frame information, Linux" qemu-riscv64 "$OUT/unwind"
  part "backtraces at each instruction, Linux" debugger_steps qemu-riscv64

  part "instructions" count_instructions
}

# Emulated, the second compiler costs more time than its code saves.
FIRST_COMPILER=-XX:TieredStopAtLevel=1

prepare() {
  set_up
  native_bodies
  CHILD_OPTIONS="$FIRST_COMPILER -XX:CompileThresholdScaling=10"
  LEFT_OUT+=("noexec: the emulator reads code as data, so it also runs what lies where nothing may be executed"
    "many-mappings: the emulator takes minutes to make 30,000")
}

# Whether the backend is chosen by itself is for the JUnit suite to say, with a virtual machine for each case.
smoke() {
  set_up
  part "stress, HotSpot" torture riscv64 "$FIRST_COMPILER" -Ddev.fringe.backend=riscv64
}

jvm() {
  local collector
  prepare
  part "JUnit of what generators mean, HotSpot, G1GC" \
    junit riscv64 @semantics -Dfringe.test.scale=0.02 "$FIRST_COMPILER" -XX:+UseG1GC
  for collector in G1 Serial Z; do
    part "stress, HotSpot, ${collector}GC" torture riscv64 "$FIRST_COMPILER" "-XX:+Use${collector}GC"
  done
}

measure() {
  benchmarks riscv64 "Emulated by qemu, first compiler only, no forks. Times mean nothing; ratios say how the
emulator weighs instructions, not how a processor does." \
    "$FIRST_COMPILER -Ddev.fringe.bench.warmUp=1000" --no-forks "$@"
}
