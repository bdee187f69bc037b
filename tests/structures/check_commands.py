# SPDX-License-Identifier: GPL-2.0-or-later
"""The structure commands as scripts use them: JSON keys, exit codes, files written."""
import json
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

table = json.loads(run("hops", tetragonal, "--element", "I", "--of", "frame", "--symprec", "0.5", "--json").stdout)
assert [hop["multiplicity"] for hop in table["hops"]] == [32, 16, 4]
assert table["network"]["dimension"] == 3 and len(table["sites"]) == 2
keys = {"id", "from", "to", "length_angstrom", "multiplicity", "shared_metal", "component", "reversed_by_symmetry",
        "bottleneck_angstrom"}
assert all(keys <= set(hop) for hop in table["hops"])
assert len(json.loads(run("hops", tetragonal, "--element", "I", "--json").stdout)["hops"]) == 52

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

run("hops", prpyr, "--element", "Xx", code=2)
run("hops", prpyr, code=2)
run("check", os.path.join(inputs, "none.cif"), code=4)
print("commands do what scripts expect")
