// SPDX-License-Identifier: GPL-2.0-or-later
// Means, standard deviations, and which cause a spread comes from.
#pragma once

#include <span>
#include <vector>

namespace hopflow::pipeline {

double mean_of(std::span<const double> values);

/// Of a sample, n - 1 in the denominator; 0 for fewer than two values.
double sd_of(std::span<const double> values);

struct Interval {
  double low, high;
};

/// Wilson's score interval of a proportion: `good` of `count`, both ends at z standard errors of the true value.
/// Source: E. B. Wilson, J. Am. Stat. Assoc. 22, 209 (1927). @param count  at least 1
Interval wilson(int good, int count, double z = 1.959963984540054);

/// n rows, n columns and n letters: each letter once in every row and every column.
struct LatinSquare {
  int order = 0;  ///< n, at least 3
  /// Letter of a cell: (row + column) mod n.
  int letter(int row, int column) const { return (row + column) % order; }
};

/// One cause's share of a variance.
struct VariancePart {
  double variance = 0;  ///< estimate; may come out negative where the cause does little
  double sd = 0;        ///< root of the variance, 0 if that is negative
  double f = 0;         ///< mean square over the residual's
};

struct VarianceParts {
  VariancePart row, column, letter;
  double residual_sd = 0;  ///< of what no single cause explains: interactions and chance
};

/// Random effects of a Latin square: y_ij = mean + row_i + column_j + letter_(i+j) + rest; the variance of a cause is
/// (MS_cause - MS_rest) / n, with n - 1 degrees of freedom, (n - 1)(n - 2) for the rest.
/// Source: D. C. Montgomery, Design and Analysis of Experiments, ch. 4.2 and 13.
/// @param values  n x n, row by row @throws Error{bad_input} unless there are n^2 with n >= 3
VarianceParts variance_parts(std::span<const double> values);

}  // namespace hopflow::pipeline
