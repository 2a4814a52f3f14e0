# SPDX-License-Identifier: MIT OR Apache-2.0
#
# What the commands of ./fringe share: finding and installing tools, building, running.
# To be sourced by a file in scripts/commands, after `set -euo pipefail`.

cd "${FRINGE_ROOT:?run this through ./fringe}"

CACHE=$FRINGE_ROOT/.fringe
LOGS=$CACHE/logs
JDK_VERSION=25
mkdir -p "$LOGS"

say() { printf 'fringe: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif command -v sudo > /dev/null; then
    sudo -n "$@"
  else
    die "this needs root: $*"
  fi
}

# install PACKAGE...: Debian packages, from the suites that apt is configured with.
install() {
  say "installing $*"
  local log=$LOGS/apt.log
  {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" \
      || { as_root apt-get update \
        && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; }
  } >> "$log" 2>&1 < /dev/null || die "can't install $*; see $log"
}

# need THING=PACKAGE...: installs the packages of the things that are missing, all at once. A thing is a
# command, or a file if it has a slash.
need() {
  local pair missing=()
  for pair in "$@"; do
    case $pair in
      /*) [[ -e ${pair%%=*} ]] ;;
      *) command -v "${pair%%=*}" > /dev/null ;;
    esac || missing+=("${pair#*=}")
  done
  [[ ${#missing[@]} == 0 ]] || install "${missing[@]}"
}

# The feature version of the JDK in a directory; nothing if it is not a JDK.
jdk_version() {
  [[ -x $1/bin/javac && -f $1/release ]] || return 0
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

# Where a JDK may be: JAVA_HOME, Maven's toolchains, the usual directory, our own cache.
jdk_candidates() {
  [[ -z ${JAVA_HOME:-} ]] || echo "$JAVA_HOME"
  [[ ! -f $HOME/.m2/toolchains.xml ]] \
    || sed -n 's:.*<jdkHome>\(.*\)</jdkHome>.*:\1:p' "$HOME/.m2/toolchains.xml"
  ls -d /usr/lib/jvm/*/ 2> /dev/null || true
  ls -d "$CACHE"/jdk/usr/lib/jvm/*/ 2> /dev/null || true
}

# Sets JDK to the home of a JDK that is new enough, installing one if there is none.
find_jdk() {
  local home version
  while read -r home; do
    version=$(jdk_version "${home%/}")
    if [[ -n $version && $version -ge $JDK_VERSION ]]; then
      JDK=${home%/}
      break
    fi
  done < <(jdk_candidates)
  if [[ -z ${JDK:-} ]]; then
    bash scripts/install-jdk.sh || die "no JDK $JDK_VERSION and none could be installed"
    JDK=$(ls -d "$CACHE"/jdk/usr/lib/jvm/java-$JDK_VERSION-*/ | head -1)
    JDK=${JDK%/}
  fi
  export JDK
  # Where Maven's toolchains plugin looks, besides the usual directories.
  export JAVA${JDK_VERSION}_HOME="$JDK"
}

# Everything that building and running on this machine takes. Quick when it is all there.
set_up() {
  need mvn=maven x86_64-linux-gnu-gcc=gcc-x86-64-linux-gnu aarch64-linux-gnu-gcc=gcc-aarch64-linux-gnu \
    i686-linux-gnu-gcc=gcc-i686-linux-gnu or1k-elf-gcc=gcc-or1k-elf /usr/include/stdlib.h=libc6-dev
  find_jdk
}

# maven LOG ARGUMENT...: Maven, its output in a log; the end of the log if it fails.
maven() {
  local log=$LOGS/$1.log
  shift
  if ! mvn -B -ntp "$@" > "$log" 2>&1 < /dev/null; then
    tail -n 60 "$log" >&2
    die "the build failed; all of its output is in $log"
  fi
}

# build MODULE: the module and what it depends on, without tests. Its class path is in
# MODULE/target/classpath.txt.
build() {
  [[ -z ${FRINGE_BUILT:-} || ! -d $1/target/classes ]] || return 0 # ./fringe test has built everything
  say "building $1"
  maven "build-${1//\//-}" -DskipTests package -pl "$1" -am
}

# class_path MODULE: what the module was built with, and the module.
class_path() {
  echo "$FRINGE_ROOT/$1/target/classes:$(cat "$FRINGE_ROOT/$1/target/classpath.txt")"
}

# java ARGUMENT...: the JDK's, with native access.
java() {
  "$JDK/bin/java" --enable-native-access=ALL-UNNAMED "$@"
}
