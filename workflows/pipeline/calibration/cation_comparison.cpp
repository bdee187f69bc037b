// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/calibration/cation_comparison.hpp"

#include <algorithm>
#include <cmath>

#include "workflows/pipeline/calibration/arrhenius.hpp"
#include "workflows/pipeline/models/device_uncertainty.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

namespace {

constexpr double write_v = 1.25;

/// One material with its draws.
struct Film {
  std::string name;
  DeviceParameters device;
  double sd_ev = 0;
  std::vector<double> barrier, tau;
  json update;
};

json band_json(std::vector<double> values) {
  const Percentiles band = percentiles(std::move(values));
  return {{"p05", band.p05}, {"median", band.median}, {"p95", band.p95}};
}

/// How often the first is above the second, drawn apart from each other.
double share_above(const std::vector<double>& a, const std::vector<double>& b) {
  // Every draw of one against every draw of the other: no pairing to choose.
  std::vector<double> sorted = b;
  std::ranges::sort(sorted);
  double above = 0;
  for (const double value : a) above += static_cast<double>(std::ranges::lower_bound(sorted, value) - sorted.begin());
  return above / (static_cast<double>(a.size()) * static_cast<double>(b.size()));
}

double largest(const json& list) { return std::ranges::max(list.get<std::vector<double>>()); }

json update_json(const json& synapse) {
  if (!synapse.is_object()) return nullptr;
  return {{"up_v", synapse.at("pulse").at("up_v")},
          {"down_v", synapse.at("pulse").at("down_v")},
          {"largest_up", largest(synapse.at("up"))},
          {"largest_down", largest(synapse.at("down"))}};
}

json properties() {
  const auto row = [](const char* property, const char* from, const char* sentence) {
    return json{{"property", property}, {"from", from}, {"sentence", sentence}};
  };
  return {row("ratio of retention times", "barrier",
              "At equal stabilisation energy and attempt frequency, retention times of two films differ by "
              "exp(dEa/kT): this is what a barrier predicts."),
          row("retention time of the measured film", "fitted",
              "The stabilisation energy is fitted to one published retention time and absorbs the barrier."),
          row("ratio of switching times", "barrier",
              "At equal thresholds and sharing length, switching times differ by the same exp(dEa/kT) until the rate "
              "meets the attempt frequency."),
          row("switching time of the measured film", "fitted",
              "Set threshold and sharing length are fitted to a sweep and one fast pulse and absorb the barrier."),
          row("set and reset voltage", "fitted",
              "Thresholds belong to interfaces; a barrier moves a sweep's set voltage by millivolts."),
          row("update curve", "fitted",
              "Its voltages are chosen and its shape follows from the fitted window of conductance; the barrier only "
              "shifts the voltages."),
          row("off current and on/off ratio, and their order", "not explained",
              "They are electronic: fitted to each film's published current, or taken over, never predicted."),
          row("yield, endurance, analog window, spread", "not explained",
              "Nothing in a barrier says how many devices fail, wear out or differ.")};
}

}  // namespace

json cation_comparison(const std::vector<std::pair<std::string, json>>& devices, std::uint64_t seed) {
  std::vector<Film> films;
  for (std::size_t m = 0; m < devices.size(); ++m) {
    const json& result = devices[m].second;
    if (!result.is_object() || !result.contains("parameters") || !result.at("parameters").is_object()) continue;
    const json& spread = result.at("spread");
    Film film{devices[m].first,
              parameters_from_json(result.at("parameters"), devices[m].first),
              spread.at("barrier_sd_ev"),
              {},
              {},
              update_json(result.at("synapse"))};
    // A seed of its own for each film: their errors are independent.
    for (const DeviceParameters& drawn :
         draw_devices(film.device, {film.sd_ev, spread.at("attempt_frequency_factor")}, seed + 1 + m)) {
      film.barrier.push_back(drawn.barrier_ev);
      film.tau.push_back(retention_time(drawn, room_k));
    }
    films.push_back(std::move(film));
  }
  if (films.empty()) return nullptr;
  json materials = json::array(), orders = json::array();
  for (const Film& film : films) {
    // Switching time goes as one over the hopping rate below the cap; drawn devices are thinned, not the percentiles.
    std::vector<double> seconds;
    const auto drawn = draw_devices(film.device, {film.sd_ev, 1}, seed);
    for (std::size_t i = 0; i < drawn.size(); i += 8) {
      if (const auto time = switching_time(drawn[i], write_v, 0, 0.95)) seconds.push_back(*time);
    }
    materials.push_back({{"name", film.name},
                         {"barrier_ev", film.device.barrier_ev},
                         {"barrier_sd_ev", film.sd_ev},
                         {"tau_s", band_json(film.tau)},
                         {"switching_s", seconds.empty() ? json(nullptr) : band_json(std::move(seconds))},
                         {"update", film.update}});
  }
  for (const Film& a : films) {
    for (const Film& b : films) {
      if (&a == &b || a.device.barrier_ev < b.device.barrier_ev ||
          (a.device.barrier_ev == b.device.barrier_ev && &b < &a))
        continue;
      orders.push_back({{"larger", a.name},
                        {"smaller", b.name},
                        {"barrier", share_above(a.barrier, b.barrier)},
                        {"tau_s", share_above(a.tau, b.tau)}});
    }
  }
  return {{"temperature_k", room_k},
          {"write_voltage_v", write_v},
          {"materials", std::move(materials)},
          {"orders", std::move(orders)},
          {"properties", properties()},
          {"note",
           "errors of two films are taken as independent; an error they share (one force field, one level of theory) "
           "would leave their order surer than stated here"}};
}

}  // namespace hopflow::pipeline
