// SPDX-License-Identifier: GPL-2.0-or-later
// Labelled frames and the scores made from them.
#include <cmath>
#include <vector>

#include <zlib.h>
#include <catch2/catch.hpp>

#include "potentials/labelled/labelled.hpp"
#include "potentials/labelled/score.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "tests/potentials/support.hpp"

using namespace hopflow;

namespace {

const std::string two_frames =
    "2\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3:forces:R:3 energy=-1.5 image=0 charge=1\n"
    "I 0 0 0 0.1 0 0\nPb 3 0 0 -0.1 0 0\n"
    "2\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3:forces:R:3 energy=-1.25 image=1 charge=1\n"
    "I 0 0 0 0.3 0 0\nPb 2.9 0 0 -0.3 0 0\n";

void write_gzip(const std::filesystem::path& file, const std::string& content) {
  gzFile out = gzopen(file.c_str(), "wb");
  REQUIRE(gzwrite(out, content.data(), static_cast<unsigned>(content.size())) == static_cast<int>(content.size()));
  REQUIRE(gzclose(out) == Z_OK);
}

std::string message_of(const std::filesystem::path& file) {
  try {
    read_labelled(file);
  } catch (const Error& problem) {
    return problem.what();
  }
  return "";
}

}  // namespace

TEST_CASE("compressed frames read as plain ones do", "[labelled]") {
  const testing::Folder scratch;
  const std::filesystem::path folder = scratch.path();
  text::write_file(folder / "band.extxyz", two_frames);
  write_gzip(folder / "band.extxyz.gz", two_frames);
  for (const char* name : {"band.extxyz", "band.extxyz.gz"}) {
    const std::vector<LabelledFrame> frames = read_labelled(folder / name);
    REQUIRE(frames.size() == 2);
    CHECK(frames[1].energy_ev == -1.25);
    CHECK(frames[1].forces(0, 1) == -0.3);
    CHECK(frames[1].image == 1);
    CHECK(frames[1].charge == "1");
    CHECK(frames[1].band == "band");
    CHECK(comparable(frames) == std::vector<std::vector<std::size_t>>{{0, 1}});
  }
}

TEST_CASE("a compressed file cut short and a frame without forces are refused by name", "[labelled]") {
  const testing::Folder scratch;
  const std::filesystem::path folder = scratch.path();
  std::string many;
  for (int k = 0; k < 200; ++k) many += two_frames;
  write_gzip(folder / "whole.extxyz.gz", many);
  const std::string packed = text::read_file(folder / "whole.extxyz.gz");
  text::write_file(folder / "cut.extxyz.gz", packed.substr(0, packed.size() / 2));
  CHECK_THAT(message_of(folder / "cut.extxyz.gz"), Catch::Contains("cut.extxyz.gz") && Catch::Contains("gzip"));
  text::write_file(folder / "bare.extxyz",
                   two_frames + "1\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3 energy=1\nI 0 0 0\n");
  CHECK_THAT(message_of(folder / "bare.extxyz"), Catch::Contains("frame 2") && Catch::Contains("no forces"));
}

TEST_CASE("frames of another charge are not compared by energy", "[labelled]") {
  const testing::Folder scratch;
  const std::filesystem::path folder = scratch.path();
  std::string other = two_frames;
  for (std::size_t at; (at = other.find("charge=1")) != std::string::npos;) other.replace(at, 8, "charge=0");
  text::write_file(folder / "both.extxyz", two_frames + other);
  CHECK(comparable(read_labelled(folder / "both.extxyz")).size() == 2);

  // Another cell: energies of neutral cells have one zero, those of charged ones do not.
  const auto in_a_larger_cell = [](std::string frames) {
    for (std::size_t at; (at = frames.find("9 0 0 0 9 0 0 0 9")) != std::string::npos;)
      frames.replace(at, 17, "9.5 0 0 0 9 0 0 0 9");
    return frames;
  };
  text::write_file(folder / "charged.extxyz", two_frames + in_a_larger_cell(two_frames));
  CHECK(comparable(read_labelled(folder / "charged.extxyz")).size() == 2);
  text::write_file(folder / "neutral.extxyz", other + in_a_larger_cell(other));
  CHECK(comparable(read_labelled(folder / "neutral.extxyz")).size() == 1);
}

TEST_CASE("an engine half as stiff as the reference has slope one half and correlation one", "[score]") {
  Eigen::Matrix3Xd reference(3, 4);
  reference << 1, -2, 3, -2, 0.5, 0.25, -1, 0.25, 2, 1, -4, 1;
  ForceSums sums;
  sums.add(0.5 * reference, reference);
  const ForceScore half = sums.score();
  CHECK(half.slope == Approx(0.5));
  CHECK(half.correlation == Approx(1));
  CHECK(half.rmse == Approx(0.5 * half.rmse_of_zero));
  CHECK(half.rmse_of_zero == Approx(reference.norm() / std::sqrt(12.0)));
  ForceSums none;
  none.add(0 * reference, reference);
  CHECK(none.score().rmse == Approx(none.score().rmse_of_zero));
  CHECK(none.score().correlation == 0);
}

TEST_CASE("a constant offset is no error of a profile", "[score]") {
  const std::vector<double> reference{0, 0.2, 0.1}, shifted{5, 5.2, 5.1}, scaled{0, 0.4, 0.2};
  CHECK(profile_error(shifted, reference) == Approx(0).margin(1e-12));
  CHECK(profile_error(scaled, reference) == Approx(std::sqrt(0.02 / 3)));  // sd of (0, 0.2, 0.1)
}

TEST_CASE("a profile whose highest frame is an end has no barrier", "[score]") {
  // PBE-D3 energies of the seven labelled MAPbI3 frames (eV, from the first).
  const std::vector<double> mapbi3{0, -0.1472, -0.1806, 0.0604, 0.1001, 0.1553, 0.2529};
  const ProfileBarrier refused = barrier_of_profile(mapbi3);
  CHECK_FALSE(refused.forward_ev);
  CHECK(refused.lowest == 2);
  CHECK(refused.highest == 6);
  CHECK_THAT(refused.reason, Catch::Contains("no interior maximum"));
  const ProfileBarrier barrier = barrier_of_profile(std::vector<double>{0, 0.3, 0.5, 0.1});
  REQUIRE(barrier.forward_ev);
  CHECK(*barrier.forward_ev == Approx(0.5));
  CHECK(*barrier.reverse_ev == Approx(0.4));
}
