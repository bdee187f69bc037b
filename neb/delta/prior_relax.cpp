// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/delta/prior_relax.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/core.h>

#include "neb/core/model_hessian.hpp"
#include "neb/delta/corrected.hpp"

namespace hopflow {
namespace {

constexpr double good_share = 0.6, poor_share = 0.2,
                 bad_miss = 0.7;  // of the fall predicted; miss of the gradient, as a share of it
constexpr double wider = 1.3, narrower = 0.6, widest_radius = 0.3, narrowest_radius = 0.08;  // of the radius; A
constexpr double same_place = 1e-3;                                                          // A, scaled
constexpr double restart_step = 0.05;                                                        // A
constexpr double rise_allowed = 1e-3;  // eV: what grids and SCF limits leave between neighbours
constexpr int inner_calls = 150;       // steps on prior + difference before the engine is asked
constexpr int idle_allowed = 4;        // calls without a lower energy before the prior is given up

/// Where prior + difference comes to rest within the trusted distance.
struct InnerRest {
  Configuration configuration;
  double gain_ev = 0;  ///< below the start, as prior + difference has it
};

Procedure<InnerRest> rest_on_corrected(const BothAnswers* from, const DeltaModel* delta, const Mobile* mobile,
                                       RelaxOptions options, double radius) {
  Corrected surface(*mobile, delta, radius);
  auto going = on_corrected(relax(from->configuration, mobile->mask(), options), &surface);
  const OnCorrected<Relaxed> ended = co_await std::move(going);
  InnerRest out;
  out.configuration = surface.lowest().value_or(from->configuration);
  const Eigen::VectorXd here = mobile->gather(from->configuration.positions);
  if (surface.lowest()) out.gain_ev = from->cheap.energy_ev + delta->predict(here).energy_ev - surface.lowest_ev();
  co_return out;
}

std::string not_relaxed(int calls, double fmax, double wanted, const std::vector<double>& energies,
                        const PriorOptions& prior) {
  const double range = unsteadiness(energies, prior.steady_calls);
  return fmt::format(
      "not relaxed after {} calls: largest force {:.3g} eV/A, requested {:.3g}; {}", calls, fmax, wanted,
      std::isfinite(range)
          ? fmt::format("energies of the last {} calls within {:.2g} eV, requested {:.2g}", prior.steady_calls, range,
                        prior.steady_ev)
          : fmt::format("the energy must be constant within this range over {} calls", prior.steady_calls));
}

}  // namespace

void Trust::learn(double miss, double share) {
  if (share < poor_share)
    radius_ = std::max(narrowest_radius, radius_ * narrower);
  else if (share > good_share)
    radius_ = std::min(widest_radius, radius_ * wider);
  bad_ = miss > bad_miss ? bad_ + 1 : 0;
}

Procedure<BothAnswers> ask_both(Configuration configuration, std::string name) {
  BothAnswers out;
  out.configuration = configuration;
  std::vector<Configuration> dear{configuration}, cheap{std::move(configuration)};
  const std::vector<std::string> names{std::move(name)};
  std::vector<Evaluation> answer = co_await Ask(std::move(dear), names);
  out.dear = std::move(answer.front());
  AskPrior ask(std::move(cheap), names);
  Reply reply = co_await std::move(ask);
  if (reply.refused()) throw Error(*reply.refusal);
  out.cheap = std::move(reply.answers.front());
  co_return out;
}

Procedure<std::vector<BothAnswers>> ask_prior_at(std::vector<Answered> known) {
  std::vector<BothAnswers> out;
  for (Answered& one : known) {
    AskPrior ask(std::vector<Configuration>{one.configuration}, std::vector<std::string>{"known answer"});
    Reply reply = co_await std::move(ask);
    if (reply.refused()) continue;
    BothAnswers both;
    both.configuration = std::move(one.configuration);
    both.dear = std::move(one.answer);
    both.cheap = std::move(reply.answers.front());
    out.push_back(std::move(both));
  }
  co_return out;
}

void learn(DeltaModel& delta, const Mobile& mobile, const BothAnswers& both) {
  delta.add(mobile.gather(both.configuration.positions), both.dear.energy_ev - both.cheap.energy_ev,
            mobile.gradient(both.dear) - mobile.gradient(both.cheap));
}

double miss_of(const DeltaModel& delta, const Mobile& mobile, const BothAnswers& both) {
  const Eigen::VectorXd truth = mobile.gradient(both.dear) - mobile.gradient(both.cheap);
  const Eigen::VectorXd predicted = delta.predict(mobile.gather(both.configuration.positions)).gradient;
  return (predicted - truth).norm() / std::max(truth.norm(), 1e-6);
}

double unsteadiness(const std::vector<double>& energies, int calls) {
  if (std::ssize(energies) < calls) return std::numeric_limits<double>::infinity();
  const auto [low, high] = std::minmax_element(energies.end() - calls, energies.end());
  return *high - *low;
}

Procedure<PriorRelaxed> relax_with_prior(Configuration start, Mask mask, RelaxOptions options, PriorOptions prior,
                                         std::vector<BothAnswers> known) {
  const Mobile mobile(mask, start.size());
  const Eigen::VectorXd origin = mobile.gather(start.positions);
  PriorRelaxed out;
  DeltaModel delta(start, mobile);
  auto asking_known = ask_prior_at(std::exchange(prior.known, {}));
  const std::vector<BothAnswers> before = co_await std::move(asking_known);
  for (const BothAnswers& both : before) learn(delta, mobile, both);
  for (const BothAnswers& both : known) learn(delta, mobile, both);
  auto first = ask_both(start, options.stage);
  BothAnswers best = co_await std::move(first);
  learn(delta, mobile, best);
  out.asked.push_back(best);
  std::vector<double> energies{best.dear.energy_ev};
  Trust trust;
  Relaxed& result = out.relaxed;
  int calls = 1, idle = 0;
  while (true) {
    const Eigen::VectorXd at = mobile.gather(best.configuration.positions);
    const Eigen::VectorXd gradient = mobile.gradient(best.dear);
    const double fmax = longest(gradient);
    co_yield Progress(options.stage, calls, fmax);
    if (trust.misled() || idle >= idle_allowed) {
      out.fell_back = true;
      options.max_steps = std::max(1, options.max_steps - calls);
      auto plain = relax(best.configuration, mask, options);
      result = co_await std::move(plain);
      calls += result.evaluations - 1;  // its first question is known
      break;
    }
    delta.fit(at);
    RelaxOptions inner = options;
    inner.fmax = std::max(0.2 * fmax, 0.2 * options.fmax);
    inner.max_steps = inner_calls;
    auto resting = rest_on_corrected(&best, &delta, &mobile, inner, trust.radius());
    const InnerRest rest = co_await std::move(resting);
    out.left_ev = rest.gain_ev;
    if (fmax <= options.fmax && unsteadiness(energies, prior.steady_calls) <= prior.steady_ev) break;
    if (calls >= options.max_steps || (prior.budget > 0 && calls >= prior.budget)) {
      result.reason = not_relaxed(calls, fmax, options.fmax, energies, prior);
      break;
    }
    Configuration next = rest.configuration;
    if (delta.nearest(mobile.gather(next.positions)) < same_place)
      next = mobile.place(start, at - gradient * std::min(1.0, restart_step / std::max(fmax, 1e-9)) * 0.5);
    auto asking = ask_both(next, options.stage);
    const BothAnswers both = co_await std::move(asking);
    ++calls;
    const double miss = miss_of(delta, mobile, both);
    learn(delta, mobile, both);
    out.asked.push_back(both);
    const bool worse = both.dear.energy_ev > best.dear.energy_ev + rise_allowed;
    trust.learn(miss, (best.dear.energy_ev - both.dear.energy_ev) / std::max(rest.gain_ev, rise_allowed));
    idle = both.dear.energy_ev < best.dear.energy_ev + rise_allowed ? 0 : idle + 1;
    energies.push_back(both.dear.energy_ev);
    if (!worse) best = both;
  }
  if (!out.fell_back) {
    result.configuration = best.configuration;
    result.evaluation = best.dear;
    result.ending = result.reason.empty() ? Ending::converged : Ending::not_converged;
    result.fmax = longest(mobile.gradient(best.dear));
    result.gradient_norm = ModelHessian(best.configuration, mobile).norm(mobile.gradient(best.dear));
  }
  result.drift = longest(mobile.gather(result.configuration.positions) - origin);
  result.evaluations = calls;
  co_return out;
}

Procedure<Relaxed> relax_by(std::optional<PriorOptions> prior, Configuration start, Mask mask, RelaxOptions options) {
  if (!prior) {
    auto plain = relax(std::move(start), std::move(mask), options);
    Relaxed relaxed = co_await std::move(plain);
    co_return relaxed;
  }
  auto helped = relax_with_prior(std::move(start), std::move(mask), options, *prior);
  PriorRelaxed relaxed = co_await std::move(helped);
  co_return std::move(relaxed.relaxed);
}

}  // namespace hopflow
