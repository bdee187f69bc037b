// SPDX-License-Identifier: GPL-2.0-or-later
// The network of Diehl & Cook: excitatory neurons that learn, each with an inhibitory partner that silences the others.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "workflows/pipeline/spiking/encode.hpp"
#include "workflows/pipeline/spiking/learning.hpp"

namespace hopflow::pipeline {

/// Published constants: P. U. Diehl, M. Cook, Front. Comput. Neurosci. 9, 99 (2015), as in the authors' program.
/// Potentials in mV, times in ms, conductances in units of the leak.
struct NetworkConstants {
  double dt = 0.5;
  double e_tau = 100, e_rest = -65, e_reset = -65, e_inhibition = -100, e_refractory = 5;
  double e_threshold = -72;  ///< plus theta: -52 at the start
  double theta_start = 20, theta_plus = 0.05, theta_tau = 1e7;
  double i_tau = 10, i_rest = -60, i_reset = -45, i_threshold = -40, i_refractory = 2;
  double ge_tau = 1, gi_tau = 2;
  double e_to_i = 10.4, i_to_e = 17;
  double start_below_rest = 40;                     ///< all potentials start this far below rest
  double weight_scale = 0.3, weight_offset = 0.01;  ///< w = 0.3 (u + 0.01), u uniform on (0, 1)
  double weight_sum = 78;                           ///< of each neuron's weights after normalisation
  double image_ms = 350, rest_ms = 150;

  int steps_of(double time_ms) const { return static_cast<int>(std::lround(time_ms / dt)); }
};

/// The excitatory spikes of a presentation, in order of time, then of neuron.
struct Spike {
  std::int32_t step;  ///< since the presentation began
  std::int32_t neuron;
  bool operator==(const Spike&) const = default;
};

/// State and dynamics. Each step: potentials, thresholds, then the spikes' effects on conductances and weights.
///   excitatory  v' = v + dt/100 [(-65 - v') + ge (0 - v') + gi (-100 - v')]
///   inhibitory  v' = v + dt/10 [(-60 - v) + ge (0 - v)]
///   conductances  ge' = ge (1 - dt/1), gi' = gi (1 - dt/2), then + weights of this step's spikes
/// The excitatory step is implicit (v' on both sides): the published explicit Euler step of 0.5 ms is unstable once
/// more than ~20 inhibitory neurons fire at once. All other steps are the published explicit ones. The published
/// program's random delays of input spikes (0-10 ms) are left out, as in most re-implementations.
///
/// Cheap because little happens: inhibition is one number for all but the few neurons whose partner fired lately;
/// inhibitory neurons and the rest after an image advance in closed form while nothing acts on them, e.g.
/// v(n) = E + (v - E) (1 + dt/tau)^-n of excitatory ones; traces are functions of the time since a spike.
/// The same seed gives the same bits on any processor of the kind the program was built for.
template <class Real>
class Network {
 public:
  Network(const NetworkConstants& constants, int inputs, int neurons, std::uint64_t seed);

  /// Shows spikes, one step each. @param rule  what learns; nullptr: nothing learns, theta stays.
  void present(const SpikeTrains& spikes, LearningRule<Real>* rule);

  /// Lets the network come to rest without input. @param rule  as in present(); theta decays only if it learns
  void rest(int steps, LearningRule<Real>* rule);

  /// Potentials at rest, no conductances, no refractoriness, as long after the last spike; weights and theta stay.
  void clear();

  /// Scales each neuron's weights to the sum given by the constants (as published), keeping them apart from `gain`.
  void normalise_weights();
  /// Sets each neuron's gain so that gain x weights sum to that value: a circuit can do this, the weights stay.
  void normalise_gains();

  /// Multiplies all weights by one factor: what a device forgets.
  void scale_weights(Real factor);

  int neurons() const noexcept { return synapses_.neurons; }
  int inputs() const noexcept { return synapses_.inputs; }
  const NetworkConstants& constants() const noexcept { return constants_; }
  const Synapses<Real>& synapses() const noexcept { return synapses_; }
  Synapses<Real>& synapses() noexcept { return synapses_; }
  const std::vector<Spike>& spikes() const noexcept { return spikes_; }  ///< of the last present() and rest() after it
  double potential(int neuron) const { return static_cast<double>(v_[static_cast<std::size_t>(neuron)]); }
  double theta(int neuron) const { return static_cast<double>(theta_[static_cast<std::size_t>(neuron)]); }
  void set_theta(int neuron, Real theta) { theta_[static_cast<std::size_t>(neuron)] = theta; }

 private:
  /// An inhibitory neuron; while ge is 0 its potential is the one of step `since`, to be advanced in closed form.
  struct Inhibitory {
    Real v = 0, ge = 0;
    std::int64_t since = 0;
    int held = 0;  ///< steps of refractoriness left
    bool active = false;
  };
  struct Held {
    int neuron;
    int steps;
  };  ///< refractory
  struct Spared {
    int neuron;
    Real gi;
    Real v, ge;
  };  ///< a neuron its own partner does not inhibit; v, ge before the step

  void step(std::span<const std::uint16_t> input, LearningRule<Real>* rule, int local_step);
  void rows_of(std::span<const std::uint16_t> pixels, std::vector<const Real*>& rows);
  void advance_excitatory();
  void find_spikes();
  void advance_inhibitory();
  void propagate();
  void begin(LearningRule<Real>* rule);
  void end();
  bool quiet() const;
  void skip(int steps);

  NetworkConstants constants_;
  Synapses<Real> synapses_;
  SpikeHistory history_;
  std::int64_t now_ = 0;  ///< steps since the network began
  Aligned<Real> v_, ge_, theta_;
  double theta_decay_ = 1;  ///< since begin(); folded into theta_ by end()
  double theta_decay_step_ = 1;
  Real gi_ = 0;  ///< inhibition of neurons that are not spared
  std::vector<Spared> spared_;
  std::vector<Held> held_;
  std::vector<Inhibitory> inhibitory_;
  std::vector<int> active_;     ///< inhibitory neurons with ge > 0 or refractory, ascending
  std::vector<int> fired_;      ///< excitatory, this step
  std::vector<int> silencers_;  ///< inhibitory, this step
  bool above_ = false;
  int shown_ = 0;  ///< steps since the presentation began
  std::vector<Spike> spikes_;
  std::vector<const Real*> rows_, next_rows_;  ///< weights of the input spikes of this step and of the next
  Aligned<Real> factors_;                      ///< scratch

  Real a_, b_, ge_decay_, gi_decay_;
};

}  // namespace hopflow::pipeline
