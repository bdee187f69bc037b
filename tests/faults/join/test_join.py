# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=600
"""Engines that join a serving run from another network namespace, made here: one is killed, one leaves, one comes late;
the bytes are those of the same run with one client of its own. Strangers without the secret are refused. Where no
namespace can be made, everything is on loopback."""
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import faults

CRYSTAL = """data_argon
_cell_length_a 5.26
_cell_length_b 5.26
_cell_length_c 5.26
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_space_group_name_H-M_alt 'F m -3 m'
_space_group_IT_number 225
loop_
_space_group_symop_operation_xyz
{operations}
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Ar1 Ar 0 0 0
"""

STUDY = """study: argon
materials:
  - {{name: Argon, structure: argon.cif}}
engine: {{kind: ipi, command: "{python} {client} {{socket}} {pause}", files: [pair_client.py], clients: {clients}, tier: test, deadline_s: 60}}
supercell: {{min_image_distance: 10, series: []}}
vacancy: {{element: Ar}}
hops: {{max_length: 4, select: shortest}}
neb: {{images: 5, climb: true, fmax: 0.02, surrogate: false}}
"""


def operations():
    """Of F m -3 m, from permutations, signs and centrings."""
    import itertools
    out = []
    for shift in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)):
        for order in itertools.permutations("xyz"):
            for signs in itertools.product(("", "-"), repeat=3):
                out.append("'" + ",".join(sign + axis + ("+1/2" if half else "")
                                          for sign, axis, half in zip(signs, order, shift)) + "'")
    return "\n".join(out)


class Namespace:
    """A second network namespace inside the test's own, and a cable between both; or nothing at all."""

    def __init__(self):
        self.prefix, self.listen, self.keeper = [], "127.0.0.1", None
        if os.environ.get("HOPFLOW_TEST_OWN_NETWORK") != "1":
            return
        self.keeper = subprocess.Popen(["unshare", "-n", "sleep", "600"])
        time.sleep(0.3)
        to = ["nsenter", "-t", str(self.keeper.pid), "-n"]
        steps = [["ip", "link", "set", "lo", "up"],
                 ["ip", "link", "add", "here0", "type", "veth", "peer", "name", "there0", "netns", str(self.keeper.pid)],
                 ["ip", "addr", "add", "10.77.0.1/24", "dev", "here0"], ["ip", "link", "set", "here0", "up"],
                 [*to, "ip", "addr", "add", "10.77.0.2/24", "dev", "there0"], [*to, "ip", "link", "set", "there0", "up"]]
        if all(subprocess.run(step, stderr=subprocess.DEVNULL).returncode == 0 for step in steps):
            self.prefix, self.listen = to, "here0"

    def end(self):
        if self.keeper:
            self.keeper.kill()
            self.keeper.wait()


def own_network():
    """Begins again in a network namespace of its own, where that is allowed: the machine's is not touched."""
    if os.environ.get("HOPFLOW_TEST_OWN_NETWORK") or not shutil.which("unshare") or not shutil.which("ip"):
        return
    flags = ["-n"] if os.geteuid() == 0 else ["-n", "-r"]
    if subprocess.run(["unshare", *flags, "ip", "link", "set", "lo", "up"], stderr=subprocess.DEVNULL).returncode == 0:
        os.execvpe("unshare", ["unshare", *flags, sys.executable, "-B", *sys.argv], dict(os.environ, HOPFLOW_TEST_OWN_NETWORK="1"))


def joiner(place, address, *more, log):
    return subprocess.Popen([*place.prefix, faults.PROGRAM, "join", str(address), *more], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=open(log, "wb"), start_new_session=True)


def listening(port):
    """Local addresses at which some process listens at this port, as the kernel prints them."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:] + Path("/proc/net/tcp6").read_text().splitlines()[1:]
    return [line.split()[1].partition(":")[0] for line in lines if line.split()[3] == "0A" and int(line.split()[1].split(":")[1], 16) == port]


def strangers(place, address, folder, report):
    """None of these is admitted, and none does harm."""
    real = json.loads(address.read_text())
    false = folder / "false.json"
    false.write_text(json.dumps(dict(real, secret="00" * 32)))
    os.chmod(false, 0o600)
    done = subprocess.run([*place.prefix, faults.PROGRAM, "join", str(false)], capture_output=True, timeout=60)
    report.check(done.returncode in (4, 74) and b"secret" in done.stderr, "a stranger with another secret is refused",
                 f"{done.returncode} {done.stderr}")
    os.chmod(false, 0o644)
    done = subprocess.run([faults.PROGRAM, "join", str(false)], capture_output=True, timeout=60)
    report.check(done.returncode == 4 and b"chmod 600" in done.stderr, "an address file that others can read is refused", done.stderr)
    host = "10.77.0.1" if place.prefix else "127.0.0.1"
    for words in (b"GET / HTTP/1.1\r\n\r\n", b"JOINING1" + b"\0" * 192, b"\xff" * 100000, b""):
        with socket.create_connection((host, real["port"])) as line:
            line.settimeout(10)
            line.recv(40)
            try:
                line.sendall(words)
                line.shutdown(socket.SHUT_WR)
                rest = line.recv(1000)
            except OSError:
                rest = b""
            report.check(rest == b"", f"{len(words)} bytes from a stranger get no answer", rest)
    silent = socket.create_connection((host, real["port"]))
    silent.settimeout(20)
    begun = time.monotonic()
    try:
        while silent.recv(1000):
            pass
    except OSError:
        pass
    report.check(time.monotonic() - begun < 15, "who says nothing is sent away after some seconds", time.monotonic() - begun)


def main():
    own_network()
    report = faults.Report()
    folder = faults.scratch()
    place = Namespace()
    print("in namespaces of their own" if place.prefix else "on loopback: no namespaces here")
    shutil.copy(HERE / "pair_client.py", folder)
    (folder / "argon.cif").write_text(CRYSTAL.format(operations=operations()))
    for name, pause, clients in (("alone", 0.1, 1), ("study", 0.1, 1)):
        (folder / f"{name}.yaml").write_text(STUDY.format(python=sys.executable, client="pair_client.py", pause=pause, clients=clients))
    expected, _, errors = faults.hopflow("run", folder / "alone.yaml", "--until", "barriers", "-o", folder / "alone")
    report.check(expected == 0, "the run with a client of its own converges", f"{expected} {errors[-500:]}")
    reference, total = faults.results(folder / "alone"), faults.answers(folder / "alone")

    run = folder / "run"
    address = run / "join.json"
    with open(folder / "serve.log", "wb") as log:
        serve = subprocess.Popen([faults.PROGRAM, "serve", str(folder / "study.yaml"), "--until", "barriers", "-o", str(run), "--joined-only",
                                  "--listen", place.listen], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                                 start_new_session=True)
    other = folder / "other"
    other.mkdir()
    (other / "pair_client.py").write_text((HERE / "pair_client.py").read_text() + "# changed\n")
    changed = joiner(place, address, "--wait", "60", "--in", str(other), log=folder / "changed.log")
    report.check(faults.until(address.exists), "the address file is there")
    report.check(stat.S_IMODE(address.stat().st_mode) == 0o600, "only its owner can read it")
    port = json.loads(address.read_text())["port"]
    report.check(set(listening(port)) == {"01004D0A" if place.prefix else "0100007F"}, "it listens at the one address it was given", listening(port))
    report.check(faults.until(lambda: b"differs from the file" in (folder / "changed.log").read_bytes()),
                 "an engine that waited for the run, with another file than the study's, is not believed", (folder / "changed.log").read_bytes())
    strangers(place, address, folder, report)
    report.check(serve.poll() is None and faults.answers(run) == 0, "with none to ask the run waits", f"{serve.poll()} {faults.answers(run)}")
    done = subprocess.run([*place.prefix, faults.PROGRAM, "join", str(address), "--", "client"], capture_output=True, timeout=60)
    report.check(done.returncode == 2 and b"{socket}" in done.stderr, "a command that cannot connect is refused", done.stderr)

    first, second = (joiner(place, address, log=folder / f"{name}.log") for name in ("first", "second"))
    report.check(faults.until(lambda: faults.answers(run) > total // 5), "two engines join and answer", faults.answers(run))
    faults.end_session(first)
    report.check(first.returncode == -9, "one is killed with all its processes", first.returncode)
    known = faults.answers(run)
    report.check(faults.until(lambda: faults.answers(run) > known + 2), "the other answers on", faults.answers(run))
    second.terminate()
    second.wait(30)
    report.check(second.returncode == 75, "and leaves as asked", second.returncode)
    time.sleep(0.5)
    known = faults.answers(run)
    time.sleep(0.5)
    report.check(serve.poll() is None and faults.answers(run) == known < total, "the run waits again", f"{serve.poll()} {known} {faults.answers(run)}")
    last = joiner(place, address, "--", sys.executable, str(folder / "pair_client.py"), "{socket}", log=folder / "last.log")
    serve.wait(300)
    report.check(serve.returncode == expected, "the run ends as the other did", f"{serve.returncode} {(folder / 'serve.log').read_bytes()[-800:]}")
    for process, what in ((last, "an engine with a command of its own"), (changed, "and the one that was not believed")):
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            faults.end_session(process)
        report.check(process.returncode == 0, f"{what} is sent home with 0", process.returncode)
    report.check(faults.results(run) == reference, "the bytes are those of the run with a client of its own",
                 [name for name, value in faults.results(run).items() if reference.get(name) != value])
    report.check(not address.exists(), "the address file is gone")
    log = (run / "log.txt").read_text()
    report.check("joined" in log and "left" in log and "refused" in log, "the log says who joined, left and was refused", log[-800:])
    asked = json.loads((run / "timing.json").read_text())["evaluations_asked_of_engines"]
    report.check(asked <= total + 6, f"{asked} questions asked for {total} answers", asked)
    place.end()
    report.end(folder)


if __name__ == "__main__":
    main()
