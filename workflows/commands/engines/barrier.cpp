// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow barrier: two given structures and an engine, nothing else needed.
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>

#include <fmt/core.h>

#include "neb/barrier/barrier.hpp"
#include "neb/barrier/path_symmetry.hpp"
#include "neb/barrier/prefactor.hpp"
#include "neb/barrier/uncertainty.hpp"
#include "neb/barrier/unmeasured.hpp"
#include "neb/barrier_keys.hpp"
#include "neb/constraints/held_axes.hpp"
#include "neb/core/lockstep.hpp"
#include "neb/delta/prior_barrier.hpp"
#include "neb/descent/kick.hpp"
#include "neb/pathway/counted.hpp"
#include "potentials/engine_block.hpp"
#include "potentials/labelled/labelled.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/core/yaml.hpp"
#include "structures/formats/extxyz.hpp"
#include "structures/formats/structure_file.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/commands/engines/work_folder.hpp"
#include "workflows/crew/scheduler.hpp"
#include "workflows/driver/failure.hpp"
#include "workflows/frames/frames.hpp"
#include "workflows/frames/profile_chart.hpp"
#include "workflows/results/refinements.hpp"
#include "workflows/results/results.hpp"
#include "workflows/sampling/prior_engine.hpp"
#include "workflows/study/given_path.hpp"
#include "workflows/study/run_folder.hpp"
#include "workflows/study/study.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

struct BarrierCase {
  Configuration initial, final;
  Mask mobile;
  std::optional<HeldAxes> held;  ///< where atoms may move along some axes only
  EngineSpec engine;
  ModelError error;             ///< of the engine
  std::vector<Answered> known;  ///< answers of the engine found before
  BarrierOptions options;
  bool prefactor = false;
  bool certify_only = false;  ///< the path is given and converged
  bool kick = false;          ///< ends that relax onto a saddle are moved off it
  double temperature_k = 300;
  std::vector<RefineRun> refine;  ///< engines to ask about the path
  std::vector<ModelError> refine_errors;
};

struct BarrierArguments {
  std::string file, output;
  bool as_json = false, certify_only = false, force = false;
};

/// LAMMPS types of elements, where the engine states them: for data files without masses.
std::map<std::string, int> types_of(const yaml::Node& root) {
  std::map<std::string, int> types;
  const yaml::Node* engine = root.find("engine");
  const yaml::Node* stated = engine != nullptr ? engine->find("types") : nullptr;
  if (stated == nullptr) return types;
  for (const auto& [element, type] : stated->entries()) types[element] = static_cast<int>(type.integer(1, 1000));
  return types;
}

/// One end of the band, with what its file lets move.
PathFrame read_end(const yaml::Node& node, const fs::path& folder, const std::map<std::string, int>& types) {
  std::vector<PathFrame> frames;
  try {
    frames = read_frames(folder / node.text(), types);
  } catch (const Error& refusal) {
    node.fail(refusal.what());
  }
  if (frames.size() != 1)
    node.fail(
        fmt::format("{} holds {} frames, but an endpoint is one structure; select a frame as {}@N, counted from 0",
                    node.text(), frames.size(), node.text()));
  return std::move(frames.front());
}

/// Coordinates that both ends let change, and where the others stay.
std::optional<HeldAxes> held_axes(const PathFrame& initial, const PathFrame& final, const Mask& mobile) {
  if (!initial.free && !final.free) return std::nullopt;
  HeldAxes held;
  held.reference = initial.configuration.positions;
  for (std::size_t i = 0; i < mobile.size(); ++i) {
    std::array<bool, 3> axes{true, true, true};
    for (const PathFrame* end : {&initial, &final})
      for (std::size_t k = 0; end->free && k < 3; ++k) axes[k] = axes[k] && (*end->free)[i][k];
    held.free.push_back(mobile[i] ? axes : std::array{true, true, true});  // what is held altogether is no coordinate
  }
  return held;
}

void read_neb(BarrierCase& out, const yaml::Node& neb, const fs::path& folder) {
  take_barrier_keys(out.options, neb, {"path"});
  const yaml::Node* given = neb.find("path");
  if (given == nullptr) return;
  if (neb.find("interpolation"))
    given->fail("a path is given, so there is nothing to interpolate; leave one of them out");
  out.options.via = read_path(folder / given->text(), given->place(), out.initial);
}

/// Answers of the engine found before, from which a search with a prior learns.
std::vector<Answered> read_known(const yaml::Node& known, const BarrierCase& problem, const fs::path& folder) {
  if (!problem.engine.prior)
    known.fail("'known' is used only in searches with a prior engine; add 'prior: {kind: ...}' to the engine");
  std::vector<Answered> answers;
  for (LabelledFrame& frame : read_labelled(folder / known.text())) {
    if (frame.configuration.species != problem.initial.species)
      known.fail(frame.place + ": its atoms are not those of initial in the same order");
    Answered& one = answers.emplace_back();
    one.configuration = std::move(frame.configuration);
    one.answer.energy_ev = frame.energy_ev;
    one.answer.forces = std::move(frame.forces);
  }
  return answers;
}

/// Engines that look at the converged path again.
void read_refinements(BarrierCase& problem, const yaml::Node& refine, const fs::path& folder) {
  if (refine.is_scalar()) {
    refine.one_of({"none"});
    return;
  }
  const std::vector<yaml::Node> blocks = refine.is_list() ? refine.items() : std::vector{refine};
  for (const yaml::Node& block : blocks) {
    RefineRun& run = problem.refine.emplace_back();
    run.path = read_refine_path(block);
    run.engine = engine_from_block(block.without("path"), problem.initial, folder);
    if (run.path == RefinePath::converge && block.find("prior") == nullptr)
      run.engine.prior = std::make_shared<const EngineSpec>(problem.engine);  // the path's engine is the prior
    if (run.engine.hash() == problem.engine.hash())
      block.fail("'refine' names the engine that already computes the path; name another engine");
    problem.refine_errors.push_back(model_error_of_block(block, run.engine, folder));
  }
}

/// What is asked of ends and rates.
void take_plain_keys(BarrierCase& out, const yaml::Node& root) {
  if (const yaml::Node* order = root.find("order"))
    out.options.one_order = order->one_of({"given", "checked"}) == "given";
  if (const yaml::Node* relax = root.find("relax_endpoints")) out.options.relax_endpoints = relax->boolean();
  if (const yaml::Node* relax = root.find("relax")) {
    relax->allow_keys({"kick"});
    out.kick = relax->at("kick").boolean();
    if (out.kick && !out.options.relax_endpoints)
      relax->fail("relax_endpoints: false keeps the ends where they are; leave one of the two keys out");
    if (out.kick && out.held)
      relax->fail("'relax: {kick: true}' is not supported where atoms are fixed along some axes only; leave it out");
  }
  if (const yaml::Node* prefactor = root.find("prefactor")) out.prefactor = prefactor->boolean();
  if (const yaml::Node* temperature = root.find("temperature")) out.temperature_k = temperature->number(1, 2000);
}

/// Atoms that both ends and the case let move.
Mask may_move(const yaml::Node& root, const PathFrame& initial, const PathFrame& final) {
  const auto atoms = static_cast<std::size_t>(initial.configuration.size());
  Mask mobile(atoms, true);
  for (const auto& mask : {initial.mobile, final.mobile})
    if (mask)
      for (std::size_t i = 0; i < atoms; ++i) mobile[i] = mobile[i] && (*mask)[i];
  if (const yaml::Node* fixed = root.find("fixed"))
    for (const yaml::Node& index : fixed->items())
      mobile[static_cast<std::size_t>(index.integer(0, static_cast<long>(atoms) - 1))] = false;
  return mobile;
}

BarrierCase load_barrier_case(const fs::path& file) {
  const yaml::Node root = yaml::load(file);
  root.allow_keys({"initial", "final", "fixed", "order", "relax", "relax_endpoints", "engine", "neb", "prefactor",
                   "temperature", "refine", "known"});
  BarrierCase out;
  const fs::path folder = file.parent_path();
  const std::map<std::string, int> types = types_of(root);
  const PathFrame initial = read_end(root.at("initial"), folder, types);
  const PathFrame final_end = read_end(root.at("final"), folder, types);
  out.initial = initial.configuration;
  out.final = final_end.configuration;
  const auto atoms = static_cast<std::size_t>(out.initial.size());
  if (out.initial.species != out.final.species)
    root.at("final").fail(
        fmt::format("its atoms are not those of initial in the same order ({} and {} atoms); both ends "
                    "need one atom order",
                    out.final.size(), atoms));
  out.mobile = may_move(root, initial, final_end);
  out.held = held_axes(initial, final_end, out.mobile);
  if (out.held) {
    out.final = out.held->placed(std::move(out.final));
    if (const yaml::Node* prefactor = root.find("prefactor"); prefactor != nullptr && prefactor->boolean())
      prefactor->fail("'prefactor: true' is not supported where atoms are fixed along some axes only; leave it out");
  }
  take_plain_keys(out, root);
  if (const yaml::Node* neb = root.find("neb")) read_neb(out, *neb, folder);
  out.options.endpoint_fmax = std::min(out.options.endpoint_fmax, out.options.fmax / 5);
  out.engine = engine_from_block(root.at("engine"), out.initial, folder);
  out.error = model_error_of_block(root.at("engine"), out.engine, folder);
  if (const yaml::Node* known = root.find("known")) out.known = read_known(*known, out, folder);
  if (const yaml::Node* refine = root.find("refine")) read_refinements(out, *refine, folder);
  return out;
}

/// A band somebody has converged: its images are asked about, its saddle is certified and followed down; no image moves
/// but the highest, by what its own force leaves.
Procedure<BarrierResult> certified_as_given(BarrierCase problem) {
  BarrierOptions options = problem.options;
  const auto is_end = [&](const Configuration& point, const Configuration& end) {
    return minimum_image(end.cell, point.positions - end.positions, end.periodic).colwise().norm().maxCoeff() < 0.05;
  };
  if (!options.via.empty() && is_end(options.via.front(), problem.initial)) options.via.erase(options.via.begin());
  if (!options.via.empty() && is_end(options.via.back(), problem.final)) options.via.pop_back();
  if (options.via.empty())
    throw Error{Error::Kind::bad_input,
                "--certify-only: the path has no image between its ends; give one as neb: path"};
  std::vector<Configuration> questions = options.via;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < questions.size(); ++i) names.push_back(fmt::format("image {}", i + 1));
  options.via_answers = co_await Ask(std::move(questions), std::move(names));
  options.relax_endpoints = false;
  options.second_search = false;
  options.surrogate = false;
  options.insert = 0;
  options.max_rounds = 1;
  const int asked = static_cast<int>(options.via.size());
  auto certifying = find_barrier(problem.initial, problem.final, problem.mobile, options);
  BarrierResult result = co_await std::move(certifying);
  result.evaluations += asked;
  co_return result;
}

Procedure<BarrierResult> search_of(const BarrierCase& problem);

/// The same from minima, where the ends relax onto saddles.
Procedure<BarrierResult> from_kicked_ends(BarrierCase problem) {
  RelaxOptions relaxing;
  relaxing.fmax = std::min(problem.options.endpoint_fmax, problem.options.fmax / 10);
  std::vector<Procedure<Relaxed>> relaxations;
  for (const auto& [end, stage] :
       {std::pair{&problem.initial, "relax initial"}, std::pair{&problem.final, "relax final"}}) {
    relaxing.stage = stage;
    relaxations.push_back(relax_to_minimum(*end, problem.mobile, relaxing));
  }
  auto side_by_side = counted(in_lockstep(std::move(relaxations)));
  Counted<std::vector<Relaxed>> ends = co_await std::move(side_by_side);
  problem.initial = ends.value[0].configuration;
  problem.final = ends.value[1].configuration;
  problem.kick = false;
  auto searching = search_of(problem);
  BarrierResult result = co_await std::move(searching);
  result.evaluations += ends.calls;
  result.evaluations_endpoints += ends.calls;
  for (const Relaxed& end : ends.value)
    if (!end.converged()) result.warnings.push_back("an end moved off its saddle: " + end.reason);
  co_return result;
}

Procedure<BarrierResult> search_of(const BarrierCase& problem) {
  if (problem.certify_only) {
    if (problem.held) return with_held_axes(certified_as_given(problem), *problem.held);
    return certified_as_given(problem);
  }
  if (problem.kick) return from_kicked_ends(problem);
  if (auto prior = prior_of(problem.engine)) {
    prior->known = problem.known;
    if (problem.held)
      throw Error{Error::Kind::bad_input,
                  "a prior engine is not supported where atoms are fixed along some axes only; leave 'prior' out"};
    return find_barrier_with_prior(problem.initial, problem.final, problem.mobile, problem.options, *prior);
  }
  if (!problem.held) return find_barrier_by_symmetry(problem.initial, problem.final, problem.mobile, problem.options);
  return with_held_axes(find_barrier(problem.initial, problem.final, problem.mobile, problem.options), *problem.held);
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
void add_refinements(const BarrierCase& problem, Scheduler& scheduler, ProgressView& view, HopRun& hop) {
  hop.refined = problem.refine;
  for (RefineRun& run : hop.refined) {
    RefineOptions options;
    options.path = run.path;
    options.barrier = problem.options;
    if (run.path == RefinePath::converge) options.prior = prior_of(run.engine);
    scheduler.add<Refined>("refinement by " + run.engine.version, 0, run.engine,
                           refine(*hop.barrier, problem.mobile, options), [&run, &view](Outcome<Refined> done) {
                             const Failure failure = done.error ? failure_of(done.error, view) : Failure{};
                             take_refinement(run, std::move(done.value), failure.reason, failure.engine);
                           });
  }
}

/// Adds to the error bars what the bands do not show.
void complete_error_bars(const BarrierCase& problem, HopRun& hop) {
  complete_error_bar(*hop.barrier, {problem.error, problem.engine.tier, problem.engine.charge});
  for (std::size_t k = 0; k < hop.refined.size(); ++k) {
    RefineRun& run = hop.refined[k];
    if (!run.result) continue;
    const EngineOfBarrier engine{problem.refine_errors[k], run.engine.tier, run.engine.charge};
    complete_error_bar(run.result->kept, engine, true);
    if (run.result->converged) complete_error_bar(*run.result->converged, engine);
  }
  take_spread(hop);
}

/// The total error in its parts, the numerical ones as one.
std::string parts_of(const BarrierResult& barrier) {
  std::string out;
  for (const UncertaintyPart& part : barrier.parts)
    if (part.value_ev && !part.numerical) out += fmt::format("{} {:.2g}, ", part.name, *part.value_ev);
  return out + fmt::format("numerical {:.2g} eV", numerical_error(barrier.parts));
}

std::string words_of(const BarrierResult& barrier) {
  switch (barrier.ending) {
    case Ending::converged: return "converged";
    case Ending::converged_check_failed: return "CONVERGED, BUT A CHECK FAILED: " + barrier.reason;
    default: return "not converged: " + barrier.reason;
  }
}

/// @param prefactor  nullptr where none was asked for
void print_barrier(const HopRun& hop, const EngineSpec& engine, const Prefactor* prefactor,
                   const nlohmann::ordered_json& json) {
  const BarrierResult& barrier = *hop.barrier;
  const auto with_error = [&](double energy_ev) { return text::with_error(energy_ev, barrier.uncertainty_ev); };
  fmt::print("forward  {} eV\nreverse  {} eV\nerror    {}\n", with_error(barrier.forward_ev),
             with_error(barrier.reverse_ev), parts_of(barrier));
  if (barrier.steps > 1)
    fmt::print("largest climb  {} eV, of {} steps; forward and reverse are from end to end\n",
               with_error(barrier.largest_climb_ev), barrier.steps);
  fmt::print("{} ({} evaluations, largest force {:.4f} eV/A)\n", words_of(barrier), barrier.evaluations,
             barrier.fmax_ev_per_angstrom);
  for (const Check& check : barrier.checks)
    fmt::print("  {:<28} {}{}{}\n", check.name, check.passed ? (*check.passed ? "yes" : "NO") : "not made",
               check.detail.empty() ? "" : "  ", check.detail);
  for (const std::string& warning : barrier.warnings) fmt::print("warning: {}\n", warning);
  if (prefactor) print_frequencies(*prefactor, json);
  fmt::print("{}", engine_table(hop, engine));
}

Exit run_barrier_case(const BarrierArguments& arguments, MpiSession& session) {
  BarrierCase problem = load_barrier_case(arguments.file);
  problem.certify_only = arguments.certify_only;
  watch_stop_signals();
  WorkFolder work =
      arguments.output.empty()
          ? WorkFolder::next_to(fs::path{arguments.file}.replace_extension())
          : WorkFolder::in(arguments.output, {"path.extxyz", "profile.csv", "profile.svg", "barrier.json"},
                           arguments.force);
  const fs::path& folder = work.folder();
  Store store = work.store();
  ProgressView view{arguments.output.empty() ? fs::path{} : folder / "log.txt"};
  HopRun hop;
  std::exception_ptr failed;
  Outcome<Prefactor> frequency;
  {
    Crew crew{session, CrewSite{.folder = work.engines(), .data = {}, .ranks_per_image = problem.engine.running.ranks}};
    Scheduler scheduler{crew, store, view};
    scheduler.add<BarrierResult>("barrier", 0, problem.engine, search_of(problem), [&](Outcome<BarrierResult> done) {
      failed = done.error;
      hop.barrier = std::move(done.value);
      if (hop.barrier && problem.held)
        for (Configuration& image : hop.barrier->path) image = problem.held->placed(std::move(image));
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
  complete_error_bars(problem, hop);
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
    text::write_file(folder / "profile.svg", profile_svg(barrier));
    for (const auto& [name, content] : refinement_files(hop, ".")) text::write_file(folder / name, content);
    text::write_file(folder / "barrier.json", json.dump(2) + "\n");
  }
  if (arguments.as_json)
    fmt::print("{}\n", json.dump(2));
  else
    print_barrier(hop, problem.engine, known, json);
  work.finished();
  if (std::ranges::any_of(hop.refined, &RefineRun::engine_failed)) return Exit::engine;
  const bool numbers = std::ranges::all_of(hop.refined, [](const RefineRun& run) { return run.reason.empty(); });
  return barrier.converged() && numbers ? Exit::converged : Exit::not_converged;
}

/// A line for each key of the neb: block.
std::string neb_help() {
  const BarrierOptions usual;
  std::string lines;
  for (const BarrierKey& key : barrier_keys()) {
    const std::string allowed =
        key.choices.empty() ? fmt::format("{:g} to {:g}", key.low, key.high) : text::join(key.choices, " | ");
    lines += fmt::format("  {}: {}    # {} ({})\n", key.name, key.give(usual), key.help, allowed);
  }
  return lines +
         "  path: FILE    # points on the path, which decide the order of atoms too: frames, or a folder 00, 01, ...";
}

}  // namespace

void add_barrier(CLI::App& app, Action& action, MpiSession& session) {
  auto arguments = std::make_shared<BarrierArguments>();
  CLI::App* command = app.add_subcommand("barrier", "Find the barrier between two structures with any engine");
  command->add_option("CASE", arguments->file, "case file (.yaml): initial, final, engine, neb")->required();
  command->add_option("-o,--output", arguments->output, "folder for path.extxyz, profile.csv and the store");
  command->add_flag("--force", arguments->force, "overwrite such files of another calculation");
  command->add_flag("--json", arguments->as_json, "print the result as JSON");
  command->add_flag("--certify-only", arguments->certify_only,
                    "certify the band that neb: path gives, without moving its images");
  command->footer(
      "Example: hopflow barrier case.yaml --json\n"
      "  initial: initial.extxyz\n  final: final.extxyz\n  fixed: [0, 1]\n"
      "  engine: {kind: lammps, units: metal, types: {Al: 1}, files: [Al99.eam.alloy],\n"
      "           commands: [\"pair_style eam/alloy\", \"pair_coeff * * Al99.eam.alloy Al\"]}\n"
      "  or any i-PI client: engine: {kind: ipi, command: \"python3 client.py {socket}\", clients: 4}\n"
      "  neb: {images: 5, climb: true, fmax: 0.01, surrogate: true}\n"
      "  ends and path: extxyz, CIF, POSCAR (selective dynamics hold atoms), XDATCAR, ASE .traj, eOn .con, LAMMPS "
      "data;\n"
      "  FILE@N is the N-th frame; path: also a VASP folder with 00, 01, ...\n"
      "  order: given         # the order of atoms is right, though another would be shorter\n"
      "  relax: {kick: true}  # ends that relax onto a saddle are moved off it along its mode\n"
      "  prefactor: true      # attempt frequencies by harmonic theory, and rates at temperature: 300 (K)\n"
      "  in engine: prior: {kind: lammps, forcefield: table.yaml}, a cheap engine that helps the search; budget: 60 "
      "calls\n"
      "  known: frames.extxyz # the engine's answers found before, from which a search with a prior learns\n"
      "  refine: {kind: ipi, command: ..., path: keep}    another engine on that path; path: converge goes on from it\n"
      "Keys of neb:\n" +
      neb_help());
  command->callback([arguments, &action, &session] {
    action = [arguments, &session] { return run_barrier_case(*arguments, session); };
  });
}

}  // namespace hopflow
