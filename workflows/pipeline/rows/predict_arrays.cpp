// SPDX-License-Identifier: GPL-2.0-or-later
// Rows on arrays and populations: pictures, half selection, yield.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "workflows/pipeline/crossbar/pictures.hpp"
#include "workflows/pipeline/crossbar/programming.hpp"
#include "workflows/pipeline/reference/row.hpp"
#include "workflows/pipeline/rows/prediction.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

namespace {

Prediction pattern(const Question& q) {
  const json& value = q.row.at("value");
  static constexpr std::array<std::string_view, 3> drawn{"N", "T", "U"};
  std::vector<std::string> letters;
  if (value.is_array())
    for (const json& letter : value)
      if (letter.is_string()) letters.push_back(letter);
  if (letters.empty()) return not_computed("its value is no list of letters", "sign");
  for (const std::string& letter : letters)
    if (std::ranges::find(drawn, letter) == drawn.end())
      return not_computed(fmt::format("there is no glyph of '{}'; drawn are N, T and U", text::printable(letter)),
                          "sign");
  const double read_v = q.number("read_v", 0.05);
  const auto rows = static_cast<Eigen::Index>(q.number("rows", 16)),
             columns = static_cast<Eigen::Index>(q.number("columns", 16));
  if (rows < 2 || columns < 2 || rows > 64 || columns > 64)
    return not_computed("rows and columns of its array must be from 2 to 64", "sign");
  WriteProtocol protocol;
  protocol.set_v = q.number("set_v", protocol.set_v);
  protocol.erase_v = q.number("erase_v", protocol.erase_v);
  protocol.width_s = q.number("width_s", protocol.width_s);
  DeviceArray array{cell_population(q.p, 0, 1), rows, columns, {}};
  int wrong = 0;
  for (const std::string& letter : letters) {
    const Eigen::MatrixXi image = glyph(letter, rows, columns);
    write(array, image, protocol);
    wrong += judge(read_cells(array, read_v, Scheme::grounded).current_a, image, reference_current(q.p, read_v)).errors;
  }
  Verdict verdict{Outcome::hit, "", std::nullopt};
  if (wrong > 0) verdict = {Outcome::miss, fmt::format("{} pixels are wrong", wrong), std::nullopt};
  return {
      .model = fmt::format("{} of {} pixels wrong", wrong, rows * columns * static_cast<Eigen::Index>(letters.size())),
      .verdict = verdict,
      .kind = "sign",
      .reason =
          "lines without resistance, unselected lines grounded, our own glyphs; lines, schemes and failed cells "
          "are the array's own section"};
}

/// The write bias of the array: the row's own, else that of the pictures.
double write_bias(const Question& q) {
  if (const auto own = condition(q.row, "bias_v")) return *own;
  for (const json* row : rows_of(q.bench.rows, "pattern", "holdout"))
    if (const auto set_v = condition(*row, "set_v")) return *set_v;
  return 1.5;
}

Prediction half_select(const Question& q) {
  const json& value = q.row.at("value");
  if (!value.is_number()) return not_computed("its value is no fraction of the write bias");
  const double voltage = value.get<double>() * write_bias(q), width = q.number("width_s", 1e-2);
  const double start = q.number("start", 0), most = q.number("most_change", 0.01);
  const int pulses = static_cast<int>(q.number("pulses", 300));
  double x = start;
  for (int i = 0; i < pulses; ++i) x = q.pulse(x, voltage, width);
  const bool holds = std::abs(x - start) < most;
  return {.model = fmt::format("state {} after {} pulses of {} V, {:g} ms", text::shortest(x), pulses,
                               text::shortest(voltage), 1e3 * width),
          .verdict = holds ? Verdict{Outcome::hit, "", std::abs(x - start) / most}
                           : Verdict{Outcome::miss, "this fraction of the write voltage moves the cell", std::nullopt},
          .kind = "independent",
          .reason = holds ? "the fitted set threshold lies above this voltage; the same voltage in a reset does disturb"
                          : "the voltage reaches above the fitted set threshold"};
}

Prediction yield(const Question& q) {
  // log10(ratio) normal around the middle of the range of many devices, with their spread.
  const auto spreads = rows_of(q.bench.rows, "ratio_spread", "calibrate");
  if (spreads.empty()) return not_computed("no calibrate row of kind ratio_spread: nothing says how devices differ");
  const json& range = spreads.front()->at("value");
  const double middle = 0.5 * (std::log10(range.at(0).get<double>()) + std::log10(range.at(1).get<double>()));
  const double least = q.number("ratio_above", 1e3);
  const double yield = 0.5 * std::erfc(-(middle - std::log10(least)) / q.p.ratio_sigma_decades / std::sqrt(2.0));
  json row = q.row;
  // "inside the 95 % interval" without a count: that of the devices the spread was seen on.
  if (!tolerance_of(row.value("tol", json{}), row.at("value")) && row.value("tol", json{}).is_string() &&
      row.at("tol").get<std::string>().find("95 % interval") != std::string::npos)
    row["tol"] = {{"interval_of", q.number("devices", condition_or(*spreads.front(), "devices", 55))}};
  return {.model = yield,
          .verdict = judge(row, yield),
          .kind = "independent",
          .reason = "the spread of ratios alone; a stuck or shorted population can't be predicted"};
}

}  // namespace

const std::map<std::string_view, Predictor>& array_predictors() {
  static const std::map<std::string_view, Predictor> table{
      {"pattern", pattern}, {"half_select", half_select}, {"yield", yield}};
  return table;
}

}  // namespace hopflow::pipeline
