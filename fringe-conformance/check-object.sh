#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# usage: check-object.sh READELF LIBRARY [PROPERTY]
#
# What can be said about a libfringe.so, and LIBRARY.o of which it was made, without running it: every function is covered by call frame
# information, the stack is not executable, the text is not relocated, nothing is imported, and the GNU
# property note names PROPERTY, where the architecture has one.

set -euo pipefail
readelf=$1
library=$2
property=${3:-}
passed=0
failed=0

# check NAME REASON: has failed if there is a reason.
check() {
  if [[ -z $2 ]]; then
    echo "ok $1"
    passed=$((passed + 1))
  else
    echo "FAILED $1: $2"
    failed=$((failed + 1))
  fi
}

# Name, start and size of each function, in decimal.
functions=$("$readelf" -sW "$library" \
  | awk '$4 == "FUNC" && $7 != "UND" && !seen[$2, $3, $8]++ {print $8, $2, $3}' \
  | while read -r name start size; do echo "$name $((16#$start)) $((size))"; done)
# Start and end of each frame description.
descriptions=$("$readelf" --debug-dump=frames "$library" 2> /dev/null \
  | sed -n 's/.* FDE .*pc=\([0-9a-f]*\)\.\.\([0-9a-f]*\)$/\1 \2/p' \
  | while read -r start end; do echo "$((16#$start)) $((16#$end))"; done)

why=
while read -r name start size; do
  if [[ $size == 0 ]]; then
    why+="$name has no size; "
  elif ! awk -v s="$start" -v e=$((start + size)) '$1 <= s && e <= $2 {found = 1} END {exit !found}' \
    <<< "$descriptions"; then
    why+="$name is not covered; "
  fi
done <<< "$functions"
check "call frame information covers every function ($(wc -l <<< "$functions") of them)" "${why%; }"

why=
for name in fringe_init fringe_swap fringe_yield fringe_configure fringe_thread_pointer fringe_entry \
  fringe_dematerialise fringe_await fringe_resume fringe_suspend fringe_materialise; do
  "$readelf" --dyn-syms -W "$library" \
    | awk -v n="$name" '$8 == n && $4 == "FUNC" && $7 != "UND" {found = 1} END {exit !found}' \
    || why+="$name is not exported; "
done
exported=$("$readelf" --dyn-syms -W "$library" | awk '$4 != "SECTION" && $7 ~ /^[0-9]+$/ && $8 !~ /^(fringe_|__jit_debug_)/ {print $8}')
check "exports the functions of fringe.h, the names gdb looks for, and nothing else" "${why%; }$exported"

grep -q ' __morestack$' <<< "$("$readelf" -sW "$library")" && why= || why="gdb calls the stack corrupt without it"
check "the splice is called __morestack" "$why"

flags=$("$readelf" -lW "$library" | awk '$1 == "GNU_STACK" {print $7 $8}')
[[ $flags == RW* && $flags != *E* ]] && why= || why="the flags of GNU_STACK are \"$flags\""
# The linker is told so too, hence what the assembly itself says.
stack=$("$readelf" -SW "$library.o" | awk '/ \.note\.GNU-stack / {print}')
[[ -n $stack ]] || why+="the object does not say"
[[ $stack != *" X "* ]] || why+="the object asks for one that is"
check "the stack is not executable" "$why"

why=$("$readelf" -lW "$library" | awk '$1 == "LOAD" {f = ""; for (i = 7; i < NF; i++) f = f $i; if (f ~ /W/ && f ~ /E/) print f}')
check "nothing is writable and executable" "$why"

grep -q TEXTREL <<< "$("$readelf" -dW "$library")" && why="there is a TEXTREL entry" || why=
check "the text is not relocated" "$why"

why=$("$readelf" --dyn-syms -W "$library" | awk '$7 == "UND" && $8 != "" {print $8}')
check "nothing is imported" "$why"

if [[ -n $property ]]; then
  grep -qw "$property" <<< "$("$readelf" -nW "$library")" && why= || why="no such property"
  check "the property note says $property" "$why"
fi

echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
