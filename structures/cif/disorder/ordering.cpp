// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/disorder/ordering.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <Random123/philox.h>

#include "structures/cells/supercell.hpp"
#include "structures/charges/ewald.hpp"
#include "structures/cif/disorder/site_charges.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/element.hpp"
#include "structures/graph/neighbors.hpp"
#include "structures/graph/periodic_graph.hpp"

namespace hopflow {

namespace {

std::size_t at(Eigen::Index k) { return static_cast<std::size_t>(k); }

constexpr double full = 0.999;
constexpr double same_place = 0.3;  // A: sites this near share their places, and one atom is there at most

/// Sites whose images lie on top of each other, place by place.
struct PlaceClass {
  std::vector<std::size_t> sites;
  std::vector<std::vector<Eigen::Vector3d>> positions;  ///< per site, per place (fractional)
  bool open = false;                                    ///< there is something to choose
};

double apart(const Eigen::Matrix3d& cell, const Eigen::Vector3d& a, const Eigen::Vector3d& b) {
  const Eigen::Vector3d d = a - b;
  return (cell * (d - d.array().round().matrix())).norm();
}

/// The images of `other` in the order of the places of `first`; empty if they do not lie on these.
std::vector<Eigen::Vector3d> on_places(const Eigen::Matrix3d& cell, const std::vector<Eigen::Vector3d>& first,
                                       const std::vector<Eigen::Vector3d>& other) {
  std::vector<Eigen::Vector3d> out;
  if (first.size() != other.size()) return out;
  for (const Eigen::Vector3d& place : first) {
    const auto near = std::min_element(other.begin(), other.end(), [&](const auto& a, const auto& b) {
      return apart(cell, a, place) < apart(cell, b, place);
    });
    if (apart(cell, *near, place) > same_place) return {};
    out.push_back(*near);
  }
  return out;
}

std::vector<PlaceClass> find_classes(const Eigen::Matrix3d& cell, const std::vector<AverageSite>& sites) {
  std::vector<PlaceClass> out;
  for (std::size_t s = 0; s < sites.size(); ++s) {
    bool joined = false;
    for (PlaceClass& known : out) {
      std::vector<Eigen::Vector3d> places = on_places(cell, known.positions.front(), sites[s].positions);
      if (places.empty()) continue;
      known.sites.push_back(s);
      known.positions.push_back(std::move(places));
      joined = true;
      break;
    }
    if (!joined) out.push_back({{s}, {sites[s].positions}, false});
  }
  for (PlaceClass& one : out) one.open = one.sites.size() > 1 || sites[one.sites.front()].occupancy < full;
  return out;
}

/// Occupancies that can be: places nearer to each other than any two atoms hold one atom in all.
std::vector<double> possible_occupancies(const Eigen::Matrix3d& cell, const std::vector<AverageSite>& sites,
                                         const std::vector<PlaceClass>& classes) {
  constexpr double nearest = 1.1;  // A
  std::vector<double> out;
  for (const AverageSite& site : sites) out.push_back(site.occupancy);
  std::vector<std::size_t> class_of;
  std::vector<Eigen::Vector3d> places;
  for (std::size_t c = 0; c < classes.size(); ++c)
    for (const Eigen::Vector3d& place : classes[c].positions.front())
      if (classes[c].open) {
        class_of.push_back(c);
        places.push_back(place);
      }
  Eigen::Matrix3Xd fractional(3, static_cast<Eigen::Index>(places.size()));
  for (std::size_t k = 0; k < places.size(); ++k) fractional.col(static_cast<Eigen::Index>(k)) = places[k];
  std::vector<PeriodicEdge> edges;
  for (const Neighbor& pair : find_neighbors(cell, fractional, nearest)) edges.push_back({pair.i, pair.j, pair.image});
  const PeriodicComponents clusters = find_components(static_cast<int>(places.size()), edges);
  const auto in_class = [&](std::size_t c) {
    double sum = 0;
    for (const std::size_t s : classes[c].sites) sum += sites[s].occupancy;
    return sum;
  };
  std::vector<double> sum(static_cast<std::size_t>(clusters.count()), 0), factor(classes.size(), 1);
  std::vector<int> size(sum.size(), 0), links(sum.size(), 0);
  for (const PeriodicEdge& edge : edges)
    ++links[static_cast<std::size_t>(clusters.component[static_cast<std::size_t>(edge.from)])];
  for (std::size_t k = 0; k < places.size(); ++k) {
    const auto cluster = static_cast<std::size_t>(clusters.component[k]);
    sum[cluster] += in_class(class_of[k]);
    ++size[cluster];
  }
  for (std::size_t k = 0; k < places.size(); ++k) {
    const auto cluster = static_cast<std::size_t>(clusters.component[k]);
    // Only where every place excludes every other is one the limit; else short contacts are left to be avoided.
    if (clusters.rank[cluster] > 0 || links[cluster] < size[cluster] * (size[cluster] - 1)) continue;
    constexpr double most = 1;
    if (sum[cluster] > most) factor[class_of[k]] = std::min(factor[class_of[k]], most / sum[cluster]);
  }
  for (std::size_t c = 0; c < classes.size(); ++c)
    for (const std::size_t s : classes[c].sites) out[s] *= factor[c];
  return out;
}

/// How many atoms each site gets in a supercell of so many cells.
struct Plan {
  int copies = 0;
  std::vector<int> count;                                      ///< per site
  double deviation = std::numeric_limits<double>::infinity();  ///< largest relative one of an element
  double net = 0;
};

class Planner {
 public:
  Planner(const std::vector<AverageSite>& sites, const std::vector<PlaceClass>& classes,
          const std::vector<double>& occupancy, const SiteCharges& charges)
      : sites_{sites}, classes_{classes}, occupancy_{occupancy}, charges_{charges} {
    // A mean charge follows the counts, whatever they are.
    is_bound_ = charges.known && std::find(charges.mixed.begin(), charges.mixed.end(), true) == charges.mixed.end();
  }

  Plan plan(int copies) const {
    // By net charge so far, in thousandths: the cheapest counts.
    std::map<long, Partial> best{{0, {}}};
    for (const PlaceClass& one : classes_) {
      const std::vector<Partial> options = options_of(one, copies);
      std::map<long, Partial> next;
      for (const auto& [charge, partial] : best)
        for (const Partial& option : options) {
          const long sum = charge + option.charge;
          const double cost = partial.cost + option.cost;
          if (const auto it = next.find(sum); it != next.end() && it->second.cost <= cost + 1e-12) continue;
          Partial joined = partial;
          joined.cost = cost;
          joined.charge = sum;
          joined.counts.insert(joined.counts.end(), option.counts.begin(), option.counts.end());
          next[sum] = std::move(joined);
        }
      best = thinned(std::move(next));
    }
    const Partial* chosen = nullptr;
    double least = std::numeric_limits<double>::infinity();
    for (const auto& [charge, partial] : best) {
      const double off = is_bound_ ? std::abs(static_cast<double>(charge)) : 0;
      if (const double cost = off * 1e3 + partial.cost; cost < least) {
        least = cost;
        chosen = &partial;
      }
    }
    Plan out;
    out.copies = copies;
    out.count.assign(sites_.size(), 0);
    for (const auto& [site, count] : chosen->counts) out.count[site] = count;
    out.net = is_bound_ ? static_cast<double>(chosen->charge) / 1000 : 0;
    out.deviation = deviation_of(out);
    return out;
  }

  std::map<int, double> stated(int copies) const {
    std::map<int, double> out;
    for (std::size_t s = 0; s < sites_.size(); ++s)
      out[sites_[s].species] += sites_[s].occupancy * static_cast<double>(sites_[s].positions.size()) * copies;
    return out;
  }

 private:
  struct Partial {
    std::vector<std::pair<std::size_t, int>> counts;
    long charge = 0;
    double cost = 0;
  };

  double deviation_of(const Plan& plan) const {
    std::map<int, double> made;
    for (std::size_t s = 0; s < sites_.size(); ++s) made[sites_[s].species] += plan.count[s];
    double out = 0;
    for (const auto& [z, n] : stated(plan.copies))
      if (n > 0) out = std::max(out, std::abs(made[z] - n) / n);
    return out;
  }

  long thousandths(std::size_t site, int count) const {
    return charges_.mixed[site] ? 0 : std::lround(1000 * charges_.charge[site]) * count;
  }

  /// Whole numbers round the occupancies, within the places of the class.
  std::vector<Partial> options_of(const PlaceClass& one, int copies) const {
    const int places = static_cast<int>(one.positions.front().size()) * copies;
    std::vector<Partial> out{{}};
    std::vector<int> used{0};
    for (const std::size_t s : one.sites) {
      const double wanted = occupancy_[s] * places;
      std::vector<int> counts;
      if (!one.open) {
        counts.push_back(places);
      } else {
        const int room = 3, low = static_cast<int>(std::floor(wanted)) - room;
        for (int n = std::max(low, 0); n <= std::min(low + 2 * room + 1, places); ++n) counts.push_back(n);
      }
      std::vector<Partial> longer;
      std::vector<int> longer_used;
      for (std::size_t k = 0; k < out.size(); ++k)
        for (const int n : counts) {
          if (used[k] + n > places) continue;
          Partial joined = out[k];
          joined.counts.emplace_back(s, n);
          joined.charge += thousandths(s, n);
          joined.cost += cost_of(n, wanted);
          longer.push_back(std::move(joined));
          longer_used.push_back(used[k] + n);
        }
      out = std::move(longer);
      used = std::move(longer_used);
    }
    add_full(one, places, out, used);
    return out;
  }

  /// A site that loses every atom costs most: with it an element may be gone.
  static double cost_of(int n, double wanted) {
    const double off = n - wanted;
    return off * off / (wanted + 0.3) + (n == 0 && wanted > 1e-3 ? 4 : 0);
  }

  /// Where sites share places that are full in the file, arrangements that leave places empty cost something.
  static void add_full(const PlaceClass& one, int places, std::vector<Partial>& options, const std::vector<int>& used) {
    if (one.sites.size() < 2) return;
    for (std::size_t k = 0; k < options.size(); ++k)
      options[k].cost += 0.05 * static_cast<double>(places - used[k]) / places;
  }

  /// Of very many net charges those near 0 and near the end that the rest may make good are enough.
  static std::map<long, Partial> thinned(std::map<long, Partial> all) {
    constexpr std::size_t most = 4000;
    if (all.size() <= most) return all;
    std::vector<std::pair<double, long>> by_cost;
    for (const auto& [charge, partial] : all) by_cost.emplace_back(partial.cost, charge);
    std::sort(by_cost.begin(), by_cost.end());
    std::map<long, Partial> out;
    for (std::size_t k = 0; k < most; ++k) out[by_cost[k].second] = std::move(all[by_cost[k].second]);
    return out;
  }

  const std::vector<AverageSite>& sites_;
  const std::vector<PlaceClass>& classes_;
  const std::vector<double>& occupancy_;
  const SiteCharges& charges_;
  bool is_bound_;  // by neutrality
};

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
    constexpr double hot = 3, cold = 0.02;  // eV
    const int moves = std::min(per_place * static_cast<int>(open_.size()), 20'000);
    for (int stage = 0; stage < stages; ++stage) {
      const double temperature = hot * std::pow(cold / hot, static_cast<double>(stage) / (stages - 1));
      for (int k = 0; k < moves; ++k) attempt(temperature);
    }
    for (int k = 0; k < 4 * moves; ++k) attempt(0);
  }

  OrderedCell result() const {
    OrderedCell out;
    out.matrix = matrix_;
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
    Eigen::Matrix3Xd fractional(3, static_cast<Eigen::Index>(places_.size()));
    for (std::size_t p = 0; p < places_.size(); ++p)
      fractional.col(static_cast<Eigen::Index>(p)) = places_[p].fractional;
    std::vector<int> indices;
    slot_.assign(places_.size(), -1);
    for (std::size_t a = 0; a < open_.size(); ++a) {
      slot_[open_[a]] = static_cast<int>(a);
      indices.push_back(static_cast<int>(open_[a]));
    }
    constexpr double reach = 4.0;  // A, above every limit
    near_.resize(open_.size());
    for (const Neighbor& pair : find_neighbors_of(indices, cell_, fractional, reach))
      near_[static_cast<std::size_t>(slot_[static_cast<std::size_t>(pair.i)])].push_back(
          {static_cast<std::size_t>(pair.j), pair.distance});
    if (!electrostatic_) return;
    pairs_ = ewald_matrix(cell_, fractional);
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

  double pair_penalty(int a, int b, double distance) const {
    return a < 0 || b < 0 ? 0 : penalty(distance, shortest(species(a), charge(a), species(b), charge(b)));
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

  const std::vector<AverageSite>& sites_;
  const std::vector<PlaceClass>& classes_;
  const SiteCharges& charges_;
  Eigen::Matrix3i matrix_;
  Eigen::Matrix3d to_new_, cell_;
  Draws draws_;
  bool electrostatic_, transfers_ = false;
  std::vector<int> surplus_;  // per site: atoms above the plan
  std::vector<Place> places_;
  std::vector<std::vector<std::size_t>> members_;  // per class: its places
  std::vector<int> occupant_;                      // per place: site, -1 for none
  std::vector<std::size_t> open_;                  // places where something may change
  std::vector<int> slot_;                          // per place: index in open_, -1
  std::vector<std::vector<Near>> near_;            // per entry of open_
  Eigen::MatrixXd pairs_;
  Eigen::VectorXd potential_;
};

constexpr double near_enough = 0.05;  // relative deviation of an element

double atoms_of(const std::vector<AverageSite>& sites) {
  double out = 0;
  for (const AverageSite& site : sites) out += site.occupancy * static_cast<double>(site.positions.size());
  return out;
}

/// The smallest number of cells whose counts are near enough; the matrix of their most compact supercell.
std::pair<Eigen::Matrix3i, Plan> choose_cell(const Eigen::Matrix3d& cell, const Planner& planner, double atoms,
                                             const Ordering& ordering) {
  if (ordering.matrix) {
    const int copies = static_cast<int>(std::lround(std::abs(ordering.matrix->cast<double>().determinant())));
    return {*ordering.matrix, planner.plan(copies)};
  }
  const int most = std::max(1, static_cast<int>(ordering.most_atoms / std::max(atoms, 1.0)));
  Plan best;
  const auto worth = [](const Plan& plan) { return plan.deviation + (std::abs(plan.net) > 1e-6 ? 10 : 0); };
  for (int copies = 1; copies <= std::min(most, 64); ++copies) {
    Plan plan = planner.plan(copies);
    if (best.count.empty() || worth(plan) < worth(best) - 1e-9) best = std::move(plan);
    if (worth(best) <= near_enough) break;
  }
  return {most_compact(cell, best.copies), best};
}

}  // namespace

OrderedCell order_in_supercell(const Eigen::Matrix3d& cell, const std::vector<AverageSite>& sites,
                               const Ordering& ordering) {
  const std::vector<PlaceClass> classes = find_classes(cell, sites);
  const std::vector<double> occupancy = possible_occupancies(cell, sites, classes);
  // Occupancies are known to some per cent; but if whole states then cost an element, it has a mean.
  constexpr double doubtful = 0.02, firm = 1e-4;
  SiteCharges charges = site_charges(cell, sites, doubtful);
  const auto planned = [&](const SiteCharges& with) {
    return choose_cell(cell, Planner{sites, classes, occupancy, with}, atoms_of(sites), ordering);
  };
  auto [matrix, plan] = planned(charges);
  if (plan.deviation > near_enough || std::abs(plan.net) > 1e-6)
    if (SiteCharges mean = site_charges(cell, sites, firm); mean.mixed != charges.mixed)
      if (auto [other, better] = planned(mean); better.deviation < plan.deviation || std::abs(plan.net) > 1e-6) {
        matrix = other;
        plan = std::move(better);
        charges = std::move(mean);
      }
  // A mean charge follows what the counts leave.
  double rest = 0, mixed = 0;
  for (std::size_t s = 0; s < sites.size(); ++s)
    (charges.mixed[s] ? mixed : rest) += plan.count[s] * (charges.mixed[s] ? 1 : charges.charge[s]);
  for (std::size_t s = 0; s < sites.size(); ++s)
    if (charges.mixed[s] && mixed > 0) charges.charge[s] = -rest / mixed;

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
