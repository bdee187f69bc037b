// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/build_crystals.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include <fmt/core.h>

#include "structures/charges/formal_charges.hpp"
#include "structures/chemistry/structure_checks.hpp"
#include "structures/cif/average.hpp"
#include "structures/cif/cif_formula.hpp"
#include "structures/cif/ordered_supercell.hpp"
#include "structures/cif/sites/place_distance.hpp"
#include "structures/core/element.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

/// Why a structure that leaves a choice is not read, and what to do.
void refuse_choice(const std::vector<CifSite>& sites, CifProblems& problems) {
  std::vector<std::string> partial, grouped;
  const CifSite* first = nullptr;
  for (const CifSite& site : sites) {
    if (site.occupancy < full_site) partial.push_back(fmt::format("{} ({:.4g})", site.label, site.occupancy));
    if (!site.group.empty()) grouped.push_back(site.label);
    if (first == nullptr && (site.occupancy < full_site || !site.group.empty())) first = &site;
  }
  const std::string what = partial.empty() ? fmt::format("disorder groups at {}", text::some(grouped))
                                           : fmt::format("partial occupancy at {}", text::some(partial));
  problems.add(first->place,
               fmt::format("{}; only fully occupied sites are read. Choose an ordered arrangement with --disorder (in "
                           "a study: the key 'disorder'): majority, 'enumerate N', 'choice K', 'seed S', or supercell, "
                           "which keeps the composition. To list hops without ordering, use 'hopflow hops --average'",
                           what));
}

/// Atoms of the arrangement in which `is_there` holds.
Atoms arranged(const Expansion& expansion, const DisorderGroups& groups, const std::vector<bool>& is_there) {
  Atoms out = expansion.ordered;
  for (std::size_t k = 0; k < groups.atoms.size(); ++k) {
    if (!is_there[k]) continue;
    const DisorderedSite& at = expansion.disordered[static_cast<std::size_t>(groups.atoms[k].site)];
    out.add(at.site, at.images.positions[static_cast<std::size_t>(groups.atoms[k].image)]);
  }
  return out;
}

/// What speaks against an arrangement: contacts, or a charge where those of all ions and molecules are known.
Verdict judged(const Crystal& trial) {
  Verdict out{formula_of(trial.species), ""};
  if (const auto contacts = contact_problems(trial); !contacts.empty() && contacts.front().impossible) {
    out.problem = contacts.front().text;
    return out;
  }
  const FormalCharges charges = formal_charges(trial);
  if (charges.net.value_or(0) != 0 && !charges.guessed)
    out.problem = fmt::format("with {} in the cell it carries a charge of {:+d}", out.formula, *charges.net);
  return out;
}

/// What stays open about the charge of an arrangement that was chosen.
void note_charge(Crystal& crystal) {
  const FormalCharges charges = formal_charges(crystal);
  if (!charges.net)
    crystal.warnings.push_back(fmt::format("the charge of the chosen arrangement is not checked: that of {} is unknown",
                                           text::printable(text::join(charges.unknown, ", "))));
  else if (*charges.net != 0)
    crystal.warnings.push_back(
        fmt::format("the chosen arrangement would carry a charge of {:+d} in the cell, if the charges "
                    "guessed for its molecules are right",
                    *charges.net));
  for (const int z : charges.unusual)
    crystal.warnings.push_back(
        fmt::format("the chosen arrangement is neutral only if {} has the unusual oxidation state {:+d}", symbol_of(z),
                    charges.of_element.at(z)));
}

/// One arrangement of the sites: atoms, and how it was chosen.
struct Arranged {
  Atoms atoms;
  std::optional<DisorderReport> report;
};

/// @return the arrangements asked for; none if there is a problem
std::vector<Arranged> settle(const Stated& stated, const Expansion& expansion, const std::vector<Operation>& operations,
                             const Eigen::Matrix3d& cell, CifProblems& problems) {
  if (expansion.disordered.empty()) return {{expansion.ordered, std::nullopt}};
  if (stated.choice.disorder.mode == Disorder::Mode::ordered) {
    refuse_choice(stated.sites, problems);
    return {};
  }
  const DisorderGroups groups = find_disorder_groups(expansion.disordered, operations, cell, problems);
  if (problems.any()) return {};
  const Judge judge = [&](const std::vector<bool>& is_there) {
    return judged(arranged(expansion, groups, is_there).crystal(stated.start));
  };
  std::vector<Arranged> out;
  for (ResolvedDisorder& resolved : resolve_disorder(groups, stated.choice.disorder, stated.every,
                                                     expansion.disordered.front().site.place, judge, problems))
    out.push_back({arranged(expansion, groups, resolved.is_there), std::move(resolved.report)});
  return out;
}

/// The crystal of one arrangement, checked against what the file states.
Crystal finish(const Stated& stated, const Expansion& expansion, Arranged arrangement, Crystal start, Built& out) {
  CifProblems& problems = out.problems;
  Crystal crystal = arrangement.atoms.crystal(std::move(start));
  const double volume = crystal.cell.determinant();
  if (volume < 1.0 * crystal.size()) {
    problems.add(stated.place(),
                 fmt::format("{} atoms in {:.2f} A^3: less than 1 A^3 each is impossible", crystal.size(), volume));
    return crystal;
  }
  if (arrangement.report) {
    if (const std::string note = composition_note(stated_composition(average_sites(expansion)), crystal.species);
        !note.empty())
      crystal.warnings.insert(crystal.warnings.begin(), note);
    crystal.disorder = std::move(arrangement.report);
    crystal.warnings.push_back(fmt::format("disorder is resolved by '{}': one of {:.6g} arrangements; {}",
                                           crystal.disorder->mode, crystal.disorder->arrangements,
                                           text::printable(text::join(crystal.disorder->chosen, "; "))));
  }
  std::set<int> chosen;
  for (const DisorderedSite& site : expansion.disordered) chosen.insert(site.site.species);
  if (!stated.choice.framework_only) {
    const bool stated_z = check_formula(stated.block, crystal, chosen, problems, crystal.warnings);
    if (out.crystals.empty()) out.stated_z = stated_z;
  }
  for (const ContactProblem& contact : contact_problems(crystal))
    if (contact.impossible)
      problems.add(contact.j < 0 ? stated.place() : arrangement.atoms.sites[static_cast<std::size_t>(contact.j)]->place,
                   contact.text);
    else
      crystal.warnings.push_back(contact.text);
  if (crystal.disorder && !problems.any()) note_charge(crystal);
  return crystal;
}

/// Atoms that are always there must be credible whatever is chosen among the others; an average structure, which shows
/// places alone, says what is not.
void check_ordered(const Stated& stated, const Expansion& expansion, Crystal& start, CifProblems& problems) {
  const Crystal ordered = expansion.ordered.crystal(start);
  for (const ContactProblem& contact : contact_problems(ordered)) {
    if (!contact.impossible) continue;
    if (stated.choice.average)
      start.warnings.push_back(contact.text);
    else
      problems.add(stated.place(), contact.text);
  }
}

/// Sites that are images of others, where a file lists the whole cell and the operations too.
bool refuse_whole_cell(const Stated& stated, const std::vector<Operation>& operations, const Eigen::Matrix3d& cell,
                       CifProblems& problems) {
  constexpr std::size_t enough = 3;
  if (operations.size() < 2 || stated.sites.size() > 2000) return false;
  std::size_t images = 0;
  std::vector<std::pair<const CifSite*, SiteImages>> kept;
  for (const CifSite& site : stated.sites) {
    const bool known = std::any_of(kept.begin(), kept.end(), [&](const auto& other) {
      return other.first->species == site.species && site.occupancy >= full_site &&
             other.first->occupancy >= full_site &&
             std::any_of(other.second.positions.begin(), other.second.positions.end(), [&](const Eigen::Vector3d& x) {
               return place_distance(cell, x, site.fractional) < merge_images;
             });
    });
    if (known)
      ++images;
    else
      kept.emplace_back(&site, expand_site(site.fractional, operations, cell, merge_images));
  }
  if (images < enough || 2 * images < stated.sites.size()) return false;
  problems.add(stated.place(),
               fmt::format("{} of the {} listed sites are symmetry copies of other sites, so the file already lists "
                           "the whole cell. Set its space group to 'P 1' and list only the operation 'x,y,z'",
                           images, stated.sites.size()));
  return true;
}

}  // namespace

Built build_crystals(const Stated& stated, const std::vector<Operation>& operations) {
  Built out{{}, CifProblems{stated.file}};
  Crystal start = stated.start;
  if (refuse_whole_cell(stated, operations, start.cell, out.problems)) return out;
  Expansion expansion{stated, operations};
  if (!expansion.expand(start, out.problems) || out.problems.any()) return out;
  const bool in_supercell = stated.choice.disorder.mode == Disorder::Mode::supercell && !expansion.disordered.empty();
  if (stated.choice.average || in_supercell) {
    check_ordered(stated, expansion, start, out.problems);
    if (out.problems.any()) return out;
    out.crystals.push_back(stated.choice.average
                               ? average_crystal(expansion, *stated.choice.average, std::move(start))
                               : supercell_crystal(stated, expansion, std::move(start), out.problems));
    return out;
  }
  for (Arranged& arrangement : settle(stated, expansion, operations, start.cell, out.problems))
    out.crystals.push_back(finish(stated, expansion, std::move(arrangement), start, out));
  return out;
}

}  // namespace hopflow
