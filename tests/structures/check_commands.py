# SPDX-License-Identifier: GPL-2.0-or-later
"""The structure commands as scripts use them: JSON keys, exit codes, files written."""
import json
import math
import os
import subprocess
import sys
import tempfile

hopflow, inputs = sys.argv[1:]
crystals = os.path.join(inputs, "structures")


def run(*arguments, code=0):
    done = subprocess.run([hopflow, *arguments], capture_output=True, text=True)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done


prpyr = os.path.join(crystals, "prpyr-pbi3.cif")
tetragonal = os.path.join(crystals, "mapbi3-tetragonal.cif")

read = json.loads(run("check", prpyr, "--json").stdout)
assert read["formula"] == "C8H12I3NPb" and read["atoms"] == 100 and read["model"] is True
assert abs(read["volume_angstrom3"] - 1538.529) < 0.01
assert read["space_group"] == {"number": 62, "symbol": "Pnma"}
assert read["molecules"] == [{"name": "propylpyridinium", "formula": "C8H12N", "count": 4, "atoms": 21, "charge": 1}]
assert read["framework"] == {"dimension": 1, "sharing": "face"} and read["warnings"] == []
assert "propylpyridinium" in run("check", prpyr).stdout

table = json.loads(run("hops", tetragonal, "--element", "I", "--symmetry", "frame", "--symprec", "0.5", "--json").stdout)
assert [hop["multiplicity"] for hop in table["hops"]] == [32, 16, 4]
assert table["network"]["dimension"] == 3 and len(table["sites"]) == 2
keys = {"id", "from", "to", "length_angstrom", "multiplicity", "shared_metal", "component", "reversed_by_symmetry",
        "bottleneck_angstrom"}
assert all(keys <= set(hop) for hop in table["hops"])
assert json.loads(run("hops", tetragonal, "--json").stdout) == table  # what is not given is as in a study
crystal = json.loads(run("hops", tetragonal, "--element", "I", "--symmetry", "crystal", "--json").stdout)
assert len(crystal["hops"]) == 52
# Every hop of the crystal is in one class of the frame, under the name it has there.
merged = [name for hop in table["hops"] for name in hop["crystal_hops"]]
assert sorted(merged) == sorted(hop["id"] for hop in crystal["hops"]) and "crystal_hops" not in crystal["hops"][0]
assert run("hops", tetragonal, "--of", "frame", "--symprec", "0.5", "--json").stdout == run(
    "hops", tetragonal, "--symmetry", "frame", "--symprec", "0.5", "--json").stdout
for hop in crystal["hops"]:
    assert hop["free_radius_angstrom"] < hop["bottleneck_angstrom"]
    assert hop["path_hint"]["free_radius_angstrom"] >= hop["free_radius_angstrom"] - 1e-2
    assert (hop["swapped_by"] is not None) == hop["reversed_by_symmetry"]
assert table["network"]["by_length"][-1]["dimension"] == 3
# The only halide needs no naming; it is said which was taken.
chains = run("hops", prpyr)
assert "--element" in chains.stderr and "I1-I3-4.36" in chains.stdout and "/ A" in chains.stdout
assert json.loads(run("hops", prpyr, "--json").stdout)["element"] == "I"

# A study's own hops: those of its structures, by the same names, and which of them are run.
study = os.path.join(inputs, "studies", "three-cations.yaml")
listed = json.loads(run("hops", study, "--json").stdout)
assert len(listed["materials"]) == 3
for one in listed["materials"]:
    alone = json.loads(run("hops", os.path.join(inputs, "studies", one["structure_file"]), "--json").stdout)
    assert [hop["id"] for hop in one["hops"]] == [hop["id"] for hop in alone["hops"]]
    assert one["run"] and set(one["run"]) <= {hop["id"] for hop in one["hops"]}
    assert one["symmetry"] == alone["symmetry"]
assert "the study runs: " in run("hops", study).stdout
assert "hops.max_length" in run("hops", study, "--max-length", "4", code=2).stderr

with tempfile.TemporaryDirectory() as folder:
    out = os.path.join(folder, "cell.extxyz")
    made = json.loads(run("supercell", prpyr, "--min-distance", "12", "-o", out, "--json").stdout)
    assert made["atoms"] == 200 and abs(made["min_image_distance_angstrom"] - 14.83) < 0.005
    assert abs(made["chain_repeat_angstrom"] - 16.1) < 1e-6 and open(out).readline() == "200\n"
    assert "exists" in run("supercell", prpyr, "--min-distance", "12", "-o", out, code=2).stderr
    run("supercell", prpyr, "--matrix", "1 0 0 0 2 0 0 0 1", "-o", out, "--force")
    missing = os.path.join(folder, "vacancy.cif")
    gone = json.loads(run("vacancy", prpyr, "--element", "I", "--site", "I2", "--min-distance", "12", "-o", missing,
                          "--json").stdout)
    assert gone["atoms"] == 199 and gone["removed"]["label"] == "I2"
    assert json.loads(run("check", missing, "--json").stdout)["cell_formula"] == "C64H96I23N8Pb8"
    assert "I1, I2, I3" in run("vacancy", prpyr, "--element", "I", "--min-distance", "12", "-o", missing, "--force",
                               code=2).stderr
    broken = os.path.join(folder, "broken.cif")
    with open(prpyr) as source, open(broken, "w") as target:
        target.write(source.read().replace("'-x,-y,-z'", "'-x,-y,-z"))
    refused = run("check", broken, "--json", code=4)
    assert refused.stdout == "" and f"{broken}:" in refused.stderr and "unterminated" in refused.stderr

    # Half an iodide on either side of a mirror: refused, unless a choice is asked for.
    split = os.path.join(folder, "split.cif")
    with open(split, "w") as target:
        target.write("data_split\n_chemical_formula_sum 'Cs I3 Pb'\n_cell_formula_units_Z 1\n")
        target.writelines(f"_cell_length_{k} 6.29\n" for k in "abc")
        target.writelines(f"_cell_angle_{k} 90\n" for k in ("alpha", "beta", "gamma"))
        target.write("_space_group_name_H-M_alt 'P m -3 m'\nloop_\n")
        target.writelines(f"_atom_site_{k}\n" for k in ("label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy"))
        target.write("Cs1 Cs 0 0 0 1\nPb1 Pb .5 .5 .5 1\nI1 I .5 .56 0 .25\n")
    assert "--disorder" in run("check", split, code=4).stderr
    listed = json.loads(run("check", split, "--disorder", "enumerate", "9", "--json").stdout)["disorder"]
    assert listed["arrangements"] == 64 and sum(r["degeneracy"] for r in listed["representatives"]) == 64
    assert json.loads(run("check", "--disorder", "majority", split, "--json").stdout)["formula"] == "CsI3Pb"
    assert json.loads(run("hops", split, "--element", "I", "--disorder", "seed 3", "--json").stdout)["disorder"]["mode"] == "seed 3"
    ordered = os.path.join(folder, "ordered.cif")
    run("supercell", split, "--matrix", "1 1 1", "--disorder", "choice 2", "-o", ordered)
    assert json.loads(run("check", ordered, "--json").stdout)["disorder"] is None
    assert "expected ordered, majority" in run("check", split, "--disorder", "best", code=2).stderr
    run("check", split, "--disorder", "majority", "--require-experimental")
    # The engine is looked for when the structure is read.
    none = os.path.join(folder, "none.yaml")
    assert "--disorder" in run("relax", split, "--forcefield", none, code=4).stderr
    assert "none.yaml" in run("relax", split, "--forcefield", none, "--disorder", "majority", code=4).stderr

    # Of two structures in one file the message names the option that takes one, and every command knows it.
    two = os.path.join(folder, "two.cif")
    with open(two, "w") as target:
        target.write(open(prpyr).read().replace("data_", "data_first_", 1) + open(tetragonal).read())
    names = [line[5:].strip() for line in open(two) if line.startswith("data_")]
    refused = run("check", two, code=4).stderr
    assert f"--block {names[0]}" in refused and names[1] in refused
    assert json.loads(run("check", two, "--block", names[1], "--json").stdout)["atoms"] == 48
    assert json.loads(run("hops", two, "--block", names[0], "--json").stdout)["hops"] == json.loads(run("hops", prpyr, "--json").stdout)["hops"]
    run("supercell", two, "--block", names[0], "--matrix", "1 1 1", "-o", os.path.join(folder, "of-two.cif"))
    run("vacancy", two, "--block", names[0], "--element", "I", "--site", "I2", "--matrix", "1 1 1", "-o", os.path.join(folder, "of-two.vasp"))
    assert "none.yaml" in run("relax", two, "--block", names[0], "--forcefield", none, code=4).stderr
    assert "none.csv" in run("diffusion", two, "--block", names[0], "--barriers", os.path.join(folder, "none.csv"), code=4).stderr
    assert "only a CIF" in run("check", os.path.join(folder, "of-two.vasp"), "--block", names[0], code=2).stderr

for command in (["check"], ["hops", "--element", "I"], ["supercell", "--matrix", "1 1 1", "-o", "never.cif"],
                ["vacancy", "--element", "I", "--matrix", "1 1 1", "-o", "never.cif"]):
    assert "model" in run(command[0], prpyr, *command[1:], "--require-experimental", code=4).stderr
run("check", code=2)
run("hops", prpyr, "--element", "Xx", code=2)

with tempfile.TemporaryDirectory() as folder:
    mixed = os.path.join(folder, "mixed.vasp")
    with open(mixed, "w") as target:
        target.write("CsPbBr2I\n1\n6 0 0\n0 6 0\n0 0 6\nCs Pb Br I\n1 1 2 1\nDirect\n0 0 0\n0.5 0.5 0.5\n0 0.5 0.5\n0.5 0 0.5\n0.5 0.5 0\n")
    assert "Br, I" in run("hops", mixed, code=2).stderr
    assert json.loads(run("hops", mixed, "--element", "Br", "--json").stdout)["element"] == "Br"

    # Ions farther apart than the usual longest hop: the list reaches the nearest of them unless a length is asked for.
    far = os.path.join(folder, "far.vasp")
    with open(far, "w") as target:
        target.write("LiCl\n1\n6.2 0 0\n0 6.2 0\n0 0 6.2\nLi Cl\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n")
    wide = json.loads(run("hops", far, "--element", "Li", "--json").stdout)
    assert wide["max_length_angstrom"] == 6.9 and len(wide["hops"]) == 1 and wide["network"]["dimension"] == 3
    assert "no two Li atoms are within 5.5 A" in run("hops", far, "--element", "Li").stderr
    assert json.loads(run("hops", far, "--element", "Li", "--max-length", "5.5", "--json").stdout)["hops"] == []

    # A cube of corner-sharing octahedra: all hops along octahedron edges alike, D = nu exp(-E/kT) a^2 * 2/3 (8 jumps of
    # a/sqrt 2 from each of 3 sites, no correlation); the labelled atom's factor is the published 0.69.
    cube = os.path.join(folder, "cube.vasp")
    with open(cube, "w") as target:
        target.write("CsPbI3\n1\n6 0 0\n0 6 0\n0 0 6\nCs Pb I\n1 1 3\nDirect\n0 0 0\n0.5 0.5 0.5\n0 0.5 0.5\n0.5 0 0.5\n0.5 0.5 0\n")
    hops = json.loads(run("hops", cube, "--max-length", "4.5", "--json").stdout)["hops"]
    assert len(hops) == 1 and hops[0]["multiplicity"] == 12 and hops[0]["swapped_by"] == "mirror"
    barriers = os.path.join(folder, "barriers.csv")
    with open(barriers, "w") as target:
        target.write(f"hop,forward_ev,reverse_ev\n{hops[0]['id']},0.3,0.3\n")
    given = ("diffusion", cube, "--max-length", "4.5", "--barriers", barriers, "--temperature", "300,350")
    found = json.loads(run(*given, "--json").stdout)["materials"][0]["network"]
    exact = [math.exp(-0.3 / (8.617333262e-5 * t)) * 36 * 2 / 3 * 1e-4 for t in (300, 350)]
    for at, expected in zip(found["diffusion"]["temperatures"], exact):
        assert abs(at["mean_cm2_per_s"] / expected - 1) < 1e-9, (at, expected)
        assert abs(at["mean_high_cm2_per_s"] / expected - 10) < 1e-8
        assert all(abs(axis["tracer_correlation"] - 0.69) < 0.005 for axis in at["principal"]), at
    assert abs(found["diffusion"]["arrhenius"]["activation_ev"] - 0.3) < 1e-9
    assert all(abs(axis["barrier_ev"] - 0.3) < 1e-12 and axis["dimension"] == 3 for axis in found["along_cell"].values())
    assert "tracer correlation" in run(*given).stdout
    with open(barriers, "w") as target:
        target.write("hop,forward_ev,reverse_ev\nI1-I9-1.00,0.3,0.3\n")
    assert f"{barriers}:2" in run(*given, code=4).stderr
    run("diffusion", cube, code=2)
    run(*given[:-1], "0,300", code=2)
run("check", os.path.join(inputs, "none.cif"), code=4)
print("commands do what scripts expect")
