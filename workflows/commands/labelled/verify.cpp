// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow verify: images of a stored band computed again with the engine that gave them.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "neb/profile/images.hpp"
#include "potentials/engine_block.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/core/yaml.hpp"
#include "workflows/bands/reference_band.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/commands/labelled/questions.hpp"
#include "workflows/commands/structures/structure_arguments.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::ordered_json;

struct VerifyArguments {
  std::string band, engine;
  int count = 3;
  double energy_ev = 0.005, force = 0.05;
  bool as_json = false;
};

/// First end, saddle, other end, then the images between; energies are compared with the first.
std::vector<std::size_t> images_to_ask(const BarrierResult& barrier, int count) {
  std::vector<std::size_t> out{0, highest_between_ends(barrier.answers), barrier.answers.size() - 1};
  for (std::size_t k = 1; k + 1 < barrier.answers.size(); ++k)
    if (std::ranges::find(out, k) == out.end()) out.push_back(k);
  if (static_cast<std::size_t>(count) < out.size()) out.resize(static_cast<std::size_t>(count));
  return out;
}

/// The engine of --engine, else of the band's key `client`.
std::vector<Question> questions_of(const VerifyArguments& arguments, const BarrierResult& barrier,
                                   const std::vector<std::size_t>& images) {
  std::vector<Question> out;
  for (const std::size_t k : images)
    out.push_back({.place = fmt::format("image {}", k), .configuration = barrier.path[k]});
  if (!arguments.engine.empty()) {
    choose_engines(out, {.engine = arguments.engine});
    return out;
  }
  const yaml::Node root = yaml::load(arguments.band);
  const yaml::Node* client = root.find("client");
  if (client == nullptr)
    throw Error{Error::Kind::usage,
                fmt::format("{} has no key 'client'; name the engine that gave its answers with --engine",
                            text::printable(arguments.band))};
  const EngineSpec engine =
      engine_from_block(*client, out.front().configuration, fs::path{arguments.band}.parent_path());
  for (Question& question : out) question.engine = engine;
  return out;
}

Json compared(const VerifyArguments& arguments, const BarrierResult& barrier, const std::vector<std::size_t>& images,
              const std::vector<Question>& questions) {
  Json rows = Json::array();
  bool agrees = true;
  for (std::size_t q = 0; q < questions.size(); ++q) {
    const Evaluation& stored = barrier.answers[images[q]];
    Json row{{"image", images[q]}};
    if (!questions[q].answer || !questions[0].answer) {
      row["reason"] = questions[q].answer ? questions[0].refusal : questions[q].refusal;
      agrees = false;
    } else {
      const Evaluation& asked = *questions[q].answer;
      const double before = stored.energy_ev - barrier.answers[images[0]].energy_ev;
      const double now = asked.energy_ev - questions[0].answer->energy_ev;
      const double force = (asked.forces - stored.forces).colwise().norm().maxCoeff();
      const bool fits = std::abs(now - before) <= arguments.energy_ev && force <= arguments.force;
      agrees = agrees && fits;
      row["stored_ev"] = before;
      row["computed_ev"] = now;
      row["largest_force_difference_ev_per_angstrom"] = force;
      row["agrees"] = fits;
    }
    rows.push_back(std::move(row));
  }
  return {{"band", arguments.band},
          {"agrees", agrees},
          {"energy_tolerance_ev", arguments.energy_ev},
          {"force_tolerance_ev_per_angstrom", arguments.force},
          {"images", std::move(rows)}};
}

void print_checks(const Json& result) {
  fmt::print("{:<8}{:>14}{:>14}{:>28}\n", "image", "stored, eV", "computed, eV", "largest difference, eV/A");
  for (const Json& row : result["images"]) {
    if (row.contains("reason")) {
      fmt::print("{:<8}no answer: {}\n", row["image"].get<long>(), row["reason"].get<std::string>());
      continue;
    }
    fmt::print("{:<8}{:>14.4f}{:>14.4f}{:>28.4f}{}\n", row["image"].get<long>(), row["stored_ev"].get<double>(),
               row["computed_ev"].get<double>(), row["largest_force_difference_ev_per_angstrom"].get<double>(),
               row["agrees"].get<bool>() ? "" : "  DIFFERS");
  }
  fmt::print("{}\n", result["agrees"].get<bool>() ? "the stored answers are reproduced"
                                                  : "the stored answers are not reproduced within the tolerances");
}

Exit run_verify(const VerifyArguments& arguments, MpiSession& session) {
  watch_stop_signals();
  const ReferenceBand band = read_reference_band(arguments.band, "");
  const std::vector<std::size_t> images = images_to_ask(band.barrier, arguments.count);
  std::vector<Question> questions = questions_of(arguments, band.barrier, images);
  ask_all(questions, session);
  const Json result = compared(arguments, band.barrier, images, questions);
  if (arguments.as_json)
    fmt::print("{}\n", json_text(result));
  else
    print_checks(result);
  return result["agrees"].get<bool>() ? Exit::converged : Exit::not_converged;
}

}  // namespace

void add_verify(CLI::App& app, Action& action, MpiSession& session) {
  auto arguments = std::make_shared<VerifyArguments>();
  CLI::App* command =
      app.add_subcommand("verify", "Compute images of a stored band again and compare them with the stored answers");
  command->add_option("BAND", arguments->band, "band kept as data (.yaml, schema reference-band/1)")->required();
  command->add_option("--count", arguments->count, "images to compute, the endpoints and the saddle first, 3")
      ->check(CLI::Range(1, 1000));
  command->add_option("--engine", arguments->engine,
                      "engine to use: a file, or YAML text that begins with '{'; default: the band's key 'client'");
  command->add_option("--energy-tolerance", arguments->energy_ev, "largest error of an energy difference (eV), 0.005")
      ->check(CLI::Range(0.0, 10.0));
  command->add_option("--force-tolerance", arguments->force, "largest error of a force (eV/A), 0.05")
      ->check(CLI::Range(0.0, 10.0));
  command->add_flag("--json", arguments->as_json, "print the result as JSON");
  command->footer("Example: hopflow verify inputs/reference/dft/prpyr-band-q1.yaml --count 2");
  command->callback(
      [arguments, &action, &session] { action = [arguments, &session] { return run_verify(*arguments, session); }; });
}

}  // namespace hopflow
