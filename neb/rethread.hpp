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

/// Puts the certified saddle in the place of the highest image and converges the images between the minima on its sides
/// with the saddle held, carried along first where it moved by more than 0.02 A. If they then rise above it, the band
/// climbs anew from there; if they dip on the way, the path is split. So a saddle that does not join the two ends is
/// noticed.
Procedure<Rethreaded> rethread(Pathway pathway, Certificate certificate, Mobile mobile, PathwayOptions options);

}  // namespace hopflow
