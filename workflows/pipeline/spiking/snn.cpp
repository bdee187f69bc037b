// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/spiking/snn.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "workflows/pipeline/spiking/snn_kernel.hpp"

namespace hopflow::pipeline {

namespace {

/// Conductances below this change no bit of a potential.
template <class Real>
constexpr Real trifle = std::numeric_limits<Real>::epsilon() / 64;

}  // namespace

template <class Real>
Network<Real>::Network(const NetworkConstants& constants, int inputs, int neurons, std::uint64_t seed)
    : constants_{constants},
      a_{static_cast<Real>(constants.dt / constants.e_tau)},
      b_{static_cast<Real>(constants.dt / constants.i_tau)},
      ge_decay_{static_cast<Real>(1 - constants.dt / constants.ge_tau)},
      gi_decay_{static_cast<Real>(1 - constants.dt / constants.gi_tau)} {
  const int stride = (neurons + neuron_padding - 1) / neuron_padding * neuron_padding;
  const auto padded = static_cast<std::size_t>(stride), all = static_cast<std::size_t>(neurons);
  synapses_.inputs = inputs;
  synapses_.neurons = neurons;
  synapses_.stride = stride;
  synapses_.weights.assign(static_cast<std::size_t>(inputs) * padded, 0);
  synapses_.gain.assign(padded, 1);
  for (int i = 0; i < inputs; ++i) {
    Real* const row = synapses_.row(i);
    for (int j = 0; j < neurons; j += 4) {
      const auto numbers =
          random_block(seed, RandomUse::weights, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j), 0);
      for (int k = 0; k < 4 && j + k < neurons; ++k) {
        row[j + k] = static_cast<Real>(constants.weight_scale *
                                       (unit_interval(numbers[static_cast<std::size_t>(k)]) + constants.weight_offset));
      }
    }
  }
  history_.input.assign(static_cast<std::size_t>(inputs), SpikeHistory::never);
  history_.output.assign(all, SpikeHistory::never);
  v_.assign(padded, static_cast<Real>(constants.e_rest - constants.start_below_rest));
  ge_.assign(padded, 0);
  factors_.assign(padded, 0);
  // Padding never fires: nothing drives it, and its threshold is out of reach.
  theta_.assign(padded, static_cast<Real>(1e6));
  std::fill_n(theta_.begin(), neurons, static_cast<Real>(constants.theta_start));
  Inhibitory start;
  start.v = static_cast<Real>(constants.i_rest - constants.start_below_rest);
  inhibitory_.assign(all, start);
  theta_decay_step_ = std::exp(-constants.dt / constants.theta_tau);
}

template <class Real>
void Network<Real>::begin(LearningRule<Real>* rule) {
  theta_decay_ = 1;
  if (rule == nullptr) return;
  const int memory = rule->memory();
  std::erase_if(history_.recent, [&](int j) { return now_ - history_.output[static_cast<std::size_t>(j)] >= memory; });
}

template <class Real>
void Network<Real>::end() {
  if (theta_decay_ == 1) return;
  const Real decay = static_cast<Real>(theta_decay_);
  for (int j = 0; j < synapses_.neurons; ++j) theta_[static_cast<std::size_t>(j)] *= decay;
  theta_decay_ = 1;
}

template <class Real>
void Network<Real>::present(const SpikeTrains& spikes, LearningRule<Real>* rule) {
  spikes_.clear();
  shown_ = spikes.steps();
  begin(rule);
  const auto input = [&](int s) { return s < spikes.steps() ? spikes.at(s) : std::span<const std::uint16_t>{}; };
  rows_of(input(0), next_rows_);
  for (int s = 0; s < spikes.steps(); ++s) {
    rows_.swap(next_rows_);
    rows_of(input(s + 1), next_rows_);
    step(input(s), rule, s);
  }
  rows_.clear();
  end();
}

template <class Real>
void Network<Real>::rest(int steps, LearningRule<Real>* rule) {
  begin(rule);
  for (int s = 0; s < steps; ++s) {
    if (s % 8 == 0 && quiet()) {
      skip(steps - s);
      if (rule != nullptr) theta_decay_ *= std::exp(-(steps - s) * constants_.dt / constants_.theta_tau);
      break;
    }
    step({}, rule, shown_ + s);
  }
  shown_ += steps;
  end();
}

template <class Real>
void Network<Real>::rows_of(std::span<const std::uint16_t> pixels, std::vector<const Real*>& rows) {
  rows.clear();
  for (const std::uint16_t pixel : pixels) rows.push_back(synapses_.row(pixel));
}

template <class Real>
void Network<Real>::step(std::span<const std::uint16_t> input, LearningRule<Real>* rule, int local_step) {
  ++now_;
  if (rule != nullptr) theta_decay_ *= theta_decay_step_;
  advance_excitatory();
  find_spikes();
  advance_inhibitory();
  propagate();
  if (rule != nullptr) {
    const bool listens = rule->memory() > 0;
    if (listens && !history_.recent.empty()) rule->on_input(synapses_, history_, input, now_);
    for (const std::uint16_t pixel : input) history_.input[pixel] = now_;
    for (const int j : fired_) {
      const auto at = static_cast<std::size_t>(j);
      rule->on_output(synapses_, history_, j, now_);
      if (listens && std::find(history_.recent.begin(), history_.recent.end(), j) == history_.recent.end())
        history_.recent.push_back(j);
      history_.output[at] = now_;
      theta_[at] += static_cast<Real>(constants_.theta_plus / theta_decay_);
    }
  }
  for (const int j : fired_) spikes_.push_back({local_step, j});
}

template <class Real>
void Network<Real>::advance_excitatory() {
  const Real rest = static_cast<Real>(constants_.e_rest), inhibition = static_cast<Real>(constants_.e_inhibition);
  for (Spared& spared : spared_) {
    spared.v = v_[static_cast<std::size_t>(spared.neuron)];
    spared.ge = ge_[static_cast<std::size_t>(spared.neuron)];
  }
  NeuronStep<Real> all{};
  all.v = v_.data();
  all.ge = ge_.data();
  all.theta = theta_.data();
  all.gain = synapses_.gain.data();
  all.rows = rows_.data();
  all.count = static_cast<int>(rows_.size());
  all.next = next_rows_.data();
  all.next_count = static_cast<int>(next_rows_.size());
  all.n = synapses_.stride;
  all.a = a_;
  all.numerator = a_ * (rest + gi_ * inhibition);
  all.denominator = 1 + a_ * (1 + gi_);
  all.ge_decay = ge_decay_;
  all.theta_decay = static_cast<Real>(theta_decay_);
  all.threshold = static_cast<Real>(constants_.e_threshold);
  above_ = advance(all);
  for (const Spared& spared : spared_) {
    const auto at = static_cast<std::size_t>(spared.neuron);
    v_[at] = (spared.v + a_ * (rest + spared.gi * inhibition)) / (1 + a_ * (1 + spared.gi) + a_ * spared.ge);
    above_ |= v_[at] > theta_[at] * all.theta_decay + all.threshold;
  }
  for (Held& held : held_) {
    v_[static_cast<std::size_t>(held.neuron)] = static_cast<Real>(constants_.e_reset);
    --held.steps;
  }
}

template <class Real>
void Network<Real>::find_spikes() {
  fired_.clear();
  if (above_) {
    const Real decay = static_cast<Real>(theta_decay_), threshold = static_cast<Real>(constants_.e_threshold);
    for (int j = 0; j < synapses_.neurons; ++j) {
      const auto at = static_cast<std::size_t>(j);
      if (!(v_[at] > theta_[at] * decay + threshold)) continue;
      if (std::any_of(held_.begin(), held_.end(), [j](const Held& held) { return held.neuron == j; })) continue;
      fired_.push_back(j);
      v_[at] = static_cast<Real>(constants_.e_reset);
    }
  }
  std::erase_if(held_, [](const Held& held) { return held.steps == 0; });
  for (const int j : fired_) held_.push_back({j, constants_.steps_of(constants_.e_refractory)});
}

template <class Real>
void Network<Real>::advance_inhibitory() {
  const Real rest = static_cast<Real>(constants_.i_rest), reset = static_cast<Real>(constants_.i_reset);
  silencers_.clear();
  for (const int j : active_) {
    Inhibitory& cell = inhibitory_[static_cast<std::size_t>(j)];
    if (cell.held > 0) {
      --cell.held;
      cell.v = reset;
    } else {
      cell.v += b_ * ((rest - cell.v) - cell.ge * cell.v);
      if (cell.v > static_cast<Real>(constants_.i_threshold)) {
        silencers_.push_back(j);
        cell.v = reset;
        cell.held = constants_.steps_of(constants_.i_refractory);
      }
    }
    cell.ge *= ge_decay_;
    if (cell.ge < trifle<Real> && cell.held == 0) {
      cell.ge = 0;
      cell.since = now_;
      cell.active = false;
    }
  }
  std::erase_if(active_, [this](int j) { return !inhibitory_[static_cast<std::size_t>(j)].active; });
}

template <class Real>
void Network<Real>::propagate() {
  const Real rest = static_cast<Real>(constants_.i_rest), kick = static_cast<Real>(constants_.e_to_i),
             brake = static_cast<Real>(constants_.i_to_e);
  for (const int j : fired_) {
    Inhibitory& cell = inhibitory_[static_cast<std::size_t>(j)];
    if (!cell.active) {
      const double decay = std::pow(1 - constants_.dt / constants_.i_tau, static_cast<double>(now_ - cell.since));
      cell.v = rest + static_cast<Real>(static_cast<double>(cell.v - rest) * decay);
      cell.active = true;
      active_.insert(std::lower_bound(active_.begin(), active_.end(), j), j);
    }
    cell.ge += kick;
  }
  gi_ *= gi_decay_;
  for (Spared& spared : spared_) spared.gi *= gi_decay_;
  if (silencers_.empty()) {
    if (gi_ < trifle<Real> && gi_ != 0) {
      gi_ = 0;
      spared_.clear();
    }
    return;
  }
  for (const int j : silencers_) {
    if (std::none_of(spared_.begin(), spared_.end(), [j](const Spared& spared) { return spared.neuron == j; })) {
      spared_.push_back({j, gi_, 0, 0});
    }
  }
  const Real together = brake * static_cast<Real>(silencers_.size());
  gi_ += together;
  for (Spared& spared : spared_) {
    const bool own = std::binary_search(silencers_.begin(), silencers_.end(), spared.neuron);
    spared.gi += own ? together - brake : together;
  }
}

template <class Real>
bool Network<Real>::quiet() const {
  if (gi_ != 0 || !active_.empty() || !held_.empty()) return false;
  const Real rest = static_cast<Real>(constants_.e_rest), threshold = static_cast<Real>(constants_.e_threshold);
  const Real decay = static_cast<Real>(theta_decay_ * 0.999);  // thresholds sink a little while time is skipped
  for (int j = 0; j < synapses_.neurons; ++j) {
    const auto at = static_cast<std::size_t>(j);
    if (ge_[at] >= trifle<Real> || std::max(v_[at], rest) >= theta_[at] * decay + threshold) return false;
  }
  return true;
}

template <class Real>
void Network<Real>::skip(int steps) {
  const Real rest = static_cast<Real>(constants_.e_rest);
  const Real decay = static_cast<Real>(std::pow(1 + constants_.dt / constants_.e_tau, -steps));
  for (Real& v : v_) v = rest + (v - rest) * decay;
  std::fill(ge_.begin(), ge_.end(), Real{0});
  now_ += steps;
}

template <class Real>
void Network<Real>::clear() {
  std::fill(v_.begin(), v_.end(), static_cast<Real>(constants_.e_rest));
  std::fill(ge_.begin(), ge_.end(), Real{0});
  gi_ = 0;
  spared_.clear();
  held_.clear();
  active_.clear();
  Inhibitory at_rest;
  at_rest.v = static_cast<Real>(constants_.i_rest);
  at_rest.since = now_;
  std::fill(inhibitory_.begin(), inhibitory_.end(), at_rest);
  std::fill(history_.input.begin(), history_.input.end(), SpikeHistory::never);
  std::fill(history_.output.begin(), history_.output.end(), SpikeHistory::never);
  history_.recent.clear();
}

template <class Real>
void Network<Real>::normalise_weights() {
  normalise_columns(synapses_.weights.data(), factors_.data(), static_cast<Real>(constants_.weight_sum),
                    synapses_.inputs, synapses_.stride);
}

template <class Real>
void Network<Real>::normalise_gains() {
  column_factors(synapses_.gain.data(), synapses_.weights.data(), static_cast<Real>(constants_.weight_sum),
                 synapses_.inputs, synapses_.stride);
}

template <class Real>
void Network<Real>::scale_weights(Real factor) {
  std::fill(factors_.begin(), factors_.end(), factor);
  scale_columns(synapses_.weights.data(), factors_.data(), synapses_.inputs, synapses_.stride);
}

template class Network<float>;
template class Network<double>;

}  // namespace hopflow::pipeline
