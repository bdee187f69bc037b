// SPDX-License-Identifier: GPL-2.0-or-later
// The loops over all neurons: one multiplication after another, per neuron, so every processor variant gives the same
// bits.
#pragma once

namespace hopflow::pipeline {

/// Neuron arrays are padded to whole multiples of this.
inline constexpr int neuron_padding = 16;

/// One step of n neurons that share their inhibition.
template <class Real>
struct NeuronStep {
  Real* v;                  ///< membrane potentials (mV)
  Real* ge;                 ///< excitatory conductances
  const Real* theta;        ///< threshold adaptations (mV)
  const Real* gain;         ///< input spikes add gain (row_1 + row_2 + ...) to ge, rows added in their order
  const Real* const* rows;  ///< weights of this step's input spikes, n each
  int count;                ///< of rows
  const Real* const* next;  ///< rows the next step will want: fetched into the cache meanwhile
  int next_count;
  int n;             ///< multiple of neuron_padding
  Real a;            ///< dt / tau_m
  Real numerator;    ///< a (E_rest + gi E_inh)
  Real denominator;  ///< 1 + a (1 + gi)
  Real ge_decay;
  Real theta_decay, threshold;  ///< fires if v > theta theta_decay + threshold
};

/// v <- (v + numerator) / (denominator + a ge), then ge <- ge_decay ge + what the input spikes add.
/// @return whether any v is above its threshold
bool advance(const NeuronStep<float>& step);
bool advance(const NeuronStep<double>& step);

/// factor_j <- sum / (sum over inputs of weights[i][j], inputs ascending); 1 for a column whose sum is not positive.
void column_factors(float* factor, const float* weights, float sum, int inputs, int n);
void column_factors(double* factor, const double* weights, double sum, int inputs, int n);

/// As column_factors(), then weights[i][j] <- weights[i][j] factor[j].
void normalise_columns(float* weights, float* factor, float sum, int inputs, int n);
void normalise_columns(double* weights, double* factor, double sum, int inputs, int n);

/// weights[i][j] <- weights[i][j] factor[j].
void scale_columns(float* weights, float* factor, int inputs, int n);
void scale_columns(double* weights, double* factor, int inputs, int n);

}  // namespace hopflow::pipeline
