# SPDX-License-Identifier: GPL-2.0-or-later
"""A barrier of MAPbI3 by CHGNet, its path looked at by SevenNet-0, without a network: the study that is shipped, in the
smallest cell. Run by hand, since it takes minutes:

    /usr/bin/python3 tests/peers/learned_potentials.py
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflows" / "end_to_end"))
import hopflow_runs as runs  # noqa: E402

SHIPPED = runs.ROOT / "inputs" / "studies" / "mapbi3-mlip.yaml"


def main():
    report = runs.Report()
    with tempfile.TemporaryDirectory(prefix="hopflow-learned-") as scratch:
        text = SHIPPED.read_text()
        for known, small in (("mapbi3-tetragonal.cif", "mapbi3-pseudocubic.cif"), ("min_image_distance: 12", "min_image_distance: 6"),
                             ("images: 5", "images: 3"), ("../", f"{runs.ROOT}/inputs/")):
            report.check(known in text, f"the shipped study says '{known}'")
            text = text.replace(known, small)
        study = Path(scratch) / "study.yaml"
        study.write_text(text)
        out = Path(scratch) / "run"
        words = [runs.PROGRAM, "run", study, "--until", "barriers", "-o", out]
        offline = ["unshare", "--net"] if os.geteuid() == 0 and subprocess.run(["unshare", "--net", "true"]).returncode == 0 else []
        done = subprocess.run([*offline, *words], env=runs.environment(), capture_output=True, text=True, timeout=550)
        print(f"      {'without a network' if offline else 'with a network, as this user cannot take it away'}: exit {done.returncode}")
        report.check(done.returncode in (0, 5), f"the study runs {done.stderr[-400:] if done.returncode not in (0, 5) else ''}")
        material = runs.summary(out)["materials"][0]
        barrier = material["barriers"][0]
        report.check(barrier["engine"]["tier"] == "mlip" and barrier["engine"]["charge"] == "unresolved",
                     "tier and charge label of the path's engine")
        report.check(barrier["status"] == "converged", f"CHGNet's barrier: {barrier['status']}, {barrier['forward_ev']} eV {barrier['reason']}")
        for other in barrier["refinements"]:
            kept = other["re_evaluated"]
            report.check(other["engine"]["version"].startswith("SevenNet-0") and other["engine"]["charge"] == "unresolved",
                         f"SevenNet-0 looked: {other['how']}, {other['forward_ev']} eV, {kept['residual_force_ev_per_angstrom']:.3f} eV/A left")
            refused = kept["residual_force_ev_per_angstrom"] > 0.5
            report.check(refused == (kept["reason"].startswith("path not valid")) and (not refused or other["forward_ev"] is None),
                         "its number is refused where more than 0.5 eV/A is left, and only there")
        spread = [part for part in barrier["uncertainty_parts"] if part["name"] == "engine_spread"]
        report.check(len(spread) == 1, f"the spread is a part of the error bar: {spread}")
        if spread and spread[0]["value_ev"] is not None:
            report.check(barrier["uncertainty_ev"] >= spread[0]["value_ev"], "which is no smaller than it")
        page = (out / "report.html").read_text()
        report.check("SevenNet-0" in page and "CHGNet" in page, "the report has both engines")
    report.end()


if __name__ == "__main__":
    sys.exit(main())
