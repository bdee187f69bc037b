# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=600
"""Other engines on a finished path: their barriers beside that of the engine that made it, the spread in the error bar, no
number where the path isn't one of theirs; the same bytes on one rank and two, from the store and after a kill."""
import csv
import json
import sys
import tempfile
import time
from pathlib import Path

import hopflow_runs as runs
import ipi_clients

INPUTS = runs.ROOT / "inputs"


def client(options, name, path):
    return (f'{{kind: ipi, command: "{ipi_clients.CLIENT} {{path}} surface=muller {options}", tier: test, '
            f'name: {name}, path: {path}}}')


def refined_case(folder, *blocks):
    case = ipi_clients.write_case(folder)
    case.write_text(case.read_text() + "refine:\n" + "".join(f"  - {block}\n" for block in blocks))
    return case


def check_case(report, scratch):
    case = refined_case(scratch / "case", client("scale=1.25", "harder", "keep"), client("tilt=0.1", "tilted", "converge"))
    code, out, errors = runs.run(1, "barrier", case, "--json", "-o", scratch / "case-out")
    report.check(code == 0, f"a case with two other engines (exit {code}) {errors[-300:]}")
    told = json.loads(out)
    harder, tilted = told["refinements"]
    fast = told["forward_ev"]
    report.check(harder["how"] == "re-evaluated" and abs(harder["forward_ev"] - 1.25 * fast) < 1e-9,
                 f"one with mountains 1.25 times as high has 1.25 times the barrier: {harder['forward_ev']:.5f} eV")
    # Published saddle and minimum (-0.822, 0.624) and (-0.558, 1.442): the slope adds 0.1 eV/A over -0.264 A.
    linear = tilted["re_evaluated"]["linear_energy_correction"]["forward_ev"]
    report.check(abs(linear - (fast - 0.0264)) < 2e-4, f"the linear energy correction is named and right: {linear - fast:+.5f} eV")
    report.check(tilted["how"] == "re-converged" and tilted["re_converged"]["converged"]
                 and 1e-6 < abs(tilted["forward_ev"] - linear) < 0.01,
                 f"the band that went on differs from it by second order: {tilted['forward_ev'] - linear:+.5f} eV")
    values = [(fast, told["reverse_ev"])] + [(r["forward_ev"], r["reverse_ev"]) for r in told["refinements"]]
    half = max((max(column) - min(column)) / 2 for column in zip(*values))
    spread = [p for p in told["uncertainty_parts"] if p["name"] == "engine_spread"][0]["value_ev"]
    report.check(abs(spread - half) < 1e-12 and told["uncertainty_ev"] >= spread, f"half the range is in the error bar: {spread:.4f} eV")
    report.check((scratch / "case-out" / "refinement-1-kept.extxyz").exists()
                 and (scratch / "case-out" / "refinement-2-converged.extxyz").exists(), "the paths are written")
    code, table, _ = runs.run(1, "barrier", case, "-o", scratch / "case-out")
    report.check(code == 0 and all(word in table for word in ("its own", "re-evaluated", "re-converged", "unresolved")),
                 "people get a table of the engines, with tier and charge label")

    case = refined_case(scratch / "foreign", client("tilt=0.6", "foreign", "keep"))
    code, out, errors = runs.run(1, "barrier", case, "--json")
    foreign = json.loads(out)["refinements"][0]
    report.check(code == 5 and foreign["forward_ev"] is None and foreign["re_evaluated"]["forward_ev"] is None
                 and foreign["re_evaluated"]["profile"] is None and "path not valid for this engine" in foreign["reason"],
                 f"an engine that leaves 0.6 eV/A gives no number (exit {code}): {foreign['reason']}")
    case = refined_case(scratch / "dying", client("fault=die", "dying", "keep"))
    code, out, errors = runs.run(1, "barrier", case, "--json")
    report.check(code == 6 and json.loads(out)["converged"] and "half-way" in json.loads(out)["refinements"][0]["reason"],
                 f"an engine that fails costs its own number only (exit {code})")
    case = scratch / "same.yaml"
    case.write_text((scratch / "case" / "case.yaml").read_text().split("refine:")[0] + 'refine: {kind: ipi, command: "sh client.sh {path}", tier: test}\n')
    case.replace(scratch / "case" / "same.yaml")
    code, _, errors = runs.run(1, "barrier", scratch / "case" / "same.yaml")
    report.check(code == 4 and "name another" in errors, f"the path's own engine is refused (exit {code}) {errors[-200:]}")


TABLE = INPUTS / "forcefields" / "hybrid-pyridinium-pbi3.yaml"
STUDY = f"""study: charge-sets
materials:
  - {{name: PrPyr, structure: {INPUTS}/structures/prpyr-pbi3.cif, forcefield: {TABLE}, charge_set: scale-cation}}
supercell: {{min_image_distance: 8}}
hops: {{select: shortest}}
refine:
  - {{kind: lammps, forcefield: {TABLE}, charge_set: match-I, path: converge}}
  - {{kind: lammps, forcefield: {TABLE}, charge_set: scale-framework, path: keep}}
"""


def check_study(report, scratch):
    study = scratch / "study.yaml"
    study.write_text(STUDY)
    words = ("run", study, "--until", "barriers")
    code, plan, errors = runs.run(1, *words, "--dry-run")
    report.check(code == 0 and plan.count("    then ") == 2, "a dry run counts the other engines")
    one = scratch / "one"
    code, _, errors = runs.run(1, *words, "-o", one)
    hop = runs.summary(one)["materials"][0]["barriers"][0]
    report.check(code in (0, 5) and hop["status"] == "converged" and len(hop["refinements"]) == 2,
                 f"charge sets look at the path of another (exit {code}) {errors[-300:]}")
    for other in hop["refinements"]:
        number = "no number" if other["forward_ev"] is None else f"{other['forward_ev']:.3f} eV"
        kept = other["re_evaluated"]
        print(f"      {other['how']}: {number}, {kept['residual_force_ev_per_angstrom']:.3f} eV/A left on the path; {other['reason']}")
        report.check((kept["residual_force_ev_per_angstrom"] > 0.5) == kept["reason"].startswith("path not valid"),
                     "the number is refused where more than 0.5 eV/A is left, and only there")
    rows = list(csv.DictReader((one / "barriers.csv").open()))
    report.check([row["path"] for row in rows][0] == "own" and len(rows) == 3 and all(row["tier"] == "ff" for row in rows),
                 "barriers.csv has a row for each engine, with tier and charge")
    report.check("engine_spread" in [p["name"] for p in hop["uncertainty_parts"]], "the spread is a part of the error bar")

    sound = runs.result_bytes(one)
    code, _, errors = runs.run(1, *words, "-o", one)
    asked = json.loads((one / "timing.json").read_text())["evaluations_asked_of_engines"]
    report.check(asked == 0 and runs.result_bytes(one) == sound, f"run again, engines are asked nothing ({asked}) and no byte changes")
    code, _, errors = runs.run(2, *words, "-o", scratch / "two")
    report.check(not runs.differences(runs.result_bytes(scratch / "two"), sound), "two ranks give the same bytes")
    enough = json.loads((scratch / "two" / "timing.json").read_text())["evaluations_asked_of_engines"] * 4 // 5
    process = runs.start(1, *words, "-o", scratch / "killed")
    while process.poll() is None and len(runs.engine_questions(scratch / "killed")) < enough:
        time.sleep(0.01)
    killed = process.poll() is None
    runs.kill_all(process)
    code, _, errors = runs.run(1, "resume", scratch / "killed")
    report.check(killed and not runs.differences(runs.result_bytes(scratch / "killed"), sound),
                 f"killed late and resumed, the bytes are the same (exit {code}) {errors[-200:]}")


def main():
    report = runs.Report()
    with tempfile.TemporaryDirectory(prefix="hopflow-refine-") as scratch:
        check_case(report, Path(scratch))
        check_study(report, Path(scratch))
    report.end()


if __name__ == "__main__":
    sys.exit(main())
