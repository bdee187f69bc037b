// SPDX-License-Identifier: GPL-2.0-or-later
// A path made with one engine, asked of another.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "neb/barrier/barrier.hpp"
#include "neb/delta/prior_relax.hpp"

namespace hopflow {

/// What the other engine is asked for: energies and forces on the images as they are, or a band that goes on from them.
enum class RefinePath { keep, converge };

/// A path on which another engine leaves more force than this is not one of its paths (eV/A).
inline constexpr double foreign_force = 0.5;

struct RefineOptions {
  RefinePath path = RefinePath::keep;
  BarrierOptions barrier;  ///< of the band that goes on
  /// The given path's engine is the prior of this one; none: searches of this engine alone.
  std::optional<PriorOptions> prior;
  /// What is wrong with the ends once the other engine has relaxed them, "" for nothing. May be empty.
  std::function<std::string(const Configuration& initial, const Configuration& final)> ends_problem;
};

struct Refined {
  /// The images as given. converged(): the numbers may be quoted; fmax is the largest force left, whole at the ends,
  /// across the path between them. No mode is counted and no saddle searched for.
  BarrierResult kept;
  /// Barriers to first order in the difference between the engines: what the given ones become with energies taken at
  /// the given ends and the given saddle (eV).
  double linear_forward_ev = 0;
  double linear_reverse_ev = 0;
  std::optional<BarrierResult> converged;  ///< RefinePath::converge: ends relaxed, band continued
};

/// Asks the engine for every image; then, if wanted, relaxes the ends and continues the band from the images between
/// them, whose answers the surrogate learns from, or, with a prior, the model of the difference of the two engines.
/// @param given  a converged barrier of the other engine, its path within
/// @throws Error{bad_input} if the path has no interior image
Procedure<Refined> refine(BarrierResult given, Mask mobile, RefineOptions options);

/// Half the range of barriers that several engines give for one hop, the worse of both directions: a part of the error
/// bar.
/// @param barriers  forward and reverse of each engine (eV)
/// @param refused  names of engines that gave no number; named in the note
UncertaintyPart engine_spread(std::span<const std::pair<double, double>> barriers,
                              std::span<const std::string> refused);

/// Puts a part into the error bar.
void add_part(BarrierResult& barrier, UncertaintyPart part);

}  // namespace hopflow
