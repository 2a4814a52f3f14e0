#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# usage: scripts/bindings.sh x86_64 | aarch64 | x86 | or1k
#
# Generates the Java bindings of a backend from fringe.h. Needs jextract on the PATH and the C library's
# headers for the architecture (for or1k those of x86: the widths are the same).

set -euo pipefail
FRINGE_ROOT=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
. "$FRINGE_ROOT/scripts/lib.sh"

arch=${1:-}
case $arch in
  x86_64) flags=(--target=x86_64-linux-gnu) ;;
  aarch64) flags=(--target=aarch64-linux-gnu) ;;
  x86 | or1k) flags=(--target=i686-linux-gnu -isystem /usr/i686-linux-gnu/include) ;;
  *) die "usage: scripts/bindings.sh x86_64 | aarch64 | x86 | or1k" ;;
esac
command -v jextract > /dev/null || die "jextract is not on the PATH"

functions=(init swap yield configure configure_words find_module thread_pointer entry dematerialise await resume suspend materialise)
options=()
for name in "${functions[@]}"; do
  options+=(--include-function "fringe_$name")
done
for name in FRINGE_FORCE_SYSCALL FRINGE_SHARED_EXIT_WORD FRINGE_CLEAR_EXIT_WORD FRINGE_READY FRINGE_FAILED; do
  options+=(--include-constant "$name")
done
for name in fringe_context fringe_bare; do
  options+=(--include-struct "$name")
done

# jextract reads what the compiler is to be told from a file in the working directory.
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
printf '%s\n' "${flags[@]}" > "$directory/compile_flags.txt"
output=$FRINGE_ROOT/fringe-$arch/src/main/java
package=dev.fringe.$arch.binding
(cd "$directory" && jextract "${options[@]}" -t "$package" --output "$output" \
  "$FRINGE_ROOT/fringe-api/src/main/native/fringe.h")

# The common part is written for the machine that jextract runs on, where a long has 64 bits.
case $arch in
  x86 | or1k)
    sed -i '/ C_LONG = /s/OfLong/OfInt/g' "$output/${package//.//}/fringe_h\$shared.java" ;;
esac
