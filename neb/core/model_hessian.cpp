// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/core/model_hessian.hpp"

#include <utility>

#include "structures/chemistry/molecules.hpp"
#include "structures/core/index.hpp"

namespace hopflow {
namespace {

// Stiffer than the ground by so much. By force fields of organic cations, bonds have some 30 eV/A^2 and springs that
// would hold their angles 8; evaluations needed for halide perovskites change little within a factor of two of these
// ratios.
constexpr double bond = 5;
constexpr double bend = 0.8;
constexpr double stale = 0.1;  // A: atoms that have moved further have turned their springs

Configuration atoms_of(Configuration configuration) {
  std::erase(configuration.species, 0);
  configuration.positions.conservativeResize(3, configuration.size());
  return configuration;
}

}  // namespace

ModelHessian::ModelHessian(const Configuration& configuration, const Mobile& mobile) {
  std::vector<int> place(at(configuration.size()), -1);
  for (int i = 0; i < mobile.count(); ++i) place[at(mobile.atoms()[at(i)])] = i;
  const auto join = [&](int a, int b, const Eigen::Vector3i& image, double stiffness) {
    const Eigen::Vector3d lattice = configuration.cell * image.cast<double>();
    const int i = place[at(a)], j = place[at(b)];
    if (i >= 0 && j >= 0) springs_.push_back({i, j, lattice, stiffness});
    if (i >= 0 && j < 0) springs_.push_back({i, -1, configuration.positions.col(b) + lattice, stiffness});
    if (i < 0 && j >= 0) springs_.push_back({j, -1, configuration.positions.col(a) - lattice, stiffness});
  };
  std::vector<std::vector<std::pair<int, Eigen::Vector3i>>> bonded(at(configuration.size()));
  for (const Bond& one : find_bonds(atoms_of(configuration))) {
    join(one.i, one.j, one.image, bond);
    bonded[at(one.i)].emplace_back(one.j, one.image);
    bonded[at(one.j)].emplace_back(one.i, -one.image);
  }
  for (const auto& around : bonded)
    for (std::size_t a = 0; a < around.size(); ++a)
      for (std::size_t b = a + 1; b < around.size(); ++b)
        join(around[a].first, around[b].first, around[b].second - around[a].second, bend);
  follow(mobile.gather(configuration.positions));
}

void ModelHessian::follow(const Eigen::VectorXd& coordinates) {
  if (springs_.empty() || (at_.size() > 0 && longest(coordinates - at_) < stale)) return;
  at_ = coordinates;
  std::vector<Eigen::Triplet<double>> entries;
  const auto add = [&](int i, int j, const Eigen::Matrix3d& block) {
    for (int a = 0; a < 3; ++a)
      for (int b = 0; b < 3; ++b) entries.emplace_back(3 * i + a, 3 * j + b, block(a, b));
  };
  for (int i = 0; i < at_.size() / 3; ++i) add(i, i, Eigen::Matrix3d::Identity());
  for (const Spring& spring : springs_) {
    const Eigen::Vector3d start = at_.segment<3>(3 * spring.from);
    const Eigen::Vector3d end =
        spring.to < 0 ? spring.shift : Eigen::Vector3d(at_.segment<3>(3 * spring.to) + spring.shift);
    const Eigen::Vector3d direction = (end - start).normalized();
    const Eigen::Matrix3d block = spring.stiffness * direction * direction.transpose();
    add(spring.from, spring.from, block);
    if (spring.to < 0) continue;
    add(spring.to, spring.to, block);
    add(spring.from, spring.to, -block);
    add(spring.to, spring.from, -block);
  }
  Eigen::SparseMatrix<double> matrix(at_.size(), at_.size());
  matrix.setFromTriplets(entries.begin(), entries.end());
  factors_ = std::make_unique<Eigen::SimplicialLLT<Eigen::SparseMatrix<double>>>(matrix);
}

Eigen::VectorXd ModelHessian::solve(const Eigen::VectorXd& vector) const {
  if (springs_.empty()) return vector;
  return factors_->solve(vector);
}

}  // namespace hopflow
