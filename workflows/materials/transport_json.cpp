// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/materials/transport_json.hpp"

#include <algorithm>
#include <array>

#include "structures/diffusion/diffusion.hpp"

namespace hopflow {

namespace {

using Json = nlohmann::ordered_json;

constexpr double cm2_per_s = 1e-4;  ///< one A^2 THz
constexpr const char* axes[] = {"a", "b", "c"};

Json barrier_entry(const HopTable& table, const NetworkBarrier& barrier) {
  return {{"dimension", barrier.dimension},
          {"barrier_ev", barrier.barrier_ev},
          {"deciding_hop", table.hops[static_cast<std::size_t>(barrier.deciding_hop)].id}};
}

Json rows_of(const Eigen::Matrix3d& tensor) {
  Json out = Json::array();
  for (int i = 0; i < 3; ++i) out.push_back({tensor(i, 0), tensor(i, 1), tensor(i, 2)});
  return out;
}

Json along_json(const Eigen::Matrix3d& tensor, const Eigen::Matrix3d& cell) {
  const std::array<double, 3> values = along_cell(tensor, cell);
  Json out = Json::object();
  for (std::size_t k = 0; k < 3; ++k) out[axes[k]] = values[k];
  return out;
}

/// One temperature. A correlation factor is a ratio of two diffusivities: none where the vacancy doesn't diffuse.
Json diffusivity_json(const JumpNetwork& network, double temperature, const DiffusionOptions& options) {
  const Eigen::Matrix3d d = cm2_per_s * vacancy_diffusivity(network, temperature, options.attempt_frequency_thz);
  const auto tracer = tracer_diffusivity(network, temperature, options.attempt_frequency_thz);
  const PrincipalAxes main = principal_axes(d);
  constexpr double tolerable = 0.01;
  const bool known = tracer && tracer->error < tolerable;
  Json principal = Json::array();
  for (int k = 0; k < 3; ++k) {
    const Eigen::Vector3d e = main.vectors.col(k);
    const double value = main.values[static_cast<std::size_t>(k)];
    Json correlation = nullptr;
    if (known && value > 0) correlation = cm2_per_s * e.dot(tracer->per_vacancy_fraction * e) / value;
    principal.push_back(
        {{"diffusivity_cm2_per_s", value}, {"direction", {e(0), e(1), e(2)}}, {"tracer_correlation", correlation}});
  }
  const double mean = d.trace() / 3;
  Json out{{"temperature_k", temperature},
           {"mean_cm2_per_s", mean},
           {"mean_low_cm2_per_s", mean / options.attempt_frequency_factor},
           {"mean_high_cm2_per_s", mean * options.attempt_frequency_factor},
           {"tensor_cm2_per_s", rows_of(d)},
           {"along_cell_cm2_per_s", along_json(d, network.cell)},
           {"principal", principal}};
  out["tracer_per_vacant_fraction_cm2_per_s"] =
      known ? rows_of(cm2_per_s * tracer->per_vacancy_fraction) : Json(nullptr);
  out["tracer_relative_error"] = known ? Json(tracer->error) : Json(nullptr);
  return out;
}

Json arrhenius_json(const JumpNetwork& network, double temperature, double frequency) {
  constexpr int points = 6;
  constexpr double low = 0.8, high = 1.3;
  std::vector<double> temperatures, means;
  std::array<std::vector<double>, 3> along;
  for (int i = 0; i < points; ++i) {
    temperatures.push_back(temperature * (low + (high - low) * i / (points - 1)));
    const Eigen::Matrix3d d = cm2_per_s * vacancy_diffusivity(network, temperatures.back(), frequency);
    means.push_back(d.trace() / 3);
    const std::array<double, 3> values = along_cell(d, network.cell);
    for (std::size_t k = 0; k < 3; ++k) along[k].push_back(values[k]);
  }
  // A crystal colder than its diffusivity can be written down has no line.
  if (!(*std::min_element(means.begin(), means.end()) > 0)) return nullptr;
  const Arrhenius line = fit_arrhenius(temperatures, means);
  Json axis_energies = Json::object();
  for (std::size_t k = 0; k < 3; ++k) {
    // What is nothing but the rounding of the other directions has no activation energy.
    bool there = true;
    for (std::size_t i = 0; i < means.size(); ++i) there = there && along[k][i] > 1e-12 * means[i];
    axis_energies[axes[k]] = there ? Json(fit_arrhenius(temperatures, along[k]).activation_ev) : Json(nullptr);
  }
  return {{"from_k", temperatures.front()},         {"to_k", temperatures.back()},
          {"activation_ev", line.activation_ev},    {"prefactor_cm2_per_s", line.prefactor},
          {"largest_deviation_ln", line.worst_log}, {"activation_along_cell_ev", axis_energies}};
}

}  // namespace

Json network_barriers_json(const HopTable& table, std::span<const HopEnergy> energies) {
  Json steps = Json::array(), along = Json::object();
  for (const NetworkBarrier& step : barriers_by_dimension(table, energies)) steps.push_back(barrier_entry(table, step));
  for (int axis = 0; axis < 3; ++axis) {
    const auto barrier = network_barrier_along(table, energies, axis);
    along[axes[axis]] = barrier ? barrier_entry(table, *barrier) : Json(nullptr);
  }
  return {{"by_dimension", steps}, {"along_cell", along}};
}

Json diffusion_json(const Crystal& crystal, const HopTable& table, std::span<const HopEnergy> energies,
                    const DiffusionOptions& options) {
  const auto network = jump_network(crystal, table, energies);
  if (!network) return nullptr;
  Json temperatures = Json::array();
  for (const double t : options.temperatures_k) temperatures.push_back(diffusivity_json(*network, t, options));
  return {{"of", "one vacancy, dilute"},
          {"attempt_frequency_thz", options.attempt_frequency_thz},
          {"attempt_frequency_factor", options.attempt_frequency_factor},
          {"sites", network->size()},
          {"temperatures", temperatures},
          {"arrhenius", arrhenius_json(*network, options.temperatures_k.front(), options.attempt_frequency_thz)},
          {"note",
           "Exact for the hops that were computed, with one attempt frequency for all hops. low and high are for the "
           "attempt frequency divided and multiplied by attempt_frequency_factor, for all hops alike. mean is one "
           "third of the trace. The tensor is given in Cartesian coordinates (a along x if the file gives lengths and "
           "angles). tracer_correlation is the diffusivity of a labelled atom divided by the product of the vacancy "
           "diffusivity and the fraction of vacant sites."}};
}

}  // namespace hopflow
