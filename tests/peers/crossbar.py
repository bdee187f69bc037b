# SPDX-License-Identifier: GPL-2.0-or-later
"""Arrays solved by hopflow and by other people's programs, side by side: badcrossbar, ngspice, CrossSim.

    python3 -m venv V && V/bin/pip install numpy scipy sigfig sortedcontainers pathvalidate
    V/bin/pip install --no-deps badcrossbar==1.1.0          (its plotting alone needs cairo)
    ninja -C build/release bench_crossbar
    python3 tests/peers/crossbar.py --python V/bin/python [--crosssim FOLDER] [--only WORD...]

Both sides are started once and asked in turn; every round prints the ratio, the last line of a case its median of five
against what is wanted. A side is timed inside its own process, without start-up. CrossSim is in no package registry:
FOLDER holds the `simulator` folder of its repository. ngspice is Debian's. Exit code 1 if anything isn't as wanted.
"""
import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 5


def serve():
    """The other side: answers `call N OHM RESISTANCES VOLTAGES OUT` by seconds."""
    warnings.simplefilter("ignore")
    import logging

    import badcrossbar
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        m, n, ohm, resistances, voltages, out = line.split()
        r = np.fromfile(resistances).reshape(int(m), int(n))
        v = np.fromfile(voltages).reshape(int(m), -1)
        begin = time.perf_counter()
        # The least it can be asked for: output currents alone.
        solution = badcrossbar.compute(v, r, float(ohm), node_voltages=False, all_currents=False)
        seconds = time.perf_counter() - begin
        np.asarray(solution.currents.output, dtype=float).tofile(out)
        print("answer", seconds, flush=True)


def serve_crosssim(folder):
    """CrossSim's array solver alone, with the largest relaxation that converges, found before anything is timed."""
    sys.path.insert(0, folder)
    from types import SimpleNamespace as Of

    from simulator.backend import ComputeBackend
    ComputeBackend(use_gpu=False)
    from simulator.circuits.array.NonInterleaved_InputSource import NoninterleavedInputSourceArray
    from simulator.parameters.core_parameters import CoreStyle
    warnings.simplefilter("ignore")

    def solver(ohm, gamma):
        parasitics = Of(Rp_row_norm=ohm, Rp_col_norm=ohm, Rp_row_terminal_norm=0, Rp_col_terminal_norm=0)
        simulation = Of(fast_matmul=False, Niters_max_parasitics=20000, Verr_th_mvm=1e-12, hide_convergence_msg=True,
                        Verr_matmul_criterion="max_max", relaxation_gamma=gamma)
        return NoninterleavedInputSourceArray(Of(
            xbar=Of(array=Of(parasitics=parasitics), device=Of(nonlinear_IV=Of(enable=False))), simulation=simulation,
            core=Of(style=CoreStyle.OFFSET, balanced=Of(interleaved_posneg=False))))

    best = {}
    for line in sys.stdin:
        m, n, ohm, resistances, voltages, out = line.split()
        # Its outputs are rows of the matrix, its inputs columns; currents leave at the far end.
        g = np.ascontiguousarray((1 / np.fromfile(resistances).reshape(int(m), int(n))).T)
        v = np.fromfile(voltages)
        for gamma in [best[m]] if m in best else [0.9, 0.3, 0.1, 0.03, 0.01]:
            try:
                begin = time.perf_counter()
                current = solver(float(ohm), gamma).solve_mvm(v, g)
                seconds = time.perf_counter() - begin
            except RuntimeError:
                continue
            if np.isfinite(current).all():
                best[m] = gamma
                break
        np.asarray(current).tofile(out)
        print("answer", seconds, flush=True)


class Side:
    """A program that is asked one line at a time."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        for line in self.process.stdout:
            if line.strip():
                return line.split()
        sys.exit(f"{self.process.args[0]} ended at: {' '.join(map(str, words))}")


def cells(m, n, seed):
    """Half the cells near 383 ohm, half near 28 Mohm, 20 % log spread."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random((m, n)) < 0.5, 383.0, 28e6) * np.exp(0.2 * rng.standard_normal((m, n)))


def extremes(m, n, rng):
    """From 1e-3 to 1e15 ohm, a tenth open; each row has one ordinary cell."""
    r = 10 ** rng.uniform(-3, 15, (m, n))
    r[rng.random((m, n)) < 0.1] = np.inf
    r[:, 0] = 10 ** rng.uniform(2, 4, m)
    return r


def netlist(resistances, voltages, ohm):
    m, n = resistances.shape
    resistances, voltages = resistances.tolist(), voltages.tolist()
    lines = ["array"]
    for i in range(m):
        lines.append(f"Vr{i} s{i} 0 {voltages[i]!r}")
        for j in range(n):
            lines.append(f"Rr{i}_{j} {f's{i}' if j == 0 else f'r{i}_{j - 1}'} r{i}_{j} {ohm!r}")
            lines.append(f"Rx{i}_{j} r{i}_{j} c{i}_{j} {resistances[i][j]!r}")
            lines.append(f"Rc{i}_{j} c{i}_{j} {f'e{j}' if i == m - 1 else f'c{i + 1}_{j}'} {ohm!r}")
    for j in range(n):
        lines.append(f"Vc{j} e{j} 0 0")
    control = ["set numdgt=16", "op"] + [f"print i(Vc{j})" for j in range(n)]
    options = ".options reltol=1e-12 abstol=1e-18 vntol=1e-15 gmin=1e-25"
    return "\n".join(lines + [options, ".control", *control, ".endc", ".end", ""])


class Bench:
    def __init__(self, arguments, folder):
        self.folder = Path(folder)
        self.ours = Side(str(arguments.bench))
        self.peer = Side(arguments.python, __file__, "--serve")
        self.crosssim = Side(arguments.python, __file__, "--serve-crosssim", arguments.crosssim) if arguments.crosssim else None
        self.missed = []

    def file(self, name, values=None):
        path = self.folder / name
        if values is not None:
            np.ascontiguousarray(values, dtype=float).tofile(path)
        return str(path)

    def load(self, resistances, voltages, ohm):
        self.array = (*resistances.shape, ohm, self.file("r", resistances), self.file("v", voltages))
        self.ours.ask("array", *self.array)

    def our_currents(self):
        self.ours.ask("currents", self.file("ours"))
        return np.fromfile(self.file("ours"))

    def their(self, side=None):
        """Seconds and currents of the other side."""
        answer = (side or self.peer).ask(*self.array, self.file("theirs"))
        return float(answer[1]), np.fromfile(self.file("theirs"))

    def compare(self, name, ours, theirs, allowed):
        """The largest relative difference of any output current."""
        worst = np.max(np.abs(ours - theirs) / np.where(theirs == 0, 1, np.abs(theirs)))
        self.verdict(f"{name}: largest relative difference {worst:.1e}, allowed {allowed:.0e}", worst <= allowed)

    def verdict(self, text, good):
        print(f"{'ok    ' if good else 'MISSED'} {text}", flush=True)
        if not good:
            self.missed.append(text)

    def race(self, name, wanted, ours, theirs, allowed=1e-11):
        """Five rounds of one call each. @param ours, theirs  return seconds and currents"""
        ratios, seconds, worst = [], [], 0
        for _ in range(ROUNDS):
            a, current = ours()
            b, reference = theirs()
            ratios.append(b / a)
            seconds.append((a, b))
            worst = max(worst, np.max(np.abs(current - reference) / np.abs(reference)))
        print(f"       {name}: ratios " + " ".join(f"{r:.0f}" for r in ratios) + "; ms "
              + " ".join(f"{a * 1e3:.3g}:{b * 1e3:.3g}" for a, b in seconds))
        middle = statistics.median(ratios)
        self.verdict(f"{name}: {middle:.0f}x, wanted {wanted}x; currents differ by {worst:.1e}", middle >= wanted and worst <= allowed)
        return statistics.median(a for a, _ in seconds)

    # --- cases ----------------------------------------------------------------------------------------------------------

    def write_reference(self, path):
        """Small arrays and badcrossbar's currents for tests that run without it."""
        rng = np.random.default_rng(2)
        shapes = [(16, 16), (1, 1), (3, 17), (1, 50), (50, 1), (8, 8), (12, 7), (5, 20), (2, 2), (14, 14)]
        rows = ["# Output currents by badcrossbar 1.1.0: m n ohm_a_segment allowed; then ohms row by row, row voltages, currents"]
        for case, (m, n) in enumerate(shapes + [(6, 6), (8, 5), (3, 17), (1, 20), (10, 10)]):
            extreme = case >= len(shapes)
            ohm = 1.0 if extreme else float(10 ** rng.uniform(-1, 1.3))
            r = extremes(m, n, rng) if extreme else cells(m, n, case)
            self.load(r, rng.uniform(0.1, 1, m), ohm)
            rows.append(f"{m} {n} {ohm!r} {1e-9 if extreme else 1e-11}")
            for values in (r.ravel(), np.fromfile(self.file("v")), self.their()[1]):
                rows.append(" ".join(repr(float(value)) for value in values))
        Path(path).write_text("\n".join(rows) + "\n")

    def agreement(self):
        rng = np.random.default_rng(1)
        for case, (m, n) in enumerate([(16, 16), (1, 1), (3, 17), (1, 50), (50, 1), (32, 32), (40, 24), (64, 64), (100, 30), (128, 128)]):
            ohm = float(10 ** rng.uniform(-1, 1.3))
            self.load(cells(m, n, case), rng.uniform(0, 1, m), ohm)
            answer = self.ours.ask("single")
            self.compare(f"random {m}x{n}, {ohm:.2f} ohm, path {answer[2]}", self.our_currents(), self.their()[1], 1e-11)
            self.verdict(f"random {m}x{n}: residual of the current law {float(answer[1]):.1e}, allowed 1e-12", float(answer[1]) <= 1e-12)
        for case, (m, n) in enumerate([(8, 8), (16, 16), (3, 17), (24, 24), (1, 50)]):
            self.load(extremes(m, n, rng), rng.uniform(0.1, 1, m), 1.0)
            answer = self.ours.ask("single")
            self.compare(f"extreme {m}x{n}, 1e-3 ... 1e15 ohm and open, path {answer[2]}", self.our_currents(), self.their()[1], 1e-9)
            self.verdict(f"extreme {m}x{n}: residual of the current law {float(answer[1]):.1e}, allowed 1e-12", float(answer[1]) <= 1e-12)

    def ours_once(self, *words):
        answer = self.ours.ask(*words)
        return float(answer[0]), self.our_currents()

    def prepare(self, n, seed=7):
        rng = np.random.default_rng(seed)
        self.r = cells(n, n, seed)
        self.load(self.r, rng.uniform(0, 1, n), 1.0)

    def single(self):
        for n, wanted in [(16, 20), (64, 7), (128, 5), (256, 4), (512, 4)]:
            self.prepare(n)
            seconds = self.race(f"single shot {n}x{n}", wanted, lambda: self.ours_once("single"), self.their)
            if n == 64:
                self.verdict(f"single shot 64x64: {seconds * 1e3:.2f} ms, wanted below 10 ms", seconds < 0.01)

    def changed(self):
        rng = np.random.default_rng(5)
        for n, wanted in [(16, 20), (64, 20), (128, 12), (256, 12)]:
            self.prepare(n)
            self.ours.ask("again")

            def ours():
                self.ours.ask("cells", self.file("r", self.r * np.exp(0.2 * rng.standard_normal((n, n)))))
                return self.ours_once("again")
            self.race(f"all cells changed 20 %, {n}x{n}", wanted, ours, self.their)

    def one_cell(self):
        """A cell after another changed, as when an array is programmed: each side all of a round's changes in turn, every one timed."""
        n, changes = 128, 5
        rng = np.random.default_rng(6)
        self.prepare(n)
        self.ours.ask("again")

        def ours():
            seconds, currents = [], []
            self.steps = []
            for _ in range(changes):
                i, j = (int(k) for k in rng.integers(0, n, 2))
                self.r[i, j] = 383.0 if self.r[i, j] > 1e4 else 28e6
                self.steps.append(self.r.copy())
                took, current = self.ours_once("cell", i, j, repr(float(self.r[i, j])))
                seconds.append(took)
                currents.append(current)
            return statistics.median(seconds), np.concatenate(currents)

        def theirs():
            answers = []
            for r in self.steps:
                self.file("r", r)
                answers.append(self.their())
            return statistics.median(took for took, _ in answers), np.concatenate([current for _, current in answers])
        self.race(f"one cell changed, {n}x{n}, median of {changes} changes a round", 200, ours, theirs, 1e-10)

    def reads(self):
        n = 128
        rng = np.random.default_rng(8)
        self.prepare(n)
        self.ours.ask("again")

        def ours(verb):
            self.ours.ask("voltages", self.file("v", rng.uniform(0, 1, n)))
            return self.ours_once(verb)
        self.race(f"new input on the same state, {n}x{n}", 50, lambda: ours("again"), self.their)
        print(f"       transfer matrix {n}x{n}: {float(self.ours.ask('transfer')[0]) * 1e3:.0f} ms once")
        self.race(f"new input by transfer matrix, {n}x{n}", 10000, lambda: ours("read"), self.their)

    def spice(self):
        def run(n):
            path = self.folder / "array.cir"
            path.write_text(netlist(self.r, np.fromfile(self.file("v")), 1.0))
            begin = time.perf_counter()
            text = subprocess.run(["ngspice", "-b", str(path)], capture_output=True, text=True).stdout
            seconds = time.perf_counter() - begin
            found = {int(j): float(value) for j, value in re.findall(r"(?i)i\(vc(\d+)\) = (\S+)", text)}
            return seconds, np.array([found[j] for j in range(n)])
        for n, wanted in [(16, 150), (64, 150)]:
            self.prepare(n)
            self.race(f"ngspice .op {n}x{n}, whole process", wanted, lambda: self.ours_once("single"), lambda: run(n), 1e-10)

    def sim(self):
        if self.crosssim is None:
            print("       CrossSim: no --crosssim FOLDER, not run")
            return
        for n in (16, 64, 128):
            self.prepare(n)
            self.their(self.crosssim)
            self.race(f"CrossSim, relaxation tuned for it, {n}x{n}", 1, lambda: self.ours_once("single"), lambda: self.their(self.crosssim), 1e-9)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="that has badcrossbar")
    parser.add_argument("--bench", type=Path, default=ROOT / "build/release/tests/bench/bench_crossbar")
    parser.add_argument("--crosssim", help="folder with CrossSim's `simulator`")
    cases = ["agreement", "single", "changed", "one_cell", "reads", "spice", "sim"]
    parser.add_argument("--write", metavar="FILE", help="write the reference values of the tests and stop")
    parser.add_argument("--only", nargs="+", choices=cases, default=cases)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments, folder)
        if arguments.write:
            bench.write_reference(arguments.write)
            return 0
        for case in arguments.only:
            getattr(bench, case)()
    print(f"{len(bench.missed)} missed")
    return 1 if bench.missed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve()
    elif sys.argv[1:2] == ["--serve-crosssim"]:
        serve_crosssim(sys.argv[2])
    else:
        sys.exit(main())
