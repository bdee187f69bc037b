# SPDX-License-Identifier: GPL-2.0-or-later
"""Device pulses a second on one core, exact and by table, and the time of a full fit, for each compact model (device.cpp); the median of some rounds.

    ninja -C build/release bench_device && /usr/bin/python3 tests/bench/device.py [rounds]
"""
import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main():
    rounds = []
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        done = subprocess.run([ROOT / "build/release/tests/pipeline/bench_device", ROOT / "inputs/reference/paper.yaml"], capture_output=True, text=True,
                check=True)
        rounds.append(json.loads(done.stdout))
        print(rounds[-1], flush=True)
    for model in (name for name in rounds[0] if name != "checksum"):
        for key in ("exact_pulses_per_s", "table_pulses_per_s", "full_fit_s"):
            print(f"{model}: median {key} {statistics.median(r[model][key] for r in rounds):.3g}")


if __name__ == "__main__":
    main()
