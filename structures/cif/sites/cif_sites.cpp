// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/sites/cif_sites.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <set>

#include <fmt/core.h>

#include "structures/core/element.hpp"
#include "structures/core/text.hpp"

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
      problems.add(block.has(tag) ? block.place(tag) : block.begin,
                   fmt::format("{} is missing; a cell needs three lengths and three angles", tag));
      good = false;
    } else if (!number || !(*number > low && *number < high)) {
      problems.add(block.place(tag), fmt::format("{} '{}': it must be a number between {} and {} {}", tag,
                                                 value->text.substr(0, 60), low, high, unit));
      good = false;
    } else {
      p[slot] = *number;
    }
  };
  for (std::size_t k = 0; k < 3; ++k) read(lengths[k], k, 0.5, 10'000, "A");
  for (std::size_t k = 0; k < 3; ++k) read(angles[k], k + 3, 0, 180, "degrees");
  if (!good) return Eigen::Matrix3d::Identity();

  const CifPlace place = block.place("_cell_angle_alpha");
  const double sum = p[3] + p[4] + p[5];
  const bool closes = p[3] < p[4] + p[5] && p[4] < p[3] + p[5] && p[5] < p[3] + p[4];
  if (!(sum < 360) || !closes) {
    problems.add(place,
                 fmt::format("cell angles {} {} {}: no cell has them; their sum must be below 360 degrees and each "
                             "below the sum of the other two",
                             p[3], p[4], p[5]));
    return Eigen::Matrix3d::Identity();
  }
  const Eigen::Matrix3d cell = cell_from_parameters({p[0], p[1], p[2], p[3], p[4], p[5]});
  const double volume = cell.determinant();
  // Real cells lie above 0.1; below, angles are wrong and distances lose their digits.
  if (const double flatness = volume / (p[0] * p[1] * p[2]); !(flatness > 0.01)) {
    problems.add(place, fmt::format("cell angles {} {} {}: the cell is almost flat", p[3], p[4], p[5]));
    return Eigen::Matrix3d::Identity();
  }
  if (!(volume >= 1 && volume <= 1e7)) {
    problems.add(place, fmt::format("cell volume {} A^3: it must lie between 1 and 1e7", volume));
    return Eigen::Matrix3d::Identity();
  }
  if (const CifValue* value = block.value("_cell_volume"); value != nullptr && !value->null) {
    const auto said = cif_number(value->text);
    if (!said || !(*said > 0))
      warnings.push_back(fmt::format("_cell_volume '{}' is not a volume", text::printable(value->text.substr(0, 60))));
    else if (std::abs(*said - volume) > 0.05 * volume)
      problems.add(block.place("_cell_volume"),
                   fmt::format("_cell_volume says {} A^3, the lengths and angles give {:.3f}; "
                               "correct one",
                               *said, volume));
    else if (std::abs(*said - volume) > 0.002 * volume)
      warnings.push_back(
          fmt::format("_cell_volume says {} A^3, the lengths and angles give {:.3f}; these are used", *said, volume));
  }
  return cell;
}

namespace {

/// What is said of sites, each kind of thing once with all labels.
struct SiteNotes {
  std::vector<std::string> dummies, deuterium, taken, typed, repeated, absent, unknown;

  void tell(std::vector<std::string>& warnings) const {
    const auto add = [&](const std::vector<std::string>& labels, const char* what) {
      if (!labels.empty()) warnings.push_back(fmt::format("{}: {}", what, text::printable(text::some(labels))));
    };
    add(dummies, "sites marked as dummies are left out");
    add(deuterium, "deuterium is taken as hydrogen");
    add(taken, "sites without a type symbol are taken for what their labels begin with");
    add(typed, "sites whose labels do not say their type, which counts");
    add(repeated, "site labels that stand more than once");
    add(absent, "sites of occupancy 0 are left out");
    add(unknown, "sites of unknown occupancy (?) are taken as full");
  }
};

/// Chooses among the elements a label may mean by what the formula contains.
std::optional<int> settle_label(const CifBlock& block, const std::string& label, SiteNotes& notes) {
  const std::vector<int> options = elements_of_label(label);
  if (options.empty()) return std::nullopt;
  const auto letters =
      static_cast<std::size_t>(std::find_if(label.begin(), label.end(),
                                            [](char c) { return std::isalpha(static_cast<unsigned char>(c)) == 0; }) -
                               label.begin());
  if (options.size() == 1 && letters == symbol_of(options.front()).size()) return options.front();
  if (const CifValue* sum = block.value("_chemical_formula_sum"); sum != nullptr && !sum->null)
    if (const auto formula = parse_formula(sum->text)) {
      std::vector<int> present;
      for (const int z : options)
        if (formula->contains(z)) present.push_back(z);
      if (present.size() == 1) return present.front();
    }
  notes.taken.push_back(fmt::format("{} ({})", label, symbol_of(options.front())));
  return options.front();
}

struct Columns {
  std::vector<CifValue> label, type, occupancy, assembly, group, calc, hydrogens, multiplicity;
  std::array<std::vector<CifValue>, 3> x;

  std::size_t rows() const { return x[0].size(); }
};

constexpr std::array coordinates{"_atom_site_fract_x", "_atom_site_fract_y", "_atom_site_fract_z"};

/// @return nullopt if they do not form one table; which is a problem
std::optional<Columns> read_columns(const CifBlock& block, CifProblems& problems) {
  Columns c;
  const CifPlace place = block.place(coordinates[0]);
  for (std::size_t k = 0; k < 3; ++k) c.x[k] = block.column(coordinates[k]);
  c.label = block.column("_atom_site_label");
  c.type = block.column("_atom_site_type_symbol");
  c.occupancy = block.column("_atom_site_occupancy");
  c.assembly = block.column("_atom_site_disorder_assembly");
  c.group = block.column("_atom_site_disorder_group");
  c.calc = block.column("_atom_site_calc_flag");
  c.hydrogens = block.column("_atom_site_attached_hydrogens");
  c.multiplicity = block.column("_atom_site_site_symmetry_multiplicity");
  if (c.multiplicity.empty()) c.multiplicity = block.column("_atom_site_symmetry_multiplicity");
  if (c.x[1].size() != c.rows() || c.x[2].size() != c.rows()) {
    problems.add(place, "the atom sites need _atom_site_fract_x, _y and _z in one loop");
    return std::nullopt;
  }
  if (c.label.size() != c.rows() && c.type.size() != c.rows()) {
    problems.add(place, "the atom sites have neither _atom_site_label nor _atom_site_type_symbol");
    return std::nullopt;
  }
  for (const auto* column :
       {&c.label, &c.type, &c.occupancy, &c.assembly, &c.group, &c.calc, &c.hydrogens, &c.multiplicity})
    if (!column->empty() && column->size() != c.rows()) {
      problems.add(place, "the columns of the atom sites stand in different loops and differ in length");
      return std::nullopt;
    }
  return c;
}

std::string word(const std::vector<CifValue>& column, std::size_t row) {
  return row < column.size() && !column[row].null ? text::trim(column[row].text) : "";
}

/// Where a cell of the table stands; the row's coordinates if that column is not there.
CifPlace place_of(const std::vector<CifValue>& column, const Columns& c, std::size_t row) {
  return row < column.size() ? column[row].place : c.x[0][row].place;
}

void read_position(const Columns& c, std::size_t row, CifSite& site, CifProblems& problems) {
  for (std::size_t k = 0; k < 3; ++k) {
    const std::string value = word(c.x[k], row);
    const auto number = cif_number(value);
    if (!number || std::abs(*number) > 100)
      problems.add(c.x[k][row].place,
                   fmt::format("site {}: {} '{}' is not a coordinate; expected a number such as 0.25 or 0.3333(2)",
                               site.label, coordinates[k], value.empty() ? "?" : value.substr(0, 60)));
    else
      site.fractional(static_cast<Eigen::Index>(k)) = *number;
  }
}

void read_occupancy(const Columns& c, std::size_t row, CifSite& site, CifProblems& problems, SiteNotes& notes) {
  if (row < c.occupancy.size() && c.occupancy[row].unknown) notes.unknown.push_back(site.label);
  if (const std::string value = word(c.occupancy, row); !value.empty()) {
    const auto occupancy = cif_number(value);
    if (!occupancy || *occupancy < 0 || *occupancy > 1.0001)
      problems.add(c.occupancy[row].place,
                   fmt::format("site {}: occupancy '{}' must lie between 0 and 1", site.label, value.substr(0, 60)));
    else
      site.occupancy = std::min(*occupancy, 1.0);
    if (site.occupancy == 0) notes.absent.push_back(site.label);
  }
  site.assembly = word(c.assembly, row);
  site.group = word(c.group, row);
  if (site.group == "0") site.group.clear();
  if (site.group.empty()) site.assembly.clear();
}

/// nullopt for a dummy, which is left out with a warning.
std::optional<CifSite> read_site(const CifBlock& block, const Columns& c, std::size_t row, bool complete,
                                 CifProblems& problems, SiteNotes& notes) {
  CifSite site;
  const std::string type = word(c.type, row);
  site.label = word(c.label, row);
  site.place = place_of(c.label.empty() ? c.type : c.label, c, row);
  if (site.label.empty())
    site.label = type.empty() ? fmt::format("site {}", row + 1) : fmt::format("{}{}", type, row + 1);
  if (text::lower(word(c.calc, row)) == "dum") {
    notes.dummies.push_back(site.label);
    return std::nullopt;
  }
  const auto species = type.empty() ? settle_label(block, site.label, notes) : element_of_type(type);
  if (species)
    site.species = *species;
  else
    problems.add(
        place_of(type.empty() ? c.label : c.type, c, row),
        fmt::format("site {}: '{}' is not a chemical element; write the element symbol in _atom_site_type_symbol",
                    site.label, (type.empty() ? site.label : type).substr(0, 60)));
  if (type == "D" || (type.empty() && site.label[0] == 'D' && species == 1)) notes.deuterium.push_back(site.label);
  if (!type.empty() && species)
    if (const auto meant = elements_of_label(site.label);
        !meant.empty() && std::find(meant.begin(), meant.end(), *species) == meant.end())
      notes.typed.push_back(fmt::format("{} ({})", site.label, type));
  read_position(c, row, site, problems);
  read_occupancy(c, row, site, problems, notes);
  if (const auto hydrogens = text::to_integer(word(c.hydrogens, row)); hydrogens && *hydrogens > 0 && complete)
    problems.add(
        c.hydrogens[row].place,
        fmt::format("site {}: {} hydrogens are stated but have no positions; add their sites", site.label, *hydrogens));
  if (const auto multiplicity = text::to_integer(word(c.multiplicity, row)); multiplicity && *multiplicity > 0)
    site.stated_multiplicity = static_cast<int>(std::min(*multiplicity, 192L));
  return site;
}

}  // namespace

std::vector<CifSite> read_cif_sites(const CifBlock& block, CifProblems& problems, std::vector<std::string>& warnings,
                                    bool complete) {
  const std::optional<Columns> columns = read_columns(block, problems);
  if (!columns) return {};
  std::vector<CifSite> sites;
  SiteNotes notes;
  std::set<std::string> seen, repeated;
  for (std::size_t row = 0; row < columns->rows(); ++row) {
    std::optional<CifSite> site = read_site(block, *columns, row, complete, problems, notes);
    if (!site) continue;
    if (!seen.insert(site->label).second) repeated.insert(site->label);
    sites.push_back(std::move(*site));
  }
  notes.repeated.assign(repeated.begin(), repeated.end());
  notes.tell(warnings);
  if (sites.empty() && !problems.any())
    problems.add(block.place(coordinates[0]),
                 "there are no atom sites; add a loop with _atom_site_label and _atom_site_fract_x, _y and _z");
  return sites;
}

}  // namespace hopflow
