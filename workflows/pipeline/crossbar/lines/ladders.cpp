// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/lines/ladders.hpp"

#include "workflows/pipeline/core/vector_widths.hpp"
#include "workflows/pipeline/crossbar/lines/fours.hpp"

namespace hopflow::pipeline {

using Eigen::Index;

namespace {

/// Numbers of one node of a line are `stride` apart, the inverse pivots `width`.
struct Lines {
  Index width, length, stride;
  double segment_s;
  const double* inverse;
};

/// Solves `count` times T lines side by side, whose chains of dependent sums then overlap. x may be b.
template <class T, Index count>
[[gnu::always_inline]] inline void solve_group(const Lines& a, const double* b, double* x) {
  constexpr Index step = sizeof(T) / sizeof(double);
  T carry[count];
  const Index last = (a.length - 1) * a.stride;
  for (Index v = 0; v < count; ++v) as<T>(x + last + v * step) = carry[v] = as<T>(b + last + v * step);
  for (Index k = a.length - 2; k >= 0; --k) {
    const Index here = k * a.stride;
    const double* inverse = a.inverse + (k + 1) * a.width;
    for (Index v = 0; v < count; ++v) {
      carry[v] = as<T>(b + here + v * step) + a.segment_s * as<T>(inverse + v * step) * carry[v];
      as<T>(x + here + v * step) = carry[v];
    }
  }
  for (Index v = 0; v < count; ++v) as<T>(x + v * step) = carry[v] = as<T>(x + v * step) * as<T>(a.inverse + v * step);
  for (Index k = 1; k < a.length; ++k) {
    const Index here = k * a.stride;
    const double* inverse = a.inverse + k * a.width;
    for (Index v = 0; v < count; ++v) {
      const T share = as<T>(inverse + v * step);
      carry[v] = as<T>(x + here + v * step) * share + a.segment_s * share * carry[v];
      as<T>(x + here + v * step) = carry[v];
    }
  }
}

/// The same after r -= alpha q, from r into z. @return r . z of these lines
template <class T, Index count>
[[gnu::always_inline]] inline double step_and_solve_group(const Lines& a, double alpha, const double* __restrict q,
                                                          double* __restrict r, double* __restrict z) {
  constexpr Index step = sizeof(T) / sizeof(double), sums = count < 4 ? count : 4;
  T carry[count] = {}, sum[sums] = {};
  for (Index k = a.length - 1; k >= 0; --k) {
    const Index here = k * a.stride;
    const double* inverse = a.inverse + (k + 1) * a.width;
    for (Index v = 0; v < count; ++v) {
      const T left = as<T>(r + here + v * step) - alpha * as<T>(q + here + v * step);
      as<T>(r + here + v * step) = left;
      carry[v] = k == a.length - 1 ? left : left + a.segment_s * as<T>(inverse + v * step) * carry[v];
      as<T>(z + here + v * step) = carry[v];
    }
  }
  for (Index k = 0; k < a.length; ++k) {
    const Index here = k * a.stride;
    const double* inverse = a.inverse + k * a.width;
    for (Index v = 0; v < count; ++v) {
      const T share = as<T>(inverse + v * step);
      carry[v] = k == 0 ? carry[v] * share : as<T>(z + here + v * step) * share + a.segment_s * share * carry[v];
      as<T>(z + here + v * step) = carry[v];
      sum[v % sums] += as<T>(r + here + v * step) * carry[v];
    }
  }
  double all = 0;
  for (Index v = 0; v < sums; ++v) all += total(sum[v]);
  return all;
}

HOPFLOW_WIDTHS void solve_lines(Lines a, Index lines, const double* b, double* x) {
  Index l = 0;
  const auto run = [&]<class T, Index count>() __attribute__((always_inline)) {
    constexpr Index step = count * sizeof(T) / sizeof(double);
    for (; l + step <= lines; l += step)
      solve_group<T, count>({a.width, a.length, a.stride, a.segment_s, a.inverse + l}, b + l, x + l);
  };
  run.template operator()<Four, 8>();
  run.template operator()<Four, 4>();
  run.template operator()<Four, 1>();
  run.template operator()<double, 1>();
}

HOPFLOW_WIDTHS double step_and_solve_lines(Lines a, Index lines, double alpha, const double* q, double* r, double* z) {
  Index l = 0;
  double sum = 0;
  const auto run = [&]<class T, Index count>() __attribute__((always_inline)) {
    constexpr Index step = count * sizeof(T) / sizeof(double);
    for (; l + step <= lines; l += step)
      sum += step_and_solve_group<T, count>({a.width, a.length, a.stride, a.segment_s, a.inverse + l}, alpha, q + l,
                                            r + l, z + l);
  };
  run.template operator()<Four, 8>();
  run.template operator()<Four, 4>();
  run.template operator()<Four, 1>();
  run.template operator()<double, 1>();
  return sum;
}

HOPFLOW_WIDTHS void factorize_node(Index width, double segment_s, const double* __restrict load,
                                   double* __restrict seen, double* __restrict inverse) {
  for (Index l = 0; l < width; ++l) {
    const double s = load[l] + seen[l];
    inverse[l] = 1 / (segment_s + s);
    seen[l] = s * (segment_s * inverse[l]);
  }
}

double last_inverse(double pivot) { return pivot > 0 ? 1 / pivot : 0; }

Index length_of(std::span<const double> a) { return static_cast<Index>(a.size()); }

}  // namespace

void Ladders::factorize(std::span<const double> load_s, double segment_s, std::span<const double> end_s) {
  width_ = length_of(end_s);
  length_ = length_of(load_s) / width_;
  segment_s_ = segment_s;
  inverse_.resize(load_s.size());
  load_seen_.assign(end_s.size(), 0.0);
  for (Index k = length_ - 1; k > 0; --k) {
    factorize_node(width_, segment_s, load_s.data() + k * width_, load_seen_.data(), inverse_.data() + k * width_);
  }
  for (std::size_t l = 0; l < end_s.size(); ++l) inverse_[l] = last_inverse(load_s[l] + load_seen_[l] + end_s[l]);
}

void Ladders::factorize_line(std::span<const double> load_s, std::span<const double> end_s, Index line) {
  double seen = 0;
  for (Index k = (length_ - 1) * width_ + line; k > line; k -= width_) {
    factorize_node(1, segment_s_, load_s.data() + k, &seen, inverse_.data() + k);
  }
  const auto l = static_cast<std::size_t>(line);
  inverse_[l] = last_inverse(load_s[l] + seen + end_s[l]);
}

void Ladders::solve(std::span<const double> b, std::span<double> x) const {
  solve_lines({width_, length_, width_, segment_s_, inverse_.data()}, width_, b.data(), x.data());
}

void Ladders::solve_some(Index first, Index count, std::span<double> x) const {
  solve_lines({width_, length_, count, segment_s_, inverse_.data() + first}, count, x.data(), x.data());
}

double Ladders::step_and_solve(double alpha, std::span<const double> q, std::span<double> r,
                               std::span<double> z) const {
  return step_and_solve_lines({width_, length_, width_, segment_s_, inverse_.data()}, width_, alpha, q.data(), r.data(),
                              z.data());
}

}  // namespace hopflow::pipeline
