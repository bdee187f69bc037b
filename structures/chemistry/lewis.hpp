// SPDX-License-Identifier: GPL-2.0-or-later
// The charge of a molecule or molecular ion from its bonds: which atoms keep a bond open.
#pragma once

#include <optional>
#include <span>
#include <utility>

#include <Eigen/Dense>

namespace hopflow {

struct LewisCharge {
  std::optional<int> charge;    ///< e; nullopt where bonds and valences do not decide
  bool lacks_hydrogen = false;  ///< an atom has fewer neighbours than its geometry asks for: hydrogen is left out
};

/// Lewis structure with as many double and triple bonds as the usual valences (C 4, N 3, O 2, S 2, 4, 6, P 3, 5) leave
/// room for: a maximum matching of open valences over neighbouring atoms. What stays open is a negative charge on N, O,
/// S and P (carboxylate, phosphate, imidazolate), a positive one on carbon next to nitrogen with three neighbours
/// (pyridinium, guanidinium, imidazolium); nitrogen with four neighbours carries +1. The number of electrons must come
/// out even.
/// @param species    atomic numbers of H, C, N, O, P, S and halogens bonded to carbon
/// @param positions  3xN Cartesian, the molecule whole (A)
/// @param bonds      pairs of indices, each once
/// Source of the matching: Edmonds, Can. J. Math. 17, 449 (1965).
LewisCharge lewis_charge(std::span<const int> species, const Eigen::Matrix3Xd& positions,
                         std::span<const std::pair<int, int>> bonds);

}  // namespace hopflow
