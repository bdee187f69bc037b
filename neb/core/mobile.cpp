// SPDX-License-Identifier: GPL-2.0-or-later
// Gathering and placing mobile coordinates.
#include "neb/core/mobile.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "structures/core/error.hpp"

namespace hopflow {

Mobile::Mobile(const Mask& mask, int atoms) : mask_{mask} {
  if (!mask.empty() && static_cast<int>(mask.size()) != atoms) {
    throw Error(Error::Kind::bad_input,
                fmt::format("mask of mobile atoms: found {} entries for {} atoms; give one per atom, or none at all",
                            mask.size(), atoms));
  }
  if (mask.empty()) mask_.assign(static_cast<std::size_t>(atoms), true);
  for (int i = 0; i < atoms; ++i) {
    if (mask_[static_cast<std::size_t>(i)]) atoms_.push_back(i);
  }
  if (atoms_.empty()) {
    throw Error(Error::Kind::bad_input,
                fmt::format("mask of mobile atoms: all {} atoms are fixed; leave at least one free to move", atoms));
  }
}

std::vector<int> Mobile::partners(int i) const {
  std::vector<int> others;
  for (int j = 0; j < static_cast<int>(mask_.size()); ++j) {
    if (j != i && (j > i || !mask_[static_cast<std::size_t>(j)])) others.push_back(j);
  }
  return others;
}

Eigen::VectorXd Mobile::gather(const Eigen::Matrix3Xd& columns) const {
  Eigen::VectorXd packed(3 * count());
  for (int m = 0; m < count(); ++m) packed.segment<3>(3 * m) = columns.col(atoms_[static_cast<std::size_t>(m)]);
  return packed;
}

Configuration Mobile::place(const Configuration& frame, const Eigen::VectorXd& coordinates) const {
  Configuration moved = frame;
  for (int m = 0; m < count(); ++m) {
    moved.positions.col(atoms_[static_cast<std::size_t>(m)]) = coordinates.segment<3>(3 * m);
  }
  return moved;
}

double longest(const Eigen::VectorXd& over_atoms) {
  double squared = 0;
  for (Eigen::Index i = 0; i + 2 < over_atoms.size(); i += 3) {
    squared = std::max(squared, over_atoms.segment<3>(i).squaredNorm());
  }
  return std::sqrt(squared);
}

Eigen::VectorXd shortened(Eigen::VectorXd step, double limit) {
  const double length = longest(step);
  if (length > limit) step *= limit / length;
  return step;
}

}  // namespace hopflow
