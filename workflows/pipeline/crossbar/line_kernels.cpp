// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/line_kernels.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "workflows/pipeline/vector_widths.hpp"

namespace hopflow::pipeline {

using Eigen::Index;

namespace {

constexpr Index tile = 8;    ///< numbers of one cache line
constexpr Index lanes = 8;

HOPFLOW_WIDTHS double dot_lanes(Index size, const double* __restrict a, const double* __restrict b) {
  std::array<double, lanes> sum{};
  const Index whole = size / lanes * lanes;
  for (Index k = 0; k < whole; k += lanes) {
    for (Index l = 0; l < lanes; ++l) sum[static_cast<std::size_t>(l)] += a[k + l] * b[k + l];
  }
  for (Index k = whole; k < size; ++k) sum[static_cast<std::size_t>(k - whole)] += a[k] * b[k];
  return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

HOPFLOW_WIDTHS double curvature_lanes(Index size, const double* __restrict p, const double* __restrict s, double* __restrict q) {
  std::array<double, lanes> sum{};
  const Index whole = size / lanes * lanes;
  for (Index k = 0; k < whole; k += lanes) {
    for (Index l = 0; l < lanes; ++l) {
      q[k + l] = s[k + l] - q[k + l];
      sum[static_cast<std::size_t>(l)] += p[k + l] * q[k + l];
    }
  }
  for (Index k = whole; k < size; ++k) {
    q[k] = s[k] - q[k];
    sum[static_cast<std::size_t>(k - whole)] += p[k] * q[k];
  }
  return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

HOPFLOW_WIDTHS void step_all(Index size, double alpha, const double* __restrict p, const double* __restrict q, double* __restrict x, double* __restrict r) {
  for (Index k = 0; k < size; ++k) {
    x[k] += alpha * p[k];
    r[k] -= alpha * q[k];
  }
}

HOPFLOW_WIDTHS void turn_all(Index size, double beta, const double* __restrict z, const double* __restrict r, double* __restrict p, double* __restrict s) {
  for (Index k = 0; k < size; ++k) {
    p[k] = z[k] + beta * p[k];
    s[k] = r[k] + beta * s[k];
  }
}

HOPFLOW_WIDTHS void currents_of_column(Index rows, double column_level, const double* __restrict g, const double* __restrict row_level,
                                       const double* __restrict row_drop, const double* __restrict column_drop, double* __restrict current) {
  for (Index i = 0; i < rows; ++i) current[i] = g[i] * ((row_level[i] - column_level) + (row_drop[i] - column_drop[i]));
}

HOPFLOW_WIDTHS void segment_currents(Index width, double segment_s, const double* __restrict before, const double* __restrict here, double* __restrict peak,
                                     double* __restrict from, double* __restrict to) {
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
      largest[static_cast<std::size_t>(l)] = magnitude > largest[static_cast<std::size_t>(l)] ? magnitude : largest[static_cast<std::size_t>(l)];
    }
  }
  for (Index k = whole; k < size; ++k) largest[0] = std::max(largest[0], std::abs(a[k]));
  return *std::max_element(largest.begin(), largest.end());
}

Index size_of(std::span<const double> a) { return static_cast<Index>(a.size()); }

}  // namespace

double dot(std::span<const double> a, std::span<const double> b) { return dot_lanes(size_of(a), a.data(), b.data()); }

void columns_to_rows(Index rows, Index columns, std::span<const double> from, std::span<const double> scale, std::span<double> to) {
  const double* __restrict in = from.data() + (rows - 1) * columns;
  const double* __restrict factor = scale.data();
  double* __restrict out = to.data();
  for (Index j0 = 0; j0 < columns; j0 += tile) {
    const Index j1 = std::min(columns, j0 + tile);
    for (Index i0 = 0; i0 < rows; i0 += tile) {
      const Index i1 = std::min(rows, i0 + tile);
      for (Index j = j0; j < j1; ++j) {
        for (Index i = i0; i < i1; ++i) out[j * rows + i] = factor[j * rows + i] * in[j - i * columns];
      }
    }
  }
}

void rows_to_columns(Index rows, Index columns, std::span<const double> from, std::span<const double> scale, std::span<double> to) {
  const double* __restrict in = from.data();
  const double* __restrict factor = scale.data();
  double* __restrict out = to.data();
  for (Index i0 = 0; i0 < rows; i0 += tile) {
    const Index i1 = std::min(rows, i0 + tile);
    for (Index j0 = 0; j0 < columns; j0 += tile) {
      const Index j1 = std::min(columns, j0 + tile);
      for (Index i = i0; i < i1; ++i) {
        const Index k = (rows - 1 - i) * columns;
        for (Index j = j0; j < j1; ++j) out[k + j] = factor[k + j] * in[j * rows + i];
      }
    }
  }
}

void step_along(double alpha, std::span<const double> p, std::span<const double> q, std::span<double> x, std::span<double> r) {
  step_all(size_of(p), alpha, p.data(), q.data(), x.data(), r.data());
}

void turn(double beta, std::span<const double> z, std::span<const double> r, std::span<double> p, std::span<double> s) {
  turn_all(size_of(z), beta, z.data(), r.data(), p.data(), s.data());
}

double curvature(std::span<const double> p, std::span<const double> s, std::span<double> q) {
  return curvature_lanes(size_of(p), p.data(), s.data(), q.data());
}

void cell_currents(std::span<const double> g, std::span<const double> row_level, std::span<const double> column_level,
                   std::span<const double> row_drop, std::span<const double> column_drop, std::span<double> current) {
  const std::size_t m = row_level.size();
  for (std::size_t j = 0; j < column_level.size(); ++j) {
    currents_of_column(static_cast<Index>(m), column_level[j], g.data() + j * m, row_level.data(), row_drop.data() + j * m, column_drop.data() + j * m, current.data() + j * m);
  }
}

void add_segment_currents(double segment_s, std::span<const double> drop, std::span<double> peak, std::span<double> into) {
  const std::size_t width = peak.size();
  for (std::size_t here = width; here < drop.size(); here += width) {
    segment_currents(size_of(peak), segment_s, drop.data() + here - width, drop.data() + here, peak.data(), into.data() + here - width, into.data() + here);
  }
}

double largest_magnitude(std::span<const double> a) { return largest_lanes(size_of(a), a.data()); }

}  // namespace hopflow::pipeline
