// SPDX-License-Identifier: GPL-2.0-or-later
// Formal charges of ions and molecules.
#pragma once

#include <optional>

#include "structures/crystal.hpp"

namespace hopflow {

/// Charge of an ion that has one common oxidation state in halides (alkali +1, Pb 2+, halides -1, ...); nullopt otherwise.
std::optional<int> ion_charge(int atomic_number);

/// Sum over the single ions and molecules of a cell; nullopt if one of them has no known charge.
std::optional<int> net_charge(const Crystal& crystal);

}  // namespace hopflow
