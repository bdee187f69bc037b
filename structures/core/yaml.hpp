// SPDX-License-Identifier: GPL-2.0-or-later
// Strict YAML: every value knows its file, line and column; duplicates, aliases, anchors and tags are refused.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hopflow::yaml {

/// One value of a YAML file: a scalar (kept as text), a list or a map (in the order written).
/// A missing or unsuitable value throws Error{bad_input} with file:line:column.
class Node {
 public:
  enum class Kind { null, scalar, list, map };

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool is_scalar() const { return kind_ == Kind::scalar; }
  bool is_list() const { return kind_ == Kind::list; }
  bool is_map() const { return kind_ == Kind::map; }

  /// "file:line:column", counted from 1.
  std::string place() const;

  /// Throws Error{bad_input}: place, then `problem`.
  [[noreturn]] void fail(std::string_view problem) const;

  // Scalars.
  std::string text() const;
  double number() const;                         ///< finite decimal; never octal, hex, nan or inf
  double number(double low, double high) const;  ///< as number(), within [low, high]
  long integer() const;
  long integer(long low, long high) const;
  bool boolean() const;  ///< true or false, nothing else
  std::string one_of(std::initializer_list<std::string_view> allowed) const;

  // Lists.
  const std::vector<Node>& items() const;

  // Maps.
  const std::vector<std::pair<std::string, Node>>& entries() const;
  const Node* find(std::string_view key) const;  ///< nullptr if absent
  const Node& at(std::string_view key) const;    ///< throws if absent, naming the key
  /// Throws on the first key not in `allowed`, naming the nearest allowed one.
  void allow_keys(std::initializer_list<std::string_view> allowed) const;
  void allow_keys(const std::vector<std::string>& allowed) const;
  /// The same map, at the same place, with one key left out; for readers that do not know it.
  Node without(std::string_view key) const;

 private:
  friend class Builder;
  Kind kind_ = Kind::null;
  bool quoted_ = false;
  std::string text_;
  std::vector<Node> items_;
  std::vector<std::pair<std::string, Node>> entries_;
  std::string file_;
  int line_ = 1;
  int column_ = 1;
};

/// Reads one YAML document.
/// @throws Error{bad_input} with file:line:column on a syntax error, duplicate key, alias, anchor, tag, or second
/// document
Node load(const std::filesystem::path& path);

/// As load(), from text; `name` stands in messages where the file name would.
Node parse(const std::string& text, const std::string& name);

/// A text as a double-quoted scalar: load() reads it back to the same text.
std::string quoted(const std::string& value);

}  // namespace hopflow::yaml
