// SPDX-License-Identifier: GPL-2.0-or-later
// Barriers of a dear engine that were found before and are kept as data: derived again from the stored answers.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "neb/barrier/barrier.hpp"

namespace hopflow {

/// A stored band (reference-band/1): what its file states, and what its answers say.
struct ReferenceBand {
  std::string file;  ///< as the study names it
  std::string what, hop, tier, charge, engine, version, functional;
  std::string geometry;           ///< engine that relaxed the path where this one only gave its energies; "" for itself
  double min_image_distance = 0;  ///< A, from the frames' cell
  int calls = 0;                  ///< frames stored: answers the search took
  /// Path, answers, barriers, checks and parts, all from the frames; converged() if every check that decides passes.
  BarrierResult barrier;
  std::string problem;  ///< why it does not belong to a crystal, "" if it does
};

/// Reads a band's YAML file and the frames it names, and derives barrier, largest forces, curvature along the mode,
/// energy against force near the saddle and the steadiness of the search. Frames with `image=K` are the path, those of
/// `band=saddle` the search for the saddle in its order. Checks: `frames_as_stored` (hash), `endpoints_relaxed`,
/// `saddle_converged`, `one_negative_mode`, `energy_force_consistency`. The key `geometry` names an engine whose path
/// was kept; `cell_size: {error_ev, source}` states what a larger cell changes, found with another engine.
/// @param structure_hash  of the crystal it is to stand for; another one than the file's is a problem
/// @throws Error{bad_input} with file and line for a file of another form, Error{io} where one cannot be read
ReferenceBand read_reference_band(const std::filesystem::path& file, const std::string& structure_hash);

/// Parts that no band knows of itself, for a band with every atom free in a cell as read: model, protocol, cell size,
/// sampling.
void complete_error_bar(ReferenceBand& band);

}  // namespace hopflow
