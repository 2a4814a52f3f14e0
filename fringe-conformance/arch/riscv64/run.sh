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
