# SPDX-License-Identifier: GPL-2.0-or-later
"""The installed Python module: barriers with ASE's calculators, the program's numbers, fewer calls than ASE's own search.

    python tests/python/check_module.py      in a Python that has hopflow; HOPFLOW names the program, if there is one
"""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import ase.io
import numpy as np
from ase.build import add_adsorbate, bulk, fcc111
from ase.calculators.calculator import Calculator, CalculationFailed, all_changes
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.optimize import BFGS

import hopflow

ROOT = Path(__file__).resolve().parents[2]


def adatom():
    """An Al atom on Al(111) from a fcc hollow to the hcp hollow next to it."""
    initial = fcc111("Al", (2, 2, 2), vacuum=8.0)
    add_adsorbate(initial, "Al", 2.2, "fcc")
    initial.set_constraint(FixAtoms(indices=range(4)))
    final = initial.copy()
    final.positions[-1] += (initial.cell[0] + initial.cell[1]) / 6
    return initial, final


def vacancy():
    """A Cu vacancy and one of its neighbours that moves into it."""
    crystal = bulk("Cu", cubic=True).repeat(2)
    initial = crystal.copy()
    place = initial.positions[0].copy()
    distance = initial.get_distances(0, range(len(initial)), mic=True)
    neighbour = int(np.argsort(distance)[1])
    vector = initial.get_distance(0, neighbour, mic=True, vector=True)
    del initial[0]
    final = initial.copy()
    final.positions[neighbour - 1] = initial.positions[neighbour - 1] - vector
    return initial, final


class Counted(EMT):
    calls = 0

    def calculate(self, *arguments, **words):
        type(self).calls += 1
        super().calculate(*arguments, **words)


class DoubleWell(Calculator):
    """E = h ((x / a)^2 - 1)^2 + k (y^2 + z^2) / 2 about the middle of the box, for the first atom."""

    implemented_properties = ["energy", "forces"]
    height, half, stiff = 0.5, 1.0, 2.0

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        x, y, z = self.atoms.positions[0] - 5
        well = (x / self.half) ** 2 - 1
        forces = np.zeros((len(self.atoms), 3))
        forces[0] = -4 * self.height * well * x / self.half**2, -self.stiff * y, -self.stiff * z
        self.results = {"energy": self.height * well**2 + self.stiff * (y * y + z * z) / 2, "forces": forces}


def well_ends():
    left = ase.Atoms("LiO", [[3.9, 5.1, 5.0], [0, 0, 0]], cell=[10, 10, 10], pbc=True, constraint=FixAtoms([1]))
    right = left.copy()
    right.positions[0] = 6.1, 4.9, 5.0
    return left, right


class Barriers(unittest.TestCase):
    def test_a_double_well_gives_its_height(self):
        found = hopflow.find_barrier(*well_ends(), DoubleWell(), images=3, fmax=0.01)
        self.assertEqual("converged", found.status, found.reason)
        self.assertAlmostEqual(0.5, found.forward, delta=1e-3)
        self.assertAlmostEqual(found.forward, found.reverse, delta=1e-3)
        self.assertEqual(1, found.negative_modes)
        self.assertAlmostEqual(5.0, found.saddle.positions[0, 0], delta=0.02)

    def test_the_error_is_that_of_the_calculator_too(self):
        bare = hopflow.find_barrier(*well_ends(), DoubleWell(), images=3, model_error="analytic")
        self.assertAlmostEqual(bare.numerical_uncertainty, bare.uncertainty)
        stated = hopflow.find_barrier(*well_ends(), DoubleWell(), images=3, model_error=0.3)
        self.assertEqual(0.3, stated.parts["model"])
        self.assertGreater(stated.uncertainty, 0.3)
        for wrong in (-1, float("nan"), "vasp"):
            with self.assertRaisesRegex(ValueError, "model_error is"):
                hopflow.find_barrier(*well_ends(), DoubleWell(), model_error=wrong)

    def test_what_is_returned_belongs_together(self):
        found = hopflow.find_barrier(*adatom(), EMT(), images=3)
        self.assertTrue(found.converged)
        energies = [image.get_potential_energy() for image in found.images]
        self.assertAlmostEqual(found.forward, max(energies) - energies[0], delta=0.005)
        self.assertEqual(len(found.distance), len(found.images))
        again = found.saddle.copy()
        again.calc = EMT()
        self.assertAlmostEqual(found.saddle.get_potential_energy(), again.get_potential_energy(), places=9)
        np.testing.assert_allclose(again.get_forces(apply_constraint=False), found.saddle.get_forces(apply_constraint=False), atol=1e-9)
        # Fixed atoms stay.
        np.testing.assert_array_equal(found.saddle.positions[:4], adatom()[0].positions[:4])
        self.assertEqual(0, sum(check.passed is False for check in found.checks))

    def test_fewer_force_calls_than_ase_for_the_same_barrier(self):
        initial, final = vacancy()
        Counted.calls = 0
        found = hopflow.find_barrier(initial, final, Counted(), images=3, fmax=0.05)
        mine = Counted.calls
        self.assertEqual(mine, found.evaluations)
        from ase.neb import NEB

        Counted.calls = 0
        ends = []
        for atoms in (initial, final):
            atoms.calc = Counted()
            BFGS(atoms, logfile=None).run(fmax=0.01)
            ends.append(atoms)
        images = [ends[0], *(ends[0].copy() for _ in range(3)), ends[1]]
        for image in images[1:-1]:
            image.calc = Counted()
        band = NEB(images, climb=True, method="improvedtangent")
        band.interpolate(mic=True)
        BFGS(band, logfile=None).run(fmax=0.05, steps=200)
        theirs = Counted.calls
        barrier = max(image.get_potential_energy() for image in images) - images[0].get_potential_energy()
        print(f"Cu vacancy, EMT: hopflow {found.forward:.4f} eV in {mine} calls, ASE {barrier:.4f} eV in {theirs}", file=sys.stderr)
        self.assertAlmostEqual(barrier, found.forward, delta=0.005)
        self.assertLess(mine, theirs)

    @unittest.skipUnless(os.environ.get("HOPFLOW"), "no program to compare with")
    def test_the_program_finds_the_same_numbers(self):
        initial, final = adatom()
        found = hopflow.find_barrier(initial, final, EMT(), images=3)
        with tempfile.TemporaryDirectory() as folder:
            for name, atoms in (("initial", initial), ("final", final)):
                ase.io.write(f"{folder}/{name}.extxyz", atoms)
            client = ROOT / "inputs" / "engines" / "emt_client.py"
            Path(folder, "case.yaml").write_text(
                f"initial: initial.extxyz\nfinal: final.extxyz\nfixed: [0, 1, 2, 3]\nneb: {{images: 3}}\n"
                f"engine: {{kind: ipi, command: [{sys.executable}, {client}, '{{socket}}', '{{structure}}'], name: EMT, tier: ff}}\n")
            done = subprocess.run([os.environ["HOPFLOW"], "barrier", "case.yaml", "--json"], cwd=folder, capture_output=True, text=True)
        self.assertEqual(0, done.returncode, done.stderr)
        import json

        program = json.loads(done.stdout)
        self.assertAlmostEqual(program["forward_ev"], found.forward, delta=1e-6)
        self.assertAlmostEqual(program["reverse_ev"], found.reverse, delta=1e-6)
        for part in ("model", "protocol", "cell_size"):
            self.assertAlmostEqual(program["parts"][part], found.parts[part], places=12)
        self.assertGreater(found.uncertainty, found.parts["model"])
        self.assertLess(found.numerical_uncertainty, found.parts["model"])
        # The program also checks the engine's forces against its energies.
        self.assertLessEqual(found.evaluations, program["evaluations"])

    def test_several_calculators_answer_one_round(self):
        stages = []
        found = hopflow.find_barrier(*adatom(), [EMT(), EMT()], images=3, progress=lambda stage, *rest: stages.append(stage))
        alone = hopflow.find_barrier(*adatom(), EMT(), images=3)
        self.assertAlmostEqual(alone.forward, found.forward, delta=0.002)
        self.assertGreater(len(set(stages)), 1)


class Priors(unittest.TestCase):
    """A cheap calculator that is nearly right: EMT on a slightly larger lattice, as another functional would be."""

    class Cheap(EMT):
        calls = 0

        def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
            type(self).calls += 1
            other = atoms.copy()
            other.set_cell(0.99 * atoms.cell, scale_atoms=True)
            super().calculate(other, properties, all_changes)
            self.results = {"energy": self.results["energy"], "forces": 0.99 * self.results["forces"]}
            self.atoms = atoms.copy()

    def test_a_prior_saves_calls_and_changes_no_barrier(self):
        alone = hopflow.find_barrier(*vacancy(), EMT(), images=3)
        Counted.calls = self.Cheap.calls = 0
        helped = hopflow.find_barrier(*vacancy(), Counted(), images=3, prior=self.Cheap())
        self.assertEqual("converged", helped.status, helped.reason)
        self.assertAlmostEqual(alone.forward, helped.forward, delta=0.01)
        # Answers are counted; a calculator is not called again for the place it was last asked about.
        self.assertLessEqual(Counted.calls, helped.evaluations)
        self.assertLessEqual(self.Cheap.calls, helped.evaluations_prior)
        self.assertGreater(Counted.calls, 0.8 * helped.evaluations)
        self.assertLess(helped.evaluations, alone.evaluations)
        self.assertEqual(0, alone.evaluations_prior)
        # What is returned are the calculator's answers, not the prior's.
        again = helped.saddle.copy()
        again.calc = EMT()
        self.assertAlmostEqual(helped.saddle.get_potential_energy(), again.get_potential_energy(), places=9)

    def test_relaxing_with_a_prior_ends_in_the_calculator_s_minimum(self):
        start = adatom()[0]
        start.rattle(0.05, seed=1)
        helped = hopflow.relax(start, EMT(), fmax=0.005, prior=self.Cheap())
        alone = hopflow.relax(start, EMT(), fmax=0.005)
        self.assertTrue(helped.converged)
        self.assertAlmostEqual(alone.energy, helped.energy, delta=1e-3)
        self.assertGreater(helped.evaluations_prior, 0)

    def test_what_is_no_calculator_is_no_prior(self):
        with self.assertRaisesRegex(TypeError, "prior is an ASE calculator"):
            hopflow.find_barrier(*adatom(), EMT(), prior="chgnet")


class Notebook(unittest.TestCase):
    def test_the_notebook_runs_and_shows_what_it_says(self):
        """docs/notebooks/side_by_side.ipynb: cells in order, as a notebook runs them."""
        import contextlib
        import io
        import json
        import re

        cells = json.loads((ROOT / "docs/notebooks/side_by_side.ipynb").read_text())["cells"]
        names, out = {}, io.StringIO()
        with contextlib.redirect_stdout(out):
            for cell in cells:
                if cell["cell_type"] == "code":
                    exec("".join(cell["source"]), names)
        print(out.getvalue(), file=sys.stderr)
        for case in {row[0] for row in names["rows"]}:
            ours = next(row for row in names["rows"] if row[0] == case and row[1].startswith("hopflow"))
            theirs = [row for row in names["rows"] if row[0] == case and row[1].startswith("ASE")]
            self.assertTrue(ours[4])
            self.assertEqual(2, len(theirs))
            for row in theirs:
                self.assertAlmostEqual(row[2], ours[2], delta=0.005, msg=row[1])
        calls = {}
        for row in names["rows"]:
            calls[row[1]] = calls.get(row[1], 0) + row[3]
        ours = next(n for who, n in calls.items() if who.startswith("hopflow"))
        self.assertTrue(all(ours < n for who, n in calls.items() if who.startswith("ASE")), calls)
        shown = "".join(text for cell in cells for output in cell.get("outputs", []) for text in output.get("text", []))
        stored = re.findall(r"^(.{12})hopflow\.find_barrier +([\d.]+) +(\d+)", shown, re.MULTILINE)
        now = re.findall(r"^(.{12})hopflow\.find_barrier +([\d.]+) +(\d+)", out.getvalue(), re.MULTILINE)
        self.assertEqual([s[0] for s in stored], [n[0] for n in now], "run the notebook again and save its output")
        for before, after in zip(stored, now):
            self.assertAlmostEqual(float(before[1]), float(after[1]), delta=0.002, msg="run the notebook again and save its output")
            self.assertAlmostEqual(int(before[2]), int(after[2]), delta=0.2 * int(after[2]), msg="run the notebook again and save its output")


class Refusals(unittest.TestCase):
    def test_structures_that_do_not_belong_together(self):
        initial, final = adatom()
        with self.assertRaisesRegex(ValueError, "same atoms"):
            hopflow.find_barrier(initial, final[:-1], EMT())
        with self.assertRaises(hopflow.Error):
            hopflow.find_barrier(initial, initial, EMT())

    def test_an_error_of_the_user_s_code_reaches_the_user(self):
        class Broken(EMT):
            def calculate(self, *arguments, **words):
                raise KeyError("mine")

        with self.assertRaisesRegex(KeyError, "mine"):
            hopflow.relax(adatom()[0], Broken())

    def test_a_calculation_that_failed_is_an_engine_error(self):
        class Failing(EMT):
            def calculate(self, *arguments, **words):
                raise CalculationFailed("no SCF convergence")

        with self.assertRaisesRegex(hopflow.Error, "no SCF convergence"):
            hopflow.relax(adatom()[0], Failing())


class Others(unittest.TestCase):
    def test_relax_agrees_with_ase(self):
        start = adatom()[0]
        start.rattle(0.05, seed=1)
        found = hopflow.relax(start, EMT(), fmax=0.005)
        theirs = start.copy()
        theirs.calc = EMT()
        BFGS(theirs, logfile=None).run(fmax=0.005)
        self.assertTrue(found.converged)
        self.assertAlmostEqual(theirs.get_potential_energy(), found.energy, delta=1e-3)

    def test_hops_of_fcc_are_the_neighbour_shells(self):
        crystal = bulk("Cu", a=3.6, cubic=True)
        rows = hopflow.hops(crystal, "Cu", max_length=3.7)
        np.testing.assert_allclose([hop.length for hop in rows], [3.6 / 2**0.5, 3.6], atol=1e-9)
        # 12 and 6 neighbours of 4 atoms, each pair counted once.
        self.assertEqual([24, 12], [hop.multiplicity for hop in rows])

    def test_a_run_folder_becomes_tables_and_atoms(self):
        with tempfile.TemporaryDirectory() as folder:
            hop = Path(folder, "hops", "Cu", "Cu1-Cu1-2.55")
            hop.mkdir(parents=True)
            Path(folder, "summary.json").write_text('{"study": "x"}')
            Path(folder, "barriers.csv").write_text("material,forward_ev\nCu,0.7\n")
            found = hopflow.find_barrier(*well_ends(), DoubleWell(), images=3)
            ase.io.write(hop / "path.extxyz", found.images)
            run = hopflow.read(folder)
            self.assertEqual([("Cu", "Cu1-Cu1-2.55")], run.hops)
            self.assertEqual(len(found.images), len(run.path(*run.hops[0])))
            self.assertAlmostEqual(0.7, float(dict(run.barriers.iloc[0])["forward_ev"] if hasattr(run.barriers, "iloc") else run.barriers[0]["forward_ev"]))
        with self.assertRaisesRegex(FileNotFoundError, "summary.json"):
            hopflow.read("no-such-folder")


if __name__ == "__main__":
    unittest.main()
