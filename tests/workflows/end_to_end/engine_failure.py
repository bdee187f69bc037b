# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=900
"""LAMMPS ends its process at some geometries of one material: the run ends with exit code 6 naming material, hop, image
and LAMMPS' own words, and the other materials' results are those of a sound run."""
import os
import subprocess
import tempfile
from pathlib import Path

import hopflow_runs as runs

STUDY = runs.ROOT / "inputs" / "studies" / "three-cations.yaml"


def real_lammps():
    listing = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    return next(line.split("=>")[1].strip() for line in listing.splitlines() if "liblammps.so.0 " in line)


def main():
    report = runs.Report()
    with tempfile.TemporaryDirectory(prefix="hopflow-fault-") as scratch:
        scratch = Path(scratch)
        sound = scratch / "sound"
        code, _, errors = runs.run(2, "run", STUDY, "--quick", "--until", "barriers", "-o", sound)
        report.check(code in (0, 5), f"the sound run ends (exit {code}) {errors[-300:] if code not in (0, 5) else ''}")
        victim = runs.summary(sound)["materials"][-1]
        library = scratch / "liblammps.so.0"
        subprocess.run(["g++", "-shared", "-fPIC", "-O1", "-o", library, Path(__file__).with_name("faulty_lammps.cpp"),
                        "-ldl"], check=True)
        os.environ["LD_LIBRARY_PATH"] = str(scratch)
        os.environ["HOPFLOW_REAL_LAMMPS"] = real_lammps()
        os.environ["HOPFLOW_FAULT_ATOMS"] = str(victim["supercell"]["atoms"] - 1)
        os.environ["HOPFLOW_FAULT_EVERY"] = "60"
        faulty = scratch / "faulty"
        code, _, errors = runs.run(2, "run", STUDY, "--quick", "--until", "barriers", "-o", faulty)
        report.check(code == 6, f"the faulty run ends with exit code 6 ({code})")
        hop = victim["barriers"][0]["hop"]
        line = next((line for line in errors.splitlines() if line.startswith("engine failure")), "")
        report.check(victim["name"] in line and hop in line, f"the message names material and hop: {line[:300]}")
        report.check("Lost atoms: provoked by a test" in errors, "and carries LAMMPS' own words")
        ours, theirs = runs.summary(faulty)["materials"], runs.summary(sound)["materials"]
        report.check(ours[:-1] == theirs[:-1], "the other materials' results are those of the sound run")
        report.check(ours[-1]["barriers"][0]["status"] == "failed", "the failed hop is marked failed")
        for name in ("LD_LIBRARY_PATH", "HOPFLOW_REAL_LAMMPS", "HOPFLOW_FAULT_ATOMS", "HOPFLOW_FAULT_EVERY"):
            os.environ.pop(name)
        code, _, _ = runs.run(2, "resume", faulty)
        changed = runs.differences(runs.result_bytes(sound), runs.result_bytes(faulty))
        report.check(code in (0, 5) and not changed, f"with a sound library, resume completes it to the same bytes {changed}")
    report.end()


if __name__ == "__main__":
    main()
