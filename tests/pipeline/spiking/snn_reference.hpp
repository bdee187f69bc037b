// SPDX-License-Identifier: GPL-2.0-or-later
// The network of Diehl & Cook written down plainly: every variable of every neuron, every step, in double precision.
// Shares nothing with the engine but the equations.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "workflows/pipeline/spiking/encode.hpp"

namespace hopflow::pipeline::testing {

class PlainNetwork {
 public:
  PlainNetwork(std::vector<std::vector<double>> weights)  // [input][neuron]
      : w{std::move(weights)},
        n{w.front().size()},
        ve(n, -105),
        vi(n, -100),
        ge(n, 0),
        gi(n, 0),
        ge_of_i(n, 0),
        theta(n, 20),
        held_e(n, 0),
        held_i(n, 0),
        pre(w.size(), 0),
        post1(n, 0),
        post2(n, 0) {}

  void normalise() {
    for (std::size_t j = 0; j < n; ++j) {
      double sum = 0;
      for (const auto& row : w) sum += row[j];
      for (auto& row : w) row[j] *= 78 / sum;
    }
  }

  /// Spikes as (step, neuron).
  std::vector<std::pair<int, int>> run(const SpikeTrains& image, int rest_steps, bool learn) {
    std::vector<std::pair<int, int>> spikes;
    for (int s = 0; s < image.steps() + rest_steps; ++s) {
      std::vector<int> input;
      if (s < image.steps()) input.assign(image.at(s).begin(), image.at(s).end());
      for (const int j : step(input, learn)) spikes.push_back({s, j});
    }
    return spikes;
  }

  std::vector<std::vector<double>> w;
  std::size_t n;
  std::vector<double> ve, vi, ge, gi, ge_of_i, theta;

 private:
  std::vector<int> step(const std::vector<int>& input, bool learn) {
    const double dt = 0.5;
    std::vector<int> fired, silencers;
    for (std::size_t j = 0; j < n; ++j) {
      // v' = v + dt/100 [(-65 - v') + ge (0 - v') + gi (-100 - v')]
      ve[j] = (ve[j] + dt / 100 * (-65 + gi[j] * -100)) / (1 + dt / 100 * (1 + ge[j] + gi[j]));
      if (held_e[j] > 0) {
        ve[j] = -65;
        --held_e[j];
      } else if (ve[j] > theta[j] * std::exp(learn ? -dt / 1e7 : 0) - 20 - 52) {
        fired.push_back(static_cast<int>(j));
        ve[j] = -65;
        held_e[j] = 10;
      }
      if (learn) theta[j] *= std::exp(-dt / 1e7);
      vi[j] += dt / 10 * ((-60 - vi[j]) + ge_of_i[j] * (0 - vi[j]));
      if (held_i[j] > 0) {
        vi[j] = -45;
        --held_i[j];
      } else if (vi[j] > -40) {
        silencers.push_back(static_cast<int>(j));
        vi[j] = -45;
        held_i[j] = 4;
      }
      ge[j] -= dt / 1 * ge[j];
      gi[j] -= dt / 2 * gi[j];
      ge_of_i[j] -= dt / 1 * ge_of_i[j];
      post1[j] *= std::exp(-dt / 20);
      post2[j] *= std::exp(-dt / 40);
    }
    for (double& trace : pre) trace *= std::exp(-dt / 20);
    for (const int i : input)
      for (std::size_t j = 0; j < n; ++j) ge[j] += w[static_cast<std::size_t>(i)][j];
    for (const int j : fired) ge_of_i[static_cast<std::size_t>(j)] += 10.4;
    for (const int s : silencers)
      for (std::size_t j = 0; j < n; ++j)
        if (static_cast<int>(j) != s) gi[j] += 17;
    if (!learn) return fired;
    for (const int i : input) {
      pre[static_cast<std::size_t>(i)] = 1;
      for (std::size_t j = 0; j < n; ++j) {
        double& weight = w[static_cast<std::size_t>(i)][j];
        weight = std::max(0.0, weight - 1e-4 * post1[j]);
      }
    }
    for (const int f : fired) {
      const auto j = static_cast<std::size_t>(f);
      for (std::size_t i = 0; i < w.size(); ++i) w[i][j] = std::min(1.0, w[i][j] + 1e-2 * pre[i] * post2[j]);
      post1[j] = post2[j] = 1;
      theta[j] += 0.05;
    }
    return fired;
  }

  std::vector<int> held_e, held_i;
  std::vector<double> pre, post1, post2;
};

}  // namespace hopflow::pipeline::testing
