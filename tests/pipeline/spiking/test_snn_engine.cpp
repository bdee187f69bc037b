// SPDX-License-Identifier: GPL-2.0-or-later
// The engine against closed forms and against a plain implementation of the same equations.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/pipeline/spiking/snn_digits.hpp"
#include "tests/pipeline/spiking/snn_reference.hpp"
#include "workflows/pipeline/spiking/snn.hpp"
#include "workflows/pipeline/spiking/snn_kernel.hpp"

using namespace hopflow::pipeline;
using namespace hopflow::pipeline::testing;

namespace {

SpikeTrains silence(int steps) {
  return {.begin = std::vector<std::uint32_t>(static_cast<std::size_t>(steps) + 1, 0), .pixels = {}};
}

/// One spike of pixel 0 in the given steps.
SpikeTrains spikes_at(int steps, const std::vector<int>& when) {
  SpikeTrains out;
  for (int s = 0; s < steps; ++s) {
    out.begin.push_back(static_cast<std::uint32_t>(out.pixels.size()));
    if (std::find(when.begin(), when.end(), s) != when.end()) out.pixels.push_back(0);
  }
  out.begin.push_back(static_cast<std::uint32_t>(out.pixels.size()));
  return out;
}

template <class Real>
std::vector<std::vector<double>> weights_of(const Network<Real>& network) {
  std::vector<std::vector<double>> weights;
  for (int i = 0; i < network.inputs(); ++i) {
    const Real* row = network.synapses().row(i);
    weights.emplace_back(row, row + network.neurons());
  }
  return weights;
}

std::vector<std::pair<int, int>> pairs(const std::vector<Spike>& spikes) {
  std::vector<std::pair<int, int>> out;
  for (const Spike& spike : spikes) out.push_back({spike.step, spike.neuron});
  return out;
}

}  // namespace

TEST_CASE("without input a potential decays to rest as (1 + dt/tau)^-n, stepped or skipped", "[pipeline][snn]") {
  Network<double> stepped{{}, 4, 3, 1}, skipped{{}, 4, 3, 1};
  stepped.present(silence(700), nullptr);
  skipped.rest(700, nullptr);
  const double expected = -65 - 40 * std::pow(1.005, -700);
  CHECK(stepped.potential(1) == Approx(expected).epsilon(1e-13));
  CHECK(skipped.potential(1) == Approx(expected).epsilon(1e-13));
  // The exact decay, exp(-350 ms / 100 ms), is near: the step is small against the time constant.
  CHECK(stepped.potential(1) == Approx(-65 - 40 * std::exp(-3.5)).epsilon(3e-4));
}

TEST_CASE("one input spike of weight w lifts the potential by w/100 of its distance from zero, times tau",
          "[pipeline][snn]") {
  Network<double> network{{}, 1, 1, 1};
  network.clear();
  network.synapses().row(0)[0] = 0.5;
  network.present(spikes_at(40, {0}), nullptr);
  // ge = 0.5 exp(-t/1 ms) from the first step on; to first order dv = 65 mV x 0.5 x 1 ms / 100 ms, decaying over 19.5
  // ms.
  const double lift = 65 * 0.5 / 100 * std::exp(-19.0 / 100);
  CHECK(network.potential(0) + 65 == Approx(lift).epsilon(0.02));
}

TEST_CASE("theta gains 0.05 mV a spike and decays with 1e7 ms, only while learning", "[pipeline][snn]") {
  RuleOptions options;
  const auto rule = make_rule<double>(options);
  Network<double> network{{}, 1, 1, 1};
  network.clear();
  network.rest(20000, rule.get());
  CHECK(network.theta(0) == Approx(20 * std::exp(-20000 * 0.5 / 1e7)).epsilon(1e-12));
  network.synapses().row(0)[0] = 1;
  std::vector<int> every(700);
  for (int s = 0; s < 700; ++s) every[static_cast<std::size_t>(s)] = s;
  const double before = network.theta(0);
  network.present(spikes_at(700, every), rule.get());
  const double spikes = static_cast<double>(network.spikes().size());
  REQUIRE(spikes > 2);
  CHECK(network.theta(0) == Approx(before * std::exp(-350 / 1e7) + 0.05 * spikes).epsilon(1e-6));
  const double learnt = network.theta(0);
  network.present(spikes_at(700, every), nullptr);
  REQUIRE(!network.spikes().empty());
  CHECK(network.theta(0) == learnt);
  for (std::size_t k = 1; k < network.spikes().size(); ++k)
    CHECK(network.spikes()[k].step - network.spikes()[k - 1].step > 10);
}

TEST_CASE("the engine gives the spikes, weights and potentials of the plain equations", "[pipeline][snn]") {
  const int neurons = 50;
  const ImageSet digits = stroke_digits(12, 3);
  Network<double> engine{{}, 784, neurons, 11};
  PlainNetwork plain{weights_of(engine)};
  RuleOptions options;
  const auto rule = make_rule<double>(options);
  PoissonEncoder encoder{700, 0.5};
  SpikeTrains trains;
  std::size_t spikes = 0;
  for (int i = 0; i < digits.count; ++i) {
    const bool learn = i < 9;
    // Bright enough that neurons fire, silence each other, and fire again while others are refractory.
    encoder.encode(digits.image(i), 3 + i % 3, {.seed = 4, .image = static_cast<std::uint32_t>(i)}, trains);
    if (learn) engine.normalise_weights();
    if (learn) plain.normalise();
    engine.present(trains, learn ? rule.get() : nullptr);
    engine.rest(300, learn ? rule.get() : nullptr);
    const auto expected = plain.run(trains, 300, learn);
    INFO("image " << i);
    CHECK(pairs(engine.spikes()) == expected);
    spikes += expected.size();
    double worst_weight = 0, worst_potential = 0, worst_theta = 0;
    const auto weights = weights_of(engine);
    for (std::size_t k = 0; k < weights.size(); ++k)
      for (std::size_t j = 0; j < plain.n; ++j)
        worst_weight = std::max(worst_weight, std::abs(weights[k][j] - plain.w[k][j]));
    for (int j = 0; j < neurons; ++j) {
      worst_potential =
          std::max(worst_potential, std::abs(engine.potential(j) - plain.ve[static_cast<std::size_t>(j)]));
      worst_theta = std::max(worst_theta, std::abs(engine.theta(j) - plain.theta[static_cast<std::size_t>(j)]));
    }
    CHECK(worst_weight < 1e-9);
    CHECK(worst_potential < 1e-9);
    CHECK(worst_theta < 1e-9);
  }
  CHECK(spikes > 300);
}

TEST_CASE("a spike at any moment of the cold start, and input in the last step, end as in the plain equations",
          "[pipeline][snn]") {
  for (int when = 0; when < 60; ++when) {
    Network<double> engine{{}, 1, 3, 1};
    engine.synapses().row(0)[0] = 150;  // fires at once from any potential
    engine.synapses().row(0)[1] = 0.7;
    engine.synapses().row(0)[2] = 0;
    PlainNetwork plain{weights_of(engine)};
    const SpikeTrains input = spikes_at(60, {when, 59});
    engine.present(input, nullptr);
    engine.rest(when, nullptr);
    INFO("input in step " << when);
    CHECK(pairs(engine.spikes()) == plain.run(input, when, false));
    for (int j = 0; j < 3; ++j)
      CHECK(engine.potential(j) == Approx(plain.ve[static_cast<std::size_t>(j)]).epsilon(1e-12));
  }
  Network<double> engine{{}, 1, 3, 1};
  PlainNetwork plain{weights_of(engine)};
  const SpikeTrains input = spikes_at(60, {55, 59});
  engine.present(input, nullptr);  // too weak for a spike
  engine.rest(50, nullptr);
  CHECK(plain.run(input, 50, false).empty());
  for (int j = 0; j < 3; ++j)
    CHECK(engine.potential(j) == Approx(plain.ve[static_cast<std::size_t>(j)]).epsilon(1e-12));
}

TEST_CASE("single and double precision agree on nearly every spike of an image", "[pipeline][snn]") {
  const ImageSet digits = stroke_digits(10, 3);
  PoissonEncoder encoder{700, 0.5};
  SpikeTrains trains;
  std::size_t same = 0, all = 0;
  for (int i = 0; i < digits.count; ++i) {
    Network<double> fine{{}, 784, 40, 2};
    Network<float> coarse{{}, 784, 40, 2};
    encoder.encode(digits.image(i), 4, {.seed = 4, .image = static_cast<std::uint32_t>(i)}, trains);
    fine.present(trains, nullptr);
    coarse.present(trains, nullptr);
    all += fine.spikes().size();
    for (const Spike& spike : fine.spikes())
      same += static_cast<std::size_t>(std::count(coarse.spikes().begin(), coarse.spikes().end(), spike));
  }
  CHECK(all > 100);
  CHECK(static_cast<double>(same) > 0.97 * static_cast<double>(all));
}

TEST_CASE("inhibition of all neurons at once stays stable", "[pipeline][snn]") {
  // Explicit Euler diverges here: 0.005 (1 + 17 x 99) > 2.
  Network<double> network{{}, 1, 100, 1};
  network.clear();
  for (int j = 0; j < 100; ++j) network.synapses().row(0)[j] = 60;  // one spike fires everyone
  network.present(spikes_at(100, {0}), nullptr);
  CHECK(network.spikes().size() >= 100);
  CHECK(network.spikes().size() <= 200);
  for (int j = 0; j < 100; ++j) {
    CHECK(network.potential(j) > -100.0001);
    CHECK(network.potential(j) < 0);
  }
}

TEST_CASE("normalised weights or gains sum to 78", "[pipeline][snn]") {
  Network<double> by_weights{{}, 784, 5, 1}, by_gains{{}, 784, 5, 1};
  const auto before = weights_of(by_gains);
  by_weights.normalise_weights();
  by_gains.normalise_gains();
  CHECK(weights_of(by_gains) == before);
  for (std::size_t j = 0; j < 5; ++j) {
    double weights = 0, gained = 0;
    for (int i = 0; i < 784; ++i) {
      weights += by_weights.synapses().row(i)[j];
      gained += by_gains.synapses().gain[j] * by_gains.synapses().row(i)[j];
    }
    CHECK(weights == Approx(78).epsilon(1e-12));
    CHECK(gained == Approx(78).epsilon(1e-12));
    CHECK(by_weights.synapses().gain[j] == 1);
  }
}

TEMPLATE_TEST_CASE("the vectorised loops give the bits of plain loops", "[pipeline][snn]", float, double) {
  using Real = TestType;
  // One stripe of columns and a part of another.
  const int n = 9 * neuron_padding;
  std::mt19937 random{1};  // only fills arrays
  const auto filled = [&](double low, double high) {
    std::vector<Real> values(n);
    for (Real& value : values)
      value = static_cast<Real>(low + (high - low) * static_cast<double>(random() % 100000) * 1e-5);
    return values;
  };
  const auto number = [](double value) { return static_cast<Real>(value); };
  for (int rows = 0; rows <= 11; ++rows) {
    std::vector<std::vector<Real>> weights;
    std::vector<const Real*> pointers;
    for (int r = 0; r < rows; ++r) weights.push_back(filled(0, 1));
    for (const auto& row : weights) pointers.push_back(row.data());
    std::vector<Real> v = filled(-70, -53), ge = filled(0, 3);
    const std::vector<Real> theta = filled(20, rows % 2 == 0 ? 21 : 60), gain = filled(0.5, 2);
    auto expected_v = v, expected_ge = ge;
    bool above = false;
    const NeuronStep<Real> step{.v = v.data(),
                                .ge = ge.data(),
                                .theta = theta.data(),
                                .gain = gain.data(),
                                .rows = pointers.data(),
                                .count = rows,
                                .next = pointers.data(),
                                .next_count = rows,
                                .n = n,
                                .a = number(0.005),
                                .numerator = number(-0.4),
                                .denominator = number(1.006),
                                .ge_decay = number(0.5),
                                .theta_decay = number(0.999),
                                .threshold = -72};
    for (std::size_t k = 0; k < v.size(); ++k) {
      expected_v[k] = (v[k] + step.numerator) / (step.denominator + step.a * ge[k]);
      above |= expected_v[k] > theta[k] * step.theta_decay + step.threshold;
      Real together = rows > 0 ? weights[0][k] : 0;
      for (std::size_t r = 1; r < weights.size(); ++r) together = together + weights[r][k];
      expected_ge[k] = rows > 0 ? step.ge_decay * ge[k] + gain[k] * together : step.ge_decay * ge[k];
    }
    CHECK(advance(step) == above);
    CHECK(v == expected_v);
    CHECK(ge == expected_ge);
  }
  const int inputs = 7;
  std::vector<Real> weights;
  for (int i = 0; i < inputs; ++i) {
    const auto row = filled(0, 1);
    weights.insert(weights.end(), row.begin(), row.end());
  }
  const auto at = [n](int input, std::size_t column) { return static_cast<std::size_t>(input) * n + column; };
  for (int i = 0; i < inputs; ++i) weights[at(i, 3)] = 0;
  std::vector<Real> expected_factor, scaled = weights;
  for (std::size_t k = 0; k < static_cast<std::size_t>(n); ++k) {
    Real sum = 0;
    for (int i = 0; i < inputs; ++i) sum += weights[at(i, k)];
    expected_factor.push_back(sum > 0 ? number(78) / sum : 1);
    for (int i = 0; i < inputs; ++i) scaled[at(i, k)] *= expected_factor[k];
  }
  CHECK(expected_factor[3] == 1);
  std::vector<Real> factor(n);
  column_factors(factor.data(), weights.data(), 78, inputs, n);
  CHECK(factor == expected_factor);
  auto by_factor = weights;
  scale_columns(by_factor.data(), factor.data(), inputs, n);
  CHECK(by_factor == scaled);
  normalise_columns(weights.data(), factor.data(), 78, inputs, n);
  CHECK(weights == scaled);
}
