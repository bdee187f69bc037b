// SPDX-License-Identifier: GPL-2.0-or-later
// A path that moves on a surrogate, as far as the surrogate is known to hold.
#pragma once

#include <vector>

#include "neb/band/band.hpp"
#include "neb/surrogate/surrogate.hpp"

namespace hopflow {

/// What became of a path.
struct Moved {
  std::vector<Configuration> images;
  int highest = 0;
  int farthest = 1;   ///< image furthest from any answer
  bool left = false;  ///< it stopped there
};

/// The band on the surrogate, until it converges there or an image leaves the region the surrogate knows. The highest
/// point between two images takes the place of the nearer one.
/// @param path  ends included
/// @param sure  the latest answer was what the surrogate had predicted: it may be followed further, and images are
/// added in
///   between where the path rises there, and taken out again in the end
Moved move_on(const Surrogate& surrogate, const std::vector<Configuration>& path, const Mobile& mobile,
              const BandOptions& options, bool sure);

}  // namespace hopflow
