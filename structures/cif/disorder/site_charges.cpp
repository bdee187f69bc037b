// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/disorder/site_charges.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "structures/charges/oxidation_states.hpp"
#include "structures/core/element.hpp"
#include "structures/graph/neighbors.hpp"

namespace hopflow {

namespace {

std::size_t at(int k) { return static_cast<std::size_t>(k); }

/// What surrounds the first image of each site, by occupancy.
class Surroundings {
 public:
  Surroundings(const Eigen::Matrix3d& cell, const std::vector<AverageSite>& sites) : sites_{sites} {
    std::vector<int> first;
    for (std::size_t s = 0; s < sites.size(); ++s) {
      first.push_back(static_cast<int>(site_of_.size()));
      site_of_.insert(site_of_.end(), sites[s].positions.size(), static_cast<int>(s));
    }
    Eigen::Matrix3Xd positions(3, static_cast<Eigen::Index>(site_of_.size()));
    Eigen::Index k = 0;
    for (const AverageSite& site : sites)
      for (const Eigen::Vector3d& x : site.positions) positions.col(k++) = x;
    constexpr double reach = 3.3;  // A
    around_.resize(sites.size());
    for (const Neighbor& pair : find_neighbors_of(first, cell, positions, reach))
      around_[at(site_of_[at(pair.i)])].push_back(pair);
  }

  /// Atoms on average, of elements that `which` takes, nearer than `factor` times the covalent radii.
  double count(std::size_t site, double factor, auto&& which) const {
    double out = 0;
    const int z = sites_[site].species;
    for (const Neighbor& pair : around_[site]) {
      const AverageSite& other = sites_[at(site_of_[at(pair.j)])];
      if (which(other.species) && pair.distance > 0.5 &&
          pair.distance < factor * (covalent_radius(z) + covalent_radius(other.species)))
        out += other.occupancy;
    }
    return out;
  }

 private:
  const std::vector<AverageSite>& sites_;
  std::vector<int> site_of_;
  std::vector<std::vector<Neighbor>> around_;
};

/// Carbonate, nitrate, nitride, and cyanide by its short bond; the charge of other groups of C and N, whose hydrogen
/// may be missing, stays open.
std::vector<int> organic_states(const Surroundings& around, std::size_t site, int z) {
  constexpr double some = 0.4, triple = 0.86;  // of an atom; of the covalent radii
  const auto oxygen = [](int other) { return other == 8; };
  if (z == 7) {
    const auto carbon = [](int other) { return other == 6; };
    if (around.count(site, 1.2, carbon) > some && around.count(site, triple, carbon) <= some) return {};
    return {around.count(site, 1.2, oxygen) > 1 ? 5 : -3};
  }
  const auto nitrogen = [](int other) { return other == 7; };
  const double nitrogens = around.count(site, 1.2, nitrogen);
  if (nitrogens <= some) return around.count(site, 1.2, oxygen) > 1 ? std::vector<int>{4} : std::vector<int>{};
  if (nitrogens > 1 + some || around.count(site, triple, nitrogen) <= some) return {};
  const bool cyanate = around.count(site, 1.2, [](int other) { return other == 8 || other == 16; }) > some;
  return {cyanate ? 4 : 2};
}

std::vector<int> states_of(const Surroundings& around, std::size_t site, int z) {
  constexpr double some = 0.4;  // of an atom
  const auto oxygen = [](int other) { return other == 8; };
  const auto stronger = [&](int other) { return electron_pull(other) > electron_pull(z); };
  if (z == 1) {  // hydride only next to metals or boron, and not where its own oxygen is partly there
    constexpr double trace = 0.1;
    const auto weaker = [](int other) { return electron_pull(other) < electron_pull(1); };
    return {around.count(site, 1.25, stronger) > trace || around.count(site, 1.4, weaker) < some ? 1 : -1};
  }
  if (z == 8) return {-2};
  if (is_halogen(z)) return {z != 9 && around.count(site, 1.12, oxygen) > some ? 7 : -1};
  if (z == 6 || z == 7) return organic_states(around, site, z);
  if (z == 16 || z == 34 || z == 52) {
    const double oxygens = around.count(site, 1.2, oxygen);
    return {oxygens > 3.3 ? 6 : oxygens > 1 ? 4 : -2};
  }
  if (anion_state(z) != 0) {
    if (around.count(site, 1.25, stronger) < some) return {anion_state(z)};
    // Bonded to another phosphorus, as in P2S6(4-).
    if (z == 15) return {around.count(site, 1.15, [](int other) { return other == 15; }) > some ? 4 : 5};
    return cation_states(z);
  }
  return cation_states(z);
}

struct Kind {
  std::vector<int> states;
  double amount = 0;  ///< atoms in the average cell
  int z;
  std::vector<std::size_t> sites;
};

/// Puts a state to every kind: least net charge, then commonest.
struct Solver {
  const std::vector<Kind>& kinds;
  double scale;  ///< of a net charge that matters (e)

  struct Choice {
    std::vector<double> state;
    double net = 0, cost = std::numeric_limits<double>::infinity();
  };

  Choice whole() const {
    Choice best;
    std::vector<std::size_t> rank(kinds.size(), 0);
    for (long tried = 0; tried < 200'000; ++tried) {
      Choice trial;
      trial.cost = 0;
      for (std::size_t k = 0; k < kinds.size(); ++k) {
        trial.state.push_back(kinds[k].states[rank[k]]);
        trial.net += trial.state.back() * kinds[k].amount;
        trial.cost += 0.02 * static_cast<double>(rank[k]);
      }
      trial.cost += std::abs(trial.net) / scale;
      if (trial.cost < best.cost - 1e-9) best = std::move(trial);
      std::size_t k = 0;
      while (k < rank.size() && ++rank[k] == kinds[k].states.size()) rank[k++] = 0;
      if (k == rank.size()) break;
    }
    return best;
  }

  /// The kind whose mean state makes `choice` neutral, -1 if none may have such a mean.
  int mixed(Choice& choice) const {
    for (std::size_t k = 0; k < kinds.size(); ++k) {
      if (!is_mixed_valent(kinds[k].z) || kinds[k].states.size() < 2) continue;
      const double mean = choice.state[k] - choice.net / kinds[k].amount;
      const auto [low, high] = std::minmax_element(kinds[k].states.begin(), kinds[k].states.end());
      if (mean < *low || mean > *high) continue;
      choice.state[k] = mean;
      choice.net = 0;
      return static_cast<int>(k);
    }
    return -1;
  }
};

}  // namespace

SiteCharges site_charges(const Eigen::Matrix3d& cell, const std::vector<AverageSite>& sites, double negligible) {
  const Surroundings around{cell, sites};
  SiteCharges out{std::vector<double>(sites.size(), 0), std::vector<bool>(sites.size(), false), true};
  std::map<std::pair<int, std::vector<int>>, Kind> by_states;
  for (std::size_t s = 0; s < sites.size(); ++s) {
    const int z = sites[s].species;
    const std::vector<int> states = states_of(around, s, z);
    if (states.empty()) {
      out.known = false;
      continue;
    }
    Kind& kind = by_states.try_emplace({z, states}, Kind{states, 0, z, {}}).first->second;
    kind.amount += sites[s].occupancy * static_cast<double>(sites[s].positions.size());
    kind.sites.push_back(s);
  }
  std::vector<Kind> kinds;
  double positive = 0;
  for (auto& [key, kind] : by_states) {
    positive += std::max(0, kind.states.front()) * kind.amount;
    kinds.push_back(std::move(kind));
  }
  if (kinds.empty() || positive <= 0) out.known = false;
  if (kinds.empty()) return out;
  const Solver solver{kinds, std::max(positive, 1.0)};
  Solver::Choice choice = solver.whole();
  const int mixed = std::abs(choice.net) > negligible * positive ? solver.mixed(choice) : -1;
  for (std::size_t k = 0; k < kinds.size(); ++k)
    for (const std::size_t s : kinds[k].sites) {
      out.charge[s] = choice.state[k];
      out.mixed[s] = static_cast<int>(k) == mixed;
    }
  return out;
}

double stated_charge(const std::vector<AverageSite>& sites, const SiteCharges& charges) {
  double out = 0;
  for (std::size_t s = 0; s < sites.size(); ++s)
    out += charges.charge[s] * sites[s].occupancy * static_cast<double>(sites[s].positions.size());
  return out;
}

}  // namespace hopflow
