#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# usage: scripts/install-jdk.sh [VERSION]
#
# Puts Debian's JDK into .fringe/jdk, with the C library it was built for, because the machine's own may
# be older; of a major version other than the one that everything is compiled for, into .fringe/jdk-VERSION.
# Quick when it is there already. Prints its home.

set -euo pipefail
FRINGE_ROOT=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
. "$FRINGE_ROOT/scripts/lib.sh"
. "$FRINGE_ROOT/scripts/debian.sh"

version=${1:-$JDK_VERSION}
[[ $version =~ ^[0-9]+$ ]] || die "usage: scripts/install-jdk.sh [VERSION]"
root=$CACHE/jdk
[[ $version == "$JDK_VERSION" ]] || root+=-$version
unpack_java "$(dpkg --print-architecture)" "$root" "$version" jdk
home=$(readlink -f "$root/java")
"$home/bin/javac" -version >&2
echo "$home"
