# SPDX-License-Identifier: GPL-2.0-or-later
"""The engines of the cases for ASE: Debian's LAMMPS library through its C interface, and the model surfaces."""
import ctypes
import ctypes.util
from pathlib import Path

import numpy as np
from ase.calculators.calculator import Calculator, all_changes

POTENTIALS = Path("/usr/share/lammps/potentials")


class Lammps(Calculator):
    """All images of a case ask one instance; every question sets all positions and starts from nothing."""
    implemented_properties = ["energy", "forces"]

    def __init__(self, atoms, engine):
        super().__init__()
        self.library = ctypes.CDLL("liblammps.so.0", mode=ctypes.RTLD_GLOBAL)
        self.library.lammps_open_no_mpi.restype = ctypes.c_void_p
        self.library.lammps_get_thermo.restype = ctypes.c_double
        words = [b"lammps", b"-log", b"none", b"-screen", b"none", b"-nocite"]
        self.handle = ctypes.c_void_p(self.library.lammps_open_no_mpi(len(words), (ctypes.c_char_p * len(words))(*words), None))
        cell = atoms.cell.array if atoms.cell.rank == 3 else np.eye(3) * 50
        # A cell in LAMMPS' orientation; every cell here has it already (a along x, b in the xy plane).
        assert abs(cell[0, 1]) + abs(cell[0, 2]) + abs(cell[1, 2]) < 1e-9
        box = f"0 {cell[0, 0]:.17g} 0 {cell[1, 1]:.17g} 0 {cell[2, 2]:.17g} {cell[1, 0]:.17g} {cell[2, 0]:.17g} {cell[2, 1]:.17g}"
        species = engine["types"]
        boundary = " ".join("p" if p else "f" for p in atoms.pbc)
        for line in [f"units {engine['units']}", "atom_style charge", "atom_modify map array sort 0 0", f"boundary {boundary}",
                     f"region box prism {box}", f"create_box {len(species)} box"]:
            self.run(line)
        n = len(atoms)
        ids = (ctypes.c_int * n)(*range(1, n + 1))
        types = (ctypes.c_int * n)(*(species[s] for s in atoms.get_chemical_symbols()))
        flat = np.ascontiguousarray(atoms.get_positions(wrap=True))
        self.library.lammps_create_atoms(self.handle, n, ids, types, flat.ctypes.data_as(ctypes.POINTER(ctypes.c_double)), None, None, 0)
        self.run("mass * 1.0")
        for symbol, charge in engine.get("charges", {}).items():
            self.run(f"set type {species[symbol]} charge {charge}")
        for command in engine["commands"]:
            self.run(" ".join(str(POTENTIALS / w) if w in engine["files"] else w for w in command.split()))
        self.run("thermo_modify norm no")  # in reduced units LAMMPS prints energies per atom
        self.run("neighbor 1.0 bin" if engine["units"] == "metal" else "neighbor 0.3 bin")
        self.run("run 0 post no")
        self.calls = 0

    def run(self, line):
        self.library.lammps_command(self.handle, line.encode())

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        x = np.ascontiguousarray(self.atoms.get_positions(wrap=True) if self.atoms.pbc.any() else self.atoms.positions.copy())
        if not (np.abs(x) < 1e3).all():  # LAMMPS would look for neighbours for ever
            raise RuntimeError("an atom has flown away")
        forces = np.zeros_like(x)
        self.library.lammps_scatter_atoms(self.handle, b"x", 1, 3, x.ctypes.data_as(ctypes.c_void_p))
        self.run("run 0 post no")
        self.library.lammps_gather_atoms(self.handle, b"f", 1, 3, forces.ctypes.data_as(ctypes.c_void_p))
        self.calls += 1
        self.results = {"energy": self.library.lammps_get_thermo(self.handle, b"pe"), "forces": forces}
        if not np.isfinite(self.results["energy"]):
            raise RuntimeError("the energy is not finite")


def muller_brown(x, y):
    height, x0, y0 = np.array([-200., -100, -170, 15]), np.array([1, 0, -.5, -1]), np.array([0, .5, 1.5, 1])
    a, b, c = np.array([-1, -1, -6.5, .7]), np.array([0, 0, 11, .6]), np.array([-10, -10, -6.5, .7])
    u, v = x - x0, y - y0
    e = height * np.exp(a * u * u + b * u * v + c * v * v)
    return e.sum(), (e * (2 * a * u + b * v)).sum(), (e * (b * u + 2 * c * v)).sum()


def collinear(r, s, b):
    """LEPS of three atoms in a row: Jonsson, Mills & Jacobsen (1998), appendix A.1."""
    def pair(depth, r):
        e = np.exp(-1.942 * (r - 0.742))
        q, j = depth / 2 * (1.5 * e * e - e), depth / 4 * (e * e - 6 * e)
        return q, depth / 2 * 1.942 * (e - 3 * e * e), j, depth / 4 * 1.942 * (6 * e - 2 * e * e)
    (q1, d1, j1, k1), (q2, d2, j2, k2), (q3, d3, j3, k3) = pair(4.746, r), pair(4.746, s), pair(3.445, r + s)
    n1, n2, n3 = 1.05, 1 + b, 1.05
    u, v, w = j1 / n1, j2 / n2, j3 / n3
    root = np.sqrt(u * u + v * v + w * w - u * v - v * w - u * w)
    ru, rv, rw = ((2 * p - o1 - o2) / 2 / root for p, o1, o2 in ((u, v, w), (v, u, w), (w, u, v)))
    third = d3 / n3 - rw * k3 / n3
    return q1 / n1 + q2 / n2 + q3 / n3 - root, d1 / n1 - ru * k1 / n1 + third, d2 / n2 - rv * k2 / n2 + third


def leps(x, y):
    return collinear(x, y, 0.3)


def leps_oscillator(x, y):
    """Appendix A.2: the middle atom moves between fixed ends and is bound to an oscillator."""
    e, dr, ds = collinear(x, 3.742 - x, 0.8)
    spring, c = 0.2025, 1.154
    off = x - (3.742 / 2 - y / c)
    return e + 2 * spring * off * off, dr - ds + 4 * spring * off, 4 * spring * off / c


class Surface(Calculator):
    implemented_properties = ["energy", "forces"]
    functions = {"muller-brown": muller_brown, "leps": leps, "leps-ho": leps_oscillator}

    def __init__(self, name):
        super().__init__()
        self.function, self.calls = self.functions[name], 0

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        e, dx, dy = self.function(*self.atoms.positions[0, :2])
        self.calls += 1
        self.results = {"energy": e, "forces": -np.array([[dx, dy, 0.0]])}
