#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tight barriers to measure errors against, by nothing of hopflow's: the same engine driven from Python, all second derivatives
by central differences, Newton's method onto the saddle, and steepest descent down both sides of it. Started from where hopflow
and each setting of ASE ended; the lowest saddle whose two sides lead to the two ends is the reference.

  peers/bin/python tests/peers/neb/reference.py build/release/hopflow [--cases ...] [--folder OUT]

Run after compare.py. Writes OUT/<case>/reference.json; prints each distinct saddle."""
import argparse
import json
import tempfile
import warnings
from pathlib import Path

import numpy as np
from ase.constraints import FixAtoms
from ase.geometry import find_mic
from ase.io import read
from ase.optimize import BFGSLineSearch, FIRE
from scipy.spatial.transform import Rotation

from compare import MAKERS, make, run_hopflow

STEP = 0.005  # A
SAME = 0.25   # A: an atom further off makes another minimum


class Ground:
    """Energy, gradient and Hessian over the free atoms of a case."""

    def __init__(self, case):
        self.atoms = case["initial"].copy()
        self.free = np.ones((len(self.atoms), 3), bool)
        for constraint in self.atoms.constraints:
            self.free[constraint.index] = False
        self.atoms.set_constraint()
        self.atoms.calc = case["calculator"]
        if len(self.atoms) == 1:  # a model surface of two coordinates
            self.free[:, 2] = False
        self.rigid = 0 if not self.free.all() else 3 if self.atoms.pbc.any() else 6

    def place(self, positions):
        self.atoms.positions = positions
        return self.atoms.get_potential_energy()

    def gradient(self, x, positions):
        moved = positions.copy()
        moved[self.free] = x
        self.atoms.positions = moved
        return -self.atoms.get_forces()[self.free]

    def modes(self, positions):
        x = positions[self.free]
        hessian = np.empty((len(x), len(x)))
        for i in range(len(x)):
            sides = []
            for sign in (1, -1):
                moved = x.copy()
                moved[i] += sign * STEP
                sides.append(self.gradient(moved, positions))
            hessian[i] = (sides[0] - sides[1]) / (2 * STEP)
        return np.linalg.eigh((hessian + hessian.T) / 2)

    def stationary(self, positions, order):
        """(positions, energy, force, negative curvatures, the lowest mode) by Newton's steps to a minimum (order 0) or a saddle (1);
        the Hessian is computed anew where they are long."""
        positions = positions.copy()
        values, vectors = self.modes(positions)
        for turn in range(60):
            x = positions[self.free]
            g = vectors.T @ self.gradient(x, positions)
            if np.abs(g).max() < 1e-7:
                break
            # Uphill along the lowest mode at most; motions of the whole structure have no curvature and no force.
            step = -g / np.where(np.abs(values) < 0.01, np.inf, np.maximum(np.abs(values), 0.05))
            step[:order] *= -1
            if (size := np.linalg.norm(step)) > 0.15:
                step *= 0.15 / size
            positions[self.free] = x + vectors @ step
            if size > 0.03 or turn % 6 == 5:
                values, vectors = self.modes(positions)
        values, vectors = self.modes(positions)
        force = np.abs(self.gradient(positions[self.free], positions)).max()
        return positions, self.place(positions), force, [v for v in values if v < -0.02], vectors[:, 0]

    def slide(self, positions, direction):
        """The minimum on one side: steepest descent for a while, then a minimiser that does not jump."""
        self.atoms.positions = positions
        self.atoms.positions[self.free] += 0.05 / np.abs(direction).max() * direction
        atoms = self.atoms.copy()
        atoms.set_constraint(FixAtoms(np.flatnonzero(~self.free[:, 0])))
        atoms.calc = self.atoms.calc
        for _ in range(300):
            forces = atoms.get_forces()
            largest = np.linalg.norm(forces, axis=1).max()
            if largest < 0.02:
                break
            atoms.positions += forces * min(0.02 / largest, 0.02)
        FIRE(atoms, logfile=None, maxstep=0.05, dt=0.03).run(fmax=0.02, steps=5000)
        BFGSLineSearch(atoms, logfile=None, maxstep=0.05).run(fmax=1e-3, steps=300)
        return atoms


def apart(a, b):
    """How far the atom that differs most is off; molecules turned onto each other."""
    if a.pbc.any():
        steps, _ = find_mic(b.positions - a.positions, a.cell, a.pbc)
        if not a.constraints:
            steps -= steps.mean(axis=0)
    elif len(a) > 2 and not a.constraints:
        x, y = (atoms.positions - atoms.positions.mean(axis=0) for atoms in (a, b))
        steps = Rotation.align_vectors(x, y)[0].apply(y) - x
    else:
        steps = b.positions - a.positions
    return np.linalg.norm(steps, axis=1).max()


def describe(side, ends):
    offs = [apart(end, side) for end in ends]
    for name, off in zip(("initial", "final"), offs):
        if off < SAME:
            return name
    return f"another minimum ({offs[0]:.2f} and {offs[1]:.2f} A from the ends)"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hopflow", type=Path)
    parser.add_argument("--cases", nargs="+", choices=MAKERS, required=True)
    parser.add_argument("--folder", type=Path, default=Path("neb-peers"))
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    for name in arguments.cases:
        folder = arguments.folder / name
        case = make(name, folder)
        ground = Ground(case)
        ends, energies = [], []
        for end in ("initial", "final"):
            atoms = case[end].copy()
            atoms.positions, energy, force, negative, _ = ground.stationary(atoms.positions, 0)
            print(f"{name} {end}: {energy:.6f} eV, force {force:.0e}, negative {np.round(negative, 3)}", flush=True)
            ends.append(atoms)
            energies.append(energy)
        base = energies[0]
        starts = {}
        with tempfile.TemporaryDirectory() as out:
            ours = run_hopflow(arguments.hopflow.resolve(), folder, "-o", out)
            if (Path(out) / "path.extxyz").exists():
                path = read(Path(out) / "path.extxyz", ":")
                starts["hopflow"] = max(path, key=lambda image: image.get_potential_energy()).positions
        peers = json.loads((folder / "ase.json").read_text()) if (folder / "ase.json").exists() else {}
        for setting, peer in sorted(peers.items(), key=lambda item: item[1]["barrier"] or 1e9):
            file = folder / f"{setting}.extxyz"
            if peer["calls"] and file.exists():
                starts[setting] = read(file).positions
        seen, connecting = {}, {}
        for setting, start in starts.items():
            rough = ground.place(start) - base
            near = [b for b in seen if abs(b - rough) < 2e-3]
            if near and setting != "hopflow":
                seen[near[0]].append(setting)
                continue
            positions, energy, force, negative, mode = ground.stationary(start, 1)
            barrier = energy - base
            known = [b for b in seen if abs(b - barrier) < 1e-5]
            if known:
                seen[known[0]].append(setting)
                continue
            seen[barrier] = [setting]
            sides = [describe(ground.slide(positions, sign * mode), ends) for sign in (1, -1)]
            joins = set(sides) == {"initial", "final"}
            print(f"  {barrier:.6f} eV ({rough:.6f} where it stopped), force {force:.0e}, negative {np.round(negative, 3)}, sides: {sides}"
                  f"  <- {setting}", flush=True)
            if len(negative) == 1 and force < 1e-4:
                connecting[barrier] = joins
        if "forward_ev" in ours:
            print(f"  hopflow {ours['forward_ev']:.6f} +- {ours['numerical_uncertainty_ev']:.6f} eV, converged {ours['converged']}")
        print("  " + "; ".join(f"{b:.5f}: {', '.join(s)}" for b, s in seen.items()), flush=True)
        joining = [b for b, joins in connecting.items() if joins] or list(connecting)
        if joining:
            (folder / "reference.json").write_text(json.dumps(dict(barrier=min(joining), joins_ends=any(connecting.values()),
                                                                   saddles={str(b): s for b, s in seen.items()})))


if __name__ == "__main__":
    main()
