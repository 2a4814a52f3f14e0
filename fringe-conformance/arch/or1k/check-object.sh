#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# usage: check-object.sh READELF OBJECT PROGRAM
#
# What can be said about a fringe.o without running it, as check-object.sh of the suite says it about
# libraries: every function is covered by call frame information, the stack is not executable, the text
# contains no address, nothing is imported. PROGRAM is something that the object is linked into, in which
# the frame descriptions have their addresses.

set -euo pipefail
readelf=$1
object=$2
program=$3
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

symbols=$("$readelf" -sW "$object")
names=$(awk '$4 == "FUNC" {print $8}' <<< "$symbols")

frames=$("$readelf" --debug-dump=frames "$program" 2> /dev/null | sed -n 's/.* FDE .*pc=\(.*\)/\1/p')
why=
while read -r start size name; do
  range=$(printf '%08x..%08x' $((16#$start)) $((16#$start + size)))
  grep -qxF "$range" <<< "$frames" || why+="$name is not covered; "
done < <("$readelf" -sW "$program" | awk '$4 == "FUNC" {print $2, $3, $8}' | grep -wF "$names")
check "call frame information covers every function ($(wc -l <<< "$names") of them)" "${why%; }"

why=
for name in fringe_init fringe_swap fringe_yield fringe_configure fringe_thread_pointer fringe_entry \
  fringe_dematerialise fringe_await fringe_resume fringe_suspend fringe_materialise; do
  awk -v n="$name" '$8 == n && $4 == "FUNC" && $5 == "GLOBAL" && $7 != "UND" {found = 1} END {exit !found}' \
    <<< "$symbols" || why+="$name is not exported; "
done
exported=$(awk '$5 == "GLOBAL" && $7 ~ /^[0-9]+$/ && $8 !~ /^fringe_/ {print $8}' <<< "$symbols")
check "exports the functions of fringe.h and nothing else" "${why%; }$exported"

grep -q ' __morestack$' <<< "$symbols" && why= || why="gdb calls the stack corrupt without it"
check "the splice is called __morestack" "$why"

flags=$("$readelf" -SW "$object" | sed -n 's/.* \.note\.GNU-stack  *PROGBITS  *[0-9a-f]* [0-9a-f]* [0-9a-f]* [0-9a-f]* \(.*\)/\1/p')
[[ -n $flags && $flags != *X* ]] && why= || why="the section that says so is missing or says otherwise"
check "the stack is not executable" "$why"

why=$("$readelf" -SW "$object" | sed 's/^ *\[ *[0-9]*\]//' | awk '$7 ~ /W/ && $7 ~ /X/ {print $1}')
check "nothing is writable and executable" "$why"

why=$("$readelf" -rW "$object" | awk '/^Relocation section/ {text = /\.rela\.text/} text && $3 ~ /^R_/ && $3 != "R_OR1K_32_PCREL" {print $3}')
check "the text contains distances and no addresses" "$why"

why=$(awk '$7 == "UND" && $8 != "" {print $8}' <<< "$symbols")
check "nothing is imported" "$why"

echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
