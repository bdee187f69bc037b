# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=300
"""A study's arrays with something in series with each memristor: `crossbar.cell` gives the currents of 'crossbar program --cell', the
run keeps the file, and a file that can't be read is named."""
import json
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "end_to_end"))
import hopflow_runs as runs  # noqa: E402

STUDY = f"""study: cells
{runs.PSEUDOCUBIC}symmetry: {{of: crystal, symprec: 0.01}}
hops: {{max_length: 5.5, select: [I1-I2-4.24]}}
device: {{reference: {runs.ROOT}/inputs/reference/paper.yaml}}
crossbar: {{rows: 8, columns: 8, line_resistance: 2, cell: cell.yaml}}
snn: {{seeds: 0}}
"""
TRANSISTOR = "cell: 1T1R\non_ohm: 1000\noff_ohm: 1.0e10\nsaturation_a: 2.0e-3\n"


def main():
    report = runs.Report()
    with tempfile.TemporaryDirectory(prefix="hopflow-cells-") as scratch:
        place = Path(scratch)
        study, folder, cell = place / "study.yaml", place / "run", place / "cell.yaml"
        study.write_text(STUDY)
        cell.write_text(TRANSISTOR)
        code, _, errors = runs.run(1, "run", study, "--until", "crossbar", "-o", folder)
        report.check(code == 0, f"the study runs to the arrays (exit {code}) {errors[-300:] if code else ''}")
        array = json.loads((folder / "summary.json").read_text())["materials"][0]["crossbar"]
        report.check(array["cell"] == {"cell": "1T1R", "on_ohm": 1000.0, "off_ohm": 1e10, "saturation_a": 2e-3}, f"the cell is kept: {array['cell']}")
        report.check(any("transistor" in note for note in array["notes"]), "and named in the notes")
        code, _, errors = runs.run(1, "crossbar", "program", folder / "device" / "MAPbI3.json", "--image", "N", "--rows", "8", "--columns", "8",
                                   "--row-resistance", "2", "--column-resistance", "2", "--cell", cell, "--read-scheme", "grounded", "-o", place / "alone")
        report.check(code == 0, f"'crossbar program' takes the same cell (exit {code}) {errors[-300:] if code else ''}")
        ours, alone = (np.loadtxt(f, delimiter=",") for f in (next((folder / "crossbar").glob("*-N.csv")), place / "alone" / "read-grounded.csv"))
        report.check(np.allclose(ours, alone, rtol=1e-9, atol=0), f"and reads the same currents: {np.max(np.abs(ours / alone - 1)):.1e}")
        # The set cells conduct through 1000 ohm more: no read of 0.05 V passes more than 50 uA.
        report.check(1e-5 < np.max(ours) < 0.05 / 1000, f"currents are limited by the transistors: {np.max(ours):.3g} A")

        cell.unlink()
        code, out, errors = runs.run(1, "resume", folder)
        report.check(code == 0, f"a resumed run needs no original (exit {code}) {errors[-300:] if code else ''}")
        code, _, errors = runs.run(1, "run", study, "--until", "crossbar", "-o", place / "absent")
        report.check(code == 4 and "cell.yaml: no such file" in errors and "study.yaml:" in errors, f"a missing file is named: {errors[-200:]}")
        cell.write_text(TRANSISTOR.replace("1T1R", "2T2R"))
        code, _, errors = runs.run(1, "run", study, "--until", "crossbar", "-o", place / "wrong")
        report.check(code == 4 and "2T2R" in errors and "cell.yaml:1" in errors, f"a cell of no known kind is refused with its line: {errors[-200:]}")
        cell.write_text(TRANSISTOR)
        study.write_text(STUDY.replace("rows: 8, columns: 8", "rows: 64, columns: 64"))
        code, _, errors = runs.run(1, "run", study, "--dry-run", "-o", place / "large")
        report.check(code == 4 and "1024" in errors, f"an array too large for such cells is refused before anything is computed: {errors[-200:]}")
    report.end()


if __name__ == "__main__":
    main()
