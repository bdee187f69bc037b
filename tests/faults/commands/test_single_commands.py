# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=900
"""Commands that are no run: relax, saddle, frames, fit, report, store export, merge and prune. A write that
fails (EIO), a disk that is full from some write on (ENOSPC) and a process that is killed at a write leave either nothing or
what an undisturbed command leaves; the same command then gives the undisturbed bytes, and nothing else stays. An output that
cannot be written is refused before anything is computed.
test_single_commands.py --trials 0 for every write."""
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[1] / "trials")]
import faults
import lj

INPUTS = faults.ROOT / "inputs"
CIF = INPUTS / "structures/mapbi3-tetragonal.cif"
TABLE = INPUTS / "forcefields/myp-mapbi3.yaml"


def tree(folder):
    """Every file below a folder; a store by what it holds, not by its pages."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if not path.is_file() or path.name in (".lock", "store.db-wal", "store.db-shm") or "engines" in path.parts:
            continue
        if path.name == "store.db":
            code, out, _ = faults.hopflow("store", "verify", path, "--json")
            found[name] = (code, {key: value for key, value in (json.loads(out) if code == 0 else {}).items() if key != "bytes"})
        else:
            found[name] = path.read_bytes()
    return found


def commands(shared, place):
    """Name -> (words, files that stand in its folder before). Each writes below `place` only."""
    return {
        "relax": (["relax", CIF, "--forcefield", TABLE, "--fmax", "0.2", "-o", place / "relaxed.extxyz"], None),
        "saddle": (["saddle", shared / "saddle.yaml", "-o", place / "saddle"], None),
        "frames": (["frames", shared / "run", "--count", "3", "--forcefield", TABLE, "-o", place / "frames.extxyz"], None),
        "fit": (["fit", TABLE, "--to", shared / "labelled.extxyz", "--free", "bonds.*", "-o", place / "fitted.yaml"], None),
        "report": (["report", shared / "run", "-o", place / "report.html"], None),
        "store export": (["store", "export", shared / "run", "-o", place / "all.extxyz"], None),
        "store merge": (["store", "merge", place / "copy", shared / "run"], "copy"),
        "store prune": (["store", "prune", place / "copy", "--engine", ""], "run"),
    }


def prepare(shared, place, before):
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    if before:  # a run of the first stage alone, without a store, or the whole of it
        shutil.copytree(shared / ("half" if before == "copy" else before), place / "copy")


def every_write(report, shared, place, library, options):
    log = shared / "log"
    for name, (words, before) in commands(shared, place).items():
        prepare(shared, place, before)
        expected, _, errors = faults.hopflow(*words)
        if not report.check(expected in (0, 5), f"{name}: undisturbed", f"{expected} {errors[-300:]}"):
            continue
        reference = tree(place)

        def attempt(n, how):
            prepare(shared, place, before)
            log.unlink(missing_ok=True)
            env = {"LD_PRELOAD": library, "FAULT_N": n, "FAULT_ERR": how, "FAULT_PATH": str(place), "FAULT_LOG": log}
            if how == "ENOSPC":  # a full disk lets files go
                env.update(FAULT_PERSIST=1, FAULT_OPS="write,pwrite,fsync,ftruncate,mkdir")
            code, _, errors = faults.hopflow(*words, env=env)
            return code, errors, log.read_text().splitlines() if log.exists() else []

        total = len(attempt(10**9, "EIO")[2])
        tries = options.trials
        chosen = range(1, total + 1) if tries == 0 or tries >= total else sorted({1 + k * (total - 1) // (tries - 1) for k in range(tries)})
        for how in ("EIO", "ENOSPC", "KILL"):
            wrong, noticed = [], 0
            for n in chosen:
                code, errors, calls = attempt(n, how)
                call = calls[n - 1].split(" ", 1)[1] if len(calls) >= n else "?"
                noticed += code == 74
                if len(calls) < n:
                    continue
                if code not in ((-9,) if how == "KILL" else (expected, 74)):
                    wrong.append(f"{n} {call}: exit {code}: {errors[-200:]}")
                if code == 74 and str(place) not in errors:
                    wrong.append(f"{n} {call}: 74 without the path: {errors[-200:]}")
                if code == expected and (left := tree(place)) != reference:
                    wrong.append(f"{n} {call}: exit {code}, but {[k for k in reference.keys() | left.keys() if reference.get(k) != left.get(k)]} differ")
                # A command that ended well, though its clean-up failed, has its output there already.
                code, _, errors = faults.hopflow(*words, *(["--force"] if code == expected and "-o" in words else []))
                left = tree(place)
                if code != expected or left != reference:
                    other = [k for k in reference.keys() | left.keys() if reference.get(k) != left.get(k)]
                    wrong.append(f"{n} {call}: again: exit {code} {errors[-200:]} {other}")
            report.check(not wrong, f"{name}: {how} at {len(chosen)} of {total} calls ({noticed} at exit 74): the same in the end",
                         "\n      ".join(wrong[:6]))


def processes(folder):
    """Whatever still works in a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in entry.read_bytes() and int(entry.parent.name) != os.getpid():
                found.append(entry.parent.name)
        except OSError:
            continue
    return found


def at_the_door(report, shared, place):
    """What cannot be written is refused before an engine is started: no folder appears, and it takes no time."""
    prepare(shared, place, None)
    table = commands(shared, place)
    for name in ("relax", "frames", "fit", "report", "store export"):
        words, target = table[name][0], table[name][0][-1]
        for where, code_wanted in ((place / "none" / target.name, 74), (Path("/proc") / target.name, 74)):
            code, _, errors = faults.hopflow(*words[:-1], where)
            report.check(code == code_wanted and str(where) in errors and not (place / "none").exists(),
                         f"{name}: an output in {'a folder that is not there' if 'none' in str(where) else '/proc'} is refused",
                         f"{code} {errors[-300:]}")
    code, _, errors = faults.hopflow(*table["relax"][0][:-1], place / "x.foo")
    report.check(code == 2 and not list(place.iterdir()), "relax: an unknown ending is refused before anything is computed", f"{code} {errors[-200:]}")
    null = place / "null.extxyz"
    os.mkfifo(null)
    reader = os.open(null, os.O_RDONLY | os.O_NONBLOCK)
    code, _, errors = faults.hopflow(*table["relax"][0][:-1], null)
    report.check(code == 0 and [path.name for path in place.iterdir()] == ["null.extxyz"] and os.read(reader, 100),
                 "relax: no folder appears next to a pipe", f"{code} {errors[-200:]}")
    os.close(reader)


def stopped(report, shared, place):
    """TERM and KILL in the middle; a second run on the same output; a damaged store of what was kept."""
    slow = shared / "client.py"
    shutil.copy(faults.HERE / "client.py", slow)
    atoms = '2\nLattice="10 0 0 0 10 0 0 0 10" Properties=species:S:1:pos:R:3 pbc="T T T"\nCu 1.1 0.2 0.1\nAr 2.6 5.1 5.2\n'
    (shared / "atoms.extxyz").write_text(atoms)
    engine = shared / "engine.yaml"
    engine.write_text('{kind: ipi, command: "python3 client.py {socket} slow", tier: test, start_s: 20, deadline_s: 60}\n')
    name = "caf\u00e9 *?[a] %d.extxyz"
    output = place / name
    words = ["relax", shared / "atoms.extxyz", "--engine", engine, "--fmax", "0.00001", "-o", output]
    prepare(shared, place, None)
    code, _, errors = faults.hopflow(*words)
    if not report.check(code == 0, "relax with a slow client, on a path with blanks and signs", f"{code} {errors[-300:]}"):
        return
    reference = tree(place)
    for sign, wanted in ((signal.SIGTERM, 75), (signal.SIGINT, 75), (signal.SIGHUP, 75), (signal.SIGKILL, -9)):
        prepare(shared, place, None)
        process = faults.start(*words)
        kept = place / (name + ".unfinished")
        faults.until(lambda: faults.answers(kept) >= 2, 30)
        process.send_signal(sign)
        begun = time.monotonic()
        process.wait(30)
        seconds = time.monotonic() - begun
        report.check(process.returncode == wanted and seconds < 2, f"{sign.name} in a relaxation: {wanted} after {seconds:.2f} s", process.returncode)
        report.check(faults.until(lambda: not processes(shared / "client.py") and not processes(kept), 5), f"{sign.name}: no process is left",
                     processes(kept))
        process.communicate()
        if sign == signal.SIGTERM:
            store = kept / "store.db"
            with sqlite3.connect(store) as database:  # else the first page comes from the log of writes
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.close()
            data = bytearray(store.read_bytes())
            data[:16] = b"no database here"
            store.write_bytes(data)
            code, _, errors = faults.hopflow(*words)
            report.check(code == 74 and "store merge" in errors and not output.exists(), "what was kept is damaged: refused with a remedy",
                         f"{code} {errors[-300:]}")
            for ending in ("", "-wal", "-shm"):
                place_of = store.with_name("store.db" + ending)
                if place_of.exists():
                    place_of.rename(kept / ("damaged.db" + ending))
            code, _, errors = faults.hopflow("store", "merge", kept, kept / "damaged.db")
            report.check(code in (0, 74), "the remedy does no harm", f"{code} {errors[-300:]}")
        code, _, errors = faults.hopflow(*words)
        report.check(code == 0 and tree(place) == reference, f"{sign.name}: run again, the same bytes and nothing else", f"{code} {errors[-300:]}")
    prepare(shared, place, None)
    both = [faults.start(*words) for _ in range(2)]
    ends = []
    for process in both:
        process.communicate(timeout=60)
        ends.append(process.returncode)
    report.check(ends.count(0) >= 1 and set(ends) <= {0, 2, 74} and tree(place) == reference, "two on one output: one result, whole", ends)
    for what, shell in (("standard input closed", '"$@" <&-'), ("standard input a folder", '"$@" </')):
        prepare(shared, place, None)
        done = subprocess.run(["sh", "-c", shell, "sh", faults.PROGRAM, *map(str, words)], capture_output=True)
        report.check(done.returncode == 0 and tree(place) == reference, f"relax with {what}", f"{done.returncode} {done.stderr[-200:]}")
    done = subprocess.run(["sh", "-c", '"$@" --json --force | true', "sh", faults.PROGRAM, *map(str, words)], capture_output=True)
    report.check(b"standard output" in done.stderr and tree(place) == reference, "a closed pipe behind standard output is said, the file is there",
                 done.stderr[-200:])


def main():
    options = lj.trials(6, "calls tried of each kind and command, spread evenly; 0: every one")
    report = faults.Report()
    folder = faults.scratch()
    shared, place = folder / "shared", folder / "place"
    shared.mkdir()
    library = faults.shim(shared)
    study = faults.study_in(shared)
    code, _, errors = faults.hopflow("run", study, "--until", "barriers", "-o", shared / "run")
    report.check(code in (0, 5), "a run to start from", f"{code} {errors[-300:]}")
    faults.hopflow("run", study, "--until", "hops", "-o", shared / "half")
    faults.hopflow("frames", shared / "run", "--count", "4", "--forcefield", TABLE, "-o", shared / "labelled.extxyz")
    lj.case_in(shared)
    atoms = [(shared / f"{name}.extxyz").read_text().splitlines() for name in ("initial", "final")]
    middle = [" ".join([a.split()[0], *(str(0.45 * float(x) + 0.55 * float(y)) for x, y in zip(a.split()[1:], b.split()[1:]))])
              for a, b in zip(atoms[0][2:], atoms[1][2:])]
    (shared / "guess.extxyz").write_text("\n".join(atoms[0][:2] + middle) + "\n")
    (shared / "saddle.yaml").write_text(lj.CASE.splitlines()[2].join(["guess: guess.extxyz\n", "\nfmax: 0.01\n"]))
    at_the_door(report, shared, place)
    stopped(report, shared, place)
    every_write(report, shared, place, library, options)
    report.end(folder)


if __name__ == "__main__":
    main()
