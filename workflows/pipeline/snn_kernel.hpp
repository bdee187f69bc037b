// SPDX-License-Identifier: GPL-2.0-or-later
// The loops over all neurons: one multiplication after another, per neuron, so every processor variant gives the same bits.
#pragma once

namespace hopflow::pipeline {

/// Neuron arrays are padded to whole multiples of this.
inline constexpr int neuron_padding = 16;

/// One step of n neurons that share their inhibition.
template <class Real>
struct NeuronStep {
  Real* v;              ///< membrane potentials (mV)
  Real* ge;             ///< excitatory conductances
  const Real* theta;    ///< threshold adaptations (mV)
  const Real* drive;    ///< what this step's input spikes add to ge; nullptr: nothing
  int n;                ///< multiple of neuron_padding
  Real a;               ///< dt / tau_m
  Real numerator;       ///< a (E_rest + gi E_inh)
  Real denominator;     ///< 1 + a (1 + gi)
  Real ge_decay;
  Real theta_decay, threshold;   ///< fires if v > theta theta_decay + threshold
};

/// v <- (v + numerator) / (denominator + a ge), then ge <- ge_decay ge + drive.
/// @return whether any v is above its threshold
bool advance(const NeuronStep<float>& step);
bool advance(const NeuronStep<double>& step);

/// sum <- gain (row_1 + row_2 + ...), rows added in their order, all of n entries.
void add_rows(float* sum, const float* gain, const float* const* rows, int count, int n);
void add_rows(double* sum, const double* gain, const double* const* rows, int count, int n);

/// sum_j <- sum over inputs of weights[i][j], inputs ascending.
void column_sums(float* sum, const float* weights, int inputs, int n);
void column_sums(double* sum, const double* weights, int inputs, int n);

/// weights[i][j] <- factor[j] weights[i][j].
void scale_columns(float* weights, const float* factor, int inputs, int n);
void scale_columns(double* weights, const double* factor, int inputs, int n);

}  // namespace hopflow::pipeline
