// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <numbers>
#include <vector>

#include <catch2/catch.hpp>

#include "potentials/labelled/choose_frames.hpp"

using namespace hopflow;

namespace {

/// Two iodine atoms and a lead atom between them, in a box so large that images do not meet.
Configuration trimer(double first, double second) {
  Configuration out;
  out.cell = 30 * Eigen::Matrix3d::Identity();
  out.positions.resize(3, 3);
  out.positions.setZero();
  out.positions(0, 1) = first;
  out.positions(0, 2) = -second;
  out.species = {82, 53, 53};
  return out;
}

std::vector<std::size_t> indices(const std::vector<Chosen>& chosen) {
  std::vector<std::size_t> out;
  for (const Chosen& one : chosen) out.push_back(one.index);
  return out;
}

}  // namespace

TEST_CASE("Surroundings are sums of Gaussians of distance under a cosine cutoff", "[frames]") {
  const std::vector<int> elements{53, 82};
  const Eigen::MatrixXd s = surroundings(trimer(3.0, 3.5), elements);
  REQUIRE(s.rows() == 20);
  REQUIRE(s.cols() == 3);
  // Lead has two iodine neighbours and no lead; the first radius is 1 A, the last 5.5 A, ten in all.
  const auto value = [](double d, double r) {
    return 0.5 * (1 + std::cos(std::numbers::pi * d / 6)) * std::exp(-(d - r) * (d - r) / 0.25);
  };
  for (int k = 0; k < 10; ++k) {
    const double r = 1 + 0.5 * k;
    CHECK(s(k, 0) == Approx(value(3.0, r) + value(3.5, r)).margin(1e-12));
    CHECK(s(10 + k, 0) == 0);
    CHECK(s(10 + k, 1) == Approx(value(3.0, r)).margin(1e-12));  // the other iodine is beyond 6 A
  }
}

TEST_CASE("Surroundings do not depend on the cell, the order of atoms, or where the whole lies", "[frames]") {
  const std::vector<int> elements{53, 82};
  const Configuration plain = trimer(3.0, 2.6);
  Configuration other = plain;
  other.cell.col(1) += other.cell.col(0);  // the same lattice
  for (int i = 0; i < 3; ++i) other.positions.col(i) = plain.positions.col(2 - i) + Eigen::Vector3d{40, -7, 3};
  std::ranges::reverse(other.species);
  const Eigen::MatrixXd a = surroundings(plain, elements), b = surroundings(other, elements);
  for (int i = 0; i < 3; ++i) CHECK((a.col(i) - b.col(2 - i)).norm() == Approx(0).margin(1e-10));
}

TEST_CASE("Frames are chosen farthest first, and none that is there already", "[frames]") {
  // The first begins; the one that is compressed most differs most, then the one that is stretched.
  const std::vector<Configuration> all{trimer(3.0, 3.0), trimer(3.02, 3.0), trimer(2.2, 3.0), trimer(3.0, 3.0),
                                       trimer(3.0, 4.4)};
  const std::vector<Chosen> chosen = choose_frames(all, {}, 5);
  const std::vector<std::size_t> order = indices(chosen);
  REQUIRE(order.size() == 4);  // the fourth frame is the first once more
  CHECK(order[0] == 0);
  CHECK(std::ranges::count(order, 3u) == 0);
  CHECK(order[3] == 1);
  for (std::size_t k = 2; k < chosen.size(); ++k) CHECK(chosen[k].distance <= chosen[k - 1].distance);

  SECTION("What is labelled already counts as chosen") {
    const std::vector<Configuration> known{all[0], all[order[1]]};
    const std::vector<Chosen> next = choose_frames(all, known, 1);
    REQUIRE(next.size() == 1);
    CHECK(next[0].index == order[2]);
    CHECK(next[0].distance == Approx(chosen[2].distance));
  }
}

TEST_CASE("One unusual atom makes a frame unusual, however many others are as they were", "[frames]") {
  Configuration big;
  big.cell = 24 * Eigen::Matrix3d::Identity();
  big.positions.resize(3, 64);
  for (int i = 0; i < 64; ++i) big.positions.col(i) = 6.0 * Eigen::Vector3d(i % 4, i / 4 % 4, i / 16);
  for (int i = 1; i < 64; i += 2) big.positions.col(i) += Eigen::Vector3d{-3, 0, 0};
  big.species.assign(64, 53);
  Configuration all_a_little = big, one_much = big;
  for (int i = 0; i < 64; i += 2) all_a_little.positions(0, i) += 0.05;
  one_much.positions(0, 8) += 0.8;
  const std::vector<Configuration> frames{big, all_a_little, one_much};
  CHECK(indices(choose_frames(frames, {}, 3)) == std::vector<std::size_t>{0, 2, 1});
}
