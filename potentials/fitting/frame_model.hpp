// SPDX-License-Identifier: GPL-2.0-or-later
// A force-field table's energy and forces on one configuration, and how they change with its numbers.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "potentials/fitting/coordinates.hpp"
#include "potentials/fitting/ewald.hpp"
#include "potentials/forcefield/table.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow {

/// Energy (eV) and forces (eV/A, 3N atom by atom), with one column of derivatives for each number asked about.
struct ModelAnswer {
  double energy_ev = 0;
  Eigen::VectorXd forces;
  Eigen::VectorXd energy_by;  ///< per unit of the number, as in the table
  Eigen::MatrixXd forces_by;  ///< 3N x numbers
};

/// The geometry a table's terms see in one configuration, prepared once; the numbers of the table may then change.
/// Independent of LAMMPS, and the same energy surface: Coulomb by Ewald sums, pairs truncated or shifted at the cutoff.
class FrameModel {
 public:
  /// @throws Error{bad_input} where the table lacks a type or term
  FrameModel(const ForceFieldTable& table, const Configuration& configuration);

  /// Everything; or the terms with a number among `names`, or the others, which stay as they are while those change.
  enum class Part { all, with_names, without_names };

  /// @param names  numbers to differentiate by, as parameters_of() calls them, and charges.TYPE
  /// @param derivatives  without them `names` choose the part alone
  ModelAnswer answer(const ForceFieldTable& table, const std::vector<std::string>& names = {}, Part part = Part::all,
                     bool derivatives = true) const;

  /// Which numbers have an effect here: names of terms ("cross_terms.I-C") and the least distance of each pair (A).
  const std::map<std::string, double>& least_distance() const { return least_; }

  /// Types that occur, and on how many atoms.
  std::map<std::string, int> types() const;

  /// Root mean square of `forces` along the coordinates of each term (eV/A): distances below `near` (A), all angles
  /// and torsions. A force along a coordinate is the one that, on the atoms that share it, does the same work.
  std::map<std::string, double> along_terms(const Eigen::VectorXd& forces, double near) const;

 private:
  struct Contact {
    int i, j;
    double r, weight;
    Eigen::Vector3d unit;  ///< from i to j
  };
  struct Group {
    std::string name;  ///< "pairs.I-Pb", "cross_terms.I-C", "angles.CA-CA-HA", "mixed.CT-HC"
    std::vector<Contact> contacts;
    std::vector<Coordinate> coordinates;
    std::pair<int, int> types{-1, -1};  ///< of a pair, into table.types
  };

  void add_pairs(const ForceFieldTable& table, const Configuration& configuration, const std::vector<int>& type,
                 const std::map<std::pair<int, int>, int>& separation);
  void add_coulomb(const ForceFieldTable& table, const Configuration& configuration, const std::vector<int>& type,
                   const std::map<std::pair<int, int>, int>& separation);
  void add_answer_of_pairs(const ForceFieldTable& table, const Group& group, const std::map<std::string, int>& column,
                           ModelAnswer& out) const;
  void add_answer_of_bonded(const ForceFieldTable& table, const Group& group, const std::map<std::string, int>& column,
                            ModelAnswer& out) const;
  void add_answer_of_charges(const ForceFieldTable& table, const std::map<std::string, int>& column,
                             ModelAnswer& out) const;

  int atoms_ = 0;
  std::vector<Group> groups_;
  std::vector<std::string> type_names_;  ///< of the kinds of charge
  std::vector<int> kind_;                ///< per atom
  CoulombResponse coulomb_;
  std::map<std::string, double> least_;
};

/// Names and values of the charges a table's types carry: charges.TYPE.
std::vector<std::pair<std::string, double*>> charges_of(ForceFieldTable& table);

}  // namespace hopflow
