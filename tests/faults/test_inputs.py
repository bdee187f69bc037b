# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=300
"""Inputs that once ended a command outside the table of exit codes, kept for ever; and outputs that are no files."""
import os
import shutil
import stat
import time

import faults

CORPUS = faults.HERE / "corpus"


def main():
    report = faults.Report()
    folder = faults.scratch()
    run = folder / "run"
    study = faults.study_in(folder)
    faults.hopflow("run", study, "--until", "hops", "-o", run)

    for file in sorted(CORPUS.glob("summary-*.json")):
        shutil.copy(file, run / "summary.json")
        ends = {words[0]: faults.hopflow(*words)[0] for words in (["status", run], ["report", run, "-o", folder / "r.html"], ["compare", run])}
        report.check(set(ends.values()) <= faults.CODES, f"{file.name}: status, report and compare end within the table", ends)
    for text in ("", "{", "[]", "3", '{"converged": 1, "materials": {}}', '{"materials": [3]}', '{"converged": true, "materials": [{"name": 1}]}'):
        (run / "summary.json").write_text(text)
        ends = {words[0]: faults.hopflow(*words)[0] for words in (["status", run], ["report", run, "-o", folder / "r.html"], ["compare", run])}
        report.check(set(ends.values()) <= faults.CODES, f"summary.json of {text!r}: within the table", ends)
    (run / "summary.json").unlink()

    for name, word in (("latin1-name.yaml", "UTF-8"), ("long-file-name.yaml", "")):
        code, _, errors = faults.hopflow("run", CORPUS / name, "-o", folder / "other")
        report.check(code == 4 and word in errors, f"{name} is refused before anything is computed", f"{code} {errors[-300:]}")
    shutil.copy(CORPUS / "far-POSCAR", folder / "POSCAR")
    (folder / "far.yaml").write_text("initial: POSCAR\nfinal: POSCAR\nengine: {kind: lammps, units: metal, types: {Cu: 1, Ar: 2}, "
                                     'commands: ["pair_style lj/cut 5.0", "pair_coeff * * 0.01 3.0"]}\n')
    code, _, errors = faults.hopflow("barrier", folder / "far.yaml", "--json")
    report.check(code == 4 and "away from the origin" in errors, "a coordinate that overflows is refused", f"{code} {errors[-300:]}")
    (folder / "nul.yaml").write_bytes(b"study: a\0b\n")
    code, _, errors = faults.hopflow("run", folder / "nul.yaml", "-o", folder / "other")
    report.check(code == 4 and "nul.yaml:1:9" in errors, "a NUL byte is named with its place", f"{code} {errors}")
    code, _, errors = faults.hopflow("check", os.fsdecode(b"x\xe9.cif"))
    report.check(code == 2, "an argument that is no UTF-8 is refused", f"{code} {errors}")

    keys = folder / "keys.yaml"
    keys.write_text("".join(f"k{i}: {i}\n" for i in range(200000)))
    begun = time.monotonic()
    code, _, errors = faults.hopflow("run", keys, "-o", folder / "other", timeout=60)
    report.check(code == 4, f"200 000 keys are refused in {time.monotonic() - begun:.1f} s", f"{code} {errors[-200:]}")

    marker = (run / "hopflow-run.json").read_text()
    for old, new in (("hopflow-run/1", "hopflow-run/99"), ('"hops"', '"everything"')):
        (run / "hopflow-run.json").write_text(marker.replace(old, new))
        code, _, errors = faults.hopflow("resume", run)
        report.check(code == 4 and new.strip('"') in errors, f"a run folder with {new} is refused", f"{code} {errors}")
    (run / "hopflow-run.json").write_text(marker)

    target = folder / "target"
    target.mkdir()
    os.symlink(target, run / "device")
    code, _, errors = faults.hopflow("resume", run)
    report.check(code == 4 and "symbolic link" in errors, "a run folder with a link out of it is refused", f"{code} {errors}")
    os.unlink(run / "device")

    secret = folder / "secret.alloy"
    secret.write_text("secret\n")
    case = folder / "case"
    case.mkdir()
    (case / "a.extxyz").write_text('1\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3\nCu 0 0 0\n')
    os.symlink(secret, case / "link.alloy")
    for name in ("../secret.alloy", "link.alloy"):
        (case / "case.yaml").write_text(f"initial: a.extxyz\nfinal: a.extxyz\nengine: "
                                        f"{{kind: lammps, units: metal, types: {{Cu: 1}}, files: [{name}], "
                                        "commands: [\"pair_style zero 5.0\", \"pair_coeff * *\"]}\n")
        code, _, errors = faults.hopflow("barrier", case / "case.yaml")
        report.check(code == 4 and "is outside the folder" in errors, f"a potential file '{name}' outside the case is refused", f"{code} {errors[-300:]}")

    # A device, a pipe and standard output by name are written to and stay what they are.
    cif = faults.ROOT / "inputs/structures/mapbi3-tetragonal.cif"
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    code, _, errors = faults.hopflow("supercell", cif, "--matrix", "1", "1", "1", "-o", pipe)
    if code == 2:
        code, _, errors = faults.hopflow("supercell", cif, "--repeat", "1", "1", "1", "-o", pipe)
    got = os.read(reader, 100) if code == 0 else b""
    report.check(stat.S_ISFIFO(os.stat(pipe).st_mode), "a pipe as output stays a pipe", f"{code} {errors[-200:]} {got[:20]}")
    null = folder / "null"
    try:
        os.mknod(null, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        faults.hopflow("report", run, "-o", null)
        faults.hopflow("store", "export", run, "-o", null)
        report.check(stat.S_ISCHR(os.stat(null).st_mode), "the null device as output stays a device")
    except PermissionError:
        pass  # making a device needs root
    report.end(folder)


if __name__ == "__main__":
    main()
