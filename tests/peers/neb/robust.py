#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Perturbed starts: the straight path of every case with 0.1 A of noise on each mobile coordinate of its images, and one
shuffled end per case, which must be refused.

  peers/bin/python tests/peers/neb/robust.py build/release/hopflow [--starts 200] [--cases ...] [--folder neb-peers]

Each start counts as: reference (within 2 meV of the unperturbed barrier), another saddle (converged elsewhere: its force is
checked with the engine driven from Python), not converged (said so), or false (converged on something that is no saddle)."""
import argparse
import json
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from ase.io import read, write

from compare import FMAX, IMAGES, MAKERS, make, run_hopflow


def answer(program, folder, text):
    (folder / "perturbed.yaml").write_text(text)
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run([program, "barrier", folder / "perturbed.yaml", "--json", "-o", out], capture_output=True, text=True, check=False)
        path = read(Path(out) / "path.extxyz", ":") if (Path(out) / "path.extxyz").exists() else []
    return done, path


def verdict(result, path, case, reference):
    if not result["converged"]:
        return "not converged"
    if abs(result["forward_ev"] - reference["forward_ev"]) < 2e-3:
        return "reference"
    top = max(path, key=lambda image: image.get_potential_energy()).copy()
    top.calc = case["calculator"]
    top.set_constraint(case["initial"].constraints)
    force = np.linalg.norm(top.get_forces(), axis=1).max()
    return "another saddle" if force < 2 * FMAX and result["negative_modes"] == 1 else "FALSE"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hopflow", type=Path)
    parser.add_argument("--starts", type=int, default=200)
    parser.add_argument("--cases", nargs="+", choices=MAKERS, default=list(MAKERS))
    parser.add_argument("--folder", type=Path, default=Path("neb-peers"))
    arguments = parser.parse_args()
    program = arguments.hopflow.resolve()
    total, refused = Counter(), 0
    each = -(-arguments.starts // len(arguments.cases))
    for number, name in enumerate(arguments.cases):
        folder = arguments.folder / name
        case = make(name, folder)
        reference = run_hopflow(program, folder)
        if "error" in reference:
            print(f"{name:18} no barrier to compare with: {reference['error']}")
            continue
        text = (folder / "case.yaml").read_text()
        straight, random = [case["initial"], case["final"]], np.random.default_rng(number)
        ends = [end.get_positions() for end in straight]
        if case["initial"].pbc.any():
            from ase.geometry import find_mic
            ends[1] = ends[0] + find_mic(ends[1] - ends[0], case["initial"].cell, case["initial"].pbc)[0]
        free = np.ones(len(ends[0]), bool)
        for constraint in case["initial"].constraints:
            free[constraint.index] = False
        counts = Counter()
        for _ in range(each):
            images = []
            for i in range(1, IMAGES + 1):
                image = case["initial"].copy()
                image.set_constraint()
                noise = 0.1 * random.standard_normal(ends[0].shape) * free[:, None]
                if len(image) == 1:
                    noise[:, 2] = 0
                image.positions = ends[0] + i / (IMAGES + 1) * (ends[1] - ends[0]) + noise
                images.append(image)
            write(folder / "noisy.extxyz", images, format="extxyz")
            done, path = answer(program, folder, text.replace("neb: {", "neb: {path: noisy.extxyz, "))
            kind = verdict(json.loads(done.stdout), path, case, reference) if done.returncode in (0, 5) else "error " + done.stderr.strip()[-100:]
            counts[kind] += 1
        if len(ends[0]) > 2:
            order = random.permutation(len(ends[0]))
            write(folder / "shuffled.extxyz", case["final"][order], format="extxyz")
            done, _ = answer(program, folder, text.replace("final: final.extxyz", "final: shuffled.extxyz"))
            refused += done.returncode == 4
            counts["shuffled end refused" if done.returncode == 4 else f"SHUFFLED END NOT REFUSED ({done.returncode})"] += 1
        print(f"{name:18} {dict(counts)}", flush=True)
        total += counts
    print(dict(total))


if __name__ == "__main__":
    main()
