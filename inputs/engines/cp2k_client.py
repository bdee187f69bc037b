# SPDX-License-Identifier: GPL-2.0-or-later
"""CP2K as an i-PI client: PBE-D3(BJ) with Gaussian and plane waves, for crystals with a band gap.

    engine: {kind: ipi, command: "python3 cp2k_client.py {socket} {structure} {scratch} --charge 1", name: CP2K,
             version: "2023.1", tier: dft, charge: "+1", deadline_s: 3600, start_s: 600}

Options after the three words: see `python3 cp2k_client.py --help`. The charge is part of the command and so of the
engine's identity: answers at charge 0 and +1 are never mixed. Wave functions are extrapolated from the previous
questions, so answers depend on their history by what EPS_SCF leaves over. A calculation that does not converge ends this
client with CP2K's last words; no such answer is taken.

One k-point (Gamma) is the default, and enough where bands are flat or the cell is long. It is not for three-dimensional
perovskites in cells of 12 A: compare one energy difference with `--kpoints 2 2 2` before anything is relaxed.
"""
import argparse
import os
import subprocess
import sys

import ase.io

FUNCTIONALS = {"PBE": ("PBE", "PBE"), "PBEsol": ("PBE\n        &PBE\n          PARAMETRIZATION PBESOL\n        &END PBE", "PBEsol")}
DISPERSION = """
      &VDW_POTENTIAL
        POTENTIAL_TYPE PAIR_POTENTIAL
        &PAIR_POTENTIAL
          TYPE DFTD3(BJ)
          REFERENCE_FUNCTIONAL {functional}
          PARAMETER_FILE_NAME dftd3.dat
          R_CUTOFF 15.0
        &END PAIR_POTENTIAL
      &END VDW_POTENTIAL"""
KIND = """
    &KIND {symbol}
      BASIS_SET {basis}-MOLOPT-SR-GTH
      POTENTIAL GTH-PBE
    &END KIND"""
# Orbital transformation is the faster way to the same result, and knows the Gamma point alone.
GAMMA = """
      EPS_SCF {eps:.3E}
      MAX_SCF 25
      &OT
        MINIMIZER DIIS
        PRECONDITIONER FULL_ALL
        ENERGY_GAP 0.05
      &END OT
      &OUTER_SCF
        EPS_SCF {eps:.3E}
        MAX_SCF 6
      &END OUTER_SCF"""
MESH = """
      EPS_SCF {eps:.3E}
      MAX_SCF 80
      &DIAGONALIZATION
      &END DIAGONALIZATION
      &MIXING
        METHOD BROYDEN_MIXING
        ALPHA 0.3
        NBROYDEN 8
      &END MIXING"""
KPOINTS = """
    &KPOINTS
      SCHEME MONKHORST-PACK {} {} {}
      PARALLEL_GROUP_SIZE -1
    &END KPOINTS"""
# What CP2K prints when it gives up; it would go on with the answer of a calculation that has not converged.
FAILURES = ("SCF run NOT converged", "ABORT")


def parser():
    words = argparse.ArgumentParser(description="CP2K as an i-PI client of hopflow (PBE-D3(BJ))")
    words.add_argument("socket", help="{socket} of hopflow's command line")
    words.add_argument("structure", help="{structure}: the atoms in their order")
    words.add_argument("scratch", help="{scratch}: a folder of the client's own")
    words.add_argument("--charge", type=int, default=0, help="total charge of the cell, e; a vacancy of I- leaves +1 (default 0)")
    words.add_argument("--multiplicity", type=int, default=1, help="2S + 1; above 1 the calculation is unrestricted (default 1)")
    words.add_argument("--cutoff", type=float, default=300.0, help="of the density's grid, Ry (default 300)")
    words.add_argument("--rel-cutoff", type=float, default=40.0, help="of the Gaussians mapped to each grid, Ry (default 40)")
    words.add_argument("--basis", choices=("DZVP", "TZVP"), default="DZVP", help="MOLOPT-SR basis (default DZVP)")
    words.add_argument("--functional", choices=tuple(FUNCTIONALS), default="PBE", help="(default PBE)")
    words.add_argument("--no-dispersion", action="store_true", help="leave D3(BJ) out")
    words.add_argument("--kpoints", type=int, nargs=3, default=(1, 1, 1), metavar="N",
                       help="Monkhorst-Pack mesh along a, b, c; an even number leaves Gamma out (default 1 1 1)")
    words.add_argument("--eps-scf", type=float, help="of the orbital gradient (default 3e-6), or of the density matrix with "
                       "more k-points (default 1e-5)")
    words.add_argument("--stress", action="store_true", help="stress as well: for `hopflow relax --cell`")
    words.add_argument("--ranks", type=int, default=1, help="MPI ranks of CP2K (default 1)")
    words.add_argument("--threads", type=int, default=1, help="threads of each rank (default 1)")
    return words


def written(options, atoms, run_type="DRIVER"):
    cell = "".join("\n      {} {:.15g} {:.15g} {:.15g}".format(name, *row) for name, row in zip("ABC", atoms.cell))
    coordinates = "".join("\n      {} {:.15g} {:.15g} {:.15g}".format(s, *x) for s, x in zip(atoms.symbols, atoms.positions))
    kinds = "".join(KIND.format(symbol=symbol, basis=options.basis) for symbol in sorted(set(atoms.symbols)))
    functional, reference = FUNCTIONALS[options.functional]
    dispersion = "" if options.no_dispersion else DISPERSION.format(functional=reference)
    stress = "\n  STRESS_TENSOR ANALYTICAL" if options.stress else ""
    print_stress = "\n    &STRESS_TENSOR\n    &END STRESS_TENSOR" if options.stress else ""
    gamma = tuple(options.kpoints) == (1, 1, 1)
    scf = (GAMMA if gamma else MESH).format(eps=options.eps_scf or (3e-6 if gamma else 1e-5))
    kpoints = "" if gamma else KPOINTS.format(*options.kpoints)
    extrapolation = "ASPC\n      EXTRAPOLATION_ORDER 2" if gamma else "USE_PREV_P"
    unrestricted = "\n    UKS T" if options.multiplicity != 1 else ""
    return f"""&GLOBAL
  PROJECT hopflow
  RUN_TYPE {run_type}
  PRINT_LEVEL LOW
&END GLOBAL
&MOTION
  &DRIVER
    UNIX T
    HOST {options.socket}
    PORT 1
    SLEEP_TIME 0.01
  &END DRIVER
&END MOTION
&FORCE_EVAL
  METHOD QS{stress}
  &DFT
    BASIS_SET_FILE_NAME BASIS_MOLOPT
    POTENTIAL_FILE_NAME GTH_POTENTIALS
    CHARGE {options.charge}
    MULTIPLICITY {options.multiplicity}{unrestricted}
    &MGRID
      CUTOFF {options.cutoff:g}
      REL_CUTOFF {options.rel_cutoff:g}
    &END MGRID
    &QS
      EPS_DEFAULT 1.0E-10
      EXTRAPOLATION {extrapolation}
    &END QS{kpoints}
    &SCF
      SCF_GUESS ATOMIC{scf}
      &PRINT
        &RESTART OFF
        &END RESTART
      &END PRINT
    &END SCF
    &XC
      &XC_FUNCTIONAL {functional}
      &END XC_FUNCTIONAL{dispersion}
    &END XC
  &END DFT
  &PRINT
    &FORCES
    &END FORCES{print_stress}
  &END PRINT
  &SUBSYS
    &CELL{cell}
    &END CELL
    &COORD{coordinates}
    &END COORD{kinds}
  &END SUBSYS
&END FORCE_EVAL
"""


def command(options):
    """Open MPI refuses root, and binds two clients to the same cores, unless its settings say otherwise."""
    if options.ranks == 1:
        return ["cp2k.psmp", "-i", "cp2k.inp"]
    return ["mpirun", "--bind-to", "none", "-n", str(options.ranks), "cp2k.psmp", "-i", "cp2k.inp"]


if __name__ == "__main__":
    given = parser().parse_args()
    given.structure = os.path.abspath(given.structure)
    os.chdir(given.scratch)
    with open("cp2k.inp", "w") as file:
        file.write(written(given, ase.io.read(given.structure)))
    environment = dict(os.environ, OMP_NUM_THREADS=str(given.threads), OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    cp2k = subprocess.Popen(command(given), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    last = []
    for line in cp2k.stdout:
        print(line, end="", flush=True)
        last = last[-19:] + [line]
        if any(words in line for words in FAILURES):
            cp2k.terminate()
            sys.exit("CP2K has not converged or has given up; its last words:\n" + "".join(last) +
                     f"Try --eps-scf 1e-5, or another charge or multiplicity (now {given.charge}, {given.multiplicity}).")
    sys.exit(cp2k.wait())
