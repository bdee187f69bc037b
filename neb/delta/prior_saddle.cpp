// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/delta/prior_saddle.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/core.h>

#include "neb/core/model_hessian.hpp"
#include "neb/delta/corrected.hpp"
#include "neb/saddle/climb.hpp"

namespace hopflow {
namespace {

constexpr double same_question = 1e-3;       // A, scaled
constexpr double nudge = 0.02;               // A, where a climb would ask what is known
constexpr double plain_step = 0.05;          // A, where the climb on the corrected surface fails
constexpr double diverged_ev = 0.3;          // eV: a rise beyond the best point that is a step the wrong direction
constexpr double fall_below_asked_ev = 2.0;  // eV below what was asked: the model has left what it knows
constexpr double probe = 0.05;  // A, of the atom that moves most: along a mode that may be the model's alone
// In one search: more second modes are left as they are.
constexpr std::size_t most_probes = 6;

/// Second negative modes of prior + difference: a stiff bond that the difference has not learned looks like one. The
/// engine is asked a small step along each; one that the model still holds negative then is real and is left.
class SecondModes {
 public:
  /// The negative mode of a climb that is not followed, if the engine has not been asked along it.
  std::optional<Eigen::VectorXd> unasked(const Certificate& found) {
    real_ = false;
    if (found.negative < 2 || asked_.size() >= most_probes) return std::nullopt;
    for (const Mode& mode : found.modes) {
      if (mode.curvature > -flat_curvature) break;
      const auto along = [&](const Eigen::VectorXd& other) {
        return std::abs(mode.direction.normalized().dot(other.normalized())) > same_mode;
      };
      if (along(found.saddle.mode)) continue;
      real_ = std::ranges::any_of(asked_, along);
      if (real_) return std::nullopt;
      asked_.push_back(mode.direction);
      return mode.direction;
    }
    return std::nullopt;
  }
  bool real() const { return real_; }

 private:
  std::vector<Eigen::VectorXd> asked_;
  bool real_ = false;
};

/// Follows the mode on prior + difference; the place it comes to, no further than the radius.
/// @param leave  a second negative mode is followed down
Procedure<Configuration> climb_on_corrected(PriorSaddle* search, const DeltaModel* delta, const Mobile* mobile,
                                            double radius, double fmax, bool leave) {
  const Eigen::VectorXd here = mobile->gather(search->at.configuration.positions);
  Evaluation there = search->at.cheap;
  Corrected at(*mobile, delta);
  at.correct(search->at.configuration, there);
  // Not held to the radius: where the climb leads is the direction of a step that is.
  Corrected surface(*mobile, delta, std::numeric_limits<double>::infinity(), there.energy_ev - fall_below_asked_ev);
  CertificateOptions options;
  options.fmax = fmax;
  options.search_fmax = std::max(fmax, 0.05);
  options.polish_calls = 40;
  options.approach_calls = 60;
  options.push_calls = 60;
  options.pushes = leave ? 1 : 0;
  auto going = on_corrected(certify(search->at.configuration, there, *mobile, search->mode, options), &surface);
  OnCorrected<Certificate> done = co_await std::move(going);
  Eigen::VectorXd to = here;
  search->corrected = std::move(done.value);
  if (search->corrected) {
    const Saddle& saddle = search->corrected->saddle;
    to = mobile->gather(saddle.configuration.positions);
    search->left_ev = std::abs(saddle.evaluation.energy_ev - there.energy_ev);
    if (saddle.mode.size() == search->mode.size()) search->mode = saddle.mode;
  } else {
    // Uphill along the mode, downhill across it, as the corrected forces say.
    const Eigen::VectorXd gradient = mobile->gradient(there), along = search->mode.normalized();
    const Eigen::VectorXd step = gradient - 2 * along * along.dot(gradient);
    const Eigen::VectorXd soft = ModelHessian(search->at.configuration, *mobile).solve(step);  // bonds are stiff
    to = here - plain_step / std::max(longest(soft), 1e-9) * soft;
  }
  const double distance = delta->distance(here, to);
  if (distance > radius) to = here + (to - here) * (radius / distance);
  co_return mobile->place(search->at.configuration, to);
}

/// Whether a search ends without a saddle; says why.
bool gives_up(PriorSaddle& search, const PriorSaddleOptions& options, bool misled, int calls, double fmax,
              double range) {
  if (misled || calls >= options.max_calls) {
    search.misled = true;
    search.reason = fmt::format("no saddle in {} calls with the prior engine: {:.3g} eV/A left", calls, fmax);
    return true;
  }
  if (options.calls_left <= 0 || calls < options.calls_left) return false;
  search.reason = fmt::format("the budget of calls is spent: {:.3g} eV/A left at the saddle{}", fmax,
                              std::isfinite(range) ? fmt::format(", its energy within {:.2g} eV", range) : "");
  return true;
}

}  // namespace

Procedure<PriorSaddle> climb_with_prior(PriorSaddle search, DeltaModel* delta, const Mobile* mobile,
                                        PriorSaddleOptions options, PriorOptions prior) {
  Trust trust;
  SecondModes second;
  int calls = 0;
  while (true) {
    const Eigen::VectorXd here = mobile->gather(search.at.configuration.positions);
    const double fmax = longest(mobile->gradient(search.at.dear));
    const double range = unsteadiness(search.energies, prior.steady_calls);
    co_yield Progress("saddle", calls, fmax);
    delta->fit(here);
    const bool leave = second.real();
    auto climbing = climb_on_corrected(&search, delta, mobile, trust.radius(), std::max(0.01, 0.2 * fmax), leave);
    Configuration next = co_await std::move(climbing);
    const bool left = search.corrected && search.corrected->pushes > 0;
    const std::optional<Eigen::VectorXd> aside =
        search.corrected && !left ? second.unasked(*search.corrected) : std::nullopt;
    if (!left && (leave || !second.real()) && !aside && fmax <= options.fmax && range <= prior.steady_ev)
      co_return search;
    if (gives_up(search, options, trust.misled(), calls, fmax, range)) co_return search;
    if (aside) {
      auto probing = ask_both(mobile->place(search.at.configuration, here + probe / longest(*aside) * *aside), "mode");
      const BothAnswers both = co_await std::move(probing);
      ++calls;
      learn(*delta, *mobile, both);
      continue;
    }
    if (second.real() && !left && !leave) continue;
    Eigen::VectorXd x = mobile->gather(next.positions);
    if (delta->nearest(x) < same_question) {
      x += nudge / longest(search.mode) * search.mode;
      next = mobile->place(next, x);
    }
    const DeltaModel::Value predicted = delta->predict(x);
    const double before = mobile->gradient(search.at.dear).norm();
    auto asking = ask_both(next, "saddle");
    const BothAnswers both = co_await std::move(asking);
    ++calls;
    const double miss = miss_of(*delta, *mobile, both);
    learn(*delta, *mobile, both);
    search.miss_ev = std::abs(predicted.energy_ev - (both.dear.energy_ev - both.cheap.energy_ev));
    // Far from the saddle forces may grow for a while; near it a step that makes them larger is no progress.
    const double grown = fmax > 4 * options.fmax ? 2.0 : 1.3;
    const bool worse = (!left && longest(mobile->gradient(both.dear)) > grown * std::max(fmax, options.fmax)) ||
                       both.dear.energy_ev > search.at.dear.energy_ev + diverged_ev;
    // What is left of the force once the mode is followed, against what the climb had before it.
    const double wrong = (mobile->gradient(both.dear) - mobile->gradient(both.cheap) - predicted.gradient).norm();
    trust.learn(miss, worse ? -1 : 1 - wrong / std::max(before, 1e-6));
    if (worse) continue;
    search.energies.push_back(both.dear.energy_ev);
    // From a place whose force is small enough an engine's noise leads no further; energies next to it still count.
    if (!left && fmax <= options.fmax && longest(mobile->gradient(both.dear)) > options.fmax) continue;
    search.at = both;
  }
}

}  // namespace hopflow
