// SPDX-License-Identifier: GPL-2.0-or-later
// Plastic synapses, what a rule that changes them looks like, and the rules there are.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/pipeline/core/aligned.hpp"
#include "workflows/pipeline/spiking/cells.hpp"

namespace hopflow::pipeline {

/// exp(-n dt/tau) for n = 0, 1, 2, ... steps since a spike; exactly 0 from 20 tau on (2e-9), so that old spikes cost
/// nothing.
template <class Real>
class Trace {
 public:
  Trace(double tau_ms, double dt_ms);
  /// Values at distances from a table, linear in between; 0 beyond its end. @param at_ms  ascending from 0
  Trace(std::span<const double> at_ms, std::span<const double> values, double dt_ms);
  Real after(std::int64_t steps) const noexcept {
    return steps < static_cast<std::int64_t>(values_.size()) ? values_[static_cast<std::size_t>(steps)] : Real{0};
  }
  int length() const noexcept { return static_cast<int>(values_.size()); }

 private:
  std::vector<Real> values_;
};

/// All-to-all synapses from inputs to neurons.
/// @invariant weights has inputs x stride entries, the row of an input contiguous; columns from `neurons` on are 0
template <class Real>
struct Synapses {
  int inputs = 0;
  int neurons = 0;
  int stride = 0;         ///< neurons rounded up to whole vectors
  Aligned<Real> weights;  ///< what the rule changes: w of an ideal synapse, g = (G - Gmin)/(Gmax - Gmin) of a device
  Aligned<Real> gain;     ///< stride; a neuron sees gain x weight

  std::size_t at(int input, int neuron) const noexcept {
    return static_cast<std::size_t>(input) * static_cast<std::size_t>(stride) + static_cast<std::size_t>(neuron);
  }
  Real* row(int input) noexcept { return weights.data() + static_cast<std::ptrdiff_t>(input) * stride; }
  const Real* row(int input) const noexcept { return weights.data() + static_cast<std::ptrdiff_t>(input) * stride; }
};

/// When inputs and neurons last spiked, in steps since the network began; `never` if they did not.
struct SpikeHistory {
  static constexpr std::int64_t never = -(std::int64_t{1} << 40);
  std::vector<std::int64_t> input;
  std::vector<std::int64_t> output;
  std::vector<int> recent;  ///< neurons whose last spike may still matter
};

/// A learning rule. A new one is a class in learning_rules.cpp and its row in presets().
template <class Real>
class LearningRule {
 public:
  virtual ~LearningRule() = default;

  /// Once, before the first image: stuck cells take their state.
  virtual void place(Synapses<Real>& /*synapses*/) {}
  /// Before each training image. @param progress  images learnt / images to learn, [0, 1)
  virtual void begin_image(double /*progress*/) {}
  /// After all weights were scaled by the same factor (forgetting).
  virtual void after_decay(Synapses<Real>& /*synapses*/) {}
  /// Inputs spiked; history.input still holds their spikes before. Called before the outputs of the same step.
  virtual void on_input(Synapses<Real>& synapses, const SpikeHistory& history, std::span<const std::uint16_t> inputs,
                        std::int64_t step) = 0;
  /// A neuron spiked; history.output still holds its spike before, history.input already this step's.
  virtual void on_output(Synapses<Real>& synapses, const SpikeHistory& history, int neuron, std::int64_t step) = 0;
  /// How many steps an output spike matters to on_input(); 0: on_input() does nothing.
  virtual int memory() const = 0;
  /// Pulses so far.
  virtual WriteCount writes() const { return {}; }
};

/// How the sum of a neuron's weights is kept in bounds before each training image.
enum class Normalise {
  weights,  ///< weights are rescaled, as published; no crossbar does this
  gains,    ///< the neuron's input gain is set, conductances stay as written
  none,
};

/// How counts of spikes become an answer.
enum class Readout {
  mean_rate,  ///< as published: the digit whose neurons have the highest mean count
  likeliest,  ///< the likeliest digit for all counts; what a trained output layer would do
};

/// Everything a rule is made from.
struct RuleOptions {
  std::string preset = "dc2015";  ///< a name of presets()
  double dt_ms = 0.5;
  std::uint64_t seed = 1;
  std::optional<DeviceCurve> device;  ///< a calibrated device instead of the preset's ideal synapse
  std::optional<double>
      anneal;  ///< step size at the end of the training over that at its start; default: the preset's, 1 with a device
  CellEffects cells{};
};

/// A rule with what belongs to it.
struct Preset {
  std::string_view name;
  std::string_view help;
  bool takes_device;    ///< its synapse may be a device, with all effects
  bool rests;           ///< 150 ms of rest after an image; otherwise the state is cleared
  Normalise normalise;  ///< unless asked for otherwise
  Readout readout;      ///< of `accuracy`; both are always reported
  double theta_plus;    ///< threshold gained by a spike (mV), of 400 neurons and 6000 images
  bool theta_scales;    ///< theta_plus grows with neurons/400 and 6000/images: the same rise of thresholds for any size
  double anneal;  ///< of the ideal synapse: both steps are multiplied by anneal^progress (shorter pulses late in the
                  ///< training)
  DeviceCurve ideal;  ///< the ideal synapse's steps; empty if it takes no device
  std::unique_ptr<LearningRule<float>> (*make_float)(const RuleOptions&, const Preset&);
  std::unique_ptr<LearningRule<double>> (*make_double)(const RuleOptions&, const Preset&);
};

/// dc2015     Diehl & Cook, Front. Comput. Neurosci. 9, 99 (2015), constants of the authors' published program; triplet
///            rule with traces set to 1 by a spike: input spike w -= 1e-4 post1; output spike w += 1e-2 pre post2, with
///            post2 as before this spike; tau pre 20, post1 20, post2 40 ms; 0 <= w <= 1. The published answer, the
///            highest mean rate, is given next to the likeliest digit: from one network to the next it varies twice as
///            much (on training images from 50 000 on, seeds 11-20: 82.4 +- 1.3 % against 86.4 +- 0.7 %)
/// pair       input spike g -= F-(g) exp(-t_post/20 ms); output spike g += F+(g) exp(-t_pre/20 ms), nearest spikes;
///            ideal F+ = 0.03 (1 - g), F- = 0.01 g; a device may bring its own window in place of the exponential
/// post-only  one bipolar pulse at an output spike: inputs that spiked within the last 40 ms g += F+(g), all others
///            g -= F-(g) (after Querlioz et al., IEEE Trans. Nanotechnol. 12, 288 (2013));
///            ideal F+ = 0.1 exp(-3 g), F- = 0.1 exp(-3 (1 - g))
/// The constants of pair and post-only were chosen on training images from 50 000 on, seeds 1 and 2.
const std::vector<Preset>& presets();

/// @throws Error{bad_input} naming the presets there are
const Preset& preset_named(std::string_view name);

/// The rule of a preset.
/// @throws Error{bad_input} for an unknown preset, a device or its effects where the preset takes none, values out of
/// range
template <class Real>
std::unique_ptr<LearningRule<Real>> make_rule(const RuleOptions& options);

}  // namespace hopflow::pipeline
