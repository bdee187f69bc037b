// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/reference/conditions.hpp"

#include <regex>
#include <string_view>

#include "structures/core/text.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

namespace {

/// Divisor of a unit's prefix, so that 100 ns is 100 / 1e9 and rounds as 1e-7 does.
double divisor(std::string_view unit) {
  if (unit.size() < 2 || unit == "devices") return 1;
  switch (unit.front()) {
    case 'm': return 1e3;
    case 'u': return 1e6;
    case 'n': return 1e9;
    default: return 1;
  }
}

void add(json& out, const char* key, double value) {
  if (!out.contains(key)) out[key] = value;
}

/// One comma- or semicolon-separated clause.
void read_clause(const std::string& clause, json& out) {
  static const std::regex measure{
      R"(([+-]?)(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(K|mV|V|ns|us|ms|s|mA|uA|nA|A|devices)\b)"};
  static const std::regex ratio{R"(ratio\s*>\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?))"};
  static const std::regex span{R"(\d\s*-\s*\d)"};
  const auto has = [&](const char* word) { return clause.find(word) != std::string::npos; };
  std::smatch found;
  if (std::regex_search(clause, found, ratio)) add(out, "ratio_above", text::to_double(found.str(1)).value_or(0));
  if (std::regex_search(clause, span)) return;  // a range states no one condition
  for (std::sregex_iterator at{clause.begin(), clause.end(), measure}, end; at != end; ++at) {
    const auto begin = static_cast<std::size_t>(at->position());
    if (begin > 0 && (clause[begin - 1] == '+' || clause[begin - 1] == '-')) continue;  // "+-1.5 V" is a range
    const std::string unit = at->str(3);
    const double size = text::to_double(at->str(2)).value_or(0) / divisor(unit);
    const double value = at->str(1) == "-" ? -size : size;
    if (unit == "K") add(out, "temperature_k", value);
    if (unit == "devices") add(out, "devices", value);
    if (unit.back() == 'V' && has("read"))
      add(out, "read_v", value);
    else if (unit.back() == 'V' && has("resets"))
      add(out, "erase_v", value);
    else if (unit.back() == 'V' && has("sets"))
      add(out, "set_v", value);
    else if (unit.back() == 'V')
      add(out, "pulse_v", value);
    if (unit.back() == 's' && unit != "devices") add(out, "width_s", value);
    if (unit.back() == 'A' && has("compliance")) add(out, "compliance_a", value);
  }
}

}  // namespace

json conditions_of(const std::string& words) {
  json out = json::object();
  std::size_t begin = 0;
  while (begin <= words.size()) {
    const std::size_t end = std::min(words.find_first_of(",;", begin), words.size());
    read_clause(words.substr(begin, end - begin), out);
    begin = end + 1;
  }
  return out;
}

}  // namespace hopflow::pipeline
