// SPDX-License-Identifier: GPL-2.0-or-later
// What the images of a path say by themselves.
#pragma once

#include <algorithm>
#include <vector>

#include "potentials/core/evaluation.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow {

/// The image between the ends with the highest energy. @param answers  of at least three images
inline std::size_t highest_between_ends(const std::vector<Evaluation>& answers) {
  const auto top = std::max_element(answers.begin() + 1, answers.end() - 1,
                                    [](const auto& a, const auto& b) { return a.energy_ev < b.energy_ev; });
  return static_cast<std::size_t>(top - answers.begin());
}

/// Length of the path from its first image to each (A), atoms unwrapped.
inline std::vector<double> distances_along(const std::vector<Configuration>& images) {
  std::vector<double> out;
  for (std::size_t i = 0; i < images.size(); ++i)
    out.push_back(i == 0 ? 0.0 : out.back() + (images[i].positions - images[i - 1].positions).norm());
  return out;
}

}  // namespace hopflow
