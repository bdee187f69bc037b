// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "structures/cells/supercell.hpp"
#include "structures/charges/bond_valence.hpp"
#include "structures/charges/ewald_matrix.hpp"
#include "structures/charges/formal_charges.hpp"
#include "structures/chemistry/structure_checks.hpp"
#include "structures/cif/disorder/site_charges.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/framework/framework.hpp"
#include "structures/framework/polyhedra.hpp"
#include "structures/hops/hops.hpp"
#include "tests/structures/samples.hpp"

using namespace hopflow;

namespace {

/// A CIF of a cell, a space group and rows "label symbol x y z occupancy".
std::string cif(const std::string& cell, const std::string& group, const std::string& sites) {
  std::string out = "data_made\n";
  std::istringstream words{cell};
  for (const char* tag : {"length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"}) {
    std::string word;
    words >> word;
    out += std::string{"_cell_"} + tag + " " + word + "\n";
  }
  out += "_symmetry_space_group_name_H-M '" + group + "'\nloop_\n";
  for (const char* tag : {"label", "type_symbol", "fract_x", "fract_y", "fract_z", "occupancy"})
    out += std::string{"_atom_site_"} + tag + "\n";
  return out + sites;
}

/// LiTi2(PO4)3 with Al in place of 15 % of its titanium. @param more  sites beside those of the undoped one
Crystal ordered_nasicon(const std::string& more) {
  return parse_cif(cif("8.5 8.5 20.8 90 90 120", "R -3 c",
                       "Li1 Li 0 0 0 1\n" + more +
                           "Ti1 Ti 0 0 .141 .85\nAl1 Al 0 0 .141 .15\nP1 P .29 0 .25 1\n"
                           "O1 O .1866 .9942 .1907 1\nO2 O .1893 .1654 .0815 1\n"),
                   "nasicon.cif", {*parse_disorder("supercell"), ""});
}

const std::string lifepo4 = cif("10.332 6.01 4.692 90 90 90", "P n m a",
                                "Li1 Li 0 0 0 1\nFe1 Fe .2822 .25 .9747 1\nP1 P .0948 .25 .4182 1\n"
                                "O1 O .0968 .25 .7428 1\nO2 O .4571 .25 .206 1\nO3 O .1656 .0465 .2848 1\n");
const std::string zirconia =
    cif("5.14 5.14 5.14 90 90 90", "F m -3 m", "Zr1 Zr 0 0 0 .84\nY1 Y 0 0 0 .16\nO1 O .25 .25 .25 .96\n");

std::map<int, double> counts(const Crystal& crystal) {
  std::map<int, double> out;
  for (const int z : crystal.species) out[z] += 1;
  return out;
}

int charge_of(const FormalCharges& charges, const char* symbol) {
  return charges.of_element.at(*atomic_number(symbol));
}

}  // namespace

TEST_CASE("the electrostatic energy of rock salt has Madelung's constant", "[structures][charges]") {
  // 1.747565 per ion pair and nearest distance, Madelung (1918); a doubled, skewed cell gives the same.
  const double a = 5.64, coulomb = 14.399645;
  Eigen::Matrix3Xd x(3, 8);
  x << 0, .5, .5, 0, .5, 0, 0, .5, 0, .5, 0, .5, 0, .5, 0, .5, 0, 0, .5, .5, 0, 0, .5, .5;
  Eigen::VectorXd q(8);
  q << 1, 1, 1, 1, -1, -1, -1, -1;
  const Eigen::MatrixXd pairs = ewald_matrix(Eigen::Matrix3d::Identity() * a, x);
  CHECK(0.5 * q.dot(pairs * q) == Approx(-4 * 1.747565 * coulomb / (a / 2)).epsilon(1e-5));
  Eigen::Matrix3d skewed;
  skewed << a, a, 0, 0, a, 0, 0, 0, a;
  Eigen::Matrix3Xd y = (skewed.inverse() * a) * x;
  CHECK(0.5 * q.dot(ewald_matrix(skewed, y) * q) == Approx(0.5 * q.dot(pairs * q)).epsilon(1e-6));
}

TEST_CASE("bond valences are those of the published parameters", "[structures][charges]") {
  // Ti-O 1.815 A has valence 1 (Brese and O'Keeffe, Acta Cryst. B47, 192 (1991)), Zr-O 1.937.
  CHECK(*bond_valence(22, 8, 1.815) == Approx(1).epsilon(0.01));
  CHECK(*bond_valence(40, 8, 1.937) == Approx(1).epsilon(0.05));
  CHECK_FALSE(bond_valence(2, 8, 2));
}

TEST_CASE("phosphate is a part of the frame and carries -3", "[structures][charges]") {
  const Crystal crystal = parse_cif(lifepo4, "lifepo4.cif");
  const std::vector<Molecule> molecules = finite_molecules(crystal, find_bonds(crystal));
  REQUIRE(molecules.size() == 4);
  CHECK(molecules[0].name == "phosphate");
  CHECK(molecules[0].charge == -3);
  CHECK(molecules[0].framework);
  const std::vector<bool> guests = in_molecule(crystal);
  CHECK(std::none_of(guests.begin(), guests.end(), [](bool guest) { return guest; }));
  const FormalCharges charges = formal_charges(crystal, molecules);
  CHECK(charges.net == 0);
  CHECK(charge_of(charges, "Fe") == 2);
  CHECK(find_framework(crystal).dimension == 3);
  for (const Polyhedron& p : find_polyhedra(crystal, find_metal_bonds(crystal))) CHECK(p.coordination == 6);
  // Lithium hops along its channel within the one network.
  const HopTable table = find_hops(crystal, find_symmetry(crystal, SymmetryOf::crystal, 0.01), 3, 3.5);
  REQUIRE(table.hops.size() == 1);
  CHECK(table.hops[0].intra);
  CHECK(vacancy_symbol(3, -1) == "V_Li^'");
  CHECK(vacancy_symbol(8, 2) == "V_O^..");
}

TEST_CASE("metals take the state that makes the crystal neutral", "[structures][charges]") {
  const auto of = [](const std::string& text) { return formal_charges(parse_cif(text, "made.cif")); };
  const FormalCharges ceria = of(cif("5.411 5.411 5.411 90 90 90", "F m -3 m", "Ce Ce 0 0 0 1\nO O .25 .25 .25 1\n"));
  CHECK(ceria.net == 0);
  CHECK(charge_of(ceria, "Ce") == 4);
  const std::string delafossite = "Li Li 0 0 0 1\nX X 0 0 .5 1\nO O 0 0 .2394 1\n";
  for (const char* metal : {"Co", "Ni", "Cr"}) {
    std::string sites = delafossite;
    sites.replace(sites.find("X X"), 3, std::string{metal} + " " + metal);
    const FormalCharges charges = of(cif("2.816 2.816 14.054 90 90 120", "R -3 m H", sites));
    CHECK(charges.net == 0);
    CHECK(charge_of(charges, metal) == 3);
    CHECK(charges.unusual.empty());
  }
  // Hydrogen next to aluminium is a hydride; manganese of the spinel has a mean of 3.5; metals alone are no ions.
  const FormalCharges alanate =
      of(cif("4.8254 7.8040 7.8968 90 112.268 90", "P 1 21/c 1",
             "Li Li .5601 .4657 .8236 1\nAl Al .1428 .2013 .9311 1\nH1 H .1902 .0933 .7710 1\n"
             "H2 H .3526 .3726 .9769 1\nH3 H .2384 .0840 .1141 1\nH4 H .8024 .2633 .8689 1\n"));
  CHECK(alanate.net == 0);
  CHECK(charge_of(alanate, "H") == -1);
  const FormalCharges spinel = of(cif("8.247 8.247 8.247 90 90 90", "F d -3 m :2",
                                      "Li Li .125 .125 .125 1\nMn Mn .5 .5 .5 1\nO O .2632 .2632 .2632 1\n"));
  CHECK(spinel.net == 0);
  CHECK(spinel.mean.at(25) == Approx(3.5));
  CHECK_FALSE(of(cif("2.909 2.909 2.909 90 90 90", "P m -3 m", "Al Al 0 0 0 1\nFe Fe .5 .5 .5 1\n")).net);
}

TEST_CASE("the far half of a lone-pair octahedron is bonded, and layers have their own spacing",
          "[structures][framework]") {
  const Crystal chain = parse_cif(cif("8.6 8.6 8 90 90 120", "P 63 m c",
                                      "Cs1 Cs .33333 .66667 .25 1\nSn1 Sn 0 0 .045 1\nI1 I -.1734 .1734 .25 1\n"),
                                  "chain.cif");
  CHECK(find_framework(chain).dimension == 1);
  CHECK(find_framework(chain).sharing == "face");
  for (const Polyhedron& p : find_polyhedra(chain, find_metal_bonds(chain))) CHECK(p.coordination == 6);
  const Crystal layers =
      parse_cif(cif("2.816 2.816 14.054 90 90 120", "R -3 m H", "Li Li 0 0 0 1\nCo Co 0 0 .5 1\nO O 0 0 .2394 1\n"),
                "layers.cif");
  const auto axes = framework_axes(layers, find_metal_bonds(layers));
  REQUIRE(axes.size() == 1);
  CHECK(axes[0].layers == 3);
  CHECK(axes[0].spacing_angstrom == Approx(14.054 / 3));
}

TEST_CASE("the corner that a lone pair pushes away most still joins its octahedra to layers",
          "[structures][framework]") {
  // Corners along y as far from their metals as PBE puts them in (MBA)2SnI4: 3.63 and 4.26 A, others near 3.
  const std::string sites =
      "Sn1 Sn 0 0 0 1\nI1 I 0 .46 0 1\nI2 I .5 0 0 1\nI3 I 0 0 .2 1\nI4 I 0 0 .8 1\nCs1 Cs .5 .5 .35 1\nCs2 Cs .5 .5 "
      ".65 "
      "1\n";
  const Crystal layers = parse_cif(cif("6.2 7.89 15.5 90 90 90", "P 1", sites), "layers.cif", {});
  CHECK(find_framework(layers).dimension == 2);
  // Farther than any bond: chains.
  const Crystal chains = parse_cif(cif("6.2 8.9 15.5 90 90 90", "P 1", sites), "chains.cif", {});
  CHECK(find_framework(chains).dimension == 1);
}

TEST_CASE("partly occupied sites are ordered near the composition, neutral, and no element is lost in silence",
          "[structures][disorder]") {
  const Crystal likeliest = parse_cif(zirconia, "ysz.cif", {*parse_disorder("majority"), ""});
  REQUIRE_FALSE(likeliest.warnings.empty());
  CHECK_THAT(likeliest.warnings.front(), Catch::Contains("Zr0.84Y0.16O1.92 became ZrO2: no Y is left"));
  for (const char* words : {"supercell", "supercell 7"}) {
    const Crystal crystal = parse_cif(zirconia, "ysz.cif", {*parse_disorder(words), ""});
    auto n = counts(crystal);
    const double cations = n[40] + n[39];
    CHECK(n[39] / cations == Approx(0.16).epsilon(0.05));
    CHECK(4 * n[40] + 3 * n[39] - 2 * n[8] == 0);
    CHECK(crystal.disorder->net_charge == Approx(0));
    CHECK(parse_cif(zirconia, "ysz.cif", {*parse_disorder(words), ""}).fractional == crystal.fractional);
  }
  const Crystal at_random = parse_cif(zirconia, "ysz.cif", {*parse_disorder("supercell 1"), ""});
  CHECK(at_random.fractional != parse_cif(zirconia, "ysz.cif", {*parse_disorder("supercell 2"), ""}).fractional);

  // The cubic garnet, which no list of arrangements holds: seven lithium atoms for each three lanthanum ones.
  const Crystal garnet = parse_cif(cif("12.9682 12.9682 12.9682 90 90 90", "I a -3 d",
                                       "Li1 Li .375 0 .25 .564\nLi2 Li .1004 .6851 .5766 .442\nLa1 La .125 0 .25 1\n"
                                       "Zr1 Zr 0 0 0 1\nO1 O .28148 .10122 .19498 1\n"),
                                   "garnet.cif", {*parse_disorder("supercell"), ""});
  CHECK(garnet.size() == 96);  // the primitive cell
  CHECK(counts(garnet)[3] == 28);
  CHECK(formal_charges(garnet).net == 0);
  REQUIRE(garnet.disorder->matrix);
  CHECK(garnet.disorder->matrix->determinant() == Approx(0.5));
  const double volume = garnet.cell.determinant();
  CHECK(volume == Approx(std::pow(12.9682, 3) / 2));
}

TEST_CASE("parts of a centred cell are enough where they hold the composition", "[structures][disorder]") {
  // One aluminium in ten: five of the two formula units of the rhombohedral cell, where the hexagonal one has six.
  const Crystal crystal = ordered_nasicon("Li2 Li .64 0 .25 .1\n");
  auto n = counts(crystal);
  CHECK(n[13] / (n[13] + n[22]) == Approx(0.15).epsilon(0.05));
  CHECK(n[3] / n[15] == Approx(1.3 / 3).epsilon(0.05));
  CHECK(n[3] + 4 * n[22] + 3 * n[13] + 5 * n[15] - 2 * n[8] == 0);
  CHECK(crystal.disorder->largest_deviation <= 0.05);
  CHECK(crystal.size() < 200);
}

TEST_CASE("a trace of an element on a second site takes nothing from the first", "[structures][disorder]") {
  // Bromine and iodine on two sites each, one of them with less than an atom in the cell.
  const Crystal crystal = parse_cif(cif("10.1108 10.1108 10.1108 90 90 90", "F -4 3 m",
                                        "Li1 Li .02343 .20141 .79859 .5\nP1 P 0 0 .5 1\nS1 S .11324 .11324 .38676 1\n"
                                        "Br1 Br .25 .25 .75 .007\nI1 I .25 .25 .75 .009\nS2 S .25 .25 .75 .984\n"
                                        "Br2 Br 0 0 0 .243\nI2 I 0 0 0 .741\nS3 S 0 0 0 .016\n"),
                                    "argyrodite.cif", {*parse_disorder("supercell"), ""});
  auto n = counts(crystal);
  CHECK(n[35] / n[15] == Approx(0.25).epsilon(0.05));
  CHECK(n[53] / n[15] == Approx(0.75).epsilon(0.05));
  CHECK(n[3] + 5 * n[15] - 2 * n[16] - n[35] - n[53] == 0);
  CHECK(crystal.disorder->largest_deviation <= 0.05);
}

TEST_CASE("a frame read without its cations keeps its anions", "[structures][disorder]") {
  CifChoice choice{*parse_disorder("supercell"), ""};
  choice.framework_only = true;
  const Crystal crystal = parse_cif(cif("6.3 6.3 6.3 90 90 90", "P m -3 m",
                                        "Cs1 Cs .5 .5 .5 1\nPb1 Pb 0 0 0 1\nI1 I .5 0 0 .75\nBr1 Br .5 0 0 .25\n"),
                                    "frame.cif", choice);
  auto n = counts(crystal);
  CHECK(n[55] == 0);
  CHECK(n[53] + n[35] == 3 * n[82]);
  CHECK(n[35] / n[53] == Approx(1 / 3.0).epsilon(0.05));
}

TEST_CASE("places of an average structure that are too near to each other are shown with a warning",
          "[structures][disorder]") {
  const std::string close =
      cif("8 8 8 90 90 90", "P 1", "Li1 Li 0 0 0 .5\nLi2 Li .3 0 0 .5\nO1 O .5 .5 .5 1\nF1 F .5 .5 .57 1\n");
  CHECK_THROWS_AS(parse_cif(close, "close.cif", {*parse_disorder("supercell"), ""}), Error);
  CifChoice choice;
  choice.average = 3;
  const Crystal crystal = parse_cif(close, "close.cif", choice);
  CHECK(crystal.size() == 4);
  CHECK(std::any_of(crystal.warnings.begin(), crystal.warnings.end(), [](const std::string& text) {
    return text.find("O1 and F1 are 0.560 A apart") != std::string::npos;
  }));
}

TEST_CASE("a cell that would be empty is refused", "[structures][disorder]") {
  CHECK_THROWS_WITH(parse_cif(cif("3.6 3.6 3.6 90 90 90", "F m -3 m", "Cu1 Cu 0 0 0 .0005\n"), "none.cif",
                              {*parse_disorder("supercell"), ""}),
                    Catch::Contains("no atom"));
}

TEST_CASE("phosphorus bonded to phosphorus is +4 among disordered ions, too", "[structures][charges]") {
  // One P2S6(4-) in a box, with two lithium ions on four half-full places and one magnesium ion on two.
  std::vector<AverageSite> sites{{"P", 15, 1, {{.5, .5, .39}, {.5, .5, .61}}}, {"S", 16, 1, {}}, {"Mg", 12, .5, {}}};
  for (int k = 0; k < 6; ++k) {
    const double angle = (k % 3) * 2.0943951 + (k < 3 ? 0 : 1.0471976);
    sites[1].positions.push_back({.5 + .189 * std::cos(angle), .5 + .189 * std::sin(angle), k < 3 ? .325 : .675});
  }
  sites.push_back({"Li", 3, .5, {{0, 0, 0}, {.5, 0, 0}, {0, .5, 0}, {.5, .5, 0}}});
  sites[2].positions = {{.1, .5, .0}, {.9, .5, .0}};
  const SiteCharges charges = site_charges(Eigen::Matrix3d::Identity() * 10, sites, 0.02);
  CHECK(charges.known);
  CHECK(charges.charge[0] == 4);
}

TEST_CASE("corners of one phosphate are not bonded to each other, however near they are", "[structures][charges]") {
  // Two of the oxygen atoms are 1.6 A apart, a length at which two alone would be a peroxide.
  const Crystal crystal =
      parse_cif(cif("8 8 8 90 90 90", "P 1",
                    "P1 P .5 .5 .5 1\nO1 O .6625 .6 .5 1\nO2 O .6625 .4 .5 1\nO3 O .4 .5 .6625 1\n"
                    "O4 O .4 .5 .3375 1\nLi1 Li .2 .2 .2 1\nLi2 Li .8 .8 .2 1\nLi3 Li .8 .2 .8 1\n"),
                "strained.cif");
  const std::vector<Molecule> molecules = finite_molecules(crystal, find_bonds(crystal));
  REQUIRE(molecules.size() == 1);
  CHECK(molecules[0].name == "phosphate");
  CHECK(formal_charges(crystal, molecules).net == 0);
}

TEST_CASE("a thiophosphate with selenium in it is counted ion by ion", "[structures][charges]") {
  const std::string tetrahedron =
      "P1 P .5 .5 .5 1\nS1 S .6184 .6184 .6184 1\nS2 S .6184 .3816 .3816 1\nS3 S .3816 .6184 .3816 1\n"
      "Se1 Se .373 .373 .627 1\nLi1 Li .1 .5 .1 1\nLi2 Li .5 .9 .1 1\nLi3 Li .9 .5 .9 1\n";
  const FormalCharges one = formal_charges(parse_cif(cif("10 10 10 90 90 90", "P 1", tetrahedron), "one.cif"));
  CHECK(one.net == 0);
  CHECK(charge_of(one, "P") == 5);
  CHECK(charge_of(one, "Se") == -2);
  // Two phosphorus atoms bonded to each other, each with three others: P2S5Se(4-).
  std::string pair = "P1 P .5 .5 .39 1\nP2 P .5 .5 .61 1\n";
  for (int k = 0; k < 6; ++k) {
    const double angle = (k % 3) * 2.0943951 + (k < 3 ? 0 : 1.0471976);
    const char* symbol = k == 5 ? "Se" : "S";
    pair += std::string{symbol} + std::to_string(k) + " " + symbol + " " + std::to_string(.5 + .189 * std::cos(angle)) +
            " " + std::to_string(.5 + .189 * std::sin(angle)) + (k < 3 ? " .325 1\n" : " .675 1\n");
  }
  pair += "Li1 Li 0 0 0 1\nLi2 Li .5 0 0 1\nLi3 Li 0 .5 0 1\nLi4 Li .5 .5 0 1\n";
  const FormalCharges two = formal_charges(parse_cif(cif("10 10 10 90 90 90", "P 1", pair), "two.cif"));
  CHECK(two.net == 0);
  CHECK(charge_of(two, "P") == 4);
}

TEST_CASE("nitrides and hydrides are no molecules without hydrogen", "[structures][charges]") {
  const auto warned = [](const std::string& text) { return chemistry_warnings(parse_cif(text, "made.cif")); };
  CHECK(warned(cif("3.648 3.648 3.875 90 90 120", "P 6/m m m",
                   "Li1 Li 0 0 .5 1\nLi2 Li .33333 .66667 0 1\nN1 N 0 0 0 1\n"))
            .empty());
  CHECK(warned(cif("4.88 4.88 4.88 90 90 90", "F m -3 m", "Na1 Na 0 0 0 1\nH1 H .5 .5 .5 1\n")).empty());
  // Ammonium whose hydrogen is not in the file.
  CHECK(warned(cif("6.2 6.2 6.2 90 90 90", "P m -3 m", "Pb1 Pb 0 0 0 1\nI1 I .5 0 0 1\nN1 N .5 .5 .5 1\n")).size() ==
        1);
}

TEST_CASE("a dopant stays where the file is neutral only without it", "[structures][disorder]") {
  // Aluminium in place of titanium, and no site for the lithium that makes up for it.
  const Crystal crystal = ordered_nasicon("");
  auto n = counts(crystal);
  CHECK(n[13] / (n[13] + n[22]) == Approx(0.15).epsilon(0.05));
  CHECK(crystal.disorder->net_charge == Approx(-n[13]));
  REQUIRE_FALSE(crystal.warnings.empty());
  CHECK_THAT(crystal.warnings.front(), Catch::Contains("-1.80 e in its cell: is an ion missing?"));
}

TEST_CASE("what a file lacks of neutrality is shared among its elements", "[structures][disorder]") {
  // 24 Li, 4 P, 15.2 S, 3.4 Se and 4 Br: +2.8 e, which only Li, S and Se together can take within 5 % each.
  const Crystal crystal =
      parse_cif(cif("10.2 10.2 10.2 90 90 90", "F -4 3 m",
                    "Li1 Li .02 .195 .805 .45\nLi2 Li .01 .25 .75 .1\nP1 P 0 0 .5 1\nS1 S .12 .12 .38 .95\n"
                    "Se1 Se .12 .12 .38 .05\nSe2 Se .25 .25 .75 .65\nBr1 Br 0 0 0 1\n"),
                "argyrodite.cif", {*parse_disorder("supercell"), ""});
  auto n = counts(crystal);
  const double units = n[15] / 4;
  CHECK(n[3] / units == Approx(24).epsilon(0.0501));
  CHECK(n[16] / units == Approx(15.2).epsilon(0.0501));
  CHECK(n[34] / units == Approx(3.4).epsilon(0.0501));
  CHECK(n[3] + 5 * n[15] - 2 * n[16] - 2 * n[34] - n[35] == 0);
}

TEST_CASE("phosphorus that is half there comes in bonded pairs", "[structures][disorder]") {
  // Li4P2S6: between two layers of sulphur a pair lies in one gap or the next.
  const Crystal crystal = parse_cif(cif("6.07 6.07 6.58 90 90 120", "P -3 1 m",
                                        "Li1 Li .33333 .66667 0 1\nLi2 Li .33333 .66667 .5 1\nP1 P 0 0 .1693 .5\n"
                                        "P2 P 0 0 .3307 .5\nS1 S .325 0 .25 1\n"),
                                    "pairs.cif", {*parse_disorder("supercell"), ""});
  const FormalCharges charges = formal_charges(crystal);
  CHECK(charges.net == 0);
  for (const Molecule& molecule : finite_molecules(crystal, find_bonds(crystal))) CHECK(molecule.formula == "P2S6");
  CHECK(counts(crystal)[3] == 2 * counts(crystal)[15]);
}

TEST_CASE("images of a split site that are merged keep its atoms", "[structures][disorder]") {
  // Each place of lithium on a two-fold axis is given as two, 0.04 A apart, a quarter full each.
  std::string text = cif("6 6 6 90 90 90", "P 2 2 2", "Li1 Li .0033 .2 0 .25\nO1 O .5 0 .5 .25\n");
  text.replace(text.find("_atom_site_occupancy"), 20, "_atom_site_occupancy\n_atom_site_symmetry_multiplicity");
  text.replace(text.find(".25\nO1"), 3, ".25 4");
  text.replace(text.rfind(".25\n"), 3, ".25 1");
  CifChoice choice;
  choice.average = 3;
  const Crystal crystal = parse_cif(text, "split.cif", choice);
  REQUIRE(crystal.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) CHECK(crystal.occupancy[k] == Approx(crystal.species[k] == 3 ? 0.5 : 0.25));
}

TEST_CASE("halides are mixed by their occupancies around cations without hydrogen", "[structures][disorder]") {
  const Crystal crystal =
      parse_cif(cif("6.3 6.3 6.3 90 90 90", "P 1",
                    "Pb1 Pb 0 0 0 1\nI1 I .5 0 0 .75\nBr1 Br .5 0 0 .25\nI2 I 0 .5 0 .75\nBr2 Br 0 .5 0 .25\n"
                    "I3 I 0 0 .5 .75\nBr3 Br 0 0 .5 .25\nC1 C .5 .5 .55 1\nN1 N .68 .5 .45 1\nN2 N .32 .5 .45 1\n"),
                "mixed.cif", {*parse_disorder("supercell"), ""});
  auto n = counts(crystal);
  CHECK(n[53] + n[35] == 3 * n[82]);
  CHECK(n[35] / n[53] == Approx(1 / 3.0).epsilon(0.05));
}

TEST_CASE("the electrostatic matrix of a supercell repeats that of its copies", "[structures][charges]") {
  std::mt19937 engine{11};
  const Eigen::Matrix3d cell = test::random_cell(engine);
  Eigen::Matrix3Xd x(3, 3);
  for (Eigen::Index k = 0; k < 9; ++k) x(k / 3, k % 3) = test::uniform(engine, 0, 1);
  Eigen::Matrix3i matrix;
  matrix << 1, 0, 1, 0, 2, 0, -1, 0, 2;
  const std::vector<Eigen::Vector3i> copies = copies_in(matrix);
  REQUIRE(copies.size() == 6);
  Eigen::Matrix3Xd all(3, 18);
  for (Eigen::Index k = 0; k < 3; ++k)
    for (Eigen::Index c = 0; c < 6; ++c)
      all.col(6 * k + c) =
          matrix.cast<double>().inverse() * (x.col(k) + copies[static_cast<std::size_t>(c)].cast<double>());
  const Eigen::MatrixXd plain = ewald_matrix(cell * matrix.cast<double>(), all);
  const Eigen::MatrixXd folded = ewald_matrix_of_copies(cell, x, matrix, copies);
  CHECK((plain - folded).cwiseAbs().maxCoeff() < 1e-9 * plain.cwiseAbs().maxCoeff());
}

TEST_CASE("an average structure has every place, with its occupancy", "[structures][disorder]") {
  CifChoice choice;
  choice.average = 39;
  const Crystal crystal = parse_cif(zirconia, "ysz.cif", choice);
  CHECK(crystal.size() == 12);
  CHECK(crystal.occupancy.size() == 12);
  CHECK(counts(crystal)[39] == 4);
  CHECK(crystal.occupancy[0] == Approx(0.16));
  const Symmetry symmetry = find_symmetry(crystal, SymmetryOf::crystal, 0.01);
  CHECK(symmetry.number == 225);
  CHECK(symmetry.wyckoff.front() == "4a");
}
