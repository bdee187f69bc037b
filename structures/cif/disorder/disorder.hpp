// SPDX-License-Identifier: GPL-2.0-or-later
// Disorder resolved on request: one consistent, ordered arrangement out of partial and split sites.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "structures/cif/disorder/disorder_groups.hpp"
#include "structures/cif/disorder/ordering.hpp"
#include "structures/core/crystal.hpp"

namespace hopflow {

/// What to do with partial occupancy and disorder groups.
struct Disorder {
  enum class Mode {
    ordered,    ///< refuse them
    majority,   ///< the likeliest arrangement; among equals the most symmetric
    enumerate,  ///< the same, with up to `number` symmetry-distinct arrangements listed next to it
    choice,     ///< arrangement `number` of that list, from 1
    seed,       ///< drawn by the occupancies, reproducibly
    supercell,  ///< ordered in a supercell near the composition
  };
  Mode mode = Mode::ordered;
  long number = 0;
  Ordering ordering{};  ///< of supercell
};

inline constexpr const char* disorder_words =
    "ordered, majority, 'enumerate N', 'choice K', 'seed S', supercell or 'supercell S'";

/// From "majority", "enumerate 5", "enumerate:5", "seed=7", "supercell" (by electrostatic energy), "supercell 3" (at
/// random, with that seed); nullopt for anything else.
std::optional<Disorder> parse_disorder(std::string_view words);

/// "enumerate 5".
std::string disorder_text(const Disorder& disorder);

/// What was chosen: which disordered atoms are there, and the report.
struct ResolvedDisorder {
  std::vector<bool> is_there;  ///< per entry of DisorderGroups::atoms
  DisorderReport report;
};

/// What a choice is judged by: its cell formula, and "" or what speaks against it.
struct Verdict {
  std::string formula, problem;
};
using Judge = std::function<Verdict(const std::vector<bool>& is_there)>;

/// Chooses by `disorder`; arrangements the judge rejects are passed over.
/// @param every  with enumerate: all that are listed, in that order, the list itself with the first; else the first
/// alone
/// @return empty if nothing can be chosen, which `problems` then says
std::vector<ResolvedDisorder> resolve_disorder(const DisorderGroups& groups, const Disorder& disorder, bool every,
                                               CifPlace place, const Judge& judge, CifProblems& problems);

}  // namespace hopflow
