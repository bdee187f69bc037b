// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/core/update_curve.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow::pipeline {

namespace {

[[noreturn]] void refuse(const std::string& key, const std::string& problem) {
  throw Error{Error::Kind::bad_input, fmt::format("synapse.{}: {}", key, problem)};
}

std::vector<double> numbers(const nlohmann::json& synapse, const char* key) {
  if (!synapse.is_object() || !synapse.contains(key) || !synapse.at(key).is_array()) {
    refuse(key, "missing; a list of numbers is needed, as 'hopflow device fit' writes it");
  }
  std::vector<double> values;
  for (const nlohmann::json& value : synapse.at(key)) {
    if (!value.is_number() || !std::isfinite(value.get<double>()))
      refuse(key, "holds an entry that is not a finite number");
    values.push_back(value.get<double>());
  }
  return values;
}

}  // namespace

DeviceCurve DeviceCurve::from_json(const nlohmann::json& synapse) {
  DeviceCurve curve{numbers(synapse, "nodes"), numbers(synapse, "up"), numbers(synapse, "down")};
  const std::vector<double>& nodes = curve.nodes;
  if (nodes.size() < 2 || nodes.front() != 0 || nodes.back() != 1 ||
      std::adjacent_find(nodes.begin(), nodes.end(), std::greater_equal<>{}) != nodes.end()) {
    refuse("nodes", "must ascend from 0 to 1 with at least two entries");
  }
  for (const auto& [key, steps] : {std::pair{"up", &curve.up}, std::pair{"down", &curve.down}}) {
    if (steps->size() != nodes.size())
      refuse(key, fmt::format("{} steps for {} nodes; give one step per node", steps->size(), nodes.size()));
    const auto negative = std::find_if(steps->begin(), steps->end(), [](double step) { return step < 0; });
    if (negative != steps->end())
      refuse(key, fmt::format("step {} is negative; steps are sizes, 0 or more", text::shortest(*negative)));
  }
  if (!synapse.contains("window") || synapse.at("window").is_null()) return curve;
  const nlohmann::json& window = synapse.at("window");
  curve.window_ms = numbers(window, "ms");
  curve.window_up = numbers(window, "up");
  curve.window_down = numbers(window, "down");
  if (curve.window_ms.size() < 2 || curve.window_ms.front() != 0 ||
      std::adjacent_find(curve.window_ms.begin(), curve.window_ms.end(), std::greater_equal<>{}) !=
          curve.window_ms.end()) {
    refuse("window.ms", "must ascend from 0 with at least two entries");
  }
  for (const std::vector<double>* shares : {&curve.window_up, &curve.window_down}) {
    if (shares->size() != curve.window_ms.size())
      refuse("window", fmt::format("{} shares for {} distances; give one share per distance", shares->size(),
                                   curve.window_ms.size()));
    if (std::any_of(shares->begin(), shares->end(), [](double share) { return share < 0; }))
      refuse("window", "shares of a pulse are 0 or more");
  }
  return curve;
}

std::vector<DeviceCurve> DeviceCurve::members_from_json(const nlohmann::json& synapse) {
  std::vector<DeviceCurve> devices;
  if (!synapse.is_object() || !synapse.contains("members") || !synapse.at("members").is_array()) return devices;
  for (nlohmann::json member : synapse.at("members")) {
    if (!member.is_object()) refuse("members", "holds an entry that is not a device with up and down");
    member["nodes"] = synapse.at("nodes");
    if (synapse.contains("window")) member["window"] = synapse.at("window");
    devices.push_back(from_json(member));
  }
  return devices;
}

DeviceCurve DeviceCurve::linear_bounds(double a, double b) { return {{0, 1}, {a, 0}, {0, b}}; }

DeviceCurve DeviceCurve::exponential_bounds(double a, double b, double beta) {
  // A line between n equal nodes is off by (beta/n)^2/8 of the step at most.
  constexpr int pieces = 256;
  DeviceCurve curve;
  for (int i = 0; i <= pieces; ++i) {
    const double g = static_cast<double>(i) / pieces;
    curve.nodes.push_back(g);
    curve.up.push_back(a * std::exp(-beta * g));
    curve.down.push_back(b * std::exp(-beta * (1 - g)));
  }
  return curve;
}

double DeviceCurve::largest_step() const {
  double largest = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    largest = std::max({largest, std::min(up[i], 1 - nodes[i]), std::min(down[i], nodes[i])});
  }
  return largest;
}

template <class Real>
InterpolatedSteps<Real>::InterpolatedSteps(const DeviceCurve& curve) {
  for (std::size_t i = 0; i + 1 < curve.nodes.size(); ++i) {
    const double width = curve.nodes[i + 1] - curve.nodes[i];
    pieces_.push_back({static_cast<Real>(curve.nodes[i]), static_cast<Real>(curve.nodes[i + 1]),
                       static_cast<Real>(curve.up[i]), static_cast<Real>((curve.up[i + 1] - curve.up[i]) / width),
                       static_cast<Real>(curve.down[i]),
                       static_cast<Real>((curve.down[i + 1] - curve.down[i]) / width)});
  }
  std::size_t piece = 0;
  for (std::size_t cell = 0; cell < first_.size(); ++cell) {
    const Real start = static_cast<Real>(cell) / cells;
    while (start > pieces_[piece].end && piece + 1 < pieces_.size()) ++piece;
    first_[cell] = piece;
  }
}

template class InterpolatedSteps<float>;
template class InterpolatedSteps<double>;

}  // namespace hopflow::pipeline
