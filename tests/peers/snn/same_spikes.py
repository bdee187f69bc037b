#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Feeds hopflow's input spikes to Brian2 and asks for the same output spikes, weights and thresholds.

    snn_trace FOLDER 100 3 1 > trace.json; python3 same_spikes.py trace.json [--target numpy|cython]

Exit 0: every spike of every image is the same, weights within 1e-9. Prints one line an image.
"""
import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
import brian2_network  # noqa: E402
from brian2_network import b, ms  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trace")
    parser.add_argument("--target", choices=["numpy", "cython"], default="numpy", help="how Brian2 runs")
    options = parser.parse_args()
    b.prefs.codegen.target = options.target
    trace = json.loads(Path(options.trace).read_text())
    weights = np.array(trace["weights_before"])
    per_image = round((trace["image_ms"] + trace["rest_ms"]) / trace["dt_ms"])
    steps, pixels = [], []
    for k, image in enumerate(trace["images"]):
        for step, pixel in image["input"]:
            steps.append(k * per_image + step)
            pixels.append(pixel)
    network = brian2_network.build(trace["neurons"], weights, np.array(steps), np.array(pixels))
    plastic, spikes = network["plastic"], network["spikes"]
    same = True
    for k, image in enumerate(trace["images"]):
        w = np.array(plastic.w).reshape(weights.shape)
        plastic.w = (w * (78 / w.sum(axis=0))).ravel()
        before = spikes.num_spikes
        network.run(per_image * trace["dt_ms"] * ms, namespace={})
        when = np.rint(np.array(spikes.t[before:] / ms) / trace["dt_ms"]).astype(int) - k * per_image
        found = [[int(s), int(j)] for s, j in sorted(zip(when, np.array(spikes.i[before:])))]
        late = sum(s * trace["dt_ms"] >= trace["image_ms"] for s, _ in found)
        agree = found[:len(found) - late] == image["output"] and late == image["spikes_in_rest"]
        same = same and agree
        print(f"{'ok' if agree else 'FAIL'} image {k}: {len(image['input'])} input spikes, hopflow {len(image['output'])} + {image['spikes_in_rest']}, "
              f"Brian2 {b.__version__} {len(found) - late} + {late} output spikes in image + rest")
    dw = np.abs(np.array(plastic.w).reshape(weights.shape) - np.array(trace["weights_after"])).max()
    moved = np.abs(np.array(trace["weights_after"]) - weights).max()
    dtheta = np.abs(np.array(network["exc"].theta / b.mV) - np.array(trace["theta_after_mv"])).max()
    near = dw < 1e-9 and dtheta < 1e-9
    print(f"{'ok' if near else 'FAIL'} largest difference of a weight {dw:.2g} (weights moved by up to {moved:.2g}), of a threshold {dtheta:.2g} mV")
    return 0 if same and near and sum(len(i["output"]) for i in trace["images"]) > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
