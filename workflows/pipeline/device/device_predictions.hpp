// SPDX-License-Identifier: GPL-2.0-or-later
// What the model says to each published row it can say something to.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/calibration/calibrate.hpp"
#include "workflows/pipeline/protocols/programming_map.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

namespace hopflow::pipeline {

/// The model's word on one row.
struct Prediction {
  nlohmann::json model;       ///< number, list, text; null: not computed
  std::optional<bool> holds;  ///< set where the tolerance is no numeric rule
  std::string kind = "independent";
  std::string reason;
  std::function<double(const DeviceParameters&)> redraw = nullptr;  ///< the number again, for other barriers
  bool sweeps = false;                                              ///< the redraw sweeps: too dear for every draw
};

/// Everything the rows share, worked out once.
struct Bench {
  const nlohmann::json& rows;
  const Calibration& calibration;
  const DeviceParameters& p;
  Sweep sweep;
  double read_v;
  double on_a;
  double off_a;
  std::optional<AnalogWindow> potentiation, depression;

  Bench(const nlohmann::json& reference, const Calibration& fit);

  /// Off current of the film whose off current the row with this id states.
  double off_current(const std::string& id) const;
};

/// By row id; a row without an entry is not predicted.
const std::map<std::string, std::function<Prediction(const Bench&)>>& predictors();

/// A row that stays open, with the reason.
Prediction not_computed(std::string reason, std::string kind = "independent");

}  // namespace hopflow::pipeline
