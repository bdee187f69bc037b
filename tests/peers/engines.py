# SPDX-License-Identifier: GPL-2.0-or-later
"""ASE's LAMMPS calculator (the `lmp` program of the same build) beside hopflow's LAMMPS library: energies, forces and stress
of the same structures, and what one call costs in either.

    /usr/bin/python3 tests/peers/engines.py

Needs python3-ase and lammps. Exit 1 if anything differs by more than 1e-10 relative.
"""
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ase.io
import numpy
from ase.build import bulk
from ase.calculators.lammpsrun import LAMMPS

ROOT = Path(__file__).resolve().parents[2]
HOPFLOW = ROOT / "build" / "release" / "hopflow"
POTENTIALS = Path("/usr/share/lammps/potentials")
TOLERANCE = 1e-10


def turned(atoms, seed):
    atoms.rattle(0.08, seed=seed)
    shear = numpy.array([[1.02, 0.11, -0.07], [0.03, 0.98, 0.09], [-0.05, 0.04, 1.01]])
    atoms.set_cell(atoms.cell[:] @ shear.T, scale_atoms=True)
    atoms.rotate(37, (1, 2, -1), rotate_cell=True)
    return atoms


def copper():
    atoms = turned(bulk("Cu", "fcc", a=3.62, cubic=True).repeat(3), 1)
    atoms.symbols[:20] = "Al"
    block = ('{kind: lammps, units: metal, types: {Al: 1, Cu: 2}, files: [AlCu.eam.alloy], '
             'commands: [pair_style eam/alloy, "pair_coeff * * AlCu.eam.alloy Al Cu"]}')
    theirs = dict(specorder=["Al", "Cu"], pair_style="eam/alloy", pair_coeff=["* * AlCu.eam.alloy Al Cu"],
                  files=[str(POTENTIALS / "AlCu.eam.alloy")])
    return atoms, block, theirs


def salt():
    atoms = turned(bulk("NaCl", "rocksalt", a=5.64, cubic=True).repeat(3), 2)
    atoms.set_initial_charges([1.0 if s == "Na" else -1.0 for s in atoms.symbols])
    pairs = ["1 1 424.097 0.317 1.05", "1 2 1256.31 0.317 6.99", "2 2 3488.998 0.317 72.4"]
    block = ('{kind: lammps, units: metal, types: {Na: 1, Cl: 2}, charges: {Na: 1.0, Cl: -1.0}, commands: '
             '["pair_style buck/coul/long 8.0", ' + ", ".join(f'"pair_coeff {p}"' for p in pairs) + ', "kspace_style ewald 1e-6"]}')
    theirs = dict(specorder=["Na", "Cl"], atom_style="charge", pair_style="buck/coul/long 8.0", pair_coeff=pairs,
                  model_post=["pair_modify table 0\n", "kspace_style ewald 1e-6\n"])
    return atoms, block, theirs


def argon():
    atoms = turned(bulk("Ar", "fcc", a=5.3, cubic=True).repeat(3), 3)
    block = '{kind: lammps, units: metal, types: {Ar: 1}, commands: [pair_style lj/cut 7.0, "pair_coeff 1 1 0.0103 3.4"]}'
    return atoms, block, dict(specorder=["Ar"], pair_style="lj/cut 7.0", pair_coeff=["1 1 0.0103 3.4"])


def ours(folder, atoms, block):
    name, out = folder / "structure.extxyz", folder / "answer.extxyz"
    ase.io.write(name, atoms, columns=["symbols", "positions"], format="extxyz")
    # ASE writes eight digits; both sides read these.
    env = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    done = subprocess.run([HOPFLOW, "relax", name, "--engine", block, "--max-steps", "1", "--json", "--force", "-o", out],
                          capture_output=True, text=True, env=env)
    if done.returncode != 5:
        sys.exit(f"hopflow ended with {done.returncode}: {done.stderr}")
    told = json.loads(done.stdout)
    return told["energy_ev"], ase.io.read(out).get_forces(), numpy.array(told["stress_ev_per_angstrom3"])


def main():
    os.environ.setdefault("ASE_LAMMPSRUN_COMMAND", "lmp")
    os.environ["OMPI_ALLOW_RUN_AS_ROOT"] = os.environ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    failed = 0
    for name, make in (("Al/Cu eam/alloy", copper), ("NaCl buck/coul/long, ewald", salt), ("Ar lj/cut", argon)):
        atoms, block, settings = make()
        with tempfile.TemporaryDirectory(prefix="hopflow-peers-") as folder:
            mine = ours(Path(folder), atoms, block)
            same = ase.io.read(Path(folder) / "structure.extxyz")
            same.set_initial_charges(atoms.get_initial_charges())
            with LAMMPS(tmp_dir=folder, always_triclinic=True, keep_alive=True, **settings) as calculator:
                same.calc = calculator
                begin = time.monotonic()
                theirs = same.get_potential_energy(), same.get_forces(), same.get_stress(voigt=False)
                seconds = time.monotonic() - begin
        off = [float(numpy.abs(numpy.subtract(a, b)).max() / numpy.abs(b).max()) for a, b in zip(mine, theirs)]
        held = max(off[:2]) < TOLERANCE
        failed += not held
        print(f"{'ok' if held else 'FAIL'}    {name}, {len(same)} atoms: energy {off[0]:.0e}, forces {off[1]:.0e}, stress {off[2]:.0e} "
              f"relative; one call of ASE's {1000 * seconds:.0f} ms", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
