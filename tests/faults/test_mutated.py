# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=900
"""Inputs of every kind, changed at random (the same changes in each run): no crash, no hang, no exit code outside the table, no
exception that the program did not expect.
    test_mutated.py [--count N] [--seed N] [--kinds KIND...] [--keep FOLDER]
N inputs of each kind (6), fewer where a command takes seconds. A find is kept next to this file's corpus by hand, and tried in test_inputs.py for ever."""
import argparse
import collections
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import time

import faults
import inputs_of_every_kind as inputs

WORDS = [b"nan", b"inf", b"-1", b"0", b"1e308", b"-1e308", b"1e-320", b"1e999", b"9" * 400, b"?", b"~", b"null", b"true", b'""', b"[]",
         b"{}", b"[[[[", b"&a", b"*a", b"!!python/object/apply:os.system [id]", b"\t", b"\r", b"\0", b"\xff\xfe", b"\xc2\x80", b"---\n",
         b"- ", b": ", b"|\n", b"#", b'"', b"'", b"2147483648", b"-2147483649", b"9223372036854775808", b"0x10", b"+5",
         b"../../../../etc/passwd", b"/dev/zero", b"x" * 5000, b"$(id)", b"%n%s", b"[1,2,3]", b"{a: 1}", b"1000000", b"caf\xe9"]
NUMBERS = [0, 1, -1, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63), 2**62, 2**61, 2**20, 0x7FF8000000000000, 0x7FF0000000000000]
VALUES = ["converged", "failed", "\x1b[31m", 1000000, [1e308, -1e308]]
CPU_S, WALL_S = 60, 300  # a machine with other work may be slow; a command may not


def changed(content, other, chance, binary):
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        at, length, kind = chance.randrange(len(content) + 1), chance.choice((1, 1, 2, 5, 20, 100, 1000)), chance.randrange(11)
        if kind == 0 and chance.random() < 0.3:
            content = content[:at]
        elif kind == 1:
            content = content[:at] + content[at + length:]
        elif kind == 2:
            content = content[:at] + content[at:at + length] * chance.choice((2, 2, 3, 50)) + content[at:]
        elif kind == 4:
            content = content[:at] + chance.choice(WORDS) + content[at:]
        elif kind == 5:
            content = content[:at] + bytes([chance.randrange(256)]) + content[at + 1:]
        elif kind == 6:
            content = content[:at] + other[chance.randrange(len(other) + 1):][:2000]
        elif kind == 7 or (binary and kind > 8):
            at = at if kind == 7 else at // 8 * 8
            number, order, size = chance.choice(NUMBERS), chance.choice(("little", "big")), chance.choice((4, 8))
            content = content[:at] + (number % 2 ** (8 * size)).to_bytes(size, order) + content[at + size:]
        elif kind == 8 and content:
            at = min(at, len(content) - 1)
            content = content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1:]
        elif words := list(re.finditer(rb"[^\s,\[\]{}:]+", content[max(0, at - 2000):at + 2000])):
            word, begin = chance.choice(words), max(0, at - 2000)
            content = content[:begin + word.start()] + chance.choice(WORDS) + content[begin + word.end():]
    return content


def changed_json(content, chance):
    """Still JSON, with other values: most changed bytes only show that the parser refuses them."""
    try:
        root = json.loads(content)
    except ValueError:
        return content
    for _ in range(chance.randint(1, 3)):
        places, waiting = [], [root]
        while waiting:
            node = waiting.pop()
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            places += [(node, key) for key in keys]
            waiting += [node[key] for key in keys if isinstance(node[key], (dict, list))]
        if not places:
            break
        # Few of the thousand numbers of an array, and as often a key of the top.
        node, key = chance.choice(places if chance.random() < 0.5 else places[:60])
        what = chance.randrange(5)
        if what == 0:
            del node[key]
        elif what == 1 and isinstance(node, list):
            node.extend(node[key:] * chance.choice((1, 1, 30)))
        else:
            node[key] = chance.choice([None, True, -1, 0, 1e308, -1e-320, 2**63 - 1, -(2**63), 2**64, 1.5, "", "x" * 5000, "nan", "<b>&\u2028", "../..",
                                       [], {}, [[]], [None], {"": {}}, [1, 2, 3], *VALUES])
    return json.dumps(root).encode()


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 20, 256 << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 5))


def ended(words, folder):
    """Exit code and standard error; "no end" for a command that takes too long."""
    process = subprocess.Popen([faults.PROGRAM, *map(str, words)], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, start_new_session=True, preexec_fn=limits)
    try:
        _, errors = process.communicate(timeout=WALL_S)
        code = process.returncode
    except subprocess.TimeoutExpired:
        faults.end_session(process)
        code, errors = "no end", b""
    return "no end" if code == -signal.SIGXCPU else code, errors.decode(errors="replace")


def is_bad(code, errors):
    return code not in faults.CODES or "\x1b" in errors or "internal error" in errors or "terminate called" in errors


def tries(kind, options):
    return max(1, round(kind.share * options.count))


def try_kind(name, kind, folder, options):
    """@return finds as text, and how often each exit code came"""
    chance, bad, codes = random.Random(f"{options.seed} {name}"), [], collections.Counter()
    sound = {file: contents[0] for file, contents in kind.files.items()}
    slowest = 0.0
    for k in range(tries(kind, options)):
        if kind.whole:
            shutil.rmtree(folder / kind.whole)
            shutil.copytree(folder / f"{kind.whole}.kept", folder / kind.whole)
        file = chance.choice(sorted(kind.files))
        content = chance.choice(kind.files[file])
        if file.endswith(".json") and chance.random() < 0.75:
            content = changed_json(content, chance)
        else:
            content = changed(content, chance.choice(kind.files[file]), chance, kind.binary)
        (folder / file).write_bytes(content)
        words = chance.choice(kind.commands)
        before = sum(os.times()[2:4])
        code, errors = ended(words, folder)
        slowest = max(slowest, sum(os.times()[2:4]) - before)
        codes[code] += 1
        if is_bad(code, errors):
            kept = options.keep / f"bad-{name.replace(' ', '-')}-{options.seed}-{k}"
            kept.write_bytes(content)
            bad.append(f"{file}: {' '.join(map(str, words))}: {code}: {kept}: {errors[-300:]}")
            print(f"      {bad[-1]}", flush=True)
        (folder / file).write_bytes(sound[file])
    return bad, f"{dict(sorted(codes.items(), key=str))}, slowest {slowest:.1f} s"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=6, help="inputs of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="*", default=[])
    parser.add_argument("--keep", type=faults.Path, help="folder for what is found")
    parser.add_argument("--sound", action="store_true", help="run every command once, on inputs as they are, and show how it ends")
    options = parser.parse_args()
    report = faults.Report()
    folder = faults.scratch()
    options.keep = (options.keep or folder).resolve()
    options.keep.mkdir(parents=True, exist_ok=True)
    kinds = inputs.every_kind(folder)
    for name in sorted(set(options.kinds) - set(kinds)):
        parser.error(f"no kind '{name}'; there are: {', '.join(kinds)}")
    for name, kind in kinds.items():
        if options.kinds and name not in options.kinds:
            continue
        begun = time.monotonic()
        if options.sound:
            for words in kind.commands:
                before = sum(os.times()[2:4])
                code, errors = ended(words, folder)
                print(f"{name}: {' '.join(map(str, words))}: {sum(os.times()[2:4]) - before:.2f} s, {code} {errors[-200:] if code else ''}", flush=True)
            continue
        bad, codes = try_kind(name, kind, folder, options)
        report.check(not bad, f"{tries(kind, options)} changed inputs of kind {name} end within the table: {codes}, {time.monotonic() - begun:.0f} s",
                     "\n      ".join(bad[:20]))
    report.end(folder)


if __name__ == "__main__":
    main()
