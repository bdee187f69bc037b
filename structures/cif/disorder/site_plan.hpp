// SPDX-License-Identifier: GPL-2.0-or-later
// How many atoms each partly occupied site gets in a supercell.
#pragma once

#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "structures/cif/disorder/site_charges.hpp"

namespace hopflow {

/// Sites whose images lie on top of each other, place by place.
struct PlaceClass {
  std::vector<std::size_t> sites;
  std::vector<std::vector<Eigen::Vector3d>> positions;  ///< per site, per place (fractional)
  bool open = false;                                    ///< there is something to choose
};

/// Sites whose images are less than 0.3 A apart share their places: one atom is there at most.
std::vector<PlaceClass> find_classes(const Eigen::Matrix3d& cell, const std::vector<AverageSite>& sites);

/// Occupancies that can be: places nearer to each other than any two atoms hold one atom in all.
std::vector<double> possible_occupancies(const Eigen::Matrix3d& cell, const std::vector<AverageSite>& sites,
                                         const std::vector<PlaceClass>& classes);

/// How many atoms each site gets in a supercell of so many cells.
struct Plan {
  int copies = 0;
  std::vector<int> count;                                      ///< per site
  double deviation = std::numeric_limits<double>::infinity();  ///< largest relative one of an element
  double net = 0;                                              ///< e
};

/// Whole numbers of atoms near the occupancies that make the cell neutral by formal charges and keep every element.
class Planner {
 public:
  /// The arguments must outlive the planner. @param occupancy  per site, as possible_occupancies() gives them
  Planner(const std::vector<AverageSite>& sites, const std::vector<PlaceClass>& classes,
          const std::vector<double>& occupancy, const SiteCharges& charges);

  /// The cheapest counts that are neutral, or as near to it as can be. Where an element is off by more than `enough`
  /// (relative), its atoms weigh more in turn, and then counts are changed by ones, two and three sites at a time, as
  /// long as that brings it nearer; at last towards the nearest whole numbers per element that are neutral.
  Plan plan(int copies, double enough) const;

  /// Per element: atoms in so many cells by the occupancies of the file.
  std::map<int, double> stated(int copies) const;

  /// Whether an element of the file has no atom in the plan.
  bool loses_element(const Plan& plan) const;

 private:
  struct Partial {
    std::vector<std::pair<std::size_t, int>> counts;
    long charge = 0;  // thousandths
    double cost = 0;
  };
  struct Step {
    std::size_t site;
    int change;
  };

  int places(const PlaceClass& one, int copies) const {
    return static_cast<int>(one.positions.front().size()) * copies;
  }
  long thousandths(std::size_t site, int count) const;
  using Weights = std::map<int, double>;  // per element, 1 where it has none
  std::vector<Partial> options_of(const PlaceClass& one, int copies, const Weights& weights) const;
  double cost_of(std::size_t site, int n, double wanted) const;
  int room_of(double wanted, bool weighted) const;
  bool is_paired(std::size_t site) const;
  Partial cheapest(int copies, const Weights& weights) const;
  Plan cheapest_plan(int copies, const Weights& weights) const;
  std::map<int, double> made(const Plan& plan) const;
  using Totals = std::map<int, int>;  // per element: atoms
  void refine(Plan& plan, double enough, const Totals* target) const;
  bool is_possible(const Plan& plan, const std::vector<Step>& steps, bool to_target) const;
  std::optional<Totals> neutral_totals(int copies, double enough) const;
  double off_target(const Plan& plan, const Totals& target) const;
  double worth(const Plan& plan, const std::map<int, double>& stated, double enough) const;
  double deviation_of(const Plan& plan) const;

  const std::vector<AverageSite>& sites_;
  const std::vector<PlaceClass>& classes_;
  const std::vector<double>& occupancy_;
  const SiteCharges& charges_;
  std::vector<double> share_;          // per site: of the atoms of its element
  std::vector<std::size_t> class_of_;  // per site
  bool is_bound_;                      // by neutrality
};

}  // namespace hopflow
