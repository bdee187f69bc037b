// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/protocols/stdp.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace hopflow::pipeline {

using nlohmann::json;

namespace {

/// Just after (or just before) a jump.
double spike(const StdpOptions& o, double t, bool after) {
  if (t < 0 || (t == 0 && !after)) return 0;
  if (t < o.width_s || (t == o.width_s && !after)) return o.spike_v;
  return -o.tail_v * std::max(0.0, 1 - (t - o.width_s) / o.tail_s);
}

}  // namespace

Waveform spike_pair(const StdpOptions& o, double distance_s) {
  const double pre = std::max(0.0, -distance_s), post = std::max(0.0, distance_s);
  std::vector<double> corners;
  for (const double begin : {pre, post}) {
    for (const double t : {0.0, o.width_s, o.width_s + o.tail_s}) corners.push_back(begin + t);
  }
  std::ranges::sort(corners);
  corners.erase(std::unique(corners.begin(), corners.end()), corners.end());
  Waveform w;
  for (const double t : corners) {
    // The neurons' own times, so that a corner of theirs is met exactly.
    const auto own = [&](double begin) {
      for (const double edge : {0.0, o.width_s, o.width_s + o.tail_s})
        if (begin + edge == t) return edge;
      return t - begin;
    };
    for (const bool after : {false, true}) {
      w.time_s.push_back(t);
      w.voltage_v.push_back(spike(o, own(post), after) - spike(o, own(pre), after));
    }
  }
  return w;
}

std::span<const ProtocolOption<StdpOptions>> stdp_options() {
  using O = StdpOptions;
  static constexpr std::array<ProtocolOption<O>, 7> rows{{
      {"--spike-voltage", &O::spike_v, 0, 100, "V; spike and tail together must pass a threshold, neither alone"},
      {"--tail-voltage", &O::tail_v, 0, 100, "V, where the tail begins"},
      {"--width", &O::width_s, 1e-15, 1e6, "of the spike (s)"},
      {"--tail", &O::tail_s, 1e-15, 1e6, "length of the tail (s)"},
      {"--start", &O::start, 0, 1, "state before each pair, 0 to 1"},
      {"--read-voltage", &O::read_v, 1e-6, 10, "V"},
      {"--points", &O::points, 1, 1000, "distances on each side"},
  }};
  return rows;
}

std::vector<StdpPoint> stdp(const DeviceParameters& p, const StdpOptions& o) {
  require(stdp_options(), o);
  std::vector<StdpPoint> curve;
  const double before = read_conductance(p, o.start, o.read_v);
  for (int i = -o.points; i <= o.points; ++i) {
    if (i == 0) continue;
    const double distance = (i > 0 ? o.width_s : -o.width_s) + o.tail_s * (i - (i > 0 ? 1 : -1)) / o.points;
    const WaveformRun run = drive(p, spike_pair(o, distance), o.start);
    curve.push_back({distance, before, read_conductance(p, run.state.back(), o.read_v)});
  }
  return curve;
}

bool hebbian(const std::vector<StdpPoint>& curve) {
  double strongest_up = 0, strongest_down = 0;
  bool signs = true, decaying = true;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const double change = std::log(curve[i].after_s / curve[i].before_s);
    // What is forgotten while the spikes last is no plasticity.
    if (curve[i].distance_s > 0)
      strongest_up = std::max(strongest_up, change);
    else
      strongest_down = std::min(strongest_down, change);
    if (change * curve[i].distance_s < 0 && std::abs(change) > 1e-6) signs = false;
    if (i > 0 && curve[i].distance_s * curve[i - 1].distance_s > 0) {
      const double last = std::abs(std::log(curve[i - 1].after_s / curve[i - 1].before_s));
      if ((curve[i].distance_s > 0 ? std::abs(change) - last : last - std::abs(change)) > 1e-6) decaying = false;
    }
  }
  return signs && decaying && strongest_up > 1e-3 && strongest_down < -1e-3;
}

json stdp_json(const std::vector<StdpPoint>& curve, const StdpOptions& o) {
  json distance = json::array(), change = json::array();
  for (const StdpPoint& point : curve) {
    distance.push_back(point.distance_s);
    change.push_back(point.after_s / point.before_s - 1);
  }
  return {{"distance_s", distance}, {"relative_change", change}, {"hebbian", hebbian(curve)},
          {"spike_v", o.spike_v},   {"tail_v", o.tail_v},        {"width_s", o.width_s},
          {"tail_s", o.tail_s},     {"start", o.start},          {"read_voltage_v", o.read_v}};
}

}  // namespace hopflow::pipeline
