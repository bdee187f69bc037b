# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=300
"""The shipped i-PI clients in sheared and turned cells, against the same engine asked directly: ASE's EMT, CHGNet and
SevenNet-0 by their calculators, CP2K and Quantum ESPRESSO by a run of their own, LAMMPS `fix ipi` by its library."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CLIENTS = ROOT / "inputs" / "engines"
HOPFLOW = ROOT / "build" / "release" / "hopflow"
TOLERANCE = 1e-6

try:
    import ase
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
    return turned(atoms)


def turned(atoms):
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
                          capture_output=True, text=True, env=env, cwd=CLIENTS)
    if done.returncode != 5:
        sys.exit(f"FAIL  hopflow ended with {done.returncode}: {done.stderr}")
    told = json.loads(done.stdout)
    return told["energy_ev"], ase.io.read(out).get_forces(), numpy.array(told["stress_ev_per_angstrom3"])


def largest_differences(a, b):
    return [abs(a[0] - b[0]) / abs(b[0]), *(float(numpy.abs(x - y).max()) for x, y in zip(a[1:], b[1:]))]


def report(what, differences, tolerance=TOLERANCE):
    held = max(differences) < tolerance
    print(f"{'ok' if held else 'FAIL'}    {what}: energy {differences[0]:.1e} relative, forces {differences[1]:.1e} eV/A, "
          f"stress {differences[2]:.1e} eV/A3", flush=True)
    return 0 if held else 1


def ipi(client, *words, more=""):
    return f'{{kind: ipi, command: "{{python}} {client} {" ".join(words)}"{more}}}'


def perovskite():
    """A MAPbI3 cell of 12 atoms with one iodide gone, strained, sheared and turned."""
    atoms = ase.io.read(ROOT / "inputs" / "structures" / "mapbi3-pseudocubic.cif")
    del atoms[[atom.index for atom in atoms if atom.symbol == "I"][0]]
    atoms.calc = None
    atoms.rattle(0.03, seed=5)
    return turned(atoms)


# What a calculator says of a structure, by the Python of the learned potentials.
ASK = """
import json, sys, ase.io, torch
torch.set_num_threads(1)
atoms = ase.io.read(sys.argv[1])
{calculator}
print(json.dumps([float(atoms.get_potential_energy()), atoms.get_forces().tolist(), atoms.get_stress(voigt=False).tolist()]))
"""
CHGNET = """
import numpy, runpy
from ase.calculators import socketio
# The client as it is, with its last step taken by this script: the adapter for torch belongs to it.
socketio.SocketClient = type("Nobody", (), {"__init__": lambda self, **words: None, "run": lambda self, *args, **words: None})
file, sys.argv[1:] = sys.argv[1], ["nowhere", sys.argv[1]]
atoms = runpy.run_path("chgnet_client.py")["atoms"]
"""
SEVENNET = """
from sevenn.calculator import SevenNetCalculator
atoms.calc = SevenNetCalculator("7net-0_11Jul2024", device="cpu")
"""


def learned(folder, calculator):
    python = ROOT / ".tools" / "engines" / "bin" / "python3"
    done = subprocess.run([python, "-c", ASK.replace("{calculator}", calculator), folder / "structure.extxyz"],
                          capture_output=True, text=True, cwd=CLIENTS)
    if done.returncode != 0:
        sys.exit(f"FAIL  asked directly, the calculator ended with {done.returncode}: {done.stderr[-500:]}")
    energy, forces, stress = json.loads(done.stdout.splitlines()[-1])
    return energy, numpy.array(forces), numpy.array(stress)


CP2K_OPTIONS = ("--stress", "--cutoff", "200", "--eps-scf", "1e-8")


def numbers(words):
    return [float(word) for word in words]


def cp2k(folder, atoms):
    sys.path.insert(0, str(CLIENTS))
    import cp2k_client
    options = cp2k_client.parser().parse_args(["nobody", "nothing", ".", *CP2K_OPTIONS])
    (folder / "cp2k.inp").write_text(cp2k_client.written(options, atoms, "ENERGY_FORCE"))
    out = subprocess.run(["cp2k.psmp", "-i", "cp2k.inp"], capture_output=True, text=True, cwd=folder,
                         env=dict(os.environ, OMP_NUM_THREADS="1", OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")).stdout
    hartree, bohr = 27.211386245988, 0.529177210903
    energy = float(re.search(r"ENERGY\| Total FORCE_EVAL.*?(\S+)$", out, re.MULTILINE).group(1)) * hartree
    rows = re.findall(r"^\s+\d+\s+\d+\s+[A-Z][a-z]?\s+(\S+)\s+(\S+)\s+(\S+)$", out, re.MULTILINE)[-len(atoms):]
    stress = re.findall(r"STRESS\|\s+[xyz]\s+(\S+)\s+(\S+)\s+(\S+)$", out, re.MULTILINE)[:3]
    return energy, numpy.array([numbers(row) for row in rows]) * hartree / bohr, -numpy.array([numbers(row) for row in stress]) / 160.21766


def espresso(folder, atoms):
    sys.path.insert(0, str(CLIENTS))
    import espresso_client
    (folder / "pw.in").write_text(espresso_client.written(atoms))
    out = subprocess.run(["pw.x", "-in", "pw.in"], capture_output=True, text=True, cwd=folder,
                         env=dict(os.environ, OMP_NUM_THREADS="1", OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")).stdout
    rydberg, bohr = 27.211386245988 / 2, 0.529177210903
    energy = float(re.findall(r"^!\s+total energy\s+=\s+(\S+) Ry", out, re.MULTILINE)[-1]) * rydberg
    forces = re.findall(r"atom\s+\d+ type\s+\d+\s+force =\s+(\S+)\s+(\S+)\s+(\S+)", out)[:len(atoms)]
    block = re.search(r"total   stress.*\n((?:.*\n){3})", out).group(1)
    stress = numpy.array([numbers(row.split()[:3]) for row in block.splitlines()]) * rydberg / bohr**3
    return energy, numpy.array([numbers(row) for row in forces]) * rydberg / bohr, -stress


def main():
    for program in ("cp2k.psmp", "pw.x"):
        if shutil.which(program) is None:
            sys.exit(f"FAIL  {program} is missing: HOPFLOW_ENGINES=1 bash .setup.sh installs it")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="hopflow-recipes-") as folder:
        folder = Path(folder)
        copper = skewed("Cu", 3.62, 1)
        ours = single_point(folder, copper, ipi("emt_client.py", "{socket}", "{structure}"))
        copper.calc = EMT()
        theirs = copper.get_potential_energy(), copper.get_forces(), copper.get_stress(voigt=False)
        failed += report("ASE's EMT through the socket is EMT asked directly", largest_differences(ours, theirs))

        argon = skewed("Ar", 5.3, 2)
        ours = single_point(folder, argon, ipi("lammps_client.py", "{socket}", "{structure}", more=", structure: lammps-data"))
        theirs = single_point(folder, argon, '{kind: lammps, units: metal, types: {Ar: 1}, '
                                             'commands: [pair_style lj/cut 7.0, pair_coeff 1 1 0.0103 3.4]}')
        failed += report("LAMMPS fix ipi in a sheared cell is LAMMPS as a library", largest_differences(ours, theirs))

        # Single precision: sums over a turned cell differ in the last of seven digits.
        iodide = perovskite()
        for name, calculator, *client in (("CHGNet", CHGNET, "chgnet_client.py", "{socket}", "{structure}"),
                                          ("SevenNet-0", SEVENNET, "sevennet_client.py", "{socket}", "{structure}", "7net-0_11Jul2024")):
            ours = single_point(folder, iodide, ipi(*client))
            failed += report(f"{name} through the socket is {name} asked directly", largest_differences(ours, learned(folder, calculator)), 1e-4)

        # Printed to eight digits of Ry and hartree; their bases stand still while the cell turns.
        silicon = turned(bulk("Si", "diamond", a=5.43))
        silicon.rattle(0.1, seed=3)
        ours = single_point(folder, silicon, ipi("espresso_client.py", "{socket}", "{structure}", "{scratch}"))
        failed += report("Quantum ESPRESSO through the socket is its own run", largest_differences(ours, espresso(folder, silicon)), 1e-4)
        nitrogen = turned(ase.Atoms("N2", [(2, 2, 2), (2.7, 2.6, 2.5)], cell=(5, 5.5, 6), pbc=True))
        ours = single_point(folder, nitrogen, ipi("cp2k_client.py", "{socket}", "{structure}", "{scratch}", *CP2K_OPTIONS))
        failed += report("CP2K through the socket is its own run", largest_differences(ours, cp2k(folder, nitrogen)), 1e-3)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
