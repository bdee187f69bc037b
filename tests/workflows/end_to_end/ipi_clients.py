# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=600
"""i-PI clients in whole commands: four compute at once, images spread over them; one that is killed or hangs changes no
byte of the barrier; a study asks them like any other engine."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import hopflow_runs as runs

CLIENT = runs.ROOT / "build" / "release" / "tests" / "potentials" / "ipi_client_for_tests"
RESULTS = ("barrier.json", "path.extxyz", "profile.csv")
# Muller & Brown's surface scaled by 1/200; highest saddle above the ends, from the stationary points in the literature
# (-0.822, 0.624), (-0.558, 1.442), (0.623, 0.028): energies -40.665, -146.700, -108.167.
FORWARD, REVERSE = (-40.665 + 146.700) / 200, (-40.665 + 108.167) / 200


def write_case(folder, options="", clients=1, more=""):
    folder.mkdir()
    for name, xy in (("initial", "-0.558 1.442"), ("final", "0.623 0.028")):
        (folder / f"{name}.xyz").write_text(
            f'1\nLattice="20 0 0 0 20 0 0 0 20" Properties=species:S:1:pos:R:3 pbc="T T T"\nH {xy} 0\n')
    (folder / "client.sh").write_text(f'exec "{CLIENT}" "$1" surface=muller {options}\n')
    case = folder / "case.yaml"
    case.write_text('initial: initial.xyz\nfinal: final.xyz\n'
                    f'engine: {{kind: ipi, command: "sh client.sh {{path}}", clients: {clients}, tier: test{more}}}\n'
                    'neb: {images: 7, fmax: 0.01}\n')
    return case


def write_plain(folder, clients):
    """A case whose client is the same file whatever befalls it: what happens stands outside, so the identity is one."""
    case = write_case(folder, '$(cat options)', clients, ", deadline_s: 5")
    (folder / "options").write_text("")
    return case


def result(folder):
    return {name: (folder / name).read_bytes() for name in RESULTS}


def clients_of(pid):
    """Processes of the fake client below a run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            name = os.readlink(stat.parent / "exe")
        except OSError:
            continue
        if name == str(CLIENT) and int(fields[3]) == pid:
            found.append(int(stat.parent.name))
    return found


def kill_one(case, out):
    """Kills one of four clients while the band is under way; true if the run had not ended by then."""
    process = runs.start(1, "barrier", case, "-o", out)
    for _ in range(400):
        logged = sum(p.read_text().count("\n") for p in out.glob("engines/*/worker.log"))
        members = clients_of(process.pid)
        if len(members) == 4 and logged > 40:
            os.kill(members[2], signal.SIGKILL)
            killed = True
            break
        time.sleep(0.01)
    else:
        killed = False
    killed = killed and process.poll() is None
    _, errors = process.communicate(timeout=120)
    return killed, process.returncode, errors


def main():
    report = runs.Report()
    with tempfile.TemporaryDirectory(prefix="hopflow-ipi-") as scratch:
        scratch = Path(scratch)

        one = write_plain(scratch / "one", 1)
        code, _, errors = runs.run(1, "barrier", one, "-o", scratch / "one-out")
        report.check(code == 0, f"one client gives a barrier (exit {code}) {errors[-300:]}")
        barrier = json.loads((scratch / "one-out" / "barrier.json").read_text())
        report.check(abs(barrier["forward_ev"] - FORWARD) < 1e-4 and abs(barrier["reverse_ev"] - REVERSE) < 1e-4,
                     f"its heights are those of the surface: {barrier['forward_ev']:.5f}, {barrier['reverse_ev']:.5f} eV")
        sound = result(scratch / "one-out")

        four = write_plain(scratch / "four", 4)
        (scratch / "meeting").mkdir()
        (four.parent / "options").write_text(f"sleep_ms=5 beside={scratch / 'meeting'}")
        code, _, errors = runs.run(1, "barrier", four, "-o", scratch / "four-out")
        logs = "".join(p.read_text() for p in (scratch / "four-out").glob("engines/*/ipi-*.log"))
        most = max([int(n) for n in re.findall(r"computing: (\d+)", logs)], default=0)
        report.check(code == 0 and most == 4, f"four clients compute at once, at most {most} (exit {code}) {errors[-300:]}")
        report.check(result(scratch / "four-out") == sound, "four clients give the bytes of one")

        (four.parent / "options").write_text("sleep_ms=5")
        killed, code, errors = kill_one(four, scratch / "killed-out")
        report.check(killed, "one of four clients was killed in mid-run")
        report.check(code == 0 and result(scratch / "killed-out") == sound,
                     f"and the bytes are the same (exit {code}) {errors[-300:]}")

        for fault in ("stall", "die", "wrong-n", "nan", "huge-extra"):
            (four.parent / "options").write_text(f"fault={fault} at=9 once={scratch / fault}")
            out = scratch / f"{fault}-out"
            code, _, errors = runs.run(1, "barrier", four, "-o", out)
            struck = (scratch / fault).exists()
            report.check(struck and code == 0 and result(out) == sound,
                         f"a client that does '{fault}' once changes no byte (exit {code}) {errors[-200:]}")

        (four.parent / "options").write_text("fault=die at=0")
        code, _, errors = runs.run(1, "barrier", four, "-o", scratch / "always-out")
        report.check(code == 6 and "half-way through its answer" in errors,
                     f"clients that die every time end the run with 6 (exit {code}): {errors.splitlines()[0][:160] if errors else ''}")

        (four.parent / "options").write_text("")
        code, _, errors = runs.run(2, "barrier", four, "-o", scratch / "ranks-out")
        report.check(code == 0 and result(scratch / "ranks-out") == sound,
                     f"two ranks share four clients and give the same bytes (exit {code}) {errors[-200:]}")
        code, _, errors = runs.run(3, "barrier", one, "-o", scratch / "single-out")
        logs = [p for p in (scratch / "single-out").glob("engines/*/ipi-*.log")]
        report.check(code == 0 and len(logs) == 1 and result(scratch / "single-out") == sound,
                     f"three ranks start no more clients than asked for ({len(logs)} started)")
        left = subprocess.run(["pgrep", "-f", str(scratch)], capture_output=True, text=True).stdout.split()
        report.check(not left, f"no client outlives its run {left}")
    report.end()


if __name__ == "__main__":
    sys.exit(main())
