// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "structures/core/cell.hpp"
#include "structures/graph/neighbors.hpp"
#include "tests/structures/samples.hpp"

using namespace hopflow;

namespace {

/// Shortest image by trying every translation in a cube: slow and sure.
double brute_force_distance(const Eigen::Matrix3d& cell, const Eigen::Vector3d& v, const std::array<bool, 3>& periodic,
                            int reach) {
  double best = v.norm();
  const int ra = periodic[0] ? reach : 0, rb = periodic[1] ? reach : 0, rc = periodic[2] ? reach : 0;
  for (int a = -ra; a <= ra; ++a)
    for (int b = -rb; b <= rb; ++b)
      for (int c = -rc; c <= rc; ++c) best = std::min(best, (v + cell * Eigen::Vector3d(a, b, c)).norm());
  return best;
}

}  // namespace

TEST_CASE("the minimum image is the shortest of all images, however skewed the cell", "[structures][cell]") {
  std::mt19937 engine{11};
  for (int trial = 0; trial < 200; ++trial) {
    const Eigen::Matrix3d compact = test::random_cell(engine);
    const Eigen::Matrix3d cell = compact * test::random_unimodular(engine).cast<double>();
    const Eigen::Vector3d v = compact * Eigen::Vector3d{test::uniform(engine, -1, 1), test::uniform(engine, -1, 1),
                                                        test::uniform(engine, -1, 1)};
    const Eigen::Vector3d nearest = minimum_image(cell, v).col(0);
    // Brute force over the compact cell: same lattice, so its images are the same set.
    const Eigen::Matrix3d reduced = minkowski_reduce(compact).cell;
    const Eigen::Vector3d inside = v - reduced * (reduced.inverse() * v).array().round().matrix();
    CHECK(nearest.norm() == Approx(brute_force_distance(reduced, inside, {true, true, true}, 4)));
    const Eigen::Vector3d whole = cell.inverse() * (v - nearest);
    CHECK((whole - whole.array().round().matrix()).norm() < 1e-8);
  }
}

TEST_CASE("directions that are not periodic are left alone", "[structures][cell]") {
  std::mt19937 engine{12};
  for (const std::array<bool, 3> periodic :
       {std::array{true, true, false}, {false, true, true}, {true, false, false}, {false, false, false}})
    for (int trial = 0; trial < 50; ++trial) {
      const Eigen::Matrix3d cell = test::random_cell(engine);
      const Eigen::Vector3d v = cell * Eigen::Vector3d{test::uniform(engine, -1, 1), test::uniform(engine, -1, 1),
                                                       test::uniform(engine, -1, 1)};
      const Eigen::Vector3d nearest = minimum_image(cell, v, periodic).col(0);
      CHECK(nearest.norm() == Approx(brute_force_distance(cell, v, periodic, 25)));
      const Eigen::Vector3d whole = cell.inverse() * (v - nearest);
      for (int k = 0; k < 3; ++k)
        if (!periodic[static_cast<std::size_t>(k)]) CHECK(std::abs(whole(k)) < 1e-9);
    }
}

TEST_CASE("a reduced cell spans the same lattice with the shortest vectors there are", "[structures][cell]") {
  std::mt19937 engine{13};
  for (int trial = 0; trial < 100; ++trial) {
    const Eigen::Matrix3d cell = test::random_cell(engine) * test::random_unimodular(engine, 10).cast<double>();
    const ReducedCell reduced = minkowski_reduce(cell);
    CHECK((cell * reduced.transform.cast<double>() - reduced.cell).norm() < 1e-9);
    CHECK(reduced.transform.cast<double>().determinant() == Approx(1.0));
    CHECK(reduced.cell.determinant() > 0);
    // Minkowski's conditions: no vector is shortened by adding the shorter ones in any combination.
    for (int a = -1; a <= 1; ++a)
      for (int b = -1; b <= 1; ++b) {
        const Eigen::Vector3d& x = reduced.cell.col(0);
        const Eigen::Vector3d& y = reduced.cell.col(1);
        const Eigen::Vector3d& z = reduced.cell.col(2);
        CHECK((z + a * x + b * y).norm() > z.norm() - 1e-9);
        CHECK((y + a * x).norm() > y.norm() - 1e-9);
      }
    CHECK(reduced.cell.col(0).norm() < reduced.cell.col(1).norm() + 1e-9);
    CHECK(reduced.cell.col(1).norm() < reduced.cell.col(2).norm() + 1e-9);
  }
}

TEST_CASE("the shortest lattice vector of fcc and bcc cells is their nearest-neighbour distance",
          "[structures][cell]") {
  Eigen::Matrix3d fcc, bcc;
  fcc << 0, 2, 2, 2, 0, 2, 2, 2, 0;
  bcc << -2, 2, 2, 2, -2, 2, 2, 2, -2;
  CHECK(shortest_lattice_vector(fcc) == Approx(4 / std::sqrt(2.0)));
  CHECK(shortest_lattice_vector(bcc) == Approx(4 * std::sqrt(3.0) / 2));
}

TEST_CASE("cell parameters survive the way to vectors and back", "[structures][cell]") {
  const CellParameters p = parameters_of(cell_from_parameters({8.6542, 8.05, 13.0686, 85.5, 96.997, 101.25}));
  CHECK(p.a == Approx(8.6542));
  CHECK(p.b == Approx(8.05));
  CHECK(p.c == Approx(13.0686));
  CHECK(p.alpha == Approx(85.5));
  CHECK(p.beta == Approx(96.997));
  CHECK(p.gamma == Approx(101.25));
  // Volume of a triclinic cell in closed form.
  const double rad = std::acos(-1.0) / 180;
  const double ca = std::cos(85.5 * rad), cb = std::cos(96.997 * rad), cg = std::cos(101.25 * rad);
  const double volume = 8.6542 * 8.05 * 13.0686 * std::sqrt(1 - ca * ca - cb * cb - cg * cg + 2 * ca * cb * cg);
  CHECK(cell_from_parameters({8.6542, 8.05, 13.0686, 85.5, 96.997, 101.25}).determinant() == Approx(volume));
}

TEST_CASE("right angles are exactly right", "[structures][cell]") {
  const Eigen::Matrix3d cell = cell_from_parameters({3, 4, 5, 90, 90, 90});
  CHECK(cell == Eigen::Matrix3d{Eigen::Vector3d(3, 4, 5).asDiagonal()});
}

TEST_CASE("the neighbour list holds every pair a plain search finds", "[structures][neighbors]") {
  std::mt19937 engine{14};
  for (const double cutoff : {1.5, 4.0, 9.0}) {
    const Eigen::Matrix3d cell = test::random_cell(engine);
    Eigen::Matrix3Xd x(3, 20);
    for (int i = 0; i < x.cols(); ++i)
      for (int k = 0; k < 3; ++k) x(k, i) = test::uniform(engine, -1.5, 1.5);
    std::size_t expected = 0;
    const int reach = 12;
    for (int i = 0; i < x.cols(); ++i)
      for (int j = 0; j < x.cols(); ++j)
        for (int a = -reach; a <= reach; ++a)
          for (int b = -reach; b <= reach; ++b)
            for (int c = -reach; c <= reach; ++c) {
              if (i == j && a == 0 && b == 0 && c == 0) continue;
              if ((cell * (x.col(j) + Eigen::Vector3d(a, b, c) - x.col(i))).norm() <= cutoff) ++expected;
            }
    const auto found = find_neighbors(cell, x, cutoff);
    CHECK(found.size() == expected);
    for (const Neighbor& pair : found)
      CHECK((cell * (x.col(pair.j) + pair.image.cast<double>() - x.col(pair.i))).norm() == Approx(pair.distance));
  }
}
