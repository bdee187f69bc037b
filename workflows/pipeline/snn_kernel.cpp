// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/snn_kernel.hpp"

#include "workflows/pipeline/vector_widths.hpp"

#define HOPFLOW_INLINE inline __attribute__((always_inline))

namespace hopflow::pipeline {

namespace {

template <class Real>
HOPFLOW_INLINE bool advance_all(const NeuronStep<Real>& s) {
  Real* __restrict v = s.v;
  Real* __restrict ge = s.ge;
  const Real* __restrict theta = s.theta;
  const Real a = s.a, numerator = s.numerator, denominator = s.denominator, ge_decay = s.ge_decay;
  const Real theta_decay = s.theta_decay, threshold = s.threshold;
  const int n = s.n / neuron_padding * neuron_padding;
  int above = 0;
  if (const Real* __restrict drive = s.drive) {
    for (int k = 0; k < n; ++k) {
      const Real g = ge[k];
      const Real now = (v[k] + numerator) / (denominator + a * g);
      above |= now > theta[k] * theta_decay + threshold ? 1 : 0;
      v[k] = now;
      ge[k] = ge_decay * g + drive[k];
    }
  } else {
    for (int k = 0; k < n; ++k) {
      const Real g = ge[k];
      const Real now = (v[k] + numerator) / (denominator + a * g);
      above |= now > theta[k] * theta_decay + threshold ? 1 : 0;
      v[k] = now;
      ge[k] = ge_decay * g;
    }
  }
  return above != 0;
}

template <class Real>
HOPFLOW_INLINE void add_all(Real* __restrict sum, const Real* __restrict gain, const Real* const* rows, int count, int size) {
  const int n = size / neuron_padding * neuron_padding;
  const Real* __restrict r0 = rows[0];
  if (count == 1) {
    for (int k = 0; k < n; ++k) sum[k] = gain[k] * r0[k];
    return;
  }
  const Real* __restrict r1 = rows[1];
  if (count == 2) {
    for (int k = 0; k < n; ++k) sum[k] = gain[k] * (r0[k] + r1[k]);
    return;
  }
  const Real* __restrict r2 = rows[2];
  if (count == 3) {
    for (int k = 0; k < n; ++k) sum[k] = gain[k] * (r0[k] + r1[k] + r2[k]);
    return;
  }
  const Real* __restrict r3 = rows[3];
  if (count == 4) {
    for (int k = 0; k < n; ++k) sum[k] = gain[k] * (r0[k] + r1[k] + r2[k] + r3[k]);
    return;
  }
  for (int k = 0; k < n; ++k) sum[k] = r0[k] + r1[k] + r2[k] + r3[k];
  int i = 4;
  for (; i + 4 <= count; i += 4) {
    const Real* __restrict q0 = rows[i];
    const Real* __restrict q1 = rows[i + 1];
    const Real* __restrict q2 = rows[i + 2];
    const Real* __restrict q3 = rows[i + 3];
    for (int k = 0; k < n; ++k) sum[k] = sum[k] + q0[k] + q1[k] + q2[k] + q3[k];
  }
  for (; i < count; ++i) {
    const Real* __restrict q = rows[i];
    for (int k = 0; k < n; ++k) sum[k] += q[k];
  }
  for (int k = 0; k < n; ++k) sum[k] *= gain[k];
}

template <class Real>
HOPFLOW_INLINE void sum_columns(Real* __restrict sum, const Real* __restrict weights, int inputs, int size) {
  const int n = size / neuron_padding * neuron_padding;
  for (int k = 0; k < n; ++k) sum[k] = 0;
  for (int i = 0; i < inputs; ++i) {
    const Real* __restrict row = weights + static_cast<long>(i) * n;
    for (int k = 0; k < n; ++k) sum[k] += row[k];
  }
}

template <class Real>
HOPFLOW_INLINE void scale_all(Real* __restrict weights, const Real* __restrict factor, int inputs, int size) {
  const int n = size / neuron_padding * neuron_padding;
  for (int i = 0; i < inputs; ++i) {
    Real* __restrict row = weights + static_cast<long>(i) * n;
    for (int k = 0; k < n; ++k) row[k] *= factor[k];
  }
}

}  // namespace

HOPFLOW_WIDTHS bool advance(const NeuronStep<float>& step) { return advance_all(step); }
HOPFLOW_WIDTHS bool advance(const NeuronStep<double>& step) { return advance_all(step); }
HOPFLOW_WIDTHS void add_rows(float* sum, const float* gain, const float* const* rows, int count, int n) { add_all(sum, gain, rows, count, n); }
HOPFLOW_WIDTHS void add_rows(double* sum, const double* gain, const double* const* rows, int count, int n) { add_all(sum, gain, rows, count, n); }
HOPFLOW_WIDTHS void column_sums(float* sum, const float* weights, int inputs, int n) { sum_columns(sum, weights, inputs, n); }
HOPFLOW_WIDTHS void column_sums(double* sum, const double* weights, int inputs, int n) { sum_columns(sum, weights, inputs, n); }

HOPFLOW_WIDTHS void scale_columns(float* weights, const float* factor, int inputs, int n) { scale_all(weights, factor, inputs, n); }
HOPFLOW_WIDTHS void scale_columns(double* weights, const double* factor, int inputs, int n) { scale_all(weights, factor, inputs, n); }

}  // namespace hopflow::pipeline
