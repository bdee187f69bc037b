# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test
"""`hopflow doctor` on a sound machine, with a program taken away, and with a LAMMPS that cannot be loaded."""
import json
import os
import tempfile
from pathlib import Path

import hopflow_runs as runs


def doctor():
    code, out, errors = runs.run(1, "doctor", "--json")
    told = json.loads(out) if out else {"findings": []}
    return code, {one["name"]: one for one in told["findings"]}, errors


def main():
    report = runs.Report()
    code, found, errors = doctor()
    report.check(code == 0 and found["LAMMPS library"]["found"] and found["LAMMPS KSPACE"]["found"],
                 f"a sound machine has all that is required (exit {code}) {errors[-200:]}")
    report.check(all(one["used_for"] and one["detail"] for one in found.values()), "each finding says what it is for")
    path = os.environ["PATH"]
    with tempfile.TemporaryDirectory(prefix="hopflow-doctor-") as scratch:
        os.environ["PATH"] = scratch
        code, found, _ = doctor()
        os.environ["PATH"] = path
        report.check(code == 0 and not found["MPI launcher"]["found"] and "openmpi-bin" in found["MPI launcher"]["detail"],
                     "without helpers a run is possible, and it says what to install")
        (Path(scratch) / "liblammps.so.0").write_text("no library")
        os.environ["LD_LIBRARY_PATH"] = scratch
        code, found, _ = doctor()
        os.environ.pop("LD_LIBRARY_PATH")
        report.check(code == 3 and not found["LAMMPS library"]["found"] and "liblammps" in found["LAMMPS library"]["detail"],
                     f"a broken LAMMPS is missing, exit code 3 ({code})")
    report.end()


if __name__ == "__main__":
    main()
