// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/calibration/calibrate_start.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>

#include <fmt/core.h>
#include <boost/math/tools/toms748_solve.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/core/units.hpp"
#include "workflows/pipeline/calibration/reference.hpp"
#include "workflows/pipeline/models/registry.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

[[noreturn]] void refuse(std::string_view id, std::string_view expected) {
  throw Error{
      Error::Kind::bad_input,
      fmt::format("reference: the calibrate row '{}' is missing or no {}; the fit needs it, add it or mend its value",
                  id, expected)};
}

double positive(const json& rows, std::string_view id) {
  const auto value = row_number(rows, id);
  if (!value || !(*value > 0)) refuse(id, "positive number");
  return *value;
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

void fit_conductances(const json& rows, double crossover_v, Calibration& fit) {
  DeviceParameters& p = fit.parameters;
  const double total = positive(rows, "ret.lrs");
  if (total <= p.series_resistance_ohm) refuse("ret.lrs", "resistance above the series resistance");
  p.on_conductance_s = 1 / (total - p.series_resistance_ohm);  // less Goff, set below once it is known

  // The set half of a sweep ends where the compliance leaves just the threshold across the film.
  const double lrs_a = positive(rows, "iv.rigid.lrs");
  const double set_v = positive(rows, "iv.rigid.vset");
  const double after_set_s = std::min(p.on_conductance_s, p.compliance_a / set_v);
  const double after_set = 1 / (1 / after_set_s + p.series_resistance_ohm);
  // The paper gives no read voltage for its sweeps. Likeliest value: 0.1 V (its read voltage elsewhere) within a factor
  // 3 one sigma, the current within the row's factor 2.
  const double prior_v = 0.1;
  const double prior = std::log(3.0) * std::log(3.0), measured = std::log(2.0) * std::log(2.0);
  p.sweep_read_voltage_v = prior_v * std::exp(std::log(lrs_a / (after_set * prior_v)) * prior / (prior + measured));

  const double v = p.sweep_read_voltage_v;
  const auto film = [&](double current_a) { return current_a / (2 * v * (1 + v / crossover_v)); };
  for (const json& row : rows) {
    const std::string id = row.at("id");
    if (id.rfind("iv.off.", 0) == 0) fit.off_conductance_s[id] = film(positive(rows, id));
  }
  if (fit.off_conductance_s.count("iv.off.prpyr") == 0) refuse("iv.off.prpyr", "positive number");
  // Two off currents of one film, on two devices: their geometric mean.
  double& own = fit.off_conductance_s["iv.off.prpyr"];
  own = std::sqrt(own * film(positive(rows, "iv.rigid.hrs")));
  p.off_conductance_s = own;
  p.on_conductance_s -= own;
  p.child_a_per_v2 = 2 * own / crossover_v;
}

/// Vset0 at which the fast pulse takes just its width, for the present sharing length.
double threshold_for_pulse(DeviceParameters p, double voltage_v, double width_s) {
  return crossing(
      [&](double threshold) {
        p.set_threshold_v = threshold;
        return std::log(switching_time(p, voltage_v, 0, 0.95).value_or(1e300) / width_s);
      },
      0, kinetic_ceiling_v);
}

void fit_set(const json& rows, Calibration& fit) {
  DeviceParameters& p = fit.parameters;
  const double set_v = positive(rows, "iv.rigid.vset");
  const json* fast = find_row(rows, "fast.set");
  if (fast == nullptr || !fast->at("value").is_object() || !fast->at("value").value("V", json{}).is_number() ||
      !fast->at("value").value("s", json{}).is_number()) {
    refuse("fast.set", "pair {V, s}");
  }
  const double pulse_v = fast->at("value").at("V"), width_s = fast->at("value").at("s");
  if (!(pulse_v > set_v && width_s > 0)) refuse("fast.set", "pulse above the set voltage of iv.rigid.vset");
  // Weaker field enhancement (larger L) needs a lower threshold to be as fast: the sweep then sets earlier.
  const double low = std::log(0.05), high = std::log(1e3);
  const double log_length = crossing(
      [&](double log_l) {
        DeviceParameters trial = p;
        trial.sharing_length_hops = std::exp(log_l);
        trial.set_threshold_v = 0;
        // Too slow even without a threshold: the field must act over a shorter length.
        if (switching_time(trial, pulse_v, 0, 0.95).value_or(1e300) > width_s) return 1.0;
        trial.set_threshold_v = threshold_for_pulse(trial, pulse_v, width_s);
        return set_v - sweep_set_voltage(trial).value_or(kinetic_ceiling_v);
      },
      low, high);
  p.sharing_length_hops = std::exp(log_length);
  p.set_threshold_v = threshold_for_pulse(p, pulse_v, width_s);
  if (log_length - low < 1e-7 || high - log_length < 1e-7) {
    fit.notes.push_back(
        fmt::format("no sharing length between 0.05 and 1000 hops meets iv.rigid.vset and fast.set at a barrier of {} "
                    "eV; the bound was taken",
                    text::shortest(p.barrier_ev)));
  }
  if (p.sharing_length_hops < 1) {
    fit.notes.push_back(
        fmt::format("the voltage acts over {:.3g} hop lengths, less than one: a field enhancement of {:.2g} or more "
                    "than one charge per jump is needed to reconcile iv.rigid.vset with fast.set",
                    p.sharing_length_hops, 1 / p.sharing_length_hops));
  }
}

void fit_reset(const json& rows, Calibration& fit) {
  DeviceParameters& p = fit.parameters;
  const auto reset_v = row_number(rows, "iv.rigid.vreset");
  if (!reset_v || !(*reset_v < 0)) refuse("iv.rigid.vreset", "negative number");
  const double start = state_of_conductance(p, p.compliance_a / std::abs(positive(rows, "iv.rigid.vset")));
  p.reset_threshold_v = crossing(
      [&](double threshold) {
        DeviceParameters trial = p;
        trial.reset_threshold_v = threshold;
        return *reset_v - sweep_reset_voltage(trial, start).value_or(-kinetic_ceiling_v);
      },
      0, kinetic_ceiling_v);
  if (p.reset_threshold_v < 1e-7) {
    fit.notes.push_back(fmt::format(
        "at a barrier of {} eV the device resets later than iv.rigid.vreset even without a threshold; none was taken",
        text::shortest(p.barrier_ev)));
  }
}

void fit_retention(const json& rows, Calibration& fit) {
  DeviceParameters& p = fit.parameters;
  constexpr double row_temperature_k = 363;
  const double seconds = positive(rows, "ret.363");
  p.stabilisation_ev = 0;
  p.stabilisation_ev = units::boltzmann * row_temperature_k * std::log(seconds / retention_time(p, row_temperature_k));
}

void fit_spread(const json& rows, Calibration& fit) {
  const json* ratio = find_row(rows, "xb.ratio");
  if (ratio == nullptr || !ratio->at("value").is_array() || ratio->at("value").size() != 2 ||
      !ratio->at("value").at(0).is_number() || !ratio->at("value").at(1).is_number()) {
    refuse("xb.ratio", "pair [low, high]");
  }
  const double low = ratio->at("value").at(0), high = ratio->at("value").at(1);
  if (!(low > 0 && high > low)) refuse("xb.ratio", "pair [low, high] with 0 < low < high");
  // The range of 55 devices read as plus and minus two standard deviations.
  fit.parameters.ratio_sigma_decades = std::log10(high / low) / 4;
}

}  // namespace

Calibration calibration_start(const json& rows, const CalibrationRequest& request) {
  Calibration fit;
  fit.parameters = request.start;
  fit_conductances(rows, request.child_crossover_v, fit);
  if (!model_named(request.start.model).fitted.empty()) {
    fit_retention(rows, fit);
    fit_set(rows, fit);
    fit_reset(rows, fit);
  }
  fit_spread(rows, fit);
  return fit;
}

}  // namespace hopflow::pipeline
