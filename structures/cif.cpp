// SPDX-License-Identifier: GPL-2.0-or-later
// From the parts of a CIF to a crystal: symmetry applied, counted against the formula, checked for impossible contacts.
#include "structures/cif.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <fmt/core.h>

#include "structures/cif_provenance.hpp"
#include "structures/cif_sites.hpp"
#include "structures/element.hpp"
#include "structures/error.hpp"
#include "structures/structure_checks.hpp"
#include "structures/text.hpp"

namespace hopflow {

namespace {

// Images of a site nearer than `merge` are the same atom on a special position; between that and `apart` the file
// leaves open whether it is one atom or two.
constexpr double merge = 0.1, apart = 0.5;  // A
constexpr double told = 1e-5;               // A, smallest shift onto a special position worth a warning
constexpr int most_atoms = 200'000;

Eigen::Vector3d nearest_whole(const Eigen::Vector3d& v) { return v.array().round().matrix(); }

/// Atoms of one site: the site itself moved onto its special position, then its images inside the cell.
struct Expanded {
  std::vector<Eigen::Vector3d> images;
  double moved = 0;    // A
  double closest = 0;  // A, smallest distance between two images that were kept apart, if below `apart`
};

Expanded expand(const CifSite& site, const std::vector<Operation>& operations, const Eigen::Matrix3d& cell) {
  Expanded out;
  // The mean over the operations that (nearly) keep the site is exactly invariant: 0.3333 becomes 1/3.
  Eigen::Vector3d sum = Eigen::Vector3d::Zero();
  int kept = 0;
  for (const Operation& o : operations) {
    const Eigen::Vector3d image = o.rotation.cast<double>() * site.fractional + o.translation;
    const Eigen::Vector3d d = image - site.fractional;
    const Eigen::Vector3d rest = d - nearest_whole(d);
    if ((cell * rest).norm() > merge) continue;
    sum += rest;
    ++kept;
  }
  const Eigen::Vector3d shift = sum / std::max(kept, 1);
  out.moved = (cell * shift).norm();
  Eigen::Vector3d x = site.fractional;
  if (out.moved > 1e-12) x += shift;

  out.images.push_back(x);
  for (const Operation& o : operations) {
    Eigen::Vector3d image = o.rotation.cast<double>() * x + o.translation;
    bool is_new = true;
    for (const Eigen::Vector3d& other : out.images) {
      const Eigen::Vector3d d = image - other;
      const double distance = (cell * (d - nearest_whole(d))).norm();
      if (distance < merge) {
        is_new = false;
        break;
      }
      if (distance < apart && (out.closest == 0 || distance < out.closest)) out.closest = distance;
    }
    if (!is_new) continue;
    // Into the cell, with 1 - 1e-12 counted as 0.
    for (int k = 0; k < 3; ++k) image(k) -= std::floor(image(k) + 1e-9);
    out.images.push_back(image);
  }
  return out;
}

/// Counts from the sites against formula times Z.
void check_formula(const CifBlock& block, const Crystal& crystal, CifProblems& problems,
                   std::vector<std::string>& warnings) {
  constexpr const char* tag = "_chemical_formula_sum";
  const CifValue* sum = block.value(tag);
  if (sum == nullptr || sum->null) {
    warnings.push_back("the file states no _chemical_formula_sum to check the sites against");
    return;
  }
  const int line = block.line(tag);
  const auto formula = parse_formula(sum->text);
  if (!formula) {
    warnings.push_back(fmt::format("{} '{}' cannot be checked against the sites: expected elements and counts such as "
                                   "'C H6 I3 N Pb'",
                                   tag, text::printable(sum->text.substr(0, 80))));
    return;
  }
  std::map<int, int> counts;
  for (const int z : crystal.species) ++counts[z];
  std::optional<double> units;
  if (const CifValue* z = block.value("_cell_formula_units_z"); z != nullptr && !z->null) {
    const auto number = cif_number(z->text);
    if (!number || !(*number > 0)) {
      problems.add(block.line("_cell_formula_units_z"),
                   fmt::format("_cell_formula_units_Z '{}' must be a positive number", z->text.substr(0, 60)));
      return;
    }
    units = *number;
  }
  // Without Z the element that fits best decides how many formula units there are.
  const bool stated = units.has_value();
  if (!stated)
    for (const auto& [z, n] : *formula)
      if (n > 0 && counts.contains(z) && z != 1) {
        units = counts[z] / n;
        break;
      }
  if (!units) units = 1;
  // Some programs write the formula of the whole cell and Z beside it: then the counts hold Z units already.
  const bool whole_cell =
      stated && *units > 1 && std::all_of(formula->begin(), formula->end(), [&](const auto& entry) {
        const double share = entry.second / *units;
        return std::abs(share - std::round(share)) < 1e-6 && counts[entry.first] == std::lround(entry.second);
      });
  if (whole_cell) {
    warnings.push_back(fmt::format("the stated formula is that of the whole cell, not of one of its {} units", *units));
    units = 1;
  }
  std::vector<std::string> wrong;
  bool hydrogen_only = true;
  for (const auto& [z, n] : *formula)
    if (std::abs(n * *units - counts[z]) > 1e-3 * std::max(1.0, n * *units)) {
      wrong.push_back(fmt::format("{}: {} sites, {} expected", symbol_of(z), counts[z], n * *units));
      hydrogen_only = hydrogen_only && z == 1 && counts[z] < n * *units;
    }
  for (const auto& [z, n] : counts)
    if (n > 0 && !formula->contains(z)) {
      wrong.push_back(fmt::format("{}: {} sites, not in the formula", symbol_of(z), n));
      hydrogen_only = false;
    }
  if (wrong.empty()) return;
  problems.add(line, fmt::format("the sites do not give the stated formula '{}' x {}{}: {}; {}", text::trim(sum->text),
                                 *units, stated ? "" : " (Z is not stated)", text::join(wrong, "; "),
                                 hydrogen_only ? "hydrogen atoms are missing: add their sites"
                                               : "correct the sites, the symmetry operations, the formula or Z"));
}

struct Built {
  Crystal crystal;
  CifProblems problems;
};

Built build(const CifBlock& block, const Crystal& start, const std::vector<CifSite>& sites,
            const std::vector<Operation>& operations, const std::string& name) {
  Built out{start, CifProblems{name}};
  Crystal& crystal = out.crystal;
  const int line = block.line("_atom_site_fract_x");
  std::vector<Eigen::Vector3d> positions;
  std::vector<std::string> moved;
  double farthest = 0;
  if (sites.size() * operations.size() > 4'000'000) {
    out.problems.add(line, fmt::format("{} sites under {} operations: at most {} atoms are read", sites.size(),
                                       operations.size(), most_atoms));
    return out;
  }
  for (const CifSite& site : sites) {
    const Expanded expanded = expand(site, operations, crystal.cell);
    if (expanded.closest > 0)
      out.problems.add(line, fmt::format("site {} lies {:.3f} A from its own symmetry image: put it on the special position "
                                         "or choose one of the two positions",
                                         site.label, expanded.closest));
    if (expanded.moved > told) {
      moved.push_back(site.label);
      farthest = std::max(farthest, expanded.moved);
    }
    if (site.stated_multiplicity > 0 && site.stated_multiplicity != static_cast<int>(expanded.images.size()))
      crystal.warnings.push_back(fmt::format("site {}: multiplicity {} is stated, the operations give {}",
                                             text::printable(site.label), site.stated_multiplicity,
                                             expanded.images.size()));
    for (const Eigen::Vector3d& image : expanded.images) {
      positions.push_back(image);
      crystal.species.push_back(site.species);
      crystal.labels.push_back(site.label);
    }
    if (positions.size() > most_atoms) {
      out.problems.add(line, fmt::format("more than {} atoms in the cell: larger structures are not read", most_atoms));
      return out;
    }
  }
  crystal.fractional.resize(3, static_cast<Eigen::Index>(positions.size()));
  for (std::size_t i = 0; i < positions.size(); ++i) crystal.fractional.col(static_cast<Eigen::Index>(i)) = positions[i];
  if (!moved.empty())
    crystal.warnings.push_back(fmt::format("{} sites ({}{}) are moved onto their special positions by at most {:.5f} A, as "
                                           "rounded coordinates such as 0.3333 ask for",
                                           moved.size(), text::printable(moved.front()), moved.size() > 1 ? ", ..." : "",
                                           farthest));

  const double volume = crystal.cell.determinant();
  if (volume < 1.0 * crystal.size())
    out.problems.add(line, fmt::format("{} atoms in {:.2f} A^3: less than 1 A^3 each is impossible", crystal.size(), volume));
  if (out.problems.any()) return out;
  check_formula(block, crystal, out.problems, crystal.warnings);
  for (const std::string& problem : contact_problems(crystal)) out.problems.add(line, problem);
  return out;
}

const CifBlock& choose_block(const std::vector<CifBlock>& blocks, const std::string& name) {
  const CifBlock* chosen = nullptr;
  std::vector<std::string> names;
  bool cartesian = false;
  for (const CifBlock& block : blocks) {
    cartesian = cartesian || block.has("_atom_site_cartn_x");
    if (!block.has("_atom_site_fract_x")) continue;
    names.push_back(text::printable(block.name));
    chosen = &block;
  }
  if (names.size() > 1)
    throw Error{Error::Kind::bad_input,
                fmt::format("{}:1:1: {} structures in one file (data_{}); keep one block", name, names.size(),
                            text::join(names, ", data_"))};
  if (chosen == nullptr)
    throw Error{Error::Kind::bad_input,
                fmt::format("{}:1:1: no atom sites with fractional coordinates (_atom_site_fract_x){}", name,
                            cartesian ? "; Cartesian coordinates (mmCIF) are not read, convert them" : "")};
  return *chosen;
}

}  // namespace

Crystal parse_cif(const std::string& content, const std::string& file) {
  const std::string name = text::printable(file);
  const std::vector<CifBlock> blocks = parse_cif_syntax(content, name);
  const CifBlock& block = choose_block(blocks, name);

  CifProblems problems{name};
  Crystal crystal;
  crystal.name = block.name.empty() || block.name == "#" ? std::filesystem::path{file}.stem().string() : block.name;
  const Provenance provenance = read_provenance(content, block);
  crystal.model = provenance.model;
  crystal.provenance = provenance.lines;
  if (const CifValue* value = block.value("_cell_modulation_dimension"); value != nullptr && !value->null && value->text != "0")
    problems.add(block.line("_cell_modulation_dimension"), "a modulated structure: give a commensurate supercell instead");
  crystal.cell = read_cif_cell(block, problems, crystal.warnings);
  const bool cell_is_good = !problems.any();
  const std::vector<CifSite> sites = read_cif_sites(block, problems, crystal.warnings);
  CifSymmetry symmetry;
  if (cell_is_good) symmetry = read_cif_symmetry(block, crystal.cell, problems, crystal.warnings);
  problems.throw_if_any();
  crystal.stated_space_group = symmetry.number;
  crystal.stated_symbol = symmetry.symbol;

  std::vector<Built> good;
  std::vector<std::string> settings;
  std::optional<CifProblems> first_problems;
  for (std::size_t k = 0; k < symmetry.candidates.size(); ++k) {
    Built built = build(block, crystal, sites, symmetry.candidates[k], name);
    if (built.problems.any()) {
      if (!first_problems) first_problems = built.problems;
      continue;
    }
    good.push_back(std::move(built));
    settings.push_back(symmetry.names[k]);
  }
  if (good.empty()) first_problems->throw_if_any();
  if (good.size() > 1)
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: the space group '{}' leaves open which setting is meant ({}), and more than one gives a "
                            "sensible structure; list the symmetry operations (_space_group_symop_operation_xyz)",
                            name, text::printable(symmetry.symbol), text::join(settings, ", "))};
  Crystal out = std::move(good.front().crystal);
  if (symmetry.candidates.size() > 1)
    out.warnings.push_back(fmt::format("setting {} is taken: the only one of {} that gives the formula and credible "
                                       "contacts",
                                       settings.front(), symmetry.candidates.size()));
  for (std::string& warning : chemistry_warnings(out)) out.warnings.push_back(std::move(warning));
  return out;
}

Crystal read_cif(const std::filesystem::path& path) {
  return parse_cif(text::read_file(path), path.string());
}

}  // namespace hopflow
