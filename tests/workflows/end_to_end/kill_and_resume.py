# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=900 alone=yes
"""kill -9 at three moments of the barrier stage, then resume: the same bytes, and no question asked twice but those
under way at a kill."""
import random
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

import hopflow_runs as runs

STUDY = runs.ROOT / "inputs" / "studies" / "three-cations.yaml"
RANKS = 2


def main():
    report = runs.Report()
    seed = int(time.time())
    print(f"seed of the moments: {seed}")
    moments = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="hopflow-kill-") as scratch:
        whole, broken = Path(scratch) / "whole", Path(scratch) / "broken"
        begin = time.monotonic()
        code, _, errors = runs.run(RANKS, "run", STUDY, "--quick", "--until", "barriers", "-o", whole)
        length = time.monotonic() - begin
        report.check(code in (0, 5), f"the uninterrupted run ends (exit {code}) {errors[-300:] if code not in (0, 5) else ''}")

        process = runs.start(RANKS, "run", STUDY, "--quick", "--until", "barriers", "-o", broken)
        kills = 0
        for kill in (runs.kill_all, runs.kill_launcher, runs.kill_all):
            asked = len(runs.engine_questions(broken))
            while process.poll() is None and len(runs.engine_questions(broken)) == asked:
                time.sleep(0.01)
            time.sleep(length * moments.uniform(0.0, 0.15))
            if process.poll() is not None:
                break
            kill(process)
            kills += 1
            process = runs.start(RANKS, "resume", broken)
        errors = process.communicate()[1]
        report.check(kills == 3, f"killed {kills} of 3 times before the end")
        report.check(process.returncode == code, f"the resumed run ends with the same exit code ({process.returncode}) "
                                                 f"{errors[-300:] if process.returncode != code else ''}")
        changed = runs.differences(runs.result_bytes(whole), runs.result_bytes(broken))
        report.check(not changed, f"same bytes as the uninterrupted run {changed}")

        once = Counter(runs.engine_questions(whole))
        report.check(bool(once) and max(once.values()) == 1, "uninterrupted, no question is asked twice")
        many = Counter(runs.engine_questions(broken))
        repeated = sum(n - 1 for n in many.values())
        report.check(set(once) == set(many), "the same questions were asked")
        # A rank has one question at its engine and one answer on its way to the store.
        report.check(repeated <= kills * 2 * RANKS, f"{repeated} questions asked again after {kills} kills on {RANKS} ranks")
    report.end()


if __name__ == "__main__":
    main()
