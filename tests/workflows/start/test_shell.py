# SPDX-License-Identifier: GPL-2.0-or-later
"""What is made from the tables of options and keys: completion, manual pages, schema, near options."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("HOPFLOW_ROOT", Path(__file__).resolve().parents[3]))
PROGRAM = os.environ.get("HOPFLOW", str(ROOT / "build" / "release" / "hopflow"))


def hopflow(*words):
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=60)


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.script = hopflow("completion", "bash").stdout

    def complete(self, *words):
        """What bash would offer for the last of these words."""
        ask = f"""{self.script}
COMP_WORDS=({" ".join(f"'{w}'" for w in words)}); COMP_CWORD={len(words) - 1}; _hopflow; printf '%s\\n' "${{COMPREPLY[@]}}" """
        done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True)
        self.assertEqual("", done.stderr)
        return done.stdout.split()

    def test_commands_options_and_their_words_are_offered(self):
        self.assertEqual({"resume", "report", "relax"}, set(self.complete("hopflow", "re")))
        self.assertEqual(["fit"], self.complete("hopflow", "device", "f"))
        self.assertIn("--max-length", self.complete("hopflow", "hops", "--m"))
        self.assertEqual(["auto", "crystal", "frame"], self.complete("hopflow", "hops", "--symmetry", ""))
        self.assertEqual([], self.complete("hopflow", "check", "inputs/st"))

    def test_scripts_of_other_shells_parse(self):
        for shell in ("zsh", "fish"):
            script = hopflow("completion", shell).stdout
            self.assertIn("max-length", script)
            if shutil.which(shell):
                done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True)
                self.assertEqual((0, ""), (done.returncode, done.stderr))


class Manual(unittest.TestCase):
    def test_thresholds_of_the_methods_are_printed_with_unit_and_reason(self):
        table = hopflow("manual", "thresholds").stdout
        self.assertIn("| `half_length` | `0.01` | A, from the middle of the dimer to its second image |\n", table)
        sections = {part.split("\n")[0]: part for part in table.split("## ")[1:]}
        with_some = {str(p.relative_to(ROOT)) for p in (ROOT / "neb").rglob("*.cpp") if re.search(r"^struct \w*Thresholds \{", p.read_text(), re.MULTILINE)}
        self.assertLessEqual(with_some, set(sections))
        rows = [(name, line) for name, part in sections.items() for line in part.splitlines() if line.startswith("| `")]
        self.assertGreater(len(rows), 200)
        # Three rooms do not give a reason for every number yet.
        self.assertEqual([], [f"{name}: {line}" for name, line in rows
                              if line.endswith("|  |") and not name.startswith(("neb/alternatives/", "neb/pathway/", "neb/surrogate/"))])

    def test_every_command_has_a_page(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(0, hopflow("manual", "-o", folder).returncode)
            pages = {p.name for p in Path(folder).iterdir()}
            self.assertLessEqual({"hopflow.1", "hopflow-run.1", "hopflow-device-fit.1"}, pages)
            page = (Path(folder) / "hopflow-hops.1").read_text()
            self.assertTrue(page.startswith('.TH "hopflow\\-hops" 1'))
            self.assertIn(".B \\-\\-max\\-length VALUE\n", page)
            if shutil.which("groff"):
                done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", Path(folder) / "hopflow-run.1"], capture_output=True, text=True)
                self.assertEqual((0, ""), (done.returncode, done.stderr))

    def test_the_written_reference_is_the_program_s(self):
        for topic in ("commands", "keys"):
            page = (ROOT / "docs" / "reference" / f"{topic}.md").read_text()
            self.assertTrue(page.endswith(hopflow("manual", topic).stdout),
                            f"docs/reference/{topic}.md is not what 'hopflow manual {topic}' prints: replace what is below its heading")
        schema = (ROOT / "inputs" / "schemas" / "study.schema.json").read_text()
        self.assertEqual(hopflow("manual", "schema").stdout, schema)

    def test_shipped_studies_satisfy_the_schema_and_mistakes_do_not(self):
        try:
            import jsonschema
            import yaml
        except ImportError:
            self.skipTest("needs python3-jsonschema and python3-yaml")
        schema = json.loads(hopflow("manual", "schema").stdout)
        studies = [yaml.safe_load(p.read_text()) for p in (ROOT / "inputs" / "studies").glob("*.yaml")]
        self.assertGreaterEqual(len(studies), 3)
        for study in studies:
            jsonschema.validate(study, schema)
        for wrong in ({"neb": {"fmax": 0.9}}, {"nebb": {}}, {"mobile": "some"}, {"materials": []}):
            with self.subTest(wrong), self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate({**studies[0], **wrong}, schema)

    def test_print_config_explains_and_still_reads_back(self):
        study = ROOT / "inputs" / "studies" / "three-cations.yaml"
        text = hopflow("run", "--print-config", study).stdout
        self.assertRegex(text, r"\n  # force tolerance of the band and of the search for the saddle \(eV/A\); endpoints are relaxed to fmax/10, at most "
                               r"0\.01; images next to a certified saddle are not converged below 0\.05; number from 0\.0001 to 0\.5\n  fmax: 0\.03\n")


class Words(unittest.TestCase):
    def test_a_mistyped_option_is_answered_with_the_nearest(self):
        for words, near in ((("hops", "x.cif", "--maxlength", "5"), "--max-length"), (("hops", "x.cif", "-max-length", "5"), "--max-length"),
                            (("run", "x.yaml", "--dryrun"), "--dry-run"), (("device", "fit", "x.yaml", "--barier", "1"), "--barrier")):
            done = hopflow(*words)
            self.assertEqual(2, done.returncode)
            self.assertIn(f"did you mean '{near}'?", done.stderr)

    def test_what_to_cite_is_bibtex(self):
        done = hopflow("--cite")
        self.assertEqual(0, done.returncode)
        self.assertIn("@software{hopflow", done.stdout)
        self.assertEqual(done.stdout.count("{"), done.stdout.count("}"))
        self.assertIn("10.1063/1.1329672", done.stdout)


if __name__ == "__main__":
    unittest.main()
