#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Opens a report in headless Chromium and prints one line per finding: requests, console messages, dialogs, missing
# figures, text that sticks out. Exit 0: none; 1: some; 3: node or Chromium is missing.
# usage: bash tests/workflows/report/check.sh REPORT.html [--shots FOLDER | --short]
set -u
here=$(dirname "$(realpath "$0")")
if [ $# -lt 1 ] || [ ! -f "$1" ]; then
  echo "usage: bash tests/workflows/report/check.sh REPORT.html [--shots FOLDER | --short]" >&2
  exit 2
fi
for tool in node chromium; do
  command -v "$tool" >/dev/null || { echo "$tool is not installed; apt-get install ${tool/node/npm}" >&2; exit 3; }
done
exec node "$here/check.mjs" "$@"
