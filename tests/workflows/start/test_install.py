# SPDX-License-Identifier: GPL-2.0-or-later
"""An installed program finds its files wherever its folder is moved to."""
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(os.environ.get("HOPFLOW_ROOT", Path(__file__).resolve().parents[3]))


class Install(unittest.TestCase):
    def test_an_installed_program_can_be_moved(self):
        with tempfile.TemporaryDirectory(prefix="hopflow install ") as scratch:
            first, second = Path(scratch) / "first", Path(scratch) / "second"
            done = subprocess.run(["cmake", "--install", ROOT / "build" / "release", "--prefix", first], capture_output=True, text=True)
            self.assertEqual(0, done.returncode, done.stderr)
            for name in ("bin/hopflow", "bin/hopflow-full", "share/hopflow/inputs/engines/chgnet_client.py", "share/man/man1/hopflow-run.1",
                         "share/bash-completion/completions/hopflow", "share/fish/vendor_completions.d/hopflow.fish",
                         "share/zsh/site-functions/_hopflow"):
                self.assertTrue((first / name).stat().st_size, name)
            self.assertFalse((first / "share/hopflow/.data").exists())
            first.rename(second)
            shutil.copy(ROOT / "inputs" / "structures" / "mapbi3-orthorhombic.cif", scratch)
            made = subprocess.run([second / "bin" / "hopflow", "new", "mapbi3-orthorhombic.cif"], cwd=scratch, capture_output=True, text=True)
            self.assertEqual(0, made.returncode, made.stderr)
            self.assertRegex(made.stdout, r"forcefield: \"second/share/hopflow/inputs/forcefields/myp-mapbi3.yaml\"")
            (Path(scratch) / "study.yaml").write_text(made.stdout)
            planned = subprocess.run([second / "bin" / "hopflow", "run", "study.yaml", "--dry-run"], cwd=scratch, capture_output=True, text=True)
            self.assertEqual(0, planned.returncode, planned.stderr)


if __name__ == "__main__":
    unittest.main()
