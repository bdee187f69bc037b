// SPDX-License-Identifier: GPL-2.0-or-later
// Writes what goes into and comes out of the network for a few images, for other simulators to be compared with.
//   snn_trace FOLDER NEURONS IMAGES SEED > trace.json     FOLDER: with the four idx files
// Double precision, preset dc2015, weights normalised before each image, 350 ms of image and 150 ms of rest.
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/spiking/snn.hpp"
#include "workflows/pipeline/training/mnist.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;
using nlohmann::json;

namespace {

json weights_json(const Network<double>& network) {
  json out = json::array();
  for (int i = 0; i < network.inputs(); ++i) {
    out.push_back(std::vector<double>(network.synapses().row(i), network.synapses().row(i) + network.neurons()));
  }
  return out;
}

int trace(const std::string& folder, int neurons, int count, std::uint64_t seed) {
  const Mnist mnist = read_mnist(folder);
  const NetworkConstants constants;
  Network<double> network{constants, mnist.train.pixels_per_image(), neurons, seed};
  const auto rule = make_rule<double>({});
  PoissonEncoder encoder{constants.steps_of(constants.image_ms), constants.dt};
  json out{{"neurons", neurons},
           {"inputs", network.inputs()},
           {"seed", seed},
           {"dt_ms", constants.dt},
           {"image_ms", constants.image_ms},
           {"rest_ms", constants.rest_ms},
           {"weights_before", weights_json(network)},
           {"images", json::array()}};
  for (int k = 0; k < count; ++k) {
    SpikeTrains trains;
    encoder.encode(mnist.train.image(k), 2, {.seed = seed, .image = static_cast<std::uint32_t>(k)}, trains);
    network.normalise_weights();
    network.present(trains, rule.get());
    json input = json::array(), output = json::array();
    for (int s = 0; s < trains.steps(); ++s) {
      for (const int pixel : trains.at(s)) input.push_back({s, pixel});
    }
    for (const Spike& spike : network.spikes()) output.push_back({spike.step, spike.neuron});
    network.rest(constants.steps_of(constants.rest_ms), rule.get());
    const std::size_t late = network.spikes().size() - output.size();
    out["images"].push_back({{"input", std::move(input)}, {"output", std::move(output)}, {"spikes_in_rest", late}});
  }
  out["weights_after"] = weights_json(network);
  json theta = json::array();
  for (int j = 0; j < neurons; ++j) theta.push_back(network.theta(j));
  out["theta_after_mv"] = theta;
  std::cout << out.dump() << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int k) { return k < argc ? text::to_integer(argv[k]).value_or(0) : 0; };
  if (argc != 5 || number(2) < 1 || number(3) < 1 || number(4) < 1) {
    std::fputs("usage: snn_trace FOLDER NEURONS IMAGES SEED\n", stderr);
    return 2;
  }
  try {
    return trace(argv[1], static_cast<int>(number(2)), static_cast<int>(number(3)),
                 static_cast<std::uint64_t>(number(4)));
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
