# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/ says what is: links lead somewhere, commands run, named files, options and keys exist, the examples in C++ are the tested ones."""
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("HOPFLOW_ROOT", Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("HOPFLOW", str(ROOT / "build" / "release" / "hopflow"))
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
OTHERS = [ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md"]


def heading_anchor(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


class Site(unittest.TestCase):
    def test_every_link_leads_somewhere(self):
        count = 0
        for page in PAGES + OTHERS:
            for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
                if target.startswith("https://"):
                    continue
                count += 1
                name, _, anchor = target.partition("#")
                file = (page.parent / name) if name else page
                with self.subTest(f"{page.name}: {target}"):
                    self.assertTrue(file.is_file())
                    if anchor:
                        headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
                        self.assertIn(anchor, map(heading_anchor, headings))
        self.assertGreaterEqual(count, 5)

    def test_every_page_is_in_the_site_once(self):
        named = re.findall(r"^\s*- [^:]+: (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
        self.assertEqual(sorted(str(p.relative_to(DOCS)) for p in PAGES), sorted(named))

    def test_named_files_exist(self):
        for page in PAGES + OTHERS:
            names = re.findall(r"(?<![\w/.])((?:inputs|workflows|tests|potentials|neb|structures|packaging|docs)/[\w./-]*\w)", page.read_text())
            for name in names:
                if name.startswith("potentials/wells/"):
                    continue  # files the reader makes; test_engine_in_study.py makes them, too
                with self.subTest(f"{page.name}: {name}"):
                    self.assertTrue((ROOT / name).exists())

    def test_the_toy_engine_and_the_toy_procedure_are_the_tested_ones(self):
        code = re.findall(r"^```cpp\n(.*?)^```", (DOCS / "procedures.md").read_text(), re.MULTILINE | re.DOTALL)
        for name, shown in (("toy_engine.cpp", code[0]), ("toy_procedure.cpp", code[-1])):
            with self.subTest(name):
                self.assertEqual((ROOT / "tests" / "docs" / name).read_text(), shown)

    def test_commands_of_the_tutorial_run(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(ROOT / "inputs", Path(folder) / "inputs")
            lines = [line for page in PAGES for block in re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
                     for line in block.splitlines() if line.strip()]
            self.assertGreaterEqual(len(lines), 5)
            for line in lines:
                words = shlex.split(line, comments=True)
                with self.subTest(line):
                    self.assertEqual("hopflow", words[0])
                    done = subprocess.run([PROGRAM, *words[1:]], cwd=folder, capture_output=True, text=True, timeout=300)
                    self.assertEqual(0, done.returncode, done.stderr)

    def test_commands_and_options_in_every_page_exist(self):
        helps = {}
        for page in PAGES + OTHERS:
            if page.parent.name == "reference":
                continue
            text = page.read_text()
            blocks = "\n".join(re.findall(r"^```(?:sh|text)\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
            inline = re.findall(r"`hopflow ([a-z][^`\n]*)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
            for words in inline + re.findall(r"^(?:mpirun -n \d+ )?hopflow ([a-z][^\n#]*)", blocks, re.MULTILINE):
                parts = words.split()
                with self.subTest(f"{page.name}: {words}"):
                    if parts[0] not in helps:
                        helps[parts[0]] = subprocess.run([PROGRAM, parts[0], "--help"], capture_output=True, text=True)
                    self.assertEqual(0, helps[parts[0]].returncode, "no such command")
                    if len(parts) > 1 and parts[0] in ("device", "crossbar", "snn"):
                        continue
                    for option in (p for p in parts[1:] if p.startswith("--") and p != "--help"):
                        self.assertRegex(helps[parts[0]].stdout, rf"(^|[\s,]){re.escape(option)}\b")

    def test_versions_agree(self):
        version = re.search(r"project\(hopflow VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
        self.assertIn(f"\nversion: {version}\n", (ROOT / "CITATION.cff").read_text())
        self.assertIn(f'version = "{version}"', (ROOT / "packaging" / "conda" / "meta.yaml").read_text())
        self.assertIn(f"\n## {version}\n", (ROOT / "CHANGELOG.md").read_text())
        self.assertEqual(f"hopflow {version}\n", subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout)

    def test_mkdocs_builds_it(self):
        mkdocs = shutil.which("mkdocs")
        if not mkdocs:
            self.skipTest("mkdocs is not here (pip install mkdocs)")
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([mkdocs, "build", "--strict", "-d", folder], cwd=ROOT, capture_output=True, text=True)
            self.assertEqual(0, done.returncode, done.stderr)


if __name__ == "__main__":
    unittest.main()
