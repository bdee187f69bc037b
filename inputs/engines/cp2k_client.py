# SPDX-License-Identifier: GPL-2.0-or-later
"""CP2K as an i-PI client (RUN_TYPE DRIVER): writes its input from the structure and the settings below, then starts CP2K.

    engine: {kind: ipi, command: "python3 cp2k_client.py {socket} {structure} {scratch}", name: CP2K, version: "2023.1",
             tier: dft, charge: "0", deadline_s: 3600, start_s: 300}

Its wave function starts from that of the question before, so answers differ by what EPS_SCF leaves over. CP2K goes on when
it has not converged; this watches its words and ends it there, so that no such answer is taken.
"""
import os
import subprocess
import sys

import ase.io

SETTINGS = """
  METHOD QS
  STRESS_TENSOR ANALYTICAL
  &DFT
    BASIS_SET_FILE_NAME BASIS_MOLOPT
    POTENTIAL_FILE_NAME GTH_POTENTIALS
    CHARGE 0
    &MGRID
      CUTOFF 200
    &END MGRID
    &SCF
      EPS_SCF 1.0E-8
      MAX_SCF 100
    &END SCF
    &XC
      &XC_FUNCTIONAL PBE
      &END XC_FUNCTIONAL
    &END XC
  &END DFT
"""
KIND = """
    &KIND {symbol}
      BASIS_SET DZVP-MOLOPT-SR-GTH
      POTENTIAL GTH-PBE
    &END KIND"""


def written(socket, atoms, run_type="DRIVER"):
    cell = "".join("\n      {} {:.15g} {:.15g} {:.15g}".format(name, *row) for name, row in zip("ABC", atoms.cell))
    coordinates = "".join("\n      {} {:.15g} {:.15g} {:.15g}".format(s, *x) for s, x in zip(atoms.symbols, atoms.positions))
    kinds = "".join(KIND.format(symbol=symbol) for symbol in sorted(set(atoms.symbols)))
    return f"""&GLOBAL
  PROJECT hopflow
  RUN_TYPE {run_type}
  PRINT_LEVEL LOW
&END GLOBAL
&MOTION
  &DRIVER
    UNIX T
    HOST {socket}
    PORT 1
    SLEEP_TIME 0.001
  &END DRIVER
&END MOTION
&FORCE_EVAL{SETTINGS}
  &PRINT
    &FORCES
    &END FORCES
    &STRESS_TENSOR
    &END STRESS_TENSOR
  &END PRINT
  &SUBSYS
    &CELL{cell}
    &END CELL
    &COORD{coordinates}
    &END COORD{kinds}
  &END SUBSYS
&END FORCE_EVAL
"""


if __name__ == "__main__":
    os.chdir(sys.argv[3])
    with open("cp2k.inp", "w") as file:
        file.write(written(sys.argv[1], ase.io.read(sys.argv[2])))
    cp2k = subprocess.Popen(["cp2k.psmp", "-i", "cp2k.inp"], stdout=subprocess.PIPE, text=True)
    for line in cp2k.stdout:
        print(line, end="", flush=True)
        if "SCF run NOT converged" in line:
            cp2k.kill()
            sys.exit("CP2K has not converged: raise MAX_SCF, or change the SCF settings in " + sys.argv[0])
    sys.exit(cp2k.wait())
