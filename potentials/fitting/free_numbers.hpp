// SPDX-License-Identifier: GPL-2.0-or-later
// The free numbers of a fit as one vector without units, and the table that belongs to it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <Eigen/Dense>

#include "potentials/forcefield/parameters.hpp"

namespace hopflow {

/// A free number: value = start exp(width theta) for what is positive, start + width theta otherwise. theta counts
/// widths of the prior. Buckingham's A moves so that the term at 3.5 A changes by theta alone, whatever rho does.
struct FreeNumber {
  std::string name;
  ParameterKind kind{};
  bool charge = false;          ///< charges.TYPE or charges.cation_scale
  bool multiplied = true;       ///< exp, or added
  double start = 0, width = 0;  ///< width: relative (multiplied) or in the table's unit
  double lower = 0, upper = 0;  ///< of theta
  int rho = -1;                 ///< for an A: the index of its rho, if that is free
};

class FreeNumbers {
 public:
  /// @throws Error{bad_input} for a pattern that fits nothing or that cannot be fitted
  FreeNumbers(const ForceFieldTable& start, const std::vector<std::string>& patterns, double range);

  int size() const { return static_cast<int>(numbers_.size()); }
  const std::vector<FreeNumber>& numbers() const { return numbers_; }

  /// The table for these theta.
  ForceFieldTable table(const Eigen::VectorXd& theta) const;

  /// What FrameModel::answer() is asked to differentiate by.
  const std::vector<std::string>& model_names() const { return model_names_; }
  /// Derivatives of those by theta: names x size().
  Eigen::MatrixXd derivatives(const Eigen::VectorXd& theta) const;

  /// Values of the free numbers themselves, and their derivatives by theta (square).
  Eigen::VectorXd values(const Eigen::VectorXd& theta) const;
  Eigen::MatrixXd value_derivatives(const Eigen::VectorXd& theta) const;

 private:
  void add_charges(const std::vector<std::string>& names);
  double value_of(int k, const Eigen::VectorXd& theta) const;

  ForceFieldTable start_;
  std::vector<FreeNumber> numbers_;
  std::vector<std::string> model_names_;
  std::string dependent_;                      ///< type whose charge follows
  double dependent_count_ = 1;                 ///< of it in the formula
  std::map<std::string, double> per_formula_;  ///< others of the set in the formula
  double formula_charge_ = 0;
};

}  // namespace hopflow
