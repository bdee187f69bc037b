# SPDX-License-Identifier: GPL-2.0-or-later
"""LAMMPS `fix ipi`, driven through its own library: a triclinic box, whatever the first cell looks like. Here argon.

    engine: {kind: ipi, structure: lammps-data, command: "python3 lammps_client.py {socket} {structure}", tier: ff}
"""
import ctypes
import sys

INPUT = f"""
units metal
atom_style atomic
atom_modify map array sort 0 0
box tilt large
read_data "{sys.argv[2]}"
change_box all triclinic
pair_style lj/cut 7.0
pair_coeff * * 0.0103 3.4
pair_modify shift no
neighbor 2.0 bin
neigh_modify every 1 delay 0 check yes
fix 1 all ipi {sys.argv[1]} 31415 unix
run 1000000
"""

library = ctypes.CDLL("liblammps.so.0", mode=ctypes.RTLD_GLOBAL)
library.lammps_open_no_mpi.restype = ctypes.c_void_p
words = [b"lammps", b"-screen", b"none", b"-log", b"none", b"-nocite"]
handle = ctypes.c_void_p(library.lammps_open_no_mpi(len(words), (ctypes.c_char_p * len(words))(*words), None))
for line in INPUT.strip().splitlines():
    library.lammps_command(handle, line.encode())
