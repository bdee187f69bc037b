// SPDX-License-Identifier: GPL-2.0-or-later
// Macroscopic diffusion from a jump network: of a dilute vacancy, and of the atoms it moves.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "structures/diffusion/jump_network.hpp"

namespace hopflow {

/// Diffusion tensor of one vacancy (A^2 THz = 1e-4 cm^2/s; Cartesian axes of the cell), exact for the network:
/// D = sum over jumps of flux * d d^T, less what the correlation of successive jumps takes back, that is
/// D e.e = min over phi of sum flux (d.e + phi_to - phi_from)^2, with the equilibrium flux
/// nu exp(-saddle/kT) / sum_i exp(-energy_i/kT). Site by site is eliminated (star-mesh transformation), which adds
/// positive numbers only: traps and fast rattling between two sites cost no digits. Components that are not joined
/// count by the share of vacancies they hold in equilibrium.
/// @param temperature  K  @param frequency  attempt frequency nu (THz)
/// @throws Error{bad_input} if the temperature or frequency is no positive number, or the network has more than 2000
/// sites
Eigen::Matrix3d vacancy_diffusivity(const JumpNetwork& network, double temperature, double frequency);

/// Self-diffusion of the atoms by the vacancy mechanism.
struct TracerDiffusion {
  /// D* of a labelled atom divided by the fraction of sites that are vacant (A^2 THz), same axes as
  /// vacancy_diffusivity.
  Eigen::Matrix3d per_vacancy_fraction;
  double error;  ///< estimated relative error along the worst principal axis: two meshes in reciprocal space compared
};

/// Exact for one vacancy at a time (dilute), all atoms of the element alike but one that is labelled: the vacancy walks
/// on the infinite network, exchanges with the labelled atom, leaves and may come back. Its Green function is
/// integrated over reciprocal space (after Koiwa and Ishioka, Phil. Mag. A 47 (1983) 927) on a mesh refined towards k =
/// 0, the jumps at the labelled atom are the perturbation; the atom remembers its site until another vacancy comes. The
/// ratio to vacancy_diffusivity is the correlation factor: 0.6531 in the simple cubic lattice. Zero along a chain:
/// there the vacancy comes back until everything it did is undone. nullopt if the network has too many sites (96 in a
/// component) or rates too different for double precision.
std::optional<TracerDiffusion> tracer_diffusivity(const JumpNetwork& network, double temperature, double frequency);

/// A tensor as users read it.
struct PrincipalAxes {
  std::array<double, 3> values;  ///< descending, never below 0
  Eigen::Matrix3d vectors;       ///< columns, Cartesian unit vectors, largest entry of each positive
};
PrincipalAxes principal_axes(const Eigen::Matrix3d& tensor);

/// e.T e for the unit vector along each cell vector.
std::array<double, 3> along_cell(const Eigen::Matrix3d& tensor, const Eigen::Matrix3d& cell);

/// ln D = ln prefactor - activation / kT, by least squares over the temperatures.
struct Arrhenius {
  double activation_ev;
  double prefactor;  ///< unit of the diffusivities
  double worst_log;  ///< largest |ln D - fit|: how straight the line is
};
/// @throws Error{bad_input} unless there are two temperatures and every value is positive
Arrhenius fit_arrhenius(std::span<const double> temperatures, std::span<const double> diffusivities);

}  // namespace hopflow
