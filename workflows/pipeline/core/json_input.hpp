// SPDX-License-Identifier: GPL-2.0-or-later
// Reading JSON that others wrote: every refusal names the place and the key.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

/// A JSON object read key by key. All members throw Error{bad_input} naming place and key.
class InputReader {
 public:
  /// @throws Error{bad_input} if `json` is no object. Keeps a reference: the object must outlive the reader.
  InputReader(const nlohmann::json& json, std::string_view place);

  double number(std::string_view key, double low, double high) const;
  double number_or(std::string_view key, double low, double high, double otherwise) const;
  /// null or absent is nullopt.
  std::optional<double> maybe_number(std::string_view key, double low, double high) const;
  long integer_or(std::string_view key, long low, long high, long otherwise) const;
  bool boolean_or(std::string_view key, bool otherwise) const;
  std::string text(std::string_view key) const;
  std::string text_or(std::string_view key, std::string_view otherwise) const;
  std::string one_of(std::string_view key, std::initializer_list<std::string_view> allowed) const;
  const nlohmann::json& array(std::string_view key) const;
  /// nullptr if absent or null.
  const nlohmann::json* find(std::string_view key) const;
  void allow_keys(const std::vector<std::string>& allowed) const;
  [[noreturn]] void fail(std::string_view key, std::string_view problem) const;

 private:
  const nlohmann::json& json_;
  std::string place_;
};

}  // namespace hopflow::pipeline
