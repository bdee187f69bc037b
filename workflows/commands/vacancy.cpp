// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow vacancy: a supercell with one atom of a chosen site taken out.
#include <algorithm>
#include <memory>

#include <fmt/core.h>

#include "structures/error.hpp"
#include "structures/formats/structure_file.hpp"
#include "structures/hops.hpp"
#include "structures/text.hpp"
#include "structures/vacancy.hpp"
#include "workflows/commands/command.hpp"
#include "workflows/commands/structure_arguments.hpp"

namespace hopflow {

namespace {

struct VacancyArguments {
  StructureInput input;
  std::string element, site, matrix, output;
  double min_distance = 0;
  bool force = false, as_json = false;
};

/// The site's atom: by the label of any of its atoms; without a label if there is one site only.
int choose_site(const Crystal& crystal, const HopTable& table, const VacancyArguments& arguments) {
  std::vector<std::string> labels;
  for (const HopSite& site : table.sites) {
    if (arguments.site == site.label) return site.atom;
    labels.push_back(text::printable(site.label));
  }
  if (arguments.site.empty() && table.sites.size() == 1) return table.sites.front().atom;
  for (int atom = 0; atom < crystal.size(); ++atom)
    if (table.site_of_atom[static_cast<std::size_t>(atom)] >= 0 &&
        crystal.labels[static_cast<std::size_t>(atom)] == arguments.site)
      return atom;
  if (arguments.site.empty())
    throw Error{Error::Kind::usage,
                fmt::format("--site: {} has several {} sites; name one of {}", text::printable(crystal.name),
                            arguments.element, text::join(labels, ", "))};
  throw Error{Error::Kind::usage, fmt::format("--site '{}': no such {} site; there are {}", text::printable(arguments.site),
                                              arguments.element, text::join(labels, ", "))};
}

Exit make(const VacancyArguments& arguments) {
  if (arguments.matrix.empty() == (arguments.min_distance == 0))
    throw Error{Error::Kind::usage, "give either --min-distance (A) or --matrix, one of them"};
  const int element = element_argument(arguments.element);
  refuse_to_overwrite(arguments.output, arguments.force);
  const Crystal crystal = read_input(arguments.input);
  const HopTable table = find_hops(crystal, find_symmetry(crystal, SymmetryOf::crystal, 0.01), element, 0.1);
  const int atom = choose_site(crystal, table, arguments);
  const Supercell supercell = supercell_argument(crystal, arguments.matrix, arguments.min_distance);
  const std::optional<double> along = chain_repeat(crystal, supercell.matrix);
  const VacancyCell vacancy = make_vacancy(supercell, to_configuration(supercell.crystal), atom);

  Crystal out = supercell.crystal;
  out.species.clear();
  out.labels.clear();
  out.fractional.resize(3, vacancy.configuration.size());
  for (const int host : vacancy.host_index) {
    const auto slot = static_cast<std::size_t>(host);
    out.fractional.col(static_cast<Eigen::Index>(out.species.size())) = supercell.crystal.fractional.col(host);
    out.species.push_back(supercell.crystal.species[slot]);
    out.labels.push_back(supercell.crystal.labels[slot]);
  }
  write_structure(arguments.output, out);

  const std::string& label = crystal.labels[static_cast<std::size_t>(atom)];
  const Eigen::Vector3d at = supercell.crystal.fractional.col(vacancy.removed);
  if (arguments.as_json) {
    const nlohmann::ordered_json json{
        {"atoms", out.size()},
        {"removed", {{"label", label}, {"element", arguments.element}, {"fractional", {at(0), at(1), at(2)}}}},
        {"matrix_rows", matrix_rows(supercell.matrix)},
        {"min_image_distance_angstrom", supercell.min_image_distance},
        {"chain_repeat_angstrom", along ? nlohmann::ordered_json(*along) : nlohmann::ordered_json()},
        {"disorder", disorder_json(crystal)},
        {"output", arguments.output}};
    fmt::print("{}\n", json_text(json));
    return Exit::converged;
  }
  print_notices(crystal);
  fmt::print("{} atoms after taking out {} at ({:.5f} {:.5f} {:.5f}), vacancy images {:.3f} A apart\n", out.size(),
             text::printable(label), at(0), at(1), at(2), supercell.min_image_distance);
  if (along) fmt::print("along its chain the vacancy repeats every {:.3f} A\n", *along);
  fmt::print("written: {}\n", text::printable(arguments.output));
  return Exit::converged;
}

}  // namespace

void add_vacancy(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<VacancyArguments>();
  CLI::App* command = app.add_subcommand("vacancy", "Write a supercell with one atom taken out");
  add_structure_input(*command, arguments->input, "structure");
  command->add_option("--element", arguments->element, "element of the missing atom, such as I")->required();
  command->add_option("--site", arguments->site, "label of the site, as hopflow hops lists it");
  command->add_option("--min-distance", arguments->min_distance, "keep vacancy images this far apart (A)")
      ->check(CLI::Range(1.0, 200.0));
  command->add_option("--matrix", arguments->matrix, "nine integers, rows: new vectors in old ones; or three");
  command->add_option("-o,--output", arguments->output, "file to write: .cif, .extxyz, POSCAR, .lmp")->required();
  command->add_flag("--force", arguments->force, "overwrite the file if it exists");
  command->add_flag("--json", arguments->as_json, "for machines");
  command->footer(
      "Example: hopflow vacancy inputs/structures/prpyr-pbi3.cif --element I --site I1 --min-distance 12 -o vacancy.extxyz");
  command->callback([arguments, &action] { action = [arguments] { return make(*arguments); }; });
}

}  // namespace hopflow
