// SPDX-License-Identifier: GPL-2.0-or-later
// How long a saddle with soft modes is polished.
#include <catch2/catch.hpp>

#include <cmath>

#include "neb/saddle.hpp"
#include "tests/neb/drive.hpp"

using namespace hopflow;

namespace {

/// A saddle of first order at the origin, energy 0: curvature -1 along the first coordinate, 0.1 to 20 eV/A^2 along the others,
/// neighbouring ones coupled.
class Soft final : public Potential {
 public:
  Evaluation evaluate(const Configuration& c) override {
    Evaluation e;
    e.forces.setZero(3, c.size());
    const Eigen::VectorXd x = Eigen::Map<const Eigen::VectorXd>(c.positions.data() + 3, 3 * (c.size() - 1));
    Eigen::VectorXd slope(x.size());
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      const double k = i == 0 ? -1 : 0.1 * std::pow(200, static_cast<double>(i) / static_cast<double>(x.size() - 1));
      e.energy_ev += 0.5 * k * x[i] * x[i];
      slope[i] = k * x[i];
    }
    for (Eigen::Index i = 1; i + 1 < x.size(); ++i) {
      e.energy_ev += x[i] * x[i] * x[i + 1] * x[i + 1];
      slope[i] += 2 * x[i] * x[i + 1] * x[i + 1];
      slope[i + 1] += 2 * x[i] * x[i] * x[i + 1];
    }
    Eigen::Map<Eigen::VectorXd>(e.forces.data() + 3, x.size()) = -slope;
    ++asked;
    return e;
  }
  int asked = 0;
};

}  // namespace

TEST_CASE("a saddle is polished on while soft modes hold energy, and no longer", "[neb][saddle]") {
  constexpr int atoms = 41;
  Configuration start;
  start.cell = 50 * Eigen::Matrix3d::Identity();
  start.species.assign(atoms, 1);
  start.positions.setConstant(3, atoms, 0.3);
  start.positions.col(0).setZero();
  Mask mask(atoms, true);
  mask[0] = false;  // held, so that nothing moves as a whole
  const Mobile mobile(mask, atoms);
  Modes known;
  Mode down;
  down.curvature = -1;
  down.direction = Eigen::VectorXd::Unit(3 * (atoms - 1), 0);
  known.lowest.push_back(down);
  SaddleOptions options;
  options.fmax = 1e-6;
  options.max_calls = 20;
  options.keep_best = true;
  const auto polished = [&](int lots) {
    Soft soft;
    options.more_lots = lots;
    return testing::drive(follow_mode(start, soft.evaluate(start), mobile, known, down.direction, options), soft);
  };
  const Saddle one_lot = polished(0), more = polished(20);
  CHECK(one_lot.evaluations <= options.max_calls);
  CHECK(std::abs(one_lot.evaluation.energy_ev) > 5 * options.enough_ev);
  CHECK(std::abs(more.evaluation.energy_ev) < 2 * options.enough_ev);
  CHECK(more.fmax > options.fmax);          // little energy was left before that
  CHECK(more.evaluations < 20 * options.max_calls);
}
