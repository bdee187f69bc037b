// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/descent/kick.hpp"

#include <fmt/format.h>

#include "neb/core/mobile.hpp"
#include "neb/core/optimizer.hpp"
#include "neb/modes/modes.hpp"

namespace hopflow {
namespace {

constexpr int kicks_allowed = 6;     // modes followed down one after the other
constexpr double kick_length = 0.1;  // A, of the atom that moves most

}  // namespace

Procedure<Relaxed> relax_to_minimum(Configuration start, Mask mask, RelaxOptions options) {
  const Mobile mobile(mask, start.size());
  const Eigen::VectorXd origin = mobile.gather(start.positions);
  ModesOptions searching;
  searching.enough = 1;
  searching.stage = options.stage + ": modes";
  int evaluations = 0;
  Configuration from = start;
  for (int kicks = 0;; ++kicks) {
    auto relaxing = relax(from, mask, options);
    Relaxed relaxed = co_await std::move(relaxing);
    evaluations += relaxed.evaluations;
    relaxed.evaluations = evaluations;
    relaxed.drift = longest(mobile.gather(relaxed.configuration.positions) - origin);
    if (!relaxed.converged()) co_return relaxed;
    std::vector<Eigen::VectorXd> guesses{Eigen::VectorXd::Ones(3 * mobile.count())};
    auto search = lowest_modes(relaxed.configuration, relaxed.evaluation, mobile, std::move(guesses), searching);
    const Modes modes = co_await std::move(search);
    evaluations += modes.evaluations;
    relaxed.evaluations = evaluations;
    if (modes.negative == 0) co_return relaxed;
    const Mode& lowest = modes.lowest.front();
    if (kicks == kicks_allowed) {
      relaxed.ending = Ending::not_converged;
      relaxed.reason = fmt::format(
          "not a minimum: after following {} modes down it still has one of {:.2g} eV/A^2; this engine may have no "
          "minimum near this structure",
          kicks, lowest.curvature);
      co_return relaxed;
    }
    const Eigen::VectorXd step = kick_length / longest(lowest.direction) * lowest.direction;
    from = mobile.place(relaxed.configuration, mobile.gather(relaxed.configuration.positions) + step);
  }
}

}  // namespace hopflow
