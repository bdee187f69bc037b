#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Damages CIFs at random and reads them: no crash, no sanitizer report, no hang, every refusal with its place.

Run by hand, best on a build with sanitizers:

    cmake --preset asan && ninja -C build/asan hopflow
    python3 tests/structures/cif/fuzz_cifs.py build/asan/hopflow --count 3000 --seed 1 [FILE or FOLDER...]

Files besides the shipped ones may be named as further seeds. Exit code 1 if anything is found; the file is kept then.
"""
import argparse
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
WORDS = [b"nan", b"inf", b"-1", b"0", b"1e308", b"1e-308", b"?", b".", b"'", b'"', b"\n;\n", b"loop_\n", b"data_x\n", b"save_a\n", b"#", b"\0",
         b"\xff", b"\t", b"\r", b"0.5", b"_atom_site_occupancy", b"_cell_length_a", b"'x*y,y,z'", b"'-x,-y,-z'", b"'x+1/2,y,z'", b"(3)", b"'P 1'",
         b"9" * 400, b"x" * 70000, b"[" * 200, b'"""', b"#\\#CIF_2.0\n", b"-1 ", b"A 1", b"_atom_site_disorder_group\n"]
MODES = ([], ["--disorder", "majority"], ["--disorder", "enumerate 3"], ["--disorder", "seed 1"])


def damaged(content, other, draw):
    """One to four changes: cut off, delete, repeat, exchange a word, put a word in, change a byte, splice two files."""
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(content) + 1)
        length = draw.choice((1, 1, 2, 5, 20, 100, 1000))
        kind = draw.randrange(7)
        if kind == 0:
            content = content[:at]
        elif kind == 1:
            content = content[:at] + content[at + length:]
        elif kind == 2:
            content = content[:at] + content[at:at + length] * draw.choice((2, 2, 3, 50)) + content[at:]
        elif kind == 3:
            words = list(re.finditer(rb"\S+", content))
            if words:
                word = draw.choice(words)
                content = content[:word.start()] + draw.choice(WORDS) + content[word.end():]
        elif kind == 4:
            content = content[:at] + draw.choice(WORDS) + content[at:]
        elif kind == 5:
            content = content[:at] + bytes([draw.randrange(256)]) + content[at + 1:]
        else:
            content = content[:at] + other[draw.randrange(len(other)):]
    return content


def problem(program, path, mode):
    """What is wrong with the way the program takes the file, "" if nothing is."""
    begin = time.monotonic()
    try:
        done = subprocess.run([program, "check", path, "--json", *mode], capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return "hangs"
    said = done.stderr.decode(errors="replace")
    if "Sanitizer" in said or "runtime error" in said:
        return said[:2000]
    if done.returncode not in (0, 4):
        return f"exit {done.returncode}: {said[:300]}"
    if done.returncode == 4 and not re.search(r":\d+:\d+: |of one arrangement|no .*symmetry|too many|covalent network", said):
        return f"no place: {said[:300]}"
    return f"{time.monotonic() - begin:.0f} s" if time.monotonic() - begin > 20 else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("seeds", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    files = sorted((ROOT / "inputs" / "structures").glob("*.cif"))
    for named in options.seeds:
        files += sorted(named.rglob("*.cif")) if named.is_dir() else [named]
    contents = [file.read_bytes() for file in files]
    contents = [c for c in contents if 0 < len(c) < 300_000]
    draw = random.Random(options.seed)
    found = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.count):
            path = Path(folder) / f"damaged-{options.seed}-{number}.cif"
            path.write_bytes(damaged(draw.choice(contents), draw.choice(contents), draw))
            wrong = problem(options.program, path, draw.choice(MODES))
            if wrong:
                found += 1
                kept = Path(tempfile.gettempdir()) / path.name
                kept.write_bytes(path.read_bytes())
                print(f"{kept}: {wrong}", flush=True)
            path.unlink()
    print(f"{options.count} files, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
