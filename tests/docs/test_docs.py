# SPDX-License-Identifier: GPL-2.0-or-later
"""The README and the help texts tell the truth: commands run, named files exist, tables match the program."""
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("HOPFLOW", ROOT / "build" / "release" / "hopflow"))
README = (ROOT / "README.md").read_text()
# These install and compile: here they only have to exist and parse; the program's own work is tried below.
LONG = {"bash workflows/run", "bash tests/run"}


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def table(header):
    """Rows of the README's table whose first heading is this."""
    after = README.split(f"| {header} |", 1)[1].splitlines()[2:]
    rows = []
    for line in after:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def hopflow(*words, cwd=ROOT):
    return subprocess.run([str(PROGRAM), *words], cwd=cwd, capture_output=True, text=True, timeout=120)


def subcommands(*words):
    text = hopflow(*words, "--help").stdout
    return re.findall(r"^  ([a-z]+) {2,}\S", text.split("Subcommands:")[1], re.MULTILINE) if "Subcommands:" in text else []


def every_command():
    return [[c] for c in subcommands()] + [[c, s] for c in subcommands() for s in subcommands(c)]


class Documents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="hopflow-docs-"))
        # Where a reader stands: the clone, without what a command would leave in it.
        shutil.copytree(ROOT / "inputs", cls.folder / "inputs")
        (cls.folder / "my-study.yaml").write_text(blocks("yaml")[0])

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def succeeds(self, words):
        done = hopflow(*words, cwd=self.folder)
        self.assertEqual(0, done.returncode, f"hopflow {' '.join(words)}: {done.stderr}")
        return done.stdout

    def test_commands_in_blocks_run(self):
        lines = [shlex.split(line, comments=True) for block in blocks("sh") for line in block.splitlines()]
        lines = [words for words in lines if words]
        self.assertGreaterEqual(len(lines), 6)
        for words in lines:
            with self.subTest(" ".join(words)):
                if words[0] == "hopflow":
                    self.succeeds(words[1:])
                else:
                    self.assertIn(" ".join(words[:2]), LONG)
                    self.assertEqual(0, subprocess.run(["bash", "-n", str(ROOT / words[1])]).returncode)

    def test_commands_within_the_text_run(self):
        for words in map(shlex.split, re.findall(r"`(hopflow [^`]+)`", README.replace("\n", " "))):
            known = [c for c in every_command() if words[1:len(c) + 1] == c]
            with self.subTest(" ".join(words)):
                self.assertTrue(known, "no such command")
                if "--print-config" in words or "--help" in words:
                    self.succeeds(words[1:])
                elif "submit" in words:
                    script = self.succeeds([*words[1:], "--dry-run"]) if len(words) > 2 else ""
                    self.assertTrue(len(words) == 2 or "#SBATCH --requeue" in script)

    def test_the_example_study_gets_as_far_as_its_hops(self):
        done = hopflow("run", "my-study.yaml", "--until", "hops", "-o", "hops only", cwd=self.folder)
        self.assertIn(done.returncode, (0, 5), done.stderr)
        self.assertTrue((self.folder / "hops only" / "summary.json").is_file())

    def test_named_files_exist(self):
        names = re.findall(r"`([^`\s]+)`", README) + re.findall(r"\]\(([^)]+)\)", README)
        names += re.findall(r"(?:^|\s)((?:inputs|workflows|tests)/[\w./-]+\w)", README)
        first = {p.name for p in ROOT.iterdir()} - {"build", "runs"}
        named = {n for n in names if n.split("/")[0] in first and "hopflow" not in n.split("/")[-1]}
        self.assertGreaterEqual(len(named), 12)
        self.assertEqual([], sorted(n for n in named if not (ROOT / n).exists()))

    def test_the_table_of_commands_is_the_program_s(self):
        told = [re.fullmatch(r"`hopflow ([a-z]+)`", row[0]).group(1) for row in table("command")]
        self.assertEqual(sorted(subcommands()), sorted(told))

    def test_the_table_of_exit_codes_is_the_program_s(self):
        source = (ROOT / "workflows" / "command_line" / "exit.hpp").read_text()
        codes = re.findall(r"= (\d+),", source.split("enum class Exit")[1].split("};")[0])
        self.assertEqual(codes, [row[0] for row in table("exit code")])

    def test_every_command_explains_itself_with_an_example(self):
        commands = every_command()
        self.assertGreaterEqual(len(commands), 12)
        for command in commands:
            with self.subTest(" ".join(command)):
                done = hopflow(*command, "--help")
                self.assertEqual((0, ""), (done.returncode, done.stderr))
                self.assertIn("Example:", done.stdout)

    def test_examples_name_options_and_files_that_exist(self):
        for command in every_command():
            text = hopflow(*command, "--help").stdout
            for line in re.findall(r"Example: (.*)", text):
                words = shlex.split(line)
                words = words[words.index("hopflow") + 1:]
                with self.subTest(line):
                    verb = max((c for c in every_command() if words[:len(c)] == c), key=len)
                    help_text = hopflow(*verb, "--help").stdout
                    for word in words:
                        if word.startswith("-"):
                            self.assertRegex(help_text, rf"(^|[\s,]){re.escape(word)}\b")
                        elif word.startswith("inputs/"):
                            self.assertTrue(any(ROOT.glob(word)) if "*" in word else (ROOT / word).exists(), word)

    def test_a_command_that_does_not_exist_is_refused(self):
        done = hopflow("fly")
        self.assertEqual(2, done.returncode)
        self.assertIn("fly", done.stderr)


if __name__ == "__main__":
    unittest.main()
