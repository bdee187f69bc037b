// SPDX-License-Identifier: GPL-2.0-or-later
// Two aligned endpoints become a first path.
#pragma once

#include <string>
#include <vector>

#include "neb/core/mobile.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow {

/// images + 2 configurations on the straight line between two aligned endpoints.
std::vector<Configuration> linear_path(const Configuration& initial, const Configuration& final, int images);

/// The straight path on which molecules that turn by more than 10 degrees, or whose CH3 or NH3 do, turn evenly as they
/// are, see on_the_way(). Molecules that are not the same in both or partly fixed go straight.
std::vector<Configuration> rigid_molecule_path(const Configuration& initial, const Configuration& final,
                                               const Mobile& mobile, int images);

/// The path with its interior images moved towards pair distances that change evenly from one end to the other; pairs
/// whose distance stays beyond 6 A do not count.
/// Source: Smidstrup, Pedersen, Stokbro & Jonsson, J. Chem. Phys. 140, 214106 (2014), eqs 5-7, without springs.
std::vector<Configuration> idpp_path(std::vector<Configuration> path, const Mobile& mobile);

/// Length of a polyline up to each of its points, 0 first.
std::vector<double> lengths_along(const std::vector<Eigen::VectorXd>& polyline);

/// `images` interior points at even distances along a polyline; ends kept.
std::vector<Eigen::VectorXd> evenly_spaced(const std::vector<Eigen::VectorXd>& polyline, int images);

/// The same on either side of one of the polyline's points that stays, as many on each as its share of the length.
/// @param kept  which point, not an end; afterwards its number among those returned
std::vector<Eigen::VectorXd> evenly_spaced_about(int& kept, const std::vector<Eigen::VectorXd>& polyline, int images);

/// Shortest distance between two atoms (A), one of them mobile; periodic images counted, an atom and itself not.
double shortest_distance(const Configuration& configuration, const Mobile& mobile);

/// Nearer than this share of what atoms have at the ends, and hardly an engine could begin on a path.
inline constexpr double squeezed_share = 0.75;

/// Interior images on which atoms are nearer than `share` of the shortest distance at the ends, or of the shortest in
/// units of the atoms' covalent radii, move towards even changes of their distances along the path, as in idpp_path().
/// Where the path turns back on itself the share is 0.85 at least.
/// @param may_move  one for each image
/// @return whether there were any
bool pull_apart(std::vector<Configuration>& path, const Mobile& mobile, double share,
                const std::vector<bool>& may_move);

/// Whether a step brought two atoms so much nearer to each other that an engine's refusal to answer says nothing about
/// the engine: a shorter step may be tried.
bool is_squeezed(const Configuration& before, const Configuration& after, const Mobile& mobile);

/// A method to draw a band's first path between aligned ends.
struct Interpolation {
  const char* name;
  std::vector<Configuration> (*path)(const Configuration& initial, const Configuration& final, const Mobile& mobile,
                                     int images);
};

/// "auto": rigid-molecules, or by pair distances from there where it brings atoms closer than 0.95 of the shortest
/// distance at the ends; "linear"; "idpp", from rigid-molecules; "rigid-molecules", see rigid_molecule_path();
/// "sequential-idpp": images are added one by one from both ends, each relaxed as idpp_path() does before the next, so
/// that long ways bend early. Source of the last: Schmerwitz, Asgeirsson & Jonsson, J. Chem. Theory Comput. 20, 155
/// (2024).
const std::vector<Interpolation>& interpolations();

/// @throws Error{bad_input} naming those there are
const Interpolation& interpolation_named(const std::string& name);

/// `images` interior images at even distances along a path given by others, ends replaced by these.
/// @param via  interior points of the path in order, each brought next to the one before it
/// @throws Error{bad_input} as aligned() does
std::vector<Configuration> path_via(const std::vector<Configuration>& via, const Configuration& initial,
                                    const Configuration& final, const Mobile& mobile, int images);

}  // namespace hopflow
