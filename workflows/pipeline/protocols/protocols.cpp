// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/protocols/protocols.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow::pipeline {

namespace {

constexpr double at_rest = 1e-13;  ///< a pulse that moves the state less counts as none

/// One dwell of a sweep and, if the state passed the level in it, the voltage of a smooth ramp at that moment.
struct Dwell {
  double x = 0;
  std::optional<double> crossing_v;
};

Dwell hold(const DeviceParameters& p, double x, double voltage_v, double ramp_step_v, double level = 0.5) {
  const Speed speed = device_speed(p, voltage_v, Compliance::on, Relaxation::on);
  Dwell dwell;
  dwell.x = advance(speed, x, p.sweep_dwell_s);
  if ((x < level && dwell.x >= level) || (x > level && dwell.x <= level)) {
    const double fraction = std::min(1.0, time_to(speed, x, level).value_or(p.sweep_dwell_s) / p.sweep_dwell_s);
    dwell.crossing_v = voltage_v + ramp_step_v * (fraction - 0.5);
  }
  return dwell;
}

/// Rises from 0 to 1 over p in [0, 1].
double bent(double c, double p) { return std::abs(c) < 1e-6 ? p : std::expm1(-c * p) / std::expm1(-c); }

constexpr double strongest_bend = 1 / 0.02281;  ///< of label 9, the last one NeuroSim knows

/// A device that is slower by its power: its time is the other's energy.
template <class Power>
struct SlowedBy {
  Speed speed;
  Power power;
  double operator()(double x) const { return speed(x) / power(x); }
  bool smooth(double a, double b) const { return speed.smooth(a, b); }
};

int steps(const DeviceParameters& p) {
  return std::max(1, static_cast<int>(std::lround(p.sweep_limit_v / p.sweep_step_v)));
}

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

std::optional<double> sweep_set_voltage(const DeviceParameters& p, double level) {
  double x = 0;
  for (int i = 1; i <= steps(p); ++i) {
    const Dwell dwell = hold(p, x, i * p.sweep_step_v, p.sweep_step_v, level);
    if (dwell.crossing_v) return dwell.crossing_v;
    x = dwell.x;
  }
  return std::nullopt;
}

std::optional<double> sweep_reset_voltage(const DeviceParameters& p, double x, double level) {
  for (int i = 1; i <= steps(p); ++i) {
    const Dwell dwell = hold(p, x, -i * p.sweep_step_v, -p.sweep_step_v, level);
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

std::vector<double> pulse_train(const DeviceParameters& p, double x, double voltage_v, double width_s, int count,
                                double read_v) {
  std::vector<double> conductance{read_conductance(p, x, read_v)};
  const Speed speed = device_speed(p, voltage_v, Compliance::off, Relaxation::on);
  double change = 1;
  for (int i = 0; i < count; ++i) {
    // Speed falls towards a state of rest: once a pulse does nothing visible, neither does the next.
    const double next = std::abs(change) < at_rest ? x : advance(speed, x, width_s);
    change = next - x;
    x = next;
    conductance.push_back(read_conductance(p, x, read_v));
  }
  return conductance;
}

LabelFit label_fit(std::span<const double> g) {
  if (g.size() < 3 || g.front() == g.back()) return {};
  const auto n = static_cast<double>(g.size() - 1);
  const auto miss = [&](double c) {
    double sum = 0;
    for (std::size_t i = 0; i < g.size(); ++i) {
      const double d = (g[i] - g.front()) / (g.back() - g.front()) - bent(c, static_cast<double>(i) / n);
      sum += d * d;
    }
    return sum;
  };
  double best = 0;
  for (double c = -strongest_bend; c <= strongest_bend; c += 0.25) best = miss(c) < miss(best) ? c : best;
  for (double step = 0.25; step > 1e-6; step /= 2) {
    while (miss(best + step) < miss(best) && best + step <= strongest_bend) best += step;
    while (miss(best - step) < miss(best) && best - step >= -strongest_bend) best -= step;
  }
  LabelFit fit;
  fit.rms = std::sqrt(miss(best) / static_cast<double>(g.size()));
  for (std::size_t i = 0; i < g.size(); ++i)
    fit.largest = std::max(
        fit.largest, std::abs((g[i] - g.front()) / (g.back() - g.front()) - bent(best, static_cast<double>(i) / n)));
  if (std::abs(best) < 1e-6) return fit;
  const double c = std::abs(best), at = std::log(c / -std::expm1(-c)) / c;  // where the slope is one
  fit.label = std::copysign(10.1 * (bent(c, at) - at), best);
  return fit;
}

double nonlinearity_label(std::span<const double> g) { return label_fit(g).label; }

PulseEnergy pulse_energy(const DeviceParameters& p, double x, double voltage_v, double width_s) {
  const Speed speed = device_speed(p, voltage_v, Compliance::off, Relaxation::on);
  const auto power = [&](double state) { return voltage_v * operate(p, state, voltage_v, Compliance::off).current_a; };
  PulseEnergy energy;
  energy.after = advance(speed, x, width_s);
  energy.final_current_j = power(energy.after) * width_s;
  if (voltage_v == 0) return energy;
  // A state of rest is never reached: stop just before it.
  const double stop = energy.after + 1e-9 * (x - energy.after);
  const auto moving = time_to(speed, x, stop);
  if (energy.after == x || !moving || *moving > width_s) {
    energy.integral_j = power(x) * width_s;
    return energy;
  }
  energy.integral_j = time_to(SlowedBy{speed, power}, x, stop).value_or(0) + power(energy.after) * (width_s - *moving);
  return energy;
}

void require(std::string_view option, double value, double low, double high) {
  if (value >= low && value <= high) return;
  throw Error{Error::Kind::bad_input, fmt::format("{} is {}; give a number from {} to {}", option,
                                                  text::shortest(value), text::shortest(low), text::shortest(high))};
}

}  // namespace hopflow::pipeline
