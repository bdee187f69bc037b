// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/spiking/snn_kernel.hpp"

#include <algorithm>
#include <cstring>

#include "workflows/pipeline/core/vector_widths.hpp"

namespace hopflow::pipeline {

namespace {

/// 64 bytes that are worked on at once, in one instruction or several.
template <class Real>
struct Vectors;
template <>
struct Vectors<float> {
  typedef float Block __attribute__((vector_size(64)));
  typedef int Mask __attribute__((vector_size(64)));
};
template <>
struct Vectors<double> {
  typedef double Block __attribute__((vector_size(64)));
  typedef long long Mask __attribute__((vector_size(64)));
};
template <class Real>
using Block = typename Vectors<Real>::Block;
template <class Real>
constexpr int lanes = 64 / static_cast<int>(sizeof(Real));

// Blocks are not returned: how that is done depends on the processor.
template <class Real>
HOPFLOW_INLINE void load(Block<Real>& to, const Real* from) {
  std::memcpy(&to, from, sizeof to);
}
template <class Real>
HOPFLOW_INLINE void store(Real* to, const Block<Real>& from) {
  std::memcpy(to, &from, sizeof from);
}
template <class Real>
HOPFLOW_INLINE void add(Block<Real>& sum, const Real* from) {
  Block<Real> more;
  load<Real>(more, from);
  sum = sum + more;
}

/// @tparam count  of rows, or -1: as many as the step says
template <int count, class Real>
HOPFLOW_INLINE bool advance_rows(const NeuronStep<Real>& step) {
  // Own copies, which no store below can change: they stay in registers.
  const NeuronStep<Real> s = step;
  const Real* own_rows[count > 0 ? count : 1];
  for (int r = 0; r < count; ++r) own_rows[r] = s.rows[r];
  const Real* const* const row = count < 0 ? s.rows : own_rows;
  const Real a = s.a, numerator = s.numerator, denominator = s.denominator, ge_decay = s.ge_decay;
  const Real theta_decay = s.theta_decay, threshold = s.threshold;
  const int rows = count < 0 ? s.count : count;
  typename Vectors<Real>::Mask above{};
  Block<Real> g, v, theta, sum, gain;
  for (int k = 0; k < s.n; k += lanes<Real>) {
    for (int r = 0; r < s.next_count; ++r) __builtin_prefetch(s.next[r] + k);
    load<Real>(g, s.ge + k);
    load<Real>(v, s.v + k);
    load<Real>(theta, s.theta + k);
    v = (v + numerator) / (denominator + a * g);
    above |= v > theta * theta_decay + threshold;
    store<Real>(s.v + k, v);
    g = ge_decay * g;
    if constexpr (count != 0) {
      load<Real>(sum, row[0] + k);
      for (int r = 1; r < rows; ++r) add<Real>(sum, row[r] + k);
      load<Real>(gain, s.gain + k);
      g = g + gain * sum;
    }
    store<Real>(s.ge + k, g);
  }
  bool any = false;
  for (int l = 0; l < lanes<Real>; ++l) any |= above[l] != 0;
  return any;
}

template <class Real>
HOPFLOW_INLINE bool advance_all(const NeuronStep<Real>& s) {
  switch (s.count) {
    case 0: return advance_rows<0>(s);
    case 1: return advance_rows<1>(s);
    case 2: return advance_rows<2>(s);
    case 3: return advance_rows<3>(s);
    case 4: return advance_rows<4>(s);
    case 5: return advance_rows<5>(s);
    case 6: return advance_rows<6>(s);
    default: return advance_rows<-1>(s);
  }
}

/// Stripes of this many blocks: their sums stay in registers and the stripe in the cache until it is scaled.
constexpr int stripe_blocks = 8;

template <class Real>
HOPFLOW_INLINE void sum_stripe(Real* sum, const Real* weights, int inputs, int n, int blocks) {
  Block<Real> sums[stripe_blocks]{};
  for (int i = 0; i < inputs; ++i, weights += n) {
    for (int b = 0; b < blocks; ++b) add<Real>(sums[b], weights + b * lanes<Real>);
  }
  for (int b = 0; b < blocks; ++b) store<Real>(sum + b * lanes<Real>, sums[b]);
}

template <class Real>
HOPFLOW_INLINE void scale_stripe(Real* weights, const Real* factor, int inputs, int n, int blocks) {
  Block<Real> factors[stripe_blocks]{}, w;
  for (int b = 0; b < blocks; ++b) load<Real>(factors[b], factor + b * lanes<Real>);
  for (int i = 0; i < inputs; ++i, weights += n) {
    for (int b = 0; b < blocks; ++b) {
      load<Real>(w, weights + b * lanes<Real>);
      w = w * factors[b];
      store<Real>(weights + b * lanes<Real>, w);
    }
  }
}

/// What a stripe's columns are to be multiplied by, in place of their sums.
template <class Real>
HOPFLOW_INLINE void factors_of_sums(Real* sums, Real wanted, int columns) {
  for (int k = 0; k < columns; ++k) sums[k] = sums[k] > 0 ? wanted / sums[k] : 1;
}

template <bool sums, bool scales, class Real, class Weight>  // Weight: Real, or const Real where nothing scales
HOPFLOW_INLINE void stripes(Weight* weights, Real* factor, Real wanted, int inputs, int n) {
  for (int k = 0; k < n; k += stripe_blocks * lanes<Real>) {
    // A constant width lets the loops over a stripe unroll into registers.
    const int width = std::min(n - k, stripe_blocks * lanes<Real>);
    if (width == stripe_blocks * lanes<Real>) {
      if constexpr (sums) sum_stripe<Real>(factor + k, weights + k, inputs, n, stripe_blocks);
      if constexpr (sums) factors_of_sums(factor + k, wanted, width);
      if constexpr (scales) scale_stripe<Real>(weights + k, factor + k, inputs, n, stripe_blocks);
    } else {
      if constexpr (sums) sum_stripe<Real>(factor + k, weights + k, inputs, n, width / lanes<Real>);
      if constexpr (sums) factors_of_sums(factor + k, wanted, width);
      if constexpr (scales) scale_stripe<Real>(weights + k, factor + k, inputs, n, width / lanes<Real>);
    }
  }
}

}  // namespace

HOPFLOW_WIDTHS bool advance(const NeuronStep<float>& step) { return advance_all(step); }
HOPFLOW_WIDTHS bool advance(const NeuronStep<double>& step) { return advance_all(step); }

HOPFLOW_WIDTHS void column_factors(float* factor, const float* weights, float sum, int inputs, int n) {
  stripes<true, false>(weights, factor, sum, inputs, n);
}
HOPFLOW_WIDTHS void column_factors(double* factor, const double* weights, double sum, int inputs, int n) {
  stripes<true, false>(weights, factor, sum, inputs, n);
}
HOPFLOW_WIDTHS void normalise_columns(float* weights, float* factor, float sum, int inputs, int n) {
  stripes<true, true>(weights, factor, sum, inputs, n);
}
HOPFLOW_WIDTHS void normalise_columns(double* weights, double* factor, double sum, int inputs, int n) {
  stripes<true, true>(weights, factor, sum, inputs, n);
}
HOPFLOW_WIDTHS void scale_columns(float* weights, float* factor, int inputs, int n) {
  stripes<false, true>(weights, factor, 0.0F, inputs, n);
}
HOPFLOW_WIDTHS void scale_columns(double* weights, double* factor, int inputs, int n) {
  stripes<false, true>(weights, factor, 0.0, inputs, n);
}

}  // namespace hopflow::pipeline
