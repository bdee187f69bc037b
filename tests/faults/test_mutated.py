# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=900
"""Inputs of every kind, changed at random (the same changes in each run): no crash, no hang, no exit code outside the table.
    test_mutated.py [COUNT [SEED [KIND...]]]     COUNT of each kind (20), SEED 1
A find is kept next to this file's corpus by hand, and tried in test_inputs.py for ever."""
import os
import random
import re
import resource
import shutil
import subprocess
import sys

import faults

INPUTS = faults.ROOT / "inputs"
WORDS = [b"nan", b"inf", b"-1", b"0", b"1e308", b"-1e308", b"1e-320", b"1e999", b"9" * 400, b"?", b"~", b"null", b"true", b'""', b"[]",
         b"{}", b"[[[[", b"&a", b"*a", b"!!python/object/apply:os.system [id]", b"\t", b"\r", b"\0", b"\xff\xfe", b"\xc2\x80", b"---\n",
         b"- ", b": ", b"|\n", b"#", b'"', b"'", b"2147483648", b"-2147483649", b"9223372036854775808", b"0x10", b"+5",
         b"../../../../etc/passwd", b"/dev/zero", b"x" * 5000, b"$(id)", b"%n%s", b"[1,2,3]", b"{a: 1}", b"1000000", b"caf\xe9"]


def mutate(content, other, chance):
    for _ in range(chance.randint(1, 4)):
        at, length, kind = chance.randrange(len(content) + 1), chance.choice((1, 1, 2, 5, 20, 100, 1000)), chance.randrange(9)
        if kind == 0 and chance.random() < 0.3:
            content = content[:at]
        elif kind == 1:
            content = content[:at] + content[at + length:]
        elif kind == 2:
            content = content[:at] + content[at:at + length] * chance.choice((2, 2, 3, 50)) + content[at:]
        elif kind == 4:
            content = content[:at] + chance.choice(WORDS) + content[at:]
        elif kind == 5:
            content = content[:at] + bytes([chance.randrange(256)]) + content[at + 1:]
        elif kind == 6:
            content = content[:at] + other[chance.randrange(len(other) + 1):][:2000]
        elif words := list(re.finditer(rb"[^\s,\[\]{}:]+", content)):
            word = chance.choice(words)
            content = content[:word.start()] + chance.choice(WORDS) + content[word.end():]
    return content


def kinds(folder):
    """Name -> (seeds, file, commands)."""
    atoms = b'2\nLattice="10 0 0 0 10 0 0 0 10" Properties=species:S:1:pos:R:3 pbc="T T T"\nCu 0.0 0.0 0.0\nAr 2.5 5.0 5.0\n'
    (folder / "ini.extxyz").write_bytes(atoms)
    (folder / "fin.extxyz").write_bytes(atoms.replace(b"Cu 0.0", b"Cu 5.0"))
    case = (b"initial: ini.extxyz\nfinal: fin.extxyz\nfixed: [1]\nengine: {kind: lammps, units: metal, types: {Cu: 1, Ar: 2}, "
            b'commands: ["pair_style lj/cut 5.0", "pair_coeff * * 0.01 3.0"]}\nneb: {images: 1, climb: false, fmax: 0.5}\n')
    (folder / "atoms.yaml").write_bytes(case.replace(b"ini.extxyz", b"atoms.extxyz"))
    (folder / "table.yaml").write_text(faults.STUDY.replace(f"{INPUTS}/forcefields/myp-mapbi3.yaml", "ff.yaml"))
    run = folder / "run"
    faults.hopflow("run", faults.study_in(folder), "--until", "hops", "-o", run)
    tables = [path.read_bytes() for path in sorted((INPUTS / "forcefields").glob("*.yaml"))]
    summaries = [path.read_bytes() for path in sorted((faults.HERE / "corpus").glob("summary-*.json"))]
    device = folder / "seed-device.json"
    faults.hopflow("device", "fit", INPUTS / "reference" / "paper.yaml", "--barrier", "0.3", "-o", device)
    found = {
        "cif": ([path.read_bytes() for path in sorted((INPUTS / "structures").glob("*.cif"))], "x.cif",
                [["check", "x.cif"], ["hops", "x.cif", "--max-length", "4.5"]]),
        "study": ([faults.STUDY.encode()], "s.yaml", [["run", "s.yaml", "--print-config"], ["run", "s.yaml", "--dry-run"],
                                                      ["submit", "s.yaml", "--slurm", "--dry-run"]]),
        "force field": (tables, "ff.yaml", [["run", "table.yaml", "--dry-run"]]),
        "case": ([case], "case.yaml", [["barrier", "case.yaml", "--json"]]),
        "extxyz": ([atoms], "atoms.extxyz", [["check", "atoms.extxyz"], ["barrier", "atoms.yaml", "--json"]]),
        "summary": (summaries, "run/summary.json", [["status", "run"], ["report", "run", "-o", "r.html"], ["compare", "run"]]),
        "run marker": ([(run / "hopflow-run.json").read_bytes()], "run/hopflow-run.json", [["status", "run"], ["resume", "run"]]),
        "reference": ([(INPUTS / "reference" / "paper.yaml").read_bytes()], "paper.yaml", [["device", "fit", "paper.yaml", "--barrier", "0.3"]]),
        "crossbar": ([b"1e3,2e3\n3e3,4e3\n"], "r.csv", [["crossbar", "solve", "r.csv", "--row-resistance", "1", "--column-resistance", "1", "--json"]]),
    }
    if device.exists():
        found["device"] = ([device.read_bytes()], "device.json", [["device", "retention", "device.json", "--barrier", "0.3", "--temperature", "300"]])
    return found


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 20, 256 << 20))


def main():
    count, seed = (int(word) for word in (sys.argv[1:3] + ["20", "1"][len(sys.argv) - 1:])[:2])
    report = faults.Report()
    folder = faults.scratch()
    for kind, (seeds, file, commands) in kinds(folder).items():
        if sys.argv[3:] and kind not in sys.argv[3:]:
            continue
        chance, bad = random.Random(f"{seed} {kind}"), []
        before = (folder / file).read_bytes() if (folder / file).exists() else None
        for k in range(count):
            content = mutate(chance.choice(seeds), chance.choice(seeds), chance)
            (folder / file).write_bytes(content)
            words = chance.choice(commands)
            try:
                code, _, errors = faults.hopflow(*words, timeout=60, cwd=folder, preexec_fn=limits)
            except subprocess.TimeoutExpired:
                code, errors = "no end", ""
            if code not in faults.CODES or b"\x1b" in errors.encode():
                kept = folder / f"bad-{kind.replace(' ', '-')}-{k}"
                kept.write_bytes(content)
                bad.append(f"{' '.join(words)}: {code}: {kept}: {errors[-200:]}")
        report.check(not bad, f"{count} inputs of kind {kind} end within the table", "\n      ".join(bad))
        if before is not None:
            (folder / file).write_bytes(before)
    report.end(folder)


if __name__ == "__main__":
    main()
