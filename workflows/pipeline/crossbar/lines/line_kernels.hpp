// SPDX-License-Identifier: GPL-2.0-or-later
// Passes over all cells of an array that the line solver is made of.
#pragma once

#include <span>

#include <Eigen/Core>

namespace hopflow::pipeline {

/// Sum of a[k] b[k], in eight interleaved partial sums whatever the vector width.
double dot(std::span<const double> a, std::span<const double> b);

/// to = from, where row i and column j meet at j * rows + i in `to` and at (rows - 1 - i) * columns + j in `from`: from
/// numbers along columns, counted from their bottom ends, to numbers along rows.
void columns_to_rows(Eigen::Index rows, Eigen::Index columns, std::span<const double> from, std::span<double> to);
/// The way back.
void rows_to_columns(Eigen::Index rows, Eigen::Index columns, std::span<const double> from, std::span<double> to);
/// a[k] = a[k] b[k] + c[k]
void scale_and_add(std::span<const double> b, std::span<const double> c, std::span<double> a);
/// a[k] += factor b[k]
void add(double factor, std::span<const double> b, std::span<double> a);

/// Conjugate gradients between two passes over the columns. Ends the last step, x += alpha p; then the next direction,
/// p = z + beta p, and what the cells pass on to the rows, carried = columns_to_rows(g z). All but `carried` along
/// columns.
void turn(double alpha, double beta, Eigen::Index rows, Eigen::Index columns, std::span<const double> z,
          std::span<const double> g, std::span<double> x, std::span<double> p, std::span<double> carried);
/// The direction's image, q = (r - g rows_to_columns(carried)) + beta q. @return p . q, in partial sums whatever the
/// vector width
double curvature(double beta, Eigen::Index rows, Eigen::Index columns, std::span<const double> carried,
                 std::span<const double> g, std::span<const double> p, std::span<const double> r, std::span<double> q);

/// Cell currents g ((row level + row drop) - (column level + column drop)), all along rows.
void cell_currents(std::span<const double> g, std::span<const double> row_level, std::span<const double> column_level,
                   std::span<const double> row_drop, std::span<const double> column_drop, std::span<double> current);

/// Per line, sums over its cells of |current| and of |the terms it is the difference of|; arguments as in
/// cell_currents.
struct CellSums {
  std::span<double> row_flow, row_terms, column_flow, column_terms;  ///< added to
};
void add_cell_sums(std::span<const double> current, std::span<const double> g, std::span<const double> row_level,
                   std::span<const double> column_level, std::span<const double> row_drop,
                   std::span<const double> column_drop, const CellSums& sums);

/// Adds what each segment carries from node k - 1 to node k of its line; numbered as in Ladders.
/// @param peak  per line, raised to the largest |current| met
void add_segment_currents(double segment_s, std::span<const double> drop, std::span<double> peak,
                          std::span<double> into);

double largest_magnitude(std::span<const double> a);

}  // namespace hopflow::pipeline
