# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=900
"""Six wishes, played in a scratch copy: an engine, a structure format, a saddle search, a device model, a `neb` key, a
column of barriers.csv.

Each wish is the edits that CONTRIBUTING.md names and no others. The edited files and the new ones are compiled in place
of their originals, linked with the built libraries, and a program asks for each new name. So a wish that needs another
file fails here: its name is then unknown to the program, or its file is not built.
"""
import json
import os
import re
import shlex
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "release"
LICENCE = "// SPDX-License-Identifier: GPL-2.0-or-later\n"

SPRINGS_HPP = LICENCE + """// Every atom on a spring to the origin.
#pragma once
#include <memory>
#include "potentials/core/engine.hpp"
#include "structures/core/yaml.hpp"
namespace hopflow {
EngineSpec springs_from_block(const yaml::Node& block);
std::unique_ptr<Potential> make_springs(const std::string& document);
}  // namespace hopflow
"""
SPRINGS_CPP = LICENCE + """#include "potentials/springs/springs.hpp"
#include "structures/core/text.hpp"
namespace hopflow {
namespace {
class Springs final : public Potential {
 public:
  explicit Springs(double stiffness) : stiffness_{stiffness} {}
  Evaluation evaluate(const Configuration& c) override {
    Evaluation e;
    e.energy_ev = 0.5 * stiffness_ * c.positions.squaredNorm();
    e.forces = -stiffness_ * c.positions;
    return e;
  }
 private:
  double stiffness_;
};
}  // namespace
EngineSpec springs_from_block(const yaml::Node& block) {
  block.allow_keys({"kind", "stiffness"});
  EngineSpec spec;
  spec.kind = "springs";
  spec.document = text::shortest(block.at("stiffness").number(0, 1000));
  return spec;
}
std::unique_ptr<Potential> make_springs(const std::string& document) {
  return std::make_unique<Springs>(*text::to_double(document));
}
}  // namespace hopflow
"""

PLAIN_HPP = LICENCE + """// A cell and a line for each atom.
#pragma once
#include <string>
#include "structures/core/crystal.hpp"
namespace hopflow {
Crystal parse_plain(const std::string& content);
std::string format_plain(const Crystal& crystal);
}  // namespace hopflow
"""
PLAIN_CPP = LICENCE + """#include "structures/formats/plain.hpp"
#include "structures/core/element.hpp"
#include "structures/core/text.hpp"
namespace hopflow {
Crystal parse_plain(const std::string& content) {
  const std::vector<std::string> words = text::split_words(content);
  Configuration atoms;
  for (int k = 0; k < 9; ++k) atoms.cell(k % 3, k / 3) = *text::to_double(words[static_cast<std::size_t>(k)]);
  for (std::size_t k = 9; k + 3 < words.size(); k += 4) {
    atoms.species.push_back(*atomic_number(words[k]));
    atoms.positions.conservativeResize(3, atoms.size());
    for (int j = 0; j < 3; ++j)
      atoms.positions(j, atoms.size() - 1) = *text::to_double(words[k + 1 + static_cast<std::size_t>(j)]);
  }
  return to_crystal(atoms, "plain");
}
std::string format_plain(const Crystal& crystal) {
  const Configuration atoms = to_configuration(crystal);
  std::string out;
  for (int k = 0; k < 9; ++k) out += text::digits17(atoms.cell(k % 3, k / 3)) + " ";
  for (int i = 0; i < atoms.size(); ++i) {
    out += "\\n" + symbol_of(atoms.species[static_cast<std::size_t>(i)]);
    for (int j = 0; j < 3; ++j) out += " " + text::digits17(atoms.positions(j, i));
  }
  return out + "\\n";
}
}  // namespace hopflow
"""

STAY_HPP = LICENCE + """// The search that stays where it is.
#pragma once
#include "neb/saddle/saddle.hpp"
namespace hopflow {
Procedure<Saddle> stay(Configuration start, Evaluation there, Mobile mobile, Modes known, Eigen::VectorXd follow,
                       SaddleOptions options);
}  // namespace hopflow
"""
STAY_CPP = LICENCE + """#include "neb/saddle/stay.hpp"
namespace hopflow {
Procedure<Saddle> stay(Configuration start, Evaluation there, Mobile, Modes, Eigen::VectorXd follow, SaddleOptions) {
  Saddle saddle;
  saddle.configuration = std::move(start);
  saddle.evaluation = std::move(there);
  saddle.mode = std::move(follow);
  co_return saddle;
}
}  // namespace hopflow
"""

RIGID_CPP = LICENCE + """// The model whose state never moves.
#include "workflows/pipeline/models/memristor.hpp"
namespace hopflow::pipeline {
Speed rigid_speed(const DeviceParameters&, double, Compliance, Relaxation) {
  return [](double) { return 0.0; };
}
}  // namespace hopflow::pipeline
"""

MAIN = LICENCE + """#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include "neb/barrier_keys.hpp"
#include "neb/saddle/searches.hpp"
#include "potentials/engine_block.hpp"
#include "potentials/registry.hpp"
#include "structures/formats/structure_file.hpp"
#include "workflows/pipeline/models/parameters.hpp"
#include "workflows/pipeline/models/registry.hpp"
#include "workflows/results/barriers_csv.hpp"

using namespace hopflow;

int main(int, char** argv) {
  const std::filesystem::path folder = argv[1];
  Configuration one;
  one.cell = 5 * Eigen::Matrix3d::Identity();
  one.positions = Eigen::Vector3d(1, 2, 2);
  one.species = {11};

  const yaml::Node block = yaml::parse("kind: springs\\nstiffness: 2\\n", "case.yaml");
  const EngineSpec spec = engine_from_block(block, one, folder);
  std::printf("engine %.12g\\n", make_potential(spec, folder)->evaluate(one).energy_ev);

  write_structure(folder / "one.plain", to_crystal(one, "one"));
  const Crystal again = read_structure(folder / "one.plain");
  std::printf("format %d %.12g\\n", again.species.at(0), again.fractional(0, 0));

  const yaml::Node neb = yaml::parse("saddle: stay\\npatience: 7\\n", "case.yaml");
  BarrierOptions options;
  take_barrier_keys(options, neb);
  SaddleOptions searching;
  searching.search = options.saddle;
  Evaluation there;
  there.energy_ev = 3;
  Procedure<Saddle> search = search_saddle(one, there, Mobile({}, 1), Modes{}, Eigen::Vector3d::UnitX(), searching);
  std::printf("search %s %.12g\\n", options.saddle.c_str(), search.done() ? search.take().evaluation.energy_ev : 0.0);

  const pipeline::Speed speed =
      pipeline::model_named("rigid").speed(pipeline::DeviceParameters{}, 1.0, pipeline::Compliance{}, pipeline::Relaxation::off);
  std::printf("model %.12g of %zu\\n", speed(0.5), pipeline::models().size());

  for (const BarrierKey& key : barrier_keys())
    if (key.name == "patience") std::printf("key %s %s\\n", key.give(options).c_str(), key.help.c_str());

  const auto summary = nlohmann::ordered_json::parse(R"({"materials": []})");
  std::printf("column %s", barriers_csv(summary).c_str());
  return 0;
}
"""


class Copy:
    """Files that differ from the clone's: new ones and edited ones, in a folder of their own."""

    def __init__(self, folder):
        self.folder, self.added, self.edited = Path(folder), [], []

    def add(self, name, content):
        assert not (ROOT / name).exists(), f"{name} is there already"
        self.write(name, content)
        self.added.append(name)

    def write(self, name, content):
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(content)

    def text(self, name):
        copy = self.folder / name
        return (copy if copy.exists() else ROOT / name).read_text()

    def insert(self, name, after, text):
        """Puts text behind the only place where the pattern matches."""
        content = self.text(name)
        found = list(re.finditer(after, content, re.M))
        assert len(found) == 1, f"{name}: {len(found)} places match {after}"
        self.write(name, content[:found[0].end()] + text + content[found[0].end():])
        if name not in self.edited:
            self.edited.append(name)


def engine(copy):
    copy.add("potentials/springs/springs.hpp", SPRINGS_HPP)
    copy.add("potentials/springs/springs.cpp", SPRINGS_CPP)
    copy.insert("potentials/registry.cpp", r'^#include "potentials/lammps/lammps.hpp"\n',
                '#include "potentials/springs/springs.hpp"\n')
    copy.insert("potentials/registry.cpp", r"^constexpr std::array kinds\{\n", """
    Kind{"springs", false, 16,
         [](const yaml::Node& block, const Configuration&, const std::filesystem::path&) {
           return springs_from_block(block);
         },
         [](const EngineSpec& spec, const std::filesystem::path&, std::optional<int>) {
           return make_springs(spec.document);
         }},
""")
    copy.insert("potentials/CMakeLists.txt", r"^  registry\.cpp\n", "  springs/springs.cpp\n")


def structure_format(copy):
    copy.add("structures/formats/plain.hpp", PLAIN_HPP)
    copy.add("structures/formats/plain.cpp", PLAIN_CPP)
    copy.insert("structures/formats/structure_file.cpp", r'^#include "structures/formats/lammps_data.hpp"\n',
                '#include "structures/formats/plain.hpp"\n')
    copy.insert("structures/formats/structure_file.cpp", r"^  static const std::vector<Format> table\{\n", """
      {"plain", {}, {".plain"}, {},
       [](const std::filesystem::path& path, const ReadChoice&) { return parse_plain(text::read_file(path)); },
       format_plain},
""")
    copy.insert("structures/CMakeLists.txt", r"^  formats/poscar\.cpp\n", "  formats/plain.cpp\n")


def saddle_search(copy):
    copy.add("neb/saddle/stay.hpp", STAY_HPP)
    copy.add("neb/saddle/stay.cpp", STAY_CPP)
    copy.insert("neb/saddle/searches.cpp", r'^#include "neb/saddle/dimer.hpp"\n', '#include "neb/saddle/stay.hpp"\n')
    copy.insert("neb/saddle/searches.cpp", r'^      \{"dimer", dimer\},\n', '      {"stay", stay},\n')
    copy.insert("neb/CMakeLists.txt", r"^  saddle/searches\.cpp\n", "  saddle/stay.cpp\n")


def device_model(copy):
    registry = "workflows/pipeline/models/registry.cpp"
    copy.add("workflows/pipeline/models/kinds/rigid.cpp", RIGID_CPP)
    copy.insert(registry, r"^Speed barrier_only_speed\(.*\n",
                "Speed rigid_speed(const DeviceParameters&, double, Compliance, Relaxation);\n")
    copy.insert(registry, r"^     barrier_only_circuit\},\n", '    {"rigid", "its state never moves", {}, rigid_speed, nullptr},\n')
    copy.insert("workflows/pipeline/CMakeLists.txt", r"^  models/kinds/thermal\.cpp\n", "  models/kinds/rigid.cpp\n")


def neb_key(copy):
    copy.insert("neb/barrier/barrier.hpp", r"^  int max_rounds = 600;.*\n", "  int patience = 15;  ///< rounds without progress\n")
    copy.insert("neb/barrier_keys.cpp", r'^      boolean\("climb".*\n', '      integer("patience", &O::patience, 1, 100, "rounds without progress"),\n')


def column(copy):
    copy.insert("workflows/results/barriers_csv.cpp", r'^    Column\{"material", .*\n',
                '    Column{"kra_ev", "kinetically resolved", [](const Source& r) { return r.barrier.at("kra_ev"); }},\n')


# The wish, its first words in CONTRIBUTING.md, how many files that were there it edits.
WISHES = [
    (engine, "an engine", 2),
    (structure_format, "a structure format", 2),
    (saddle_search, "a saddle search", 2),
    (device_model, "a device model", 2),
    (neb_key, "an option of bands", 2),
    (column, "a column of barriers.csv", 1),
]


def row_of(words):
    """The cell "you edit" of the row that begins with these words."""
    rows = [line.split("|") for line in (ROOT / "CONTRIBUTING.md").read_text().splitlines() if line.startswith("| " + words)]
    assert len(rows) == 1, f"CONTRIBUTING.md: {len(rows)} rows begin with '{words}'"
    return rows[0][2]


def units():
    """Of every source: how the build compiles it, and all sources that are compiled with it as one."""
    found = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        file = Path(entry["file"])
        together = re.findall(r'^#include "(.*\.cpp)"', file.read_text(), re.MULTILINE) if "Unity" in file.parts else [str(file)]
        names = [os.path.relpath(os.path.realpath(name), ROOT) for name in together]
        found.update({name: (entry["command"], names) for name in names})
    return found


def compiler_words(source, known):
    """How the build compiles a source, its precompiled header and its output left out."""
    folder = Path(source).parent
    while source not in known:  # a new one: as any other of its library
        near = sorted(name for name in known if name.startswith(f"{folder}/"))
        if not near and folder == folder.parent:
            raise LookupError(f"{source}: the build compiles nothing near it")
        source, folder = (near or [source])[0], folder.parent
    words, kept = shlex.split(known[source][0]), []
    skip = False
    for word, following in zip(words, words[1:] + [""]):
        if skip:
            skip = False
        elif word in ("-o", "-c") or (word == "-include" and "cmake_pch" in following):
            skip = True
        elif not re.match(r"-O\d|-Winvalid-pch|-g\d?$|-flto", word) and "ccache" not in word:
            kept.append(word)
    return kept


def compilations(copy, sources):
    """(object, command) of every unit that these sources of a scratch copy belong to. What is compiled together stays so: the
    library's object would be linked next to a new one of a part of it."""
    known, done = units(), {}
    for source in sources:
        names = known[source][1] if source in known else [source]
        if names[0] in done:
            continue
        whole = copy.folder / (names[0].replace("/", "_") + ".unit.cpp")
        whole.write_text("".join(f'#include "{(copy.folder if (copy.folder / name).is_file() else ROOT) / name}"\n' for name in names))
        words = compiler_words(source, known)
        output = whole.with_suffix(".o")
        done[names[0]] = (output, [words[0], f"-I{copy.folder}", *words[1:], "-O0", "-w", "-c", str(whole), "-o", str(output)])
    return list(done.values())


class SixWishes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not (BUILD / "compile_commands.json").is_file():
            raise unittest.SkipTest("nothing is built yet")
        cls.scratch = tempfile.TemporaryDirectory(dir=os.environ.get("HOPFLOW_TEST_FOLDER"))
        cls.copy = Copy(cls.scratch.name)
        cls.counts = {}
        for wish, _, _ in WISHES:
            mine = Copy(cls.scratch.name)
            wish(mine)
            cls.counts[wish] = mine
            cls.copy.added += mine.added
            cls.copy.edited += [name for name in mine.edited if name not in cls.copy.edited]

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def test_each_edits_as_many_files_as_it_may(self):
        for wish, words, allowed in WISHES:
            with self.subTest(words):
                self.assertLessEqual(len(self.counts[wish].edited), allowed)
                self.assertLessEqual(len({str(Path(name).parent) for name in self.counts[wish].added}), 1)

    def test_contributing_names_each_of_them(self):
        for wish, words, _ in WISHES:
            row = row_of(words)
            for name in self.counts[wish].edited:
                with self.subTest(f"{words}: {name}"):
                    named = any(name.endswith("/" + path) or name == path for path in re.findall(r"`([^`]+)`", row))
                    self.assertTrue(named or name.endswith("CMakeLists.txt"), row)
            if self.counts[wish].added:
                with self.subTest(f"{words}: its folder"):
                    folder = Path(self.counts[wish].added[0]).parent
                    self.assertTrue(f"{folder}/" in row or f"{folder.parent}/" in row, row)

    def test_every_wish_comes_true(self):
        sources = [name for name in self.copy.added + self.copy.edited if name.endswith(".cpp")]
        for name in self.copy.added:
            if name.endswith(".cpp"):
                lists = [self.copy.folder / p / "CMakeLists.txt" for p in Path(name).parents]
                self.assertTrue(any(p.is_file() and Path(name).name in p.read_text() for p in lists), f"{name} is not built")
        self.copy.write("workflows/results/wishes_main.cpp", MAIN)

        def compiled(unit):
            return unit[0], subprocess.run(unit[1], cwd=BUILD, capture_output=True, text=True)

        with ThreadPoolExecutor(max_workers=2) as pool:
            built = list(pool.map(compiled, compilations(self.copy, [*sources, "workflows/results/wishes_main.cpp"])))
        for output, done in built:
            self.assertEqual(0, done.returncode, f"{output.name}:\n{done.stderr[:3000]}")
        link = shlex.split(subprocess.run(["ninja", "-C", str(BUILD), "-t", "commands", "hopflow-full"], capture_output=True,
                                          text=True, check=True).stdout.splitlines()[-1])
        libraries = [word for word in link if word.endswith((".a", ".so")) or re.search(r"\.so[.\d]*$", word) or word.startswith(("-l", "-L", "-Wl"))]
        program = self.copy.folder / "wishes"
        done = subprocess.run(["g++", "-o", str(program), *(str(output) for output, _ in built), *libraries], cwd=BUILD,
                              capture_output=True, text=True)
        self.assertEqual(0, done.returncode, done.stderr[:3000])
        done = subprocess.run([str(program), str(self.copy.folder)], capture_output=True, text=True)
        self.assertEqual((0, ""), (done.returncode, done.stderr))
        lines = done.stdout.splitlines()
        self.assertEqual(["engine 9", "format 11 0.2", "search stay 3", "model 0 of 4", "key 7 rounds without progress"], lines[:5])
        self.assertTrue(lines[5].startswith("column material,kra_ev,hop,status,"), lines[5])


if __name__ == "__main__":
    unittest.main()
