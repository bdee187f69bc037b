# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=900
"""What is remembered costs no time: some 1500 evaluations that no engine is asked for again, walked through by their
procedures, in less than 1 s of processor time for 3000; TERM in the middle of that, out within 0.5 s; and a store with a million
rows of other questions opened and gone on with (100 000 in the suite). test_replay.py --trials 50 for the long run."""
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import faults
import lj

# Displaced atoms, a force nothing can reach and no surrogate: steps and steps, each with its own answers.
CASE = """initial: initial.extxyz
final: final.extxyz
engine: {kind: lammps, units: metal, types: {Ar: 1}, commands: ["pair_style lj/cut 5.0", "pair_coeff * * 0.0104 3.4"]}
neb: {images: 9, climb: false, fmax: 0.0001, surrogate: false}
"""


def displace(folder):
    chance = random.Random(3)
    shifts = {}
    for name in ("initial", "final"):
        file = folder / f"{name}.extxyz"
        lines = file.read_text().splitlines()
        for n in range(2, len(lines)):
            shift = shifts.setdefault(n, [chance.gauss(0, 0.15) for _ in range(3)])
            lines[n] = "Ar " + " ".join(str(float(x) + d) for x, d in zip(lines[n].split()[1:], shift))
        file.write_text("\n".join(lines) + "\n")


def timed(words):
    """Exit code, processor time (s), wall time (s), memory (MiB) of a command and its children."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    code = faults.hopflow(*words, timeout=300)[0]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return code, used, time.monotonic() - begun, after.ru_maxrss / 1024


def add_rows(store, count):
    """Rows of questions nobody asks, as large as those that are there, with checksums that hold for none of them."""
    with sqlite3.connect(store) as database:
        database.execute("PRAGMA synchronous=OFF")
        columns = [row[1] for row in database.execute("PRAGMA table_info(evaluations)")]
        size = database.execute("SELECT length(question), length(answer), sum FROM evaluations LIMIT 1").fetchone()
        question, answer = os.urandom(size[0] - 16), os.urandom(size[1])
        names = [name for name in columns if name in ("key", "question", "answer", "sum")]
        rows = ({"key": n.to_bytes(16, "big"), "question": n.to_bytes(16, "big") + question, "answer": answer, "sum": size[2]} for n in range(count))
        database.executemany(f"INSERT INTO evaluations ({', '.join(names)}) VALUES ({', '.join(':' + name for name in names)})", rows)
    database.close()


def main():
    options = lj.trials(6, "signals in the middle of a replay")
    rows = 1_000_000 if options.trials >= 50 else 100_000
    report = faults.Report()
    folder = faults.scratch()
    case, run = lj.case_in(folder, CASE), folder / "run"
    displace(folder)
    words = ["barrier", case, "-o", run, "--json"]
    code, out, errors = faults.hopflow(*words, timeout=300)
    result = json.loads(out) if out.startswith("{") else {}
    count = result.get("evaluations", 0)
    report.check(code in (0, 5) and count > 1000, f"{count} evaluations are remembered", f"{code} {errors[-300:]}")
    expected, reference = code, (run / "barrier.json").read_bytes()

    code, used, wall, memory = timed(words)
    report.check(code == expected and (run / "barrier.json").read_bytes() == reference and used * 3000 / count < 1,
                 f"walked through again in {used:.2f} s of processor time ({used * 3000 / count:.2f} s for 3000; {wall:.2f} s by the clock)", used)
    slow, stopped = [], 0
    chance = random.Random(options.seed)
    tries = 0
    while stopped < options.trials and tries < 10 * options.trials:
        tries += 1
        process = subprocess.Popen([faults.PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(wall * (0.3 + 0.6 * chance.random()))
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            begun = time.monotonic()
            process.wait(30)
            if process.returncode == 75:
                stopped += 1
                slow.append(time.monotonic() - begun)
            elif process.returncode != expected:
                report.check(False, "TERM ends a replay with 75", process.returncode)
        faults.end_session(process)
    slow.sort()
    limit = 0.5 if os.getloadavg()[0] < os.cpu_count() else 2.0  # a share of the processor is enough for that
    report.check(stopped == options.trials and slow[-1] < limit,
                 f"{stopped} signals in a replay: out after {slow[len(slow) // 2]:.3f} s at the median, {slow[-1]:.3f} s at most", slow[-5:])
    code, _, _ = faults.hopflow(*words)
    report.check(code == expected and (run / "barrier.json").read_bytes() == reference, "and the bytes are the same after all that", code)

    add_rows(run / "store.db", rows)
    size = (run / "store.db").stat().st_size / 2**20
    code, used, wall, memory = timed(words)
    report.check(code == expected and (run / "barrier.json").read_bytes() == reference and used < 60 and memory < 2048,
                 f"with {rows} rows more ({size:.0f} MiB) in {used:.1f} s of processor time, {wall:.1f} s by the clock, {memory:.0f} MiB of memory", code)
    report.end(folder)


if __name__ == "__main__":
    main()
