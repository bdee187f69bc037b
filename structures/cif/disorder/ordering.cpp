// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/disorder/ordering.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <Random123/philox.h>

#include "structures/cells/supercell.hpp"
#include "structures/charges/ewald_matrix.hpp"
#include "structures/cif/disorder/primitive_sites.hpp"
#include "structures/cif/disorder/site_plan.hpp"
#include "structures/core/element.hpp"
#include "structures/core/units.hpp"
#include "structures/graph/neighbors.hpp"

namespace hopflow {

namespace {

/// Uniform in [0, 1), a function of seed and number of the draw.
class Draws {
 public:
  explicit Draws(long seed) : key_{static_cast<std::uint64_t>(seed)} {}
  double next() {
    constexpr std::uint32_t purpose = 0x6f726465;  // keeps these numbers apart from others of the same seed
    const r123::Philox4x32::ctr_type counter{
        {static_cast<std::uint32_t>(count_), static_cast<std::uint32_t>(count_ >> 32), purpose, 0}};
    const r123::Philox4x32::key_type keys{{static_cast<std::uint32_t>(key_), static_cast<std::uint32_t>(key_ >> 32)}};
    ++count_;
    return static_cast<double>(r123::Philox4x32{}(counter, keys)[0]) / 4294967296.0;
  }
  int below(int n) { return std::min(n - 1, static_cast<int>(next() * n)); }

 private:
  std::uint64_t key_, count_ = 0;
};

/// Shortest credible distance (A) of two atoms that are both there.
double shortest(int a, double charge_a, int b, double charge_b) {
  const double sum = covalent_radius(a) + covalent_radius(b);
  if (charge_a > 0 && charge_b > 0) return std::max(1.2, 0.75 * sum);
  if (charge_a < 0 && charge_b < 0) return 1.35 * sum;
  return std::max(0.8, 0.65 * sum);
}

double penalty(double distance, double limit) {
  constexpr double of_contact = 5, of_overlap = 40;  // eV
  return distance >= limit ? 0 : of_contact + of_overlap * (limit - distance) / limit;
}

/// Places of the supercell with their occupants, and the energy they have.
class Annealer {
 public:
  struct Place {
    std::size_t group;           ///< class
    Eigen::Vector3d fractional;  ///< of its first site, in the supercell
    int index;                   ///< of the place within one copy of the class
    Eigen::Vector3i copy;
  };

  Annealer(const std::vector<AverageSite>& sites, const std::vector<PlaceClass>& classes, const SiteCharges& charges,
           const Eigen::Matrix3d& cell, const Eigen::Matrix3i& matrix, const Plan& plan, const Ordering& ordering)
      : sites_{sites},
        classes_{classes},
        charges_{charges},
        matrix_{matrix},
        to_new_{matrix.cast<double>().inverse()},
        unit_{cell},
        cell_{cell * matrix.cast<double>()},
        draws_{ordering.seed},
        electrostatic_{ordering.by == Ordering::By::ewald && charges.known} {
    add_places();
    fill(plan);
    prepare();
  }

  /// @param transfers  atoms may also leave a site for another of their element, at a price: where the occupancies of
  ///   neighbouring sites leave no arrangement without short contacts
  void anneal(bool transfers) {
    transfers_ = transfers;
    constexpr int stages = 50, per_place = 60;
    constexpr double cold = 0.02;            // eV
    const double hot = has_pairs_ ? 40 : 3;  // eV; bonded pairs move one atom after the other
    const int moves = std::min(per_place * static_cast<int>(open_.size()), 20'000);
    for (int stage = 0; stage < stages; ++stage) {
      const double temperature = hot * std::pow(cold / hot, static_cast<double>(stage) / (stages - 1));
      for (int k = 0; k < moves; ++k) attempt(temperature);
    }
    for (int k = 0; k < 4 * moves; ++k) attempt(0);
  }

  OrderedCell result() const {
    OrderedCell out;
    out.matrix = matrix_.cast<double>();
    out.cell = cell_;
    out.taken.assign(sites_.size(), 0);
    for (const int site : occupant_)
      if (site >= 0) ++out.taken[static_cast<std::size_t>(site)];
    for (std::size_t s = 0; s < sites_.size(); ++s)  // atoms of one site stand together, as in the file
      for (std::size_t p = 0; p < places_.size(); ++p)
        if (occupant_[p] == static_cast<int>(s)) {
          out.fractional.push_back(position(p, s));
          out.species.push_back(sites_[s].species);
          out.labels.push_back(sites_[s].label);
        }
    for (std::size_t a = 0; a < open_.size(); ++a)
      for (const Near& near : near_[a])
        if (near.place > open_[a] && is_open(near.place) && contact(open_[a], near) > 0) ++out.short_contacts;
    if (charges_.known) {
      Eigen::VectorXd q(static_cast<Eigen::Index>(places_.size()));
      for (std::size_t p = 0; p < places_.size(); ++p) q(static_cast<Eigen::Index>(p)) = charge(occupant_[p]);
      out.net_charge = q.sum();
      if (electrostatic_) out.energy_ev = 0.5 * q.dot(pairs_ * q);
    }
    return out;
  }

 private:
  struct Near {
    std::size_t place;
    double distance;
  };

  void add_places() {
    for (std::size_t c = 0; c < classes_.size(); ++c)
      for (std::size_t k = 0; k < classes_[c].positions.front().size(); ++k) {
        for (const Eigen::Vector3i& copy : copies_in(matrix_))
          places_.push_back(
              {c, to_new_ * (classes_[c].positions.front()[k] + copy.cast<double>()), static_cast<int>(k), copy});
      }
    members_.resize(classes_.size());
    for (std::size_t p = 0; p < places_.size(); ++p) members_[places_[p].group].push_back(p);
  }

  void fill(const Plan& plan) {
    occupant_.assign(places_.size(), -1);
    surplus_.assign(sites_.size(), 0);
    for (std::size_t c = 0; c < classes_.size(); ++c) {
      std::vector<int> atoms;
      for (const std::size_t s : classes_[c].sites)
        atoms.insert(atoms.end(), static_cast<std::size_t>(plan.count[s]), static_cast<int>(s));
      atoms.resize(members_[c].size(), -1);
      if (classes_[c].open)
        for (std::size_t k = atoms.size(); k > 1; --k)
          std::swap(atoms[k - 1], atoms[static_cast<std::size_t>(draws_.below(static_cast<int>(k)))]);
      for (std::size_t k = 0; k < atoms.size(); ++k) occupant_[members_[c][k]] = atoms[k];
      const bool varied = std::any_of(atoms.begin(), atoms.end(), [&](int one) { return one != atoms.front(); });
      if (varied) open_.insert(open_.end(), members_[c].begin(), members_[c].end());
    }
  }

  void prepare() {
    const std::size_t n = sites_.size();
    limits_.resize(n * n);
    double reach = 0.5;  // A
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = 0; b < n; ++b) {
        limits_[a * n + b] = shortest(sites_[a].species, charges_.charge[a], sites_[b].species, charges_.charge[b]);
        reach = std::max(reach, limits_[a * n + b]);
        if (is_pair(static_cast<int>(a), static_cast<int>(b))) {
          reach = std::max(reach, longest_pair);
          has_pairs_ = true;
        }
      }
    Eigen::Matrix3Xd fractional(3, static_cast<Eigen::Index>(places_.size()));
    for (std::size_t p = 0; p < places_.size(); ++p)
      fractional.col(static_cast<Eigen::Index>(p)) = places_[p].fractional;
    std::vector<int> indices;
    slot_.assign(places_.size(), -1);
    for (std::size_t a = 0; a < open_.size(); ++a) {
      slot_[open_[a]] = static_cast<int>(a);
      indices.push_back(static_cast<int>(open_[a]));
    }
    near_.resize(open_.size());
    for (const Neighbor& pair : find_neighbors_of(indices, cell_, fractional, reach))
      near_[static_cast<std::size_t>(slot_[static_cast<std::size_t>(pair.i)])].push_back(
          {static_cast<std::size_t>(pair.j), pair.distance});
    if (!electrostatic_) return;
    Eigen::Matrix3Xd first(3, 0);  // places of one cell, in their order
    for (const PlaceClass& one : classes_)
      for (const Eigen::Vector3d& x : one.positions.front()) {
        first.conservativeResize(3, first.cols() + 1);
        first.col(first.cols() - 1) = x;
      }
    pairs_ = ewald_matrix_of_copies(unit_, first, matrix_, copies_in(matrix_));
    Eigen::VectorXd q(fractional.cols());
    for (std::size_t p = 0; p < places_.size(); ++p) q(static_cast<Eigen::Index>(p)) = charge(occupant_[p]);
    potential_ = pairs_ * q;
  }

  bool is_open(std::size_t place) const { return slot_[place] >= 0; }
  double charge(int site) const { return site < 0 ? 0 : charges_.charge[static_cast<std::size_t>(site)]; }
  int species(int site) const { return sites_[static_cast<std::size_t>(site)].species; }

  /// Where the atom of a site is when it sits on a place.
  Eigen::Vector3d position(std::size_t place, std::size_t site) const {
    const PlaceClass& one = classes_[places_[place].group];
    const auto which =
        static_cast<std::size_t>(std::find(one.sites.begin(), one.sites.end(), site) - one.sites.begin());
    return to_new_ *
           (one.positions[which][static_cast<std::size_t>(places_[place].index)] + places_[place].copy.cast<double>());
  }

  /// Two phosphorus atoms whose states of +4 hold only where they are bonded to each other, as in P2S6(4-).
  bool is_pair(int a, int b) const { return species(a) == 15 && species(b) == 15 && charge(a) == 4 && charge(b) == 4; }

  double pair_penalty(int a, int b, double distance) const {
    if (a < 0 || b < 0) return 0;
    if (is_pair(a, b) && distance > shortest_pair && distance < longest_pair) {
      constexpr double of_bond = 5;                                      // eV
      constexpr double coulomb = 1 / (4 * units::pi * units::epsilon0);  // eV A per e^2
      return -of_bond - (electrostatic_ ? coulomb * charge(a) * charge(b) / distance : 0);
    }
    return penalty(distance, limits_[static_cast<std::size_t>(a) * sites_.size() + static_cast<std::size_t>(b)]);
  }
  double contact(std::size_t place, const Near& near) const {
    return pair_penalty(occupant_[place], occupant_[near.place], near.distance);
  }

  /// Penalty on a place if `site` sat on it, its own images and `without` left out.
  double penalty_at(std::size_t place, int site, std::size_t without) const {
    double sum = 0;
    for (const Near& near : near_[static_cast<std::size_t>(slot_[place])])
      if (near.place != place && near.place != without) sum += pair_penalty(site, occupant_[near.place], near.distance);
    return sum;
  }

  bool accepted(double change, double temperature) {
    if (temperature <= 0) return change < -1e-9;
    return change <= 1e-9 || draws_.next() < std::exp(-change / temperature);
  }

  /// An atom goes to an empty place of another site of its element.
  void transfer(double temperature) {
    constexpr double price = 0.5;  // eV, times the square of how many atoms a site has too many
    const std::size_t a = open_[static_cast<std::size_t>(draws_.below(static_cast<int>(open_.size())))];
    const std::size_t b = open_[static_cast<std::size_t>(draws_.below(static_cast<int>(open_.size())))];
    const int x = occupant_[a];
    if (x < 0 || occupant_[b] >= 0 || places_[a].group == places_[b].group) return;
    for (const std::size_t site : classes_[places_[b].group].sites) {
      const int y = static_cast<int>(site);
      if (species(y) != species(x) || charge(y) != charge(x)) continue;
      int& from = surplus_[static_cast<std::size_t>(x)];
      int& to = surplus_[site];
      double change = price * (2 * to + 1 - 2 * from + 1);
      change += penalty_at(b, y, a) - penalty_at(a, x, b);
      const double q = charge(x);
      const auto i = static_cast<Eigen::Index>(a), j = static_cast<Eigen::Index>(b);
      if (electrostatic_)
        change += q * (potential_(j) - potential_(i)) + 0.5 * q * q * (pairs_(i, i) + pairs_(j, j) - 2 * pairs_(i, j));
      if (!accepted(change, temperature)) return;
      occupant_[a] = -1;
      occupant_[b] = y;
      --from;
      ++to;
      if (electrostatic_) potential_ += q * (pairs_.col(j) - pairs_.col(i));
      return;
    }
  }

  /// Two places of one class trade their occupants.
  void attempt(double temperature) {
    if (open_.size() < 2) return;
    if (transfers_ && draws_.next() < 0.3) return transfer(temperature);
    const std::size_t a = open_[static_cast<std::size_t>(draws_.below(static_cast<int>(open_.size())))];
    const std::vector<std::size_t>& others = members_[places_[a].group];
    const std::size_t b = others[static_cast<std::size_t>(draws_.below(static_cast<int>(others.size())))];
    const int x = occupant_[a], y = occupant_[b];
    if (x == y) return;
    double change = penalty_at(a, y, b) + penalty_at(b, x, a) - penalty_at(a, x, b) - penalty_at(b, y, a);
    const double moved = charge(y) - charge(x);
    const auto i = static_cast<Eigen::Index>(a), j = static_cast<Eigen::Index>(b);
    if (electrostatic_ && moved != 0)
      change += moved * (potential_(i) - potential_(j)) +
                0.5 * moved * moved * (pairs_(i, i) + pairs_(j, j) - 2 * pairs_(i, j));
    if (!accepted(change, temperature)) return;
    occupant_[a] = y;
    occupant_[b] = x;
    if (electrostatic_ && moved != 0) potential_ += moved * (pairs_.col(i) - pairs_.col(j));
  }

  static constexpr double shortest_pair = 1.9, longest_pair = 2.5;  // A, of a P-P bond
  const std::vector<AverageSite>& sites_;
  const std::vector<PlaceClass>& classes_;
  const SiteCharges& charges_;
  Eigen::Matrix3i matrix_;
  Eigen::Matrix3d to_new_, unit_, cell_;
  Draws draws_;
  bool electrostatic_, transfers_ = false, has_pairs_ = false;
  std::vector<int> surplus_;  // per site: atoms above the plan
  std::vector<Place> places_;
  std::vector<std::vector<std::size_t>> members_;  // per class: its places
  std::vector<int> occupant_;                      // per place: site, -1 for none
  std::vector<std::size_t> open_;                  // places where something may change
  std::vector<int> slot_;                          // per place: index in open_, -1
  std::vector<std::vector<Near>> near_;            // per entry of open_
  std::vector<double> limits_;                     // per pair of sites: shortest distance (A)
  Eigen::MatrixXd pairs_;
  Eigen::VectorXd potential_;
};

constexpr double near_enough = 0.05;  // relative deviation of an element

/// Formal charges that leave so much over that ions must be missing from the sites (a frame without its cations) say
/// nothing about how many there are of the others.
SiteCharges usable_charges(const Eigen::Matrix3d& cell, const std::vector<AverageSite>& sites, double negligible) {
  constexpr double missing = 0.3;  // of the positive charge
  SiteCharges out = site_charges(cell, sites, negligible);
  double positive = 0;
  for (std::size_t s = 0; s < sites.size(); ++s)
    positive += std::max(out.charge[s], 0.0) * sites[s].occupancy * static_cast<double>(sites[s].positions.size());
  if (std::abs(stated_charge(sites, out)) > missing * positive) out.known = false;
  return out;
}

double atoms_of(const std::vector<AverageSite>& sites) {
  double out = 0;
  for (const AverageSite& site : sites) out += site.occupancy * static_cast<double>(site.positions.size());
  return out;
}

/// Of the cells that are near enough in composition the smallest; the matrix of their most compact supercell.
std::pair<Eigen::Matrix3i, Plan> choose_cell(const Eigen::Matrix3d& cell, const Planner& planner, double atoms,
                                             const Ordering& ordering) {
  if (ordering.matrix) {
    const int copies = static_cast<int>(std::lround(std::abs(ordering.matrix->cast<double>().determinant())));
    return {*ordering.matrix, planner.plan(copies, near_enough)};
  }
  const int most = std::max(1, static_cast<int>(ordering.most_atoms / std::max(atoms, 1.0)));
  Plan best;
  const auto worth = [](const Plan& plan) { return plan.deviation + (std::abs(plan.net) > 1e-6 ? 10 : 0); };
  for (int copies = 1; copies <= std::min(most, 128); ++copies) {
    Plan plan = planner.plan(copies, near_enough);
    if (best.count.empty() || worth(plan) < worth(best) - 1e-9) best = std::move(plan);
    if (worth(best) <= near_enough) break;
  }
  return {most_compact(cell, best.copies), best};
}

struct Chosen {
  Eigen::Matrix3i matrix;
  Plan plan;
  SiteCharges charges;
};

Chosen choose_counts(const Eigen::Matrix3d& cell, const std::vector<AverageSite>& sites,
                     const std::vector<PlaceClass>& classes, const std::vector<double>& occupancy,
                     const Ordering& ordering) {
  // Occupancies are known to some per cent; but if whole states then cost an element, it has a mean.
  constexpr double firm = 1e-4;
  SiteCharges charges = usable_charges(cell, sites, doubtful_charge);
  const auto planned = [&](const SiteCharges& with) {
    return choose_cell(cell, Planner{sites, classes, occupancy, with}, atoms_of(sites), ordering);
  };
  auto [matrix, plan] = planned(charges);
  if (plan.deviation > near_enough || std::abs(plan.net) > 1e-6)
    if (SiteCharges mean = usable_charges(cell, sites, firm); mean.mixed != charges.mixed)
      if (auto [other, better] = planned(mean); better.deviation < plan.deviation || std::abs(plan.net) > 1e-6) {
        matrix = other;
        plan = std::move(better);
        charges = std::move(mean);
      }
  // A file that lacks ions may be neutral only without its dopant: then the composition matters more.
  constexpr double too_dear = 0.25;
  const bool is_bound = charges.known && std::none_of(charges.mixed.begin(), charges.mixed.end(), std::identity{});
  if (is_bound && (plan.deviation > too_dear || Planner{sites, classes, occupancy, charges}.loses_element(plan))) {
    SiteCharges unbound = charges;
    unbound.known = false;
    auto [other, kept] = planned(unbound);
    if (kept.deviation <= near_enough) {
      matrix = other;
      plan = std::move(kept);
    }
  }
  // A mean charge follows what the counts leave.
  double rest = 0, mixed = 0;
  for (std::size_t s = 0; s < sites.size(); ++s)
    (charges.mixed[s] ? mixed : rest) += plan.count[s] * (charges.mixed[s] ? 1 : charges.charge[s]);
  for (std::size_t s = 0; s < sites.size(); ++s)
    if (charges.mixed[s] && mixed > 0) charges.charge[s] = -rest / mixed;
  return {matrix, std::move(plan), std::move(charges)};
}

}  // namespace

OrderedCell order_in_supercell(const Eigen::Matrix3d& given_cell, const std::vector<AverageSite>& given_sites,
                               const Ordering& ordering) {
  PrimitiveSites primitive{Eigen::Matrix3d::Identity(), given_sites};
  if (!ordering.matrix) primitive = primitive_sites(given_cell, given_sites);
  const Eigen::Matrix3d cell = given_cell * primitive.vectors;
  const std::vector<AverageSite>& sites = primitive.sites;
  const std::vector<PlaceClass> classes = find_classes(cell, sites);
  const std::vector<double> occupancy = possible_occupancies(cell, sites, classes);
  auto [matrix, plan, charges] = choose_counts(cell, sites, classes, occupancy, ordering);

  std::optional<OrderedCell> best;
  constexpr int starts = 3;
  for (int start = 0; start < starts && (!best || best->short_contacts > 0); ++start) {
    Ordering again = ordering;
    again.seed = ordering.seed + 1'000'003L * start;
    Annealer annealer{sites, classes, charges, cell, matrix, plan, again};
    annealer.anneal(start > 0);
    OrderedCell made = annealer.result();
    if (!best || made.short_contacts < best->short_contacts) best = std::move(made);
  }
  best->matrix = primitive.vectors * best->matrix;
  best->stated = Planner{sites, classes, occupancy, charges}.stated(plan.copies);
  best->largest_deviation = plan.deviation;
  for (const PlaceClass& one : classes)
    for (const std::size_t s : one.sites)
      if (one.open)
        best->counts.push_back({sites[s].label, sites[s].species, sites[s].occupancy, best->taken[s],
                                static_cast<int>(sites[s].positions.size()) * plan.copies});
  return *best;
}

}  // namespace hopflow
