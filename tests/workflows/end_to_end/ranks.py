# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=900 alone=yes
"""One rank, two ranks and three give the same bytes; the gain in time is printed, not judged."""
import json
import tempfile
from pathlib import Path

import hopflow_runs as runs

STUDY = runs.ROOT / "inputs" / "studies" / "three-cations.yaml"


def main():
    report = runs.Report()
    with tempfile.TemporaryDirectory(prefix="hopflow-ranks-") as scratch:
        bytes_of, seconds = {}, {}
        for ranks in (1, 2, 3):
            folder = Path(scratch) / f"ranks-{ranks}"
            code, _, errors = runs.run(ranks, "run", STUDY, "--quick", "--until", "crossbar", "-o", folder)
            report.check(code in (0, 5), f"{ranks} rank(s): exit {code} {errors[-300:] if code not in (0, 5) else ''}")
            bytes_of[ranks] = runs.result_bytes(folder)
            seconds[ranks] = json.loads((folder / "timing.json").read_text())["seconds_barrier_stage"]
        for ranks in (2, 3):
            changed = runs.differences(bytes_of[1], bytes_of[ranks])
            report.check(not changed, f"{ranks} ranks give the bytes of one {changed}")
        print(f"barrier stage: {seconds[1]:.1f} s on one rank, {seconds[2]:.1f} s on two ({seconds[1] / seconds[2]:.2f}x)")
        again, _, _ = runs.run(1, "run", STUDY, "--quick", "--until", "crossbar", "-o", Path(scratch) / "ranks-1")
        timing = json.loads((Path(scratch) / "ranks-1" / "timing.json").read_text())
        report.check(timing["evaluations_asked_of_engines"] == 0, "running again into the folder asks no engine")
        report.check(runs.result_bytes(Path(scratch) / "ranks-1") == bytes_of[1], "and leaves the same bytes")
    report.end()


if __name__ == "__main__":
    main()
