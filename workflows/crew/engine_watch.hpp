// SPDX-License-Identifier: GPL-2.0-or-later
// Whether an engine's energies and forces are of one surface: seen from what it is asked anyway, and from one question
// more where that shows nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neb/core/procedure.hpp"
#include "potentials/core/engine.hpp"

namespace hopflow {

/// What the energy did between two configurations, and what the forces say it must have done.
struct EnergyStep {
  double energy_ev = 0;  ///< E(b) - E(a)
  double work_ev = 0;    ///< -(F(a) + F(b))/2 . (b - a)
  double error_ev = 0;   ///< |F(b) - F(a)| . |b - a| / 4: what the trapezium may be wrong by
  double longest = 0;    ///< displacement of one atom (A)
};

/// None where cell or atoms differ or an atom moved by more than 0.15 A.
std::optional<EnergyStep> energy_step(const Configuration& a, const Evaluation& of_a, const Configuration& b,
                                      const Evaluation& of_b);

/// What is wrong with an engine whose energy changes by `ratio` times the work of its forces; names the units that such
/// a ratio comes from.
std::string unit_problem(double ratio);

/// Engines whose answers come from programs of others: units and signs may be anything.
bool is_watched(const EngineSpec& spec);

/// Looks on while one task asks one engine. Depends on that task's questions and answers alone.
class EngineWatch {
 public:
  /// All answers to an ask, in order. @return what is wrong, "" while nothing is
  std::string see(const std::vector<Configuration>& questions, const std::vector<Evaluation>& answers);

  /// Whether an answer lies so far from its neighbour's that it is asked again: more than 5 eV from what the forces
  /// say, over a step of 0.15 A at most. @return what is wrong, "" for nothing
  std::string jump(std::size_t index, const Configuration& question, const Evaluation& answer) const;

  /// Enough was seen to trust the engine's units.
  bool trusted() const { return trusted_; }

  /// A question away from any stationary point, and its answer; none where no force was ever worth one.
  struct Candidate {
    Configuration configuration;
    Evaluation answer;
  };
  const std::optional<Candidate>& candidate() const { return candidate_; }

 private:
  std::vector<Configuration> before_;
  std::vector<Evaluation> before_answers_;
  std::vector<double> ratios_;  ///< of the last steps that show something
  std::optional<Candidate> candidate_;
  double candidate_force_ = 0;
  bool trusted_ = false;
};

/// Asks once more, a little along the forces. @return what is wrong, "" for nothing
Procedure<std::string> probe_units(EngineWatch::Candidate at);

}  // namespace hopflow
