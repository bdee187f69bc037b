// SPDX-License-Identifier: GPL-2.0-or-later
// Positions and cell together, with an engine that refuses what it cannot answer.
#include <catch2/catch.hpp>

#include <cmath>

#include "neb/relax/relax_cell.hpp"

using namespace hopflow;

namespace {

/// Atoms on a simple lattice that see their next images along the three axes alone: 15 (r - 3)^2 + (2.8 / r)^12 for
/// each.
struct Chains {
  double steepest;  ///< eV/A: no answer beyond
  int refused = 0;

  static double slope(double r) { return 30 * (r - 3) - 12 * std::pow(2.8 / r, 12) / r; }

  std::optional<Evaluation> answer(const Configuration& c) {
    Evaluation e;
    e.energy_ev = 0;
    e.forces.setZero(3, 1);
    Eigen::Matrix3d stress = Eigen::Matrix3d::Zero();
    for (int k = 0; k < 3; ++k) {
      const Eigen::Vector3d a = c.cell.col(k);
      const double r = a.norm();
      if (std::abs(slope(r)) > steepest) {
        ++refused;
        return std::nullopt;
      }
      e.energy_ev += 15 * (r - 3) * (r - 3) + std::pow(2.8 / r, 12);
      stress += slope(r) / r * a * a.transpose();
    }
    e.stress = stress / c.cell.determinant();
    return e;
  }
};

Relaxed relaxed(Chains& chains, double edge) {
  Configuration one;
  one.cell = edge * Eigen::Matrix3d::Identity();
  one.species = {18};
  one.positions.setZero(3, 1);
  RelaxOptions options;
  options.fmax = 1e-3;
  options.max_move = 1;  // steps long enough to meet the wall
  auto procedure = relax_cell(one, {}, options);
  while (!procedure.done()) {
    if (auto answer = chains.answer(procedure.ask().front()))
      procedure.tell({*answer});
    else
      procedure.tell_error(Error{Error::Kind::engine, "too steep"});
  }
  return procedure.take();
}

}  // namespace

TEST_CASE("a cell relaxes to where its energy has no slope, in shorter steps where one squeezes it and is refused",
          "[neb][relax]") {
  Chains patient{1e12};
  const Relaxed free = relaxed(patient, 4);
  REQUIRE(free.converged());
  CHECK(patient.refused == 0);
  CHECK(Chains::slope(free.configuration.cell(0, 0)) == Approx(0).margin(0.05));
  Chains careful{40};
  const Relaxed shortened = relaxed(careful, 4);
  CHECK(careful.refused > 0);
  CHECK(shortened.converged());
  CHECK(shortened.evaluation.energy_ev == Approx(free.evaluation.energy_ev).margin(1e-4));
}

TEST_CASE("a cell that is refused where nothing squeezed it is an engine failure", "[neb][relax]") {
  Chains stubborn{5};
  CHECK_THROWS_WITH(relaxed(stubborn, 4), Catch::Contains("too steep"));
}
