# SPDX-License-Identifier: GPL-2.0-or-later
"""Quantum ESPRESSO as an i-PI client: writes its input from the structure and the settings below, then becomes pw.x.

    engine: {kind: ipi, command: "python3 espresso_client.py {socket} {structure} {scratch}", name: Quantum ESPRESSO,
             version: "6.7", tier: dft, charge: "0", deadline_s: 3600, start_s: 300}

The settings are those of silicon; name a pseudopotential for each element of yours. Its wave function starts from that of
the question before, so answers differ by what conv_thr leaves over.
"""
import os
import sys

import ase.data
import ase.io

PSEUDO_FOLDER = "/usr/share/espresso/pseudo"
PSEUDO = {"Si": "Si.pz-vbc.UPF"}
SYSTEM = "ecutwfc = 12, tot_charge = 0"
POINTS = "automatic\n2 2 2 0 0 0"


def written(atoms):
    kinds = sorted(set(atoms.symbols))
    missing = [kind for kind in kinds if kind not in PSEUDO]
    if missing:
        sys.exit(f"no pseudopotential is named for {', '.join(missing)}; add it to PSEUDO in {sys.argv[0]}")
    species = "".join(f"{kind} {ase.data.atomic_masses[ase.data.atomic_numbers[kind]]} {PSEUDO[kind]}\n" for kind in kinds)
    positions = "".join("{} {:.15g} {:.15g} {:.15g}\n".format(s, *x) for s, x in zip(atoms.symbols, atoms.positions))
    cell = "".join("{:.15g} {:.15g} {:.15g}\n".format(*row) for row in atoms.cell)
    return f"""&CONTROL
  calculation = 'scf', prefix = 'hopflow', outdir = '.', pseudo_dir = '{PSEUDO_FOLDER}', tprnfor = .true., tstress = .true.
/
&SYSTEM
  ibrav = 0, nat = {len(atoms)}, ntyp = {len(kinds)}, nosym = .true., {SYSTEM}
/
&ELECTRONS
  conv_thr = 1.0e-10
/
ATOMIC_SPECIES
{species}ATOMIC_POSITIONS angstrom
{positions}K_POINTS {POINTS}
CELL_PARAMETERS angstrom
{cell}"""


if __name__ == "__main__":
    os.chdir(sys.argv[3])
    with open("pw.in", "w") as file:
        file.write(written(ase.io.read(sys.argv[2])))
    os.execvp("pw.x", ["pw.x", "--ipi", f"{sys.argv[1]}:UNIX", "-in", "pw.in"])
