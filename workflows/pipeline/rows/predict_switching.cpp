// SPDX-License-Identifier: GPL-2.0-or-later
// Rows on when a device sets, resets and forgets.
#include <array>
#include <cmath>
#include <limits>

#include <fmt/core.h>

#include "workflows/pipeline/models/registry.hpp"
#include "workflows/pipeline/reference/row.hpp"
#include "workflows/pipeline/reference/row_device.hpp"
#include "workflows/pipeline/rows/prediction.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

namespace {

/// Not-a-number marks a drawn device that never switches.
double or_nan(std::optional<double> value) { return value.value_or(std::numeric_limits<double>::quiet_NaN()); }

/// A number of the kinetics: fitted, unless the model has nothing to fit.
Prediction kinetic(const Question& q, double model, std::string reason) {
  if (!model_named(q.p.model).fitted.empty())
    return {.model = model, .verdict = {}, .kind = "arithmetic", .reason = std::move(reason)};
  return {.model = model,
          .verdict = {},
          .kind = "independent",
          .reason = "nothing fitted: hops across the whole film, from this barrier alone"};
}

constexpr const char* other_device = "the fitted device, compared with another one";
constexpr const char* by_threshold = "fitted: the threshold sets it, the barrier hardly moves it";

Prediction set_voltage(const Question& q) {
  const double level = switching_state(q.p, q.row);
  const auto set_v = level == 0.5 ? q.sweep().set_v : sweep_set_voltage(q.p, level);
  Prediction out = kinetic(q, or_nan(set_v), q.calibrates() ? by_threshold : other_device);
  if (!q.calibrates()) return out;
  out.redraw = [level](const DeviceParameters& p) { return or_nan(sweep_set_voltage(p, level)); };
  out.sweeps = true;
  return out;
}

Prediction reset_voltage(const Question& q) {
  const double level = switching_state(q.p, q.row), x = q.sweep().state_after_set;
  const auto reset_v = level == 0.5 ? q.sweep().reset_v : sweep_reset_voltage(q.p, x, level);
  Prediction out = kinetic(q, or_nan(reset_v), q.calibrates() ? by_threshold : other_device);
  if (!q.calibrates()) return out;
  out.redraw = [x, level](const DeviceParameters& p) { return or_nan(sweep_reset_voltage(p, x, level)); };
  out.sweeps = true;
  return out;
}

Prediction retention(const Question& q) {
  const double temperature_k = q.number("temperature_k", 300);
  const bool absorbed =
      !model_named(q.p.model).fitted.empty() && !rows_of(q.bench.rows, "retention", "calibrate").empty();
  const bool bound = q.stated_as(Tolerance::Rule::at_least) || q.stated_as(Tolerance::Rule::at_most);
  std::string reason = "nothing fitted: a random walk across the film, from this barrier alone";
  if (absorbed)
    reason = q.calibrates() ? "fitted by the stabilisation energy, which absorbs the barrier"
             : bound        ? "end of a measurement; tests the prefactor, not the barrier"
                            : "tests the prefactor, not the barrier: the stabilisation energy absorbs it";
  return {.model = retention_time(q.p, temperature_k),
          .verdict = {},
          .kind = bound                        ? "bound"
                  : absorbed && q.calibrates() ? "arithmetic"
                                               : "independent",
          .reason = std::move(reason),
          .redraw = [temperature_k](const DeviceParameters& p) { return retention_time(p, temperature_k); }};
}

Prediction switching_time_row(const Question& q) {
  const auto pulse_v = condition(q.row, "pulse_v");
  if (!pulse_v || *pulse_v == 0)
    return not_computed("no pulse voltage is stated (protocol.pulse_v, or V next to the time)");
  const bool sets = *pulse_v > 0;
  const double from = q.number("from", sets ? 0 : 1), to = q.number("to", sets ? 0.95 : 0.05);
  const auto time = [v = *pulse_v, from, to, limited = q.compliance()](const DeviceParameters& p) {
    return or_nan(time_to(device_speed(p, v, limited, Relaxation::off), from, to));
  };
  const double seconds = time(q.p);
  Prediction out = kinetic(q, seconds, "fitted: threshold and sharing length absorb the barrier");
  if (q.stated_as(Tolerance::Rule::at_most) && !q.calibrates()) {
    out.kind = "bound";
    out.reason = "an upper bound in the reference; says nothing about the barrier";
  } else if (!q.calibrates()) {
    out.kind = "independent";
    out.reason = "follows from the fitted threshold and sharing length, which absorb the barrier";
  }
  if (!std::isfinite(seconds)) out.model = "never";
  out.redraw = time;
  return out;
}

Prediction transition(const Question& q) {
  const Sweep& sweep = q.sweep();
  const auto steps = static_cast<std::size_t>(std::max(1.0, q.number("steps", 3)));
  double decades = 0;
  for (std::size_t i = steps; i < sweep.current_a.size(); ++i) {
    if (sweep.voltage_v[i] <= sweep.voltage_v[i - 1]) break;  // end of the rising branch
    if (sweep.current_a[i - steps] > 0)
      decades = std::max(decades, std::log10(sweep.current_a[i] / sweep.current_a[i - steps]));
  }
  static constexpr auto words = std::to_array<Phrase>(
      {{"abrupt", "abrupt"}, {"abrupt", "digital"}, {"gradual", "gradual"}, {"gradual", "analog"}});
  return {.model = fmt::format("{:.2f} decades within {} steps", decades, steps),
          .verdict = judge_words(word_in(q.row.at("value"), words),
                                 decades > q.number("decades", 2) ? "abrupt" : "gradual", "abrupt, gradual"),
          .kind = "independent",
          .reason = "threshold and dwell decide it, the barrier hardly"};
}

/// The sign at which a row says the device sets or resets; nullopt if it doesn't.
std::optional<std::string> stated_sign(const json& value, const char* which) {
  if (value.is_object()) {
    const json sign = value.value(which, json{});
    if (sign.is_number()) return sign.get<double>() > 0 ? "+" : "-";
    if (sign == "+" || sign == "positive") return "+";
    if (sign == "-" || sign == "negative") return "-";
    return std::nullopt;
  }
  const std::string verb = which;
  const std::array<std::string, 4> said{verb + " at +", verb + " at -", verb + " at positive", verb + " at negative"};
  const std::array<Phrase, 4> words{{{"+", said[0]}, {"-", said[1]}, {"+", said[2]}, {"-", said[3]}}};
  return word_in(value, words);
}

Prediction polarity(const Question& q) {
  const std::string set = q.sweep().set_v ? (*q.sweep().set_v > 0 ? "+" : "-") : "no bias",
                    reset = q.sweep().reset_v ? (*q.sweep().reset_v < 0 ? "-" : "+") : "no bias";
  const bool cycles = q.sweep().set_v && q.sweep().reset_v;
  const auto said_set = stated_sign(q.row.at("value"), "set"), said_reset = stated_sign(q.row.at("value"), "reset");
  Prediction out{.model = cycles ? fmt::format("set at {}, reset at {}", set, reset) : "no bipolar cycle",
                 .verdict = {},
                 .kind = "sign",
                 .reason = "by construction"};
  if (!said_set && !said_reset)
    out.verdict = Verdict{Outcome::not_computed, "its value says neither 'set at +' nor 'set at -'", std::nullopt};
  else if (said_set.value_or(set) == set && said_reset.value_or(reset) == reset)
    out.verdict = Verdict{Outcome::hit, "", std::nullopt};
  else
    out.verdict = Verdict{Outcome::miss,
                          fmt::format("the row says set at {}, reset at {}", said_set.value_or("any bias"),
                                      said_reset.value_or("any bias")),
                          std::nullopt};
  return out;
}

Prediction forming(const Question& q) {
  static constexpr auto words = std::to_array<Phrase>({{"none needed", "none needed"},
                                                       {"none needed", "none"},
                                                       {"none needed", "not needed"},
                                                       {"none needed", "not required"},
                                                       {"none needed", "no"},
                                                       {"none needed", "false"},
                                                       {"needed", "needed"},
                                                       {"needed", "required"},
                                                       {"needed", "yes"},
                                                       {"needed", "true"}});
  const bool sets = q.sweep().set_v.has_value();
  return {
      .model = sets ? "sets in its first sweep" : "does not set",
      .verdict = judge_words(word_in(q.row.at("value"), words), sets ? "none needed" : "needed", "none needed, needed"),
      .kind = "sign",
      .reason = "the model starts from the fitted threshold; a forming step isn't in it"};
}

}  // namespace

const std::map<std::string_view, Predictor>& switching_predictors() {
  static const std::map<std::string_view, Predictor> table{
      {"set_voltage", set_voltage}, {"reset_voltage", reset_voltage}, {"retention", retention},
      {"transition", transition},   {"polarity", polarity},           {"switching_time", switching_time_row},
      {"forming", forming}};
  return table;
}

}  // namespace hopflow::pipeline
