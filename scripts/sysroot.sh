#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# usage: scripts/sysroot.sh ARCH[:VERSION]
#
# Makes .fringe/sysroot-ARCH: a folder with Debian's Java runtime for that architecture (in Debian's words:
# arm64, i386, ...) and the libraries it needs, for scripts/foreign-java; with a major version of Java other
# than the one that everything is compiled for, .fringe/sysroot-ARCH-VERSION. Its java/bin/java can be run like
# any other. Quick when it is there already. Prints the folder.

set -euo pipefail
FRINGE_ROOT=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
. "$FRINGE_ROOT/scripts/lib.sh"
. "$FRINGE_ROOT/scripts/debian.sh"

[[ ${1:-} =~ ^([a-z0-9]+)(:([0-9]+))?$ ]] || die "usage: scripts/sysroot.sh ARCH[:VERSION]"
arch=${BASH_REMATCH[1]} version=${BASH_REMATCH[3]:-$JDK_VERSION}
root=$CACHE/sysroot-$arch
[[ $version == "$JDK_VERSION" ]] || root+=-$version
unpack_java "$arch" "$root" "$version" jre
echo "$root"
