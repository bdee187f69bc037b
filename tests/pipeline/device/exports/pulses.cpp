// SPDX-License-Identifier: GPL-2.0-or-later
// Trains of pulses on cells of aihwkit's own PiecewiseStepRPUDevice. In: the device's numbers in the order of the reads
// below, then cells, pulses up, pulses down, seed. Out: one line of weights after each pulse.
#include <cstdio>
#include <iostream>
#include <memory>
#include <numeric>
#include <vector>

#include "rng.h"
#include "rpu_piecewisestep_device.h"

int main() {
  using namespace RPU;
  PiecewiseStepRPUDeviceMetaParameter<float> p;
  std::size_t nodes = 0;
  std::cin >> p.w_min >> p.w_max >> p.dw_min >> p.up_down >> p.dw_min_dtod >> p.up_down_dtod >> p.dw_min_std >>
      p.w_min_dtod >> p.w_max_dtod >> nodes;
  p.piecewise_up_vec.resize(nodes);
  p.piecewise_down_vec.resize(nodes);
  for (float& value : p.piecewise_up_vec) std::cin >> value;
  for (float& value : p.piecewise_down_vec) std::cin >> value;
  int cells = 0, up = 0, down = 0;
  unsigned seed = 1;
  if (!(std::cin >> cells >> up >> down >> seed)) return 1;
  p.initialize();
  RealWorldRNG<float> world{seed};
  RNG<float> noise{seed + 1};
  const std::unique_ptr<PulsedRPUDeviceBase<float>> device{p.createDevice(cells, 1, &world)};
  std::vector<float> weights(static_cast<std::size_t>(cells), p.w_min);
  float* rows[1] = {weights.data()};
  device->onSetWeights(rows);
  std::vector<int> all(static_cast<std::size_t>(cells));
  std::iota(all.begin(), all.end(), 1);
  for (int pulse = 0; pulse < up + down; ++pulse) {
    device->doSparseUpdate(rows, 0, all.data(), cells, pulse < up ? -1 : 1, &noise);
    for (const float weight : weights) std::printf("%.9g ", static_cast<double>(weight));
    std::printf("\n");
  }
}
