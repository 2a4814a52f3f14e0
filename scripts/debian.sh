# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Unpacks Debian packages of a newer suite, or of another architecture, into a folder. The machine's own
# packages and apt's configuration stay as they are. To be sourced, after scripts/lib.sh.

# Where packages are looked for, in this order; SUITES in the environment replaces it.
SUITES=${SUITES:-trixie forky sid}

# debian_sources: where apt is told to find Debian's packages, as "main URI" or "security URI". Those of other
# suites are there too. apt knows who a source is from once it has fetched its lists; until then by its suite.
debian_sources() {
  local option
  for option in --no-release-info --release-info; do
    apt-get indextargets $option --format '$(ORIGIN) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' 2> /dev/null || true
  done | awk '
    $1 == "Debian" || $(NF - 1) ~ /^(bullseye|bookworm|trixie|forky|sid|(old)*stable|testing|unstable)($|[-\/])/ {
      print ($(NF - 1) ~ /security/ ? "security" : "main"), $NF
    }' | sort -u
}

mirrors() {
  debian_sources | sed -n 's/^main //p'
}

# private_apt SUITE ARCH COMMAND...: apt-get with a state of its own, in which nothing is installed.
private_apt() {
  local suite=$1 arch=$2 command=$3 state=$CACHE/apt-$1-$2
  shift 3
  mkdir -p "$state"/{state/lists/partial,cache/archives/partial}
  touch "$state/status"
  "$command" -q -y \
    -o APT::Architecture="$arch" -o APT::Architectures::="$arch" -o APT::Sandbox::User=root \
    -o APT::Install-Recommends=false -o Acquire::Languages=none -o Acquire::Retries=3 \
    -o Dir::State="$state/state" -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" \
    -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
    "$@"
}

# private_update SUITE ARCH: fetches the index of a suite from the first mirror that has it.
private_update() {
  local suite=$1 arch=$2 mirror state=$CACHE/apt-$1-$2 option=
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [[ ! -f $keyring ]] || option=" signed-by=$keyring"
  mkdir -p "$state"
  for mirror in $(mirrors); do
    echo "deb [arch=$arch$option] $mirror $suite main" > "$state/sources.list"
    if private_apt "$suite" "$arch" apt-get update -o APT::Update::Error-Mode=any; then
      return
    fi
    rm -rf "$state/state/lists" # an index that does not agree with its release file would be asked for again
  done
  echo "none of apt's sources has a usable index of Debian $suite for $arch"
  return 1
}

# unpack ARCH ROOT PACKAGE...: unpacks packages (with the libraries that they depend on) of the first of the
# SUITES that has a usable index and all of them, and makes a Java among them run from there. ARCH is Debian's
# name of an architecture. None of the packages' scripts is run. What else they depend on (certificates, tools,
# shells) is left out. Does nothing if that has been done. ROOT/.suite tells the suite.
#
# It is unpacked beside ROOT, which is replaced when everything has succeeded.
unpack() {
  (unpack_locked "$@")
}

# unpack_java ARCH ROOT VERSION jre|jdk: Java of a major version; ROOT/java is its home.
unpack_java() {
  unpack "$1" "$2" "openjdk-$3-$4-headless"
}

unpack_locked() {
  local arch=$1 root=$2 new=$2.new suite stamp lock
  local log=$LOGS/unpack-${2##*/}.log
  shift 2
  # The programs contain the path of the folder, so it is made again where it has been moved.
  stamp="$root: $* from $SUITES, $(cksum < "$FRINGE_ROOT/scripts/debian.sh")"
  mkdir -p "${root%/*}"
  exec {lock}> "$root.lock" # others that want the same wait
  flock "$lock"
  [[ ! -f $root/.complete || $(< "$root/.complete") != "$stamp" ]] || return 0
  need unpack
  cpu "$arch" > /dev/null
  ! emulated "$arch" || need "emulate:$(cpu "$arch")"
  trap "rm -rf ${new@Q}" EXIT
  : > "$log"
  for suite in $SUITES; do
    say "unpacking Debian $suite's $* for $arch"
    rm -rf "$new"
    mkdir -p "$new"
    if fetch_packages "$suite" "$arch" "$new" "$@" >> "$log" 2>&1 < /dev/null; then
      { unpack_fetched "$new" && relocate "$new" "$root" "$arch"; } >> "$log" 2>&1 < /dev/null \
        || die "can't unpack $* for $arch; see $log"
      echo "$suite" > "$new/.suite"
      echo "$stamp" > "$new/.complete"
      rm -rf "$root"
      mv "$new" "$root"
      return
    fi
    say "Debian $suite has no usable index for $arch, or not all of $*; see $log"
  done
  die "none of Debian's $SUITES has $* for $arch"
}

# fetch_packages SUITE ARCH FOLDER PACKAGE...: downloads packages and the libraries they need into FOLDER/.debs.
fetch_packages() {
  local suite=$1 arch=$2 archives=$3/.debs state=$CACHE/apt-$1-$2 lock name
  local -a wanted=()
  shift 3
  mkdir -p "$archives" "$state"
  exec {lock}> "$state.lock" # apt does not wait for another that updates the same state
  flock "$lock"
  retry 3 private_update "$suite" "$arch" || return 1
  while read -r name; do
    if [[ " $* " == *" $name "* || $name == lib* || $name == zlib* || $name == openjdk-* ]]; then
      wanted+=("$name")
    fi
  done < <(private_apt "$suite" "$arch" apt-get install --simulate "$@" | sed -n 's/^Inst \([^ :]*\).*/\1/p' | sort -u)
  if [[ ${#wanted[@]} == 0 ]]; then
    # Once more, for what apt says of it.
    private_apt "$suite" "$arch" apt-get install --simulate "$@"
    return 1
  fi
  cd "$archives" && retry 3 private_apt "$suite" "$arch" apt-get download "${wanted[@]}" || return 1
  cd "$FRINGE_ROOT"
  exec {lock}>&-
}

unpack_fetched() {
  local root=$1 file
  # Since usr is merged, links that no package contains: where the dynamic linker is looked for.
  mkdir -p "$root/usr/bin" "$root/usr/lib" "$root/usr/lib64"
  ln -s usr/bin "$root/bin"
  ln -s usr/lib "$root/lib"
  ln -s usr/lib64 "$root/lib64"
  for file in "$root"/.debs/*.deb; do
    # Not dpkg -x, which would put a folder where the links are.
    dpkg-deb --fsys-tarfile "$file" | tar -x -C "$root" --keep-directory-symlink --no-same-owner || return 1
  done
  rm -rf "$root/.debs"
}

# cpu ARCH: what GNU, and so the emulator, calls the CPU of one of Debian's architectures.
cpu() {
  awk -v arch="$1" '$1 == arch { print $2; found = 1 } END { exit !found }' /usr/share/dpkg/cputable \
    || die "Debian has no architecture \"$1\""
}

# emulated ARCH: whether this machine needs an emulator for programs of an architecture.
emulated() {
  case $(dpkg --print-architecture)-$1 in
    "$1-$1" | amd64-i386) return 1 ;;
  esac
}

# relocate FOLDER ROOT ARCH: makes the Java unpacked in FOLDER, if there is one, run at ROOT, where the folder will
# be moved, with the C library beside it, which may be newer than this machine's or for another architecture. So it
# needs no chroot, no mounts and no root, and what it starts runs in the machine's own folders.
#
# A program names its dynamic linker by an absolute path; the dynamic linker is given its folders by
# DT_RPATH, which unlike DT_RUNPATH also holds for libraries that are loaded later, as long as those have
# no DT_RUNPATH of their own.
#
# Where there has to be an emulator there is a script in the place of each program, which runs it in the
# emulator and tells that the folder, so nothing is to be written into the programs; and they can start each
# other.
relocate() {
  local folder=$1 root=$2 arch=$3 file folders linker old home
  find "$folder" -type l -lname '/*' | while read -r file; do
    if [[ -e $folder$(readlink "$file") ]]; then
      ln -sfn --relative "$folder$(readlink "$file")" "$file"
    fi
  done
  home=$(cd "$folder" && ls -d usr/lib/jvm/java-*-openjdk-"$arch" 2> /dev/null | grep -v 'java-1\.' | head -1)
  [[ -n $home ]] || return 0
  ln -s "$home" "$folder/java"
  folders=$(cd "$folder" && ls -d usr/lib/*-linux-gnu*)
  linker=$root/$(cd "$folder" && ls "$folders"/ld-linux*.so.* | head -1)
  folders=$root/$folders
  find "$folder"/usr/lib/jvm/ -type f -exec sh -c 'head -c 4 "$1" | grep -q "^.ELF"' - {} \; -print \
    | while read -r file; do
      old=$(patchelf --print-rpath "$file") || exit 1
      if emulated "$arch"; then
        patchelf --print-interpreter "$file" > /dev/null 2>&1 || continue
        mv "$file" "$file.real"
        printf '#!/bin/sh\nexec qemu-%s -L "%s" "%s" "$@"\n' "$(cpu "$arch")" "$root" "$root${file#"$folder"}.real" > "$file"
        chmod +x "$file"
      elif patchelf --print-interpreter "$file" > /dev/null 2>&1; then
        patchelf --set-interpreter "$linker" "$file" || exit 1
        patchelf --force-rpath --set-rpath "${old:+$old:}$folders" "$file" || exit 1
      elif [[ -n $old ]]; then
        patchelf --force-rpath --set-rpath "$old" "$file" || exit 1
      fi
    done
}
