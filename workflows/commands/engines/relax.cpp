// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow relax: positions, or positions and cell, of one structure with any engine.
#include <filesystem>
#include <optional>

#include <fmt/core.h>

#include "neb/relax/relax_cell.hpp"
#include "potentials/forcefield/forcefield.hpp"
#include "structures/chemistry/molecules.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/formats/extxyz.hpp"
#include "structures/formats/structure_file.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/commands/engines/engine_argument.hpp"
#include "workflows/commands/engines/work_folder.hpp"
#include "workflows/commands/structures/structure_arguments.hpp"
#include "workflows/crew/scheduler.hpp"
#include "workflows/results/results.hpp"
#include "workflows/sampling/prior_engine.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

struct RelaxArguments {
  StructureInput input;
  std::string forcefield, charge_set, engine, output;
  std::optional<double> charge;
  double fmax = 0.01;
  int max_steps = 2000;
  bool cell = false, as_json = false;
};

struct BeforeAndAfter {
  double energy_before_ev = 0;
  Relaxed relaxed;
};

/// The energy of the start is asked by itself; the relaxation's first question is the same and costs nothing more.
Procedure<BeforeAndAfter> relax_and_compare(Configuration start, bool cell, RelaxOptions options,
                                            std::optional<PriorOptions> prior) {
  BeforeAndAfter out;
  std::vector<Configuration> question{start};
  const std::vector<Evaluation> answer = co_await Ask(std::move(question));
  out.energy_before_ev = answer.front().energy_ev;
  auto relaxation = cell ? relax_cell(start, Mask{}, options) : relax_by(prior, start, Mask{}, options);
  out.relaxed = co_await std::move(relaxation);
  co_return out;
}

nlohmann::ordered_json cell_json(const Eigen::Matrix3d& cell) {
  const CellParameters p = parameters_of(cell);
  return {{"a", p.a},
          {"b", p.b},
          {"c", p.c},
          {"alpha", p.alpha},
          {"beta", p.beta},
          {"gamma", p.gamma},
          {"volume_angstrom3", cell.determinant()}};
}

nlohmann::ordered_json result_json(const Configuration& start, const BeforeAndAfter& done, const EngineSpec& engine) {
  const Relaxed& relaxed = done.relaxed;
  const int units = formula_units(start.species);
  nlohmann::ordered_json out{{"converged", relaxed.converged()},
                             {"reason", relaxed.reason},
                             {"formula_unit", reduced_formula(start.species)},
                             {"formula_units", units},
                             {"atoms", start.size()},
                             {"energy_ev", relaxed.evaluation.energy_ev},
                             {"energy_per_formula_unit_ev", relaxed.evaluation.energy_ev / units},
                             {"energy_before_ev", done.energy_before_ev},
                             {"cell", cell_json(relaxed.configuration.cell)},
                             {"cell_before", cell_json(start.cell)},
                             {"fmax_ev_per_angstrom", relaxed.fmax},
                             {"stress_ev_per_angstrom3", nullptr},
                             {"largest_move_angstrom", relaxed.drift},
                             {"evaluations", relaxed.evaluations},
                             {"engine", engine_json(engine)}};
  if (relaxed.evaluation.stress) {
    auto rows = nlohmann::ordered_json::array();
    for (int i = 0; i < 3; ++i) {
      const Eigen::RowVector3d row = relaxed.evaluation.stress->row(i);
      rows.push_back({row[0], row[1], row[2]});
    }
    out["stress_ev_per_angstrom3"] = std::move(rows);
  }
  return out;
}

void print_relaxed(const nlohmann::ordered_json& result, bool cell) {
  const auto number = [](const nlohmann::ordered_json& value) { return value.get<double>(); };
  fmt::print("{} x {}, {} evaluations\n", result["formula_units"].get<int>(), result["formula_unit"].get<std::string>(),
             result["evaluations"].get<int>());
  fmt::print("energy        {:.6f} eV (before {:.6f}), {:.6f} eV per formula unit\n", number(result["energy_ev"]),
             number(result["energy_before_ev"]), number(result["energy_per_formula_unit_ev"]));
  fmt::print("largest force {:.5f} eV/A, largest move {:.4f} A{}\n", number(result["fmax_ev_per_angstrom"]),
             number(result["largest_move_angstrom"]), cell ? " in addition to the cell's" : "");
  if (cell) {
    for (const char* key : {"cell_before", "cell"}) {
      const auto& c = result[key];
      fmt::print("{:<13} {:.4f} {:.4f} {:.4f} A, {:.3f} {:.3f} {:.3f} degrees, {:.3f} A3\n", key, number(c["a"]),
                 number(c["b"]), number(c["c"]), number(c["alpha"]), number(c["beta"]), number(c["gamma"]),
                 number(c["volume_angstrom3"]));
    }
  }
  fmt::print("{}\n",
             result["converged"].get<bool>() ? "converged" : "not converged: " + result["reason"].get<std::string>());
}

void write_output(const fs::path& file, const Crystal& crystal, const Relaxed& relaxed) {
  const std::string ending = text::lower(file.extension().string());
  if (ending == ".extxyz" || ending == ".xyz") {
    const Frame frame{.configuration = relaxed.configuration,
                      .energy_ev = relaxed.evaluation.energy_ev,
                      .forces = relaxed.evaluation.forces,
                      .stress = relaxed.evaluation.stress,
                      .mobile = {},
                      .info = {}};
    text::write_file(file, format_extxyz(std::span{&frame, 1}));
    return;
  }
  // Labels and provenance of the file stay with the atoms.
  Crystal out = crystal;
  out.cell = relaxed.configuration.cell;
  out.fractional = relaxed.configuration.cell.inverse() * relaxed.configuration.positions;
  out.stated_space_group = 0;
  out.stated_symbol.clear();
  out.provenance.push_back("relaxed by hopflow");
  write_structure(file, out);
}

/// A client has its charge from its block and its command, where --charge cannot reach it.
void check_charge(const RelaxArguments& arguments, const EngineSpec& engine) {
  if (!arguments.charge || !arguments.forcefield.empty() || engine.kind == "lammps") return;
  const std::optional<double> own = text::to_double(engine.charge);
  if (own && *own == *arguments.charge) return;
  throw Error{
      Error::Kind::usage,
      fmt::format("--charge {:g}: the engine block says charge '{}'; state the charge there (charge: \"{:+g}\") and "
                  "in the client's command",
                  *arguments.charge, engine.charge, *arguments.charge)};
}

Exit run_relax(const RelaxArguments& arguments, MpiSession& session) {
  if (arguments.forcefield.empty() == arguments.engine.empty())
    throw Error{Error::Kind::usage, "give either --forcefield TABLE or --engine BLOCK, one of them"};
  if (!arguments.output.empty()) require_known_ending(arguments.output);
  Crystal crystal = read_input(arguments.input);
  EngineSpec engine;
  if (!arguments.forcefield.empty()) {
    crystal = with_whole_molecules(crystal, finite_molecules(crystal, find_bonds(crystal)));
    engine = ForceField::load(arguments.forcefield, arguments.charge_set)
                 .engine(crystal, -1, arguments.charge.value_or(0) != 0 ? CellCharge::any : CellCharge::neutral);
  }
  const Configuration start = to_configuration(crystal);
  if (!arguments.engine.empty()) engine = engine_argument(arguments.engine, start);
  check_charge(arguments, engine);
  if (engine.prior && arguments.cell)
    throw Error{Error::Kind::usage,
                "--cell: a prior engine helps with positions only; leave 'prior' out of the engine"};
  RelaxOptions options;
  options.fmax = arguments.fmax;
  options.max_steps = arguments.max_steps;

  watch_stop_signals();
  WorkFolder work = arguments.output.empty() ? WorkFolder::scratch() : WorkFolder::next_to(arguments.output);
  Store store = work.store();
  ProgressView view{fs::path{}};
  Outcome<BeforeAndAfter> outcome;
  {
    Crew crew{session, CrewSite{.folder = work.engines(), .data = {}, .ranks_per_image = engine.running.ranks}};
    Scheduler scheduler{crew, store, view};
    scheduler.add<BeforeAndAfter>("relax", 0, engine,
                                  relax_and_compare(start, arguments.cell, options, prior_of(engine)),
                                  [&](Outcome<BeforeAndAfter> done) { outcome = std::move(done); });
    scheduler.run();
  }
  if (outcome.error) std::rethrow_exception(outcome.error);
  nlohmann::ordered_json result = result_json(start, *outcome.value, engine);
  result["evaluations_prior"] = outcome.evaluations_prior;
  if (!arguments.output.empty()) {
    write_output(arguments.output, crystal, outcome.value->relaxed);
    result["output"] = arguments.output;
  }
  if (arguments.as_json) {
    fmt::print("{}\n", json_text(result));
  } else {
    print_notices(crystal);
    print_relaxed(result, arguments.cell);
  }
  work.finished();
  return outcome.value->relaxed.converged() ? Exit::converged : Exit::not_converged;
}

}  // namespace

void add_relax(CLI::App& app, Action& action, MpiSession& session) {
  auto arguments = std::make_shared<RelaxArguments>();
  CLI::App* command = app.add_subcommand("relax", "Relax a structure's positions, or its cell too, with any engine");
  add_structure_input(*command, arguments->input, "structure");
  command->add_option("--forcefield", arguments->forcefield, "force-field table (.yaml)");
  command->add_option("--charge-set", arguments->charge_set, "one of the table's charge sets");
  command->add_option("--engine", arguments->engine, "engine block: a file, or YAML text that begins with '{'");
  command
      ->add_option("--charge", arguments->charge,
                   "charge of the cell (e), 0: 1 for one that lost an iodide. A force field's fixed charges then need "
                   "not add up to 0; a background neutralises them")
      ->check(CLI::Range(-100.0, 100.0));
  command->add_flag("--cell", arguments->cell, "relax the cell as well; the engine must give a stress");
  command->add_option("--fmax", arguments->fmax, "largest force left (eV/A), 0.01")->check(CLI::Range(1e-5, 1.0));
  command->add_option("--max-steps", arguments->max_steps, "evaluations allowed, 2000")->check(CLI::Range(1, 1000000));
  add_output(*command, "-o,--output", arguments->output,
             "structure to write: .cif, .extxyz (with forces), POSCAR, .lmp");
  command->add_flag("--json", arguments->as_json, "print the result as JSON");
  command->footer(
      "Example: hopflow relax inputs/structures/mapbi3-tetragonal.cif --cell --forcefield "
      "inputs/forcefields/myp-mapbi3.yaml\n"
      "With an i-PI client: --engine '{kind: ipi, command: \"python3 client.py {socket} {structure}\"}'\n"
      "Answers of a relaxation that was stopped are kept in OUTPUT.unfinished; run it again to continue.");
  command->callback(
      [arguments, &action, &session] { action = [arguments, &session] { return run_relax(*arguments, session); }; });
}

}  // namespace hopflow
