# SPDX-License-Identifier: GPL-2.0-or-later
"""Barrier stage of the shipped study on one rank and on two, in turn: seconds and their ratio per round, then the median.

    /usr/bin/python3 tests/bench/ranks.py [rounds]
"""
import json
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflows" / "end_to_end"))
import hopflow_runs as runs  # noqa: E402

STUDY = runs.ROOT / "inputs" / "studies" / "three-cations.yaml"


def barrier_stage(ranks, folder):
    code, _, errors = runs.run(ranks, "run", STUDY, "--until", "barriers", "-o", folder)
    if code not in (0, 5):
        sys.exit(f"the run ended with {code}: {errors[-500:]}")
    return json.loads((folder / "timing.json").read_text())["seconds_barrier_stage"]


def main():
    ratios = []
    for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else 3):
        with tempfile.TemporaryDirectory(prefix="hopflow-bench-") as scratch:
            one = barrier_stage(1, Path(scratch) / "one")
            two = barrier_stage(2, Path(scratch) / "two")
        ratios.append(one / two)
        print(f"round {number + 1}: {one:.2f} s on one rank, {two:.2f} s on two, ratio {one / two:.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
