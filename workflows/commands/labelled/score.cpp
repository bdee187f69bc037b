// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow score: an engine's energies and forces against those of labelled frames.
#include <cmath>
#include <map>

#include <fmt/core.h>

#include "potentials/labelled/labelled.hpp"
#include "potentials/labelled/score.hpp"
#include "structures/core/crystal.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/commands/labelled/questions.hpp"
#include "workflows/commands/structures/structure_arguments.hpp"
#include "workflows/results/results.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace {

using Json = nlohmann::ordered_json;

struct ScoreArguments {
  std::vector<std::string> files;
  EngineChoice choice;
  bool as_json = false;
};

/// Frames with the reference's answers and, in the same order, what the engine is asked about them.
struct Scored {
  std::vector<LabelledFrame> frames;
  std::vector<Question> questions;
};

Scored prepare(const ScoreArguments& arguments) {
  Scored out;
  for (const std::string& file : arguments.files)
    for (LabelledFrame& frame : read_labelled(file)) out.frames.push_back(std::move(frame));
  for (const LabelledFrame& frame : out.frames)
    out.questions.push_back({.place = frame.place, .configuration = frame.configuration});
  choose_engines(out.questions, arguments.choice);
  return out;
}

/// A frame that the engine answered.
struct Row {
  const LabelledFrame* frame = nullptr;
  const Evaluation* answer = nullptr;
};

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
    barrier.reason = "the frames do not form a path: their image numbers are missing or not in order";
  }
  Json out{{"forward_ev", nullptr}, {"reverse_ev", nullptr}, {"reason", barrier.reason}};
  if (barrier.forward_ev) out["forward_ev"] = *barrier.forward_ev;
  if (barrier.reverse_ev) out["reverse_ev"] = *barrier.reverse_ev;
  return out;
}

/// Frames numbered one after the other.
bool is_path(const std::vector<Row>& band) {
  for (std::size_t k = 0; k < band.size(); ++k)
    if (!band[k].frame->image || *band[k].frame->image != *band[0].frame->image + static_cast<long>(k)) return false;
  return true;
}

Json band_json(const std::vector<Row>& band) {
  std::vector<double> engine, reference;
  Json profile = Json::array();
  for (const Row& row : band) {
    engine.push_back(row.answer->energy_ev - band[0].answer->energy_ev);
    reference.push_back(row.frame->energy_ev - band[0].frame->energy_ev);
    profile.push_back({{"reference_ev", reference.back()}, {"engine_ev", engine.back()}});
  }
  const bool path = is_path(band);
  const Json of_reference = barrier_of(reference, path);
  Json of_engine = barrier_of(engine, path);
  if (of_reference["forward_ev"].is_null())
    of_engine = {
        {"forward_ev", nullptr}, {"reverse_ev", nullptr}, {"reason", "the reference has none on these frames"}};
  return {{"band", band[0].frame->band},
          {"charge", band[0].frame->charge},
          {"formula", formula_of(band[0].frame->configuration.species)},
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

Json result_of(const Scored& scored) {
  ForceSums all;
  std::map<std::string, ForceSums> elements;
  std::vector<LabelledFrame> answered;
  std::vector<Row> rows;
  Json refused = Json::array();
  for (std::size_t k = 0; k < scored.frames.size(); ++k) {
    const Question& question = scored.questions[k];
    const LabelledFrame& frame = scored.frames[k];
    if (!question.answer) {
      refused.push_back({{"frame", question.place}, {"reason", question.refusal}});
      continue;
    }
    all.add(question.answer->forces, frame.forces);
    for (int i = 0; i < frame.configuration.size(); ++i)
      elements[std::string{symbol_of(frame.configuration.species[static_cast<std::size_t>(i)])}].add(
          question.answer->forces.middleCols(i, 1), frame.forces.middleCols(i, 1));
    answered.push_back(frame);
    rows.push_back({&frame, &*question.answer});
  }
  Json bands = Json::array();
  for (const std::vector<std::size_t>& group : comparable(answered)) {
    std::vector<Row> band;
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
  out["engine"] = engine_json(scored.questions.front().engine);
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

void print_scores(const Json& result) {
  fmt::print("{} frames\nforces     RMSE, eV/A    of zero  correlation   slope\n", result["frames"].get<long>());
  print_score("all", result);
  for (const auto& [symbol, score] : result["elements"].items()) print_score(symbol, score);
  if (result["force_rmse"].get<double>() >= result["force_rmse_of_zero"].get<double>())
    fmt::print("no better than zero forces\n");
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

Exit run_score(const ScoreArguments& arguments, MpiSession& session) {
  arguments.choice.require_one();
  watch_stop_signals();
  Scored scored = prepare(arguments);
  ask_all(scored.questions, session);
  const Json result = result_of(scored);
  if (result["frames"].get<long>() == 0)
    throw Error{Error::Kind::engine,
                "the engine answered none of the frames: " + result["refused"].front()["reason"].get<std::string>()};
  if (arguments.as_json)
    fmt::print("{}\n", json_text(result));
  else
    print_scores(result);
  return result["refused"].empty() ? Exit::converged : Exit::not_converged;
}

}  // namespace

void add_score(CLI::App& app, Action& action, MpiSession& session) {
  auto arguments = std::make_shared<ScoreArguments>();
  CLI::App* command = app.add_subcommand("score", "Compare an engine with labelled energies and forces");
  command->add_option("FRAMES", arguments->files, "frames with energy and forces: .extxyz, .xyz or either with .gz")
      ->required();
  command->add_option("--engine", arguments->choice.engine, "engine block: a file, or YAML text that begins with '{'");
  command->add_option("--forcefield", arguments->choice.forcefield, "force-field table (.yaml)");
  command->add_option("--charge-set", arguments->choice.charge_set, "one of the table's charge sets");
  command->add_flag("--json", arguments->as_json, "print the result as JSON");
  command->footer(
      "Example: hopflow score frames.extxyz --forcefield inputs/forcefields/myp-mapbi3.yaml\n"
      "Forces are compared component by component with the reference's and with zero; energies as differences within\n"
      "a band (the key band=... of a frame, else its file), so offsets between engines drop out.");
  command->callback(
      [arguments, &action, &session] { action = [arguments, &session] { return run_score(*arguments, session); }; });
}

}  // namespace hopflow
