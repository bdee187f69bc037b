# SPDX-License-Identifier: GPL-2.0-or-later
"""The device and crossbar commands as scripts use them; array currents beside a dense numpy solution."""
import json
import math
import os
import subprocess
import sys
import tempfile

import numpy as np

hopflow, inputs = sys.argv[1:]
reference = os.path.join(inputs, "reference", "paper.yaml")


def run(*arguments, code=0):
    done = subprocess.run([hopflow, *arguments], capture_output=True, text=True)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def nodal(resistance, volts, row, column):
    """Column currents of the array by all its 2mn nodes, line resistances above 0."""
    m, n = resistance.shape
    half = m * n
    matrix, source = np.zeros((2 * half, 2 * half)), np.zeros(2 * half)

    def link(a, b, g):
        matrix[[a, b], [a, b]] += g
        matrix[a, b] -= g
        matrix[b, a] -= g

    for i in range(m):
        for j in range(n):
            link(i * n + j, half + i * n + j, 1 / resistance[i, j])
            if j:
                link(i * n + j - 1, i * n + j, 1 / row)
            if i:
                link(half + (i - 1) * n + j, half + i * n + j, 1 / column)
        matrix[i * n, i * n] += 1 / row
        source[i * n] += volts[i] / row
    bottom = half + (m - 1) * n + np.arange(n)
    matrix[bottom, bottom] += 1 / column
    x = np.linalg.solve(matrix, source)
    x += np.linalg.solve(matrix, source - matrix @ x)
    return x[bottom] / column


def save(name, numbers):
    np.savetxt(name, numbers, delimiter=",", fmt="%.17g")
    return name


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    random = np.random.default_rng(3)
    for m, n in [(1, 1), (3, 17), (1, 50), (12, 12)]:
        cells = np.where(random.random((m, n)) < 0.5, 383.0, 28e6) * np.exp(0.2 * random.standard_normal((m, n)))
        volts = random.uniform(-1, 1, m)
        files = [save("R.csv", cells), "--row-voltages", save("v.csv", volts), "--json"]
        solved = json.loads(run("crossbar", "solve", *files, "--row-resistance", "1", "--column-resistance", "2.5").stdout)
        expected = nodal(cells, volts, 1, 2.5)
        assert np.max(np.abs(solved["column_currents_a"] - expected)) <= 1e-11 * np.max(np.abs(expected)), (m, n)
        assert solved["residual"] <= 1e-12
        ideal = json.loads(run("crossbar", "solve", *files).stdout)["column_currents_a"]
        assert np.allclose(ideal, volts @ (1 / cells), rtol=1e-13, atol=1e-18)

    with open("sneak.csv", "w") as out:
        out.write("1e6,400\n400,400\n")
    floating = json.loads(run("crossbar", "solve", "sneak.csv", "--scheme", "floating", "--select", "0", "0", "--voltage", "0.05", "--json").stdout)
    assert math.isclose(floating["column_currents_a"][0], 0.05 * (1e-6 + 1 / 1200), rel_tol=1e-12)
    with open("bad.csv", "w") as out:
        out.write("1e6,400\n400,-4\n")
    with open("two.csv", "w") as out:
        out.write("1\n0\n")
    assert "bad.csv:2:5" in run("crossbar", "solve", "bad.csv", "--row-voltages", "two.csv", code=4).stderr
    assert "2 voltages for" in run("crossbar", "solve", "R.csv", "--row-voltages", "two.csv", code=4).stderr
    run("crossbar", "solve", "sneak.csv", code=2)
    run("crossbar", "solve", "sneak.csv", "--scheme", "both", "--select", "0", "0", code=2)

    fitted = json.loads(run("device", "fit", reference, "--barrier", "0.39", "--barrier-sd", "0.05", "--attempt-frequency", "1", "-o", "device.json",
            "--json").stdout)
    assert {"id", "role", "paper", "model", "p05", "p95", "verdict", "kind", "reason"} <= set(fitted["rows"][0])
    assert {row["verdict"] for row in fitted["rows"]} <= {"hit", "miss", "not_computed"}
    assert all(row["verdict"] == "hit" for row in fitted["rows"] if row["role"] == "calibrate")
    ratio = {}
    for barrier in (0.39, 0.29, 0.16):
        answer = json.loads(run("device", "retention", "device.json", "--barrier", str(barrier), "--temperature", "300", "--json").stdout)
        ratio[barrier] = answer["tau_s"]
    kt = 1.380649e-23 / 1.602176634e-19 * 300
    assert math.isclose(ratio[0.39] / ratio[0.29], math.exp(0.10 / kt), rel_tol=1e-9)
    assert math.isclose(ratio[0.39] / ratio[0.16], math.exp(0.23 / kt), rel_tol=1e-9)
    factor = math.exp(1.6448536 * 0.05 / kt)
    assert math.isclose(answer["p95_s"] / answer["tau_s"], factor, rel_tol=0.01)
    assert math.isclose(answer["p05_s"] / answer["tau_s"], 1 / factor, rel_tol=0.01)

    pulses = json.loads(run("device", "pulse", "device.json", "--voltage", "1.25", "--width", "1e-7", "--count", "2", "--json").stdout)
    assert math.isclose(pulses["state"][1], 0.95, abs_tol=1e-6) and pulses["state"][2] == 1
    sweep = json.loads(run("device", "iv", "device.json", "--json").stdout)
    assert sweep["current_a"][0] == 0 and max(sweep["current_a"]) <= 1e-3 and abs(sweep["set_v"] - 0.9) < 1e-6
    run("device", "export", "device.json", "-o", "curves")
    assert {"iv.csv", "pulses.csv", "retention.csv", "synapse.csv", "curves.h5", "memristor.cir", "memristor.va", "aihwkit.json",
            "neurosim.json"} <= set(os.listdir("curves"))
    table = np.genfromtxt("curves/iv.csv", delimiter=",", names=True)
    assert np.array_equal(table["current_a"], sweep["current_a"])

    # One thread or many, the same bytes.
    again = subprocess.run([hopflow, "device", "fit", reference, "--barrier", "0.39", "--barrier-sd", "0.05", "--attempt-frequency", "1", "--json"],
                           capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "3"})
    assert json.loads(again.stdout) == fitted
    assert len(fitted["barrier"]["sha256"]) == 64 and fitted["provenance"]["barrier_ev"] == {"unit": "eV", "source": "barrier engine"}
    with open("device.json") as file:
        assert json.load(file) == fitted
    size = len(fitted["fit"]["names"])
    covariance = np.array(fitted["fit"]["covariance"])
    assert covariance.shape == (size, size) and np.allclose(np.sqrt(np.diag(covariance)), fitted["fit"]["sd"])
    assert min(np.linalg.eigvalsh(covariance)) > -1e-12
    holdouts = [row for row in fitted["rows"] if row["role"] == "holdout"]
    assert sum(row["verdict"] == "hit" for row in holdouts) >= 20
    assert all(row["reason"] for row in holdouts)

    # Each verb from files alone.
    sweeps = json.loads(run("device", "map", "device.json", "--start", "0.6", "--width", "1e-6", "--json").stdout)
    assert {"none", "analog", "digital"} == set(sweeps["class"]) and sweeps["depression_v"][0] < sweeps["depression_v"][1] < 0
    assert json.loads(run("device", "stdp", "device.json", "--json").stdout)["hebbian"] is True
    cycles = json.loads(run("device", "endurance", "device.json", "--cycles", "5", "--json").stdout)
    assert len(cycles["on_s"]) == 5 and cycles["ratio"]["least"] > 1e4
    impedance = json.loads(run("device", "eis", "device.json", "--json").stdout)
    assert math.isclose(impedance["frequency_hz"][0], 0.1) and math.isclose(impedance["frequency_hz"][-1], 1e5)
    law = json.loads(run("device", "retention", "--points", "363:1200,400:60", "--json").stdout)
    assert abs(law["activation_ev"] - 1.013) < 5e-4 and law["sd_ev"] is None
    assert "1.013 eV" in run("device", "retention", "--points", "363:1200,400:60").stdout
    energy = json.loads(run("device", "pulse", "device.json", "--voltage", "1.25", "--width", "1e-7", "--json").stdout)
    assert 0 < energy["energy_integral_j"] < energy["energy_final_current_j"]
    with open("wave.csv", "w") as out:
        out.write("time_s,voltage_v\n0,0\n1e-7,1.3\n3e-7,1.3\n4e-7,0\n")
    wave = json.loads(run("device", "iv", "device.json", "--waveform", "wave.csv", "--json").stdout)
    assert wave["state"][0] == 0 and wave["state"][-1] > 0.9
    with open("bare.csv", "w") as out:
        out.write("0,0\n1e-7,1.3\n3e-7,1.3\n4e-7,0\n")
    bare = json.loads(run("device", "iv", "device.json", "--waveform", "bare.csv", "--json").stdout)
    assert bare == wave  # a first line of numbers is data
    assert len(json.loads(run("device", "iv", "device.json", "--waveform", "bare.csv", "--samples", "5", "--json").stdout)["state"]) < len(wave["state"])
    run("device", "retention", "device.json", "--points", "363:1200,400:60", code=2)
    assert "allowed: iv.off.prpyr" in run("device", "fit", reference, "--barrier", "0.39", "--off-current-row", "iv.off.prpry", code=4).stderr
    run("crossbar", "solve", "sneak.csv", "--scheme", "half", "--select", "0", "0", "--cell-currents", "c.png", code=2)
    assert not os.path.exists("c.png")
    run("crossbar", "synapse", "R.csv", "--compliance", "1e-9", code=2)
    for words in (["--members"], ["--wait", "5"]):
        run("snn", "train", "--preset", "pair", *words, code=2)
    forgets = json.loads(run("snn", "train", "--preset", "pair", "--device", "device.json", "--retention", "1e-4", "--json", code=5).stdout)
    assert forgets["accuracy"] is None and "forgets" in forgets["reason"]
    # Film and compliance are the device's own: 800 nm instead of 200 at the same stabilisation is a factor 16.
    thick = json.loads(run("device", "fit", reference, "--barrier", "0.39", "--thickness", "800", "--compliance", "1e-4", "--json").stdout)
    assert thick["parameters"]["film_thickness_nm"] == 800 and max(thick["iv"]["current_a"]) <= 1e-4
    with open("thick.json", "w") as out:
        json.dump(dict(fitted, parameters=dict(fitted["parameters"], film_thickness_nm=800.0)), out)
    times = [json.loads(run("device", "retention", name, "--json").stdout)["tau_s"] for name in ("thick.json", "device.json")]
    assert math.isclose(times[0] / times[1], 16, rel_tol=1e-12)
    # Half of the population stuck: arrays and yield see what endurance sees.
    with open("stuck.json", "w") as out:
        json.dump(dict(fitted, variability=dict(fitted["variability"], stuck_fraction=0.5)), out)
    count = {name: json.loads(run("crossbar", "yield", name, "--json").stdout)["expected"] for name in ("device.json", "stuck.json")}
    assert abs(count["stuck.json"] - 0.5) < 0.01 < 0.9 < count["device.json"], count
    for model in ("barrier_only", "thermal"):
        other = json.loads(run("device", "fit", reference, "--barrier", "0.39", "--model", model, "--json").stdout)
        assert other["parameters"]["model"] == model
    for wrong in ("-0.1", "0", "nan", "inf"):
        assert "barrier_ev" in run("device", "fit", reference, "--barrier=" + wrong, code=4).stderr
    assert "temperature_k" in run("device", "retention", "device.json", "--temperature", "0", code=4).stderr
    run("device", "fit", reference, code=2)
    run("device", "retention", code=2)
    assert "threshold, thermal, barrier_only" in run("device", "fit", reference, "--barrier", "0.39", "--model", "vteam", code=4).stderr
    assert "--read-voltage" in run("device", "pulse", "device.json", "--voltage", "1", "--width", "1e-7", "--read-voltage", "nan", code=4).stderr
    assert "--width" in run("device", "map", "device.json", "--width=-1", code=4).stderr
    assert "400" in run("device", "retention", "--points", "363:1200,400", code=4).stderr
    with open("wave.csv", "w") as out:
        out.write("time_s,voltage_v\n0,0\n1e-7,one\n")
    assert "wave.csv:3" in run("device", "iv", "device.json", "--waveform", "wave.csv", code=4).stderr
    for key in ("sweep_read_voltage_v", "barrier_ev"):
        lacking = {"parameters": {k: v for k, v in fitted["parameters"].items() if k != key}}
        with open("lacking.json", "w") as out:
            json.dump(lacking, out)
        assert f"'{key}'" in run("device", "iv", "lacking.json", code=4).stderr
    run("device", "retention", "missing.json", code=4)
    with open("empty.json", "w") as out:
        out.write("{}")
    assert "parameters" in run("device", "iv", "empty.json", code=4).stderr
