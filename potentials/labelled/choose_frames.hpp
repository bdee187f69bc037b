// SPDX-License-Identifier: GPL-2.0-or-later
// Which of many configurations a dear engine should label: those least like the ones chosen before.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <Eigen/Dense>

#include "structures/core/configuration.hpp"

namespace hopflow {

/// Radial surroundings of every atom: for each element of the neighbours, sums of Gaussians of distance under a cosine
/// cutoff of 6 A (the G2 functions of J. Behler, M. Parrinello, Phys. Rev. Lett. 98, 146401 (2007)), so that atoms of
/// one element can be compared wherever they are and whatever their number in the list.
/// @param elements  atomic numbers, each once  @returns one column per atom, rows by element and distance
Eigen::MatrixXd surroundings(const Configuration& configuration, std::span<const int> elements);

/// A configuration that was chosen.
struct Chosen {
  std::size_t index = 0;  ///< in the candidates
  double distance = 0;    ///< of its most unusual atom to the nearest atom of that element chosen before; 0 for a first
};

/// Farthest-point choice: again and again the candidate whose most unusual atom is farthest, by its surroundings, from
/// every atom of its element in `known` and in what was chosen before. Without `known` the first candidate begins.
/// Ends early where nothing new is left. @param count  most to choose
std::vector<Chosen> choose_frames(std::span<const Configuration> candidates, std::span<const Configuration> known,
                                  std::size_t count);

}  // namespace hopflow
