// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow score: an engine's energies and forces against those of labelled frames.
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>

#include <fmt/core.h>

#include "potentials/forcefield/forcefield.hpp"
#include "potentials/labelled/labelled.hpp"
#include "potentials/labelled/score.hpp"
#include "structures/core/crystal.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/commands/engines/engine_argument.hpp"
#include "workflows/commands/engines/scratch.hpp"
#include "workflows/commands/structures/structure_arguments.hpp"
#include "workflows/crew/scheduler.hpp"
#include "workflows/results/results.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace {

using Json = nlohmann::ordered_json;

struct ScoreArguments {
  std::vector<std::string> files;
  std::string engine, forcefield, charge_set;
  bool as_json = false;
};

/// A frame and what the engine said about it.
struct Scored {
  LabelledFrame frame;
  EngineSpec engine;
  std::optional<Evaluation> answer;
  std::string refusal;
};

Procedure<Evaluation> ask_once(Configuration configuration) {
  std::vector<Configuration> question{std::move(configuration)};
  std::vector<Evaluation> answer = co_await Ask(std::move(question));
  co_return std::move(answer.front());
}

/// One engine for each list of atoms: a force field types them, a client learns their order.
std::vector<Scored> prepare(const ScoreArguments& arguments) {
  std::vector<Scored> out;
  for (const std::string& file : arguments.files)
    for (LabelledFrame& frame : read_labelled(file)) out.emplace_back().frame = std::move(frame);
  std::optional<ForceField> table;
  if (!arguments.forcefield.empty()) table = ForceField::load(arguments.forcefield, arguments.charge_set);
  std::map<std::vector<int>, EngineSpec> engines;
  for (Scored& scored : out) {
    const Configuration& atoms = scored.frame.configuration;
    const auto known = engines.find(atoms.species);
    if (known != engines.end()) {
      scored.engine = known->second;
      continue;
    }
    try {
      scored.engine = table ? table->engine(to_crystal(atoms, scored.frame.band), -1, CellCharge::any)
                            : engine_argument(arguments.engine, atoms);
    } catch (const Error& problem) {
      throw Error{problem.kind(), fmt::format("{}: {}", scored.frame.place, problem.what())};
    }
    engines.emplace(atoms.species, scored.engine);
  }
  return out;
}

void ask_engine(std::vector<Scored>& frames, MpiSession& session) {
  const Scratch scratch;
  Store store = Store::in_memory();
  ProgressView view{std::filesystem::path{}};
  Crew crew{session, CrewSite{.folder = scratch.folder() / "engines",
                              .data = {},
                              .ranks_per_image = frames.front().engine.running.ranks}};
  Scheduler scheduler{crew, store, view};
  for (Scored& scored : frames)
    scheduler.add<Evaluation>(scored.frame.place, 0, scored.engine, ask_once(scored.frame.configuration),
                              [&scored](Outcome<Evaluation> done) {
                                scored.answer = std::move(done.value);
                                if (!done.error) return;
                                try {
                                  std::rethrow_exception(done.error);
                                } catch (const Error& problem) {
                                  if (!problem.of_engine()) throw;
                                  scored.refusal = problem.what();
                                }
                              });
  scheduler.run();
}

Json score_json(const ForceScore& score) {
  return {{"force_rmse", score.rmse},
          {"force_rmse_of_zero", score.rmse_of_zero},
          {"correlation", score.correlation},
          {"slope", score.slope},
          {"components", score.components}};
}

Json barrier_of(const std::vector<double>& energies, bool is_path) {
  ProfileBarrier barrier = barrier_of_profile(energies);
  if (!is_path) {
    barrier = {};
    barrier.reason = "the frames are no path: their image numbers are missing or not in order";
  }
  Json out{{"forward_ev", nullptr}, {"reverse_ev", nullptr}, {"reason", barrier.reason}};
  if (barrier.forward_ev) out["forward_ev"] = *barrier.forward_ev;
  if (barrier.reverse_ev) out["reverse_ev"] = *barrier.reverse_ev;
  return out;
}

/// Frames numbered one after the other.
bool is_path(const std::vector<const Scored*>& band) {
  for (std::size_t k = 0; k < band.size(); ++k)
    if (!band[k]->frame.image || *band[k]->frame.image != *band[0]->frame.image + static_cast<long>(k)) return false;
  return true;
}

Json band_json(const std::vector<const Scored*>& band) {
  std::vector<double> engine, reference;
  Json profile = Json::array();
  for (const Scored* scored : band) {
    engine.push_back(scored->answer->energy_ev - band[0]->answer->energy_ev);
    reference.push_back(scored->frame.energy_ev - band[0]->frame.energy_ev);
    profile.push_back({{"reference_ev", reference.back()}, {"engine_ev", engine.back()}});
  }
  const bool path = is_path(band);
  const Json of_reference = barrier_of(reference, path);
  Json of_engine = barrier_of(engine, path);
  if (of_reference["forward_ev"].is_null())
    of_engine = {
        {"forward_ev", nullptr}, {"reverse_ev", nullptr}, {"reason", "the reference has none on these frames"}};
  return {{"band", band[0]->frame.band},
          {"charge", band[0]->frame.charge},
          {"formula", formula_of(band[0]->frame.configuration.species)},
          {"frames", band.size()},
          {"profile_error_ev", profile_error(engine, reference)},
          {"profile", profile},
          {"reference_barrier", of_reference},
          {"engine_barrier", of_engine}};
}

/// Root mean square over all frames of bands of two and more.
double all_profiles(const Json& bands) {
  double square = 0, count = 0;
  for (const Json& band : bands) {
    const auto frames = band["frames"].get<double>();
    if (frames < 2) continue;
    square += frames * std::pow(band["profile_error_ev"].get<double>(), 2);
    count += frames;
  }
  return count > 0 ? std::sqrt(square / count) : 0;
}

Json result_of(const std::vector<Scored>& frames) {
  ForceSums all;
  std::map<std::string, ForceSums> elements;
  std::vector<LabelledFrame> answered;
  std::vector<const Scored*> rows;
  Json refused = Json::array();
  for (const Scored& scored : frames) {
    if (!scored.answer) {
      refused.push_back({{"frame", scored.frame.place}, {"reason", scored.refusal}});
      continue;
    }
    all.add(scored.answer->forces, scored.frame.forces);
    for (int i = 0; i < scored.frame.configuration.size(); ++i)
      elements[std::string{symbol_of(scored.frame.configuration.species[static_cast<std::size_t>(i)])}].add(
          scored.answer->forces.middleCols(i, 1), scored.frame.forces.middleCols(i, 1));
    answered.push_back(scored.frame);
    rows.push_back(&scored);
  }
  Json bands = Json::array();
  for (const std::vector<std::size_t>& group : comparable(answered)) {
    std::vector<const Scored*> band;
    for (const std::size_t k : group) band.push_back(rows[k]);
    bands.push_back(band_json(band));
  }
  Json out{{"frames", rows.size()}};
  out.update(score_json(all.score()));
  out["profile_error_ev"] = all_profiles(bands);
  out["elements"] = Json::object();
  for (const auto& [symbol, sums] : elements) out["elements"][symbol] = score_json(sums.score());
  out["bands"] = std::move(bands);
  out["refused"] = std::move(refused);
  out["engine"] = engine_json(frames.front().engine);
  return out;
}

void print_score(const std::string& name, const Json& score) {
  fmt::print("{:<10} {:>10.4f} {:>10.4f} {:>11.3f} {:>7.3f}\n", name, score["force_rmse"].get<double>(),
             score["force_rmse_of_zero"].get<double>(), score["correlation"].get<double>(),
             score["slope"].get<double>());
}

void print_barrier(const char* name, const Json& barrier) {
  if (barrier["forward_ev"].is_null())
    fmt::print("  {} barrier: none; {}\n", name, barrier["reason"].get<std::string>());
  else
    fmt::print("  {} barrier: forward {:.3f} eV, reverse {:.3f} eV (frames as given, nothing relaxed)\n", name,
               barrier["forward_ev"].get<double>(), barrier["reverse_ev"].get<double>());
}

void print_table(const Json& result) {
  fmt::print("{} frames\nforces     RMSE, eV/A    of zero  correlation   slope\n", result["frames"].get<long>());
  print_score("all", result);
  for (const auto& [symbol, score] : result["elements"].items()) print_score(symbol, score);
  if (result["force_rmse"].get<double>() >= result["force_rmse_of_zero"].get<double>())
    fmt::print("zero forces would score as well\n");
  for (const Json& band : result["bands"]) {
    const std::string charge = band["charge"].get<std::string>();
    fmt::print("{}{}: {} frames of {}, error of energy differences {:.3f} eV\n", band["band"].get<std::string>(),
               charge.empty() ? "" : " (charge " + charge + ")", band["frames"].get<long>(),
               band["formula"].get<std::string>(), band["profile_error_ev"].get<double>());
    if (band["frames"].get<long>() < 2) continue;
    std::string reference = "  reference, eV:", engine = "  engine, eV:   ";
    for (const Json& row : band["profile"]) {
      reference += fmt::format(" {:7.3f}", row["reference_ev"].get<double>());
      engine += fmt::format(" {:7.3f}", row["engine_ev"].get<double>());
    }
    fmt::print("{}\n{}\n", reference, engine);
    print_barrier("reference", band["reference_barrier"]);
    print_barrier("engine", band["engine_barrier"]);
  }
  for (const Json& frame : result["refused"])
    fmt::print("no answer: {}: {}\n", frame["frame"].get<std::string>(), frame["reason"].get<std::string>());
}

Exit run(const ScoreArguments& arguments, MpiSession& session) {
  if (arguments.forcefield.empty() == arguments.engine.empty())
    throw Error{Error::Kind::usage, "give either --forcefield TABLE or --engine BLOCK, one of them"};
  watch_stop_signals();
  std::vector<Scored> frames = prepare(arguments);
  ask_engine(frames, session);
  const Json result = result_of(frames);
  if (result["frames"].get<long>() == 0)
    throw Error{Error::Kind::engine,
                "the engine answered none of the frames: " + result["refused"].front()["reason"].get<std::string>()};
  if (arguments.as_json)
    fmt::print("{}\n", json_text(result));
  else
    print_table(result);
  return result["refused"].empty() ? Exit::converged : Exit::not_converged;
}

}  // namespace

void add_score(CLI::App& app, Action& action, MpiSession& session) {
  auto arguments = std::make_shared<ScoreArguments>();
  CLI::App* command = app.add_subcommand("score", "Compare an engine with labelled energies and forces");
  command->add_option("FRAMES", arguments->files, "frames with energy and forces: .extxyz, .xyz or either with .gz")
      ->required();
  command->add_option("--engine", arguments->engine, "engine block: a file, or YAML text that begins with '{'");
  command->add_option("--forcefield", arguments->forcefield, "force-field table (.yaml)");
  command->add_option("--charge-set", arguments->charge_set, "one of the table's charge sets");
  command->add_flag("--json", arguments->as_json, "print the result for machines");
  command->footer(
      "Example: hopflow score frames.extxyz --forcefield inputs/forcefields/myp-mapbi3.yaml\n"
      "Forces are compared component by component with the reference's and with zero; energies as differences within\n"
      "a band (the key band=... of a frame, else its file), so offsets between engines drop out.");
  command->callback(
      [arguments, &action, &session] { action = [arguments, &session] { return run(*arguments, session); }; });
}

}  // namespace hopflow
