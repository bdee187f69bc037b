# SPDX-License-Identifier: GPL-2.0-or-later
"""hopflow new: the study it writes is one that `run` takes, for every crystal that `hops` takes."""
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("HOPFLOW_ROOT", Path(__file__).resolve().parents[3]))
PROGRAM = os.environ.get("HOPFLOW", str(ROOT / "build" / "release" / "hopflow"))
STRUCTURES = ROOT / "inputs" / "structures"

# Textbook crystals: cell edge or rows (A), and fractional positions.
FCC = [(0, 0, 0), (0, .5, .5), (.5, 0, .5), (.5, .5, 0)]
CRYSTALS = {
    "MgO": (4.21, {"Mg": FCC, "O": [(x + .5, y, z) for x, y, z in FCC]}, "O"),
    "Si": (5.43, {"Si": FCC + [(x + .25, y + .25, z + .25) for x, y, z in FCC]}, "Si"),
    "Cu": (3.61, {"Cu": FCC}, "Cu"),
    "CeO2": (5.41, {"Ce": FCC, "O": [(x + d, y + d, z + d) for x, y, z in FCC for d in (.25, .75)]}, "O"),
    "CsPbI3": (6.29, {"Cs": [(0, 0, 0)], "Pb": [(.5, .5, .5)], "I": [(.5, .5, 0), (.5, 0, .5), (0, .5, .5)]}, "I"),
    "LiCl": (5.13, {"Li": FCC, "Cl": [(x + .5, y, z) for x, y, z in FCC]}, "Li"),
}


def poscar(name):
    edge, atoms, _ = CRYSTALS[name]
    rows = [f"{name}", "1.0", f"{edge} 0 0", f"0 {edge} 0", f"0 0 {edge}", " ".join(atoms), " ".join(str(len(x)) for x in atoms.values()),
            "Direct"]
    return "\n".join(rows + [" ".join(str(v % 1) for v in x) for xs in atoms.values() for x in xs]) + "\n"


def hopflow(*words, cwd):
    return subprocess.run([PROGRAM, *map(str, words)], cwd=cwd, capture_output=True, text=True, timeout=300)


class NewStudy(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="hopflow new ")
        self.folder = Path(self.scratch.name)
        self.addCleanup(self.scratch.cleanup)

    def succeeds(self, *words):
        done = hopflow(*words, cwd=self.folder)
        self.assertEqual(0, done.returncode, f"hopflow {' '.join(map(str, words))}: {done.stderr}")
        return done.stdout

    def test_a_crystal_that_a_shipped_force_field_fits_gets_it(self):
        self.succeeds("new", STRUCTURES / "mapbi3-orthorhombic.cif", "-o", "study.yaml")
        text = (self.folder / "study.yaml").read_text()
        self.assertRegex(text, r"forcefield: .*myp-mapbi3\.yaml")
        self.assertIn("vacancy: {element: I}", text)
        self.assertIn("evaluations", self.succeeds("run", "study.yaml", "--dry-run"))

    def test_textbook_crystals_get_a_study_that_run_takes(self):
        for name, (_, _, element) in CRYSTALS.items():
            with self.subTest(name):
                (self.folder / f"{name}.poscar").write_text(poscar(name))
                os.replace(self.folder / f"{name}.poscar", self.folder / f"POSCAR_{name}.vasp")
                self.succeeds("hops", f"POSCAR_{name}.vasp", "--element", element)
                text = self.succeeds("new", f"POSCAR_{name}.vasp", "--engine", "chgnet", "--name", name)
                self.assertIn(f"vacancy: {{element: {element}}}", text)
                self.assertRegex(text, r"engine: \{kind: ipi, command: .*chgnet_client\.py")
                self.assertNotIn("refuses this crystal", text)
                (self.folder / "study.yaml").write_text(text)
                self.assertIn("evaluations", self.succeeds("run", "study.yaml", "--dry-run"))

    def test_a_crystal_of_molecules_alone_gets_a_study_too(self):
        # CO2, Pa-3: no atom is outside a molecule, so there is no frame to take the symmetry of.
        x = 0.1185
        ends = [(x, x, x), (-x, -x, -x), (.5 + x, .5 - x, -x), (.5 - x, .5 + x, x), (-x, .5 + x, .5 - x), (x, .5 - x, .5 + x), (.5 - x, -x, .5 + x),
                (.5 + x, x, .5 - x)]
        rows = ["CO2", "1.0", "5.62 0 0", "0 5.62 0", "0 0 5.62", "C O", "4 8", "Direct"] + [" ".join(str(v % 1) for v in p) for p in FCC + ends]
        (self.folder / "POSCAR_CO2.vasp").write_text("\n".join(rows) + "\n")
        text = self.succeeds("new", "POSCAR_CO2.vasp", "--engine", "chgnet", "--name", "CO2")
        self.assertIn("symmetry: {of: crystal", text)
        self.assertIn("every atom belongs to a molecule", text)
        (self.folder / "study.yaml").write_text(text)
        self.assertIn("evaluations", self.succeeds("run", "study.yaml", "--dry-run"))

    def test_an_element_and_a_charged_vacancy_are_as_asked(self):
        (self.folder / "LiCl.vasp").write_text(poscar("LiCl"))
        text = self.succeeds("new", "LiCl.vasp", "--element", "Cl", "--engine", "cp2k")
        self.assertIn("vacancy: {element: Cl}   # or Li", text)
        # Without a chloride ion the cell has the charge +1, which the host before it has not.
        self.assertIn("--charge 1", text)
        self.assertIn("host: {relax: none}", text)

    def test_no_force_field_for_lammps_is_refused_with_the_reasons(self):
        (self.folder / "Cu.vasp").write_text(poscar("Cu"))
        done = hopflow("new", "Cu.vasp", "--engine", "lammps", cwd=self.folder)
        self.assertEqual(2, done.returncode)
        self.assertIn("myp-mapbi3.yaml: ", done.stderr)
        self.assertIn("--forcefield FILE", done.stderr)

    def test_a_file_is_not_written_over(self):
        (self.folder / "study.yaml").write_text("mine")
        done = hopflow("new", STRUCTURES / "mapbi3-orthorhombic.cif", "-o", "study.yaml", cwd=self.folder)
        self.assertEqual((2, "mine"), (done.returncode, (self.folder / "study.yaml").read_text()))

    def test_who_has_no_force_field_is_shown_the_way(self):
        (self.folder / "MgO.vasp").write_text(poscar("MgO"))
        (self.folder / "study.yaml").write_text("study: a\nmaterials:\n  - {name: MgO, structure: MgO.vasp}\n")
        done = hopflow("run", "study.yaml", cwd=self.folder)
        self.assertEqual(4, done.returncode)
        line = re.search(r"hopflow (new MgO\.vasp)", done.stderr)
        self.assertTrue(line, done.stderr)
        self.succeeds(*line.group(1).split())
        self.assertIn("hopflow new MgO.vasp", self.succeeds("check", "MgO.vasp"))


if __name__ == "__main__":
    unittest.main()
