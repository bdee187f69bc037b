# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=900
"""aihwkit.json in aihwkit: its own device code (C++ of the source distribution, without PyTorch, which its Python front needs)
takes the exported numbers and gives the trains that hopflow writes; fetched and compiled once into build/peers."""
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np

ROOT = Path(os.environ.get("HOPFLOW_ROOT", Path(__file__).resolve().parents[4]))
HOPFLOW = os.environ.get("HOPFLOW", str(ROOT / "build" / "release" / "hopflow"))
HOME = ROOT / "build" / "peers" / "aihwkit"
RELEASE = "aihwkit==1.2.0 --hash=sha256:288b00aed52a99f578a2e7ac46fdbf2a9f07e4780c4307eae5827558f1bf2cba"
SOURCES = ("rpu_piecewisestep_device rpu_pulsed_device rpu_simple_device rng utility_functions weight_drifter weight_clipper weight_modifier "
           "weight_remapper rpu rpu_forward_backward_pass math_util").split()
DRIVER = Path(__file__).resolve().parent / "pulses.cpp"
folder = Path(os.environ.get("HOPFLOW_TEST_FOLDER", ".")).resolve()


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def quiet(command, otherwise):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stderr[-1000:])
        skip(otherwise)


def device_program():
    """Our driver with aihwkit's device code."""
    program, ready = HOME / "pulses", HOME / "ready"
    wanted = RELEASE + DRIVER.read_text()
    if program.is_file() and ready.is_file() and ready.read_text() == wanted:
        return program
    python, fetched = HOME / "venv" / "bin" / "python", HOME / "source"
    HOME.mkdir(parents=True, exist_ok=True)
    (HOME / "release.txt").write_text(RELEASE + "\n")
    offline = "aihwkit can't be fetched here (offline?)"
    quiet([sys.executable, "-m", "venv", HOME / "venv"], offline)
    quiet([python, "-m", "pip", "install", "--quiet", "setuptools==80.9.0", "scikit-build==0.18.1"], offline)
    quiet([python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "aihwkit", "--no-build-isolation", "--require-hashes",
           "-r", HOME / "release.txt", "-d", fetched], offline)
    with tarfile.open(next(fetched.glob("aihwkit-*.tar.gz"))) as archive:
        archive.extractall(fetched)
    code = next(fetched.glob("aihwkit-*/src/rpucuda"))
    include = Path("/usr/include/x86_64-linux-gnu")
    header = next((h for h in (include / f"cblas{kind}.h" for kind in ("", "-netlib", "-openblas", "-atlas")) if h.is_file()), None)
    if header is None:
        skip("no cblas.h, which aihwkit's sources include; Debian's libblas-dev brings one")
    (HOME / "cblas.h").write_text(f'#include "{header}"\n')
    quiet(["g++", "-std=c++17", "-w", "-ffunction-sections", "-Wl,--gc-sections", "-DRPU_USE_OPENBLAS",
           f"-I{HOME}", f"-I{code}", DRIVER, *(code / f"{name}.cpp" for name in SOURCES),
           "-lblas", "-o", program], "aihwkit's sources don't compile here")
    ready.write_text(wanted)
    return program


PROGRAM = device_program()


def run(*arguments):
    done = subprocess.run([HOPFLOW, *(str(a) for a in arguments)], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)


def trains(params, cells, up, down, seed=1):
    """Weights of the cells before and after each pulse, pulses x cells."""
    keys = ("w_min", "w_max", "dw_min", "up_down", "dw_min_dtod", "up_down_dtod", "dw_min_std", "w_min_dtod", "w_max_dtod")
    words = [params[key] for key in keys] + [len(params["piecewise_up"])] + params["piecewise_up"] + params["piecewise_down"] + [cells, up, down, seed]
    done = subprocess.run([PROGRAM], input=" ".join(repr(w) for w in words), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    table = np.array([line.split() for line in done.stdout.splitlines()], dtype=float)
    return np.vstack([np.full(cells, params["w_min"]), table])


def share(params, weights):
    return (weights - params["w_min"]) / (params["w_max"] - params["w_min"])


run("device", "fit", ROOT / "inputs" / "reference" / "paper.yaml", "--barrier", "0.39", "-o", "device.json")
run("device", "export", "device.json", "-o", "out")
rule = json.loads((folder / "out" / "aihwkit.json").read_text())
assert rule["type"] == "PiecewiseStepDevice"
params = rule["params"]
ours = np.genfromtxt(folder / "out" / "table-weights.csv", delimiter=",", names=True)["weight"]
same = dict(params, dw_min_dtod=0.0, up_down_dtod=0.0)
theirs = share(params, trains(same, 3, 100, 100))
assert np.max(np.abs(theirs - ours[:, None])) < 1e-5, np.max(np.abs(theirs - ours[:, None]))
assert theirs[100, 0] > 0.9 and theirs[200, 0] < 0.1
print(f"ok aihwkit's trains are hopflow's to {np.max(np.abs(theirs - ours[:, None])):.1e} of the range")

# Devices differ by what the file states: the first step of each is dw_min's, scattered by dw_min_dtod.
many = trains(params, 4000, 1, 0)
step = (many[1] - many[0]) / (params["dw_min"] * params["piecewise_up"][0])
assert abs(np.std(step) / np.mean(step) - params["dw_min_dtod"]) < 0.15 * params["dw_min_dtod"] + 0.01, (np.std(step), params["dw_min_dtod"])
print(f"ok steps of 4000 devices scatter by {np.std(step) / np.mean(step):.3f}, the file says {params['dw_min_dtod']:.3f}")

# A measured synapse: its steps and its scatter.
noise = np.random.default_rng(3)
rise = 1e-5 + 1e-4 * (1 - 0.98 ** np.arange(1, 301)) + 2e-7 * noise.standard_normal(300)
fall = 1e-5 + 1e-4 * 0.97 ** np.arange(1, 301) + 2e-7 * noise.standard_normal(300)
(folder / "pulses.csv").write_text("conductance_S,voltage_V,width_s\n" + "".join(
    f"{g:.9g},{v},1e-7\n" for train, v in ((rise, 1.2), (fall, -1.1)) for g in train))
run("device", "fit", ROOT / "inputs" / "reference" / "paper.yaml", "--pulses", "pulses.csv", "--film", "prpyr", "--barrier", "0.39", "-o", "own.json")
run("device", "export", "own.json", "-o", "own")
rule = json.loads((folder / "own" / "aihwkit.json").read_text())
params = rule["params"]
assert params["dw_min_std"] > 0
steady = share(params, trains(dict(params, dw_min_std=0.0), 1, 300, 300))[:, 0]
low, high = rule["conductance_s"]["w_min"], rule["conductance_s"]["w_max"]
measured = (np.concatenate([rise, fall]) - low) / (high - low)
off = np.abs(steady[1:] - measured)
assert np.max(off) < 0.08, np.max(off)
print(f"ok aihwkit follows 600 measured pulses to {np.max(off):.3f} of the range, {np.sqrt(np.mean(off**2)):.3f} rms")
