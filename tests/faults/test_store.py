# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=900
"""A store that lies: flipped bits, energies changed behind its back, rows cut short, an older format. What comes out is
what came out before, or an error; and what `hopflow store` does to it."""
import json
import random
import shutil
import sqlite3
import struct
import subprocess

import faults


def barrier(run):
    return json.loads((run / "summary.json").read_text())["materials"][0]["barriers"][0]


def copied(whole, run):
    shutil.rmtree(run, ignore_errors=True)
    shutil.copytree(whole, run, ignore=shutil.ignore_patterns("engines", "summary.json", "hops"))
    return run


def forget_results(store):
    """Only the answers of engines stay, so that the procedures walk through them again."""
    with sqlite3.connect(store) as database:
        database.execute("DELETE FROM stages")
    database.close()


def read_only(report, folder, run, held):
    """On a disk that cannot be written a store is read whole, or refused: never read as empty."""
    place = folder / "disk"
    place.mkdir()
    inside = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none "$0" && cp -r "$1" "$0/run" && { [ -z "$2" ] || cp "$2" "$0/run/store.db-wal"; } && '
              'mount -o remount,ro "$0" && "$3" store export "$0/run"', str(place)]
    with sqlite3.connect(run / "store.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    for ending in ("-wal", "-shm"):
        (run / f"store.db{ending}").unlink(missing_ok=True)
    done = subprocess.run([*inside, str(run), "", faults.PROGRAM], capture_output=True)
    if b"mount" in done.stderr or b"unshare" in done.stderr:
        print("no read-only disk can be made here")
        return
    frames = [line for line in done.stdout.splitlines() if line.strip().isdigit()]
    whole = done.returncode == 0 and len(frames) == held
    report.check(whole, "a store on a read-only disk is read whole", f"{done.returncode} {len(frames)} {done.stderr[-300:]}")
    log = folder / "log-of-writes"
    log.write_bytes(b"\x37\x7f\x06\x82" + bytes(60))
    done = subprocess.run([*inside, str(run), str(log), faults.PROGRAM], capture_output=True)
    report.check(done.returncode == 74 and b"store.db-wal" in done.stderr and b"copy the folder" in done.stderr,
                 "one whose last writes cannot be read there is refused", f"{done.returncode} {done.stderr[-300:]}")


def main():
    report = faults.Report()
    folder = faults.scratch()
    study, whole, run = faults.study_in(folder), folder / "whole", folder / "run"
    code, _, errors = faults.hopflow("run", study, "--until", "barriers", "-o", whole)
    report.check(code in (0, 5), "the untouched run ends", f"{code} {errors[-300:]}")
    reference, expected = faults.results(whole), code
    chance = random.Random(7)

    # Random damage anywhere in the file: single bits and stretches of 16 bytes.
    silent, noticed, noted = [], 0, 0
    for k in range(24):
        store = copied(whole, run) / "store.db"
        if k % 2:
            forget_results(store)
        data = bytearray(store.read_bytes())
        at = chance.randrange(len(data) - 16)
        if k % 3:
            data[at] ^= 1 << chance.randrange(8)
        else:
            data[at:at + 16] = bytes(byte ^ chance.randrange(1, 256) for byte in data[at:at + 16])
        store.write_bytes(data)
        for ending in ("-wal", "-shm"):
            store.with_name(store.name + ending).unlink(missing_ok=True)
        code, _, errors = faults.hopflow("resume", run)
        if code not in faults.CODES:
            silent.append(f"{k}: byte {at}: exit {code}: {errors[-200:]}")
        elif code == expected:
            noted += "damaged" in errors
            if faults.results(run) != reference:
                silent.append(f"{k}: byte {at}: other results at exit {code}")
        else:
            noticed += 1
            if code != 74 and code != 4:
                silent.append(f"{k}: byte {at}: exit {code}: {errors[-200:]}")
    report.check(not silent, f"24 times damaged at random: no other result ({noticed} refused, {noted} asked again)",
                 "\n      ".join(silent))

    # One energy changed by 2 eV, checksum and all the rest as they were.
    store = copied(whole, run) / "store.db"
    forget_results(store)
    with sqlite3.connect(store) as database:
        rows = [row for row, in database.execute("SELECT rowid FROM evaluations")]
        for row in chance.sample(rows, 5):
            answer = bytearray(database.execute("SELECT answer FROM evaluations WHERE rowid=?", (row,)).fetchone()[0])
            answer[:8] = struct.pack("d", struct.unpack("d", answer[:8])[0] + 2)
            database.execute("UPDATE evaluations SET answer=? WHERE rowid=?", (bytes(answer), row))
    database.close()
    code, out, _ = faults.hopflow("store", "verify", run, "--json")
    report.check(code == 74 and json.loads(out)["damaged"] == 5, "`store verify` finds five damaged rows", out)
    code, _, errors = faults.hopflow("resume", run)
    report.check(code == expected and faults.results(run) == reference and errors.count("is damaged (checksum mismatch)") == 5,
                 "five changed energies are noticed, said and asked again", f"{code} {errors[-300:]}")
    code, out, _ = faults.hopflow("store", "verify", run, "--json")
    report.check(code == 0 and json.loads(out)["damaged"] == 0, "and are whole afterwards", out)

    # An older store has no checksums, and is taken; an answer no engine gives is not.
    store = copied(whole, run) / "store.db"
    forget_results(store)
    with sqlite3.connect(store) as database:
        for table in ("evaluations", "stages"):
            database.execute(f"CREATE TABLE old(key BLOB PRIMARY KEY, question BLOB NOT NULL, answer BLOB NOT NULL)")
            database.execute(f"INSERT INTO old SELECT key, question, answer FROM {table}")
            database.execute(f"DROP TABLE {table}")
            database.execute(f"ALTER TABLE old RENAME TO {table}")
        database.execute("PRAGMA user_version=1")
        row = database.execute("SELECT max(rowid) FROM evaluations").fetchone()[0]
        answer = bytearray(database.execute("SELECT answer FROM evaluations WHERE rowid=?", (row,)).fetchone()[0])
        answer[:8] = struct.pack("d", float("nan"))
        database.execute("UPDATE evaluations SET answer=? WHERE rowid=?", (bytes(answer), row))
    database.close()
    code, out, _ = faults.hopflow("store", "verify", run, "--json")
    unchecked = json.loads(out)["without_checksum"]
    report.check(code == 0 and unchecked > 100, "a store of the older format is read", out)
    code, _, errors = faults.hopflow("resume", run)
    asked = json.loads((run / "timing.json").read_text())["evaluations_asked_of_engines"]
    report.check(code == expected and faults.results(run) == reference, "and resumed to the same bytes", f"{code} {errors[-300:]}")
    report.check(asked == 1 and "a stored answer is not valid" in errors, "with the one answer that is none asked again", asked)
    with sqlite3.connect(store) as database:
        bare = database.execute("SELECT count(*) FROM evaluations WHERE sum IS NULL").fetchone()[0]
    database.close()
    report.check(bare == 0, "its rows have checksums afterwards")

    # What is whole of a damaged file is taken over; the rest is computed.
    store = copied(whole, run) / "store.db"
    data = bytearray(store.read_bytes())
    for page in range(8, len(data) // 4096, 7):
        data[page * 4096:page * 4096 + 64] = b"\xff" * 64
    store.write_bytes(data)
    code, _, errors = faults.hopflow("resume", run)
    report.check(code == 74 and "store merge" in errors, "a torn file is refused with a remedy", f"{code} {errors[-300:]}")
    store.rename(run / "damaged.db")
    for ending in ("-wal", "-shm"):
        store.with_name(store.name + ending).unlink(missing_ok=True)
    code, out, errors = faults.hopflow("store", "merge", run, run / "damaged.db", "--json")
    report.check(code == 0 and json.loads(out)[0]["taken"] > 0, "which takes over what is whole", f"{code} {out} {errors}")
    code, _, errors = faults.hopflow("resume", run)
    report.check(code == expected and faults.results(run) == reference, "and the run then ends with the same bytes")

    code, out, _ = faults.hopflow("store", "export", run)
    frames = [line for line in out.splitlines() if line.startswith("48") or line.strip().isdigit()]
    held = json.loads(faults.hopflow("store", "verify", run, "--json")[1])["evaluations"]
    report.check(code == 0 and len(frames) == held, f"`store export` writes a frame for each of {held} answers", len(frames))
    read_only(report, folder, run, held)
    before = (run / "store.db").stat().st_size
    code, out, _ = faults.hopflow("store", "prune", run, "--json")
    report.check(code == 0 and json.loads(out)["deleted"] == 0, "`store prune` leaves what the study needs", out)
    report.end(folder)


if __name__ == "__main__":
    main()
