// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/charges/formal_charges.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "structures/charges/oxidation_states.hpp"
#include "structures/core/element.hpp"

namespace hopflow {

namespace {

constexpr double of_rank = 0.2;      // e: what a step down the list of states weighs against the bond valence
constexpr double most_distance = 2;  // e: beyond it a bond-valence sum says nothing
constexpr double of_mixture = 0.5;   // e: whole states are preferred
constexpr std::size_t most_combinations = 200'000;

/// A state for every kind of ion; one kind may have a mean.
struct Assignment {
  std::vector<double> state;
  double cost = std::numeric_limits<double>::infinity();
};

double size_of(const IonKind& kind) { return static_cast<double>(kind.atoms.size()); }

class Assigner {
 public:
  /// @param kinds  each with at least one state  @param fixed  charge of everything else in the cell (e)
  Assigner(const std::vector<IonKind>& kinds, int fixed) : kinds_{kinds}, fixed_{static_cast<double>(fixed)} {
    for (const IonKind& kind : kinds_) combinations_ *= static_cast<double>(kind.states.size());
  }

  /// Neutral with whole states, or with a mean for one kind; nullopt if there is no such.
  std::optional<Assignment> neutral() const {
    if (combinations_ > static_cast<double>(most_combinations)) return std::nullopt;
    Assignment best = search(-1);
    if (std::isinf(best.cost))
      for (int mixed = 0; mixed < static_cast<int>(kinds_.size()); ++mixed)
        if (may_mix(kind(mixed)))
          if (Assignment found = search(mixed); found.cost < best.cost) best = std::move(found);
    return std::isinf(best.cost) ? std::nullopt : std::optional{best};
  }

  Assignment commonest() const {
    Assignment out;
    for (const IonKind& kind : kinds_) out.state.push_back(kind.states.front());
    return out;
  }

  /// Where nothing is neutral: for each kind the state that its bonds and its rank speak for.
  Assignment likeliest() const {
    Assignment out;
    for (const IonKind& kind : kinds_) {
      std::size_t best = 0;
      for (std::size_t rank = 1; rank < kind.states.size(); ++rank)
        if (cost_of(kind, rank) < cost_of(kind, best)) best = rank;
      out.state.push_back(kind.states[best]);
    }
    return out;
  }

  double net(const Assignment& assignment) const {
    double out = fixed_;
    for (std::size_t k = 0; k < kinds_.size(); ++k) out += assignment.state[k] * size_of(kinds_[k]);
    return out;
  }

 private:
  const IonKind& kind(int k) const { return kinds_[static_cast<std::size_t>(k)]; }

  /// Sn and Pb have both of their states in oxides such as Pb3O4; in a halide an ion is missing.
  bool may_mix(const IonKind& own) const {
    if (own.states.size() < 2) return false;
    if (own.z != 50 && own.z != 82) return is_mixed_valent(own.z);
    return std::none_of(kinds_.begin(), kinds_.end(), [](const IonKind& kind) { return is_halogen(kind.z); });
  }

  double cost_of(const IonKind& kind, std::size_t rank) const {
    const double off = kind.valence ? std::abs(kind.states[rank] - *kind.valence) : 0;
    return of_rank * static_cast<double>(rank) + std::min(off, most_distance);
  }

  /// @param mixed  kind whose mean is whatever makes the crystal neutral, -1 for none
  Assignment search(int mixed) const {
    Assignment best;
    std::vector<std::size_t> rank(kinds_.size(), 0);
    while (true) {
      Assignment trial = commonest();
      trial.cost = 0;
      for (std::size_t k = 0; k < kinds_.size(); ++k) {
        if (static_cast<int>(k) == mixed) continue;
        trial.state[k] = kinds_[k].states[rank[k]];
        trial.cost += cost_of(kinds_[k], rank[k]);
      }
      if (mixed >= 0) settle_mean(trial, mixed);
      if (std::abs(net(trial)) < 1e-6 && trial.cost < best.cost - 1e-9) best = std::move(trial);
      std::size_t k = 0;
      while (k < rank.size() && (static_cast<int>(k) == mixed || ++rank[k] == kinds_[k].states.size())) rank[k++] = 0;
      if (k == rank.size()) return best;
    }
  }

  void settle_mean(Assignment& trial, int mixed) const {
    const IonKind& own = kind(mixed);
    double& mean = trial.state[static_cast<std::size_t>(mixed)];
    mean = 0;
    mean = -net(trial) / size_of(own);
    const auto [low, high] = std::minmax_element(own.states.begin(), own.states.end());
    if (mean < *low - 1e-9 || mean > *high + 1e-9) trial.cost = std::numeric_limits<double>::infinity();
    trial.cost += of_mixture + (own.valence ? std::min(std::abs(mean - *own.valence), most_distance) : 0);
  }

  const std::vector<IonKind>& kinds_;
  double fixed_;
  double combinations_ = 1;
};

/// Whether a net charge other than 0 tells that something is missing: not among metals alone, and not where metals of
/// several states bind to S, N, P and heavier elements, whose bonds are hardly ionic.
bool is_ionic(const std::vector<IonKind>& kinds, const Ions& ions, const std::vector<Molecule>& molecules) {
  bool hard = !molecules.empty() || !ions.groups.empty(), several = false, anions = hard;
  for (const IonKind& kind : kinds) {
    hard = hard || kind.z == 8 || is_halogen(kind.z);
    anions = anions || kind.states.front() < 0;
    several = several || (is_metal(kind.z) && (kind.states.size() > 1 || kind.states.front() < 0));
  }
  return anions && (hard || !several);
}

void note_states(FormalCharges& out, const std::vector<IonKind>& kinds, const Assignment& chosen) {
  std::map<int, std::pair<double, double>> sums;  // per element: charge, atoms
  std::map<int, std::set<double>> values;
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    const double state = chosen.state[k];
    sums[kinds[k].z].first += state * size_of(kinds[k]);
    sums[kinds[k].z].second += size_of(kinds[k]);
    values[kinds[k].z].insert(state);
    if (state == std::round(state))
      for (const int atom : kinds[k].atoms) out.of_atom[static_cast<std::size_t>(atom)] = static_cast<int>(state);
  }
  for (const auto& [z, sum] : sums)
    if (const double first = *values[z].begin(); values[z].size() == 1 && first == std::round(first))
      out.of_element[z] = static_cast<int>(first);
    else
      out.mean[z] = sum.first / sum.second;
}

}  // namespace

FormalCharges formal_charges(const Crystal& crystal, const std::vector<Molecule>& molecules) {
  const Ions ions = find_ions(crystal, molecules);
  FormalCharges out;
  out.of_atom.resize(crystal.species.size());
  std::set<std::string> unknown;
  int fixed = 0;
  for (std::size_t m = 0; m < molecules.size(); ++m) {
    const Molecule& molecule = molecules[m];
    if (ions.molecule_splits[m]) continue;
    if (!ions.molecule_counts[m]) {
      const bool grouped = std::any_of(ions.groups.begin(), ions.groups.end(), [&](const IonGroup& group) {
        return std::find(group.atoms.begin(), group.atoms.end(), molecule.atoms.front()) != group.atoms.end();
      });
      if (!grouped) unknown.insert(molecule.name);
      continue;
    }
    out.guessed = out.guessed || molecule.charge_rule == "bonds";
    if (molecule.charge)
      fixed += *molecule.charge;
    else
      unknown.insert(molecule.name);
  }
  for (const IonGroup& group : ions.groups)
    if (group.charge)
      fixed += *group.charge;
    else
      unknown.insert(group.name);
  std::vector<IonKind> kinds;
  for (const IonKind& kind : ions.kinds)
    if (kind.states.empty())
      unknown.insert(symbol_of(kind.z));
    else
      kinds.push_back(kind);

  const Assigner assigner{kinds, fixed};
  const std::optional<Assignment> neutral = unknown.empty() ? assigner.neutral() : std::nullopt;
  if (unknown.empty() && !neutral && !is_ionic(kinds, ions, molecules)) {
    for (const IonKind& kind : kinds)
      if (is_metal(kind.z)) unknown.insert(symbol_of(kind.z));
    std::erase_if(kinds, [](const IonKind& kind) { return is_metal(kind.z); });
    note_states(out, kinds, Assigner{kinds, fixed}.commonest());
  } else {
    const Assignment chosen = neutral.value_or(assigner.likeliest());
    note_states(out, kinds, chosen);
    if (unknown.empty()) out.net = static_cast<int>(std::lround(assigner.net(chosen)));
    if (neutral)
      for (const auto& [z, state] : out.of_element)
        if (is_rare_state(z, state)) out.unusual.push_back(z);
  }
  out.unknown.assign(unknown.begin(), unknown.end());
  return out;
}

std::string vacancy_symbol(int element, int effective_charge) {
  const char sign = effective_charge > 0 ? '.' : '\'';
  return "V_" + symbol_of(element) + '^' +
         (effective_charge == 0 ? "x" : std::string(static_cast<std::size_t>(std::abs(effective_charge)), sign));
}

FormalCharges formal_charges(const Crystal& crystal) {
  return formal_charges(crystal, finite_molecules(crystal, find_bonds(crystal)));
}

}  // namespace hopflow
