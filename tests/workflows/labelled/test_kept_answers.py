# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=300
"""Commands that ask engines one question after the other keep their answers: killed and run again, they go on; and
frames chosen from a run are labelled by another engine."""
import json
import os
import signal
import subprocess
import time
import unittest
from pathlib import Path

import ase.build
import ase.io
import numpy as np
from ase.calculators.emt import EMT

HOPFLOW, ROOT = os.environ["HOPFLOW"], Path(os.environ["HOPFLOW_ROOT"])
FOLDER = Path(os.environ["HOPFLOW_TEST_FOLDER"])
EMT_CLIENT = ROOT / "inputs/engines/emt_client.py"
# EMT that writes down each question it answers, and takes its time.
SLOW = """import sys, time
import ase.io
from ase.calculators.emt import EMT
from ase.calculators.socketio import SocketClient
class Slow(EMT):
    def calculate(self, *words, **keys):
        time.sleep(0.1)
        super().calculate(*words, **keys)
        open(sys.argv[3], "a").write("x")
atoms = ase.io.read(sys.argv[2])
atoms.calc = Slow()
SocketClient(unixsocket=sys.argv[1]).run(atoms, use_stress=False)
"""


def hopflow(*arguments, exits=(0,)):
    done = subprocess.run([HOPFLOW, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode in exits, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def rattled(count):
    atoms = ase.build.bulk("Cu", cubic=True) * (2, 2, 2)
    del atoms[0]
    out = []
    for seed in range(count):
        frame = atoms.copy()
        frame.rattle(0.15, seed=seed)
        out.append(frame)
    return out


def slow_engine(counter):
    (FOLDER / "slow.py").write_text(SLOW)
    return f"{{kind: ipi, command: \"/usr/bin/python3 {FOLDER}/slow.py {{socket}} {{structure}} {counter}\", name: slow EMT, version: '1'}}"


def killed_and_repeated(arguments, output, counter, after):
    """Evaluations of a command killed after so many, and of all its runs together."""
    process = subprocess.Popen([HOPFLOW, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while process.poll() is None and (not counter.exists() or counter.stat().st_size < after):
        time.sleep(0.02)
    assert process.poll() is None, "it was to be killed while it runs"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not output.exists()
    assert (FOLDER / (output.name + ".unfinished")).is_dir()
    before = counter.stat().st_size
    hopflow(*arguments)
    assert not (FOLDER / (output.name + ".unfinished")).exists()
    return before, counter.stat().st_size


class KeptAnswers(unittest.TestCase):
    def test_a_relaxation_that_was_killed_goes_on(self):
        start, whole, output = FOLDER / "start.extxyz", FOLDER / "whole.extxyz", FOLDER / "killed.extxyz"
        ase.io.write(start, rattled(1)[0])
        one, two = FOLDER / "one", FOLDER / "two"
        words = ["relax", start, "--fmax", "0.01"]
        hopflow(*words, "--engine", slow_engine(one), "-o", whole)
        before, after = killed_and_repeated([*words, "--engine", slow_engine(two), "-o", output], output, two, 5)
        self.assertLessEqual(after, one.stat().st_size + 1)  # the question under way may have to be asked again
        self.assertGreater(after, before)
        # A client that was started again has other neighbour lists, so its last digits differ.
        resumed, straight = ase.io.read(output), ase.io.read(whole)
        self.assertAlmostEqual(resumed.get_potential_energy(), straight.get_potential_energy(), places=5)
        np.testing.assert_allclose(resumed.positions, straight.positions, atol=1e-4)

    def test_labelling_that_was_killed_goes_on_and_labels_are_the_engines(self):
        source, output, counter = FOLDER / "source.extxyz", FOLDER / "labelled.extxyz", FOLDER / "three"
        ase.io.write(source, rattled(20))
        arguments = ["frames", source, "--count", "12", "--engine", slow_engine(counter), "--name", "copper", "-o", output]
        _, after = killed_and_repeated(arguments, output, counter, 4)
        self.assertLessEqual(after, 13)
        frames = ase.io.read(output, ":")
        self.assertEqual(len(frames), 12)
        for frame in frames:
            self.assertEqual(frame.info["band"], "copper")
            energy, forces = frame.get_potential_energy(), frame.get_forces()
            frame.calc = EMT()
            self.assertAlmostEqual(frame.get_potential_energy(), energy, places=6)
            np.testing.assert_allclose(frame.get_forces(), forces, atol=1e-6)

    def test_strained_copies_follow_each_frame(self):
        source, output = FOLDER / "whole.xyz", FOLDER / "strained.extxyz"
        atoms = ase.build.bulk("Cu", cubic=True)
        ase.io.write(source, atoms, format="extxyz")
        hopflow("frames", source, "--count", "1", "--strain", "0.02", "--engine",
                f"{{kind: ipi, command: \"/usr/bin/python3 {EMT_CLIENT} {{socket}} {{structure}}\", name: EMT, version: '1', charge: '0'}}",
                "-o", output)
        frames = ase.io.read(output, ":")
        ratios = [np.round(frame.cell.lengths() / atoms.cell.lengths(), 10).tolist() for frame in frames]
        self.assertEqual(ratios, [[1, 1, 1], [0.98, 1, 1], [1, 0.98, 1], [1, 1, 0.98], [0.98, 0.98, 0.98],
                                  [1.02, 1, 1], [1, 1.02, 1], [1, 1, 1.02], [1.02, 1.02, 1.02]])
        for frame in frames:
            energy = frame.get_potential_energy()
            frame.calc = EMT()
            self.assertAlmostEqual(frame.get_potential_energy(), energy, places=6)

    def test_frames_come_from_a_run_by_size_and_energy_and_differ_from_known_ones(self):
        case = FOLDER / "case.yaml"
        ase.io.write(FOLDER / "i.extxyz", rattled(1)[0])
        final = rattled(1)[0]
        final.positions[0] = 0  # a neighbour of the vacancy, which is at the origin
        ase.io.write(FOLDER / "f.extxyz", final)
        case.write_text("initial: i.extxyz\nfinal: f.extxyz\norder: given\n"
                        f"engine: {{kind: ipi, command: \"/usr/bin/python3 {EMT_CLIENT} {{socket}} {{structure}}\", name: EMT, version: '1'}}\n"
                        "neb: {images: 3, fmax: 0.1}\n")
        hopflow("barrier", case, "-o", FOLDER / "run", exits=(0, 5, 6))
        some, more = FOLDER / "some.extxyz", FOLDER / "more.extxyz"
        hopflow("frames", FOLDER / "run", "--count", "4", "-o", some)
        bare = ase.io.read(some, ":")
        self.assertEqual(len(bare), 4)
        self.assertTrue(all(frame.calc is None for frame in bare))  # the run's own energies are no labels
        hopflow("frames", FOLDER / "run", "--count", "2", "--known", some, "-o", more)
        for frame in ase.io.read(more, ":"):
            self.assertTrue(all(np.abs(frame.positions - other.positions).max() > 1e-6 for other in bare))
        refused = hopflow("frames", FOLDER / "run", "--atoms", "7", "-o", FOLDER / "none.extxyz", exits=(4,))
        self.assertIn("of 7 atoms", refused.stderr)

    def test_a_charged_cell_is_relaxed_where_its_charge_is_stated(self):
        cell = FOLDER / "vacancy.extxyz"
        table = ROOT / "inputs/forcefields/myp-mapbi3.yaml"
        hopflow("vacancy", ROOT / "inputs/structures/mapbi3-tetragonal.cif", "--element", "I", "--site", "I1", "--min-distance", "8", "-o", cell)
        words = ["relax", cell, "--forcefield", table, "--fmax", "0.5"]
        self.assertIn("relax --charge", hopflow(*words, exits=(4,)).stderr)
        result = json.loads(hopflow(*words, "--charge", "1", "--json").stdout)
        self.assertTrue(result["converged"])
        self.assertIn("background neutralised", result["engine"]["charge"])
        client = f"{{kind: ipi, command: \"/usr/bin/python3 {EMT_CLIENT} {{socket}} {{structure}}\", name: EMT, version: '1', charge: '0'}}"
        self.assertIn("charge '0'", hopflow("relax", cell, "--charge", "1", "--engine", client, exits=(2,)).stderr)


if __name__ == "__main__":
    unittest.main()
