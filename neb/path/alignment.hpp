// SPDX-License-Identifier: GPL-2.0-or-later
// Two structures brought into one frame.
#pragma once

#include "neb/core/mobile.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow {

/// What is known of the order of atoms in two structures.
enum class AtomOrder {
  given,  ///< by somebody: checked
  kept,   ///< one structure came from the other, or the path between them is known
};

/// The final structure moved so that every atom lies next to where it is in the initial one: whole lattice vectors are
/// taken off each atom's displacement, molecules in one piece, and, where nothing is fixed and there is more than one
/// atom, a drift of the whole structure, and its rotation where nothing is periodic either. Fixed atoms are put exactly
/// where the initial structure has them.
/// @throws Error{bad_input} naming both values if atoms, species, cells or periodic directions differ, a fixed atom has
///   moved by more than 0.1 A, or a given order of atoms is no order to go in: better_order() is far better
Configuration aligned(const Configuration& initial, const Configuration& final, const Mobile& mobile,
                      AtomOrder order = AtomOrder::given);

/// The shift that leaves least of the displacements, those longer than 0.5 A counted as 0.5 A. Up to 64 of them are
/// tried, so one hop or a few cannot decide it.
/// @param displacement  3xN, shortest images
Eigen::Vector3d common_shift(const Configuration& frame, const Eigen::Matrix3Xd& displacement);

}  // namespace hopflow
