# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=600 alone=yes
"""A rank that is stopped (SIGSTOP) does not hang the job: it ends with 75, and what is resumed then has the bytes of a run
that nothing disturbed. The rank that is stopped is 1, then 0. An engine process that is stopped is replaced after its time
limit, 60 s or ten usual answers, and nothing else shows."""
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import faults


def ranks_of(run):
    """Process of each rank at work in this folder, by rank."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*"):
        try:
            command = (stat / "cmdline").read_bytes()
            if str(run).encode() in command and b"engine-worker" not in command and b"mpirun" not in command.split(b"\0")[0]:
                variables = dict(entry.partition(b"=")[::2] for entry in (stat / "environ").read_bytes().split(b"\0"))
                if b"OMPI_COMM_WORLD_RANK" in variables:
                    found[int(variables[b"OMPI_COMM_WORLD_RANK"])] = int(stat.name)
        except OSError:
            continue
    return found


def workers_of(run):
    """Engine processes at work in this folder."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = command.read_bytes()
        except OSError:
            continue
        if b"engine-worker" in words and str(run).encode() in words:
            found.append(int(command.parent.name))
    return found


def questions(run):
    return sum(log.read_text(errors="replace").count("\nevaluation") for log in Path(run).glob("engines/*/worker.log"))


def main():
    report = faults.Report()
    if shutil.which("mpirun") is None:
        print("mpirun isn't installed")
        raise SystemExit(77)
    folder = faults.scratch()
    study, whole = faults.study_in(folder), folder / "whole"
    expected, _, _ = faults.hopflow("run", study, "--until", "barriers", "-o", whole)
    reference = faults.results(whole)
    env = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    for rank in (1, 0):
        run = folder / f"run-{rank}"
        process = subprocess.Popen(["mpirun", "--quiet", "--oversubscribe", "--bind-to", "none", "-n", "2", faults.PROGRAM, "run", str(study),
                                    "--until", "barriers", "-o", str(run)], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, start_new_session=True)
        end = time.monotonic() + 60
        while questions(run) < 8 and time.monotonic() < end and process.poll() is None:
            time.sleep(0.01)
        seat = ranks_of(run).get(rank)
        if not report.check(seat is not None, f"rank {rank} is found at work"):
            continue
        os.kill(seat, signal.SIGSTOP)
        begun = time.monotonic()
        try:
            _, errors = process.communicate(timeout=150)
            seconds = time.monotonic() - begun
            report.check(process.returncode == 75 and f"rank {rank} is stopped".encode() in errors,
                         f"a stopped rank {rank} ends the job with 75 after {seconds:.0f} s", f"{process.returncode} {errors[-300:]}")
        except subprocess.TimeoutExpired:
            report.check(False, f"a stopped rank {rank} ends the job", "still hanging after 150 s")
        faults.end_session(process)
        code, _, errors = faults.hopflow("resume", run)
        report.check(code == expected and faults.results(run) == reference, "which resumes to the same bytes", f"{code} {errors[-200:]}")
    # Of an engine process: its answers take milliseconds.
    run = folder / "worker"
    process = faults.start("run", study, "--until", "barriers", "-o", run)
    end = time.monotonic() + 60
    while questions(run) < 8 and time.monotonic() < end and process.poll() is None:
        time.sleep(0.01)
    workers = workers_of(run)
    if report.check(len(workers) == 1, "the engine process is found", workers):
        os.kill(workers[0], signal.SIGSTOP)
        begun = time.monotonic()
        try:
            process.communicate(timeout=150)
            seconds = time.monotonic() - begun
            report.check(process.returncode == expected and seconds < 120 and faults.results(run) == reference,
                         f"a stopped engine process is replaced, and the run ends after {seconds:.0f} s with the same bytes", process.returncode)
        except subprocess.TimeoutExpired:
            report.check(False, "a stopped engine process is replaced", "still hanging after 150 s")
    faults.end_session(process)
    report.check(not workers_of(run), "no engine process is left", workers_of(run))
    report.end(folder)


if __name__ == "__main__":
    main()
