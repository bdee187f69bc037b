// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif_sites.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/core.h>

#include "structures/element.hpp"
#include "structures/text.hpp"

namespace hopflow {

Eigen::Matrix3d read_cif_cell(const CifBlock& block, CifProblems& problems, std::vector<std::string>& warnings) {
  constexpr std::array lengths{"_cell_length_a", "_cell_length_b", "_cell_length_c"};
  constexpr std::array angles{"_cell_angle_alpha", "_cell_angle_beta", "_cell_angle_gamma"};
  std::array<double, 6> p{1, 1, 1, 90, 90, 90};
  bool good = true;
  const auto read = [&](const char* tag, std::size_t slot, double low, double high, const char* unit) {
    const CifValue* value = block.value(tag);
    const auto number = value == nullptr || value->null ? std::nullopt : cif_number(value->text);
    if (value == nullptr || value->null) {
      problems.add(block.line(tag), fmt::format("{} is missing; a cell needs three lengths and three angles", tag));
      good = false;
    } else if (!number || !(*number > low && *number < high)) {
      problems.add(block.line(tag), fmt::format("{} '{}': it must be a number between {} and {} {}", tag,
                                                value->text.substr(0, 60), low, high, unit));
      good = false;
    } else {
      p[slot] = *number;
    }
  };
  for (std::size_t k = 0; k < 3; ++k) read(lengths[k], k, 0.5, 10'000, "A");
  for (std::size_t k = 0; k < 3; ++k) read(angles[k], k + 3, 0, 180, "degrees");
  if (!good) return Eigen::Matrix3d::Identity();

  const int line = block.line("_cell_angle_alpha");
  const double sum = p[3] + p[4] + p[5];
  const bool closes = p[3] < p[4] + p[5] && p[4] < p[3] + p[5] && p[5] < p[3] + p[4];
  if (!(sum < 360) || !closes) {
    problems.add(line, fmt::format("cell angles {} {} {}: no cell has them; their sum must be below 360 degrees and each "
                                   "below the sum of the other two",
                                   p[3], p[4], p[5]));
    return Eigen::Matrix3d::Identity();
  }
  const Eigen::Matrix3d cell = cell_from_parameters({p[0], p[1], p[2], p[3], p[4], p[5]});
  const double volume = cell.determinant();
  if (!(volume >= 1 && volume <= 1e7)) {
    problems.add(line, fmt::format("cell volume {} A^3: it must lie between 1 and 1e7", volume));
    return Eigen::Matrix3d::Identity();
  }
  if (const CifValue* value = block.value("_cell_volume"); value != nullptr && !value->null) {
    const auto said = cif_number(value->text);
    if (!said || !(*said > 0))
      warnings.push_back(fmt::format("_cell_volume '{}' is not a volume", text::printable(value->text.substr(0, 60))));
    else if (std::abs(*said - volume) > 0.05 * volume)
      problems.add(block.line("_cell_volume"), fmt::format("_cell_volume says {} A^3, the lengths and angles give {:.3f}; "
                                                           "correct one",
                                                           *said, volume));
    else if (std::abs(*said - volume) > 0.002 * volume)
      warnings.push_back(fmt::format("_cell_volume says {} A^3, the lengths and angles give {:.3f}; these are used", *said,
                                     volume));
  }
  return cell;
}

namespace {

/// Chooses among the elements a label may mean by what the formula contains.
std::optional<int> settle_label(const CifBlock& block, const std::string& label, std::vector<std::string>& warnings) {
  const std::vector<int> options = elements_of_label(label);
  if (options.empty()) return std::nullopt;
  if (options.size() == 1) return options.front();
  if (const CifValue* sum = block.value("_chemical_formula_sum"); sum != nullptr && !sum->null)
    if (const auto formula = parse_formula(sum->text)) {
      std::vector<int> present;
      for (const int z : options)
        if (formula->contains(z)) present.push_back(z);
      if (present.size() == 1) return present.front();
    }
  warnings.push_back(fmt::format("site {} has no type symbol and is taken as {}", text::printable(label),
                                 symbol_of(options.front())));
  return options.front();
}

struct Columns {
  std::vector<CifValue> label, type, occupancy, group, calc, hydrogens, multiplicity;
  std::array<std::vector<CifValue>, 3> x;
};

std::string word(const std::vector<CifValue>& column, std::size_t row) {
  return row < column.size() && !column[row].null ? text::trim(column[row].text) : "";
}

}  // namespace

std::vector<CifSite> read_cif_sites(const CifBlock& block, CifProblems& problems, std::vector<std::string>& warnings) {
  Columns c;
  const int line = block.line("_atom_site_fract_x");
  constexpr std::array coordinates{"_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z"};
  for (std::size_t k = 0; k < 3; ++k) c.x[k] = block.column(coordinates[k]);
  c.label = block.column("_atom_site_label");
  c.type = block.column("_atom_site_type_symbol");
  c.occupancy = block.column("_atom_site_occupancy");
  c.group = block.column("_atom_site_disorder_group");
  c.calc = block.column("_atom_site_calc_flag");
  c.hydrogens = block.column("_atom_site_attached_hydrogens");
  c.multiplicity = block.column("_atom_site_site_symmetry_multiplicity");
  if (c.multiplicity.empty()) c.multiplicity = block.column("_atom_site_symmetry_multiplicity");
  const std::size_t rows = c.x[0].size();
  if (c.x[1].size() != rows || c.x[2].size() != rows) {
    problems.add(line, "the atom sites need _atom_site_fract_x, _y and _z in one loop");
    return {};
  }
  if (c.label.size() != rows && c.type.size() != rows) {
    problems.add(line, "the atom sites have neither _atom_site_label nor _atom_site_type_symbol");
    return {};
  }
  for (const auto* column : {&c.label, &c.type, &c.occupancy, &c.group, &c.calc, &c.hydrogens, &c.multiplicity})
    if (!column->empty() && column->size() != rows) {
      problems.add(line, "the columns of the atom sites stand in different loops and differ in length");
      return {};
    }

  std::vector<CifSite> sites;
  std::vector<std::string> partial, disordered, grouped, without_hydrogens;
  std::set<std::string> seen, repeated;
  for (std::size_t row = 0; row < rows; ++row) {
    CifSite site;
    const std::string type = word(c.type, row);
    site.label = word(c.label, row);
    if (site.label.empty()) site.label = type.empty() ? fmt::format("site {}", row + 1) : fmt::format("{}{}", type, row + 1);
    if (text::lower(word(c.calc, row)) == "dum") {
      warnings.push_back(fmt::format("site {} is marked as a dummy and left out", text::printable(site.label)));
      continue;
    }
    const auto species = type.empty() ? settle_label(block, site.label, warnings) : element_of_type(type);
    if (!species)
      problems.add(line, fmt::format("site {}: '{}' is no chemical element; write its symbol in _atom_site_type_symbol",
                                     site.label, type.empty() ? site.label : type));
    else
      site.species = *species;
    if (type == "D" || (type.empty() && site.label[0] == 'D' && species == 1))
      warnings.push_back(fmt::format("site {} is deuterium and taken as hydrogen", text::printable(site.label)));
    for (std::size_t k = 0; k < 3; ++k) {
      const std::string value = word(c.x[k], row);
      const auto number = cif_number(value);
      if (!number || std::abs(*number) > 100) {
        problems.add(line, fmt::format("site {}: {} '{}' is no coordinate; expected a number such as 0.25 or 0.3333(2)",
                                       site.label, coordinates[k], value.empty() ? "?" : value.substr(0, 60)));
        continue;
      }
      site.fractional(static_cast<Eigen::Index>(k)) = *number;
    }
    if (const std::string value = word(c.occupancy, row); !value.empty()) {
      const auto occupancy = cif_number(value);
      if (!occupancy || *occupancy < 0 || *occupancy > 1.0001)
        problems.add(line, fmt::format("site {}: occupancy '{}' must lie between 0 and 1", site.label, value.substr(0, 60)));
      else if (*occupancy < 0.9999)
        partial.push_back(fmt::format("{} ({})", site.label, *occupancy));
    }
    if (const std::string group = word(c.group, row); !group.empty() && group != "0") {
      grouped.push_back(site.label);
      if (std::find(disordered.begin(), disordered.end(), group) == disordered.end()) disordered.push_back(group);
    }
    if (const auto hydrogens = text::to_integer(word(c.hydrogens, row)); hydrogens && *hydrogens > 0)
      without_hydrogens.push_back(site.label);
    if (const auto multiplicity = text::to_integer(word(c.multiplicity, row)); multiplicity && *multiplicity > 0)
      site.stated_multiplicity = static_cast<int>(std::min(*multiplicity, 192L));
    if (!seen.insert(site.label).second) repeated.insert(site.label);
    sites.push_back(std::move(site));
  }
  const auto some = [](std::vector<std::string> list) {
    const std::size_t count = list.size();
    if (count > 6) {
      list.resize(6);
      list.push_back(fmt::format("... ({} sites)", count));
    }
    return text::join(list, ", ");
  };
  if (!partial.empty())
    problems.add(line, fmt::format("partial occupancy at {}; every site must be full: choose one ordered arrangement, delete "
                                   "the other positions and set the occupancies to 1",
                                   some(partial)));
  const bool negative = std::any_of(disordered.begin(), disordered.end(), [](const auto& g) { return g[0] == '-'; });
  if (partial.empty() && (disordered.size() > 1 || negative))
    problems.add(line, fmt::format("disorder groups at {}; keep the sites of one group, delete the others and the column "
                                   "_atom_site_disorder_group",
                                   some(grouped)));
  else if (partial.empty() && !grouped.empty())
    warnings.push_back(fmt::format("{} sites carry a disorder group although they are full", grouped.size()));
  if (!without_hydrogens.empty())
    problems.add(line, fmt::format("hydrogens are stated at {} but have no positions; add their sites",
                                   some(without_hydrogens)));
  if (!repeated.empty())
    warnings.push_back(fmt::format("site labels that stand more than once: {}",
                                   text::printable(some({repeated.begin(), repeated.end()}))));
  if (sites.empty() && !problems.any()) problems.add(line, "there are no atom sites");
  return sites;
}

}  // namespace hopflow
