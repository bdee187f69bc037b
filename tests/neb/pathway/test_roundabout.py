#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Moves of a Pt heptamer whose first pass is not the lowest: several passes between the ends (27, whichever first path
is named), a point with a second mode too soft for the search of modes to see (45); and a saddle 0.2 meV above its final
state (32). The lowest pass that any program has found is the barrier. Ends: the public OptBench set (see tests/peers/neb/heptamer.py)."""
import json
import os
import sys
from pathlib import Path

ROOT = Path(os.environ["HOPFLOW_ROOT"])
FOLDER = Path(os.environ["HOPFLOW_TEST_FOLDER"])
sys.path.insert(0, str(ROOT / "tests/peers/neb"))
import heptamer

SAME_EV = 5e-3
known = json.loads((heptamer.HERE / "known.json").read_text())
data = heptamer.ends(FOLDER)
failed = 0
for move, keys in ((27, "interpolation: linear"), (27, "interpolation: sequential-idpp"), (45, ""), (32, "")):
    found = heptamer.hopflow(os.environ["HOPFLOW"], data, move, 0.01, keys, FOLDER / f"{move}{keys.replace(': ', '-')}")
    right = found["status"].startswith("converged") and abs(found["largest_climb_ev"] - known[str(move)]) < SAME_EV
    failed += not right
    print("ok" if right else "FAIL", move, keys, found["status"], found.get("largest_climb_ev"), "lowest known", known[str(move)])
sys.exit(failed > 0)
