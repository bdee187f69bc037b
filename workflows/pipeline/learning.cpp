// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/learning.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/error.hpp"
#include "structures/text.hpp"
#include "workflows/pipeline/encode.hpp"

namespace hopflow::pipeline {

template <class Real>
Trace<Real>::Trace(double tau_ms, double dt_ms) {
  const int length = static_cast<int>(std::ceil(20 * tau_ms / dt_ms));
  for (int n = 0; n < length; ++n) values_.push_back(static_cast<Real>(std::exp(-n * dt_ms / tau_ms)));
}

namespace {

/// Diehl & Cook's rule.
template <class Real>
class TripletRule final : public LearningRule<Real> {
 public:
  explicit TripletRule(double dt_ms) : input_{20, dt_ms}, output_{20, dt_ms}, slow_output_{40, dt_ms} {}

  void on_input(Synapses<Real>& synapses, const SpikeHistory& history, int input, std::int64_t step) override {
    Real* const row = synapses.row(input);
    for (const int j : history.recent) {
      const auto at = static_cast<std::size_t>(j);
      row[at] = std::max(Real{0}, row[at] - depression * output_.after(step - history.output[at]));
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
};

/// Write pulses: their size late in the training, and whether they are sent at all.
template <class Real>
class Writer {
 public:
  explicit Writer(const RuleOptions& options, double anneal)
      : seed_{options.seed}, probability_{options.write_probability}, anneal_{anneal} {}

  void begin_image(double progress) { size_ = static_cast<Real>(anneal_ == 1 ? 1 : std::pow(anneal_, progress)); }
  Real size() const noexcept { return size_; }

  bool sends() {
    if (probability_ >= 1) return true;
    const auto lane = static_cast<std::size_t>(count_ & 3);
    if (lane == 0) {
      const std::uint64_t block = count_ >> 2;
      numbers_ = random_block(seed_, RandomUse::writes, static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), 0);
    }
    ++count_;
    return unit_interval(numbers_[lane]) < probability_;
  }

 private:
  std::uint64_t seed_;
  double probability_, anneal_;
  Real size_ = 1;
  std::uint64_t count_ = 0;   ///< pulses decided so far
  std::array<std::uint32_t, 4> numbers_{};
};

/// Pair-based STDP, nearest spikes.
template <class Real, class Steps>
class PairRule final : public LearningRule<Real> {
 public:
  PairRule(const RuleOptions& options, Steps steps, double anneal)
      : steps_{std::move(steps)}, writer_{options, anneal}, input_{20, options.dt_ms}, output_{20, options.dt_ms} {}

  void begin_image(double progress) override { writer_.begin_image(progress); }

  void on_input(Synapses<Real>& synapses, const SpikeHistory& history, int input, std::int64_t step) override {
    Real* const row = synapses.row(input);
    for (const int j : history.recent) {
      const auto at = static_cast<std::size_t>(j);
      const Real window = output_.after(step - history.output[at]);
      if (window == 0 || !writer_.sends()) continue;
      row[at] = std::max(Real{0}, row[at] - steps_.down(row[at]) * window * writer_.size());
    }
  }

  void on_output(Synapses<Real>& synapses, const SpikeHistory& history, int neuron, std::int64_t step) override {
    for (int i = 0; i < synapses.inputs; ++i) {
      const Real window = input_.after(step - history.input[static_cast<std::size_t>(i)]);
      if (window == 0 || !writer_.sends()) continue;
      Real& g = synapses.row(i)[neuron];
      g = std::min(Real{1}, g + steps_.up(g) * window * writer_.size());
    }
  }

  int memory() const override { return output_.length(); }

 private:
  Steps steps_;
  Writer<Real> writer_;
  Trace<Real> input_, output_;
};

/// One pulse at each output spike.
template <class Real, class Steps>
class PostOnlyRule final : public LearningRule<Real> {
 public:
  PostOnlyRule(const RuleOptions& options, Steps steps, double anneal)
      : steps_{std::move(steps)}, writer_{options, anneal}, window_{static_cast<std::int64_t>(std::lround(40 / options.dt_ms))} {}

  void begin_image(double progress) override { writer_.begin_image(progress); }
  void on_input(Synapses<Real>&, const SpikeHistory&, int, std::int64_t) override {}

  void on_output(Synapses<Real>& synapses, const SpikeHistory& history, int neuron, std::int64_t step) override {
    for (int i = 0; i < synapses.inputs; ++i) {
      if (!writer_.sends()) continue;
      Real& g = synapses.row(i)[neuron];
      if (step - history.input[static_cast<std::size_t>(i)] <= window_) {
        g = std::min(Real{1}, g + steps_.up(g) * writer_.size());
      } else {
        g = std::max(Real{0}, g - steps_.down(g) * writer_.size());
      }
    }
  }

  int memory() const override { return 0; }

 private:
  Steps steps_;
  Writer<Real> writer_;
  std::int64_t window_;
};

}  // namespace

template <class Real>
std::unique_ptr<LearningRule<Real>> make_rule(const RuleOptions& options) {
  if (!(options.write_probability > 0 && options.write_probability <= 1)) {
    throw Error{Error::Kind::bad_input, fmt::format("write_probability: {} is not in (0, 1]", text::shortest(options.write_probability))};
  }
  if (options.anneal && !(*options.anneal > 0 && *options.anneal <= 1)) {
    throw Error{Error::Kind::bad_input, fmt::format("anneal: {} is not in (0, 1]", text::shortest(*options.anneal))};
  }
  if (options.preset == "dc2015") {
    if (options.device || options.write_probability != 1 || options.anneal) {
      throw Error{Error::Kind::bad_input,
                  "preset: dc2015 is the published rule with ideal synapses; a device curve, write_probability and anneal "
                  "need preset pair or post-only"};
    }
    return std::make_unique<TripletRule<Real>>(options.dt_ms);
  }
  const double device_anneal = options.anneal.value_or(1);
  if (options.preset == "pair") {
    if (options.device) {
      return std::make_unique<PairRule<Real, InterpolatedSteps<Real>>>(options, InterpolatedSteps<Real>{*options.device}, device_anneal);
    }
    return std::make_unique<PairRule<Real, LinearSoftBounds<Real>>>(
        options, LinearSoftBounds<Real>{static_cast<Real>(0.03), static_cast<Real>(0.01)}, options.anneal.value_or(0.1));
  }
  if (options.preset == "post-only") {
    if (options.device) {
      return std::make_unique<PostOnlyRule<Real, InterpolatedSteps<Real>>>(options, InterpolatedSteps<Real>{*options.device}, device_anneal);
    }
    return std::make_unique<PostOnlyRule<Real, ExponentialSoftBounds<Real>>>(
        options, ExponentialSoftBounds<Real>{static_cast<Real>(0.1), static_cast<Real>(0.05), Real{3}}, options.anneal.value_or(0.05));
  }
  throw Error{Error::Kind::bad_input, fmt::format("preset: '{}' is unknown; dc2015, pair and post-only are known", text::printable(options.preset))};
}

template class Trace<float>;
template class Trace<double>;
template std::unique_ptr<LearningRule<float>> make_rule<float>(const RuleOptions&);
template std::unique_ptr<LearningRule<double>> make_rule<double>(const RuleOptions&);

}  // namespace hopflow::pipeline
