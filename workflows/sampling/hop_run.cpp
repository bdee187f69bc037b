// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/sampling/hop_run.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "neb/barrier/path_symmetry.hpp"
#include "neb/barrier/uncertainty.hpp"
#include "neb/core/lockstep.hpp"
#include "neb/delta/prior_barrier.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

/// An ion put nearer than this to another atom starts a relaxation nobody should trust (A).
constexpr double least_contact = 2.0;
/// An image of an end that differs more from that end itself is no short hop away: its cations lie elsewhere (A).
constexpr double same_surroundings = 1.5;
/// Forces that end a stage before the last, in units of those that end the last: its result is only a start.
constexpr double looser = 5;

/// "71 (I2), 69 (I3)"
std::string site_list(const HopProtocol& protocol, const std::vector<int>& sites) {
  std::vector<std::string> words;
  for (const int site : sites)
    words.push_back(protocol.labels.empty()
                        ? std::to_string(site)
                        : fmt::format("{} ({})", site, protocol.labels[static_cast<std::size_t>(site)]));
  return text::join(words, ", ");
}

constexpr std::string_view slip = "vacancy slipped";

/// "" if exactly `wanted` is empty, else what happened instead.
std::string occupancy_problem(const HopProtocol& protocol, const Configuration& configuration, int wanted) {
  const std::vector<int> empty = empty_sites(protocol.host, configuration, protocol.element);
  if (empty == std::vector<int>{wanted}) return "";
  const std::string should = site_list(protocol, {wanted});
  if (empty.empty())
    return fmt::format("{}: no site is empty after relaxation, but {} should be (0-based sites of the host supercell)",
                       slip, should);
  return fmt::format("{}: empty after relaxation: {} instead of {} (0-based sites of the host supercell)", slip,
                     site_list(protocol, empty), should);
}

std::string reason_of(const Relaxed& relaxed, std::string_view of) {
  if (relaxed.converged() || relaxed.ending == Ending::slipped) return relaxed.reason;
  return fmt::format("{}'s relaxation stopped at {:.3f} eV/A{}{}", of, relaxed.fmax, relaxed.reason.empty() ? "" : ": ",
                     relaxed.reason);
}

}  // namespace

std::optional<Configuration> other_end_by_symmetry(const std::vector<AtomicSymmetry>& symmetries, const HopCell& hop,
                                                   int vacant, const Configuration& end, const Configuration& moved) {
  const int other = hop.other(vacant);
  for (const AtomicSymmetry& g : symmetries) {
    if (g.target[static_cast<std::size_t>(vacant)] != other) continue;
    Eigen::Matrix3Xd carried(3, end.size());
    for (int i = 0; i < end.size(); ++i)
      carried.col(hop.on_site(g.target[static_cast<std::size_t>(hop.site_of(i, vacant))], other)) =
          g.rotation * end.positions.col(i) + g.shift;
    const Eigen::Matrix3Xd step = minimum_image(end.cell, carried - moved.positions, end.periodic);
    if (step.colwise().norm().maxCoeff() > same_surroundings) continue;
    Configuration out = moved;
    out.positions += step;
    return out;
  }
  return std::nullopt;
}

Procedure<Relaxed> relax_in_stages(Configuration start, int vacant, HopProtocol protocol) {
  Relaxed result;
  result.configuration = start;
  int evaluations = 0;
  // An engine with a prior is dear: a stage costs it calls, and the prior knows the soft modes.
  for (std::size_t s = protocol.prior ? protocol.stages.size() - 1 : 0; s < protocol.stages.size(); ++s) {
    RelaxOptions options = protocol.relaxing;
    if (protocol.prior) options.fmax = protocol.barrier.fmax;
    const bool last = s + 1 == protocol.stages.size();
    if (!last) options.fmax *= looser;
    auto relaxation = relax_by(protocol.prior, result.configuration, protocol.stages[s], options);
    result = co_await std::move(relaxation);
    evaluations += result.evaluations;
    if (result.ending == Ending::collapsed) break;
    if (const std::string problem = occupancy_problem(protocol, result.configuration, vacant); !problem.empty()) {
      result.ending = Ending::slipped;
      result.reason = problem;
      break;
    }
  }
  result.evaluations = evaluations;
  result.drift = (result.configuration.positions - start.positions).colwise().norm().maxCoeff();
  co_return result;
}

Procedure<VacancyRun> run_vacancy(VacancyRun vacancy, HopProtocol protocol) {
  auto relaxation = relax_in_stages(vacancy.cell->configuration, vacancy.cell->removed, protocol);
  vacancy.relaxed = co_await std::move(relaxation);
  vacancy.mobile = protocol.stages.back();
  vacancy.ending = vacancy.relaxed->ending;
  vacancy.reason = reason_of(*vacancy.relaxed, "the vacancy");
  co_return vacancy;
}

namespace {

/// Both ends of a hop, made from the vacancy at one of its sites.
struct Ends {
  Relaxed own, other;  ///< with that site empty, and with the other one
  Ending ending = Ending::failed;
  std::string reason;            ///< why they are no ends of a hop, "" if they are
  std::optional<Error> refusal;  ///< of the engine
  int evaluations = 0;

  double energy_ev() const { return own.evaluation.energy_ev + other.evaluation.energy_ev; }
};

Procedure<Relaxed> relax_other_end(HopCell hop, int vacant, Configuration end, HopProtocol protocol) {
  Configuration start = with_ion_moved(hop, end, vacant);
  if (const auto image = other_end_by_symmetry(protocol.host_symmetries, hop, vacant, end, start)) {
    start = *image;
  } else if (const auto contact = closest_contact(start, hop.ion); contact && contact->distance < least_contact) {
    Relaxed refused;
    refused.ending = Ending::slipped;
    refused.reason = fmt::format("{}: the vacant site is not free: atoms {} and {} would be {:.2f} A apart", slip,
                                 contact->i, contact->j, contact->distance);
    co_return refused;
  }
  protocol.relaxing.stage = "relax the other end";
  auto relaxation = relax_in_stages(std::move(start), hop.other(vacant), std::move(protocol));
  Relaxed relaxed = co_await std::move(relaxation);
  co_return relaxed;
}

Procedure<Ends> ends_from(HopCell hop, VacancyRun vacancy, HopProtocol protocol) {
  Ends ends;
  const int vacant = vacancy.cell->removed;
  ends.ending = vacancy.ending;
  ends.reason = vacancy.reason;
  if (vacancy.ending != Ending::converged) co_return ends;
  ends.own = *vacancy.relaxed;
  ends.own.configuration = in_order_of(hop, vacancy.relaxed->configuration, vacant);
  try {
    Mask freed;
    for (int i = 0; i < hop.before.size(); ++i)
      freed.push_back(vacancy.mobile[static_cast<std::size_t>(hop.in_vacancy(i, vacant))]);
    if (freed != protocol.stages.back()) {  // molecules near the other site are held in the vacancy
      HopProtocol all = protocol;
      all.stages = {protocol.stages.back()};
      all.relaxing.stage = "relax an end";
      auto again = relax_in_stages(ends.own.configuration, vacant, std::move(all));
      ends.own = co_await std::move(again);
      ends.evaluations += ends.own.evaluations;
      ends.ending = ends.own.ending;
      ends.reason = reason_of(ends.own, "an end");
      if (ends.ending != Ending::converged) co_return ends;
    }
    auto relaxation = relax_other_end(hop, vacant, ends.own.configuration, std::move(protocol));
    ends.other = co_await std::move(relaxation);
    ends.evaluations += ends.other.evaluations;
    ends.ending = ends.other.ending;
    ends.reason = reason_of(ends.other, "the other end");
  } catch (const Error& refusal) {
    if (!refusal.of_engine()) throw;
    ends.ending = Ending::failed;
    ends.reason = refusal.what();
    ends.refusal = refusal;
  }
  co_return ends;
}

}  // namespace

Procedure<SampleRun> run_sample(SampleRun sample, HopCell hop, VacancyRun before, VacancyRun after,
                                std::vector<std::vector<int>> molecules, HopProtocol protocol) {
  std::vector<Procedure<Ends>> making;
  making.push_back(ends_from(hop, std::move(before), protocol));
  making.push_back(ends_from(hop, std::move(after), protocol));
  auto side_by_side = in_lockstep(std::move(making));
  std::vector<Ends> made = co_await std::move(side_by_side);
  const int spent = made[0].evaluations + made[1].evaluations;
  const bool here = made[0].ending == Ending::converged, there = made[1].ending == Ending::converged;
  if (!here && !there) {
    for (const Ends& ends : made)
      if (ends.refusal) throw Error(*ends.refusal);
    sample.ending = made[0].ending;
    sample.reason = made[0].reason;
    co_return sample;
  }
  std::vector<std::string> notes;
  if (!here || !there)
    notes.push_back(fmt::format(
        "endpoints were built from the vacancy {} the hop only; building them from the vacancy {} the hop failed: {}",
        here ? "before" : "after", here ? "after" : "before", made[here ? 1 : 0].reason));
  const bool from_before = here && (!there || made[0].energy_ev() <= made[1].energy_ev());
  Ends& chosen = made[from_before ? 0 : 1];
  const Relaxed& initial = from_before ? chosen.own : chosen.other;
  const Relaxed& final = from_before ? chosen.other : chosen.own;
  sample.moves = moves_between(initial.configuration, final.configuration, hop.ion, molecules);

  BarrierOptions options = protocol.barrier;
  options.via = sample.path;
  // A hop and its reverse are one calculation.
  options.backwards = hop.removed() == hop.vacant_after;
  if (options.backwards) std::ranges::reverse(options.via);
  const Configuration& from = options.backwards ? final.configuration : initial.configuration;
  const Configuration& to = options.backwards ? initial.configuration : final.configuration;
  auto band = protocol.prior ? find_barrier_with_prior(from, to, protocol.stages.back(), options, *protocol.prior)
                             : find_barrier_by_symmetry(from, to, protocol.stages.back(), options);
  sample.barrier = co_await std::move(band);
  sample.barrier->evaluations += spent;
  sample.barrier->evaluations_endpoints += spent;
  sample.barrier->warnings.insert(sample.barrier->warnings.end(), notes.begin(), notes.end());
  sample.reason = sample.barrier->reason;
  sample.ending = sample.barrier->ending;
  co_return sample;
}

namespace {

/// The parts of the samples' error bars as those of their mean, and the spread between samples as one more.
std::vector<UncertaintyPart> parts_of_mean(const std::vector<const SampleRun*>& converged,
                                           const std::vector<double>& weights, const SampleStatistics& spread,
                                           std::size_t asked) {
  double total = 0;
  for (const double w : weights) total += w;
  std::vector<UncertaintyPart> parts;
  for (const UncertaintyPart& first : converged.front()->barrier->parts) {
    double sum = 0;
    std::size_t known = 0;
    UncertaintyPart part = first;
    for (std::size_t i = 0; i < converged.size(); ++i)
      for (const UncertaintyPart& other : converged[i]->barrier->parts)
        if (other.name == first.name && other.value_ev) {
          sum += std::pow(weights[i] / total * *other.value_ev, 2);
          ++known;
        }
    if (known > 0) {
      part.value_ev = std::sqrt(sum);
      part.note = fmt::format("of the mean, from {} of {} converged samples", known, converged.size());
    }
    parts.push_back(std::move(part));
  }
  parts.push_back(
      {"sampling", spread.sem,
       fmt::format("standard error of the mean over {} converged of {} samples; one sample scatters by {:.2g} eV",
                   converged.size(), asked, spread.sd.value_or(0))});
  return parts;
}

/// What was checked of every sample; passed only if it was for each, and failed if it was for one.
std::vector<Check> checks_of_all(const std::vector<const SampleRun*>& converged, std::size_t asked) {
  std::vector<Check> checks;
  for (const Check& first : converged.front()->barrier->checks) {
    std::size_t passed = 0, failed = 0;
    for (const SampleRun* sample : converged)
      for (const Check& check : sample->barrier->checks)
        if (check.name == first.name && check.passed) ++(*check.passed ? passed : failed);
    Check check{first.name, std::nullopt, first.detail};
    const std::size_t open = converged.size() - passed - failed;
    if (failed > 0 || open == 0) check.passed = failed == 0;
    if (passed + failed > 0)
      check.detail =
          fmt::format("{} of {} samples{}", passed, converged.size(), open > 0 ? fmt::format(", {} open", open) : "");
    else
      check.detail = fmt::format("open in all samples; of the first: {}", first.detail);
    checks.push_back(std::move(check));
  }
  checks.push_back(
      {"sampling", converged.size() == asked, fmt::format("{} of {} samples converged", converged.size(), asked)});
  return checks;
}

}  // namespace

void conclude(HopRun& hop, bool reversed_by_symmetry, bool one_of_many, double temperature_k) {
  std::vector<const SampleRun*> converged;
  std::vector<double> weights, forward, reverse, kra;
  for (const SampleRun& sample : hop.samples) {
    hop.engine_failed = hop.engine_failed || sample.engine_failed;
    if (sample.ending != Ending::converged || !sample.barrier) continue;
    converged.push_back(&sample);
    weights.push_back(sample.sample.weight);
    forward.push_back(sample.barrier->forward_ev);
    reverse.push_back(sample.barrier->reverse_ev);
    kra.push_back(0.5 * (sample.barrier->forward_ev + sample.barrier->reverse_ev));
  }
  const SampleRun& first = hop.samples.front();
  const std::size_t asked = hop.samples.size();
  if (asked == 1) {
    hop.ending = first.ending;
    hop.reason = first.reason;
    hop.barrier = first.barrier;
    if (hop.barrier && one_of_many)
      hop.barrier->parts.push_back({"sampling", std::nullopt,
                                    "not computed: the cations around hops of this class have many arrangements and "
                                    "only one was run; orientations and sampled_hops ask for more"});
    return;
  }
  if (converged.size() < 2 || 2 * converged.size() < asked) {
    const auto failed =
        std::ranges::find_if(hop.samples, [](const SampleRun& s) { return s.ending != Ending::converged; });
    hop.ending = converged.empty() ? failed->ending : Ending::not_converged;
    hop.reason =
        fmt::format("{} of {} samples converged; the first that did not: {}", converged.size(), asked, failed->reason);
    return;
  }
  hop.ending = Ending::converged;
  hop.kra = statistics_of(kra, weights);
  const SampleStatistics ahead = statistics_of(reversed_by_symmetry ? kra : forward, weights);
  const SampleStatistics back = statistics_of(reversed_by_symmetry ? kra : reverse, weights);
  if (reversed_by_symmetry) {
    // One ensemble of barriers: each sample counts once forwards and once backwards.
    std::vector<double> both = forward, twice = weights;
    both.insert(both.end(), reverse.begin(), reverse.end());
    twice.insert(twice.end(), weights.begin(), weights.end());
    hop.rate_forward = hop.rate_reverse = rate_average(both, twice, temperature_k);
  } else {
    hop.rate_forward = rate_average(forward, weights, temperature_k);
    hop.rate_reverse = rate_average(reverse, weights, temperature_k);
  }
  std::size_t typical = 0;
  for (std::size_t i = 1; i < kra.size(); ++i)
    if (std::abs(kra[i] - hop.kra->mean) < std::abs(kra[typical] - hop.kra->mean)) typical = i;
  hop.typical = static_cast<int>(converged[typical] - hop.samples.data());

  BarrierResult mean = *converged[typical]->barrier;
  mean.forward_ev = ahead.mean;
  mean.reverse_ev = back.mean;
  mean.parts = parts_of_mean(converged, weights, *ahead.sem > *back.sem ? ahead : back, asked);
  mean.uncertainty_ev = quadrature(mean.parts);
  mean.checks = checks_of_all(converged, asked);
  mean.evaluations = mean.evaluations_endpoints = mean.evaluations_band = mean.evaluations_certificate = 0;
  for (const SampleRun& sample : hop.samples) {
    if (!sample.barrier) continue;
    mean.evaluations += sample.barrier->evaluations;
    mean.evaluations_endpoints += sample.barrier->evaluations_endpoints;
    mean.evaluations_band += sample.barrier->evaluations_band;
    mean.evaluations_certificate += sample.barrier->evaluations_certificate;
    if (sample.ending == Ending::converged)
      mean.fmax_ev_per_angstrom = std::max(mean.fmax_ev_per_angstrom, sample.barrier->fmax_ev_per_angstrom);
  }
  hop.barrier = std::move(mean);
}

const BarrierResult* RefineRun::barrier() const {
  if (!result) return nullptr;
  if (result->converged && result->converged->converged()) return &*result->converged;
  return result->kept.converged() ? &result->kept : nullptr;
}

const BarrierResult& HopRun::own() const {
  return samples.empty() ? *barrier : *samples[static_cast<std::size_t>(typical)].barrier;
}

Procedure<Refined> run_refinement(BarrierResult given, std::pair<int, int> sites, HopProtocol protocol,
                                  RefineOptions options) {
  Mask mobile = protocol.stages.back();
  options.ends_problem = [protocol = std::move(protocol), sites](const Configuration& initial,
                                                                 const Configuration& final) {
    const std::string problem = occupancy_problem(protocol, initial, sites.first);
    return problem.empty() ? occupancy_problem(protocol, final, sites.second) : problem;
  };
  return refine(std::move(given), std::move(mobile), std::move(options));
}

void take_refinement(RefineRun& run, std::optional<Refined> result, const std::string& problem, bool engine_failed) {
  run.ended = true;
  run.engine_failed = engine_failed;
  run.reason = problem;
  run.result = std::move(result);
  if (run.result) run.reason = run.result->converged ? run.result->converged->reason : run.result->kept.reason;
}

void take_spread(HopRun& hop) {
  if (hop.refined.empty() || !hop.barrier) return;
  std::vector<std::pair<double, double>> barriers{{hop.own().forward_ev, hop.own().reverse_ev}};
  std::vector<std::string> silent;
  for (const RefineRun& run : hop.refined) {
    if (const BarrierResult* barrier = run.barrier())
      barriers.emplace_back(barrier->forward_ev, barrier->reverse_ev);
    else
      silent.push_back(run.engine.version);
  }
  add_part(*hop.barrier, engine_spread(barriers, silent));
}

}  // namespace hopflow
