// SPDX-License-Identifier: GPL-2.0-or-later
// Matrices in files: CSV as users write it, npy as NumPy does.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <Eigen/Core>

namespace hopflow::pipeline {

/// Non-empty lines of a text file with their numbers; a byte-order mark and carriage returns are dropped.
std::vector<std::pair<int, std::string>> lines_of(const std::filesystem::path& path);

/// By ending: .npy (float64 or float32, one or two dimensions; one is a column), anything else CSV, one row a line.
/// In CSV "inf" and "open" are infinite.
/// @param wanted  tests a number and says what is allowed; CSV names the place of one that fails by line and column
/// @throws Error{bad_input} with the place of what is not wanted or makes rows of different length
struct Wanted {
  bool (*test)(double) = [](double) { return true; };
  std::string_view allowed = "a number, or 'inf' (open)";
};
Eigen::MatrixXd read_matrix(const std::filesystem::path& path, const Wanted& wanted = {});

/// By ending: .npy (float64, version 1.0), anything else CSV with the shortest numbers that read back.
void write_matrix(const std::filesystem::path& path, const Eigen::MatrixXd& matrix);
std::string csv_of(const Eigen::MatrixXd& matrix);

}  // namespace hopflow::pipeline
