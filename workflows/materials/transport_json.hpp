// SPDX-License-Identifier: GPL-2.0-or-later
// What barriers of hops mean for transport through the crystal, as results state it.
#pragma once

#include <span>
#include <vector>

#include <nlohmann/json.hpp>

#include "structures/hops/hops.hpp"

namespace hopflow {

/// Where and how fast a diffusivity is wanted.
struct DiffusionOptions {
  std::vector<double> temperatures_k;
  double attempt_frequency_thz = 1;
  double attempt_frequency_factor = 10;  ///< the frequency is known within this factor
};

/// The network's barriers by dimension and along a, b, c: keys by_dimension and along_cell.
nlohmann::ordered_json network_barriers_json(const HopTable& table, std::span<const HopEnergy> energies);

/// Diffusion of a dilute vacancy and of the atoms it moves at each temperature, and its Arrhenius line from 0.8 to 1.3
/// times the first temperature; null if the hops have no endless path.
/// @throws Error{bad_input} if a temperature or the frequency is no sensible number
nlohmann::ordered_json diffusion_json(const Crystal& crystal, const HopTable& table,
                                      std::span<const HopEnergy> energies, const DiffusionOptions& options);

}  // namespace hopflow
