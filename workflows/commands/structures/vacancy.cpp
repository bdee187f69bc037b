// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow vacancy: supercells with one atom taken out, at one site or at every symmetry-distinct one.
#include <algorithm>
#include <memory>

#include <fmt/core.h>

#include "structures/cells/vacancy.hpp"
#include "structures/charges/formal_charges.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/formats/structure_file.hpp"
#include "structures/hops/hops.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/commands/structures/cell_arguments.hpp"

namespace hopflow {

namespace {

struct VacancyArguments {
  StructureInput input;
  CellArguments cell;
  CellOutput to;
  std::string element, site;
  bool all = false;
};

/// Of each site asked for: its entry in the table, and the atom that goes.
struct Chosen {
  HopSite site;
  int atom;
};

/// All sites, or the one that holds an atom of the label given; without a label if there is one site only.
std::vector<Chosen> choose_sites(const Crystal& crystal, const HopTable& table, const VacancyArguments& arguments) {
  std::vector<std::string> labels;
  for (const HopSite& site : table.sites) labels.push_back(text::printable(site.label));
  if (arguments.all) {
    std::vector<Chosen> out;
    for (const HopSite& site : table.sites) out.push_back({site, site.atom});
    return out;
  }
  for (const HopSite& site : table.sites)
    if (arguments.site == site.label || (arguments.site.empty() && table.sites.size() == 1)) return {{site, site.atom}};
  for (int atom = 0; atom < crystal.size(); ++atom)
    if (const int site = table.site_of_atom[static_cast<std::size_t>(atom)];
        site >= 0 && crystal.labels[static_cast<std::size_t>(atom)] == arguments.site)
      return {{table.sites[static_cast<std::size_t>(site)], atom}};
  if (arguments.site.empty())
    throw Error{Error::Kind::usage,
                fmt::format("--site: {} has several {} sites; name one of {}, or take --all of them",
                            text::printable(crystal.name), arguments.element, text::join(labels, ", "))};
  throw Error{Error::Kind::usage,
              fmt::format("--site '{}': no such {} site; there are {}", text::printable(arguments.site),
                          arguments.element, text::join(labels, ", "))};
}

/// A supercell with its vacancy, and what is reported of it.
struct Cut {
  std::filesystem::path file;
  std::size_t arrangement = 0;  ///< which crystal it was cut from
  Chosen chosen;
  int chosen_element = 0;
  Crystal crystal;                    ///< without the atom; its charge, where that is known
  Eigen::Vector3d at;                 ///< where the atom was (fractional, of the supercell)
  std::optional<int> vacancy_charge;  ///< minus that of the ion taken out (e)
  std::string no_charge;              ///< why the vacancy or the cell has no charge, "" where both have
};

/// Why the charge of the cell is left out, "" if it is known.
std::string reason_without(const FormalCharges& charges) {
  if (!charges.net)
    return fmt::format("the charge of {} is unknown", text::printable(text::join(charges.unknown, ", ")));
  if (*charges.net != 0)
    return fmt::format("the formal charges of the crystal add up to {:+d} instead of 0", *charges.net);
  return "";
}

Cut cut(const BuiltCell& cell, const Chosen& chosen, int element, const FormalCharges& charges) {
  const Crystal& host = cell.supercell.crystal;
  const VacancyCell vacancy =
      make_vacancy(to_configuration(host), locate(cell.supercell, chosen.atom, Eigen::Vector3i::Zero()).atom);
  Cut out{{}, 0, chosen, element, host, host.fractional.col(vacancy.removed), std::nullopt, ""};
  out.crystal.species = vacancy.configuration.species;
  out.crystal.labels.clear();
  for (const int kept : vacancy.host_index) out.crystal.labels.push_back(host.labels[static_cast<std::size_t>(kept)]);
  out.crystal.fractional = host.fractional(Eigen::all, vacancy.host_index);
  out.crystal.charge.reset();
  const std::optional<int> ion = charges.of_atom[static_cast<std::size_t>(chosen.atom)];
  if (!ion) {
    out.no_charge =
        fmt::format("the charge of the {} taken out is unknown: {}", symbol_of(element),
                    charges.mean.contains(element)
                        ? fmt::format("its ions have different charges, {:+.3g} on average", charges.mean.at(element))
                        : std::string{"it is part of a molecule, or not a common ion"});
    return out;
  }
  out.vacancy_charge = -*ion;
  out.no_charge = reason_without(charges);
  if (out.no_charge.empty()) out.crystal.charge = -*ion;
  return out;
}

std::vector<Cut> cut_all(const std::vector<Crystal>& crystals, const std::vector<BuiltCell>& cells, int element,
                         const VacancyArguments& arguments) {
  const std::vector<std::string> suffixes = arrangement_suffixes(crystals);
  std::vector<Cut> out;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const Crystal& start = cells[k].start;
    const HopTable table = find_hops(start, find_symmetry(start, SymmetryOf::crystal, 0.01), element, 0.1);
    const FormalCharges charges = formal_charges(start);
    for (const Chosen& chosen : choose_sites(start, table, arguments)) {
      out.push_back(cut(cells[k], chosen, element, charges));
      out.back().arrangement = k;
      out.back().file = with_suffix(with_suffix(arguments.to.output, suffixes[k]),
                                    arguments.all ? text::slug(chosen.site.label) : "");
    }
  }
  return out;
}

const std::string& cut_label(const BuiltCell& cell, const Cut& cut) {
  return cell.start.labels[static_cast<std::size_t>(cut.chosen.atom)];
}

nlohmann::ordered_json cut_json(const Cut& cut, const BuiltCell& cell, const std::string& element) {
  using Json = nlohmann::ordered_json;
  return {{"atoms", cut.crystal.size()},
          {"removed",
           {{"label", cut_label(cell, cut)}, {"element", element}, {"fractional", {cut.at(0), cut.at(1), cut.at(2)}}}},
          {"site", {{"label", cut.chosen.site.label}, {"multiplicity", cut.chosen.site.multiplicity}}},
          {"kroeger_vink",
           cut.vacancy_charge ? Json(vacancy_symbol(*atomic_number(element), *cut.vacancy_charge)) : Json(nullptr)},
          {"vacancy_charge_e", cut.vacancy_charge ? Json(*cut.vacancy_charge) : Json(nullptr)},
          {"cell_charge_e", cut.crystal.charge ? Json(*cut.crystal.charge) : Json(nullptr)},
          {"charge_known", cut.crystal.charge.has_value()},
          {"charge_reason", cut.no_charge.empty() ? Json(nullptr) : Json(cut.no_charge)}};
}

void print_cut(const Cut& cut, const BuiltCell& cell) {
  fmt::print(
      "{}: {} atoms after taking out {} at ({:.5f} {:.5f} {:.5f}), one of {} alike per cell; {}\n",
      text::printable(cut.file.string()), cut.crystal.size(), text::printable(cut_label(cell, cut)), cut.at(0),
      cut.at(1), cut.at(2), cut.chosen.site.multiplicity,
      !cut.vacancy_charge ? cut.no_charge
      : !cut.crystal.charge
          ? fmt::format("{} carries {:+d} e; the cell's charge is left out: {}",
                        vacancy_symbol(cut.chosen_element, *cut.vacancy_charge), *cut.vacancy_charge, cut.no_charge)
          : fmt::format("{} carries {:+d} e, the cell {:+d} e", vacancy_symbol(cut.chosen_element, *cut.vacancy_charge),
                        *cut.vacancy_charge, *cut.crystal.charge));
}

/// Default cell and output where none is asked for.
constexpr double usual_distance = 12;  // A

void fill_in(VacancyArguments& arguments, const Crystal& crystal) {
  CellArguments& cell = arguments.cell;
  if (cell.matrix.empty() && cell.min_distance == 0 && cell.chain_distance == 0 && !cell.primitive &&
      !cell.conventional) {
    cell.min_distance = usual_distance;
    fmt::print(stderr, "note: vacancy images are kept {:.0f} A apart (--min-distance)\n", usual_distance);
  }
  if (arguments.to.output.empty())
    arguments.to.output = fmt::format("{}-{}-vacancy.extxyz", text::slug(crystal.name), arguments.element);
}

Exit make_vacancies(const VacancyArguments& given) {
  VacancyArguments arguments = given;
  const int element = element_argument(arguments.element);
  arguments.element = symbol_of(element);
  if (arguments.all && !arguments.site.empty())
    throw Error{Error::Kind::usage, "--all takes every site; leave out --site"};
  return_file(arguments.cell, arguments.input);
  const std::vector<Crystal> crystals = read_every(arguments.input);
  fill_in(arguments, crystals.front());
  std::vector<BuiltCell> cells;
  for (const Crystal& crystal : crystals) cells.push_back(build_cell(crystal, arguments.cell));
  const std::vector<Cut> cuts = cut_all(crystals, cells, element, arguments);
  for (const Cut& cut : cuts) refuse_to_overwrite(cut.file, arguments.to.force);
  for (const Cut& cut : cuts) write_structure(cut.file, cut.crystal);

  if (arguments.to.as_json) {
    nlohmann::ordered_json out = cut_json(cuts.front(), cells.front(), arguments.element);
    out.update(cell_json(cells.front()));
    out["charge_rule"] = charge_rule;
    out["disorder"] = disorder_json(crystals.front());
    out["output"] = cuts.front().file.string();
    out["default_cell"] = given.cell.min_distance == 0 && arguments.cell.min_distance > 0;
    out["written"] = nlohmann::ordered_json::array();
    for (const Cut& cut : cuts) {
      nlohmann::ordered_json one{{"output", cut.file.string()}};
      one.update(cut_json(cut, cells[cut.arrangement], arguments.element));
      one["arrangement"] = arrangement_json(crystals, cut.arrangement);
      out["written"].push_back(one);
    }
    fmt::print("{}\n", json_text(out));
    return Exit::converged;
  }
  print_notices(crystals.front());
  const BuiltCell& cell = cells.front();
  fmt::print("supercell of {} atoms, vacancy images {:.3f} A apart{}, new vectors in old {}\n",
             cell.supercell.crystal.size(), cell.supercell.min_image_distance,
             cell.chain_repeat ? fmt::format(", {:.3f} A along the chain", *cell.chain_repeat) : "",
             matrix_text(cell.matrix));
  for (const Cut& cut : cuts) print_cut(cut, cells[cut.arrangement]);
  return Exit::converged;
}

}  // namespace

void add_vacancy(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<VacancyArguments>();
  CLI::App* command = app.add_subcommand("vacancy", "Write supercells with one atom taken out");
  add_structure_input(*command, arguments->input, "structure");
  command->add_option("--element", arguments->element, "element of the missing atom, such as I")->required();
  command->add_option("--site", arguments->site, "label of the site, as hopflow hops lists it");
  command->add_flag("--all", arguments->all,
                    "one file for each symmetry-distinct site (NAME-I1.cif, NAME-I2.cif, ...)");
  add_cell_options(*command, arguments->cell);
  add_cell_output(*command, arguments->to, "NAME-ELEMENT-vacancy.extxyz");
  command->footer(
      "Example: hopflow vacancy inputs/structures/prpyr-pbi3.cif --element I --site I1 --min-distance 12 -o "
      "vacancy.extxyz\n"
      "         hopflow vacancy inputs/structures/prpyr-pbi3.cif --element I --all --min-distance 12 --chain-distance "
      "16 -o vacancy.cif");
  command->callback([arguments, &action] { action = [arguments] { return make_vacancies(*arguments); }; });
}

}  // namespace hopflow
