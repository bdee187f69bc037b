# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=600
"""Engines that answer wrongly in every answer, or once, or run away: no barrier, no orphan."""
import json
import time
from pathlib import Path

import faults

ATOMS = """2
Lattice="10 0 0 0 10 0 0 0 10" Properties=species:S:1:pos:R:3 pbc="T T T"
Cu {x} 0.0 0.0
Ar 2.5 5.0 5.0
"""


def case_in(folder, fault, surrogate=True, at="5.0"):
    folder.mkdir()
    (folder / "client.py").write_text((faults.HERE / "client.py").read_text())
    (folder / "ini.extxyz").write_text(ATOMS.format(x="0.0"))
    (folder / "fin.extxyz").write_text(ATOMS.format(x=at))
    (folder / "case.yaml").write_text(f"""initial: ini.extxyz
final: fin.extxyz
fixed: [1]
engine: {{kind: ipi, command: "python3 client.py {{socket}} {fault}", tier: test, start_s: 20, deadline_s: 4}}
neb: {{images: 5, climb: true, fmax: 0.02, surrogate: {str(surrogate).lower()}}}
""")
    return folder / "case.yaml"


def barrier(folder, fault, surrogate=True, at="5.0"):
    code, out, errors = faults.hopflow("barrier", case_in(folder, fault, surrogate, at), "--json", timeout=200)
    return code, json.loads(out) if out.strip().startswith("{") else None, errors


def living(folder):
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"client.py" in command.read_bytes() and Path(command.parent / "cwd").resolve() == folder.resolve():
                found.append(command.parent.name)
        except OSError:
            continue
    return found


def killed(folder, report):
    """The process that started the client's is killed, and cannot end what the client has started."""
    process = faults.start("barrier", case_in(folder, "slow-away", surrogate=False))
    begun = faults.until(lambda: len(living(folder)) == 2)
    process.kill()
    process.wait()
    report.check(begun and faults.until(lambda: not living(folder), 10), "nor one of a run that is killed", living(folder))
    faults.end_session(process)


def main():
    report = faults.Report()
    folder = faults.scratch()
    # Closed form: the barrier of 0.1 eV (1 - cos 4 pi q) is 0.2 eV.
    code, result, errors = barrier(folder / "none", "none")
    report.check(code == 0 and abs(result["forward_ev"] - 0.2) < 1e-4, "a sound client gives the surface's 0.2 eV",
                 f"{code} {result and result['forward_ev']} {errors[-300:]}")
    for fault, ratio in (("energy", "27.2"), ("forces", "1.890 bohr"), ("sign", "sign")):
        for surrogate in (True, False):
            code, result, errors = barrier(folder / f"{fault}-{surrogate}", fault, surrogate)
            report.check(code == 6 and result is None and "are inconsistent" in errors and ratio in errors,
                         f"a slip of {fault} in every answer is an engine failure (surrogate: {surrogate})",
                         f"{code} {result and result['forward_ev']} {errors[-300:]}")
    code, result, errors = barrier(folder / "jump", "jump", at="4.7")
    report.check(code == 6 or (code in (0, 5) and abs(result["forward_ev"] - 0.2) < 1e-3),
                 "one answer 100 eV off ends the run or does no harm", f"{code} {result and result['forward_ev']}")
    begun = time.monotonic()
    code, result, errors = barrier(folder / "stop", "stop", surrogate=False)
    seconds = time.monotonic() - begun
    report.check(4 < seconds < 120 and (code == 6 or (code == 0 and abs(result["forward_ev"] - 0.2) < 1e-3)),
                 "a client that stops itself is ended at its deadline and replaced", f"{code} {seconds:.0f} s {errors[-300:]}")
    code, result, errors = barrier(folder / "away", "away")
    time.sleep(0.2)
    report.check(not living(folder / "away"), "a process that left its group does not outlive the run", living(folder / "away"))
    killed(folder / "killed", report)
    report.end(folder)


if __name__ == "__main__":
    main()
