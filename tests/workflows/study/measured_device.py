# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=300
"""A study's devices from measured curves: sweep, pulses, retention and geometry named under `device:` give what 'device fit' gives
with the same files at the same barrier; the run keeps them, resumes without the originals, and refuses what it can't read."""
import json
import math
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "end_to_end"))
import hopflow_runs as runs  # noqa: E402

STUDY = f"""study: measured
{runs.PSEUDOCUBIC}symmetry: {{of: crystal, symprec: 0.01}}
hops: {{max_length: 5.5, select: [I1-I2-4.24]}}
device: {{sweep: sweep.csv, pulses: pulses.csv, retention: retention.csv, geometry: geometry.yaml}}
snn: {{seeds: 0}}
"""


def curves(folder):
    """A device of 1e-3 and 1e-7 S that sets at 0.9 V, resets at -0.8 V and forgets in 400 s at 350 K."""
    lines, state = ["time_s,voltage_V,current_uA"], False
    steps = [k * 0.05 for k in range(31)]
    for k, v in enumerate(steps + steps[-2::-1] + [-v for v in steps[1:]] + [-v for v in steps[-2::-1]]):
        state = True if v > 0.9 else False if v < -0.8 else state
        lines.append(f"{0.05 * k:.2f},{v:.2f},{1e6 * v * (1e-3 if state else 1e-7):.9g}")
    (folder / "sweep.csv").write_text("\n".join(lines) + "\n")
    up = [1e-5 + 1e-4 * (1 - 0.98**n) for n in range(1, 201)]
    down = [1e-5 + (up[-1] - 1e-5) * 0.97**n for n in range(1, 201)]
    (folder / "pulses.csv").write_text("conductance_S,voltage_V,width_s\n" + "".join(
        f"{g},{v},1e-7\n" for train, v in ((up, 1.2), (down, -1.1)) for g in train))
    (folder / "retention.csv").write_text("time_s,conductance_S,temperature_K\n" + "".join(
        f"{t},{1e-7 * (1e4 ** math.exp(-t / 400) + 1)},350\n" for t in range(0, 400, 20)))
    (folder / "geometry.yaml").write_text("film_thickness_nm: 300\nseries_resistance_ohm: 1\n")


def main():
    report = runs.Report()
    with tempfile.TemporaryDirectory(prefix="hopflow-measured-") as scratch:
        place = Path(scratch)
        curves(place)
        study, folder = place / "study.yaml", place / "run"
        study.write_text(STUDY)
        code, _, errors = runs.run(1, "run", study, "--until", "device", "-o", folder)
        report.check(code == 0, f"the study runs to the device (exit {code}) {errors[-300:] if code else ''}")
        device = json.loads((folder / "device" / "MAPbI3.json").read_text())
        p = device["parameters"]
        code, out, errors = runs.run(1, "device", "fit", "--sweep", place / "sweep.csv", "--pulses", place / "pulses.csv", "--retention",
                                     place / "retention.csv", "--device", place / "geometry.yaml", "--barrier", repr(p["barrier_ev"]), "--barrier-sd",
                                     repr(device["spread"]["barrier_sd_ev"]), "--hop-length", repr(p["hop_length_angstrom"]), "--json")
        report.check(code == 0, f"'device fit' takes the same files (exit {code}) {errors[-300:] if code else ''}")
        alone = json.loads(out)
        report.check(p == alone["parameters"], "and finds the same parameters")
        report.check(device["synapse"] == alone["synapse"] and device["synapse"]["points"] == 399, "the synapse is that of the measured pulses")
        report.check(p["film_thickness_nm"] == 300 and abs(p["sweep_dwell_s"] / 0.05 - 1) < 1e-9, "thickness of the geometry, dwell of the times")
        report.check(device["measured_curves"]["sweep"]["rms_decades"] is not None and scratch not in json.dumps(device), "residuals, and no absolute path")
        report.check(abs(device["iv"]["set_v"] - 0.95) < 0.05 and abs(device["iv"]["reset_v"] + 0.85) < 0.05,
                "its sweep switches within a step of the measured one")
        before = {f.relative_to(folder): f.read_bytes() for f in folder.glob("device/**/*") if f.is_file()}
        for name in ("sweep", "pulses", "retention"):
            (place / f"{name}.csv").unlink()
        shutil.rmtree(folder / "device")
        code, _, errors = runs.run(1, "resume", folder)
        after = {f.relative_to(folder): f.read_bytes() for f in folder.glob("device/**/*") if f.is_file()}
        report.check(code == 0 and before == after, f"a resumed run needs no original and gives the same bytes (exit {code}) {errors[-300:] if code else ''}")

        # The same name, other numbers: the film forgets twice as slowly.
        curves(place)
        text = (place / "retention.csv").read_text().splitlines()
        (place / "retention.csv").write_text("\n".join([text[0]] + [f"{2 * float(line.split(',')[0])}," + line.split(",", 1)[1] for line in text[1:]]) + "\n")
        code, _, errors = runs.run(1, "run", study, "--until", "device", "-o", folder)
        edited = json.loads((folder / "device" / "MAPbI3.json").read_text())["parameters"]
        moved = edited["stabilisation_ev"] - p["stabilisation_ev"]
        expected = 8.617333262e-5 * 350 * math.log(2)
        report.check(code == 0 and abs(moved - expected) < 1e-3,
                f"an edited curve of the same name is fitted again by the same run: {moved} eV for {expected} (exit {code}) {errors[-300:]}")

        curves(place)
        (place / "pulses.csv").write_text("conductance_S,voltage_V\n1e-5,1\n2e-5,1\n3e-5,1\n")
        code, _, errors = runs.run(1, "run", study, "--until", "device", "-o", place / "bad")
        report.check(code != 0 and "pulses.csv" in errors and "one direction" in errors, f"pulses of one direction are refused: {errors[-200:]}")
        two = STUDY.replace("symmetry:", STUDY.split("materials:\n")[1].split("symmetry:")[0].replace("MAPbI3\n", "Other\n") + "symmetry:", 1)
        study.write_text(two)
        code, _, errors = runs.run(1, "run", study, "--until", "device", "-o", place / "two")
        report.check(code != 0 and "device.measured" in errors, f"of two materials one must be named: {errors[-200:]}")
        study.write_text(STUDY.replace("sweep.csv", "absent.csv"))
        code, _, errors = runs.run(1, "run", study, "--until", "device", "-o", place / "absent")
        report.check(code != 0 and "absent.csv: no such file" in errors, f"a missing file is named: {errors[-200:]}")
    report.end()


if __name__ == "__main__":
    main()
