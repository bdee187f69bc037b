// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/formats/cif_writer.hpp"
#include "tests/structures/samples.hpp"

using namespace hopflow;

namespace {

/// A small CIF in parts, so that a test changes one of them.
struct Parts {
  std::string head = "";
  std::string formula = "_chemical_formula_sum 'Cs I3 Pb'\n_cell_formula_units_Z 1\n";
  std::string cell =
      "_cell_length_a 6.29\n_cell_length_b 6.29\n_cell_length_c 6.29\n"
      "_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\n";
  std::string symmetry = "_space_group_name_H-M_alt 'P m -3 m'\n";
  std::string columns = "label type_symbol fract_x fract_y fract_z";
  std::string sites = "Cs1 Cs 0 0 0\nPb1 Pb 0.5 0.5 0.5\nI1 I 0.5 0.5 0\n";

  std::string text() const {
    std::string out = head + "data_test\n" + formula + cell + symmetry + "loop_\n";
    for (const std::string& column : text::split_words(columns)) out += "_atom_site_" + column + "\n";
    return out + sites;
  }
};

Crystal read(const Parts& parts) { return parse_cif(parts.text(), "test.cif"); }

std::string problem_of(const std::string& text) {
  try {
    parse_cif(text, "test.cif");
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::bad_input);
    return error.what();
  }
  return "";
}

std::string problem_of(const Parts& parts) { return problem_of(parts.text()); }

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

bool warned(const Crystal& crystal, const std::string& part) {
  return std::any_of(crystal.warnings.begin(), crystal.warnings.end(), [&](const auto& w) { return holds(w, part); });
}

std::string operations(std::initializer_list<const char*> list) {
  std::string out = "loop_\n_space_group_symop_operation_xyz\n";
  for (const char* o : list) out += std::string{"'"} + o + "'\n";
  return out;
}

}  // namespace

TEST_CASE("the shipped crystals are read with their atoms, cells and words about themselves", "[structures][cif]") {
  struct Expected {
    const char* name;
    int atoms, number;
    double volume;
    const char* formula;
  };
  // Volumes as the files state them.
  for (const Expected& e : {Expected{"prpyr-pbi3", 100, 62, 1538.529, "C8H12I3NPb"},
                            Expected{"bnzpyr-pbi3", 58, 11, 903.6643, "C12H12I3NPb"},
                            Expected{"mapbi3-orthorhombic", 48, 62, 956.563, "CH6I3NPb"},
                            Expected{"mapbi3-tetragonal", 48, 1, 972.580, "CH6I3NPb"},
                            Expected{"mapbi3-pseudocubic", 12, 6, 249.623, "CH6I3NPb"}}) {
    INFO(e.name);
    const Crystal crystal = test::shipped(e.name);
    CHECK(crystal.size() == e.atoms);
    CHECK(crystal.stated_space_group == e.number);
    CHECK(crystal.cell.determinant() == Approx(e.volume).epsilon(2e-5));
    CHECK(reduced_formula(crystal.species) == e.formula);
    CHECK(crystal.model);
    REQUIRE_FALSE(crystal.provenance.empty());
    CHECK(holds(crystal.provenance.front(), "not experimental"));
    CHECK(crystal.warnings.empty());
  }
}

TEST_CASE("symmetry is taken from operations, Hall symbol, H-M symbol or number alike", "[structures][cif]") {
  for (const char* symmetry : {"_space_group_name_H-M_alt 'P m -3 m'\n", "_space_group_name_Hall '-P 4 2 3 (6 6 6)'\n",
                               "_symmetry_space_group_name_H-M 'P m 3 m'\n", "_space_group_name_Hall '-P 4 2 3'\n",
                               "_space_group_IT_number 221\n"}) {
    Parts parts;
    parts.symmetry = symmetry;
    INFO(symmetry);
    CHECK(read(parts).size() == 5);
  }
}

TEST_CASE("an operation list beats nothing but must agree with the symbol beside it", "[structures][cif]") {
  Parts parts;
  parts.formula = "";
  parts.symmetry = "_space_group_name_H-M_alt 'P 1'\n" + operations({"x,y,z", "-x,-y,-z"});
  CHECK(holds(problem_of(parts), "form P-1 (number 2), but the file names space group 1 'P 1'"));
  parts.symmetry = "_space_group_name_H-M_alt 'P -1'\n" + operations({"x,y,z", "-x,-y,-z"});
  CHECK(read(parts).size() == 3);
  parts.symmetry = "_space_group_name_H-M_alt 'P -1'\n_space_group_IT_number 62\n" + operations({"x,y,z", "-x,-y,-z"});
  CHECK(holds(problem_of(parts), "number 2, but the file also says 62"));
  // The same group about another origin is legitimate; it is used as listed and told.
  parts.symmetry = "_space_group_name_H-M_alt 'P -1'\n" + operations({"x,y,z", "1/2-x,-y,-z"});
  parts.sites = "Pb1 Pb 0.25 0 0\nI1 I 0.25 0.5 0.5\n";
  CHECK(warned(read(parts), "another setting or origin"));
  CHECK(read(parts).size() == 2);
}

TEST_CASE("operations that are broken, doubled, no group or unfit for the cell are refused", "[structures][cif]") {
  Parts parts;
  parts.formula = "";
  parts.symmetry = operations({"x,y,z", "x*y,y,z"});
  CHECK(holds(problem_of(parts), "symmetry operation 'x*y,y,z'"));
  parts.symmetry = operations({"x,y,z", "-y,x,z"});
  CHECK(holds(problem_of(parts), "not a group"));
  parts.symmetry = operations({"x,y,z", "2x,y,z"});
  CHECK(holds(problem_of(parts), "'2x,y,z'"));
  parts.symmetry = operations({"x,y,z", "-y,x,z", "-x,-y,z", "y,-x,z"});
  parts.cell.replace(parts.cell.find("_b 6.29"), 7, "_b 6.60");
  CHECK(holds(problem_of(parts), "do not fit the cell"));
  std::string many = "loop_\n_space_group_symop_operation_xyz\n'x,y,z'\n";
  for (int i = 1; i < 1009; ++i) many += "'x+" + std::to_string(i) + "/1009,y,z'\n";
  parts = Parts{};
  parts.symmetry = many;
  CHECK(holds(problem_of(parts), "1009 symmetry operations"));
  parts.symmetry = operations({"x,y,z", "-x,-y,-z", "-x,-y,-z"});
  parts.formula = "";
  CHECK(warned(read(parts), "listed twice"));
}

TEST_CASE("impossible cells are refused with tag and value", "[structures][cif]") {
  for (const char* length : {"nan", "inf", "-6.3", "0", "1e308", "0x6", "6,29", "6.29(", "6.29()", "?", "''"}) {
    Parts parts;
    parts.cell.replace(parts.cell.find("6.29"), 4, length);
    INFO(length);
    CHECK(holds(problem_of(parts), "_cell_length_a"));
  }
  Parts parts;
  parts.cell =
      "_cell_length_a 6\n_cell_length_b 6\n_cell_length_c 6\n"
      "_cell_angle_alpha 10\n_cell_angle_beta 20\n_cell_angle_gamma 170\n";
  CHECK(holds(problem_of(parts), "cell angles 10 20 170"));
  parts.cell = "_cell_length_a 6\n_cell_length_b 6\n_cell_length_c 6\n";
  CHECK(holds(problem_of(parts), "_cell_angle_alpha is missing"));
  parts = Parts{};
  parts.cell += "_cell_volume 300\n";
  CHECK(holds(problem_of(parts), "_cell_volume says 300 A^3"));
}

TEST_CASE("syntax errors carry file, line and column", "[structures][cif]") {
  CHECK(problem_of("hello\n").find("test.cif:1:1: ") == 0);
  CHECK(problem_of("").find("test.cif:1:1: ") == 0);
  CHECK(problem_of("data_x\n_a 'b\n").find("test.cif:2:6: ") == 0);
  CHECK(holds(problem_of("data_x\n_a\n;\ntext\n"), "unterminated text field"));
  CHECK(
      holds(problem_of("data_x\n_cell_length_b\n_cell_length_c 5\n"), "test.cif:2:1: tag _cell_length_b has no value"));
  CHECK(holds(problem_of("data_x\n_a 1\n_A 2\n"), "test.cif:3:1: tag _a stands twice"));
  CHECK(holds(problem_of("data_x\nloop_\n_a\n_b\n1 2 3\n"),
              "test.cif:2:1: the loop that begins here has 2 columns and 3 values"));
  CHECK(holds(problem_of("data_x\n_a\n;\ntext\n"), "test.cif:3:1: "));
  CHECK(holds(problem_of("data_x\n_a 1\ndata_X\n"), "test.cif:3:1: two data blocks"));
  CHECK(holds(problem_of("data_x\n_a 1 \xe9\n"), "test.cif:2:6: a character outside ASCII"));
  CHECK(holds(problem_of("data_x\n_cell_length_b 5\n\n\n_b [1 2]\n"), "test.cif:5:7: "));
  CHECK(holds(problem_of(std::string("data_x\n_a \0b\n", 12)), "test.cif:2:4: a zero byte"));
  CHECK(holds(problem_of("\xff\xfe"
                         "d"),
              "UTF-16"));
}

TEST_CASE("dots in tags are read as DDLm writes them and never make two tags one", "[structures][cif]") {
  std::string text = Parts{}.text();
  for (const char* tag : {"_cell_length", "_cell_angle"})
    for (auto at = text.find(tag); at != std::string::npos; at = text.find(tag, at + 1)) text[at + 5] = '.';
  CHECK(parse_cif(text, "t.cif").size() == 5);
  CHECK(parse_cif(text + "_diffrn_radiation.wavelength_id 1\n_diffrn_radiation_wavelength.id 1\n", "t.cif").size() ==
        5);
  CHECK(holds(problem_of(text + "_cell_length_a 6.3\n"), "tag _cell_length_a stands twice"));
}

TEST_CASE("line ends of any system and a byte-order mark change nothing", "[structures][cif]") {
  const std::string unix_text = Parts{}.text();
  std::string dos, mac;
  for (const char c : unix_text) {
    dos += c == '\n' ? "\r\n" : std::string(1, c);
    mac += c == '\n' ? '\r' : c;
  }
  for (const std::string& text : {dos, mac, "\xef\xbb\xbf" + unix_text}) CHECK(parse_cif(text, "t.cif").size() == 5);
  // A comment ends at a lone CR, wherever other lines end otherwise.
  CHECK(
      holds(problem_of(unix_text + "# comment\r_cell_length_a 7\n"), "test.cif:21:1: tag _cell_length_a stands twice"));
}

TEST_CASE("standard uncertainties in brackets are read over", "[structures][cif]") {
  Parts parts;
  parts.cell.replace(parts.cell.find("6.29"), 4, "6.2900(12)");
  parts.sites = "Cs1 Cs1+ 0.000 .0 0\nPb1 Pb2+ 0.5000(3) 0.5 0.5(10)\nI1 I1- 0.5 0.5 0.\n";
  CHECK(read(parts).cell(0, 0) == 6.29);
  CHECK(read(parts).size() == 5);
}

TEST_CASE("rounded thirds become exact, with a warning, and never a second atom", "[structures][cif]") {
  Parts parts;
  parts.formula = "_chemical_formula_sum 'I2 Pb'\n_cell_formula_units_Z 1\n";
  parts.cell =
      "_cell_length_a 4.56\n_cell_length_b 4.56\n_cell_length_c 6.99\n"
      "_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 120\n";
  parts.symmetry = "_space_group_name_H-M_alt 'P -3 m 1'\n";
  for (const char* coordinates : {"0.3333 0.6667", "0.333 0.667", "0.33333(5) 0.66667(5)", "0.33 0.67"}) {
    parts.sites = std::string{"Pb1 Pb 0 0 0\nI1 I "} + coordinates + " 0.265\n";
    INFO(coordinates);
    const Crystal crystal = read(parts);
    CHECK(crystal.size() == 3);
    CHECK(crystal.fractional(0, 1) == Approx(1.0 / 3).margin(1e-12));
    CHECK(crystal.fractional(1, 1) == Approx(2.0 / 3).margin(1e-12));
    CHECK(warned(crystal, "special positions"));
  }
  // Too far for rounding, too near for two atoms.
  parts.sites = "Pb1 Pb 0 0 0\nI1 I 0.30 0.65 0.265\n";
  CHECK(holds(problem_of(parts), "from its own symmetry image"));
}

TEST_CASE("partial occupancy and disorder are refused with what to do", "[structures][cif]") {
  Parts parts;
  parts.columns = "label type_symbol fract_x fract_y fract_z occupancy disorder_group";
  parts.sites = "Cs1 Cs 0 0 0 1 .\nPb1 Pb 0.5 0.5 0.5 1 .\nI1 I 0.5 0.5 0 0.5 .\n";
  CHECK(holds(problem_of(parts), "partial occupancy at I1 (0.5)"));
  parts.sites = "Cs1 Cs 0 0 0 1 .\nPb1 Pb 0.5 0.5 0.5 1 1\nI1 I 0.5 0.5 0 1 2\n";
  CHECK(holds(problem_of(parts), "disorder groups at Pb1, I1"));
  parts.sites = "Cs1 Cs 0 0 0 1.2 .\nPb1 Pb 0.5 0.5 0.5 1 .\nI1 I 0.5 0.5 0 1 .\n";
  CHECK(holds(problem_of(parts), "occupancy '1.2'"));
}

TEST_CASE("a mistake in a row of a loop is told with the line and column of its value", "[structures][cif]") {
  const auto place_of = [](const std::string& sites) {
    Parts parts;
    parts.columns = "label type_symbol fract_x fract_y fract_z occupancy";
    parts.sites = sites;
    const std::string problem = problem_of(parts);
    return problem.substr(0, problem.find(": "));
  };
  // Ten lines of data_, formula, cell and symmetry, the loop's seven, then the sites from line 18.
  CHECK(place_of("Cs1 Cs 0 0 0 1\nPb1 Pb 0.5 0.5 zero 1\nI1 I 0.5 0.5 0 1\n") == "test.cif:19:16");
  CHECK(place_of("Cs1 Cs 0 0 0 1\nPb1 Pb 0.5 0.5 0.5 2\nI1 I 0.5 0.5 0 1\n") == "test.cif:19:20");
  CHECK(place_of("Cs1 Cs 0 0 0 1\nPb1 Pb 0.5 0.5 0.5 1\nI1 Xx 0.5 0.5 0 1\n") == "test.cif:20:4");
  CHECK(place_of("Cs1 Cs 0 0 0 1\nPb1 Pb 0.5 0.5 0.5 1\nI1 I 0.5 0.5 0 0.7\n") == "test.cif:20:1");
  CHECK(place_of("Cs1 Cs 0 0 0 1\nPb1 Pb 0.5 0.5 0.5 1\nI1 I 0.5 0.5 0.03 1\n") == "test.cif:20:1");
}

TEST_CASE("CIF 2.0 text, lists and words beyond ASCII are read without moving a line", "[structures][cif]") {
  Parts parts;
  parts.head = "#\\#CIF_2.0\n";
  parts.formula +=
      "_audit_creation_method \"\"\"computed\nand 'relaxed'\"\"\"\n_publ_author_name M\xc3\xbcller\n_a [1 {'k':[2 3]} "
      "\n 4]\n";
  CHECK(read(parts).size() == 5);
  CHECK(read(parts).model);
  CHECK(read(parts).provenance.at(0) == "computed");
  CHECK(holds(problem_of("#\\#CIF_2.0\ndata_x\n_a [1 [2]\n"), "test.cif:3:4: a list or table is not closed"));
  CHECK(holds(problem_of("#\\#CIF_2.0\ndata_x\n_a \"\"\"b\n"), "test.cif:3:4: unterminated"));
  CHECK(holds(problem_of("#\\#CIF_2.0\ndata_x\n_a 'it's'\n"), "test.cif:3:8: a blank must follow quoted text"));
  CHECK(holds(problem_of("data_x\nsave_a\n_a 1\n"), "test.cif:4:1: the last save frame is not closed"));
  CHECK(holds(problem_of("#\\#CIF_2.0\ndata_x\n_a " + std::string(65, '[')), "nested"));
}

TEST_CASE("the sites must give the stated formula", "[structures][cif]") {
  Parts parts;
  parts.symmetry = "_space_group_name_H-M_alt 'P 1'\n";
  CHECK(holds(problem_of(parts), "I: 1 sites, 3 expected"));
  parts = Parts{};
  parts.formula = "_chemical_formula_sum 'C H6 I3 N Pb'\n_cell_formula_units_Z 1\n";
  parts.symmetry = "_space_group_name_H-M_alt 'P 1'\n";
  parts.sites = "Pb1 Pb 0 0 0\nI1 I .5 0 0\nI2 I 0 .5 0\nI3 I 0 0 .5\nC1 C .45 .5 .5\nN1 N .65 .5 .5\n";
  CHECK(holds(problem_of(parts), "hydrogen atoms are missing"));
  // Some programs state the formula of the whole cell beside Z.
  parts = Parts{};
  parts.formula = "_chemical_formula_sum 'Cs8 I24 Pb8'\n_cell_formula_units_Z 8\n";
  CHECK(holds(problem_of(parts), "do not give the stated formula"));
  parts.formula = "_chemical_formula_sum 'Cs2 I6 Pb2'\n_cell_formula_units_Z 2\n";
  parts.cell.replace(parts.cell.find("_c 6.29"), 7, "_c 12.58");
  parts.symmetry = "_space_group_name_H-M_alt 'P 4/m m m'\n";
  parts.sites =
      "Cs1 Cs 0 0 0\nCs2 Cs 0 0 0.5\nPb1 Pb 0.5 0.5 0.25\nI1 I 0.5 0.5 0\nI2 I 0.5 0.5 0.5\nI3 I 0.5 0 0.25\n";
  CHECK(warned(read(parts), "formula is that of the whole cell"));
  CHECK(read(parts).size() == 10);
  parts = Parts{};
  parts.formula = "_chemical_formula_sum 'Cs I3 Pb'\n";
  CHECK(read(parts).size() == 5);
  parts.formula = "_chemical_formula_sum 'Cs I3 Pb'\n_cell_formula_units_Z 2\n";
  CHECK(warned(read(parts), "the file states Z 2, but its sites give 1 formula units"));
  parts.formula = "";
  CHECK(warned(read(parts), "no _chemical_formula_sum"));
}

TEST_CASE("overlapping atoms and impossible contacts are named", "[structures][cif]") {
  Parts parts;
  parts.formula = "";
  parts.sites += "I2 I 0.5 0.5 0.001\n";
  CHECK(holds(problem_of(parts), "atoms I1 and I2 are"));
  parts = Parts{};
  parts.formula = "";
  parts.symmetry = "_space_group_name_H-M_alt 'P 1'\n";
  parts.sites = "I1 I 0 0 0\nH1 H 0.32 0 0\nN1 N 0.48 0 0\n";
  // Relaxed models have such hydrogen bonds: a warning; nearer still is impossible.
  CHECK(warned(read(parts), "atoms I1 and H1 are 2.013 A apart; at least 2.30 A"));
  parts.sites = "I1 I 0 0 0\nH1 H 0.29 0 0\nN1 N 0.45 0 0\n";
  CHECK(holds(problem_of(parts), "atoms I1 and H1 are 1.824 A apart"));
  // The whole cell and the operations: one line instead of one for each pair.
  parts = Parts{};
  parts.formula = "";
  parts.symmetry = operations({"x,y,z", "-x,-y,-z"});
  parts.sites =
      "Cs1 Cs .1 .2 .3\nCs2 Cs .9 .8 .7\nPb1 Pb .6 .7 .8\nPb2 Pb .4 .3 .2\nI1 I .35 .1 .75\nI2 I .65 .9 .25\n";
  CHECK(holds(problem_of(parts), "3 of the 6 listed sites are symmetry copies of other sites"));
}

TEST_CASE("what a file says of itself and does not hold is told", "[structures][cif]") {
  Parts parts;
  parts.formula += "_chemical_formula_weight 720.8\n_exptl_crystal_density_diffrn 4.81\n";  // Cs Pb I3: 720.8 g/mol
  CHECK_FALSE(warned(read(parts), "density"));
  CHECK_FALSE(warned(read(parts), "weight"));
  parts.formula =
      "_chemical_formula_sum 'Cs I3 Pb'\n_chemical_formula_weight 620.8\n_exptl_crystal_density_diffrn 2.4\n";
  CHECK(warned(read(parts), "states a density of 2.4 g/cm3 (line 4), its atoms and cell give 4.81"));
  CHECK(warned(read(parts), "formula weight of 620.8 (line 3), its formula gives 720.8"));

  parts = Parts{};
  parts.columns += " occupancy";
  parts.sites = "Cs1 Cs 0 0 0 .\nPb1 Pb 0.5 0.5 0.5 ?\nI1 I 0.5 0.5 0 1\nI9 I 0.1 0.1 0.1 0\n";
  CHECK(warned(read(parts), "unknown occupancy (?) are taken as full: Pb1"));
  CHECK(warned(read(parts), "occupancy 0 are left out: I9"));
  CHECK(holds(problem_of(Parts{}.text() + "loop_\n_a\n_b\n"), "test.cif:20:1: the loop of _a has no values"));
}

TEST_CASE("short contacts that X-ray structures have are told, not refused", "[structures][cif]") {
  Parts parts;
  parts.formula = "";
  parts.symmetry = "_space_group_name_H-M_alt 'P 1'\n";
  const auto at = [](double x) { return std::to_string(x / 6.29); };  // the cell's edge is 6.29 A
  parts.sites = "N1 N 0 0 0\nH1 H " + at(0.62) + " 0 0\nN2 N " + at(3) + " 0 0\n";
  CHECK(warned(read(parts), "atoms N1 and H1 are 0.620 A apart; at least 0.66 A is expected"));
  parts.sites = "N1 N 0 0 0\nH1 H " + at(1.0) + " 0 0\nH2 H " + at(2.3) + " 0 0\nN2 N " + at(3.3) + " 0 0\n";
  CHECK(warned(read(parts), "atoms H1 and H2 are 1.300 A apart; at least 1.40 A is expected"));
  parts.sites = "N1 N 0 0 0\nH1 H " + at(1.0) + " 0 0\nH2 H " + at(2.1) + " 0 0\nN2 N " + at(3.1) + " 0 0\n";
  CHECK(holds(problem_of(parts), "atoms H1 and H2 are 1.100 A apart"));
}

TEST_CASE("elements are read from types or labels and never invented", "[structures][cif]") {
  Parts parts;
  parts.columns = "label fract_x fract_y fract_z";
  parts.sites = "CS1 0 0 0\nPB1 0.5 0.5 0.5\nI1 0.5 0.5 0\n";
  CHECK(formula_of(read(parts).species) == "CsI3Pb");
  parts = Parts{};
  parts.sites = "MA1 MA 0 0 0\nPb1 Pb 0.5 0.5 0.5\nI1 I 0.5 0.5 0\n";
  CHECK(holds(problem_of(parts), "'MA' is not a chemical element"));
  parts.sites = "Cs1 Cs 0 0 zero\nPb1 Pb 0.5 0.5 0.5\nI1 I 0.5 0.5 0\n";
  CHECK(holds(problem_of(parts), "'zero' is not a coordinate"));
}

TEST_CASE("a symbol that leaves the origin open is settled by the sites, or refused", "[structures][cif]") {
  Parts parts;
  parts.formula = "_chemical_formula_sum Si\n_cell_formula_units_Z 8\n";
  parts.cell =
      "_cell_length_a 5.43\n_cell_length_b 5.43\n_cell_length_c 5.43\n"
      "_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\n";
  parts.symmetry = "_space_group_name_H-M_alt 'F d -3 m'\n";
  parts.sites = "Si1 Si 0.125 0.125 0.125\n";
  CHECK(warned(read(parts), "is used: of "));
  CHECK(read(parts).size() == 8);
  parts.sites = "Si1 Si 0 0 0\n";
  CHECK(read(parts).size() == 8);
}

TEST_CASE("formulas in capitals are understood", "[structures][cif]") {
  Parts parts;
  parts.formula = "_chemical_formula_sum 'CS I3 PB'\n_cell_formula_units_Z 1\n";
  CHECK(read(parts).size() == 5);
  parts.formula = "_chemical_formula_sum 'CS I4 PB'\n_cell_formula_units_Z 1\n";
  CHECK(holds(problem_of(parts), "do not give the stated formula"));
}

TEST_CASE("structures that need more than a space group are refused, what is read over is told", "[structures][cif]") {
  const std::string one = Parts{}.text();
  for (const char* more :
       {"_cell_modulation_dimension 1\n", "_cell_subsystems_number 2\n", "_space_group_ssg_name 'Pm-3m(00g)'\n",
        "loop_\n_cell_wave_vector_seq_id\n_cell_wave_vector_x\n1 0.3\n"}) {
    INFO(more);
    CHECK(holds(problem_of(one + more), "test.cif:2"));  // line 20 or below
    CHECK(holds(problem_of(one + more), "a modulated or composite structure"));
  }
  CHECK(parse_cif(one + "_cell_modulation_dimension 0\n_cell_subsystems_number 1\n_space_group_ssg_name ?\n", "t.cif")
            .size() == 5);
  Parts parts;
  parts.symmetry = "_space_group_magn.number_BNS 221.92\n";
  CHECK(holds(problem_of(parts), "test.cif:10:30: only the magnetic symmetry"));
  CHECK(warned(parse_cif(one + "loop_\n_atom_site_moment.label\n_atom_site_moment.crystalaxis_x\nPb1 1\n", "t.cif"),
               "moments are not read"));
  parts = Parts{};
  parts.symmetry += "_symmetry_cell_setting monoclinic\n";
  CHECK(warned(read(parts), "states the crystal system monoclinic (line 11), but space group 221 is cubic"));
  parts = Parts{};
  parts.columns += " Cartn_x";
  parts.sites = "Cs1 Cs 0 0 0 0\nPb1 Pb 0.5 0.5 0.5 3\nI1 I 0.5 0.5 0 3\n";
  CHECK(warned(read(parts), "Cartesian coordinates"));
}

TEST_CASE("a file cut off at any byte is refused with a place, or holds every atom it states", "[structures][cif]") {
  for (const char* name : {"mapbi3-pseudocubic", "prpyr-pbi3"}) {
    const std::string whole = text::read_file(std::string{HOPFLOW_INPUTS} + "/structures/" + name + ".cif");
    const Crystal crystal = parse_cif(whole, "cut.cif");
    int read = 0;
    for (std::size_t size = 0; size < whole.size(); ++size) {
      try {
        const std::vector<int> species = parse_cif(whole.substr(0, size), "cut.cif").species;
        CHECK(species == crystal.species);
        ++read;
      } catch (const Error& problem) {
        if (problem.kind() != Error::Kind::bad_input || std::string{problem.what()}.find("cut.cif:") != 0)
          FAIL(size << ": " << problem.what());
      }
    }
    CHECK(read < 40);  // only the last words of the last row may be missing
  }
}

TEST_CASE("two structures in one file are refused unless one is named, a block without atoms is not one",
          "[structures][cif]") {
  const std::string one = Parts{}.text();
  std::string two = one;
  two.replace(two.find("data_test"), 9, "data_more");
  CHECK(holds(problem_of(one + two),
              "test.cif:20:1: the file holds several structures (test, more), and a second one begins here; select one "
              "with --block test"));
  two.replace(two.find("0.5 0.5 0\n"), 10, "0.5 0.0 0.5");
  CHECK(parse_cif(one + two, "t.cif", {.block = "test"}).fractional(1, 2) == 0.5);
  CHECK(parse_cif(one + two, "t.cif", {.block = "MORE"}).fractional(1, 2) == 0.0);
  CHECK_THROWS_WITH(parse_cif(one + two, "t.cif", {.block = "third"}),
                    Catch::Contains("no data block 'third' holds a structure; blocks with a structure are test, more"));
  CHECK(parse_cif("data_global\n_journal_year 2024\n" + one, "t.cif").size() == 5);
  CHECK(holds(problem_of("data_x\n_cell_length_a 5\n"), "no atom sites"));
}

TEST_CASE("words about a model are found in comments and audit items only", "[structures][cif]") {
  Parts parts;
  CHECK_FALSE(read(parts).model);
  parts.head = "# a model of the cubic phase\n";
  CHECK(read(parts).model);
  CHECK(read(parts).provenance.front() == "a model of the cubic phase");
  parts.head = "# remodelling is another word\n";
  CHECK_FALSE(read(parts).model);
  parts.head = "";
  parts.formula += "_audit_creation_method 'computed with DFT'\n";
  CHECK(read(parts).model);
  parts = Parts{};
  parts.formula += "_refine_special_details 'riding model for hydrogen'\n";
  CHECK_FALSE(read(parts).model);
}

TEST_CASE("control characters of a file never reach a message", "[structures][cif]") {
  Parts parts;
  parts.sites = "'Pb\x1b[31m' Xx 0 0 0\n";
  const std::string problem = problem_of(parts);
  CHECK_FALSE(problem.empty());
  CHECK_FALSE(holds(problem, "\x1b"));
}

TEST_CASE("a written CIF reads back as the same crystal, still marked as a model", "[structures][formats]") {
  for (const std::string& name : test::shipped_names) {
    const Crystal crystal = test::shipped(name);
    const Crystal again = parse_cif(format_cif(crystal), "again.cif");
    REQUIRE(again.size() == crystal.size());
    CHECK(again.species == crystal.species);
    CHECK((again.fractional - crystal.fractional).cwiseAbs().maxCoeff() < 1e-11);
    CHECK((again.cell - crystal.cell).cwiseAbs().maxCoeff() < 1e-9);
    CHECK(again.model);
  }
}
