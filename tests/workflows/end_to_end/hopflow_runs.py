# SPDX-License-Identifier: GPL-2.0-or-later
"""Starting, killing and comparing runs, for the end-to-end checks. Python's standard library only."""
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / "build" / "release" / "hopflow"
# A small crystal and its table, for studies.
PSEUDOCUBIC = f"""materials:
  - name: MAPbI3
    structure: {ROOT}/inputs/structures/mapbi3-pseudocubic.cif
    forcefield: {ROOT}/inputs/forcefields/myp-mapbi3.yaml
"""


def environment():
    env = dict(os.environ)
    env["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
    env["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    return env


def command(ranks, *arguments):
    words = [str(PROGRAM), *map(str, arguments)]
    if ranks == 1:
        return words
    return ["mpirun", "--quiet", "--oversubscribe", "--bind-to", "none", "-n", str(ranks), *words]


def start(ranks, *arguments):
    """A run in a process group of its own, so that all of it can be killed at once."""
    return subprocess.Popen(command(ranks, *arguments), env=environment(), start_new_session=True,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def run(ranks, *arguments, timeout=900):
    done = subprocess.run(command(ranks, *arguments), env=environment(), capture_output=True, text=True, timeout=timeout)
    return done.returncode, done.stdout, done.stderr


def processes_of(session):
    """Every process of a session: mpirun gives each rank a process group of its own."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def kill_all(process):
    """kill -9 of every process of the run, launcher included."""
    while members := processes_of(process.pid):
        for member in members:
            try:
                os.kill(member, signal.SIGKILL)
            except ProcessLookupError:
                pass
    process.wait()


def kill_launcher(process):
    """kill -9 of the launcher alone; its ranks notice a little later."""
    process.kill()
    process.wait()


def result_bytes(folder):
    """Hash of every result file of a run folder: what must not depend on ranks, kills or the clock."""
    folder = Path(folder)
    names = ["summary.json", "barriers.csv", "report.html", "study.yaml"]
    names += sorted(str(p.relative_to(folder)) for p in folder.glob("hops/**/*") if p.is_file())
    names += sorted(str(p.relative_to(folder)) for d in ("device", "crossbar", "snn") for p in folder.glob(d + "/**/*")
                    if p.is_file())
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def differences(a, b):
    return [name for name in sorted(a.keys() | b.keys()) if a.get(name) != b.get(name)]


def engine_questions(folder):
    """Every evaluation the engines themselves logged: the hashes of what they were asked, in all sessions of a run."""
    asked = []
    for log in sorted(Path(folder).glob("engines/**/worker.log")):
        asked += re.findall(r"^evaluation \d+ spec \w+ question (\w+)", log.read_text(errors="replace"), re.MULTILINE)
    return asked


def summary(folder):
    return json.loads((Path(folder) / "summary.json").read_text())


class Report:
    """One line per check; the exit code says whether all held."""

    def __init__(self):
        self.failed = 0

    def check(self, held, what):
        print(("ok    " if held else "FAIL  ") + what, flush=True)
        self.failed += 0 if held else 1

    def end(self):
        sys.exit(1 if self.failed else 0)
