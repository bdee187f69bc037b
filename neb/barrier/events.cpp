// SPDX-License-Identifier: GPL-2.0-or-later
// Turns between ends and along the path; steps between minima.
#include "neb/barrier/events.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "neb/path/atom_order.hpp"
#include "neb/path/turns.hpp"
#include "structures/core/index.hpp"
#include "structures/core/text.hpp"

namespace hopflow {
namespace {

constexpr double turned_degrees = 45;     // axes of a cube are 55 degrees apart or more
constexpr double detour_degrees = 60;     // more along the path than from end to end
constexpr std::size_t named_at_most = 3;  // molecules named; the rest is counted

std::string heavy_atom(const Configuration& c, const KeptMolecule& molecule) {
  const auto heavy =
      std::find_if(molecule.atoms.begin(), molecule.atoms.end(), [&](int atom) { return c.species[at(atom)] != 1; });
  return listed(c, {heavy == molecule.atoms.end() ? molecule.atoms.front() : *heavy});
}

/// "methylammonium with C (index 0) by 92 degrees", or the groups of it that turn; "" if nothing does.
std::string turn_told(const Configuration& c, const KeptMolecule& molecule, const Turn& turn) {
  const std::string name = fmt::format("{} with {}", molecule.name, heavy_atom(c, molecule));
  if (turn.degrees() > turned_degrees) return fmt::format("{} by {:.0f} degrees", name, turn.degrees());
  if (turn.group_degrees() > turned_degrees)
    return fmt::format("hydrogen on one end of {} by {:.0f} degrees", name, turn.group_degrees());
  return "";
}

std::string first_few(const std::vector<std::string>& all) {
  const std::vector<std::string> named(all.begin(),
                                       all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), named_at_most)));
  return text::join(named, ", ") +
         (all.size() > named_at_most ? fmt::format(" and {} more", all.size() - named_at_most) : "");
}

/// How much further it is through an image than from end to end (degrees), of the body or a group.
double detour_through(const KeptMolecule& molecule, const std::vector<Configuration>& path, std::size_t image) {
  const Turn whole = turn_of(molecule, path.front().positions, path.back().positions);
  const Turn there = turn_of(molecule, path.front().positions, path[image].positions);
  const Turn back = turn_of(molecule, path[image].positions, path.back().positions);
  return std::max(there.degrees() + back.degrees() - whole.degrees(),
                  there.group_degrees() + back.group_degrees() - whole.group_degrees());
}

/// What moves between two images of a path.
struct Movement {
  std::vector<std::string> turns;
  int furthest = -1;  ///< of the atoms in no molecule that turns
  double way = 0;     ///< its (A)

  bool goes() const { return way > 0.5; }  ///< less is what others make room for
  std::size_t events() const { return turns.size() + (goes() ? 1 : 0); }
};

Movement movement(const std::vector<KeptMolecule>& molecules, const Configuration& from, const Configuration& to,
                  const Mobile& mobile) {
  Movement out;
  std::vector<bool> turned(from.species.size(), false);
  for (const KeptMolecule& molecule : molecules) {
    const std::string text = turn_told(from, molecule, turn_of(molecule, from.positions, to.positions));
    if (text.empty()) continue;
    out.turns.push_back(text);
    for (const int atom : molecule.atoms) turned[at(atom)] = true;
  }
  for (const int atom : mobile.atoms()) {
    const double way = (to.positions.col(atom) - from.positions.col(atom)).norm();
    if (turned[at(atom)] || way <= out.way) continue;
    out.way = way;
    out.furthest = atom;
  }
  return out;
}

std::string told_in_short(const Movement& moves, const Configuration& c) {
  std::vector<std::string> parts;
  if (!moves.turns.empty()) parts.push_back("turning " + first_few(moves.turns));
  if (moves.furthest >= 0 && (moves.goes() || moves.turns.empty()))
    parts.push_back(fmt::format("{} going {:.2f} A", listed(c, {moves.furthest}), moves.way));
  return text::join(parts, " and ");
}

}  // namespace

Events events_of(const Pathway& pathway, const Mobile& mobile) {
  const std::vector<Configuration>& path = pathway.path.images;
  const auto energy = [&](int image) { return pathway.path.answers[at(image)].energy_ev; };
  const std::vector<KeptMolecule> molecules = kept_molecules(path.front(), path.back(), mobile);
  Events events;
  const Movement whole = movement(molecules, path.front(), path.back(), mobile);
  if (!whole.turns.empty() && whole.events() > 1) {
    events.warnings.push_back(
        fmt::format("molecules rotate between the endpoints: {}. A rotation in addition to the hop is a separate "
                    "event, so the barrier may be that of the rotation or of both together; for the hop alone, give a "
                    "final structure in which these molecules keep their orientation",
                    first_few(whole.turns)));
  }
  std::vector<std::string> detours;
  for (const KeptMolecule& molecule : molecules) {
    double detour = 0;
    for (std::size_t i = 1; i + 1 < path.size(); ++i) detour = std::max(detour, detour_through(molecule, path, i));
    if (detour > detour_degrees)
      detours.push_back(
          fmt::format("{} with {} by {:.0f} degrees more", molecule.name, heavy_atom(path.front(), molecule), detour));
  }
  if (!detours.empty()) {
    events.warnings.push_back(
        fmt::format("some molecules rotate further along the path than between its endpoints ({}); the initial path "
                    "may take a detour, try another (neb: interpolation or path)",
                    first_few(detours)));
  }
  if (pathway.passes.size() > 1) {
    std::vector<std::string> steps;
    for (std::size_t k = 0; k < pathway.passes.size(); ++k) {
      const int from = pathway.minima[k], to = pathway.minima[k + 1];
      const Movement moves = movement(molecules, path[at(from)], path[at(to)], mobile);
      steps.push_back(fmt::format("({}) climbs {:.4f} eV, {}", k + 1,
                                  std::max(0.0, energy(pathway.passes[k].image) - energy(from)),
                                  told_in_short(moves, path[at(from)])));
    }
    events.warnings.push_back(fmt::format("{} steps come one after the other: {}; each has a barrier of its own",
                                          steps.size(), text::join(steps, "; ")));
  }
  events.one_event.name = "one_event";
  events.one_event.passed = pathway.passes.size() == 1 && whole.events() <= 1 && detours.empty();
  events.one_event.detail = fmt::format("saddles: {}, molecules turned by more than {:.0f} degrees: {}",
                                        pathway.passes.size(), turned_degrees, whole.turns.size());
  return events;
}

}  // namespace hopflow
