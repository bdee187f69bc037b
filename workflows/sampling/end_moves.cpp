// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/sampling/end_moves.hpp"

#include <algorithm>

#include "neb/path/turns.hpp"
#include "structures/core/cell.hpp"

namespace hopflow {

namespace {

constexpr double turned_degrees = 30;
constexpr double moved = 0.5;  // A

/// The columns that are not hydrogen, all if those are fewer than two, about their centre.
Eigen::Matrix3Xd heavy(const Eigen::Matrix3Xd& positions, const std::vector<int>& species) {
  std::vector<Eigen::Index> chosen;
  for (std::size_t i = 0; i < species.size(); ++i)
    if (species[i] != 1) chosen.push_back(static_cast<Eigen::Index>(i));
  Eigen::Matrix3Xd out = positions;
  if (chosen.size() >= 2) {
    out.resize(3, static_cast<Eigen::Index>(chosen.size()));
    for (std::size_t k = 0; k < chosen.size(); ++k) out.col(static_cast<Eigen::Index>(k)) = positions.col(chosen[k]);
  }
  const Eigen::Vector3d centre = out.rowwise().mean();
  out.colwise() -= centre;
  return out;
}

}  // namespace

double turned_by(const Eigen::Matrix3Xd& from, const Eigen::Matrix3Xd& to, const std::vector<int>& species) {
  return species.size() < 2 ? 0 : degrees_of(rotation_between(heavy(from, species), heavy(to, species)));
}

EndMoves moves_between(const Configuration& from, const Configuration& to, int ion,
                       const std::vector<std::vector<int>>& molecules) {
  EndMoves out;
  std::vector<bool> counted(from.species.size(), false);
  counted[static_cast<std::size_t>(ion)] = true;
  for (const std::vector<int>& molecule : molecules) {
    Eigen::Matrix3Xd a(3, static_cast<Eigen::Index>(molecule.size())), b = a;
    std::vector<int> species;
    for (std::size_t k = 0; k < molecule.size(); ++k) {
      const int atom = molecule[k];
      counted[static_cast<std::size_t>(atom)] = true;
      a.col(static_cast<Eigen::Index>(k)) = from.positions.col(atom);
      b.col(static_cast<Eigen::Index>(k)) = to.positions.col(atom);
      species.push_back(from.species[static_cast<std::size_t>(atom)]);
    }
    const double angle = turned_by(a, b, species);
    out.largest_turn_deg = std::max(out.largest_turn_deg, angle);
    if (angle > turned_degrees) ++out.turned;
  }
  const Eigen::Matrix3Xd apart = minimum_image(from.cell, to.positions - from.positions, from.periodic);
  for (int i = 0; i < from.size(); ++i) {
    if (counted[static_cast<std::size_t>(i)]) continue;
    out.largest_move = std::max(out.largest_move, apart.col(i).norm());
    if (apart.col(i).norm() > moved) ++out.movers;
  }
  return out;
}

}  // namespace hopflow
