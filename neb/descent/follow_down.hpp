// SPDX-License-Identifier: GPL-2.0-or-later
// Which two minima a saddle joins: the path is followed down from it on both sides.
#pragma once

#include <array>
#include <string>

#include "neb/band/band.hpp"
#include "neb/saddle/certificate.hpp"
#include "neb/surrogate/surrogate.hpp"

namespace hopflow {

/// Where one side of a saddle leads.
enum class Foot {
  start,      ///< the first image of the path
  end,        ///< the last one
  elsewhere,  ///< another minimum
  open        ///< not known: the engine refused, or a minimum could not be relaxed
};

/// One side of a saddle, followed down.
struct Side {
  Foot foot = Foot::open;
  Configuration minimum;  ///< of `elsewhere`, relaxed
  Evaluation answer;      ///< there
  std::string words;      ///< of `open`: why
};

/// Both sides of a saddle: first the one the path comes from, then the one it goes on to.
struct Sides {
  std::array<Side, 2> side;

  bool joins_ends() const { return side[0].foot == Foot::start && side[1].foot == Foot::end; }
};

struct FollowOptions {
  double fmax = 0.01;     ///< of other minima (eV/A)
  double dip_ev = 0.005;  ///< minima less deep than this are part of the slope
  std::string stage = "follow down";
};

/// A process that knows the answers on a path, for questions near it.
Surrogate surrogate_along(const Path& path, const Mobile& mobile);

/// Whether a path falls from its saddle to both ends without rising again, between its images too. A step between two
/// images falls where the cubic through their energies and slopes does and is borne out: where energy and forces leave
/// a doubt, the engine is asked half way, and once more at the quarters. Steps that all fall are a descent from the
/// saddle to that end. Where one rises, or no doubt can be resolved, its upper image is relaxed: the minimum it comes
/// to rest in is where that side of the saddle leads.
/// @param path  converged, with a saddle
/// @param learned  takes the answers; may be null
Procedure<Sides> follow_down(Path path, Mobile mobile, Certificate certificate, Surrogate* learned,
                             FollowOptions options);

}  // namespace hopflow
