// SPDX-License-Identifier: GPL-2.0-or-later
// The one rule by which a model's answer is called a hit or a miss of a published row: barriers, devices, arrays and
// networks alike.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

enum class Outcome { hit, miss, not_computed };

/// "hit", "miss", "not_computed".
std::string_view word(Outcome outcome);

/// How a row says its value is to be met.
struct Tolerance {
  enum class Rule {
    factor,    ///< |log10(model/value)| <= log10(amount)
    within,    ///< |model - value| <= amount, in the row's unit; of a list, each number
    relative,  ///< |model - value| <= amount |value|
    range,     ///< low <= model <= high
    at_least,  ///< model >= value
    at_most,   ///< model <= value
    interval,  ///< inside the 95 % (Wilson) interval of the value as a fraction of `amount` trials
    same,      ///< the same word, list or order
  };
  Rule rule = Rule::same;
  double amount = 0;
  double low = 0, high = 0;  ///< of a range
};

/// The tolerance of a row, from `tol: {factor: 3}`, `{within: 0.1}`, `{relative: 0.1}`, `{range: [a, b]}`,
/// `{at_least: true}`, `{at_most: true}`, `{interval_of: 55}`, `{same: true}`, or from the prose of older files
/// ("factor 3 in time", "+-0.15 eV", "each edge +-0.1 V", "lower bound", "in_range", "95 % interval ... of 1000",
/// "sign", "order", "exact", a bare number as relative).
/// @param tol    the row's tolerance
/// @param value  the row's value: "in_range" takes its two ends
/// @return nullopt if it has none of these forms
std::optional<Tolerance> tolerance_of(const nlohmann::json& tol, const nlohmann::json& value);

/// What came of comparing.
struct Verdict {
  Outcome outcome = Outcome::not_computed;
  std::string reason;          ///< why nothing was computed, or how a miss misses; "" for a hit
  std::optional<double> used;  ///< share of the tolerance used up, 0 at the value and 1 at the limit

  /// A hit that takes four fifths or more of its tolerance.
  bool at_limit() const { return outcome == Outcome::hit && used && *used >= 0.8; }
};

/// Judges a model's answer by what the row itself states in `value` and `tol`.
/// @param row    {"value", "tol", ...}
/// @param model  number, list of numbers or text as the value is; null: nothing was computed. A {V, s} value is met by
///               its time. A word where a number is expected ("never") is a miss.
Verdict judge(const nlohmann::json& row, const nlohmann::json& model);

/// Judges an order: the value is a list of names from small to large, or text "A < B < C" or "A > B".
/// @param values  by name, compared without regard to case; names beyond the row's are left alone
Verdict judge_order(const nlohmann::json& row, const std::map<std::string, double>& values);

/// Names of an order from small to large, in lower case; empty if the value is no order.
std::vector<std::string> order_of(const nlohmann::json& value);

/// {"verdict", "reason", "at_limit"}
nlohmann::json to_json(const Verdict& verdict);

}  // namespace hopflow::pipeline
