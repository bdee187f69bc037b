// SPDX-License-Identifier: GPL-2.0-or-later
// The spiking network as a stage of a run: JSON in, JSON out.
#include <nlohmann/json.hpp>

#include "structures/error.hpp"
#include "workflows/pipeline/mnist.hpp"
#include "workflows/pipeline/snn_output.hpp"
#include "workflows/pipeline/stage.hpp"
#include "workflows/pipeline/train_json.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

void check_data(const json& input, const Mnist& mnist) {
  if (!input.contains("data_sha256") || input.at("data_sha256").empty()) return;
  const json found = mnist.sha256;
  if (input.at("data_sha256") != found) {
    throw Error{Error::Kind::bad_input,
                "network input: data_sha256: the images found here are not those the run began with; put the same four files into the data folder"};
  }
}

}  // namespace

json snn_stage(const json& input, const StageSite& site) {
  const TrainOptions options = train_options_from_json(input);
  const auto electrics = PulseElectrics::from_json(input.value("synapse", json()));
  const Mnist mnist = read_mnist(site.data / "mnist");
  check_data(input, mnist);
  const TrainResult result = train_and_test(mnist, options);
  return {{"result", result_json(options, result, electrics)}, {"files", json::object()}};
}

}  // namespace hopflow::pipeline
