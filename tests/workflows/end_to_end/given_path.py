# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=300
"""A study's hop begins with the path another run found: the same barrier, in fewer evaluations."""
import tempfile
from pathlib import Path

import hopflow_runs as runs

HOP = "I1-I2-4.24"
STUDY = f"""study: given
{runs.PSEUDOCUBIC}PATHS
symmetry: {{of: crystal, symprec: 0.01}}
supercell: {{min_image_distance: 12}}
hops: {{max_length: 5.5, select: [{HOP}]}}
snn: {{seeds: 0}}
"""


def barrier(report, scratch, name, paths):
    study = Path(scratch) / f"{name}.yaml"
    study.write_text(STUDY.replace("PATHS", paths))
    code, _, errors = runs.run(1, "run", study, "--until", "barriers", "-o", Path(scratch) / name)
    report.check(code == 0, f"{name}: exit {code} {errors[-300:] if code else ''}")
    return runs.summary(Path(scratch) / name)["materials"][0]["barriers"][0]


def main():
    report = runs.Report()
    with tempfile.TemporaryDirectory(prefix="hopflow-path-") as scratch:
        first = barrier(report, scratch, "first", "")
        again = barrier(report, scratch, "again", f"    paths: {{{HOP}: first/{first['path']}}}")
        report.check(first["first_path"] == "auto" and again["first_path"].endswith(first["path"]), "where the band began is said")
        report.check(abs(first["forward_ev"] - again["forward_ev"]) < 0.002, f"forward {first['forward_ev']:.4f} and {again['forward_ev']:.4f} eV")
        spent = [b["evaluations"] - b["evaluations_endpoints"] for b in (first, again)]
        report.check(spent[1] < spent[0], f"{spent[0]} evaluations between the ends, {spent[1]} from its own path")
        frozen = Path(scratch) / "again" / again["first_path"]
        report.check(frozen.is_file(), "the run folder has the path: the run can be repeated from it alone")
        _, printed, _ = runs.run(1, "run", Path(scratch) / "again.yaml", "--print-config")
        report.check(f'"{HOP}": "first/{first["path"]}"' in printed, "--print-config shows it")
    report.end()


if __name__ == "__main__":
    main()
