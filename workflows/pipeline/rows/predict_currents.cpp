// SPDX-License-Identifier: GPL-2.0-or-later
// Rows that read currents: off and on states, ratios, slopes, impedance; and the barrier that went in.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "structures/core/units.hpp"
#include "workflows/pipeline/protocols/impedance.hpp"
#include "workflows/pipeline/reference/row.hpp"
#include "workflows/pipeline/rows/prediction.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

namespace {

Prediction arithmetic(double model, std::string reason) {
  return {.model = model, .verdict = {}, .kind = "arithmetic", .reason = std::move(reason)};
}

Prediction unknown_film(const std::string& film) {
  return not_computed(fmt::format("no calibrate row states an off current of film '{}'", text::printable(film)),
                      "arithmetic");
}

Prediction off_current(const Question& q) {
  const auto model = q.off_a(q.film());
  if (!model) return unknown_film(q.film());
  if (!q.calibrates()) return arithmetic(*model, "the fitted device, compared with another one");
  return arithmetic(
      *model, "fitted: the film's own off conductance at the fitted read voltage; electronic, not from the barrier");
}

Prediction on_current(const Question& q) {
  return arithmetic(
      q.on_a(), q.calibrates() ? "fitted: the compliance sets the state, the read voltage of the sweeps is a nuisance"
                               : "the fitted device, compared with another one");
}

Prediction on_resistance(const Question& q) {
  return arithmetic(1 / read_conductance(q.p, 1, q.number("read_v", 0.1)),
                    "fitted: the full filament and the series resistance");
}

Prediction on_off_ratio(const Question& q) {
  const auto off = q.off_a(q.film());
  if (!off) return unknown_film(q.film());
  std::string reason = "common on current over the fitted off current; electronic, not from the barrier";
  const json& value = q.row.at("value");
  if (value.is_number() && value.get<double>() * *off > q.p.compliance_a)
    reason = fmt::format(
        "common on current over the fitted off current; the stated value needs {:.2g} mA, above the compliance of {:g} "
        "mA",
        value.get<double>() * *off * 1e3, q.p.compliance_a * 1e3);
  return arithmetic(q.on_a() / *off, reason);
}

/// Names of an order as the row writes them, by their lower case.
std::map<std::string, std::string> written_names(const json& value) {
  std::map<std::string, std::string> names;
  if (value.is_array())
    for (const json& name : value) {
      if (name.is_string()) names[text::lower(name.get<std::string>())] = name;
    }
  if (!value.is_string()) return names;
  const std::string words = value;
  for (std::size_t begin = 0; begin <= words.size();) {
    const std::size_t end = std::min(words.find_first_of("<>", begin), words.size());
    const std::string name = text::trim(words.substr(begin, end - begin));
    names[text::lower(name)] = name;
    begin = end + 1;
  }
  return names;
}

Prediction on_off_order(const Question& q) {
  const std::vector<std::string> names = order_of(q.row.at("value"));
  std::map<std::string, double> ratios;
  for (const std::string& film : names)
    if (const auto off = q.off_a(film)) ratios[film] = q.on_a() / *off;
  Prediction out{.model = nullptr,
                 .verdict = judge_order(q.row, ratios),
                 .kind = "arithmetic",
                 .reason = "follows from the fitted off currents; electronic, not from the barrier"};
  if (out.verdict->outcome == Outcome::not_computed) return out;
  std::vector<std::string> sorted = names;
  std::ranges::stable_sort(sorted, {}, [&](const std::string& film) { return ratios.at(film); });
  auto written = written_names(q.row.at("value"));
  for (std::string& film : sorted) film = written[film];
  out.model = text::join(sorted, " < ");
  return out;
}

Prediction ratio_spread(const Question& q) {
  const json& value = q.row.at("value");
  if (!q.calibrates() || !value.is_array() || value.size() != 2)
    return not_computed("a spread of on/off ratios is fitted to a calibrate row [low, high], never predicted",
                        "arithmetic");
  const double wide = std::pow(10.0, 2 * q.p.ratio_sigma_decades);
  const double middle = std::sqrt(value.at(0).get<double>() * value.at(1).get<double>());
  return {.model = json{middle / wide, middle * wide},
          .verdict = {},
          .kind = "arithmetic",
          .reason = "fitted: only the spread is used, read as two standard deviations each way"};
}

Prediction lrs_slope(const Question& q) {
  const double x = q.sweep().state_after_set;
  const double slope =
      std::log(operate(q.p, x, 0.2, Compliance::off).current_a / operate(q.p, x, 0.1, Compliance::off).current_a) /
      std::log(2.0);
  return {.model = slope, .verdict = {}, .kind = "sign", .reason = "the filament is ohmic by construction"};
}

/// Slope of log I against log V of the bare film.
double film_slope(const DeviceParameters& p, double v) {
  return std::log(film_current(p, 0, v * 1.01) / film_current(p, 0, v / 1.01)) / (2 * std::log(1.01));
}

Prediction hrs_slopes(const Question& q) {
  const double low = film_slope(q.p, 0.01), high = film_slope(q.p, 0.98 * q.sweep().set_v.value_or(q.p.sweep_limit_v));
  return {.model = json{low, high},
          .verdict = {},
          .kind = "independent",
          .reason = fmt::format("slopes at 0.01 V and just below the set voltage; the crossover isn't published and "
                                "assumed at {:.2g} V, below {:.2g} V the second slope would reach 1.85",
                                2 * q.p.off_conductance_s / q.p.child_a_per_v2, 0.9 * 0.15 / 0.85)};
}

/// What a spectrum is, in the words a row may use.
struct Spectrum {
  std::string magnitude, slow, like, arc;
};

/// Hit if every word the row says is the model's.
Verdict judge_spectrum(const json& value, const Spectrum& model) {
  static constexpr auto magnitude = std::to_array<Phrase>(
      {{"falls", "falls with frequency"}, {"rises", "rises with frequency"}, {"falls", "falls"}, {"rises", "rises"}});
  static constexpr auto slow =
      std::to_array<Phrase>({{"rise", "resistance and capacitance rise"}, {"fall", "resistance and capacitance fall"}});
  static constexpr auto like = std::to_array<Phrase>({{"resistor-like", "resistor-like"},
                                                      {"resistor-like", "resistive"},
                                                      {"another", "not resistor-like"},
                                                      {"another", "not resistive"},
                                                      {"capacitive", "capacitor-like"},
                                                      {"capacitive", "capacitive"},
                                                      {"inductive", "inductor-like"}});
  static constexpr auto arc = std::to_array<Phrase>({{"not inductive", "no negative-capacitance"},
                                                     {"not inductive", "no negative capacitance"},
                                                     {"not inductive", "no inductive"},
                                                     {"not inductive", "not inductive"},
                                                     {"not inductive", "without an inductive"},
                                                     {"inductive", "negative-capacitance"},
                                                     {"inductive", "negative capacitance"},
                                                     {"inductive", "inductive"}});
  return judge_claims({{word_in(value, magnitude), model.magnitude},
                       {word_in(value, slow), model.slow},
                       {word_in(value, like), model.like},
                       {word_in(value, arc), model.arc}},
                      "falls or rises with frequency, resistor-like, capacitive, inductive");
}

Prediction impedance_row(const Question& q) {
  const double state = q.number("state", 0);
  ImpedanceOptions options;
  options.low_hz = q.number("low_hz", options.low_hz);
  options.high_hz = q.number("high_hz", options.high_hz);
  const auto curve = impedance(q.p, state, options);
  bool falls = true, rises = true, inductive = false;
  double steepest = 0;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    steepest = std::max(steepest, std::abs(std::arg(curve[i].ohm)));
    inductive = inductive || curve[i].ohm.imag() > 1e-9 * std::abs(curve[i].ohm);
    if (i == 0) continue;
    falls = falls && std::abs(curve[i].ohm) < std::abs(curve[i - 1].ohm);
    rises = rises && std::abs(curve[i].ohm) > std::abs(curve[i - 1].ohm);
  }
  const bool slow = curve.front().ohm.real() > 1.05 * curve.back().ohm.real() &&
                    curve.front().capacitance_f > 1.05 * curve.back().capacitance_f;
  const Spectrum model{falls   ? "falls"
                       : rises ? "rises"
                               : "flat",
                       slow ? "rise" : "fall",
                       inductive        ? "inductive"
                       : steepest < 0.1 ? "resistor-like"
                                        : "capacitive",
                       inductive ? "inductive" : "not inductive"};
  Prediction out{.model = nullptr, .verdict = judge_spectrum(q.row.at("value"), model), .kind = "sign", .reason = ""};
  if (state < 0.5) {
    out.model = fmt::format("{:.2g} to {:.2g} ohm, {:.2g} to {:.2g} F", std::abs(curve.front().ohm),
                            std::abs(curve.back().ohm), curve.front().capacitance_f, curve.back().capacitance_f);
    out.reason = fmt::format(
        "{:.2g} Hz to {:.2g} kHz; ions that pile up at the contacts make the slow branch by "
        "construction, at {:.2g} Hz from the barrier and an assumed vacancy density",
        options.low_hz, options.high_hz / 1e3, ion_frequency(q.p, options));
  } else {
    out.model =
        fmt::format("phase within {:.2g} degrees{}", steepest * 180 / units::pi, inductive ? ", inductive" : "");
    out.reason =
        "the filament's conductance outweighs plates and ions at every frequency, and no branch of the model is "
        "inductive";
  }
  return out;
}

Prediction barrier_row(const Question& q) {
  if (q.film() != q.bench.film)
    return not_computed(fmt::format("the barrier of film '{}' did not go into this device", text::printable(q.film())),
                        "given");
  return {.model = q.p.barrier_ev,
          .verdict = {},
          .kind = "given",
          .reason = "the barrier that this device was given, no prediction of the device"};
}

}  // namespace

const std::map<std::string_view, Predictor>& current_predictors() {
  static const std::map<std::string_view, Predictor> table{
      {"off_current", off_current},   {"on_current", on_current},      {"on_resistance", on_resistance},
      {"on_off_ratio", on_off_ratio}, {"on_off_order", on_off_order},  {"ratio_spread", ratio_spread},
      {"lrs_slope", lrs_slope},       {"hrs_slopes", hrs_slopes},      {"impedance", impedance_row},
      {"barrier_hop", barrier_row},   {"barrier_network", barrier_row}};
  return table;
}

}  // namespace hopflow::pipeline
