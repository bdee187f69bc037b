# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=300
"""Clients of other people over the socket, in sheared and turned cells: ASE against the same calculator asked directly,
LAMMPS `fix ipi` against LAMMPS as a library."""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "potentials"
HOPFLOW = ROOT / "build" / "release" / "hopflow"
TOLERANCE = 1e-6

try:
    import ase.io
    import numpy
    from ase.build import bulk
    from ase.calculators.emt import EMT
except ImportError as problem:
    print(f"skipped: {problem}")
    sys.exit(77)


def skewed(symbol, edge, seed):
    """A 2x2x2 cell of shaken atoms, strained, sheared and turned in space."""
    atoms = bulk(symbol, "fcc", a=edge, cubic=True).repeat(2)
    atoms.rattle(0.08, seed=seed)
    shear = numpy.array([[1.02, 0.11, -0.07], [0.03, 0.98, 0.09], [-0.05, 0.04, 1.01]])
    atoms.set_cell(atoms.cell[:] @ shear.T, scale_atoms=True)
    atoms.rotate(37, (1, 2, -1), rotate_cell=True)
    return atoms


def single_point(folder, atoms, engine):
    """Energy, forces and stress as hopflow has them from an engine; one evaluation is never a relaxed structure."""
    name, out = folder / "structure.extxyz", folder / "answer.extxyz"
    ase.io.write(name, atoms, columns=["symbols", "positions"])
    env = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    done = subprocess.run([HOPFLOW, "relax", name, "--engine", engine, "--max-steps", "1", "--json", "--force", "-o", out],
                          capture_output=True, text=True, env=env, cwd=HERE)
    if done.returncode != 5:
        sys.exit(f"FAIL  hopflow ended with {done.returncode}: {done.stderr}")
    told = json.loads(done.stdout)
    return told["energy_ev"], ase.io.read(out).get_forces(), numpy.array(told["stress_ev_per_angstrom3"])


def largest_differences(a, b):
    return [abs(a[0] - b[0]) / abs(b[0]), *(float(numpy.abs(x - y).max()) for x, y in zip(a[1:], b[1:]))]


def report(what, differences):
    held = max(differences) < TOLERANCE
    print(f"{'ok' if held else 'FAIL'}    {what}: energy {differences[0]:.1e} relative, forces {differences[1]:.1e} eV/A, "
          f"stress {differences[2]:.1e} eV/A3", flush=True)
    return 0 if held else 1


def main():
    failed = 0
    with tempfile.TemporaryDirectory(prefix="hopflow-recipes-") as folder:
        folder = Path(folder)
        copper = skewed("Cu", 3.62, 1)
        ours = single_point(folder, copper, '{kind: ipi, command: "/usr/bin/python3 ipi_ase_client.py {socket} {structure}"}')
        copper.calc = EMT()
        theirs = copper.get_potential_energy(), copper.get_forces(), copper.get_stress(voigt=False)
        failed += report("ASE's EMT through the socket is EMT asked directly", largest_differences(ours, theirs))

        argon = skewed("Ar", 5.3, 2)
        ours = single_point(folder, argon, '{kind: ipi, structure: lammps-data, command: "/usr/bin/python3 '
                                           'ipi_lammps_client.py {socket} {structure}"}')
        theirs = single_point(folder, argon, '{kind: lammps, units: metal, types: {Ar: 1}, '
                                             'commands: [pair_style lj/cut 7.0, pair_coeff 1 1 0.0103 3.4]}')
        failed += report("LAMMPS fix ipi in a sheared cell is LAMMPS as a library", largest_differences(ours, theirs))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
