# SPDX-License-Identifier: GPL-2.0-or-later
"""hopflow crossbar from files: what it prints, writes and refuses; netlists are run by ngspice."""
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

HOPFLOW, INPUTS = sys.argv[1], Path(sys.argv[2])


class Crossbar(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.holder.name)
        cls.hopflow(cls, "device", "fit", str(INPUTS / "reference/paper.yaml"), "--barrier", "0.39", "-o", "device.json")

    @classmethod
    def tearDownClass(cls):
        cls.holder.cleanup()

    def hopflow(self, *words):
        return subprocess.run([HOPFLOW, *map(str, words)], cwd=self.folder, capture_output=True, text=True)

    def answer(self, *words):
        done = self.hopflow(*words, "--json")
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        return json.loads(done.stdout)

    def refused(self, code, *words):
        done = self.hopflow(*words)
        self.assertEqual(code, done.returncode, done.stderr)
        self.assertEqual("", done.stdout)
        return done.stderr

    def arrays(self, m, n, seed=0):
        rng = np.random.default_rng(seed)
        r = np.where(rng.random((m, n)) < 0.5, 383.0, 28e6) * np.exp(0.2 * rng.standard_normal((m, n)))
        v = rng.uniform(0, 1, m)
        np.savetxt(self.folder / "r.csv", r, delimiter=",")
        np.savetxt(self.folder / "v.csv", v)
        np.save(self.folder / "r.npy", r)
        np.save(self.folder / "rf.npy", np.asfortranarray(r))
        np.save(self.folder / "v.npy", v)
        return r, v

    def spice(self, netlist):
        done = subprocess.run(["ngspice", "-b", netlist], cwd=self.folder, capture_output=True, text=True)
        found = {int(j): float(value) for j, value in re.findall(r"i\(vc(\d+)\) = (\S+)", done.stdout)}
        return np.array([found[j] for j in sorted(found)])

    def test_ngspice_finds_the_same_currents_in_the_netlist(self):
        self.arrays(16, 16)
        ours = self.answer("crossbar", "solve", "r.csv", "--row-voltages", "v.csv", "--row-resistance", 1, "--column-resistance", 2, "--driver-resistance", 20,
                           "--sense-resistance", 30, "--netlist", "array.cir")
        self.assertLessEqual(ours["residual"], 1e-12)
        currents = np.array(ours["column_currents_a"])
        self.assertLessEqual(np.max(np.abs(self.spice("array.cir") / currents - 1)), 1e-10)

    def test_ngspice_finds_the_same_currents_with_floating_lines_opens_and_shorts(self):
        r, _ = self.arrays(5, 6)
        r[1, 2], r[3, 4] = np.inf, 0
        np.savetxt(self.folder / "r.csv", r, delimiter=",")
        (self.folder / "ends.txt").write_text("0.3\nfloating\n0.1\nfloating\n-0.2\n")
        ours = self.answer("crossbar", "solve", "r.csv", "--row-voltages", "ends.txt", "--row-resistance", 1, "--column-resistance", 1, "--netlist",
                "array.cir", "--force")
        self.assertLessEqual(np.max(np.abs(self.spice("array.cir") / np.array(ours["column_currents_a"]) - 1)), 1e-10)

    def test_ngspice_finds_the_same_currents_with_selectors_transistors_and_diodes(self):
        r, _ = self.arrays(8, 8, 1)
        r[1, 2], r[3, 3] = np.inf, 0
        np.savetxt(self.folder / "r.csv", r, delimiter=",")
        # A diode is ngspice's own, whose k/q has seven digits.
        for cell, tolerance in (("1s1r-exponential", 1e-9), ("1s1r-threshold", 1e-9), ("1t1r", 1e-9), ("1d1r", 1e-5)):
            for scheme, ohm in (("grounded", 0), ("half", 50), ("third", 5), ("floating", 20)):
                ours = self.answer("crossbar", "solve", "r.csv", "--cell", INPUTS / f"cells/{cell}.yaml", "--scheme", scheme, "--select", 2, 3, "--voltage",
                        1.2,
                                   "--row-resistance", ohm, "--column-resistance", ohm, "--netlist", "array.cir", "--force")
                spice = self.spice("array.cir")
                currents = np.array(ours["column_currents_a"] if scheme != "floating" else ours["column_currents_a"][3:4])
                self.assertLessEqual(np.max(np.abs(spice - currents)) / np.max(np.abs(currents)), tolerance, (cell, scheme))

    def test_selectors_keep_a_large_array_readable(self):
        lines = ("--rows", 48, "--columns", 48, "--row-resistance", 1, "--column-resistance", 1, "--read-voltage", 0.8, "--read-scheme", "half")
        bare = self.answer("crossbar", "margin", "device.json", *lines)["reads"][0]
        selected = self.answer("crossbar", "margin", "device.json", "--cell", INPUTS / "cells/1s1r-threshold.yaml", *lines)["reads"][0]
        self.assertEqual((False, True), (bare["readable"], selected["readable"]))
        self.assertLess(bare["margin"], 1)
        self.assertGreater(selected["margin"], 100)
        self.assertGreater(bare["margin_alone"], 1e4)

    def test_a_picture_is_written_through_transistors(self):
        written = self.answer("crossbar", "program", "device.json", "--cell", INPUTS / "cells/1t1r.yaml", "--image", "T", "--rows", 8, "--columns", 8,
                "--set-voltage", 1.7, "--erase-voltage", -2.5,
                              "--read-scheme", "half")
        self.assertEqual(([], [], "1T1R"), (written["failed"], written["disturbed"], written["cell"]["cell"]))
        self.assertEqual((0, True), (written["reads"][0]["errors"], written["reads"][0]["readable"]))

    def test_csv_and_npy_are_read_alike_and_maps_are_written(self):
        r, _ = self.arrays(4, 7)
        options = ["--row-resistance", 1, "--column-resistance", 1]
        text = self.answer("crossbar", "solve", "r.csv", "--row-voltages", "v.csv", *options, "--cells")
        for name in ("r.npy", "rf.npy"):
            binary = self.answer("crossbar", "solve", name, "--row-voltages", "v.npy", *options, "--cell-currents", "i.npy", "--cell-voltages", "u.csv",
                    "--force")
            np.testing.assert_allclose(binary["column_currents_a"], text["column_currents_a"], rtol=1e-13)
        current = np.load(self.folder / "i.npy")
        np.testing.assert_allclose(current, text["cell_currents_a"], rtol=1e-12)
        np.testing.assert_allclose(current * r, np.loadtxt(self.folder / "u.csv", delimiter=","), rtol=1e-12)
        self.answer("crossbar", "solve", "r.csv", "--row-voltages", "v.csv", "--cell-currents", "i.svg")
        self.assertEqual(28, (self.folder / "i.svg").read_text().count("<rect") - 50)

    def test_a_picture_is_written_read_and_judged(self):
        good = self.answer("crossbar", "program", "device.json", "--image", "T", "-o", "written")
        self.assertEqual(([], []), (good["failed"], good["disturbed"]))
        read = {each["scheme"]: each for each in good["reads"]}
        self.assertEqual((0, True), (read["grounded"]["errors"], read["grounded"]["readable"]))
        self.assertTrue((self.folder / "written/read-half.svg").is_file())
        np.testing.assert_allclose(np.load(self.folder / "written/read-half.npy"), np.loadtxt(self.folder / "written/read-half.csv", delimiter=","))
        state = np.loadtxt(self.folder / "written/state.csv", delimiter=",")
        self.assertEqual((16, 16), state.shape)
        # Bare cells and set cells have the two ends of the scale.
        drawn = (self.folder / "written/state.svg").read_text()
        self.assertIn(">0</text>", drawn)
        self.assertIn(">1 </text>", drawn)
        wired = self.answer("crossbar", "program", "device.json", "--image", "T", "--row-resistance", 10, "--column-resistance", 10, "--read-scheme", "half")
        self.assertEqual(("half", 10, False), tuple(wired["reads"][0][key] for key in ("scheme", "row_resistance_ohm", "readable")))

    def test_cells_that_fail_and_cells_that_lose_are_named(self):
        limited = self.answer("crossbar", "program", "device.json", "--image", "N", "--start", "set", "--erase", "cells")
        self.assertGreater(len(limited["disturbed"]), 0)
        self.assertLess(limited["disturbed"][0]["after_s"], limited["disturbed"][0]["before_s"])
        stuck = self.hopflow("crossbar", "program", "device.json", "--stuck", "0.3").stdout
        self.assertIn("failed: row ", stuck)

    def test_a_yield_comes_with_its_interval(self):
        y = self.answer("crossbar", "yield", "device.json", "--stuck", "0.1")
        self.assertEqual(55, y["devices"])
        self.assertLess(y["wilson_low"], y["yield"])
        self.assertLess(y["yield"], y["wilson_high"])
        self.assertAlmostEqual(0.9, y["expected"], delta=0.01)

    def test_weights_are_read_through_wires(self):
        w = np.random.default_rng(1).random((30, 20))
        np.savetxt(self.folder / "w.csv", w, delimiter=",")
        ideal = self.answer("crossbar", "synapse", "w.csv", "-o", "same.npy")
        np.testing.assert_allclose(np.load(self.folder / "same.npy"), w, atol=1e-12)
        wired = self.answer("crossbar", "synapse", "w.csv", "--row-resistance", 2, "--column-resistance", 2, "--tile", 16)
        self.assertEqual((1, 4), (ideal["tiles"], wired["tiles"]))
        self.assertLess(wired["median_share"], 1)
        self.assertGreater(wired["read_energy_j"], 0)

    def test_wrong_input_is_refused_with_its_place(self):
        self.arrays(3, 3)
        (self.folder / "bad.csv").write_text("1,2\n3,nan\n")
        solve = ("crossbar", "solve")
        self.assertIn("bad.csv", self.refused(4, *solve, "bad.csv", "--row-voltages", "v.csv"))
        (self.folder / "bad.csv").write_text("1,2\n3,-4\n")
        self.assertIn("bad.csv:2:3: '-4' found", self.refused(4, *solve, "bad.csv", "--row-voltages", "v.csv"))
        (self.folder / "bad.npy").write_bytes((self.folder / "r.npy").read_bytes()[:-8])
        self.assertIn("cut off", self.refused(4, *solve, "bad.npy", "--row-voltages", "v.csv"))
        np.save(self.folder / "bad.npy", np.ones((2, 2), dtype=complex))
        self.assertIn("'<c16'", self.refused(4, *solve, "bad.npy", "--row-voltages", "v.csv"))
        (self.folder / "bad.npy").write_text("1,2\n")
        self.assertIn("no npy file", self.refused(4, *solve, "bad.npy", "--row-voltages", "v.csv"))
        self.arrays(40, 3)
        self.assertIn("at most 32", self.refused(4, *solve, "r.csv", "--row-voltages", "v.csv", "--netlist", "x.cir"))
        self.assertIn("--select", self.refused(2, *solve, "r.csv", "--scheme", "half"))
        self.assertIn("row resistance is -1 ohm", self.refused(4, *solve, "r.csv", "--row-voltages", "v.csv", "--row-resistance", -1))
        self.assertIn("neither a known letter nor a file", self.refused(4, "crossbar", "program", "device.json", "--image", "Q"))
        self.assertIn("allowed: whole, cells, none", self.refused(2, "crossbar", "program", "device.json", "--erase", "most"))
        self.assertIn("parameters", self.refused(4, "crossbar", "yield", "v.csv"))
        self.assertIn("inputs/cells", self.refused(4, "crossbar", "margin", "device.json", "--cell", "1S1R"))
        (self.folder / "cell.yaml").write_text("cell: 1S1R\nlaw: threshold\non_ohm: 100\nthreshold: 1\n")
        self.assertIn("cell.yaml:4:1", self.refused(4, "crossbar", "margin", "device.json", "--cell", "cell.yaml"))
        (self.folder / "image.csv").write_text("0,1\n2,0\n")
        self.assertIn("0 or 1", self.refused(4, "crossbar", "program", "device.json", "--image", "image.csv"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
