#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The report command end to end: pages from run folders, opened in a browser.
# hopflow-test timeout=1500
set -u
here=$(dirname "$(realpath "$0")")
program=${HOPFLOW:-$here/../../../build/release/hopflow}
folder=${HOPFLOW_TEST_FOLDER:-$(mktemp -d)}
command -v node >/dev/null && command -v chromium >/dev/null || { echo "skipped: node or chromium is not installed"; exit 77; }
ok() { echo "ok $*"; }
bad() { echo "FAIL $*"; }

for run in sample headline tiers many hostile; do
  if "$program" report "$here/$run" -o "$folder/$run.html" >/dev/null; then ok "$run: written"; else bad "$run: not written"; continue; fi
  case $run in headline|hostile) how= ;; *) how=--short ;; esac
  if findings=$(bash "$here/check.sh" "$folder/$run.html" $how); then ok "$run: nothing to find"; else bad "$run: $findings"; fi
done

if "$program" report "$here/sample" "$here/headline" -o "$folder/two.html" >/dev/null && findings=$(bash "$here/check.sh" "$folder/two.html" --short); then
  ok "two runs on one page: nothing to find"
else
  bad "two runs: $findings"
fi
"$program" report "$here/sample" "$here/headline" >/dev/null 2>"$folder/error.txt"
if [ $? -eq 2 ] && grep -q -- '-o FILE.html' "$folder/error.txt"; then ok "several runs need a name for their page"; else bad "several runs without a name"; fi
"$program" report "$here/sample" "$here/../report/sample" -o "$folder/twice.html" >/dev/null 2>"$folder/error.txt"
if [ $? -eq 2 ] && grep -q 'named twice' "$folder/error.txt"; then ok "a run named twice is refused"; else bad "a run named twice"; fi

LC_ALL=de_DE.UTF-8 TZ=Pacific/Kiritimati "$program" report "$here/sample" -o "$folder/again.html" >/dev/null
if cmp -s "$folder/sample.html" "$folder/again.html"; then
  ok "another locale and time zone: the same bytes"
else
  bad "locale or time zone changes the page"
fi

# The checks themselves can fail: a page that calls out, one that shows no figure.
sed 's|<main id="main">|<main id="main"><img src="https://example.invalid/x.png">|' "$folder/sample.html" >"$folder/calls.html"
bash "$here/check.sh" "$folder/calls.html" --short >"$folder/calls.txt"
if [ $? -eq 1 ] && grep -q 'example\.invalid' "$folder/calls.txt"; then ok "a page that calls out is found"; else bad "a page that calls out passes"; fi
sed 's|hopflow.watchFigures();|hopflow.drawNothing();|' "$folder/sample.html" >"$folder/changed.html"
bash "$here/check.sh" "$folder/changed.html" --short >"$folder/changed.txt"
if [ $? -eq 1 ] && grep -q 'Content Security Policy' "$folder/changed.txt"; then
  ok "a changed script is refused by the policy"
else
  bad "a changed script runs"
fi

mkdir -p "$folder/empty" "$folder/broken" "$folder/nothing"
printf '{"schema": "hopflow-summary/1", "study": "nothing", "materials": []}' >"$folder/nothing/summary.json"
"$program" report "$folder/nothing" >/dev/null
if findings=$(bash "$here/check.sh" "$folder/nothing/report.html" --short); then
  ok "a run without materials: nothing to find"
else
  bad "a run without materials: $findings"
fi
"$program" report "$folder/empty" 2>"$folder/error.txt"
if [ $? -eq 4 ] && grep -q 'summary.json: not found' "$folder/error.txt"; then
  ok "a folder without summary.json is refused"
else
  bad "a folder without summary.json"
fi
printf '{"materials": [' >"$folder/broken/summary.json"
"$program" report "$folder/broken" 2>"$folder/error.txt"
if [ $? -eq 4 ] && grep -q 'not JSON' "$folder/error.txt" && [ ! -e "$folder/broken/report.html" ]; then
  ok "half a summary is refused, nothing is written"
else
  bad "half a summary"
fi
"$program" report "$here/sample" -o "$folder/no/such/folder/x.html" 2>"$folder/error.txt"
if [ $? -eq 74 ]; then ok "a page that can't be written is an I/O error"; else bad "a page that can't be written"; fi
