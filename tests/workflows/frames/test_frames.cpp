// SPDX-License-Identifier: GPL-2.0-or-later
// Structures and bands as other programs keep them.
#include <catch2/catch.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "workflows/frames/con.hpp"
#include "workflows/frames/frames.hpp"

using namespace hopflow;
namespace fs = std::filesystem;

namespace {

struct Folder {
  Folder() : path{fs::temp_directory_path() / fmt::format("hopflow-test-frames-{}", ::getpid())} {
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  fs::path write(const std::string& name, const std::string& content) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream{path / name, std::ios::binary} << content;
    return path / name;
  }
  fs::path path;
};

std::string poscar(double x, const std::string& flags = "", const std::string& last = "") {
  return fmt::format("two atoms\n1.0\n4 0 0\n0 5 0\n0 0 6\nAg Cu\n1 1\n{}Direct\n{} 0 0{}\n0.5 0.5 0.25{}\n",
                     flags.empty() ? "" : "Selective dynamics\n", x, flags, last);
}

/// A container of ASE's with one array per frame, as its writer lays it out.
std::string trajectory() {
  const auto number = [](std::int64_t value) { return std::string(reinterpret_cast<const char*>(&value), 8); };
  const auto real = [](double value) { return std::string(reinterpret_cast<const char*>(&value), 8); };
  std::string out = "- of UlmASE-Trajectory  ";
  out += number(3) + number(2) + number(48) + std::string(16, '\0');  // version, frames, offsets' place, offsets
  std::vector<std::int64_t> offsets;
  for (int frame = 0; frame < 2; ++frame) {
    const std::int64_t array = std::ssize(out);
    for (const double x : {0.1 * frame, 0.0, 0.0, 2.0, 2.5, 1.5}) out += real(x);
    const std::string json = fmt::format(
        R"({{"version": 1, "pbc": [true, true, false], "numbers.": {{"ndarray": [[2], "int64", {}]}}, "positions.": )"
        R"({{"ndarray": [[2, 3], "float64", {}]}}, "cell": )"
        R"([[4.0, 0, 0], [1.0, 5.0, 0], [0, 0, 6.0]], "constraints": )"
        R"("[{{\"name\": \"FixAtoms\", \"kwargs\": {{\"indices\": [1]}}}}]"}})",
        array + 48, array);
    for (const std::int64_t z : {47, 29}) out += number(z);
    offsets.push_back(std::ssize(out));
    out += number(std::ssize(json)) + json;
  }
  for (std::size_t k = 0; k < 2; ++k) out.replace(48 + 8 * k, 8, number(offsets[k]));
  return out;
}

}  // namespace

TEST_CASE("selective dynamics of a POSCAR hold atoms, or axes of them", "[frames]") {
  const Folder folder;
  const PathFrame whole = read_frames(folder.write("a/POSCAR", poscar(0, " T T T", " F F F"))).front();
  REQUIRE(whole.mobile);
  CHECK(*whole.mobile == Mask{true, false});
  CHECK_FALSE(whole.free);
  const PathFrame axes = read_frames(folder.write("b/POSCAR", poscar(0, " T F T", " T T T"))).front();
  REQUIRE(axes.free);
  CHECK((*axes.free)[0] == std::array{true, false, true});
  CHECK(*axes.mobile == Mask{true, true});
  CHECK_FALSE(read_frames(folder.write("c/POSCAR", poscar(0))).front().mobile);
  CHECK_THROWS_WITH(read_frames(folder.write("d/POSCAR", poscar(0, " T F T", " T T"))), Catch::Contains("T or F"));
}

TEST_CASE("a folder of images, a trajectory of VASP and one frame of many are read", "[frames]") {
  const Folder folder;
  folder.write("band/00/POSCAR", poscar(0));
  folder.write("band/01/POSCAR", poscar(0.1));
  folder.write("band/01/CONTCAR", poscar(0.2));
  folder.write("band/02/POSCAR", poscar(0.3));
  const std::vector<PathFrame> band = read_frames(folder.path / "band");
  REQUIRE(band.size() == 3);
  CHECK(band[1].configuration.positions(0, 0) == Approx(0.8));  // CONTCAR comes first
  CHECK(read_frames((folder.path / "band").string() + "@-1").front().configuration.positions(0, 0) == Approx(1.2));
  CHECK_THROWS_WITH(read_frames((folder.path / "band").string() + "@3"), Catch::Contains("3 frames"));
  const std::string head = "two atoms\n1.0\n4 0 0\n0 5 0\n0 0 6\nAg Cu\n1 1\n";
  const std::vector<PathFrame> steps = read_frames(folder.write(
      "XDATCAR",
      head + "Direct configuration=     1\n0 0 0\n0.5 0.5 0.25\nDirect configuration=     2\n0.5 0 0\n0 0 0\n"));
  REQUIRE(steps.size() == 2);
  CHECK(steps[1].configuration.positions(0, 0) == Approx(2.0));
  CHECK_THROWS_WITH(read_frames(folder.path / "none"), Catch::Contains("no such file"));
}

TEST_CASE("a trajectory of ASE keeps its cell in rows and its held atoms", "[frames]") {
  const Folder folder;
  const std::vector<PathFrame> frames = read_frames(folder.write("band.traj", trajectory()));
  REQUIRE(frames.size() == 2);
  const Configuration& c = frames[1].configuration;
  CHECK(c.species == std::vector{47, 29});
  CHECK(c.positions(0, 0) == 0.1);
  CHECK(c.positions(1, 1) == 2.5);
  CHECK(c.cell(0, 1) == 1.0);  // x of the second vector
  CHECK(c.cell(1, 0) == 0.0);
  CHECK(c.periodic == std::array{true, true, false});
  REQUIRE(frames[0].mobile);
  CHECK(*frames[0].mobile == Mask{true, false});
  CHECK_THROWS_WITH(read_frames(folder.write("cut.traj", trajectory().substr(0, 120))),
                    Catch::Contains("is truncated"));
}

TEST_CASE("a trajectory whose header, offsets or frames are damaged is refused as such", "[frames]") {
  const Folder folder;
  const auto refused = [&](const std::string& old, const std::string& put, const std::string& words) {
    std::string content = trajectory();
    const std::size_t at = content.find(old);
    REQUIRE(at != std::string::npos);
    content.replace(at, put.size(), put);  // as long as before: nothing else moves
    CHECK_THROWS_WITH(read_frames(folder.write("damaged.traj", content)), Catch::Contains(words));
  };
  refused("\"int64\"", "      7", "the header of an array is malformed");
  refused("[[2]", "[[-]", "is not a JSON object");
  refused("[2, 3]", "[2,-3]", "an integer from 0 to");
  refused("[2, 3]", "[2,9e9", "is not a JSON object");
  refused("FixAtoms", "FixCells", "is not known");
  refused("{\"version", "[\"version", "is not a JSON object");
  std::string far = trajectory();
  far.replace(48, 8, std::string("\xf0\xff\xff\xff\xff\xff\xff\x7f", 8));
  CHECK_THROWS_WITH(read_frames(folder.write("far.traj", far)), Catch::Contains("is truncated"));
  std::string nobody = trajectory();
  const double heavy = 1e300;  // as an integer it is nothing
  nobody.replace(64 + 48, 8, std::string(reinterpret_cast<const char*>(&heavy), 8));
  CHECK_THROWS_WITH(read_frames(folder.write("nobody.traj", nobody)), Catch::Contains("is no atomic number"));
}

TEST_CASE("coordinates that overflow, or lie where cells can no longer be counted, are refused", "[frames]") {
  const Folder folder;
  for (const double far : {1e308, -1e300, 1e12})
    CHECK_THROWS_WITH(read_frames(folder.write("POSCAR", poscar(far))), Catch::Contains("away from the origin"));
  CHECK_THROWS_WITH(read_frames(folder.write("a.extxyz",
                                             "1\nLattice=\"4 0 0 0 5 0 0 0 6\" Properties=species:S:1:pos:R:3\n"
                                             "Ag 1e9 0 0\n")),
                    Catch::Contains("atom 0 lies more than"));
}

TEST_CASE("a .con file of eOn is read, its cell by lengths and angles", "[frames]") {
  const std::string frame =
      "seed\ntime\n4.0 5.0 6.0\n90.0 90.0 60.0\n0 0\n0 0 0\n2\n1 1\n107.9 63.5\nAg\nCoordinates of Component 1\n"
      "0.1 0.2 0.3 1 0\nCu\nCoordinates of Component 2\n2.0 2.5 1.5 0 1\n";
  const std::vector<PathFrame> frames = parse_con(frame + frame, "x.con");
  REQUIRE(frames.size() == 2);
  const Configuration& c = frames[1].configuration;
  CHECK(c.species == std::vector{47, 29});
  CHECK(c.cell.determinant() == Approx(4 * 5 * std::sqrt(0.75) * 6));
  CHECK(c.cell.col(1).norm() == Approx(5));
  CHECK(*frames[0].mobile == Mask{false, true});
  CHECK_THROWS_WITH(parse_con(frame.substr(0, 60), "x.con"), Catch::Contains("x.con"));
  std::string kinds = frame;
  kinds.replace(kinds.find("\n2\n"), 3, "\n-2\n");
  CHECK_THROWS_WITH(parse_con(kinds, "x.con"), Catch::Contains("-2 kinds of atoms"));
}

TEST_CASE("a move_mask of three columns holds axes", "[frames]") {
  const Folder folder;
  const PathFrame frame = read_frames(folder.write("a.extxyz",
                                                   "2\nLattice=\"4 0 0 0 5 0 0 0 6\" "
                                                   "Properties=species:S:1:pos:R:3:move_mask:L:3 pbc=\"T T T\"\n"
                                                   "Ag 0 0 0 T T F\nCu 2 2 2 F F F\n"))
                              .front();
  REQUIRE(frame.free);
  CHECK((*frame.free)[0] == std::array{true, true, false});
  CHECK(*frame.mobile == Mask{true, false});
}
