// SPDX-License-Identifier: GPL-2.0-or-later
// Tables and typing: what the shipped force fields make of the shipped crystals, and what is refused.
#include <algorithm>
#include <map>
#include <numeric>

#include <catch2/catch.hpp>

#include "potentials/forcefield/typing.hpp"
#include "structures/cells/supercell.hpp"
#include "structures/core/text.hpp"
#include "tests/potentials/support.hpp"

using namespace hopflow;
using namespace hopflow::testing;

namespace {

namespace fs = std::filesystem;

fs::path table_path(const std::string& name) {
  return fs::path{HOPFLOW_SOURCE_DIR} / "inputs/forcefields" / (name + ".yaml");
}

std::map<std::string, int> type_counts(const std::string& table_name, const std::string& set,
                                       const std::string& crystal) {
  const ForceFieldTable table = load_forcefield_table(table_path(table_name), set);
  std::map<std::string, int> counts;
  for (const int type : make_topology(table, shipped_crystal(crystal)).type) {
    ++counts[table.types[static_cast<std::size_t>(type)].name];
  }
  return counts;
}

// A shipped table with one piece of its text replaced, and its base beside it.
struct Edited {
  Folder folder;
  fs::path path;
  Edited(const std::string& name, const std::string& what, const std::string& with) {
    for (const char* other : {"clp-pyridinium", "hybrid-pyridinium-pbi3", "myp-mapbi3"}) {
      fs::copy_file(table_path(other), folder.path() / (std::string{other} + ".yaml"));
    }
    path = folder.path() / (name + ".yaml");
    std::string text = text::read_file(path);
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    text::write_file(path, text.replace(at, what.size(), with));
  }
};

double charge_sum(const EngineSpec& spec) {
  const LammpsDocument document = LammpsDocument::parse(spec.document);
  return std::accumulate(document.charges.begin(), document.charges.end(), 0.0);
}

}  // namespace

TEST_CASE("bonded terms per formula unit are those counted by hand", "[potentials][forcefield]") {
  struct Row {
    const char* table;
    const char* set;
    const char* crystal;
    std::size_t units, bonds, angles, dihedrals, impropers;
  };
  const auto row = GENERATE(Row{"myp-mapbi3", "", "mapbi3-pseudocubic", 1, 7, 12, 9, 0},
                            Row{"myp-mapbi3", "", "mapbi3-tetragonal", 4, 7, 12, 9, 0},
                            Row{"myp-mapbi3", "", "mapbi3-orthorhombic", 4, 7, 12, 9, 0},
                            Row{"hybrid-pyridinium-pbi3", "scale-cation", "prpyr-pbi3", 4, 21, 36, 44, 6},
                            Row{"hybrid-pyridinium-pbi3", "scale-cation", "bnzpyr-pbi3", 2, 26, 42, 48, 12});
  INFO(row.crystal);
  const EngineSpec spec = shipped_forcefield(row.table, row.set).engine(shipped_crystal(row.crystal));
  const LammpsDocument document = LammpsDocument::parse(spec.document);
  CHECK(document.bonds.size() == row.units * row.bonds);
  CHECK(document.angles.size() == row.units * row.angles);
  CHECK(document.dihedrals.size() == row.units * row.dihedrals);
  CHECK(document.impropers.size() == row.units * row.impropers);
  CHECK(spec.charge == "neutral by fixed ionic charges");
}

TEST_CASE("every atom of the shipped crystals gets the type chemistry gives it", "[potentials][forcefield]") {
  using Counts = std::map<std::string, int>;
  CHECK(type_counts("myp-mapbi3", "", "mapbi3-pseudocubic") ==
        Counts{{"Pb", 1}, {"I", 3}, {"N", 1}, {"C", 1}, {"HN", 3}, {"HC", 3}});
  CHECK(type_counts("hybrid-pyridinium-pbi3", "", "prpyr-pbi3") == Counts{{"Pb", 4},
                                                                          {"I", 12},
                                                                          {"NAP", 4},
                                                                          {"CAPO", 8},
                                                                          {"CAPM", 8},
                                                                          {"CAPP", 4},
                                                                          {"HAP", 20},
                                                                          {"C1", 4},
                                                                          {"H1", 8},
                                                                          {"C2", 4},
                                                                          {"CT", 4},
                                                                          {"HC", 20}});
  CHECK(type_counts("hybrid-pyridinium-pbi3", "", "bnzpyr-pbi3") == Counts{{"Pb", 2},
                                                                           {"I", 6},
                                                                           {"NAP", 2},
                                                                           {"CAPO", 4},
                                                                           {"CAPM", 4},
                                                                           {"CAPP", 2},
                                                                           {"HAP", 10},
                                                                           {"C1T", 2},
                                                                           {"H1", 4},
                                                                           {"CAT", 2},
                                                                           {"CAO", 4},
                                                                           {"CAM", 4},
                                                                           {"CAP", 2},
                                                                           {"HAT", 10}});
}

TEST_CASE("charges sum to zero in a crystal and to minus the ion's in a vacancy", "[potentials][forcefield]") {
  const Crystal mapbi3 = shipped_crystal("mapbi3-tetragonal");
  const ForceField myp = shipped_forcefield("myp-mapbi3");
  CHECK(std::abs(charge_sum(myp.engine(mapbi3))) < 1e-9);
  const int iodide =
      static_cast<int>(std::find(mapbi3.species.begin(), mapbi3.species.end(), 53) - mapbi3.species.begin());
  const EngineSpec vacancy = myp.engine(mapbi3, iodide);
  CHECK(charge_sum(vacancy) == Approx(1.13).margin(1e-9));
  CHECK(vacancy.charge == "+1.13 e by fixed ionic charges, background neutralised");
  CHECK(LammpsDocument::parse(vacancy.document).species.size() == 47);

  for (const char* crystal : {"prpyr-pbi3", "bnzpyr-pbi3"}) {
    for (const auto& [set, iodide_charge] :
         {std::pair{"match-I", -1.01}, std::pair{"match-Pb", -1.13}, std::pair{"scale-cation", -1.13},
          std::pair{"scale-framework", -0.830882352941}}) {
      INFO(crystal << " " << set);
      const Crystal salt = shipped_crystal(crystal);
      const ForceField hybrid = shipped_forcefield("hybrid-pyridinium-pbi3", set);
      CHECK(hybrid.charge_set() == set);
      CHECK(std::abs(charge_sum(hybrid.engine(salt))) < 1e-9);
      const int ion = static_cast<int>(std::find(salt.species.begin(), salt.species.end(), 53) - salt.species.begin());
      CHECK(charge_sum(hybrid.engine(salt, ion)) == Approx(-iodide_charge).margin(1e-9));
    }
  }
  CHECK(shipped_forcefield("hybrid-pyridinium-pbi3").charge_set() == "match-I");
  CHECK(contains(shipped_forcefield("hybrid-pyridinium-pbi3").status(), "uncalibrated"));
}

TEST_CASE("a vacancy keeps the bonded atoms together", "[potentials][forcefield]") {
  const Crystal crystal = shipped_crystal("mapbi3-tetragonal");
  const ForceField table = shipped_forcefield("myp-mapbi3");
  const int ion =
      static_cast<int>(std::find(crystal.species.begin(), crystal.species.end(), 53) - crystal.species.begin());
  const LammpsDocument whole = LammpsDocument::parse(table.engine(crystal).document);
  const LammpsDocument vacancy = LammpsDocument::parse(table.engine(crystal, ion).document);
  CHECK(vacancy.commands == whole.commands);
  REQUIRE(vacancy.angles.size() == whole.angles.size());
  for (std::size_t k = 0; k < whole.angles.size(); ++k) {
    for (std::size_t m = 0; m < 3; ++m) {
      const int before = whole.angles[k].atoms[m] - 1;
      CHECK(vacancy.angles[k].atoms[m] - 1 == before - (before > ion ? 1 : 0));
    }
  }
  const int carbon =
      static_cast<int>(std::find(crystal.species.begin(), crystal.species.end(), 6) - crystal.species.begin());
  CHECK(contains(error_of([&] { table.engine(crystal, carbon); }).what, "part of a molecule"));
}

TEST_CASE("a supercell is typed like its cell", "[potentials][forcefield]") {
  const Crystal crystal = shipped_crystal("prpyr-pbi3");
  const Supercell big = make_supercell(crystal, Eigen::Vector3i(1, 2, 1).asDiagonal());
  const ForceFieldTable table = load_forcefield_table(table_path("hybrid-pyridinium-pbi3"), "");
  const Topology one = make_topology(table, crystal);
  const Topology two = make_topology(table, big.crystal);
  CHECK(two.dihedrals.size() == 2 * one.dihedrals.size());
  for (std::size_t k = 0; k < two.type.size(); ++k) {
    REQUIRE(two.type[k] == one.type[static_cast<std::size_t>(big.parent[k])]);
  }
}

TEST_CASE("a crystal the table is not made for is refused, the atom named", "[potentials][forcefield]") {
  const auto says = [](const ForceField& table, const Crystal& crystal, const std::string& words) {
    const Caught error = error_of([&] { table.engine(crystal); });
    INFO(error.what);
    CHECK(error.kind == Error::Kind::bad_input);
    CHECK(contains(error.what, words));
  };
  const ForceField myp = shipped_forcefield("myp-mapbi3");
  says(myp, shipped_crystal("prpyr-pbi3"), "no type fits atom");
  says(shipped_forcefield("hybrid-pyridinium-pbi3"), shipped_crystal("mapbi3-pseudocubic"), "no type fits atom");

  Crystal crystal = shipped_crystal("mapbi3-pseudocubic");
  std::replace(crystal.species.begin(), crystal.species.end(), 82, 50);
  says(myp, crystal, "the table has none for this element");

  // A hydrogen pulled off its carbon, and a molecule that is none any more.
  crystal = shipped_crystal("mapbi3-pseudocubic");
  const int hydrogen =
      static_cast<int>(std::find(crystal.species.begin(), crystal.species.end(), 1) - crystal.species.begin());
  crystal.fractional.col(hydrogen) += Eigen::Vector3d(0.2, 0.2, 0.2);
  const Caught error = error_of([&] { myp.engine(crystal); });
  CHECK(error.kind == Error::Kind::bad_input);

  // An iodide too few: the cell is charged.
  crystal = shipped_crystal("mapbi3-pseudocubic");
  for (int k = crystal.size() - 1; k >= 0; --k) {
    if (crystal.species[static_cast<std::size_t>(k)] != 53) continue;
    crystal.species.erase(crystal.species.begin() + k);
    crystal.labels.erase(crystal.labels.begin() + k);
    Eigen::Matrix3Xd kept(3, crystal.fractional.cols() - 1);
    kept << crystal.fractional.leftCols(k), crystal.fractional.rightCols(crystal.fractional.cols() - k - 1);
    crystal.fractional = kept;
    break;
  }
  says(myp, crystal, "+1.130000 e");
}

TEST_CASE("a table with a hole in it is refused, the hole named", "[potentials][forcefield]") {
  struct Row {
    const char* table;
    const char* what;
    const char* with;
    const char* crystal;
    const char* words;
  };
  const auto row = GENERATE(
      Row{"myp-mapbi3", "  - {i: C, j: N, K: 293.6, r0: 1.499, source: GAFF}\n", "", "mapbi3-pseudocubic",
          "no bond parameters for"},
      Row{"myp-mapbi3", "  - {i: HN, j: N, k: C, K: 46.2, theta0: 110.11, source: GAFF}\n", "", "mapbi3-pseudocubic",
          "no angle parameters for"},
      Row{"myp-mapbi3", "  - {i: I, j: HN, form: lj, eps: 0.0574, sigma: 2.75, source: JPCC-2015-119-17421}\n", "",
          "mapbi3-pseudocubic", "no pair parameters for I-HN"},
      Row{"myp-mapbi3", "charge: 0.771", "charge: 0.772", "mapbi3-pseudocubic", "+1.361000 e instead of +1.360000 e"},
      Row{"myp-mapbi3", "CH6N: 1.36, ", "", "mapbi3-pseudocubic", "+1.360000 e instead of +1.000000 e"},
      Row{"myp-mapbi3", "match: '[H;D1][C;D4]'", "match: '[H;D1]'", "mapbi3-pseudocubic", "HN and HC both fit"},
      Row{"clp-pyridinium",
          "  - {i: NA, j: CT, k: CT, l: CT, V: [-1.787691, 0.756262, -0.287428, 0.000000], source: JPCB-2004a}\n", "",
          "prpyr-pbi3", "no dihedral parameters for"},
      Row{"hybrid-pyridinium-pbi3",
          "  - {i: I, element: N, form: buckingham, A: 112936.714213, rho: 0.342426, C: 0, source: "
          "JPCC-2015-119-17421}\n",
          "", "prpyr-pbi3", "no pair parameters for"});
  INFO(row.what);
  const Edited edited{row.table, row.what, row.with};
  const bool salt = std::string_view{row.crystal} != "mapbi3-pseudocubic";
  const ForceField table = ForceField::load(salt ? edited.folder.path() / "hybrid-pyridinium-pbi3.yaml" : edited.path);
  const Caught error = error_of([&] { table.engine(shipped_crystal(row.crystal)); });
  INFO(error.what);
  CHECK(error.kind == Error::Kind::bad_input);
  CHECK(contains(error.what, row.words));
}

TEST_CASE("a table that contradicts itself is refused with line and column", "[potentials][forcefield]") {
  struct Row {
    const char* table;
    const char* what;
    const char* with;
    const char* words;
  };
  const auto row = GENERATE(
      Row{"myp-mapbi3", "PbI3: -1.36", "PbI3: -1.35", "sum to -1.36, not to the -1.35 stated"},
      Row{"hybrid-pyridinium-pbi3", "{Pb: 2.03, I: -1.01,", "{Pb: 2.04, I: -1.01,", "not to the -1 stated"},
      Row{"hybrid-pyridinium-pbi3", "match-I: {Pb: 2.03, I: -1.01, cation_scale", "match-I: {Pb: 2.03, cation_scale",
          "gives no charge for atom type I"},
      Row{"hybrid-pyridinium-pbi3", "default_charge_set: match-I", "default_charge_set: none",
          "there is no charge set 'none'"},
      Row{"myp-mapbi3", "source: GAFF", "source: memory", "'memory' is not listed"},
      Row{"myp-mapbi3", "cutoff: 10.0", "cutof: 10.0", "cutoff"},
      Row{"myp-mapbi3", "match: '[Pb;D0]'", "match: '[Pb;Q0]'", "character 5"},
      Row{"myp-mapbi3", "  - {i: Pb, j: I, form", "  - {i: Pb, j: Pb, form", "there already"},
      Row{"myp-mapbi3", "j: HC, K: 338.7", "j: HX, K: 338.7", "'HX'"},
      Row{"hybrid-pyridinium-pbi3", "extends: clp-pyridinium.yaml", "extends: hybrid-pyridinium-pbi3.yaml", "cycle"},
      Row{"hybrid-pyridinium-pbi3", "extends: clp-pyridinium.yaml", "extends: other.yaml",
          "no such force-field table"});
  INFO(row.what);
  const Edited edited{row.table, row.what, row.with};
  const Caught error = error_of([&] { ForceField::load(edited.path); });
  INFO(error.what);
  CHECK(error.kind == Error::Kind::bad_input);
  CHECK(contains(error.what, edited.path.filename().string() + ":"));
  CHECK(contains(error.what, row.words));

  CHECK(contains(error_of([&] { shipped_forcefield("myp-mapbi3", "match-I"); }).what, "no charge sets"));
  CHECK(contains(error_of([&] { shipped_forcefield("hybrid-pyridinium-pbi3", "match-i"); }).what, "match-Pb"));
}
