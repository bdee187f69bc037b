// SPDX-License-Identifier: GPL-2.0-or-later
// Two endpoints become a first path: matching, unwrapping, drift, linear and image-dependent pair potential.
#pragma once

#include <string>
#include <vector>

#include "neb/mobile.hpp"
#include "structures/configuration.hpp"

namespace hopflow {

/// The final structure moved so that every atom lies next to where it is in the initial one: whole lattice vectors are
/// taken off each atom's displacement and, where nothing is fixed and there is more than one atom, a drift of the whole
/// structure, and its rotation where nothing is periodic either. Fixed atoms are put exactly where the initial structure has them.
/// @throws Error{bad_input} naming both values if atoms, species, cells or periodic directions differ, a fixed atom has
///   moved by more than 0.1 A, or atoms of one species have traded places (the order of atoms differs)
Configuration aligned(const Configuration& initial, const Configuration& final, const Mobile& mobile);

/// images + 2 configurations on the straight line between two aligned endpoints.
std::vector<Configuration> linear_path(const Configuration& initial, const Configuration& final, int images);

/// The path with its interior images moved towards pair distances that change evenly from one end to the other; pairs
/// whose distance stays beyond 6 A do not count.
/// Source: Smidstrup, Pedersen, Stokbro & Jonsson, J. Chem. Phys. 140, 214106 (2014), eqs 5-7, without springs.
std::vector<Configuration> idpp_path(std::vector<Configuration> path, const Mobile& mobile);

/// `images` interior points at even distances along a polyline; ends kept.
std::vector<Eigen::VectorXd> evenly_spaced(const std::vector<Eigen::VectorXd>& polyline, int images);

/// Shortest distance between two atoms (A), one of them mobile; periodic images counted, an atom and itself not.
double shortest_distance(const Configuration& configuration, const Mobile& mobile);

/// Nearer than this share of the shortest distance at the ends, and hardly an engine could begin on a path.
inline constexpr double squeezed_share = 0.75;

/// Interior images on which atoms are nearer than `share` of the shortest distance at the ends move towards even changes
/// of their distances along the path, as in idpp_path(). Where the path turns back on itself the share is 0.85 at least.
/// @param may_move  one for each image
/// @return whether there were any
bool pull_apart(std::vector<Configuration>& path, const Mobile& mobile, double share, const std::vector<bool>& may_move);

/// Whether a step brought two atoms so much nearer to each other that an engine's refusal to answer says nothing about the
/// engine: a shorter step may be tried.
bool is_squeezed(const Configuration& before, const Configuration& after, const Mobile& mobile);

/// A way to lay a band's first path between aligned ends.
struct Interpolation {
  const char* name;
  std::vector<Configuration> (*path)(const Configuration& initial, const Configuration& final, const Mobile& mobile,
                                     int images);
};

/// "auto": linear, or by pair distances where the straight line brings atoms closer than 0.95 of the shortest distance at
/// the ends; "linear"; "idpp"; "sequential-idpp": images are added one by one from both ends, each relaxed as idpp_path()
/// does before the next, so that long ways bend early.
/// Source of the last: Schmerwitz, Asgeirsson & Jonsson, J. Chem. Theory Comput. 20, 155 (2024).
const std::vector<Interpolation>& interpolations();

/// @throws Error{bad_input} naming those there are
const Interpolation& interpolation_named(const std::string& name);

/// `images` interior images at even distances along a path given by others, ends replaced by these.
/// @param via  interior points of the path in order, each brought next to the one before it
/// @throws Error{bad_input} as aligned() does
std::vector<Configuration> path_via(const std::vector<Configuration>& via, const Configuration& initial,
                                    const Configuration& final, const Mobile& mobile, int images);

}  // namespace hopflow
