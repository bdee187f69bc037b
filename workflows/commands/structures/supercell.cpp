// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow supercell: the smallest supercell that keeps images apart, one of a given matrix, or a standard cell.
#include <memory>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "structures/formats/structure_file.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/commands/structures/cell_arguments.hpp"

namespace hopflow {

namespace {

struct SupercellArguments {
  StructureInput input;
  CellArguments cell;
  CellOutput to;
  std::string order;  ///< "ewald", "random" or "": as the file is
  long seed = 0;
};

/// --order: the sites are ordered in the cell asked for, or in the smallest that will do.
void order_sites(SupercellArguments& arguments) {
  if (arguments.order.empty()) return;
  Ordering ordering;
  ordering.by = arguments.order == "random" ? Ordering::By::random : Ordering::By::ewald;
  ordering.seed = arguments.seed;
  StructureInput& input = arguments.input;
  if (!arguments.cell.matrix.empty()) {
    ordering.matrix = matrix_argument(arguments.cell.matrix);
    arguments.cell.matrix = {"1", "1", "1"};
  } else if (arguments.cell.min_distance > 0) {
    input.average = 0;
    const Crystal average = read_input(input);
    input.average.reset();
    ordering.matrix = find_supercell(average, arguments.cell.min_distance).matrix;
    arguments.cell.min_distance = 0;
    arguments.cell.matrix = {"1", "1", "1"};
  }
  input.ordering = ordering;
  input.disorder = {"supercell"};
}

Exit make_supercell(const SupercellArguments& given) {
  SupercellArguments arguments = given;
  return_file(arguments.cell, arguments.input);
  order_sites(arguments);
  if (text::join(arguments.input.disorder, " ").starts_with("supercell") && arguments.cell.matrix.empty() &&
      arguments.cell.min_distance == 0 && arguments.cell.chain_distance == 0)
    arguments.cell.matrix = {"1", "1", "1"};
  const std::vector<Crystal> crystals = read_every(arguments.input);
  std::vector<BuiltCell> cells;
  std::vector<std::filesystem::path> files;
  for (const std::string& suffix : arrangement_suffixes(crystals)) {
    files.push_back(with_suffix(arguments.to.output, suffix));
    refuse_to_overwrite(files.back(), arguments.to.force);
  }
  for (const Crystal& crystal : crystals) cells.push_back(build_cell(crystal, arguments.cell));
  for (std::size_t k = 0; k < cells.size(); ++k) write_structure(files[k], cells[k].supercell.crystal);

  if (arguments.to.as_json) {
    nlohmann::ordered_json out{{"atoms", cells.front().supercell.crystal.size()}};
    out.update(cell_json(cells.front()));
    out["disorder"] = disorder_json(crystals.front());
    out["output"] = files.front().string();
    out["written"] = nlohmann::ordered_json::array();
    for (std::size_t k = 0; k < cells.size(); ++k) {
      nlohmann::ordered_json one{{"output", files[k].string()}, {"atoms", cells[k].supercell.crystal.size()}};
      one.update(cell_json(cells[k]));
      one["arrangement"] = arrangement_json(crystals, k);
      out["written"].push_back(one);
    }
    fmt::print("{}\n", json_text(out));
    return Exit::converged;
  }
  print_notices(crystals.front());
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const BuiltCell& cell = cells[k];
    fmt::print(
        "{}: {} atoms, nearest image {:.3f} A{}, new vectors in old {}\n", text::printable(files[k].string()),
        cell.supercell.crystal.size(), cell.supercell.min_image_distance,
        cell.chain_repeat ? fmt::format(", along its chain a defect repeats every {:.3f} A", *cell.chain_repeat) : "",
        matrix_text(cell.matrix));
  }
  return Exit::converged;
}

}  // namespace

void add_supercell(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<SupercellArguments>();
  CLI::App* command =
      app.add_subcommand("supercell", "Write a supercell, or another cell of the crystal, molecules whole");
  add_structure_input(*command, arguments->input, "structure");
  add_cell_options(*command, arguments->cell);
  command
      ->add_option("--order", arguments->order,
                   "order partly occupied sites in the cell asked for, or the smallest near the composition: by the "
                   "electrostatic energy (ewald) or at random")
      ->check(CLI::IsMember({"ewald", "random"}));
  command->add_option("--seed", arguments->seed, "of --order")->capture_default_str();
  add_cell_output(*command, arguments->to);
  command->footer(
      "Example: hopflow supercell inputs/structures/prpyr-pbi3.cif --min-distance 12 --chain-distance 16 -o "
      "prpyr-16.extxyz\n"
      "         hopflow supercell garnet.cif --order ewald -o ordered.cif\n"
      "         hopflow supercell CONTCAR --conventional --symprec 0.05 -o standard.cif");
  command->callback([arguments, &action] { action = [arguments] { return make_supercell(*arguments); }; });
}

}  // namespace hopflow
