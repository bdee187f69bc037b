#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=3000 alone=yes
# The Python module, built as `pip install .` builds it and installed into a Python of its own. The first build takes
# some minutes; later ones only what has changed.
set -euo pipefail
root=${HOPFLOW_ROOT:-$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/../..")}
tools=$root/.tools/python
if [ ! -x "$tools/bin/python" ]; then
  echo "skipped: no .tools/python with nanobind and scikit-build-core; HOPFLOW_TESTS=1 bash .setup.sh makes it"
  exit 77
fi
log=$(mktemp)
export CCACHE_DIR=${CCACHE_DIR:-$root/build/ccache} CMAKE_GENERATOR=Ninja
if ! "$tools/bin/python" -m pip install --disable-pip-version-check --no-index --no-build-isolation --no-deps --force-reinstall "$root" >"$log" 2>&1; then
  tail -n 40 "$log"
  rm -f -- "$log"
  exit 1
fi
rm -f -- "$log"
cd "$(mktemp -d)"
exec "$tools/bin/python" -B "$root/tests/python/check_module.py"
