// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/lines/line_kernels.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "workflows/pipeline/core/vector_widths.hpp"
#include "workflows/pipeline/crossbar/lines/fours.hpp"

namespace hopflow::pipeline {

using Eigen::Index;

namespace {

constexpr Index lanes = 8;

constexpr Index side = 4;
/// 4 x 4 numbers.
struct Square {
  Four line[side];
};

[[gnu::always_inline]] inline void transpose(Square& a) {
  const Four low01 = __builtin_shufflevector(a.line[0], a.line[1], 0, 4, 2, 6),
             high01 = __builtin_shufflevector(a.line[0], a.line[1], 1, 5, 3, 7);
  const Four low23 = __builtin_shufflevector(a.line[2], a.line[3], 0, 4, 2, 6),
             high23 = __builtin_shufflevector(a.line[2], a.line[3], 1, 5, 3, 7);
  a.line[0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
  a.line[1] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
  a.line[2] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
  a.line[3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
}

/// to(j, i) = from(i, j); lines of `from` are `from_stride` apart, which may be negative, those of `to` `to_stride`.
HOPFLOW_WIDTHS void transpose_all(Index lines, Index length, const double* from, Index from_stride, double* to,
                                  Index to_stride) {
  const Index whole_lines = lines / side * side;
  // A few columns at a time: what is written stays in the nearest cache until its cache lines are full.
  for (Index first = 0; first < length; first += 4 * side) {
    const Index last = std::min(length, first + 4 * side), whole = first + (last - first) / side * side;
    for (Index i = 0; i < whole_lines; i += side) {
      for (Index j = first; j < whole; j += side) {
        Square a;
        for (Index l = 0; l < side; ++l) a.line[l] = as<Four>(from + (i + l) * from_stride + j);
        transpose(a);
        for (Index l = 0; l < side; ++l) as<Four>(to + (j + l) * to_stride + i) = a.line[l];
      }
      for (Index j = whole; j < last; ++j) {
        for (Index l = 0; l < side; ++l) to[j * to_stride + i + l] = from[(i + l) * from_stride + j];
      }
    }
    for (Index i = whole_lines; i < lines; ++i) {
      for (Index j = first; j < last; ++j) to[j * to_stride + i] = from[i * from_stride + j];
    }
  }
}

/// Rows run upwards: row i lies at (rows - 1 - i) * columns.
HOPFLOW_WIDTHS void turn_all(double alpha, double beta, Index rows, Index columns, const double* __restrict z,
                             const double* __restrict g, double* __restrict x, double* __restrict p,
                             double* __restrict carried) {
  const auto turn_one = [&](Index k) {
    x[k] += alpha * p[k];
    p[k] = z[k] + beta * p[k];
    return g[k] * z[k];
  };
  Index i = 0;
  for (; i + side <= rows; i += side) {
    Index j = 0;
    for (; j + side <= columns; j += side) {
      Square a;
      for (Index l = 0; l < side; ++l) {
        const Index k = (rows - 1 - i - l) * columns + j;
        as<Four>(x + k) += alpha * as<Four>(p + k);
        as<Four>(p + k) = as<Four>(z + k) + beta * as<Four>(p + k);
        a.line[l] = as<Four>(g + k) * as<Four>(z + k);
      }
      transpose(a);
      for (Index l = 0; l < side; ++l) as<Four>(carried + (j + l) * rows + i) = a.line[l];
    }
    for (; j < columns; ++j) {
      for (Index l = 0; l < side; ++l) carried[j * rows + i + l] = turn_one((rows - 1 - i - l) * columns + j);
    }
  }
  for (; i < rows; ++i) {
    for (Index j = 0; j < columns; ++j) carried[j * rows + i] = turn_one((rows - 1 - i) * columns + j);
  }
}

HOPFLOW_WIDTHS double curvature_all(double beta, Index rows, Index columns, const double* __restrict carried,
                                    const double* __restrict g, const double* __restrict p, const double* __restrict r,
                                    double* __restrict q) {
  Square sum{};
  double rest = 0;
  const auto add_one = [&](Index k, double from_row) {
    q[k] = (r[k] - g[k] * from_row) + beta * q[k];
    rest += p[k] * q[k];
  };
  Index i = 0;
  for (; i + side <= rows; i += side) {
    Index j = 0;
    for (; j + side <= columns; j += side) {
      Square a;
      for (Index l = 0; l < side; ++l) a.line[l] = as<Four>(carried + (j + l) * rows + i);
      transpose(a);
      for (Index l = 0; l < side; ++l) {
        const Index k = (rows - 1 - i - l) * columns + j;
        const Four image = (as<Four>(r + k) - as<Four>(g + k) * a.line[l]) + beta * as<Four>(q + k);
        as<Four>(q + k) = image;
        sum.line[l] += as<Four>(p + k) * image;
      }
    }
    for (; j < columns; ++j) {
      for (Index l = 0; l < side; ++l) add_one((rows - 1 - i - l) * columns + j, carried[j * rows + i + l]);
    }
  }
  for (; i < rows; ++i) {
    for (Index j = 0; j < columns; ++j) add_one((rows - 1 - i) * columns + j, carried[j * rows + i]);
  }
  return total((sum.line[0] + sum.line[1]) + (sum.line[2] + sum.line[3])) + rest;
}

HOPFLOW_WIDTHS double dot_lanes(Index size, const double* __restrict a, const double* __restrict b) {
  std::array<double, lanes> sum{};
  const Index whole = size / lanes * lanes;
  for (Index k = 0; k < whole; k += lanes) {
    for (Index l = 0; l < lanes; ++l) sum[static_cast<std::size_t>(l)] += a[k + l] * b[k + l];
  }
  for (Index k = whole; k < size; ++k) sum[static_cast<std::size_t>(k - whole)] += a[k] * b[k];
  return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

HOPFLOW_WIDTHS void scale_and_add_all(Index size, const double* __restrict b, const double* __restrict c,
                                      double* __restrict a) {
  for (Index k = 0; k < size; ++k) a[k] = a[k] * b[k] + c[k];
}

HOPFLOW_WIDTHS void add_all(Index size, double factor, const double* __restrict b, double* __restrict a) {
  for (Index k = 0; k < size; ++k) a[k] += factor * b[k];
}

HOPFLOW_WIDTHS void currents_of_column(Index rows, double column_level, const double* __restrict g,
                                       const double* __restrict row_level, const double* __restrict row_drop,
                                       const double* __restrict column_drop, double* __restrict current) {
  for (Index i = 0; i < rows; ++i) current[i] = g[i] * ((row_level[i] - column_level) + (row_drop[i] - column_drop[i]));
}

HOPFLOW_WIDTHS void sums_of_column(Index rows, double column_level, const double* __restrict current,
                                   const double* __restrict g, const double* __restrict row_level,
                                   const double* __restrict row_drop, const double* __restrict column_drop,
                                   double* __restrict row_flow, double* __restrict row_terms,
                                   double* __restrict column_flow, double* __restrict column_terms) {
  std::array<double, lanes> flow{}, terms{};
  const auto add_cell = [&](Index i, std::size_t l) {
    const double all =
                     g[i] * (std::abs(row_level[i] - column_level) + std::abs(row_drop[i]) + std::abs(column_drop[i])),
                 one = std::abs(current[i]);
    row_flow[i] += one;
    row_terms[i] += all;
    flow[l] += one;
    terms[l] += all;
  };
  const Index whole = rows / lanes * lanes;
  for (Index i = 0; i < whole; i += lanes) {
    for (Index l = 0; l < lanes; ++l) add_cell(i + l, static_cast<std::size_t>(l));
  }
  for (Index i = whole; i < rows; ++i) add_cell(i, 0);
  for (std::size_t l = 0; l < lanes; ++l) {
    *column_flow += flow[l];
    *column_terms += terms[l];
  }
}

HOPFLOW_WIDTHS void segment_currents(Index width, double segment_s, const double* __restrict before,
                                     const double* __restrict here, double* __restrict peak, double* __restrict from,
                                     double* __restrict to) {
  for (Index l = 0; l < width; ++l) {
    const double current = segment_s * (before[l] - here[l]);
    const double magnitude = std::abs(current);
    peak[l] = magnitude > peak[l] ? magnitude : peak[l];
    from[l] -= current;
    to[l] += current;
  }
}

HOPFLOW_WIDTHS double largest_lanes(Index size, const double* __restrict a) {
  std::array<double, lanes> largest{};
  const Index whole = size / lanes * lanes;
  for (Index k = 0; k < whole; k += lanes) {
    for (Index l = 0; l < lanes; ++l) {
      const double magnitude = std::abs(a[k + l]);
      largest[static_cast<std::size_t>(l)] =
          magnitude > largest[static_cast<std::size_t>(l)] ? magnitude : largest[static_cast<std::size_t>(l)];
    }
  }
  for (Index k = whole; k < size; ++k) largest[0] = std::max(largest[0], std::abs(a[k]));
  return *std::max_element(largest.begin(), largest.end());
}

Index size_of(std::span<const double> a) { return static_cast<Index>(a.size()); }

}  // namespace

double dot(std::span<const double> a, std::span<const double> b) { return dot_lanes(size_of(a), a.data(), b.data()); }

void columns_to_rows(Index rows, Index columns, std::span<const double> from, std::span<double> to) {
  transpose_all(rows, columns, from.data() + (rows - 1) * columns, -columns, to.data(), rows);
}

void rows_to_columns(Index rows, Index columns, std::span<const double> from, std::span<double> to) {
  transpose_all(columns, rows, from.data(), rows, to.data() + (rows - 1) * columns, -columns);
}

void scale_and_add(std::span<const double> b, std::span<const double> c, std::span<double> a) {
  scale_and_add_all(size_of(a), b.data(), c.data(), a.data());
}

void add(double factor, std::span<const double> b, std::span<double> a) {
  add_all(size_of(a), factor, b.data(), a.data());
}

void turn(double alpha, double beta, Index rows, Index columns, std::span<const double> z, std::span<const double> g,
          std::span<double> x, std::span<double> p, std::span<double> carried) {
  turn_all(alpha, beta, rows, columns, z.data(), g.data(), x.data(), p.data(), carried.data());
}

double curvature(double beta, Index rows, Index columns, std::span<const double> carried, std::span<const double> g,
                 std::span<const double> p, std::span<const double> r, std::span<double> q) {
  return curvature_all(beta, rows, columns, carried.data(), g.data(), p.data(), r.data(), q.data());
}

void cell_currents(std::span<const double> g, std::span<const double> row_level, std::span<const double> column_level,
                   std::span<const double> row_drop, std::span<const double> column_drop, std::span<double> current) {
  const std::size_t m = row_level.size();
  for (std::size_t j = 0; j < column_level.size(); ++j) {
    currents_of_column(static_cast<Index>(m), column_level[j], g.data() + j * m, row_level.data(),
                       row_drop.data() + j * m, column_drop.data() + j * m, current.data() + j * m);
  }
}

void add_cell_sums(std::span<const double> current, std::span<const double> g, std::span<const double> row_level,
                   std::span<const double> column_level, std::span<const double> row_drop,
                   std::span<const double> column_drop, const CellSums& sums) {
  const std::size_t m = row_level.size();
  for (std::size_t j = 0; j < column_level.size(); ++j) {
    sums_of_column(static_cast<Index>(m), column_level[j], current.data() + j * m, g.data() + j * m, row_level.data(),
                   row_drop.data() + j * m, column_drop.data() + j * m, sums.row_flow.data(), sums.row_terms.data(),
                   &sums.column_flow[j], &sums.column_terms[j]);
  }
}

void add_segment_currents(double segment_s, std::span<const double> drop, std::span<double> peak,
                          std::span<double> into) {
  const std::size_t width = peak.size();
  for (std::size_t here = width; here < drop.size(); here += width) {
    segment_currents(size_of(peak), segment_s, drop.data() + here - width, drop.data() + here, peak.data(),
                     into.data() + here - width, into.data() + here);
  }
}

double largest_magnitude(std::span<const double> a) { return largest_lanes(size_of(a), a.data()); }

}  // namespace hopflow::pipeline
