// SPDX-License-Identifier: GPL-2.0-or-later
// Shows images to a network until they are answered.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "workflows/pipeline/spiking/snn.hpp"

namespace hopflow::pipeline {

/// What presentations came to, beyond the spikes.
struct PresentationCount {
  std::int64_t shown_again = 0;            ///< presentations beyond an image's first
  std::int64_t given_up = 0;               ///< images that stayed below five spikes
  std::int64_t runaways = 0;               ///< presentations with over four spikes a neuron on average
  std::vector<std::int64_t> input_spikes;  ///< per pixel, all presentations

  PresentationCount& operator+=(const PresentationCount& other);
};

/// The published protocol (Diehl & Cook 2015, sec. 2.4-2.5): 350 ms of image, then 150 ms of rest; an image with under
/// five excitatory spikes is shown again, 32 Hz brighter each time at full white. A network that hardly answers several
/// images in a row is silent, for its cells forget faster than it is shown images, say: it sees every further one once,
/// till it answers.
class Presenter {
 public:
  /// @param rests  false: the state is cleared after an image instead
  Presenter(Network<float>& network, std::uint64_t seed, bool rests);

  /// Begins a run of images. @param hardly  images in a row that were hardly answered before it
  void begin(int hardly) noexcept { hardly_answered_ = hardly; }
  /// Images in a row, to the last one shown, that had no answer at several times their brightness.
  int hardly_answered() const noexcept { return hardly_answered_; }

  /// Shows one image till it has an answer. @param rule  learns; nullptr: nothing does
  /// @param before  called before each presentation @param counts  spikes per neuron in the presentation that counts
  void show(std::span<const std::uint8_t> image, RandomUse use, int index, LearningRule<float>* rule,
            const std::function<void()>& before, std::span<int> counts);

  const PresentationCount& count() const noexcept { return count_; }

 private:
  Network<float>& network_;
  std::uint64_t seed_;
  bool rests_;
  PoissonEncoder encoder_;
  SpikeTrains trains_;
  int hardly_answered_ = 0;
  PresentationCount count_;
};

}  // namespace hopflow::pipeline
