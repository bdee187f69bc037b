// SPDX-License-Identifier: GPL-2.0-or-later
// From the parts of a CIF to a crystal: symmetry applied, disorder settled, counted against the formula, checked for
// impossible contacts.
#include "structures/cif/cif.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/core.h>

#include "structures/chemistry/formal_charges.hpp"
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
  Disorder disorder;
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
  problems.add(first->place,
               fmt::format("{}; every site must be there wholly: let --disorder choose an ordered arrangement "
                           "(majority, 'enumerate N', 'choice K' or 'seed S'), or delete the other positions",
                           what));
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
  if (stated.disorder.mode == Disorder::Mode::ordered) {
    refuse_choice(stated.sites, problems);
    return {};
  }
  const DisorderGroups groups = find_disorder_groups(expansion.disordered, operations, cell, problems);
  if (problems.any()) return {};
  const Judge judge = [&](const std::vector<bool>& is_there) {
    return judged(arranged(expansion, groups, is_there).crystal(stated.start));
  };
  std::vector<Arranged> out;
  for (ResolvedDisorder& resolved : resolve_disorder(groups, stated.disorder, stated.every,
                                                     expansion.disordered.front().site.place, judge, problems))
    out.push_back({arranged(expansion, groups, resolved.is_there), std::move(resolved.report)});
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
    crystal.disorder = std::move(arrangement.report);
    crystal.warnings.push_back(fmt::format("disorder is resolved by '{}': one of {:.6g} arrangements; {}",
                                           crystal.disorder->mode, crystal.disorder->arrangements,
                                           text::printable(text::join(crystal.disorder->chosen, "; "))));
  }
  std::set<int> chosen;
  for (const DisorderedSite& site : expansion.disordered) chosen.insert(site.site.species);
  check_formula(stated.block, crystal, chosen, problems, crystal.warnings);
  for (const ContactProblem& contact : contact_problems(crystal))
    if (contact.impossible)
      problems.add(contact.j < 0 ? stated.place() : arrangement.atoms.sites[static_cast<std::size_t>(contact.j)]->place,
                   contact.text);
    else
      crystal.warnings.push_back(contact.text);
  if (crystal.disorder && !problems.any()) note_charge(crystal);
  return crystal;
}

Built build(const Stated& stated, const std::vector<Operation>& operations) {
  Built out{{}, CifProblems{stated.file}};
  Crystal start = stated.start;
  Expansion expansion{stated, operations};
  if (!expansion.expand(start, out.problems) || out.problems.any()) return out;
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

/// Of several readings those without doubtful contacts stay, if there are any.
void prefer_credible(std::vector<Built>& good, std::vector<std::string>& settings) {
  std::vector<std::size_t> clean;
  for (std::size_t k = 0; k < good.size(); ++k)
    if (good.size() > 1 && contact_problems(good[k].crystals.front()).empty()) clean.push_back(k);
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
  prefer_credible(good, settings);
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
    for (std::string& warning : chemistry_warnings(crystal)) crystal.warnings.push_back(std::move(warning));
  }
  return out;
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
  std::vector<CifSite> sites = read_cif_sites(block, problems, crystal.warnings);
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
  return build_one({block, std::move(crystal), std::move(sites), choice.disorder, every, name}, symmetry);
}

}  // namespace

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
