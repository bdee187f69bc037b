// SPDX-License-Identifier: GPL-2.0-or-later
// A path led through the saddle that was found from it.
#pragma once

#include "neb/certificate.hpp"
#include "neb/pathway.hpp"

namespace hopflow {

struct Rethreaded {
  Pathway pathway;        ///< its highest image is the saddle, or the image to certify next
  bool another = false;   ///< the path has a point higher than the saddle: that one is now `pathway.highest`
  int evaluations = 0;
};

/// Puts the certified saddle in the place of the highest image. Where it lies further off than a polish moves it, the
/// images between the minima on its sides are carried along and converged again with the saddle held; if they then rise
/// above it or dip on the way, the band climbs anew from there. So a saddle that does not join the two ends is noticed.
Procedure<Rethreaded> rethread(Pathway pathway, Certificate certificate, Mobile mobile, PathwayOptions options);

}  // namespace hopflow
