# SPDX-License-Identifier: GPL-2.0-or-later
"""What wires, sneak paths and the read scheme cost a trained network: its 784 x 400 weights read through tiled arrays.

    hopflow snn train --neurons 400 --train 6000 --test 1000 --network network.json --weights weights.csv
    python3 tests/bench/crossbar_network.py network.json weights.csv [--test 1000] [--on-resistance 383] [--off-resistance 38300]

Each line: scheme of rows without a spike, ohm a segment, tile, whether each neuron's gain is trimmed; what the wires leave of
a conductance; energy a spike; accuracy on the same test images, and how many answers that is less.
"""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network")
    parser.add_argument("weights")
    parser.add_argument("--hopflow", default=str(ROOT / "build/release/hopflow"))
    parser.add_argument("--test", type=int, default=1000)
    parser.add_argument("--on-resistance", type=float, default=383)
    parser.add_argument("--off-resistance", type=float, default=38300)
    parser.add_argument("--tile", type=int, nargs="+", default=[128])
    parser.add_argument("--ohm", type=float, nargs="+", default=[0, 0.1, 1, 10])
    parser.add_argument("--scheme", nargs="+", default=["grounded", "half", "floating"])
    a = parser.parse_args()

    def run(*words):
        return json.loads(subprocess.run([a.hopflow, *map(str, words), "--json"], check=True, capture_output=True, text=True).stdout)

    def accuracy(*words):
        return run("snn", "test", a.network, "--test", a.test, *words)["accuracy"]

    ideal = accuracy()
    print(f"as trained: accuracy {ideal:.4f} on {a.test} images")
    print("scheme    ohm  tile  trim   median share  least share  J a spike   idle W      accuracy  answers lost")
    with tempfile.TemporaryDirectory() as folder:
        effective = str(Path(folder) / "effective.csv")
        for tile in a.tile:
            for ohm in a.ohm:
                for scheme in a.scheme:
                    for trim in [[], ["--trim"]]:
                        read = run("crossbar", "synapse", a.weights, "--on-resistance", a.on_resistance, "--off-resistance", a.off_resistance,
                                "--row-resistance", ohm,
                                   "--column-resistance", ohm, "--tile", tile, "--scheme", scheme, "-o", effective, "--force", *trim)
                        reached = accuracy("--weights", effective)
                        print(f"{scheme:9} {ohm:4g} {tile:5} {'yes' if trim else 'no':5} {read['median_share']:12.4f} {read['least_share']:12.4f} "
                              f"{read['read_energy_j']:11.3g} "
                              f"{read['idle_power_w']:11.3g} {reached:9.4f} {round((ideal - reached) * a.test):8}", flush=True)


if __name__ == "__main__":
    main()
