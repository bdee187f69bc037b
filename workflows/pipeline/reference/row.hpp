// SPDX-License-Identifier: GPL-2.0-or-later
// What a published row says: which kind of quantity, of which film, under which conditions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

/// A kind of quantity a row may state.
struct RowKind {
  std::string_view name;
  std::string_view states;   ///< what the value is, with its unit
  std::string_view outside;  ///< "" if a device answers it, else what does
};

/// Every kind, in the order they are documented.
std::span<const RowKind> row_kinds();

/// @return nullptr if no kind is called that
const RowKind* find_kind(std::string_view name);

/// Rows with `kind`, `film` and `protocol` filled in: what a row states itself comes first, then
///   protocol.like  the value of the row with this id (a context row that describes a test), keys in lower case
///   cond           numbers with units in the prose of older files: "363 K, 0.1 V read", "1.25 V x 100 ns", ...
/// Rows of the first reference file state their kind by id only (paper_names.hpp). Applying it twice changes nothing.
/// @param rows  as load_reference() gives them
/// @throws Error{bad_input} naming the row: an unknown kind or protocol key, `like` a row that isn't there
nlohmann::json complete_rows(const nlohmann::json& rows);

/// Whether rows of this kind state a migration barrier.
bool states_barrier(std::string_view kind);

/// "" if the row has none.
std::string kind_of(const nlohmann::json& row);
std::string film_of(const nlohmann::json& row);

/// A number of the row's protocol; nullopt if it states none.
std::optional<double> condition(const nlohmann::json& row, std::string_view key);
double condition_or(const nlohmann::json& row, std::string_view key, double otherwise);

/// Rows of this kind and role, in the file's order.
std::vector<const nlohmann::json*> rows_of(const nlohmann::json& rows, std::string_view kind, std::string_view role);

/// Whether a row says how devices of its film switch, conduct when set, or forget.
bool is_kinetic(const nlohmann::json& row);

/// The film whose switching was measured: that of the first calibrate row of the kinetics, else of the first off
/// current, else "".
std::string measured_film(const nlohmann::json& rows);

/// The films the rows name, each once.
std::vector<std::string> films_of(const nlohmann::json& rows);

/// A number that rows describing the device state for one of its parameters, and where.
struct StatedParameter {
  std::string key;  ///< of a DeviceParameters member
  double value = 0;
  std::string row;
};

/// Film thickness, sweep limit, sweep step and compliance from the rows of kind geometry and sweep_protocol.
std::vector<StatedParameter> stated_parameters(const nlohmann::json& rows);

/// The first of `words` that stands in the row's value (text or list) as a whole word, without regard to case.
/// `words` hold {name, phrase}: several phrases may mean one name; longer phrases are looked for first.
struct Phrase {
  std::string_view name;
  std::string_view phrase;
};
std::optional<std::string> word_in(const nlohmann::json& value, std::span<const Phrase> words);

}  // namespace hopflow::pipeline
