# SPDX-License-Identifier: GPL-2.0-or-later
"""The device's exports in the tools they are for: ngspice runs the circuit, h5py reads the curves, numpy replays the rules
that aihwkit and NeuroSim document."""
import json
import math
import os
import random
import subprocess
import sys
import tempfile

import h5py
import numpy as np

hopflow, inputs = sys.argv[1:]
reference = os.path.join(inputs, "reference", "paper.yaml")
# Circuit parameter: key of device.json and what one is in units of the other.
CIRCUIT = {"gon": ("on_conductance_s", 1), "goff": ("off_conductance_s", 1), "k2": ("child_a_per_v2", 1), "rs": ("series_resistance_ohm", 1),
           "ea": ("barrier_ev", 1), "es": ("stabilisation_ev", 1), "nu": ("attempt_frequency_thz", 1e12), "share": ("sharing_length_hops", 1),
           "vset": ("set_threshold_v", 1), "vset1": ("set_threshold_slope_v", 1), "vres": ("reset_threshold_v", 1),
           "vres1": ("reset_threshold_slope_v", 1), "soft": ("threshold_smoothing_v", 1), "temp0": ("temperature_k", 1), "comp": ("compliance_a", 1)}


def run(*arguments):
    done = subprocess.run([hopflow, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout


def spice(instance, circuit, volts, dwell):
    """Voltage, current and state at the end of every dwell, and the voltages at which the state passes one half."""
    corners = ["0 0"] + [f"{k * dwell + 1e-6:.12g} {v:.9g} {(k + 1) * dwell:.12g} {v:.9g}" for k, v in enumerate(volts)]
    with open("sweep.cir", "w") as out:
        out.write(f"* sweep\n.include {circuit}\nVin te 0 PWL(" + "\n+ ".join(corners) + f")\nX1 te 0 {instance}\n"
                  ".options reltol=1e-6 abstol=1e-15 vntol=1e-9 method=gear\n"
                  f".tran {dwell / 4} {len(volts) * dwell} uic\n.control\nrun\nwrdata sweep.txt i(vin) v(te) v(x1.x)\n.endc\n.end\n")
    done = subprocess.run(["ngspice", "-b", "sweep.cir"], capture_output=True, text=True, timeout=120)
    table = np.loadtxt("sweep.txt")
    os.remove("sweep.txt")
    time, current, voltage, state = table[:, 0], -table[:, 1], table[:, 3], table[:, 5]
    assert time[-1] > (len(volts) - 0.01) * dwell, done.stdout[-500:]
    ends = (np.arange(len(volts)) + 1) * dwell * (1 - 1e-9)
    crossings = [voltage[i] for i in range(1, len(time)) if (state[i] - 0.5) * (state[i - 1] - 0.5) < 0]
    return np.interp(ends, time, current), crossings


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    run("device", "fit", reference, "--barrier", "0.39", "-o", "device.json")
    with open("device.json") as file:
        device = json.load(file)
    run("device", "export", "device.json", "-o", "out")

    # Twenty devices, each beside hopflow's own sweep without compliance, which is the source's and not the circuit's.
    draw = random.Random(11)
    worst = 0.0
    for trial in range(20):
        p = dict(device["parameters"], compliance_a=10.0)
        p["barrier_ev"] = draw.uniform(0.2, 0.6)
        p["attempt_frequency_thz"] = 10 ** draw.uniform(-0.7, 0.7)
        p["sharing_length_hops"] = draw.uniform(0.5, 2.5)
        p["set_threshold_v"] = draw.uniform(0.3, 0.9)
        p["reset_threshold_v"] = draw.uniform(0.2, 0.6)
        p["set_threshold_slope_v"] = draw.choice([0.0, draw.uniform(0, 0.3)])
        p["reset_threshold_slope_v"] = draw.uniform(0.2, 0.9)
        p["threshold_smoothing_v"] = draw.uniform(0.002, 0.02)
        p["on_conductance_s"] *= 10 ** draw.uniform(-1, 0.3)
        p["off_conductance_s"] *= 10 ** draw.uniform(-1, 2)
        p["child_a_per_v2"] *= 10 ** draw.uniform(-1, 1)
        p["series_resistance_ohm"] = draw.uniform(1, 100)
        p["stabilisation_ev"] = 0.75 - p["barrier_ev"] + draw.uniform(0, 0.2)
        p["temperature_k"] = draw.uniform(280, 330)
        model = ["threshold", "threshold", "thermal", "barrier_only"][trial % 4]
        with open("one.json", "w") as file:
            json.dump({"parameters": dict(p, model=model)}, file)
        sweep = json.loads(run("device", "iv", "one.json", "--json"))
        if model == "threshold":
            circuit = "out/memristor.cir"
            instance = "memristor " + " ".join(f"{name}={p[key] * scale!r}" for name, (key, scale) in CIRCUIT.items())
        else:
            run("device", "export", "one.json", "-o", "one", "--force")
            circuit, instance = "one/memristor.cir", "memristor"
        volts, current = np.array(sweep["voltage_v"]), np.array(sweep["current_a"])
        theirs, crossings = spice(instance, circuit, volts, p["sweep_dwell_s"])
        moves = np.abs(np.diff(sweep["state"], prepend=0.0)) > 0.005
        away = ~(moves | np.roll(moves, 1) | np.roll(moves, -1)) & (volts != 0)
        assert np.count_nonzero(away) > 100, (trial, model)
        error = np.max(np.abs(theirs - current)[away] / np.abs(current[away]))
        worst = max(worst, error)
        assert error < 0.005, (trial, model, error, np.count_nonzero(away))
        assert sweep["set_v"] is not None, (trial, model)
        assert min(abs(v - sweep["set_v"]) for v in crossings) <= 0.02 + 1e-9, (trial, model, crossings, sweep["set_v"])
    print(f"ngspice: current within {100 * worst:.2g} % away from switching")

    # The exported deck does the sweep of the CSV beside it, compliance included: the first comparison anybody makes.
    done = subprocess.run(["ngspice", "-b", "memristor-sweep.cir"], cwd="out", capture_output=True, text=True, timeout=120)
    table = np.loadtxt("out/memristor-sweep.txt")
    sweep = np.genfromtxt("out/iv.csv", delimiter=",", names=True)
    dwell = device["parameters"]["sweep_dwell_s"]
    ends = (np.arange(len(sweep)) + 1) * dwell * (1 - 1e-9)
    assert table[-1, 0] > (len(sweep) - 0.01) * dwell, done.stdout[-500:]
    theirs = np.interp(ends, table[:, 0], table[:, 1])
    moves = np.abs(np.diff(sweep["state"], prepend=0.0)) > 0.005
    away = ~(moves | np.roll(moves, 1) | np.roll(moves, -1)) & (sweep["voltage_v"] != 0)
    assert np.count_nonzero(away) > 200
    assert np.max(np.abs(theirs - sweep["current_a"])[away] / np.abs(sweep["current_a"][away])) < 0.005
    assert math.isclose(theirs.max(), device["parameters"]["compliance_a"], rel_tol=1e-4)

    # HDF5 and CSV hold the same numbers, each with its unit.
    units = {"v": "V", "a": "A", "s": ("s", "S"), "k": "K", "hz": "Hz", "ohm": "ohm", "f": "F"}
    with h5py.File("out/curves.h5") as book:
        assert {"iv", "retention", "pulses", "synapse", "map", "stdp", "eis_off", "eis_on"} <= set(book)
        for name, group in book.items():
            table = np.genfromtxt(f"out/{name}.csv", delimiter=",", names=True)
            assert set(table.dtype.names) == set(group)
            for column, data in group.items():
                assert np.array_equal(data[()], table[column]), (name, column)
                unit = data.attrs["unit"].decode()
                expected = units.get(column.rsplit("_", 1)[-1], "1") if "_" in column else "1"
                assert unit in expected or unit == "1" == expected, (name, column, unit)
    run("device", "export", "device.json", "-o", "again")
    with open("out/curves.h5", "rb") as one, open("again/curves.h5", "rb") as two:
        assert one.read() == two.read()

    # aihwkit's PiecewiseStep as documented: nodes equally spaced from w_min to w_max, linear in between, single precision.
    with open("out/aihwkit.json") as file:
        rule = json.load(file)
    assert rule["type"] == "PiecewiseStepDevice"
    p = rule["params"]
    assert p["dw_min_dtod"] > 0  # the members of the population differ
    weights = np.genfromtxt("out/table-weights.csv", delimiter=",", names=True)["weight"]
    nodes = np.linspace(p["w_min"], p["w_max"], len(p["piecewise_up"]), dtype=np.float32)
    w = np.float32(p["w_min"])
    replay = [w]
    for pulse in range(200):
        steps = np.float32(p["piecewise_up" if pulse < 100 else "piecewise_down"])
        step = np.float32(p["dw_min"]) * np.float32(np.interp(w, nodes, steps))
        w = np.clip(w + step if pulse < 100 else w - step, np.float32(p["w_min"]), np.float32(p["w_max"]))
        replay.append(w)
    replay = (np.array(replay, dtype=float) - p["w_min"]) / (p["w_max"] - p["w_min"])
    assert np.max(np.abs(replay - weights)) < 1e-5, np.max(np.abs(replay - weights))
    assert weights[100] > 0.9 and weights[200] < 0.1
    assert math.isclose(rule["conductance_s"]["w_max"] / rule["conductance_s"]["w_min"], 100)

    # NeuroSim's curve from its label: (1 - exp(-p/A)) / (1 - exp(-1/A)), label 10.1 times its largest rise above the line.
    with open("out/neurosim.json") as file:
        sim = json.load(file)
    assert sim["trains_reach_the_ends"] and sim["sigmaDtoD"] > 0 and sim["sigmaCtoC"] is None
    assert sim["trains"]["LTD_s"][-1] == sim["minConductance"] == sim["trains"]["LTP_s"][0] and abs(sim["trains"]["LTP_s"][-1] / sim[
            "maxConductance"] - 1) < 0.01
    for key, column, levels in (("NL_LTP", "LTP_s", "maxNumLevelLTP"), ("NL_LTD", "LTD_s", "maxNumLevelLTD")):
        curve = np.array(sim["trains"][column])
        assert len(curve) == sim[levels] + 1
        normal = (curve - curve[0]) / (curve[-1] - curve[0])
        at = np.linspace(0, 1, len(normal))
        label = sim[key] if key == "NL_LTP" else -sim[key]

        def bent(c):
            return np.expm1(-c * at) / np.expm1(-c) if abs(c) > 1e-9 else at

        def bend(c):
            top = math.log(abs(c) / -math.expm1(-abs(c))) / abs(c)
            return math.copysign(10.1 * (math.expm1(-abs(c) * top) / math.expm1(-abs(c)) - top), c)

        candidates = np.concatenate([-np.geomspace(43, 1e-3, 4000), np.geomspace(1e-3, 43, 4000)])
        best = min(candidates, key=lambda c: np.sum((bent(c) - normal) ** 2))
        assert abs(bend(best) - label) < 0.02, (key, bend(best), label)
        misfit = np.abs(bent(best) - normal)
        stated = sim["misfit"][key[3:]]
        assert abs(misfit.max() - stated["largest"]) < 2e-3 and abs(np.sqrt(np.mean(misfit**2)) - stated["rms"]) < 2e-3
    assert sim["maxConductance"] > sim["minConductance"] > 0 and sim["readVoltage"] > 0

    # A measured synapse goes out as it was measured, with its scatter; NeuroSim's file needs conductances.
    noise = np.random.default_rng(3)
    rise = 1e-5 + 1e-4 * (1 - 0.98 ** np.arange(1, 301)) + 2e-7 * noise.standard_normal(300)
    fall = 1e-5 + 1e-4 * 0.97 ** np.arange(1, 301) + 2e-7 * noise.standard_normal(300)
    with open("pulses.csv", "w") as file:
        file.write("conductance_S,voltage_V,width_s\n" + "".join(f"{g:.9g},{v},1e-7\n" for train, v in ((rise, 1.2), (fall, -1.1)) for g in train))
    with open("bare.csv", "w") as file:
        file.write("".join(f"{a:.9g},{b:.9g}\n" for a, b in zip(1e4 * rise, 1e4 * fall)))
    for name in ("pulses", "bare"):
        run("device", "fit", reference, "--pulses", f"{name}.csv", "--film", "prpyr", "--barrier", "0.39", "-o", f"{name}.json")
        run("device", "export", f"{name}.json", "-o", f"out-{name}")
        with open(f"{name}.json") as file:
            synapse = json.load(file)["synapse"]
        with open(f"out-{name}/aihwkit.json") as file:
            rule = json.load(file)
        p = rule["params"]
        up = np.array(p["piecewise_up"]) * p["dw_min"] / 2
        assert np.allclose(up, synapse["up"], rtol=1e-9)
        # Two readings of 2e-7 S each, over the range that was seen.
        low, high = min(rise.min(), fall.min()), max(rise.max(), fall.max())
        assert math.isclose(p["dw_min_std"] * p["dw_min"] / 2, 2e-7 * math.sqrt(2) / (high - low), rel_tol=0.15), p["dw_min_std"]
        assert (rule["conductance_s"] is None) == (name == "bare")
        assert os.path.exists(f"out-{name}/neurosim.json") == (name == "pulses")
    with open("out-pulses/neurosim.json") as file:
        sim = json.load(file)
    assert math.isclose(sim["sigmaCtoC"], 2e-7 * math.sqrt(2) / (high - low), rel_tol=0.15) and sim["sigmaDtoD"] is None
    assert math.isclose(sim["maxConductance"], high, rel_tol=1e-8)
