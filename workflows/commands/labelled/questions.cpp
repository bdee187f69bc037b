// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/commands/labelled/questions.hpp"

#include <map>
#include <utility>

#include <fmt/core.h>

#include "potentials/forcefield/forcefield.hpp"
#include "structures/core/crystal.hpp"
#include "structures/core/error.hpp"
#include "workflows/commands/engines/engine_argument.hpp"
#include "workflows/commands/engines/work_folder.hpp"
#include "workflows/crew/scheduler.hpp"

namespace hopflow {

namespace {

Procedure<Evaluation> ask_once(Configuration configuration) {
  std::vector<Configuration> question{std::move(configuration)};
  std::vector<Evaluation> answer = co_await Ask(std::move(question));
  co_return std::move(answer.front());
}

}  // namespace

void EngineChoice::require_one() const {
  if (forcefield.empty() == engine.empty())
    throw Error{Error::Kind::usage, "give either --forcefield TABLE or --engine BLOCK, one of them"};
}

void choose_engines(std::vector<Question>& questions, const EngineChoice& choice) {
  std::optional<ForceField> table;
  if (!choice.forcefield.empty()) table = ForceField::load(choice.forcefield, choice.charge_set);
  std::map<std::vector<int>, EngineSpec> engines;
  for (Question& question : questions) {
    const Configuration& atoms = question.configuration;
    const auto known = engines.find(atoms.species);
    if (known != engines.end()) {
      question.engine = known->second;
      continue;
    }
    try {
      question.engine = table ? table->engine(to_crystal(atoms, question.place), -1, CellCharge::any)
                              : engine_argument(choice.engine, atoms);
    } catch (const Error& problem) {
      throw Error{problem.kind(), fmt::format("{}: {}", question.place, problem.what())};
    }
    engines.emplace(atoms.species, question.engine);
  }
}

void ask_all(std::vector<Question>& questions, Store& store, MpiSession& session, const std::filesystem::path& folder) {
  if (questions.empty()) return;
  ProgressView view{std::filesystem::path{}};
  Crew crew{session, CrewSite{.folder = folder, .data = {}, .ranks_per_image = questions.front().engine.running.ranks}};
  Scheduler scheduler{crew, store, view};
  for (Question& question : questions)
    scheduler.add<Evaluation>(question.place, 0, question.engine, ask_once(question.configuration),
                              [&question](Outcome<Evaluation> done) {
                                question.answer = std::move(done.value);
                                if (!done.error) return;
                                try {
                                  std::rethrow_exception(done.error);
                                } catch (const Error& problem) {
                                  if (!problem.of_engine()) throw;
                                  question.refusal = problem.what();
                                }
                              });
  scheduler.run();
}

void ask_all(std::vector<Question>& questions, MpiSession& session) {
  const WorkFolder work = WorkFolder::scratch();
  Store store = work.store();
  ask_all(questions, store, session, work.engines());
}

}  // namespace hopflow
