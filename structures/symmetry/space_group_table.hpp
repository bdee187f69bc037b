// SPDX-License-Identifier: GPL-2.0-or-later
// The 530 tabulated settings of the 230 space groups (spglib's database), found by symbol, and groups of operations.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "structures/symmetry/symmetry.hpp"

namespace hopflow {

/// One tabulated setting.
struct SpaceGroupSetting {
  int hall_number;     ///< 1..530
  int number;          ///< 1..230
  std::string symbol;  ///< full Hermann-Mauguin symbol, "P 1 2_1/m 1"
  std::string hall;
  std::string choice;  ///< axis, origin or cell choice: "b1", "2", "H"; "" if there is one setting only
};

/// Settings a Hermann-Mauguin symbol may mean, in table order; spaces, case and underscores do not matter, ":2", ":H"
/// or a trailing S, Z, H, R choose among them. Empty if the symbol is unknown.
std::vector<SpaceGroupSetting> settings_of_symbol(std::string_view symbol);
std::vector<SpaceGroupSetting> settings_of_hall(std::string_view hall);
std::vector<SpaceGroupSetting> settings_of_number(int number);

std::vector<Operation> operations_of(const SpaceGroupSetting& setting);

/// An operation as CIF writes it: "x,1/2-y,z+0.5". Letters x, y, z once per component with coefficient +-1 or in sums;
/// translations as integers, fractions or decimals. Nothing is evaluated: any other character is refused.
/// @return nullopt if it does not read so; translation in [0, 1), multiples of 1/24 made exact
std::optional<Operation> parse_operation(std::string_view text);

/// "x+1/2,-y,z".
std::string format_operation(const Operation& operation);

/// Same rotation, and translations equal up to whole numbers.
bool same_operation(const Operation& a, const Operation& b);

/// Problem with a list of operations ("" if none): determinants, identity missing, product missing, more than 192.
std::string group_problem(const std::vector<Operation>& operations);

/// True if both lists hold the same operations in any order.
bool same_operations(const std::vector<Operation>& a, const std::vector<Operation>& b);

/// Number and short symbol of the space group that operations form in a cell; nullopt if spglib finds none.
struct IdentifiedGroup {
  int number;
  std::string symbol;
};
std::optional<IdentifiedGroup> identify_group(const std::vector<Operation>& operations, const Eigen::Matrix3d& cell);

/// How far the operations are from keeping lengths and angles: largest relative change of the metric tensor.
double metric_mismatch(const std::vector<Operation>& operations, const Eigen::Matrix3d& cell);

}  // namespace hopflow
