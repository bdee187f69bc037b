# SPDX-License-Identifier: GPL-2.0-or-later
"""The engine of docs/procedures.md, taken from that page: a folder and a row, and a study can name it."""
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("HOPFLOW_ROOT", Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(ROOT / "tests" / "lint"))
from test_six_wishes import BUILD, Copy, compilations  # noqa: E402

PAGE = (ROOT / "docs" / "procedures.md").read_text().split("## An engine that studies can name")[1].split("\n## ")[0]
HEADER, SOURCE, ROW = re.findall(r"```cpp\n(.*?)```", PAGE, re.S)
STUDY, = re.findall(r"```yaml\n(.*?)```", PAGE, re.S)
CIF = """data_CsI
_cell_length_a 4.57
_cell_length_b 4.57
_cell_length_c 4.57
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'P m -3 m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Cs1 Cs 0 0 0
I1 I 0.5 0.5 0.5
"""


def built(folder):
    """The program with the engine of the page in it."""
    copy = Copy(folder)
    copy.add("potentials/wells/wells.hpp", HEADER)
    copy.add("potentials/wells/wells.cpp", SOURCE)
    copy.insert("potentials/registry.cpp", r'^#include "potentials/lammps/lammps.hpp"\n', '#include "potentials/wells/wells.hpp"\n')
    copy.insert("potentials/registry.cpp", r"^constexpr std::array kinds\{\n", ROW)
    objects = []
    for output, command in compilations(copy, ["potentials/wells/wells.cpp", "potentials/registry.cpp"]):
        subprocess.run(command, cwd=BUILD, check=True)
        objects.append(str(output))
    link = subprocess.run(["ninja", "-C", str(BUILD), "-t", "commands", "hopflow-full"], capture_output=True, text=True, check=True)
    words = shlex.split(link.stdout.splitlines()[-1].split("&&")[1])
    at = words.index("-o")
    program = copy.folder / "hopflow-full"
    # What comes before the libraries is taken instead of what they hold.
    subprocess.run([*words[:at], *objects, "-o", str(program), *words[at + 2:]], cwd=BUILD, check=True)
    return program


class EngineInStudy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not (BUILD / "compile_commands.json").is_file():
            raise unittest.SkipTest("nothing is built yet")
        cls.scratch = tempfile.TemporaryDirectory(dir=os.environ.get("HOPFLOW_TEST_FOLDER"))
        cls.folder = Path(cls.scratch.name)
        cls.program = built(cls.folder)
        (cls.folder / "csi.cif").write_text(CIF)
        (cls.folder / "study.yaml").write_text(STUDY)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def run_program(self, *words):
        return subprocess.run([str(self.program), *words], cwd=self.folder, capture_output=True, text=True)

    def test_a_study_that_names_it_finds_the_height_of_its_wells(self):
        done = self.run_program("run", "study.yaml", "--until", "barriers", "-o", "run")
        self.assertEqual(0, done.returncode, done.stderr[-3000:])
        summary = (self.folder / "run" / "summary.json").read_text()
        hop = json.loads(summary)["materials"][0]["barriers"][0]
        self.assertEqual("wells", hop["engine"]["name"])
        self.assertAlmostEqual(0.4, hop["forward_ev"], delta=1e-3)
        self.assertIn("engine: {kind: wells, height: 0.4, period: 4.57}\n", (self.folder / "run" / "study.yaml").read_text())
        # The frozen study is read again, and every answer is there already.
        done = self.run_program("resume", "run")
        self.assertEqual((0, summary), (done.returncode, (self.folder / "run" / "summary.json").read_text()), done.stderr[-3000:])

    def test_a_slip_in_its_block_is_named_with_line_and_column(self):
        (self.folder / "slip.yaml").write_text(STUDY.replace("period: 4.57}", "perod: 4.57}"))
        done = self.run_program("run", "slip.yaml", "-o", "slip")
        self.assertEqual(4, done.returncode, done.stderr)
        self.assertRegex(done.stderr, r"slip\.yaml:4:\d+: .*perod")


if __name__ == "__main__":
    unittest.main()
