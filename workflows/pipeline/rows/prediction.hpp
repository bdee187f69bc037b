// SPDX-License-Identifier: GPL-2.0-or-later
// What the model says to a published row, by the row's kind and under the row's conditions.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/calibration/calibrate.hpp"
#include "workflows/pipeline/calibration/verdict.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

namespace hopflow::pipeline {

/// The model's answer to one row.
struct Prediction {
  nlohmann::json model;            ///< number, list, text; null: not computed
  std::optional<Verdict> verdict;  ///< set where value and model are words; else judge() compares them
  std::string kind = "independent";
  std::string reason;
  std::function<double(const DeviceParameters&)> redraw = nullptr;  ///< the number again, for other barriers
  bool sweeps = false;                                              ///< the redraw sweeps: too dear for every draw
};

/// Everything the rows share, worked out once.
struct Bench {
  const nlohmann::json& rows;  ///< completed
  const Calibration& calibration;
  const DeviceParameters& p;
  std::string film;  ///< whose device this is; "" if unnamed
  Sweep sweep;

  /// @param reference  completed rows
  Bench(const nlohmann::json& reference, const Calibration& fit);

  /// The off state of this film in the calibrated stack; nullopt without an off current of it.
  std::optional<DeviceParameters> device_of(const std::string& other_film) const;
};

/// One row before the bench: the device under its conditions.
class Question {
 public:
  Question(const Bench& bench, const nlohmann::json& row);

  const Bench& bench;
  const nlohmann::json& row;
  DeviceParameters p;

  std::string film() const;  ///< the row's, the bench's if it names none
  bool calibrates() const { return row.at("role") == "calibrate"; }
  bool stated_as(Tolerance::Rule rule) const;
  double read_v() const;
  double number(std::string_view key, double otherwise) const;
  Compliance compliance() const;  ///< of pulses: on where the row states one
  const Sweep& sweep() const { return own_sweep_ ? *own_sweep_ : bench.sweep; }
  double on_a() const;
  std::optional<double> off_a(const std::string& film) const;
  double pulse(double x, double voltage_v, double width_s) const;
  std::optional<double> switching_time(const DeviceParameters& device, double voltage_v, double from, double to) const;

 private:
  std::optional<Sweep> own_sweep_;
};

using Predictor = Prediction (*)(const Question&);

/// nullptr for a kind that no device answers.
Predictor find_predictor(std::string_view kind);

/// The kinds each file answers; find_predictor() joins them.
const std::map<std::string_view, Predictor>& current_predictors();
const std::map<std::string_view, Predictor>& switching_predictors();
const std::map<std::string_view, Predictor>& pulse_predictors();
const std::map<std::string_view, Predictor>& array_predictors();

/// A row that stays open, with the reason.
Prediction not_computed(std::string reason, std::string kind = "independent");

/// A row that says it in words: hit if the model's word is the row's.
/// @param said  the row's word; nullopt: none of the known ones
Verdict judge_words(const std::optional<std::string>& said, std::string_view model, std::string_view known);

/// One of several things that a row says in words, and the model's word for it.
struct Claim {
  std::optional<std::string> said;
  std::string model;
};

/// A row that says several things: hit if every word it says is the model's.
Verdict judge_claims(const std::vector<Claim>& claims, std::string_view known);

}  // namespace hopflow::pipeline
