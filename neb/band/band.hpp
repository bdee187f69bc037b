// SPDX-License-Identifier: GPL-2.0-or-later
// A nudged elastic band between two fixed ends.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neb/band/springs.hpp"
#include "neb/band/string.hpp"
#include "neb/core/ending.hpp"
#include "neb/core/mobile.hpp"
#include "neb/core/procedure.hpp"

namespace hopflow {

struct BandOptions {
  bool climb = true;
  double fmax = 0.05;  ///< eV/A, real force across the path on every image, whole real force on the climbing one
  int max_rounds = 600;
  double steady_ev = 0.005;  ///< the highest energy must move less than this over the last rounds
  int steady_rounds = 10;
  double climb_below = 1.0;   ///< eV/A: the highest image climbs once the band's fmax is below this, or after 15 rounds
  double handover = 0;        ///< eV/A: end when the climbing image's real force falls below this; 0: converge it here
  double handover_share = 0;  ///< or below this share of the band's largest force in the first round
  BandMethod method = BandMethod::neb;
  double spring = 1.0;  ///< eV/A^2
  Springs springs = Springs::even;
  double even_enough = 0;   ///< springs or redistribution rest while no step is this many times longer than another
  bool dynamic = false;     ///< images with less force than fmax rest, unasked, while others move; see converge_band()
  bool drift_free = false;  ///< images do not shift or turn as a whole, where that is a rigid motion
  double max_move = 0.2;    ///< largest step of an atom (A)
  int batch = 1;            ///< questions a round where a surrogate chooses them
  std::string stage = "band";
};

/// A path with its answers; ends included.
struct Path {
  std::vector<Configuration> images;
  std::vector<Evaluation> answers;  ///< as many; those of interior images may be empty before the band has asked
  std::optional<int> saddle;        ///< an interior image that is a saddle already: neither asked nor moved
};

/// pull_apart() of those images that have no answer. @return whether any moved
bool make_room(Path& path, const Mobile& mobile, double share);

/// A structure that nothing holds comes to rest turned and shifted: the ends and the saddle of a path are then tilted
/// to each other. Between these, which stay, each image is moved as a whole to lie next to the one before it, and what
/// is left of the motion to the next of them is spread over the images between; forces turn with their image. Nothing
/// happens where no such motion is free.
void spread_motion(Path& path, const Mobile& mobile);

struct Band {
  Path path;
  Ending ending = Ending::not_converged;  ///< converged: all images
  bool handed_over = false;               ///< the climbing image is near a saddle, or will not come nearer by climbing
  std::string reason;                     ///< why not converged, "" if converged or handed over
  int highest = 0;                        ///< the climbing image; without climbing the highest interior one
  Eigen::VectorXd tangent;                ///< there, over the mobile atoms
  double fmax = 0;                        ///< as in BandOptions, largest over the images (eV/A)
  double spread_ev = 0;                   ///< of the highest energy over the last rounds
  int rounds = 0;
  int evaluations = 0;
  int evaluations_climb = 0;  ///< until the climbing image's real force first was below fmax

  bool converged() const { return ending == Ending::converged; }
};

/// Moves the interior images to the minimum energy path. All of them are asked in each round; if `dynamic`, only those
/// whose force is above fmax: the others rest where their answer was given, until a neighbour's move turns their
/// tangent and brings their force above it. While a band climbs towards a handover the limit rises with the distance
/// from the climbing image. Source: Lindgren, Kastlunger & Peterson, J. Chem. Theory Comput. 15, 5787 (2019). Improved
/// tangents, springs for even spacing or a string, a climbing image; adaptive ODE steps, and FIRE from where they stop
/// making progress. A climbing image that runs away uphill is put back, and climbs
/// again when the band lies closer to its path. With a handover, one that makes no progress, or runs away again, is
/// handed over from the best place it had. Images whose answers are given are not asked in the first round. A path
/// whose first round the engine refuses is given room where atoms are squeezed, twice; a step that squeezes atoms and
/// is refused is shortened, six times in a row. Ends as collapsed when an image falls 20 eV below the
/// lower end.
Procedure<Band> converge_band(Path start, Mobile mobile, BandOptions options);

}  // namespace hopflow
