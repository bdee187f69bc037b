# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=1200
"""Reports of CIFs whose words are markup, scripts, formulas and marks of direction, and whose cells are odd: each opens in a
browser without an error, a request or a dialog, in two widths, two schemes and print."""
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM = os.environ.get("HOPFLOW", str(HERE.parents[2] / "build/release/hopflow"))

WORDS = [
    "<script>alert(1)</script>", "</script><script>alert(2)</script>", "<img src=x onerror=alert(3)>", "<!--<script>", "]]>", "${alert(4)}", "{{7*7}}",
    "javascript:alert(5)", "\"><svg onload=alert(6)>", "'; DROP TABLE hops; --", "__proto__", "constructor", "=HYPERLINK(1)", "+-0.5", "@SUM(A1)", "%00",
            "%s%n",
    "../../etc/passwd", "a" * 3000, "word " * 400, "\u202egnp.exe", "\u200b\u200d\ufeff", "\u4e2d\u6587\u540d", "\u05e2\u05d1\u05e8\u05d9\u05ea",
            "e\u0301" * 40, "\U0001f4a9",
    "@DATA@ @SCRIPTS@ @POLICY@", "&lt;b&gt;&amp;", "<style>*{display:none}</style>", "url(http://example.invalid/x)", "null", "1e999", "\u2028x\u2029",
]
#          a, b, c (A), alpha, beta, gamma
CELLS = [(6.3, 6.3, 6.3, 90, 90, 90), (6.0, 6.5, 7.0, 85, 95, 100), (6.3, 6.3, 40.0, 90, 90, 90), (6.3, 6.3, 6.3, 60, 60, 60), (11.0, 11.0, 11.0, 90, 90, 90),
        (6.2, 6.4, 6.6, 70, 110, 75)]
PLACES = ["comment", "label", "formula", "group", "block", "title"]


def cif(words, place, cell):
    one_line = " ".join(words.split())
    label = "".join(c for c in one_line if not c.isspace() and c not in "\"'")[:60] or "x"
    quoted = one_line.replace("'", "")[:1500]
    text = {key: "" for key in PLACES} | {place: one_line}
    head = f"# {text['comment']}\n# This structure says: {text['title']}\n" if place in ("comment", "title") else "# cubic cage\n"
    block = "".join(c for c in text["block"] if not c.isspace())[:70] or "cage"
    lines = [head + f"data_{block}"]
    for name, value in zip(("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"), cell):
        lines.append(f"_cell_{name} {value}")
    lines.append("_symmetry_space_group_name_H-M 'P 1'")
    if place == "formula":
        lines.append(f"_chemical_name_common '{quoted}'")
    if place == "group":
        lines.append(f"_publ_section_title\n;\n{quoted}\n;")
    lines.append("loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z")
    sites = [("Cs", 0.5, 0.5, 0.5), ("Pb", 0.0, 0.0, 0.0), ("I", 0.5, 0.0, 0.0), ("I", 0.0, 0.5, 0.0), ("I", 0.0, 0.0, 0.5)]
    for n, (element, x, y, z) in enumerate(sites):
        name = f"{element}{label}{n}" if place == "label" else f"{element}{n}"
        lines.append(f"\"{name}\" {element} {x} {y} {z}" if "\"" not in name else f"'{name}' {element} {x} {y} {z}")
    return "\n".join(lines) + "\n"


def run(*words):
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=300)


def main():
    if not shutil.which("node") or not shutil.which("chromium"):
        print("skipped: node or chromium is not installed")
        return 77
    folder = Path(os.environ.get("HOPFLOW_TEST_FOLDER") or tempfile.mkdtemp(prefix="hopflow-cifs-"))
    readable = []
    for n, (words, place) in enumerate(zip(WORDS * 3, itertools.cycle(PLACES))):
        # Every third name of a file is hostile too, as far as a file system takes it.
        name = "".join(c for c in words if c not in "/\0\n\u2028\u2029")[:40] if n % 3 == 0 else ""
        path = folder / f"{n:03} {name.strip()}.cif"
        path.write_text(cif(words, place, CELLS[n % len(CELLS)]), encoding="utf-8")
        if run("check", path).returncode == 0:
            readable.append((path, words, place))
    print(f"{'ok' if len(readable) >= 70 else 'FAIL'} {len(readable)} of {3 * len(WORDS)} CIFs are read")

    failures = 0
    for k in range(0, len(readable), 15):
        part = readable[k:k + 15]
        quote = lambda text: "'" + text.replace("'", "''") + "'"
        rows = [f"  - {{name: M{k + i}, structure: {quote(path.name)}, engine: {{kind: ipi, command: 'false {{socket}}'}}}}" for i,
                (path, _, _) in enumerate(part)]
        study = folder / f"study-{k}.yaml"
        study.write_text("study: odd-words\nmaterials:\n" + "\n".join(rows) + "\nsupercell: {min_image_distance: 6}\nhops: {max_length: 8.5}\nmobile: all\n",
                encoding="utf-8")
        out = folder / f"run-{k}"
        done = run("run", study, "--until", "hops", "-o", out)
        page = out / "report.html"
        if done.returncode not in (0, 5) or not page.is_file():
            print(f"FAIL run {k}: exit {done.returncode}: {done.stderr[-300:]}".replace("\n", " "))
            failures += 1
            continue
        checked = subprocess.run(["bash", str(HERE / "check.sh"), str(page), "--short"], capture_output=True, text=True, timeout=400)
        good = checked.returncode == 0
        print(f"{'ok' if good else 'FAIL'} reports of CIFs {k} to {k + len(part) - 1} {' '.join(checked.stdout.split())}")
        failures += not good
    return 1 if failures or len(readable) < 70 else 0


if __name__ == "__main__":
    sys.exit(main())
