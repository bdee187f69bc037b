// SPDX-License-Identifier: GPL-2.0-or-later
// A part searched, divided where it leads through minima, its parts searched likewise, and joined.
#include "neb/pathway/pathway.hpp"

#include <utility>

#include <fmt/format.h>

#include "neb/core/lockstep.hpp"
#include "neb/pathway/counted.hpp"
#include "neb/pathway/part.hpp"
#include "neb/pathway/split.hpp"
#include "neb/profile/profile.hpp"
#include "structures/core/error.hpp"
#include "structures/core/index.hpp"

namespace hopflow {
namespace {

/// What was found before a path was divided, where its parts lead to no end: it is worth more than nothing.
Pathway undivided(Pathway pathway, std::string reason) {
  drop_unanswered(pathway);
  pathway.ending = Ending::not_converged;
  pathway.reason = std::move(reason);
  return pathway;
}

/// What is learned on a path is of use to its parts.
void learn_from(std::optional<Surrogate>& learned, const Path& path, const Mobile& mobile) {
  if (!learned) return;
  for (std::size_t i = 0; i < path.images.size(); ++i) {
    const Evaluation& answer = path.answers[i];
    if (answer.forces.cols() == 0) continue;
    learned->add(mobile.gather(path.images[i].positions), answer.energy_ev, mobile.gradient(answer));
  }
}

/// The searches of the parts. A saddle that was found already is theirs.
std::vector<Procedure<Pathway>> searches_of(Parts& parts, const PartFound& found,
                                            const std::optional<Certificate>& kept, const Mobile& mobile,
                                            const PathwayOptions& options) {
  const bool divided = parts.paths.size() > 1;
  PathwayOptions deeper = options;
  deeper.insert = options.insert - found.inserted;
  deeper.dips = divided || options.trims > 0;
  if (int& left = divided ? deeper.splits : deeper.trims; left > 0) --left;
  std::vector<Procedure<Pathway>> searches;
  for (std::size_t k = 0; k < parts.paths.size(); ++k) {
    if (divided) deeper.band.stage = fmt::format("{}, part {}", options.band.stage, k + 1);
    Known of_part;
    of_part.learned = found.learned;
    if (parts.whole) of_part.plain = parts.paths[k].images.size();
    const bool again = parts.whole && of_part.plain == found.plain;  // with its saddle held it would stay as it is
    if (parts.with_saddle == k && !again) of_part.saddle = kept;
    if (again) parts.paths[k].saddle.reset();
    searches.push_back(find_pathway(std::move(parts.paths[k]), mobile, deeper, std::move(of_part)));
  }
  return searches;
}

/// find_pathway(), its cost uncounted.
Procedure<Pathway> search_pathway(Path start, Mobile mobile, PathwayOptions options, Known known) {
  auto searching = counted(search_part(std::move(start), mobile, options, std::move(known)));
  Counted<PartFound> part = co_await std::move(searching);
  PartFound& found = part.value;
  Pathway& pathway = found.pathway;
  if (found.dips.empty() || pathway.ending == Ending::collapsed) {
    drop_unanswered(pathway);
    pathway.learned = std::move(found.learned);
    co_return std::move(pathway);
  }
  learn_from(found.learned, pathway.path, mobile);
  std::optional<Certificate> kept;
  if (pathway.path.saddle) kept = pathway.passes.front().certificate;
  Parts parts;
  Pathway whole;
  std::string problem;
  try {
    auto splitting = split_path(pathway.path, found.dips, mobile, options);
    parts = co_await std::move(splitting);
    if (parts.whole && found.complete) {
      pathway.learned = std::move(found.learned);
      co_return std::move(pathway);
    }
    const bool divided = parts.paths.size() > 1;
    // Profiles of soft paths may show dips that lead nowhere for ever: at last descents from the saddle decide alone.
    const bool by_descents = !divided && options.dips && options.follow && options.certify;
    if ((divided ? options.splits : options.trims) == 0 && !by_descents) {
      co_return undivided(std::move(pathway),
                          fmt::format("the path still {} several times; give endpoints that are nearer to each other",
                                      divided ? "passes through other minima after splitting it"
                                              : "comes back to one of its ends or to its saddle after a new start"));
    }
    auto side_by_side = in_lockstep(searches_of(parts, found, kept, mobile, options));
    std::vector<Pathway> done = co_await std::move(side_by_side);
    whole = joined(std::move(done), mobile);
  } catch (const Error& refusal) {
    if (!refusal.of_engine()) throw;
    problem = fmt::format(
        "{}: {}",
        parts.paths.empty() ? "a minimum on the path could not be relaxed" : "a part of it could not be followed",
        refusal.what());
  }
  if (!problem.empty()) {
    pathway.warnings.insert(pathway.warnings.end(), parts.warnings.begin(), parts.warnings.end());
    co_return undivided(std::move(pathway), std::move(problem));
  }
  // A saddle found before the split that is still the highest was found then; otherwise all that was spent was search.
  const double top_ev = whole.path.answers[at(whole.top().image)].energy_ev;
  const bool found_before = parts.with_saddle && kept->saddle.evaluation.energy_ev > top_ev - same_ev;
  whole.evaluations_search =
      found_before ? pathway.evaluations_search
                   : whole.evaluations_search + part.calls - pathway.evaluations_certificate + parts.evaluations;
  whole.evaluations_certificate += pathway.evaluations_certificate;
  whole.warnings.insert(whole.warnings.begin(), parts.warnings.begin(), parts.warnings.end());
  whole.warnings.insert(whole.warnings.begin(), pathway.warnings.begin(), pathway.warnings.end());
  if (whole.converged() && !parts.reason.empty()) {
    whole.ending = parts.ending;
    whole.reason = parts.reason;
    whole.where = -1;
  }
  co_return whole;
}

}  // namespace

Procedure<Pathway> find_pathway(Path start, Mobile mobile, PathwayOptions options, Known known) {
  auto searching = counted(search_pathway(std::move(start), std::move(mobile), std::move(options), std::move(known)));
  Counted<Pathway> found = co_await std::move(searching);
  found.value.evaluations = found.calls;
  co_return std::move(found.value);
}

}  // namespace hopflow
