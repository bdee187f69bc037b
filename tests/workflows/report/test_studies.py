# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=1500
"""Reports of studies as users run them: barriers only, one material, an engine that fails, a device that cannot be
computed, two runs on one page. Each opens in a browser without an error, a request or a dialog, in two widths, two schemes
and print; its numbers are those of summary.json; what failed and what differs stands on the first screen. The default and
the quick study are looked at where they are run: tests/docs/test_overview.py, tests/workflows/run/main_job.sh."""
import json
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
TETRA = f"{{name: tetra, structure: '{INPUTS}/structures/mapbi3-tetragonal.cif', forcefield: '{INPUTS}/forcefields/myp-mapbi3.yaml', paper: [neb.mapbi3.a, neb.mapbi3.b]}}"
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
    done = subprocess.run(["bash", str(HERE / "check.sh"), str(page), *how.split()], capture_output=True, text=True, timeout=900)
    check(f"{name}: nothing to find", done.returncode == 0, done.stdout)


def first_screen(page):
    """The words of the first screen, as a reader of the page's text has them."""
    program = ("import {Browser} from '" + str(HERE / "browser.mjs") + "'; const b = new Browser(); await b.page(); await b.open('" + page.as_uri()
               + "'); console.log(JSON.stringify(await b.ask(\"document.getElementById('answer').innerText\"))); await b.close();")
    done = subprocess.run(["node", "--input-type=module", "-e", program], capture_output=True, text=True, timeout=120)
    return re.sub(r"[\s\u00a0]+", " ", json.loads(done.stdout or '""'))


def main():
    if not shutil.which("node") or not shutil.which("chromium"):
        print("skipped: node or chromium is not installed")
        return 77
    folder = Path(os.environ.get("HOPFLOW_TEST_FOLDER") or tempfile.mkdtemp(prefix="hopflow-studies-"))
    images = "neb: {images: 3, fmax: 0.05}\n"

    barriers = run(folder, "barriers-only", [ORTHO, TETRA], images, codes=(0, 5))
    summary = json.loads((barriers / "summary.json").read_text())
    check("a study of barriers alone has no network and no reason for one", all(not m["snn"] and not m["stage_problems"] for m in summary["materials"]))
    looked_at("barriers only", barriers / "report.html", "")

    device = f"device: {{reference: '{INPUTS}/reference/paper.yaml', measured: tetra}}\n"
    single = run(folder, "single", [TETRA], images + device, codes=(0, 5))
    looked_at("one material", single / "report.html")
    words = first_screen(single / "report.html")
    check("the paper is named where it is quoted", "Vishwanath" in words and "0.29" in words, words)

    # A material with a barrier next to one whose engine never answers.
    failed = run(folder, "failed", [TETRA, FAILS], images, codes=(6,))
    looked_at("an engine that fails", failed / "report.html")
    words = first_screen(failed / "report.html")
    check("what failed stands on the first screen", "No barrier for dead" in words and "failed" in words, words)

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
        check(f"every failed check of {name} ({len(failed_here)}) is seen without opening anything", all(f.replace("_", " ") in words for f in failed_here), words)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
