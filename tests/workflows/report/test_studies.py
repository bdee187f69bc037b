# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=3000
"""Reports of studies as users run them: barriers only, one material, an engine that fails, a device that cannot be
computed, two runs on one page. Each opens in a browser without an error, a request or a dialog, in two widths, two schemes
and print; its numbers are those of summary.json; what failed and what differs stands on the first screen. The default and
the quick study are looked at where they are run: tests/docs/test_overview.py, tests/workflows/run/main_job.sh."""
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PROGRAM = os.environ.get("HOPFLOW", str(ROOT / "build/release/hopflow"))
INPUTS = ROOT / "inputs"
ORTHO = f"{{name: ortho, structure: '{INPUTS}/structures/mapbi3-orthorhombic.cif', forcefield: '{INPUTS}/forcefields/myp-mapbi3.yaml'}}"
TETRA = f"{{name: tetra, structure: '{INPUTS}/structures/mapbi3-tetragonal.cif', forcefield: '{INPUTS}/forcefields/myp-mapbi3.yaml', " \
        "paper: [neb.mapbi3.a, neb.mapbi3.b]}"
FAILS = f"{{name: dead, structure: '{INPUTS}/structures/mapbi3-orthorhombic.cif', engine: {{kind: ipi, command: 'false {{socket}}', start_s: 5}}}}"
SMALL = "supercell: {min_image_distance: 8}\nhops: {max_length: 5.5, select: shortest}\n"
NO_IMAGES = "no-such-folder"  # none of these studies has a network, so none may ask for the images of digits

failures = 0


def check(what, good, detail=""):
    global failures
    failures += not good
    print(f"{'ok' if good else 'FAIL'} {what} {'' if good else detail}".rstrip().replace("\n", " "))


def run(folder, name, materials, more, *options, codes=(0,)):
    study = folder / f"{name}.yaml"
    study.write_text(f"study: {name}\nmaterials:\n" + "".join(f"  - {m}\n" for m in materials) + SMALL + more)
    out = folder / name
    done = subprocess.run([PROGRAM, "run", str(study), "-o", str(out), "--data", NO_IMAGES, *options], capture_output=True, text=True, timeout=900)
    check(f"{name}: exit {done.returncode}", done.returncode in codes and (out / "report.html").is_file(), done.stderr[-400:])
    return out


def looked_at(name, page, how="--short"):
    done = subprocess.run(["bash", str(HERE / "check.sh"), str(page), *how.split()], capture_output=True, text=True, timeout=1600)
    check(f"{name}: nothing to find", done.returncode == 0, done.stdout)


def first_screen(page):
    """The words of the first screen, as a reader of the page's text has them."""
    program = ("import {Browser} from '" + str(HERE / "browser.mjs") + "'; const b = new Browser(); await b.page(); await b.open('" + page.as_uri()
               + "'); console.log(JSON.stringify(await b.ask(\"document.getElementById('answer').innerText\"))); await b.close();")
    done = subprocess.run(["node", "--input-type=module", "-e", program], capture_output=True, text=True, timeout=120)
    return re.sub(r"[\s\u00a0]+", " ", json.loads(done.stdout or '""'))


def band_frames(height, length=3.0):
    """A band of E = height / 2 (1 - cos 2 pi x / length): an argon atom that hops along x, next to one that stays."""
    energy = lambda x: height / 2 * (1 - math.cos(2 * math.pi * x / length))
    force = lambda x: -height * math.pi / length * math.sin(2 * math.pi * x / length)
    rows = [(0, "image=0"), (1.45, "image=1"), (1.5, "image=2"), (1.55, "image=3"), (3, "image=4"), (1.4, "band=saddle"), (1.49, "band=saddle"),
            (1.501, "band=saddle")]
    return "".join(f'2\nLattice="10 0 0 0 10 0 0 0 10" Properties=species:S:1:pos:R:3:forces:R:3 energy={energy(x):.12g} pbc="T T T" {tag}\n'
                   f"Ar {x:.12g} 0 0 {force(x):.12g} 0 0\nAr 5 5 5 0 0 0\n" for x, tag in rows)


def stored_band(folder, name, height, structure_hash, frames_hash="0"):
    (folder / f"{name}.extxyz").write_text(band_frames(height))
    (folder / f"{name}.yaml").write_text(
        f"schema: reference-band/1\nwhat: a made-up band\nstructure: a.cif\nstructure_hash: {structure_hash}\nhop: I1-I1-3.00\nframes: {name}.extxyz\n"
        f"frames_hash: {frames_hash}\ntier: dft\ncharge: \"+1\"\nengine: none\nfunctional: made up\nfmax: 0.05\n")


def stored_bands(folder):
    """Where every material has a stored band the page ranks these, with their own errors and probability; else none."""
    both = lambda *heights: [m[:-1] + f", reference_bands: [{n}.yaml]}}" for m, n in zip((ORTHO, TETRA), heights)]
    folder = folder / "bands"
    folder.mkdir()
    plain = run(folder, "plain", [ORTHO, TETRA], "", "--until", "hops")
    hashes = [m["structure_hash"] for m in json.loads((plain / "summary.json").read_text())["materials"]]
    names = {"low": (0.30, hashes[0]), "near": (0.35, hashes[1]), "far": (1.20, hashes[1])}
    for name, (height, crystal) in names.items():
        stored_band(folder, name, height, crystal)
    found = {}
    for trial in (("low", "near"), ("low", "far")):  # a first run says what the frames' hashes are
        out = run(folder, "unknown-" + trial[1], both(*trial), "", "--until", "hops")
        for m, n in zip(json.loads((out / "summary.json").read_text())["materials"], trial):
            found[n] = re.search(r"has the hash (\w+)", m["reference_bands"][0]["checks"][0]["detail"]).group(1)
    for name, (height, crystal) in names.items():
        stored_band(folder, name, height, crystal, found[name])
    for other, separated in (("near", False), ("far", True)):
        out = run(folder, "known-" + other, both("low", other), "", "--until", "hops")
        summary = json.loads((out / "summary.json").read_text())
        pair = summary["barrier_comparisons"][0]
        check(f"bands of {names['low'][0]} and {names[other][0]} eV: difference and verdict are those of the bands",
              abs(pair["difference_ev"] - names["low"][0] + names[other][0]) < 1e-9 and (pair["verdict"] == "separated") == separated, str(pair))
        sentence = first_screen(out / "report.html").split(" eV).")[0]
        if separated:
            right = "has the highest I-vacancy hop barrier by density functional theory" in sentence and "P " in sentence
        else:
            right = "not separated (P = " in sentence and "density functional theory" in sentence
        check("the first sentence ranks them at their level: " + ("separated" if separated else "not separated"), right, sentence)
        looked_at("stored bands, " + other, out / "report.html")
    one = run(folder, "one-band", [both("low", "near")[0], TETRA], "", "--until", "hops")
    summary = json.loads((one / "summary.json").read_text())
    check("one material without a band: no material is known by its band first", all("calls" not in m["headlines"][0] for m in summary["materials"])
          and summary["barrier_comparisons"][0]["difference_ev"] is None, str([m["headlines"][0] for m in summary["materials"]])[:300])


def main():
    if not shutil.which("node") or not shutil.which("chromium"):
        print("skipped: node or chromium is not installed")
        return 77
    folder = Path(os.environ.get("HOPFLOW_TEST_FOLDER") or tempfile.mkdtemp(prefix="hopflow-studies-"))
    images = "neb: {images: 3, fmax: 0.05}\n"

    barriers = run(folder, "barriers-only", [ORTHO, TETRA], images, codes=(0, 5))
    summary = json.loads((barriers / "summary.json").read_text())
    check("a study of barriers alone has no network and no reason for one", all(not m["snn"] and not m["stage_problems"] for m in summary["materials"]))
    looked_at("barriers only", barriers / "report.html")

    device = f"device: {{reference: '{INPUTS}/reference/paper.yaml', measured: tetra}}\n"
    single = run(folder, "single", [TETRA], images + device, codes=(0, 5))
    looked_at("one material, every button pressed", single / "report.html", "")
    words = first_screen(single / "report.html")
    check("the paper is named where it is quoted", "Vishwanath" in words and "0.29" in words, words)

    # A material with a barrier next to one whose engine never answers.
    failed = run(folder, "failed", [TETRA, FAILS], images, codes=(6,))
    looked_at("an engine that fails", failed / "report.html")
    words = first_screen(failed / "report.html")
    check("what failed stands on the first screen", "No barrier for dead" in words and "dead: " in words, words)

    # Hops that are not run: there is nothing to make a device from.
    empty = run(folder, "empty-device", [FAILS], images + device.replace("measured: tetra", "fit: false"), codes=(6,))
    looked_at("a device that cannot be computed", empty / "report.html")
    unasked = run(folder, "hops-alone", [ORTHO], images, "--until", "hops")
    looked_at("hops alone", unasked / "report.html")

    other = run(folder, "other", [TETRA], "neb: {images: 3, fmax: 0.1}\nmobile: near\n", codes=(0, 5))
    both = folder / "both.html"
    done = subprocess.run([PROGRAM, "report", str(single), str(other), "-o", str(both)], capture_output=True, text=True)
    check("two runs make one page", done.returncode == 0, done.stderr)
    looked_at("two runs", both)
    words = first_screen(both)
    check("what differs between two runs is named", all(w in words for w in ("fmax", "0.05", "0.1", "mobile", "inorganic", "near")), words)
    for name, summary in ((n, json.loads((folder / n / "summary.json").read_text())) for n in ("single", "other")):
        failed_here = {c["name"] for b in summary["materials"][0]["barriers"] for c in b["checks"] if c["passed"] is False}
        check(f"every failed check of {name} ({len(failed_here)}) is seen without opening anything", all(f.replace("_", " ") in words for f in failed_here),
                words)
    # What a study names under a prior goes into the run folder and is found there.
    shutil.copy(INPUTS / "forcefields/myp-mapbi3.yaml", folder / "mine.yaml")
    (folder / "client.py").write_text("# never started\n")
    for name, prior in (("prior-table", "{kind: lammps, forcefield: mine.yaml}"), ("prior-client", "{kind: ipi, command: 'python3 client.py {socket}'}")):
        out = run(folder, name, [FAILS.replace("start_s: 5", "prior: " + prior)], "", "--until", "hops")
        check(f"{name}: the run folder names its own copy", re.search(r"inputs/(mine\.yaml|client\.py)", (out / "study.yaml").read_text()) is not None,
                (out / "study.yaml").read_text()[-800:])

    stored_bands(folder)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
