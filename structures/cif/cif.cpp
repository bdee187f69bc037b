// SPDX-License-Identifier: GPL-2.0-or-later
// From the parts of a CIF to a crystal: the block that is meant, its readings, the one that is sensible.
#include "structures/cif/cif.hpp"

#include <algorithm>
#include <optional>

#include <fmt/core.h>

#include "structures/chemistry/molecules.hpp"
#include "structures/chemistry/structure_checks.hpp"
#include "structures/cif/build_crystals.hpp"
#include "structures/cif/cif_provenance.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

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
      fail(found.front()->begin,
           fmt::format(
               "no data block '{}' holds a structure; blocks with a structure are {}. Select one of these with --block",
               text::printable(meant), text::join(names, ", ")));
  }
  if (found.size() > 1)
    fail(found[1]->begin, fmt::format("the file holds several structures ({}), and a second one begins here; select "
                                      "one with --block {} (in a study: 'block: {}')",
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
    if (good.size() > 1 && is_clean(good[k])) clean.push_back(k);
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
      built = build_crystals(stated, symmetry.candidates[k]);
    } catch (const Error& too_close) {  // more contacts than are listed
      built.problems.add(stated.place(), too_close.what());
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
  prefer(good, settings, [](const Built& built) { return built.stated_z; });
  prefer(good, settings, [](const Built& built) { return contact_problems(built.crystals.front()).empty(); });
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
          fmt::format("space-group setting {} is used: of {} possible settings, only this one gives the stated formula "
                      "and plausible interatomic distances",
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
    if (!is_halogen(site.species) || carbons.empty()) return false;
    Eigen::Matrix3Xd from_site(3, static_cast<Eigen::Index>(carbons.size()));
    for (std::size_t k = 0; k < carbons.size(); ++k)
      from_site.col(static_cast<Eigen::Index>(k)) = cell * (carbons[k] - site.fractional);
    return minimum_image(cell, from_site).colwise().norm().minCoeff() <
           1.25 * (covalent_radius(6) + covalent_radius(site.species));
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
    warnings.push_back(
        fmt::format("only the inorganic frame is read; left out: {}", text::printable(text::some(left))));
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
        place,
        "a modulated or composite structure (superspace description) cannot be read; give a commensurate supercell");
}

/// Values a user may take for read although something else counts.
void note_unused(const CifBlock& block, std::vector<std::string>& warnings) {
  if (block.has("_atom_site_cartn_x"))
    warnings.emplace_back("the Cartesian coordinates of the atom sites are ignored; the fractional ones are used");
  if (block.place_of_prefix("_atom_site_moment").line > 0 || block.place_of_prefix("_space_group_magn").line > 0)
    warnings.emplace_back("the file describes a magnetic structure, whose moments are not read");
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
      crystal.warnings.push_back(
          fmt::format("{} fully occupied sites have a disorder group, which is ignored", grouped));
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
    out.warnings.push_back(fmt::format("only the inorganic frame is read: {} of {} atoms", out.size(), crystal.size()));
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
