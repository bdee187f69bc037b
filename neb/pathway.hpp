// SPDX-License-Identifier: GPL-2.0-or-later
// A band that is split where it passes through other minima.
#pragma once

#include <string>
#include <vector>

#include "neb/band.hpp"
#include "neb/convergence.hpp"

namespace hopflow {

struct PathwayOptions {
  BandOptions band;
  int images = 5;              ///< between two minima
  double dip_ev = 0.005;       ///< dips deeper than this are followed down; 0.05 eV while a handed-over band is rough
  double minimum_fmax = 0.01;  ///< of minima on the way (eV/A)
  int splits = 3;              ///< levels of splitting
};

struct Pathway {
  Path path;                       ///< all minima and the images between them
  std::vector<int> minima;         ///< images that are minima; first and last included
  bool converged = false;
  bool handed_over = false;        ///< the highest image is to be polished; then the other images may need convergence
  std::string reason;
  std::vector<std::string> warnings;
  int highest = 0;
  Eigen::VectorXd tangent;         ///< at the highest image
  double fmax = 0;                 ///< eV/A
  double spread_ev = 0;
  int evaluations = 0;
  int evaluations_climb = 0;       ///< until the climbing image (the last of them, after splits) first was below fmax
};

/// Converges the band; relaxes each dip of its profile. Where a dip leads to another minimum, the path is split there and
/// both parts are converged side by side; where it leads back to an end, the way beyond it is converged again.
Procedure<Pathway> find_pathway(Path start, Mobile mobile, PathwayOptions options);

/// The second half of find_pathway(): `pathway` is one band between its first and last image, `found` its dips.
Procedure<Pathway> split_at(Pathway pathway, std::vector<Dip> found, Mobile mobile, PathwayOptions options);

/// Dips of the path's profile deeper than `least_ev`.
std::vector<Dip> dips_of(const Path& path, double least_ev);

/// `images` interior points at even distances along a polyline; ends kept.
std::vector<Eigen::VectorXd> evenly_spaced(const std::vector<Eigen::VectorXd>& polyline, int images);

}  // namespace hopflow
