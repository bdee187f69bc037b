// SPDX-License-Identifier: GPL-2.0-or-later
#include "potentials/labelled/choose_frames.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <set>

#include "structures/graph/neighbors.hpp"

namespace hopflow {

namespace {

constexpr double cutoff = 6.0;   // A: the second neighbours of an iodide
constexpr double width = 0.5;    // A, of a Gaussian: vibrations of bonds (0.05 A) hardly show, contacts do
constexpr double nearest = 1.0;  // A
constexpr int radii = 10;
/// Surroundings nearer than this are the same (their sums differ by less than rounding of files explains).
constexpr double same = 1e-6;

/// Atoms of one element: a column each.
using ByElement = std::map<int, Eigen::MatrixXd>;

ByElement by_element(const Configuration& configuration, std::span<const int> elements) {
  const Eigen::MatrixXd all = surroundings(configuration, elements);
  std::map<int, std::vector<int>> atoms;
  for (int i = 0; i < configuration.size(); ++i) atoms[configuration.species[static_cast<std::size_t>(i)]].push_back(i);
  ByElement out;
  for (const auto& [element, list] : atoms) out[element] = all(Eigen::all, list);
  return out;
}

/// A candidate and how far each of its atoms is from what was chosen.
struct Candidate {
  ByElement atoms;
  std::map<int, Eigen::VectorXd> square;

  void compare(const ByElement& chosen) {
    for (auto& [element, least] : square) {
      const auto other = chosen.find(element);
      if (other == chosen.end()) continue;
      const Eigen::MatrixXd& own = atoms.at(element);
      Eigen::MatrixXd between = -2 * own.transpose() * other->second;
      between.colwise() += own.colwise().squaredNorm().transpose();
      between.rowwise() += other->second.colwise().squaredNorm();
      least = least.cwiseMin(between.rowwise().minCoeff().cwiseMax(0.0));
    }
  }
  double distance() const {
    double most = 0;
    for (const auto& [element, least] : square) most = std::max(most, least.maxCoeff());
    return std::sqrt(most);
  }
};

}  // namespace

Eigen::MatrixXd surroundings(const Configuration& configuration, std::span<const int> elements) {
  const auto rows = static_cast<Eigen::Index>(elements.size()) * radii;
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(rows, configuration.size());
  const Eigen::Matrix3Xd fractional = configuration.cell.inverse() * configuration.positions;
  const Eigen::ArrayXd at = Eigen::ArrayXd::LinSpaced(radii, nearest, cutoff - width);
  for (const Neighbor& pair : find_neighbors(configuration.cell, fractional, cutoff)) {
    const auto element = std::ranges::find(elements, configuration.species[static_cast<std::size_t>(pair.j)]);
    if (element == elements.end()) continue;
    const double weight = 0.5 * (1 + std::cos(std::numbers::pi * pair.distance / cutoff));
    out.block((element - elements.begin()) * radii, pair.i, radii, 1).array() +=
        weight * (-((pair.distance - at) / width).square()).exp();
  }
  return out;
}

std::vector<Chosen> choose_frames(std::span<const Configuration> candidates, std::span<const Configuration> known,
                                  std::size_t count) {
  std::set<int> present;
  for (const auto& frames : {candidates, known})
    for (const Configuration& frame : frames) present.insert(frame.species.begin(), frame.species.end());
  const std::vector<int> elements{present.begin(), present.end()};

  std::vector<Candidate> all(candidates.size());
  for (std::size_t k = 0; k < all.size(); ++k) {
    all[k].atoms = by_element(candidates[k], elements);
    for (const auto& [element, atoms] : all[k].atoms)
      all[k].square[element] = Eigen::VectorXd::Constant(atoms.cols(), std::numeric_limits<double>::infinity());
  }
  for (const Configuration& frame : known) {
    const ByElement atoms = by_element(frame, elements);
    for (Candidate& candidate : all) candidate.compare(atoms);
  }
  std::vector<Chosen> out;
  while (out.size() < std::min(count, all.size())) {
    Chosen best;
    if (!known.empty() || !out.empty()) {
      for (std::size_t k = 0; k < all.size(); ++k)
        if (const double distance = all[k].distance(); distance > best.distance) best = {k, distance};
      if (best.distance < same) break;
    }
    out.push_back(best);
    for (Candidate& candidate : all) candidate.compare(all[best.index].atoms);
  }
  return out;
}

}  // namespace hopflow
