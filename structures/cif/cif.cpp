// SPDX-License-Identifier: GPL-2.0-or-later
// From the parts of a CIF to a crystal: symmetry applied, disorder settled, counted against the formula, checked for
// impossible contacts.
#include "structures/cif/cif.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include <fmt/core.h>

#include "structures/charges/formal_charges.hpp"
#include "structures/chemistry/molecules.hpp"
#include "structures/chemistry/structure_checks.hpp"
#include "structures/cif/cif_formula.hpp"
#include "structures/cif/cif_provenance.hpp"
#include "structures/cif/sites/cif_sites.hpp"
#include "structures/cif/sites/site_expansion.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

// Images of a site nearer than this are the same atom on a special position. Where a site is not full, what looks like
// rounding may be a split position, which disorder then chooses between.
constexpr double merge = 0.1, merge_partial = 0.04;  // A
constexpr double told = 1e-5;                        // A, smallest shift onto a special position worth a warning
constexpr int most_atoms = 200'000;
constexpr double full = 0.9999;

/// What a CIF states, before symmetry is applied.
struct Stated {
  const CifBlock& block;
  Crystal start;  ///< cell, names, provenance and warnings so far
  std::vector<CifSite> sites;
  CifChoice choice;
  bool every;  ///< arrangement of those that `disorder` lists
  std::string file;

  CifPlace place() const { return block.place("_atom_site_fract_x"); }
};

/// A disorder group counts only where there is something to choose: part of the sites, or several groups.
bool has_choice(const std::vector<CifSite>& sites) {
  std::set<std::pair<std::string, std::string>> groups;
  std::set<std::string> assemblies;
  for (const CifSite& site : sites) {
    if (site.occupancy < full || site.group.starts_with('-')) return true;
    if (site.group.empty()) continue;
    groups.emplace(site.assembly, site.group);
    assemblies.insert(site.assembly);
  }
  return groups.size() > assemblies.size();
}

/// Why a structure that leaves a choice is not read, and what to do.
void refuse_choice(const std::vector<CifSite>& sites, CifProblems& problems) {
  std::vector<std::string> partial, grouped;
  const CifSite* first = nullptr;
  for (const CifSite& site : sites) {
    if (site.occupancy < full) partial.push_back(fmt::format("{} ({:.4g})", site.label, site.occupancy));
    if (!site.group.empty()) grouped.push_back(site.label);
    if (first == nullptr && (site.occupancy < full || !site.group.empty())) first = &site;
  }
  const std::string what = partial.empty() ? fmt::format("disorder groups at {}", text::some(grouped))
                                           : fmt::format("partial occupancy at {}", text::some(partial));
  problems.add(
      first->place,
      fmt::format("{}; every site must be there wholly: let --disorder choose an ordered arrangement "
                  "(majority, 'enumerate N', 'choice K', 'seed S', or supercell, which keeps the composition), "
                  "or delete the other positions; hops --average needs none",
                  what));
}

/// Whether halogens and metals other than alkali make the frame. @param species_of  of an element of `list`
template <class List, class Species>
bool is_halide_frame(const List& list, Species species_of) {
  bool halogen = false, metal = false;
  for (const auto& one : list) {
    halogen = halogen || is_halogen(species_of(one));
    metal = metal || (is_metal(species_of(one)) && !is_alkali(species_of(one)));
  }
  return halogen && metal;
}

/// Atoms of one cell as they are put together.
struct Atoms {
  std::vector<Eigen::Vector3d> positions;
  std::vector<const CifSite*> sites;

  void add(const CifSite& site, const Eigen::Vector3d& position) {
    positions.push_back(position);
    sites.push_back(&site);
  }
  Crystal crystal(Crystal start) const {
    start.fractional.resize(3, static_cast<Eigen::Index>(positions.size()));
    for (std::size_t i = 0; i < positions.size(); ++i) {
      start.fractional.col(static_cast<Eigen::Index>(i)) = positions[i];
      start.species.push_back(sites[i]->species);
      start.labels.push_back(sites[i]->label);
    }
    return start;
  }
};

/// Every site under the operations: full ones as atoms, the others with all their images, to be chosen among.
class Expansion {
 public:
  Expansion(const Stated& stated, const std::vector<Operation>& operations)
      : stated_{stated}, operations_{operations} {}

  /// False if there are too many atoms, which is told.
  bool expand(Crystal& crystal, CifProblems& problems) {
    const auto too_many = [&] {
      problems.add(stated_.place(),
                   fmt::format("more than {} atoms in the cell: larger structures are not read", most_atoms));
      return false;
    };
    if (stated_.sites.size() * operations_.size() > 20 * static_cast<std::size_t>(most_atoms)) return too_many();
    const bool choice = has_choice(stated_.sites);
    for (const CifSite& site : stated_.sites) {
      const bool is_partial = site.occupancy < full || (choice && !site.group.empty());
      SiteImages images = expand_site(site.fractional, operations_, crystal.cell, is_partial ? merge_partial : merge);
      count_ += images.positions.size();
      if (count_ > static_cast<std::size_t>(most_atoms)) return too_many();
      note(site, images, is_partial, problems);
      if (is_partial) {
        if (site.occupancy > 0) disordered.push_back({site, std::move(images)});
        continue;
      }
      for (const Eigen::Vector3d& image : images.positions) ordered.add(site, image);
    }
    if (!moved_.empty())
      crystal.warnings.push_back(
          fmt::format("{} sites ({}{}) are moved onto their special positions by at most {:.5f} A, as "
                      "rounded coordinates such as 0.3333 ask for",
                      moved_.size(), text::printable(moved_.front()), moved_.size() > 1 ? ", ..." : "", farthest_));
    if (!multiplicities_.empty())
      crystal.warnings.push_back("multiplicities of sites: " + text::printable(text::some(multiplicities_)));
    return true;
  }

  Atoms ordered;
  std::vector<DisorderedSite> disordered;

 private:
  void note(const CifSite& site, const SiteImages& images, bool is_partial, CifProblems& problems) {
    if (images.closest > 0 && !is_partial)
      problems.add(site.place,
                   fmt::format("site {} lies {:.3f} A from its own symmetry image: put it on the special position "
                               "or choose one of the two positions",
                               site.label, images.closest));
    if (images.moved > told) {
      moved_.push_back(site.label);
      farthest_ = std::max(farthest_, images.moved);
    }
    // Older SHELX files give the order of the site symmetry under this name, 1 for a general position.
    const int count = static_cast<int>(images.positions.size()), order = static_cast<int>(operations_.size()) / count;
    if (site.stated_multiplicity > 0 && site.stated_multiplicity != count && site.stated_multiplicity != order)
      multiplicities_.push_back(
          fmt::format("{} ({} is stated, the operations give {})", site.label, site.stated_multiplicity, count));
  }

  const Stated& stated_;
  const std::vector<Operation>& operations_;
  std::vector<std::string> moved_, multiplicities_;
  double farthest_ = 0;
  std::size_t count_ = 0;
};

struct Built {
  std::vector<Crystal> crystals;  ///< one, or every arrangement asked for
  CifProblems problems;
};

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
        fmt::format("the chosen arrangement is neutral only with {} {:+d}", symbol_of(z), charges.of_element.at(z)));
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

/// Every site with its images, ordered ones too.
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

/// What became of the file's composition, if that is worth a word; "" if not.
/// @param stated  per element: atoms by the file's occupancies, of the same number of cells as `species`
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

/// Occupancies times images, per element.
std::map<int, double> stated_composition(const std::vector<AverageSite>& sites) {
  std::map<int, double> out;
  for (const AverageSite& site : sites)
    out[site.species] += site.occupancy * static_cast<double>(site.positions.size());
  return out;
}

/// The crystal of one arrangement, checked against what the file states.
Crystal finish(const Stated& stated, const Expansion& expansion, Arranged arrangement, Crystal start,
               CifProblems& problems) {
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
  if (!stated.choice.framework_only) check_formula(stated.block, crystal, chosen, problems, crystal.warnings);
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

/// One atom for each place of the average structure: of elements that share it the one asked for, else the commonest.
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

/// Whether part of the disorder is one of molecules, which are no ions to be put on places one by one.
const CifSite* disordered_molecule(const std::vector<DisorderedSite>& sites) {
  for (const DisorderedSite& one : sites)
    if (one.site.species == 6 && one.site.occupancy < full) return &one.site;
  return nullptr;
}

/// An ordered supercell near the file's composition.
Crystal supercell_crystal(const Stated& stated, const Expansion& expansion, Crystal start, CifProblems& problems) {
  if (const CifSite* molecule = disordered_molecule(expansion.disordered)) {
    problems.add(molecule->place,
                 fmt::format("site {}: supercell orders ions, not molecules; take majority, or leave the molecules out "
                             "with --framework-only",
                             molecule->label));
    return start;
  }
  const Ordering& ordering = stated.choice.disorder.ordering;
  const OrderedCell made = order_in_supercell(start.cell, average_sites(expansion), ordering);
  if (made.species.empty()) {
    problems.add(
        stated.place(),
        "the ordered supercell would hold no atom: the only sites are partly occupied and take no whole number");
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
                           : "the formal charges are unknown or far from adding up, so the cell may not be neutral; "
                             "counts follow the occupancies");
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

/// Sites that are images of others, where a file lists the whole cell and the operations too.
bool refuse_whole_cell(const Stated& stated, const std::vector<Operation>& operations, const Eigen::Matrix3d& cell,
                       CifProblems& problems) {
  constexpr std::size_t enough = 3;
  if (operations.size() < 2 || stated.sites.size() > 2000) return false;
  std::size_t images = 0;
  std::vector<std::pair<const CifSite*, SiteImages>> kept;
  for (const CifSite& site : stated.sites) {
    const bool known = std::any_of(kept.begin(), kept.end(), [&](const auto& other) {
      return other.first->species == site.species && site.occupancy >= full && other.first->occupancy >= full &&
             std::any_of(other.second.positions.begin(), other.second.positions.end(), [&](const Eigen::Vector3d& x) {
               const Eigen::Vector3d d = x - site.fractional;
               return (cell * (d - d.array().round().matrix())).norm() < merge;
             });
    });
    if (known)
      ++images;
    else
      kept.emplace_back(&site, expand_site(site.fractional, operations, cell, merge));
  }
  if (images < enough || 2 * images < stated.sites.size()) return false;
  problems.add(stated.place(),
               fmt::format("{} of the {} sites listed are symmetry images of others: the list holds the whole cell "
                           "already; give it 'P 1' and the operation 'x,y,z' alone",
                           images, stated.sites.size()));
  return true;
}

Built build(const Stated& stated, const std::vector<Operation>& operations) {
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
    out.crystals.push_back(finish(stated, expansion, std::move(arrangement), start, out.problems));
  return out;
}

/// @param meant  the block asked for by name, "" if none is
const CifBlock& choose_block(const std::vector<CifBlock>& blocks, const std::string& meant, const std::string& name) {
  std::vector<const CifBlock*> found;
  std::vector<std::string> names;
  const CifBlock* cartesian = nullptr;
  for (const CifBlock& block : blocks) {
    if (block.has("_atom_site_cartn_x") && cartesian == nullptr) cartesian = &block;
    if (!block.has("_atom_site_fract_x")) continue;
    found.push_back(&block);
    names.push_back(text::printable(block.name));
  }
  const auto fail = [&](CifPlace place, const std::string& problem) {
    throw Error{Error::Kind::bad_input, fmt::format("{}:{}:{}: {}", name, place.line, place.column, problem)};
  };
  if (!meant.empty()) {
    const auto same = [&](const CifBlock* block) { return text::lower(block->name) == text::lower(meant); };
    if (const auto it = std::find_if(found.begin(), found.end(), same); it != found.end()) return **it;
    if (!found.empty())
      fail(found.front()->begin, fmt::format("no structure in a block '{}'; the file has {}", text::printable(meant),
                                             text::join(names, ", ")));
  }
  if (found.size() > 1)
    fail(found[1]->begin,
         fmt::format("a second structure begins here; name the one that is meant, of {}: --block {} (in a study "
                     "block: {})",
                     text::join(names, ", "), names.front(), names.front()));
  if (found.empty() && cartesian != nullptr)
    fail(cartesian->place("_atom_site_cartn_x"),
         "the atom sites have Cartesian coordinates only, which are not read; give _atom_site_fract_x, _y and _z");
  if (found.empty())
    fail(blocks.empty() ? CifPlace{1, 1} : blocks.front().begin,
         "no atom sites with fractional coordinates (_atom_site_fract_x)");
  return *found.front();
}

/// Of several readings those stay that `is_clean` names, if there are any.
template <class IsClean>
void prefer(std::vector<Built>& good, std::vector<std::string>& settings, IsClean is_clean) {
  std::vector<std::size_t> clean;
  for (std::size_t k = 0; k < good.size(); ++k)
    if (good.size() > 1 && is_clean(good[k].crystals.front())) clean.push_back(k);
  if (clean.empty()) return;
  std::vector<Built> kept;
  std::vector<std::string> names;
  for (const std::size_t k : clean) {
    kept.push_back(std::move(good[k]));
    names.push_back(settings[k]);
  }
  good = std::move(kept);
  settings = std::move(names);
}

/// Every list of operations the file may mean is tried; one must give a sensible structure.
std::vector<Crystal> build_one(const Stated& stated, const CifSymmetry& symmetry) {
  std::vector<Built> good;
  std::vector<std::string> settings;
  std::optional<CifProblems> first_problems;
  for (std::size_t k = 0; k < symmetry.candidates.size(); ++k) {
    Built built{{}, CifProblems{stated.file}};
    try {
      built = build(stated, symmetry.candidates[k]);
    } catch (const Error& crowded) {  // more contacts than are listed
      built.problems.add(stated.place(), crowded.what());
    }
    if (built.problems.any()) {
      if (!first_problems) first_problems = built.problems;
      continue;
    }
    good.push_back(std::move(built));
    settings.push_back(symmetry.names[k]);
  }
  if (good.empty()) first_problems->throw_if_any();
  // A wrong setting often gives the formula with another Z.
  prefer(good, settings, [](const Crystal& crystal) {
    return std::none_of(crystal.warnings.begin(), crystal.warnings.end(),
                        [](const std::string& warning) { return warning.starts_with("the file states Z "); });
  });
  prefer(good, settings, [](const Crystal& crystal) { return contact_problems(crystal).empty(); });
  if (good.size() > 1)
    throw Error{
        Error::Kind::bad_input,
        fmt::format("{}:{}:{}: the space group '{}' leaves open which setting is meant ({}), and more than one gives a "
                    "sensible structure; list the symmetry operations (_space_group_symop_operation_xyz)",
                    stated.file, symmetry.place.line, symmetry.place.column, text::printable(symmetry.symbol),
                    text::join(settings, ", "))};
  std::vector<Crystal> out = std::move(good.front().crystals);
  for (Crystal& crystal : out) {
    if (symmetry.candidates.size() > 1)
      crystal.warnings.push_back(
          fmt::format("setting {} is taken: the only one of {} that gives the formula and credible "
                      "contacts",
                      settings.front(), symmetry.candidates.size()));
    if (stated.choice.average) continue;
    for (std::string& warning : chemistry_warnings(crystal)) crystal.warnings.push_back(std::move(warning));
  }
  return out;
}

/// Leaves the metals and halogens of a halide; of anything else all but carbon, nitrogen and hydrogen.
void keep_frame(std::vector<CifSite>& sites, const Eigen::Matrix3d& cell, std::vector<std::string>& warnings) {
  const bool halide = is_halide_frame(sites, [](const CifSite& site) { return site.species; });
  std::vector<Eigen::Vector3d> carbons;
  for (const CifSite& site : sites)
    if (site.species == 6) carbons.push_back(site.fractional);
  const auto on_carbon = [&](const CifSite& site) {
    return is_halogen(site.species) && std::any_of(carbons.begin(), carbons.end(), [&](const Eigen::Vector3d& x) {
             const Eigen::Vector3d d = x - site.fractional;
             return (cell * (d - d.array().round().matrix())).norm() <
                    1.25 * (covalent_radius(6) + covalent_radius(site.species));
           });
  };
  std::vector<std::string> left;
  std::erase_if(sites, [&](const CifSite& site) {
    const bool keep =
        !on_carbon(site) && (halide ? is_halogen(site.species) || (is_metal(site.species) && !is_alkali(site.species))
                                    : site.species != 1 && site.species != 6 && site.species != 7);
    if (!keep) left.push_back(site.label);
    return !keep;
  });
  if (!left.empty())
    warnings.push_back(fmt::format("the frame alone is read: left out are {}", text::printable(text::some(left))));
}

/// Structures that three dimensions do not hold, and those whose symmetry acts on spins too.
void refuse_modulation(const CifBlock& block, CifProblems& problems) {
  const auto number = [&](const char* tag, double usual) {
    const CifValue* value = block.value(tag);
    const auto said = value == nullptr || value->null ? std::nullopt : cif_number(value->text);
    return said.value_or(usual) > usual ? block.place(tag) : CifPlace{};
  };
  CifPlace place = number("_cell_modulation_dimension", 0);
  if (place.line == 0) place = number("_cell_subsystems_number", 1);
  for (const char* prefix : {"_cell_wave_vector_", "_space_group_ssg_", "_space_group_symop_ssg_",
                             "_atom_site_displace_fourier_", "_atom_site_fourier_", "_atom_site_occ_fourier_"})
    if (place.line == 0) place = block.place_of_prefix(prefix);
  if (place.line > 0)
    problems.add(
        place, "a modulated or composite structure, which three dimensions do not hold: give a commensurate supercell");
}

/// Values a user may take for read although something else counts.
void note_unused(const CifBlock& block, std::vector<std::string>& warnings) {
  if (block.has("_atom_site_cartn_x"))
    warnings.push_back("the Cartesian coordinates of the atom sites are not read; the fractional ones count");
  if (block.place_of_prefix("_atom_site_moment").line > 0 || block.place_of_prefix("_space_group_magn").line > 0)
    warnings.push_back("the file describes a magnetic structure, whose moments are not read");
}

std::vector<Crystal> parse(const std::string& content, const std::string& file, const CifChoice& choice, bool every) {
  const std::string name = text::printable(file);
  const std::vector<CifBlock> blocks = parse_cif_syntax(content, name);
  const CifBlock& block = choose_block(blocks, choice.block, name);

  CifProblems problems{name};
  Crystal crystal;
  crystal.name = block.name.empty() || block.name == "#" ? std::filesystem::path{file}.stem().string() : block.name;
  const Provenance provenance = read_provenance(content, block);
  crystal.model = provenance.model;
  crystal.provenance = provenance.lines;
  refuse_modulation(block, problems);
  note_unused(block, crystal.warnings);
  crystal.cell = read_cif_cell(block, problems, crystal.warnings);
  const bool cell_is_good = !problems.any();
  std::vector<CifSite> sites = read_cif_sites(block, problems, crystal.warnings, !choice.framework_only);
  if (choice.framework_only) keep_frame(sites, crystal.cell, crystal.warnings);
  if (!has_choice(sites))
    if (const auto grouped =
            std::count_if(sites.begin(), sites.end(), [](const CifSite& s) { return !s.group.empty(); });
        grouped > 0)
      crystal.warnings.push_back(fmt::format("{} sites carry a disorder group although they are full", grouped));
  CifSymmetry symmetry;
  if (cell_is_good) symmetry = read_cif_symmetry(block, crystal.cell, problems, crystal.warnings);
  problems.throw_if_any();
  crystal.stated_space_group = symmetry.number;
  crystal.stated_symbol = symmetry.symbol;
  return build_one({block, std::move(crystal), std::move(sites), choice, every, name}, symmetry);
}

}  // namespace

Crystal framework_of(const Crystal& crystal) {
  const std::vector<bool> guest = in_molecule(crystal);
  const bool halide = is_halide_frame(crystal.species, [](int z) { return z; });
  std::vector<int> kept;
  for (int i = 0; i < crystal.size(); ++i) {
    const int z = crystal.species[static_cast<std::size_t>(i)];
    const bool frame = halide ? is_halogen(z) || (is_metal(z) && !is_alkali(z)) : z != 1;
    if (frame && !guest[static_cast<std::size_t>(i)]) kept.push_back(i);
  }
  Crystal out = crystal;
  out.fractional = crystal.fractional(Eigen::all, kept);
  out.species.clear();
  out.labels.clear();
  for (const int atom : kept) {
    out.species.push_back(crystal.species[static_cast<std::size_t>(atom)]);
    out.labels.push_back(crystal.labels[static_cast<std::size_t>(atom)]);
  }
  if (out.size() < crystal.size())
    out.warnings.push_back(fmt::format("the frame alone is read: {} of {} atoms", out.size(), crystal.size()));
  return out;
}

Crystal parse_cif(const std::string& content, const std::string& file, const CifChoice& choice) {
  return std::move(parse(content, file, choice, false).front());
}

Crystal read_cif(const std::filesystem::path& path, const CifChoice& choice) {
  return parse_cif(text::read_file(path), path.string(), choice);
}

std::vector<Crystal> parse_cif_arrangements(const std::string& content, const std::string& file,
                                            const CifChoice& choice) {
  return parse(content, file, choice, true);
}

}  // namespace hopflow
