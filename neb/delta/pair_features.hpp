// SPDX-License-Identifier: GPL-2.0-or-later
// Functions of distances between atoms, linear in what is to be learned.
#pragma once

#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include <Eigen/Dense>

#include "neb/core/mobile.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow {

/// A few functions of distance for each two elements: Gaussians under a smooth cutoff between atoms that are not
/// bonded, a line for bonds and for the two neighbours of an atom: the stiffness of bonds stays the prior's, since a
/// curvature learned near rest spoils it further away. One answer of an engine holds three numbers for each atom, so a
/// single one says much about a hundred weights that all pairs of a kind share.
class PairFeatures {
 public:
  PairFeatures(const Configuration& frame, const Mobile& mobile);

  /// Number of functions; 0 where nothing depends on a distance.
  Eigen::Index count() const { return count_; }

  struct Values {
    Eigen::VectorXd energy;    ///< count
    Eigen::MatrixXd gradient;  ///< mobile coordinates x count
  };
  /// @param x  mobile coordinates (A)
  Values at(const Eigen::VectorXd& x) const;

  struct Sum {
    double energy = 0;
    Eigen::VectorXd gradient;
  };
  /// The functions times weights, without making each.
  Sum weighted(const Eigen::VectorXd& x, const Eigen::VectorXd& weights) const;

 private:
  struct Kind {
    bool bonded = false;     ///< bond, or two neighbours of an atom: r - length
    double length = 0;       ///< mean of bonds (A)
    double nearest = 0;      ///< least distance in the frame (A)
    double spacing = 0;      ///< between Gaussians, and their width (A)
    Eigen::Index first = 0;  ///< of its functions
    int functions = 0;
  };
  template <class Visit>
  void for_each_pair(const Eigen::VectorXd& x, Visit&& visit) const;
  /// Pairs of a kind that the frame has, with that kind.
  template <class Visit>
  void for_each_known_pair(const Eigen::VectorXd& x, Visit&& visit) const;

  Configuration frame_;
  Mobile mobile_;
  std::vector<int> row_of_;                     ///< of an atom: first of its three mobile coordinates, or -1
  std::map<std::pair<int, int>, int> related_;  ///< atoms -> 1 bond, 2 neighbours of one atom
  std::map<std::tuple<int, int, int>, std::size_t> kind_of_;  ///< element, element, relation
  std::vector<Kind> kinds_;
  std::vector<Eigen::Vector3d> images_;
  Eigen::Index count_ = 0;
};

}  // namespace hopflow
