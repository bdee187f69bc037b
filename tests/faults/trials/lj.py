# SPDX-License-Identifier: GPL-2.0-or-later
"""The quickest case with an engine: a vacancy hops in an fcc crystal of 32 Lennard-Jones sites, some evaluations."""
import argparse
import math

CASE = """initial: initial.extxyz
final: final.extxyz
engine: {kind: lammps, units: metal, types: {Ar: 1}, commands: ["pair_style lj/cut 5.0", "pair_coeff * * 0.0104 3.4"]}
neb: {images: 3, climb: true, fmax: 0.01}
"""


def structures(folder, a=5.26, cells=2):
    """initial.extxyz and final.extxyz: site 0 is empty, then the neighbour at (a/2, a/2, 0) is."""
    corners = [(0, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)]
    sites = [tuple(a * (n + x) for n, x in zip((i, j, k), corner))
             for i in range(cells) for j in range(cells) for k in range(cells) for corner in corners]
    moved = next(n for n, site in enumerate(sites) if math.dist(site, (a / 2, a / 2, 0)) < 1e-9)
    side = a * cells
    head = f'Lattice="{side} 0 0 0 {side} 0 0 0 {side}" Properties=species:S:1:pos:R:3 pbc="T T T"'
    for name in ("initial", "final"):
        atoms = [sites[0] if name == "final" and n == moved else site for n, site in enumerate(sites) if n]
        lines = [str(len(atoms)), head, *(f"Ar {x} {y} {z}" for x, y, z in atoms)]
        (folder / f"{name}.extxyz").write_text("\n".join(lines) + "\n")


def case_in(folder, text=CASE):
    structures(folder)
    file = folder / "case.yaml"
    file.write_text(text)
    return file


def trials(usual, what):
    """How often a script tries something: `usual` in the suite, --trials N by hand."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=usual, help=what)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()
