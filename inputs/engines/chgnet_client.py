# SPDX-License-Identifier: GPL-2.0-or-later
"""CHGNet as an i-PI client; its weights come with the package chgnet. Structure file and socket as hopflow fills them in.

    engine: {kind: ipi, command: "{python} chgnet_client.py {socket} {structure}", name: CHGNet, version: 0.3.0, tier: mlip}

A third word names another of the package's models: 0.2.0, r2scan.
"""
import sys

import ase.io
import torch
from ase.calculators.socketio import SocketClient
from chgnet.graph import CrystalGraph
from chgnet.model import CHGNet, CHGNetCalculator

# One order of additions, so that a question has one answer.
torch.set_num_threads(1)
model = CHGNet.load(model_name=sys.argv[3] if len(sys.argv) > 3 else "0.3.0", use_device="cpu", verbose=False)


class WideIndices(torch.nn.Module):
    """torch before 2.0 takes no 32-bit integers as indices, which are what the graphs hold."""

    def __init__(self, converter):
        super().__init__()
        self.converter = converter

    def set_isolated_atom_response(self, response):
        self.converter.set_isolated_atom_response(response)

    def forward(self, structure):
        graph = self.converter(structure)
        wide = {name: value.long() if isinstance(value, torch.Tensor) and value.dtype == torch.int32 else value
                for name, value in graph.to_dict().items()}
        return CrystalGraph.from_dict(wide)


model.graph_converter = WideIndices(model.graph_converter)
atoms = ase.io.read(sys.argv[2])
atoms.calc = CHGNetCalculator(model, use_device="cpu", on_isolated_atoms="error")
SocketClient(unixsocket=sys.argv[1]).run(atoms, use_stress=True)
