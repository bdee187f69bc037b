# SPDX-License-Identifier: GPL-2.0-or-later
"""SevenNet-0 as an i-PI client; its weights come with the package sevenn. Structure file and socket as hopflow fills them in.

    engine: {kind: ipi, command: "{python} sevennet_client.py {socket} {structure}", name: SevenNet-0, version: 11Jul2024, tier: mlip}

A third word names another of the package's models: 7net-0_22May2024, 7net-l3i5.
"""
import sys

import ase.io
import torch
from ase.calculators.socketio import SocketClient
from sevenn.calculator import SevenNetCalculator

# One order of additions, so that a question has one answer.
torch.set_num_threads(1)
atoms = ase.io.read(sys.argv[2])
atoms.calc = SevenNetCalculator(sys.argv[3] if len(sys.argv) > 3 else "7net-0_11Jul2024", device="cpu")
SocketClient(unixsocket=sys.argv[1]).run(atoms, use_stress=True)
