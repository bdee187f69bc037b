# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=900 alone=yes
"""How a run is asked to stop, and what becomes of it when its terminal, its output or its folder goes away."""
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time

import faults


def stopped_by(run, study, sign, report, what, *options):
    before = faults.answers(run)
    process = faults.start("run", study, "--until", "barriers", "-o", run, *options, env=faults.AS_ROOT)
    faults.until(lambda: faults.answers(run) > before + 5, 60)
    process.send_signal(sign)
    begun = time.monotonic()
    process.wait(30)
    report.check(process.returncode == 75, f"{what}: exit 75", f"exit {process.returncode}")
    faults.end_session(process)
    return time.monotonic() - begun


def on_two_ranks(folder, study, expected, reference, report):
    """mpirun ends with 1 where it is asked to stop; --ranks, which starts it, with 75."""
    if shutil.which("mpirun") is None:
        print("mpirun isn't installed")
        return
    for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
        run = folder / f"ranks-{sign.name}"
        stopped_by(run, study, sign, report, f"{sign.name} with --ranks 2", "--ranks", "2")
    code, _, errors = faults.hopflow("resume", run, "--ranks=2", env=faults.AS_ROOT)
    report.check(code == expected and faults.results(run) == reference, "and resumed on two ranks: the same bytes", f"{code} {errors[-300:]}")
    code, _, errors = faults.hopflow("run", folder / "absent.yaml", "--ranks", "2", "-o", folder / "other", env=faults.AS_ROOT)
    report.check(code == 4, "a study that is not there is bad input on two ranks, too", f"{code} {errors[-300:]}")
    code, _, errors = faults.hopflow("resume", run, "--ranks", "2", env=faults.AS_ROOT | {"PATH": "/nowhere"})
    report.check(code == 3 and "mpirun" in errors, "without mpirun something is missing", f"{code} {errors[-300:]}")


def main():
    report = faults.Report()
    folder = faults.scratch()
    study, whole = faults.study_in(folder), folder / "whole"
    # Long enough to be met by a signal on any machine.
    study.write_text(study.read_text().replace("images: 3, climb: true, fmax: 0.1", "images: 9, climb: true, fmax: 0.005, surrogate: false"))
    code, _, errors = faults.hopflow("run", study, "--until", "barriers", "-o", whole)
    reference, expected = faults.results(whole), code
    report.check(code in (0, 5), "the undisturbed run ends", f"{code} {errors[-300:]}")
    out = json.loads(faults.hopflow("status", whole, "--json")[1])
    report.check((out["state"], out["hops_done"], out["hops"], out["eta_s"]) == ("finished", 1, 1, 0), "status says finished", out)

    run = folder / "hup"
    stopped_by(run, study, signal.SIGHUP, report, "HUP")
    out = json.loads(faults.hopflow("status", run, "--json")[1])
    report.check((out["state"], out["hops_done"], out["hops"]) == ("stopped", 0, 1), "status says stopped", out)
    stopped_by(run, study, signal.SIGTERM, report, "TERM")
    process = faults.start("resume", run)
    report.check(faults.until(lambda: json.loads(faults.hopflow("status", run, "--json")[1])["state"] == "running", 20), "status says running")
    process.wait(120)
    report.check(process.returncode == expected and faults.results(run) == reference, "the same bytes after all that",
                 process.returncode)

    run = folder / "limit"
    code, _, errors = faults.hopflow("run", study, "--until", "barriers", "-o", run, "--max-time", "1.5s")
    report.check(code in (75, expected), "a run with --max-time ends with 75 before its limit", f"{code} {errors[-300:]}")
    code, _, _ = faults.hopflow("resume", run, env={"SLURM_JOB_END_TIME": int(time.time()) + 30})
    report.check(code == 75, "a Slurm job with half a minute left does not begin", code)
    code, _, _ = faults.hopflow("resume", run)
    report.check(code == expected and faults.results(run) == reference, "and goes on to the same bytes", code)
    on_two_ranks(folder, study, expected, reference, report)

    # Replay without the remembered whole results: a signal is obeyed between two steps.
    with sqlite3.connect(whole / "store.db") as database:
        database.execute("DELETE FROM stages")
    database.close()
    slow = []
    for delay in (0.02, 0.1, 0.2):
        process = faults.start("resume", whole)
        time.sleep(delay)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            begun = time.monotonic()
            process.wait(30)
            slow.append((process.returncode, time.monotonic() - begun))
        faults.end_session(process)
    # -15: before the first line of the program.
    report.check(all(code in (75, expected, -15) and seconds < 2 for code, seconds in slow), "TERM in a replay is obeyed", slow)
    faults.hopflow("resume", whole)
    begun = time.monotonic()
    code, _, _ = faults.hopflow("resume", whole)
    asked = json.loads((whole / "timing.json").read_text())["evaluations_asked_of_engines"]
    report.check(code == expected and asked == 0 and faults.results(whole) == reference, "a finished run is repeated from its results")

    with open("/dev/full", "wb") as full:
        run = folder / "full"
        code, _, _ = faults.hopflow("run", study, "--until", "barriers", "-o", run, stderr=full)
        report.check(code == expected and faults.results(run) == reference, "a full disk behind standard error ends no run", code)
        for words in (["check", faults.ROOT / "inputs/structures/mapbi3-tetragonal.cif"], ["run", study, "--print-config"],
                      ["hops", faults.ROOT / "inputs/structures/mapbi3-tetragonal.cif", "--json"], ["--help"], ["status", run]):
            code, _, errors = faults.hopflow(*words, stdout=full)
            report.check(code == 74, f"a full disk behind standard output is an error: {words[0]}", f"{code} {errors}")
    done = subprocess.run(["sh", "-c", f'exec "$0" run "$1" --until hops -o "$2" 2>&-', faults.PROGRAM, str(study), str(folder / "closed")],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    report.check(done.returncode == 0 and (folder / "closed/.lock").read_bytes() == b"", "with standard error closed nothing goes into a file instead",
                 done.returncode)

    run = folder / "moved"
    process = faults.start("run", study, "--until", "barriers", "-o", run)
    faults.until(lambda: faults.answers(run) > 5, 60)
    os.rename(run, folder / "elsewhere")
    _, errors = process.communicate(timeout=60)
    report.check(process.returncode in (74, expected) and (process.returncode == expected or b"moved or removed" in errors),
                 "a run folder that is moved away is noticed", f"{process.returncode} {errors[-300:]}")
    faults.end_session(process)
    code, _, _ = faults.hopflow("resume", folder / "elsewhere")
    report.check(code == expected and faults.results(folder / "elsewhere") == reference, "and resumed where it is")
    report.end(folder)


if __name__ == "__main__":
    main()
