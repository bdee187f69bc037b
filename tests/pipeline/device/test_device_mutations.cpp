// SPDX-License-Identifier: GPL-2.0-or-later
// Every row of the published reference, edited: its verdict follows its value, its tolerance and its conditions.
#include <catch2/catch.hpp>

#include <cmath>
#include <functional>
#include <string>

#include "tests/pipeline/device/paper_rows.hpp"
#include "workflows/pipeline/calibration/verdict.hpp"
#include "workflows/pipeline/models/device_uncertainty.hpp"
#include "workflows/pipeline/reference/row.hpp"
#include "workflows/pipeline/rows/device_rows.hpp"

using namespace hopflow::pipeline;
using nlohmann::json;

namespace {

/// The row's answer with one fit for all, one row edited and other holdout rows left out.
json answered(const std::string& id, const std::function<void(json&)>& edit = {}) {
  json rows = json::array();
  for (json row : paper()) {
    if (row.at("id") == id && edit) edit(row);
    const json kind = row.value("kind", json{});
    const bool needed = row.at("role") == "context" || kind == "off_current" || kind == "on_resistance";
    if (row.at("id") == id || (needed && row.at("role") != "holdout")) rows.push_back(std::move(row));
  }
  return *find_row(device_rows(rows, &fitted(), {0, 1}, 1), id);
}

bool scored(const json& row) { return row.at("role") == "holdout" || row.at("role") == "calibrate"; }

/// Rows whose answer and value are single numbers, or {V, s}.
bool numeric(const json& row, const json& answer) {
  const json& value = row.at("value");
  return answer.at("model").is_number() && (value.is_number() || (value.is_object() && value.contains("s")));
}

double stated(const json& value) { return value.is_object() ? value.at("s").get<double>() : value.get<double>(); }

json with_number(json value, double number) {
  if (!value.is_object()) return number;
  value["s"] = number;
  return value;
}

std::string verdict_with(const std::string& id, const char* key, const json& content) {
  return answered(id, [&](json& row) { row[key] = content; }).at("verdict");
}

/// Calls `check` with every scored row that has a number, but for those that the model's answer is taken from: a
/// calibrated off current, which the film's off state follows. @return how many it was
template <class Check>
int for_numeric_rows(Check check) {
  int checked = 0;
  for (const json& row : paper()) {
    if (!scored(row) || (row.at("role") == "calibrate" && row.at("kind") == "off_current")) continue;
    const json answer = answered(row.at("id"));
    if (numeric(row, answer) && check(row, row.at("id").get<std::string>(), answer.at("model").get<double>()))
      ++checked;
  }
  return checked;
}

}  // namespace

TEST_CASE("every row with a number is hit at the model's value and missed on either side of its tolerance",
          "[pipeline][rows][mutations]") {
  const int checked = for_numeric_rows([](const json& row, const std::string& id, double model) {
    const json& value = row.at("value");
    CAPTURE(id, model, value);
    const auto tolerance = tolerance_of(row.at("tol"), value);
    REQUIRE(tolerance);
    const auto verdict = [&](double number) { return verdict_with(id, "value", with_number(value, number)); };
    using Rule = Tolerance::Rule;
    const double a = tolerance->amount;
    switch (tolerance->rule) {
      case Rule::factor:
        CHECK(verdict(model * a * 0.999) == "hit");
        CHECK(verdict(model / a * 1.001) == "hit");
        CHECK(verdict(model * a * 1.001) == "miss");
        CHECK(verdict(model / a * 0.999) == "miss");
        CHECK(verdict(-model) == "miss");
        break;
      case Rule::within:
        CHECK(verdict(model + 0.999 * a) == "hit");
        CHECK(verdict(model - 0.999 * a) == "hit");
        CHECK(verdict(model + 1.001 * a) == "miss");
        CHECK(verdict(model - 1.001 * a) == "miss");
        break;
      case Rule::relative:
        CHECK(verdict(model / (1 + 0.999 * a)) == "hit");
        CHECK(verdict(model / (1 - 0.999 * a)) == "hit");
        CHECK(verdict(model / (1 + 1.001 * a)) == "miss");
        CHECK(verdict(model / (1 - 1.001 * a)) == "miss");
        break;
      case Rule::at_least:
        CHECK(verdict(model * 0.999) == "hit");
        CHECK(verdict(model * 1.001) == "miss");
        break;
      case Rule::at_most:
        CHECK(verdict(model * 1.001) == "hit");
        CHECK(verdict(model * 0.999) == "miss");
        break;
      case Rule::interval:
        CHECK(verdict(1.0) == "hit");
        CHECK(verdict(0.5) == "miss");
        break;
      default: FAIL("no rule");
    }
    return true;
  });
  CHECK(checked >= 15);
}

TEST_CASE("rows in words are hit or missed by what their words say", "[pipeline][rows][mutations]") {
  struct Words {
    const char *id, *verdict, *value;
  };
  const auto words = GENERATE(values<Words>({
      {"proto.forming", "hit", "none needed"},
      {"proto.forming", "miss", "a forming step of 2 V is required"},
      {"iv.order", "hit", "MAPbI3 < BnzPyr < PrPyr"},
      {"iv.order", "hit", "PrPyr > BnzPyr > MAPbI3"},
      {"iv.order", "miss", "MAPbI3 > BnzPyr > PrPyr"},
      {"iv.order", "miss", "BnzPyr < MAPbI3 < PrPyr"},
      {"iv.abrupt", "hit", "abrupt (digital)"},
      {"iv.abrupt", "miss", "gradual (analog)"},
      {"iv.bipolar", "hit", "set at + on Ag, reset at -"},
      {"iv.bipolar", "miss", "set at - on Ag, reset at +"},
      {"ana.asym", "hit", "1.1 V > 0.2 V; potentiation is steeper in pulse number"},
      {"ana.asym", "not_computed", "1.1 V < 0.2 V"},  // says both
      {"ana.asym", "miss", "potentiation > depression"},
      {"ltp.nonlinear", "miss", "non-linear in pulse number"},  // a switch: neither
      {"ltp.nonlinear", "miss", "linear in pulse number"},
      {"eis.hrs", "hit", "falls with frequency; at low frequency resistance and capacitance rise"},
      {"eis.hrs", "miss", "rises with frequency; at low frequency resistance and capacitance rise"},
      {"eis.hrs", "miss", "falls with frequency; at low frequency resistance and capacitance fall"},
      {"eis.lrs", "hit", "resistor-like, monotonic; no negative-capacitance or inductive arc"},
      {"eis.lrs", "hit", "no inductive arc"},
      {"eis.lrs", "miss", "capacitor-like"},
      {"eis.lrs", "miss", "resistor-like, with an inductive arc"},
      {"eis.lrs", "miss", "resistor-like at first, negative-capacitance below 10 Hz"},
  }));
  CAPTURE(words.id, words.value);
  CHECK(verdict_with(words.id, "value", words.value) == words.verdict);
}

TEST_CASE("rows with two numbers follow each of them", "[pipeline][rows][mutations]") {
  for (const std::string id : {"ana.dep.window", "iv.hrs.slopes"}) {
    const json model = answered(id).at("model");
    CAPTURE(id, model);
    CHECK(verdict_with(id, "value", model) == "hit");
    for (const std::size_t k : {0, 1})
      for (const double off : {-1.5, 1.5}) {
        json moved = model;
        moved[k] = moved[k].get<double>() + off;
        CHECK(verdict_with(id, "value", moved) == "miss");
      }
  }
  CHECK(verdict_with("ea.iodide_range", "value", {0.1, 0.6}) == "hit");
  CHECK(verdict_with("ea.iodide_range", "value", {0.4, 0.6}) == "miss");
  CHECK(verdict_with("ea.iodide_range", "value", {0.1, 0.38}) == "miss");
}

TEST_CASE("every row with a number is hit or missed by the width of its tolerance alone",
          "[pipeline][rows][mutations]") {
  const int checked = for_numeric_rows([](const json& row, const std::string& id, double model) {
    const double value = stated(row.at("value")), off = std::abs(model - value);
    if (off < 1e-6 * std::abs(value)) return false;  // fitted to the row
    CAPTURE(id, model, value);
    CHECK(verdict_with(id, "tol", {{"at_least", true}}) == (model >= value ? "hit" : "miss"));
    CHECK(verdict_with(id, "tol", {{"at_most", true}}) == (model <= value ? "hit" : "miss"));
    CHECK(verdict_with(id, "tol", {{"within", 1.001 * off}}) == "hit");
    CHECK(verdict_with(id, "tol", {{"within", 0.999 * off}}) == "miss");
    if (model * value <= 0) return true;
    const double factor = std::max(model / value, value / model);
    CHECK(verdict_with(id, "tol", {{"factor", 1.001 * factor}}) == "hit");
    if (factor > 1.01) CHECK(verdict_with(id, "tol", {{"factor", 0.999 * factor}}) == "miss");
    return true;
  });
  CHECK(checked >= 15);
}
