# SPDX-License-Identifier: GPL-2.0-or-later
"""Attempt frequencies of `hopflow barrier` beside an independent calculation.

    /usr/bin/python3 tests/peers/vineyard.py [build/release/hopflow]

The independent one: LAMMPS' own library driven through ctypes, stationary points polished by Newton steps with numpy, full
Hessians of every mobile atom by central differences, translations projected out where all atoms move, Vineyard's product.
From hopflow's path it takes only where the three stationary points roughly are. Prints one row for each case; ends with 1 if any
differs by more than 2 %."""
import ctypes
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.build import bulk, fcc100, add_adsorbate
from ase.io import read, write

THZ = np.sqrt(1.602176634e-19 / (1e-20 * 1.66053906660e-27)) / (2 * np.pi) * 1e-12


class Lammps:
    """Energy (eV) and forces (eV/A) of one set of atoms by an EAM potential, units metal."""

    def __init__(self, atoms, commands):
        self.library = ctypes.CDLL("liblammps.so.0", ctypes.RTLD_GLOBAL)
        self.library.lammps_open_no_mpi.restype = ctypes.c_void_p
        words = [b"lammps", b"-log", b"none", b"-screen", b"none", b"-nocite"]
        self.handle = ctypes.c_void_p(self.library.lammps_open_no_mpi(len(words), (ctypes.c_char_p * len(words))(*words), None))
        self.library.lammps_get_thermo.restype = ctypes.c_double
        cell = atoms.get_cell().lengths()
        for line in ["units metal", "atom_style atomic", "atom_modify map array sort 0 0", "boundary p p p",
                     f"region box block 0 {cell[0]:.17g} 0 {cell[1]:.17g} 0 {cell[2]:.17g}", "create_box 1 box",
                     f"mass 1 {atoms.get_masses()[0]:.10g}"]:
            self.command(line)
        self.n = len(atoms)
        ids, types = (ctypes.c_int * self.n)(*range(1, self.n + 1)), (ctypes.c_int * self.n)(*[1] * self.n)
        x = (ctypes.c_double * (3 * self.n))(*atoms.get_positions(wrap=True).ravel())
        self.library.lammps_create_atoms(self.handle, self.n, ids, types, x, None, None, 1)
        for line in [*commands, "neighbor 1.0 bin", "neigh_modify delay 0 every 1 check yes", "compute e all pe", "thermo_modify norm no"]:
            self.command(line)
        self.cell = cell

    def command(self, line):
        self.library.lammps_command(self.handle, line.encode())

    def __call__(self, positions):
        x = (ctypes.c_double * (3 * self.n))(*(positions % self.cell).ravel())
        self.library.lammps_scatter_atoms(self.handle, b"x", 1, 3, x)
        self.command("run 0 post no")
        f = (ctypes.c_double * (3 * self.n))()
        self.library.lammps_gather_atoms(self.handle, b"f", 1, 3, f)
        return self.library.lammps_get_thermo(self.handle, b"pe"), np.array(f).reshape(-1, 3)


def hessian(engine, positions, mobile, h=0.005):
    rows = []
    for i in mobile:
        for axis in range(3):
            sides = []
            for sign in (1, -1):
                moved = positions.copy()
                moved[i, axis] += sign * h
                sides.append(engine(moved)[1][mobile].ravel())
            rows.append((sides[1] - sides[0]) / (2 * h))
    full = np.array(rows)
    return (full + full.T) / 2


def translations(mobile, total):
    if len(mobile) < total:
        return np.zeros((3 * len(mobile), 0))
    return np.kron(np.ones((len(mobile), 1)) / np.sqrt(len(mobile)), np.eye(3))


def polished(engine, positions, mobile):
    """The stationary point near by: Newton's steps in the space of the Hessian's modes."""
    positions = positions.copy()
    for _ in range(4):
        force = engine(positions)[1][mobile].ravel()
        if np.abs(force).max() < 1e-6:
            break
        values, vectors = np.linalg.eigh(hessian(engine, positions, mobile))
        stiff = np.abs(values) > 1e-3
        positions[mobile] += (vectors[:, stiff] @ ((vectors[:, stiff].T @ force) / values[stiff])).reshape(-1, 3)
    force = np.linalg.norm(engine(positions)[1][mobile], axis=1).max()
    assert force < 1e-4, f"force left {force}"
    return positions


def spectrum(engine, positions, mobile, mass):
    h = hessian(engine, positions, mobile)
    away = translations(mobile, len(positions))
    project = np.eye(len(h)) - away @ away.T
    values = np.sort(np.linalg.eigvalsh(project @ h @ project))
    values = np.delete(values, np.argsort(np.abs(values))[: away.shape[1]])
    return np.sign(values) * np.sqrt(np.abs(values) / mass) * THZ


def vacancy(symbol, structure, a, n, pot):
    host = bulk(symbol, structure, a=a, cubic=True) * (n, n, n)
    d = host.get_distances(0, range(len(host)), mic=True)
    mover = min((i for i in range(1, len(host))), key=lambda i: (round(d[i], 6), i))
    final = host.copy()
    final.positions[mover] -= host.get_distance(0, mover, mic=True, vector=True)
    del host[0], final[0]
    return host, final, [], pot


def adatom(symbol, a, pot):
    slab = fcc100(symbol, (4, 4, 5), a=a, vacuum=8)
    slab.positions -= slab.positions.min(axis=0)
    slab.positions[:, 2] += 4
    ends = []
    for offset in ((0, 0), (1, 0)):
        end = slab.copy()
        add_adsorbate(end, symbol, 1.6, "hollow", offset=offset)
        end.pbc = True
        ends.append(end)
    low = slab.positions[:, 2].min() + 1.5 * a / 2 * 0.99
    return ends[0], ends[1], [i for i, p in enumerate(slab.positions) if p[2] < low], pot


def alloy(file, symbol):
    return f'files: [{file}], commands: ["pair_style eam/alloy", "pair_coeff * * {file} {symbol}"]', \
        ["pair_style eam/alloy", f"pair_coeff * * /usr/share/lammps/potentials/{file} {symbol}"]


CASES = {
    "Cu vacancy, 107 atoms": vacancy("Cu", "fcc", 3.615, 3, alloy("Cu_mishin1.eam.alloy", "Cu")),
    "Al vacancy, 107 atoms": vacancy("Al", "fcc", 4.05, 3, alloy("Al_zhou.eam.alloy", "Al")),
    "W vacancy, 127 atoms": vacancy("W", "bcc", 3.165, 4, alloy("W_zhou.eam.alloy", "W")),
    "Cu adatom on Cu(100), lower layers held": adatom("Cu", 3.615, alloy("Cu_mishin1.eam.alloy", "Cu")),
}


def main():
    program = Path(sys.argv[1] if len(sys.argv) > 1 else "build/release/hopflow").resolve()
    worst = 0
    print(f"{'case':42}{'hopflow':>10}{'peer':>10}{'ratio':>9}{'hopflow says':>14}{'atoms':>7}{'calls':>7}   (THz)")
    for name, (initial, final, fixed, (block, commands)) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            symbol = initial.get_chemical_symbols()[0]
            for end, atoms in (("initial", initial), ("final", final)):
                write(folder / f"{end}.extxyz", Atoms(atoms.get_chemical_symbols(), atoms.get_positions(), cell=atoms.get_cell(), pbc=True))
            (folder / "case.yaml").write_text(
                f"initial: initial.extxyz\nfinal: final.extxyz\nfixed: {fixed}\nprefactor: true\nneb: {{fmax: 0.01}}\n"
                f"engine: {{kind: lammps, units: metal, types: {{{symbol}: 1}}, {block}}}\n")
            done = subprocess.run([program, "barrier", folder / "case.yaml", "--json", "-o", folder / "out"], capture_output=True, text=True)
            result = json.loads(done.stdout)
            assert result["converged"] and result["attempt_frequency_thz"], (result["reason"], result.get("prefactor"))
            path = read(folder / "out/path.extxyz", index=":")
        engine = Lammps(initial, commands)
        mobile = [i for i in range(len(initial)) if i not in fixed]
        top = int(np.argmax([image.get_potential_energy() for image in path]))
        spectra = [spectrum(engine, polished(engine, path[k].get_positions(), mobile), mobile, initial.get_masses()[0]) for k in (0, top)]
        assert (spectra[0] > 0).all() and (spectra[1][1:] > 0).all() and spectra[1][0] < 0, (spectra[0][:3], spectra[1][:3])
        peer = np.exp(np.log(spectra[0]).sum() - np.log(spectra[1][1:]).sum())
        ours, p = result["attempt_frequency_thz"], result["prefactor"]
        worst = max(worst, abs(ours / peer - 1))
        print(f"{name:42}{ours:10.4f}{peer:10.4f}{ours / peer:9.4f}{'x/ ' + format(p['factor'], '.4f'):>14}{p['atoms']:7}{p['evaluations']:7}", flush=True)
    print(f"largest difference {100 * worst:.2f} %")
    sys.exit(1 if worst > 0.02 else 0)


main()
