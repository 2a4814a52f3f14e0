#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# usage: scripts/bindings.sh lp64 | ilp32
#
# Generates the Java bindings of fringe.h for machines on which a pointer has 64 or 32 bits; the backends share
# them. Needs jextract on the PATH and the C library's headers for such a machine.

set -euo pipefail
FRINGE_ROOT=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
. "$FRINGE_ROOT/scripts/lib.sh"

model=${1:-}
case $model in
  lp64) flags=(--target=x86_64-linux-gnu) ;;
  ilp32) flags=(--target=i686-linux-gnu -isystem /usr/i686-linux-gnu/include) ;;
  *) die "usage: scripts/bindings.sh lp64 | ilp32" ;;
esac
command -v jextract > /dev/null || die "jextract is not on the PATH"

functions=(init swap yield configure configure_words find_module try_word thread_pointer entry dematerialise await resume suspend materialise)
options=()
for name in "${functions[@]}"; do
  options+=(--include-function "fringe_$name")
done
# jextract reads what the compiler is to be told from a file in the working directory.
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
printf '%s\n' "${flags[@]}" > "$directory/compile_flags.txt"
output=$FRINGE_ROOT/fringe-native/src/main/java
package=dev.fringe.nativestacks.binding.$model
(cd "$directory" && jextract "${options[@]}" -t "$package" --output "$output" \
  "$FRINGE_ROOT/fringe-api/src/main/native/fringe.h")

# The common part is written for the machine that jextract runs on, where a long has 64 bits.
if [[ $model == ilp32 ]]; then
  sed -i '/ C_LONG = /s/OfLong/OfInt/g' "$output/${package//.//}/fringe_h\$shared.java"
fi
