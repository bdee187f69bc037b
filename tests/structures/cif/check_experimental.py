# SPDX-License-Identifier: GPL-2.0-or-later
"""One crystal of chains written the way diffractometers and databases write it, disorder and all: always the same hops.

The expected atoms, molecules and hops are those of the shipped file, which tests/peers compares with pymatgen and spglib.
"""
import json
import os
import subprocess
import sys
import tempfile

hopflow, inputs = sys.argv[1:]
source = os.path.join(inputs, "structures", "prpyr-pbi3.cif")


def run(*arguments, code=0):
    done = subprocess.run([hopflow, *arguments], capture_output=True, text=True)
    assert done.returncode == code, (arguments, done.returncode, done.stdout[:400], done.stderr)
    return done


def shipped_sites():
    """(label, element, x, y, z) of the asymmetric unit."""
    rows = [line.split() for line in open(source)]
    return [(r[0], r[1], *map(float, r[2:5])) for r in rows if len(r) == 8 and r[7] == "calc"]


SITES = shipped_sites()
CELL = (15.34676, 8.05, 12.45354)
with open(source) as text:
    for line in text:
        for k, axis in enumerate("abc"):
            if line.startswith(f"_cell_length_{axis}"):
                CELL = (*CELL[:k], float(line.split()[1]), *CELL[k + 1:])
OPERATIONS = ["x,y,z", "-x,-y,-z", "-x+1/2,-y,z+1/2", "x+1/2,y,-z+1/2", "x+1/2,-y+1/2,-z+1/2", "-x+1/2,y+1/2,z+1/2", "-x,y+1/2,-z",
              "x,-y+1/2,z"]


def cif(sites=None, cell=CELL, symmetry=None, head="", extra="", columns="label type_symbol fract_x fract_y fract_z", formula="C8 H12 I3 N Pb"):
    """Rows of `sites` are tuples in the order of `columns`."""
    out = head + "data_chain\n" + (f"_chemical_formula_sum '{formula}'\n" if formula else "") + "_cell_formula_units_Z 4\n"
    out += "".join(f"_cell_length_{axis} {value}\n" for axis, value in zip("abc", cell))
    out += "".join(f"_cell_angle_{angle} 90\n" for angle in ("alpha", "beta", "gamma"))
    out += symmetry or "loop_\n_symmetry_equiv_pos_as_xyz\n" + "".join(f"'{o}'\n" for o in OPERATIONS)
    out += extra + "loop_\n" + "".join(f"_atom_site_{c}\n" for c in columns.split())
    return out + "".join(" ".join(str(v) for v in row) + "\n" for row in (sites or SITES))


def hops_of(path, *more):
    table = json.loads(run("hops", path, "--symmetry", "frame", "--symprec", "0.01", "--json", *more).stdout)
    return sorted((round(h["length_angstrom"], 3), h["multiplicity"], h["shared_metal"], h["component"]) for h in table["hops"])


EXPECTED = hops_of(source)
assert len(EXPECTED) > 5


def same_crystal(name, text, *more, warnings=None, folder, molecules=True):
    path = os.path.join(folder, name + ".cif")
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    read = json.loads(run("check", path, "--json", *more).stdout)
    assert read["atoms"] == 100 and read["formula"] == "C8H12I3NPb", (name, read["atoms"], read["formula"])
    assert abs(read["volume_angstrom3"] / 1538.5287 - 1) < 1e-6, (name, read["volume_angstrom3"])
    assert read["framework"] == {"dimension": 1, "sharing": "face"}, (name, read["framework"])
    assert [(m["name"], m["count"]) for m in read["molecules"]] == [("propylpyridinium", 4)] or not molecules, (name, read["molecules"])
    assert warnings is None or read["warnings"] == warnings, (name, read["warnings"])
    found = hops_of(path, *more)
    assert found == EXPECTED, (name, found, EXPECTED)
    return read


def permuted(order, signs):
    """Axes a', b', c' = signed old axes; each new coordinate is the old one along that axis."""
    sites = [(label, element, *(s * (x, y, z)[k] for k, s in zip(order, signs))) for label, element, x, y, z in SITES]
    return sites, tuple(CELL[k] for k in order)


def propyl_end(shift, tag, mirror):
    """The last two carbons of the chain and their hydrogens, moved along b and written out on both sides of the mirror."""
    out = []
    for label, element, x, y, z in SITES:
        if label not in ("C5", "C6", "H5", "H6", "H7"):
            continue
        out.append((label + tag, element, x, y + shift, z))
        if mirror and abs(y - 0.25) > 1e-6:
            out.append((label + tag + "'", element, x, 0.5 - y + shift, z))
    return out


END = {"C5", "C6", "H5", "H6", "H7"}
REST = [s for s in SITES if s[0] not in END]

with tempfile.TemporaryDirectory() as folder:
    quiet = dict(folder=folder, warnings=[])
    same_crystal("plain", cif(), **quiet)

    # SHELXL: s.u. everywhere, flags, orders of site symmetry, empty disorder columns, the refinement kept as text, tables of
    # bonds; a global block first, CRLF, byte order mark, tabs, odd capitals, letters outside ASCII.
    shelxl = [(label, element, *(f"{v:.5f}({k + 2})" for k, v in enumerate(xyz)), "0.0321(4)", "Uani", 1, 2 if abs(xyz[1] - 0.25) < 1e-6 else 1,
               "d" if element != "H" else "calc", "S" if element != "H" else "R", ".", ".", ".") for label, element, *xyz in SITES]
    columns = ("label type_symbol fract_x fract_y fract_z U_iso_or_equiv adp_type occupancy site_symmetry_order calc_flag "
               "refinement_flags_posn refinement_flags_adp disorder_assembly disorder_group")
    extra = ("loop_\n_geom_bond_atom_site_label_1\n_geom_bond_atom_site_label_2\n_geom_bond_distance\n_geom_bond_site_symmetry_2\n"
             "Pb1 I1 3.2301(5) 1_554\nPb1 I2 3.264(1) .\n_refine_ls_R_factor_gt ?\n_exptl_crystal_colour 'yellow; \"needle\"'\n"
             "_shelx_res_file\n;\nTITL chain in Pnma\nCELL 0.71073 15.35 8.05 12.45 90 90 90\nPART -1\nloop_\ndata_not\nI1 2 0.1 0.25 0.1 =\n 10.5 "
             "0.03\nHKLF 4\n;\n")
    symmetry = ("_space_group_crystal_system orthorhombic\n_space_group_name_H-M_alt 'P n m a'\n_space_group_name_Hall '-P 2ac 2n'\n"
                "_space_group_IT_number 62\nLOOP_\n_Space_Group_Symop_Operation_XYZ\n" + "".join(f" '{o.upper()}'\n" for o in OPERATIONS))
    head = "data_global\n_journal_name_full 'Acta Cryst. C'\n_publ_author_name 'M\u00fcller, J.'\n"
    text = cif(shelxl, symmetry=symmetry, head=head, extra=extra, columns=columns)
    text = text.replace("_cell_length_a ", "_CELL_LENGTH_A\t").replace(f"{CELL[0]}", f"{CELL[0]}(3)").replace("_cell_angle_alpha 90",
            "_cell_angle_alpha 90.000")
    read = same_crystal("shelxl", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(), **quiet)
    assert read["space_group"] == {"number": 62, "symbol": "Pnma"}
    same_crystal("latin1", text.encode("latin-1"), **quiet)

    # The older programs write the order of the site symmetry and call it a multiplicity.
    old = [(*s, 2 if abs(s[3] - 0.25) < 1e-6 or s[0] == "Pb1" else 1) for s in SITES]
    same_crystal("shelx97", cif(old, columns="label type_symbol fract_x fract_y fract_z symmetry_multiplicity"), **quiet)

    # Six settings of one group, each by its symbol alone.
    for symbol, order, signs in (("P n m a", (0, 1, 2), (1, 1, 1)), ("P m n b", (1, 0, 2), (1, 1, -1)), ("P b n m", (2, 0, 1), (1, 1, 1)),
                                 ("P c m n", (2, 1, 0), (-1, 1, 1)), ("P m c n", (1, 2, 0), (1, 1, 1)), ("P n a m", (0, 2, 1), (1, -1, 1))):
        sites, cell = permuted(order, signs)
        read = same_crystal(symbol.replace(" ", ""), cif(sites, cell, f"_symmetry_space_group_name_H-M '{symbol}'\n"), folder=folder)
        assert read["space_group"]["number"] == 62
    same_crystal("hall", cif(symmetry="_symmetry_space_group_name_Hall \"-P 2ac 2n\"\n_symmetry_space_group_name_H-M ?\n"), **quiet)

    # Half of each end on either side of the mirror, as PART -1 writes it: 2^4 ways.
    half = [(*s, 1, ".") for s in REST] + [(*s, "0.5", "-1") for s in propyl_end(0.03, "", True)]
    columns = "label type_symbol fract_x fract_y fract_z occupancy disorder_group"
    text = cif(half, columns=columns)
    assert "--disorder" in run("check", os.path.join(folder, "plain.cif"), "--disorder", "seed", code=2).stderr
    read = same_crystal("mirror", text, "--disorder", "majority", folder=folder)
    assert read["disorder"]["arrangements"] == 16
    refused = run("check", os.path.join(folder, "mirror.cif"), code=4).stderr
    assert "mirror.cif:" in refused and "partial occupancy at C5 (0.5)" in refused and "--disorder" in refused
    listed = os.path.join(folder, "ordered.cif")
    made = json.loads(run("supercell", os.path.join(folder, "mirror.cif"), "--disorder", "enumerate", "3", "--matrix", "1 1 1", "-o", listed, "--json").stdout)
    assert [os.path.basename(w["output"]) for w in made["written"]] == ["ordered-1.cif", "ordered-2.cif", "ordered-3.cif"]
    assert [w["arrangement"]["number"] for w in made["written"]] == [1, 2, 3]
    for written in made["written"]:
        assert hops_of(written["output"]) == EXPECTED

    # Two parts, major and minor, every s.u. given; and a split iodide beside them.
    columns = "label type_symbol fract_x fract_y fract_z occupancy disorder_assembly disorder_group"
    minor = [(label, element, x - 0.03, y, z - 0.03) for label, element, x, y, z in propyl_end(0.0, "B", False)]
    parts = ([(*s, 1, ".", ".") for s in REST if s[0] != "I3"] + [(*s, "0.62(2)", "A", 1) for s in propyl_end(0, "", False)] +
             [(*s, "0.38(2)", "A", 2) for s in minor])
    iodide = next(s for s in SITES if s[0] == "I3")
    parts += [(*iodide, "0.7", "B", 1), ("I3B", "I", iodide[2] + 0.03, iodide[3], iodide[4], "0.3", "B", 2)]
    read = same_crystal("parts", cif(parts, columns=columns), "--disorder", "majority", folder=folder)
    assert read["space_group"]["number"] == 62

    # Deuterated; unknowns instead of values; hydrogens left out; a dummy atom.
    heavy = [(label.replace("H", "D"), element.replace("H", "D"), *xyz) for label, element, *xyz in SITES]
    read = same_crystal("deuterated", cif(heavy, formula="C8 D12 I3 N Pb"), folder=folder)
    assert len(read["warnings"]) == 1 and "deuterium" in read["warnings"][0]
    same_crystal("unknowns", cif(formula="").replace("_cell_formula_units_Z 4", "_cell_formula_units_Z ?\n_chemical_formula_sum ?"), folder=folder)
    bare = os.path.join(folder, "bare.cif")
    with open(bare, "w") as file:
        file.write(cif([s for s in SITES if s[1] != "H"]))
    assert "hydrogen atoms are missing" in run("check", bare, code=4).stderr
    dummy = [(*s, "d") for s in SITES] + [("X1", "?", 0.3, 0.3, 0.3, "dum")]
    read = same_crystal("dummy", cif(dummy, columns="label type_symbol fract_x fract_y fract_z calc_flag"), folder=folder)
    assert any("dummies" in w and "X1" in w for w in read["warnings"])

    # All iodide vacancies of a cell that keeps 16 A along the chain, each with its charge.
    missing = os.path.join(folder, "vacancy.extxyz")
    cut = json.loads(run("vacancy", source, "--element", "I", "--all", "--min-distance", "12", "--chain-distance", "16", "-o", missing, "--json").stdout)
    assert cut["chain_repeat_angstrom"] >= 16 and cut["min_image_distance_angstrom"] >= 12
    assert [(w["site"]["label"], w["atoms"], w["vacancy_charge_e"], w["cell_charge_e"]) for w in cut["written"]] == [
        (site, 199, 1, 1) for site in ("I1", "I2", "I3")]
    assert all("charge=1" in open(w["output"]).read().splitlines()[1] for w in cut["written"])
    assert "--all" in run("vacancy", source, "--element", "I", "--min-distance", "12", "-o", missing, code=2).stderr
    assert "no chains" in run("supercell", os.path.join(inputs, "structures", "mapbi3-pseudocubic.cif"), "--chain-distance", "12", "-o", missing, code=2).stderr
print("one crystal, however it is written")
