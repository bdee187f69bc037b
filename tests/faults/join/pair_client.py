# SPDX-License-Identifier: GPL-2.0-or-later
"""An i-PI client: Lennard-Jones argon (0.0104 eV, 3.4 A) by minimum images, smooth at 5 A.
pair_client.py SOCKET [SECONDS]: each answer takes at least that long."""
import socket
import struct
import sys
import time

import numpy as np

HARTREE, BOHR = 27.211386245988, 0.529177210903  # eV, A
EPSILON, SIGMA, CUTOFF = 0.0104 / HARTREE, 3.4 / BOHR, 5.0 / BOHR
pause = float(sys.argv[2]) if sys.argv[2:] else 0.0
connection = socket.socket(socket.AF_UNIX)
connection.connect("/tmp/ipi_" + sys.argv[1])


def take(size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            sys.exit(0)
        data += part
    return data


def pair(r):
    """Energy and -dE/dr of pairs; shifted so that both vanish at the cutoff."""
    s6, c6 = (SIGMA / r) ** 6, (SIGMA / CUTOFF) ** 6
    slope = 24 * EPSILON * (2 * c6 * c6 - c6) / CUTOFF
    energy = 4 * EPSILON * (s6 * s6 - s6 - c6 * c6 + c6) + slope * (r - CUTOFF)
    return energy, 24 * EPSILON * (2 * s6 * s6 - s6) / r - slope


def answer(cell, inverse, x):
    d = x[:, None] - x[None]
    d -= np.round(d @ inverse.T) @ cell.T
    r = np.sqrt((d**2).sum(axis=2))
    np.fill_diagonal(r, 2 * CUTOFF)
    energy, force = pair(np.minimum(r, CUTOFF))
    force[r >= CUTOFF] = 0
    energy[r >= CUTOFF] = 0
    return energy.sum() / 2, ((force / r)[:, :, None] * d).sum(axis=1)


result = None
while True:
    word = take(12).decode().strip()
    if word == "STATUS":
        connection.sendall(b"HAVEDATA    " if result else b"READY       ")
    elif word == "INIT":
        take(4)
        take(struct.unpack("i", take(4))[0])
    elif word == "POSDATA":
        cell, inverse = (np.frombuffer(take(72)).reshape(3, 3) for _ in range(2))
        count = struct.unpack("i", take(4))[0]
        begun = time.monotonic()
        energy, forces = answer(cell, inverse, np.frombuffer(take(24 * count)).reshape(count, 3))
        time.sleep(max(0.0, begun + pause - time.monotonic()))
        result = struct.pack("d", energy) + struct.pack("i", count) + np.ascontiguousarray(forces).tobytes()
    elif word == "GETFORCE":
        connection.sendall(b"FORCEREADY  " + result + struct.pack("9d", *[0.0] * 9) + struct.pack("i", 0))
        result = None
    elif word == "EXIT":
        sys.exit(0)
