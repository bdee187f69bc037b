# SPDX-License-Identifier: GPL-2.0-or-later
"""Crystals to compare on, written as CIF or POSCAR: published lattices and positions, ordered cations of ideal geometry,
random symmetric crystals, and the same crystal in other settings."""
import random

import numpy as np
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter
from pymatgen.io.vasp import Poscar
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer
from pymatgen.symmetry.groups import SpaceGroup

# Space group, cell, sites, element that hops, longest hop (A).
# CsPbI3: DFT-relaxed entries of the Materials Project (delta: cell 10.65 x 4.85 x 18.03 A, all sites 4c; gamma: 8d + 4c).
PUBLISHED = {
    "cspbi3-delta": ("Pnma", Lattice.orthorhombic(10.65044663, 4.84714164, 18.03119927),
                     [("Cs", .08127558, .75, .32788027), ("Pb", .16184885, .25, .06078324), ("I", .02927197, .25, .88769176),
                      ("I", .16278884, .25, .49795545), ("I", .20368336, .75, .71269448)], "I", 5.5),
    "cspbi3-gamma": ("Pnma", Lattice.orthorhombic(8.930536, 12.757759, 8.853381),
                     [("Cs", .034562, .75, .007578), ("Pb", 0, 0, .5), ("I", .203924, .025925, .796624),
                      ("I", .007141, .25, .448521)], "I", 6.5),
    "cspbi3-alpha": ("Pm-3m", Lattice.cubic(6.27514229), [("Cs", .5, .5, .5), ("Pb", 0, 0, 0), ("I", 0, 0, .5)], "I", 6.5),
    "cspbbr3-delta": ("Pnma", Lattice.orthorhombic(9.84551805, 4.60907397, 16.95083421),
                      [("Cs", .08764715, .75, .67164977), ("Pb", .16348703, .25, .9379563), ("Br", .02819821, .25, .1127967),
                       ("Br", .16419133, .25, .50057309), ("Br", .19862158, .75, .28892385)], "Br", 5.5),
    # PbI2: R. W. G. Wyckoff, Crystal Structures (2nd ed.), 2H polytype (P-3m1) and the 6R cell of the CdCl2 type (R-3m).
    "pbi2-2h": ("P-3m1", Lattice.hexagonal(4.557, 6.979), [("Pb", 0, 0, 0), ("I", 1 / 3, 2 / 3, .265)], "I", 6.0),
    "pbi2-rhombohedral": ("R-3m", Lattice.hexagonal(4.557, 20.937), [("Pb", 0, 0, 0), ("I", 0, 0, .2552)], "I", 6.0),
    # BiI3, R-3: layers of edge-sharing octahedra with a third of them empty.
    "bii3": ("R-3", Lattice.hexagonal(7.525, 20.703), [("Bi", 0, 0, .1667), ("I", .3415, .3395, .0805)], "I", 5.5),
    # CsNiCl3: P6_3/mmc, the type of all hexagonal face-sharing perovskites.
    "csnicl3-2h": ("P6_3/mmc", Lattice.hexagonal(7.18, 5.93), [("Cs", 1 / 3, 2 / 3, .75), ("Ni", 0, 0, 0), ("Cl", .1558, .3116, .25)],
                   "Cl", 5.0),
    # The same type with the cell of hexagonal FAPbI3 (a 8.6603, c 7.9022 A, Stoumpos et al., Inorg. Chem. 2013, 52, 9019) and
    # Cs in the cation's place; x puts Pb-I at 3.23 A.
    "cspbi3-2h": ("P6_3/mmc", Lattice.hexagonal(8.6603, 7.9022), [("Cs", 1 / 3, 2 / 3, .75), ("Pb", 0, 0, 0), ("I", .17035, .3407, .25)],
                  "I", 6.0),
    # Cs2AgBiI6-like elpasolite (Fm-3m) and a vacancy-ordered Cs2SnI6 (11.65 A, I at x = 0.2456): corners, and isolated octahedra.
    "cs2agbibr6": ("Fm-3m", Lattice.cubic(11.25), [("Cs", .25, .25, .25), ("Ag", .5, .5, .5), ("Bi", 0, 0, 0), ("Br", .2511, 0, 0)],
                   "Br", 6.0),
    "cs2sni6": ("Fm-3m", Lattice.cubic(11.652), [("Cs", .25, .25, .25), ("Sn", 0, 0, 0), ("I", .2456, 0, 0)], "I", 6.0),
    "rock-salt": ("Fm-3m", Lattice.cubic(5.64), [("Na", 0, 0, 0), ("Cl", .5, .5, .5)], "Cl", 5.7),
}


def rotation(axis, degrees):
    k = np.array(axis, float) / np.linalg.norm(axis)
    cross = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
    t = np.radians(degrees)
    return np.eye(3) + np.sin(t) * cross + (1 - np.cos(t)) * cross @ cross


def formamidinium():
    """Planar, C2 axis along x, plane xy; C-N 1.31, N-H 1.01, C-H 1.09 A, angle N-C-N 125 degrees."""
    names, points = ["C", "H"], [np.zeros(3), np.array([1.09, 0, 0])]
    for side in (1, -1):
        t = np.radians(180 - 62.5 * side)
        n = 1.31 * np.array([np.cos(t), np.sin(t), 0])
        names.append("N")
        points.append(n)
        for turn in (60, -60):
            points.append(n + 1.01 * (rotation((0, 0, 1), turn) @ (n / 1.31)))
            names.append("H")
    points = np.array(points)
    return names, points - points.mean(axis=0)


def methylammonium():
    """Staggered, axis along z: C-N 1.49, C-H 1.09, N-H 1.03 A, tetrahedral angles."""
    names, points = ["C", "N"], [np.array([0, 0, -.745]), np.array([0, 0, .745])]
    for turn in range(3):
        for sign, bond, offset in ((-1, 1.09, 0), (1, 1.03, 60)):
            t = np.radians(120 * turn + offset)
            points.append(np.array([bond * .9428 * np.cos(t), bond * .9428 * np.sin(t), sign * (.745 + bond / 3)]))
            names.append("H")
    return names, np.array(points)


def dimethylammonium():
    """C-N 1.48 A, C-N-C 113 degrees in the xy plane, hydrogens staggered."""
    names, points = ["N"], [np.zeros(3)]
    for side in (1, -1):
        names += ["H"]
        points.append(np.array([0, .56, .85 * side]))
        axis = np.array([side * np.sin(np.radians(56.5)), -np.cos(np.radians(56.5)), 0])
        names.append("C")
        points.append(1.48 * axis)
        across = np.cross(axis, (0, 0, 1))
        for turn in range(3):
            out = rotation(axis, 120 * turn) @ across
            names.append("H")
            points.append(1.48 * axis + 1.09 * (axis / 3 + .9428 * out))
    points = np.array(points)
    return names, points - points.mean(axis=0)


def with_cation(lattice, frame, cation, places):
    """Frame sites plus a copy of the cation, turned and put at each of the places (fractional centre, 3x3 rotation)."""
    names, points = [n for n, *_ in frame], [lattice.get_cartesian_coords(p) for _, *p in frame]
    for centre, turn in places:
        names += cation[0]
        points += list(cation[1] @ np.array(turn).T + lattice.get_cartesian_coords(centre))
    return Structure(lattice, names, points, coords_are_cartesian=True)


def hybrid_crystals():
    """Ordered cations in published lattices: FAPbI3 alpha (a 6.3620 A, Weller et al., J. Phys. Chem. Lett. 2015, 6, 3209) and
    2H, MASnI3 (a 6.2302 A), MAPbI3 pseudo-cubic (6.3 A) with its cation along [001], [110], [111]; and, each after its
    type, dimethylammonium chains and one layer of a Ruddlesden-Popper compound."""
    cubic = [("Pb", .0, .0, .0), ("I", .5, .0, .0), ("I", .0, .5, .0), ("I", .0, .0, .5)]
    lattice = Lattice.cubic(6.3620)
    centre = (.5, .5, .5)
    yield "fapbi3-alpha", with_cation(lattice, cubic, formamidinium(), [(centre, np.eye(3))]), "I", 6.5
    yield ("fapbi3-alpha-tilted",
           with_cation(lattice, cubic, formamidinium(), [(centre, rotation((1, 2, 3), 37))]), "I", 5.5)
    hexagonal = Lattice.hexagonal(8.6603, 7.9022)
    x = .17035
    chain = [("Pb", 0, 0, 0), ("Pb", 0, 0, .5)]
    for s, z in ((1, .25), (-1, .75)):
        chain += [("I", s * x % 1, 2 * s * x % 1, z), ("I", -2 * s * x % 1, -s * x % 1, z), ("I", s * x % 1, -s * x % 1, z)]
    places = [((1 / 3, 2 / 3, .75), rotation((0, 0, 1), 90)), ((2 / 3, 1 / 3, .25), rotation((0, 0, 1), -90))]
    yield "fapbi3-2h", with_cation(hexagonal, chain, formamidinium(), places), "I", 5.5
    upright = rotation((1, 0, 0), 90)
    yield ("fapbi3-2h-upright", with_cation(hexagonal, chain, formamidinium(),
                                            [(c, t @ upright) for c, t in places]), "I", 5.5)
    yield "dmapbi3", with_cation(hexagonal, chain, dimethylammonium(), places), "I", 5.5
    tin = [("Sn" if name == "Pb" else name, *at) for name, *at in cubic]
    yield "masni3", with_cation(Lattice.cubic(6.2302), tin, methylammonium(), [(centre, np.eye(3))]), "I", 6.4
    # One layer of corner-sharing octahedra, as in a Ruddlesden-Popper compound: the K2NiF4 type with a cation on each side.
    layered = Lattice.tetragonal(6.3, 20.0)
    layer = [(name, *(np.array(at) + shift) % 1) for shift in ((0, 0, 0), (.5, .5, .5)) for name, *at in
             (("Pb", 0, 0, 0), ("I", .5, 0, 0), ("I", 0, .5, 0), ("I", 0, 0, .16), ("I", 0, 0, .84))]
    down = rotation((1, 0, 0), 180)
    yield "ma2pbi4", with_cation(layered, layer, methylammonium(), [((.5, .5, .17), down), ((.5, .5, .83), np.eye(3)),
                                                                    ((0, 0, .67), down), ((0, 0, .33), np.eye(3))]), "I", 5.0
    small = Lattice.cubic(6.3)
    for name, turn in (("001", np.eye(3)), ("110", rotation((0, 0, 1), 45) @ rotation((0, 1, 0), 90)),
                       ("111", rotation((0, 0, 1), 45) @ rotation((0, 1, 0), 54.735610317))):
        yield f"mapbi3-{name}", with_cation(small, cubic, methylammonium(), [(centre, turn)]), "I", 6.4


def random_lattice(system, rng):
    a, b, c = (rng.uniform(7, 13) for _ in range(3))
    angles = [rng.uniform(70, 110) for _ in range(3)]
    return {"cubic": lambda: Lattice.cubic(a), "tetragonal": lambda: Lattice.tetragonal(a, c),
            "orthorhombic": lambda: Lattice.orthorhombic(a, b, c), "monoclinic": lambda: Lattice.monoclinic(a, b, c, angles[1]),
            "triclinic": lambda: Lattice.from_parameters(a, b, c, *angles)}.get(system, lambda: Lattice.hexagonal(a, c))()


def random_site(rng):
    special = [0, .25, .5, .75, 1 / 3, 2 / 3, .125]
    x, y, z = (rng.choice(special) if rng.random() < .5 else round(rng.uniform(0, 1), 4) for _ in range(3))
    shape = rng.random()
    return (x, x, z) if shape < .15 else (x, 2 * x % 1, z) if shape < .3 else (x, x, x) if shape < .4 else (x, y, z)


def random_crystal(number, rng, most=120):
    """Lead and iodine on random positions, special ones often, of a space group in its standard setting, no two atoms nearer
    than 2.4 A; None if none was found."""
    group = SpaceGroup.from_int_number(number)
    for attempt in range(300):
        lattice = random_lattice(group.crystal_system, rng).scale(rng.uniform(600, 1500) * (1 + attempt / 100))
        sites = [("Pb", random_site(rng))] + [("I", random_site(rng)) for _ in range(rng.randint(1, 3))]
        try:
            made = Structure.from_spacegroup(group.symbol, lattice, [s for s, _ in sites], [p for _, p in sites])
        except ValueError:
            continue
        if len(made) > most:
            continue
        apart = made.distance_matrix + 100 * np.eye(len(made))
        if apart.min() > 2.4 and min(lattice.abc) > 2.5:
            return made
    return None


def settings(structure, rng):
    """The same crystal: primitive, axes permuted, a sheared basis with another origin, two cells."""
    yield "primitive", SpacegroupAnalyzer(structure, 0.01).get_primitive_standard_structure()
    permuted = structure.copy()
    permuted.make_supercell([[0, 1, 0], [0, 0, 1], [1, 0, 0]], to_unit_cell=True)
    yield "permuted", permuted
    sheared = structure.copy()
    sheared.make_supercell([[1, 1, 0], [0, 1, rng.choice([0, 1, -1])], [0, 0, 1]], to_unit_cell=True)
    sheared.translate_sites(range(len(sheared)), [rng.random() for _ in range(3)])
    order = list(range(len(sheared)))
    rng.shuffle(order)
    yield "sheared", Structure.from_sites([sheared[i] for i in order])
    doubled = structure.copy()
    doubled.make_supercell([2, 1, 1])
    yield "doubled", doubled


def write(structure, path):
    if path.suffix == ".cif":
        CifWriter(structure, symprec=0.001, significant_figures=10).write_file(path)
    else:
        Poscar(structure, sort_structure=True).write_file(path, significant_figures=14)
    return path


def all_crystals(folder, seed, count):
    """Writes the crystals; yields (file, element, longest hop in A)."""
    rng = random.Random(seed)
    base = []
    for name, (group, lattice, sites, element, longest) in PUBLISHED.items():
        base.append((name, Structure.from_spacegroup(group, lattice, [s[0] for s in sites], [s[1:] for s in sites]), element, longest))
    base += list(hybrid_crystals())
    for name, structure, element, longest in base:
        yield write(structure, folder / f"{name}.cif"), element, longest
        for setting, other in settings(structure, rng):
            if len(other) <= 120:
                yield write(other, folder / f"{name}-{setting}.vasp"), element, longest
    numbers = rng.sample(range(1, 231), min(count, 230))
    for number in numbers:
        structure = random_crystal(number, rng)
        if structure is not None:
            ending = rng.choice(["cif", "vasp"])
            yield write(structure, folder / f"random-{number}.{ending}"), "I", rng.uniform(4, 7)
