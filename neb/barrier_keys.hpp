// SPDX-License-Identifier: GPL-2.0-or-later
// The keys of a `neb:` block: of a study and of a case alike.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "neb/barrier/barrier.hpp"
#include "structures/core/yaml.hpp"

namespace hopflow {

/// One key: what users write, and the option it sets. A new option is a field of BarrierOptions and a row here.
struct BarrierKey {
  std::string name;  ///< "fmax"
  std::string kind;  ///< number | integer | boolean | choice
  double low = 0, high = 0;
  std::vector<std::string> choices;
  std::string help;       ///< with unit
  std::string json_name;  ///< in results, with unit
  std::function<void(BarrierOptions&, const yaml::Node&)> take;
  std::function<std::string(const BarrierOptions&)> give;
};
const std::vector<BarrierKey>& barrier_keys();

/// Reads a `neb:` block. @param more  keys the caller reads itself
/// @throws Error{bad_input} with file:line:column for an unknown key or a bad value
void take_barrier_keys(BarrierOptions& options, const yaml::Node& block, const std::vector<std::string>& more = {});

/// Refuses what does not go together. @throws Error{bad_input}
void check_barrier_keys(const BarrierOptions& options, const yaml::Node& block);

}  // namespace hopflow
