// SPDX-License-Identifier: GPL-2.0-or-later
// Modes at the guess, the climb, the certificate, both sides.
#include "neb/single/find_saddle.hpp"

#include <fmt/format.h>

#include "neb/core/lockstep.hpp"
#include "neb/core/mobile.hpp"
#include "neb/modes/modes.hpp"
#include "neb/pathway/counted.hpp"
#include "neb/saddle/searches.hpp"

namespace hopflow {
namespace {

constexpr int modes_calls = 12;      // at the guess
constexpr double off_saddle = 0.1;   // A, of the atom that moves most
constexpr double same_place = 0.15;  // A: minima nearer than this are one

/// The climb from the guess.
Procedure<Saddle> climb(Configuration guess, Evaluation there, Mobile mobile, SaddleSearchOptions options) {
  ModesOptions searching;
  searching.enough = 1;
  searching.max_calls = modes_calls;
  searching.stage = options.stage + ": modes";
  const bool stated = options.direction.size() > 0;
  std::vector<Eigen::VectorXd> guesses{stated ? options.direction : Eigen::VectorXd::Ones(3 * mobile.count())};
  auto search = lowest_modes(guess, there, mobile, std::move(guesses), searching);
  const Modes modes = co_await std::move(search);
  SaddleOptions climbing;
  climbing.fmax = options.fmax;
  climbing.mark_fmax = options.fmax;
  climbing.max_calls = options.max_calls;
  climbing.max_rise = 20;
  climbing.stage = options.stage;
  const Eigen::VectorXd follow = stated ? options.direction.normalized() : modes.lowest.front().direction;
  auto polish = search_saddle(guess, there, mobile, modes, follow, climbing);
  Saddle saddle = co_await std::move(polish);
  saddle.evaluations += modes.evaluations;
  co_return saddle;
}

Procedure<std::vector<Relaxed>> both_sides(Saddle saddle, Mobile mobile, double fmax, std::string stage) {
  RelaxOptions relaxing;
  relaxing.fmax = fmax;
  relaxing.stage = stage + ": relax to its sides";
  std::vector<Procedure<Relaxed>> relaxations;
  const Eigen::VectorXd x = mobile.gather(saddle.configuration.positions);
  for (const double side : {-1.0, 1.0}) {
    const Eigen::VectorXd from = x + side * off_saddle / longest(saddle.mode) * saddle.mode;
    relaxations.push_back(relax(mobile.place(saddle.configuration, from), mobile.mask(), relaxing));
  }
  auto side_by_side = in_lockstep(std::move(relaxations));
  std::vector<Relaxed> found = co_await std::move(side_by_side);
  co_return found;
}

/// find_saddle(), its cost uncounted.
Procedure<FoundSaddle> search(Configuration guess, Mask mask, SaddleSearchOptions options) {
  const Mobile mobile(mask, guess.size());
  FoundSaddle result;
  std::vector<Configuration> question{guess};
  std::vector<std::string> names{options.stage};
  std::vector<Evaluation> answer = co_await Ask(std::move(question), names);
  auto climbing = climb(std::move(guess), std::move(answer.front()), mobile, options);
  Saddle near = co_await std::move(climbing);
  result.evaluations_search = 1 + near.evaluations;
  CertificateOptions certifying;
  certifying.fmax = std::min(1e-3, options.fmax / 10);
  certifying.search_fmax = options.fmax;
  auto certificate = certify(near.configuration, near.evaluation, mobile, near.mode, certifying);
  result.certificate = co_await std::move(certificate);
  const Saddle& saddle = result.certificate.saddle;
  if (saddle.fmax > options.fmax) {
    result.reason = fmt::format("the search ended with a largest force of {:.3g} eV/A, requested {:.3g}", saddle.fmax,
                                options.fmax);
    co_return result;
  }
  if (result.certificate.negative != 1) {
    result.reason =
        fmt::format("the point found has {} negative modes: not a saddle of first order", result.certificate.negative);
    co_return result;
  }
  result.ending = Ending::converged;
  if (!options.follow) co_return result;
  auto following = both_sides(saddle, mobile, options.fmax, options.stage);
  result.minima = co_await std::move(following);
  for (const Relaxed& minimum : result.minima) {
    if (minimum.converged()) continue;
    result.ending = Ending::converged_check_failed;
    result.reason = "a minimum it leads to could not be relaxed: " + minimum.reason;
  }
  const auto place = [&](std::size_t k) { return mobile.gather(result.minima[k].configuration.positions); };
  if (longest(place(0) - place(1)) < same_place) {
    result.ending = Ending::converged_check_failed;
    result.reason = "both sides lead to one minimum";
  }
  co_return result;
}

}  // namespace

std::array<double, 2> FoundSaddle::barriers_ev() const {
  std::array<double, 2> out{};
  for (std::size_t k = 0; k < minima.size() && k < 2; ++k) out[k] = energy_ev() - minima[k].evaluation.energy_ev;
  return out;
}

Procedure<FoundSaddle> find_saddle(Configuration guess, Mask mobile, SaddleSearchOptions options) {
  auto searching = counted(search(std::move(guess), std::move(mobile), std::move(options)));
  Counted<FoundSaddle> found = co_await std::move(searching);
  found.value.evaluations = found.calls;
  co_return std::move(found.value);
}

}  // namespace hopflow
