// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/core/json_input.hpp"

#include <cmath>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow::pipeline {

namespace {

/// What was found, short and harmless on a terminal.
std::string shown(const nlohmann::json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) return "not a finite number";
  std::string words = text::printable(value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
  if (words.size() > 40) words = words.substr(0, 37) + "...";
  return words;
}

}  // namespace

InputReader::InputReader(const nlohmann::json& json, std::string_view place) : json_{json}, place_{place} {
  if (!json.is_object()) {
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: found {}; a JSON object is expected here", place_, shown(json))};
  }
}

void InputReader::fail(std::string_view key, std::string_view problem) const {
  throw Error{Error::Kind::bad_input, fmt::format("{}: '{}' {}", place_, key, problem)};
}

const nlohmann::json* InputReader::find(std::string_view key) const {
  const auto at = json_.find(std::string{key});
  return at == json_.end() || at->is_null() ? nullptr : &*at;
}

double InputReader::number(std::string_view key, double low, double high) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr)
    fail(key, fmt::format("is missing; give a number from {} to {}", text::shortest(low), text::shortest(high)));
  if (!value->is_number()) {
    fail(key,
         fmt::format("is {}; give a number from {} to {}", shown(*value), text::shortest(low), text::shortest(high)));
  }
  const double found = value->get<double>();
  if (!(found >= low && found <= high)) {
    fail(key,
         fmt::format("is {}; give a number from {} to {}", shown(*value), text::shortest(low), text::shortest(high)));
  }
  return found;
}

double InputReader::number_or(std::string_view key, double low, double high, double otherwise) const {
  return find(key) == nullptr ? otherwise : number(key, low, high);
}

std::optional<double> InputReader::maybe_number(std::string_view key, double low, double high) const {
  if (find(key) == nullptr) return std::nullopt;
  return number(key, low, high);
}

long InputReader::integer_or(std::string_view key, long low, long high, long otherwise) const {
  if (find(key) == nullptr) return otherwise;
  const double value = number(key, static_cast<double>(low), static_cast<double>(high));
  if (value != std::floor(value)) fail(key, fmt::format("is {}; give a whole number", text::shortest(value)));
  return static_cast<long>(value);
}

bool InputReader::boolean_or(std::string_view key, bool otherwise) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) fail(key, fmt::format("is {}; give true or false", shown(*value)));
  return value->get<bool>();
}

std::string InputReader::text(std::string_view key) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr) fail(key, "is missing; give a text");
  if (!value->is_string()) fail(key, fmt::format("is {}; give a text", shown(*value)));
  return value->get<std::string>();
}

std::string InputReader::text_or(std::string_view key, std::string_view otherwise) const {
  return find(key) == nullptr ? std::string{otherwise} : text(key);
}

std::string InputReader::one_of(std::string_view key, std::initializer_list<std::string_view> allowed) const {
  const std::string found = text(key);
  std::vector<std::string> words;
  for (const std::string_view word : allowed) {
    if (found == word) return found;
    words.emplace_back(word);
  }
  fail(key, fmt::format("is '{}'; allowed: {}", text::printable(found), text::join(words, ", ")));
}

const nlohmann::json& InputReader::array(std::string_view key) const {
  const nlohmann::json* value = find(key);
  if (value == nullptr || !value->is_array())
    fail(key, fmt::format("is {}; give a list", value ? shown(*value) : "missing"));
  return *value;
}

void InputReader::allow_keys(const std::vector<std::string>& allowed) const {
  for (const auto& [key, value] : json_.items()) {
    bool known = false;
    for (const std::string& name : allowed) known = known || name == key;
    if (known) continue;
    const auto hint = text::nearest(key, allowed);
    fail(text::printable(key), hint ? fmt::format("is not known; did you mean '{}'?", *hint)
                                    : fmt::format("is not known; known: {}", text::join(allowed, ", ")));
  }
}

}  // namespace hopflow::pipeline
