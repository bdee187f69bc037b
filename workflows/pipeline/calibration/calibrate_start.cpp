// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/calibration/calibrate_start.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>

#include <fmt/core.h>
#include <boost/math/tools/toms748_solve.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/core/units.hpp"
#include "workflows/pipeline/models/registry.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"
#include "workflows/pipeline/reference/row.hpp"
#include "workflows/pipeline/reference/row_device.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

std::string id_of(const json& row) { return row.at("id").get<std::string>(); }

[[noreturn]] void refuse(const json& row, std::string_view expected) {
  throw Error{
      Error::Kind::bad_input,
      fmt::format("reference: the calibrate row '{}' is not a {}; correct its value or give it the role holdout",
                  text::printable(id_of(row)), expected)};
}

double positive(const json& row) {
  if (!row.at("value").is_number() || !(row.at("value").get<double>() > 0)) refuse(row, "positive number");
  return row.at("value");
}

/// A number, of this sign: a device that sets at negative bias is the same device with its contacts exchanged, which
/// the model doesn't do by itself.
bool has_sign(const json& row, double sign, std::vector<std::string>& notes) {
  if (!row.at("value").is_number() || row.at("value").get<double>() == 0) refuse(row, "voltage other than 0");
  if (row.at("value").get<double>() * sign > 0) return true;
  notes.push_back(
      fmt::format("the calibrate row {} has the other sign: this model sets at positive and resets at "
                  "negative bias, so the fit leaves it out; exchange the contacts to fit such a device",
                  id_of(row)));
  return false;
}

/// Where f, rising, passes zero between low and high; the nearer end if it doesn't. Least squares do the rest.
double crossing(const std::function<double(double)>& f, double low, double high) {
  const double at_low = f(low), at_high = f(high);
  if (at_low >= 0) return low;
  if (at_high <= 0) return high;
  const double enough = 1e-9 * (high - low);
  std::uintmax_t evaluations = 200;
  const auto [a, b] = boost::math::tools::toms748_solve(
      f, low, high, at_low, at_high, [enough](double x, double y) { return y - x <= enough; }, evaluations);
  return 0.5 * (a + b);
}

/// Geometric mean; one value comes back as it is.
double geometric_mean(const std::vector<double>& values) {
  if (values.size() == 1) return values.front();
  if (values.size() == 2) return std::sqrt(values[0] * values[1]);
  double sum = 0;
  for (const double value : values) sum += std::log(value);
  return std::exp(sum / static_cast<double>(values.size()));
}

void fit_on_state(const FitRows& rows, Calibration& fit) {
  DeviceParameters& p = fit.parameters;
  if (const json* row = FitRows::first(rows.on_resistance)) {
    const double total = positive(*row);
    if (total <= p.series_resistance_ohm) refuse(*row, "resistance above the series resistance");
    p.on_conductance_s = 1 / (total - p.series_resistance_ohm);  // less Goff, set below once it is known
  } else if (const json* current = FitRows::first(rows.on_current)) {
    const double v = condition_or(*current, "read_v", 0.1);
    p.on_conductance_s = positive(*current) / v;
    fit.notes.push_back(fmt::format(
        "no row of kind on_resistance: the full filament is taken to conduct as {} at {:g} V", id_of(*current), v));
  } else {
    p.on_conductance_s = 1e-3;
    fit.notes.push_back("no row of kind on_resistance or on_current: the full filament is assumed to conduct 1 mS");
  }
  const json* current = FitRows::first(rows.on_current);
  if (current == nullptr) return;
  // The set half of a sweep ends where the compliance leaves just the threshold across the film.
  const double lrs_a = positive(*current);
  const double limit_a = under_conditions(p, *current).compliance_a;
  const double after_set_s = rows.set_v() ? std::min(p.on_conductance_s, limit_a / *rows.set_v()) : p.on_conductance_s;
  const double after_set = 1 / (1 / after_set_s + p.series_resistance_ohm);
  if (const auto stated = condition(*current, "read_v")) {
    p.sweep_read_voltage_v = *stated;
    return;
  }
  // No read voltage for its sweeps. Likeliest value: 0.1 V (the read voltage elsewhere) within a factor 3 one sigma,
  // the current within a factor 2.
  const double prior_v = 0.1;
  const double prior = std::log(3.0) * std::log(3.0), measured = std::log(2.0) * std::log(2.0);
  p.sweep_read_voltage_v = prior_v * std::exp(std::log(lrs_a / (after_set * prior_v)) * prior / (prior + measured));
}

void fit_off_states(const FitRows& rows, double crossover_v, Calibration& fit) {
  DeviceParameters& p = fit.parameters;
  std::map<std::string, std::vector<double>> by_film;
  std::map<std::string, std::string> first_row;
  for (const json* row : rows.off_current) {
    const double v = condition_or(*row, "read_v", p.sweep_read_voltage_v);
    const std::string film = film_of(*row).empty() ? fit.film : film_of(*row);
    by_film[film].push_back(positive(*row) / (2 * v * (1 + v / crossover_v)));
    first_row.emplace(film, id_of(*row));
  }
  for (const auto& [film, id] : first_row) {
    fit.off_conductance_s[id] = by_film.at(film).front();
    fit.film_of_off_row[id] = film;
  }
  if (first_row.contains(fit.film)) {
    // Off currents of one film, on several devices: their geometric mean.
    fit.own_off_row = first_row.at(fit.film);
    fit.off_conductance_s[fit.own_off_row] = geometric_mean(by_film.at(fit.film));
  } else {
    fit.off_conductance_s[fit.own_off_row] = 1e-4 * p.on_conductance_s;
    fit.notes.push_back(
        "no calibrate row of kind off_current for the measured film: an on/off ratio of 10^4 is assumed, and nothing "
        "that depends on it is a prediction");
  }
  const double own = fit.off_conductance_s.at(fit.own_off_row);
  if (!(own < 0.5 * p.on_conductance_s))
    throw Error{Error::Kind::bad_input,
                fmt::format("reference: the off current of '{}' corresponds to {} S, which is not below half of the on "
                            "conductance ({} S); correct one of the two",
                            fit.own_off_row, text::shortest(own), text::shortest(p.on_conductance_s))};
  p.off_conductance_s = own;
  p.on_conductance_s -= own;
  p.child_a_per_v2 = 2 * own / crossover_v;
}

/// Vset0 at which a pulse takes just its width, for the present sharing length.
double threshold_for_pulse(DeviceParameters p, double voltage_v, double width_s) {
  return crossing(
      [&](double threshold) {
        p.set_threshold_v = threshold;
        return std::log(switching_time(p, voltage_v, 0, 0.95).value_or(1e300) / width_s);
      },
      0, kinetic_ceiling_v);
}

/// Vset0 at which the sweep sets where it was seen to, for the present sharing length.
double threshold_for_sweep(DeviceParameters p, double set_v, double level) {
  return crossing(
      [&](double threshold) {
        p.set_threshold_v = threshold;
        return sweep_set_voltage(p, level).value_or(kinetic_ceiling_v) - set_v;
      },
      0, kinetic_ceiling_v);
}

void fit_set(const FitRows& rows, Calibration& fit) {
  DeviceParameters& p = fit.parameters;
  const json *fast = FitRows::first(rows.set_pulse), *slow = FitRows::first(rows.set_voltage);
  if (fast == nullptr && slow == nullptr) {
    fit.notes.push_back(
        "no calibrate row of kind set_voltage or switching_time: set threshold and sharing length are "
        "assumed, and no switching voltage or time is a prediction");
    return;
  }
  if (fast == nullptr || slow == nullptr) {
    p.set_threshold_v =
        fast == nullptr
            ? threshold_for_sweep(under_conditions(p, *slow), positive(*slow), switching_state(p, *slow))
            : threshold_for_pulse(under_conditions(p, *fast), *condition(*fast, "pulse_v"), row_value(*fast));
    fit.notes.push_back(fmt::format("only {} speaks of the set kinetics: the sharing length is assumed to be {:g} hops",
                                    id_of(fast == nullptr ? *slow : *fast), p.sharing_length_hops));
    return;
  }
  const double set_v = positive(*slow), pulse_v = *condition(*fast, "pulse_v"), width_s = row_value(*fast);
  if (!(pulse_v > set_v))
    throw Error{Error::Kind::bad_input,
                fmt::format("reference: the calibrate row '{}' is a pulse of {:g} V, not above the set voltage of '{}' "
                            "({:g} V); give one of the two the role holdout",
                            id_of(*fast), pulse_v, id_of(*slow), set_v)};
  // Weaker field enhancement (larger L) needs a lower threshold to be as fast: the sweep then sets earlier.
  const double low = std::log(0.05), high = std::log(1e3);
  const DeviceParameters sweeping = under_conditions(p, *slow), pulsed = under_conditions(p, *fast);
  const double log_length = crossing(
      [&](double log_l) {
        DeviceParameters trial = pulsed;
        trial.sharing_length_hops = std::exp(log_l);
        trial.set_threshold_v = 0;
        // Too slow even without a threshold: the field must act over a shorter length.
        if (switching_time(trial, pulse_v, 0, 0.95).value_or(1e300) > width_s) return 1.0;
        DeviceParameters swept = sweeping;
        swept.sharing_length_hops = trial.sharing_length_hops;
        swept.set_threshold_v = threshold_for_pulse(trial, pulse_v, width_s);
        return set_v - sweep_set_voltage(swept, switching_state(swept, *slow)).value_or(kinetic_ceiling_v);
      },
      low, high);
  p.sharing_length_hops = std::exp(log_length);
  DeviceParameters trial = pulsed;
  trial.sharing_length_hops = p.sharing_length_hops;
  p.set_threshold_v = threshold_for_pulse(trial, pulse_v, width_s);
  if (log_length - low < 1e-7 || high - log_length < 1e-7) {
    fit.notes.push_back(
        fmt::format("no sharing length between 0.05 and 1000 hops meets {} and {} at a barrier of {} eV; the bound was "
                    "taken",
                    id_of(*slow), id_of(*fast), text::shortest(p.barrier_ev)));
  }
  if (p.sharing_length_hops < 1) {
    fit.notes.push_back(
        fmt::format("the voltage acts over {:.3g} hop lengths, less than one: a field enhancement of {:.2g} or more "
                    "than one charge per jump is needed to reconcile {} with {}",
                    p.sharing_length_hops, 1 / p.sharing_length_hops, id_of(*slow), id_of(*fast)));
  }
}

void fit_reset(const FitRows& rows, Calibration& fit) {
  DeviceParameters& p = fit.parameters;
  const json *slow = FitRows::first(rows.reset_voltage), *fast = FitRows::first(rows.reset_pulse);
  if (slow == nullptr && fast == nullptr) {
    fit.notes.push_back("no calibrate row speaks of the reset: its threshold is assumed to be 0");
    return;
  }
  const json& row = slow != nullptr ? *slow : *fast;
  const DeviceParameters under = under_conditions(p, row);
  const double start = rows.set_v() ? state_of_conductance(under, under.compliance_a / std::abs(*rows.set_v())) : 1.0;
  p.reset_threshold_v = crossing(
      [&](double threshold) {
        DeviceParameters trial = under;
        trial.reset_threshold_v = threshold;
        if (slow == nullptr)
          return std::log(switching_time(trial, *condition(row, "pulse_v"), 1, 0.05).value_or(1e300) / row_value(row));
        return row_value(row) -
               sweep_reset_voltage(trial, start, switching_state(trial, row)).value_or(-kinetic_ceiling_v);
      },
      0, kinetic_ceiling_v);
  if (p.reset_threshold_v < 1e-7) {
    fit.notes.push_back(
        fmt::format("at a barrier of {} eV the device resets later than {} even without a threshold; none was taken",
                    text::shortest(p.barrier_ev), id_of(row)));
  }
}

void fit_retention(const FitRows& rows, Calibration& fit) {
  DeviceParameters& p = fit.parameters;
  p.stabilisation_ev = 0;
  const json* row = FitRows::first(rows.retention);
  if (row == nullptr) {
    fit.notes.push_back(
        "no calibrate row of kind retention: no stabilisation energy is taken, retention follows from "
        "the barrier and an assumed random walk across the film alone");
    return;
  }
  const DeviceParameters under = under_conditions(p, *row);
  const double temperature_k = condition_or(*row, "temperature_k", p.temperature_k);
  p.stabilisation_ev =
      units::boltzmann * temperature_k * std::log(positive(*row) / retention_time(under, temperature_k));
}

void fit_spread(const FitRows& rows, Calibration& fit) {
  const json* ratio = FitRows::first(rows.spread);
  if (ratio == nullptr) return;
  const double low = ratio->at("value").at(0), high = ratio->at("value").at(1);
  // The range of many devices read as plus and minus two standard deviations.
  fit.parameters.ratio_sigma_decades = std::log10(high / low) / 4;
}

}  // namespace

double row_value(const json& row) {
  const json& value = row.at("value");
  if (value.is_object() && value.contains("s")) return value.at("s");
  return value;
}

std::optional<double> FitRows::set_v() const {
  return set_voltage.empty() ? std::nullopt : std::optional{row_value(*set_voltage.front())};
}

namespace {

/// The voltage of a switching time's pulse. @throws if the row is no time above 0 with such a voltage
double pulse_of_time(const json& row) {
  const json& value = row.at("value");
  const bool pair = value.is_object() && value.value("s", json{}).is_number();
  if (!(pair || value.is_number()) || !(row_value(row) > 0)) refuse(row, "time above 0 or pair {V, s}");
  const auto pulse_v = condition(row, "pulse_v");
  if (!pulse_v || *pulse_v == 0) refuse(row, "switching time with its pulse voltage (protocol.pulse_v or {V, s})");
  return *pulse_v;
}

void check_spread(const json& row) {
  const json& value = row.at("value");
  if (!value.is_array() || value.size() != 2 || !value.at(0).is_number() || !value.at(1).is_number() ||
      !(value.at(0).get<double>() > 0 && value.at(1).get<double>() > value.at(0).get<double>()))
    refuse(row, "pair [low, high] with 0 < low < high");
}

}  // namespace

FitRows::FitRows(const json& rows, std::vector<std::string>& notes) {
  const std::map<std::string, List*> above_zero{{"on_resistance", &on_resistance},
                                                {"on_current", &on_current},
                                                {"off_current", &off_current},
                                                {"retention", &retention}};
  for (const json& row : rows) {
    const std::string kind = kind_of(row);
    if (const auto list = above_zero.find(kind); list != above_zero.end()) {
      positive(row);
      list->second->push_back(&row);
    } else if (kind == "set_voltage" || kind == "reset_voltage") {
      const bool set = kind == "set_voltage";
      if (has_sign(row, set ? 1 : -1, notes)) (set ? set_voltage : reset_voltage).push_back(&row);
    } else if (kind == "switching_time") {
      (pulse_of_time(row) > 0 ? set_pulse : reset_pulse).push_back(&row);
    } else if (kind == "ratio_spread") {
      check_spread(row);
      spread.push_back(&row);
    } else {
      notes.push_back(fmt::format("the calibrate row {} is of kind '{}', which the fit does not use: it is only judged",
                                  id_of(row), kind));
    }
  }
}

Calibration calibration_start(const FitRows& rows, const CalibrationRequest& request) {
  Calibration fit;
  fit.parameters = request.start;
  fit.film = request.film;
  fit_on_state(rows, fit);
  fit_off_states(rows, request.child_crossover_v, fit);
  if (!model_named(request.start.model).fitted.empty()) {
    fit_retention(rows, fit);
    fit_set(rows, fit);
    fit_reset(rows, fit);
  }
  fit_spread(rows, fit);
  return fit;
}

}  // namespace hopflow::pipeline
