# SPDX-License-Identifier: GPL-2.0-or-later
"""What the fault tests share: a small study, the fault shim, runs and the bytes they leave."""
import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).resolve().parent
ROOT = Path(os.environ.get("HOPFLOW_ROOT", HERE.parents[1]))
PROGRAM = os.environ.get("HOPFLOW", str(ROOT / "build" / "release" / "hopflow"))
AS_ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}  # for mpirun
CODES = {0, 2, 3, 4, 5, 6, 74, 75}  # the documented exit codes; -9 where the test itself kills

STUDY = f"""study: tiny
materials:
  - {{name: MA, structure: {ROOT}/inputs/structures/mapbi3-tetragonal.cif, forcefield: {ROOT}/inputs/forcefields/myp-mapbi3.yaml}}
supercell: {{min_image_distance: 8, series: []}}
mobile: inorganic
hops: {{max_length: 5.5, select: shortest}}
neb: {{images: 3, climb: true, fmax: 0.1}}
"""


def scratch():
    """A folder that goes away with the test."""
    place = os.environ.get("HOPFLOW_TEST_FOLDER")
    folder = Path(tempfile.mkdtemp(prefix="faults-", dir=place))
    return folder


def study_in(folder):
    file = Path(folder) / "tiny.yaml"
    file.write_text(STUDY)
    return file


def shim(folder):
    library = Path(folder) / "shim.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-w", "-o", str(library), str(HERE / "shim.c"), "-ldl"], check=True)
    return library


def hopflow(*arguments, timeout=120, env=None, **options):
    """Exit code, standard output and standard error."""
    variables = dict(os.environ)
    variables.update({key: str(value) for key, value in (env or {}).items()})
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    done = subprocess.run([PROGRAM, *map(str, arguments)], env=variables, timeout=timeout, stdin=subprocess.DEVNULL,
                          **options)
    text = [(stream or b"").decode(errors="replace") for stream in (done.stdout, done.stderr)]
    return done.returncode, *text


def start(*arguments, env=None):
    variables = dict(os.environ)
    variables.update({key: str(value) for key, value in (env or {}).items()})
    # Below nohup the signal is ignored, and stays so on purpose.
    return subprocess.Popen([PROGRAM, *map(str, arguments)], env=variables, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
                            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))


def until(condition, seconds=60):
    """Waits for a condition. @return whether it came true in time (s)"""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def answers(run):
    """How many answers a run has stored so far."""
    try:
        with sqlite3.connect(f"file:{quote(str(run))}/store.db?mode=ro", uri=True) as database:
            return database.execute("SELECT count(*) FROM evaluations").fetchone()[0]
    except sqlite3.Error:
        return 0


def send(process_id, sign):
    """A signal to a process that may be gone."""
    try:
        os.kill(process_id, sign)
    except ProcessLookupError:
        pass


def end_session(process):
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == process.pid:
            send(int(stat.parent.name), signal.SIGKILL)
    process.wait()


def results(folder):
    """Hash of every file that may not depend on faults, ranks or the clock."""
    folder = Path(folder)
    out = {}
    for name in ["summary.json", "barriers.csv", "report.html", "study.yaml", "hopflow-run.json"]:
        out[name] = folder / name
    for place in ("hops", "device", "crossbar", "snn", "inputs"):
        for file in folder.glob(place + "/**/*"):
            if file.is_file():
                out[str(file.relative_to(folder))] = file
    return {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in out.items() if file.exists()}


class Report:
    """One line for each check; the exit code says whether all held."""

    def __init__(self):
        self.failed = 0

    def check(self, held, what, why=""):
        print(("ok    " if held else "FAIL  ") + what + ("" if held or not why else f": {why}"), flush=True)
        self.failed += 0 if held else 1
        return held

    def end(self, folder=None):
        if folder and not self.failed:
            shutil.rmtree(folder, ignore_errors=True)
        sys.exit(1 if self.failed else 0)
