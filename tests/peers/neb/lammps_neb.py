# SPDX-License-Identifier: GPL-2.0-or-later
"""LAMMPS' own `neb` on a case, counted as the others are: forces on the images between the ends until the climbing one's
are below the tolerance. LAMMPS prints the largest component of the force on each replica, as its square, springs included;
a climbing replica has none, and its force along the path is only reversed. So LAMMPS is asked for a little less."""
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from ase.io.lammpsdata import write_lammps_data

from calculators import POTENTIALS

STEPS = 1000
# name: minimiser, rounds before the highest replica climbs, time steps (ps or reduced)
SETTINGS = {f"lammps {style}, climb after {wait}, step {size}": (style, wait, {"metal": metal, "lj": reduced})
            for style in ("quickmin", "fire") for wait in (10, 40) for size, metal, reduced in (("small", 0.01, 0.03), ("large", 0.02, 0.06))}


def missing():
    """Why LAMMPS' neb cannot be run here; "" if it can."""
    program = shutil.which("lmp")
    if not program or not shutil.which("mpirun"):
        return "lmp or mpirun is not installed"
    packages = subprocess.run([program, "-h"], capture_output=True, text=True, check=False).stdout
    return "" if re.search(r"\bREPLICA\b", packages) else "lmp was built without the REPLICA package"


def script(case, engine, style, wait, step, images, folder):
    species = sorted(engine["types"], key=engine["types"].get)
    initial, final = case["initial"], case["final"]
    # Lengths as they are: ASE's writer knows no reduced units.
    write_lammps_data(folder / "initial.data", initial, specorder=species, atom_style="charge", units="metal", masses=False)
    rows = [f"{i + 1} {x:.12f} {y:.12f} {z:.12f}" for i, (x, y, z) in enumerate(final.get_positions())]
    (folder / "final.txt").write_text("\n".join([str(len(rows)), *rows, ""]))
    masses = {s: 1.0 if engine["units"] == "lj" else float(initial.get_masses()[initial.get_chemical_symbols().index(s)]) for s in species}
    fixed = sorted({int(i) + 1 for constraint in initial.constraints for i in constraint.index})
    lines = [f"units {engine['units']}", "atom_style charge", "atom_modify map array sort 0 0",
             "boundary " + " ".join("p" if p else "f" for p in initial.pbc), "read_data initial.data",
             *(f"mass {engine['types'][s]} {m}" for s, m in masses.items()),
             *(f"set type {engine['types'][s]} charge {q}" for s, q in engine.get("charges", {}).items()),
             *(" ".join(str(POTENTIALS / w) if w in engine["files"] else w for w in command.split()) for command in engine["commands"]),
             "thermo_modify norm no", "neighbor 1.0 bin" if engine["units"] == "metal" else "neighbor 0.3 bin"]
    if fixed:
        lines += ["group still id " + " ".join(map(str, fixed)), "fix hold still setforce 0 0 0"]
    lines += ["fix band all neb 1.0 parallel ideal", f"timestep {step}", f"min_style {style}",
              f"neb 0.0 1e-6 {wait} {STEPS} 1 final final.txt verbose"]
    (folder / "in.neb").write_text("\n".join([*lines, ""]))
    return ["mpirun", "--allow-run-as-root", "--oversubscribe", "-np", str(images + 2), "lmp", "-partition", f"{images + 2}x1", "-in", "in.neb",
            "-log", "log.lammps", "-screen", "none"]


def counted(log, images, fmax):
    """(steps, barrier) at the first line of the climbing stage whose top replica is below fmax; None if there is none."""
    climbing, steps = None, 0
    for line in log.splitlines():
        if found := re.match(r"Climbing replica = (\d+)", line):
            climbing = int(found.group(1))
            continue
        numbers = line.split()
        if len(numbers) < 9 + 2 * (images + 2) or not numbers[0].isdigit():
            continue
        values = [float(n) for n in numbers]
        steps = int(values[0])
        each = values[9 + 2 * (images + 2):]  # per replica: three angles, gradient, force, largest force on an atom
        if climbing and each[6 * (climbing - 1) + 5] < fmax * fmax:
            return steps, values[6]
    return None


def run(case, engine, name, images, fmax):
    style, wait, steps = SETTINGS[name]
    started = time.time()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        command = script(case, engine, style, wait, steps[engine["units"]], images, folder)
        try:
            # The LAMMPS library in this process has set variables of MPI's behind Python's back; os.environ is without them.
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ))
            failure = "" if done.returncode == 0 else f"ended with code {done.returncode}: {(done.stdout + done.stderr).strip()[-200:]}"
        except subprocess.TimeoutExpired:
            failure = "took more than a minute"
        log = (folder / "log.lammps").read_text() if (folder / "log.lammps").exists() else ""
    found = counted(log, images, fmax)
    # Both stages begin with a round of their own, which is no step.
    return dict(calls=images * (found[0] + 2) if found else None, barrier=found[1] if found else None, seconds=time.time() - started,
                failure="" if found else failure)
