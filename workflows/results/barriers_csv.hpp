// SPDX-License-Identifier: GPL-2.0-or-later
// barriers.csv: one row for each hop and engine.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace hopflow {

/// A column of barriers.csv as documentation and scripts may ask for it.
struct BarrierColumn {
  std::string name;  ///< with its unit
  std::string help;
};
std::vector<BarrierColumn> barrier_columns();

/// The file's content. @param summary  as summary_of() makes it
std::string barriers_csv(const nlohmann::ordered_json& summary);

}  // namespace hopflow
