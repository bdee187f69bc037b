// SPDX-License-Identifier: GPL-2.0-or-later
// Partly occupied sites ordered in a supercell: near the composition, neutral, by electrostatic energy or at random.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <Eigen/Dense>

namespace hopflow {

/// How an ordered supercell is made.
struct Ordering {
  enum class By { ewald, random };
  By by = By::ewald;
  long seed = 0;
  std::optional<Eigen::Matrix3i> matrix{};  ///< columns: new vectors in old ones; none: the smallest that will do
  int most_atoms = 800;                     ///< of a cell that is looked for
};

/// A site of the average structure with all its images in the cell.
struct AverageSite {
  std::string label;
  int species;
  double occupancy;
  std::vector<Eigen::Vector3d> positions;  ///< fractional
};

/// Of a site: how many of its places are taken.
struct SiteCount {
  std::string label;
  int species;
  double occupancy;
  int taken, places;
};

struct OrderedCell {
  Eigen::Matrix3d matrix;  ///< columns: new vectors in old ones; fractions where the cell is centred
  Eigen::Matrix3d cell;    ///< columns (A)
  std::vector<Eigen::Vector3d> fractional;
  std::vector<int> species;
  std::vector<std::string> labels;
  std::vector<int> taken;            ///< per site given: atoms in the cell
  std::vector<SiteCount> counts;     ///< of the sites that were chosen among
  std::map<int, double> stated;      ///< per element: atoms in this cell by the file's occupancies
  std::optional<double> net_charge;  ///< e, by formal charges; nullopt where they are unknown
  std::optional<double> energy_ev;   ///< electrostatic, of the formal charges
  double largest_deviation = 0;      ///< of an element's count from the file's, relative
  int short_contacts = 0;            ///< pairs of chosen atoms that are still too near to each other
};

/// Counts: whole numbers nearest to the occupancies, neutral by formal charges, every element kept; charged where to be
/// neutral costs a quarter of an element. Cell: as asked, else the smallest within 5 % of each element, of those with
/// most_atoms at most the nearest. Places: simulated annealing of the electrostatic energy of the formal charges with
/// a penalty on short contacts, or of that penalty alone from a random start (by Philox, so a seed gives one
/// arrangement everywhere). Where that leaves short contacts, atoms may also change to another site of their element.
/// Source of the annealing: Kirkpatrick, Gelatt and Vecchi, Science 220, 671 (1983).
OrderedCell order_in_supercell(const Eigen::Matrix3d& cell, const std::vector<AverageSite>& sites,
                               const Ordering& ordering);

}  // namespace hopflow
