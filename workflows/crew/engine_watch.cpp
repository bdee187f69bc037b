// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/crew/engine_watch.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>

#include "potentials/registry.hpp"

namespace hopflow {

namespace {

constexpr double longest_step = 0.15;  // A: further apart the trapezium says little
constexpr double telling_work = 5e-3;  // eV: less drowns in an engine's noise
constexpr double allowed_ratio = 1.6;  // of energy to work; bohr for angstrom is 1.89
constexpr std::size_t telling_steps = 3;
constexpr double probe_step = 0.02;                            // A
constexpr double probe_force_low = 0.1, probe_force_high = 5;  // eV/A on one atom

bool fits(double ratio) { return ratio > 1 / allowed_ratio && ratio < allowed_ratio; }

double largest_force(const Evaluation& answer) {
  return answer.forces.cols() == 0 ? 0 : answer.forces.colwise().norm().maxCoeff();
}

/// The ratio of energy to work, where the step is one that shows it: same sign of the force at both ends.
std::optional<double> telling_ratio(const EnergyStep& step) {
  if (std::abs(step.work_ev) < telling_work || step.error_ev > 0.3 * std::abs(step.work_ev)) return std::nullopt;
  return step.energy_ev / step.work_ev;
}

}  // namespace

std::optional<EnergyStep> energy_step(const Configuration& a, const Evaluation& of_a, const Configuration& b,
                                      const Evaluation& of_b) {
  if (a.species != b.species || a.cell != b.cell || a.positions.cols() == 0 ||
      of_a.forces.cols() != a.positions.cols() || of_b.forces.cols() != b.positions.cols())
    return std::nullopt;
  const Eigen::Matrix3Xd d = b.positions - a.positions;
  EnergyStep step;
  step.longest = d.colwise().norm().maxCoeff();
  if (!(step.longest > 1e-6) || step.longest > longest_step) return std::nullopt;
  step.energy_ev = of_b.energy_ev - of_a.energy_ev;
  step.work_ev = -0.5 * (of_a.forces + of_b.forces).cwiseProduct(d).sum();
  step.error_ev = 0.25 * std::abs((of_b.forces - of_a.forces).cwiseProduct(d).sum());
  return step;
}

std::string unit_problem(double ratio) {
  struct Cause {
    double ratio;
    const char* text;
  };
  static constexpr std::array<Cause, 10> causes{
      {{27.2114, "1 hartree is 27.21 eV: energies in eV where hartree is due, or forces in hartree where eV is"},
       {1 / 27.2114, "1 hartree is 27.21 eV: forces in eV units where hartree/bohr is due"},
       {13.6057, "1 rydberg is 13.61 eV"},
       {2, "1 hartree is 2 rydberg"},
       {0.5, "1 hartree is 2 rydberg"},
       {23.0605, "1 eV is 23.06 kcal/mol"},
       {1 / 23.0605, "1 eV is 23.06 kcal/mol"},
       {627.509, "1 hartree is 627.5 kcal/mol"},
       {1.88973, "1 angstrom is 1.890 bohr"},
       {0.529177, "1 angstrom is 1.890 bohr"}}};
  std::string why;
  for (const Cause& cause : causes)
    if (std::abs(ratio / cause.ratio - 1) < 0.04) why = fmt::format(" ({})", cause.text);
  if (ratio < 0) why = " (of the wrong sign)";
  return fmt::format(
      "energies and forces of this engine are inconsistent: over a short step the energy changes by {:.3g} times the "
      "work of the forces (1 is expected){}; correct the units that its client sends (i-PI: hartree and hartree/bohr)",
      ratio, why);
}

bool is_watched(const EngineSpec& spec) { return is_foreign(spec.kind); }

std::string EngineWatch::see(const std::vector<Configuration>& questions, const std::vector<Evaluation>& answers) {
  const bool same = before_.size() == questions.size();
  for (std::size_t i = 0; i < questions.size() && i < answers.size(); ++i) {
    const double force = largest_force(answers[i]);
    if (force > candidate_force_ && force >= probe_force_low && force <= probe_force_high) {
      candidate_force_ = force;
      candidate_ = Candidate{questions[i], answers[i]};
    }
    if (!same) continue;
    const auto step = energy_step(before_[i], before_answers_[i], questions[i], answers[i]);
    if (const auto ratio = step ? telling_ratio(*step) : std::nullopt) ratios_.push_back(*ratio);
  }
  before_ = questions;
  before_answers_ = answers;
  if (ratios_.size() < telling_steps) return {};
  std::vector<double> last(ratios_.end() - telling_steps, ratios_.end());
  ratios_ = last;
  std::ranges::sort(last);
  if (std::ranges::all_of(last, fits)) trusted_ = true;
  if (std::ranges::none_of(last, fits)) return unit_problem(last[telling_steps / 2]);
  return {};
}

std::string EngineWatch::jump(std::size_t index, const Configuration& question, const Evaluation& answer) const {
  constexpr double jump_ev = 5;
  if (index >= before_.size()) return {};
  const auto step = energy_step(before_[index], before_answers_[index], question, answer);
  if (!step) return {};
  const double excess = step->energy_ev - step->work_ev;
  if (std::abs(excess) <= jump_ev + 3 * std::abs(step->work_ev) + step->error_ev) return {};
  return fmt::format(
      "the energy changed by {:.3g} eV over a step of {:.2g} A, of which the forces account for {:.2g} eV; the engine "
      "may have converged to another electronic state, or returned the result of another geometry",
      step->energy_ev, step->longest, step->work_ev);
}

Procedure<std::string> probe_units(EngineWatch::Candidate at) {
  std::vector<Configuration> questions{at.configuration};
  questions.front().positions += at.answer.forces * (probe_step / largest_force(at.answer));
  const Configuration moved = questions.front();
  std::vector<std::string> names{"a short step along the forces"};
  Ask ask(std::move(questions), std::move(names));
  const std::vector<Evaluation> answers = co_await std::move(ask);
  const auto step = energy_step(at.configuration, at.answer, moved, answers.front());
  if (!step || std::abs(step->work_ev) < 1e-3) co_return std::string{};
  const double ratio = step->energy_ev / step->work_ev;
  co_return fits(ratio) || step->error_ev > 0.5 * std::abs(step->work_ev) ? std::string{} : unit_problem(ratio);
}

}  // namespace hopflow
