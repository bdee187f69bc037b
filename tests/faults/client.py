# SPDX-License-Identifier: GPL-2.0-or-later
"""An i-PI client on a cosine surface: client.py SOCKET FAULT. Energy sum 0.1 eV (1 - cos 4 pi q) over fractional
coordinates q. FAULT: none; energy, forces or sign (a slip in every answer); jump (one answer 100 eV off); stop (stops
itself for good at its fourth answer); slow (0.2 s an answer); away (a child of it leaves its group and lives on); slow-away."""
import math
import os
import signal
import socket
import struct
import sys
import time

HARTREE = 27.211386245988  # eV
name, fault = sys.argv[1], sys.argv[2]
if fault.endswith("away") and os.fork() == 0:
    os.setsid()
    time.sleep(600)
    os._exit(0)
connection = socket.socket(socket.AF_UNIX)
connection.connect("/tmp/ipi_" + name)


def take(size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            sys.exit(0)
        data += part
    return data


def say(word):
    connection.sendall(word.ljust(12).encode())


answers, result = 0, None
while True:
    word = take(12).decode().strip()
    if word == "STATUS":
        say("HAVEDATA" if result else "READY")
    elif word == "INIT":
        take(4)
        take(struct.unpack("i", take(4))[0])
    elif word == "POSDATA":
        take(72)
        inverse = struct.unpack("9d", take(72))
        count = struct.unpack("i", take(4))[0]
        x = struct.unpack(f"{3 * count}d", take(24 * count))
        energy, forces = 0.0, []
        for atom in range(count):
            for d in range(3):
                q = sum(inverse[3 * d + j] * x[3 * atom + j] for j in range(3))
                energy += 0.1 / HARTREE * (1 - math.cos(4 * math.pi * q))
                forces.append(-0.1 / HARTREE * 4 * math.pi * inverse[3 * d + d] * math.sin(4 * math.pi * q))
        answers += 1
        if fault.startswith("slow"):
            time.sleep(0.2)
        if fault == "energy":
            energy *= HARTREE
        if fault == "forces":
            forces = [f / 0.529177210903 for f in forces]
        if fault == "sign":
            energy = -energy
        if fault == "jump" and answers == 4:
            energy += 100 / HARTREE
        if fault == "stop" and answers == 4:
            os.kill(os.getpid(), signal.SIGSTOP)
        result = struct.pack("d", energy) + struct.pack("i", count) + struct.pack(f"{len(forces)}d", *forces)
    elif word == "GETFORCE":
        connection.sendall(b"FORCEREADY  " + result + struct.pack("9d", *[0.0] * 9) + struct.pack("i", 0))
        result = None
    elif word == "EXIT":
        sys.exit(0)
