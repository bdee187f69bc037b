// SPDX-License-Identifier: GPL-2.0-or-later
// Forces on all images of a band at once.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include <Eigen/Dense>

#include "neb/band/band.hpp"
#include "neb/core/rigid.hpp"

namespace hopflow {

/// All images of a band, ends included.
struct BandPoints {
  std::vector<Eigen::VectorXd> x, gradient;  ///< over the mobile atoms (A, eV/A)
  std::vector<double> energy;                ///< eV
  std::vector<Evaluation> answers;
};

/// What follows from the points.
struct BandForces {
  Eigen::VectorXd total;     ///< on the interior images, one after the other, springs included (eV/A)
  double residual = 0;       ///< largest component of total
  double fmax = 0;           ///< as in BandOptions
  std::vector<double> real;  ///< the same on each image; 0 at the ends and on a saddle held (eV/A)
  double climbing = std::numeric_limits<double>::infinity();  ///< real force on the climbing image (eV/A)
  int highest = 0;
  Eigen::VectorXd tangent;  ///< there
};

/// Whether no step is `even_enough` times longer than another; never if that is 0.
bool is_even(const std::vector<Eigen::VectorXd>& path, double even_enough);

/// @param climb  whether the highest image climbs
/// @param saddle  an image that is a saddle already: the highest one, on which there is no force
/// @param free  neighbours of an image count as moved next to it by these motions; or none
/// @param rigid  for each image orthonormal motions that are taken off its force, see rigid_motions(); or empty
BandForces band_forces(const BandPoints& p, const BandOptions& options, bool climb, std::optional<int> saddle,
                       const FreeMotions* free = nullptr, const std::vector<std::vector<Eigen::VectorXd>>& rigid = {});

}  // namespace hopflow
