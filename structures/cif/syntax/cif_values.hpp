// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers, elements and formulas as CIF writes them; problems of a file collected with their lines.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "structures/cif/syntax/cif_syntax.hpp"

namespace hopflow {

/// What is wrong with a file, all of it at once.
class CifProblems {
 public:
  explicit CifProblems(std::string file) : file_{std::move(file)} {}

  /// Line 0 of a place: the file as a whole.
  void add(CifPlace place, const std::string& problem);
  bool any() const { return !lines_.empty(); }
  /// @throws Error{bad_input} with every problem on a line of its own, if there is one
  void throw_if_any() const;

 private:
  std::string file_;
  std::vector<std::string> lines_;
};

/// "8.0500(12)" is 8.05: the standard uncertainty in brackets is read over. nan, inf, hex and blanks are refused.
std::optional<double> cif_number(std::string_view text);

/// Atomic number of a type symbol ("Pb", "PB", "Pb2+", "I1-", "D"); nullopt if it is none.
std::optional<int> element_of_type(std::string_view symbol);

/// Atomic numbers a site label may mean ("Pb1" one, "CA1" carbon or calcium), most likely first.
std::vector<int> elements_of_label(std::string_view label);

/// Counts by atomic number from "C8 H12 I3 N Pb" or "C1.5 ..." (fractions of a formula unit are kept).
/// @return nullopt if it does not read so
std::optional<std::map<int, double>> parse_formula(std::string_view text);

/// The same from capitals only, as old files write it: "C8 H12 I3 N PB", one element a word.
std::optional<std::map<int, double>> parse_capital_formula(std::string_view text);

}  // namespace hopflow
