#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# usage: scripts/install-jdk.sh
#
# Puts Debian's JDK into .fringe/jdk, with the C library it was built for, because the machine's own may
# be older. Quick when it is there already.

set -euo pipefail
FRINGE_ROOT=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
. "$FRINGE_ROOT/scripts/lib.sh"
. "$FRINGE_ROOT/scripts/debian.sh"

unpack "$(dpkg --print-architecture)" "$CACHE/jdk" "openjdk-$JDK_VERSION-jdk-headless"
"$CACHE"/jdk/usr/lib/jvm/java-$JDK_VERSION-*/bin/javac -version >&2
