# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the tests of a built clone and counts them; called by tests/run.

What counts as a test:
  * every Catch2 executable of build/release/tests, one for each test case in it;
  * every test registered with ctest that isn't just such an executable (one under mpirun, say);
  * every script below tests/ named test_*.sh or test_*.py, and every other whose head has a line
    "# hopflow-test". It runs from the clone's root with HOPFLOW (the executable), HOPFLOW_ROOT (the clone) and HOPFLOW_TEST_FOLDER (a
    fresh folder of its own, removed when it passes) in its environment. Exit 0 passes, 77 skips (its last line says
    why), anything else fails. A last line "N passed, N failed, N skipped", unittest's closing lines, or lines that
    begin with "ok" or "FAIL", one for each check, are counted. "# hopflow-test timeout=900" changes the time it may take from 600 s.

Tests run two at a time where there are two cores, four on more. Those whose line says "alone=yes" use all cores or the
whole machine themselves, and follow one after the other.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
LOGS = ROOT / "build" / "test-logs"
FOLDERS = ROOT / "build" / "test-folders"
DEFAULT_TIMEOUT_S = 600


class Count:
    def __init__(self, passed=0, failed=0, skipped=0, note=""):
        self.passed, self.failed, self.skipped, self.note = passed, failed, skipped, note


def environment(folder):
    env = dict(os.environ, HOPFLOW=str(BUILD / "hopflow"), HOPFLOW_ROOT=str(ROOT), HOPFLOW_TEST_FOLDER=str(folder),
               PYTHONDONTWRITEBYTECODE="1", LC_ALL="C.UTF-8", OMPI_MCA_btl_vader_single_copy_mechanism="none")
    if os.geteuid() == 0:
        env.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    return env


def execute(command, log, timeout_s, folder, cwd):
    """Runs a command in a process group of its own; returns its exit code, or None when its time ran out."""
    with open(log, "wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=cwd,
                                   env=environment(folder), start_new_session=True)
        try:
            return process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                pass
            return None
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


def tail(log, lines=40):
    text = log.read_text(errors="replace").splitlines()
    return "\n".join("    " + line for line in text[-lines:])


def is_catch(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF" and b"--list-test-names-only" in file.read()


def run_catch(path, arguments, log, timeout_s, folder):
    xml = log.with_suffix(".xml")
    xml.unlink(missing_ok=True)
    code = execute([str(path), *arguments, "--reporter", "xml", "--out", str(xml)], log, timeout_s, folder, ROOT)
    try:
        tree = ElementTree.parse(xml).getroot()
        cases = tree.find("OverallResultsCases")
        passed = int(cases.get("successes")) + int(cases.get("expectedFailures"))
        failed = int(cases.get("failures"))
    except (OSError, ElementTree.ParseError, AttributeError):
        how = "ran out of time" if code is None else f"ended with {code} before its report was complete"
        return Count(failed=1, note=f"{how}\n{tail(log)}")
    notes = []
    for case in tree.iter("TestCase"):
        if case.find("OverallResult").get("success") != "true":
            notes.append(f"    {case.get('filename')}:{case.get('line')}: {case.get('name')}")
            for bad in case.iter("Expression"):
                if bad.get("success") != "true":
                    expanded = (bad.findtext("Expanded") or "").strip()
                    notes.append(f"      line {bad.get('line')}: {bad.findtext('Original').strip()}  [{expanded}]")
            for bad in case.iter("Exception"):
                notes.append(f"      line {bad.get('line')}: exception: {(bad.text or '').strip()}")
    if code != 0 and failed == 0:
        failed, notes = 1, notes + [f"    ended with {code} although no case failed", tail(log)]
    if passed + failed == 0:
        failed, notes = 1, ["    holds no test case"]
    return Count(passed, failed, 0, "\n".join(notes))


def run_other(command, log, timeout_s, folder, cwd=ROOT):
    code = execute(command, log, timeout_s, folder, cwd)
    text = log.read_text(errors="replace").rstrip()
    lines = text.splitlines() or [""]
    if code is None:
        return Count(failed=1, note=f"    ran out of time ({timeout_s} s)\n{tail(log)}")
    count = Count(passed=1) if code == 0 else Count(skipped=1, note="    " + lines[-1]) if code == 77 else Count(failed=1)
    told = re.fullmatch(r"(\d+) passed, (\d+) failed, (\d+) skipped", lines[-1])
    checks = re.findall(r"^(ok|FAIL|FAILED)\b", text, re.MULTILINE) if code in (0, 1) else []
    ran = re.search(r"^Ran (\d+) tests? in ", text, re.MULTILINE)
    if told:
        count = Count(*map(int, told.groups()))
    elif checks:
        bad = sum(word.startswith("FAIL") for word in checks)
        count = Count(len(checks) - bad, bad, 0)
    elif ran and re.match(r"(OK|FAILED|NO TESTS RAN)", lines[-1]):
        amounts = {name: int(n) for name, n in re.findall(r"(failures|errors|skipped|unexpected successes)=(\d+)", lines[-1])}
        skipped = amounts.pop("skipped", 0)
        failed = sum(amounts.values())
        count = Count(max(int(ran.group(1)) - failed - skipped, 0), failed, skipped)
    if count.passed + count.failed + count.skipped == 0:
        count = Count(failed=1, note="    ran no test")
    if code not in (0, 77) and count.failed == 0:
        count.failed = 1
    if count.failed:
        count.note = tail(log)
    elif count.skipped and not count.note:
        count.note = "\n".join("    " + line for line in lines if "skip" in line.lower())
    return count


def script_options(path):
    """The options of a script's "# hopflow-test" line; None for a file that isn't a test to run."""
    text = path.read_text(errors="replace")
    for line in text.splitlines()[:30]:
        found = re.fullmatch(r"#\s*hopflow-test\b(.*)", line.strip())
        if found:
            return dict(word.split("=", 1) for word in found.group(1).split())
    return {} if path.name.startswith("test_") else None


class Test:
    def __init__(self, name, run, alone=False):
        self.name, self.run, self.alone = name, run, alone


def collect():
    """Every test there is, in the order they start; `run` is a function of (log, folder)."""
    found = []
    executables = sorted(p for p in (BUILD / "tests").rglob("*") if p.is_file() and os.access(p, os.X_OK) and is_catch(p))
    for path in executables:
        name = "unit/" + path.name
        found.append(Test(name, lambda log, folder, path=path: run_catch(path, [], log, 1800, folder)))

    listing = subprocess.run(["ctest", "--test-dir", str(BUILD), "--show-only=json-v1"], capture_output=True, text=True, check=True)
    for test in json.loads(listing.stdout)["tests"]:
        command = test.get("command")
        if not command:
            found.append(Test("ctest/" + test["name"], lambda log, folder: Count(failed=1, note="    its executable isn't built")))
            continue
        program = Path(command[0])
        # A whole executable has run above, case by case; so has one case of it.
        if program in executables and not any(a.startswith("--order") for a in command[1:]):
            continue
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        limit = float(properties.get("TIMEOUT", DEFAULT_TIMEOUT_S))
        cwd = properties.get("WORKING_DIRECTORY", str(BUILD))
        found.append(Test("ctest/" + test["name"], lambda log, folder, c=command, t=limit, d=cwd: run_other(c, log, t, folder, d)))

    for path in sorted((ROOT / "tests").rglob("*")):
        if path.suffix not in (".sh", ".py") or "node_modules" in path.parts or not path.is_file():
            continue
        options = script_options(path)
        if options is None or path == Path(__file__).resolve():
            continue
        limit = float(options.get("timeout", DEFAULT_TIMEOUT_S))
        command = ["bash", str(path)] if path.suffix == ".sh" else ["/usr/bin/python3", "-B", str(path)]
        name = str(path.relative_to(ROOT / "tests").with_suffix(""))
        found.append(Test(name, lambda log, folder, c=command, t=limit: run_other(c, log, t, folder), options.get("alone") == "yes"))
    # Quick checks of the text first, so that a slip there shows at once.
    return sorted(found, key=lambda test: not test.name.startswith("lint/"))


def timed(test):
    """(name, count, seconds) of one test, run in a fresh folder that stays where it failed."""
    flat = test.name.replace("/", "-")
    folder = FOLDERS / flat
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    start = time.monotonic()
    count = test.run(LOGS / f"{flat}.log", folder)
    seconds = time.monotonic() - start
    if not count.failed:
        shutil.rmtree(folder, ignore_errors=True)
    return test.name, count, seconds


def main(words):
    tests = collect()
    if "--list" in words:
        print("\n".join(test.name for test in tests))
        return 0
    unknown = [w for w in words if w.startswith("-")]
    if unknown:
        print(f"tests/run: unknown option {unknown[0]}; options: --list, or words of names", file=sys.stderr)
        return 2
    chosen = [t for t in tests if not words or any(w in t.name for w in words)]
    if not chosen:
        print(f"tests/run: no test has {' or '.join(words)} in its name; see --list", file=sys.stderr)
        return 2
    LOGS.mkdir(parents=True, exist_ok=True)
    total = Count()

    def tell(name, count, seconds):
        word = "FAILED" if count.failed else "ok" if count.passed else "skipped"
        print(f"{word:8}{name}  ({count.passed} passed, {count.failed} failed, {count.skipped} skipped; {seconds:.1f} s)", flush=True)
        if count.note:
            print(count.note, flush=True)
        total.passed += count.passed
        total.failed += count.failed
        total.skipped += count.skipped

    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for done in as_completed([pool.submit(timed, test) for test in chosen if not test.alone]):
            tell(*done.result())
    for test in chosen:
        if test.alone:
            tell(*timed(test))
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped", flush=True)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
