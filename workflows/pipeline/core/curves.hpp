// SPDX-License-Identifier: GPL-2.0-or-later
// Tables of numbers with units, as CSV and HDF5.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

/// One column; the unit stands in its name too (voltage_v), as everywhere.
struct Column {
  std::string name;
  std::string unit;  ///< "V", "A", "S", ...; "1" for pure numbers
  std::vector<double> values;
};

struct Curve {
  std::string name;             ///< of the file or group
  std::vector<Column> columns;  ///< equally long, or shorter: missing at the end
};

/// The columns named, taken from lists of a JSON object; null lists are left out.
Curve curve_of(std::string name, const nlohmann::json& object,
               const std::vector<std::pair<std::string, std::string>>& names_and_units);

/// Columns with a header line, shortest numbers that read back.
std::string csv(const Curve& curve);

/// One group a curve, one dataset a column with the attribute "unit"; the same bytes for the same curves.
/// @throws Error{io}
void write_hdf5(const std::filesystem::path& path, const std::vector<Curve>& curves);

}  // namespace hopflow::pipeline
