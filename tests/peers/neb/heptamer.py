#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The 59 moves of a Pt heptamer of the public OptBench set through hopflow with one default: the saddle found, the
lowest one known, and force calls compared with eOn's CI-NEB. Fetches nothing.

  tests/peers/neb/heptamer.py build/release/hopflow [--fmax 0.01 0.001] [--moves 0-58] [--folder OUT] [--keys 'images: 7']
  tests/peers/neb/heptamer.py --eon [...]      runs eOn itself (PyPI: pyeonclient, Python 3.12) into optbench/eon.json

optbench/pt-heptamer.tar.xz: ends of the moves, from case_studies/optbench of github.com/HaoZeke/nebmmf_repro (MIT).
optbench/known.json: the lowest saddle that any program or setting has found between the two ends (eV above the initial
state); lowered by --learn where a run finds a certified lower one. Exit code 1 if a barrier above it was reported as converged."""
import argparse
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent / "optbench"
SAME_EV = 2e-3
# Morse of the set: J. Chem. Phys. 112, 9776 (2000); cut off at 9.5 A and shifted.
ENGINE = """engine:
  kind: lammps
  units: metal
  types: {Pt: 1}
  commands: ["pair_style morse 9.5", "pair_coeff * * 0.7102 1.6047 2.8970", "pair_modify shift yes"]
"""
# eOn's settings are those of the set's authors (config_nebci.ini); only the climbing image has to converge there.
EON = """[Main]
job=nudged_elastic_band
random_seed = 706253457
[Potential]
potential = morse_pt
[Nudged Elastic Band]
images=5
spring=5
minimize_endpoints = false
converged_force = {fmax}
initializer = linear
climbing_image_method = true
climbing_image_converged_only = true
ci_after = 50
ci_after_rel = 1.1
energy_weighted = false
[Optimizer]
max_iterations = 1000
opt_method = lbfgs
max_move = 0.1
converged_force = {fmax}
"""


def ends(folder):
    with tarfile.open(HERE / "pt-heptamer.tar.xz") as archive:
        for member in archive:
            if member.isfile():
                (folder / Path(member.name).name).write_bytes(archive.extractfile(member).read())
    return folder


def moves_of(words):
    out = []
    for word in words:
        first, _, last = word.partition("-")
        out += range(int(first), int(last or first) + 1)
    return out


def hopflow(program, data, move, fmax, keys, out):
    """The result of one move, or what was said instead."""
    case = data / f"case-{move}.yaml"
    case.write_text(f"initial: reactant.con\nfinal: product_{move}.con\n{ENGINE}neb: {{fmax: {fmax}{', ' + keys if keys else ''}}}\n")
    ran = subprocess.run([program, "barrier", case, "--json", "-o", out], capture_output=True, text=True)
    try:
        return json.loads(ran.stdout) | dict(exit=ran.returncode)
    except json.JSONDecodeError:
        return dict(exit=ran.returncode, status="failed", said=ran.stderr.strip().splitlines()[-1:])


def eon(data, move, fmax):
    """eOn's barrier and calls, from the results file of a run of its client."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / "config.ini").write_text(EON.format(fmax=fmax))
        (folder / "reactant.con").write_bytes((data / "reactant.con").read_bytes())
        (folder / "product.con").write_bytes((data / f"product_{move}.con").read_bytes())
        job = f"import pyeonclient; pyeonclient.run_job_in_directory({str(folder)!r})"
        subprocess.run([sys.executable, "-c", job], cwd=folder, capture_output=True, check=True)
        words = dict(line.split()[1::-1] for line in (folder / "results.dat").read_text().splitlines() if len(line.split()) > 1)
    saddle = max((float(v) for k, v in words.items() if re.fullmatch(r"image\d+_energy", k)), default=None)
    return dict(calls=int(words["total_force_calls"]), ended=words.get("termination_reason_text"),
                barrier_ev=saddle - float(words["image0_energy"]) if saddle is not None else None)


def geometric(values):
    from math import exp, log
    values = [v for v in values if v and v > 0]
    return exp(sum(map(log, values)) / len(values)) if values else float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hopflow", nargs="?", type=Path)
    parser.add_argument("--eon", action="store_true")
    parser.add_argument("--learn", action="store_true")
    parser.add_argument("--fmax", nargs="+", type=float, default=[0.01, 0.001])
    parser.add_argument("--moves", nargs="+", default=["0-58"])
    parser.add_argument("--keys", default="", help="more keys of neb:")
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if not arguments.eon and arguments.hopflow is None:
        parser.error("name the hopflow program, or --eon")
    known_file, eon_file = HERE / "known.json", HERE / "eon.json"
    known = json.loads(known_file.read_text()) if known_file.exists() else {}
    peers = json.loads(eon_file.read_text()) if eon_file.exists() else {}
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        data = ends(Path(temporary))
        for fmax in arguments.fmax:
            rows = []
            for move in moves_of(arguments.moves):
                key, peer = str(move), peers.setdefault(f"{fmax:g}", {})
                if arguments.eon:
                    peer[key] = eon(data, move, fmax)
                    print(fmax, move, peer[key], flush=True)
                    eon_file.write_text(json.dumps(peers, indent=0, sort_keys=True) + "\n")
                    continue
                out = (arguments.folder or data).resolve() / f"{fmax:g}-{move}"
                ours = hopflow(arguments.hopflow.resolve(), data, move, fmax, arguments.keys, out)
                forward, status = ours.get("forward_ev"), ours.get("status")
                lowest = known.get(key)
                above = forward - lowest if forward is not None and lowest is not None else None
                bar = ours.get("numerical_uncertainty_ev") or 0
                verdict = "" if status == "converged" else status
                if status == "converged" and above is not None and above > SAME_EV:
                    verdict, wrong = "WRONG: a lower saddle is known", wrong + 1
                elif above is not None and above < -SAME_EV:
                    verdict = f"lower than known ({status})"
                if arguments.learn and status == "converged" and (lowest is None or forward < lowest):
                    known[key] = round(forward, 6)
                    known_file.write_text(json.dumps(known, indent=0, sort_keys=True) + "\n")
                calls = peer.get(key, {}).get("calls")
                rows.append((ours, calls, above))
                print(f"{fmax:g} {move:2d} {forward if forward is None else round(forward, 5)} +- {bar:.4f} known {lowest} search "
                      f"{ours.get('evaluations_band')} certificate {ours.get('evaluations_certificate')} all {ours.get('evaluations')} eOn {calls} {verdict}",
                      *ours.get("said", []), flush=True)
            done = [r for r in rows if r[0].get("status") == "converged"]
            if not done:
                continue
            right = sum(1 for r in done if r[2] is None or abs(r[2]) <= SAME_EV or r[2] < 0)
            print(f"fmax {fmax:g}: {len(done)} of {len(rows)} converged, {right} of them at the lowest saddle known or below it")
            for name, count in (("search", "evaluations_band"), ("everything asked", "evaluations")):
                ratios = [r[0][count] / r[1] for r in done if r[1]]
                if ratios:
                    print(f"  {name}: {geometric(ratios):.3f} of eOn's calls (geometric mean), worst {max(ratios):.2f}, above 1 in "
                          f"{sum(q > 1 for q in ratios)}; median {sorted(r[0][count] for r in done)[len(done) // 2]}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
