# SPDX-License-Identifier: GPL-2.0-or-later
"""The recipe for any ASE calculator: structure file and socket name as hopflow fills them in.

    engine: {kind: ipi, command: "python3 emt_client.py {socket} {structure}", name: EMT, tier: ff}
"""
import sys

import ase.io
from ase.calculators.emt import EMT
from ase.calculators.socketio import SocketClient

atoms = ase.io.read(sys.argv[2])
atoms.calc = EMT()
SocketClient(unixsocket=sys.argv[1]).run(atoms, use_stress=True)
