#!/usr/bin/env bash
# SPDX-License-Identifier: MIT OR Apache-2.0
#
# usage: unshare --mount --pid --fork --kill-child scripts/in-root.sh ROOT COMMAND... < PIPE
#
# Runs a command in another root folder, as root, with proc, dev and little else mounted there; or in / as it is.
# All of that is in namespaces of its own, of which this is the first process: when it ends, the kernel ends what the command has
# left running, and the mounts go with the last of them. It ends when the command ends, or as soon as the other end
# of the pipe is closed, which the kernel does for one that is killed too.

set -euo pipefail
root=$1
shift

mount --make-rprivate /
mount -t proc proc "$root/proc"
if [[ $root != / ]]; then
  mount -t sysfs -o ro sysfs "$root/sys" 2> /dev/null || true # not allowed everywhere, and not needed
  mount -t tmpfs -o mode=755,size=1m dev "$root/dev"
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
  mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  number=0
  for name in stdin stdout stderr; do
    ln -s "/proc/self/fd/$((number++))" "$root/dev/$name"
  done
  for name in null zero full random urandom tty; do
    touch "$root/dev/$name"
    mount --bind "/dev/$name" "$root/dev/$name"
  done
fi

trap 'exit 143' TERM # so that the first process heeds it
{ cat > /dev/null; kill -TERM $$; } <&0 2> /dev/null &
chroot "$root" "$@" < /dev/null &
wait $!
