# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=300
"""The exported Verilog-A goes through OpenVAF's own front end (the wheel openvaf-py, fetched once into build/peers)."""
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(os.environ.get("HOPFLOW_ROOT", Path(__file__).resolve().parents[3]))
VENV = ROOT / "build" / "peers" / "openvaf"
PACKAGE = "openvaf-py==0.1.5"
HOPFLOW = os.environ.get("HOPFLOW", str(ROOT / "build" / "release" / "hopflow"))


def enter_environment():
    python = VENV / "bin" / "python"
    if Path(sys.prefix) == VENV:
        return
    ready = VENV / "ready"
    if not ready.is_file() or ready.read_text() != PACKAGE:
        made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True)
        if made.returncode == 0:
            made = subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", PACKAGE], capture_output=True, text=True)
        if made.returncode != 0:
            print("skipped: openvaf-py can't be installed here (offline, or another Python than 3.11)")
            sys.exit(77)
        ready.write_text(PACKAGE)
    os.execv(python, [str(python), "-B", *sys.argv])


enter_environment()
import openvaf_py  # noqa: E402

folder = Path(os.environ.get("HOPFLOW_TEST_FOLDER", "."))
reference = ROOT / "inputs" / "reference" / "paper.yaml"
fitted = subprocess.run([HOPFLOW, "device", "fit", reference, "--barrier", "0.39", "-o", folder / "device.json"], capture_output=True, text=True)
assert fitted.returncode == 0, fitted.stderr
device = json.loads((folder / "device.json").read_text())
for model in ("threshold", "thermal", "barrier_only"):
    device["parameters"]["model"] = model
    (folder / "one.json").write_text(json.dumps({"parameters": device["parameters"]}))
    exported = subprocess.run([HOPFLOW, "device", "export", folder / "one.json", "-o", folder / model], capture_output=True, text=True)
    assert exported.returncode == 0, exported.stderr
    modules = openvaf_py.compile_va(str(folder / model / "memristor.va"))
    assert [module.name for module in modules] == ["memristor"], modules
    print(f"ok {model}: compiled")
# A compiler that accepts anything would tell nothing.
broken = (folder / "threshold" / "memristor.va").read_text().replace("parameter real margin", "parameter real edge")
(folder / "broken.va").write_text(broken)
child = subprocess.run([sys.executable, "-c", f"import openvaf_py; openvaf_py.compile_va({str(folder / 'broken.va')!r})"], capture_output=True, text=True)
assert child.returncode != 0
print("ok a reserved word is refused")
