// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/core/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/core.h>

#include "structures/core/error.hpp"

namespace hopflow::pipeline {

double mean_of(std::span<const double> values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double sd_of(std::span<const double> values) {
  if (values.size() < 2) return 0;
  const double mean = mean_of(values);
  double square = 0;
  for (const double v : values) square += (v - mean) * (v - mean);
  return std::sqrt(square / static_cast<double>(values.size() - 1));
}

Interval wilson(int good, int count, double z) {
  const double n = count, p = good / n, z2 = z * z / n;
  const double middle = (p + z2 / 2) / (1 + z2), half = z / (1 + z2) * std::sqrt(p * (1 - p) / n + z2 / (4 * n));
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

VarianceParts variance_parts(std::span<const double> values) {
  const int n = static_cast<int>(std::lround(std::sqrt(static_cast<double>(values.size()))));
  if (n < 3 || static_cast<std::size_t>(n) * static_cast<std::size_t>(n) != values.size()) {
    throw Error{Error::Kind::bad_input,
                fmt::format("variance parts: {} values are no square of order 3 or more", values.size())};
  }
  const LatinSquare square{n};
  const double mean = mean_of(values);
  std::vector<double> rows(static_cast<std::size_t>(n), 0), columns = rows, letters = rows;
  double total = 0;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      const double away = values[static_cast<std::size_t>(i * n + j)] - mean;
      total += away * away;
      rows[static_cast<std::size_t>(i)] += away / n;
      columns[static_cast<std::size_t>(j)] += away / n;
      letters[static_cast<std::size_t>(square.letter(i, j))] += away / n;
    }
  }
  const auto sum_of_squares = [n](const std::vector<double>& effects) {
    return n * std::inner_product(effects.begin(), effects.end(), effects.begin(), 0.0);
  };
  const double from_rows = sum_of_squares(rows), from_columns = sum_of_squares(columns),
               from_letters = sum_of_squares(letters);
  const double rest = std::max(0.0, total - from_rows - from_columns - from_letters) / ((n - 1) * (n - 2));
  const auto part = [&](double sum) {
    const double mean_square = sum / (n - 1), variance = (mean_square - rest) / n;
    return VariancePart{variance, std::sqrt(std::max(0.0, variance)), rest > 0 ? mean_square / rest : 0};
  };
  return {part(from_rows), part(from_columns), part(from_letters), std::sqrt(rest)};
}

}  // namespace hopflow::pipeline
