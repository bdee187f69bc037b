#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=1200 alone=yes
# The main job as a user calls it: workflows/run, from another folder, into a folder with a blank in its name.
set -u
root=${HOPFLOW_ROOT:-$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/../../..")}
folder=${HOPFLOW_TEST_FOLDER:-$(mktemp -d)}
failed=0
check() {
  local what=$1
  shift
  if "$@"; then echo "ok    $what"; else
    echo "FAIL  $what"
    tail -n 20 "$folder/errors" | sed 's/^/      /'
    failed=1
  fi
}
cd "$folder" || exit 1
run="my runs/quick"
start() { bash "$root/workflows/run" "$@" >out 2>errors; }
number() { /usr/bin/python3 -c "import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])" "$@"; }
results() { (cd "$1" && find summary.json barriers.csv report.html hops device crossbar -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum); }

start --quick -o "$run"
code=$?
check "the quick study ends with 0 or 5 (exit $code)" [ "$code" -eq 0 -o "$code" -eq 5 ]
check "and its last line names the report" [ "$(tail -n 1 out)" = "Report: $(realpath "$run/report.html")" ]
check "three materials went all the way" /usr/bin/python3 - "$run/summary.json" <<'PYTHON'
import json, sys
summary = json.load(open(sys.argv[1]))
assert len(summary["materials"]) == 3
for material in summary["materials"]:
    done = [b for b in material["barriers"] if b["status"] == "converged"]
    assert done and all(b["forward_ev"] > 0 and b["reverse_ev"] > 0 and b["evaluations"] > 0 for b in done), material["name"]
    assert material["engine"]["parameters_hash"] and material["device"] and material["crossbar"], material["name"]
    assert 0.1 < material["snn"]["accuracy_mean"] <= 1, material["name"]
    assert "does not percolate" in material["network"]["note"], material["name"]
PYTHON
if command -v node >/dev/null && command -v chromium >/dev/null; then
  bash "$root/tests/workflows/report/check.sh" "$run/report.html" --short >errors
  check "its report has nothing to find in a browser" [ $? -eq 0 ]
fi
asked=$(number "$run/timing.json" evaluations_asked_of_engines)
check "engines were asked ($asked times)" [ "$asked" -gt 100 ]
results "$run" >first.sums

start --quick -o "$run"
check "a second call ends the same way" [ $? -eq "$code" ]
check "asks no engine" [ "$(number "$run/timing.json" evaluations_asked_of_engines)" -eq 0 ]
check "and leaves the same bytes" diff first.sums <(results "$run")

start --quick -o "$run" --dry-run
check "a dry run ends with 0 and names no report" [ $? -eq 0 -a "$(grep -c '^Report:' out)" = 0 ]
expected=$(sed -n 's/^  about \([0-9]*\) evaluations.*/\1/p' out)
check "a dry run expects the evaluations there were within a factor of two ($expected, $asked)" \
  [ "$((2 * expected))" -ge "$asked" -a "$expected" -le "$((2 * asked))" ]
# Where the shell allows more ranks than cores, thousands would start.
(unset OMPI_MCA_rmaps_base_oversubscribe; HOPFLOW_RANKS=9999 start --quick -o "$run")
check "more ranks than there is room for: not 0" [ $? -ne 0 ]
check "the launcher says why" grep -q -i 'slots' errors
check "and the report of an earlier run is not named" [ "$(grep -c '^Report:' out)" = 0 ]

start --no-such-option
check "an unknown option is exit 2" [ $? -eq 2 ]
check "and named" grep -q -- '--no-such-option' errors
start no-such-study.yaml
check "a study that isn't there is exit 4" [ $? -eq 4 ]
check "and named" grep -q 'no-such-study.yaml' errors
start --print-config
check "--print-config prints the study" grep -q '^study: three-cations' out
check "nothing but the named folder was written" [ "$(ls)" = "$(printf '%s\n' errors first.sums 'my runs' out)" ]
exit "$failed"
