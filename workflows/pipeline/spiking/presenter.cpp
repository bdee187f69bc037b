// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/spiking/presenter.hpp"

#include <algorithm>

namespace hopflow::pipeline {

namespace {

constexpr std::size_t fewest_spikes = 5;
constexpr int most_attempts = 40;   ///< 255 spikes with P < 0.7 a step then; darker images have nothing to say
constexpr int ready_attempts = 10;  ///< an answer that takes more is hardly one; each costs more spikes than the last
constexpr int silent_after = 8;     ///< images in a row that were hardly answered
constexpr int runaway_spikes_per_neuron = 4;

}  // namespace

PresentationCount& PresentationCount::operator+=(const PresentationCount& other) {
  shown_again += other.shown_again;
  given_up += other.given_up;
  runaways += other.runaways;
  if (input_spikes.empty()) input_spikes.assign(other.input_spikes.size(), 0);
  for (std::size_t i = 0; i < other.input_spikes.size(); ++i) input_spikes[i] += other.input_spikes[i];
  return *this;
}

Presenter::Presenter(Network<float>& network, std::uint64_t seed, bool rests)
    : network_{network},
      seed_{seed},
      rests_{rests},
      encoder_{network.constants().steps_of(network.constants().image_ms), network.constants().dt} {
  count_.input_spikes.assign(static_cast<std::size_t>(network.inputs()), 0);
}

void Presenter::show(std::span<const std::uint8_t> image, RandomUse use, int index, LearningRule<float>* rule,
                     const std::function<void()>& before, std::span<int> counts) {
  const int attempts = hardly_answered_ < silent_after ? most_attempts : 1;
  double intensity = 2;
  for (int attempt = 0;; ++attempt, intensity += 1) {
    if (before) before();
    encoder_.encode(image, intensity,
                    {.seed = seed_,
                     .use = use,
                     .image = static_cast<std::uint32_t>(index),
                     .attempt = static_cast<std::uint32_t>(attempt)},
                    trains_);
    for (const std::uint16_t pixel : trains_.pixels) ++count_.input_spikes[pixel];
    network_.present(trains_, rule);
    const std::size_t spikes = network_.spikes().size();
    std::fill(counts.begin(), counts.end(), 0);
    for (const Spike& spike : network_.spikes()) ++counts[static_cast<std::size_t>(spike.neuron)];
    if (rests_) {
      network_.rest(network_.constants().steps_of(network_.constants().rest_ms), rule);
    } else {
      network_.clear();
    }
    if (spikes > static_cast<std::size_t>(runaway_spikes_per_neuron * network_.neurons())) ++count_.runaways;
    if (spikes >= fewest_spikes) {
      hardly_answered_ = attempt < ready_attempts ? 0 : hardly_answered_ + 1;
      return;
    }
    if (attempt + 1 == attempts) {
      ++count_.given_up;
      ++hardly_answered_;
      return;
    }
    ++count_.shown_again;
  }
}

}  // namespace hopflow::pipeline
