#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# usage: scripts/sysroot.sh arm64 | i386
#
# Makes .fringe/sysroot-ARCH: a folder with Debian's Java runtime for that architecture and the libraries
# it needs, for scripts/foreign-java. Its java/bin/java can be run like any other. Quick when it is there
# already.

set -euo pipefail
FRINGE_ROOT=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
. "$FRINGE_ROOT/scripts/lib.sh"
. "$FRINGE_ROOT/scripts/debian.sh"

arch=${1:-}
case $arch in
  arm64 | i386) ;;
  *) die "usage: scripts/sysroot.sh arm64 | i386" ;;
esac
[[ $arch != arm64 ]] || need qemu-aarch64=qemu-user
unpack "$arch" "$CACHE/sysroot-$arch" "openjdk-$JDK_VERSION-jre-headless"
