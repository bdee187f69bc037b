# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=600
"""hopflow score and fit on the shipped reference frames: numbers against ones computed here, and what a fit says of a table
against what LAMMPS makes of that table."""
import gzip
import json
import math
import os
import re
import subprocess
import unittest
from pathlib import Path

HOPFLOW, ROOT = os.environ["HOPFLOW"], Path(os.environ["HOPFLOW_ROOT"])
FOLDER = Path(os.environ["HOPFLOW_TEST_FOLDER"])
DFT, TABLES = ROOT / "inputs/reference/dft", ROOT / "inputs/forcefields"


def hopflow(*arguments, exits=(0,)):
    done = subprocess.run([HOPFLOW, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode in exits, (arguments, done.returncode, done.stderr)
    return done


def frames(path):
    lines = gzip.open(path, "rt").read().splitlines()
    at = 0
    while at < len(lines):
        count = int(lines[at])
        rows = [line.split() for line in lines[at + 2:at + 2 + count]]
        yield float(re.search(r"energy=(\S+)", lines[at + 1])[1]), [[float(x) for x in row[4:7]] for row in rows], lines[at:at + 2 + count]
        at += 2 + count


class Score(unittest.TestCase):
    def test_zero_forces_and_the_profile_are_those_of_the_file(self):
        path = DFT / "mapbi3-path-q1.extxyz.gz"
        result = json.loads(hopflow("score", path, "--forcefield", TABLES / "myp-mapbi3.yaml", "--json").stdout)
        forces = [x for _, rows, _ in frames(path) for row in rows for x in row]
        self.assertAlmostEqual(result["force_rmse_of_zero"], math.sqrt(sum(x * x for x in forces) / len(forces)), places=9)
        energies = [energy for energy, _, _ in frames(path)]
        for row, energy in zip(result["bands"][0]["profile"], energies):
            self.assertAlmostEqual(row["reference_ev"], energy - energies[0], places=6)
        # The published profile of these frames (eV).
        expected = [0, -0.147, -0.181, 0.060, 0.100, 0.155, 0.253]
        for row, value in zip(result["bands"][0]["profile"], expected):
            self.assertAlmostEqual(row["reference_ev"], value, delta=6e-4)
        self.assertEqual(set(result["elements"]), {"C", "H", "I", "N", "Pb"})

    def test_no_barrier_is_printed_where_the_highest_frame_is_an_end(self):
        path = DFT / "mapbi3-path-q1.extxyz.gz"
        result = json.loads(hopflow("score", path, "--forcefield", TABLES / "myp-mapbi3.yaml", "--json").stdout)
        barrier = result["bands"][0]["reference_barrier"]
        self.assertIsNone(barrier["forward_ev"])
        self.assertIn("frame 6", barrier["reason"])
        self.assertIn("lowest: 2", barrier["reason"])
        table = hopflow("score", path, "--forcefield", TABLES / "myp-mapbi3.yaml").stdout
        self.assertIn("no interior maximum", table)

    def test_the_shipped_tables_are_worth_what_their_files_say(self):
        frames = ROOT / "inputs/reference/mlip/bnzpyr-heldout.extxyz.gz"
        own = json.loads(hopflow("score", frames, "--forcefield", TABLES / "hybrid-bnzpyr-pbi3-fitted.yaml", "--json").stdout)
        other = json.loads(hopflow("score", frames, "--forcefield", TABLES / "hybrid-pyridinium-pbi3-fitted.yaml", "--json").stdout)
        self.assertEqual(own["frames"], 28)
        for result, force, energies in ((own, 0.144, (0.09, 0.23)), (other, 0.192, (0.11, 0.30))):
            self.assertAlmostEqual(result["force_rmse"], force, delta=6e-4)
            self.assertAlmostEqual(result["force_rmse_of_zero"], 0.189, delta=6e-4)
            errors = [band["profile_error_ev"] for band in result["bands"]]
            self.assertAlmostEqual(min(errors), energies[0], delta=6e-3)
            self.assertAlmostEqual(max(errors), energies[1], delta=6e-3)
        band = DFT / "prpyr-kpoints-q1.extxyz.gz"
        for table, barrier in (("hybrid-pyridinium-pbi3-fitted", 0.44), ("hybrid-bnzpyr-pbi3-fitted", 0.29)):
            result = json.loads(hopflow("score", band, "--forcefield", TABLES / f"{table}.yaml", "--json").stdout)
            self.assertAlmostEqual(result["bands"][0]["engine_barrier"]["forward_ev"], barrier, delta=6e-3)
            self.assertAlmostEqual(result["bands"][0]["reference_barrier"]["forward_ev"], 0.407, delta=6e-4)

    def test_frames_without_forces_are_refused(self):
        bare = FOLDER / "bare.extxyz"
        bare.write_text('1\nLattice="9 0 0 0 9 0 0 0 9" Properties=species:S:1:pos:R:3 energy=1\nI 0 0 0\n')
        done = hopflow("score", bare, "--forcefield", TABLES / "myp-mapbi3.yaml", exits=(4,))
        self.assertIn("no forces", done.stderr)


class Fit(unittest.TestCase):
    def test_a_table_without_cross_terms_is_fitted_by_its_pairs(self):
        two = FOLDER / "two.extxyz"
        two.write_text("\n".join("\n".join(lines) for _, _, lines in list(frames(DFT / "mapbi3-path-q1.extxyz.gz"))[:2]) + "\n")
        fit = json.loads(hopflow("fit", TABLES / "myp-mapbi3.yaml", "--to", two, "-o", FOLDER / "pairs.yaml", "--json").stdout)
        names = {number["name"].split(".")[0] for number in fit["numbers"]}
        self.assertEqual(names, {"pairs"})

    def test_the_table_written_scores_in_lammps_as_the_fit_says(self):
        few = FOLDER / "few.extxyz"
        few.write_text("\n".join("\n".join(lines) for _, _, lines in list(frames(DFT / "prpyr-hop-q1.extxyz.gz"))[:4]) + "\n")
        fitted = FOLDER / "fitted.yaml"
        fit = json.loads(hopflow("fit", TABLES / "hybrid-pyridinium-pbi3.yaml", "--charge-set", "scale-cation", "--to", few, "--free",
                                 "cross_terms.I-C.*", "pairs.I-Pb.*", "charges.*", "-o", fitted, "--json").stdout)
        self.assertLess(fit["after"]["force_rmse"], fit["before"]["force_rmse"])
        score = json.loads(hopflow("score", few, "--forcefield", fitted, "--json").stdout)
        for key in ("force_rmse", "correlation", "slope"):
            self.assertAlmostEqual(score[key], fit["after"][key], delta=1e-3)
        self.assertAlmostEqual(score["profile_error_ev"], fit["after"]["profile_error_ev"], delta=2e-3)
        self.assertIn("only one band", " ".join(fit["warnings"]))


class ShippedTables(unittest.TestCase):
    """What a fitted table says of itself is what it does today."""

    def test_fitted_tables_score_as_they_state(self):
        for table in sorted(TABLES.glob("*.yaml")):
            text = table.read_text()
            if "\nfit:" not in text:
                continue
            stated = re.search(r"\n  after: \{force_rmse: ([0-9.]+), .*?correlation: ([0-9.]+)", text)
            names = re.findall(r"    - \"?([\w.-]+\.extxyz\.gz)\"?", text)
            files = [path for name in names for path in (ROOT / "inputs/reference").glob(f"*/{name}")]
            self.assertEqual(len(files), len(names))
            score = json.loads(hopflow("score", *files, "--forcefield", table, "--json").stdout)
            with self.subTest(table=table.name):
                self.assertAlmostEqual(score["force_rmse"], float(stated[1]), delta=2e-3)
                self.assertAlmostEqual(score["correlation"], float(stated[2]), delta=5e-3)


if __name__ == "__main__":
    unittest.main()
