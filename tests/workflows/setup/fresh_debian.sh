#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The two README commands on a Debian 12 that has never seen hopflow, started by hand as root (debootstrap, a network
# and 15 GB; half an hour and more). Not part of tests/run.
#
#   bash tests/workflows/setup/fresh_debian.sh [STEP...]     steps in order: base clone user run again offline tests
#
#   base     a minimal Debian 12, made once and kept; a copy of it is the machine under test
#   clone    git clone of this clone's HEAD, into a path with a space in it
#   user     without administrator's rights: exit 3 and the line to ask for
#   run      bash workflows/run --quick
#   again    the same set-up with nothing to do: how long it takes
#   offline  the same run again without any network but loopback
#   tests    bash tests/run
#
# FRESH_FOLDER      where (default: build/fresh-debian)
# FRESH_MIRROR      Debian mirror (default: the one this machine's apt uses for bookworm)
# FRESH_CA_BUNDLE   certificates npm has to trust besides Debian's, if the network needs that
# Everything runs in mount and process namespaces of its own: when the script ends, nothing stays mounted or running.
set -euo pipefail

clone=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../../.." && pwd -P)
folder=${FRESH_FOLDER:-$clone/build/fresh-debian}
mirror=${FRESH_MIRROR:-$(apt-get indextargets --format '$(CODENAME) $(SITE)' 2>/dev/null | sed -n 's/^bookworm //p' | head -n 1)}
machine=$folder/machine
inside='/srv/hop flow'

[ -n "$mirror" ] || { echo "fresh_debian: no mirror known; set FRESH_MIRROR" >&2; exit 3; }
[ "$(id -u)" -eq 0 ] || { echo "fresh_debian: needs root (debootstrap, chroot)" >&2; exit 3; }
command -v debootstrap >/dev/null || { echo "fresh_debian: needs Debian's package debootstrap" >&2; exit 3; }
mkdir -p "$folder/archives/partial"
step() { printf '\n=== %s (%s)\n' "$1" "$(date +%T)"; }

# Runs a command in the fresh machine. The first word says whether it has a network.
in_machine() {
  local network=$1
  shift
  local -a extra=()
  [ "$network" = online ] || extra=(--net)
  unshare --mount --pid --fork --kill-child --propagation private "${extra[@]}" bash -c '
    set -e
    machine=$1 archives=$2 network=$3
    shift 3
    mount --bind "$machine" "$machine"
    mount -t proc proc "$machine/proc"
    mount --bind -o ro /sys "$machine/sys"
    mount -t tmpfs -o mode=755 tmpfs "$machine/dev"
    for device in null zero full random urandom tty; do
      touch "$machine/dev/$device"
      mount --bind "/dev/$device" "$machine/dev/$device"
    done
    mkdir "$machine/dev/shm" "$machine/dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$machine/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$machine/dev/pts"
    ln -s pts/ptmx "$machine/dev/ptmx"
    ln -s /proc/self/fd "$machine/dev/fd"
    mount --bind "$archives" "$machine/var/cache/apt/archives"
    [ "$network" = online ] || ip link set lo up
    exec chroot "$machine" /usr/bin/env -i HOME=/srv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
      LANG=C.UTF-8 ${CA:+NODE_EXTRA_CA_CERTS=/etc/fresh-ca.crt} "$@"
  ' _ "$machine" "$folder/archives" "$network" "$@"
}

do_base() {
  if [ ! -e "$folder/base/.complete" ]; then
    rm -rf --one-file-system -- "$folder/base"
    debootstrap --variant=minbase bookworm "$folder/base" "$mirror"
    touch "$folder/base/.complete"
  fi
  rm -rf --one-file-system -- "$machine"
  cp -a --reflink=auto "$folder/base" "$machine"
  printf 'deb %s bookworm main\ndeb %s bookworm-updates main\ndeb %s bookworm-security main\n' \
    "$mirror" "$mirror" "${mirror%/debian}/debian-security" >"$machine/etc/apt/sources.list"
  cp /etc/resolv.conf "$machine/etc/resolv.conf"
  printf '127.0.0.1 localhost %s\n' "$(hostname)" >"$machine/etc/hosts"
}

do_clone() {
  rm -rf -- "$machine$inside"
  git clone -q --no-hardlinks "$clone" "$machine$inside"
  git -C "$machine$inside" log -1 --oneline
  [ -e "$machine/home/somebody" ] || in_machine online useradd --create-home somebody
}

do_user() {
  local code=0
  chown -R "$(awk -F: '/^somebody:/ {print $3}' "$machine/etc/passwd")" "$machine$inside"
  in_machine online setpriv --reuid somebody --regid somebody --clear-groups bash "$inside/.setup.sh" 2>&1 |
    tee "$folder/user.txt" || code=$?
  chown -R root "$machine$inside"
  [ "$code" -eq 3 ] && grep -q '^apt-get update && apt-get install' "$folder/user.txt" ||
    { echo "fresh_debian: exit $code, and not the line for an administrator" >&2; exit 1; }
}

do_run() { (time in_machine online bash "$inside/workflows/run" --quick) 2>&1; }
do_again() { (time in_machine online bash "$inside/.setup.sh") 2>&1; }
do_offline() { (time in_machine offline bash "$inside/workflows/run" --quick) 2>&1; }
do_tests() { (time in_machine online bash "$inside/tests/run") 2>&1; }

if [ -n "${FRESH_CA_BUNDLE:-}" ]; then export CA=yes; fi
for name in "${@:-base}"; do
  declare -F "do_$name" >/dev/null || { echo "fresh_debian: no step '$name'" >&2; exit 2; }
done
[ $# -gt 0 ] || set -- base clone user run again offline tests
for name in "$@"; do
  step "$name"
  "do_$name"
  if [ "$name" = base ] && [ -n "${FRESH_CA_BUNDLE:-}" ]; then cp "$FRESH_CA_BUNDLE" "$machine/etc/fresh-ca.crt"; fi
done
