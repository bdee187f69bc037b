# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=900
"""Random damage anywhere in store.db, single bits and stretches of 16 bytes, of a case (whose answers are replayed) and of
a study (whose results are remembered whole): no other result at the exit code of the untouched run, and no exit code but
that and those for damaged files. test_flips.py --trials 1000 for the long run."""
import random
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import faults
import lj

FILES = ["barrier.json", "path.extxyz", "profile.csv"]


def damage(store, chance, stretch):
    data = bytearray(store.read_bytes())
    if stretch:
        at = chance.randrange(len(data) - 16)
        data[at:at + 16] = bytes(byte ^ chance.randrange(1, 256) for byte in data[at:at + 16])
    else:
        at = chance.randrange(len(data))
        data[at] ^= 1 << chance.randrange(8)
    store.write_bytes(data)
    return at


def main():
    options = lj.trials(20, "damages of each kind, to the case and half as many to the study")
    report = faults.Report()
    folder = faults.scratch()
    case, study = lj.case_in(folder), faults.study_in(folder)
    kinds = {
        "case": (["barrier", case, "-o", folder / "case"], ["barrier", case, "-o", folder / "run"],
                 lambda run: {name: (run / name).read_bytes() for name in FILES}, options.trials),
        "study": (["run", study, "--until", "barriers", "-o", folder / "study"], ["resume", folder / "run"],
                  faults.results, (options.trials + 1) // 2),
    }
    for kind, (first, again, results_of, count) in kinds.items():
        expected, _, errors = faults.hopflow(*first)
        report.check(expected == 0, f"{kind}: the untouched run ends with 0", f"{expected} {errors[-300:]}")
        whole, run = folder / kind, folder / "run"
        reference = results_of(whole)
        for stretch in (False, True):
            chance = random.Random(f"{options.seed} {kind} {stretch}")
            wrong, ends = [], {}
            for k in range(count):
                shutil.rmtree(run, ignore_errors=True)
                shutil.copytree(whole, run, ignore=shutil.ignore_patterns("engines", "hops", "summary.json", *FILES))
                at = damage(run / "store.db", chance, stretch)
                code, _, errors = faults.hopflow(*again)
                said = "said" if "damaged" in errors or "computed again" in errors else "quiet"
                ends[f"{code} {said}"] = ends.get(f"{code} {said}", 0) + 1
                if code == expected and results_of(run) != reference:
                    wrong.append(f"{k}: byte {at}: other results at exit {code}")
                elif code not in (expected, 74, 4):  # 4: the header says that another version wrote it
                    wrong.append(f"{k}: byte {at}: exit {code}: {errors[-200:]}")
            what = "stretches of 16 bytes" if stretch else "single bits"
            report.check(not wrong, f"{kind}: {count} {what} change no result {ends}", "\n      ".join(wrong[:5]))
    report.end(folder)


if __name__ == "__main__":
    main()
