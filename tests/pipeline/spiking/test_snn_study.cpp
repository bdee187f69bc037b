// SPDX-License-Identifier: GPL-2.0-or-later
// From a barrier with its error bar to an accuracy with its error bar: draws of the stage, and the summary of many.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

#include "structures/core/error.hpp"
#include "workflows/pipeline/calibration/calibrate.hpp"
#include "workflows/pipeline/calibration/reference_file.hpp"
#include "workflows/pipeline/core/chart.hpp"
#include "workflows/pipeline/models/memristor.hpp"
#include "workflows/pipeline/network/figure6.hpp"
#include "workflows/pipeline/network/snn_summary.hpp"
#include "workflows/pipeline/network/stage.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;
using nlohmann::json;

namespace {

json fitted_device(double barrier_ev) {
  CalibrationRequest request;
  request.start.barrier_ev = barrier_ev;
  return to_json(calibrate(load_reference(HOPFLOW_SOURCE_DIR "/inputs/reference/paper.yaml"), request).parameters);
}

json tiny(const json& device, int index) {
  return {{"preset", "pair"},
          {"neurons", 10},
          {"train", 20},
          {"test", 20},
          {"label", 20},
          {"seed", 1},
          {"draw",
           {{"device", device},
            {"barrier_sd_ev", 0.1},
            {"attempt_frequency_factor", 1},
            {"index", index},
            {"count", 4},
            {"seed", 1}}}};
}

/// An output of the stage as far as a summary reads it.
json output(int seed, double accuracy, double barrier_ev) {
  return {{"result",
           {{"seed", seed}, {"accuracy", accuracy}, {"draw", {{"barrier_ev", barrier_ev}, {"retention_s", 100.0}}}}}};
}

}  // namespace

TEST_CASE("a draw trains the device its barrier makes: quantile by quantile, with its own retention",
          "[pipeline][snn][data]") {
  const StageSite site{HOPFLOW_SOURCE_DIR "/.data"};
  const json device = fitted_device(0.39);
  std::vector<double> barriers, retention;
  for (int index = 0; index < 4; ++index) {
    const json result = snn_stage(tiny(device, index), site).at("result");
    CHECK(result.at("synapse") == "device");
    CHECK(result.at("energy").at("per_write_j").get<double>() > 0);
    barriers.push_back(result.at("draw").at("barrier_ev"));
    retention.push_back(result.at("draw").at("retention_s"));
  }
  // Medians of the four quarters of a normal distribution: 0.39 + 0.1 z(1/8), z(3/8), ...
  CHECK(barriers[0] == Approx(0.39 - 0.1 * 1.1503).margin(1e-3));
  CHECK(barriers[1] == Approx(0.39 - 0.1 * 0.3186).margin(1e-3));
  CHECK(barriers[2] == Approx(0.39 + 0.1 * 0.3186).margin(1e-3));
  CHECK(barriers[3] == Approx(0.39 + 0.1 * 1.1503).margin(1e-3));
  // ln tau goes as the barrier over kT.
  CHECK(std::log(retention[3] / retention[0]) ==
        Approx((barriers[3] - barriers[0]) / (8.617333e-5 * 300)).epsilon(1e-4));
  // Unequal cells are the device's own population, not an assumed one.
  json unequal = tiny(device, 0);
  unequal["cells"] = {{"devices", 16}, {"step_sd", 0.3}};
  const json notes = snn_stage(unequal, site).at("result").at("notes");
  CHECK(std::any_of(notes.begin(), notes.end(), [](const json& note) {
    return note.get<std::string>().find("one of 16 devices with curves of their own") != std::string::npos;
  }));
  json bad = tiny(device, 0);
  bad["draw"]["index"] = 4;
  CHECK_THROWS_WITH(snn_stage(bad, site), Catch::Contains("index"));
}

TEST_CASE("a summary gives each cause its part of the spread, and nothing while a draw is missing", "[pipeline][snn]") {
  std::vector<json> seeds{output(1, 0.8, 0.4), nullptr, output(3, 0.84, 0.4)}, draws;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) draws.push_back(output(j, 0.7 + 0.1 * i + 0.01 * j, 0.3 + 0.1 * i));
  }
  json summary = snn_summary(seeds, draws);
  CHECK(summary.at("accuracy_mean") == Approx(0.82));
  CHECK(summary.at("accuracy_sd") == Approx(0.02 * std::sqrt(2.0)));
  CHECK(summary.at("seeds").size() == 2);
  const json& u = summary.at("uncertainty");
  CHECK(u.at("accuracy_mean") == Approx(0.81));
  CHECK(u.at("barriers_ev") == json({0.3, 0.4, 0.5}));
  CHECK(u.at("parts").at(0).at("cause") == "barrier");
  CHECK(u.at("parts").at(0).at("sd") == Approx(0.1));
  CHECK(u.at("parts").at(1).at("sd") == Approx(0.01));
  CHECK(u.at("parts").at(2).at("sd") == Approx(0).margin(1e-6));
  draws[4] = nullptr;
  CHECK(snn_summary(seeds, draws).at("uncertainty").is_null());
  CHECK(snn_summary(std::vector<json>{nullptr}, {}).is_null());
  const std::vector<json> others{output(1, 0.79, 0.4), output(2, 0.5, 0.4), output(3, 0.80, 0.4)};
  const json difference = paired_difference(summary, snn_summary(others, {}));
  CHECK(difference.at("pairs") == 2);
  CHECK(difference.at("mean") == Approx(0.025));
  CHECK(difference.at("sem") == Approx(0.015));
}

TEST_CASE("a figure asks each question once, the long ones first", "[pipeline][snn]") {
  Figure6Options figure;
  const std::vector<Figure6Task> tasks = figure6_tasks(figure);
  // A seed: three presets with five sizes, seven sample counts (one shared) and two more normalisations; two presets
  // with unequal devices; 6C shares one of its two and adds the other once for each preset.
  CHECK(tasks.size() == 5 * (3 * (5 + 6 + 2) + 2) + 3);
  CHECK(tasks.front().options.neurons == 1600);
  CHECK(tasks.back().options.neurons == 100);
  CHECK(tasks.back().options.train == 1000);
  figure.presets = {"hebb"};
  CHECK_THROWS_WITH(figure6_tasks(figure), Catch::Contains("'hebb' is unknown"));
}

TEST_CASE("a chart holds its numbers as text and refuses lists that don't match", "[pipeline][snn]") {
  Chart chart{.title = "a < b",
              .x_label = "x",
              .y_label = "y",
              .series = {{"one", {1, 2}, {0.5, 1.5}, {0.1, 0.1}}},
              .lines = {{1.2, "line"}}};
  const std::string svg = chart_svg(chart);
  CHECK(svg.find("a &lt; b") != std::string::npos);
  CHECK(svg.find(">line</text>") != std::string::npos);
  CHECK(svg.find("nan") == std::string::npos);
  chart.series[0].y.pop_back();
  CHECK_THROWS_WITH(chart_svg(chart), Catch::Contains("2 x, 1 y"));
  chart.series.clear();
  CHECK_THROWS_WITH(chart_svg(chart), Catch::Contains("no finite point"));
}

TEST_CASE("a grey PNG begins as the standard says", "[pipeline][snn]") {
  const std::vector<unsigned char> pixels{0, 255, 128, 1, 2, 3};
  const std::string png = grey_png(pixels, 3, 2);
  CHECK(png.substr(0, 8) == "\x89PNG\r\n\x1a\n");
  // IHDR of a 3 x 2 image, 8 bits, grey.
  CHECK(png.substr(8, 21) == std::string("\0\0\0\rIHDR\0\0\0\3\0\0\0\2\x08\0\0\0\0", 21));
  CHECK(png.substr(png.size() - 12) == std::string("\0\0\0\0IEND\xae\x42\x60\x82", 12));
}
