#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`hopflow saddle` and Sella on molecular starts: the same GFN2-xTB, the same guesses, the same largest force. Counts energy
and force calls until the force is below fmax (hopflow's `evaluations_search`; its certificate and the two minima come on top),
and how many of the points found have one negative mode, by a Hessian of central differences that is neither tool's own.

  peers/bin/pip install ase==3.29.0 tblite==0.8.0 sella==2.6.0
  peers/bin/python tests/peers/neb/saddles_with_sella.py build/release/hopflow --starts sella_si_data.zip [--count 100] [--seed 1] [--fmax 0.01]

The 500 starts (Hermes et al., J. Chem. Theory Comput. 18, 6974 (2022)) lie in data/ of github.com/TheochemUI/otgpd_repro; nothing
is fetched here. Starts are drawn by the seed."""
import argparse
import json
import random
import subprocess
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path
from statistics import median

import numpy as np
from ase.io import read, write

CLIENT = """import sys
import ase.io
from ase.calculators.socketio import SocketClient
from tblite.ase import TBLite
atoms = ase.io.read(sys.argv[2])
atoms.calc = TBLite(method="GFN2-xTB", verbosity=0, accuracy=0.1, multiplicity=int(sys.argv[3]))
SocketClient(unixsocket=sys.argv[1]).run(atoms, use_stress=False)
"""


def calculator(multiplicity):
    from tblite.ase import TBLite
    return TBLite(method="GFN2-xTB", verbosity=0, accuracy=0.1, multiplicity=multiplicity)


def negative_modes(atoms, multiplicity, step=0.01):
    """Of the Hessian without the six motions of the whole molecule (eV/A^2 below -0.02)."""
    atoms = atoms.copy()
    atoms.calc = calculator(multiplicity)
    x, rows = atoms.positions.copy(), []
    for i in range(3 * len(atoms)):
        sides = []
        for sign in (1, -1):
            moved = x.ravel().copy()
            moved[i] += sign * step
            atoms.positions = moved.reshape(-1, 3)
            sides.append(atoms.get_forces().ravel())
        rows.append(-(sides[0] - sides[1]) / (2 * step))
    hessian = (np.array(rows) + np.array(rows).T) / 2
    centred = x - x.mean(axis=0)
    rigid = [np.tile(e, len(x)) for e in np.eye(3)] + [np.cross(e, centred).ravel() for e in np.eye(3)]
    basis = np.linalg.svd(np.array(rigid).T, full_matrices=False)[0]
    projector = np.eye(len(hessian)) - basis @ basis.T
    return int((np.linalg.eigvalsh(projector @ hessian @ projector) < -0.02).sum())


def by_sella(atoms, multiplicity, fmax, limit=1000):
    from sella import Sella
    atoms = atoms.copy()
    calc = atoms.calc = calculator(multiplicity)
    calls, plain = 0, calc.calculate

    def counted(*arguments, **keywords):
        nonlocal calls
        calls += 1
        if calls > limit:
            raise RuntimeError("too many calls")
        return plain(*arguments, **keywords)
    calc.calculate = counted
    try:
        done = Sella(atoms, internal=True, order=1, logfile=None).run(fmax=fmax, steps=limit)
    except Exception as problem:  # a tool that raises has not found a saddle
        return dict(converged=False, calls=calls, said=str(problem)[:60])
    return dict(converged=bool(done), calls=calls, atoms=atoms)


def by_hopflow(program, atoms, multiplicity, fmax, folder):
    write(folder / "guess.extxyz", atoms, format="extxyz")
    (folder / "client.py").write_text(CLIENT)
    engine = dict(kind="ipi", command=f"{sys.executable} client.py {{socket}} {{structure}} {multiplicity}", name="GFN2", tier="semiempirical")
    (folder / "case.yaml").write_text(f"guess: guess.extxyz\nengine: {json.dumps(engine)}\nfmax: {fmax}\n")
    ran = subprocess.run([program, "saddle", folder / "case.yaml", "--json", "-o", folder / "out"], capture_output=True, text=True)
    try:
        found = json.loads(ran.stdout)
    except json.JSONDecodeError:
        return dict(converged=False, calls=0, said=ran.stderr.strip()[-80:])
    written = folder / "out" / "saddle.extxyz"
    saddle = next((frame for frame in read(written, ":") if frame.info.get("is") == "saddle"), None) if written.exists() else None
    return dict(converged=found["status"] in ("converged", "converged_check_failed"), calls=found["evaluations_search"], all=found["evaluations"],
                atoms=saddle, said=found.get("reason", ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hopflow", type=Path)
    parser.add_argument("--starts", type=Path, required=True)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fmax", type=float, default=0.01)
    parser.add_argument("--check", action="store_true", help="count negative modes of what each found")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    rows = []
    with zipfile.ZipFile(arguments.starts) as archive, tempfile.TemporaryDirectory() as temporary:
        names = sorted(n for n in archive.namelist() if n.endswith(".xyz"))
        for name in random.Random(arguments.seed).sample(names, min(arguments.count, len(names))):
            folder = Path(temporary) / name.replace("/", "-")
            folder.mkdir()
            (folder / "start.xyz").write_bytes(archive.read(name))
            atoms = read(folder / "start.xyz")
            multiplicity = 2 if "doublet" in name else 1
            found = dict(hopflow=by_hopflow(arguments.hopflow.resolve(), atoms, multiplicity, arguments.fmax, folder),
                         sella=by_sella(atoms, multiplicity, arguments.fmax))
            for one in found.values():
                one["right"] = one["converged"] and (not arguments.check or one.get("atoms") is None or negative_modes(one["atoms"], multiplicity) == 1)
            rows.append(found)
            print(f"{name[9:-4]:14} {len(atoms):2} atoms: " + "; ".join(
                f"{tool} {one['calls']} calls{'' if one['right'] else ' NO SADDLE ' + one.get('said', '')}" for tool, one in found.items())
                + f" (all {found['hopflow'].get('all')})", flush=True)
    for tool in ("hopflow", "sella"):
        right = [row[tool]["calls"] for row in rows if row[tool]["right"]]
        print(f"{tool}: {len(right)} of {len(rows)} at a saddle, median {median(right) if right else None} calls")


if __name__ == "__main__":
    main()
