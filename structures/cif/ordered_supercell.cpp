// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/ordered_supercell.hpp"

#include <cmath>

#include <fmt/core.h>

#include "structures/cif/average.hpp"
#include "structures/cif/disorder/site_charges.hpp"
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

Crystal supercell_crystal(const Stated& stated, const Expansion& expansion, Crystal start, CifProblems& problems) {
  if (const CifSite* molecule = disordered_molecule(expansion.disordered)) {
    problems.add(molecule->place,
                 fmt::format("site {}: '--disorder supercell' orders ions only, and this site belongs to a molecule; "
                             "use '--disorder majority', or leave molecules out with --framework-only",
                             molecule->label));
    return start;
  }
  const Ordering& ordering = stated.choice.disorder.ordering;
  const Eigen::Matrix3d start_cell = start.cell;
  const std::vector<AverageSite> sites = average_sites(expansion);
  const OrderedCell made = order_in_supercell(start_cell, sites, ordering);
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
  const double in_file =
      made.net_charge ? stated_charge(sites, site_charges(start_cell, sites, doubtful_charge)) : 0;  // e, of its cell
  const bool uneven = std::abs(in_file) > 0.1;
  const std::string stated_net =
      uneven ? fmt::format("by formal charges the occupancies in the file sum to {:+.2f} e in its cell", in_file) : "";
  if (const std::string note = composition_note(made.stated, made.species); !note.empty())
    notes.push_back(uneven ? note + "; " + stated_net : note);
  if (made.net_charge && std::abs(*made.net_charge) > 1e-6)
    notes.push_back(
        fmt::format("no neutral arrangement lies near the composition: the cell has a charge of {:+.4g} e by "
                    "formal charges{}",
                    *made.net_charge, uneven ? "; " + stated_net + ": is an ion missing?" : ""));
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
