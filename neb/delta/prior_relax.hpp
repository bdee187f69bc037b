// SPDX-License-Identifier: GPL-2.0-or-later
// Relaxation with a dear engine, helped by a cheap one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neb/delta/delta_model.hpp"
#include "neb/relax/relax.hpp"

namespace hopflow {

/// A configuration and what an engine answers there.
struct Answered {
  Configuration configuration;
  Evaluation answer;
};

/// When a search with a prior is done, and what it may spend.
struct PriorOptions {
  double steady_ev = 0.005;  ///< the dear engine's energies must stay within this; first crossings of a force limit of
                             ///< 0.05 eV/A lie up to 0.1 eV apart in crystals with molecules
  int steady_calls = 3;      ///< over so many calls; at a saddle those that were no step back
  int budget = 0;            ///< calls of the dear engine allowed; 0: as many as it takes
  std::vector<Answered> known{};  ///< answers of the dear engine found before: the difference is learned from them, too
};

/// One place both engines were asked for.
struct BothAnswers {
  Configuration configuration;
  Evaluation dear, cheap;
};

/// Asks the prior engine where the dear one's answers are known; what it refuses is left out.
Procedure<std::vector<BothAnswers>> ask_prior_at(std::vector<Answered> known);

/// Asks both engines about a configuration. @throws what the engines refuse with
Procedure<BothAnswers> ask_both(Configuration configuration, std::string name);

/// How trust in a delta model follows its predictions: a length in scaled coordinates about the answers known (A).
class Trust {
 public:
  double radius() const { return radius_; }
  /// @param miss  |predicted - true| / |true| of the difference's gradient
  /// @param share  of what the step was to bring, that it brought; below 0: it led the wrong way
  void learn(double miss, double share);
  /// Three bad predictions in a row: the cheap engine misleads.
  bool misled() const { return bad_ >= 3; }

 private:
  double radius_ = 0.2;
  int bad_ = 0;
};

/// What came of a relaxation with a prior, and what it knows for those who go on from there.
struct PriorRelaxed {
  Relaxed relaxed;         ///< with the dear engine's own answer; `evaluations` counts that engine
  bool fell_back = false;  ///< the prior misled: the plain relaxation finished
  double left_ev = 0;      ///< what prior + difference would still gain by relaxing further
  std::vector<BothAnswers> asked;
};

/// Relaxes on prior + difference within a trusted distance, asks the dear engine where that ends, learns, and repeats
/// from the lowest energy the dear engine gave. Converged: the dear engine's forces are below fmax there, and its
/// energies were steady (see PriorOptions). A prior that predicts badly three times is given up, and relax() goes on
/// from the best place with the dear engine alone.
/// @param known  answers of both engines from elsewhere, in the same atom order and frame
Procedure<PriorRelaxed> relax_with_prior(Configuration start, Mask mask, RelaxOptions options, PriorOptions prior,
                                         std::vector<BothAnswers> known = {});

/// relax(), with a prior if there is one. @param prior  none: relax()
Procedure<Relaxed> relax_by(std::optional<PriorOptions> prior, Configuration start, Mask mask, RelaxOptions options);

/// Adds both engines' difference to the model.
void learn(DeltaModel& delta, const Mobile& mobile, const BothAnswers& both);

/// |predicted - true| / |true| of the difference's gradient.
double miss_of(const DeltaModel& delta, const Mobile& mobile, const BothAnswers& both);

/// Range of the last `calls` energies (eV); infinite for fewer.
double unsteadiness(const std::vector<double>& energies, int calls);

}  // namespace hopflow
