// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/training/classify.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

#include "workflows/pipeline/core/statistics.hpp"
#include "workflows/pipeline/spiking/learning.hpp"

namespace hopflow::pipeline {

namespace {

constexpr int run_length = 100;

Network<float> network_of(const TrainedNetwork& trained) {
  Network<float> network{NetworkConstants{}, trained.inputs, trained.neurons, trained.seed};
  Synapses<float>& synapses = network.synapses();
  const auto width = static_cast<std::size_t>(trained.neurons);
  for (int i = 0; i < trained.inputs; ++i) {
    std::copy_n(trained.weights.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(i) * width), width,
                synapses.row(i));
  }
  std::copy(trained.gain.begin(), trained.gain.end(), synapses.gain.begin());
  for (int j = 0; j < trained.neurons; ++j) network.set_theta(j, trained.theta[static_cast<std::size_t>(j)]);
  return network;
}

}  // namespace

Observation observe(const TrainedNetwork& trained, const ImageSet& images, int count, RandomUse use, const char* pass,
                    int threads, const TrainProgress& progress) {
  const auto width = static_cast<std::size_t>(trained.neurons);
  const bool rests = preset_named(trained.preset).rests;
  const int runs = (count + run_length - 1) / run_length;
  Observation seen;
  seen.counts.assign(static_cast<std::size_t>(count) * width, 0);
  std::atomic<int> next{1};
  std::mutex telling;
  int done = 0;
  int hardly_answered = 0;  // in a row, at the end of the first run
  std::exception_ptr failed;
  const auto show = [&](int run, Network<float>& network, Presenter& presenter) {
    network.clear();
    presenter.begin(hardly_answered);
    const int end = std::min(count, (run + 1) * run_length);
    for (int i = run * run_length; i < end; ++i) {
      presenter.show(images.image(i), use, i, nullptr, {},
                     std::span{seen.counts}.subspan(static_cast<std::size_t>(i) * width, width));
    }
    const std::lock_guard lock{telling};
    done += end - run * run_length;
    if (progress) progress(pass, done, count);
  };
  // Whether the network is silent is seen on the first run, by itself: so it doesn't depend on how many threads there
  // are.
  {
    Network<float> network = network_of(trained);
    Presenter presenter{network, trained.seed, rests};
    show(0, network, presenter);
    hardly_answered = presenter.hardly_answered();
    seen.presentations += presenter.count();
  }
  const auto work = [&] {
    try {
      Network<float> network = network_of(trained);
      Presenter presenter{network, trained.seed, rests};
      for (int run = next++; run < runs; run = next++) show(run, network, presenter);
      const std::lock_guard lock{telling};
      seen.presentations += presenter.count();
    } catch (...) {
      const std::lock_guard lock{telling};
      failed = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (int t = 1; t < std::min(threads, runs); ++t) helpers.emplace_back(work);
    work();
  }
  if (failed) std::rethrow_exception(failed);
  return seen;
}

void label_neurons(std::span<const int> counts, std::span<const std::uint8_t> digits, TrainedNetwork& network) {
  const auto classes = static_cast<std::size_t>(network.classes);
  std::vector<int> images(classes, 0);
  for (const std::uint8_t digit : digits) ++images[digit];
  const auto width = static_cast<std::size_t>(network.neurons);
  network.response.assign(width * classes, 0);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    for (std::size_t j = 0; j < width; ++j) network.response[j * classes + digits[i]] += counts[i * width + j];
  }
  network.labels.assign(width, -1);
  for (std::size_t j = 0; j < width; ++j) {
    double best = 0;
    for (std::size_t digit = 0; digit < classes; ++digit) {
      double& mean = network.response[j * classes + digit];
      mean = images[digit] == 0 ? 0 : mean / images[digit];
      if (mean > best) {
        best = mean;
        network.labels[j] = static_cast<int>(digit);
      }
    }
  }
}

int answer(std::span<const int> counts, std::span<const int> labels) {
  std::array<long, most_classes> sums{};
  std::array<int, most_classes> neurons{};
  for (std::size_t j = 0; j < counts.size(); ++j) {
    if (labels[j] < 0) continue;
    const auto digit = static_cast<std::size_t>(labels[j]);
    sums[digit] += counts[j];
    ++neurons[digit];
  }
  int given = -1;
  double best = 0;
  for (std::size_t digit = 0; digit < most_classes; ++digit) {
    const double mean = neurons[digit] == 0 ? 0 : static_cast<double>(sums[digit]) / neurons[digit];
    if (mean > best) {
      best = mean;
      given = static_cast<int>(digit);
    }
  }
  return given;
}

int likeliest(std::span<const int> counts, std::span<const double> response) {
  // A spike never seen for a digit makes it unlikely, not impossible.
  constexpr double floor = 1e-2;
  const std::size_t classes = counts.empty() ? 0 : response.size() / counts.size();
  std::vector<double> score(classes, 0.0);
  bool spoke = false;
  for (std::size_t j = 0; j < counts.size(); ++j) {
    const std::span<const double> mean = response.subspan(j * classes, classes);
    if (counts[j] > 0 && *std::max_element(mean.begin(), mean.end()) > 0) spoke = true;
    for (std::size_t digit = 0; digit < classes; ++digit) {
      score[digit] -= mean[digit];
      if (counts[j] > 0) score[digit] += counts[j] * std::log(mean[digit] + floor);
    }
  }
  return spoke ? static_cast<int>(std::max_element(score.begin(), score.end()) - score.begin()) : -1;
}

TestResult test_network(const TrainedNetwork& network, const ImageSet& images, int count, int threads,
                        const TrainProgress& progress) {
  Observation seen = observe(network, images, count, RandomUse::test_spikes, "test", threads, progress);
  TestResult result;
  // Images of more classes than the network knows: never answered rightly, but counted.
  const auto classes = static_cast<std::size_t>(std::max(network.classes, images.classes));
  result.confusion.assign(classes, std::vector<int>(classes, 0));
  result.presentations = std::move(seen.presentations);
  const auto width = static_cast<std::size_t>(network.neurons);
  const std::size_t how = preset_named(network.preset).readout == Readout::mean_rate ? 0 : 1;
  std::array<int, 2> right{}, right_first{};
  long spikes = 0;
  for (int i = 0; i < count; ++i) {
    const auto row = std::span{seen.counts}.subspan(static_cast<std::size_t>(i) * width, width);
    result.spikes.push_back(std::accumulate(row.begin(), row.end(), 0));
    spikes += result.spikes.back();
    const int digit = images.labels[static_cast<std::size_t>(i)];
    const std::array<int, 2> both{answer(row, network.labels), likeliest(row, network.response)};
    const int given = both[how];
    result.answers.push_back(given);
    if (given < 0) {
      ++result.unanswered;
    } else {
      ++result.confusion[static_cast<std::size_t>(digit)][static_cast<std::size_t>(given)];
    }
    for (std::size_t k = 0; k < both.size(); ++k) {
      if (both[k] != digit) continue;
      ++right[k];
      if (i < 1000) ++right_first[k];
    }
  }
  const double first = std::min(count, 1000);
  result.accuracy_mean_rate = static_cast<double>(right[0]) / count;
  result.accuracy_mean_rate_first_1000 = right_first[0] / first;
  result.accuracy_likeliest = static_cast<double>(right[1]) / count;
  result.accuracy_likeliest_first_1000 = right_first[1] / first;
  result.accuracy = static_cast<double>(right[how]) / count;
  result.accuracy_first_1000 = right_first[how] / first;
  result.spikes_per_image = static_cast<double>(spikes) / count;
  return result;
}

double sampling_error(double accuracy, int images) {
  const Interval interval = wilson(static_cast<int>(std::lround(accuracy * images)), images, 1);
  return 0.5 * (interval.high - interval.low);
}

}  // namespace hopflow::pipeline
