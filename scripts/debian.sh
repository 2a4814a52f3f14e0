# SPDX-License-Identifier: MIT OR Apache-2.0
#
# Unpacks Debian packages of a newer suite, or of another architecture, into a folder. The machine's own
# packages and apt's configuration stay as they are. To be sourced, after scripts/lib.sh.

SUITE=trixie

# Where apt is told to find packages, and so where others of the same mirror are too. Sources of security
# updates are among them; whoever asks has to try.
mirrors() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sort -u
}

# private_apt ARCH COMMAND...: apt-get or apt-cache with a state of its own, in which nothing is installed.
private_apt() {
  local arch=$1 command=$2 state=$CACHE/apt-$SUITE-$1
  shift 2
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

# Fetches the index of the suite from the first mirror that has it.
private_update() {
  local arch=$1 mirror state=$CACHE/apt-$SUITE-$1 option=
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [[ ! -f $keyring ]] || option=" signed-by=$keyring"
  mkdir -p "$state"
  for mirror in $(mirrors); do
    echo "deb [arch=$arch$option] $mirror $SUITE main" > "$state/sources.list"
    if private_apt "$arch" apt-get update -o APT::Update::Error-Mode=any; then
      return
    fi
  done
  say "none of apt's sources has Debian $SUITE for $arch"
  return 1
}

# unpack ARCH ROOT PACKAGE...: unpacks packages and the libraries they depend on, and makes their programs
# run from there. None of their scripts is run. What else they depend on (certificates, tools, shells) is
# left out. Does nothing if that has been done.
unpack() {
  local arch=$1 root=$2 log=$LOGS/unpack-$1.log
  shift 2
  # The programs contain the path of the folder, so it is made again where it has been moved.
  local stamp lock
  stamp="$root: $* $(cksum < scripts/debian.sh)"
  exec {lock}> "$root.lock" # others that want the same wait
  flock "$lock"
  [[ ! -f $root/.complete || $(< "$root/.complete") != "$stamp" ]] || return 0
  say "unpacking Debian $SUITE's $* for $arch"
  need patchelf=patchelf
  rm -rf "$root"
  mkdir -p "$root"
  { unpack_into "$root" "$arch" "$@" && relocate "$root" "$arch"; } > "$log" 2>&1 < /dev/null \
    || die "can't unpack $* for $arch; see $log"
  echo "$stamp" > "$root/.complete"
  exec {lock}>&-
}

unpack_into() {
  local root=$1 arch=$2 archives=$CACHE/apt-$SUITE-$2/cache/archives name file
  shift 2
  private_update "$arch" || return 1
  local wanted=()
  while read -r name; do
    if [[ " $* " == *" $name "* || $name == lib* || $name == zlib* || $name == openjdk-* ]]; then
      wanted+=("$name")
    fi
  done < <(private_apt "$arch" apt-get install --simulate "$@" | sed -n 's/^Inst \([^ :]*\).*/\1/p' | sort -u)
  [[ ${#wanted[@]} -gt 0 ]] || return 1
  (cd "$archives" && rm -f ./*.deb && private_apt "$arch" apt-get download "${wanted[@]}") || return 1
  # Since usr is merged, links that no package contains: where the dynamic linker is looked for.
  mkdir -p "$root/usr/bin" "$root/usr/lib" "$root/usr/lib64"
  ln -s usr/bin "$root/bin"
  ln -s usr/lib "$root/lib"
  ln -s usr/lib64 "$root/lib64"
  for file in "$archives"/*.deb; do
    # Not dpkg -x, which would put a folder where the links are.
    dpkg-deb --fsys-tarfile "$file" | tar -x -C "$root" --keep-directory-symlink --no-same-owner || return 1
  done
  rm -f "$archives"/*.deb
}

# relocate ROOT ARCH: makes the unpacked Java run where it is, with the C library beside it, which may be
# newer than this machine's or for another architecture. So it needs no chroot, no mounts and no root, and
# what it starts runs in the machine's own folders.
#
# A program names its dynamic linker by an absolute path; the dynamic linker is given its folders by
# DT_RPATH, which unlike DT_RUNPATH also holds for libraries that are loaded later, as long as those have
# no DT_RUNPATH of their own.
#
# For arm64 there is a script in the place of each program, which runs it in the emulator and tells that
# the folder, so nothing is to be written into the programs; and they can start each other.
relocate() {
  local root=$1 arch=$2 file folders linker old
  find "$root" -type l -lname '/*' | while read -r file; do
    if [[ -e $root$(readlink "$file") ]]; then
      ln -sfn --relative "$root$(readlink "$file")" "$file"
    fi
  done
  ln -s usr/lib/jvm/java-"$JDK_VERSION"-openjdk-"$arch" "$root/java"
  folders=$(ls -d "$root"/usr/lib/*-linux-gnu)
  linker=$(ls "$folders"/ld-linux*.so.* | head -1)
  find "$root"/usr/lib/jvm/ -type f -exec sh -c 'head -c 4 "$1" | grep -q "^.ELF"' - {} \; -print \
    | while read -r file; do
      old=$(patchelf --print-rpath "$file") || exit 1
      if [[ $arch == arm64 ]]; then
        patchelf --print-interpreter "$file" > /dev/null 2>&1 || continue
        mv "$file" "$file.real"
        printf '#!/bin/sh\nexec qemu-aarch64 -L "%s" "%s" "$@"\n' "$root" "$file.real" > "$file"
        chmod +x "$file"
      elif patchelf --print-interpreter "$file" > /dev/null 2>&1; then
        patchelf --set-interpreter "$linker" "$file" || exit 1
        patchelf --force-rpath --set-rpath "${old:+$old:}$folders" "$file" || exit 1
      elif [[ -n $old ]]; then
        patchelf --force-rpath --set-rpath "$old" "$file" || exit 1
      fi
    done
}
