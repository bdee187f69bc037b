# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=600
"""A hundred mistakes, as they are typed: each is refused without a crash, and the answer names what to write instead.

Each row: what is typed, and what the answer has to name, worked out from the mistake and not from the program's words: the
right key or word, the allowed values or range, the file, or the command to use."""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(os.environ.get("HOPFLOW_ROOT", Path(__file__).resolve().parents[3]))
PROGRAM = os.environ.get("HOPFLOW", str(ROOT / "build" / "release" / "hopflow"))
CIF = f"{ROOT}/inputs/structures/mapbi3-orthorhombic.cif"
TABLE = f"{ROOT}/inputs/forcefields/myp-mapbi3.yaml"
STUDY = f"""study: ok
materials:
  - name: A
    structure: {CIF}
    forcefield: {TABLE}
symmetry: {{of: frame, symprec: 0.5}}
host: {{relax: positions}}
mobile: inorganic
orientations: 1
seed: 1
supercell: {{min_image_distance: 9}}
vacancy: {{element: I}}
hops: {{max_length: 5.5, select: shortest}}
neb: {{images: 3, climb: true, fmax: 0.05}}
engine: {{kind: lammps, ranks_per_image: 1}}
temperature: 300
device: {{fit: false, model: threshold}}
crossbar: {{rows: 16, columns: 16}}
snn: {{preset: pair, neurons: 100, seeds: 0}}
"""
# In the study: (text, what is typed instead, what the answer names).
IN_STUDY = [
    ("study:", "studdy:", r"'?study"), ("materials:", "material:", r"materials"), ("symmetry:", "symetry:", r"symmetry"),
    ("symprec:", "symprek:", r"symprec"), ("host:", "hosts:", r"host"), ("relax:", "relaxed:", r"relax\b"),
    ("mobile:", "mobil:", r"mobile"), ("orientations:", "orientation:", r"orientations"), ("seed:", "sead:", r"seed"),
    ("supercell:", "super_cell:", r"supercell"), ("min_image_distance:", "min_image_dist:", r"min_image_distance"),
    ("vacancy:", "vacency:", r"vacancy"), ("element:", "elemnt:", r"element"), ("hops:", "hop:", r"hops"),
    ("max_length:", "max_lenght:", r"max_length"), ("select:", "selct:", r"select"), ("neb:", "nebb:", r"neb"),
    ("images:", "image:", r"images"), ("climb:", "climbing:", r"climb\b"), ("fmax:", "f_max:", r"fmax"), ("engine:", "engin:", r"engine"),
    ("kind:", "knd:", r"kind"), ("ranks_per_image:", "ranks:", r"ranks_per_image"), ("temperature:", "temprature:", r"temperature"),
    ("device:", "devices:", r"device"), ("fit:", "fits:", r"fit\b"), ("crossbar:", "crosbar:", r"crossbar"), ("columns:", "cols:", r"columns"),
    ("snn:", "snns:", r"snn"), ("neurons:", "nurons:", r"neurons"), ("structure:", "struct:", r"structure"),
    ("forcefield:", "force_field:", r"forcefield"), ("  - name:", "  - nme:", r"name"),
    ("images: 3", "images: five", r"number"), ("images: 3", "images: 0", r"1 to 64"), ("images: 3", "images: 3.5", r"integer"),
    ("images: 3", "images: 1000", r"1 to 64"), ("fmax: 0.05", "fmax: -1", r"0\.0001 to 0\.5"), ("fmax: 0.05", "fmax: 5", r"0\.0001 to 0\.5"),
    ("fmax: 0.05", "fmax: 0.05 eV", r"number"), ("fmax: 0.05", "fmax: .nan", r"number"), ("climb: true", "climb: yes", r"true"),
            ("climb: true", "climb: 1", r"true"),
    ("max_length: 5.5", "max_length: 55", r"1 to 15"), ("max_length: 5.5", "max_length: 0.55", r"1 to 15"), ("select: shortest", "select: al", r"all"),
    ("select: shortest", "select: [I9-I9-9.99]", r"I\d-I\d-\d"), ("mobile: inorganic", "mobile: inorgnic", r"inorganic"),
            ("mobile: inorganic", "mobile: none", r"inorganic, near|near"),
    ("temperature: 300", "temperature: -5", r"1 to 2000"), ("temperature: 300", "temperature: 300 K", r"number"),
            ("min_image_distance: 9", "min_image_distance: 1", r"3 to 60"),
    ("seed: 1", "seed: 1.5", r"integer"), ("seed: 1", "seed: -1", r"0 to"), ("element: I", "element: Xx", r"symbol"),
            ("element: I", "element: iodine", r"symbol|'I'"),
    ("element: I", "element: Br", r"C4H24I12N4Pb4|I, "), ("relax: positions", "relax: cell", r"positions"), ("of: frame", "of: cation", r"frame"),
            ("kind: lammps", "kind: vasp", r"ipi"),
    ("kind: lammps", "kind: lamps", r"lammps"), ("kind: lammps, ranks_per_image: 1", "kind: ipi", r"command"),
            ("engine: {kind: lammps, ranks_per_image: 1}", "engine: lammps", r"kind: "),
    (CIF, "nothere.cif", r"nothere\.cif"), (TABLE, "nothere.yaml", r"nothere\.yaml"), (f"    forcefield: {TABLE}\n", "", r"hopflow new|forcefield"),
            ("model: threshold", "model: treshold", r"threshold"),
    ("preset: pair", "preset: dc2105", r"dc2015"), ("rows: 16", "rows: 1000", r"1 to 128"),
            ("mobile: inorganic\n", "mobile: inorganic\nmobile: all\n", r"twice|once"),
    ("neb: {images: 3,", "neb: {images: 3, images: 5,", r"twice|once"), ("seed: 1\n", "\tseed: 1\n", r"tab|blank"),
            ("neb: {images: 3", "neb: [images: 3", r":\d+"),
    ("study: ok", "study: my study", r"letters"), ("study: ok", "study:", r"study"), ("  - name: A\n    structure", "  - structure", r"name"),
            ("hops: {max_length: 5.5", "hops: {max_length 5.5", r":\d+"),
    ("host: {relax: positions}", "host: {relax: none, perturb: 0.1}", r"leave one out|relax"),
            ("host: {relax: positions}", "host: {relax: positions, perturb: 5}", r"0 to 0\.5"),
]
# On the command line: words, and what the answer names.
TYPED = [
    (["rnu", "study.yaml"], r"\brun\b"), (["barier", "case.yaml"], r"\bbarrier\b"), (["hop", CIF], r"\bhops\b"), (["chek", CIF], r"\bcheck\b"),
            (["docter"], r"\bdoctor\b"),
    (["hops", CIF, "--elment", "I"], r"--element"), (["hops", CIF, "--maxlength", "5"], r"--max-length"), (["hops", CIF, "-max-length", "5"], r"--max-length"),
    (["hops", CIF, "--element", "Xx"], r"symbol"), (["hops", CIF, "--max-length", "five"], r"number"), (["check"], r"FILE|structure"),
            (["check", "nothere.cif"], r"nothere\.cif"),
    (["run", "nothere.yaml"], r"nothere\.yaml"), (["run", CIF], r"hopflow new|study"), (["run", "study.yaml", "--until", "barrier"], r"barriers"),
            (["run", "study.yaml", "--dryrun"], r"--dry-run"),
    (["new", "nothere.cif"], r"nothere\.cif"), (["new", CIF, "--engine", "vasp"], r"chgnet"), (["supercell", CIF, "--primitive", "-o", "x.xyzz"], r"cif"),
            (["report", "nothere"], r"nothere"),
    (["status", "nothere"], r"nothere"), (["barrier", "nothere.yaml"], r"nothere\.yaml"), (["relax", CIF], r"--forcefield|--engine"),
            (["snn", "trian"], r"\btrain\b"),
]


def answer(words, folder):
    return subprocess.run([PROGRAM, *words], cwd=folder, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def main():
    named = total = 0
    with tempfile.TemporaryDirectory(prefix="hopflow-mistakes-") as folder:
        study = Path(folder, "study.yaml")

        def judge(what, done, fix):
            nonlocal named, total
            total += 1
            said = (done.stderr + done.stdout).strip()
            refused = done.returncode in (2, 3, 4) and "terminate called" not in said
            good = refused and re.search(fix, said)
            named += bool(good)
            if not refused:
                print(f"FAIL {what}: exit {done.returncode}: {said[:200]}".replace("\n", " "))
            elif not good:
                print(f"     {what}: does not name {fix}: {said[:300]}".replace("\n", " "))

        study.write_text(STUDY)
        right = answer(["run", "study.yaml", "--dry-run"], folder)
        print("ok the study without a mistake is taken" if right.returncode == 0 else f"FAIL the study itself: {right.stderr}")
        for words, fix in TYPED:
            judge(" ".join(["hopflow", *words]).replace(str(ROOT) + "/", ""), answer(words, folder), fix)
        for text, typed, fix in IN_STUDY:
            assert STUDY.count(text) >= 1, text
            study.write_text(STUDY.replace(text, typed, 1))
            judge(typed.strip().replace(str(ROOT) + "/", "") or "without " + text.strip().split("\n")[0].split(":")[0],
                    answer(["run", "study.yaml", "--dry-run"], folder), fix)
    print(f"{'ok' if total >= 100 and named >= 0.95 * total else 'FAIL'} {named} of {total} mistakes are answered with the fix")
    return 0 if right.returncode == 0 and total >= 100 and named >= 0.95 * total else 1


if __name__ == "__main__":
    sys.exit(main())
