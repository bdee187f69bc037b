// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/average.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/cif/cif_formula.hpp"
#include "structures/cif/sites/place_distance.hpp"
#include "structures/core/element.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

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
    for (Place& place : places)
      if (place_distance(start.cell, x, place.position) < same) return place;
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

}  // namespace hopflow
