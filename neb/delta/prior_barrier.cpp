// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/delta/prior_barrier.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/core.h>

#include "neb/barrier/uncertainty.hpp"
#include "neb/delta/corrected.hpp"
#include "neb/delta/prior_saddle.hpp"
#include "neb/profile/images.hpp"
#include "neb/saddle/climb.hpp"
#include "structures/core/cell.hpp"

namespace hopflow {
namespace {

constexpr double side_step = 0.05;  // A, of the atom that moves most, to either side of the saddle
constexpr double foot_step = 0.15;  // A
constexpr double same_end = 0.7;    // A, and
constexpr double end_share = 0.25;  // of the distance between the ends: a heavy atom further from an end is elsewhere
constexpr double lower_ev = 0.005;  // eV: an end this far above where the saddle leads is relaxed from there
constexpr double fall_below_ends_ev = 1.0;  // eV below both ends: the model has left what it knows
constexpr double known_ev = 0.1;            // eV: a first saddle predicted this well needs no further band
constexpr double known_force = 1.0;         // eV/A, left there
constexpr double same_point_a = 1e-6;       // A
constexpr double next_to = 0.1;             // A, of the atom that is furthest off
constexpr double path_kept = 0.3;           // A: ends that moved further make a given path useless
constexpr int bands = 4;                    // at most, on prior + difference
constexpr int feet_rounds = 15;             // questions to the dear engine on one side
constexpr double feet_trust = 0.3;          // A, scaled, from what both engines were asked for: at first
constexpr double most_trust = 1.2;          // A, scaled: twice as far after each question that found the way to go down
constexpr int feet_calls = 300;             // of the prior, for one side
constexpr double feet_fmax = 0.01;          // eV/A

/// Everything a search with a prior knows. The steps below fill it in, in their order.
struct Search {
  Mask mask;
  Mobile mobile;
  BarrierOptions options;
  PriorOptions prior;
  DeltaModel delta;
  std::vector<BothAnswers> known;  ///< of the ends
  std::vector<BothAnswers> ends;
  double ends_left_ev = 0;
  bool ends_fell_back = true;  ///< both of them: the prior is no use
  std::vector<Configuration> path;
  PriorSaddle saddle;
  bool estimated = false;  ///< no engine was asked for the saddle: its answer is prior + difference
  std::vector<BothAnswers> sides;
  std::optional<double> curvature;  ///< along the mode, from the dear engine (eV/A^2)
  std::optional<int> other_modes;   ///< negative ones of prior + difference
  Check joins{"both_directions", std::nullopt, "", true};
  std::string reason;
  int calls = 0;  ///< of the dear engine

  Search(const Configuration& initial, Mask given, BarrierOptions wanted, PriorOptions how)
      : mask{std::move(given)},
        mobile{mask, initial.size()},
        options{std::move(wanted)},
        prior{how},
        delta{initial, mobile} {}

  int left() const { return prior.budget > 0 ? std::max(1, prior.budget - calls) : 0; }
  bool spent() const { return prior.budget > 0 && calls >= prior.budget; }
};

/// Largest distance of an atom heavier than hydrogen between two configurations, nearest images (A).
double heavy_apart(const Configuration& a, const Configuration& b) {
  const Eigen::Matrix3Xd apart = minimum_image(a.cell, b.positions - a.positions, a.periodic);
  double out = 0;
  for (int i = 0; i < a.size(); ++i)
    if (a.species[static_cast<std::size_t>(i)] != 1) out = std::max(out, apart.col(i).norm());
  return out;
}

/// Both engines' answers at a configuration: what is known is not asked again.
Procedure<BothAnswers> ask_unless_known(Search* search, Configuration there, std::string name) {
  for (const BothAnswers& known : search->known)
    if (longest(search->mobile.gather(known.configuration.positions) - search->mobile.gather(there.positions)) <
        same_point_a)
      co_return known;
  auto asking = ask_both(std::move(there), std::move(name));
  BothAnswers both = co_await std::move(asking);
  ++search->calls;
  co_return both;
}

/// How near to an end counts as that end: soft molecules may lie otherwise.
double near_end(const Search& search) {
  return std::max(same_end, end_share * heavy_apart(search.ends[0].configuration, search.ends[1].configuration));
}

/// One end, relaxed unless the options say otherwise.
Procedure<BothAnswers> relax_end(Search* search, Configuration start, std::size_t which) {
  RelaxOptions relaxing;
  relaxing.fmax = search->options.fmax;
  relaxing.stage = which == 0 ? "relax initial" : "relax final";
  if (!search->options.relax_endpoints) {
    const int before = search->calls;
    auto asking = ask_unless_known(search, start, relaxing.stage);
    BothAnswers end = co_await std::move(asking);
    if (search->calls > before) search->known.push_back(end);
    search->ends_fell_back = false;
    const double force = longest(search->mobile.gradient(end.dear));
    if (force > relaxing.fmax && search->reason.empty())
      search->reason = fmt::format("{}: {:.3g} eV/A left, requested {:.3g}; set relax_endpoints: true", relaxing.stage,
                                   force, relaxing.fmax);
    co_return end;
  }
  PriorOptions prior = search->prior;
  prior.budget = search->left();
  auto relaxation = relax_with_prior(std::move(start), search->mask, relaxing, prior, search->known);
  PriorRelaxed end = co_await std::move(relaxation);
  search->calls += end.relaxed.evaluations;
  search->known.insert(search->known.end(), end.asked.begin(), end.asked.end());
  search->ends_left_ev = std::max(search->ends_left_ev, end.left_ev);
  search->ends_fell_back = search->ends_fell_back && end.fell_back;
  if (!end.relaxed.converged() && search->reason.empty()) search->reason = relaxing.stage + ": " + end.relaxed.reason;
  auto asking = ask_both(end.relaxed.configuration, relaxing.stage);  // known already, but for a plain relaxation's
  BothAnswers both = co_await std::move(asking);
  co_return both;
}

double lowest_end(const Search& search) {
  return std::min(search.ends[0].dear.energy_ev, search.ends[1].dear.energy_ev);
}

/// Asks both engines at the top of a path. @param predicted_ev  energy there on prior + difference
/// @return whether it was known there, so that a climb may begin
Procedure<bool> ask_at_top(Search* search, Configuration top, double predicted_ev) {
  PriorSaddle& saddle = search->saddle;
  auto asking = ask_unless_known(search, std::move(top), "saddle");
  saddle.at = co_await std::move(asking);
  // What is known next to it was paid for already: energies that were steady there still are.
  const Eigen::VectorXd here = search->mobile.gather(saddle.at.configuration.positions);
  for (const BothAnswers& known : search->known)
    if (longest(search->mobile.gather(known.configuration.positions) - here) < next_to &&
        longest(search->mobile.gradient(known.dear)) <= search->options.fmax)
      saddle.energies.push_back(known.dear.energy_ev);
  saddle.energies.push_back(saddle.at.dear.energy_ev);
  learn(search->delta, search->mobile, saddle.at);
  const bool predicted = std::abs(saddle.at.dear.energy_ev - predicted_ev) < known_ev;
  co_return predicted&& longest(search->mobile.gradient(saddle.at.dear)) < known_force;
}

/// The highest interior image of the given path on prior + difference, and the direction of the path there. False where
/// there is none.
Procedure<bool> top_of_given(Search* search) {
  double highest = -std::numeric_limits<double>::infinity();
  std::size_t top = 0;
  for (std::size_t k = 0; k < search->path.size(); ++k) {
    AskPrior ask(std::vector<Configuration>{search->path[k]}, std::vector<std::string>{"given path"});
    Reply reply = co_await std::move(ask);
    if (reply.refused()) continue;
    const double energy = reply.answers.front().energy_ev +
                          search->delta.predict(search->mobile.gather(search->path[k].positions)).energy_ev;
    if (energy < highest) continue;
    highest = energy;
    top = k;
  }
  if (!std::isfinite(highest)) co_return false;
  const auto at = [&](std::size_t k) {  // 0: the initial end, then the path, then the final end
    return search->mobile.gather(k == 0                    ? search->ends[0].configuration.positions
                                 : k > search->path.size() ? search->ends[1].configuration.positions
                                                           : search->path[k - 1].positions);
  };
  search->saddle.mode = (at(top + 2) - at(top)).normalized();
  auto asking = ask_at_top(search, search->path[top], highest);
  const bool known = co_await std::move(asking);
  co_return known;
}

/// Bands on prior + difference, each followed by a question to the dear engine at its highest image.
Procedure<int> first_saddle(Search* search) {
  for (int round = 0; round < bands && (round == 0 || !search->spent()); ++round) {
    const Eigen::VectorXd middle = 0.5 * (search->mobile.gather(search->ends[0].configuration.positions) +
                                          search->mobile.gather(search->ends[1].configuration.positions));
    search->delta.fit(round == 0 ? middle : search->mobile.gather(search->saddle.at.configuration.positions));
    Corrected surface(search->mobile, &search->delta, std::numeric_limits<double>::infinity(),
                      lowest_end(*search) - fall_below_ends_ev);
    BarrierOptions options = search->options;
    options.relax_endpoints = false;
    options.certify = false;
    options.second_search = options.second_search && round == 0 && search->path.empty();
    options.insert = 0;
    options.via = search->path;
    options.via_answers.clear();
    auto searching = on_corrected(
        find_barrier(search->ends[0].configuration, search->ends[1].configuration, search->mask, options), &surface);
    const OnCorrected<BarrierResult> found = co_await std::move(searching);
    if (!found.value || found.value->path.size() < 3) {
      if (round == 0)
        search->saddle.reason =
            "no path with the prior engine between these ends: " + (found.value ? found.value->reason : found.problem);
      break;
    }
    const BarrierResult& band = *found.value;
    const std::size_t top = highest_between_ends(band.answers);
    search->path.assign(band.path.begin() + 1, band.path.end() - 1);
    search->saddle.mode =
        (search->mobile.gather(band.path[top + 1].positions) - search->mobile.gather(band.path[top - 1].positions))
            .normalized();
    if (search->spent()) {
      search->estimated = true;
      search->saddle.at = {band.path[top], band.answers[top], band.answers[top]};
      search->saddle.reason = fmt::format(
          "the budget of {} calls is spent before the engine was asked for the saddle; its energy is an estimate",
          search->prior.budget);
      break;
    }
    auto asking = ask_at_top(search, band.path[top], band.answers[top].energy_ev);
    if (co_await std::move(asking)) break;
  }
  co_return 0;
}

/// The curvature along the mode from the dear engine's own forces.
Procedure<int> ask_both_sides(Search* search) {
  const Eigen::VectorXd here = search->mobile.gather(search->saddle.at.configuration.positions);
  const Eigen::VectorXd step = search->saddle.mode * (side_step / longest(search->saddle.mode));
  const double towards = (search->mobile.gather(search->ends[1].configuration.positions) - here).dot(step) > 0 ? 1 : -1;
  for (const double sign : {-towards, towards}) {
    auto side = ask_both(search->mobile.place(search->saddle.at.configuration, here + sign * step), "mode");
    search->sides.push_back(co_await std::move(side));
    learn(search->delta, search->mobile, search->sides.back());
  }
  search->calls += 2;
  const Eigen::VectorXd change =
      search->mobile.gradient(search->sides[1].dear) - search->mobile.gradient(search->sides[0].dear);
  search->curvature = change.dot(towards * step) / (2 * step.squaredNorm());
  co_return 0;
}

/// Negative modes of prior + difference at the saddle, other than the one that is followed.
Procedure<int> count_other_modes(Search* search) {
  const Configuration& at = search->saddle.at.configuration;
  search->delta.fit(search->mobile.gather(at.positions));
  Evaluation there = search->saddle.at.cheap;
  Corrected surface(search->mobile, &search->delta);
  surface.correct(at, there);
  std::vector<Eigen::VectorXd> guesses{search->saddle.mode};
  auto counting = on_corrected(lowest_modes(at, there, search->mobile, std::move(guesses), ModesOptions()), &surface);
  const OnCorrected<Modes> found = co_await std::move(counting);
  if (!found.value) co_return 0;
  search->other_modes = static_cast<int>(std::ranges::count_if(found.value->lowest, [&](const Mode& mode) {
    const double overlap = std::abs(mode.direction.normalized().dot(search->saddle.mode.normalized()));
    return mode.curvature < -flat_curvature && overlap < same_mode;
  }));
  co_return 0;
}

/// Where one side of a saddle leads.
struct Foot {
  BothAnswers at;
  std::string problem;  ///< why it was not found, "" if it was
};

/// Downhill from a point on prior + difference, no further than that is trusted; there the dear engine is asked. Where
/// its energy has not fallen, the next try goes less far from the last place where it had.
Procedure<Foot> descend(Search* search, Configuration from) {
  Foot foot;
  foot.at = search->saddle.at;
  Configuration begin = std::move(from);
  double trust = feet_trust;
  for (int round = 0; round < feet_rounds; ++round) {
    search->delta.fit(search->mobile.gather(begin.positions));
    Corrected surface(search->mobile, &search->delta, trust, lowest_end(*search) - fall_below_ends_ev);
    RelaxOptions options;
    options.fmax = feet_fmax;
    options.max_steps = feet_calls;
    options.stage = "downhill";
    auto going = on_corrected(relax(begin, search->mask, options), &surface);
    const OnCorrected<Relaxed> rest = co_await std::move(going);
    const Configuration reached = surface.lowest() ? *surface.lowest() : begin;
    foot.problem = rest.value ? rest.value->reason : rest.problem;
    for (const BothAnswers& end : search->ends)
      if (heavy_apart(reached, end.configuration) < near_end(*search)) {
        foot.at.configuration = reached;
        foot.problem.clear();
        co_return foot;
      }
    if (search->spent()) co_return foot;
    auto asking = ask_both(reached, "downhill");
    BothAnswers both = co_await std::move(asking);
    ++search->calls;
    learn(search->delta, search->mobile, both);
    if (both.dear.energy_ev > foot.at.dear.energy_ev) {
      trust *= 0.5;
      continue;
    }
    foot.at = std::move(both);
    begin = foot.at.configuration;
    trust = std::min(2 * trust, most_trust);
    if (longest(search->mobile.gradient(foot.at.dear)) < search->options.fmax) co_return foot;  // another minimum
  }
  co_return foot;
}

/// Where the saddle leads, and ends that this shows to lie too high relaxed from there.
Procedure<int> follow_both_sides(Search* search) {
  const Eigen::VectorXd top = search->mobile.gather(search->saddle.at.configuration.positions);
  const Eigen::VectorXd step = search->saddle.mode * (foot_step / longest(search->saddle.mode));
  std::vector<Foot> feet;
  for (const double sign : {-1.0, 1.0}) {
    auto descent = descend(search, search->mobile.place(search->saddle.at.configuration, top + sign * step));
    feet.push_back(co_await std::move(descent));
  }
  const auto apart = [&](std::size_t foot, std::size_t end) {
    return heavy_apart(feet[foot].at.configuration, search->ends[end].configuration);
  };
  if (std::max(apart(0, 1), apart(1, 0)) < std::max(apart(0, 0), apart(1, 1))) std::swap(feet[0], feet[1]);
  bool joined = true;
  for (const std::size_t which : {std::size_t{0}, std::size_t{1}}) {
    const double distance = apart(which, which);
    search->joins.detail +=
        fmt::format("{}{:.2f} A from the {} end{}{}", which == 0 ? "" : "; ", distance,
                    which == 0 ? "initial" : "final", feet[which].problem.empty() ? "" : ", ", feet[which].problem);
    joined = joined && distance < near_end(*search);
    if (distance >= near_end(*search) || !search->options.relax_endpoints || search->spent()) continue;
    BothAnswers& end = search->ends[which];
    const auto corrected_ev = [&](const Configuration& there) {
      return search->delta.predict(search->mobile.gather(there.positions)).energy_ev;
    };
    AskPrior ask(std::vector<Configuration>{feet[which].at.configuration}, std::vector<std::string>{"downhill"});
    Reply reply = co_await std::move(ask);
    if (reply.refused()) continue;
    const double foot_ev = reply.answers.front().energy_ev + corrected_ev(feet[which].at.configuration);
    if (foot_ev > end.dear.energy_ev - lower_ev) continue;
    auto again = relax_end(search, feet[which].at.configuration, which);
    BothAnswers found = co_await std::move(again);
    if (found.dear.energy_ev < end.dear.energy_ev) end = std::move(found);
  }
  search->joins.passed = joined;
  co_return 0;
}

void put_path(BarrierResult& out, const Search& search) {
  std::vector<const BothAnswers*> points{&search.ends[0]};
  if (search.sides.size() == 2) points.push_back(&search.sides[0]);
  points.push_back(&search.saddle.at);
  if (search.sides.size() == 2) points.push_back(&search.sides[1]);
  points.push_back(&search.ends[1]);
  for (const BothAnswers* both : points) {
    out.path.push_back(both->configuration);
    out.answers.push_back(both->dear);
  }
  out.distance = distances_along(out.path);
  for (const BothAnswers* both : {&search.ends[0], &search.saddle.at, &search.ends[1]})
    out.fmax_ev_per_angstrom = std::max(out.fmax_ev_per_angstrom, longest(search.mobile.gradient(both->dear)));
}

BarrierResult result_of(const Search& search) {
  BarrierResult out;
  put_path(out, search);
  out.saddle_energy_ev = search.saddle.at.dear.energy_ev;
  out.forward_ev = out.saddle_energy_ev - search.ends[0].dear.energy_ev;
  out.reverse_ev = out.saddle_energy_ev - search.ends[1].dear.energy_ev;
  out.largest_climb_ev = std::max(out.forward_ev, 0.0);
  const bool one_mode = search.curvature && *search.curvature < -flat_curvature && search.other_modes == 0;
  out.negative_modes =
      (search.curvature && *search.curvature < -flat_curvature ? 1 : 0) + search.other_modes.value_or(0);
  out.checks.push_back({"endpoints_relaxed", search.reason.empty(), search.reason, true});
  out.checks.push_back({"saddle_converged", search.saddle.reason.empty(), search.saddle.reason, true});
  out.checks.push_back(
      {"one_negative_mode", search.curvature ? std::optional{one_mode} : std::nullopt,
       search.curvature
           ? fmt::format("{:.3g} eV/A^2 along it from the engine's forces; {} more counted on prior + difference",
                         *search.curvature,
                         !search.other_modes        ? "not"
                         : *search.other_modes == 0 ? "none"
                                                    : std::to_string(*search.other_modes))
           : "not measured",
       true});
  out.checks.push_back(search.joins);
  out.parts.push_back(
      numerical_part("residual_force", std::hypot(search.saddle.left_ev, search.ends_left_ev),
                     "energy by which saddle and endpoints would still change on prior + learned difference"));
  const double range = unsteadiness(search.saddle.energies, search.prior.steady_calls);
  if (search.estimated) {
    out.parts.push_back(
        numerical_part("steadiness", std::nullopt, "not known: the saddle is an estimate from prior + difference"));
    out.uncertainty_ev = quadrature(out.parts);
    out.reason = search.saddle.reason;
    return out;
  }
  out.parts.push_back(numerical_part(
      "steadiness", std::min(std::max(range, search.saddle.miss_ev), 1.0),
      "range of the last energies of the saddle, and error of prior + learned difference for the last one"));
  out.uncertainty_ev = quadrature(out.parts);
  out.reason = search.reason.empty() ? search.saddle.reason : search.reason;
  out.ending = out.reason.empty() ? Ending::converged : Ending::not_converged;
  if (out.reason.empty() && !(one_mode && search.joins.passed.value_or(false))) {
    out.ending = Ending::converged_check_failed;
    out.reason = !one_mode
                     ? "the saddle does not have exactly one negative mode"
                     : "relaxations down both sides of the saddle do not reach both endpoints: " + search.joins.detail;
  }
  return out;
}

/// Nothing is known between the ends, and nothing may be asked.
BarrierResult ends_alone(const Search& search) {
  BarrierResult out;
  for (const BothAnswers& end : search.ends) {
    out.path.push_back(end.configuration);
    out.answers.push_back(end.dear);
  }
  out.distance = distances_along(out.path);
  out.reason = fmt::format("the budget of {} calls is spent, and there is no path: {}", search.prior.budget,
                           search.saddle.reason);
  return out;
}

/// The search without the prior, from what is known.
Procedure<BarrierResult> without_prior(Search* search, const std::string& why) {
  BarrierOptions options = search->options;
  options.relax_endpoints = false;
  options.via_answers.clear();
  options.via = search->path;
  auto plain = find_barrier(search->ends[0].configuration, search->ends[1].configuration, search->mask, options);
  BarrierResult result = co_await std::move(plain);
  result.warnings.push_back("the prior engine was not used any further: " + why);
  co_return result;
}

Procedure<BarrierResult> search_for(Search* search, Configuration initial, Configuration final) {
  for (const std::size_t which : {std::size_t{0}, std::size_t{1}}) {
    auto relaxation = relax_end(search, which == 0 ? initial : final, which);
    search->ends.push_back(co_await std::move(relaxation));
  }
  if (std::max(heavy_apart(initial, search->ends[0].configuration), heavy_apart(final, search->ends[1].configuration)) <
      path_kept)
    search->path = search->options.via;
  if (search->ends_fell_back && !search->spent()) {
    auto plain = without_prior(search, "its predictions were wrong in the relaxation of both endpoints");
    BarrierResult result = co_await std::move(plain);
    co_return result;
  }
  for (const BothAnswers& both : search->known) learn(search->delta, search->mobile, both);
  bool found = false;
  if (!search->path.empty() && !search->spent()) {
    search->delta.fit(search->mobile.gather(search->path[search->path.size() / 2].positions));
    auto given = top_of_given(search);
    found = co_await std::move(given);
  }
  if (!found) {
    auto first = first_saddle(search);
    co_await std::move(first);
  }
  if (search->estimated) co_return result_of(*search);
  if (search->saddle.energies.empty()) {
    if (search->spent()) co_return ends_alone(*search);
    auto plain = without_prior(search, search->saddle.reason);
    BarrierResult result = co_await std::move(plain);
    co_return result;
  }
  PriorSaddleOptions climbing;
  climbing.fmax = search->options.fmax;
  climbing.calls_left = search->left();
  const int before = co_await CallsSoFar();
  auto climb = climb_with_prior(search->saddle, &search->delta, &search->mobile, climbing, search->prior);
  search->saddle = co_await std::move(climb);
  search->calls += (co_await CallsSoFar()) - before;
  if (search->saddle.misled && !search->spent()) {
    auto plain = without_prior(search, search->saddle.reason);
    BarrierResult result = co_await std::move(plain);
    co_return result;
  }
  if (search->saddle.reason.empty()) {
    auto asking = ask_both_sides(search);
    co_await std::move(asking);
    auto counting = count_other_modes(search);
    co_await std::move(counting);
    auto following = follow_both_sides(search);
    co_await std::move(following);
  }
  co_return result_of(*search);
}

}  // namespace

Procedure<BarrierResult> find_barrier_with_prior(Configuration initial, Configuration final, Mask mask,
                                                 BarrierOptions options, PriorOptions prior,
                                                 std::vector<BothAnswers> known) {
  const int calls_before = co_await CallsSoFar();
  const int prior_before = co_await PriorCallsSoFar();
  auto asking = ask_prior_at(std::exchange(prior.known, {}));
  std::vector<BothAnswers> before = co_await std::move(asking);
  known.insert(known.end(), before.begin(), before.end());
  Search search(initial, std::move(mask), std::move(options), prior);
  search.known = std::move(known);
  const auto given = std::ssize(search.known);
  auto searching = search_for(&search, std::move(initial), std::move(final));
  BarrierResult result = co_await std::move(searching);
  result.evaluations = (co_await CallsSoFar()) - calls_before;
  result.evaluations_prior = (co_await PriorCallsSoFar()) - prior_before;
  result.evaluations_endpoints = static_cast<int>(std::ssize(search.known) - given);
  result.evaluations_certificate = static_cast<int>(search.sides.size());
  result.evaluations_band =
      std::max(0, result.evaluations - result.evaluations_endpoints - result.evaluations_certificate);
  co_return result;
}

}  // namespace hopflow
