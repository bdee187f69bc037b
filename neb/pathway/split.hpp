// SPDX-License-Identifier: GPL-2.0-or-later
// A path with dips becomes parts between minima.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neb/pathway/pathway.hpp"

namespace hopflow {

/// Parts to converge, end to end.
struct Parts {
  std::vector<Path> paths;
  std::optional<std::size_t> with_saddle;  ///< the part that holds the path's saddle, as its own
  std::vector<std::string> warnings;       ///< one per minimum found on the path
  bool whole = false;                      ///< no dip led anywhere but to an end next to it: the path is as it was
  std::string reason;                      ///< a minimum could not be relaxed; "" otherwise
  Ending ending = Ending::converged;       ///< of the relaxation that is about
  int evaluations = 0;
};

/// Relaxes the dips side by side. Those that lead to minima of their own divide the path; the images between are spread
/// evenly along the old path. Of a structure that nothing holds, a minimum is the same turned or shifted as a whole. A
/// saddle the path holds stays in the part it lies in.
Procedure<Parts> split_path(Path path, std::vector<Dip> found, Mobile mobile, PathwayOptions options);

/// Parts put end to end; the image two parts share is kept once. A part that did not converge does not count against
/// the whole where its images, and the work of their forces between them, show that it is no higher than the highest
/// saddle: the lowest way through it is lower still. It becomes a warning, and an error where it may be up to 0.05 eV
/// higher.
Pathway joined(std::vector<Pathway> parts, const Mobile& mobile);

/// The same path from its last image to its first.
Pathway reversed(Pathway pathway);

}  // namespace hopflow
