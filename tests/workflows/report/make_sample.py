#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the made-up run folders the report is tested with: sample/ (as older programs wrote it), headline/ (with one
stated number for each material), tiers/ (with several levels of theory), many/ (one material, many hops, no device) and hostile/.

Nothing here is a result of anything: "Testonium" and its kin do not exist, and every number comes from a formula below.
"""
import json
import math
import pathlib

HERE = pathlib.Path(__file__).parent


def noise(seed, i):
    """A number in [0, 1) that only depends on its arguments."""
    return math.modf(abs(math.sin(12.9898 * seed + 78.233 * i) * 43758.5453))[0]


def path(images, barrier, delta, salt):
    """extended XYZ of an ion crossing a small triclinic cell of octahedra, with one organic cation across a face."""
    a, b, c = (12.0, 0.0, 0.0), (0.6, 12.4, 0.0), (0.3, -0.4, 12.8)

    def cartesian(f):
        return [sum(f[k] * v[x] for k, v in enumerate((a, b, c))) for x in range(3)]

    frame = []
    for i in (0.25, 0.75):
        for j in (0.25, 0.75):
            for k in (0.25, 0.75):
                frame.append(("Pb", cartesian((i, j, k))))
                for d, axis in ((0.25, 0), (0.25, 1), (0.25, 2)):
                    f = [i, j, k]
                    f[axis] += d
                    frame.append(("I", cartesian(f)))
    # A methylammonium-like cation that the periodic boundary cuts in two.
    x, y, z = cartesian((0.99, 0.5, 0.5))
    cation = [("C", (x - 0.74, y, z)), ("N", (x + 0.74, y, z))]
    for side, sign, n in ((0, -1, 1.09), (1, 1, 1.03)):
        cx = cation[side][1][0]
        for t in range(3):
            angle = 2 * math.pi * t / 3 + (math.pi / 3 if side else 0)
            cation.append(("H", (cx + sign * 0.36, y + n * 0.94 * math.cos(angle), z + n * 0.94 * math.sin(angle))))
    wrapped = []
    for symbol, r in cation:
        wrapped.append((symbol, (r[0] - 12.0 if r[0] >= 12.0 else r[0], r[1], r[2])))
    atoms = frame + wrapped
    start, end = cartesian((0.5, 0.25, 0.25)), cartesian((0.75, 0.5, 0.25))
    mover = next(i for i, (s, r) in enumerate(atoms) if s == "I" and math.dist(r, start) < 1e-9)
    hole = next(i for i, (s, r) in enumerate(atoms) if s == "I" and math.dist(r, end) < 1e-9)
    text, distance, energy = [], [], []
    for n in range(images):
        t = n / (images - 1)
        e = barrier * math.sin(math.pi * t) ** 2 + delta * t
        rows = []
        for i, (symbol, r) in enumerate(atoms):
            if i == hole:
                continue
            r = list(r)
            if i == mover:
                r = [s + t * (q - s) + (0.9 * math.sin(math.pi * t) if k == 2 else 0) for k, (s, q) in enumerate(zip(start, end))]
            elif symbol in ("Pb", "I"):
                r = [q + 0.05 * math.sin(math.pi * t) * (noise(salt + k, i) - 0.5) for k, q in enumerate(r)]
            force = (0.0, 0.0, 0.0)
            if i == mover:  # minus dE/dt over the ion's velocity: the slope of the profile, carried by the ion alone
                v = [q - s + (0.9 * math.pi * math.cos(math.pi * t) if k == 2 else 0) for k, (s, q) in enumerate(zip(start, end))]
                slope = barrier * math.pi * math.sin(2 * math.pi * t) + delta
                force = [-slope * x / sum(y * y for y in v) for x in v]
            rows.append(f"{symbol} {r[0]:.17g} {r[1]:.17g} {r[2]:.17g} " + " ".join(f"{x:.6g}" for x in force))
        lattice = " ".join(f"{q:.17g}" for v in (a, b, c) for q in v)
        text += [str(len(rows)),
                 f'Lattice="{lattice}" Properties=species:S:1:pos:R:3:forces:R:3 energy={e - 321.5:.17g} pbc="T T T"'] + rows
        distance.append(round(4.9 * t, 4))
        energy.append(round(e, 5))
    return "\n".join(text) + "\n", {"distance_angstrom": distance, "energy_ev": energy}


ENGINE = {"name": "made-up", "version": "0", "tier": "ff", "charge": "formal +1 e per vacancy, made up",
          "parameters_hash": "00000000000000000000000000000000"}


def barrier(hop, status, forward=None, reverse=None, error=None, reason="", profile=None, file=None):
    found = forward is not None
    return {
        "hop": hop, "status": status, "reason": reason, "forward_ev": forward, "reverse_ev": reverse,
        "kra_ev": (forward + reverse) / 2 if found else None, "delta_e_ev": forward - reverse if found else None,
        "uncertainty_ev": error,
        "uncertainty_parts": [
            {"name": "residual_force", "value_ev": 0.0042, "note": "largest force left times the distance it could act over"},
            {"name": "images", "value_ev": 0.011, "note": "five images against nine"},
            {"name": "cell_size", "value_ev": None, "note": "one supercell only: not computed"}] if found else [],
        "attempt_frequency_thz": None,
        "checks": [
            {"name": "endpoints_relaxed", "passed": True, "detail": "fmax 0.009 and 0.008 eV/\u00c5"},
            {"name": "one_negative_mode", "passed": status == "converged", "detail": "1 negative mode in the moving part"},
            {"name": "cell_convergence", "passed": None, "detail": "one supercell only"}] if found else [],
        "warnings": ["made-up warning: one image lies close to another"] if status == "not_converged" else [],
        "engine": ENGINE, "evaluations": 412 if found else 37, "evaluations_endpoints": 120 if found else 37,
        "evaluations_band": 212 if found else 0, "evaluations_certificate": 80 if found else 0,
        "negative_modes": 1 if found else None, "fmax_ev_per_angstrom": 0.043 if found else None,
        "profile": profile, "path": file}


def hop(name, origin, target, length, multiplicity, component="intra", selected=True, reversed_by_symmetry=False):
    return {"id": name, "from": origin, "to": target, "length_angstrom": length, "multiplicity": multiplicity, "shared_metal": 1,
            "component": component, "reversed_by_symmetry": reversed_by_symmetry, "bottleneck_angstrom": 2.11, "selected": selected}


def device(barrier_ev, off, ratio, salt):
    up = [1.5 * i / 30 for i in range(31)]
    voltage = up + up[-2::-1] + [-v for v in up[1:]] + [-v for v in up[-2::-1]]
    current = []
    for i, v in enumerate(voltage):
        on = 31 * 0.6 <= i < 61 + 31 * 0.67
        level = min(1e-3, off * ratio) if on else off
        current.append(math.copysign(min(1e-3, level * (abs(v) + (0 if on else 2 * v * v))), v))
    kelvin = list(range(300, 421, 10))
    tau = [1e-12 * math.exp((barrier_ev + 0.65) / (8.617333e-5 * t)) for t in kelvin]
    pulses = list(range(1, 51))
    ltp = [off * 10 * (1 + 9 * (1 - math.exp(-p / 15))) for p in pulses]
    ltd = [off * 10 * (1 + 9 * math.exp(-p / 12)) for p in pulses]
    return {
        "parameters": {"barrier_ev": barrier_ev, "attempt_frequency_thz": 1.0, "set_voltage_v": 0.9, "g_min_s": off * 10, "model": "made up"},
        "rows": [
            {"id": "test.off", "quantity": "off current", "unit": "A", "role": "calibrate", "paper": off, "model": off * 1.02, "p05": off * 0.9,
                    "p95": off * 1.2, "verdict": "hit", "kind": "arithmetic", "reason": "the fit saw this row"},
            {"id": "test.ratio", "quantity": "on/off ratio", "unit": "-", "role": "holdout", "paper": 1e6, "model": ratio, "p05": ratio / 2, "p95": ratio * 2,
                    "verdict": "miss" if ratio < 1e6 else "hit", "kind": "independent", "reason": "current compliance limits the ratio" if ratio < 1e6 else ""},
            {"id": "test.energy", "quantity": "energy of one write", "unit": "nJ", "role": "holdout", "paper": [1, 2], "model": None, "p05": None,
                    "p95": None, "verdict": "not_computed", "kind": "independent", "reason": "the model has no such quantity"}],
        "fit": {"names": ["ln on_conductance_s", "set_threshold_v", "stabilisation_ev"], "values": [-6.2, 0.9, 0.65], "sd": [0.25, 0.04, 0.0],
                "covariance": [[0.0625, -0.008, 0.0], [-0.008, 0.0016, 0.0], [0.0, 0.0, 0.0]], "residuals": [{"row": "test.off", "in_tolerances": 0.02}]},
        "identifiability": [{"barrier_ev": barrier_ev + 0.05 * k, "stabilisation_ev": 0.65 - 0.05 * k, "set_v": 0.9, "tau_300k_s": tau[0]} for k in (-1, 0, 1)],
        "iv": {"voltage_v": voltage, "current_a": current},
        "retention": {"temperature_k": kelvin, "tau_s": tau, "p05_s": [t / 4 for t in tau], "p95_s": [t * 5 for t in tau]},
        "map": {"voltage_v": [0.1 * i for i in range(-15, 13) if i], "ratio": [min(3e4, math.exp(max(0, abs(i) - 6) * 1.5)) for i in range(-15, 13) if i],
                "class": []},
        "stdp": {"distance_s": [2e-6 * i for i in range(-10, 11) if i],
                "relative_change": [math.copysign(0.6, i) * math.exp(-abs(i) / 4) for i in range(-10, 11) if i], "hebbian": True},
        **{f"eis_{state}": {"frequency_hz": [10 ** (k / 4 - 1) for k in range(25)], "real_ohm": [r / (1 + 10 ** (k / 2 - 5)) for k in range(25)],
                            "imaginary_ohm": [-r * 10 ** (k / 4 - 2.5) / (1 + 10 ** (k / 2 - 5)) for k in range(25)], "capacitance_f": [1e-11] * 25}
           for state, r in (("off", 0.1 / off), ("on", 0.1 / min(1e-3, off * ratio)))},
        "energy": [{"pulse": "set", "voltage_v": 1.25, "width_s": 1e-7, "integral_j": 2e-11, "final_current_j": 1.2e-10, "hottest_k": 410.0}],
        "nuisance": [{"key": "start_state", "value": 0.5, "prediction": "made-up window (V)", "model": [-1.2, -0.6]},
                {"key": "read_voltage_v", "value": 0.1, "prediction": "on/off ratio", "model": ratio}],
        "ltp": {"pulse": pulses, "conductance_s": ltp}, "ltd": {"pulse": pulses, "conductance_s": ltd},
        "synapse": {"g_min_s": off * 10, "g_max_s": off * 100, "nodes": [0, 0.5, 1], "up": [0.05, 0.03, 0.0], "down": [0.0, 0.03, 0.06],
                "pulse": {"up_v": 0.9, "down_v": -1.0, "width_s": 0.01}, "note": "made up"},
        "notes": ["Fitted: off current and set voltage. From the barrier: the slope of ln tau against 1/T.",
                  "A barrier cannot explain the off current: that is electronic."]}


def comparison():
    band = {"p05": 1e3, "median": 1e5, "p95": 1e7}
    return {"write_voltage_v": 1.25, "note": "made up",
            "materials": [{"name": "Testonium", "barrier_ev": 0.53, "barrier_sd_ev": 0.1, "tau_s": band, "switching_s": band,
                    "update": {"up_v": 0.95, "down_v": -0.7}},
                          {"name": "Fabricite", "barrier_ev": 0.24, "barrier_sd_ev": 0.1, "tau_s": band, "switching_s": None, "update": None}],
            "orders": [{"larger": "Testonium", "smaller": "Fabricite", "barrier": 0.98, "tau_s": 0.97}],
            "properties": [{"property": "ratio of retention times", "from": "barrier", "sentence": "made up"},
                    {"property": "yield", "from": "not explained", "sentence": "made up"}]}


LETTERS = {
    "N": lambda i, j: j in (3, 12) or abs(i - j - (i - j) % 1) < 2 and 3 <= j <= 12 and abs(i - (j - 3) * 15 / 9) < 1.2,
    "T": lambda i, j: 2 <= i <= 3 and 2 <= j <= 13 or 7 <= j <= 8 and 2 <= i <= 13,
    "U": lambda i, j: j in (3, 4, 11, 12) and 2 <= i <= 11 or 12 <= i <= 13 and 3 <= j <= 12}


def crossbar(off, on):
    patterns = []
    for n, (name, inside) in enumerate(LETTERS.items()):
        written = [[1 if inside(i, j) else 0 for j in range(16)] for i in range(16)]
        read = [[(on if w else off) * (1 - 0.01 * (j + 15 - i)) * (0.8 + 0.4 * noise(n, 16 * i + j)) for j, w in enumerate(row)]
                for i, row in enumerate(written)]
        patterns.append({"name": name, "written": written, "read_current_a": [[float(f"{c:.4g}") for c in r] for r in read], 
                "errors": 1 if name == "U" else 0, "margin": 3.21, "scheme": "grounded"})
    return {"rows": 16, "columns": 16, "line_resistance_ohm": 1.0, "patterns": patterns, "residual": 3.2e-15, "notes": ["made-up currents"]}


def snn(mean):
    seeds = []
    for s in range(3):
        confusion = [[int(100 * (mean if i == j else (1 - mean) * noise(s, 10 * i + j) / 4.5)) for j in range(10)] for i in range(10)]
        values = []
        for f in range(4 if s == 0 else 0):
            values.append([round(max(0.0, math.exp(-((math.hypot(p % 28 - 14, p // 28 - 14) - 4 - 2 * f) ** 2) / 6)), 2) for p in range(784)])
        seeds.append({"seed": s + 1, "accuracy": mean + 0.01 * (s - 1), "accuracy_first_1000": mean + 0.01 * (s - 1) - 0.02,
                      "accuracy_sampling_error": 0.013, "accuracy_mean_rate": mean - 0.03, "accuracy_likeliest": mean + 0.01 * (s - 1),
                      "weight_histogram": {"edges": [k / 10 for k in range(11)], "counts": [5000 // (k + 1) for k in range(10)]},
                      "spike_histogram": {"edges": [5 * k for k in range(11)], "counts": [int(900 * math.exp(-((k - 3) ** 2) / 4)) for k in range(10)]},
                      "energy": {"per_write_j": 3.1e-12, "per_training_image_j": 2.2e-8, "per_inference_j": 4.5e-10}, "confusion": confusion,
                      "receptive_fields": {"rows": 2, "columns": 2, "side": 28, "values": values}, "spikes_per_image": 14.2 + s, "dead_neurons": 3,
                      "curve": [{"samples": n, "accuracy": mean * (1 - math.exp(-n / 700))} for n in range(500, 6001, 500)], "synapse": "device", "notes": []})
    uncertainty = {"order": 3, "accuracy_mean": mean - 0.02, "accuracy_sd": 0.05, "barriers_ev": [0.4, 0.5, 0.6], "retention_s": [1e3, 1e5, 1e7],
                   "accuracies": [[mean - 0.08 + 0.06 * i + 0.01 * j for j in range(3)] for i in range(3)],
                   "parts": [{"cause": "barrier", "sd": 0.06, "f": 40.0}, {"cause": "seed", "sd": 0.01, "f": 2.0}, {"cause": "cells", "sd": 0, "f": 0.7},
                             {"cause": "rest", "sd": 0.008, "f": None}], "note": "made-up draws"}
    differences = [{"to": "Sample I", "mean": -0.18, "sd": 0.02, "sem": 0.012, "pairs": 3}] if mean < 0.7 else []
    return {"accuracy_mean": mean, "accuracy_sd": 0.01, "seeds": seeds, "uncertainty": uncertainty, "differences": differences}


def network(barrier, hop):
    """A chain along b: the keys of a network that percolates, numbers by the closed form of one hop."""
    def spread(t):
        return 4e-16 * 1e12 * 1e-4 * math.exp(-barrier / (8.617333e-5 * t)) * 1e4

    step = {"dimension": 1, "barrier_ev": barrier, "deciding_hop": hop}
    d = spread(300)
    tensor = [[0, 0, 0], [0, d, 0], [0, 0, 0]]
    principal = [{"diffusivity_cm2_per_s": d if k == 0 else 0.0, "direction": [0, 1, 0] if k == 0 else [1, 0, 0], "tracer_correlation": None} for k in range(3)]
    at = {"temperature_k": 300.0, "mean_cm2_per_s": d / 3, "mean_low_cm2_per_s": d / 30, "mean_high_cm2_per_s": d / 0.3, "tensor_cm2_per_s": tensor,
          "along_cell_cm2_per_s": {"a": 0.0, "b": d, "c": 0.0}, "principal": principal, "tracer_per_vacant_fraction_cm2_per_s": None,
                  "tracer_relative_error": None}
    line = {"from_k": 240.0, "to_k": 390.0, "activation_ev": barrier, "prefactor_cm2_per_s": spread(1e9) / 3, "largest_deviation_ln": 0.0,
            "activation_along_cell_ev": {"a": None, "b": barrier, "c": None}}
    return {"by_dimension": [step], "along_cell": {"a": None, "b": step, "c": None},
            "diffusion": {"of": "one vacancy, dilute", "attempt_frequency_thz": 1.0, "attempt_frequency_factor": 10.0, "sites": 12, "temperatures": [at],
                          "arrhenius": line, "note": "made up"}}


def material(name, model, barriers, hops, network, paper, **stages):
    return {
        "name": name, "structure": f"../structures/{name.lower()}.cif", "structure_hash": "0" * 32, "formula": "CH6I3NPb", "atoms": 48,
                "volume_angstrom3": 1904.6,
        "cell": {"a": 12.0, "b": 12.415, "c": 12.81, "alpha": 91.7, "beta": 88.66, "gamma": 87.23},
        "space_group": {"number": 2, "symbol": "P-1"}, "model": model,
        "provenance": ["model structure; not experimental; made up to test the report"] if model else ["made up to test the report"],
        "warnings": ["made-up warning: the file states no temperature"],
        "molecules": [{"name": "methylammonium", "formula": "CH6N", "count": 1, "charge": 1}], "framework": {"dimension": 3, "sharing": "corner"},
        "symmetry": {"of": "frame", "symprec_angstrom": 0.5, "number": 221, "symbol": "Pm-3m"},
        "forcefield": {"name": "made-up-field", "charge_set": "none", "status": "made up"}, "engine": ENGINE,
        "supercell": {"matrix": [[2, 0, 0], [0, 2, 0], [0, 0, 2]], "atoms": 39, "min_image_distance_angstrom": 11.97},
        "host": {"relax": "positions", "converged": True, "fmax_ev_per_angstrom": 0.009, "evaluations": 40},
        "sites": [{"label": "I1", "multiplicity": 4}, {"label": "I2", "multiplicity": 8}],
        "vacancies": [{"site": "I1", "supercell_atom": 84, "status": "ok", "reason": "", "energy_ev": -321.5, "drift_angstrom": 0.4, "evaluations": 88},
                      {"site": "I2", "supercell_atom": 85, "status": "slipped", "reason": "the vacancy moved to I1 while relaxing (1.9 \u00c5)",
                              "energy_ev": None, "drift_angstrom": 1.9, "evaluations": 61}],
        "hops": hops, "barriers": barriers, "network": network, "paper": paper,
        "stage_problems": stages.get("problems", []),
        "device": stages.get("device"), "crossbar": stages.get("crossbar"), "snn": stages.get("snn")}


def sample_data():
    files = {}
    ta, pa = path(7, 0.41, -0.12, 1)
    tb, pb = path(7, 0.31, 0.0, 2)
    tc, pc = path(5, 0.25, 0.05, 3)
    files["hops/Testonium/I1-I2-4.69/path.extxyz"] = ta
    files["hops/Testonium/I2-I2-4.20/path.extxyz"] = tb
    files["hops/Fabricite/I1-I1-4.41/path.extxyz"] = tc
    low = {"id": "neb.test", "value": 0.39, "unit": "eV", "tolerance": "+-0.15 eV", "role": "holdout", "note": "made-up reference; functional not stated"}
    span = {"id": "ea.iodide_range", "value": [0.1, 0.6], "unit": "eV", "tolerance": "in_range", "role": "holdout", "note": "sanity band"}
    materials = [
        material("Testonium", True,
                 [barrier("I1-I2-4.69", "converged", 0.412, 0.532, 0.021, profile=pa, file="hops/Testonium/I1-I2-4.69/path.extxyz"),
                  barrier("I2-I2-4.20", "converged", 0.310, 0.310, 0.013, profile=pb, file="hops/Testonium/I2-I2-4.20/path.extxyz"),
                  barrier("I1-I1-5.02", "slipped", reason="end point B: the vacancy moved to I2 while relaxing (1.9 \u00c5 from where it was cut)")],
                 [hop("I1-I2-4.69", "I1", "I2", 4.69, 8), hop("I2-I2-4.20", "I2", "I2", 4.2, 4, reversed_by_symmetry=True),
                         hop("I1-I1-5.02", "I1", "I1", 5.02, 4, "inter"),
                  hop("I1-I2-5.31", "I1", "I2", 5.31, 8, "inter", False)],
                 {"percolating": True, "dimension": 1, "barrier_ev": 0.532, "uncertainty_ev": 0.025, "deciding_hop": "I1-I2-4.69",
                         "note": "1D along b through I1 and I2",
                  **network(0.532, "I1-I2-4.69")},
                 [low, span, {"id": "ea.retention", "value": 0.18, "unit": "eV", "tolerance": None, "role": "context",
                         "note": "does not follow from its own end points"}],
                 device=device(0.53, 3.6e-9, 2.4e5, 1), crossbar=crossbar(2e-9, 1e-5), snn=snn(0.79)),
        material("Fabricite", False,
                 [barrier("I1-I1-4.41", "not_converged", 0.27, 0.22, 0.09, reason="600 rounds without fmax below 0.05 eV/\u00c5 (0.081 left)", profile=pc,
                         file="hops/Fabricite/I1-I1-4.41/path.extxyz"),
                  barrier("I1-I2-4.80", "converged", 0.2184, 0.2361, 0.0153),
                          barrier("I2-I2-5.11", "collapsed", reason="both end points relax into one basin")],
                 [hop("I1-I1-4.41", "I1", "I1", 4.41, 4), hop("I1-I2-4.80", "I1", "I2", 4.8, 8), hop("I2-I2-5.11", "I2", "I2", 5.11, 4)],
                 {"percolating": False, "dimension": 3, "barrier_ev": 0.2361, "uncertainty_ev": 0.0153, "deciding_hop": None,
                         "note": "not percolating: the converged hops join sites inside one cage only"},
                 [{"id": "neb.fab.a", "value": 0.29, "unit": "eV", "tolerance": "+-0.10 eV", "role": "holdout",
                         "note": "cited by the paper from earlier work; not NEB"},
                  {"id": "neb.fab.b", "value": 0.12, "unit": "eV", "tolerance": "+-0.10 eV", "role": "holdout",
                          "note": "cited by the paper from earlier work"}, span],
                 device=device(0.24, 5.7e-6, 110.0, 2), crossbar=crossbar(2e-6, 1e-4), snn=snn(0.61)),
        material("Imaginite", True, [barrier("I1-I2-4.55", "failed", reason="engine: made-up message at image 3")], [hop("I1-I2-4.55", "I1", "I2", 4.55, 8)],
                 {"percolating": False, "dimension": 0, "barrier_ev": None, "uncertainty_ev": None, "deciding_hop": None,
                         "note": "not percolating: no hop converged"},
                 [{"id": "neb.imag", "value": None, "unit": "eV", "tolerance": None, "role": "context", "note": "nothing to compare with"}],
                         problems=["device: no barrier, so no device is computed"])]
    summary = {"schema": "hopflow-summary/1", "study": "made-up test data", "quick": False, "hopflow": "0.1.0",
               "notes": ["Made-up test data: no line of this page is a result.",
                         "Force-field tier (ff): classical potentials; cells as read; organic cations held while Pb and I relax.",
                         "Testonium and Imaginite come from model structures."],
               "converged": False, "evaluations": 12345, "materials": materials, "device_comparison": comparison()}
    return summary, files


def sample(folder):
    write(folder, *sample_data())


def stated(barrier_ev, parts, hop, **more):
    """The headline of a material: its one number with the total error and what that consists of."""
    return {"barrier_ev": barrier_ev, "uncertainty_ev": math.sqrt(sum(x * x for x in parts.values())) if parts else None, "parts": parts,
            "tier": more.get("tier", "ff"),
            "engine": more.get("engine", "made-up 0"), "protocol": more.get("protocol", "inorganic atoms relaxed, cells as read"),
                    "dimension": more.get("dimension", 1), "deciding_hop": hop,
            "checks_failed": more.get("failed", []), "paper": more.get("paper", [])}


def with_total(row, parts, failed=None):
    """A barrier as newer programs write it: total error, its parts, and a status that says when a check failed."""
    row = dict(row, parts=parts, uncertainty_ev=math.sqrt(sum(x * x for x in parts.values())), largest_climb_ev=max(row["forward_ev"], row["reverse_ev"]),
            rate_barrier_ev=row["forward_ev"])
    if failed:
        row["status"] = "converged_check_failed"
        row["reason"] = f"{failed} failed"
        row["checks"] = [c for c in row["checks"] if c["name"] != failed] + [{"name": failed, "passed": False, "detail": "curvature differs by 48 %"}]
    return row


def edges(count, seed):
    return [[round(noise(seed, 6 * i + k), 4) for k in range(3)]
            + [round(noise(seed, 6 * i + k) + 0.4 * (noise(seed, 6 * i + k + 3) - 0.5), 4) for k in range(3)] for i in range(count)]


def headline(folder):
    summary, files = sample_data()
    test, fab, imag = summary["materials"]
    parts = {"numerical": 0.021, "path_choice": 0.01, "model": 0.1}
    low = {"numerical": 0.0153, "model": 0.1}
    test["barriers"][0] = with_total(test["barriers"][0], parts, "energy_force_consistency")
    test["barriers"][1] = with_total(test["barriers"][1], dict(parts, numerical=0.013))
    fab["barriers"][1] = with_total(fab["barriers"][1], low)
    test["headline"] = stated(0.532, parts, "I1-I2-4.69", failed=["energy_force_consistency"],
                              paper=[{"id": "neb.test", "value_ev": 0.39, "verdict": "not_comparable",
                                      "reason": "a force field's number is not compared with a DFT one"}])
    fab["headline"] = stated(0.2361, low, "I1-I2-4.80", dimension=3,
            paper=[{"id": "neb.fab.a", "value_ev": 0.29, "quantity": "easiest hop", "ours_ev": 0.22, "uncertainty_ev": 0.1, "verdict": "hit",
                    "reason": "made up"},
                                                                        {"id": "neb.fab.b", "value_ev": 0.12, "quantity": "network", "ours_ev": 0.2361,
                                                                                "uncertainty_ev": 0.1012, "verdict": "miss", "reason": "made up"},
                                                                                        {"id": "ea.iodide_range", "value_ev": [0.1, 0.6],
                                                                                                "quantity": "network", "ours_ev": 0.2361,
                                                                                                        "uncertainty_ev": 0.1012, "verdict": "hit",
                                                                                                                "reason": "made up"}])
    fab["network"].update(percolating=True, deciding_hop="I1-I2-4.80", **network(0.2361, "I1-I2-4.80"))
    imag["headline"] = stated(None, {}, None)
    for m in summary["materials"]:
        m["framework"] = {"dimension": 1, "sharing": "face"} if m is test else {"dimension": 3, "sharing": "corner"}
        for k, h in enumerate(m["hops"]):
            h.update(edges_fractional=edges(h["multiplicity"], k + 1), free_radius_angstrom=0.71)
    summary["barrier_comparisons"] = [
        {"a": "Testonium", "b": "Fabricite", "difference_ev": 0.2959, "error_ev": 0.1466, "probability": 0.978, "verdict": "separated", "higher": "Testonium",
                "reason": "made up"},
        {"a": "Testonium", "b": "Imaginite", "difference_ev": None, "error_ev": None, "probability": None, "verdict": "not separated", "higher": None,
                "reason": "Imaginite has no barrier"},
        {"a": "Fabricite", "b": "Imaginite", "difference_ev": None, "error_ev": None, "probability": None, "verdict": "not separated", "higher": None,
                "reason": "Imaginite has no barrier"}]
    summary["paper_orders"] = [{"id": "neb.order", "value": "Testonium > Fabricite", "verdict": "hit", "reason": "made up"}]
    fab["snn"] = {"accuracy": None, "accuracy_mean": None, "accuracy_sd": None, "seeds": [],
            "reason": "the filament forgets in 0.00016 s, within one sweep of 6 s"}
    for m in (test, fab):
        for p in m["crossbar"]["patterns"]:
            p["margins"] = [{"scheme": scheme, "line_resistance_ohm": r, "margin": 3.21 / (1 + r) / (1 + k), "errors": int(r) * k, "readable": k == 0} for k,
                    scheme in enumerate(("grounded", "half", "floating")) for r in (0, 1, 10)]
    write(folder, summary, files)


def tiers(folder):
    """The materials of headline/ with numbers at several levels of theory, the best one first in each list."""
    data = json.loads((HERE / "headline" / "summary.json").read_text())
    for m in data["materials"]:
        for b in m["barriers"]:
            b["path"] = None
        for stage in ("device", "crossbar", "snn"):
            m[stage] = None
    test, fab = data["materials"][:2]
    dft = stated(0.47, {"model": 0.08, "protocol": 0.1}, "I1-I2-4.69", tier="dft",
            engine={"name": "cp2k", "version": "2023.1", "tier": "dft", "charge": "+1 e", "parameters_hash": "0" * 32},
                 protocol="dft, charge +1 e, organic cations held, cell as read", paper=test["headline"]["paper"])
    test["headlines"] = [dft, test["headline"] | {"paper": []}]
    test["headline"] = dft
    fab["headlines"] = [fab["headline"]]
    test["reference_bands"] = [{"file": "band.yaml", "what": "made up", "applies": True, "problem": "", "hop": "I1-I2-4.69", "status": "converged",
            "reason": "", "forward_ev": 0.44, "reverse_ev": 0.47, "uncertainty_ev": 0.13,
                                "tier": "dft", "charge": "+1 e", "calls": 98, "checks": [{"name": "saddle_converged", "passed": True, "detail": ""}]},
                               {"file": "other.yaml", "what": "made up", "applies": False, "problem": "another structure", "hop": "I2-I2-4.20",
                                       "status": "converged", "reason": "", "forward_ev": 0.2, "reverse_ev": 0.2, "uncertainty_ev": 0.1,
                                "tier": "dft", "charge": "+1 e", "calls": 7, "checks": []}]
    data["study"] = "made-up levels of theory"
    data["device_comparison"] = None
    write(folder, data, {})


def many(folder):
    """One material, 24 hops of which one is out of scale, nothing behind the barriers."""
    hops = [hop(f"I{1 + k % 4}-I{1 + k // 6}-{4 + k / 20:.2f}", f"I{1 + k % 4}", f"I{1 + k // 6}", 4 + k / 20, 4) for k in range(24)]
    rows = []
    for k, h in enumerate(hops):
        top = 5.4 if k == 20 else 0.2 + 0.03 * k
        points = {"distance_angstrom": [0.8 * i for i in range(7)], "energy_ev": [round(top * math.sin(math.pi * i / 6) ** 2, 4) for i in range(7)]}
        rows.append(barrier(h["id"], "converged", top, top, 0.02, profile=points))
    m = material("Manyite", False, rows, hops, {"percolating": True, "dimension": 3, "barrier_ev": 0.41, "uncertainty_ev": 0.02, "deciding_hop": hops[7][
            "id"], "note": "made up", **network(0.41, hops[7]["id"])}, [])
    m["model_error_ev"] = 0.1
    write(folder, {"schema": "hopflow-summary/1", "study": "made-up many hops", "quick": False, "hopflow": "0.1.0", "notes": ["Made-up test data."],
            "converged": True, "evaluations": 99, "materials": [m], "device_comparison": None}, {})


def hostile(folder):
    """Names that try to leave the place they are put in."""
    tag = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken';alert(1)\">"
    odd = "=cmd|' /C calc'!A0\u0000\u0007\u001b[31m\u202egnp.exe\u2028\u2029"
    text, profile = path(3, 0.3, 0.0, 5)
    file = f"hops/{tag}/path.extxyz"
    bad = material(tag, True, [barrier(odd, "converged", 0.3, 0.3, 0.02, reason=tag, profile=profile, file=file),
                               barrier("{a|b}{c}", tag, None, reason=odd, file="hops/none/path.extxyz"),
                               barrier("broken", "converged", 0.1, 0.1, file="hops/broken/path.extxyz",
                                       profile={"distance_angstrom": [0, "x", None], "energy_ev": [tag]}),
                               "not an object", None, 3],
                   [hop(odd, tag, odd, 4.2, 4), hop("__proto__", "constructor", "toString", 1e308, -1), 7],
                   {"percolating": True, "dimension": 1, "barrier_ev": 0.3, "uncertainty_ev": None, "deciding_hop": tag, "note": tag},
                   [{"id": "neb." + tag, "value": tag, "unit": odd, "tolerance": "+-" + tag, "role": tag, "note": tag},
                    {"id": "neb.x", "value": 0.3, "unit": "eV", "tolerance": "+-0.1 eV", "role": "holdout", "note": odd}],
                   device=device(0.3, 1e-9, 1e4, 3), crossbar=crossbar(1e-9, 1e-5), snn=snn(0.5))
    for key in ("formula", "structure", "structure_hash"):
        bad[key] = tag
    bad["provenance"] = bad["warnings"] = [tag, odd]
    bad["device"]["notes"] = [tag]
    bad["device"]["stdp"] = {"distance_s": [tag, None, 1e308], "relative_change": tag}
    bad["device"]["eis_on"] = [tag]
    bad["device"]["fit"] = {"names": [tag, "ln x", 5], "values": [odd], "sd": [tag, 1.0], "covariance": [[tag, None], 7, [1e308]]}
    bad["device"]["nuisance"] = [{"key": tag, "prediction": odd, "model": [tag, None]}, 4]
    bad["device"]["energy"] = {"pulse": tag}
    bad["device"]["rows"].append({"id": tag, "role": odd, "paper": tag, "model": odd, "p05": tag, "p95": None, "verdict": tag, "kind": odd, "reason": tag})
    bad["device"]["parameters"][tag] = odd
    bad["headline"] = {"barrier_ev": 0.3, "uncertainty_ev": tag, "parts": {tag: 0.1, "x": odd}, "tier": tag, "engine": {"name": tag, "version": odd},
            "protocol": odd, "dimension": tag, "deciding_hop": odd,
                       "checks_failed": [tag, {"name": odd}, 7], "paper": [{"id": tag, "value_ev": 0.2, "verdict": odd, "reason": tag}, 3, {"value_ev": tag}]}
    bad["hops"][0].update(edges_fractional=[[0, 0, 0, 1, tag, 0], [0, 0, 0, 0.5, 0.5, 0.5], 7], free_radius_angstrom=tag)
    bad["crossbar"]["patterns"][0]["name"] = tag
    bad["crossbar"]["patterns"][0]["margins"] = [{"scheme": tag, "line_resistance_ohm": odd, "margin": 2, "errors": tag, "readable": False}, 5]
    bad["crossbar"]["patterns"][1]["read_current_a"] = [[tag, None], [1e308, -1]]
    bad["snn"]["seeds"][0]["confusion"] = [[tag, 1], None]
    wrong = {"name": 5, "barriers": {"a": 1}, "hops": "x", "network": [], "paper": 3, "device": [], "crossbar": {"patterns": 4}, "snn": {"seeds": 1},
            "model": "yes", "cell": 3, "supercell": {"matrix": 3}}
    write(folder, {"schema": "hopflow-summary/1", "study": tag + odd, "quick": True, "hopflow": tag, "notes": [tag, odd, {"a": tag}], "converged": True,
            "evaluations": 1, "materials": [bad, wrong, None, "x"],
                   "barrier_comparisons": [{"a": tag, "b": "5", "difference_ev": 0.1, "error_ev": odd, "probability": tag, "verdict": odd, "higher": tag,
                           "reason": odd}, 3, None],
                   "device_comparison": {"materials": [{"name": tag, "tau_s": tag, "update": odd}, 5], "orders": [None, {"larger": tag}], "properties": [tag],
                           "note": odd}},
          {"hops/hostile/path.extxyz": text, "hops/broken/path.extxyz": "2\nLattice=\"1 0 0 0 nan 0 0 0 1\"\nH 0 0 0\n"}, {file: "hops/hostile/path.extxyz"})


def write(folder, summary, files, renamed=None):
    if renamed:  # a name no file system takes stands in the summary of its own; give the viewer one it can find
        for m in summary["materials"][:1]:
            m["barriers"][0]["path"] = renamed[m["barriers"][0]["path"]]
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.json").write_text(json.dumps(summary, indent=None, separators=(",", ":"), sort_keys=True).replace('"materials":', '\n"materials":')
            + "\n")


if __name__ == "__main__":
    sample(HERE / "sample")
    headline(HERE / "headline")
    tiers(HERE / "tiers")
    many(HERE / "many")
    hostile(HERE / "hostile")
