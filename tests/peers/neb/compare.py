#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Force calls until the climbing image's real force is below 0.01 eV/A: hopflow, as shipped, beside ASE 3.29 with fifteen
settings and LAMMPS' own `neb` with eight, of which the cheapest is taken for each case after the fact. Same engine, same
relaxed ends, five images.

  python3 -m venv peers && peers/bin/pip install ase==3.29.0
  peers/bin/python tests/peers/neb/compare.py build/release/hopflow [--cases cu-vacancy lj7 | --unseen] [--no-ase] [--lammps] [--folder OUT]

Their results are kept in OUT/<case>/ase.json and lammps.json and used again. Prints one row a case; with an error where
reference.py has been run."""
import argparse
import json
import subprocess
import time
import warnings
from pathlib import Path

import numpy as np
from ase.io import read, write
from ase.mep import NEB
from ase.mep.neb import NEBOptimizer
from ase.optimize import BFGS, FIRE, LBFGS, MDMin

import lammps_neb
import cases
import unseen
from calculators import Lammps, Surface

MAKERS = cases.MAKERS | unseen.MAKERS
FMAX, IMAGES, LIMIT = 0.01, 5, 1500
# name: NEB method, optimiser, preconditioner, first path, climbing only after 0.5 eV/A
SETTINGS = {
    "aseneb fire": ("aseneb", FIRE, None, "linear", False),
    "improved fire": ("improvedtangent", FIRE, None, "linear", False),
    "improved fire, late climb": ("improvedtangent", FIRE, None, "linear", True),
    "improved mdmin": ("improvedtangent", MDMin, None, "linear", False),
    "improved bfgs": ("improvedtangent", BFGS, None, "linear", False),
    "improved lbfgs": ("improvedtangent", LBFGS, None, "linear", False),
    "improved ode": ("improvedtangent", NEBOptimizer, None, "linear", False),
    "improved ode, late climb": ("improvedtangent", NEBOptimizer, None, "linear", True),
    "improved ode idpp": ("improvedtangent", NEBOptimizer, None, "idpp", False),
    "aseneb ode": ("aseneb", NEBOptimizer, None, "linear", False),
    "eb fire": ("eb", FIRE, None, "linear", False),
    "string ode": ("string", NEBOptimizer, None, "linear", False),
    "spline ode": ("spline", NEBOptimizer, None, "linear", False),
    "string ode exp": ("string", NEBOptimizer, "Exp", "linear", False),
    "spline ode exp": ("spline", NEBOptimizer, "Exp", "linear", False),
}


class Reached(Exception):
    pass


class Watched(NEB):
    """Ends when the highest image's own force is small while it climbs."""

    def get_forces(self):
        forces = super().get_forces()
        top = 1 + int(np.argmax([image.calc.results["energy"] for image in self.images[1:-1]]))
        real = self.images[top].get_forces()
        self.top_energy, self.top_force = self.images[top].get_potential_energy(), np.linalg.norm(real, axis=1).max()
        self.top = self.images[top].copy()
        if self.climb and self.top_force < self.wanted:
            raise Reached
        if sum(image.calc.calls for image in self.images[1:-1]) > LIMIT:
            raise Reached
        return forces


class OneCopy:
    """A calculator of one image: the case's engine, and what it said last."""

    def __new__(cls, engine):
        from ase.calculators.calculator import Calculator, all_changes

        class Copy(Calculator):
            implemented_properties = ["energy", "forces"]
            calls = 0

            def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
                super().calculate(atoms, properties, system_changes)
                engine.calculate(atoms)
                self.results = dict(engine.results)
                self.calls += 1
        return Copy()


def run_ase(case, file, images, fmax, method, optimiser, precon, first, late):
    images = [case["initial"].copy() for _ in range(images + 1)] + [case["final"].copy()]
    for image in images:
        image.calc = OneCopy(case["calculator"])
    band = Watched(images, climb=not late, method=method, precon=precon, allow_shared_calculator=False)
    band.wanted = fmax
    band.interpolate("linear", mic=bool(images[0].pbc.any()))
    if first == "idpp":
        from ase.mep import idpp_interpolate
        idpp_interpolate(images, traj=None, log=None, mic=bool(images[0].pbc.any()))
    kind = {"method": "ode"} if optimiser is NEBOptimizer else {}
    failure = ""
    started = time.time()
    try:
        if late:
            optimiser(band, logfile=None, **kind).run(fmax=0.5, steps=LIMIT)
            band.climb = True
        optimiser(band, logfile=None, **kind).run(fmax=0.5 * fmax, steps=LIMIT)
    except Reached:
        pass
    except Exception as error:  # a peer that breaks is a row, not the end
        failure = type(error).__name__
    calls = sum(image.calc.calls for image in images[1:-1])
    done = not failure and band.top_force < fmax
    if done:
        write(file, band.top, format="extxyz", columns=["symbols", "positions"])
    return dict(calls=calls if done else None, barrier=band.top_energy - images[0].get_potential_energy() if done else None,
                force=float(getattr(band, "top_force", np.nan)), seconds=time.time() - started, failure=failure)


def make(name, folder, count=IMAGES, fmax=FMAX):
    """Relaxed ends, kept as files so that every run of every tool has the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "case.yaml").exists():
        case = MAKERS[name]()
        for end in ("initial", "final"):
            atoms = getattr(case, end)
            write(folder / f"{end}.extxyz", atoms, format="extxyz", columns=["symbols", "positions"] + (["move_mask"] if atoms.constraints else []))
        (folder / "engine.json").write_text(json.dumps(case.engine))
        engine = dict(kind="analytic", **case.engine) if "surface" in case.engine else dict(kind="lammps", **case.engine)
        if not engine.get("files", True):
            del engine["files"]
        lines = ["initial: initial.extxyz", "final: final.extxyz"] + (["relax_endpoints: false"] if name == "leps" else [])
        (folder / "case.yaml").write_text("\n".join([*lines, f"engine: {json.dumps(engine)}", f"neb: {{images: {count}, fmax: {fmax}}}", ""]))
    engine = json.loads((folder / "engine.json").read_text())
    ends = {end: read(folder / f"{end}.extxyz") for end in ("initial", "final")}
    return dict(ends, images=count, fmax=fmax, engine=engine, calculator=Surface(engine["surface"]) if "surface" in engine else Lammps(ends["initial"], engine))


def ase_table(case, folder, wanted):
    file = folder / "ase.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    for name in wanted:
        if name not in known:
            known[name] = run_ase(case, folder / f"{name}.extxyz", case["images"], case["fmax"], *SETTINGS[name])
            file.write_text(json.dumps(known, indent=1))
    return known


def lammps_table(case, folder, run):
    file = folder / "lammps.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    for name in lammps_neb.SETTINGS if run and "surface" not in case["engine"] else []:
        if name not in known:
            known[name] = lammps_neb.run(case, case["engine"], name, case["images"], case["fmax"])
            file.write_text(json.dumps(known, indent=1))
    return known


def cheapest(peers):
    counted = {name: peer for name, peer in peers.items() if peer["calls"]}
    return min(counted, key=lambda name: counted[name]["calls"], default=None)


def run_hopflow(program, folder, *options):
    started = time.time()
    done = subprocess.run([program, "barrier", folder / "case.yaml", "--json", *options], capture_output=True, text=True, check=False)
    try:
        result = json.loads(done.stdout)
    except json.JSONDecodeError:
        return dict(error=done.stderr.strip()[-200:])
    result["seconds"] = time.time() - started
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hopflow", type=Path)
    parser.add_argument("--cases", nargs="+", choices=MAKERS, metavar="CASE", help="one or more of: " + " ".join(MAKERS))
    parser.add_argument("--unseen", action="store_true", help="the second set of cases, on which nothing was tuned")
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--no-ase", action="store_true", help="only what is known of ASE already")
    parser.add_argument("--lammps", action="store_true", help="also run LAMMPS' neb, seven processes at a time")
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--fmax", type=float, default=FMAX, help="eV/A")
    parser.add_argument("--folder", type=Path, default=Path("neb-peers"), help="one for each choice of images and fmax")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    if arguments.lammps and (reason := lammps_neb.missing()):
        print(f"no rows of LAMMPS' neb: {reason}")
        arguments.lammps = False
    print(f"{'case':18} {'ours':>5} {'cert':>5} {'all':>5} {'barrier':>10} {'error meV':>9} {'+- meV':>7} {'neg':>3} {'ok':>3} "
          f"{'s':>5}  {'ASE':>5} {'ratio':>6} {'ode':>5} {'ASE barrier':>11} {'LAMMPS':>6}  cheapest setting of ASE")
    ratios = []
    for name in arguments.cases or (unseen if arguments.unseen else cases).MAKERS:
        folder = arguments.folder / name
        case = make(name, folder, arguments.images, arguments.fmax)
        ours = run_hopflow(arguments.hopflow.resolve(), folder)
        peers = ase_table(case, folder, [] if arguments.no_ase else arguments.settings)
        best = cheapest(peers)
        beside = lammps_table(case, folder, arguments.lammps)
        beside_best = cheapest(beside)
        if "error" in ours:
            print(f"{name:18} {ours['error']}")
            continue
        line = (f"{name:18} {ours['evaluations_band']:5} {ours['evaluations_certificate']:5} {ours['evaluations']:5} "
                f"{ours['forward_ev']:10.5f}")
        reference = folder / "reference.json"
        exact = json.loads(reference.read_text())["barrier"] if reference.exists() else None
        line += f" {1e3 * (ours['forward_ev'] - exact):9.3f}" if exact is not None else f" {'':9}"
        line += (f" {1e3 * ours['numerical_uncertainty_ev']:7.3f} {ours['negative_modes'] if ours['negative_modes'] is not None else '-':>3}"
                 f" {'yes' if ours['converged'] else 'NO':>3} {ours['seconds']:5.1f}")
        if best:
            ratio = ours["evaluations_band"] / peers[best]["calls"]
            ratios.append(ratio)
            ode = peers.get("improved ode", {}).get("calls") or "-"
            line += (f"  {peers[best]['calls']:5} {ratio:6.2f} {ode:>5} {peers[best]['barrier']:11.5f}"
                     f" {beside[beside_best]['calls'] if beside_best else '-':>6}  {best}")
        print(line, flush=True)
        if not ours["converged"]:
            print(f"  not converged: {ours['reason']}")
        for warning in ours["warnings"]:
            print(f"  {warning}")
    if ratios:
        print(f"geometric mean of the ratios {np.exp(np.mean(np.log(ratios))):.3f}, worst {max(ratios):.2f}")


if __name__ == "__main__":
    main()
