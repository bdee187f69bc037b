#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A move of a Pt heptamer with several passes between its ends: whichever first path is named, the lowest pass that any
program has found is the barrier. Ends: move 27 of the public OptBench set (see tests/peers/neb/heptamer.py)."""
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(os.environ["HOPFLOW_ROOT"])
FOLDER = Path(os.environ["HOPFLOW_TEST_FOLDER"])
sys.path.insert(0, str(ROOT / "tests/peers/neb"))
import heptamer

MOVE = 27
SAME_EV = 5e-3
lowest = json.loads((heptamer.HERE / "known.json").read_text())[str(MOVE)]
data = heptamer.ends(FOLDER)
failed = 0
for first in ("linear", "sequential-idpp"):
    found = heptamer.hopflow(os.environ["HOPFLOW"], data, MOVE, 0.01, f"interpolation: {first}", FOLDER / first)
    right = found["status"].startswith("converged") and abs(found["largest_climb_ev"] - lowest) < SAME_EV
    failed += not right
    print("ok" if right else "FAIL", first, found["status"], found.get("largest_climb_ev"), "lowest known", lowest)
sys.exit(failed > 0)
