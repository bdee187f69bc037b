// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/study/run_folder.hpp"
#include "workflows/study/study.hpp"

using namespace hopflow;
namespace fs = std::filesystem;

namespace {

const fs::path shipped = fs::path{HOPFLOW_SOURCE_DIR} / "inputs/studies/three-cations.yaml";

std::string problem_of(const std::string& extra) {
  const fs::path file = fs::temp_directory_path() / ("hopflow-test-study-" + std::to_string(::getpid()) + ".yaml");
  std::ofstream{file} << "study: test\nmaterials: [{name: A, structure: " << file.string()
                      << ", forcefield: " << file.string() << "}]\n"
                      << extra;
  std::string problem;
  try {
    load_study(file);
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::bad_input);
    problem = error.what();
  }
  fs::remove(file);
  return problem;
}

}  // namespace

TEST_CASE("the shipped study reads, and printing it reads back to the same study", "[workflows][study]") {
  Study study = load_study(shipped);
  CHECK(study.materials.size() == 3);
  CHECK(study.materials[0].charge_set.empty());
  study.materials[0].disorder = *parse_disorder("seed 7");
  study.materials[1].require_experimental = true;
  study.materials[1].block = "phase_2";
  study.min_image_distance = 12;
  study.supercell_matrix = {1, 1, 0, -1, 1, 0, 0, 0, 1};
  const fs::path copy = shipped.parent_path() / ("printed-" + std::to_string(::getpid()) + ".yaml");
  std::ofstream{copy} << print_study(study);
  Study back;
  try {
    back = load_study(copy);
  } catch (...) {
    fs::remove(copy);
    throw;
  }
  fs::remove(copy);
  CHECK(print_study(back) == print_study(study));
  CHECK(back.supercell_matrix == study.supercell_matrix);
  CHECK(disorder_text(back.materials[0].disorder) == "seed 7");
  CHECK(back.materials[2].disorder.mode == Disorder::Mode::ordered);
  CHECK_FALSE(back.materials[0].require_experimental);
  CHECK(back.materials[1].require_experimental);
  CHECK(back.materials[1].block == "phase_2");
}

TEST_CASE("one line gives a study or a material an i-PI engine, and no force field is needed then",
          "[workflows][study]") {
  const fs::path file = fs::temp_directory_path() / ("hopflow-test-ipi-" + std::to_string(::getpid()) + ".yaml");
  const std::string engine = "engine: {kind: ipi, command: \"python3 client.py {socket}\", clients: 2}";
  const auto load = [&](const std::string& of_material, const std::string& of_study) {
    std::ofstream{file} << "study: test\nmaterials: [{name: A, structure: " << file.string() << of_material << "}]\n"
                        << of_study;
    return load_study(file);
  };
  for (const bool of_study : {true, false}) {
    const Study study = load(of_study ? "" : ", " + engine, of_study ? engine + "\n" : "");
    const NamedEngine* engine_block = engine_named(study, study.materials[0]);
    REQUIRE(engine_block != nullptr);
    CHECK_THAT(engine_block->text, Catch::Contains("clients: 2"));
    std::ofstream{file} << print_study(study);
    const Study back = load_study(file);
    CHECK(*engine_named(back, back.materials[0]) == *engine_block);
  }
  CHECK_THROWS_WITH(load("", ""), Catch::Contains("forcefield"));
  CHECK_THROWS_WITH(load(", engine: {kind: lammps}", ""), Catch::Contains("kind: ipi"));
  fs::remove(file);
}

TEST_CASE("engines that look at finished paths are read, printed and read back", "[workflows][study]") {
  const fs::path folder = shipped.parent_path();
  const fs::path file = folder / ("refine-" + std::to_string(::getpid()) + ".yaml");
  const auto load = [&](const std::string& refine) {
    std::ofstream{file}
        << "study: test\nmaterials: [{name: A, structure: ../structures/mapbi3-tetragonal.cif, forcefield: "
           "../forcefields/myp-mapbi3.yaml}]\n"
        << refine;
    try {
      Study study = load_study(file);
      fs::remove(file);
      return study;
    } catch (...) {
      fs::remove(file);
      throw;
    }
  };
  CHECK(load("refine: none\n").refine.empty());
  const std::string chgnet =
      "{kind: ipi, command: \"{python} ../engines/chgnet_client.py {socket} {structure}\", tier: mlip}";
  const Study one = load("refine: " + chgnet + "\n");
  REQUIRE(one.refine.size() == 1);
  CHECK(one.refine[0].path == RefinePath::keep);
  CHECK(study_files(one).contains("../engines/chgnet_client.py"));
  const Study two =
      load("refine:\n  - " + chgnet.substr(0, chgnet.size() - 1) +
           ", path: converge}\n"
           "  - {kind: lammps, forcefield: ../forcefields/hybrid-pyridinium-pbi3.yaml, charge_set: match-I}\n");
  REQUIRE(two.refine.size() == 2);
  CHECK(two.refine[0].path == RefinePath::converge);
  CHECK(two.refine[0].engine->text.find("tier: mlip") != std::string::npos);
  CHECK(two.refine[1].charge_set == "match-I");
  std::ofstream{file} << print_study(two);
  const Study back = load_study(file);
  fs::remove(file);
  CHECK(print_study(back) == print_study(two));
  CHECK(study_files(back).contains("../forcefields/hybrid-pyridinium-pbi3.yaml"));

  CHECK_THROWS_WITH(load("refine: better\n"), Catch::Contains(":3:9: ") && Catch::Contains("none"));
  CHECK_THROWS_WITH(load("refine: {kind: lammps, path: bend}\n"), Catch::Contains("allowed are keep, converge"));
  CHECK_THROWS_WITH(load("refine: {kind: lammps, forcfield: x}\n"), Catch::Contains("did you mean 'forcefield'"));
  CHECK_THROWS_WITH(load("refine: {kind: lammps, forcefield: x.yaml}\n"), Catch::Contains("no such file"));
  CHECK_THROWS_WITH(load("refine: {path: keep}\n"), Catch::Contains("kind"));
}

TEST_CASE("a run folder holds every file that an engine block of any kind names, under the name written there",
          "[workflows][study]") {
  const fs::path top = fs::temp_directory_path() / ("hopflow-test-frozen-" + std::to_string(::getpid()));
  fs::create_directories(top / "data/tables");
  const auto write = [&](const std::string& name, const std::string& content) {
    std::ofstream{top / "data" / name} << content;
  };
  for (const char* name : {"a.cif", "client.py", "prior.py", "al.eam"}) write(name, name);
  write("tables/field.yaml", "schema: potential/1\n");
  const auto frozen = [&](const std::string& engine) {
    write("study.yaml",
          "study: test\nmaterials: [{name: A, structure: a.cif, forcefield: tables/field.yaml}]\nengine: " + engine +
              "\n");
    RunOptions options;
    options.folder = top / "run";
    fs::remove_all(options.folder);
    freeze_study(load_study(top / "data/study.yaml"), options);
    return frozen_study(options.folder, options);
  };
  const std::string client = "{kind: ipi, command: \"python3 client.py {socket}\"";
  const Study helped = frozen(client + ", prior: {kind: ipi, command: \"python3 prior.py {socket}\"}, budget: 9}");
  CHECK_THAT(helped.engine->text, Catch::Contains("\"inputs/client.py\"") && Catch::Contains("\"inputs/prior.py\""));
  CHECK(text::read_file(top / "run/inputs/prior.py") == "prior.py");
  CHECK(helped.engine->budget == 9);

  const Study tabled = frozen(client + ", prior: {kind: lammps, forcefield: tables/field.yaml}}");
  CHECK(tabled.engine->prior.forcefield == "inputs/tables/field.yaml");

  const Study commands =
      frozen("{kind: lammps, types: {Al: 1}, files: [al.eam], commands: [pair_style eam, \"pair_coeff * * al.eam\"]}");
  CHECK(commands.engine->text ==
        "{kind: lammps, types: {Al: 1}, files: [\"inputs/al.eam\"], commands: [\"pair_style eam\", \"pair_coeff * * "
        "inputs/al.eam\"]}");
  CHECK(
      print_study(frozen("{kind: analytic, surface: leps-ho}")).find("engine: {kind: analytic, surface: leps-ho}\n") !=
      std::string::npos);
  CHECK_THROWS_WITH(frozen("{kind: gromacs}"),
                    Catch::Contains("study.yaml:3:16") && Catch::Contains("lammps, ipi, analytic"));
  fs::remove_all(top);
}

TEST_CASE("every documented key is in the printed study, with its default", "[workflows][study]") {
  const std::string printed = print_study(Study{});
  for (const StudyKey& key : study_keys()) {
    INFO(key.path);
    const std::string leaf = key.path.substr(key.path.rfind('.') + 1);
    CHECK(printed.find(leaf + ": ") != std::string::npos);
    CHECK_FALSE(key.help.empty());
  }
}

TEST_CASE("a supercell's matrix is three integers or nine in a row, and excludes distances", "[workflows][study]") {
  using Catch::Contains;
  CHECK_THAT(problem_of("supercell: {matrix: [2, 2]}\n"), Contains("2 numbers") && Contains("[2, 2, 1]"));
  CHECK_THAT(problem_of("supercell: {matrix: [[2, 0, 0], [0, 2, 0], [0, 0, 1]]}\n"), Contains("row after row"));
  CHECK_THAT(problem_of("supercell: {matrix: [2, 2, 0]}\n"), Contains("one plane"));
  CHECK_THAT(problem_of("supercell: {matrix: [0, 1, 0, 1, 0, 0, 0, 0, 1]}\n"), Contains("exchange two"));
  CHECK_THAT(problem_of("supercell: {matrix: [2, 2, 1.5]}\n"), Contains("1.5"));
  CHECK_THAT(problem_of("supercell: {matrix: [2, 2, 1], min_image_distance: 9}\n"),
             Contains("min_image_distance") && Contains("leave one out"));
}

TEST_CASE("a study's mistakes are named with line, column and what is allowed", "[workflows][study]") {
  CHECK(problem_of("") == "");
  CHECK(problem_of("neb: {imges: 5}\n").find(":3:14: unknown key 'imges'; did you mean 'images'?") !=
        std::string::npos);
  CHECK(problem_of("nebb: {images: 5}\n").find("did you mean 'neb'?") != std::string::npos);
  CHECK(problem_of("neb: {images: 0}\n").find("0 is out of range; allowed are 1 to 64") != std::string::npos);
  CHECK(problem_of("neb: {springs: stiff}\n").find("allowed are even, energy-weighted, doubly-nudged") !=
        std::string::npos);
  CHECK(problem_of("neb: {interpolation: bent}\n").find("'bent' is not known here; allowed are auto, linear, idpp") !=
        std::string::npos);
  CHECK(problem_of("neb: {batch: 0}\n").find(":3:14: 0 is out of range; allowed are 1 to 64") != std::string::npos);
  CHECK(problem_of("neb: {batch: 4}\n") == "");
  CHECK(problem_of("neb: {springs: doubly-nudged, interpolation: sequential-idpp}\n") == "");
  CHECK(problem_of("neb: {method: string, springs: even, insert: 0}\n") == "");
  CHECK(problem_of("neb: {method: strng}\n").find(":3:15: 'strng' is not known here; allowed are neb, string") !=
        std::string::npos);
  CHECK(problem_of("neb: {method: string, springs: doubly-nudged}\n").find(":3:32: a string has no springs") !=
        std::string::npos);
  CHECK(problem_of("neb: {insert: 65}\n").find("65 is out of range; allowed are 0 to 64") != std::string::npos);
  CHECK(problem_of("neb: {fmax: tight}\n").find("'tight' is not a number") != std::string::npos);
  CHECK(problem_of("mobile: some\n").find("allowed are inorganic, near, all") != std::string::npos);
  CHECK(problem_of("vacancy: {element: Xx}\n").find("not an element symbol") != std::string::npos);
  CHECK(problem_of("seed: 1\nseed: 2\n").find("is given twice") != std::string::npos);
  CHECK(problem_of("device: {reference: nowhere.yaml}\n").find("no such file") != std::string::npos);
  CHECK(problem_of("neb: 5\n").find("takes keys and values") != std::string::npos);
}
