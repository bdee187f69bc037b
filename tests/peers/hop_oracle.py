# SPDX-License-Identifier: GPL-2.0-or-later
"""Distinct hops, molecules and framework of a structure file by pymatgen, spglib and numpy alone; nothing of hopflow."""
import itertools

import numpy as np
import spglib
from pymatgen.analysis.dimensionality import get_structure_components
from pymatgen.analysis.graphs import StructureGraph
from pymatgen.core import Element, Structure
from pymatgen.core.periodic_table import Species
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

ORGANIC = {"H", "C", "N", "O", "P", "S"}
HALOGENS = {"F", "Cl", "Br", "I"}
# Cordero et al., Dalton Trans. 2008, 2832 (A); only what the crystals here hold.
RADII = {"H": .31, "C": .76, "N": .71, "O": .66, "S": 1.05, "F": .57, "Cl": 1.02, "Br": 1.20, "I": 1.39, "Cs": 2.44, "Rb": 2.20,
         "Pb": 1.46, "Sn": 1.39, "Ni": 1.24, "Ag": 1.45, "Bi": 1.48, "Cd": 1.44, "Sr": 1.95, "Sb": 1.39, "Li": 1.28, "Na": 1.66,
         "K": 2.03, "Ge": 1.20, "B": .84, "P": 1.07}


def read(path):
    """The file's atoms as pymatgen reads them, without oxidation states."""
    structure = Structure.from_file(path)
    structure.remove_oxidation_states()
    return structure


def symbols(structure):
    return [s.specie.element.symbol if isinstance(s.specie, Species) else s.specie.symbol for s in structure]


def lattice_points(matrix, reach):
    """Integer triples whose cell may hold an atom within `reach` of an atom of the home cell (rows of matrix: a, b, c)."""
    heights = 1 / np.linalg.norm(np.linalg.inv(matrix), axis=0)
    most = np.ceil(reach / heights).astype(int) + 1
    return np.array(list(itertools.product(*[range(-m, m + 1) for m in most])))


def pairs_within(matrix, fractional, reach, first=None, second=None):
    """Rows (i, j, a, b, c) and distances of every pair within reach; coordinates must be in [0, 1)."""
    first = np.arange(len(fractional)) if first is None else np.asarray(first)
    second = np.arange(len(fractional)) if second is None else np.asarray(second)
    images = lattice_points(matrix, reach)
    rows, lengths = [], []
    for i in first:
        apart = (fractional[second][:, None, :] + images[None, :, :] - fractional[i]) @ matrix
        distance = np.linalg.norm(apart, axis=2)
        for j, k in zip(*np.nonzero((distance <= reach) & (distance > 1e-6))):
            rows.append((i, second[j], *images[k]))
            lengths.append(distance[j, k])
    return rows, np.array(lengths)


def graph_of(structure, keep, bonded):
    """pymatgen's graph of the sites in `keep`, bonds where bonded(symbol, symbol, distance)."""
    part = Structure.from_sites([structure[i] for i in keep])
    graph = StructureGraph.from_empty_graph(part)
    names = symbols(part)
    rows, lengths = pairs_within(part.lattice.matrix, part.frac_coords, 4.0)
    for (i, j, *image), length in zip(rows, lengths):
        if i <= j and bonded(names[i], names[j], length) and (i != j or tuple(image) > (0, 0, 0)):
            graph.add_edge(i, j, from_jimage=(0, 0, 0), to_jimage=tuple(int(x) for x in image), warn_duplicates=False)
    return graph


def molecules_of(structure):
    """(number of finite molecules, indices of atoms outside them). A bond is shorter than 1.25 x the covalent radii."""
    names = symbols(structure)
    keep = [i for i, n in enumerate(names) if n in ORGANIC | HALOGENS | {"B"}]

    def bonded(a, b, length):
        allowed = {a, b} <= ORGANIC or ("C" in (a, b) and ({a, b} & HALOGENS))
        return allowed and length < 1.25 * (RADII[a] + RADII[b])

    if not any(names[i] in ORGANIC for i in keep):
        return 0, list(range(len(names)))
    parts = get_structure_components(graph_of(structure, keep, bonded), inc_site_ids=True)
    whole = [p for p in parts if p["dimensionality"] == 0 and len(p["site_ids"]) > 1]
    inside = {keep[i] for part in whole for i in part["site_ids"]}
    return len(whole), [i for i in range(len(names)) if i not in inside]


def framework_dimension(structure, outside):
    """Larsen's dimensionality of the metal-halide graph; alkali ions count only where there is no other metal."""
    names = symbols(structure)

    def metal(n):
        return Element(n).is_metal or n in ("Ge", "Sb")
    alone = not any(metal(names[i]) and not Element(names[i]).is_alkali for i in outside)
    metals = {names[i] for i in outside if metal(names[i]) and (alone or not Element(names[i]).is_alkali)}
    keep = [i for i in outside if names[i] in metals | HALOGENS | {"O", "S", "Se", "Te"}]

    def bonded(a, b, length):
        return (a in metals) != (b in metals) and length < 1.25 * (RADII[a] + RADII[b])

    parts = get_structure_components(graph_of(structure, keep, bonded))
    return max(p["dimensionality"] for p in parts), metals


class AtomMaps:
    """How each operation moves the listed atoms: x' = R x + t lands on atom target[a] of the cell shift[a] away."""

    def __init__(self, structure, operations, atoms, tolerance):
        x = structure.frac_coords[atoms]
        matrix = structure.lattice.matrix
        self.maps = []
        for operation in operations:
            rotation = np.round(operation.rotation_matrix).astype(int)
            image = x @ operation.rotation_matrix.T + operation.translation_vector
            apart = image[:, None, :] - x[None, :, :]
            whole = np.round(apart)
            # The nearest image of a nearly coincident atom: rounding is enough, whatever the cell's shape.
            miss = np.linalg.norm((apart - whole) @ matrix, axis=2)
            target = miss.argmin(axis=1)
            best = miss[np.arange(len(x)), target]
            if best.max() > tolerance or len(set(target)) != len(x):
                raise ValueError(f"an operation misses by {best.max():.3f} A")
            self.maps.append((rotation, target, whole[np.arange(len(x)), target].astype(int)))


def orbits(rows, maps):
    """Classes of directed pairs (a, b, R) under the maps and reversal: list of lists of undirected keys, and whether an
    operation turns a member round. Closure by breadth-first search."""
    def undirected(p):
        i, j, *r = p
        return min((i, j, *r), (j, i, *(-x for x in r)))

    seen, classes = set(), []
    for start in rows:
        start = tuple(int(v) for v in start)
        if undirected(start) in seen:
            continue
        back = (start[1], start[0], *(-v for v in start[2:]))
        directed, frontier = {start}, [start]
        while frontier:
            i, j, *r = frontier.pop()
            for rotation, target, shift in maps:
                image = rotation @ np.array(r) + shift[j] - shift[i]
                new = (int(target[i]), int(target[j]), *(int(v) for v in image))
                if new not in directed:
                    directed.add(new)
                    frontier.append(new)
        members = {undirected(p) for p in directed}
        seen |= members
        classes.append((start, members, back in directed))
    return classes


def network_rank(count, edges):
    """Highest rank of cycle translations over the components of a periodic graph."""
    around = [[] for _ in range(count)]
    for i, j, *r in edges:
        around[i].append((j, np.array(r)))
        around[j].append((i, -np.array(r)))
    place, best = {}, 0
    for root in range(count):
        if root in place:
            continue
        place[root], stack, cycles = np.zeros(3, int), [root], [np.zeros(3, int)]
        while stack:
            i = stack.pop()
            for j, r in around[i]:
                there = place[i] + r
                if j not in place:
                    place[j] = there
                    stack.append(j)
                elif (there != place[j]).any():
                    cycles.append(there - place[j])
        best = max(best, int(np.linalg.matrix_rank(np.unique(np.array(cycles), axis=0))))
    return best


def primitive(structure):
    """The smallest cell of the same crystal, positions as they are: a supercell as given hides symmetry from spglib."""
    numbers = [Element(n).Z for n in symbols(structure)]
    cell = spglib.standardize_cell((structure.lattice.matrix, structure.frac_coords, numbers), to_primitive=True,
                                   no_idealize=True, symprec=0.01)
    return Structure(cell[0], [Element.from_Z(int(z)).symbol for z in cell[2]], np.asarray(cell[1]) % 1.0)


def analyse(path, element, longest, of="crystal", symprec=0.01):
    """What hopflow check and hopflow hops should say of a file."""
    structure = read(path)
    structure = Structure(structure.lattice, symbols(structure), structure.frac_coords % 1.0)
    count, outside = molecules_of(structure)
    dimension, metals = framework_dimension(structure, outside)
    whole = SpacegroupAnalyzer(structure, symprec=0.01)
    frame, copies = (primitive(structure), 0) if of == "crystal" else (Structure.from_sites([structure[i] for i in outside]), 1)
    copies = copies or round(len(structure) / len(frame))
    finder = SpacegroupAnalyzer(frame, symprec=symprec)
    atoms = [i for i, n in enumerate(symbols(frame)) if n == element]
    maps = AtomMaps(frame, finder.get_symmetry_operations(), atoms, max(4 * symprec, 0.02)).maps
    x, matrix = frame.frac_coords[atoms], frame.lattice.matrix
    rows, lengths = pairs_within(matrix, x, longest)
    order = np.argsort(lengths, kind="stable")
    lead = [i for i, n in enumerate(symbols(frame)) if n in metals]
    heavy = frame.frac_coords
    hops = []
    for start, members, turned in orbits([rows[k] for k in order], maps):
        i, j, *r = start
        ends = np.array([x[i], x[j] + r])
        length = float(np.linalg.norm((ends[1] - ends[0]) @ matrix))
        shared = 0
        if lead:
            middle = ends.mean(axis=0)
            images = np.round(middle)[None, None, :] + lattice_points(matrix, 7.0)[None, :, :]
            near = [np.linalg.norm((heavy[lead][:, None, :] + images - end) @ matrix, axis=2) < 4.0 for end in ends]
            shared = int((near[0] & near[1]).sum())
        hops.append({"length": length, "multiplicity": copies * len(members), "shared": shared, "reversed": turned})
    edges = [m for _, members, _ in orbits([rows[k] for k in order], maps) for m in members]
    return {"atoms": len(structure), "group": whole.get_space_group_number(), "molecules": count,
            "framework": dimension, "hops": hops, "network": network_rank(len(atoms), edges),
            "sites": len({min(int(t[a]) for _, t, _ in maps) for a in range(len(atoms))})}
