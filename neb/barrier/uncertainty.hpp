// SPDX-License-Identifier: GPL-2.0-or-later
// The error bar of a barrier, part by part, and its trust list.
#pragma once

#include <optional>
#include <vector>

#include "neb/barrier/barrier.hpp"
#include "neb/pathway/pathway.hpp"
#include "neb/relax/relax.hpp"

namespace hopflow {

/// A saddle less than this above the higher end is no barrier, unless descents from it reach both ends.
inline constexpr double no_barrier = 5e-4;  // eV

/// Everything the parts and checks are made from.
struct Evidence {
  const Relaxed* initial = nullptr;
  const Relaxed* final = nullptr;
  const Pathway* pathway = nullptr;
  double endpoint_fmax = 0;  ///< eV/A
  double fmax = 0;           ///< eV/A
};

/// A part that converging the same search further would make smaller.
UncertaintyPart numerical_part(std::string name, std::optional<double> value_ev, std::string note);

std::vector<UncertaintyPart> uncertainty_parts(const Evidence& evidence);

/// Root of the sum of squares of the parts that have a value (eV).
double quadrature(const std::vector<UncertaintyPart>& parts);

/// The same over the numerical parts (eV).
double numerical_error(const std::vector<UncertaintyPart>& parts);

/// Names of the checks that failed, in their order.
std::vector<std::string> failed_checks(const std::vector<Check>& checks);

std::vector<Check> trust_list(const Evidence& evidence, const Mobile& mobile);

}  // namespace hopflow
