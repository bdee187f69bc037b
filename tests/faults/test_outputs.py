# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=600
"""One rule for what every command writes: a file that is there stays (exit 2) unless --force is given; a pipe is written
to and stays a pipe, a link to nowhere is no way around. The table below has a row for every option that names an output;
an option that has none fails the test."""
import os
import re
import shutil
import stat
import sys
import threading

import faults

INPUTS = faults.ROOT / "inputs"
CIF = INPUTS / "structures/mapbi3-tetragonal.cif"
DIGITS = ["--neurons", "5", "--train", "4", "--test", "4"]
# What fills a run folder, which is gone on with, or takes many files.
FOLDERS = {"run", "serve", "submit", "barrier", "saddle", "snn figure6", "device export", "crossbar program", "manual"}


def rows(folder):
    """Command -> (words, options that name an output, each with the ending of its file)."""
    device = [folder / "device.json"]
    found = {
        "supercell": ([CIF, "--matrix", "1x1x1"], {"-o": ".extxyz"}),
        "vacancy": ([CIF, "--element", "I", "--site", "I1", "--min-distance", "8"], {"-o": ".extxyz"}),
        "relax": ([CIF, "--forcefield", INPUTS / "forcefields/myp-mapbi3.yaml", "--fmax", "1"], {"-o": ".extxyz"}),
        "fit": None,  # takes minutes; shares its option with all others
        "frames": ([folder / "run", "--count", "1"], {"-o": ".extxyz"}),
        "new": ([CIF, "--engine", "lammps"], {"-o": ".yaml"}),
        "report": ([folder / "run"], {"-o": ".html"}),
        "store export": ([folder / "run"], {"-o": ".extxyz"}),
        "device fit": ([INPUTS / "reference/paper.yaml", "--barrier", "0.3"], {"-o": ".json"}),
        "crossbar solve": ([folder / "r.csv", "--scheme", "half", "--select", "0", "0", "--row-resistance", "1", "--column-resistance", "1"],
                           {"--netlist": ".cir", "--cell-currents": ".csv", "--cell-voltages": ".csv"}),
        "crossbar program": ([*device, "--rows", "4", "--columns", "4"], {"--netlist": ".cir"}),
        "crossbar synapse": ([folder / "w.csv", "--row-resistance", "1", "--column-resistance", "1"], {"-o": ".csv"}),
        "snn train": (DIGITS, {"--network": ".json", "--weights": ".csv", "-o": ".json"}),
        "snn test": ([folder / "network.json", "--test", "4"], {"--save-weights": ".csv"}),
    }
    verbs = {"iv": [], "pulse": ["--voltage", "1.25", "--width", "1e-7"], "endurance": ["--cycles", "3"], "eis": ["--start", "0"],
             "map": ["--start", "0.5"], "stdp": ["--start", "0.6"]}
    for verb, more in verbs.items():
        found[f"device {verb}"] = ([*device, *more], {"-o": ".csv"})
    return found


def output_options():
    """Command -> the options of its reference page that name what is written."""
    page = faults.hopflow("manual", "commands")[1]
    found = {}
    for section in re.split(r"^#+ `?hopflow ", page, flags=re.MULTILINE)[1:]:
        name = section.splitlines()[0].strip("` ")
        options = re.findall(r"^\| `(?:(-\w), )?(--[\w-]+)[^|]*\| ([^|]*)", section, flags=re.MULTILINE)
        outputs = {short or long for short, long, words in options
                   if long == "--output" or (long in ("--netlist", "--cell-currents", "--cell-voltages", "--network", "--save-weights") or
                                             (long == "--weights" and "test" not in name))}
        if outputs:
            found[name] = outputs
    return found


def try_option(report, folder, name, words, option, ending):
    command = [*name.split(), *words]
    file = folder / f"out{ending}"
    file.write_text("mine\n")
    code, _, errors = faults.hopflow(*command, option, file, cwd=folder)
    kept = file.read_text() == "mine\n"
    report.check(code == 2 and kept and "--force" in errors, f"{name} {option}: a file that is there stays", f"{code} {errors[-200:]}")
    code, _, errors = faults.hopflow(*command, option, file, "--force", cwd=folder)
    report.check(code in (0, 5) and file.read_bytes() != b"mine\n" and file.stat().st_size > 0, f"{name} {option}: --force replaces it",
                 f"{code} {errors[-200:]}")
    file.unlink()
    file.symlink_to(folder / "nowhere")
    code, _, errors = faults.hopflow(*command, option, file, cwd=folder)
    report.check(code == 2 and not (folder / "nowhere").exists(), f"{name} {option}: a link is not followed", f"{code} {errors[-200:]}")
    file.unlink()
    os.mkfifo(file)
    got = []
    reader = threading.Thread(target=lambda: got.append(file.read_bytes()), daemon=True)
    reader.start()
    code, _, errors = faults.hopflow(*command, option, file, cwd=folder)
    reader.join(10)
    report.check(code in (0, 5) and got and got[0] and stat.S_ISFIFO(os.stat(file).st_mode), f"{name} {option}: a pipe gets the bytes and stays",
                 f"{code} {errors[-200:]} {got[:1]}")
    file.unlink()


def main():
    report = faults.Report()
    folder = faults.scratch()
    faults.hopflow("run", faults.study_in(folder), "--until", "barriers", "-o", folder / "run")
    faults.hopflow("device", "fit", INPUTS / "reference/paper.yaml", "--barrier", "0.3", "-o", folder / "device.json")
    (folder / "r.csv").write_text("1e3,2e3\n3e3,4e3\n")
    (folder / "w.csv").write_text("0.1,0.9\n0.5,0\n")
    faults.hopflow("snn", "train", *DIGITS, "--network", folder / "network.json")
    has_digits = (folder / "network.json").exists()
    table, known = rows(folder), output_options()
    missing = {name: options for name, options in known.items()
               if (name not in table or table[name]) and options - set(table.get(name, ((), ()))[1]) - ({"-o"} if name in FOLDERS else set())}
    report.check(len(known) > 15 and not missing, f"each of {len(known)} commands that write has its row here", missing)
    for name, row in table.items():
        if row is None or name not in known or (name.startswith("snn") and not has_digits):
            continue
        words, options = row
        for option, ending in options.items():
            try_option(report, folder, name, words, option, ending)

    curves = folder / "curves"
    curves.mkdir()
    (curves / "mine").write_text("mine\n")
    code, _, errors = faults.hopflow("device", "export", folder / "device.json", "-o", curves)
    report.check(code == 2 and "not empty" in errors, "device export: a full folder is refused", f"{code} {errors}")
    code, _, errors = faults.hopflow("device", "export", folder / "device.json", "-o", curves, "--force")
    report.check(code == 0 and (curves / "mine").read_text() == "mine\n", "and filled with --force", f"{code} {errors}")
    sys.path.insert(0, str(faults.HERE / "trials"))
    import lj
    case = lj.case_in(folder)
    other = folder / "other"
    other.mkdir()
    (other / "path.extxyz").write_text("mine\n")
    code, _, errors = faults.hopflow("barrier", case, "-o", other)
    report.check(code == 2 and (other / "path.extxyz").read_text() == "mine\n", "barrier: files of another origin stay", f"{code} {errors}")
    for _ in range(2):
        code, _, errors = faults.hopflow("barrier", case, "-o", folder / "own")
        report.check(code == 0, "barrier: its own folder is gone on with", f"{code} {errors}")
    report.end(folder)


if __name__ == "__main__":
    main()
