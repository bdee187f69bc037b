// SPDX-License-Identifier: GPL-2.0-or-later
// Modes, push-off, polish and the final count.
#include "neb/saddle/certificate.hpp"

#include <algorithm>
#include <cmath>

namespace hopflow {
namespace {

constexpr double probe = 0.01;      // A
constexpr double far_probe = 0.05;  // A: a step of the energy, the same at any distance, counts 25 times less there
constexpr double bend_share = 0.05, above_noise = 10;
constexpr double wandered = 0.25;  // A: the modes found at the start of a polish do not hold this far away

/// The mode to climb along: of the negative ones the nearest to the path's direction, else the lowest that shares it.
std::size_t mode_of_path(const std::vector<Mode>& modes, const Eigen::VectorXd& tangent) {
  std::size_t best = 0;
  double overlap = -1;
  for (std::size_t i = 0; i < modes.size(); ++i) {
    if (i > 0 && modes[i].curvature > -flat_curvature) break;
    const double here = std::abs(modes[i].direction.dot(tangent));
    if (here > overlap) {
      overlap = here;
      best = i;
    }
  }
  return best;
}

}  // namespace

bool Certificate::bends_alike() const {
  const double off = std::abs(bend_mismatch_ev);
  return off <= bend_share * std::abs(bend_ev) || off <= above_noise * noise_ev;
}

Procedure<Certificate> certify(Configuration at, Evaluation there, Mobile mobile, Eigen::VectorXd tangent,
                               CertificateOptions options) {
  Certificate result;
  ModesOptions searching;
  searching.max_calls = options.modes_calls;
  std::vector<Eigen::VectorXd> guesses{tangent};
  // Two of them are left at once: how low they reach is of no use there.
  ModesOptions first = searching;
  if (options.pushes > 0) first.enough = 2;
  auto search = lowest_modes(at, there, mobile, guesses, first);
  Modes modes = co_await std::move(search);
  result.evaluations += modes.evaluations;
  result.first_negative = modes.negative;
  const double first_energy = there.energy_ev;
  bool pushed_before_polish = false;

  while (true) {
    const std::size_t climbing = mode_of_path(modes.lowest, tangent);
    // A tangent resolved better than any mode is the better guess: the search may not have been settled.
    const Eigen::VectorXd follow = modes.lowest[climbing].direction;
    SaddleOptions polishing;
    polishing.fmax = options.fmax;
    polishing.mark_fmax = options.search_fmax;
    polishing.max_calls = options.polish_calls;
    polishing.calls_to_mark = options.approach_calls;
    polishing.keep_best = true;
    Configuration from = at;
    Evaluation from_answer = there;
    if (modes.negative >= 2 && result.pushes < options.pushes) {
      const std::size_t other = climbing == 0 ? 1 : 0;
      const Eigen::VectorXd aside = modes.lowest[other].direction;
      const Eigen::VectorXd x = mobile.gather(at.positions) + options.push / longest(aside) * aside;
      from = mobile.place(at, x);
      std::vector<Configuration> question{from};
      std::vector<std::string> names{"push off"};
      std::vector<Evaluation> answer = co_await Ask(std::move(question), std::move(names));
      result.evaluations += calls_of(answer);
      from_answer = std::move(answer.front());
      ++result.pushes;
      polishing.max_calls = options.push_calls;
      polishing.keep_best = false;  // the least force would be back where it was pushed off
      polishing.stage = "push off";
      pushed_before_polish = true;
    }
    auto polish = follow_mode(from, from_answer, mobile, modes, follow, polishing);
    result.saddle = co_await std::move(polish);
    result.evaluations += result.saddle.evaluations;
    result.evaluations_search += result.saddle.evaluations_to_mark;
    at = result.saddle.configuration;
    there = result.saddle.evaluation;

    // Modes found where the saddle was sought, or found anew where those do not hold, and once more where none of them
    // curves down at the saddle: the way to it may have turned the one followed into another.
    bool anew = pushed_before_polish || result.saddle.drift > wandered;
    pushed_before_polish = false;
    for (bool last = anew;; last = anew = true) {
      if (anew) {
        std::vector<Eigen::VectorXd> again{result.saddle.mode};
        for (const Mode& mode : modes.lowest) {
          if (again.size() < 3) again.push_back(mode.direction);
        }
        auto second = lowest_modes(at, there, mobile, again, searching);
        modes = co_await std::move(second);
        result.evaluations += modes.evaluations;
        tangent = result.saddle.mode;
        if (modes.negative >= 2 && result.pushes < options.pushes) break;
      } else {
        modes.lowest[mode_of_path(modes.lowest, result.saddle.mode)].direction = with_fixed_sign(result.saddle.mode);
      }
      // A mode's curvature here is measured, not carried over.
      std::vector<Eigen::VectorXd> decisive;
      for (const Mode& mode : modes.lowest) {
        if (decisive.size() < 2 || (mode.curvature < flat_curvature && decisive.size() < 3)) {
          decisive.push_back(mode.direction);
        }
      }
      auto measuring = curvatures_along(at, there, mobile, decisive, probe);
      const std::vector<Curvature> measured = co_await std::move(measuring);
      const std::size_t path_mode = mode_of_path(modes.lowest, tangent);
      modes.negative = 0;
      result.bend_ev = result.bend_mismatch_ev = result.noise_ev = 0;
      for (std::size_t i = 0; i < measured.size(); ++i) {
        result.evaluations += measured[i].evaluations;
        result.noise_ev = std::max(result.noise_ev, std::abs(measured[i].mismatch_ev));
        if (std::abs(measured[i].bend_ev) > std::abs(result.bend_ev)) {
          result.bend_ev = measured[i].bend_ev;
          result.bend_mismatch_ev = measured[i].bend_mismatch_ev;
          result.bend_along = decisive[i];
        }
        modes.lowest[i].curvature = measured[i].curvature;
        modes.lowest[i].residual = (measured[i].product - measured[i].curvature * decisive[i]).norm();
        if (measured[i].curvature < -flat_curvature) ++modes.negative;
      }
      const std::size_t shown = std::min(path_mode, measured.size() - 1);
      result.mismatch_ev = measured[shown].mismatch_ev;
      result.span = measured[shown].span;
      if (modes.negative > 0 || last || result.saddle.fmax > options.search_fmax) break;
    }
    if (modes.negative >= 2 && result.pushes < options.pushes) continue;
    break;
  }
  if (!result.bends_alike()) {
    // Forces of the wrong size, or a step of the energy: only the former shows at a longer distance too.
    std::vector<Eigen::VectorXd> stiffest{result.bend_along};
    auto measuring = curvatures_along(at, there, mobile, std::move(stiffest), far_probe);
    const std::vector<Curvature> again = co_await std::move(measuring);
    result.evaluations += again.front().evaluations;
    const double near_mismatch = std::abs(result.bend_mismatch_ev);
    result.bend_ev = again.front().bend_ev;
    result.bend_mismatch_ev = again.front().bend_mismatch_ev;
    if (result.bends_alike()) result.jump_ev = near_mismatch;
  }
  result.modes = modes.lowest;
  result.basis = std::move(modes.basis);
  result.products = std::move(modes.products);
  result.negative = modes.negative;
  result.settled = modes.settled;
  result.higher_ev = result.pushes > 0 ? first_energy - there.energy_ev : 0;
  co_return result;
}

}  // namespace hopflow
