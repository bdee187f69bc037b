// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/protocols.hpp"

#include <algorithm>
#include <cmath>

namespace hopflow::pipeline {

namespace {

constexpr double settled = 1e-13;  ///< a pulse that moves the state less counts as none

/// One dwell of a sweep and, if the state crossed the middle in it, the voltage of a smooth ramp at that moment.
struct Dwell {
  double x = 0;
  std::optional<double> crossing_v;
};

Dwell hold(const DeviceParameters& p, double x, double voltage_v, double ramp_step_v) {
  const Speed speed = device_speed(p, voltage_v, Compliance::on, Relaxation::on);
  Dwell dwell;
  dwell.x = advance(speed, x, p.sweep_dwell_s);
  if ((x < 0.5 && dwell.x >= 0.5) || (x > 0.5 && dwell.x <= 0.5)) {
    const double fraction = std::min(1.0, time_to(speed, x, 0.5).value_or(p.sweep_dwell_s) / p.sweep_dwell_s);
    dwell.crossing_v = voltage_v + ramp_step_v * (fraction - 0.5);
  }
  return dwell;
}

int steps(const DeviceParameters& p) { return std::max(1, static_cast<int>(std::lround(p.sweep_limit_v / p.sweep_step_v))); }

}  // namespace

Sweep sweep(const DeviceParameters& p, double x) {
  Sweep result;
  const int n = steps(p);
  std::vector<int> levels;
  for (int i = 0; i <= n; ++i) levels.push_back(i);
  for (int i = n - 1; i >= -n; --i) levels.push_back(i);
  for (int i = -n + 1; i <= 0; ++i) levels.push_back(i);
  int before = 0;
  for (const int level : levels) {
    const double voltage = level * p.sweep_step_v;
    const double old = x;
    const Dwell dwell = hold(p, x, voltage, (level - before) * p.sweep_step_v);
    x = dwell.x;
    if (dwell.crossing_v && x > old && !result.set_v) result.set_v = dwell.crossing_v;
    if (dwell.crossing_v && x < old && voltage < 0 && !result.reset_v) result.reset_v = dwell.crossing_v;
    result.voltage_v.push_back(voltage);
    result.current_a.push_back(operate(p, x, voltage, Compliance::on).current_a);
    result.state.push_back(x);
    if (level == 0 && before == 1) result.state_after_set = x;
    before = level;
  }
  return result;
}

std::optional<double> sweep_set_voltage(const DeviceParameters& p) {
  double x = 0;
  for (int i = 1; i <= steps(p); ++i) {
    const Dwell dwell = hold(p, x, i * p.sweep_step_v, p.sweep_step_v);
    if (dwell.crossing_v) return dwell.crossing_v;
    x = dwell.x;
  }
  return std::nullopt;
}

std::optional<double> sweep_reset_voltage(const DeviceParameters& p, double x) {
  for (int i = 1; i <= steps(p); ++i) {
    const Dwell dwell = hold(p, x, -i * p.sweep_step_v, -p.sweep_step_v);
    if (dwell.crossing_v) return dwell.crossing_v;
    x = dwell.x;
  }
  return std::nullopt;
}

double pulse(const DeviceParameters& p, double x, double voltage_v, double width_s) {
  return advance(device_speed(p, voltage_v, Compliance::off, Relaxation::on), x, width_s);
}

std::optional<double> switching_time(const DeviceParameters& p, double voltage_v, double from, double to) {
  return time_to(device_speed(p, voltage_v, Compliance::off, Relaxation::off), from, to);
}

double read_conductance(const DeviceParameters& p, double x, double read_v) {
  return operate(p, x, read_v, Compliance::off).current_a / read_v;
}

std::vector<double> pulse_train(const DeviceParameters& p, double x, double voltage_v, double width_s, int count, double read_v) {
  std::vector<double> conductance{read_conductance(p, x, read_v)};
  const Speed speed = device_speed(p, voltage_v, Compliance::off, Relaxation::on);
  double change = 1;
  for (int i = 0; i < count; ++i) {
    // Speed falls towards a state of rest: once a pulse does nothing visible, neither does the next.
    const double next = std::abs(change) < settled ? x : advance(speed, x, width_s);
    change = next - x;
    x = next;
    conductance.push_back(read_conductance(p, x, read_v));
  }
  return conductance;
}

std::optional<AnalogWindow> analog_window(const DeviceParameters& p, double x, double low_v, double high_v, double step_v,
                                          double width_s, int count, double read_v) {
  std::optional<AnalogWindow> window;
  const int n = static_cast<int>(std::floor((high_v - low_v) / step_v + 1e-9));
  for (int i = 0; i <= n; ++i) {
    const double voltage = low_v + i * step_v;
    const std::vector<double> train = pulse_train(p, x, voltage, width_s, count, read_v);
    const auto [least, most] = std::minmax_element(train.begin(), train.end());
    const double ratio = *most / *least;
    if (!(ratio > 1.1 && ratio <= 100)) continue;
    if (!window) window = AnalogWindow{voltage, voltage};
    window->low_v = std::min(window->low_v, voltage);
    window->high_v = std::max(window->high_v, voltage);
  }
  return window;
}

}  // namespace hopflow::pipeline
