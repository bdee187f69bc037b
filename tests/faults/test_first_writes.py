# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=600
"""Every write, fsync, rename, unlink and mkdir of a run that freezes its study and lists its hops fails once, and once
kills the process: exit 74 with the folder named, and `resume` and `run` then leave the bytes of a run that nothing
disturbed. Nothing is left behind."""
import shutil

import faults


def main():
    report = faults.Report()
    folder = faults.scratch()
    study, library = faults.study_in(folder), faults.shim(folder)
    whole = folder / "whole"
    code, _, errors = faults.hopflow("run", study, "--until", "hops", "-o", whole)
    report.check(code == 0, "a run that is to list hops ends with 0", f"{code} {errors[-300:]}")
    reference = faults.results(whole)
    report.check("study.yaml" in reference and any(name.startswith("inputs/") for name in reference),
                 "it leaves the study and its files")

    for how in ("EIO", "KILL"):
        wrong, n = [], 0
        while True:
            n += 1
            run, log = folder / "run", folder / "log"
            shutil.rmtree(run, ignore_errors=True)
            log.unlink(missing_ok=True)
            code, _, errors = faults.hopflow("run", study, "--until", "hops", "-o", run, env={
                "LD_PRELOAD": library, "FAULT_N": n, "FAULT_ERR": how, "FAULT_PATH": "run", "FAULT_LOG": log})
            calls = log.read_text().splitlines() if log.exists() else []
            if len(calls) < n:
                break
            call = calls[n - 1].split(" ", 1)[1]
            if how == "EIO" and code == 0:
                pass  # a call whose failure costs nothing: the removal of a file that has served
            elif how == "EIO" and not (code == 74 and "run" in errors):
                wrong.append(f"{n} {call}: exit {code}: {errors[-200:]}")
            go_on = [["run", study, "--until", "hops", "-o", run]]
            if run.exists():
                go_on.insert(0, ["resume", run])
            for words in go_on:
                code, _, errors = faults.hopflow(*words)
                if code != 0:
                    wrong.append(f"{n} {call}: {words[0]} then ends with {code}: {errors[-200:]}")
            if faults.results(run) != reference:
                wrong.append(f"{n} {call}: other bytes")
            left = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.name.endswith(".tmp") or "begun" in path.name]
            if left:
                wrong.append(f"{n} {call}: left behind: {left}")
        report.check(n > 10, f"{n - 1} calls were reached with {how}")
        report.check(not wrong, f"{how} at each of {n - 1} calls leaves a folder that goes on to the same bytes",
                     "\n      ".join(wrong[:5]))
    report.end(folder)


if __name__ == "__main__":
    main()
