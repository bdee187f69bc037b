// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/ladders.hpp"

#include <algorithm>

#include "workflows/pipeline/vector_widths.hpp"

namespace hopflow::pipeline {

using Eigen::Index;

namespace {

constexpr Index lines_at_once = 64;   ///< what fits into the nearest cache

HOPFLOW_WIDTHS void solve_lines(Index width, Index length, Index first, Index count, const double* __restrict gain, const double* __restrict inverse,
                                const double* __restrict b, double* __restrict x) {
  const Index last = (length - 1) * width + first;
  for (Index l = 0; l < count; ++l) x[last + l] = b[last + l];
  for (Index k = length - 2; k >= 0; --k) {
    const Index here = k * width + first, after = here + width;
    for (Index l = 0; l < count; ++l) x[here + l] = b[here + l] + gain[after + l] * x[after + l];
  }
  for (Index l = 0; l < count; ++l) x[first + l] *= inverse[first + l];
  for (Index k = 1; k < length; ++k) {
    const Index here = k * width + first, before = here - width;
    for (Index l = 0; l < count; ++l) x[here + l] = x[here + l] * inverse[here + l] + gain[here + l] * x[before + l];
  }
}

HOPFLOW_WIDTHS void factorize_node(Index width, double segment_s, const double* __restrict load, double* __restrict seen, double* __restrict gain,
                                   double* __restrict inverse) {
  for (Index l = 0; l < width; ++l) {
    const double s = load[l] + seen[l];
    inverse[l] = 1 / (segment_s + s);
    gain[l] = segment_s * inverse[l];
    seen[l] = s * gain[l];
  }
}

Index size_of(std::span<const double> a) { return static_cast<Index>(a.size()); }

}  // namespace

void Ladders::factorize(std::span<const double> load_s, double segment_s, std::span<const double> end_s) {
  width_ = size_of(end_s);
  length_ = size_of(load_s) / width_;
  gain_.resize(load_s.size());
  inverse_.resize(load_s.size());
  load_seen_.assign(end_s.size(), 0.0);
  for (Index k = length_ - 1; k > 0; --k) {
    factorize_node(width_, segment_s, load_s.data() + k * width_, load_seen_.data(), gain_.data() + k * width_, inverse_.data() + k * width_);
  }
  for (std::size_t l = 0; l < end_s.size(); ++l) {
    const double pivot = load_s[l] + load_seen_[l] + end_s[l];
    inverse_[l] = pivot > 0 ? 1 / pivot : 0;
    gain_[l] = 0;
  }
}

void Ladders::solve(std::span<const double> b, std::span<double> x) const {
  for (Index first = 0; first < width_; first += lines_at_once) {
    solve_lines(width_, length_, first, std::min(lines_at_once, width_ - first), gain_.data(), inverse_.data(), b.data(), x.data());
  }
}

}  // namespace hopflow::pipeline
