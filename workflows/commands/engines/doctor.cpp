// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow doctor: what is on this machine, and what it is used for.
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "potentials/host/engine_host.hpp"
#include "potentials/ipi/client.hpp"
#include "potentials/lammps/document.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/commands/engines/scratch.hpp"
#include "workflows/commands/start/presence.hpp"
#include "workflows/commands/structures/structure_arguments.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

struct Finding {
  std::string name, used_for;
  bool required = false;
  bool found = false;
  std::string detail;  ///< version and place; where it is missing: how to get it
};

Finding program(std::string name, const std::string& executable, const std::string& version, std::string use,
                const std::string& help) {
  Finding out{.name = std::move(name), .used_for = std::move(use), .required = false, .found = false, .detail = help};
  const auto place = on_path(executable);
  if (!place) return out;
  out.found = true;
  const std::string says = version.empty() ? "" : first_line(version);
  out.detail = says.empty() ? place->string() : fmt::format("{} ({})", says, place->string());
  return out;
}

/// Two atoms asked of LAMMPS with one pair style in an engine process: whether it starts, and whether the style is
/// there.
/// @return "" or what went wrong
std::string try_style(EngineHost& host, const std::string& style, const std::string& coefficients,
                      const std::string& kspace) {
  Configuration pair;
  pair.cell *= 12;
  pair.positions.resize(3, 2);
  pair.positions << 1, 4.5, 1, 1, 1, 1;
  pair.species = {11, 17};
  LammpsDocument document;
  document.units = "real";
  document.species = pair.species;
  document.types = {1, 2};
  document.charges = {1, -1};
  document.molecules = {0, 0};
  document.masses = {22.99, 35.45};
  document.commands = {"pair_style " + style, "pair_coeff * * " + coefficients};
  if (!kspace.empty()) document.commands.push_back(kspace);
  EngineSpec spec;
  spec.kind = "lammps";
  spec.version = lammps_version();
  spec.document = document.dump();
  try {
    host.evaluate(spec, pair);
    return "";
  } catch (const Error& problem) {
    const std::string what = problem.what();
    return what.substr(0, what.find('\n'));
  }
}

/// The library and the styles the shipped tables need are required; others are listed.
std::vector<Finding> lammps_findings() {
  struct Style {
    const char *name, *style, *coefficients, *kspace, *use;
    bool required;
  };
  constexpr std::array styles{
      Style{"LAMMPS library", "lj/cut 8.0", "0.1 3.0", "", "default force engine, loaded at run time", true},
      Style{"LAMMPS KSPACE", "buck/coul/long 6.0", "1000 0.3 0", "kspace_style ewald 1e-5",
            "ionic force fields: long-range charges", true},
      Style{"LAMMPS pair buck/coul/cut", "buck/coul/cut 6.0", "1000 0.3 0", "", "cases of your own", false},
      Style{"LAMMPS pair born/coul/long", "born/coul/long 6.0", "1 0.3 2 0 0", "kspace_style ewald 1e-5",
            "cases of your own", false},
      Style{"LAMMPS pair morse", "morse 6.0", "0.1 1.5 3.0", "", "cases of your own", false}};
  std::vector<Finding> out;
  const Scratch scratch;
  EngineHost host{EngineSite{.folder = scratch.folder(), .deadline_s = 60, .program = {}}};
  for (const Style& style : styles) {
    const std::string problem = try_style(host, style.style, style.coefficients, style.kspace);
    out.push_back({.name = style.name,
                   .used_for = style.use,
                   .required = style.required,
                   .found = problem.empty(),
                   .detail = problem.empty() ? "release " + lammps_version() : problem});
  }
  return out;
}

std::vector<Finding> findings() {
  std::vector<Finding> out = lammps_findings();
  out.push_back(program("MPI launcher", "mpirun", "mpirun --version", "images and materials on all cores",
                        "install the package openmpi-bin"));
  Finding ase{.name = "Python with ASE",
              .used_for = "i-PI clients for every ASE calculator",
              .required = false,
              .found = false,
              .detail = "no python3 with the module ase: install the packages python3 and python3-ase"};
  if (const auto python = python_with_ase()) {
    ase.found = true;
    ase.detail = fmt::format("{} ({})", python->version, python->command);
  }
  out.push_back(ase);
  struct Learned {
    const char *name, *package, *client;
  };
  for (const auto& [name, package, client] :
       {Learned{"CHGNet", "chgnet", "chgnet_client.py"}, Learned{"SevenNet-0", "sevenn", "sevennet_client.py"}}) {
    Finding learned{
        .name = name,
        .used_for = fmt::format("machine-learned potential, as i-PI client (inputs/engines/{})", client),
        .required = false,
        .found = false,
        .detail = "run: HOPFLOW_ENGINES=1 bash .setup.sh (fetches its weights, torch, CP2K and Quantum ESPRESSO)"};
    const std::string says = learned_version(package);
    if (!says.empty()) {
      learned.found = true;
      learned.detail = fmt::format("{} {} ({})", package, says, ipi::client_python());
    }
    out.push_back(learned);
  }
  out.push_back(program("CP2K", "cp2k.psmp", "", "density functional theory, as i-PI client (RUN_TYPE DRIVER)",
                        "install the packages cp2k and cp2k-data"));
  out.push_back(program("Quantum ESPRESSO", "pw.x", "",
                        "density functional theory, as i-PI client (pw.x --ipi {socket}:UNIX)",
                        "install the package quantum-espresso"));
  out.push_back(program("LAMMPS program", "lmp", "", "as i-PI client (fix ipi)", "install the package lammps"));
  out.push_back(program("Slurm", "sbatch", "sbatch --version", "hopflow submit",
                        "ask the administrator of the cluster; not required"));
  return out;
}

Exit run_doctor(bool as_json) {
  bool complete = true;
  auto list = nlohmann::ordered_json::array();
  for (const Finding& one : findings()) {
    complete = complete && (one.found || !one.required);
    list.push_back({{"name", one.name},
                    {"found", one.found},
                    {"required", one.required},
                    {"used_for", one.used_for},
                    {"detail", one.detail}});
    if (!as_json)
      fmt::print("{:<9} {:<28} {}\n{:<9} {}\n",
                 one.found      ? "found"
                 : one.required ? "MISSING"
                                : "not there",
                 one.name, one.detail, "", one.used_for);
  }
  if (as_json)
    fmt::print("{}\n", json_text({{"complete", complete}, {"findings", list}}));
  else
    fmt::print("{}\n", complete ? "everything that is required is here" : "something required is missing");
  return complete ? Exit::converged : Exit::missing_dependency;
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
  const auto as_json = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("doctor", "List the engines and tools found on this machine and what each is needed for");
  command->add_flag("--json", *as_json, "print the result as JSON");
  command->footer("Example: hopflow doctor --json\nExit code 3 when something required is missing.");
  command->callback([as_json, &action] { action = [as_json] { return run_doctor(*as_json); }; });
}

}  // namespace hopflow
