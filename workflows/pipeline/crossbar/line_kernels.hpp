// SPDX-License-Identifier: GPL-2.0-or-later
// Passes over all cells of an array that the line solver is made of.
#pragma once

#include <span>

#include <Eigen/Core>

namespace hopflow::pipeline {

/// Sum of a[k] b[k], in eight interleaved partial sums whatever the vector width.
double dot(std::span<const double> a, std::span<const double> b);

/// to[k] = scale[k] from[k'], where (i, j) sits at j * rows + i in `to` and at (rows - 1 - i) * columns + j in `from`: from
/// numbers along columns, counted from their bottom ends, to numbers along rows.
void columns_to_rows(Eigen::Index rows, Eigen::Index columns, std::span<const double> from, std::span<const double> scale, std::span<double> to);
/// The way back: scale is along columns, as `to`.
void rows_to_columns(Eigen::Index rows, Eigen::Index columns, std::span<const double> from, std::span<const double> scale, std::span<double> to);

/// One step of conjugate gradients: x += alpha p, r -= alpha q.
void step_along(double alpha, std::span<const double> p, std::span<const double> q, std::span<double> x, std::span<double> r);
/// The next direction and its image under the preconditioner: p = z + beta p, s = r + beta s.
void turn(double beta, std::span<const double> z, std::span<const double> r, std::span<double> p, std::span<double> s);
/// q = s - q; returns p . q.
double curvature(std::span<const double> p, std::span<const double> s, std::span<double> q);

/// Cell currents g ((row level + row drop) - (column level + column drop)), all along rows.
void cell_currents(std::span<const double> g, std::span<const double> row_level, std::span<const double> column_level,
                   std::span<const double> row_drop, std::span<const double> column_drop, std::span<double> current);

/// Adds what each segment carries from node k - 1 to node k of its line; numbered as in Ladders.
/// @param peak  per line, raised to the largest |current| met
void add_segment_currents(double segment_s, std::span<const double> drop, std::span<double> peak, std::span<double> into);

double largest_magnitude(std::span<const double> a);

}  // namespace hopflow::pipeline
