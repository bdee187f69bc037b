// SPDX-License-Identifier: GPL-2.0-or-later
// A force-field table's numbers adjusted to a reference's energies and forces.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "potentials/forcefield/forcefield_table.hpp"
#include "potentials/labelled/labelled.hpp"
#include "potentials/labelled/score.hpp"

namespace hopflow {

struct FitOptions {
  /// Which numbers are free: patterns of parameters_of()'s names with * for any text; also charges.TYPE and
  /// charges.cation_scale where the table has charge sets. Empty: all pair and cross terms.
  std::vector<std::string> free;
  double force_sd = 0.1;      ///< eV/A, error of a force component a good fit may leave
  double energy_sd = 0.05;    ///< eV, error of an energy difference within a band
  double regularisation = 1;  ///< 1: each number's start counts as one measurement with its prior's width; 0: not
  double range = 3;           ///< bounds: this many widths of the prior to either side
  bool leave_one_out = true;  ///< fit again without each band, and predict it
  int most_iterations = 100;
};

struct FittedNumber {
  std::string name;
  double start = 0;
  double value = 0;
  double sd = 0;        ///< of the posterior, scaled by what the fit leaves (the table's unit)
  double prior_sd = 0;  ///< width about the start (the table's unit)
  bool at_bound = false;
  /// The frames say less about it than its prior: its sd is more than 0.7 of the prior's.
  bool undetermined = false;
};

/// How a table does on a set of frames.
struct TableScore {
  ForceScore forces;
  std::map<std::string, ForceScore> elements;
  std::map<std::string, double> terms;  ///< error along distances under 5 A, angles, torsions of each term (eV/A)
  double profile_error_ev = 0;          ///< of energy differences within bands
};

/// A band predicted by a table that was fitted without it.
struct HeldOut {
  std::string band;
  std::size_t frames = 0;
  ForceScore forces;
  double profile_error_ev = 0;
  /// Pairs that come closer here than in any frame that was fitted, and how close (A): the prediction extrapolates.
  std::map<std::string, std::pair<double, double>> closer_than_fitted;
};

struct FitResult {
  bool converged = false;
  std::string reason;
  ForceFieldTable table;  ///< the start with the fitted numbers
  std::vector<FittedNumber> numbers;
  Eigen::MatrixXd covariance;  ///< of numbers, in the table's units
  Eigen::MatrixXd correlation;
  double reduced_chi2 = 0;
  TableScore before, after;
  std::vector<HeldOut> held_out;
  std::map<std::string, double> least_distance;  ///< per pair, over all frames (A)
  std::vector<std::string> warnings;
};

/// Least squares by Levenberg and Marquardt (Ceres) in numbers scaled by their priors' widths, from the start given.
/// Charges keep the table neutral: with charges free the heaviest charge of the set follows from the others.
/// @throws Error{bad_input} if a pattern fits no number, or fits numbers that no frame depends on; if a frame lacks a
///   type
FitResult fit_table(const ForceFieldTable& start, const std::vector<LabelledFrame>& frames, const FitOptions& options);

/// Score of a table on frames, without LAMMPS.
TableScore score_table(const ForceFieldTable& table, const std::vector<LabelledFrame>& frames);

}  // namespace hopflow
