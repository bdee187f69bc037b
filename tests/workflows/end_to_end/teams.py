# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=300 alone=yes
"""Several ranks for one image: the answers of one rank to 1e-9, a study on two teams, ranks that make no team refused, and
plain words and exit code 6 when LAMMPS gives up inside the ranks."""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy

import hopflow_runs as runs

INPUTS = runs.ROOT / "inputs"
SALT = """{{kind: lammps, units: metal, types: {{Na: 1, Cl: 2}}, charges: {{Na: 1.0, Cl: -1.0}}, ranks_per_image: {ranks},
 commands: ["pair_style buck/coul/long 8.0", "pair_coeff 1 1 424.097 0.317 1.05", "pair_coeff 1 2 1256.31 0.317 6.99",
 {last}"kspace_style ewald 1e-6"]}}"""
LAST = '"pair_coeff 2 2 3488.998 0.317 72.4", '


def write_salt(file):
    """64 ions of rock salt, shaken, in a sheared cell."""
    points = [(i, j, k) for i in range(4) for j in range(4) for k in range(4)]
    shear = numpy.array([[1, 0, 0], [0.08, 1, 0], [-0.05, 0.11, 1]])
    shake = numpy.random.default_rng(4).normal(0, 0.1, (64, 3))
    x = (numpy.array(points) * 2.82 + shake) @ shear
    cell = " ".join(str(v) for v in (11.28 * shear).flatten())
    lines = ["64", f'Lattice="{cell}" Properties=species:S:1:pos:R:3 pbc="T T T"']
    lines += [f"{'Na' if sum(p) % 2 else 'Cl'} {a[0]!r} {a[1]!r} {a[2]!r}" for p, a in zip(points, x.tolist())]
    file.write_text("\n".join(lines) + "\n")


def answer(report, scratch, ranks, last=LAST):
    out = scratch / f"answer-{ranks}.extxyz"
    code, said, errors = runs.run(ranks, "relax", scratch / "salt.extxyz", "--engine", SALT.format(ranks=ranks, last=last),
                                  "--max-steps", 1, "--json", "--force", "-o", out, timeout=120)
    report.check(code == 5, f"one evaluation by {ranks} rank(s) together (exit {code}) {errors[-300:]}")
    rows = [line.split() for line in out.read_text().splitlines()[2:]]
    told = json.loads(said)
    return told["energy_ev"], numpy.array([[float(v) for v in row[4:7]] for row in rows]), \
        numpy.array(told["stress_ev_per_angstrom3"]), told["engine"]["version"]


STUDY = f"""study: teams
materials:
  - {{name: PrPyr, structure: {INPUTS}/structures/prpyr-pbi3.cif, forcefield: {INPUTS}/forcefields/hybrid-pyridinium-pbi3.yaml, charge_set: scale-cation}}
supercell: {{min_image_distance: 8}}
hops: {{select: shortest}}
engine: {{kind: lammps, ranks_per_image: RANKS}}
"""


def study(scratch, processes, ranks):
    file = scratch / f"study-{ranks}.yaml"
    file.write_text(STUDY.replace("RANKS", str(ranks)))
    out = scratch / f"out-{processes}-{ranks}"
    code, _, errors = runs.run(processes, "run", file, "--until", "barriers", "-o", out)
    return code, errors, out


def main():
    report = runs.Report()
    with tempfile.TemporaryDirectory(prefix="hopflow-teams-") as scratch:
        scratch = Path(scratch)
        write_salt(scratch / "salt.extxyz")
        alone = answer(report, scratch, 1)
        for ranks in (2, 3):
            together = answer(report, scratch, ranks)
            worst = max(float(numpy.abs(numpy.subtract(a, b)).max() / numpy.abs(a).max()) for a, b in zip(alone[:3], together[:3]))
            report.check(worst < 1e-9, f"{ranks} ranks give energy, forces and stress of one to {worst:.0e} relative")
            report.check(f"({ranks} ranks)" in together[3], f"and the engine says so: {together[3]}")

        code, errors, one = study(scratch, 1, 1)
        report.check(code in (0, 5), f"a study on one rank (exit {code})")
        code, errors, teams = study(scratch, 4, 2)
        report.check(code in (0, 5), f"the same on two teams of two ranks (exit {code}) {errors[-300:]}")
        barriers = [runs.summary(folder)["materials"][0]["barriers"][0] for folder in (one, teams)]
        off = abs(barriers[0]["forward_ev"] - barriers[1]["forward_ev"])
        report.check(barriers[1]["status"] == barriers[0]["status"] == "converged" and off < 1e-4,
                     f"its barrier is that of one rank to {off:.0e} eV (1e-9 an answer, grown by the search)")

        for processes, hint in ((1, "mpirun -n 2"), (3, "mpirun -n 2")):
            code, errors, _ = study(scratch, processes, 2)
            report.check(code == 2 and "ranks_per_image is 2" in errors and hint in errors, f"{processes} rank(s) for teams of two are refused (exit {code})")

        code, _, errors = runs.run(4, "relax", scratch / "salt.extxyz", "--engine", SALT.format(ranks=2, last=""),
                                   "--max-steps", 1, timeout=60)
        report.check(code == 6 and "use ranks_per_image: 1" in errors and "pair coeffs are not set" in errors,
                     f"LAMMPS that gives up in the ranks ends them with plain words (exit {code}): {errors.splitlines()[0][:100] if errors else ''}")
        left = subprocess.run(["pgrep", "-f", str(scratch)], capture_output=True, text=True).stdout.split()
        report.check(not left, f"and leaves none behind {left}")
        code, _, errors = runs.run(1, "relax", scratch / "salt.extxyz", "--engine", SALT.format(ranks=1, last=""), "--max-steps", 1, timeout=60)
        report.check(code == 6 and "the engine process ended" in errors, f"in a process of its own it costs the evaluation (exit {code})")
    report.end()


if __name__ == "__main__":
    sys.exit(main())
