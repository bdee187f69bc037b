# SPDX-License-Identifier: GPL-2.0-or-later
"""Neuroevolution potentials (NEP) as an i-PI client, through the package calorine: milliseconds a call for some hundred atoms,
and a model for what has no force field. Structure file and socket as hopflow fills them in; the model is a text file:

    engine: {kind: ipi, command: "{python} nep_client.py {socket} {structure} nep89_20250409.txt", name: NEP89, version: "20250409", tier: mlip}

    python3 -m pip install calorine==4.1

NEP89 (89 elements) comes with the package neptrainkit. Its model knows no charge of a cell, and few vacancies. `hopflow score` on
labelled frames of the material at hand says what a model is worth there.
"""
import sys

import ase.io
from ase.calculators.socketio import SocketClient

try:
    from calorine.calculators import CPUNEP
except ImportError:
    sys.exit("nep_client.py: the Python package calorine is missing; python3 -m pip install calorine==4.1")

if len(sys.argv) != 4:
    sys.exit("nep_client.py: needs socket, structure and the model's file: nep_client.py {socket} {structure} nep.txt")
atoms = ase.io.read(sys.argv[2])
atoms.calc = CPUNEP(sys.argv[3])
SocketClient(unixsocket=sys.argv[1]).run(atoms, use_stress=True)
