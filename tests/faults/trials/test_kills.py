# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=900 alone=yes
"""All processes of a run killed at random moments, half of them within 50 ms of the start, on one rank and on two: resumed,
it leaves the bytes of a run that nothing disturbed. test_kills.py --trials 200 for the long run."""
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import faults
import lj


def kill_after(words, seconds):
    """Starts, waits, and kills the whole session. @return whether it was still running"""
    env = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    process = subprocess.Popen(list(map(str, words)), env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(seconds)
    alive = process.poll() is None
    faults.end_session(process)
    return alive


def main():
    options = lj.trials(8, "kills on one rank; half as many on two")
    report = faults.Report()
    folder = faults.scratch()
    study, whole, run = faults.study_in(folder), folder / "whole", folder / "run"
    begun = time.monotonic()
    expected, _, errors = faults.hopflow("run", study, "--until", "barriers", "-o", whole)
    usual_s = time.monotonic() - begun
    report.check(expected == 0, f"the undisturbed run ends with 0 after {usual_s:.1f} s", f"{expected} {errors[-300:]}")
    reference = faults.results(whole)
    for ranks in (1, 2):
        if ranks > 1 and shutil.which("mpirun") is None:
            print("mpirun isn't installed")
            continue
        launcher = ["mpirun", "--quiet", "--oversubscribe", "--bind-to", "none", "-n", str(ranks)] if ranks > 1 else []
        chance = random.Random(f"{options.seed} {ranks}")
        count, kills, early, wrong = options.trials // ranks, 0, 0, []
        while kills < count:
            shutil.rmtree(run, ignore_errors=True)
            words = [*launcher, faults.PROGRAM, "run", study, "--until", "barriers", "-o", run]
            moments = []
            for _ in range(4):
                is_early = chance.random() < 0.5
                moments.append(round((0.05 if is_early else 1.2 * usual_s) * chance.random(), 4))
                # mpirun itself needs a moment before the first rank is there.
                if not kill_after(words, moments[-1] + (0.25 if ranks > 1 and is_early else 0)):
                    break
                kills += 1
                early += is_early
            code, _, errors = faults.hopflow("resume" if run.exists() else "run", run if run.exists() else study,
                                             *([] if run.exists() else ["--until", "barriers", "-o", run]))
            if code != expected or faults.results(run) != reference:
                wrong.append(f"killed after {moments} s: exit {code}: {errors[-200:]}")
        report.check(not wrong, f"{kills} kills on {ranks} rank{'s' if ranks > 1 else ''}, {early} of them within 50 ms: "
                     "all resumed to the same bytes", "\n      ".join(wrong[:5]))
    report.end(folder)


if __name__ == "__main__":
    main()
