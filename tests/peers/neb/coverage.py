#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""How often hopflow's error bar holds the true barrier: the cases of cases.py and unseen.py, and the moves of the public
OptBench heptamer. True is what reference.py's second derivatives and Newton's method converge to (1e-7 eV/A), for the heptamer
the lowest saddle any program has found there, converged ten times tighter than the run that is judged.

  tests/peers/neb/coverage.py build/release/hopflow [--cases cu-vacancy lj7] [--moves 0-58] [--fmax 0.01] [--learn]

truths.json holds the true barriers (eV); --learn adds those it lacks, from where hopflow ended, and lowers them. Each
converged result counts once. Exit code 1 where fewer than 68 % lie inside one or 95 % inside two standard deviations."""
import argparse
import json
import sys
import tempfile
import warnings
from math import hypot
from pathlib import Path

import numpy as np
from ase.io import read

import heptamer
from compare import MAKERS, make, run_hopflow
from reference import Ground

TRUTHS = Path(__file__).resolve().parent / "truths.json"
ROUNDING = 1e-6  # eV: digits of the tables, and what LAMMPS' sums in another order differ by


def learned(case, folder):
    """The barrier from the minimum at the initial end to the saddle where hopflow ended, both by Newton's method."""
    ground = Ground(case)
    _, start, _, _, _ = ground.stationary(case["initial"].positions, 0)
    path = read(folder / "hop" / "path.extxyz", ":")
    top = max(path, key=lambda image: image.get_potential_energy()).positions
    _, energy, force, negative, _ = ground.stationary(top, 1)
    return energy - start if force < 1e-5 and len(negative) == 1 else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hopflow", type=Path)
    parser.add_argument("--cases", nargs="*", choices=MAKERS, metavar="CASE", default=[name for name in MAKERS])
    parser.add_argument("--moves", nargs="*", default=["0-58"])
    parser.add_argument("--fmax", type=float, default=0.01)
    parser.add_argument("--learn", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path("neb-peers"))
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    program = arguments.hopflow.resolve()
    truths = json.loads(TRUTHS.read_text()) if TRUTHS.exists() else {}
    known = json.loads((heptamer.HERE / "known.json").read_text())
    results = []

    def judged(name, ours, truth):
        if not ours.get("converged") or truth is None:
            print(f"{name:20} not counted: {ours.get('status') or ours.get('error') or 'failed'}{'' if truth else ', no true value'}", flush=True)
            return
        off, sigma = abs(ours["forward_ev"] - truth), ours["numerical_uncertainty_ev"]
        results.append(off / hypot(sigma, ROUNDING))
        print(f"{name:20} {ours['forward_ev']:.6f} +- {sigma:.6f}, true {truth:.6f}: off by {results[-1]:.2f} standard deviations", flush=True)

    for name in arguments.cases:
        folder = arguments.folder / name
        case = make(name, folder)
        ours = run_hopflow(program, folder, "-o", folder / "hop")
        if arguments.learn and ours.get("converged") and (truth := learned(case, folder)) is not None:
            truths[name] = round(min(truth, truths.get(name, truth)), 7)
            TRUTHS.write_text(json.dumps(truths, indent=0, sort_keys=True) + "\n")
        judged(name, ours, truths.get(name))
    with tempfile.TemporaryDirectory() as temporary:
        data = heptamer.ends(Path(temporary))
        for move in heptamer.moves_of(arguments.moves):
            judged(f"heptamer {move}", heptamer.hopflow(program, data, move, arguments.fmax, "", data / f"out-{move}"), known.get(str(move)))
    inside = [100 * float(np.mean(np.array(results) <= k)) if results else float("nan") for k in (1, 2)]
    print(f"{len(results)} barriers: {inside[0]:.0f} % inside one standard deviation (68 wanted), {inside[1]:.0f} % inside two (95 wanted)")
    return 0 if inside[0] >= 68 and inside[1] >= 95 else 1


if __name__ == "__main__":
    sys.exit(main())
