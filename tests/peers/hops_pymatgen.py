#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""hopflow's hop table beside an independent one, and its speed beside pymatgen-analysis-diffusion.

Run by hand; it isn't part of tests/run, since it installs packages and takes minutes:

    python3 tests/peers/hops_pymatgen.py                  compare: the shipped crystals and about 200 others
    python3 tests/peers/hops_pymatgen.py FILE...          compare on files of your own (--element, --max-length)
    python3 tests/peers/hops_pymatgen.py --time           time both on the shipped crystals (or FILE...): whole processes, and
                                                          the search alone inside each (tests/structures/hops/time_hops.cpp)

The first call makes a virtual environment below build/peers/ with the versions in PACKAGES. The table is made by
hop_oracle.py from pymatgen's reading of the file, spglib's operations and a pair search in numpy; crystals.py makes the
crystals. Compared: atoms, space group, molecules, framework dimension (Larsen), distinct sites, network dimension, and of
each distinct hop length (1e-3 A), multiplicity, shared metals, reversal. Exit code 1 if anything differs.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / "build" / "peers" / "venv"
PACKAGES = ["pymatgen==2026.10.24", "pymatgen-core==2026.10.16", "spglib==2.8.0", "pymatgen-analysis-diffusion==2026.9.23"]
HOPFLOW = os.environ.get("HOPFLOW", str(ROOT / "build" / "release" / "hopflow"))
TIMER = ROOT / "build" / "release" / "tests" / "structures" / "time_hops"


def enter_environment():
    """Goes on inside the virtual environment, made first if it isn't there."""
    python = VENV / "bin" / "python"
    if Path(sys.prefix) == VENV:
        return
    ready = VENV / "ready"
    if not ready.is_file() or ready.read_text() != "\n".join(PACKAGES):
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        ready.write_text("\n".join(PACKAGES))
    os.execv(python, [str(python), "-B", *sys.argv])


def hopflow(*arguments):
    done = subprocess.run([HOPFLOW, *map(str, arguments), "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"exit {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def ours(path, element, longest, of, symprec):
    """The same facts as hop_oracle.analyse, from the command line."""
    read = hopflow("check", path)
    table = hopflow("hops", path, "--element", element, "--max-length", repr(longest), "--of", of, "--symprec", repr(symprec))
    return {"atoms": read["atoms"], "group": read["space_group"]["number"],
            "molecules": sum(m["count"] for m in read["molecules"]), "framework": read["framework"]["dimension"],
            "hops": [{"length": h["length_angstrom"], "multiplicity": h["multiplicity"], "shared": h["shared_metal"],
                      "reversed": h["reversed_by_symmetry"]} for h in table["hops"]],
            "network": table["network"]["dimension"], "sites": len(table["sites"])}


def differences(mine, theirs):
    """What differs, in words. Hops are matched in order of (length to 1e-3 A, rest), so equal lengths can't be confused."""
    out = [f"{key}: {mine[key]} here, {theirs[key]} there" for key in theirs if key != "hops" and mine[key] != theirs[key]]
    if len(mine["hops"]) != len(theirs["hops"]):
        return out + [f"{len(mine['hops'])} distinct hops here, {len(theirs['hops'])} there"]
    unmatched = list(theirs["hops"])
    for hop in mine["hops"]:
        same = [o for o in unmatched if abs(o["length"] - hop["length"]) < 1e-3 and
                all(o[k] == hop[k] for k in ("multiplicity", "shared", "reversed"))]
        if same:
            unmatched.remove(same[0])
        else:
            out.append(f"only here {hop}")
    return out + [f"only there {hop}" for hop in unmatched]


def compare(cases):
    import hop_oracle
    bad = compared = hops = 0
    for path, element, longest, of, symprec in cases:
        try:
            theirs = hop_oracle.analyse(str(path), element, longest, of, symprec)
            problems = differences(ours(path, element, longest, of, symprec), theirs)
        except Exception as problem:  # one crystal's failure must not hide the others
            theirs, problems = None, [f"{type(problem).__name__}: {problem}"]
        compared += 1
        hops += len(theirs["hops"]) if theirs else 0
        if problems:
            bad += 1
            print(f"DIFFERS {path}\n    " + "\n    ".join(problems[:8]), flush=True)
        else:
            print(f"same    {Path(path).name}: group {theirs['group']}, {theirs['molecules']} molecules, framework "
                  f"{theirs['framework']}D, {theirs['sites']} sites, {len(theirs['hops'])} hops", flush=True)
    print(f"{compared - bad} of {compared} crystals the same, {hops} distinct hops compared")
    return bad == 0


def shipped():
    folder = ROOT / "inputs" / "structures"
    for path in sorted(folder.glob("*.cif")):
        yield path, "I", 5.5, "crystal", 0.01
    yield folder / "mapbi3-tetragonal.cif", "I", 5.5, "frame", 0.5
    yield folder / "mapbi3-orthorhombic.cif", "I", 6.5, "frame", 0.01


def generated(seed, count):
    import crystals
    folder = ROOT / "build" / "peers" / "crystals"
    folder.mkdir(parents=True, exist_ok=True)
    for path, element, longest in crystals.all_crystals(folder, seed, count):
        yield path, element, longest, "crystal", 0.01


PEER = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
from pymatgen.core import Structure
from pymatgen.analysis.diffusion.neb.full_path_mapper import MigrationGraph
structure = Structure.from_file(sys.argv[1])
begin = time.perf_counter()
found = MigrationGraph.with_distance(structure, sys.argv[2], float(sys.argv[3]), symprec=0.01).unique_hops
print(json.dumps({"search_s": time.perf_counter() - begin, "hops": len(found)}))
"""


def wall(command, runs):
    """Median wall time of whole processes, and what the last one said."""
    seconds = []
    for _ in range(runs):
        begin = time.perf_counter()
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        seconds.append(time.perf_counter() - begin)
    return sorted(seconds)[runs // 2], said


def side_by_side(path, element, longest):
    """Whole processes against whole processes, and the search alone against the search alone."""
    words = [str(path), element, repr(longest)]
    ours, said = wall([HOPFLOW, "hops", words[0], "--element", words[1], "--max-length", words[2], "--symmetry", "crystal",
                       "--json"], 21)
    inside = json.loads(wall([str(TIMER), *words], 1)[1])
    peer, peer_said = wall([sys.executable, "-c", PEER, *words], 1)
    peer_inside = json.loads(peer_said)["search_s"]
    rows = [("whole process", ours, peer), ("search alone", inside["search_s"], peer_inside), ("its search, our process", ours, peer_inside)]
    print(f"{Path(path).name}: {len(json.loads(said)['hops'])} hops here, {json.loads(peer_said)['hops']} there")
    for what, here, there in rows:
        print(f"    {what:<24} {1000 * here:9.2f} ms  {1000 * there:11.1f} ms   ratio {there / here:8.0f}", flush=True)
    return rows[0][2] / rows[0][1] >= 100 and rows[1][2] / rows[1][1] >= 100


def main():
    enter_environment()
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--element", default="I")
    parser.add_argument("--max-length", type=float, default=5.5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=230, help="random crystals, each of another space group")
    parser.add_argument("--time", action="store_true")
    options = parser.parse_args()
    if options.time:
        files = options.files or sorted((ROOT / "inputs" / "structures").glob("*.cif"))
        return 0 if all([side_by_side(f, options.element, options.max_length) for f in files]) else 1
    if options.files:
        return 0 if compare((f, options.element, options.max_length, "crystal", 0.01) for f in options.files) else 1
    random.seed(options.seed)
    cases = list(shipped()) + list(generated(options.seed, options.count))
    return 0 if compare(cases) else 1


if __name__ == "__main__":
    sys.exit(main())
