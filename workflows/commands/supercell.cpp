// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow supercell: the smallest supercell that keeps images apart, or one of a given matrix.
#include <memory>

#include <fmt/core.h>

#include "structures/error.hpp"
#include "structures/formats/structure_file.hpp"
#include "structures/text.hpp"
#include "workflows/commands/command.hpp"
#include "workflows/commands/structure_arguments.hpp"

namespace hopflow {

namespace {

struct SupercellArguments {
  StructureInput input;
  std::string matrix, output;
  double min_distance = 0;
  bool force = false, as_json = false;
};

Exit make(const SupercellArguments& arguments) {
  if (arguments.matrix.empty() == (arguments.min_distance == 0))
    throw Error{Error::Kind::usage, "give either --min-distance (A) or --matrix, one of them"};
  refuse_to_overwrite(arguments.output, arguments.force);
  const Crystal crystal = read_input(arguments.input);
  const Supercell supercell = supercell_argument(crystal, arguments.matrix, arguments.min_distance);
  const std::optional<double> along = chain_repeat(crystal, supercell.matrix);
  write_structure(arguments.output, supercell.crystal);
  if (arguments.as_json) {
    const nlohmann::ordered_json out{{"atoms", supercell.crystal.size()},
                                     {"matrix_rows", matrix_rows(supercell.matrix)},
                                     {"min_image_distance_angstrom", supercell.min_image_distance},
                                     {"chain_repeat_angstrom", along ? nlohmann::ordered_json(*along) : nlohmann::ordered_json()},
                                     {"disorder", disorder_json(crystal)},
                                     {"output", arguments.output}};
    fmt::print("{}\n", json_text(out));
    return Exit::converged;
  }
  print_notices(crystal);
  fmt::print("{} atoms, nearest image {:.3f} A, rows (new vectors in old) {}\n", supercell.crystal.size(),
             supercell.min_image_distance, matrix_rows(supercell.matrix).dump());
  if (along) fmt::print("along its chain a defect repeats every {:.3f} A\n", *along);
  fmt::print("written: {}\n", text::printable(arguments.output));
  return Exit::converged;
}

}  // namespace

void add_supercell(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<SupercellArguments>();
  CLI::App* command = app.add_subcommand("supercell", "Write a supercell, molecules whole");
  add_structure_input(*command, arguments->input, "structure");
  command->add_option("--min-distance", arguments->min_distance, "keep every atom this far from its images (A)")
      ->check(CLI::Range(1.0, 200.0));
  command->add_option("--matrix", arguments->matrix, "nine integers, rows: new vectors in old ones; or three");
  command->add_option("-o,--output", arguments->output, "file to write: .cif, .extxyz, POSCAR, .lmp")->required();
  command->add_flag("--force", arguments->force, "overwrite the file if it exists");
  command->add_flag("--json", arguments->as_json, "for machines");
  command->footer("Example: hopflow supercell inputs/structures/prpyr-pbi3.cif --min-distance 12 -o prpyr-12.extxyz");
  command->callback([arguments, &action] { action = [arguments] { return make(*arguments); }; });
}

}  // namespace hopflow
