#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Milliseconds per training example of the 400-neuron network, hopflow beside Brian2 and BindsNET, in one run on one core.

    python3 speed.py --hopflow build/release/hopflow --brian2 VENV/bin/python --bindsnet VENV/bin/python

Peers, in environments of their own: pip install brian2==2.9.0 'numpy<2.3' cython setuptools; BindsNET 0.3.4 with torch
(here Debian's 1.13: venv --system-site-packages, pip install --no-deps bindsnet==0.3.4 and what it then asks for).
Brian2 runs the same equations at the same step as C++ standalone, one long run without normalising and with no image shown
again: the least it could do. BindsNET runs its own DiehlAndCook2015 with its own defaults (250 ms, dt 1 ms), fewer and
longer steps than hopflow's 350 ms at 0.5 ms with 150 ms of rest. Compiling is not counted. Everything is run several
times, hopflow half of them before and half after the peers; medians count.
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent

BRIAN2 = """
import sys, tempfile
sys.path.insert(0, sys.argv[1])
import numpy as np
import brian2_network
from brian2_network import b, ms
images = int(sys.argv[2])
b.set_device("cpp_standalone", build_on_run=False)
b.prefs.devices.cpp_standalone.openmp_threads = 0
rng = np.random.default_rng(1)
image = np.zeros(784)
image[rng.permutation(784)[:150]] = rng.uniform(0.2, 1, 150)     # a digit's number of bright pixels
steps, pixels = [], []
for k in range(images):
    s, p = np.nonzero(rng.random((700, 784)) < image * 63.75 * 5e-4)
    steps.append(s + 1000 * k)
    pixels.append(p)
weights = 0.3 * (rng.random((784, 400)) + 0.01)
weights *= 78 / weights.sum(axis=0)
net = brian2_network.build(400, weights, np.concatenate(steps), np.concatenate(pixels))
net.run(images * 500 * ms, namespace={})
b.device.build(directory=tempfile.mkdtemp(), compile=True, run=False)
spent = []
for _ in range(3):
    b.device.run()
    spent.append(b.device._last_run_time)       # of the simulation alone, as the program itself measures it
print(1e3 * np.median(spent) / images)
"""

BINDSNET = """
import sys, time
import torch
from bindsnet.models import DiehlAndCook2015
from bindsnet.encoding import poisson
torch.manual_seed(1)
torch.set_num_threads(1)
images = int(sys.argv[2])
net = DiehlAndCook2015(n_inpt=784, n_neurons=400, exc=22.5, inh=120, dt=1.0, norm=78.4, nu=(1e-4, 1e-2), theta_plus=0.05, inpt_shape=(1, 28, 28))
image = torch.zeros(784)
image[torch.randperm(784)[:150]] = 25 + 103 * torch.rand(150)    # intensity 128 at full white: its example's
spent = []
for k in range(images + 1):
    begin = time.perf_counter()
    spikes = poisson(datum=image, time=250, dt=1.0).view(250, 1, 1, 28, 28)
    net.run(inputs={"X": spikes}, time=250)
    net.reset_state_variables()
    spent.append(time.perf_counter() - begin)
print(1e3 * sorted(spent[1:])[images // 2])
"""

EFFECTS = ["--devices", "16", "--step-sd", "0.3", "--range-sd", "0.1", "--shape-sd", "0.2", "--stuck-low", "0.01", "--stuck-high", "0.01",
           "--write-noise", "0.3", "--write-probability", "0.9", "--retention", "1e6"]


def hopflow(program, preset, images, *more):
    out = subprocess.run([program, "snn", "train", "--preset", preset, "--train", str(images), "--label", "10", "--test", "10", "--json", *more],
                         check=True, capture_output=True, text=True).stdout
    return json.loads(out)["train_ms_per_example"]


def peer(python, script, images):
    done = subprocess.run([python, "-c", script, str(HERE), str(images)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{python}: {done.stderr[-2000:]}")
    return float(done.stdout.split()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hopflow", required=True)
    parser.add_argument("--data", help="folder with mnist/, where hopflow's own isn't meant")
    parser.add_argument("--brian2", help="python with Brian2")
    parser.add_argument("--bindsnet", help="python with BindsNET")
    parser.add_argument("--images", type=int, default=2000, help="training images of hopflow")
    options = parser.parse_args()
    data = ["--data", options.data] if options.data else []
    cases = {"dc2015": ("dc2015", []), "pair, every effect": ("pair", EFFECTS), "post-only, every effect": ("post-only", EFFECTS)}
    def measure():
        for name, (preset, more) in cases.items():
            times[name] += [hopflow(options.hopflow, preset, options.images, *more, *data) for _ in range(3)]

    times = {name: [] for name in cases}
    measure()
    peers = {}
    if options.brian2:
        peers["Brian2 C++ standalone"] = peer(options.brian2, BRIAN2, 20)
    if options.bindsnet:
        peers["BindsNET"] = peer(options.bindsnet, BINDSNET, 15)
    measure()
    for name, ms in times.items():
        print(f"hopflow {name}: {median(ms):.3f} ms/example ({min(ms):.3f} to {max(ms):.3f})")
    for name, ms in peers.items():
        print(f"{name}: {ms:.1f} ms/example, {ms / median(times['dc2015']):.0f} times hopflow's dc2015")


if __name__ == "__main__":
    main()
