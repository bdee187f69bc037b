# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=900 alone=yes
"""A run, its ranks, its launcher or its engines are killed, stopped or asked to end at random moments: afterwards no process
is left. A process namespace of its own holds each run, so that whatever is left in it is found.
test_orphans.py --trials 100 for the long run."""
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import faults
import lj
import test_engines

GRACE_S = 8  # mpirun gives its ranks some seconds


def processes():
    """Id, words and state of every process of this namespace but for this script."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*"):
        try:
            words = (stat / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            state = (stat / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if int(stat.name) not in (1, os.getpid()) and state != "Z":
            found[int(stat.name)] = f"{state} {words}"
    return found


def role(words):
    return ("launcher" if "mpirun" in words.partition("hopflow")[0] else "engine" if "engine-worker" in words or "client.py" in words else
            "run" if "hopflow" in words else "other")


def commands(folder):
    """Name -> words of a run to be disturbed."""
    study = faults.study_in(folder)
    study.write_text(study.read_text().replace("images: 3, climb: true, fmax: 0.1", "images: 9, climb: true, fmax: 0.005, surrogate: false"))
    run = [faults.PROGRAM, "run", str(study), "--until", "barriers", "-o", str(folder / "run")]
    place = folder / "client"
    place.mkdir()
    for name, text in (("client.py", (faults.HERE / "client.py").read_text()), ("ini.extxyz", test_engines.ATOMS.format(x="0.0")),
                       ("fin.extxyz", test_engines.ATOMS.format(x="5.0"))):
        (place / name).write_text(text)
    (place / "case.yaml").write_text('initial: ini.extxyz\nfinal: fin.extxyz\nfixed: [1]\nengine: {kind: ipi, command: "python3 client.py {socket} slow-away", '
                                     "tier: test}\nneb: {images: 5, climb: true, fmax: 0.001, surrogate: false}\n")
    found = {"a run": run, "a client that forks away": [faults.PROGRAM, "barrier", str(place / "case.yaml")]}
    if shutil.which("mpirun"):
        found["a run on two ranks"] = ["mpirun", "--quiet", "--oversubscribe", "--bind-to", "none", "-n", "2", *run]
    return found


def disturb(chance):
    """One fault. @return what was done, to print it"""
    living = processes()
    if not living:
        return "nothing left to disturb"
    what = chance.choice(["KILL", "KILL", "TERM", "INT", "HUP", "SEGV", "STOP and TERM", "STOP and KILL"])
    top = min(living)
    victim = chance.choice(sorted(living))
    if what.startswith("STOP") and victim == top:
        what = "KILL"  # what is stopped itself obeys nothing
    done = f"{what} of {role(living[victim])}"
    if what.startswith("STOP"):
        faults.send(victim, signal.SIGSTOP)
        done += f", of {role(living[top])}"
        time.sleep(0.2)
        faults.send(top, signal.SIGTERM if what.endswith("TERM") else signal.SIGKILL)
    else:
        faults.send(victim, getattr(signal, f"SIG{what}"))
    return done


def trial(name, words, chance, folder):
    """@return what was done, and the words of each process that is left"""
    shutil.rmtree(folder / "run", ignore_errors=True)
    process = subprocess.Popen(words, env=os.environ | faults.AS_ROOT, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(chance.uniform(0.02, 2.5))
    if process.poll() is not None:
        return f"{name} was over", {}
    done = disturb(chance)
    # What ends one engine or rank may leave the run at work: then it is asked to end.
    if not faults.until(lambda: process.poll() is not None, 1):
        done += ", then TERM"
        os.kill(process.pid, signal.SIGTERM)
    ended = faults.until(lambda: process.poll() is not None, 90)
    faults.until(lambda: not processes(), GRACE_S if ended else 0)
    left = processes()
    for one in left:
        faults.send(one, signal.SIGKILL)
    process.wait()
    return f"{name}: {done}: {f'exit {process.returncode}' if ended else 'still running after 90 s'}", left


def main():
    options = lj.trials(5, "faults")
    if "HOPFLOW_NAMESPACE" not in os.environ:
        words = ["unshare", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]), "--pid", "--fork", "--mount-proc", "--kill-child"]
        if subprocess.run([*words, "true"], stderr=subprocess.DEVNULL).returncode != 0:
            print("skipped: no process namespace can be made here")
            raise SystemExit(77)
        raise SystemExit(subprocess.run([*words, sys.executable, *sys.argv], env=dict(os.environ, HOPFLOW_NAMESPACE="1")).returncode)
    report = faults.Report()
    folder = faults.scratch()
    chance = random.Random(options.seed)
    kinds, wrong, count = commands(folder), [], 0
    for attempt in range(3 * options.trials):
        if count == options.trials:
            break
        name = sorted(kinds)[attempt % len(kinds)]
        done, left = trial(name, kinds[name], chance, folder)
        print(f"      {count}: {done}", flush=True)
        count += "was over" not in done
        if left:
            wrong.append(f"{done}: {list(left.values())}")
            print(f"      left: {list(left.values())}", flush=True)
    report.check(not wrong, f"{count} faults leave no process", "\n      ".join(wrong[:5]))
    report.end(folder)


if __name__ == "__main__":
    main()
