// SPDX-License-Identifier: GPL-2.0-or-later
// Turned without having hopped, hopped without having turned.
#include "neb/pathway/stopovers.hpp"

#include <algorithm>

#include "neb/core/lockstep.hpp"
#include "neb/core/mobile.hpp"
#include "neb/path/turns.hpp"
#include "structures/core/error.hpp"

namespace hopflow {
namespace {

constexpr double far_degrees = 60;
constexpr double hop_length = 1.0;     // A: an atom that goes further hops
constexpr double another_state = 0.5;  // A
constexpr std::size_t most_states = 6;

/// `from` with some molecules standing as in `to`, about their own centres.
Configuration with_turned(const Configuration& from, const Configuration& to,
                          const std::vector<KeptMolecule>& molecules, const std::vector<std::size_t>& turned) {
  Configuration out = from;
  for (const std::size_t m : turned) {
    const KeptMolecule& molecule = molecules[m];
    const Eigen::Matrix3Xd here = from.positions(Eigen::all, molecule.atoms) + molecule.to_whole;
    const Eigen::Matrix3Xd there = to.positions(Eigen::all, molecule.atoms) + molecule.to_whole;
    const Eigen::Vector3d shift = here.rowwise().mean() - there.rowwise().mean();
    out.positions(Eigen::all, molecule.atoms) = (there.colwise() + shift) - molecule.to_whole;
  }
  return out;
}

bool hops(const Configuration& from, const Configuration& to, const std::vector<KeptMolecule>& molecules,
          const std::vector<std::size_t>& turned) {
  Eigen::RowVectorXd way = (to.positions - from.positions).colwise().norm();
  for (const std::size_t m : turned)
    for (const int atom : molecules[m].atoms) way[atom] = 0;
  return way.maxCoeff() > hop_length;
}

/// Places to look for a minimum between: nothing where one thing happens.
std::vector<Configuration> candidates(const Configuration& from, const Configuration& to, const Mobile& mobile) {
  const std::vector<KeptMolecule> molecules = kept_molecules(from, to, mobile);
  std::vector<std::size_t> turned = turned_by_more(far_degrees, molecules, from.positions, to.positions);
  if (turned.empty()) return {};
  if (!hops(from, to, molecules, turned)) {
    if (turned.size() < 2) return {};
    turned.erase(turned.begin() + 1, turned.end());
  }
  return {with_turned(from, to, molecules, turned), with_turned(to, from, molecules, turned)};
}

bool apart(const Relaxed& a, const Relaxed& b, const Mobile& mobile) {
  return longest(mobile.gather(a.configuration.positions) - mobile.gather(b.configuration.positions)) > another_state;
}

}  // namespace

Procedure<Stopovers> find_stopovers(Relaxed initial, Relaxed final, Mask mask, RelaxOptions relaxing) {
  const Mobile mobile(mask, initial.configuration.size());
  relaxing.stage = "relax between events";
  Stopovers way;
  way.states = {std::move(initial), std::move(final)};
  for (std::size_t k = 0; k + 1 < way.states.size() && way.states.size() < most_states;) {
    std::vector<Procedure<Relaxed>> relaxations;
    for (Configuration& start : candidates(way.states[k].configuration, way.states[k + 1].configuration, mobile))
      relaxations.push_back(relax(std::move(start), mask, relaxing));
    if (relaxations.empty()) {
      ++k;
      continue;
    }
    auto side_by_side = in_lockstep(std::move(relaxations));
    std::vector<Relaxed> found;
    try {
      found = co_await std::move(side_by_side);
    } catch (const Error& refusal) {
      if (!refusal.of_engine()) throw;
    }
    const Relaxed* lowest = nullptr;
    for (const Relaxed& state : found) {
      way.evaluations += state.evaluations;
      if (!state.converged() || !apart(state, way.states[k], mobile) || !apart(state, way.states[k + 1], mobile))
        continue;
      if (lowest == nullptr || state.evaluation.energy_ev < lowest->evaluation.energy_ev) lowest = &state;
    }
    if (lowest == nullptr)
      ++k;
    else
      way.states.insert(way.states.begin() + static_cast<std::ptrdiff_t>(k + 1), *lowest);
  }
  co_return way;
}

}  // namespace hopflow
