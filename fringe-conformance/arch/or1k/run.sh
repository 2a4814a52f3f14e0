# SPDX-License-Identifier: MIT OR Apache-2.0
#
# or1k: emulated by qemu, with Linux and on a bare board; see ../../lib.sh. There is neither a C library
# nor a JVM, nor a linker that makes shared libraries; and gdb does not know it here.

CC=or1k-elf-gcc
READELF=or1k-elf-readelf

# Where programs may be: the kernel keeps the lowest addresses free, the board has its vectors there. The
# compiler, which is for boards, would take the reset vector for the entry, and does not say that its code
# needs no executable stack.
LINK=-Wl,-Ttext=0x20000,--entry=_start,-z,noexecstack
COUNT=(qemu-or1k "$SUITE/arch/$ARCH/start-linux.S" $LINK)

# board PROGRAM: runs it until its last line; then the emulator would sleep for ever.
board() {
  local line fd pid
  exec {fd}< <(exec timeout "${PART_TIMEOUT:-600}" qemu-system-or1k -M or1k-sim -nic none -display none -monitor none \
    -serial stdio -no-reboot -kernel "$1" < /dev/null 2> "$OUT/board.log")
  pid=$!
  while read -r line <&"$fd"; do
    line=${line%$'\r'}
    echo "$line"
    [[ ! $line =~ ^[0-9]+\ passed,\ [0-9]+\ failed$ ]] || break
  done
  kill "$pid" 2> /dev/null || true
  exec {fd}<&-
}

# unwinding OUTPUT: the unwinder of the compiler's library has to be told where its information is.
unwinding() {
  local folder=$SUITE/arch/$ARCH
  sources
  "$CC" "${WARNINGS[@]}" "${FRAMES[@]}" "${FREESTANDING[@]}" "${INCLUDES[@]}" $LINK -Wl,--entry=_start_with_frames \
    "$folder"/{frames-begin.S,frames.c,threads.c,thread.S,start-linux.S} "$SUITE"/{unwind.c,suite.c} \
    "${ASSEMBLY[@]}" -lgcc "$folder/frames-end.S" -o "$OUT/$1" || die "can't build $OUT/$1"
}

run() {
  "$CC" -c -o "$OUT/fringe.o" "$FRINGE_ROOT/fringe-$ARCH/src/main/native/fringe.S" || die "can't build fringe.o"
  freestanding bare $LINK "$SUITE/bare.c" "$SUITE/arch/$ARCH/start-linux.S"
  part "the object" bash "$SUITE/arch/$ARCH/check-object.sh" "$READELF" "$OUT/fringe.o" "$OUT/bare"
  part "bare, Linux without a C library" qemu-or1k "$OUT/bare"

  freestanding board $LINK "$SUITE/bare.c" "$SUITE/arch/$ARCH/start-sim.S"
  part "bare, no operating system (or1k-sim board)" board "$OUT/board"

  local -a threads=("$SUITE/arch/$ARCH"/{threads.c,thread.S,start-linux.S})
  freestanding hosted $LINK "$SUITE/arch/$ARCH/hosted.c" "${threads[@]}"
  part "hosted, Linux without a C library" qemu-or1k "$OUT/hosted"

  unwinding unwind
  part "unwinding by call frame information, Linux without a C library" qemu-or1k "$OUT/unwind"

  part "instructions" count_instructions
}
