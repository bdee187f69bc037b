// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow frames: the configurations of runs that are least like each other, labelled by another engine.
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <random>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "potentials/labelled/choose_frames.hpp"
#include "potentials/labelled/labelled.hpp"
#include "structures/cells/strain.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/formats/extxyz.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/commands/engines/work_folder.hpp"
#include "workflows/commands/labelled/questions.hpp"
#include "workflows/commands/structures/structure_arguments.hpp"
#include "workflows/memory/store_care.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

struct FramesArguments {
  std::vector<std::string> sources, known;
  EngineChoice choice;
  std::string output, name;
  int count = 30, atoms = 0, pool = 1000, seed = 1;
  double within_ev = 3, rattle = 0, strain = 0;
  bool as_json = false;
};

struct Source {
  Configuration configuration;
  double energy_ev = 0;
  std::string engine;  ///< whose energy it is: a run may hold answers of several
  std::string place;
};

bool is_store(const fs::path& path) {
  std::error_code status;
  return fs::is_directory(path, status) || path.extension() == ".db";
}

/// Every configuration a source holds, with the energy it has there (0 if none).
std::vector<Source> read_source(const std::string& name) {
  const fs::path path = name;
  const std::string shown = text::printable(name);
  std::vector<Source> out;
  if (is_store(path)) {
    memory::each_evaluation(memory::store_file(path), [&](const std::string& engine, const Configuration& configuration,
                                                          const Evaluation& e) {
      out.push_back({configuration, e.energy_ev, engine, fmt::format("{}, answer {}", shown, out.size())});
    });
    return out;
  }
  for (Frame& frame : frames_in(path))
    out.push_back({std::move(frame.configuration), frame.energy_ev.value_or(0), "",
                   fmt::format("{}, frame {}", shown, out.size())});
  return out;
}

/// What may be chosen: of the right size, not far above the lowest energy of its atoms, and few enough to compare.
std::vector<Source> candidates(const FramesArguments& arguments) {
  std::vector<Source> all;
  for (const std::string& name : arguments.sources) {
    std::vector<Source> some = read_source(name);
    std::erase_if(some,
                  [&](const Source& s) { return arguments.atoms > 0 && s.configuration.size() != arguments.atoms; });
    // Energies of one engine and one source have one zero.
    std::map<std::pair<std::string, std::vector<int>>, double> lowest;
    for (const Source& s : some) {
      const auto [entry, first] = lowest.emplace(std::pair{s.engine, s.configuration.species}, s.energy_ev);
      if (!first) entry->second = std::min(entry->second, s.energy_ev);
    }
    std::erase_if(some, [&](const Source& s) {
      return s.energy_ev > lowest.at({s.engine, s.configuration.species}) + arguments.within_ev;
    });
    all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }
  if (all.empty())
    throw Error{Error::Kind::bad_input,
                fmt::format("none of the sources holds a configuration{}; name run folders or extxyz files that do",
                            arguments.atoms > 0 ? fmt::format(" of {} atoms", arguments.atoms) : "")};
  const auto pool = static_cast<std::size_t>(arguments.pool);
  if (all.size() <= pool) return all;
  std::vector<Source> spread;
  for (std::size_t k = 0; k < pool; ++k) spread.push_back(std::move(all[k * all.size() / pool]));
  return spread;
}

/// The chosen ones in the order of their sources, where neighbours are most alike: a self-consistent engine then
/// starts near each solution.
std::vector<Question> choose(const FramesArguments& arguments) {
  std::vector<Source> from = candidates(arguments);
  std::vector<Configuration> all, known;
  for (const Source& s : from) all.push_back(s.configuration);
  for (const std::string& file : arguments.known)
    for (Frame& frame : frames_in(file)) known.push_back(std::move(frame.configuration));
  std::vector<Chosen> chosen = choose_frames(all, known, static_cast<std::size_t>(arguments.count));
  std::ranges::sort(chosen, {}, &Chosen::index);
  std::mt19937_64 random{static_cast<std::uint64_t>(arguments.seed)};
  std::normal_distribution<double> step{0, arguments.rattle > 0 ? arguments.rattle : 1};
  std::vector<Question> out;
  for (const Chosen& one : chosen) {
    Question question{.place = from[one.index].place, .configuration = std::move(from[one.index].configuration)};
    if (arguments.rattle > 0)
      question.configuration.positions =
          question.configuration.positions.unaryExpr([&](double x) { return x + step(random); });
    out.push_back(std::move(question));
  }
  return out;
}

/// Each question, and behind it the same with a, b, c and all three shorter and longer by `strain`.
std::vector<Question> with_strained(std::vector<Question> questions, double strain) {
  std::vector<Question> out;
  for (Question& question : questions) {
    const Question start = question;
    const std::vector<Molecule> molecules = finite_molecules(start.configuration, find_bonds(start.configuration));
    out.push_back(std::move(question));
    for (const double s : {-strain, strain})
      for (int axis = 0; axis < 4; ++axis) {
        const Eigen::Vector3d stretch =
            axis == 3 ? Eigen::Vector3d::Constant(1 + s)
                      : Eigen::Vector3d(Eigen::Vector3d::Ones() + s * Eigen::Vector3d::Unit(axis));
        Question& copy = out.emplace_back(start);
        copy.configuration = strained(start.configuration, molecules, stretch);
        copy.place += fmt::format(", {} by {:+g} %",
                                  std::array{"a", "b", "c", "a, b, c"}[static_cast<std::size_t>(axis)], 100 * s);
      }
  }
  return out;
}

std::vector<Frame> frames_of(const FramesArguments& arguments, const std::vector<Question>& questions) {
  std::vector<Frame> out;
  for (const Question& question : questions) {
    if (arguments.choice.is_none()) {
      out.push_back({.configuration = question.configuration,
                     .energy_ev = {},
                     .forces = {},
                     .stress = {},
                     .mobile = {},
                     .info = {}});
      continue;
    }
    if (!question.answer) continue;
    std::vector<std::pair<std::string, std::string>> info{{"band", arguments.name}};
    if (!question.engine.charge.empty()) info.emplace_back("charge", question.engine.charge);
    out.push_back({.configuration = question.configuration,
                   .energy_ev = question.answer->energy_ev,
                   .forces = question.answer->forces,
                   .stress = question.answer->stress,
                   .mobile = {},
                   .info = std::move(info)});
  }
  return out;
}

Exit run_frames(FramesArguments arguments, MpiSession& session) {
  const bool labels = !arguments.choice.is_none();
  if (labels) arguments.choice.require_one();
  if (arguments.name.empty()) arguments.name = fs::path{arguments.output}.stem().string();
  watch_stop_signals();
  std::vector<Question> questions = choose(arguments);
  if (arguments.strain > 0) questions = with_strained(std::move(questions), arguments.strain);
  WorkFolder work = labels ? WorkFolder::next_to(arguments.output) : WorkFolder::scratch();
  if (labels) {
    choose_engines(questions, arguments.choice);
    Store store = work.store();
    ask_all(questions, store, session, work.engines());
  }
  const std::vector<Frame> frames = frames_of(arguments, questions);
  nlohmann::ordered_json refused = nlohmann::ordered_json::array();
  for (const Question& question : questions)
    if (labels && !question.answer) refused.push_back({{"frame", question.place}, {"reason", question.refusal}});
  if (frames.empty())
    throw Error{Error::Kind::engine,
                "the engine answered none of the frames: " + refused.front()["reason"].get<std::string>()};
  text::write_file(arguments.output, format_extxyz(frames));
  if (arguments.as_json) {
    const nlohmann::ordered_json result{
        {"output", arguments.output}, {"frames", frames.size()}, {"labelled", labels}, {"refused", refused}};
    fmt::print("{}\n", json_text(result));
  } else {
    fmt::print("{}: {} frames, {}\n", text::printable(arguments.output), frames.size(),
               labels ? "with energies and forces" : "not labelled; --engine or --forcefield does that");
    for (const auto& one : refused)
      fmt::print("no answer: {}: {}\n", one["frame"].get<std::string>(), one["reason"].get<std::string>());
  }
  work.finished();
  return refused.empty() ? Exit::converged : Exit::not_converged;
}

}  // namespace

void add_frames(CLI::App& app, Action& action, MpiSession& session) {
  auto arguments = std::make_shared<FramesArguments>();
  CLI::App* command = app.add_subcommand(
      "frames", "Choose the most different configurations of runs, and label them with another engine");
  command->add_option("SOURCES", arguments->sources, "run folders, stores (.db) or frames (.extxyz, .xyz, or with .gz)")
      ->required();
  command->add_option("--count", arguments->count, "most frames to choose, 30")->check(CLI::Range(1, 10000));
  command->add_option("--atoms", arguments->atoms, "choose only cells of this many atoms, such as those of one charge")
      ->check(CLI::Range(1, 100000));
  command->add_option("--within", arguments->within_ev, "above the lowest energy of the same atoms in a source (eV), 3")
      ->check(CLI::Range(0.0, 1000.0));
  command->add_option("--pool", arguments->pool, "most configurations to compare, spread evenly over the sources, 1000")
      ->check(CLI::Range(1, 100000));
  command->add_option("--known", arguments->known, "labelled frames; the new ones are to differ from them");
  command->add_option("--rattle", arguments->rattle, "displace every atom at random (standard deviation, A), 0")
      ->check(CLI::Range(0.0, 1.0));
  command
      ->add_option("--strain", arguments->strain,
                   "after each frame, the same with a, b, c and all three shorter and longer by this part of their "
                   "length, molecules moved whole, 0")
      ->check(CLI::Range(0.0, 0.2));
  command->add_option("--seed", arguments->seed, "of --rattle, 1")->check(CLI::Range(0, 2147483647));
  command->add_option("--engine", arguments->choice.engine,
                      "engine that labels: a file, or YAML text that begins with '{'");
  command->add_option("--forcefield", arguments->choice.forcefield, "force-field table (.yaml) that labels");
  command->add_option("--charge-set", arguments->choice.charge_set, "one of the table's charge sets");
  command->add_option("--name", arguments->name, "band=NAME of the frames; default: the output's name");
  add_output(*command, "-o,--output", arguments->output, "file to write, .extxyz")->required();
  command->add_flag("--json", arguments->as_json, "print the result as JSON");
  command->footer(
      "Example: hopflow frames runs/three-cations --atoms 115 --count 40 --engine cp2k.yaml -o training.extxyz\n"
      "A frame is as unlike the others as its most unusual atom, by the distances to its neighbours. Answers of a\n"
      "command that was stopped are kept in OUTPUT.unfinished; run it again to continue. `hopflow fit` and `hopflow "
      "score`\n"
      "read the result.");
  command->callback(
      [arguments, &action, &session] { action = [arguments, &session] { return run_frames(*arguments, session); }; });
}

}  // namespace hopflow
