// SPDX-License-Identifier: GPL-2.0-or-later
// The learning rules, one class each, and the table that names them.
#include <algorithm>
#include <cmath>

#include "workflows/pipeline/spiking/learning.hpp"

namespace hopflow::pipeline {

namespace {

/// Diehl & Cook's rule.
template <class Real>
class TripletRule final : public LearningRule<Real> {
 public:
  TripletRule(const RuleOptions& options, const Preset&)
      : input_{20, options.dt_ms}, output_{20, options.dt_ms}, slow_output_{40, options.dt_ms} {}

  void on_input(Synapses<Real>& synapses, const SpikeHistory& history, std::span<const std::uint16_t> inputs,
                std::int64_t step) override {
    losses_.clear();
    for (const int j : history.recent)
      losses_.push_back(depression * output_.after(step - history.output[static_cast<std::size_t>(j)]));
    for (const std::uint16_t input : inputs) {
      Real* const row = synapses.row(input);
      for (std::size_t k = 0; k < losses_.size(); ++k) {
        Real& w = row[history.recent[k]];
        w = std::max(Real{0}, w - losses_[k]);
      }
    }
  }

  void on_output(Synapses<Real>& synapses, const SpikeHistory& history, int neuron, std::int64_t step) override {
    const Real step_size = potentiation * slow_output_.after(step - history.output[static_cast<std::size_t>(neuron)]);
    if (step_size == 0) return;
    for (int i = 0; i < synapses.inputs; ++i) {
      const Real pre = input_.after(step - history.input[static_cast<std::size_t>(i)]);
      if (pre == 0) continue;
      Real& w = synapses.row(i)[neuron];
      w = std::min(Real{1}, w + step_size * pre);
    }
  }

  int memory() const override { return output_.length(); }

 private:
  static constexpr Real depression = static_cast<Real>(1e-4), potentiation = static_cast<Real>(1e-2);
  Trace<Real> input_, output_, slow_output_;
  std::vector<Real> losses_;  ///< of each recent neuron's weight by one input spike
};

/// What rules that write onto cells have in common: the cells, and pulses that shrink in the course of the training.
template <class Real>
class CellRule : public LearningRule<Real> {
 public:
  CellRule(const RuleOptions& options, const Preset& preset)
      : cells{options.device.value_or(preset.ideal), options.cells, options.seed},
        anneal_{options.anneal.value_or(options.device ? 1 : preset.anneal)} {}

  void place(Synapses<Real>& synapses) final {
    cells.place(synapses.weights, synapses.inputs, synapses.neurons, synapses.stride);
  }
  void begin_image(double progress) final { size = static_cast<Real>(anneal_ == 1 ? 1 : std::pow(anneal_, progress)); }
  void after_decay(Synapses<Real>& synapses) final { cells.restore_stuck(synapses.weights); }
  WriteCount writes() const final { return cells.count(); }

 protected:
  CellWriter<Real> cells;
  Real size = 1;

 private:
  double anneal_;
};

/// Pair-based STDP, nearest spikes.
template <class Real>
class PairRule final : public CellRule<Real> {
 public:
  PairRule(const RuleOptions& options, const Preset& preset)
      : CellRule<Real>{options, preset},
        input_{window(options, &DeviceCurve::window_up)},
        output_{window(options, &DeviceCurve::window_down)} {}

  void on_input(Synapses<Real>& synapses, const SpikeHistory& history, std::span<const std::uint16_t> inputs,
                std::int64_t step) override {
    for (const std::uint16_t input : inputs) {
      for (const int j : history.recent) {
        const Real window = output_.after(step - history.output[static_cast<std::size_t>(j)]);
        if (window == 0) continue;
        const std::size_t cell = synapses.at(input, j);
        this->cells.down(synapses.weights[cell], cell, window * this->size);
      }
    }
  }

  void on_output(Synapses<Real>& synapses, const SpikeHistory& history, int neuron, std::int64_t step) override {
    for (int i = 0; i < synapses.inputs; ++i) {
      const Real window = input_.after(step - history.input[static_cast<std::size_t>(i)]);
      if (window == 0) continue;
      const std::size_t cell = synapses.at(i, neuron);
      this->cells.up(synapses.weights[cell], cell, window * this->size);
    }
  }

  int memory() const override { return output_.length(); }

 private:
  static Trace<Real> window(const RuleOptions& options, std::vector<double> DeviceCurve::*shares) {
    if (!options.device || options.device->window_ms.empty()) return {20, options.dt_ms};
    return {options.device->window_ms, (*options.device).*shares, options.dt_ms};
  }

  Trace<Real> input_, output_;
};

/// One pulse at each output spike.
template <class Real>
class PostOnlyRule final : public CellRule<Real> {
 public:
  PostOnlyRule(const RuleOptions& options, const Preset& preset)
      : CellRule<Real>{options, preset}, window_{static_cast<std::int64_t>(std::lround(40 / options.dt_ms))} {}

  void on_input(Synapses<Real>&, const SpikeHistory&, std::span<const std::uint16_t>, std::int64_t) override {}

  void on_output(Synapses<Real>& synapses, const SpikeHistory& history, int neuron, std::int64_t step) override {
    for (int i = 0; i < synapses.inputs; ++i) {
      const std::size_t cell = synapses.at(i, neuron);
      if (step - history.input[static_cast<std::size_t>(i)] <= window_) {
        this->cells.up(synapses.weights[cell], cell, this->size);
      } else {
        this->cells.down(synapses.weights[cell], cell, this->size);
      }
    }
  }

  int memory() const override { return 0; }

 private:
  std::int64_t window_;
};

template <template <class> class Rule, class Real>
std::unique_ptr<LearningRule<Real>> make(const RuleOptions& options, const Preset& preset) {
  return std::make_unique<Rule<Real>>(options, preset);
}

}  // namespace

const std::vector<Preset>& presets() {
  static const std::vector<Preset> table{
      {"dc2015",
       "the published rule and constants",
       false,
       true,
       Normalise::weights,
       Readout::mean_rate,
       0.05,
       false,
       1,
       {},
       &make<TripletRule, float>,
       &make<TripletRule, double>},
      {"pair", "pair-based STDP of a device", true, true, Normalise::gains, Readout::mean_rate, 0.1, true, 0.1,
       DeviceCurve::linear_bounds(0.03, 0.01), &make<PairRule, float>, &make<PairRule, double>},
      {"post-only", "one bipolar pulse at each output spike", true, false, Normalise::gains, Readout::mean_rate, 0.15,
       true, 0.1, DeviceCurve::exponential_bounds(0.1, 0.1, 3), &make<PostOnlyRule, float>,
       &make<PostOnlyRule, double>},
  };
  return table;
}

}  // namespace hopflow::pipeline
