// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <cmath>

#include "neb/barrier/uncertainty.hpp"
#include "neb/barrier/unmeasured.hpp"

using namespace hopflow;

namespace {

/// A barrier of one search in a cubic cell, with a numerical error of 1 meV.
BarrierResult barrier_in(double edge, std::vector<int> species = {55, 53}) {
  Configuration atoms;
  atoms.cell = edge * Eigen::Matrix3d::Identity();
  atoms.positions = Eigen::Matrix3Xd::Zero(3, static_cast<Eigen::Index>(species.size()));
  atoms.species = std::move(species);
  BarrierResult barrier;
  barrier.path = {atoms};
  barrier.parts = {numerical_part("residual_force", 0.001, ""), {"cell_size", std::nullopt, "not computed", false}};
  return barrier;
}

std::optional<double> part(const BarrierResult& barrier, const std::string& name) {
  for (const UncertaintyPart& p : barrier.parts)
    if (p.name == name) return p.value_ev;
  FAIL("no part called " << name);
  return std::nullopt;
}

const EngineOfBarrier learned{model_error_of_tier("mlip"), "mlip", "unresolved"};

}  // namespace

TEST_CASE("the error of a single barrier holds engine, protocol and cell by name", "[neb][trust]") {
  BarrierResult barrier = barrier_in(12);
  complete_error_bar(barrier, learned);
  CHECK(part(barrier, "model") == model_error_of_tier("mlip").value_ev);
  CHECK(part(barrier, "protocol") == 0.12);
  CHECK(*part(barrier, "cell_size") == Approx(0.10));
  CHECK(barrier.uncertainty_ev == Approx(std::sqrt(0.001 * 0.001 + 0.10 * 0.10 + 0.12 * 0.12 + 0.10 * 0.10)));
  CHECK(numerical_error(barrier.parts) == Approx(0.001));
  for (const UncertaintyPart& p : barrier.parts)
    if (!p.numerical) CHECK_FALSE(p.note.empty());

  BarrierResult stated = barrier_in(12), kept = barrier_in(12);
  complete_error_bar(stated, {{0.03, "stated with the engine"}, "mlip", "unresolved"});
  CHECK(part(stated, "model") == 0.03);
  complete_error_bar(kept, learned, true);
  CHECK(*part(kept, "protocol") == Approx(std::hypot(0.12, 0.15)));
}

TEST_CASE("the cell of a single barrier counts by its volume, as far as cells were measured", "[neb][trust]") {
  const auto cell_size = [](double edge, std::vector<int> species = {55, 53}, const std::string& charge = "+1") {
    BarrierResult barrier = barrier_in(edge, std::move(species));
    complete_error_bar(barrier, {model_error_of_tier("dft"), "dft", charge});
    return part(barrier, "cell_size").value();
  };
  CHECK(cell_size(24) == Approx(cell_size(12) / 8));
  CHECK(cell_size(4) == cell_size(9.5));
  CHECK(cell_size(12, {55, 53}, "none: the potential knows no charge") == Approx(cell_size(12) / 5));
  CHECK(cell_size(12, {55, 53}, "neutral by fixed ionic charges") == Approx(cell_size(12) / 5));
  CHECK(cell_size(12, {13, 13}) == Approx(cell_size(12) / 5));  // metals screen

  // Along the short diagonal of a cell of 60 degrees, and in the plane of a slab.
  BarrierResult oblique = barrier_in(12), slab = barrier_in(12), molecule = barrier_in(12);
  oblique.path[0].cell.col(1) = Eigen::Vector3d{24, 12, 0};
  complete_error_bar(oblique, learned);
  CHECK(*part(oblique, "cell_size") == Approx(0.10));
  slab.path[0].periodic = {true, true, false};
  slab.path[0].cell.col(2) = Eigen::Vector3d{0, 0, 1};
  complete_error_bar(slab, learned);
  CHECK(*part(slab, "cell_size") == Approx(0.10));
  molecule.path[0].periodic = {false, false, false};
  complete_error_bar(molecule, learned);
  CHECK_FALSE(part(molecule, "cell_size"));
  CHECK_FALSE(part(molecule, "protocol"));
}

TEST_CASE("a surface in closed form has a numerical error alone", "[neb][trust]") {
  BarrierResult barrier = barrier_in(12);
  complete_error_bar(barrier, {model_error_of_tier("analytic"), "analytic", "none"});
  CHECK(part(barrier, "model") == 0.0);
  CHECK(barrier.uncertainty_ev == Approx(0.001));
}
