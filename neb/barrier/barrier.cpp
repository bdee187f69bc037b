// SPDX-License-Identifier: GPL-2.0-or-later
// From two structures to a barrier: ends, pathway, certificate, path through the saddle, verdict.
#include "neb/barrier/barrier.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "neb/barrier/events.hpp"
#include "neb/barrier/uncertainty.hpp"
#include "neb/core/lockstep.hpp"
#include "neb/core/mobile.hpp"
#include "neb/core/model_hessian.hpp"
#include "neb/core/rigid.hpp"
#include "neb/path/alignment.hpp"
#include "neb/path/atom_order.hpp"
#include "neb/path/interpolation.hpp"
#include "neb/pathway/pathway.hpp"
#include "neb/pathway/split.hpp"
#include "neb/pathway/stopovers.hpp"
#include "structures/core/error.hpp"

namespace hopflow {
namespace {

constexpr double same_basin = 0.1;   // A: endpoints nearer than this are one minimum
constexpr double no_barrier = 5e-4;  // eV: a saddle must stand this far above both ends
constexpr double handover_share = 0.05;
constexpr double handover = 0.2;  // eV/A: climbing images with less force than this go to the saddle by themselves

void check(const BarrierOptions& options) {
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
  constexpr double clearly_less = 0.98;
  const BetterOrder better = better_order(initial, final, mobile);
  if (better.length_share > clearly_less) return std::nullopt;
  return fmt::format(
      "the same final structure is reached in {:.2g} A in all instead of {:.2g} A if {} end one in the place of the "
      "next: a different hop, unless the order of atoms differs between the structures",
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
std::string told(const Pathway& pathway) {
  const int last = static_cast<int>(pathway.path.images.size()) - 1;
  const auto beyond = std::ranges::lower_bound(pathway.minima, pathway.where);
  if (pathway.reason.empty() || pathway.where < 0 || beyond == pathway.minima.end()) return pathway.reason;
  if (pathway.where == 0) return "initial state: " + pathway.reason;
  if (pathway.where == last) return "final state: " + pathway.reason;
  if (*beyond == pathway.where) return "a minimum on the way: " + pathway.reason;
  if (pathway.passes.size() == 1) return pathway.reason;
  return fmt::format("part {} of the path: {}", beyond - pathway.minima.begin(), pathway.reason);
}

/// What stands in the way of calling the result converged, the gravest first; "" if nothing does.
std::string verdict(const Relaxed& initial, const Relaxed& final, const Pathway& pathway, const BarrierResult& result) {
  const bool at_an_end = pathway.where == 0 || pathway.where == static_cast<int>(pathway.path.images.size()) - 1;
  if (pathway.ending == Ending::collapsed || (at_an_end && !pathway.reason.empty())) return told(pathway);
  if (!initial.converged()) return "initial state: " + initial.reason;
  if (!final.converged()) return "final state: " + final.reason;
  if (!pathway.converged() || result.forward_ev < no_barrier || result.reverse_ev < no_barrier) {
    if (!initial.reason.empty()) return "initial state: " + initial.reason;
    if (!final.reason.empty()) return "final state: " + final.reason;
  }
  if (result.forward_ev < no_barrier || result.reverse_ev < no_barrier) {
    return "no maximum between the endpoints: one of them is not a minimum of the path, so there is no barrier to "
           "report";
  }
  if (!pathway.converged()) return told(pathway);
  return "";
}

Ending ending_of(const Relaxed& initial, const Relaxed& final, const Pathway& pathway, const std::string& reason) {
  if (reason.empty()) return Ending::converged;
  for (const Ending ending : {pathway.ending, initial.ending, final.ending})
    if (ending == Ending::collapsed) return ending;
  return Ending::not_converged;
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
      "this hop; the largest climb on the way is {:.4f} eV, from that state or one before it",
      lower_end - lowest_inside, climb);
}

}  // namespace

Procedure<BarrierResult> find_barrier(Configuration initial, Configuration final, Mask mask, BarrierOptions options) {
  check(options);
  const Mobile mobile(mask, initial.size());
  BarrierResult result;

  RelaxOptions relaxing;
  relaxing.fmax = std::min(options.endpoint_fmax, options.fmax / 10);
  if (mobile.everything() && !turns_freely(initial)) initial = gathered(initial);  // it may be cut by the cell's edge
  const AtomOrder order = options.one_order || !options.via.empty() ? AtomOrder::kept : AtomOrder::given;
  const Configuration beside = aligned(initial, final, mobile, order);
  std::optional<std::string> doubt;
  if (order == AtomOrder::given) doubt = doubt_about_order(initial, final, mobile);
  std::vector<Procedure<Relaxed>> relaxations;
  if (options.relax_endpoints) {
    relaxing.stage = "relax initial";
    relaxations.push_back(relax(initial, mask, relaxing));
    relaxing.stage = "relax final";
    relaxations.push_back(relax(beside, mask, relaxing));
  } else {
    relaxations.push_back(as_given(initial, mobile, options.fmax, "initial"));
    relaxations.push_back(as_given(beside, mobile, options.fmax, "final"));
  }
  auto both = in_lockstep(std::move(relaxations));
  std::vector<Relaxed> ends = co_await std::move(both);
  result.evaluations_endpoints = ends[0].evaluations + ends[1].evaluations;
  result.evaluations = result.evaluations_endpoints;
  for (Relaxed& end : ends) {
    // As good as the saddle is asked to be: the error bar has its share, and the reason becomes a warning.
    if (end.fmax <= options.fmax && end.ending != Ending::collapsed) end.ending = Ending::converged;
  }
  ends[1].configuration = aligned(ends[0].configuration, ends[1].configuration, mobile, AtomOrder::kept);
  refuse_one_basin(ends[0], ends[1].configuration, mobile);
  // Which structure was given first shall not decide where a search on a rugged surface ends.
  const bool turned = ends[1].evaluation.energy_ev < ends[0].evaluation.energy_ev;
  if (turned) {
    std::swap(ends[0], ends[1]);
    std::ranges::reverse(options.via);
    std::ranges::reverse(options.via_answers);
  }

  PathwayOptions going;
  going.images = options.images;
  going.certify = options.certify;
  going.surrogate = options.surrogate && options.certify && options.climb;
  going.insert = options.insert;
  going.dip_ev = options.steady_ev;
  going.minimum_fmax = relaxing.fmax;
  going.band.climb = options.climb;
  going.band.batch = options.batch;
  going.band.method = options.method;
  going.band.springs = options.springs;
  going.band.handover = std::max(handover, options.fmax);
  going.band.handover_share = handover_share;
  going.band.fmax = options.fmax;
  going.band.max_rounds = options.max_rounds;
  going.band.steady_ev = options.steady_ev;
  going.band.steady_rounds = options.steady_rounds;
  going.certificate.fmax = std::min(1e-3, options.fmax / 10);
  going.certificate.search_fmax = options.fmax;
  Stopovers way;
  way.states = ends;
  if (options.via.empty()) {
    auto looking = find_stopovers(ends[0], ends[1], mask, relaxing);
    way = co_await std::move(looking);
  }
  const bool as_asked = !options.via.empty() || options.interpolation != BarrierOptions().interpolation;
  bool relaid = false;
  std::vector<Procedure<Pathway>> legs;
  for (std::size_t k = 0; k + 1 < way.states.size(); ++k) {
    if (way.states.size() > 2) going.band.stage = fmt::format("band, leg {}", k + 1);
    Path first = between(way.states[k], way.states[k + 1], mobile, options);
    if (as_asked && make_room(first, mobile, squeezed_share)) relaid = true;
    legs.push_back(find_pathway(std::move(first), mobile, going));
  }
  Pathway pathway;
  if (legs.size() == 1) {
    pathway = co_await std::move(legs.front());
  } else {
    auto side_by_side = in_lockstep(std::move(legs));
    std::vector<Pathway> found = co_await std::move(side_by_side);
    pathway = joined(std::move(found));
  }
  if (turned != options.backwards) {
    pathway = reversed(std::move(pathway));
    std::swap(ends[0], ends[1]);
  }
  result.evaluations += pathway.evaluations + way.evaluations;
  result.evaluations_band = pathway.evaluations_search + way.evaluations;
  result.evaluations_certificate = pathway.evaluations_certificate;

  const Pass& top = pathway.top();
  result.saddle_energy_ev = pathway.path.answers[static_cast<std::size_t>(top.image)].energy_ev;
  result.forward_ev = result.saddle_energy_ev - pathway.path.answers.front().energy_ev;
  result.reverse_ev = result.saddle_energy_ev - pathway.path.answers.back().energy_ev;
  result.largest_climb_ev = largest_climb(pathway);
  result.steps = pathway.passes.size();
  result.fmax_ev_per_angstrom = pathway.fmax;
  if (top.certificate) result.negative_modes = top.certificate->negative;

  Evidence evidence;
  evidence.initial = &ends[0];
  evidence.final = &ends[1];
  evidence.pathway = &pathway;
  evidence.endpoint_fmax = relaxing.fmax;
  evidence.fmax = options.fmax;
  result.parts = uncertainty_parts(evidence);
  result.uncertainty_ev = quadrature(result.parts);
  result.checks = trust_list(evidence, mobile);
  Events events = events_of(pathway, mobile);
  result.checks.push_back(std::move(events.one_event));
  result.warnings = pathway.warnings;
  if (relaid) {
    result.warnings.push_back(
        fmt::format("the path asked for (neb: interpolation or path) brings atoms nearer to each other than {} of the "
                    "shortest distance at the ends; its images were moved apart there before the first question",
                    squeezed_share));
  }
  result.warnings.insert(result.warnings.end(), events.warnings.begin(), events.warnings.end());
  if (doubt) result.warnings.push_back(*doubt);
  if (const auto lower = lower_states(pathway, result.largest_climb_ev)) result.warnings.push_back(*lower);
  for (const std::size_t k : {std::size_t{0}, std::size_t{1}}) {
    if (ends[k].converged() && !ends[k].reason.empty())
      result.warnings.push_back(fmt::format("{} state: {}", k == 0 ? "initial" : "final", ends[k].reason));
  }
  result.reason = verdict(ends[0], ends[1], pathway, result);
  result.ending = ending_of(ends[0], ends[1], pathway, result.reason);
  result.path = std::move(pathway.path.images);
  result.answers = std::move(pathway.path.answers);
  result.distance.push_back(0.0);
  for (std::size_t i = 1; i < result.path.size(); ++i) {
    result.distance.push_back(result.distance.back() +
                              (result.path[i].positions - result.path[i - 1].positions).norm());
  }
  co_return result;
}

}  // namespace hopflow
