// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow saddle: one structure near a saddle and an engine, nothing else needed.
#include "workflows/commands/engines/saddle.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include <Random123/philox.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "neb/core/mobile.hpp"
#include "neb/single/find_saddle.hpp"
#include "potentials/engine_block.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/core/yaml.hpp"
#include "structures/formats/extxyz.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/commands/engines/work_folder.hpp"
#include "workflows/crew/scheduler.hpp"
#include "workflows/driver/failure.hpp"
#include "workflows/frames/frames.hpp"
#include "workflows/results/results.hpp"
#include "workflows/study/run_folder.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

constexpr double same_ev = 1e-3;    // saddles that differ by less in energy
constexpr double same_place = 0.2;  // and by less than this in every atom's place are one (A)

struct SaddleArguments {
  std::string file, output;
  bool as_json = false, force = false;
};

struct SaddleCase {
  Configuration guess;
  Mask mobile;
  EngineSpec engine;
  SaddleSearchOptions options;
  int samples = 1;
  double displacement = 0.1;  ///< of displaced copies: standard deviation along each axis (A)
  std::uint64_t seed = 1;
};

PathFrame read_one(const yaml::Node& node, const fs::path& folder) {
  try {
    std::vector<PathFrame> frames = read_frames(folder / node.text());
    if (frames.size() == 1) return std::move(frames.front());
    node.fail(fmt::format("{} holds {} frames; name one of them as {}@N, counted from 0", node.text(), frames.size(),
                          node.text()));
  } catch (const Error& refusal) {
    node.fail(refusal.what());
  }
}

SaddleCase load_saddle_case(const fs::path& file) {
  const yaml::Node root = yaml::load(file);
  root.allow_keys({"guess", "direction", "fixed", "engine", "fmax", "samples", "displacement", "seed", "neb"});
  const fs::path folder = file.parent_path();
  SaddleCase out;
  const PathFrame frame = read_one(root.at("guess"), folder);
  if (frame.free)
    root.at("guess").fail(
        "atoms fixed along some axes only are not supported here; fix them along all axes, or free them");
  out.guess = frame.configuration;
  const auto atoms = static_cast<std::size_t>(out.guess.size());
  out.mobile = frame.mobile.value_or(Mask(atoms, true));
  if (const yaml::Node* fixed = root.find("fixed"))
    for (const yaml::Node& index : fixed->items())
      out.mobile[static_cast<std::size_t>(index.integer(0, static_cast<long>(atoms) - 1))] = false;
  if (const yaml::Node* fmax = root.find("fmax")) out.options.fmax = fmax->number(1e-4, 0.5);
  if (const yaml::Node* neb = root.find("neb")) {
    neb->allow_keys({"fmax"});
    if (const yaml::Node* fmax = neb->find("fmax")) out.options.fmax = fmax->number(1e-4, 0.5);
  }
  if (const yaml::Node* samples = root.find("samples")) out.samples = static_cast<int>(samples->integer(1, 1000));
  if (const yaml::Node* displacement = root.find("displacement")) out.displacement = displacement->number(0.001, 2);
  if (const yaml::Node* seed = root.find("seed")) out.seed = static_cast<std::uint64_t>(seed->integer(0, 1L << 40));
  if (const yaml::Node* direction = root.find("direction")) {
    const PathFrame towards = read_one(*direction, folder);
    if (towards.configuration.species != out.guess.species)
      direction->fail("its atoms are not those of the guess in the same order");
    const Eigen::Matrix3Xd step =
        minimum_image(out.guess.cell, towards.configuration.positions - out.guess.positions, out.guess.periodic);
    out.options.direction = Mobile(out.mobile, out.guess.size()).gather(step);
    if (!(out.options.direction.norm() > 1e-6)) direction->fail("no mobile atom differs from the guess");
  }
  out.engine = engine_from_block(root.at("engine"), out.guess, folder);
  return out;
}

/// Standard normal deviates, Box & Muller (1958), by Philox4x32-10 with key (seed, 0x7364646c), counter (component,
/// sample, 0, 0).
double normal_deviate(std::uint64_t seed, std::uint32_t sample, std::uint32_t component) {
  r123::Philox4x32 generator;
  const r123::Philox4x32::key_type key{
      {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32) ^ 0x7364646cU}};
  const auto bits = generator(r123::Philox4x32::ctr_type{{component, sample, 0, 0}}, key);
  const double u = (bits[0] + 0.5) / 4294967296.0, v = (bits[1] + 0.5) / 4294967296.0;
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * 3.14159265358979323846 * v);
}

/// The guess itself, then displaced copies of it.
std::vector<Configuration> starts_of(const SaddleCase& problem) {
  const Mobile mobile(problem.mobile, problem.guess.size());
  std::vector<Configuration> starts;
  for (int s = 0; s < problem.samples; ++s) {
    Eigen::VectorXd x = mobile.gather(problem.guess.positions);
    for (Eigen::Index i = 0; problem.samples > 1 && i < x.size(); ++i)
      x[i] += problem.displacement *
              normal_deviate(problem.seed, static_cast<std::uint32_t>(s), static_cast<std::uint32_t>(i));
    starts.push_back(mobile.place(problem.guess, x));
  }
  return starts;
}

Json saddle_json(const FoundSaddle& found) {
  Json minima = Json::array();
  for (const Relaxed& minimum : found.minima)
    minima.push_back({{"energy_ev", minimum.evaluation.energy_ev},
                      {"converged", minimum.converged()},
                      {"fmax_ev_per_angstrom", minimum.fmax}});
  Json barriers = nullptr;
  if (found.minima.size() == 2) barriers = found.barriers_ev();
  const std::vector<Mode>& modes = found.certificate.modes;
  return {{"status", to_string(found.ending)},
          {"reason", found.reason},
          {"saddle_energy_ev", found.energy_ev()},
          {"barriers_ev", barriers},
          {"negative_modes", found.certificate.negative},
          {"lowest_curvature_ev_per_angstrom2", modes.empty() ? Json(nullptr) : Json(modes.front().curvature)},
          {"fmax_ev_per_angstrom", found.certificate.saddle.fmax},
          {"evaluations", found.evaluations},
          {"evaluations_search", found.evaluations_search},
          {"minima", minima}};
}

std::string structures_of(const FoundSaddle& found) {
  std::vector<Frame> frames;
  const auto add = [&](const Configuration& configuration, const Evaluation& answer, const char* is) {
    Frame& frame = frames.emplace_back();
    frame.configuration = configuration;
    frame.energy_ev = answer.energy_ev;
    frame.forces = answer.forces;
    frame.info = {{"is", is}};
  };
  const bool both = found.minima.size() == 2;
  if (both) add(found.minima[0].configuration, found.minima[0].evaluation, "minimum");
  add(found.certificate.saddle.configuration, found.certificate.saddle.evaluation, "saddle");
  if (both) add(found.minima[1].configuration, found.minima[1].evaluation, "minimum");
  return format_extxyz(frames);
}

bool alike(const FoundSaddle& a, const FoundSaddle& b) {
  const Configuration &p = a.certificate.saddle.configuration, &q = b.certificate.saddle.configuration;
  return std::abs(a.energy_ev() - b.energy_ev()) < same_ev &&
         minimum_image(p.cell, p.positions - q.positions, p.periodic).colwise().norm().maxCoeff() < same_place;
}

/// Distinct saddles, the lowest first.
std::vector<const FoundSaddle*> distinct(const std::vector<std::optional<FoundSaddle>>& all) {
  std::vector<const FoundSaddle*> out;
  for (const auto& found : all) {
    if (!found || !found->converged()) continue;
    if (std::ranges::none_of(out, [&](const FoundSaddle* other) { return alike(*found, *other); }))
      out.push_back(&*found);
  }
  std::ranges::stable_sort(out, {}, [](const FoundSaddle* found) { return found->energy_ev(); });
  return out;
}

void print_one(const FoundSaddle& found) {
  if (found.minima.size() == 2) {
    const auto barriers = found.barriers_ev();
    fmt::print("saddle {:.6f} eV, {:.4f} and {:.4f} eV above the minima it joins\n", found.energy_ev(), barriers[0],
               barriers[1]);
  } else {
    fmt::print("highest point {:.6f} eV\n", found.energy_ev());
  }
  fmt::print("{}{}{} ({} negative modes, {} evaluations, largest force {:.4f} eV/A)\n", to_string(found.ending),
             found.reason.empty() ? "" : ": ", found.reason, found.certificate.negative, found.evaluations,
             found.certificate.saddle.fmax);
}

Exit run_saddle_case(const SaddleArguments& arguments, MpiSession& session) {
  const SaddleCase problem = load_saddle_case(arguments.file);
  watch_stop_signals();
  const fs::path output = arguments.output;
  WorkFolder work = output.empty() ? WorkFolder::next_to(fs::path{arguments.file}.replace_extension())
                                   : WorkFolder::in(output, {"saddle.extxyz", "saddle.json"}, arguments.force);
  Store store = work.store();
  ProgressView view{output.empty() ? fs::path{} : output / "log.txt"};
  const std::vector<Configuration> starts = starts_of(problem);
  std::vector<std::optional<FoundSaddle>> found(starts.size());
  std::exception_ptr failed;
  {
    Crew crew{session, CrewSite{.folder = work.engines(), .data = {}, .ranks_per_image = problem.engine.running.ranks}};
    Scheduler scheduler{crew, store, view};
    for (std::size_t s = 0; s < starts.size(); ++s) {
      SaddleSearchOptions options = problem.options;
      if (starts.size() > 1) options.stage = fmt::format("saddle {}", s + 1);
      scheduler.add<FoundSaddle>(options.stage, 0, problem.engine, find_saddle(starts[s], problem.mobile, options),
                                 [&, s](Outcome<FoundSaddle> done) {
                                   if (done.error) failed = done.error;
                                   found[s] = std::move(done.value);
                                 });
    }
    scheduler.run();
  }
  if (failed && std::ranges::none_of(found, [](const auto& f) { return f.has_value(); }))
    std::rethrow_exception(failed);
  const std::vector<const FoundSaddle*> saddles = distinct(found);
  const auto first = std::ranges::find_if(found, [](const auto& f) { return f.has_value(); });
  const FoundSaddle& shown = saddles.empty() ? **first : *saddles.front();
  Json json = saddle_json(shown);
  if (problem.samples > 1) {
    Json list = Json::array();
    for (const FoundSaddle* saddle : saddles) list.push_back(saddle_json(*saddle));
    int evaluations = 0;
    for (const auto& one : found) evaluations += one ? one->evaluations : 0;
    json["samples"] = problem.samples;
    json["saddles"] = std::move(list);
    json["evaluations_all"] = evaluations;
  }
  json["engine"] = engine_json(problem.engine);
  if (!output.empty()) {
    text::write_file(output / "saddle.extxyz", structures_of(shown));
    for (std::size_t k = 0; problem.samples > 1 && k < saddles.size(); ++k)
      text::write_file(output / fmt::format("saddle-{}.extxyz", k + 1), structures_of(*saddles[k]));
    text::write_file(output / "saddle.json", json.dump(2) + "\n");
  }
  if (arguments.as_json) {
    fmt::print("{}\n", json.dump(2));
  } else if (problem.samples > 1) {
    fmt::print("{} distinct saddles from {} starts\n", saddles.size(), problem.samples);
    for (const FoundSaddle* saddle : saddles) print_one(*saddle);
  } else {
    print_one(shown);
  }
  work.finished();
  return shown.converged() ? Exit::converged : Exit::not_converged;
}

}  // namespace

void add_saddle(CLI::App& app, Action& action, MpiSession& session) {
  auto arguments = std::make_shared<SaddleArguments>();
  CLI::App* command = app.add_subcommand("saddle", "Find a saddle from a guess of it, and the two minima it joins");
  command->add_option("CASE", arguments->file, "case file (.yaml): guess, engine")->required();
  command->add_option("-o,--output", arguments->output, "folder for saddle.extxyz, saddle.json and the store");
  command->add_flag("--force", arguments->force, "overwrite such files of another calculation");
  command->add_flag("--json", arguments->as_json, "print the result as JSON");
  command->footer(
      "Example: hopflow saddle case.yaml --json\n"
      "  guess: near.extxyz        # or any structure a path is made of; FILE@N is its N-th frame\n"
      "  direction: towards.extxyz # uphill is from the guess to here; without: the lowest mode at the guess\n"
      "  fixed: [0, 1]\n"
      "  engine: {kind: analytic, surface: muller-brown}\n"
      "  fmax: 0.01                # eV/A\n"
      "  samples: 20               # displaced copies of the guess to start from, displacement: 0.1 (A), seed: 1");
  command->callback([arguments, &action, &session] {
    action = [arguments, &session] { return run_saddle_case(*arguments, session); };
  });
}

}  // namespace hopflow
