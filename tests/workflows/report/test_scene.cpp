// SPDX-License-Identifier: GPL-2.0-or-later
// Paths as a viewer draws them: whole molecules, no jumps over cell edges, one moving ion; and texts that are no path.
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "workflows/report/scene.hpp"

namespace {

using hopflow::report::make_scene;
using nlohmann::json;

// A triclinic cell: a cubic one can't tell columns from rows.
const std::string lattice = "Lattice=\"10 0 0 2 9 0 1 -1 8\"";

std::string frame(const std::string& comment, const std::vector<std::string>& rows) {
  std::string text = std::to_string(rows.size()) + "\n" + comment + "\n";
  for (const auto& row : rows) text += row + "\n";
  return text;
}

// Coordinates of an atom in a frame (A): of the start, unless the frame moves it.
std::vector<double> place(const json& scene, std::size_t frame, std::size_t atom) {
  const json& moved = scene["moved"];
  std::vector<double> r;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    int milli = scene["start"][3 * atom + axis].get<int>();
    for (std::size_t k = 0; k < moved.size(); ++k)
      if (moved[k] == atom) milli += scene["frames"][frame]["displacements"][3 * k + axis].get<int>();
    r.push_back(milli / 1000.0);
  }
  return r;
}

double distance(const json& scene, std::size_t i, std::size_t j) {
  const auto a = place(scene, 0, i), b = place(scene, 0, j);
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

std::string error_of(const std::string& text) {
  const json scene = make_scene(text);
  return scene.contains("error") ? scene["error"].get<std::string>() : "";
}

}  // namespace

TEST_CASE("a molecule cut by a slanted cell face is drawn whole", "[report][scene]") {
  // C at (0.1, 4.6, 0.1) and N one b vector below where the bond is: N = C - b + (0, 1.4, 0) wrapped by +b.
  const json scene = make_scene(frame(lattice, {"C 2.1 8.9 0.1", "N 0.1 1.3 0.1", "Pb 5 5 4"}));
  REQUIRE(scene.contains("frames"));
  CHECK(scene["bonds"] == json{{0, 1}});
  CHECK(scene["organic"] == json{1, 1, 0});
  CHECK(distance(scene, 0, 1) == Approx(1.4).margin(2e-3));
}

TEST_CASE("the lattice vectors are read as rows of the file", "[report][scene]") {
  const json scene = make_scene(frame(lattice, {"Pb 5 5 4"}));
  CHECK(scene["cell"] == json{{10.0, 0.0, 0.0}, {2.0, 9.0, 0.0}, {1.0, -1.0, 8.0}});
}

TEST_CASE("an ion that crosses a cell edge between images goes on instead of jumping back", "[report][scene]") {
  // Along -a from x = 0.5 to x = -0.5; the second image is written wrapped, at 9.5.
  const json scene = make_scene(frame(lattice, {"Pb 5 5 4", "I 0.5 0 0"}) + frame(lattice, {"Pb 5 5 4", "I 9.5 0 0"}));
  CHECK(scene["moving"] == 1);
  CHECK(scene["shift"].get<double>() == Approx(1.0));
  CHECK(place(scene, 1, 1)[0] == Approx(-0.5));
}

TEST_CASE("the moving ion is the inorganic atom that travels furthest, even next to a spinning methyl group",
          "[report][scene]") {
  const json scene = make_scene(frame(lattice, {"H 1 1 1", "C 1 1 2.08", "I 5 5 5", "Pb 8 5 2"}) +
                                frame(lattice, {"H 3.5 1 1", "C 1 1 2.08", "I 5 5 6.5", "Pb 8 5 2.4"}));
  CHECK(scene["moving"] == 2);
  CHECK(scene["shift"].get<double>() == Approx(1.5));
}

TEST_CASE("columns are found by name, with energies and Windows line ends", "[report][scene]") {
  const json scene = make_scene("1\r\nenergy=-1.25 " + lattice +
                                " note=\"pos:R:9 energy=7\" Properties=id:I:1:pos:R:3:species:S:1:forces:R:3\r\n"
                                "7 5 5 4 Pb 0 0 0\r\n");
  REQUIRE(scene.contains("frames"));
  CHECK(scene["elements"] == json{"Pb"});
  CHECK(scene["frames"][0]["energy_ev"] == -1.25);
  CHECK(place(scene, 0, 0) == std::vector<double>{5.0, 5.0, 4.0});
}

TEST_CASE("atoms that are held are written once", "[report][scene]") {
  const json scene = make_scene(frame(lattice, {"Pb 5 5 4", "I 1 1 1", "Pb 2 6 3"}) +
                                frame(lattice, {"Pb 5 5 4", "I 1 2 1", "Pb 2 6 3"}));
  CHECK(scene["start"].size() == 9);
  CHECK(scene["moved"] == json{1});
  CHECK(scene["frames"][1]["displacements"] == json{0, 1000, 0});
}

TEST_CASE("the slope along a path is minus the force along it, over all atoms", "[report][scene]") {
  // E = 0.5 k x^2 of one ion on a line, k = 2 eV/A^2: dE/dx = 2 x. A second atom that moves as far the other direction
  // makes the path sqrt(2) longer for the same energy.
  const std::string columns = lattice + " Properties=species:S:1:pos:R:3:forces:R:3";
  std::string one, two;
  for (const double x : {-1.0, 0.0, 1.0}) {
    const std::string ion = "I " + std::to_string(5 + x) + " 5 4 " + std::to_string(-2 * x) + " 0 0";
    one += frame(columns, {"Pb 2 2 2 0 0 0", ion});
    two += frame(columns, {"Pb 2 2 " + std::to_string(2 + x) + " 0 0 0", ion});
  }
  const json single = make_scene(one), both = make_scene(two);
  CHECK(single["frames"][0]["slope_ev_per_angstrom"].get<double>() == Approx(-2.0));
  CHECK(single["frames"][1]["slope_ev_per_angstrom"].get<double>() == Approx(0.0).margin(1e-9));
  CHECK(single["frames"][2]["distance_angstrom"].get<double>() == Approx(2.0));
  CHECK(both["frames"][2]["slope_ev_per_angstrom"].get<double>() == Approx(2.0 / std::sqrt(2.0)).margin(2e-5));
  CHECK(both["frames"][2]["distance_angstrom"].get<double>() == Approx(2.0 * std::sqrt(2.0)).margin(2e-3));
  CHECK(make_scene(frame(lattice, {"I 5 5 4"}) + frame(lattice, {"I 6 5 4"}))["frames"][0]["slope_ev_per_angstrom"]
            .is_null());
}

TEST_CASE("a text that is no path is refused with its line", "[report][scene]") {
  const std::string atom = "Pb 5 5 4";
  CHECK(error_of("") == "line 1: the file holds no frame");
  CHECK(error_of("x\n") == "line 1: expected a number of atoms");
  CHECK(error_of("-3\n\n") == "line 1: expected a number of atoms");
  CHECK(error_of("99999999999999999999\n\n") == "line 1: expected a number of atoms");
  CHECK(error_of("1\nno cell\nPb 0 0 0\n") == "line 2: no Lattice=\"...\" in the comment line");
  CHECK(error_of("1\nLattice=\"\nPb 0 0 0\n") == "line 2: Lattice= needs nine numbers");
  CHECK(error_of("1\nLattice=\"1 0 0 0 nan 0 0 0 1\"\nPb 0 0 0\n") == "line 2: Lattice= needs nine finite numbers");
  CHECK(error_of("1\nLattice=\"1 0 0 2 0 0 0 0 1\"\nPb 0 0 0\n") == "line 2: the cell is flat");
  CHECK(error_of("1\n" + lattice + " Properties=species:S:1\nPb\n") ==
        "line 2: Properties= names no species and pos columns");
  CHECK(error_of("1\n" + lattice + " Properties=species:S:99999\nPb\n") ==
        "line 2: Properties= is not name:type:width triples");
  CHECK(error_of("2\n" + lattice + "\nPb 0 0 0\n") == "line 3: the file ends inside a frame");
  CHECK(error_of(frame(lattice, {"Pb 0 0"})) == "line 3: too few columns");
  CHECK(error_of(frame(lattice, {"Xx 0 0 0"})) == "line 3: unknown element");
  CHECK(error_of(frame(lattice, {"Pb 0 inf 0"})) == "line 3: a coordinate is not a finite number");
  CHECK(error_of(frame(lattice, {atom}) + frame(lattice, {atom, atom})) ==
        "line 7: this frame has other atoms than the first");
  CHECK(error_of(frame(lattice, {atom})).empty());
}
