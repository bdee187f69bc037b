# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=300
"""A computed attempt frequency goes on into the device: it replaces the assumed one in the device's file, and retention follows
tau = 2 n^2 / nu exp((Ea + Es) / kT) with it, n being hops through the film and Es the energy that stabilises the filament."""
import json
import math
import tempfile
from pathlib import Path

import hopflow_runs as runs

BOLTZMANN = 1.380649e-23 / 1.602176634e-19  # eV/K (SI 2019)
STUDY = f"""study: frequency
{runs.PSEUDOCUBIC}symmetry: {{of: crystal, symprec: 0.01}}
supercell: {{min_image_distance: 12}}
hops: {{max_length: 5.5, select: [I1-I2-4.24]}}
prefactor: PREFACTOR
device: {{reference: {runs.ROOT}/inputs/reference/paper.yaml, attempt_frequency: 3, attempt_frequency_factor: 7}}
snn: {{seeds: 0}}
"""


def run_study(report, scratch, prefactor):
    study = Path(scratch) / f"{prefactor}.yaml"
    study.write_text(STUDY.replace("PREFACTOR", prefactor))
    folder = Path(scratch) / prefactor
    code, _, errors = runs.run(1, "run", study, "--until", "device", "-o", folder)
    report.check(code == 0, f"prefactor {prefactor}: runs to the device (exit {code}) {errors[-300:] if code else ''}")
    return runs.summary(folder)["materials"][0], json.loads((folder / "device" / "MAPbI3.json").read_text())


def main():
    report = runs.Report()
    with tempfile.TemporaryDirectory(prefix="hopflow-frequency-") as scratch:
        assumed, plain = run_study(report, scratch, "false")
        computed, device = run_study(report, scratch, "true")
        report.check(assumed["barriers"][0]["attempt_frequency_thz"] is None, "none is computed unasked")
        report.check(plain["parameters"]["attempt_frequency_thz"] == 3 and plain["spread"]["attempt_frequency_factor"] == 7,
                     "then the device has the assumed one and its band")
        hop = computed["barriers"][0]
        from_stable_end = hop["prefactor"]["forward_thz" if hop["forward_ev"] >= hop["reverse_ev"] else "reverse_thz"]
        nu = device["parameters"]["attempt_frequency_thz"]
        report.check(nu == from_stable_end and nu != 3, f"the device has the computed one, from the more stable end: {nu} THz")
        report.check(device["spread"]["attempt_frequency_factor"] == hop["prefactor"]["factor"], "and its error as the band")
        parameters, retention = device["parameters"], device["retention"]
        hops = parameters["film_thickness_nm"] * 10 / parameters["hop_length_angstrom"]
        height = parameters["barrier_ev"] + parameters["stabilisation_ev"]
        worst = max(abs(math.log(tau / (2 * hops**2 / (nu * 1e12) * math.exp(height / (BOLTZMANN * t)))))
                    for t, tau in zip(retention["temperature_k"], retention["tau_s"]))
        report.check(worst < 1e-5, f"retention follows it at {len(retention['tau_s'])} temperatures (ln within {worst:.1e})")
        rate = hop["rate"]
        expected = hop["attempt_frequency_thz"] * 1e12 * math.exp(-hop["forward_ev"] / (BOLTZMANN * rate["temperature_k"]))
        report.check(abs(rate["forward_per_s"] / expected - 1) < 1e-5, f"so does the hop's rate: {rate['forward_per_s']:.3g} /s")
    report.end()


if __name__ == "__main__":
    main()
