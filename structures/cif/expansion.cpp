// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/expansion.hpp"

#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "structures/core/text.hpp"

namespace hopflow {

namespace {

constexpr double warned = 1e-5;  // A, smallest shift onto a special position worth a warning
constexpr int most_atoms = 200'000;

/// Of a place on which several partly occupied images of a site were merged: the sum over them, where the stated
/// multiplicity counts each and they are farther apart than rounding explains.
double merged_occupancy(const CifSite& site, const SiteImages& images) {
  constexpr double rounding = 0.01, slack = 0.01;  // A; of an occupancy
  const int count = static_cast<int>(images.positions.size());
  const int order = static_cast<int>(images.of_operation.size()) / count;  // another use of the name, see note()
  if (images.moved < rounding || site.stated_multiplicity <= count || site.stated_multiplicity % count != 0 ||
      site.stated_multiplicity == order)
    return site.occupancy;
  const double sum = site.occupancy * (site.stated_multiplicity / count);
  return sum > 1 + slack ? site.occupancy : std::min(sum, 1.0);
}

}  // namespace

bool has_choice(const std::vector<CifSite>& sites) {
  std::set<std::pair<std::string, std::string>> groups;
  std::set<std::string> assemblies;
  for (const CifSite& site : sites) {
    if (site.occupancy < full_site || site.group.starts_with('-')) return true;
    if (site.group.empty()) continue;
    groups.emplace(site.assembly, site.group);
    assemblies.insert(site.assembly);
  }
  return groups.size() > assemblies.size();
}

bool Expansion::expand(Crystal& crystal, CifProblems& problems) {
  const auto too_many = [&] {
    problems.add(stated_.place(),
                 fmt::format("more than {} atoms in the cell: larger structures are not read", most_atoms));
    return false;
  };
  if (stated_.sites.size() * operations_.size() > 20 * static_cast<std::size_t>(most_atoms)) return too_many();
  const bool choice = has_choice(stated_.sites);
  for (const CifSite& site : stated_.sites) {
    const bool is_partial = site.occupancy < full_site || (choice && !site.group.empty());
    SiteImages images =
        expand_site(site.fractional, operations_, crystal.cell, is_partial ? merge_partial : merge_images);
    count_ += images.positions.size();
    if (count_ > static_cast<std::size_t>(most_atoms)) return too_many();
    const double occupancy = is_partial ? merged_occupancy(site, images) : site.occupancy;
    note(site, images, is_partial, occupancy, problems);
    if (is_partial) {
      if (site.occupancy <= 0) continue;
      disordered.push_back({site, std::move(images)});
      disordered.back().site.occupancy = occupancy;
      continue;
    }
    for (const Eigen::Vector3d& image : images.positions) ordered.add(site, image);
  }
  if (!moved_.empty())
    crystal.warnings.push_back(
        fmt::format("{} sites ({}{}) were moved onto special positions by at most {:.5f} A, because of rounded "
                    "coordinates such as 0.3333",
                    moved_.size(), text::printable(moved_.front()), moved_.size() > 1 ? ", ..." : "", farthest_));
  if (!multiplicities_.empty())
    crystal.warnings.push_back("multiplicities of sites: " + text::printable(text::some(multiplicities_)));
  return true;
}

void Expansion::note(const CifSite& site, const SiteImages& images, bool is_partial, double occupancy,
                     CifProblems& problems) {
  if (images.closest > 0 && !is_partial)
    problems.add(site.place,
                 fmt::format("site {} lies {:.3f} A from its own symmetry image: put it on the special position "
                             "or choose one of the two positions",
                             site.label, images.closest));
  if (images.moved > warned) {
    moved_.push_back(site.label);
    farthest_ = std::max(farthest_, images.moved);
  }
  // Older SHELX files give the order of the site symmetry under this name, 1 for a general position.
  const int count = static_cast<int>(images.positions.size()), order = static_cast<int>(operations_.size()) / count;
  const std::string sum = occupancy == site.occupancy
                              ? ""
                              : fmt::format(": images of the split site add up to occupancy {:.4g}", occupancy);
  if (site.stated_multiplicity > 0 && site.stated_multiplicity != count && site.stated_multiplicity != order)
    multiplicities_.push_back(
        fmt::format("{} ({} is stated, the operations give {}{})", site.label, site.stated_multiplicity, count, sum));
}

}  // namespace hopflow
