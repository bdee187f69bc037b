// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>
#include <set>

#include "structures/charges/formal_charges.hpp"
#include "structures/chemistry/molecules.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/error.hpp"
#include "tests/structures/samples.hpp"

using namespace hopflow;

namespace {

/// A box with sites of the columns label, type, x, y, z, occupancy, assembly, group.
std::string box(double edge, const std::string& group, const std::string& sites, const std::string& formula = "") {
  const std::string a = std::to_string(edge);
  return "data_t\n" + formula + "_cell_length_a " + a + "\n_cell_length_b " + a + "\n_cell_length_c " + a +
         "\n_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\n_space_group_name_H-M_alt '" + group +
         "'\nloop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_"
         "z\n"
         "_atom_site_occupancy\n_atom_site_disorder_assembly\n_atom_site_disorder_group\n" +
         sites;
}

Crystal read_ordered(const std::string& text, const std::string& mode) {
  const auto disorder = parse_disorder(mode);
  REQUIRE(disorder);
  return parse_cif(text, "t.cif", {*disorder});
}

std::string problem_ordering(const std::string& text, const std::string& mode) {
  try {
    read_ordered(text, mode);
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::bad_input);
    return error.what();
  }
  return "";
}

bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

long sum_of_degeneracies(const DisorderReport& report) {
  return std::accumulate(report.representatives.begin(), report.representatives.end(), 0L,
                         [](long sum, const Arrangement& a) { return sum + a.degeneracy; });
}

// Cubic CsPbI3 with iodide off its axis in four places.
const std::string split = box(6.29, "P m -3 m", "Cs1 Cs 0 0 0 1 . .\nPb1 Pb .5 .5 .5 1 . .\nI1 I .5 .56 0 .25 . .\n",
                              "_chemical_formula_sum 'Cs I3 Pb'\n_cell_formula_units_Z 1\n");

}  // namespace

TEST_CASE("words for disorder are read, others are not", "[structures][disorder]") {
  CHECK(disorder_text(*parse_disorder("enumerate 5")) == "enumerate 5");
  CHECK(disorder_text(*parse_disorder("seed=-7")) == "seed -7");
  CHECK(disorder_text(*parse_disorder("choice:2")) == "choice 2");
  CHECK(disorder_text(*parse_disorder("majority")) == "majority");
  for (const char* word : {"", "most", "majority 2", "enumerate", "enumerate 0", "choice -1", "seed x", "seed 1 2"})
    CHECK_FALSE(parse_disorder(word));
}

TEST_CASE("split positions are refused unless a choice is asked for, and then always reported",
          "[structures][disorder]") {
  CHECK(mentions(problem_ordering(split, "ordered"), "t.cif:22:1: partial occupancy at I1 (0.25)"));
  CHECK(mentions(problem_ordering(split, "ordered"), "--disorder"));
  const Crystal crystal = read_ordered(split, "majority");
  CHECK(formula_of(crystal.species) == "CsI3Pb");
  REQUIRE(crystal.disorder);
  CHECK(crystal.disorder->arrangements == 64);
  CHECK(mentions(crystal.disorder->chosen.at(0), "occupancy 0.25): 3 of 12"));
  CHECK(std::any_of(crystal.warnings.begin(), crystal.warnings.end(),
                    [](const auto& w) { return mentions(w, "disorder is resolved by 'majority'"); }));
}

TEST_CASE("symmetry-distinct arrangements and their degeneracies cover every arrangement once",
          "[structures][disorder]") {
  // Three edges of the cube, each with four places: 4^3 = 64 arrangements; probabilities are shares of 64.
  const Crystal crystal = read_ordered(split, "enumerate 100");
  REQUIRE(crystal.disorder);
  CHECK(sum_of_degeneracies(*crystal.disorder) == 64);
  for (const Arrangement& a : crystal.disorder->representatives) {
    CHECK(48 % a.degeneracy == 0);  // an orbit's size divides the order of m-3m
    CHECK(a.probability == Approx(a.degeneracy / 64.0));
  }
  // Each choice is another structure.
  std::set<std::string> seen;
  for (std::size_t k = 1; k <= crystal.disorder->representatives.size(); ++k) {
    const Crystal one = read_ordered(split, "choice " + std::to_string(k));
    CHECK(one.disorder->taken == static_cast<int>(k));
    std::string place;
    for (int i = 0; i < one.size(); ++i)
      for (int x = 0; x < 3; ++x) place += std::to_string(one.fractional(x, i)) + ' ';
    seen.insert(place);
  }
  CHECK(seen.size() == crystal.disorder->representatives.size());
  CHECK(mentions(problem_ordering(split, "choice 100"), "there are only"));
}

TEST_CASE("a seed draws by occupancy, reproducibly", "[structures][disorder]") {
  const std::string mixed = box(6, "P 1", "Cs1 Cs 0 0 0 1 . .\nBr1 Br .5 .5 .5 .3 A 1\nI1 I .5 .5 .5 .7 A 2\n");
  int iodides = 0;
  for (int seed = 0; seed < 400; ++seed) {
    const Crystal crystal = read_ordered(mixed, "seed " + std::to_string(seed));
    REQUIRE(crystal.size() == 2);
    iodides += crystal.species[1] == 53 ? 1 : 0;
  }
  // 280 expected with a standard deviation of 9.2.
  CHECK(std::abs(iodides - 280) < 37);
  CHECK(read_ordered(mixed, "seed 7").species == read_ordered(mixed, "seed 7").species);
  CHECK(formula_of(read_ordered(mixed, "majority").species) == "CsI");
}

TEST_CASE("alternatives of an assembly are chosen as whole molecules", "[structures][disorder]") {
  // Methylammonium in two orientations about one centre, iodide beside it.
  const std::string frame = "I1 I 0 0 0 1 . .\n";
  const auto molecule = [](const std::string& tag, double sign, const std::string& occupancy) {
    std::string out;
    const auto add = [&](const char* name, const char* type, double x, double y, double z) {
      out += name + tag + " " + type + " " + std::to_string(.5 + sign * x / 8) + " " + std::to_string(.5 + y / 8) +
             " " + std::to_string(.5 + z / 8) + " " + occupancy + " A " + tag + "\n";
    };
    add("C", "C", .75, 0, 0);
    add("N", "N", -.75, 0, 0);
    for (const auto& [y, z] : {std::pair{1.0, 0.0}, {-.5, .866}, {-.5, -.866}}) {
      add(("HC" + std::to_string(static_cast<int>(10 * y + 3 * z) + 20)).c_str(), "H", 1.1, y, z);
      add(("HN" + std::to_string(static_cast<int>(10 * y + 3 * z) + 20)).c_str(), "H", -1.1, -.95 * y, -.95 * z);
    }
    return out;
  };
  const std::string formula = "_chemical_formula_sum 'C H6 I N'\n_cell_formula_units_Z 1\n";
  const Crystal crystal =
      read_ordered(box(8, "P 1", frame + molecule("1", 1, "0.4") + molecule("2", -1, "0.6"), formula), "majority");
  CHECK(formula_of(crystal.species) == "CH6IN");
  const auto molecules = find_molecules(crystal, find_bonds(crystal));
  REQUIRE(molecules.size() == 1);
  CHECK(molecules[0].name == "methylammonium");
  CHECK(std::all_of(crystal.labels.begin() + 1, crystal.labels.end(), [](const auto& l) { return l.back() == '2'; }));
  CHECK(formal_charges(crystal).net == 0);
}

TEST_CASE("a molecule across a mirror comes in either of its images, never both or half", "[structures][disorder]") {
  // The mirror x, 1/2 - y, z of P m halves a water molecule of group -1 whose oxygen lies beside it.
  const std::string text = box(9, "P 1 m 1",
                               "Pb1 Pb 0 0 0 1 . .\nI1 I .3 0 .1 1 . .\nI2 I .7 0 .1 1 . .\n"
                               "O1 O .5 .52 .5 .5 . -1\nH1 H .59 .56 .5 .5 . -1\nH2 H .45 .60 .5 .5 . -1\n");
  const Crystal crystal = read_ordered(text, "enumerate 10");
  CHECK(formula_of(crystal.species) == "H2I2OPb");
  REQUIRE(crystal.disorder);
  CHECK(crystal.disorder->arrangements == 2);
  REQUIRE(crystal.disorder->representatives.size() == 1);  // the mirror swaps them
  CHECK(crystal.disorder->representatives[0].degeneracy == 2);
  CHECK(crystal.disorder->representatives[0].probability == Approx(1));
}

TEST_CASE("ungrouped water that is half there comes whole or not at all", "[structures][disorder]") {
  const std::string text = box(9, "P 1",
                               "Pb1 Pb 0 0 0 1 . .\nI1 I .3 0 .1 1 . .\nI2 I .7 0 .1 1 . .\n"
                               "O1 O .5 .52 .5 .5 . .\nH1 H .59 .56 .5 .5 . .\nH2 H .45 .60 .5 .5 . .\n");
  std::set<std::string> formulas;
  for (int k = 1; k <= 2; ++k) formulas.insert(formula_of(read_ordered(text, "choice " + std::to_string(k)).species));
  CHECK(formulas == std::set<std::string>{"H2I2OPb", "I2Pb"});
}

TEST_CASE("disorder that contradicts itself is refused with the row", "[structures][disorder]") {
  const std::string head = "Pb1 Pb 0 0 0 1 . .\n";
  CHECK(mentions(problem_ordering(box(6, "P 1", head + "I1 I .5 .5 .5 .7 . .\nI2 I .5 .5 .55 .7 . .\n"), "majority"),
                 "t.cif:20:1: sites I1 and I2 exclude each other, but their occupancies sum to 1.4"));
  CHECK(mentions(
      problem_ordering(box(6, "P 1", head + "I1 I .5 .5 .5 .5 A 1\nI2 I .5 .5 .55 .5 A 1\nI3 I .5 .5 .6 .5 A 2\n"),
                       "majority"),
      "occupied at the same time but are 0.300 A apart"));
  // One iodide of two is left out: not neutral.
  CHECK(mentions(problem_ordering(box(7, "P 1", head + "I1 I .5 .5 .5 1 . .\nI2 I .5 0 0 .4 . .\n"), "majority"),
                 "charge of +1"));
  CHECK(read_ordered(box(7, "P 1", head + "I1 I .5 .5 .5 1 . .\nI2 I .5 0 0 .6 . .\n"), "majority").size() == 3);
}

TEST_CASE("every arrangement of an enumeration is the one its number chooses", "[structures][disorder]") {
  const std::vector<Crystal> all = parse_cif_arrangements(split, "t.cif", {*parse_disorder("enumerate 100")});
  REQUIRE(all.size() > 2);
  CHECK(all[0].disorder->representatives.size() == all.size());
  for (std::size_t k = 0; k < all.size(); ++k) {
    CHECK(all[k].disorder->taken == static_cast<int>(k) + 1);
    CHECK(all[k].fractional == read_ordered(split, "choice " + std::to_string(k + 1)).fractional);
  }
  CHECK(parse_cif_arrangements(split, "t.cif", {*parse_disorder("majority")}).size() == 1);
}

TEST_CASE("one assembly for unrelated parts is told by its occupancies", "[structures][disorder]") {
  // Groups 1 and 2 share a place, 3 and 4 another, far away; together their occupancies are 2.
  const std::string text = box(12, "P 1",
                               "Cs1 Cs 0 0 0 1 . .\nI1 I .5 .5 .5 .6 A 1\nI2 I .5 .5 .56 .4 A 2\n"
                               "Cs2 Cs .5 0 0 .7 A 3\nCs3 Cs .5 0 .05 .3 A 4\nI9 I 0 .5 0 1 . .\n");
  const Crystal crystal = read_ordered(text, "majority");
  CHECK(formula_of(crystal.species) == "Cs2I2");
  CHECK(crystal.disorder->arrangements == 4);
  CHECK(std::count(crystal.labels.begin(), crystal.labels.end(), "Cs2") == 1);
}

TEST_CASE("a charged arrangement is passed over where its charge is sure", "[structures][disorder]") {
  // Likeliest is one iodide of the two that lead needs; the list holds the neutral one.
  const std::string text = box(7, "P 1", "Pb1 Pb 0 0 0 1 . .\nI1 I .5 .5 .5 1 . .\nI2 I .5 0 0 .4 . .\n");
  CHECK(mentions(problem_ordering(text, "majority"), "enumerate N"));
  const Crystal neutral = read_ordered(text, "enumerate 5");
  CHECK(formula_of(neutral.species) == "I2Pb");
  CHECK(neutral.disorder->representatives.size() == 1);
}

TEST_CASE("a halogen of a molecule may sit beside its carbon's neighbours", "[structures][disorder]") {
  // Chloroethene-like, in two orientations: C-Cl 1.74 A, Cl to the other carbon 2.69 A, within one group.
  const auto part = [](const char* tag, double y, const char* group, const char* occupancy) {
    std::string out;
    const auto add = [&](const char* name, const char* type, double dx, double dy) {
      out += std::string{name} + tag + " " + type + " " + std::to_string(.5 + dx / 12) + " " +
             std::to_string(y + dy / 12) + " .5 " + occupancy + " A " + group + "\n";
    };
    add("Cl", "Cl", 0, 0);
    add("C1", "C", 1.74, 0);
    add("C2", "C", 2.40, 1.16);
    return out;
  };
  const Crystal crystal = read_ordered(
      box(12, "P 1", "I1 I 0 0 0 1 . .\n" + part("a", .5, "1", ".6") + part("b", .52, "2", ".4")), "majority");
  CHECK(crystal.size() == 4);
}

TEST_CASE("what is seldom there may be missing although nothing takes its place", "[structures][disorder]") {
  // A row of three iodides, each too near to the next: the outer ones 0.6, the middle one 0.1: nine times in ten one is
  // there or none, so the middle one never wins by default.
  const std::string text =
      box(12, "P 1", "Pb1 Pb 0 0 0 1 . .\nI1 I .5 .5 .35 .6 . .\nI2 I .5 .5 .5 .1 . .\nI3 I .5 .5 .65 .6 . .\n");
  const Crystal crystal = read_ordered(text, "majority");
  CHECK(std::count(crystal.labels.begin(), crystal.labels.end(), "I2") == 0);
  CHECK(formula_of(crystal.species) == "I2Pb");
  CHECK(crystal.disorder->arrangements == 5);  // {1,3} {1} {3} {} {2}
}

TEST_CASE("where there is nothing to choose every mode reads the same", "[structures][disorder]") {
  const Crystal plain = test::shipped("mapbi3-pseudocubic");
  for (const char* mode : {"majority", "enumerate 3", "seed 4"}) {
    const Crystal other =
        read_cif(std::string{HOPFLOW_INPUTS} + "/structures/mapbi3-pseudocubic.cif", {*parse_disorder(mode)});
    CHECK(other.fractional == plain.fractional);
    CHECK_FALSE(other.disorder);
    CHECK(other.warnings == plain.warnings);
  }
}
