// SPDX-License-Identifier: GPL-2.0-or-later
// Any Hall symbol as operations, tabulated or not.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "structures/symmetry/symmetry.hpp"

namespace hopflow {

/// Operations of a Hall symbol, identity first: "-P 2ac 2n", "F 4d 2 3 -1cd", with an origin "(0 0 1)" in twelfths or
/// other axes "(x-z,y,z+1/4)" of the same volume at its end; underscores stand for blanks.
/// @return nullopt if it is none, or generates no space group
/// Source: Hall, Acta Cryst. A37, 517 (1981); International Tables B, section 1.4.
std::optional<std::vector<Operation>> operations_of_hall(std::string_view symbol);

}  // namespace hopflow
