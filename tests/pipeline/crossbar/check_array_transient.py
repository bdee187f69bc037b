# SPDX-License-Identifier: GPL-2.0-or-later
"""Pulses on arrays of memristors beside ngspice, which integrates the deck that hopflow writes: all schemes, lines of 0 to 50 ohm,
pulses that end during the switch, sources
with a compliance, cells with selectors. The state of every cell must agree to 0.002, currents away from switching to 1 %."""
import json
import os
import random
import subprocess
import sys
import tempfile

import numpy as np

hopflow, inputs = sys.argv[1:3]
count = int(sys.argv[3]) if len(sys.argv) > 3 else 20
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

    def spice(width):
        """Runs the deck; states and column currents at the end of the pulse."""
        done = subprocess.run(["ngspice", "-b", "deck.cir"], capture_output=True, text=True, timeout=300)
        tables = [np.loadtxt(name) for name in ("array-states.txt", "array-currents.txt")]
        for name in ("array-states.txt", "array-currents.txt"):
            os.remove(name)
        assert abs(tables[0][-1, 0] / width - 1) < 1e-6, done.stderr[-500:]
        return np.clip(tables[0][-1, 1:], 0, 1), tables[1][-1, 1:]

    def pulse(states, i, j, scheme, volts, width, ohm, *options):
        """Our answer and the states at its end; writes deck.cir."""
        image = np.zeros(states.shape)
        image[i, j] = 1
        np.savetxt("start.csv", states, delimiter=",", fmt="%.17g")
        np.savetxt("image.csv", image, delimiter=",", fmt="%d")
        answer = run("crossbar", "program", "device.json", *options, "--image", "image.csv", "--start", "start.csv", "--erase", "none", "--set-voltage",
                str(volts),
            "--width", str(width), "--scheme", scheme, "--row-resistance", str(ohm), "--column-resistance", str(ohm), "--netlist", "deck.cir", "-o", "out",
                    "--force", "--json")
        return json.loads(answer), np.loadtxt("out/state.csv", delimiter=",")

    def random_states(n):
        return np.array([[draw.choice([0.0, draw.uniform(0, 0.5), draw.uniform(0.5, 1.0), 1.0]) for _ in range(n)] for _ in range(n)])

    # The case in which voltages held too long set a neighbour that ngspice leaves alone, then random ones.
    cases = [("floating", 1.5, 1e-7, 5.0)]
    schemes = ["half", "third", "grounded", "floating"]
    for k in range(count - 1):
        cases.append((schemes[k % 4], draw.choice([1.3, 1.5]), 10 ** draw.uniform(-8.7, -6), draw.choice([0.0, 5.0, 20.0, 50.0])))
    # Sources with a compliance, which the deck holds as a limiter: some far below what the lines would draw.
    limits = {count - 1: 3e-4, count - 2: 1e-3, count // 2: 5e-5}
    worst = moved = limited = 0
    for k, (scheme, volts, width, ohm) in enumerate(cases):
        states = random_states(4)
        i, j = draw.randrange(4), draw.randrange(4)
        states[i, j] = draw.uniform(0, 0.3)
        limit = ["--compliance", str(limits[k])] if k in limits else []
        answer, ours = pulse(states, i, j, scheme, volts, width, ohm, *limit)
        limited += bool(answer["limited_rows"])
        theirs = spice(width)[0].reshape(4, 4)
        difference = np.max(np.abs(ours - theirs))
        moved += np.count_nonzero(np.abs(theirs - states) > 1e-3)
        worst = max(worst, difference)
        assert difference < 0.002, (k, scheme, volts, width, ohm, difference, ours, theirs)
    assert moved >= count and limited >= 1
    print(f"{count} arrays, {moved} cells moved, {limited} with a source at its compliance, worst difference of a state {worst:.1e}")

    # With selectors, transistors and diodes in series: pulses in every scheme.
    worst = moved = 0
    for c, cell in enumerate(["1s1r-exponential", "1s1r-threshold", "1t1r", "1d1r"]):
        for k, scheme in enumerate(schemes):
            ohm, volts, width = [0.0, 5.0, 20.0, 50.0][(c + k) % 4], 1.8 if cell == "1t1r" else 2.4, 10 ** draw.uniform(-8.5, -7)
            states = random_states(4)
            i, j = draw.randrange(4), draw.randrange(4)
            states[i, j] = draw.uniform(0, 0.3)
            _, ours = pulse(states, i, j, scheme, volts, width, ohm, "--cell", os.path.join(inputs, "cells", cell + ".yaml"))
            theirs = spice(width)[0].reshape(4, 4)
            difference = np.max(np.abs(ours - theirs))
            moved += np.count_nonzero(np.abs(theirs - states) > 1e-3)
            worst = max(worst, difference)
            assert difference < 0.002, (cell, scheme, volts, width, ohm, difference, ours, theirs)
    assert moved >= 16
    print(f"16 arrays with something in series, {moved} cells moved, worst difference of a state {worst:.1e}")

    # Currents away from switching: below all thresholds, as read by our own solver.
    worst = 0
    for n, ohms in ((4, [0.0, 1.0, 20.0, 50.0]), (16, [5.0])):
        for ohm in ohms:
            for scheme in schemes if n == 4 else ["half"]:
                states, i, j = random_states(n), draw.randrange(n), draw.randrange(n)
                pulse(states, i, j, scheme, 0.3, 1e-6, ohm, "--read-voltage", "0.3", "--read-scheme", scheme)
                ours = np.loadtxt(f"out/read-{scheme}.csv", delimiter=",")[i, j]
                currents = spice(1e-6)[1]
                # In a floating scheme the selected column alone is driven.
                theirs = currents[0 if scheme == "floating" else j]
                worst = max(worst, abs(ours / theirs - 1))
                assert abs(ours / theirs - 1) < 0.01, (n, scheme, ohm, ours, theirs)
    print(f"17 reads, worst difference of a current {worst:.1e} of it")
