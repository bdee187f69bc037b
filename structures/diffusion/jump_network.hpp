// SPDX-License-Identifier: GPL-2.0-or-later
// The sites of one vacancy and its jumps between them, with energies: what transport is computed from.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "structures/hops/hops.hpp"

namespace hopflow {

/// A jump of the vacancy from site `from` to the image of site `to`, `image` cells away, and back: listed once.
struct Jump {
  int from;
  int to;
  Eigen::Vector3i image;
  double saddle_ev;  ///< on the scale of the site energies
};

/// A periodic network of vacancy sites. One vacancy jumps from i over a jump's saddle at the rate
/// nu exp(-(saddle - energy_i) / kT), so that detailed balance holds.
struct JumpNetwork {
  Eigen::Matrix3d cell;                     ///< columns a, b, c (A)
  std::vector<Eigen::Vector3d> fractional;  ///< per site
  std::vector<double> energy_ev;            ///< per site, of the vacancy there
  std::vector<Jump> jumps;

  int size() const { return static_cast<int>(energy_ev.size()); }
};

/// The sites that hops with known energies tie together, and every member of those hops. Sites that no hop reaches have
/// no known energy and stay out; of several groups not tied to each other the one with the lowest network barrier is
/// taken. nullopt if no group has an endless path.
std::optional<JumpNetwork> jump_network(const Crystal& crystal, const HopTable& table,
                                        std::span<const HopEnergy> energies);

/// One infinite component of a jump network on the lattice of its own translations, which need not be the crystal's.
struct JumpComponent {
  Eigen::Matrix3Xd lattice;  ///< 3 x rank: its translations (A); rank 0 for a closed component
  std::vector<int> sites;    ///< indices into the network
  std::vector<Jump> jumps;   ///< between places in `sites`; the first `rank` entries of image count, the rest are 0
  /// Where each site of the component stands: fractional coordinates of the network's cell.
  std::vector<Eigen::Vector3d> fractional;

  int rank() const { return static_cast<int>(lattice.cols()); }
};

/// @throws Error{bad_input} unless the temperature (K) and the attempt frequency (THz) are sensible positive numbers
void check_rate_conditions(double temperature, double frequency);

std::vector<JumpComponent> components_of(const JumpNetwork& network);

}  // namespace hopflow
