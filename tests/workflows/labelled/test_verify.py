# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=300
"""hopflow verify: a stored band is computed again, and another engine, or an answer that was changed, is noticed."""
import json
import os
import subprocess
import unittest
from pathlib import Path

import ase.build
import ase.io
import numpy as np
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator

HOPFLOW, ROOT = os.environ["HOPFLOW"], Path(os.environ["HOPFLOW_ROOT"])
FOLDER = Path(os.environ["HOPFLOW_TEST_FOLDER"])
CLIENT = f"{{kind: ipi, command: \"/usr/bin/python3 {ROOT}/inputs/engines/emt_client.py {{socket}} {{structure}}\", name: EMT, version: '1'}}"


def hopflow(*arguments, exits=(0,)):
    done = subprocess.run([HOPFLOW, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode in exits, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def band(name, change=0.0, client=True):
    """A copper atom on its way into a vacancy: five images with EMT's answers, the third changed by so much."""
    atoms = ase.build.bulk("Cu", cubic=True) * (2, 2, 2)
    del atoms[0]
    frames = []
    for k in range(5):
        image = atoms.copy()
        image.positions[0] *= 1 - k / 4
        image.calc = EMT()
        energy, forces = image.get_potential_energy(), image.get_forces()
        forces[3, 1] += change if k == 2 else 0
        image.calc = SinglePointCalculator(image, energy=energy, forces=forces)
        image.info = {"image": k, "band": "path"}
        frames.append(image)
    ase.io.write(FOLDER / f"{name}.extxyz", frames)
    file = FOLDER / f"{name}.yaml"
    file.write_text(f"schema: reference-band/1\nwhat: copper\nstructure: none\nstructure_hash: none\nhop: Cu-Cu\nframes: {name}.extxyz\n"
                    "frames_hash: none\ntier: ff\ncharge: '0'\nengine: EMT\nfmax: 0.1\n" + (f"client: {CLIENT}\n" if client else ""))
    return file


class Verify(unittest.TestCase):
    def test_the_engine_that_gave_the_answers_agrees(self):
        result = json.loads(hopflow("verify", band("right"), "--count", "5", "--json").stdout)
        self.assertTrue(result["agrees"])
        self.assertEqual([row["image"] for row in result["images"]], [0, 2, 4, 1, 3])
        for row in result["images"]:
            self.assertAlmostEqual(row["computed_ev"], row["stored_ev"], places=6)
            self.assertLess(row["largest_force_difference_ev_per_angstrom"], 1e-5)
        self.assertGreater(result["images"][1]["stored_ev"], 0.1)

    def test_a_force_that_was_changed_is_named(self):
        result = json.loads(hopflow("verify", band("changed", 0.06), "--json", exits=(5,)).stdout)
        self.assertEqual([row["agrees"] for row in result["images"]], [True, False, True])
        self.assertAlmostEqual(result["images"][1]["largest_force_difference_ev_per_angstrom"], 0.06, places=5)
        self.assertTrue(json.loads(hopflow("verify", FOLDER / "changed.yaml", "--force-tolerance", "0.1", "--json").stdout)["agrees"])

    def test_another_engine_is_noticed_and_one_must_be_named(self):
        file = band("bare", client=False)
        self.assertIn("--engine", hopflow("verify", file, exits=(2,)).stderr)
        other = \
            "{kind: lammps, units: metal, types: {Cu: 1}, commands: [\"pair_style lj/cut 6\", \"pair_coeff 1 1 0.4 2.3\"]}"
        done = hopflow("verify", file, "--engine", other, exits=(5,))
        self.assertIn("DIFFERS", done.stdout)


if __name__ == "__main__":
    unittest.main()
