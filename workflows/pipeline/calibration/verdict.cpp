// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/calibration/verdict.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "workflows/pipeline/core/statistics.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

namespace {

/// A limit read from a file is met by a model that only rounding keeps from it.
constexpr double slack = 1e-9;

std::string shown(const json& value) {
  if (value.is_number()) return text::shortest(value.get<double>());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// The first number in `words` at or after `from`, without what is glued to its end ("0.1," is 0.1).
std::optional<double> number_from(std::string_view words, std::size_t from = 0) {
  const std::size_t begin = words.find_first_of("0123456789", from);
  if (begin == std::string_view::npos) return std::nullopt;
  std::size_t end = begin;
  while (
      end < words.size() &&
      (std::isdigit(static_cast<unsigned char>(words[end])) || words[end] == '.' ||
       ((words[end] == 'e' || words[end] == 'E') && end + 1 < words.size() &&
        (std::isdigit(static_cast<unsigned char>(words[end + 1])) || words[end + 1] == '-' || words[end + 1] == '+')) ||
       ((words[end] == '-' || words[end] == '+') && end > begin && (words[end - 1] == 'e' || words[end - 1] == 'E'))))
    ++end;
  while (end > begin && words[end - 1] == '.') --end;
  return text::to_double(words.substr(begin, end - begin));
}

std::optional<double> number_after(std::string_view words, std::string_view before) {
  const std::size_t at = words.find(before);
  if (at == std::string_view::npos) return std::nullopt;
  const std::size_t start = words.find_first_not_of(' ', at + before.size());
  if (start == std::string_view::npos || !std::isdigit(static_cast<unsigned char>(words[start]))) return std::nullopt;
  return number_from(words, start);
}

std::optional<Tolerance> range_of(const json& pair) {
  if (!pair.is_array() || pair.size() != 2 || !pair.at(0).is_number() || !pair.at(1).is_number()) return std::nullopt;
  const double a = pair.at(0), b = pair.at(1);
  return Tolerance{Tolerance::Rule::range, 0, std::min(a, b), std::max(a, b)};
}

std::optional<Tolerance> from_map(const json& tol, const json& value) {
  using Rule = Tolerance::Rule;
  const auto number = [&](const char* key) -> std::optional<double> {
    const auto at = tol.find(key);
    if (at == tol.end() || !at->is_number() || !(at->get<double>() > 0)) return std::nullopt;
    return at->get<double>();
  };
  const auto yes = [&](const char* key) { return tol.contains(key) && tol.at(key) == true; };
  if (const auto k = number("factor"); k && *k >= 1) return Tolerance{Rule::factor, *k};
  if (const auto k = number("within")) return Tolerance{Rule::within, *k};
  if (const auto k = number("relative")) return Tolerance{Rule::relative, *k};
  if (const auto k = number("interval_of"); k && *k >= 1 && *k <= 1e9) return Tolerance{Rule::interval, *k};
  if (tol.contains("range")) return tol.at("range") == true ? range_of(value) : range_of(tol.at("range"));
  if (yes("at_least")) return Tolerance{Rule::at_least};
  if (yes("at_most")) return Tolerance{Rule::at_most};
  if (yes("same")) return Tolerance{Rule::same};
  return std::nullopt;
}

std::optional<Tolerance> from_prose(const std::string& words, const json& value) {
  using Rule = Tolerance::Rule;
  const auto starts = [&](std::string_view start) { return words.starts_with(start); };
  if (starts("lower bound")) return Tolerance{Rule::at_least};
  if (starts("upper bound") || words.find("<=") != std::string::npos) return Tolerance{Rule::at_most};
  if (starts("factor "))
    if (const auto k = number_after(words, "factor "); k && *k >= 1) return Tolerance{Rule::factor, *k};
  if (const auto k = number_after(words, "+-")) return Tolerance{Rule::within, *k};
  if (starts("in_range")) return range_of(value);
  if (words.find("95 % interval") != std::string::npos)
    if (const auto n = number_after(words, " of ")) return Tolerance{Rule::interval, *n};
  for (const char* word : {"sign", "order", "exact"})
    if (starts(word)) return Tolerance{Rule::same};
  return std::nullopt;
}

Verdict missed(std::string reason, std::optional<double> used = std::nullopt) {
  return {Outcome::miss, std::move(reason), used};
}

Verdict open(std::string reason) { return {Outcome::not_computed, std::move(reason), std::nullopt}; }

/// Both ends count, one trial count when the fraction is no whole number of trials.
Interval interval_of(double p, double n) {
  const int trials = static_cast<int>(n);
  return {wilson(static_cast<int>(std::floor(p * n + slack)), trials).low,
          wilson(static_cast<int>(std::ceil(p * n - slack)), trials).high};
}

Verdict bound(double value, double model, bool least) {
  const bool holds =
      least ? model >= value * (1 - (value > 0 ? slack : -slack)) : model <= value * (1 + (value > 0 ? slack : -slack));
  std::optional<double> used;
  if (value > 0 && model > 0) used = least ? value / model : model / value;
  if (holds) return {Outcome::hit, "", used};
  return missed(fmt::format("{} is {} {}", text::shortest(model), least ? "below" : "above", text::shortest(value)),
                used);
}

Verdict by_share(double used, std::string far) {
  if (used <= 1 + slack) return {Outcome::hit, "", std::min(used, 1.0)};
  return missed(std::move(far), used);
}

Verdict in_range(double low, double high, double model) {
  const double middle = 0.5 * (low + high), half = 0.5 * (high - low);
  const double room = slack * std::max(std::abs(low), std::abs(high));
  const double used = half > 0 ? std::abs(model - middle) / half : (model == middle ? 0 : 2);
  if (model >= low - room && model <= high + room) return {Outcome::hit, "", std::min(used, 1.0)};
  return missed(fmt::format("{:.4g} is outside {:.4g} to {:.4g}", model, low, high), used);
}

Verdict number_against(const Tolerance& tol, double value, double model) {
  using Rule = Tolerance::Rule;
  if (!std::isfinite(model)) return missed("no finite number");
  switch (tol.rule) {
    case Rule::factor: {
      if (!(model / value > 0)) return missed(fmt::format("{:.4g} does not have the sign of {:.4g}", model, value));
      const double factor = std::abs(std::log10(model / value));
      const double limit = std::log10(tol.amount);
      return by_share(limit > 0 ? factor / limit : (factor <= slack ? 0 : 2),
                      fmt::format("off by a factor {:.3g}, allowed {:g}", std::pow(10.0, factor), tol.amount));
    }
    case Rule::within:
      return by_share(std::abs(model - value) / tol.amount,
                      fmt::format("off by {:.3g}, allowed {:g}", std::abs(model - value), tol.amount));
    case Rule::relative: {
      if (value == 0) return open("a relative tolerance is undefined for a value of 0");
      const double off = std::abs(model - value) / std::abs(value);
      return by_share(off / tol.amount, fmt::format("off by {:.3g} %, allowed {:g} %", 100 * off, 100 * tol.amount));
    }
    case Rule::range:
      if (value < tol.low || value > tol.high) return open("the row's value lies outside its own range");
      return in_range(tol.low, tol.high, model);
    case Rule::at_least: return bound(value, model, true);
    case Rule::at_most: return bound(value, model, false);
    case Rule::interval: {
      if (!(value >= 0 && value <= 1)) return open("an interval of trials needs a fraction from 0 to 1 as its value");
      const Interval interval = interval_of(value, tol.amount);
      return in_range(interval.low, interval.high, model);
    }
    case Rule::same:
      return model == value ? Verdict{Outcome::hit, "", 0.0}
                            : missed(fmt::format("{} is not {}", text::shortest(model), text::shortest(value)));
  }
  return open("no rule");
}

/// Lists are met where every number is; the worst one is reported.
Verdict list_against(const Tolerance& tol, const json& value, const json& model) {
  if (tol.rule == Tolerance::Rule::range) {
    Verdict worst{Outcome::hit, "", 0.0};
    for (const json& number : model) {
      const Verdict each = in_range(tol.low, tol.high, number);
      if (each.outcome != Outcome::hit || each.used > worst.used) worst = each;
      if (worst.outcome != Outcome::hit) break;
    }
    return worst;
  }
  if (value.size() != model.size()) return missed(fmt::format("{} numbers for {}", model.size(), value.size()));
  Verdict worst{Outcome::hit, "", 0.0};
  for (std::size_t i = 0; i < value.size(); ++i) {
    Verdict each = number_against(tol, value.at(i), model.at(i));
    if (each.outcome == Outcome::not_computed) return each;
    if (each.outcome == Outcome::miss) {
      each.reason = fmt::format("{} of the row: {}", text::shortest(value.at(i).get<double>()), each.reason);
      return each;
    }
    if (each.used > worst.used) worst = each;
  }
  return worst;
}

bool all_numbers(const json& list) {
  return list.is_array() && !list.empty() &&
         std::all_of(list.begin(), list.end(), [](const json& each) { return each.is_number(); });
}

std::string plain(std::string_view words) { return text::join(text::split_words(text::lower(words)), " "); }

}  // namespace

std::string_view word(Outcome outcome) {
  switch (outcome) {
    case Outcome::hit: return "hit";
    case Outcome::miss: return "miss";
    case Outcome::not_computed: break;
  }
  return "not_computed";
}

std::optional<Tolerance> tolerance_of(const json& tol, const json& value) {
  if (tol.is_number() && tol.get<double>() > 0) return Tolerance{Tolerance::Rule::relative, tol.get<double>()};
  if (tol.is_object()) return from_map(tol, value);
  if (tol.is_string()) return from_prose(tol.get<std::string>(), value);
  return std::nullopt;
}

std::string tolerance_text(const json& tol) {
  using Rule = Tolerance::Rule;
  if (tol.is_string()) return tol;
  const auto rule = tolerance_of(tol, json{});
  if (tol.is_number()) return text::shortest(tol.get<double>());
  if (!rule) return tol.is_object() && tol.contains("range") ? "in_range" : "";
  switch (rule->rule) {
    case Rule::factor: return "factor " + text::shortest(rule->amount);
    case Rule::within: return "+-" + text::shortest(rule->amount);
    case Rule::relative: return text::shortest(rule->amount);
    case Rule::interval: return "95 % interval of " + text::shortest(rule->amount);
    case Rule::range: return fmt::format("{} to {}", text::shortest(rule->low), text::shortest(rule->high));
    case Rule::at_least: return "lower bound";
    case Rule::at_most: return "upper bound";
    case Rule::same: break;
  }
  return "exact";
}

Verdict judge(const json& row, const json& model) {
  if (model.is_null()) return open("the model has no answer");
  json value = row.value("value", json{});
  if (value.is_null()) return open("the row states no value to compare with");
  if (value.is_object() && value.contains("s") && value.at("s").is_number()) value = value.at("s");
  const json stated = row.value("tol", json{});
  const auto tol = tolerance_of(stated, value);
  if (!tol)
    return open(stated.is_null()
                    ? "the row states no tolerance"
                    : fmt::format("its tolerance '{}' is not a known rule", text::printable(shown(stated))));
  if (value.is_number()) {
    if (model.is_number()) return number_against(*tol, value, model);
    return missed(fmt::format("{} where a number is expected", shown(model)));
  }
  if (all_numbers(value)) {
    if (model.is_number() && tol->rule == Tolerance::Rule::range)
      return in_range(tol->low, tol->high, model.get<double>());
    if (all_numbers(model)) return list_against(*tol, value, model);
    return missed(fmt::format("{} where {} numbers are expected", shown(model), value.size()));
  }
  if (tol->rule != Tolerance::Rule::same) return open("its tolerance asks for a number, its value is none");
  if (value.is_string() && model.is_string()) {
    if (plain(value.get<std::string>()) == plain(model.get<std::string>())) return {Outcome::hit, "", std::nullopt};
    return missed(fmt::format("{}, the row says {}", shown(model), shown(value)));
  }
  return value == model ? Verdict{Outcome::hit, "", std::nullopt}
                        : missed(fmt::format("{}, the row says {}", shown(model), shown(value)));
}

std::vector<std::string> order_of(const json& value) {
  std::vector<std::string> names;
  if (value.is_array()) {
    for (const json& name : value) {
      if (!name.is_string()) return {};
      names.push_back(text::lower(text::trim(name.get<std::string>())));
    }
    return names;
  }
  if (!value.is_string()) return {};
  const std::string words = text::lower(value.get<std::string>());
  const bool rising = words.find('<') != std::string::npos, falling = words.find('>') != std::string::npos;
  if (rising == falling) return {};
  std::size_t begin = 0;
  while (begin <= words.size()) {
    const std::size_t end = std::min(words.find(rising ? '<' : '>', begin), words.size());
    names.push_back(text::trim(words.substr(begin, end - begin)));
    begin = end + 1;
  }
  if (falling) std::ranges::reverse(names);
  return names;
}

Verdict judge_order(const json& row, const std::map<std::string, double>& values) {
  const std::vector<std::string> names = order_of(row.value("value", json{}));
  if (names.size() < 2) return open("its value is not an order of two or more names");
  std::map<std::string, double> known;
  for (const auto& [name, value] : values) known[text::lower(name)] = value;
  std::vector<double> found;
  for (const std::string& name : names) {
    const auto at = known.find(name);
    if (at == known.end() || !std::isfinite(at->second))
      return open(fmt::format("no number for '{}'", text::printable(name)));
    found.push_back(at->second);
  }
  for (std::size_t i = 1; i < found.size(); ++i)
    if (!(found[i - 1] < found[i]))
      return missed(
          fmt::format("{} ({:.3g}) is not below {} ({:.3g})", names[i - 1], found[i - 1], names[i], found[i]));
  return {Outcome::hit, "", std::nullopt};
}

json to_json(const Verdict& verdict) {
  return {{"verdict", word(verdict.outcome)}, {"reason", verdict.reason}, {"at_limit", verdict.at_limit()}};
}

}  // namespace hopflow::pipeline
