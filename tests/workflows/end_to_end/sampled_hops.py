# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=300
"""Hops sampled over their surroundings: one rank, two and seven give the same bytes, and so does a run killed half-way."""
import tempfile
import time
from pathlib import Path

import hopflow_runs as runs

STUDY = f"""study: sampled
materials:
  - name: MAPbI3
    structure: {runs.ROOT}/inputs/structures/mapbi3-tetragonal.cif
    forcefield: {runs.ROOT}/inputs/forcefields/myp-mapbi3.yaml
orientations: 3
supercell: {{min_image_distance: 12}}
hops: {{max_length: 5.5, select: shortest}}
snn: {{seeds: 0}}
"""


def main():
    report = runs.Report()
    with tempfile.TemporaryDirectory(prefix="hopflow-sampled-") as scratch:
        study = Path(scratch) / "study.yaml"
        study.write_text(STUDY)
        folders = {ranks: Path(scratch) / f"ranks-{ranks}" for ranks in (1, 2, 7)}
        codes = {}
        for ranks, folder in folders.items():
            codes[ranks], _, errors = runs.run(ranks, "run", study, "--until", "barriers", "-o", folder)
            report.check(codes[ranks] in (0, 5), f"{ranks} rank(s): exit {codes[ranks]} {errors[-300:] if codes[ranks] not in (0, 5) else ''}")
        whole = runs.result_bytes(folders[1])
        for ranks in (2, 7):
            changed = runs.differences(whole, runs.result_bytes(folders[ranks]))
            report.check(not changed and codes[ranks] == codes[1], f"{ranks} ranks give the bytes of one {changed}")
        samples = runs.summary(folders[1])["materials"][0]["barriers"][0]["samples"]
        report.check(len(samples) == 3 and len({(s["from"], s["to"], tuple(s["image"])) for s in samples}) == 3,
                     f"three different members of the class were run: {[s['from'] + ' ' + s['to'] for s in samples]}")

        broken = Path(scratch) / "broken"
        half = len(runs.engine_questions(folders[1])) // 2
        process = runs.start(2, "run", study, "--until", "barriers", "-o", broken)
        while process.poll() is None and len(runs.engine_questions(broken)) < half:
            time.sleep(0.005)
        report.check(process.poll() is None, f"killed after {len(runs.engine_questions(broken))} evaluations, about half")
        runs.kill_all(process)
        code, _, _ = runs.run(2, "resume", broken)
        changed = runs.differences(whole, runs.result_bytes(broken))
        report.check(not changed and code == codes[1], f"resumed, the bytes of the undisturbed run {changed}")
    report.end()


if __name__ == "__main__":
    main()
