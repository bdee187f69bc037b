// SPDX-License-Identifier: GPL-2.0-or-later
// What must hold before an engine is asked and after it has answered: engines themselves let collapsed atoms through.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "potentials/core/evaluation.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow {

/// Two atoms, and how far apart they are by their nearest images.
struct ClosePair {
  int i;
  int j;
  double distance;  ///< A
};

/// The pair that lies deepest below its limit, or nullopt if none lies below. An atom and its own image count.
/// Time proportional to the number of atoms. @param limit  per atom (A): a pair is too close below limit_i + limit_j
std::optional<ClosePair> too_close(const Configuration& configuration, const std::vector<double>& limit);

/// Per atom: 0.6 of its covalent radius (A). Half the closest approach any chemistry has.
std::vector<double> contact_limits(const std::vector<int>& species);

/// The same in the units of a model: where the atoms of a reference stand nearer to each other than any chemistry lets
/// them, as in reduced units, limits shrink with them. One short contact among others is no model: the median counts.
std::vector<double> contact_limits(const Configuration& reference);

/// Refuses what no engine can answer.
/// @throws Error{bad_input} if sizes differ, a species is not the expected one, or the cell is flat;
///   Error{engine} if a coordinate is not finite, Error{geometry} if two atoms are closer than their limits
void check_question(const Configuration& configuration, const std::vector<int>& species,
                    const std::vector<double>& limit);

/// What is believed of an answer.
struct AnswerLimits {
  double force = 1000;      ///< eV/A on one atom
  double net_force = 1e-6;  ///< eV/A, sum over all atoms (or 1e-9 of the sum of their lengths where that is more)
};

/// Refuses what no energy surface gives.
/// @throws Error{engine} if something is not finite or exceeds the limits
void check_answer(const Configuration& configuration, const Evaluation& answer, const AnswerLimits& limits = {});

}  // namespace hopflow
