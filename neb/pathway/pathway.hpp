// SPDX-License-Identifier: GPL-2.0-or-later
// From a first path to a converged one through certified saddles, split where it passes through other minima.
#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "neb/band/band.hpp"
#include "neb/core/convergence.hpp"
#include "neb/core/ending.hpp"
#include "neb/descent/follow_down.hpp"
#include "neb/saddle/certificate.hpp"
#include "neb/surrogate/surrogate.hpp"

namespace hopflow {

/// A saddle found before.
struct KnownSaddle {
  Eigen::VectorXd at;  ///< over the mobile atoms (A)
  double energy_ev = 0;
};

struct PathwayOptions {
  BandOptions band;  ///< its handover is used where saddles are certified
  bool certify = true;
  bool surrogate = true;  ///< look for the saddle on a Gaussian process first, and go down from it image by image;
                          ///< where either gives up, the plain band
  bool follow = true;     ///< saddles are followed down on both sides: they must join the minima next to them
  CertificateOptions certificate;
  int images = 5;            ///< between two minima
  double drawn_fmax = 0.05;  ///< eV/A, of images next to a certified saddle, if band.fmax asks for less: they draw the
                             ///< path and do not enter the barrier
  double dip_ev = 0.005;     ///< dips deeper than this are followed down; 0.05 eV while a band is still rough
  double minimum_fmax = 0.01;  ///< of minima on the path (eV/A)
  int splits = 3;              ///< levels of splitting
  int trims = 3;               ///< how often a path that comes back to one of its ends or its saddle is begun again
  bool dips = true;            ///< look for minima in profiles, too, not only by descents from the saddles
  int insert = 16;  ///< images added to a part where its profile stands higher between two of them or is coarse
  int climbs = 4;   ///< saddles certified in one part before a still higher point on its path ends the search
  double no_use_above_ev = std::numeric_limits<double>::infinity();  ///< energy of the engine: a saddle above this ends
                                                                     ///< the search, as a lower way is known
  std::vector<KnownSaddle> known_saddles{};  ///< a search that comes to one of them is of no use either
};

/// A saddle of the path.
struct Pass {
  int image = 0;
  std::optional<Certificate> certificate;
  Eigen::VectorXd direction;                         ///< of the path there, over the mobile atoms, norm 1
  bool followed = false;                             ///< down on both sides
  std::array<Foot, 2> feet{Foot::open, Foot::open};  ///< of its own part of the path: where its sides lead
  std::string open;                                  ///< why one of them is open
  bool open_part = false;  ///< not certified, but no higher than the highest pass, save for Pathway::open_ev

  bool joins() const { return feet[0] == Foot::start && feet[1] == Foot::end; }
};

struct Pathway {
  Path path;                              ///< all minima, the saddles and the images between them
  std::vector<int> minima;                ///< images that are minima; first and last included
  std::vector<Pass> passes;               ///< one between each two minima
  std::size_t highest = 0;                ///< which pass is the highest
  Ending ending = Ending::not_converged;  ///< converged: all images below fmax, all saddles of first order
  std::string reason;                     ///< why not
  int where = -1;  ///< the image that is about: one of `minima`, or between two of them; -1 for all
  std::vector<std::string> warnings;
  double fmax = 0;       ///< largest force across the path left on an image, or force on a saddle (eV/A)
  double spread_ev = 0;  ///< of the highest energy over the last rounds of the band
  double open_ev = 0;    ///< parts without a certified saddle may be higher than the highest pass by this
  double band_ev = 0;    ///< energy of the highest pass when its band stopped
  int evaluations = 0;
  int evaluations_search = 0;        ///< of them, until the highest saddle's force first was below the band's fmax
  int evaluations_certificate = 0;   ///< modes, the last digits and the descents of all saddles
  std::optional<Surrogate> learned;  ///< all answers of the search, where it kept them

  bool no_use = false;  ///< given up at a saddle that is known or above PathwayOptions::no_use_above_ev

  bool converged() const { return ending == Ending::converged; }
  const Pass& top() const { return passes[highest]; }
};

/// What is known of a path before it is begun.
struct Known {
  std::optional<Surrogate> learned;   ///< answers on the same surface
  std::optional<Certificate> saddle;  ///< of the path's saddle image: it is neither searched nor moved
  std::size_t plain = 0;              ///< a path of so many images has no minimum between any two of them
};

/// Converges a band until its climbing image is near a saddle; certifies the saddle and puts it into the path;
/// converges the other images with the saddle held. If they then rise above it, the band climbs again from there. Dips
/// of the profile are relaxed: where one leads to another minimum, the path is split there and the parts are treated
/// side by side in the same way, with what was learned and the saddle found; where it leads back to an end, the way
/// beyond it is treated again. So a saddle that does not join the two ends is noticed. Where the converged profile
/// stands higher between two images than at the saddle, an image is put there. A converged part is followed down from
/// its saddle on both sides; where that leads to another minimum, the path is split there too.
Procedure<Pathway> find_pathway(Path start, Mobile mobile, PathwayOptions options, Known known = {});

}  // namespace hopflow
