# SPDX-License-Identifier: GPL-2.0-or-later
"""Pulses on arrays of memristors beside ngspice, which integrates the deck that hopflow writes: all schemes, lines of 0 to 50 ohm,
pulses that end during the switch, sources
with a compliance. The state of every cell must agree to 0.002."""
import json
import os
import random
import subprocess
import sys
import tempfile

import numpy as np

hopflow, inputs = sys.argv[1:3]
count = int(sys.argv[3]) if len(sys.argv) > 3 else 8
reference = os.path.join(inputs, "reference", "paper.yaml")


def run(*arguments):
    done = subprocess.run([hopflow, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    run("device", "fit", reference, "--barrier", "0.39", "-o", "device.json")
    with open("device.json") as file:
        device = json.load(file)
    # No spread: what is compared is the array, not the drawing of its cells.
    with open("device.json", "w") as file:
        json.dump({"parameters": dict(device["parameters"], ratio_sigma_decades=0.0)}, file)
    draw = random.Random(5)
    # The case in which voltages held too long set a neighbour that ngspice leaves alone, then random ones.
    cases = [("floating", 1.5, 1e-7, 5.0)]
    schemes = ["half", "third", "grounded", "floating"]
    for k in range(count - 1):
        cases.append((schemes[k % 4], draw.choice([1.3, 1.5]), 10 ** draw.uniform(-8.7, -6), draw.choice([0.0, 5.0, 20.0, 50.0])))
    # Sources with a compliance, which the deck holds as a limiter: some far below what the lines would draw.
    limits = {count - 1: 3e-4, count - 2: 1e-3, count // 2: 5e-5}
    worst = moved = limited = 0
    for k, (scheme, volts, width, ohm) in enumerate(cases):
        states = np.array([[draw.choice([0.0, draw.uniform(0, 0.5), draw.uniform(0.5, 1.0), 1.0]) for _ in range(4)] for _ in range(4)])
        i, j = draw.randrange(4), draw.randrange(4)
        states[i, j] = draw.uniform(0, 0.3)
        image = np.zeros((4, 4))
        image[i, j] = 1
        np.savetxt("start.csv", states, delimiter=",", fmt="%.17g")
        np.savetxt("image.csv", image, delimiter=",", fmt="%d")
        limit = ["--compliance", str(limits[k])] if k in limits else []
        done = run("crossbar", "program", "device.json", *limit, "--image", "image.csv", "--start", "start.csv", "--erase", "none", "--set-voltage", str(volts),
            "--width", str(width), "--scheme", scheme, "--row-resistance", str(ohm), "--column-resistance", str(ohm), "--netlist", "deck.cir", "-o", "out", "--force", "--json")
        limited += bool(json.loads(done)["limited_rows"])
        ours = np.loadtxt("out/state.csv", delimiter=",")
        done = subprocess.run(["ngspice", "-b", "deck.cir"], capture_output=True, text=True, timeout=300)
        table = np.loadtxt("array-states.txt")
        os.remove("array-states.txt")
        assert abs(table[-1, 0] / width - 1) < 1e-6, done.stdout[-500:]
        theirs = np.clip(table[-1, 1:17].reshape(4, 4), 0, 1)
        difference = np.max(np.abs(ours - theirs))
        moved += np.count_nonzero(np.abs(theirs - states) > 1e-3)
        worst = max(worst, difference)
        assert difference < 0.002, (k, scheme, volts, width, ohm, difference, ours, theirs)
    assert moved >= count and limited >= 1
    print(f"{count} arrays, {moved} cells moved, {limited} with a source at its compliance, worst difference of a state {worst:.1e}")
