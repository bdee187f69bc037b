# SPDX-License-Identifier: GPL-2.0-or-later
"""Sound inputs of every kind that the program reads, and the commands that read them: what test_mutated.py changes."""
import dataclasses
import gzip
import json
import math
import shutil
import struct
from pathlib import Path

import faults


INPUTS = faults.ROOT / "inputs"
CIF = INPUTS / "structures" / "mapbi3-tetragonal.cif"
TABLE = INPUTS / "forcefields" / "myp-mapbi3.yaml"
READERS = faults.HERE / "fuzz" / "corpus"
SURFACE = "{kind: lammps, units: metal, types: {Cu: 1, Ar: 2}, commands: [\"pair_style lj/cut 5.0\", \"pair_coeff * * 0.01 3.0\"]}"
TWO = b'2\nLattice="10 0 0 0 10 0 0 0 10" Properties=species:S:1:pos:R:3 pbc="T T T"\nCu 0.0 0.0 0.0\nAr 2.5 5.0 5.0\n'
CASE = (f"initial: ini.extxyz\nfinal: fin.extxyz\nfixed: [1]\nengine: {SURFACE}\nneb: {{images: 1, climb: false, fmax: 0.5}}\n").encode()
SADDLE = (f"guess: guess.extxyz\ndirection: fin.extxyz\nfixed: [1]\nengine: {SURFACE}\nfmax: 0.05\n").encode()
POSCAR = b"two\n1.0\n10 0 0\n0 10 0\n0 0 10\nCu Ar\n1 1\nSelective dynamics\nDirect\n%s 0 0 T T T\n0.25 0.5 0.5 F F F\n"
XDATCAR = (b"two\n1.0\n10 0 0\n0 10 0\n0 0 10\nCu Ar\n1 1\nDirect configuration= 1\n0 0 0\n0.25 0.5 0.5\n"
           b"Direct configuration= 2\n0.5 0 0\n0.25 0.5 0.5\n")
CON = b"two\n0.0\n10 10 10\n90 90 90\n0 0\n0 0 0\n2\n1 1\n63.5 39.9\nCu\nCoordinates of 1\n%s 0 0 0 0\nAr\nCoordinates of 2\n2.5 5 5 1 1\n"


@dataclasses.dataclass
class Kind:
    """Any of `files` is changed, then one of `commands` is run."""

    files: dict  # name below the folder -> its contents, of which one is changed
    commands: list
    whole: str = ""  # a folder that a command may write into: made again from `whole`.kept before each
    binary: bool = False
    share: float = 1  # of the number of tries: seconds of a fit are for few


def trajectory():
    """Two frames as ASE lays them out: a tag, a table of offsets, items of JSON whose arrays stand elsewhere."""
    out, offsets = b"- of UlmASE-Trajectory  " + struct.pack("<3q", 3, 2, 48) + bytes(16), []
    for x in (0.0, 5.0):
        at = len(out)
        out += struct.pack("<6d2q", x, 0, 0, 2.5, 5, 5, 29, 18)
        item = json.dumps({"version": 1, "pbc": [True, True, True], "numbers.": {"ndarray": [[2], "int64", at + 48]},
                           "positions.": {"ndarray": [[2, 3], "float64", at]}, "cell": [[10.0, 0, 0], [0, 10.0, 0], [0, 0, 10.0]],
                           "constraints": '[{"name": "FixAtoms", "kwargs": {"indices": [1]}}]'}).encode()
        offsets.append(len(out))
        out += struct.pack("<q", len(item)) + item
    return out[:48] + struct.pack("<2q", *offsets) + out[64:]


def curves():
    """A device of 1e-3 and 1e-7 S that sets at 0.9 V, resets at -0.8 V and forgets in 400 s at 350 K; it wears out."""
    steps, state, sweep = [k * 0.1 for k in range(16)], False, "time_s,voltage_V,current_uA\n"
    for k, v in enumerate(steps + steps[-2::-1] + [-v for v in steps[1:]] + [-v for v in steps[-2::-1]]):
        state = True if v > 0.9 else False if v < -0.8 else state
        sweep += f"{0.1 * k:.2f},{v:.2f},{1e6 * v * (1e-3 if state else 1e-7):.9g}\n"
    up = [1e-5 + 1e-4 * (1 - 0.9**n) for n in range(1, 31)]
    down = [1e-5 + (up[-1] - 1e-5) * 0.9**n for n in range(1, 31)]
    pulses = "conductance_S,voltage_V,width_s\n" + "".join(f"{g:.9g},{v},1e-7\n" for train, v in ((up, 1.2), (down, -1.1)) for g in train)
    retention = "time_s,conductance_S,temperature_K\n" + "".join(f"{t},{1e-7 * (1e4 ** math.exp(-t / 400) + 1):.9g},350\n" for t in range(0, 400, 40))
    endurance = "cycle,on_S,off_S\n" + "".join(f"{n},{1e-3 / n ** 0.1:.6g},{1e-7 * n ** 0.1:.6g}\n" for n in (1, 10, 100, 1000, 10000))
    return {f"{name}.csv": [text.encode()] for name, text in (("sweep", sweep), ("pulses", pulses), ("retention", retention), ("endurance", endurance))}


def images(folder):
    """The four idx files of a set of 4 x 4 pixels, and one of them compressed."""
    out = {}
    for part, count in (("train", 12), ("t10k", 6)):
        pixels = bytes((37 * k + 11 * (k // 16)) % 256 for k in range(16 * count))
        out[f"{folder}/{part}-images-idx3-ubyte"] = [struct.pack(">4i", 0x803, count, 4, 4) + pixels]
        out[f"{folder}/{part}-labels-idx1-ubyte"] = [struct.pack(">2i", 0x801, count) + bytes(k % 3 for k in range(count))]
    out[f"{folder}/t10k-images-idx3-ubyte"].append(gzip.compress(out[f"{folder}/t10k-images-idx3-ubyte"][0], mtime=0))
    return out


def structures(folder):
    """What `check`, `hops` and the cells read; ends and paths of `barrier` and `saddle`."""
    folder.joinpath("ini.extxyz").write_bytes(TWO)
    folder.joinpath("fin.extxyz").write_bytes(TWO.replace(b"Cu 0.0", b"Cu 5.0"))
    folder.joinpath("guess.extxyz").write_bytes(TWO.replace(b"Cu 0.0", b"Cu 2.4"))
    for name in ("atoms.extxyz", "x.con", "x.traj", "POSCAR", "XDATCAR"):
        first, last = (name, "fin.extxyz") if name in ("atoms.extxyz", "POSCAR") else (f"{name}@0", f"{name}@1")
        (folder / f"of-{name}.yaml").write_bytes(CASE.replace(b"ini.extxyz", first.encode()).replace(b"fin.extxyz", last.encode()))
    (folder / "of-band.yaml").write_bytes(CASE.replace(b"neb: {", b"neb: {path: band, "))
    for name in ("cell.vasp", "cell.lmp", "cell.extxyz"):
        faults.hopflow("supercell", CIF, "--matrix", "1", "1", "1", "--force", "-o", folder / name)
    made = {name: (folder / name).read_bytes() for name in ("cell.vasp", "cell.lmp", "cell.extxyz")}

    def corpus(place):
        return [file.read_bytes() for file in sorted((READERS / place).iterdir()) if file.name != "seeds.txt"]

    def case(name):
        return ["barrier", f"of-{name}.yaml", "--certify-only", "--json"] if name == "band" else ["barrier", f"of-{name}.yaml", "--json"]

    cifs = [path.read_bytes() for path in sorted((INPUTS / "structures").glob("*.cif"))] + corpus("cif") + corpus("cif-disorder")
    return {
        "cif": Kind({"x.cif": cifs}, [["check", "x.cif"], ["check", "x.cif", "--disorder", "majority"], ["hops", "x.cif", "--max-length", "4.5"],
                                      ["supercell", "x.cif", "--matrix", "1", "1", "2", "--force", "-o", "out.cif"], ["new", "x.cif"]]),
        "POSCAR": Kind({"cell.vasp": [made["cell.vasp"]]}, [["check", "cell.vasp"], ["hops", "cell.vasp", "--max-length", "4.5"],
                                                            ["vacancy", "cell.vasp", "--all", "--element", "I", "--force", "-o", "out.vasp"]]),
        "POSCAR of an end": Kind({"POSCAR": [POSCAR % b"0.0"]}, [case("POSCAR"), ["check", "POSCAR"]]),
        "XDATCAR": Kind({"XDATCAR": [XDATCAR]}, [["check", "XDATCAR", "--frame", "0"], case("XDATCAR")]),
        "LAMMPS data": Kind({"x.lmp": [made["cell.lmp"], *corpus("lammps-data")]}, [["check", "x.lmp"], ["hops", "x.lmp", "--max-length", "4.5"]]),
        "extxyz": Kind({"atoms.extxyz": [TWO, made["cell.extxyz"], *corpus("extxyz")]}, [["check", "atoms.extxyz"], case("atoms.extxyz")]),
        "eOn con": Kind({"x.con": [CON % b"0" + CON % b"5"]}, [case("x.con")]),
        "ASE trajectory": Kind({"x.traj": [trajectory()]}, [case("x.traj")], binary=True),
        "band folder": Kind({f"band/{k:02}/POSCAR": [POSCAR % x] for k, x in enumerate((b"0.0", b"0.25", b"0.5"))}, [case("band")]),
        "case": Kind({"case.yaml": [CASE]}, [["barrier", "case.yaml", "--json"]]),
        "saddle case": Kind({"saddle.yaml": [SADDLE]}, [["saddle", "saddle.yaml", "--json"]]),
        "engine": Kind({"engine.yaml": [SURFACE.encode()]},
                       [["relax", "guess.extxyz", "--engine", "engine.yaml", "--max-steps", "3", "--force", "-o", "relaxed.extxyz"]]),
    }


def studies(folder):
    """Studies, force fields, and frames to fit them to."""
    (folder / "table.yaml").write_text(faults.STUDY.replace(str(TABLE), "ff.yaml"))
    faults.hopflow("store", "export", folder / "run.kept", "--force", "-o", folder / "all.extxyz")
    lines = (folder / "all.extxyz").read_bytes().split(b"\n")
    few = b"\n".join(lines[:3 * (int(lines[0]) + 2)]) + b"\n"
    name = "inputs/reference/dft/mapbi3-kept-q1"
    band, frames = ((faults.ROOT / f"{name}.{ending}").read_bytes() for ending in ("yaml", "extxyz.gz"))
    tables = [TABLE.read_bytes()] * 4 + [path.read_bytes() for path in sorted((INPUTS / "forcefields").glob("*.yaml"))]
    shipped = [path.read_bytes().replace(b"../", f"{INPUTS}/".encode()) for path in sorted((INPUTS / "studies").glob("*.yaml"))]
    return {
        "study": Kind({"s.yaml": [faults.STUDY.encode(), *shipped]},
                      [["run", "s.yaml", "--print-config"], ["run", "s.yaml", "--dry-run"], ["submit", "s.yaml", "--slurm", "--dry-run"],
                       ["submit", "s.yaml", "--pbs", "--array", "--dry-run"]]),
        "force field": Kind({"ff.yaml": tables}, [["run", "table.yaml", "--dry-run"], ["run", "table.yaml", "--print-config"]]),
        "labelled frames": Kind({"few.extxyz": [few]},
                                [["score", "few.extxyz", "--forcefield", TABLE, "--json"],
                                 ["frames", "few.extxyz", "--count", "2", "--force", "-o", "chosen.extxyz"],
                                 ["fit", TABLE, "--to", "few.extxyz", "--free", "bonds.*", "--force", "-o", "fitted.yaml"]]),
        "reference band": Kind({"band.yaml": [band], "mapbi3-kept-q1.extxyz.gz": [frames]},
                               [["verify", "band.yaml", "--count", "1", "--engine", f"{{kind: lammps, forcefield: {TABLE}}}"]]),
    }


def pipeline(folder):
    """What devices, arrays and spiking networks are made from."""
    device, network = folder / "device.json", folder / "network.json"
    faults.hopflow("device", "fit", INPUTS / "reference" / "paper.yaml", "--barrier", "0.3", "--force", "-o", device)
    measured = curves()
    for name, contents in (measured | images("images")).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(contents[0])
    few = ["--images", "images", "--test", "4", "--force", "--json"]
    faults.hopflow("snn", "train", "--neurons", "3", "--train", "6", *few, "--network", network, "--weights", folder / "w.csv", cwd=folder)
    matrix = b"\x93NUMPY\x01\x00v\x00" + b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }".ljust(117) + b"\n" + struct.pack("<4d", 1, 2, 3, 4)
    wires = ["--row-resistance", "1", "--column-resistance", "1", "--json"]
    one = [*wires, "--scheme", "half", "--select", "0", "0"]
    options = {"sweep.csv": "--sweep", "pulses.csv": "--pulses", "retention.csv": "--retention", "endurance.csv": "--endurance"}
    fit = ["device", "fit", "--barrier", "0.3", "--force", "-o", "own.json"]
    everything = [word for name, option in options.items() for word in (option, name)]
    return {
        "reference": Kind({"paper.yaml": [(INPUTS / "reference" / "paper.yaml").read_bytes()]},
                          [["device", "fit", "paper.yaml", "--barrier", "0.3"]], share=0.1),
        "measured curves": Kind(measured, [[*fit, *everything]], share=0.25),
        "geometry": Kind({"geometry.yaml": [b"film_thickness_nm: 300\nseries_resistance_ohm: 1\n"]},
                         [[*fit, "--sweep", "sweep.csv", "--device", "geometry.yaml"]], share=0.1),
        "device": Kind({"device.json": [device.read_bytes()]},
                       [["device", "retention", "device.json", "--barrier", "0.3", "--temperature", "300"], ["device", "iv", "device.json", "--json"],
                        ["device", "pulse", "device.json", "--voltage", "1.25", "--width", "1e-7"], ["device", "stdp", "device.json"],
                        ["device", "endurance", "device.json", "--cycles", "3"], ["device", "eis", "device.json"],
                        ["crossbar", "margin", "device.json", "--rows", "4", "--columns", "4"],
                        ["crossbar", "program", "device.json", "--rows", "5", "--columns", "5"], ["crossbar", "yield", "device.json", "--devices", "5"]]),
        "waveform": Kind({"wave.csv": [b"time_s,voltage_v\n0,0\n1,1\n2,-1\n3,0\n"]}, [["device", "iv", "device.json", "--waveform", "wave.csv"]]),
        "crossbar": Kind({"r.csv": [b"1e3,2e3\n3e3,4e3\n"]}, [["crossbar", "solve", "r.csv", *one]]),
        "matrix": Kind({"r.npy": [matrix]}, [["crossbar", "solve", "r.npy", *one]], binary=True),
        "weights": Kind({"w01.csv": [b"0,0.5\n1,0.25\n0.75,1\n"]}, [["crossbar", "synapse", "w01.csv", *wires, "--force", "-o", "effective.csv"]]),
        "cell": Kind({"cell.yaml": [path.read_bytes() for path in sorted((INPUTS / "cells").glob("*.yaml"))]},
                     [["crossbar", "solve", "r.csv", *one, "--cell", "cell.yaml"]]),
        "picture": Kind({"picture.csv": [b"0,1,0\n1,1,0\n0,1,0\n"]}, [["crossbar", "program", "device.json", "--image", "picture.csv", "--json"]]),
        "idx": Kind(images("images"), [["snn", "train", "--neurons", "3", "--train", "6", *few]], binary=True),
        "network": Kind({"network.json": [network.read_bytes()], "w.csv": [(folder / "w.csv").read_bytes()]},
                        [["snn", "test", "network.json", *few], ["snn", "test", "network.json", "--weights", "w.csv", *few]]),
        "barrier list": Kind({"barriers.csv": [b"hop,forward_ev,reverse_ev\nI1-I9-4.30,0.3,0.3\n"]},
                             [["diffusion", CIF, "--barriers", "barriers.csv", "--max-length", "4.5"]]),
    }
    return out


def runs(folder):
    """A run folder: every file of it, the store, and the marker by which it is known."""
    kept = folder / "run.kept"
    study = faults.study_in(folder)
    faults.hopflow("run", study, "--until", "barriers", "-o", kept)
    readers = [["status", "run"], ["report", "run", "--force", "-o", "r.html"], ["compare", "run", "run.kept"], ["diffusion", "run"]]
    care = [["store", "verify", "run"], ["store", "export", "run", "--force", "-o", "all.extxyz"], ["store", "prune", "run"],
            ["store", "merge", "run", "run.kept"], ["frames", "run", "--count", "2", "--force", "-o", "chosen.extxyz"], ["status", "run"]]
    again = [["resume", "run"], ["run", study, "--until", "barriers", "-o", "run"]]

    def content(*names):
        return {f"run/{name}": [(kept / name).read_bytes()] for name in names}

    summaries = [path.read_bytes() for path in sorted((faults.HERE / "corpus").glob("summary-*.json"))]
    rest = [str(path.relative_to(kept)) for path in sorted(kept.rglob("*")) if path.is_file() and "engines" not in path.parts
            and path.name not in (".lock", "store.db", "store.db-wal", "store.db-shm", "report.html", "summary.json", "hopflow-run.json")]
    return {
        "summary": Kind({"run/summary.json": [(kept / "summary.json").read_bytes(), *summaries]}, readers, "run"),
        "run marker": Kind(content("hopflow-run.json"), [["status", "run"], *again], "run"),
        "results folder": Kind(content(*rest), [*readers, *care[-2:], *again], "run"),
        "store": Kind(content("store.db"), [*care, *again], "run", binary=True),
    }


def every_kind(folder):
    """Name -> Kind, with the files that its commands need in the folder."""
    folder = Path(folder)
    found = runs(folder)
    found |= structures(folder) | studies(folder) | pipeline(folder)
    shutil.copytree(folder / "run.kept", folder / "run")
    for kind in found.values():
        for name, contents in kind.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(contents[0])
    return found
