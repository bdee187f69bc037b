# SPDX-License-Identifier: GPL-2.0-or-later
"""A second set of cases, on which nothing was tuned: point defects in bcc, fcc, hcp, ionic and covalent crystals, hydrogen in
metals, islands and steps, clusters, molecules. Most are a host and the places a few of its atoms go to."""
import numpy as np
from ase import Atoms
from ase.build import bulk, fcc100, fcc111, graphene, molecule
from ase.constraints import FixAtoms
from ase.geometry import find_mic

from cases import LATTICE, MORSE_PT, Case, adatom_hop, cluster, exchange, icosahedron, lennard_jones, metal, slab, with_adatoms


def styled(units, symbols, *commands, files=(), charges=None):
    engine = dict(units=units, types={s: i + 1 for i, s in enumerate(symbols)}, files=list(files), commands=list(commands))
    return engine | (dict(charges=charges) if charges else {})


def many_body(style, file, *symbols):
    return styled("metal", symbols, f"pair_style {style}", f"pair_coeff * * {file} {' '.join(symbols)}", files=[file])


# Lewis & Catlow, J. Phys. C 18, 1149 (1985): rigid ions of full charge. Fumi & Tosi, J. Phys. Chem. Solids 25, 31 (1964), converted to eV.
MGO = styled("metal", ["Mg", "O"], "pair_style buck/coul/long 8.0", "pair_coeff * * 0.0 0.3 0.0", "pair_coeff 1 2 1428.5 0.2945 0.0",
             "pair_coeff 2 2 22764.3 0.1490 27.88", "pair_modify table 0", "kspace_style ewald 1e-7", charges={"Mg": 2.0, "O": -2.0})
NACL = styled("metal", ["Na", "Cl"], "pair_style born/coul/wolf 0.25 11.0", "pair_coeff 1 1 0.2637 0.317 2.340 1.05 -0.50",
              "pair_coeff 1 2 0.2110 0.317 2.755 6.99 -8.68", "pair_coeff 2 2 0.1582 0.317 3.170 72.40 -145.4", charges={"Na": 1.0, "Cl": -1.0})
MORSE = styled("metal", ["Pt"], *MORSE_PT)
HYDROCARBON = many_body("airebo 3.0", "CH.airebo", "C", "H")


def vacancy_hop(name, host, engine, towards=None, element=None):
    """A vacancy for the atom in the middle; a neighbour goes there, the one nearest to a direction, of an element."""
    middle = host.get_center_of_mass()
    gone = min((a.index for a in host if element in (None, a.symbol)), key=lambda i: np.linalg.norm(host.positions[i] - middle))
    others = [a.index for a in host if a.index != gone and element in (None, a.symbol)]
    steps = host.get_distances(gone, others, mic=True, vector=True)
    near = np.linalg.norm(steps, axis=1).min()
    cost = np.linalg.norm(steps, axis=1) - (0 if towards is None
            else 0.5 * near * steps @ np.array(towards) / np.linalg.norm(towards) / np.linalg.norm(steps, axis=1))
    mover = others[int(np.argmin(cost))]
    return moved(name, host, {mover: host.get_distance(mover, gone, mic=True, vector=True)}, engine, without=gone)


def moved(name, initial, steps, engine, without=None):
    final = initial.copy()
    for atom, step in steps.items():
        final.positions[atom] += step
    ends = [initial.copy(), final]
    if without is not None:
        for end in ends:
            del end[without]
    return Case(name, *ends, engine)


def crystal(symbol, structure, n, **lattice):
    return bulk(symbol, structure, **lattice) * ((n, n, n) if isinstance(n, int) else n)


def dumbbell(name, host, a, engine, axis, turned, hop, half):
    """Two atoms share a site; one leaves for the site of the atom at `hop` (lattice constants) and shares that, turned."""
    axis, turned = (half * np.array(v) / np.linalg.norm(v) for v in (axis, turned))
    site = int(np.argmin(np.linalg.norm(host.positions - host.get_center_of_mass(), axis=1)))
    at = host.positions[site].copy()
    steps, _ = find_mic(host.positions - at - a * np.array(hop), host.cell, True)
    other = int(np.argmin(np.linalg.norm(steps, axis=1)))
    hop = host.get_distance(site, other, mic=True, vector=True)
    ends = [with_adatoms(host, host[site].symbol, [at + axis]) for _ in range(2)]
    ends[0].positions[site] = at - axis
    ends[1].positions[-1], ends[1].positions[other] = at + hop - turned, at + hop + turned
    return Case(name, *ends, engine)


def interstitial(name, host, symbol, start, end, engine):
    """A small atom in a crystal, from one place near the middle to another (fractions of its first cell)."""
    a = host.info["a"]
    corner = a * np.round(host.get_center_of_mass() / a)
    return Case(name, *(with_adatoms(host, symbol, [corner + a * np.array(place)]) for place in (start, end)), engine)


def island(name, symbol, engine, start, end, size=(6, 6, 4), free=2):
    """Adatoms on a (111) surface: (i, j, "fcc" or "hcp") in steps of its lattice."""
    base = slab(fcc111, symbol, size, free)
    d = LATTICE[symbol] / np.sqrt(2)
    top = base.positions[:, 2].max()
    layer = {"hcp": (top - 3.0, top - 0.1), "fcc": (top - 5.5, top - 3.0)}
    middle = (base.cell[0, :2] + base.cell[1, :2]) / 2

    def places(sites):
        out = []
        for i, j, kind in sites:
            below = [p for p in base.positions if layer[kind][0] < p[2] < layer[kind][1]]
            lattice = min(below, key=lambda p: np.linalg.norm(p[:2] - middle - (0, 0.1)))[:2]
            out.append([*(lattice + i * np.array([d, 0]) + j * np.array([d / 2, d * np.sqrt(0.75)])), top + d * np.sqrt(2 / 3)])
        return out
    return Case(name, *(with_adatoms(base, symbol, places(sites)) for sites in (start, end)), engine)


RING = [(1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)]
HEPTAMER = [(0, 0), *RING]


def heptamer_move(name, moves):
    """Of the compact island of seven, some atoms go one or more places on: Henkelman, Johannesson & Jonsson (2000)."""
    return island(name, "Pt", MORSE, *([(*s, "fcc") for s in sites] for sites in (HEPTAMER, [moves.get(s, s) for s in HEPTAMER])))


def dimer_on_100(symbol):
    base = slab(fcc100, symbol, (4, 4, 4), 2)
    d = LATTICE[symbol] / np.sqrt(2)
    corner = base.positions[np.argmax(base.positions[:, 2])] * (0, 0, 1) + (d / 2 + d, d / 2 + d, 0.45 * LATTICE[symbol])
    ends = [[(0, 0), (1, 0)], [(0, 0), (1, 1)]]
    return Case(f"{symbol.lower()}-dimer", *(with_adatoms(base, symbol, [corner + d * np.array([*s, 0]) for s in end]) for end in ends), metal(symbol))


def step_descent(symbol):
    """An adatom at the edge of a terrace pushes the atom below it out and takes its place."""
    base = slab(fcc111, symbol, (6, 6, 4), 2)
    d = LATTICE[symbol] / np.sqrt(2)
    top, height = base.positions[:, 2].max(), d * np.sqrt(2 / 3)
    fcc = min((p for p in base.positions if top - 5.5 < p[2] < top - 3.0), key=lambda p: p[0] + p[1])[:2]

    def place(i, j, level=1):
        return np.array([*(fcc + i * np.array([d, 0]) + j * np.array([d / 2, d * np.sqrt(0.75)])), top + level * height])
    terrace = with_adatoms(base, symbol, [place(i, j) for j in range(3) for i in range(6)])
    pushed = len(base) + 2 * 6 + 2
    on_top = (place(2, 2) + place(3, 2) + place(3, 1)) / 3 + (0, 0, height)
    initial, final = (with_adatoms(terrace, symbol, [p]) for p in (on_top, place(2, 2)))
    final.positions[pushed] = place(2, 3)
    return Case(f"{symbol.lower()}-step-descent", initial, final, metal(symbol))


def bond_rotation():
    """Stone & Wales: a bond of graphene turns by a right angle."""
    sheet = graphene(size=(6, 6, 1), a=2.51, vacuum=6.0)
    sheet.set_cell(sheet.cell.standard_form()[0], scale_atoms=True)
    sheet.pbc = (True, True, False)
    i = int(np.argmin(np.linalg.norm(sheet.positions - sheet.get_center_of_mass(), axis=1)))
    j = min((k for k in range(len(sheet)) if k != i), key=lambda k: np.linalg.norm(sheet.positions[k] - sheet.positions[i]))
    half = (sheet.positions[j] - sheet.positions[i]) / 2
    turned = np.array([-half[1], half[0], 0])
    middle = sheet.positions[i] + half
    around = [k for k in range(len(sheet)) if k not in (i, j) and np.linalg.norm(sheet.positions[k] - middle) < 2.0]
    steps = {k: 0.15 * (middle - sheet.positions[k]) for k in around}  # within reach of their new neighbours
    return moved("stone-wales", sheet, {i: half - turned, j: turned - half} | steps, many_body("tersoff", "BNC.tersoff", "C"))


def free(atoms):
    atoms.set_cell([20, 20, 20])
    atoms.center()
    atoms.pbc = False
    return atoms


def butane():
    trans = molecule("trans-butane")
    carbons = [a.index for a in trans if a.symbol == "C"]
    chain = sorted(carbons, key=lambda i: sorted(trans.get_distances(i, carbons))[2])  # inner two first
    inner, outer = chain[:2], chain[2:]
    first = min(outer, key=lambda i: trans.get_distance(i, inner[0]))
    last = next(i for i in outer if i != first)
    turning = [last] + [a.index for a in trans if a.symbol == "H" and min(trans.get_distance(a.index, last), trans.get_distance(a.index, inner[1])) < 1.3]
    gauche = trans.copy()
    gauche.set_dihedral(first, *inner, last, 65, indices=turning)
    return Case("butane-torsion", free(trans), free(gauche), HYDROCARBON)


def cyclohexane():
    """Chair to twist-boat: one carbon passes through the plane of the ring."""
    def ring(heights):
        c = np.array([(1.46 * np.cos(t), 1.46 * np.sin(t), z) for t, z in zip(np.arange(6) * np.pi / 3, heights)])
        points, symbols = list(c), ["C"] * 6
        for k in range(6):
            back, ahead = c[k - 1] - c[k], c[(k + 1) % 6] - c[k]
            out = -(back + ahead) / np.linalg.norm(back + ahead)
            across = np.cross(ahead, back) / np.linalg.norm(np.cross(ahead, back))
            across *= np.sign(across[2])
            points += [c[k] + 0.63 * out + 0.89 * across, c[k] + 0.63 * out - 0.89 * across]
            symbols += ["H", "H"]
        return Atoms(symbols, points)
    chair, twist = ring([0.25, -0.25] * 3), ring([-0.55, -0.2, 0.25, -0.5, 0.15, 0.25])
    return Case("cyclohexane", free(chair), free(twist), HYDROCARBON)


def lj12_hole():
    """The icosahedron without an atom of its shell: a neighbour of the hole fills it."""
    core = icosahedron()
    hole = core[1]
    rest = np.delete(core, 1, axis=0)
    mover = 1 + int(np.argmin(np.linalg.norm(rest[1:] - hole, axis=1)))
    final = rest.copy()
    final[mover] = hole
    return Case("lj12-hole", cluster(rest), cluster(final), lennard_jones())


def lj39_edge():
    """An atom on the truncated octahedron of 38 goes from a hexagonal face over its edge to a square one."""
    lattice = bulk("Ar", "fcc", a=1.55, cubic=True) * (5, 5, 5)
    x = lattice.positions - 2.5 * 1.55 - np.array([0.5, 0, 0]) * 1.55
    core = x[np.argsort(np.linalg.norm(x, axis=1), kind="stable")]
    core = core[np.abs(core).max(axis=1) < 1.6]
    core = core[np.argsort(np.abs(core).sum(axis=1), kind="stable")][:38]
    hexagon, square = 2.75 * np.ones(3) / np.sqrt(3), np.array([0, 0, 2.5])
    return Case("lj39-edge", *(cluster(np.vstack([core, p])) for p in (hexagon, square)), lennard_jones())


def lj_adatom():
    base = fcc100("Ar", size=(5, 5, 4), a=1.55, vacuum=4.0)
    base.set_constraint(FixAtoms(np.flatnonzero(base.get_tags() > 2)))
    d = 1.55 / np.sqrt(2)
    start = base.positions[np.argmax(base.positions[:, 2])] + (1.5 * d, 1.5 * d, 0.775)
    return Case("lj-adatom", *(with_adatoms(base, "Ar", [start + s]) for s in ((0, 0, 0), (d, d, 0))), lennard_jones())


def with_spacing(a, atoms):
    atoms.info["a"] = a
    return atoms


def copper_in_aluminium():
    host = crystal("Al", "fcc", 3, a=4.05, cubic=True)
    vacancy = int(np.argmin(np.linalg.norm(host.positions - host.get_center_of_mass(), axis=1)))
    others = [i for i in range(len(host)) if i != vacancy]
    copper = min(others, key=lambda i: host.get_distance(vacancy, i, mic=True))
    host.symbols[copper] = "Cu"
    return moved("cu-in-al", host, {copper: host.get_distance(copper, vacancy, mic=True, vector=True)},
                 many_body("eam/alloy", "AlCu.eam.alloy", "Al", "Cu"), without=vacancy)


def skewed(atoms):
    atoms.set_cell(atoms.cell.standard_form()[0], scale_atoms=True)
    return atoms


MAKERS = {
    "w-vacancy": lambda: vacancy_hop("w-vacancy", crystal("W", "bcc", 4, a=3.165, cubic=True), metal("W")),
    "ag-vacancy-500": lambda: vacancy_hop("ag-vacancy-500", crystal("Ag", "fcc", 5, a=4.09, cubic=True), metal("Ag")),
    "pd-vacancy-skewed": lambda: vacancy_hop("pd-vacancy-skewed", skewed(crystal("Pd", "fcc", 4, a=3.89)), metal("Pd")),
    "mg-vacancy": lambda: vacancy_hop("mg-vacancy", crystal("Mg", "hcp", (5, 5, 3), a=3.184, c=5.175), metal("Mg"), towards=(0, 0, 1)),
    "cu-in-al": copper_in_aluminium,
    "fe-dumbbell": lambda: dumbbell("fe-dumbbell", crystal("Fe", "bcc", 4, a=2.855, cubic=True), 2.855, metal("Fe"),
                                    (1, 1, 0), (0, 1, 1), (0.5, 0.5, 0.5), 1.07),
    "cu-dumbbell": lambda: dumbbell("cu-dumbbell", crystal("Cu", "fcc", 4, a=3.615, cubic=True), 3.615, metal("Cu"),
                                    (1, 0, 0), (0, 1, 0), (0.5, 0.5, 0), 1.1),
    "w-crowdion": lambda: dumbbell("w-crowdion", crystal("W", "bcc", 5, a=3.165, cubic=True), 3.165, metal("W"),
                                   (1, 1, 1), (1, 1, 1), (0.5, 0.5, 0.5), 1.05),
    "h-in-ni": lambda: interstitial("h-in-ni", with_spacing(3.52, crystal("Ni", "fcc", 3, a=3.52, cubic=True)), "H", (0.5, 0, 0), (0.25, 0.25, 0.25),
                                    many_body("eam/alloy", "NiAlH_jea.eam.alloy", "Ni", "H")),
    "h-in-pd": lambda: interstitial("h-in-pd", with_spacing(3.89, crystal("Pd", "fcc", 3, a=3.89, cubic=True)), "H", (0.5, 0, 0), (0, 0.5, 0),
                                    many_body("eam/he", "PdHHe.eam.he", "Pd", "H")),
    "mgo-vacancy": lambda: vacancy_hop("mgo-vacancy", crystal("MgO", "rocksalt", 2, a=4.21, cubic=True), MGO, element="Mg"),
    "nacl-vacancy": lambda: vacancy_hop("nacl-vacancy", crystal("NaCl", "rocksalt", 3, a=5.64, cubic=True), NACL, element="Na"),
    "si-vacancy": lambda: vacancy_hop("si-vacancy", crystal("Si", "diamond", 3, a=5.431, cubic=True), many_body("sw", "Si.sw", "Si")),
    "gan-vacancy": lambda: vacancy_hop("gan-vacancy", skewed(crystal("GaN", "wurtzite", 3, a=3.19, c=5.19)),
                                       many_body("tersoff", "GaN.tersoff", "Ga", "N"), element="N"),
    "stone-wales": bond_rotation,
    "ag-adatom-111": lambda: island("ag-adatom-111", "Ag", metal("Ag"), [(0, 0, "fcc")], [(0, 0, "hcp")], (4, 4, 4)),
    "ag-adatom-atop": lambda: island("ag-adatom-atop", "Ag", metal("Ag"), [(0, 0, "fcc")], [(1, -1, "hcp")], (4, 4, 4)),
    "au-adatom": lambda: adatom_hop("Au"),
    "cu-exchange": lambda: exchange("Cu"),
    "pd-exchange": lambda: exchange("Pd", (4, 4, 6)),
    "ni-dimer": lambda: dimer_on_100("Ni"),
    "cu-trimer": lambda: island("cu-trimer", "Cu", metal("Cu"), [(0, 0, "fcc"), (1, 0, "fcc"), (0, 1, "fcc")],
                                [(0, 0, "hcp"), (1, 0, "hcp"), (0, 1, "hcp")], (5, 5, 4)),
    "ni-step-descent": lambda: step_descent("Ni"),
    "pt7-pair": lambda: heptamer_move("pt7-pair", {(1, -1): (1, 0), (1, 0): (1, 1)}),
    "pt7-pair-b": lambda: heptamer_move("pt7-pair-b", {(0, 1): (1, 0), (1, 0): (2, -1)}),
    "pt7-round": lambda: heptamer_move("pt7-round", {(1, 0): (1, -2)}),
    "pt7-turn": lambda: heptamer_move("pt7-turn", dict(zip(RING, RING[1:] + RING[:1]))),
    "lj12-hole": lj12_hole,
    "lj39-edge": lj39_edge,
    "lj-adatom": lj_adatom,
    "butane-torsion": butane,
    "cyclohexane": cyclohexane,
}
