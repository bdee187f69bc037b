// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/formats/cif_writer.hpp"

#include <cmath>
#include <map>
#include <set>

#include <fmt/core.h>

#include "structures/core/cell.hpp"
#include "structures/core/element.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

std::vector<std::string> safe_labels(const Crystal& crystal) {
  std::set<std::string> seen;
  bool good = true;
  for (const std::string& label : crystal.labels)
    good = good && !label.empty() && label.size() <= 60 && seen.insert(label).second &&
           label.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+*'()") ==
               std::string::npos &&
           label[0] != '\'' &&
           atomic_number(label.substr(0, 1) + (label.size() > 1 ? label.substr(1, 1) : ""))
                   .value_or(atomic_number(label.substr(0, 1)).value_or(0)) != 0;
  if (good) return crystal.labels;
  std::map<int, int> count;
  std::vector<std::string> out;
  for (const int z : crystal.species) out.push_back(fmt::format("{}{}", symbol_of(z), ++count[z]));
  return out;
}

}  // namespace

std::string format_cif(const Crystal& crystal) {
  std::string out;
  for (const std::string& line : crystal.provenance) out += fmt::format("# {}\n", text::printable(line));
  if (crystal.model && crystal.provenance.empty()) out += "# model structure; not experimental\n";
  if (crystal.charge) out += fmt::format("# charge of the cell: {:+d} e\n", *crystal.charge);
  const CellParameters p = parameters_of(crystal.cell);
  std::map<std::string, int> counts;
  for (const int z : crystal.species) ++counts[symbol_of(z)];
  std::string formula;
  const auto add = [&](const std::string& symbol, int n) {
    formula += fmt::format("{}{}{}", formula.empty() ? "" : " ", symbol, n > 1 ? std::to_string(n) : "");
  };
  const bool organic = counts.contains("C");
  if (organic)
    for (const char* first : {"C", "H"})
      if (const auto it = counts.find(first); it != counts.end()) {
        add(it->first, it->second);
        counts.erase(it);
      }
  for (const auto& [symbol, n] : counts) add(symbol, n);

  out += fmt::format("data_{}\n", text::slug(crystal.name));
  out += fmt::format("_chemical_formula_sum '{}'\n_cell_formula_units_Z 1\n", formula);
  out += fmt::format("_cell_length_a {:.12f}\n_cell_length_b {:.12f}\n_cell_length_c {:.12f}\n", p.a, p.b, p.c);
  out += fmt::format("_cell_angle_alpha {:.12f}\n_cell_angle_beta {:.12f}\n_cell_angle_gamma {:.12f}\n", p.alpha,
                     p.beta, p.gamma);
  out += fmt::format("_cell_volume {:.6f}\n", std::abs(crystal.cell.determinant()));
  out += "_space_group_name_H-M_alt 'P 1'\n_space_group_name_Hall 'P 1'\n_space_group_IT_number 1\n";
  out += "loop_\n_space_group_symop_operation_xyz\n'x,y,z'\n";
  out +=
      "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
      "_atom_site_occupancy\n";
  const std::vector<std::string> labels = safe_labels(crystal);
  for (int i = 0; i < crystal.size(); ++i) {
    const auto slot = static_cast<std::size_t>(i);
    out += fmt::format("{} {} {:.12f} {:.12f} {:.12f} 1\n", labels[slot], symbol_of(crystal.species[slot]),
                       crystal.fractional(0, i), crystal.fractional(1, i), crystal.fractional(2, i));
  }
  return out;
}

}  // namespace hopflow
