# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=300
"""`hopflow relax --cell` against cells and energies of MAPbI3 that LAMMPS' own box relaxation found with this table (another
driver, ewald 1e-6)."""
import json

import hopflow_runs as runs

# a, b, c (A), energy of a formula unit (eV).
EXPECTED = {"pseudocubic": ((6.255, 6.108, 6.363), -30.8886), "tetragonal": ((8.696, 8.696, 12.813), -30.9258)}
# The orthorhombic start has two known numbers with that driver: -30.9305 for the cell itself (8.695 12.132 9.172 A) and
# -30.9361 for its 2x1x2 repeat. Descending here ends in a minimum as low as the latter, so the edges of the former are not
# compared. LAMMPS' `fix box/relax`, twelve rounds of it from the shipped file, stalls higher each time with forces of 0.2 to
# 0.4 kcal/mol/A left (-30.932 tri, -30.923 aniso, -30.935 for 2x1x2, positions relaxed afterwards): where it stops is no minimum.
REPEATED_ORTHORHOMBIC = -30.9361


def relaxed(name, *options):
    code, out, errors = runs.run(1, "relax", runs.ROOT / "inputs" / "structures" / f"mapbi3-{name}.cif", "--forcefield",
                                 runs.ROOT / "inputs" / "forcefields" / "myp-mapbi3.yaml", "--json", *options)
    return code, json.loads(out) if out else {}, errors


def main():
    report = runs.Report()
    for name, (edges, energy) in EXPECTED.items():
        code, found, errors = relaxed(name, "--cell", "--fmax", "0.002")
        report.check(code == 0, f"{name}: converges (exit {code}) {errors[-200:] if code else ''}")
        cell = [found["cell"][k] for k in "abc"]
        report.check(max(abs(a - b) for a, b in zip(cell, edges)) < 0.02, f"{name}: edges {cell} A")
        per_unit = found["energy_per_formula_unit_ev"]
        report.check(abs(per_unit - energy) < 0.001, f"{name}: {per_unit:.5f} eV a formula unit")
        worst = max(abs(x) for row in found["stress_ev_per_angstrom3"] for x in row)
        report.check(worst < 1e-4, f"{name}: no stress is left ({worst:.1e} eV/A3)")
    code, found, _ = relaxed("orthorhombic", "--cell", "--fmax", "0.002")
    per_unit = found["energy_per_formula_unit_ev"]
    report.check(code == 0 and abs(per_unit - REPEATED_ORTHORHOMBIC) < 0.001,
                 f"orthorhombic: {per_unit:.5f} eV, as low as the other driver's 2x1x2 repeat")
    worst = max(abs(x) for row in found["stress_ev_per_angstrom3"] for x in row)
    report.check(worst < 1e-4 and found["fmax_ev_per_angstrom"] <= 0.002, f"orthorhombic: nothing is left ({worst:.1e} eV/A3)")
    code, found, _ = relaxed("pseudocubic", "--fmax", "0.01")
    report.check(code == 0 and found["cell"] == found["cell_before"] and found["energy_ev"] < found["energy_before_ev"],
                 "without --cell the cell stays and the energy falls")
    code, found, _ = relaxed("tetragonal", "--max-steps", "3")
    report.check(code == 5 and not found["converged"] and found["evaluations"] == 3, "stopped early is said, with exit code 5")
    code, _, errors = runs.run(1, "relax", runs.ROOT / "inputs" / "structures" / "mapbi3-tetragonal.cif")
    report.check(code == 2 and "--forcefield" in errors, "without an engine it is refused")
    report.end()


if __name__ == "__main__":
    main()
