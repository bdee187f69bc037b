// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow barrier: two given structures and an engine, nothing else needed.
#include <algorithm>
#include <filesystem>
#include <optional>

#include <fmt/core.h>

#include "neb/barrier/barrier.hpp"
#include "neb/barrier/path_symmetry.hpp"
#include "neb/barrier/prefactor.hpp"
#include "neb/path/interpolation.hpp"
#include "potentials/engine_block.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/core/yaml.hpp"
#include "structures/formats/extxyz.hpp"
#include "structures/formats/structure_file.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/commands/engines/scratch.hpp"
#include "workflows/crew/scheduler.hpp"
#include "workflows/driver/failure.hpp"
#include "workflows/results/refinements.hpp"
#include "workflows/results/results.hpp"
#include "workflows/study/given_path.hpp"
#include "workflows/study/study.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

struct Case {
  Configuration initial, final;
  Mask mobile;
  EngineSpec engine;
  BarrierOptions options;
  bool prefactor = false;
  double temperature_k = 300;
  std::vector<RefineRun> refine;  ///< engines to ask about the path
};

struct Arguments {
  std::string file, output;
  bool as_json = false;
};

/// The row of a table that a word names.
template <class Rows, class Name>
const auto& one_of(const yaml::Node& node, const Rows& rows, Name name) {
  std::vector<std::string> names;
  for (const auto& row : rows) {
    if (node.text() == name(row)) return row;
    names.emplace_back(name(row));
  }
  node.fail(
      fmt::format("'{}' is not known here; allowed are {}", text::printable(node.text()), text::join(names, ", ")));
}

/// One end of the band, with the atoms its file lets move.
std::pair<Configuration, std::optional<Mask>> read_end(const yaml::Node& node, const fs::path& folder) {
  const fs::path file = folder / node.text();
  if (!fs::exists(file)) node.fail(fmt::format("{}: no such file", text::printable(file.string())));
  const std::string ending = text::lower(file.extension().string());
  if (ending != ".extxyz" && ending != ".xyz") return {to_configuration(read_structure(file)), std::nullopt};
  std::vector<Frame> frames = read_extxyz(file);
  if (frames.size() != 1) node.fail(fmt::format("{} holds {} frames; an end is one frame", node.text(), frames.size()));
  return {std::move(frames[0].configuration), std::move(frames[0].mobile)};
}

Case load_case(const fs::path& file) {
  const yaml::Node root = yaml::load(file);
  root.allow_keys(
      {"initial", "final", "fixed", "relax_endpoints", "engine", "neb", "prefactor", "temperature", "refine"});
  Case out;
  const fs::path folder = file.parent_path();
  auto [initial, initial_mask] = read_end(root.at("initial"), folder);
  auto [final_end, final_mask] = read_end(root.at("final"), folder);
  out.initial = std::move(initial);
  out.final = std::move(final_end);
  const auto atoms = static_cast<std::size_t>(out.initial.size());
  if (out.initial.species != out.final.species)
    root.at("final").fail(
        fmt::format("its atoms are not those of initial in the same order ({} and {} atoms); both ends "
                    "need one atom order",
                    out.final.size(), atoms));
  out.mobile.assign(atoms, true);
  for (const auto& mask : {initial_mask, final_mask})
    if (mask)
      for (std::size_t i = 0; i < atoms; ++i) out.mobile[i] = out.mobile[i] && (*mask)[i];
  if (const yaml::Node* fixed = root.find("fixed"))
    for (const yaml::Node& index : fixed->items())
      out.mobile[static_cast<std::size_t>(index.integer(0, static_cast<long>(atoms) - 1))] = false;
  if (const yaml::Node* relax = root.find("relax_endpoints")) out.options.relax_endpoints = relax->boolean();
  if (const yaml::Node* prefactor = root.find("prefactor")) out.prefactor = prefactor->boolean();
  if (const yaml::Node* temperature = root.find("temperature")) out.temperature_k = temperature->number(1, 2000);
  if (const yaml::Node* neb = root.find("neb")) {
    neb->allow_keys(
        {"images", "climb", "fmax", "surrogate", "batch", "interpolation", "method", "springs", "insert", "path"});
    if (const yaml::Node* images = neb->find("images")) out.options.images = static_cast<int>(images->integer(1, 64));
    if (const yaml::Node* climb = neb->find("climb")) out.options.climb = climb->boolean();
    if (const yaml::Node* surrogate = neb->find("surrogate")) out.options.surrogate = surrogate->boolean();
    if (const yaml::Node* batch = neb->find("batch")) out.options.batch = static_cast<int>(batch->integer(1, 64));
    if (const yaml::Node* name = neb->find("interpolation"))
      out.options.interpolation = one_of(*name, interpolations(), [](const auto& row) { return row.name; }).name;
    if (const yaml::Node* name = neb->find("springs"))
      out.options.springs = one_of(*name, springs_by_name(), [](const auto& row) { return row.first; }).second;
    if (const yaml::Node* name = neb->find("method"))
      out.options.method = one_of(*name, methods_by_name(), [](const auto& row) { return row.first; }).second;
    if (out.options.method == BandMethod::string && out.options.springs != Springs::even)
      neb->at("springs").fail(no_springs);
    if (const yaml::Node* insert = neb->find("insert")) out.options.insert = static_cast<int>(insert->integer(0, 16));
    if (const yaml::Node* given = neb->find("path")) {
      if (neb->find("interpolation"))
        given->fail("a path is given, so there is nothing to interpolate; leave one of them out");
      out.options.via = read_path(folder / given->text(), given->place(), out.initial);
    }
    if (const yaml::Node* fmax = neb->find("fmax")) out.options.fmax = fmax->number(1e-4, 0.5);
  }
  out.options.endpoint_fmax = std::min(out.options.endpoint_fmax, out.options.fmax / 5);
  out.engine = engine_from_block(root.at("engine"), out.initial, folder);
  if (const yaml::Node* refine = root.find("refine"); refine != nullptr && !refine->is_scalar()) {
    const std::vector<yaml::Node> blocks = refine->is_list() ? refine->items() : std::vector{*refine};
    for (const yaml::Node& block : blocks) {
      RefineRun& run = out.refine.emplace_back();
      run.path = read_refine_path(block);
      run.engine = engine_from_block(block.without("path"), out.initial, folder);
      if (run.engine.hash() == out.engine.hash()) block.fail("this is the engine that makes the path; name another");
    }
  } else if (refine != nullptr) {
    refine->one_of({"none"});
  }
  return out;
}

void print_frequencies(const Prefactor& prefactor, const nlohmann::ordered_json& json) {
  if (!prefactor.forward_thz) {
    fmt::print("attempt frequency: none: {}\n", prefactor.reason);
    return;
  }
  const auto& rate = json.at("rate");
  fmt::print("attempt frequency  forward {:.3f} THz, reverse {:.3f} THz, within {:.1f} % ({} atoms{})\n",
             *prefactor.forward_thz, *prefactor.reverse_thz, 100 * prefactor.ln_uncertainty,
             prefactor.growth.back().atoms, prefactor.all_atoms ? ", all that move" : "");
  fmt::print("rate at {:g} K      forward {:.3g} /s, reverse {:.3g} /s, within a factor {:.2f}\n",
             rate.at("temperature_k").get<double>(), rate.at("forward_per_s").get<double>(),
             rate.at("reverse_per_s").get<double>(), rate.at("factor").get<double>());
  for (const std::string& warning : prefactor.warnings) fmt::print("warning: {}\n", warning);
}

/// The path, once converged, before every other engine.
void add_refinements(const Case& problem, Scheduler& scheduler, ProgressView& view, HopRun& hop) {
  hop.refined = problem.refine;
  for (RefineRun& run : hop.refined) {
    RefineOptions options;
    options.path = run.path;
    options.barrier = problem.options;
    scheduler.add<Refined>("refinement by " + run.engine.version, 0, run.engine,
                           refine(*hop.barrier, problem.mobile, options), [&run, &view](Outcome<Refined> done) {
                             const Failure failure = done.error ? failure_of(done.error, view) : Failure{};
                             take_refinement(run, std::move(done.value), failure.reason, failure.engine);
                           });
  }
}

/// @param prefactor  nullptr where none was asked for
void print_table(const HopRun& hop, const EngineSpec& engine, const Prefactor* prefactor,
                 const nlohmann::ordered_json& json) {
  const BarrierResult& barrier = *hop.barrier;
  fmt::print("forward  {:.4f} eV\nreverse  {:.4f} eV\n+-       {:.4f} eV\n", barrier.forward_ev, barrier.reverse_ev,
             barrier.uncertainty_ev);
  fmt::print("{} ({} evaluations, largest force {:.4f} eV/A)\n",
             barrier.converged() ? "converged" : "not converged: " + barrier.reason, barrier.evaluations,
             barrier.fmax_ev_per_angstrom);
  for (const Check& check : barrier.checks)
    fmt::print("  {:<28} {}{}{}\n", check.name, check.passed ? (*check.passed ? "yes" : "NO") : "not made",
               check.detail.empty() ? "" : "  ", check.detail);
  for (const std::string& warning : barrier.warnings) fmt::print("warning: {}\n", warning);
  if (prefactor) print_frequencies(*prefactor, json);
  fmt::print("{}", engine_table(hop, engine));
}

Exit run_case(const Arguments& arguments, MpiSession& session) {
  const Case problem = load_case(arguments.file);
  watch_stop_signals();
  std::optional<Scratch> scratch;
  fs::path folder = arguments.output;
  std::optional<RunLock> lock;
  if (folder.empty()) {
    folder = scratch.emplace().folder();
  } else {
    std::error_code status;
    fs::create_directories(folder, status);
    if (status)
      throw Error{Error::Kind::io,
                  fmt::format("{}: cannot be created: {}", text::printable(folder.string()), status.message())};
    lock.emplace(folder);
  }
  Store store = arguments.output.empty() ? Store::in_memory() : Store{folder / "store.db"};
  ProgressView view{arguments.output.empty() ? fs::path{} : folder / "log.txt"};
  HopRun hop;
  std::exception_ptr failed;
  Outcome<Prefactor> frequency;
  {
    Crew crew{session,
              CrewSite{.folder = folder / "engines", .data = {}, .ranks_per_image = problem.engine.running.ranks}};
    Scheduler scheduler{crew, store, view};
    scheduler.add<BarrierResult>(
        "barrier", 0, problem.engine,
        find_barrier_by_symmetry(problem.initial, problem.final, problem.mobile, problem.options),
        [&](Outcome<BarrierResult> done) {
          failed = done.error;
          hop.barrier = std::move(done.value);
          if (!hop.barrier || !hop.barrier->converged()) return;
          add_refinements(problem, scheduler, view, hop);
          if (!problem.prefactor) return;
          scheduler.add<Prefactor>("prefactor", 0, problem.engine,
                                   prefactor_of(*hop.barrier, problem.mobile, PrefactorOptions{}),
                                   [&](Outcome<Prefactor> found) { frequency = std::move(found); });
        });
    scheduler.run();
  }
  for (const auto& error : {failed, frequency.error})
    if (error) std::rethrow_exception(error);
  take_spread(hop);
  const BarrierResult& barrier = *hop.barrier;
  nlohmann::ordered_json json = barrier_json(barrier);
  json["reason"] = barrier.reason;
  json["engine"] = engine_json(problem.engine);
  const Prefactor* known = frequency.value ? &*frequency.value : nullptr;
  if (known) {
    json.update(prefactor_json(*known));
    if (known->forward_thz)
      json["rate"] =
          rates_json(barrier, *known->forward_thz, *known->reverse_thz, known->ln_uncertainty, problem.temperature_k);
  }
  if (!problem.refine.empty()) json["refinements"] = refinements_json(hop, arguments.output.empty() ? "" : ".");
  if (!arguments.output.empty()) {
    text::write_file(folder / "path.extxyz", path_extxyz(barrier));
    text::write_file(folder / "profile.csv", profile_csv(barrier));
    for (const auto& [name, content] : refinement_files(hop, ".")) text::write_file(folder / name, content);
    text::write_file(folder / "barrier.json", json.dump(2) + "\n");
  }
  if (arguments.as_json)
    fmt::print("{}\n", json.dump(2));
  else
    print_table(hop, problem.engine, known, json);
  if (std::ranges::any_of(hop.refined, &RefineRun::engine_failed)) return Exit::engine;
  const bool numbers = std::ranges::all_of(hop.refined, [](const RefineRun& run) { return run.reason.empty(); });
  return barrier.converged() && numbers ? Exit::converged : Exit::not_converged;
}

}  // namespace

void add_barrier(CLI::App& app, Action& action, MpiSession& session) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("barrier", "Find the barrier between two structures with any engine");
  command->add_option("CASE", arguments->file, "case file (.yaml): initial, final, engine, neb")->required();
  command->add_option("-o,--output", arguments->output, "folder for path.extxyz, profile.csv and the store");
  command->add_flag("--json", arguments->as_json, "print the result for machines");
  command->footer(
      "Example: hopflow barrier case.yaml --json\n"
      "  initial: initial.extxyz\n  final: final.extxyz\n  fixed: [0, 1]\n"
      "  engine: {kind: lammps, units: metal, types: {Al: 1}, files: [Al99.eam.alloy],\n"
      "           commands: [\"pair_style eam/alloy\", \"pair_coeff * * Al99.eam.alloy Al\"]}\n"
      "  or any i-PI client: engine: {kind: ipi, command: \"python3 client.py {socket}\", clients: 4}\n"
      "  neb: {images: 5, climb: true, fmax: 0.01, surrogate: true}\n"
      "  also in neb: interpolation: auto | linear | idpp | sequential-idpp | rigid-molecules (which turn as they "
      "are), or\n"
      "  path: points.extxyz (points on the way, which settles the order of atoms too);\n"
      "  method: neb | string (images laid at even distances, no springs); springs: even | energy-weighted | "
      "doubly-nudged\n"
      "  insert: 4            # images added at most where the converged profile is higher between two of them, or "
      "coarse\n"
      "  batch: 4             # with surrogate: questions a round, for as many clients at the same time\n"
      "  prefactor: true      # attempt frequencies by harmonic theory, and rates at temperature: 300 (K)\n"
      "  refine: {kind: ipi, command: ..., path: keep}    another engine on that path; path: converge goes on from it");
  command->callback(
      [arguments, &action, &session] { action = [arguments, &session] { return run_case(*arguments, session); }; });
}

}  // namespace hopflow
