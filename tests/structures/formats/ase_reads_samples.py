# SPDX-License-Identifier: GPL-2.0-or-later
"""ASE, an independent reader, must find the same crystal in every file that write_samples wrote."""
import sys

try:
    import numpy as np
    from ase.io import read
except ImportError:
    print("SKIPPED: python3-ase is not installed")
    sys.exit(77)

folder = sys.argv[1]


def distances(atoms):
    return np.sort(atoms.get_all_distances(mic=True)[np.triu_indices(len(atoms), 1)])


reference = read(f"{folder}/a.extxyz")
assert reference.pbc.all()
for name, options in (
    ("a.cif", {}),
    ("a.vasp", {"format": "vasp"}),
    ("a.lmp", {"format": "lammps-data", "style": "atomic", "units": "metal", "Z_of_type": {1: 82, 2: 53, 3: 7, 4: 6, 5: 1}}),
):
    other = read(f"{folder}/{name}", **options)
    assert other.get_chemical_formula() == reference.get_chemical_formula(), name
    worst = np.abs(distances(other) - distances(reference)).max()
    assert worst < 1e-9, (name, worst)

frames = read(f"{folder}/path.extxyz", index=":")
assert len(frames) == 3
for frame in frames:
    assert frame.get_potential_energy() == -1 / 3
    assert np.array_equal(frame.get_forces(apply_constraint=False), frame.positions / 7)
    assert np.array_equal(frame.cell.array, reference.cell.array)
    assert list(frame.constraints[0].index) == [0], frame.constraints
print("ASE reads what hopflow writes")
