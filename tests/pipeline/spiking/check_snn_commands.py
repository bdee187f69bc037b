# SPDX-License-Identifier: GPL-2.0-or-later
"""hopflow snn as a user types it: train, test, figure6 (killed, resumed, on any number of threads). Arguments: the executable, the folder of
the MNIST files, and, of the comparison with Brian2, snn_trace."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HOPFLOW, IMAGES, TRACE = sys.argv[1:4]
FASHION = Path("/usr/share/datasets/fashion-mnist")
PEERS = Path(__file__).resolve().parents[2] / "peers" / "snn"


def run(*arguments, code=0):
    done = subprocess.run([HOPFLOW, "snn", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == code, (arguments, done.returncode, done.stderr[-2000:])
    return done


def trained_networks_answer_the_same_again(folder):
    small = ["--neurons", 50, "--train", 300, "--test", 200, "--images", IMAGES, "--json"]
    net, matrix = folder / "net.json", folder / "w.csv"
    trained = json.loads(run("train", "--preset", "post-only", "--seed", 3, "--network", net, "--weights", matrix, *small).stdout)
    again = json.loads(run("test", net, "--test", 200, "--images", IMAGES, "--threads", 2, "--json").stdout)
    assert again["accuracy"] == trained["accuracy"] and again["confusion"] == trained["confusion"]
    same = json.loads(run("test", net, "--weights", matrix, "--test", 200, "--images", IMAGES, "--json").stdout)
    assert same["confusion"] == trained["confusion"]
    rows = [line.split(",") for line in matrix.read_text().splitlines()]
    assert len(rows) == 784 and len(rows[0]) == 50
    # Wires that take a tenth everywhere and much more far from the drivers: another matrix, other answers.
    weaker = folder / "weaker.csv"
    weaker.write_text("\n".join(",".join(str(float(g) * (0.9 - 0.8 * i / 784)) for g in row) for i, row in enumerate(rows)))
    changed = json.loads(run("test", net, "--weights", weaker, "--test", 200, "--images", IMAGES, "--json").stdout)
    assert changed["confusion"] != trained["confusion"]
    # Tiles of real wires leave less than the lowest conductance of some cells: weights below 0, and answers all the same.
    read = folder / "read.csv"
    subprocess.run([HOPFLOW, "crossbar", "synapse", matrix, "--row-resistance", "1", "--column-resistance", "1", "-o", read], check=True, capture_output=True)
    assert min(float(g) for line in read.read_text().splitlines() for g in line.split(",")) < 0
    wired = json.loads(run("test", net, "--weights", read, "--test", 200, "--images", IMAGES, "--json").stdout)
    assert wired["accuracy"] < trained["accuracy"]
    weaker.write_text(matrix.read_text().replace(rows[0][0], "inf", 1))
    assert "weaker.csv:1:1: 'inf' found" in run("test", net, "--weights", weaker, "--images", IMAGES, code=4).stderr
    weaker.write_text("0.1,0.2\n")
    refused = run("test", net, "--weights", weaker, "--images", IMAGES, code=4).stderr
    assert "weaker.csv:1: 2 numbers; the network has 50 neurons" in refused, refused
    assert "validation" not in json.dumps(trained)
    kept_aside = json.loads(run("train", "--validate", "--preset", "post-only", "--seed", 3, *small).stdout)
    assert kept_aside["pulses_up"] == trained["pulses_up"] and kept_aside["confusion"] != trained["confusion"]


def figure(folder, threads):
    return [HOPFLOW, "snn", "figure6", "--presets", "dc2015,post-only", "--neurons", "20,40", "--samples", "100,200", "--usual-neurons", "40",
            "--usual-samples", "200",
            "--field-neurons", "16", "--field-samples", "50,200", "--test", "200", "--seeds", "2", "--images", IMAGES, "--threads", str(threads), "-o",
                    str(folder)]


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def figure6_goes_on_after_a_kill(folder):
    whole = folder / "whole"
    subprocess.run(figure(whole, 1), check=True, capture_output=True)
    files = contents(whole)
    for name in ("index.html", "figure6.json", "figure6b.csv", "figure6b.svg", "figure6d.svg", "losses.csv", "figure6c-dc2015-50.svg",
            "figure6c-post-only-200.svg"):
        assert name in files, (name, list(files))
    numbers = json.loads(files["figure6.json"])
    assert [p["neurons"] for p in numbers["b"]["dc2015"]] == [20, 40] and len(numbers["d"]["post-only"][0]["accuracy"]) == 2
    loss = numbers["unequal_devices"][0]["loss"]
    assert len(loss["each"]) == 2 and abs(sum(loss["each"]) / 2 - loss["mean"]) < 1e-12
    killed = folder / "killed"
    process = subprocess.Popen(figure(killed, 3), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while process.poll() is None and len(list(killed.glob("trainings/*.json"))) < 5:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = len(list(killed.glob("trainings/*.json")))
    left = len(list(whole.glob("trainings/*.json"))) - kept
    again = subprocess.run(figure(killed, 2), check=True, capture_output=True, text=True)
    assert f"{kept + left} trainings, {kept} of them kept" in again.stderr and left > 0, again.stderr
    assert contents(killed) == files
    # An answer to another question, or half a file, is no answer.
    victim = sorted(killed.glob("trainings/*.json"))[0]
    victim.write_text(victim.read_text()[:100])
    subprocess.run(figure(killed, 1), check=True, capture_output=True)
    assert contents(killed) == files


def fashion_is_read():
    fields = json.loads(run("train", "--images", FASHION, "--neurons", 50, "--train", 500, "--test", 500, "--preset", "post-only", "--json").stdout)
    assert fields["accuracy"] > 0.3, fields["accuracy"]   # chance: 0.1
    assert len(set(fields["data_sha256"])) == 4


def output_spikes_are_brian2s(folder):
    trace = folder / "trace.json"
    with open(trace, "w") as out:
        subprocess.run([TRACE, IMAGES, "60", "3", "1"], check=True, stdout=out)
    done = subprocess.run(["/usr/bin/python3", str(PEERS / "same_spikes.py"), str(trace)], capture_output=True, text=True,
                          env=dict(os.environ, HOME=str(folder), XDG_CACHE_HOME=str(folder)))
    print(done.stdout, end="")
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    # The comparison can fail: one input spike less.
    broken = json.loads(trace.read_text())
    broken["images"] = broken["images"][:1]
    half = len(broken["images"][0]["input"]) // 2
    broken["images"][0]["input"] = broken["images"][0]["input"][:half]
    trace.write_text(json.dumps(broken))
    assert subprocess.run(["/usr/bin/python3", str(PEERS / "same_spikes.py"), str(trace)], capture_output=True).returncode == 1


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for check, arguments in ((trained_networks_answer_the_same_again, [folder]), (figure6_goes_on_after_a_kill, [folder]), (fashion_is_read, []),
                                 (output_spikes_are_brian2s, [folder])):
            check(*arguments)
            print("ok", check.__name__.replace("_", " "))


main()
