# SPDX-License-Identifier: GPL-2.0-or-later
"""SevenNet as an i-PI client; its weights come with the package sevenn. Structure file and socket as hopflow fills them in.

    engine: {kind: ipi, command: "{python} sevennet_client.py {socket} {structure}", name: SevenNet-l3i5, version: 0.13.0, tier: mlip}

A third word names another of the package's models, some three times as fast and less accurate on halide vacancies:
7net-0_11Jul2024 (name: SevenNet-0), 7net-0_22May2024. The word --d3 adds Grimme's D3 dispersion with Becke-Johnson damping for PBE (package
dftd3), which the models were trained without: molecular crystals are too wide otherwise.
"""
import sys

import ase.io
import torch
from ase.calculators.socketio import SocketClient
from sevenn.calculator import SevenNetCalculator

# One order of additions, so that a question has one answer.
torch.set_num_threads(1)
atoms = ase.io.read(sys.argv[2])
words = [word for word in sys.argv[3:] if word != "--d3"]
atoms.calc = SevenNetCalculator(words[0] if words else "7net-l3i5", device="cpu")
if "--d3" in sys.argv:
    from ase.calculators.mixing import SumCalculator
    from dftd3.ase import DFTD3

    atoms.calc = SumCalculator([atoms.calc, DFTD3(method="PBE", damping="d3bj")])
SocketClient(unixsocket=sys.argv[1]).run(atoms, use_stress=True)
