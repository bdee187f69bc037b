// SPDX-License-Identifier: GPL-2.0-or-later
// Measured curves from files: columns found by name, units in the header.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

/// Numbers below a header line, in SI units.
struct MeasuredTable {
  std::string file;
  std::vector<std::string>
      names;  ///< voltage_v, current_a, time_s, conductance_s, temperature_k, width_s, cycle, device
  std::vector<std::vector<double>> columns;
  std::vector<std::string> notes;  ///< what was assumed, e.g. a column without a unit

  std::size_t rows() const { return columns.empty() ? 0 : columns.front().size(); }
  /// nullptr without such a column.
  const std::vector<double>* find(std::string_view name) const;
  /// @throws Error{bad_input} naming the file, the column and those found
  const std::vector<double>& at(std::string_view name) const;
};

/// {"file", "names", "columns", "notes"}, and back.
nlohmann::json to_json(const MeasuredTable& table);
MeasuredTable table_from_json(const nlohmann::json& json);

/// Reads commas, semicolons, tabs or blanks between columns. A column is what its heading begins with (voltage or V,
/// current or I, time or t, conductance or G, resistance or R (turned into conductance), temperature or T, width,
/// pulse, cycle, device, ratio or window, on and off with the unit of a current, conductance or resistance), its unit
/// what stands behind: voltage_mV, "I (uA)", "G [S]", temperature_C. Unknown columns are left out with a note. Without
/// a header: two columns, read as `headless` names them.
/// @param name  the table's `file`, in notes; else as `file`
/// @throws Error{bad_input} with file:line for a line that holds another number of numbers, an unknown unit, no rows
MeasuredTable read_measured(const std::filesystem::path& file, const std::vector<std::string>& headless,
                            const std::string& name);
MeasuredTable read_measured(const std::filesystem::path& file, const std::vector<std::string>& headless);

}  // namespace hopflow::pipeline
