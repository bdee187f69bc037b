// SPDX-License-Identifier: GPL-2.0-or-later
// The spiking network as a stage of a run: JSON in, JSON out.
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/core/json_input.hpp"
#include "workflows/pipeline/device/device_report.hpp"
#include "workflows/pipeline/models/memristor.hpp"
#include "workflows/pipeline/network/snn_output.hpp"
#include "workflows/pipeline/network/stage.hpp"
#include "workflows/pipeline/training/mnist.hpp"
#include "workflows/pipeline/training/train_json.hpp"
#include "workflows/pipeline/training/wired_network.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

void check_data(const json& input, const Mnist& mnist) {
  if (!input.contains("data_sha256") || input.at("data_sha256").empty()) return;
  const json found = mnist.sha256;
  if (input.at("data_sha256") != found) {
    throw Error{Error::Kind::bad_input,
                "network input: data_sha256: the images found here are not those the run began with; put the same four "
                "files into the data folder"};
  }
}

/// The device with its barrier and attempt frequency drawn within their error bars: draw `index` of `count` equally
/// likely slices.
DeviceParameters drawn_device(const json& draw) {
  const InputReader reader{draw, "network: draw"};
  reader.allow_keys({"device", "barrier_sd_ev", "attempt_frequency_factor", "temperature_k", "index", "count", "seed"});
  DeviceParameters device = parameters_from_json(draw.at("device"), "network: draw: device");
  device.temperature_k = reader.number_or("temperature_k", 1, 2000, device.temperature_k);
  const auto count = reader.integer_or("count", 1, 1000, 1), index = reader.integer_or("index", 0, count - 1, 0);
  const BarrierSpread spread{reader.number_or("barrier_sd_ev", 0, 5, 0),
                             reader.number_or("attempt_frequency_factor", 1, 1e6, 1)};
  const std::vector<DeviceParameters> all =
      draw_devices(device, spread, static_cast<std::uint64_t>(reader.integer_or("seed", 0, 1L << 53, 1)));
  const auto slices = static_cast<long>(all.size());
  return all[static_cast<std::size_t>((2 * index + 1) * slices / (2 * count))];
}

}  // namespace

json snn_stage(const json& input, const StageSite& site) {
  json question = input, drawn = nullptr;
  if (input.contains("draw")) {
    const DeviceParameters device = drawn_device(input.at("draw"));
    const double tau = retention_time(device, device.temperature_k);
    question["synapse"] = synapse_json(device, static_cast<std::uint64_t>(input.at("draw").value("seed", 1L)));
    if (question.at("synapse").is_null()) {
      throw Error{Error::Kind::bad_input,
                  fmt::format("network: draw: a barrier of {} eV leaves no pulse that steps the device",
                              text::shortest(device.barrier_ev))};
    }
    question["forgetting"]["tau_s"] = tau;
    drawn = {{"barrier_ev", device.barrier_ev},
             {"attempt_frequency_thz", device.attempt_frequency_thz},
             {"retention_s", tau}};
  }
  TrainOptions options = train_options_from_json(question);
  if (const std::string reason = untrainable(options.forgetting); !reason.empty())
    return {{"result",
             {{"seed", options.seed},
              {"preset", options.preset},
              {"accuracy", nullptr},
              {"reason", reason},
              {"draw", std::move(drawn)},
              {"notes", json::array({reason})}}},
            {"files", json::object()}};
  // A population of the device's own comes before assumed spreads.
  if (options.cells.devices > 1 && options.device)
    options.cells.measured = DeviceCurve::members_from_json(question.at("synapse"));
  const auto electrics = PulseElectrics::from_json(question.value("synapse", json()));
  const Mnist mnist = read_mnist(site.data / "mnist");
  check_data(input, mnist);
  const TrainResult result = train_and_test(mnist, options);
  json report = result_json(options, result, electrics);
  report["draw"] = std::move(drawn);
  report["wires"] = nullptr;
  if (input.contains("wires") && electrics) {
    const InputReader reader{input.at("wires"), "network: wires"};
    reader.allow_keys({"line_resistance_ohm"});
    report["wires"] = accuracy_through_wires(result.network, mnist.test, options.test,
                                             {.line_resistance_ohm = reader.number_or("line_resistance_ohm", 0, 1e6, 1),
                                              .on_s = electrics->g_max_s,
                                              .off_s = electrics->g_min_s});
    report["notes"].push_back(
        "through wires: weights in square tiles whose currents are added outside, the current of a row of bare cells "
        "without wires subtracted; V/2 and V/3 on rows without a spike "
        "read the same as grounded rows, since such an array is linear; floating: input spikes come one at a time");
  }
  return {{"result", std::move(report)}, {"files", json::object()}};
}

}  // namespace hopflow::pipeline
