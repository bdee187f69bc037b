#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The report page's modules, one by one, without a browser.
# hopflow-test
set -u
here=$(dirname "$(realpath "$0")")
command -v node >/dev/null || { echo "skipped: node is not installed"; exit 77; }
node "$here/modules.mjs" "$here/../../../workflows/report/page" || { echo "FAIL modules.mjs ended early"; exit 1; }
