// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/measured/measured_table.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow::pipeline {

namespace {

struct Quantity {
  std::string_view name;    ///< of the column
  std::string_view word;    ///< a heading begins with it
  std::string_view symbol;  ///< or is it, perhaps with a number behind
  std::string_view unit;    ///< SI
};

constexpr auto quantities = std::to_array<Quantity>({{"voltage_v", "voltage", "v", "V"},
                                                     {"current_a", "current", "i", "A"},
                                                     {"time_s", "time", "t", "s"},
                                                     {"conductance_s", "conductance", "g", "S"},
                                                     {"resistance_ohm", "resistance", "r", "ohm"},
                                                     {"temperature_k", "temperature", "temp", "K"},
                                                     {"width_s", "width", "w", "s"},
                                                     {"pulse", "pulse", "n", ""},
                                                     {"cycle", "cycle", "cycles", ""},
                                                     {"ratio", "ratio", "window", ""},
                                                     {"on_a", "on", "", "A"},
                                                     {"off_a", "off", "", "A"},
                                                     {"on_s", "on", "", "S"},
                                                     {"off_s", "off", "", "S"},
                                                     {"on_ohm", "on", "lrs", "ohm"},
                                                     {"off_ohm", "off", "hrs", "ohm"},
                                                     {"device", "device", "", ""}});

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  const char separator = line.find(',') != std::string::npos    ? ','
                         : line.find(';') != std::string::npos  ? ';'
                         : line.find('\t') != std::string::npos ? '\t'
                                                                : ' ';
  if (separator == ' ') return text::split_words(line);
  std::size_t begin = 0;
  while (begin <= line.size()) {
    const std::size_t end = std::min(line.find(separator, begin), line.size());
    cells.push_back(text::trim(line.substr(begin, end - begin)));
    begin = end + 1;
  }
  return cells;
}

/// A heading taken apart: letters, then what stands behind as the unit.
struct Heading {
  const Quantity* quantity = nullptr;
  std::string unit;
};

/// What a number in this unit is multiplied with; nullopt: the unit is not one of the quantity's.
std::optional<double> scale_of(const Quantity& quantity, const std::string& unit) {
  if (unit.empty() || quantity.unit.empty()) return 1.0;
  const std::string si{quantity.unit}, low = text::lower(unit);
  if (low == text::lower(si) || (si == "ohm" && low == "ohms")) return 1.0;
  static constexpr auto prefixes = std::to_array<std::pair<char, double>>(
      {{'p', 1e-12}, {'n', 1e-9}, {'u', 1e-6}, {'m', 1e-3}, {'k', 1e3}, {'M', 1e6}, {'G', 1e9}});
  for (const auto& [prefix, factor] : prefixes)
    if (unit.front() == prefix && text::lower(unit.substr(1)) == text::lower(si)) return factor;
  return std::nullopt;
}

Heading heading_of(const std::string& cell) {
  const std::string low = text::lower(cell);
  std::size_t letters = 0;
  while (letters < low.size() && std::isalpha(static_cast<unsigned char>(low[letters]))) ++letters;
  const std::string word = low.substr(0, letters);
  Heading out;
  for (const Quantity& each : quantities)
    if (out.quantity == nullptr && (word == each.word || (!each.symbol.empty() && word == each.symbol)))
      out.quantity = &each;
  // T is a temperature, t a time.
  if (cell.starts_with("T") && letters == 1)
    out.quantity = &*std::ranges::find(quantities, std::string_view{"temperature_k"}, &Quantity::name);
  std::size_t begin = letters;
  while (begin < cell.size() && std::isdigit(static_cast<unsigned char>(cell[begin]))) ++begin;
  for (std::size_t k = begin; k < cell.size(); ++k)
    if (std::isalpha(static_cast<unsigned char>(cell[k])) || cell[k] == '/') out.unit += cell[k];
  if (low.starts_with("on/off") || low.starts_with("on_off")) {
    out.quantity = &*std::ranges::find(quantities, std::string_view{"ratio"}, &Quantity::name);
    out.unit.clear();
  }
  // "on" and "off" are currents, conductances or resistances: their unit says which.
  if (word == "on" || word == "off") {
    for (const std::string_view what : {"current", "conductance", "resistance"})
      if (text::lower(out.unit).starts_with(what)) out.unit = out.unit.substr(what.size());
    for (const Quantity& each : quantities)
      if (each.word == word && scale_of(each, out.unit) && !out.unit.empty()) out.quantity = &each;
  }
  return out;
}

[[noreturn]] void refuse(const std::filesystem::path& file, int line, const std::string& problem) {
  throw Error{Error::Kind::bad_input, fmt::format("{}:{}: {}", text::printable(file.string()), line, problem)};
}

}  // namespace

const std::vector<double>* MeasuredTable::find(std::string_view name) const {
  const auto at = std::ranges::find(names, name);
  return at == names.end() ? nullptr : &columns[static_cast<std::size_t>(at - names.begin())];
}

const std::vector<double>& MeasuredTable::at(std::string_view name) const {
  if (const auto* column = find(name)) return *column;
  throw Error{Error::Kind::bad_input, fmt::format("{}: there is no column {}; the columns are {}. Name one of them {}",
                                                  text::printable(file), name, text::join(names, ", "), name)};
}

nlohmann::json to_json(const MeasuredTable& table) {
  return {{"file", table.file}, {"names", table.names}, {"columns", table.columns}, {"notes", table.notes}};
}

MeasuredTable table_from_json(const nlohmann::json& json) {
  return {.file = json.at("file"), .names = json.at("names"), .columns = json.at("columns"), .notes = json.at("notes")};
}

MeasuredTable read_measured(const std::filesystem::path& file, const std::vector<std::string>& headless,
                            const std::string& name) {
  MeasuredTable table;
  table.file = name;
  std::istringstream lines{text::read_file(file)};
  std::vector<double> scales, offsets;
  std::vector<std::size_t> wanted;
  std::size_t width = 0;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    line = text::trim(line);
    if (line.empty() || line.front() == '#') continue;
    const std::vector<std::string> cells = cells_of(line);
    const bool numbers =
        std::ranges::all_of(cells, [](const std::string& cell) { return text::to_double(cell).has_value(); });
    if (width == 0) {
      width = cells.size();
      if (numbers) {
        if (headless.empty() || cells.size() != headless.size())
          refuse(file, number,
                 fmt::format("no header, {} columns; name the columns with their units, e.g. voltage_V,current_A",
                             cells.size()));
        table.names = headless;
        table.notes.push_back(
            fmt::format("{} has no header: its columns are read as {}", table.file, text::join(headless, ", ")));
        for (std::size_t k = 0; k < width; ++k) wanted.push_back(k);
        scales.assign(width, 1);
        offsets.assign(width, 0);
        table.columns.resize(width);
      } else {
        for (std::size_t k = 0; k < width; ++k) {
          const Heading heading = heading_of(cells[k]);
          if (heading.quantity == nullptr) {
            table.notes.push_back(fmt::format("{}: column '{}' is not used", table.file, text::printable(cells[k])));
            continue;
          }
          if (std::ranges::find(table.names, heading.quantity->name) != table.names.end()) {
            table.notes.push_back(fmt::format("{}: column '{}' is a second {} and is not used", table.file,
                                              text::printable(cells[k]), heading.quantity->name));
            continue;
          }
          const bool celsius = heading.quantity->name == "temperature_k" && text::lower(heading.unit) == "c";
          const auto scale = celsius ? std::optional{1.0} : scale_of(*heading.quantity, heading.unit);
          if (!scale)
            refuse(
                file, number,
                fmt::format("column '{}': '{}' is not a unit of this quantity; {} with the usual prefixes is allowed",
                            text::printable(cells[k]), text::printable(heading.unit), heading.quantity->unit));
          if (heading.unit.empty() && !heading.quantity->unit.empty())
            table.notes.push_back(fmt::format("{}: column '{}' states no unit, {} is assumed", table.file,
                                              text::printable(cells[k]), heading.quantity->unit));
          table.names.emplace_back(heading.quantity->name);
          table.columns.emplace_back();
          wanted.push_back(k);
          scales.push_back(*scale);
          offsets.push_back(celsius ? 273.15 : 0);
        }
        continue;
      }
    }
    if (cells.size() != width || !numbers)
      refuse(file, number,
             fmt::format("'{}' found; {} numbers are expected as in the lines before", text::printable(line), width));
    for (std::size_t k = 0; k < wanted.size(); ++k)
      table.columns[k].push_back(*text::to_double(cells[wanted[k]]) * scales[k] + offsets[k]);
  }
  if (table.rows() == 0) refuse(file, number, "no rows of numbers");
  if (const auto* ohm = table.find("resistance_ohm"); ohm != nullptr && table.find("conductance_s") == nullptr) {
    std::vector<double> siemens;
    for (const double r : *ohm) siemens.push_back(1 / r);
    table.names.emplace_back("conductance_s");
    table.columns.push_back(std::move(siemens));
  }
  return table;
}

MeasuredTable read_measured(const std::filesystem::path& file, const std::vector<std::string>& headless) {
  return read_measured(file, headless, file.string());
}

}  // namespace hopflow::pipeline
