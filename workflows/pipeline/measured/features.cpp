// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/measured/features.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/core.h>
#include <boost/math/distributions/students_t.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/core/statistics.hpp"
#include "workflows/pipeline/models/memristor.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

namespace {

constexpr double read_fraction = 0.1;  ///< of the sweep's limit, where off and on currents are read

/// One way from a turning point to the next.
struct Branch {
  std::vector<double> voltage_v, current_a;
};

/// One bipolar cycle of one device; absent branches are empty.
struct Cycle {
  int device = 0;
  Branch up, back, down, home;  ///< 0 to +limit, back to 0, 0 to -limit, back to 0
};

/// Branches of a voltage sequence: cut at turning points and at zero.
std::vector<Branch> branches_of(const std::vector<double>& v, const std::vector<double>& i, std::size_t begin,
                                std::size_t end) {
  std::vector<Branch> out(1);
  int direction = 0;
  for (std::size_t k = begin; k < end; ++k) {
    if (k > begin && v[k] != v[k - 1]) {
      const int now = v[k] > v[k - 1] ? 1 : -1;
      const bool through_zero = v[k] * v[k - 1] < 0 || (v[k - 1] == 0 && k - 1 > begin);
      if ((direction != 0 && now != direction) || through_zero) out.emplace_back();
      direction = now;
    }
    out.back().voltage_v.push_back(v[k]);
    out.back().current_a.push_back(i[k]);
  }
  std::erase_if(out, [](const Branch& each) { return each.voltage_v.size() < 3; });
  return out;
}

std::vector<Cycle> cycles_of(const MeasuredTable& table) {
  const auto &v = table.at("voltage_v"), &i = table.at("current_a");
  const auto *device = table.find("device"), *cycle = table.find("cycle");
  std::vector<Cycle> cycles;
  std::size_t begin = 0;
  const auto same = [&](std::size_t a, std::size_t b) {
    return (device == nullptr || (*device)[a] == (*device)[b]) && (cycle == nullptr || (*cycle)[a] == (*cycle)[b]);
  };
  for (std::size_t k = 1; k <= v.size(); ++k) {
    if (k < v.size() && same(k, k - 1)) continue;
    const int which = device == nullptr ? 0 : static_cast<int>(std::lround((*device)[begin]));
    for (Branch& branch : branches_of(v, i, begin, k)) {
      const double first = branch.voltage_v.front(), last = branch.voltage_v.back();
      const bool positive = first + last > 0, away = std::abs(last) > std::abs(first);
      const auto place = [&](Cycle& c) -> Branch& {
        return positive ? (away ? c.up : c.back) : (away ? c.down : c.home);
      };
      if (cycles.empty() || cycles.back().device != which || !place(cycles.back()).voltage_v.empty() ||
          (positive && away && !cycles.back().down.voltage_v.empty()))
        cycles.push_back({.device = which, .up = {}, .back = {}, .down = {}, .home = {}});
      place(cycles.back()) = std::move(branch);
    }
    begin = k;
  }
  return cycles;
}

/// |I| at a voltage, linear between points; nullopt outside the branch.
std::optional<double> current_at(const Branch& branch, double voltage_v) {
  for (std::size_t k = 1; k < branch.voltage_v.size(); ++k) {
    const double a = branch.voltage_v[k - 1], b = branch.voltage_v[k];
    if ((a - voltage_v) * (b - voltage_v) > 0 || a == b) continue;
    return std::abs(branch.current_a[k - 1] +
                    (voltage_v - a) / (b - a) * (branch.current_a[k] - branch.current_a[k - 1]));
  }
  return std::nullopt;
}

struct Crossing {
  double voltage_v = 0;
  double log_jump = 0;  ///< of the conductance over the step it happened in
};

/// Where |I/V| passes `level` first, rising or falling. A point is read at the end of its step: on a ramp the voltage
/// would be half a step further by then, which is what a model's crossing inside a step counts as.
std::optional<Crossing> crossing(const Branch& branch, double level, bool rising) {
  for (std::size_t k = 1; k < branch.voltage_v.size(); ++k) {
    const auto chord = [&](std::size_t at) {
      return branch.voltage_v[at] == 0 ? 0.0 : std::abs(branch.current_a[at] / branch.voltage_v[at]);
    };
    const double a = chord(k - 1), b = chord(k);
    if (!(a > 0 && b > 0)) continue;
    if (rising ? (a < level && b >= level) : (a > level && b <= level)) {
      const double t = std::log(level / a) / std::log(b / a);
      return Crossing{branch.voltage_v[k - 1] + (t + 0.5) * (branch.voltage_v[k] - branch.voltage_v[k - 1]),
                      std::abs(std::log(b / a))};
    }
  }
  return std::nullopt;
}

/// Width of a 90 % interval with so many degrees of freedom over that of a normal distribution.
double small_sample(double freedom) {
  return boost::math::quantile(boost::math::students_t{freedom}, 0.95) / 1.6448536269514722;
}

/// A number seen in several cycles of several devices.
struct Samples {
  std::map<int, std::vector<double>> by_device;

  void add(int device, std::optional<double> value) {
    if (value && std::isfinite(*value)) by_device[device].push_back(*value);
  }
  std::vector<double> all() const {
    std::vector<double> out;
    for (const auto& [device, values] : by_device) out.insert(out.end(), values.begin(), values.end());
    return out;
  }
  /// Within devices, pooled; 0 with one cycle each.
  double within() const {
    double sum = 0;
    std::size_t freedom = 0;
    for (const auto& [device, values] : by_device) {
      const double mean = mean_of(values);
      for (const double value : values) sum += (value - mean) * (value - mean);
      freedom += values.size() - 1;
    }
    return freedom > 0 ? std::sqrt(sum / static_cast<double>(freedom)) : 0;
  }
  /// Between devices, what cycles cause taken off; 0 with one device.
  double between() const {
    if (by_device.size() < 2) return 0;
    std::vector<double> means;
    double cycles = 0;
    for (const auto& [device, values] : by_device) {
      means.push_back(mean_of(values));
      cycles += 1 / static_cast<double>(values.size());
    }
    const double w = within();
    const double variance = sd_of(means) * sd_of(means) - w * w * cycles / static_cast<double>(means.size());
    return std::sqrt(std::max(0.0, variance));
  }
  /// Standard error of the mean, nullopt of a single value. Cycles of one device are no independent devices, so where
  /// there are several devices their means are the sample. Widened by Student's t of a sample so small, so that 1.645
  /// of it on both sides hold the mean in 90 % of cases.
  std::optional<double> error() const {
    std::vector<double> sample;
    if (by_device.size() > 1)
      for (const auto& [device, values] : by_device) sample.push_back(mean_of(values));
    else
      sample = all();
    if (sample.size() < 2) return std::nullopt;
    const auto n = static_cast<double>(sample.size());
    return sd_of(sample) / std::sqrt(n) * small_sample(n - 1);
  }
  double mean() const {
    std::vector<double> means;
    for (const auto& [device, values] : by_device) means.push_back(mean_of(values));
    return mean_of(means);
  }
  json summary() const {
    const auto values = all();
    if (values.empty()) return nullptr;
    return {{"mean", mean()}, {"sd_cycles", within()}, {"sd_devices", between()}, {"count", values.size()}};
  }
};

/// The source's limit: the mean of the largest currents, where they hardly rise with the voltage. An ohmic film's rise
/// in proportion.
std::optional<double> plateau(const Branch& branch) {
  double largest = 0;
  for (const double current : branch.current_a) largest = std::max(largest, std::abs(current));
  std::vector<double> x, y;
  for (std::size_t k = 0; k < branch.current_a.size(); ++k) {
    if (std::abs(branch.current_a[k]) < 0.9 * largest || branch.voltage_v[k] == 0) continue;
    x.push_back(std::log(std::abs(branch.voltage_v[k])));
    y.push_back(std::log(std::abs(branch.current_a[k])));
  }
  if (x.size() < 3 || std::ranges::max(x) - std::ranges::min(x) < std::log(1.05)) return std::nullopt;
  const double x0 = mean_of(x), y0 = mean_of(y);
  double xx = 0, xy = 0, yy = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    xx += (x[k] - x0) * (x[k] - x0);
    xy += (x[k] - x0) * (y[k] - y0);
    yy += (y[k] - y0) * (y[k] - y0);
  }
  const double slope = xy / xx;
  const double error = std::sqrt(std::max(0.0, yy - slope * xy) / static_cast<double>(x.size() - 2) / xx);
  if (slope + 2 * error > 0.5) return std::nullopt;
  double sum = 0;
  for (const double each : y) sum += std::exp(each);
  return sum / static_cast<double>(y.size());
}

json row(const char* id, const char* kind, const std::string& film, double value, json tol, json protocol) {
  return {{"id", id},
          {"kind", kind},
          {"film", film},
          {"role", "calibrate"},
          {"value", value},
          {"tol", std::move(tol)},
          {"protocol", std::move(protocol)},
          {"quantity", "measured"}};
}

constexpr double assumed_error = 0.02;  ///< relative, of a current seen once

/// A relative error as a factor, at least a thousandth.
json factor_of_log(double sd) { return {{"factor", std::exp(std::max(sd, 1e-3))}}; }

struct SweepSamples {
  Samples set_v, reset_v, log_off, log_on, log_level, compliance;
  Samples set_jump, reset_jump;  ///< share of the window that one step passes
};

void read_cycle(const Cycle& c, double read_v, SweepSamples& s) {
  const auto off = current_at(c.up, read_v), on = current_at(c.back, read_v);
  if (off && *off > 0) s.log_off.add(c.device, std::log(*off));
  if (on && *on > 0) s.log_on.add(c.device, std::log(*on));
  if (!off || !on || !(*on > 3 * *off)) return;  // no switch between the two: nothing sets
  const double level = std::sqrt(*off * *on) / read_v;
  s.log_level.add(c.device, std::log(level));
  const double window = std::log(*on / *off);
  const auto add = [&](Samples& voltage, Samples& jump, const std::optional<Crossing>& at) {
    if (!at) return;
    voltage.add(c.device, at->voltage_v);
    jump.add(c.device, std::min(1.0, at->log_jump / window));
  };
  add(s.set_v, s.set_jump, crossing(c.up, level, true));
  add(s.reset_v, s.reset_jump, crossing(c.down, level, false));
  s.compliance.add(c.device, plateau(c.up));
}

}  // namespace

Features sweep_features(const MeasuredTable& table, const std::string& film) {
  Features out;
  const std::vector<Cycle> cycles = cycles_of(table);
  const auto& v = table.at("voltage_v");
  double limit = 0;
  std::vector<double> steps;
  for (std::size_t k = 0; k < v.size(); ++k) {
    limit = std::max(limit, std::abs(v[k]));
    if (k > 0 && v[k] != v[k - 1]) steps.push_back(std::abs(v[k] - v[k - 1]));
  }
  // The median: voltages read back scatter, and a new cycle may jump.
  std::ranges::sort(steps);
  const double step = steps.empty() ? 0 : steps[steps.size() / 2];
  if (!(limit > 0) || !(step > 0))
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: the voltage does not change; a sweep is expected", table.file)};
  const double read_v = read_fraction * limit;
  SweepSamples s;
  for (const Cycle& cycle : cycles) read_cycle(cycle, read_v, s);
  const auto add = [&](const char* id, const char* kind, const Samples& samples, const Samples* jump) {
    const auto values = samples.all();
    out.summary[id] = samples.summary();
    if (values.empty()) {
      out.notes.push_back(fmt::format("{}: the data do not determine {}", table.file, kind));
      return;
    }
    const double mean = samples.mean();
    const auto error = samples.error();
    if (jump == nullptr)
      out.rows.push_back(
          row(id, kind, film, std::exp(mean), factor_of_log(error.value_or(assumed_error)), {{"read_v", read_v}}));
    else  // a jump is seen to a step, and the model's own sweep, of the same steps, says no more: each even over a step
      out.rows.push_back(row(id, kind, film, mean,
                             {{"within", std::hypot(error.value_or(0), step * jump->mean() / std::sqrt(6.0))}},
                             {{"level_s", std::exp(s.log_level.mean())}}));
  };
  if (cycles.size() == 1)
    out.notes.push_back(
        fmt::format("{}: one cycle says nothing of its scatter: 2 % of a current and one step of a voltage are "
                    "assumed, spreads are unknown",
                    table.file));
  add("sweep.off", "off_current", s.log_off, nullptr);
  add("sweep.on", "on_current", s.log_on, nullptr);
  add("sweep.set", "set_voltage", s.set_v, &s.set_jump);
  add("sweep.reset", "reset_voltage", s.reset_v, &s.reset_jump);
  json protocol{{"cycle_V", {0, limit, 0, -limit, 0}}, {"step_mV", 1000 * step}};
  if (const auto held = s.compliance.all(); !held.empty()) {
    protocol["compliance_A"] = mean_of(held);
    out.notes.push_back(fmt::format("{}: the current stays at {:.3g} A over several voltages: taken as the compliance",
                                    table.file, mean_of(held)));
  } else {
    protocol["compliance_A"] = 1e3;
    out.notes.push_back(fmt::format("{}: no plateau of the current, so no compliance is taken", table.file));
  }
  if (const auto* time = table.find("time_s"); time != nullptr && time->size() > 1 && time->back() > time->front())
    protocol["dwell_s"] = (time->back() - time->front()) / static_cast<double>(time->size() - 1);
  else
    out.notes.push_back(fmt::format("{}: no time column: the dwell at each voltage is assumed (--dwell)", table.file));
  out.rows.push_back(
      {{"id", "sweep.protocol"}, {"kind", "sweep_protocol"}, {"film", film}, {"role", "context"}, {"value", protocol}});
  const double decades = 1 / std::log(10.0);
  out.variability = {{"device",
                      {{"on_decades", s.log_on.between() * decades},
                       {"off_decades", s.log_off.between() * decades},
                       {"set_v", s.set_v.between()},
                       {"reset_v", s.reset_v.between()},
                       {"barrier_ev", 0.0}}},
                     {"cycle_set_v", std::max(s.set_v.within(), s.reset_v.within())}};
  out.notes.push_back(fmt::format("{}: {} cycles of {} devices", table.file, cycles.size(),
                                  std::max<std::size_t>(1, s.log_off.by_device.size())));
  return out;
}

namespace {

struct Decay {
  double tau_s = 0, relative_error = 0;
};

/// x = x0 exp(-t / tau) with both from least squares in ln G of the device's own law: Gauss-Newton in x0 and ln tau.
/// nullopt if the scatter leaves tau without an upper end.
std::optional<Decay> fit_decay(const std::vector<std::pair<double, double>>& points, const DeviceParameters& device) {
  if (points.size() < 3) return std::nullopt;
  const double read_v = 1e-3, begin = points.front().first;
  const auto log_g = [&](double x) { return std::log(read_conductance(device, std::max(x, 0.0), read_v)); };
  const auto x_of = [&](double siemens) {
    const double film = siemens * device.series_resistance_ohm < 1
                            ? siemens / (1 - siemens * device.series_resistance_ohm)
                            : device.on_conductance_s;
    return state_of_conductance(device, film);
  };
  // The first guess: a straight line through ln x.
  double x0 = std::max(x_of(points.front().second), 0.05), tt = 0, ty = 0;
  for (const auto& [seconds, siemens] : points) {
    const double x = x_of(siemens), t = seconds - begin;
    if (x < 0.05) continue;
    tt += t * t;
    ty += t * std::log(x / x0);
  }
  if (!(ty < 0)) return std::nullopt;
  double log_tau = std::log(-tt / ty), variance = 0, sd = INFINITY;
  for (int round = 0; round < 50; ++round) {
    // Normal equations of the two unknowns.
    double aa = 0, ab = 0, bb = 0, ar = 0, br = 0, rr = 0;
    for (const auto& [seconds, siemens] : points) {
      const double decay = std::exp(-(seconds - begin) * std::exp(-log_tau)), x = x0 * decay, h = 1e-6;
      const double rate = (log_g(x + (x < 0.5 ? h : 0)) - log_g(x - (x < 0.5 ? 0 : h))) / h;
      const double a = rate * decay, b = -rate * x * std::log(decay), r = std::log(siemens) - log_g(x);
      aa += a * a, ab += a * b, bb += b * b, ar += a * r, br += b * r, rr += r * r;
    }
    const double determinant = aa * bb - ab * ab;
    if (!(determinant > 1e-12 * aa * bb)) return std::nullopt;
    const double freedom = static_cast<double>(points.size()) - 2;
    variance = rr / freedom;
    sd = std::sqrt(variance * aa / determinant) * small_sample(freedom);
    const double move_a = (bb * ar - ab * br) / determinant, move_b = (aa * br - ab * ar) / determinant;
    x0 = std::clamp(x0 + move_a, 0.02, 1.5);  // a device may conduct better than the mean of its kind
    log_tau += std::clamp(move_b, -0.5, 0.5);
    if (std::abs(move_b) < 1e-10) break;
  }
  if (!std::isfinite(log_tau) || !(sd < 1)) return std::nullopt;
  return Decay{std::exp(log_tau), sd};
}

}  // namespace

Features retention_features(const MeasuredTable& table, const std::string& film, const DeviceParameters& device,
                            double off_sd_ln) {
  Features out;
  const auto& time = table.at("time_s");
  const auto* temperature = table.find("temperature_k");
  const auto* conductance = table.find("conductance_s");
  const double room = device.temperature_k;
  if (temperature == nullptr)
    out.notes.push_back(fmt::format("{}: no temperature column, {:g} K is assumed", table.file, room));
  const auto* which = table.find("device");
  std::map<std::pair<double, double>, std::vector<std::pair<double, double>>> curves;
  std::vector<std::pair<double, double>> times;
  for (std::size_t k = 0; k < time.size(); ++k) {
    const double kelvin = temperature == nullptr ? room : (*temperature)[k];
    if (conductance != nullptr)
      curves[{kelvin, which == nullptr ? 0 : (*which)[k]}].emplace_back(time[k], (*conductance)[k]);
    else
      times.emplace_back(kelvin, time[k]);
  }
  int number = 0;
  const auto add = [&](double kelvin, double tau_s, double error) {
    out.rows.push_back(row(fmt::format("retention.{}", ++number).c_str(), "retention", film, tau_s,
                           factor_of_log(error), {{"temperature_k", kelvin}}));
  };
  for (const auto& [kelvin, seconds] : times) add(kelvin, seconds, std::log(1.5));
  for (const auto& [key, points] : curves) {
    const double kelvin = key.first;
    if (const auto decay = fit_decay(points, device)) {
      // Towards which level it falls is known no better than that.
      DeviceParameters other = device;
      other.off_conductance_s *= std::exp(off_sd_ln);
      const auto moved = fit_decay(points, other);
      const double level_error = moved ? std::abs(std::log(moved->tau_s / decay->tau_s)) : 0;
      add(kelvin, decay->tau_s, std::hypot(decay->relative_error, level_error));
    } else
      out.notes.push_back(
          fmt::format("{}: at {:g} K the conductance does not fall beyond its scatter: no retention time, only that it "
                      "is above {:g} s",
                      table.file, kelvin, points.back().first));
  }
  return out;
}

namespace {

/// Changes by one pulse at the states they began from, as fractions of the range.
struct Steps {
  std::vector<std::pair<double, double>> up, down;  ///< state, change (down positive)
  std::vector<double> up_noise, down_noise;         ///< of a single step about the smooth train
};

/// Moving average, its window narrower towards the ends: reading noise would otherwise pass for steps, up where the
/// state was read too low and down where it was read too high.
std::vector<double> smoothed(const std::vector<double>& g) {
  const auto n = static_cast<std::ptrdiff_t>(g.size());
  const std::ptrdiff_t widest = std::min<std::ptrdiff_t>(25, n / 40);
  std::vector<double> out;
  for (std::ptrdiff_t k = 0; k < n; ++k) {
    const std::ptrdiff_t half = std::min({widest, k, n - 1 - k});
    double sum = 0;
    for (std::ptrdiff_t j = k - half; j <= k + half; ++j) sum += g[static_cast<std::size_t>(j)];
    out.push_back(sum / static_cast<double>(2 * half + 1));
  }
  return out;
}

void add_train(const std::vector<double>& g, double low, double high, Steps& steps) {
  const bool rising = g.back() > g.front();
  const std::vector<double> mean = smoothed(g);
  for (std::size_t k = 1; k < g.size(); ++k) {
    const double w = (mean[k - 1] - low) / (high - low), change = (mean[k] - mean[k - 1]) / (high - low);
    const double seen = (g[k] - g[k - 1]) / (high - low);
    (rising ? steps.up : steps.down).emplace_back(w, rising ? change : -change);
    (rising ? steps.up_noise : steps.down_noise).push_back(seen - change);
  }
}

/// Mean change near a node, weighted by a window one node wide, never out of the range.
std::vector<double> means_at(const std::vector<std::pair<double, double>>& points, int nodes, bool up) {
  std::vector<double> out;
  const double width = 1.5 / (nodes - 1);
  for (int k = 0; k < nodes; ++k) {
    const double w = static_cast<double>(k) / (nodes - 1);
    double sum = 0, weight = 0;
    for (const auto& [at, change] : points) {
      const double share = std::exp(-0.5 * (at - w) * (at - w) / (width * width));
      sum += share * change;
      weight += share;
    }
    out.push_back(std::clamp(weight > 1e-12 ? sum / weight : 0.0, 0.0, up ? 1 - w : w));
  }
  return out;
}

}  // namespace

json pulse_synapse(const MeasuredTable& table, std::vector<std::string>& notes) {
  constexpr int nodes = 33;
  std::vector<std::vector<double>> trains;
  if (const auto* up = table.find("up")) {
    trains = {*up, table.at("down")};
  } else {
    const auto& g = table.at("conductance_s");
    const auto* voltage = table.find("voltage_v");
    if (voltage == nullptr)
      throw Error{
          Error::Kind::bad_input,
          fmt::format("{}: no voltage column: its sign says which pulses potentiate; add voltage_V", table.file)};
    trains.emplace_back();
    for (std::size_t k = 0; k < g.size(); ++k) {
      if (k > 0 && (*voltage)[k] * (*voltage)[k - 1] < 0) trains.push_back({g[k - 1]});
      trains.back().push_back(g[k]);
    }
  }
  double low = INFINITY, high = -INFINITY;
  for (const auto& train : trains)
    for (const double g : train) {
      low = std::min(low, g);
      high = std::max(high, g);
    }
  if (!(high > low)) throw Error{Error::Kind::bad_input, fmt::format("{}: no pulse changes anything", table.file)};
  Steps steps;
  for (const auto& train : trains)
    if (train.size() > 1) add_train(train, low, high, steps);
  if (steps.up.empty() || steps.down.empty())
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: pulses of one direction only; a synapse needs both", table.file)};
  const double up_noise = sd_of(steps.up_noise), down_noise = sd_of(steps.down_noise);
  json out{{"up", means_at(steps.up, nodes, true)}, {"down", means_at(steps.down, nodes, false)}};
  json places = json::array();
  for (int k = 0; k < nodes; ++k) places.push_back(static_cast<double>(k) / (nodes - 1));
  out["nodes"] = places;
  const bool siemens = table.find("up") == nullptr;
  if (siemens && low > 0) {
    out["g_min_s"] = low;
    out["g_max_s"] = high;
  } else {
    notes.push_back(fmt::format(
        "{}: its numbers are no conductances in S: steps as fractions of their range, no energies", table.file));
  }
  std::vector<double> changes;
  for (const auto& each : steps.up) changes.push_back(each.second);
  for (const auto& each : steps.down) changes.push_back(each.second);
  const double mean = mean_of(changes);
  out["noise"] = {{"up_sd", up_noise},
                  {"down_sd", down_noise},
                  {"relative", mean > 0 ? json(0.5 * (up_noise + down_noise) / mean) : json(nullptr)}};
  if (const auto* voltage = table.find("voltage_v"), *width = table.find("width_s");
      voltage != nullptr && width != nullptr) {
    const auto [lowest, highest] = std::ranges::minmax(*voltage);
    out["pulse"] = {{"up_v", highest}, {"down_v", lowest}, {"width_s", width->front()}};
  }
  out["points"] = changes.size();
  out["note"] = fmt::format(
      "{} measured pulses; a step scatters by {:.3g} (up) and {:.3g} (down) of the range about its mean, which read "
      "noise "
      "and cycles cause together",
      changes.size(), up_noise, down_noise);
  return out;
}

json sweep_residuals(const MeasuredTable& table, const DeviceParameters& p) {
  const auto &v = table.at("voltage_v"), &i = table.at("current_a");
  double x = 0, sum = 0;
  int count = 0;
  json model = json::array(), ratio = json::array();
  for (std::size_t k = 0; k < v.size(); ++k) {
    x = advance(device_speed(p, v[k], Compliance::on, Relaxation::on), x, p.sweep_dwell_s);
    const double current = operate(p, x, v[k], Compliance::on).current_a;
    model.push_back(current);
    const bool comparable = current * i[k] > 0;
    const double off = comparable ? std::log10(current / i[k]) : 0;
    ratio.push_back(comparable ? json(off) : json(nullptr));
    if (comparable) sum += off * off, ++count;
  }
  return {{"voltage_v", v},
          {"current_a", i},
          {"model_current_a", model},
          {"log10_ratio", ratio},
          {"rms_decades", count > 0 ? json(std::sqrt(sum / count)) : json(nullptr)}};
}

}  // namespace hopflow::pipeline
