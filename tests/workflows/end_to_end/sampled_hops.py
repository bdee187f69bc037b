# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=300 alone=yes
"""Hops sampled over their surroundings: one rank, two and seven give the same bytes, and so does a run killed half-way."""
import tempfile
import time
from pathlib import Path

import hopflow_runs as runs

HEAD = """study: sampled
materials:
  - name: MAPbI3
    structure: {root}/inputs/structures/mapbi3-{phase}.cif
    forcefield: {root}/inputs/forcefields/myp-mapbi3.yaml
supercell: {{min_image_distance: 12}}
hops: {{max_length: 5.5, select: shortest}}
snn: {{seeds: 0}}
"""
STUDIES = {
    "members unlike by their surroundings": HEAD.format(root=runs.ROOT, phase="tetragonal") + "orientations: 3\n",
    "one member from two starts": HEAD.format(root=runs.ROOT, phase="orthorhombic") + "orientations: 2\nmobile: near\n",
    "the hop that decides": HEAD.format(root=runs.ROOT, phase="tetragonal").replace("max_length: 5.5, select: shortest", "max_length: 4.55, select: all")
    + "orientations: 2\nsampled_hops: deciding\nrefine: [{kind: lammps, forcefield: other.yaml}]\n",
}


def check(report, name, text, scratch):
    scratch.mkdir()
    table = (runs.ROOT / "inputs/forcefields/myp-mapbi3.yaml").read_text()
    (scratch / "other.yaml").write_text(table.replace("103496.13301", "103000"))  # Pb-I, as another engine for `refine`
    study = scratch / "study.yaml"
    study.write_text(text)
    folders = {ranks: scratch / f"ranks-{ranks}" for ranks in (1, 2, 7)}
    codes = {}
    for ranks, folder in folders.items():
        codes[ranks], _, errors = runs.run(ranks, "run", study, "--until", "barriers", "-o", folder)
        report.check(codes[ranks] in (0, 5), f"{name}: {ranks} rank(s): exit {codes[ranks]} {errors[-300:] if codes[ranks] not in (0, 5) else ''}")
    whole = runs.result_bytes(folders[1])
    for ranks in (2, 7):
        changed = runs.differences(whole, runs.result_bytes(folders[ranks]))
        report.check(not changed and codes[ranks] == codes[1], f"{name}: {ranks} ranks give the bytes of one {changed}")

    broken = scratch / "broken"
    half = len(runs.engine_questions(folders[1])) // 2
    process = runs.start(2, "run", study, "--until", "barriers", "-o", broken)
    while process.poll() is None and len(runs.engine_questions(broken)) < half:
        time.sleep(0.005)
    report.check(process.poll() is None, f"{name}: killed after {len(runs.engine_questions(broken))} evaluations, about half")
    runs.kill_all(process)
    code, _, _ = runs.run(2, "resume", broken)
    changed = runs.differences(whole, runs.result_bytes(broken))
    report.check(not changed and code == codes[1], f"{name}: resumed, the bytes of the undisturbed run {changed}")
    return runs.summary(folders[1])["materials"][0]


def main():
    report = runs.Report()
    with tempfile.TemporaryDirectory(prefix="hopflow-sampled-") as scratch:
        materials = [check(report, name, text, Path(scratch) / str(n)) for n, (name, text) in enumerate(STUDIES.items())]
    unlike, starts = (material["barriers"][0]["samples"] for material in materials[:2])
    report.check(len(unlike) == 3 and len({(s["from"], s["to"], tuple(s["image"])) for s in unlike}) == 3,
                 f"three different members of the class were run: {[s['from'] + ' ' + s['to'] for s in unlike]}")
    report.check([s["start"] for s in starts] == [0, 1] and len({(s["from"], s["to"]) for s in starts}) == 1,
                 f"one member was run from two starts: {[(s['from'], s['to'], s['start']) for s in starts]}")
    report.check(len({s["forward_ev"] for s in starts}) == 2, f"which settle differently: {[s['forward_ev'] for s in starts]} eV")
    report.check(sorted(v["start"] for v in materials[1]["vacancies"]) == [0, 0, 1, 1], "each vacancy was relaxed from both")
    deciding = materials[2]
    sampled = [b["hop"] for b in deciding["barriers"] if len(b["samples"]) > 1]
    last = deciding["network"]["deciding_hop"]
    report.check(len(deciding["barriers"]) > len(sampled) >= 1 and last in sampled,
                 f"of {[b['hop'] for b in deciding['barriers']]} {sampled} sampled, {last} decides")
    report.check(all(b["refinements"] for b in deciding["barriers"] if b["status"] == "converged"), "every hop was refined after the sampling")
    report.end()


if __name__ == "__main__":
    main()
