// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/rows/prediction.hpp"

#include <fmt/core.h>

#include "workflows/pipeline/reference/row.hpp"
#include "workflows/pipeline/reference/row_device.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

Bench::Bench(const json& reference, const Calibration& fit)
    : rows{reference}, calibration{fit}, p{fit.parameters}, film{fit.film}, sweep{pipeline::sweep(p, 0)} {}

std::optional<DeviceParameters> Bench::device_of(const std::string& other_film) const {
  for (const auto& [id, of_film] : calibration.film_of_off_row)
    if (of_film == other_film)
      return for_material(calibration, id, p.barrier_ev, p.attempt_frequency_thz, p.hop_length_angstrom);
  if (other_film == film) return p;
  return std::nullopt;
}

Question::Question(const Bench& of, const json& asked) : bench{of}, row{asked}, p{under_conditions(of.p, asked)} {
  if (changes_device(of.p, asked)) own_sweep_ = pipeline::sweep(p, 0);
}

std::string Question::film() const { return film_of(row).empty() ? bench.film : film_of(row); }

bool Question::stated_as(Tolerance::Rule rule) const {
  const auto tolerance = tolerance_of(row.value("tol", json{}), row.at("value"));
  return tolerance && tolerance->rule == rule;
}

double Question::read_v() const { return condition_or(row, "read_v", p.sweep_read_voltage_v); }

double Question::number(std::string_view key, double otherwise) const { return condition_or(row, key, otherwise); }

Compliance Question::compliance() const { return condition(row, "compliance_a") ? Compliance::on : Compliance::off; }

double Question::on_a() const { return operate(p, sweep().state_after_set, read_v(), Compliance::on).current_a; }

std::optional<double> Question::off_a(const std::string& of_film) const {
  const auto device = bench.device_of(of_film);
  if (!device) return std::nullopt;
  return operate(under_conditions(*device, row), 0, read_v(), Compliance::on).current_a;
}

double Question::pulse(double x, double voltage_v, double width_s) const {
  return advance(device_speed(p, voltage_v, compliance(), Relaxation::on), x, width_s);
}

std::optional<double> Question::switching_time(const DeviceParameters& device, double voltage_v, double from,
                                               double to) const {
  return time_to(device_speed(device, voltage_v, compliance(), Relaxation::off), from, to);
}

Predictor find_predictor(std::string_view kind) {
  for (const auto* table : {&current_predictors(), &switching_predictors(), &pulse_predictors(), &array_predictors()}) {
    if (const auto at = table->find(kind); at != table->end()) return at->second;
  }
  return nullptr;
}

Prediction not_computed(std::string reason, std::string kind) {
  return {.model = nullptr, .verdict = {}, .kind = std::move(kind), .reason = std::move(reason)};
}

Verdict judge_words(const std::optional<std::string>& said, std::string_view model, std::string_view known) {
  if (!said) return {Outcome::not_computed, fmt::format("its value says none of: {}", known), std::nullopt};
  if (*said == model) return {Outcome::hit, "", std::nullopt};
  return {Outcome::miss, fmt::format("the model is {}, the row says {}", model, *said), std::nullopt};
}

Verdict judge_claims(const std::vector<Claim>& claims, std::string_view known) {
  Verdict out = judge_words(std::nullopt, "", known);
  for (const Claim& claim : claims)
    if (claim.said && out.outcome != Outcome::miss) out = judge_words(claim.said, claim.model, known);
  return out;
}

}  // namespace hopflow::pipeline
