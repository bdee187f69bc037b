// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/average.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/cif/cif_formula.hpp"
#include "structures/core/element.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

/// Whether part of the disorder is one of molecules, which are no ions to be put on places one by one.
const CifSite* disordered_molecule(const std::vector<DisorderedSite>& sites) {
  for (const DisorderedSite& one : sites)
    if (one.site.species == 6 && one.site.occupancy < full_site) return &one.site;
  return nullptr;
}

}  // namespace

std::vector<AverageSite> average_sites(const Expansion& expansion) {
  std::vector<AverageSite> out;
  const CifSite* last = nullptr;
  for (std::size_t k = 0; k < expansion.ordered.sites.size(); ++k) {
    const CifSite* site = expansion.ordered.sites[k];
    if (site != last) out.push_back({site->label, site->species, 1, {}});
    last = site;
    out.back().positions.push_back(expansion.ordered.positions[k]);
  }
  for (const DisorderedSite& site : expansion.disordered)
    out.push_back({site.site.label, site.site.species, site.site.occupancy, site.images.positions});
  return out;
}

std::string composition_note(const std::map<int, double>& stated, const std::vector<int>& species) {
  constexpr double drift = 0.05;
  std::map<int, double> made, file;
  for (const int z : species) made[z] += 1;
  std::vector<std::string> lost;
  bool differs = false;
  const double units = formula_units(species);
  for (const auto& [z, n] : stated) {
    if (n <= 0) continue;
    if (!made.contains(z)) lost.push_back(symbol_of(z));
    differs = differs || std::abs(made[z] - n) > drift * n;
    file[z] = n / units;
  }
  if (lost.empty() && !differs) return "";
  for (auto& [z, n] : made) n /= units;
  return fmt::format("composition {} became {}{}", written_formula(file), written_formula(made),
                     lost.empty() ? "" : ": no " + text::join(lost, ", no ") + " is left");
}

std::map<int, double> stated_composition(const std::vector<AverageSite>& sites) {
  std::map<int, double> out;
  for (const AverageSite& site : sites)
    out[site.species] += site.occupancy * static_cast<double>(site.positions.size());
  return out;
}

Crystal average_crystal(const Expansion& expansion, int element, Crystal start) {
  constexpr double same = 0.15;  // A
  struct Place {
    Eigen::Vector3d position;
    std::map<int, std::pair<double, std::string>> holds;  ///< per element: occupancy, label
  };
  std::vector<Place> places;
  const auto place_at = [&](const Eigen::Vector3d& x) -> Place& {
    for (Place& place : places) {
      const Eigen::Vector3d d = x - place.position;
      if ((start.cell * (d - d.array().round().matrix())).norm() < same) return place;
    }
    return places.emplace_back(Place{x, {}});
  };
  for (const AverageSite& site : average_sites(expansion))
    for (const Eigen::Vector3d& x : site.positions) {
      auto& [occupancy, label] = place_at(x).holds[site.species];
      if (occupancy == 0) label = site.label;
      occupancy += site.occupancy;
    }
  std::map<std::string, int> kinds;
  start.fractional.resize(3, static_cast<Eigen::Index>(places.size()));
  for (std::size_t k = 0; k < places.size(); ++k) {
    const auto& holds = places[k].holds;
    auto chosen = std::max_element(holds.begin(), holds.end(),
                                   [](const auto& a, const auto& b) { return a.second.first < b.second.first; });
    if (const auto asked = holds.find(element); asked != holds.end()) chosen = asked;
    std::string composition;
    for (const auto& [z, held] : holds) composition += fmt::format("{} {:.3f} ", z, held.first);
    start.fractional.col(static_cast<Eigen::Index>(k)) = places[k].position;
    start.species.push_back(chosen->first);
    start.labels.push_back(chosen->second.second);
    start.occupancy.push_back(std::min(chosen->second.first, 1.0));
    start.kind.push_back(kinds.emplace(composition, static_cast<int>(kinds.size()) + 1).first->second);
  }
  return start;
}

Crystal supercell_crystal(const Stated& stated, const Expansion& expansion, Crystal start, CifProblems& problems) {
  if (const CifSite* molecule = disordered_molecule(expansion.disordered)) {
    problems.add(molecule->place,
                 fmt::format("site {}: '--disorder supercell' orders ions only, and this site belongs to a molecule; "
                             "use '--disorder majority', or leave molecules out with --framework-only",
                             molecule->label));
    return start;
  }
  const Ordering& ordering = stated.choice.disorder.ordering;
  const OrderedCell made = order_in_supercell(start.cell, average_sites(expansion), ordering);
  if (made.species.empty()) {
    problems.add(stated.place(),
                 "the ordered supercell would hold no atoms: the occupancies of all sites round to zero atoms in this "
                 "cell; ask for a larger supercell");
    return start;
  }
  Crystal out = std::move(start);
  out.cell = made.cell;
  out.fractional.resize(3, static_cast<Eigen::Index>(made.fractional.size()));
  for (std::size_t k = 0; k < made.fractional.size(); ++k)
    out.fractional.col(static_cast<Eigen::Index>(k)) = made.fractional[k];
  out.species = made.species;
  out.labels = made.labels;
  out.stated_space_group = 0;
  out.stated_symbol.clear();
  DisorderReport report;
  report.mode = disorder_text(stated.choice.disorder);
  report.matrix = made.matrix;
  report.energy_ev = made.energy_ev;
  report.net_charge = made.net_charge;
  report.largest_deviation = made.largest_deviation;
  for (const SiteCount& count : made.counts)
    report.chosen.push_back(fmt::format("{} ({} {:.4g}): {} of {}", count.label, symbol_of(count.species),
                                        count.occupancy, count.taken, count.places));
  std::vector<std::string> notes;
  if (const std::string note = composition_note(made.stated, made.species); !note.empty()) notes.push_back(note);
  if (made.net_charge && std::abs(*made.net_charge) > 1e-6)
    notes.push_back(
        fmt::format("no neutral arrangement lies near the composition: the cell has a charge of {:+.4g} e by "
                    "formal charges",
                    *made.net_charge));
  if (!made.net_charge)
    notes.emplace_back(stated.choice.framework_only
                           ? "without what is left out the cell is not neutral; counts follow the occupancies"
                           : "the formal charges are unknown or do not sum to zero, so the cell may carry a charge; "
                             "the numbers of atoms follow the occupancies");
  notes.push_back(fmt::format("partly occupied sites are ordered in a supercell of {} atoms {}; {}", out.size(),
                              ordering.by == Ordering::By::ewald ? "by the electrostatic energy of formal charges"
                                                                 : fmt::format("at random, seed {}", ordering.seed),
                              text::printable(text::join(report.chosen, "; "))));
  if (made.short_contacts > 0)
    notes.push_back(
        fmt::format("{} pairs of the ordered atoms are nearer to each other than usual; relax them before use",
                    made.short_contacts));
  out.warnings.insert(out.warnings.begin(), notes.begin(), notes.end());
  out.disorder = std::move(report);
  return out;
}

}  // namespace hopflow
