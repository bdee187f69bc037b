// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow new: a study of a structure, with an engine that is here and fits it.
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include "potentials/core/places.hpp"
#include "potentials/forcefield/forcefield.hpp"
#include "potentials/registry.hpp"
#include "structures/cells/supercell.hpp"
#include "structures/charges/formal_charges.hpp"
#include "structures/chemistry/molecules.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/core/yaml.hpp"
#include "structures/hops/hops.hpp"
#include "structures/symmetry/symmetry.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/commands/start/new_study.hpp"
#include "workflows/commands/start/presence.hpp"
#include "workflows/commands/structures/structure_arguments.hpp"
#include "workflows/study/study.hpp"

namespace hopflow {

namespace {

namespace fs = std::filesystem;

struct Arguments {
  StructureInput structure;
  std::string element, engine, forcefield, name, output;
};

/// An engine that a study can name, best first where no force field fits.
struct Engine {
  const char* name;
  const char* client;  ///< in inputs/engines
  const char* label;   ///< name and version in the study
  const char* tier;
  const char* package;  ///< of the Python of the learned potentials; "" for others
  const char* program;  ///< on PATH; "" for learned potentials
  int most_atoms;       ///< of a supercell that one call answers in some seconds
};
constexpr std::array engines{
    Engine{"chgnet", "chgnet_client.py", "name: CHGNet, version: 0.3.0", "mlip", "chgnet", "", 200},
    Engine{"sevennet", "sevennet_client.py", "name: SevenNet-0, version: 11Jul2024", "mlip", "sevenn", "", 200},
    Engine{"cp2k", "cp2k_client.py", "name: CP2K", "dft", "", "cp2k.psmp", 110},
    Engine{"espresso", "espresso_client.py", "name: Quantum ESPRESSO", "dft", "", "pw.x", 60}};

bool is_here(const Engine& engine) {
  if (*engine.package != '\0') return !learned_version(engine.package).empty();
  return on_path(engine.program) && python_with_ase();
}

std::vector<std::string> engine_names() {
  std::vector<std::string> names;
  for (const Engine& engine : engines) names.emplace_back(engine.name);
  names.emplace_back(table_engine());
  return names;
}

/// Ions that migrate most often come first; elements that are in no row follow by their number of atoms.
int rank_of(int z) {
  static constexpr std::array usual{3, 11, 47, 19, 9, 17, 35, 53, 8, 12, 30, 29, 20, 16, 34, 52, 7};
  const auto place = std::find(usual.begin(), usual.end(), z);
  return static_cast<int>(place - usual.begin());
}

/// The element that hops: as asked, else the one outside molecules that migrates most often in crystals.
int mobile_of(const Crystal& crystal, const std::vector<bool>& organic, const std::string& asked) {
  if (!asked.empty()) return element_argument(asked);
  std::map<int, int> inorganic, any;
  for (std::size_t i = 0; i < crystal.species.size(); ++i) {
    ++any[crystal.species[i]];
    if (!organic[i]) ++inorganic[crystal.species[i]];
  }
  const auto& candidates = inorganic.empty() ? any : inorganic;
  return std::min_element(candidates.begin(), candidates.end(),
                          [](const auto& a, const auto& b) {
                            return std::tuple{rank_of(a.first), -a.second, a.first} <
                                   std::tuple{rank_of(b.first), -b.second, b.first};
                          })
      ->first;
}

/// The shortest longest-hop length (A) at which vacancies get through the crystal in as many directions as they ever
/// do, not below what suits halides; the default where there is nothing to find.
struct HopChoice {
  double max_length = 5.5;
  HopTable table;
};
HopChoice choose_hops(const Crystal& crystal, const Symmetry& symmetry, int element) {
  HopChoice out;
  for (const double length : {5.5, 7.0, 9.0, 12.0, 15.0}) {
    out.max_length = length;
    out.table = find_hops(crystal, symmetry, element, length);
    if (!out.table.hops.empty()) break;
  }
  return out;
}

/// Shortest distance of a vacancy to its image (A), from 12 down, whose supercell the engine can answer for.
struct CellChoice {
  double distance = 12;
  int atoms = 0;
};
CellChoice choose_cell(const Crystal& crystal, const Symmetry& symmetry, int most_atoms) {
  std::vector<Eigen::Matrix3i> rotations;
  for (const Operation& operation : symmetry.operations) rotations.push_back(operation.rotation);
  CellChoice smallest;
  for (const double distance : {12.0, 11.0, 10.0, 9.0, 8.0, 7.0}) {
    constexpr int most = 20000;
    const int atoms = find_supercell(crystal, distance, 0, most, rotations).crystal.size();
    if (smallest.atoms == 0 || atoms < smallest.atoms) smallest = {distance, atoms};
    if (atoms <= most_atoms) return {distance, atoms};
  }
  return smallest;
}

/// What a study file in `folder` calls a file: relative where that is short, as in a clone.
std::string named_from(const fs::path& file, const fs::path& folder) {
  std::error_code problem;
  const fs::path whole = fs::weakly_canonical(fs::absolute(file), problem);
  const fs::path relative = whole.lexically_relative(fs::weakly_canonical(fs::absolute(folder), problem));
  constexpr auto most_up = 4;
  if (relative.empty() || std::count(relative.begin(), relative.end(), fs::path{".."}) > most_up) return whole.string();
  return relative.string();
}

/// A force-field table for the crystal: the one asked for, else the first of the shipped ones that fits.
struct FieldChoice {
  fs::path file;
  std::string words;                 ///< its name and standing
  std::vector<std::string> reasons;  ///< why the others do not fit
};
FieldChoice choose_field(const Crystal& crystal, const std::string& asked) {
  FieldChoice out;
  std::vector<fs::path> tables;
  std::error_code problem;
  if (!asked.empty())
    tables.emplace_back(asked);
  else
    for (const auto& entry : fs::directory_iterator{program_files() / "inputs" / "forcefields", problem})
      if (entry.path().extension() == ".yaml") tables.push_back(entry.path());
  std::sort(tables.begin(), tables.end());
  for (const fs::path& table : tables) {
    try {
      const ForceField field = ForceField::load(table);
      static_cast<void>(field.engine(crystal));
      out.file = table;
      out.words = field.status().empty() ? field.name() : fmt::format("{} ({})", field.name(), field.status());
      return out;
    } catch (const Error& misfit) {
      if (!asked.empty()) throw;
      out.reasons.push_back(fmt::format("{}: {}", table.filename().string(), misfit.what()));
    }
  }
  return out;
}

/// What the study says of its engine.
struct EngineChoice {
  std::string forcefield;  ///< line of the material, "" for none
  std::string block;       ///< `engine:` block, "" for none
  std::string comment;
  std::string missing;  ///< what has to be installed before it runs, "" for nothing
  int most_atoms = 3000;
  bool neutral_host = true;
};

/// Charge of the cell that a vacancy of the ion leaves behind (e).
int vacancy_charge(const Crystal& crystal, int element) {
  try {
    const FormalCharges charges = formal_charges(crystal);
    const auto found = charges.of_element.find(element);
    if (found != charges.of_element.end() && charges.net == 0) return -found->second;
  } catch (const Error&) {  // no formal charges: a neutral cell
  }
  return 0;
}

EngineChoice use_client(const Engine& engine, const Crystal& crystal, int element, const fs::path& folder) {
  EngineChoice out;
  const std::string client = named_from(program_files() / "inputs" / "engines" / engine.client, folder);
  const std::string files = fs::path{client}.is_absolute() ? fmt::format(", files: [{}]", yaml::quoted(client)) : "";
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  out.most_atoms = engine.most_atoms;
  if (*engine.package != '\0') {
    out.comment = "a machine-learned potential; one client for each core, about 1 GB of memory each";
    out.block =
        fmt::format("{{kind: ipi, command: \"{{python}} '{}' {{socket}} {{structure}}\", {}, tier: {}, clients: {}{}}}",
                    client, engine.label, engine.tier, std::min(cores, 4U), files);
    if (!is_here(engine))
      out.missing =
          fmt::format("{} is not on this machine: run 'HOPFLOW_ENGINES=1 bash .setup.sh' in the clone", engine.name);
    return out;
  }
  const auto python = python_with_ase();
  const int charge = engine.client == std::string{"cp2k_client.py"} ? vacancy_charge(crystal, element) : 0;
  out.neutral_host = charge == 0;
  out.comment = "density functional theory: minutes to hours for each call; read the settings in the client first";
  out.block = fmt::format(
      "{{kind: ipi, command: \"{} '{}' {{socket}} {{structure}} {{scratch}}{}\", {}, tier: {}, charge: \"{:+d}\", "
      "start_s: 600, deadline_s: 7200{}}}",
      python ? python->command : "python3", client, charge != 0 ? fmt::format(" --charge {}", charge) : "",
      engine.label, engine.tier, charge, files);
  if (!on_path(engine.program))
    out.missing = fmt::format("{} is not on PATH: install it, or name another --engine", engine.program);
  else if (!python)
    out.missing = "no python3 with the module ase, which the client needs: install python3-ase";
  return out;
}

EngineChoice choose_engine(const Arguments& arguments, const Crystal& crystal, int element, const fs::path& folder) {
  const bool want_field =
      arguments.engine.empty() || arguments.engine == table_engine() || !arguments.forcefield.empty();
  std::vector<std::string> reasons;
  if (want_field) {
    FieldChoice field = choose_field(crystal, arguments.forcefield);
    if (!field.file.empty()) {
      EngineChoice out;
      out.forcefield = fmt::format("    forcefield: {}\n", yaml::quoted(named_from(field.file, folder)));
      out.comment = fmt::format("force field {}", field.words);
      return out;
    }
    reasons = std::move(field.reasons);
  }
  if (arguments.engine == table_engine())
    throw Error{
        Error::Kind::usage,
        fmt::format("--engine lammps: none of the force fields fits this crystal; give a table of your own with "
                    "--forcefield FILE, or take another engine ({})\n  {}",
                    text::join(engine_names(), ", "), text::join(reasons, "\n  "))};
  const auto asked = std::ranges::find_if(engines, [&](const Engine& e) { return e.name == arguments.engine; });
  if (asked != engines.end()) return use_client(*asked, crystal, element, folder);
  const auto here = std::ranges::find_if(engines, is_here);
  return use_client(here != engines.end() ? *here : engines.front(), crystal, element, folder);
}

/// Everything the text is made of.
struct Draft {
  std::string name, structure;
  int element = 0;
  std::vector<std::string> others;  ///< other elements outside molecules
  bool molecules = false;
  bool frame = false;  ///< molecules, and atoms outside them
  HopChoice hops;
  CellChoice cell;
  EngineChoice engine;
  std::string problem;  ///< why `run` refuses this crystal, "" if it does not
};

std::string hop_comment(const Draft& draft) {
  const HopTable& table = draft.hops.table;
  if (table.hops.empty())
    return fmt::format("# There is no {} hop up to {} A: a vacancy cannot move by single hops.\n",
                       symbol_of(draft.element), text::shortest(draft.hops.max_length));
  std::vector<std::string> ids;
  for (const Hop& hop : table.hops) ids.push_back(hop.id);
  const auto chosen = network_selection(table).size();
  return fmt::format(
      "# Symmetry-distinct hops: {}.\n"
      "# network runs {} of {}: up to the longest one that connects the crystal further ({} dimensions in all). "
      "Others:\n"
      "# all, shortest, or a list of ids in brackets.\n",
      text::some(ids), chosen, ids.size(), table.dimension);
}

std::string text_of(const Draft& draft, const Arguments& arguments) {
  std::string disorder;
  if (const std::string words = text::join(arguments.structure.disorder, " "); words != "ordered")
    disorder = fmt::format("    disorder: \"{}\"\n", words);
  if (!arguments.structure.block.empty())
    disorder += fmt::format("    block: {}\n", yaml::quoted(arguments.structure.block));
  const std::string file = arguments.output.empty() ? "STUDY.yaml" : arguments.output;
  std::string out = fmt::format(
      "# Barriers for a vacancy of {} in {}, written by hopflow {}.\n"
      "# What it would do:           hopflow run {} --dry-run\n"
      "# Do it (continues if stopped): hopflow run {}         on N cores: mpirun -n N hopflow run {}\n"
      "# Every key and its default:  hopflow run {} --print-config\n",
      symbol_of(draft.element), text::printable(draft.structure), HOPFLOW_VERSION, file, file, file, file);
  if (!draft.problem.empty()) out += fmt::format("# NOTE: hopflow run refuses this crystal: {}\n", draft.problem);
  if (!draft.engine.missing.empty()) out += fmt::format("# NOTE: {}\n", draft.engine.missing);
  if (draft.molecules && !draft.frame)
    out += fmt::format("# NOTE: every atom belongs to a molecule, so a vacancy of {} breaks one\n",
                       symbol_of(draft.element));
  out += fmt::format("study: {}\nmaterials:\n  - name: {}\n    structure: {}\n{}{}", draft.name, draft.name,
                     yaml::quoted(draft.structure), draft.engine.forcefield, disorder);
  out += fmt::format("# Energies and forces: {}.\n", draft.engine.comment);
  if (!draft.engine.block.empty()) out += fmt::format("engine: {}\n", draft.engine.block);
  out += fmt::format("vacancy: {{element: {}}}", symbol_of(draft.element));
  out += draft.others.empty() ? "\n" : fmt::format("   # or {}\n", text::join(draft.others, ", "));
  out += hop_comment(draft);
  out += fmt::format("hops: {{max_length: {}, select: network}}   # A\n", text::shortest(draft.hops.max_length));
  out += draft.frame
             ? "symmetry: {of: frame, symprec: 0.5}   # A; hops are equivalent by the symmetry of the inorganic frame\n"
             : "symmetry: {of: crystal, symprec: 0.01}   # A; which hops are equal\n";
  out += fmt::format("supercell: {{min_image_distance: {}}}   # A from the vacancy to its image: {} atoms\n",
                     text::shortest(draft.cell.distance), draft.cell.atoms);
  const bool hold = draft.frame && !draft.engine.forcefield.empty();
  out += hold ? "mobile: inorganic   # molecules are held; near or all frees them, with more scatter and cost\n"
              : "mobile: all\n";
  out += draft.engine.neutral_host
             ? "host: {relax: positions}   # before the vacancy is made; the cell stays as read\n"
             : "host: {relax: none}   # the engine's charge is that of the vacancy's cell, so the host stays as read\n";
  out +=
      "neb: {images: 5, fmax: 0.05}   # images between the ends; eV/A\n"
      "# snn: {seeds: 5}   # a device, an array and a spiking network from the barrier; needs the MNIST images\n";
  return out;
}

Draft draft_of(const Arguments& arguments, const fs::path& folder) {
  Draft out;
  Crystal crystal = read_input(arguments.structure);
  out.structure = named_from(arguments.structure.file, folder);
  const std::string stem = fs::path{arguments.structure.file}.stem().string();
  out.name = text::slug(arguments.name.empty() ? stem : arguments.name);
  const std::vector<bool> organic = in_molecule(crystal);
  out.molecules = std::ranges::find(organic, true) != organic.end();
  out.frame = out.molecules && std::ranges::find(organic, false) != organic.end();
  out.element = mobile_of(crystal, organic, arguments.element);
  std::map<int, int> left;
  for (std::size_t i = 0; i < organic.size(); ++i)
    if (!organic[i] && crystal.species[i] != out.element) ++left[crystal.species[i]];
  for (const auto& [z, count] : left) out.others.push_back(symbol_of(z));
  try {
    crystal = with_whole_molecules(crystal, find_molecules(crystal, find_bonds(crystal)));
  } catch (const Error& polymer) {
    out.problem = polymer.what();
  }
  const Symmetry symmetry =
      find_symmetry(crystal, out.frame ? SymmetryOf::frame : SymmetryOf::crystal, out.frame ? 0.5 : 0.01);
  out.hops = choose_hops(crystal, symmetry, out.element);
  out.engine = choose_engine(arguments, crystal, out.element, folder);
  out.cell = choose_cell(crystal, symmetry, out.engine.most_atoms);
  return out;
}

Exit write_study(const Arguments& given) {
  Arguments arguments = given;
  static_cast<void>(disorder_argument(arguments.structure));
  const fs::path folder = arguments.output.empty() ? fs::path{"."} : fs::path{arguments.output}.parent_path();
  const Draft draft = draft_of(arguments, folder.empty() ? fs::path{"."} : folder);
  for (const std::string& note : {draft.problem, draft.engine.missing})
    if (!note.empty()) fmt::print(stderr, "note: {}\n", note);
  const std::string text = text_of(draft, arguments);
  if (arguments.output.empty()) {
    fmt::print("{}", text);
    return Exit::converged;
  }
  text::write_file(arguments.output, text);
  fmt::print("{}: written; next: hopflow run {} --dry-run\n", arguments.output, arguments.output);
  return Exit::converged;
}

}  // namespace

void add_new(CLI::App& app, Action& action) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* command =
      app.add_subcommand("new", "Write a study of a structure, with the force field that fits or the best engine here");
  add_structure_input(*command, arguments->structure, "structure: .cif, .extxyz, POSCAR, .vasp, .lmp");
  command->add_option("--element", arguments->element,
                      "element that hops, such as Li (default: the one that migrates most often in crystals)");
  command->add_option("--engine", arguments->engine, "what computes energies and forces (default: the best one here)")
      ->check(CLI::IsMember(engine_names()));
  command->add_option("--forcefield", arguments->forcefield, "a force-field table of your own (.yaml)");
  command->add_option("--name", arguments->name, "name of study and material (default: the file's)");
  add_output(*command, "-o,--output", arguments->output, "file to write (default: print the study)");
  command->footer(
      "Example: hopflow new inputs/structures/mapbi3-orthorhombic.cif -o my-study.yaml\n"
      "         hopflow new LiFePO4.cif --element Li --engine chgnet >study.yaml");
  command->callback([arguments, &action] { action = [arguments] { return write_study(*arguments); }; });
}

}  // namespace hopflow
