# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules of the house that a compiler doesn't check: who may use whom, first lines, words and paths that don't belong."""
import collections
import re
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("structures", "potentials", "neb", "workflows")
SOURCES = {".cpp", ".hpp", ".py", ".sh", ".js", ".mjs", ".css"}
# Files that are not the project's own words.
FOREIGN = {"LICENSE", "workflows/report/package-lock.json"}


def tracked():
    # With files that aren't committed yet, so that a slip shows before it is.
    names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT,
                           capture_output=True, check=True).stdout.decode().split("\0")
    return sorted(n for n in set(names) if n and (ROOT / n).is_file() and n not in FOREIGN)


def text_of(name):
    return (ROOT / name).read_text(errors="replace")


def is_script(name):
    return not Path(name).suffix and text_of(name).startswith("#!")


def lines_with(pattern, names):
    """file:line: text of every line of these files that the pattern finds."""
    found = []
    for name in names:
        content = text_of(name)
        if "\0" in content or not re.search(pattern, content):
            continue
        for number, line in enumerate(content.splitlines(), 1):
            if re.search(pattern, line):
                found.append(f"{name}:{number}: {line.strip()[:120]}")
    return found


def cpp(*folders):
    return [n for n in NAMES if n.endswith((".cpp", ".hpp")) and n.startswith(tuple(f + "/" for f in folders))]


NAMES = tracked()
TEXTS = [n for n in NAMES if n != "tests/lint/test_lint.py"]


class Layers(unittest.TestCase):
    def may_use(self, folder, allowed, files=None):
        for name in cpp(folder) if files is None else files:
            for number, line in enumerate(text_of(name).splitlines(), 1):
                found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
                if found:
                    with self.subTest(f"{name}:{number}"):
                        self.assertTrue(found.group(1).startswith(tuple(a + "/" for a in allowed)),
                                        f"{found.group(1)}: {folder} may use {', '.join(allowed)}, by path from the root")

    def test_structures_use_only_structures(self):
        self.may_use("structures", ["structures"])

    def test_potentials_use_structures(self):
        self.may_use("potentials", ["structures", "potentials"])

    def test_neb_uses_potentials_and_structures(self):
        self.may_use("neb", ["structures", "potentials", "neb"])

    def test_pipeline_uses_values_and_results_only(self):
        self.may_use("workflows/pipeline", ["structures", "neb", "workflows/pipeline"])

    def test_workflows_use_what_is_below(self):
        self.may_use("workflows", FOLDERS)

    def test_pipeline_knows_no_engine_launcher_or_store(self):
        self.assertEqual([], lines_with(r"#\s*include\s*[<\"](mpi|sqlite3|lammps|dlfcn)", cpp("workflows/pipeline")))

    def test_procedures_have_no_hands(self):
        self.assertEqual([], lines_with(r"#\s*include\s*<(mpi\.h|sqlite3\.h|fstream|thread|chrono|unistd\.h|sys/.*)>", cpp("neb")))

    def test_only_workflows_know_mpi_and_the_store(self):
        self.assertEqual([], lines_with(r"#\s*include\s*<(mpi|sqlite3)\.h>", cpp("structures", "potentials", "neb")))


def includes():
    """(including file, included file) for every include of the project's own sources."""
    for name in cpp(*FOLDERS):
        for line in text_of(name).splitlines():
            found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if found:
                yield name, found.group(1)


def rings(edges):
    """Groups of nodes that reach one another (strongly connected components of more than one node)."""
    graph = {}
    for a, b in edges:
        graph.setdefault(a, set()).add(b)
        graph.setdefault(b, set())

    def reached(start):
        seen, todo = set(), [start]
        while todo:
            for other in graph[todo.pop()] - seen:
                seen.add(other)
                todo.append(other)
        return seen

    reach = {node: reached(node) for node in graph}
    return sorted({tuple(sorted(b for b in reach[a] if a in reach[b])) for a in graph if a in reach[a]})


def helpers(text):
    """Types, constants and functions that a source defines for itself alone, other than names for what is elsewhere."""
    found, inside = set(), False
    for line in text.splitlines():
        if line in ("namespace {", "}  // namespace"):
            inside = line == "namespace {"
        elif inside and line[:1] not in ("", " ", "#", "/", "}"):
            name = re.match(r"(?:template <.*>\s*)?(?:struct|class|enum class|enum) (\w+)\b(?!;)", line) or re.match(
                r"(?!using |namespace |struct |class |enum )[\w:<>,*&\s\[\]\"()]*?[\s&*](\w+)(?:\(| =|\{|;|\[)", line)
            if name:
                found.add(name.group(1))
            if line.startswith("constexpr "):
                found.update(re.findall(r", (\w+) = ", line.split("//")[0]))
    return found


class Rooms(unittest.TestCase):
    """Folders small enough to be seen whole, and none that include each other."""

    def test_no_two_folders_include_each_other_at_any_depth(self):
        found = list(includes())
        self.assertGreater(len(found), 1000)
        for depth in (1, 2, 3, 4):
            def folder(name):
                # Files that lie higher up are a place of their own: "potentials/." next to "potentials/lammps".
                parts = Path(name).parts[:-1]
                return "/".join(parts[:depth]) + ("" if len(parts) >= depth else "/.")
            with self.subTest(depth=depth):
                self.assertEqual([], rings((folder(a), folder(b)) for a, b in found if folder(a) != folder(b)))

    def test_rings_are_found(self):
        self.assertEqual([("a", "b", "c")], rings([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")]))
        self.assertEqual([], rings([("a", "b"), ("a", "c"), ("b", "c")]))

    def test_no_folder_holds_more_than_fourteen_files(self):
        # Of code, tests and pages; crystals and labelled frames below inputs/ are data, and the root is what tools expect there.
        counts = collections.Counter(str(Path(name).parent) for name in NAMES if "/" in name and not name.startswith("inputs/"))
        self.assertGreater(len(counts), 100)
        self.assertEqual({}, {folder: count for folder, count in counts.items() if count > 14})

    def test_no_two_files_of_a_folder_use_a_name_for_themselves(self):
        # The files of a folder are compiled together: one's helper would be taken for the other's.
        own = collections.defaultdict(lambda: collections.defaultdict(set))
        for name in cpp(*FOLDERS, "tests"):
            if name.endswith(".cpp"):
                for helper in helpers(text_of(name)):
                    own[str(Path(name).parent)][helper].add(Path(name).name)
        twice = [f"{folder}: {helper} in {', '.join(sorted(names))}" for folder, found in sorted(own.items())
                 for helper, names in sorted(found.items()) if len(names) > 1]
        self.assertEqual([], twice)

    def test_helpers_are_found(self):
        text = ("namespace {\nstruct One {\n  int in;\n};\nconstexpr double two = 2, half = 0.5;  // A\nusing Json = nlohmann::json;\n"
                "[[noreturn]] void three(int a) {\n}\nconst std::map<int, std::string>& four() { return table; }\n"
                "class Known;\n}  // namespace\nint five() { return 5; }\n")
        self.assertEqual({"One", "two", "half", "three", "four"}, helpers(text))

    def test_sources_are_formatted(self):
        sources = [n for n in NAMES if n.endswith((".cpp", ".hpp"))]
        done = subprocess.run(["clang-format-14", "--dry-run", "--Werror", *sources], cwd=ROOT, capture_output=True, text=True)
        wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if ": error:" in line})
        self.assertEqual((0, []), (done.returncode, wrong), "run clang-format-14 -i on these files")


class Files(unittest.TestCase):
    def test_every_source_names_its_licence(self):
        sources = [n for n in NAMES if Path(n).suffix in SOURCES or is_script(n)]
        self.assertGreater(len(sources), 50)
        missing = [n for n in sources if "SPDX-License-Identifier: GPL-2.0-or-later" not in "".join(
            text_of(n).splitlines(keepends=True)[:3])]
        self.assertEqual([], missing)

    def test_every_header_is_read_once(self):
        self.assertEqual([], [n for n in NAMES if n.endswith(".hpp") and "#pragma once" not in text_of(n)])

    def test_every_source_is_built(self):
        forgotten = []
        for name in NAMES:
            if not name.endswith(".cpp"):
                continue
            path = Path(name)
            lists = [p / "CMakeLists.txt" for p in path.parents if (ROOT / p / "CMakeLists.txt").is_file()]
            # Some sources are compiled by a test script itself.
            scripts = [p.relative_to(ROOT) for p in (ROOT / path.parent).glob("*.py")]
            if not any(path.name in text_of(str(p)) for p in lists + scripts):
                forgotten.append(name)
        self.assertEqual([], forgotten)

    def test_scripts_parse(self):
        for name in NAMES:
            if name.endswith(".sh") or (is_script(name) and "bash" in text_of(name).splitlines()[0]):
                with self.subTest(name):
                    done = subprocess.run(["bash", "-n", str(ROOT / name)], capture_output=True, text=True)
                    self.assertEqual((0, ""), (done.returncode, done.stderr))

    def test_nothing_large_and_nothing_built_is_committed(self):
        large = [n for n in NAMES if (ROOT / n).stat().st_size > 1_000_000]
        # Labelled frames are data, and a tenth of their size when packed.
        built = [n for n in NAMES if not n.startswith(("inputs/reference/dft/", "inputs/reference/mlip/"))
                and re.search(r"\.(o|a|so|pyc|db|tgz|gz|zip)$|(^|/)(node_modules|build|\.data)/|^runs/", n)]
        self.assertEqual(([], []), (large, built))

    def test_no_line_is_longer_than_its_format_allows(self):
        limits = {".cpp": 120, ".hpp": 120, ".txt": 120, ".cmake": 120, ".js": 160, ".mjs": 160, ".py": 160, ".sh": 160}
        long = []
        for name in NAMES:
            suffix = ".sh" if is_script(name) and "bash" in text_of(name).splitlines()[0] else Path(name).suffix
            if suffix in limits and (suffix != ".txt" or name.endswith("CMakeLists.txt")):
                long += [f"{name}:{n}: {len(line)}" for n, line in enumerate(text_of(name).splitlines(), 1) if len(line) > limits[suffix]]
        self.assertEqual([], long)

    def test_no_conflict_marks_and_no_carriage_returns(self):
        self.assertEqual([], lines_with(r"^(<<<<<<<|>>>>>>>) |\r$", TEXTS))

    def test_packages_are_explained_and_named_once(self):
        rows = [line for line in text_of(".packages.txt").splitlines() if line and not line.startswith(("#", "["))]
        self.assertGreater(len(rows), 15)
        self.assertEqual([], [r for r in rows if not re.match(r"[a-z0-9][a-z0-9+.-]+\s+(\(\S+\)\s+)?# \S", r)])
        names = [r.split()[0] for r in rows]
        self.assertEqual(sorted(set(names)), sorted(names))


class Words(unittest.TestCase):
    def test_nothing_is_left_to_do(self):
        self.assertEqual([], lines_with(r"\b(TODO|FIXME|XXX|HACK|TBD)\b", TEXTS))

    def test_no_paths_of_one_machine(self):
        self.assertEqual([], lines_with(r"(?<![\w.}$)/])/(work|root|home|Users)(/|\b)", TEXTS))

    def test_no_package_servers(self):
        hosts = r"(npmjs|pypi|crates|deb\.debian|security\.debian|golang|maven)\.(org|io|com)|://registry\."
        self.assertEqual([], lines_with(hosts, [*TEXTS, "workflows/report/package-lock.json"]))

    def test_the_project_speaks_of_itself_alone(self):
        words = r"(?i)\b((sub)?agents?|founders?|chat ?bots?|language models?|co-?authored-by|prompt engineering)\b|\b[Ii]ssues? #?\d"
        self.assertEqual([], lines_with(words, TEXTS))

    def test_words_are_those_of_the_field(self):
        # Reported, searched, again, next to, tilted, predicted, diverged, too close, converged, placed, users; a path.
        given_up = r"(?i)\b(told|sought|anew|beside|askew|foretell(s|ing)?|foretold|astray|crowded|settled|laid|people|on the way|(lost|loses) its way)\b"
        folders = (*(f + "/" for f in FOLDERS), "docs/", "inputs/engines/", "inputs/studies/", "python/", "packaging/")
        pages = ("README.md", "CHANGELOG.md", "SECURITY.md", ".setup.sh", ".packages.txt")
        own = [n for n in TEXTS if n.startswith(folders) or n in pages]
        self.assertGreater(len(own), 500)
        self.assertEqual([], lines_with(given_up, [n for n in own if n not in FOREIGN and not n.endswith(".json")]))

    def test_numbers_become_text_the_same_way_in_every_locale(self):
        calls = r"\b(stod|stof|strtod|atof|setlocale|sprintf|snprintf)\s*\("
        self.assertEqual([], lines_with(calls, cpp(*FOLDERS)))

    def test_random_numbers_come_from_counters(self):
        engines = r"\b(mt19937|random_device|default_random_engine|minstd_rand)\b|\b(s?rand|drand48)\s*\("
        self.assertEqual([], lines_with(engines, cpp(*FOLDERS)))

    def test_sums_are_not_reordered(self):
        lists = [n for n in NAMES if n.endswith(("CMakeLists.txt", "CMakePresets.json", ".cmake"))]
        self.assertEqual([], lines_with(r"-ffast-math|-Ofast|-funsafe-math|-fassociative-math", lists))


if __name__ == "__main__":
    unittest.main()
