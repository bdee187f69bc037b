# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=900
"""A barrier from its first write to its last, the store's included: every write, fsync, rename, unlink and mkdir fails once
(EIO), from then on (ENOSPC), is short, or kills the process. Exit 74 with a path (0 where the call does not matter), and
the same command then leaves the bytes of a run that nothing disturbed. test_every_write.py --trials 0 for every call."""
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import faults
import lj

FILES = ["barrier.json", "path.extxyz", "profile.csv", "profile.svg"]


def main():
    options = lj.trials(40, "calls tried of each kind, spread evenly; 0: every one")
    report = faults.Report()
    folder = faults.scratch()
    case, library = lj.case_in(folder), faults.shim(folder)
    run, log = folder / "result", folder / "log"
    expected, _, errors = faults.hopflow("barrier", case, "-o", folder / "whole")
    report.check(expected == 0, "the undisturbed case ends with 0", f"{expected} {errors[-300:]}")
    reference = {name: (folder / "whole" / name).read_bytes() for name in FILES}

    def attempt(n, how):
        shutil.rmtree(run, ignore_errors=True)
        log.unlink(missing_ok=True)
        env = {"LD_PRELOAD": library, "FAULT_N": n, "FAULT_ERR": how, "FAULT_PATH": "result", "FAULT_LOG": log}
        if how == "ENOSPC":
            env["FAULT_PERSIST"] = 1
        code, _, errors = faults.hopflow("barrier", case, "-o", run, env=env)
        return code, errors, log.read_text().splitlines()

    _, _, calls = attempt(10**9, "EIO")
    total = len(calls)
    report.check(total > 100, f"{total} calls are counted")
    chosen = range(1, total + 1) if options.trials == 0 else sorted({1 + k * (total - 1) // (options.trials - 1)
                                                                       for k in range(options.trials)})
    for how in ("EIO", "ENOSPC", "SHORT", "KILL"):
        wrong, noticed = [], 0
        for n in chosen:
            code, errors, calls = attempt(n, how)
            call = calls[n - 1].split(" ", 1)[1] if len(calls) >= n else "?"
            allowed = {"KILL": (-9,), "SHORT": (0,)}.get(how, (0, 74))
            noticed += code == 74
            if len(calls) < n and code == 0:
                continue  # how many calls the store makes depends on time: this one never came
            if code not in allowed:
                wrong.append(f"{n} {call}: exit {code}: {errors[-200:]}")
            if code == 74 and str(run) not in errors:
                wrong.append(f"{n} {call}: 74 without the path: {errors[-200:]}")
            if code == 0 and {name: (run / name).read_bytes() for name in FILES} != reference:
                wrong.append(f"{n} {call}: other bytes at exit 0")
            code, _, errors = faults.hopflow("barrier", case, "-o", run)
            if code != expected or {name: (run / name).read_bytes() for name in FILES} != reference:
                wrong.append(f"{n} {call}: again: exit {code} {errors[-200:]}")
            if left := [path.name for path in run.glob("**/*.tmp")]:
                wrong.append(f"{n} {call}: left behind: {left}")
        report.check(not wrong, f"{how} at {len(chosen)} of {total} calls ({noticed} at exit 74): the same bytes in the end",
                     "\n      ".join(wrong[:8]))
    report.end(folder)


if __name__ == "__main__":
    main()
