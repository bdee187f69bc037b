// SPDX-License-Identifier: GPL-2.0-or-later
// The `engine:` block of case files: what it builds, and what it refuses with line and column.
#include <cstdlib>

#include <catch2/catch.hpp>

#include "potentials/engine_block.hpp"
#include "structures/core/element.hpp"
#include "structures/core/text.hpp"
#include "tests/potentials/support.hpp"

using namespace hopflow;
using namespace hopflow::testing;

namespace {

Configuration salt() {
  Configuration c;
  c.cell = 5.64 * Eigen::Matrix3d::Identity();
  c.positions.resize(3, 8);
  c.positions << 0, .5, .5, 0, .5, 0, 0, .5,  //
      0, .5, 0, .5, 0, .5, 0, .5,             //
      0, 0, .5, .5, 0, 0, .5, .5;
  c.positions *= 5.64;
  c.species = {11, 11, 11, 11, 17, 17, 17, 17};
  return c;
}

const std::string salt_block =
    "kind: lammps\n"
    "units: metal\n"
    "types: {Cl: 2, Na: 1}\n"
    "charges: {Na: 1.0, Cl: -1.0}\n"
    "commands:\n"
    "  - pair_style buck/coul/long 8.0\n"
    "  - pair_coeff 1 1 0 1 0\n"
    "  - pair_coeff 1 2 1256.31 0.3107 0\n"
    "  - pair_coeff 2 2 3485 0.2964 29.06\n"
    "  - kspace_style ewald 1e-6\n";

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

Caught refused(const std::string& block) {
  return error_of([&] { block_engine(block, salt()); });
}

}  // namespace

TEST_CASE("a block becomes types, charges and masses by element", "[potentials][block]") {
  const EngineSpec spec = block_engine(salt_block, salt());
  CHECK(spec.kind == "lammps");
  CHECK(spec.version == lammps_version());
  CHECK(spec.tier == "ff");
  CHECK(spec.charge == "neutral by fixed ionic charges");
  const LammpsDocument document = LammpsDocument::parse(spec.document);
  CHECK(document.types == std::vector<int>{1, 1, 1, 1, 2, 2, 2, 2});
  CHECK(document.charges == std::vector<double>{1, 1, 1, 1, -1, -1, -1, -1});
  CHECK(document.masses == std::vector<double>{atomic_mass(11), atomic_mass(17)});
  CHECK(document.units == "metal");
  CHECK(document.commands.size() == 5);
  CHECK(document.dump() == spec.document);

  Configuration vacancy = salt();
  vacancy.positions = vacancy.positions.leftCols(7).eval();
  vacancy.species.pop_back();
  CHECK(block_engine(salt_block, vacancy).charge == "+1 e by fixed ionic charges, background neutralised");
}

TEST_CASE("a file's content is part of the spec, wherever it was found", "[potentials][block]") {
  const Folder folder;
  Configuration c = salt();
  c.species.assign(8, 13);
  const std::string block =
      "{kind: lammps, units: metal, types: {Al: 1}, files: [f.eam], commands: [pair_style eam, pair_coeff 1 1 f.eam]}";
  text::write_file(folder.path() / "f.eam", "one\n");
  const EngineSpec one = block_engine(block, c, folder.path());
  text::write_file(folder.path() / "f.eam", "two \xe9\n");  // not UTF-8
  const EngineSpec two = block_engine(block, c, folder.path());
  CHECK(one.hash() != two.hash());
  CHECK(LammpsDocument::parse(two.document).files.at("f.eam") == "two \xe9\n");
  CHECK_FALSE(contains(one.document, folder.path().string()));

  std::filesystem::create_directory(folder.path() / "sub");
  text::write_file(folder.path() / "sub" / "f.eam", "one\n");
  CHECK(block_engine(replaced(block, "[f.eam]", "[sub/f.eam]"), c, folder.path()).hash() == one.hash());

  const std::string installed = replaced(replaced(block, "[f.eam]", "[Al_jnp.eam]"), "1 1 f.eam", "1 1 Al_jnp.eam");
  CHECK(LammpsDocument::parse(block_engine(installed, c, folder.path()).document).files.at("Al_jnp.eam").size() > 1000);

  CHECK(block_engine(installed, c, "").hash() == block_engine(installed, c, folder.path()).hash());

  text::write_file(folder.path() / "Al_jnp.eam", "mine\n");
  CHECK(LammpsDocument::parse(block_engine(installed, c, folder.path()).document).files.at("Al_jnp.eam") == "mine\n");
}

TEST_CASE("an analytic surface is passed on", "[potentials][block]") {
  const Configuration c = salt();
  CHECK(block_engine("{kind: analytic, surface: muller-brown}", c).kind == "analytic");
  const Caught error = refused("kind: analytic\nsurface: cubic\n");
  CHECK(error.kind == Error::Kind::bad_input);
  CHECK(contains(error.what, "case.yaml:2:10"));
}

TEST_CASE("what a block cannot mean is refused where it stands", "[potentials][block]") {
  const auto says = [&](const std::string& block, const std::string& place, const std::string& words) {
    INFO(block);
    const Caught error = refused(block);
    INFO(error.what);
    CHECK(error.kind == Error::Kind::bad_input);
    CHECK(contains(error.what, place));
    CHECK(contains(error.what, words));
  };
  says(replaced(salt_block, "kind: lammps", "kind: gromacs"), "case.yaml:1:7", "lammps, ipi, analytic");
  says(replaced(salt_block, "kind: lammps", "kind: vasp"), "case.yaml:1:7", "'vasp' is unknown");
  says(replaced(salt_block, "units: metal", "units: si"), "case.yaml:2:8", "real, metal, electron, lj");
  says(replaced(salt_block, "units: metal", "unit: metal"), "case.yaml:2", "units");
  says(replaced(salt_block, "Cl: 2,", "Cl: 3,"), "case.yaml:3:8", "no element has type 2");
  says(replaced(salt_block, "Cl: 2,", "Cl: 1,"), "case.yaml:3", "type 1 is given to both");
  says(replaced(salt_block, "Cl: 2, Na: 1", "Na: 1"), "case.yaml:3:8", "'Cl: 2'");
  says(replaced(salt_block, "Cl: 2,", "Xx: 2,"), "case.yaml:3", "'Xx' is not an element");
  says(replaced(salt_block, "{Na: 1.0", "{K: 1.0"), "case.yaml:4", "K has a charge but no type");
  says(replaced(salt_block, "Na: 1.0", "Na: .nan"), "case.yaml:4", "");
  says(replaced(salt_block, "pair_coeff 1 1 0 1 0", "shell rm x"), "case.yaml:7:5", "'shell' is not allowed");
  says(replaced(salt_block, "pair_coeff 1 1 0 1 0", "pair_coeff 1 1 ${x} 1 0"), "case.yaml:7:5", "'$'");
  says(replaced(salt_block, "pair_coeff 1 1 0 1 0", "\"pair_coeff 1 1 0 1 0\\nshell x\""), "case.yaml:7:5", "\\x0a");
  says(salt_block + "files: [nowhere.eam]\n", "case.yaml:11:9", "not found in");
  says(salt_block + "files: [/etc/passwd]\n", "case.yaml:11:9", "not the name of a file in the folder of the case");
  says("kind: lammps\ntypes: {Na: 1, Cl: 2}\ncommands: []\n", "case.yaml:3", "no LAMMPS command");
  says("kind: lammps\ntypes: {Na: 1, Cl: 2}\n", "case.yaml:1", "commands");
}

TEST_CASE("how far an engine's barriers lie off is what its block states, else its table, else its tier",
          "[potentials][block]") {
  EngineSpec engine;
  engine.tier = "ff";
  const auto error_of_block = [&](const std::string& block) {
    return model_error_of_block(yaml::parse(block, "case.yaml"), engine, HOPFLOW_SOURCE_DIR "/inputs/forcefields");
  };
  CHECK(
      error_of_block("kind: lammps\nforcefield: hybrid-pyridinium-pbi3-fitted.yaml\nbarrier_error: 0.07\n").value_ev ==
      0.07);
  CHECK(error_of_block("kind: lammps\nforcefield: hybrid-pyridinium-pbi3-fitted.yaml\n").value_ev == 0.18);
  CHECK(error_of_block("kind: lammps\nforcefield: myp-mapbi3.yaml\n").value_ev == model_error_of_tier("ff").value_ev);
  engine.tier = "dft";
  CHECK(error_of_block("kind: ipi\n").source == model_error_of_tier("dft").source);
}
