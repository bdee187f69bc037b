# SPDX-License-Identifier: GPL-2.0-or-later
"""Cases to compare on: model surfaces, hops in and on metals, clusters. Each is two relaxed ends, an engine block and a name.
Ends are relaxed by ASE to 1e-3 eV/A, so that every tool starts from the same two structures."""
import numpy as np
from ase import Atoms
from ase.build import bulk, fcc100, fcc111, fcc211
from ase.constraints import FixAtoms
from ase.optimize import BFGSLineSearch, FIRE
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from scipy.spatial.transform import Rotation

from calculators import Lammps, Surface

EAM = {"Cu": "Cu_mishin1.eam.alloy", "Al": "Al_zhou.eam.alloy", "Pt": "Pt_u3.eam", "Ni": "Ni_u3.eam", "Fe": "Fe_mm.eam.fs", "Ag": "Ag_u3.eam",
       "Au": "Au_u3.eam", "Pd": "Pd_u3.eam", "W": "W_zhou.eam.alloy", "Mg": "Mg_mm.eam.fs"}
LATTICE = {"Cu": 3.615, "Al": 4.05, "Pt": 3.92, "Ni": 3.52, "Ag": 4.09, "Au": 4.08, "Pd": 3.89}
# Morse potential for Pt: Henkelman, Johannesson & Jonsson (2000), the island of seven atoms on Pt(111).
MORSE_PT = ["pair_style morse 9.5", "pair_coeff * * 0.7102 1.6047 2.8970", "pair_modify shift yes"]


def metal(symbol):
    file = EAM[symbol]
    if file.endswith(".eam"):
        return dict(units="metal", types={symbol: 1}, files=[file], commands=["pair_style eam", f"pair_coeff 1 1 {file}"])
    style = "eam/fs" if file.endswith(".fs") else "eam/alloy"
    return dict(units="metal", types={symbol: 1}, files=[file], commands=[f"pair_style {style}", f"pair_coeff * * {file} {symbol}"])


def lennard_jones():
    return dict(units="lj", types={"Ar": 1}, files=[], commands=["pair_style lj/cut 6.0", "pair_coeff * * 1.0 1.0", "pair_modify shift yes"])


class Case:
    def __init__(self, name, initial, final, engine, relax=True):
        self.name, self.engine = name, engine
        self.calculator = Surface(engine["surface"]) if "surface" in engine else Lammps(initial, engine)
        self.initial, self.final = (self.relaxed(end) if relax else end for end in (initial, final))

    def relaxed(self, atoms):
        atoms = atoms.copy()
        atoms.calc = self.calculator
        FIRE(atoms, logfile=None).run(fmax=0.05, steps=2000)
        BFGSLineSearch(atoms, logfile=None).run(fmax=1e-3, steps=300)
        atoms.calc = None
        return atoms


def surface(name, start, end):
    ends = [Atoms("H", [(*xy, 0.0)]) for xy in (start, end)]
    return Case(name, *ends, dict(surface=name), relax=name != "leps")


def vacancy(symbol, n, a=None, structure="fcc"):
    host = bulk(symbol, structure, a=a or LATTICE[symbol], cubic=True) * (n, n, n)
    distances = host.get_distances(0, range(1, len(host)), mic=True)
    mover = 1 + int(np.argmin(distances))
    initial = host.copy()
    final = host.copy()
    final.positions[mover] -= final.get_distance(0, mover, mic=True, vector=True)
    del initial[0], final[0]
    return Case(f"{symbol.lower()}-vacancy", initial, final, metal(symbol))


def slab(build, symbol, size, free):
    atoms = build(symbol, size=size, a=LATTICE[symbol], vacuum=10.0)
    layers = sorted(set(atoms.get_tags()))[-(size[2] - free):]
    atoms.set_constraint(FixAtoms([i for i, tag in enumerate(atoms.get_tags()) if tag in layers]))
    return atoms


def with_adatoms(atoms, symbol, points):
    out = atoms.copy()
    out.extend(Atoms(f"{symbol}{len(points)}", points))
    return out


def adatom_hop(symbol, size=(4, 4, 4)):
    base = slab(fcc100, symbol, size, 2)
    d = LATTICE[symbol] / np.sqrt(2)
    top = base.positions[:, 2].max()
    corner = base.positions[np.argmax(base.positions[:, 2])]
    site = corner + (d * 1.5, d * 1.5, 0) * np.array([1, 1, 0])
    start = np.array([site[0], site[1], top + 0.45 * LATTICE[symbol]])
    ends = [with_adatoms(base, symbol, [start + shift]) for shift in ((0, 0, 0), (d, 0, 0))]
    return Case(f"{symbol.lower()}-adatom", *ends, metal(symbol))


def exchange(symbol, size=(4, 4, 4)):
    """The adatom sinks into the surface; the atom below it comes up on the far side."""
    base = slab(fcc100, symbol, size, 2)
    d = LATTICE[symbol] / np.sqrt(2)
    top = base.positions[:, 2].max()
    surface_atoms = [i for i in range(len(base)) if base.positions[i, 2] > top - 0.1]
    middle = base.cell[:2, :2].sum(axis=0) / 2
    pushed = min(surface_atoms, key=lambda i: np.linalg.norm(base.positions[i, :2] - middle))
    height = 0.45 * LATTICE[symbol]
    start = base.positions[pushed] + (-d / 2, -d / 2, height)
    end = base.positions[pushed] + (d / 2, d / 2, height)
    initial = with_adatoms(base, symbol, [start])
    final = with_adatoms(base, symbol, [base.positions[pushed]])
    final.positions[pushed] = end
    return Case(f"{symbol.lower()}-exchange", initial, final, metal(symbol))


def heptamer(name, engine, layers=4, free=2, size=6):
    base = slab(fcc111, "Pt", (size, size, layers), free)
    d = LATTICE["Pt"] / np.sqrt(2)
    top = base.positions[:, 2].max()
    below = [p for p in base.positions if top - 3.0 < p[2] < top - 0.1]
    deeper = [p for p in base.positions if top - 5.5 < p[2] < top - 3.0]
    middle = (base.cell[0, :2] + base.cell[1, :2]) / 2

    def island(holes):
        at = min(holes, key=lambda p: np.linalg.norm(p[:2] - middle))[:2]
        ring = [(d * np.cos(t), d * np.sin(t)) for t in np.arange(6) * np.pi / 3]
        return [np.array([*(at + r), top + d * np.sqrt(2 / 3)]) for r in [(0, 0), *ring]]
    fcc = island(deeper)
    center = fcc[0][:2]
    hcp_at = min(below, key=lambda p: np.linalg.norm(p[:2] - center))
    hcp = [p + np.array([*(hcp_at[:2] - center), 0]) for p in fcc]
    return Case(name, with_adatoms(base, "Pt", fcc), with_adatoms(base, "Pt", hcp), engine)


def cluster(points):
    atoms = Atoms(f"Ar{len(points)}", points)
    atoms.set_cell([20, 20, 20])
    atoms.center()
    atoms.pbc = False
    return atoms


def icosahedron():
    phi = (1 + np.sqrt(5)) / 2
    points = [(0, 0, 0)] + [p for a in (-1, 1) for b in (-phi, phi) for p in ((0, a, b), (a, b, 0), (b, 0, a))]
    return 1.08 * np.array(points, float) / np.sqrt(1 + phi * phi)


def nearest_labels(points, towards):
    """The points turned and numbered so that they lie next to `towards`, the least in squares that 500 turns find."""
    random = np.random.default_rng(1)
    best = None
    for turn in Rotation.random(500, random_state=random.integers(2**31)):
        turned = turn.apply(points)
        for _ in range(10):  # numbers and rotation in turn
            order = linear_sum_assignment(cdist(towards, turned))[1]
            turned = Rotation.align_vectors(towards, turned[order])[0].apply(turned)
        order = linear_sum_assignment(cdist(towards, turned))[1]
        off = ((turned[order] - towards) ** 2).sum()
        if best is None or off < best[0] - 1e-9:
            best = off, turned[order]
    return best[1]


def lj7():
    """Pentagonal bipyramid to capped octahedron."""
    ring = [(np.cos(t) * 0.95, np.sin(t) * 0.95, 0) for t in 2 * np.pi * np.arange(5) / 5]
    bipyramid = np.array(ring + [(0, 0, 0.6), (0, 0, -0.6)])
    edge = 1.12
    octahedron = edge / np.sqrt(2) * np.vstack([np.eye(3), -np.eye(3)])
    cap = (edge / np.sqrt(6) + edge * np.sqrt(2 / 3)) / np.sqrt(3) * np.ones(3)
    capped = np.vstack([octahedron, cap])
    capped = capped - capped.mean(axis=0)
    return Case("lj7", cluster(bipyramid), cluster(nearest_labels(capped, bipyramid)), lennard_jones())


def lj_surface_atom(name, count):
    """An atom walks over an icosahedron of thirteen from one three-fold hollow to another `count` - 1 faces away."""
    core = icosahedron()
    shell = core[1:]
    faces = []
    for i in range(12):
        for j in range(i):
            for k in range(j):
                trio = shell[[i, j, k]]
                if max(np.linalg.norm(trio[a] - trio[b]) for a in range(3) for b in range(a)) < 1.3:
                    faces.append(trio.mean(axis=0))
    faces = np.array(faces)
    order = np.argsort(np.linalg.norm(faces - faces[0], axis=1))
    ends = [cluster(np.vstack([core, 1.75 / np.linalg.norm(faces[f]) * faces[f]])) for f in (0, order[count])]
    return Case(name, *ends, lennard_jones())


def lj13_defect():
    """An atom of the icosahedron's shell sits on a face; it falls back into its hole, or a neighbour does."""
    core = icosahedron()
    hole = 1
    rest = np.delete(core, hole, axis=0)
    shell = rest[1:]
    outward = -core[hole]
    faces = []
    for i in range(len(shell)):
        for j in range(i):
            for k in range(j):
                trio = shell[[i, j, k]]
                if max(np.linalg.norm(trio[a] - trio[b]) for a in range(3) for b in range(a)) < 1.3:
                    faces.append(trio.mean(axis=0))
    faces = np.array(faces)
    start = faces[np.argsort(faces @ outward)[0]]
    initial = np.vstack([rest, 1.75 / np.linalg.norm(start) * start])
    final = np.vstack([rest, core[hole]])
    return Case("lj13-heal", cluster(initial), cluster(final), lennard_jones())


MAKERS = {
    "muller-brown": lambda: surface("muller-brown", (-0.558, 1.442), (0.623, 0.028)),
    "leps": lambda: surface("leps", (0.742, 3.0), (3.0, 0.742)),
    "leps-ho": lambda: surface("leps-ho", (0.75, 1.3), (3.0, -1.3)),
    "cu-vacancy": lambda: vacancy("Cu", 3),
    "al-vacancy": lambda: vacancy("Al", 3),
    "ni-vacancy": lambda: vacancy("Ni", 3),
    "fe-vacancy": lambda: vacancy("Fe", 4, 2.855, "bcc"),
    "cu-adatom": lambda: adatom_hop("Cu"),
    "al-adatom": lambda: adatom_hop("Al"),
    "pt-adatom": lambda: adatom_hop("Pt"),
    "al-exchange": lambda: exchange("Al"),
    "pt-exchange": lambda: exchange("Pt"),
    "lj7": lj7,
    "lj13-heal": lj13_defect,
    "lj14-walk": lambda: lj_surface_atom("lj14-walk", 1),
    "lj14-far": lambda: lj_surface_atom("lj14-far", 4),
    "pt-heptamer": lambda: heptamer("pt-heptamer", metal("Pt")),
    "pt-heptamer-morse": lambda: heptamer("pt-heptamer-morse", dict(units="metal", types={"Pt": 1}, files=[], commands=MORSE_PT)),
}
