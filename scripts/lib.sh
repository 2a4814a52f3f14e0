# SPDX-License-Identifier: MIT OR Apache-2.0
#
# What the commands of ./fringe share: finding and installing tools, building, running.
# To be sourced by a file in scripts/commands, after `set -euo pipefail`.

cd "${FRINGE_ROOT:?run this through ./fringe}"

CACHE=$FRINGE_ROOT/.fringe
LOGS=$CACHE/logs
JDK_VERSION=25 # what everything is compiled for
NEWEST_JDK=27 # the newest release
NEWEST_SUITES='sid forky trixie' # Debian's, where what is newest is looked for first
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

# end_descendants: ends what this process has started, and what that has, and waits for it; what has not heeded
# that after 10 seconds is killed.
end_descendants() {
  local -a found=() waiting=($$)
  local id
  while [[ ${#waiting[@]} -gt 0 ]]; do
    id=${waiting[0]}
    waiting=("${waiting[@]:1}" $(cat /proc/"$id"/task/*/children 2> /dev/null || true))
    [[ $id == $$ ]] || found+=("$id")
  done
  for id in "${found[@]}"; do
    kill -TERM "$id" 2> /dev/null || true
  done
  for _ in {1..100}; do
    kill -0 "${found[@]}" 2> /dev/null || break # any of them
    sleep 0.1
  done
  for id in "${found[@]}"; do
    kill -KILL "$id" 2> /dev/null || true
  done
  wait
}

# retry TIMES COMMAND...: runs a command until it succeeds, with a pause before each new attempt.
retry() {
  local times=$1 attempt
  shift
  for ((attempt = 1; ; attempt++)); do
    ! "$@" || return 0
    [[ $attempt -lt $times ]] || return 1
    sleep $((2 * attempt))
  done
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 \
    install -y --no-install-recommends "$@"
}

updated_install() {
  as_root apt-get -o Acquire::Retries=3 update
  apt_install "$@"
}

# install PACKAGE...: Debian packages, from the suites that apt is configured with.
install() {
  type -P apt-get > /dev/null || die "this is not Debian, so what is missing can't be installed: the packages $*"
  say "installing $*"
  { apt_install "$@" || retry 3 updated_install "$@"; } >> "$LOGS/apt.log" 2>&1 < /dev/null
}

# The rows of scripts/tools, as "THING PACKAGE USE...".
tools() {
  sed '/^#/d; /^$/d' "$FRINGE_ROOT/scripts/tools"
}

# found THING: whether a command or a file of the table is there.
found() {
  case $1 in
    */*) [[ -e $1 ]] ;;
    *) type -P "$1" > /dev/null ;;
  esac
}

# need USE...: installs what is missing for some uses in the table, all at once. INSTALLED are the packages then,
# and LEFT_OUT_PACKAGES those that could not be installed, and that one can do without.
need() {
  local thing package uses use known=' '
  local -a things=()
  local -A missing=() optional=()
  while read -r thing package uses; do
    [[ $package != *:* ]] || continue
    for use in "$@"; do
      case " $uses " in
        *" $use "*) found "$thing" || { missing[$package]=1; things+=("$thing"); } ;;
        *" $use? "*) found "$thing" || optional[$package]=1 ;;
        *) continue ;;
      esac
      known+="$use "
    done
  done < <(tools)
  for use in "$@"; do
    [[ $known == *" $use "* ]] || die "scripts/tools has no row for \"$use\""
  done
  INSTALLED=() LEFT_OUT_PACKAGES=()
  if [[ ${#missing[@]} -gt 0 ]]; then
    mapfile -t INSTALLED < <(printf '%s\n' "${!missing[@]}" | sort)
    install "${INSTALLED[@]}" || die "can't install ${INSTALLED[*]}; see $LOGS/apt.log"
    hash -r
    for thing in "${things[@]}"; do
      found "$thing" || die "$thing is still missing; scripts/tools names a package that does not bring it"
    done
  fi
  for package in "${!optional[@]}"; do
    [[ -z ${missing[$package]:-} ]] || continue
    if install "$package"; then
      INSTALLED+=("$package")
    else
      LEFT_OUT_PACKAGES+=("$package")
      say "can't install $package, going on without; see $LOGS/apt.log"
    fi
  done
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
    JDK=$(bash scripts/install-jdk.sh) || die "no JDK $JDK_VERSION and none could be installed"
  fi
  export JDK
  # Where Maven's toolchains plugin looks, besides the usual directories.
  export JAVA${JDK_VERSION}_HOME="$JDK"
}

# Everything that building and running on this machine takes. Quick when it is all there.
set_up() {
  need build
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

# modules_of MODULE: the folders of the module, of its parents and of what it depends on.
modules_of() {
  local -a waiting=("$1")
  local -A seen=()
  local module name
  while [[ ${#waiting[@]} -gt 0 ]]; do
    module=${waiting[0]}
    waiting=("${waiting[@]:1}")
    [[ -z ${seen[$module]:-} && -f $module/pom.xml ]] || continue
    seen[$module]=1
    echo "$module"
    while read -r name; do
      waiting+=("$name" "${name%-*}/$name") # a module of a module has its name in front
    done < <(sed -n 's:.*<artifactId>\(fringe-.*\)</artifactId>.*:\1:p' "$module/pom.xml" | sort -u)
  done
}

# fingerprint MODULE: changes when something does that the module is built from.
fingerprint() {
  local module
  local -a inputs=(pom.xml scripts/lib.sh "$1/src")
  for module in $(modules_of "$1"); do
    inputs+=("$module/pom.xml" "$module/src/main")
  done
  {
    echo "$JDK"
    { find "${inputs[@]}" -type f -printf "%p %s %T@\n" 2> /dev/null || true; } | sort -u
  } | cksum
}

# built MODULE FINGERPRINT: whether all of it is there, as it was built from what has the fingerprint.
built() {
  local part
  [[ -d $1/target/classes && -f $1/target/classpath.txt && $(cat "$1/target/fingerprint" 2> /dev/null) == "$2" ]] \
    || return 1
  while read -r part; do
    [[ -z $part || -e $part ]] || return 1
  done < <(tr ':' '\n' < "$1/target/classpath.txt")
}

# build MODULE: the module and what it depends on, without tests, if something has changed. Its class path is in
# MODULE/target/classpath.txt.
build() {
  [[ -z ${FRINGE_BUILT:-} || ! -d $1/target/classes ]] || return 0 # ./fringe test has built everything
  local now lock
  exec {lock}> "$CACHE/build.lock" # two at a time would take each other's files away
  flock "$lock"
  now=$(fingerprint "$1")
  if ! built "$1" "$now"; then
    say "building $1"
    rm -f "$1/target/fingerprint"
    maven "build-${1//\//-}" -DskipTests package -pl "$1" -am
    echo "$now" > "$1/target/fingerprint"
  fi
  exec {lock}>&-
}

# class_path MODULE: what the module was built with, and the module.
class_path() {
  echo "$FRINGE_ROOT/$1/target/classes:$(cat "$FRINGE_ROOT/$1/target/classpath.txt")"
}

# java ARGUMENT...: the JDK's, with native access.
java() {
  "$JDK/bin/java" --enable-native-access=ALL-UNNAMED "$@"
}
