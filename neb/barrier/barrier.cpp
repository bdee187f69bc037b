// SPDX-License-Identifier: GPL-2.0-or-later
// From two structures to a barrier: ends, pathway, certificate, path through the saddle, verdict.
#include "neb/barrier/barrier.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "neb/alternatives/second_search.hpp"
#include "neb/barrier/events.hpp"
#include "neb/barrier/uncertainty.hpp"
#include "neb/core/lockstep.hpp"
#include "neb/core/mobile.hpp"
#include "neb/core/model_hessian.hpp"
#include "neb/core/rigid.hpp"
#include "neb/path/alignment.hpp"
#include "neb/path/atom_order.hpp"
#include "neb/path/interpolation.hpp"
#include "neb/pathway/counted.hpp"
#include "neb/pathway/pathway.hpp"
#include "neb/pathway/split.hpp"
#include "neb/pathway/stopovers.hpp"
#include "neb/profile/images.hpp"
#include "structures/core/error.hpp"

namespace hopflow {
namespace {

constexpr double same_basin = 0.1;       // A: endpoints nearer than this are one minimum
constexpr double handover_share = 0.05;  // of the first force: the same, on surfaces of another scale
constexpr double handover = 0.2;  // eV/A: climbing images with less force than this go to the saddle by themselves

void check_options(const BarrierOptions& options) {
  const auto refuse = [](const std::string& what) { throw Error(Error::Kind::bad_input, "neb: " + what); };
  if (options.images < 1) {
    refuse(fmt::format("images is {}; at least 1 is needed between the endpoints", options.images));
  }
  if (options.batch < 1) refuse(fmt::format("batch is {}; at least one question is asked a round", options.batch));
  if (!(options.fmax > 0)) refuse(fmt::format("fmax is {}; it must be positive (eV/A)", options.fmax));
  interpolation_named(options.interpolation);
  if (options.method == BandMethod::string && options.springs != Springs::even) {
    refuse(no_springs);
  }
  if (!options.via_answers.empty() && options.via_answers.size() != options.via.size()) {
    refuse(fmt::format("{} answers are given for {} points of a path", options.via_answers.size(), options.via.size()));
  }
  if (!(options.endpoint_fmax > 0)) {
    refuse(fmt::format("endpoint_fmax is {}; it must be positive (eV/A)", options.endpoint_fmax));
  }
}

/// Ends that need no relaxing are only asked. They count as they are; what force they have is said.
Procedure<Relaxed> as_given(Configuration structure, Mobile mobile, double fmax, std::string stage) {
  std::vector<Configuration> question{structure};
  std::vector<std::string> names{stage};
  std::vector<Evaluation> answer = co_await Ask(std::move(question), std::move(names));
  Relaxed given;
  given.evaluations = calls_of(answer);
  given.configuration = std::move(structure);
  given.evaluation = std::move(answer.front());
  given.fmax = longest(mobile.gradient(given.evaluation));
  given.gradient_norm = ModelHessian(given.configuration, mobile).norm(mobile.gradient(given.evaluation));
  given.ending = Ending::converged;
  if (given.fmax > fmax) {
    given.reason = fmt::format(
        "not a minimum: given with a force of {:.3g} eV/A and not relaxed (relax_endpoints: false)", given.fmax);
  }
  co_return given;
}

/// The path to start from, between the ends as they are now.
Path between(const Relaxed& initial, const Relaxed& final, const Mobile& mobile, const BarrierOptions& options) {
  const Configuration &a = initial.configuration, &b = final.configuration;
  Path path;
  if (options.via.empty()) {
    path.images = interpolation_named(options.interpolation).path(a, b, mobile, options.images);
  } else if (options.via_answers.empty()) {
    path.images = path_via(options.via, a, b, mobile, options.images);
  } else {
    path.images = options.via;
    path.images.insert(path.images.begin(), a);
    path.images.push_back(b);
  }
  path.answers.resize(path.images.size());
  std::copy(options.via_answers.begin(), options.via_answers.end(), path.answers.begin() + 1);
  path.answers.front() = initial.evaluation;
  path.answers.back() = final.evaluation;
  return path;
}

/// What a user should know about the order of atoms that is not wrong enough to be refused.
std::optional<std::string> doubt_about_order(const Configuration& initial, const Configuration& final,
                                             const Mobile& mobile) {
  constexpr double clearly_less = 0.98;  // of the path length: another order of atoms must save more
  const BetterOrder better = better_order(initial, final, mobile);
  if (better.length_share > clearly_less) return std::nullopt;
  return fmt::format(
      "the total displacement would be {:.2g} A instead of {:.2g} A if {} were permuted cyclically in the final "
      "structure; check that both structures list the atoms in one order, otherwise this is a different hop",
      better.length_share * better.length, better.length, listed(initial, better.atoms));
}

void refuse_one_basin(const Relaxed& initial, const Configuration& final, const Mobile& mobile) {
  const double apart = longest(mobile.gather(final.positions) - mobile.gather(initial.configuration.positions));
  if (apart >= same_basin) return;
  throw Error(
      Error::Kind::bad_input,
      fmt::format("endpoints: both relax into one minimum (no atom differs by more than {:.3g} A afterwards), so "
                  "there is no hop between them; start the final state nearer to its own minimum, or hold atoms "
                  "fixed",
                  apart));
}

/// Why the pathway did not converge, and which end or part of it that is about.
std::string reason_of(const Pathway& pathway) {
  const int last = static_cast<int>(pathway.path.images.size()) - 1;
  const auto beyond = std::ranges::lower_bound(pathway.minima, pathway.where);
  if (pathway.reason.empty() || pathway.where < 0 || beyond == pathway.minima.end()) return pathway.reason;
  if (pathway.where == 0) return "initial state: " + pathway.reason;
  if (pathway.where == last) return "final state: " + pathway.reason;
  if (*beyond == pathway.where) return "a minimum on the path: " + pathway.reason;
  if (pathway.passes.size() == 1) return pathway.reason;
  return fmt::format("part {} of the path: {}", beyond - pathway.minima.begin(), pathway.reason);
}

/// Whether the path has no barrier: its saddle is no higher than an end, or hardly so and nothing shows that it joins
/// both.
bool is_flat(const Pathway& pathway, const BarrierResult& result) {
  const double lower = std::min(result.forward_ev, result.reverse_ev);
  if (lower >= no_barrier) return false;
  const auto shown = [](const Pass& pass) { return pass.certificate && pass.followed && pass.joins(); };
  return lower <= 0 || pathway.passes.empty() || !std::ranges::all_of(pathway.passes, shown);
}

/// What speaks against calling the result converged, the gravest first; "" if nothing does.
std::string verdict(const Relaxed& initial, const Relaxed& final, const Pathway& pathway, const BarrierResult& result) {
  const bool at_an_end = pathway.where == 0 || pathway.where == static_cast<int>(pathway.path.images.size()) - 1;
  if (pathway.ending == Ending::collapsed || (at_an_end && !pathway.reason.empty())) return reason_of(pathway);
  if (!initial.converged()) return "initial state: " + initial.reason;
  if (!final.converged()) return "final state: " + final.reason;
  const bool flat = is_flat(pathway, result);
  if (!pathway.converged() || flat) {
    if (!initial.reason.empty()) return "initial state: " + initial.reason;
    if (!final.reason.empty()) return "final state: " + final.reason;
  }
  if (flat) {
    return "no maximum between the endpoints: one of them is not a minimum of the path, so there is no barrier to "
           "report";
  }
  if (!pathway.converged()) return reason_of(pathway);
  return "";
}

Ending ending_of(const Relaxed& initial, const Relaxed& final, const Pathway& pathway, const std::string& reason) {
  if (reason.empty()) return Ending::converged;
  for (const Ending ending : {pathway.ending, initial.ending, final.ending})
    if (ending == Ending::collapsed) return ending;
  return Ending::not_converged;
}

/// The first check that can decide and has failed, in words; "" if none has.
std::string failed_check(const std::vector<Check>& checks) {
  for (const Check& check : checks)
    if (check.decides && check.passed == false)
      return fmt::format("the check {} has failed: {}", check.name, check.detail);
  return "";
}

/// The largest climb from any state of the path to a saddle behind it (eV).
double largest_climb(const Pathway& pathway) {
  const auto energy = [&](int i) { return pathway.path.answers[static_cast<std::size_t>(i)].energy_ev; };
  double lowest = energy(pathway.minima.front()), climb = 0;
  for (std::size_t k = 0; k < pathway.passes.size(); ++k) {
    lowest = std::min(lowest, energy(pathway.minima[k]));
    climb = std::max(climb, energy(pathway.passes[k].image) - lowest);
  }
  return climb;
}

/// Where the path passes through minima below its ends, the barrier from end to end is not the climb that takes
/// longest.
std::optional<std::string> lower_states(const Pathway& pathway, double climb) {
  const auto energy = [&](int i) { return pathway.path.answers[static_cast<std::size_t>(i)].energy_ev; };
  const double lower_end = std::min(energy(pathway.minima.front()), energy(pathway.minima.back()));
  double lowest_inside = lower_end;
  for (std::size_t k = 1; k < pathway.passes.size(); ++k)
    lowest_inside = std::min(lowest_inside, energy(pathway.minima[k]));
  if (!(lowest_inside < lower_end - 0.005)) return std::nullopt;
  return fmt::format(
      "the path passes through a state {:.4f} eV below both endpoints: they are not the stable states of "
      "this hop; the largest climb along the path is {:.4f} eV, from that state or one before it",
      lower_end - lowest_inside, climb);
}

/// The two minima that the highest saddle joins, where it was followed down.
std::vector<JoinedMinimum> joined_minima(const Pathway& pathway) {
  std::vector<JoinedMinimum> minima;
  if (!pathway.top().joins()) return minima;
  for (const std::size_t k : {pathway.highest, pathway.highest + 1}) {
    JoinedMinimum& minimum = minima.emplace_back();
    minimum.image = pathway.minima[k];
    const auto i = static_cast<std::size_t>(minimum.image);
    minimum.configuration = pathway.path.images[i];
    minimum.energy_ev = pathway.path.answers[i].energy_ev - pathway.path.answers.front().energy_ev;
  }
  return minima;
}

/// The search of a barrier: its state, and its steps in order.
class BarrierSearch {
 public:
  BarrierSearch(Configuration initial, Configuration final, Mask mask, BarrierOptions options)
      : initial_{std::move(initial)},
        final_{std::move(final)},
        mask_{std::move(mask)},
        mobile_{mask_, initial_.size()},
        options_{std::move(options)} {
    relaxing_.fmax = std::min(options_.endpoint_fmax, options_.fmax / 10);
  }

  Procedure<BarrierResult> run();

 private:
  Procedure<bool> relax_ends();
  Procedure<bool> find_path();
  Procedure<bool> search_elsewhere();
  PathwayOptions going() const;
  BarrierResult concluded();
  void warn(BarrierResult& result, Events events) const;

  Configuration initial_, final_;
  Mask mask_;
  Mobile mobile_;
  BarrierOptions options_;
  RelaxOptions relaxing_;
  std::vector<Relaxed> ends_;
  std::optional<std::string> doubt_;  ///< about the order of atoms
  bool turned_ = false;               ///< the search begins at the final structure
  bool relaid_ = false;               ///< images of the path asked for were moved apart
  bool one_leg_ = true;
  std::vector<Configuration> begun_from_;  ///< the first path
  Pathway pathway_;
  int ends_calls_ = 0, path_calls_ = 0, between_calls_ = 0, again_calls_ = 0;
  std::optional<double> choice_ev_;
  std::string choice_words_ = "not computed: no further search was asked for";
};

Procedure<bool> BarrierSearch::relax_ends() {
  if (mobile_.everything() && !turns_freely(initial_)) initial_ = gathered(initial_);  // the cell's edge may cut it
  const AtomOrder order = options_.one_order || !options_.via.empty() ? AtomOrder::kept : AtomOrder::given;
  const Configuration placed = aligned(initial_, final_, mobile_, order);
  if (order == AtomOrder::given) doubt_ = doubt_about_order(initial_, final_, mobile_);
  std::vector<Procedure<Relaxed>> relaxations;
  RelaxOptions relaxing = relaxing_;
  if (options_.relax_endpoints) {
    relaxing.stage = "relax initial";
    relaxations.push_back(relax(initial_, mask_, relaxing));
    relaxing.stage = "relax final";
    relaxations.push_back(relax(placed, mask_, relaxing));
  } else {
    relaxations.push_back(as_given(initial_, mobile_, options_.fmax, "initial"));
    relaxations.push_back(as_given(placed, mobile_, options_.fmax, "final"));
  }
  auto both = in_lockstep(std::move(relaxations));
  ends_ = co_await std::move(both);
  ends_calls_ = ends_[0].evaluations + ends_[1].evaluations;
  for (Relaxed& end : ends_) {
    // As good as the saddle is asked to be: the error bar has its share, and the reason becomes a warning.
    if (end.fmax <= options_.fmax && end.ending != Ending::collapsed) end.ending = Ending::converged;
  }
  ends_[1].configuration = aligned(ends_[0].configuration, ends_[1].configuration, mobile_, AtomOrder::kept);
  refuse_one_basin(ends_[0], ends_[1].configuration, mobile_);
  // Which structure was given first shall not decide where a search on a rugged surface ends.
  turned_ = ends_[1].evaluation.energy_ev < ends_[0].evaluation.energy_ev;
  if (turned_) {
    std::swap(ends_[0], ends_[1]);
    std::ranges::reverse(options_.via);
    std::ranges::reverse(options_.via_answers);
  }
  co_return true;
}

PathwayOptions BarrierSearch::going() const {
  PathwayOptions going;
  going.images = options_.images;
  going.certify = options_.certify;
  going.follow = options_.certify;
  going.surrogate = options_.surrogate && options_.certify && options_.climb;
  going.insert = options_.insert;
  going.dip_ev = options_.steady_ev;
  going.minimum_fmax = relaxing_.fmax;
  going.band.climb = options_.climb;
  going.band.batch = options_.batch;
  going.band.method = options_.method;
  going.band.springs = options_.springs;
  going.band.handover = std::max(handover, options_.fmax);
  going.band.handover_share = handover_share;
  going.band.fmax = options_.fmax;
  going.band.max_rounds = options_.max_rounds;
  going.band.steady_ev = options_.steady_ev;
  going.band.steady_rounds = options_.steady_rounds;
  going.certificate.fmax = std::min(1e-3, options_.fmax / 10);
  going.certificate.search_fmax = options_.fmax;
  going.certificate.search = options_.saddle;
  return going;
}

Procedure<bool> BarrierSearch::find_path() {
  PathwayOptions along = going();
  Stopovers way;
  way.states = ends_;
  if (options_.via.empty()) {
    auto looking = find_stopovers(ends_[0], ends_[1], mask_, relaxing_);
    way = co_await std::move(looking);
  }
  between_calls_ = way.evaluations;
  one_leg_ = way.states.size() == 2;
  const bool as_asked = !options_.via.empty() || options_.interpolation != BarrierOptions().interpolation;
  std::vector<Procedure<Pathway>> legs;
  for (std::size_t k = 0; k + 1 < way.states.size(); ++k) {
    if (!one_leg_) along.band.stage = fmt::format("band, leg {}", k + 1);
    Path first = between(way.states[k], way.states[k + 1], mobile_, options_);
    if (as_asked && make_room(first, mobile_, squeezed_share)) relaid_ = true;
    if (one_leg_) begun_from_ = first.images;
    legs.push_back(find_pathway(std::move(first), mobile_, along));
  }
  auto side_by_side = counted(in_lockstep(std::move(legs)));
  Counted<std::vector<Pathway>> found = co_await std::move(side_by_side);
  path_calls_ = found.calls;
  pathway_ = one_leg_ ? std::move(found.value.front()) : joined(std::move(found.value), mobile_);
  co_return true;
}

/// Further searches, where nobody has said which path is meant.
Procedure<bool> BarrierSearch::search_elsewhere() {
  const bool climbs = options_.climb && options_.certify;
  if (!climbs || !options_.second_search) co_return false;
  if (!options_.via.empty()) {
    choice_words_ = "not computed: the path was given";
    co_return false;
  }
  if (!one_leg_ || !pathway_.converged()) {
    choice_words_ = one_leg_ ? "not computed: the first search did not converge"
                             : "not computed: the path leads through a minimum between turns and hops";
    co_return false;
  }
  auto searching = counted(search_again(std::move(pathway_), begun_from_, mobile_, going()));
  Counted<Searched> searched = co_await std::move(searching);
  again_calls_ = searched.calls;
  choice_ev_ = searched.value.choice_ev();
  choice_words_ = searched.value.words();
  pathway_ = std::move(searched.value.lowest);
  co_return true;
}

Procedure<BarrierResult> BarrierSearch::run() {
  auto relaxing = relax_ends();
  co_await std::move(relaxing);
  auto finding = find_path();
  co_await std::move(finding);
  auto searching = search_elsewhere();
  co_await std::move(searching);
  if (turned_ != options_.backwards) {
    pathway_ = reversed(std::move(pathway_));
    std::swap(ends_[0], ends_[1]);
  }
  co_return concluded();
}

void BarrierSearch::warn(BarrierResult& result, Events events) const {
  result.warnings = pathway_.warnings;
  if (relaid_) {
    result.warnings.push_back(
        fmt::format("the requested initial path (neb: interpolation or path) brings atoms closer than {} times the "
                    "shortest distance at the endpoints; these atoms were moved apart before the first evaluation",
                    squeezed_share));
  }
  result.warnings.insert(result.warnings.end(), events.warnings.begin(), events.warnings.end());
  if (doubt_) result.warnings.push_back(*doubt_);
  if (const auto lower = lower_states(pathway_, result.largest_climb_ev)) result.warnings.push_back(*lower);
  for (const std::size_t k : {std::size_t{0}, std::size_t{1}}) {
    if (ends_[k].converged() && !ends_[k].reason.empty())
      result.warnings.push_back(fmt::format("{} state: {}", k == 0 ? "initial" : "final", ends_[k].reason));
  }
}

BarrierResult BarrierSearch::concluded() {
  BarrierResult result;
  result.evaluations_endpoints = ends_calls_;
  result.evaluations = ends_calls_ + between_calls_ + path_calls_ + again_calls_;
  result.evaluations_band = pathway_.evaluations_search + between_calls_;
  result.evaluations_certificate = pathway_.evaluations_certificate + again_calls_;
  const Pass& top = pathway_.top();
  result.saddle_energy_ev = pathway_.path.answers[static_cast<std::size_t>(top.image)].energy_ev;
  result.forward_ev = result.saddle_energy_ev - pathway_.path.answers.front().energy_ev;
  result.reverse_ev = result.saddle_energy_ev - pathway_.path.answers.back().energy_ev;
  result.largest_climb_ev = largest_climb(pathway_);
  result.steps = pathway_.passes.size();
  result.minima = joined_minima(pathway_);
  result.fmax_ev_per_angstrom = pathway_.fmax;
  if (top.certificate) result.negative_modes = top.certificate->negative;

  Evidence evidence;
  evidence.initial = &ends_[0];
  evidence.final = &ends_[1];
  evidence.pathway = &pathway_;
  evidence.endpoint_fmax = relaxing_.fmax;
  evidence.fmax = options_.fmax;
  result.parts = uncertainty_parts(evidence);
  result.parts.push_back({"path_choice", choice_ev_, choice_words_});
  result.uncertainty_ev = quadrature(result.parts);
  result.checks = trust_list(evidence, mobile_);
  Events events = events_of(pathway_, mobile_);
  result.checks.push_back(std::move(events.one_event));
  warn(result, std::move(events));
  result.reason = verdict(ends_[0], ends_[1], pathway_, result);
  result.ending = ending_of(ends_[0], ends_[1], pathway_, result.reason);
  if (result.ending == Ending::converged) {
    result.reason = failed_check(result.checks);
    if (!result.reason.empty()) result.ending = Ending::converged_check_failed;
  }
  result.path = std::move(pathway_.path.images);
  result.answers = std::move(pathway_.path.answers);
  result.distance = distances_along(result.path);
  return result;
}

}  // namespace

Procedure<BarrierResult> find_barrier(Configuration initial, Configuration final, Mask mask, BarrierOptions options) {
  check_options(options);
  BarrierSearch search(std::move(initial), std::move(final), std::move(mask), std::move(options));
  auto running = search.run();
  BarrierResult result = co_await std::move(running);
  co_return result;
}

}  // namespace hopflow
