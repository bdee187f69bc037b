// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/sites/site_expansion.hpp"

#include <algorithm>
#include <cmath>

namespace hopflow {

namespace {

constexpr double apart = 0.5;  // A; between `merge` and this a file leaves open whether it means one atom or two

Eigen::Vector3d nearest_whole(const Eigen::Vector3d& v) { return v.array().round().matrix(); }

/// The mean over the operations that (nearly) keep the site is exactly invariant: 0.3333 becomes 1/3.
Eigen::Vector3d shift_onto_special_position(const Eigen::Vector3d& x, const std::vector<Operation>& operations,
                                            const Eigen::Matrix3d& cell, double merge) {
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  int kept = 0;
  for (const Operation& o : operations) {
    const Eigen::Vector3d d = o.rotation.cast<double>() * x + o.translation - x;
    const Eigen::Vector3d rest = d - nearest_whole(d);
    if ((cell * rest).norm() > merge) continue;
    sum += rest;
    ++kept;
  }
  return sum / std::max(kept, 1);
}

}  // namespace

SiteImages expand_site(const Eigen::Vector3d& fractional, const std::vector<Operation>& operations,
                       const Eigen::Matrix3d& cell, double merge) {
  SiteImages out;
  const Eigen::Vector3d shift = shift_onto_special_position(fractional, operations, cell, merge);
  out.moved = (cell * shift).norm();
  Eigen::Vector3d x = fractional;
  if (out.moved > 1e-12) x += shift;

  out.positions.push_back(x);
  for (const Operation& o : operations) {
    Eigen::Vector3d image = o.rotation.cast<double>() * x + o.translation;
    int found = -1;
    for (std::size_t k = 0; k < out.positions.size() && found < 0; ++k) {
      const Eigen::Vector3d d = image - out.positions[k];
      const double distance = (cell * (d - nearest_whole(d))).norm();
      if (distance < merge)
        found = static_cast<int>(k);
      else if (distance < apart && (out.closest == 0 || distance < out.closest))
        out.closest = distance;
    }
    if (found < 0) {
      found = static_cast<int>(out.positions.size());
      // Into the cell, with 1 - 1e-12 counted as 0.
      for (int k = 0; k < 3; ++k) image(k) -= std::floor(image(k) + 1e-9);
      out.positions.push_back(image);
    }
    out.of_operation.push_back(found);
  }
  return out;
}

}  // namespace hopflow
