// SPDX-License-Identifier: GPL-2.0-or-later
// Modes, push-off, polish and the final count.
#include "neb/saddle/certificate.hpp"

#include <algorithm>
#include <cmath>

#include "neb/saddle/searches.hpp"

namespace hopflow {
namespace {

/// What certify() decides by, besides its options.
struct CertificateThresholds {
  double probe = 0.01;       ///< A, for curvatures on both sides of the saddle
  double far_probe = 0.05;   ///< A: a step of the energy, the same at any distance, counts 25 times less there
  double bend_share = 0.05;  ///< of the curvature: energies that disagree with forces by less are believed
  double above_noise = 10;   ///< times the engine's noise: likewise
  double wandered = 0.25;    ///< A: the modes found at the start of a polish do not hold this far away
  std::size_t guesses = 3;   ///< directions that a second search of modes starts from
  std::size_t measured = 2, measured_negative = 3;  ///< modes whose curvature is measured; and with negative ones
};
constexpr CertificateThresholds certificate_limits;

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

/// The search for one saddle of first order: its state, and its steps.
class Certifying {
 public:
  Certifying(Configuration at, Evaluation there, Mobile mobile, Eigen::VectorXd tangent, CertificateOptions options)
      : at_{std::move(at)},
        there_{std::move(there)},
        mobile_{std::move(mobile)},
        tangent_{std::move(tangent)},
        options_{std::move(options)} {
    searching_.max_calls = options_.modes_calls;
  }

  Procedure<Certificate> run();

 private:
  bool to_be_left() const { return modes_.negative >= 2 && result_.pushes < options_.pushes; }
  SaddleOptions polishing() const;
  Procedure<Saddle> polish();
  Procedure<Saddle> push_off();
  Procedure<Saddle> climb_on(Configuration from, Evaluation answer, Eigen::VectorXd follow);
  void take(Saddle saddle);
  Procedure<int> count_modes(bool moved);
  Procedure<Modes> modes_again();
  Procedure<int> measure();
  void judge(const std::vector<Curvature>& measured, const std::vector<Eigen::VectorXd>& directions);
  void judge_bend(const Curvature& far);

  Configuration at_;
  Evaluation there_;
  Mobile mobile_;
  Eigen::VectorXd tangent_;
  CertificateOptions options_;
  ModesOptions searching_;
  Modes modes_;
  Certificate result_;
};

Procedure<Certificate> Certifying::run() {
  const int before = co_await CallsSoFar();
  const double first_energy = there_.energy_ev;
  ModesOptions first = searching_;
  // Two of them are left at once: how low they reach is of no use there.
  if (options_.pushes > 0) first.enough = 2;
  std::vector<Eigen::VectorXd> guesses{tangent_};
  auto searching = lowest_modes(at_, there_, mobile_, std::move(guesses), first);
  modes_ = co_await std::move(searching);
  result_.first_negative = modes_.negative;
  bool again = true;
  int restarts = options_.restarts;
  while (again) {
    const bool pushed = to_be_left();
    auto climbing = pushed ? push_off() : polish();
    take(co_await std::move(climbing));
    const bool fell = result_.saddle.fell && result_.pushes < options_.pushes;
    if (fell) {
      result_.first_negative = std::max(result_.first_negative, 2);
      ++result_.pushes;
      auto going_on = climb_on(at_, there_, result_.saddle.mode);
      take(co_await std::move(going_on));
    }
    auto counting = count_modes(pushed || fell || result_.saddle.drift > certificate_limits.wandered);
    co_await std::move(counting);
    again = to_be_left();
    const double left = result_.saddle.fmax / options_.search_fmax;
    if (again || left <= 1 || left > 2 || restarts-- == 0) continue;
    auto looking = modes_again();
    modes_ = co_await std::move(looking);
    tangent_ = result_.saddle.mode;
    again = true;
  }
  if (!result_.bends_alike()) {
    std::vector<Eigen::VectorXd> stiffest{result_.bend_along};
    auto measuring = curvatures_along(at_, there_, mobile_, std::move(stiffest), certificate_limits.far_probe);
    const std::vector<Curvature> far = co_await std::move(measuring);
    judge_bend(far.front());
  }
  result_.modes = modes_.lowest;
  result_.basis = std::move(modes_.basis);
  result_.products = std::move(modes_.products);
  result_.negative = modes_.negative;
  result_.sure = modes_.sure;
  result_.higher_ev = result_.pushes > 0 ? first_energy - there_.energy_ev : 0;
  result_.evaluations = co_await CallsSoFar() - before;
  co_return std::move(result_);
}

SaddleOptions Certifying::polishing() const {
  SaddleOptions polishing;
  polishing.fmax = options_.fmax;
  polishing.mark_fmax = options_.search_fmax;
  polishing.max_calls = options_.polish_calls;
  polishing.calls_to_mark = options_.approach_calls;
  polishing.keep_best = true;
  polishing.search = options_.search;
  return polishing;
}

Procedure<Saddle> Certifying::polish() {
  // A tangent resolved better than any mode is the better guess: the search may have ended before it was sure.
  const Eigen::VectorXd follow = modes_.lowest[mode_of_path(modes_.lowest, tangent_)].direction;
  auto polish = search_saddle(at_, there_, mobile_, modes_, follow, polishing());
  Saddle saddle = co_await std::move(polish);
  co_return saddle;
}

/// Down from a saddle of higher order, along the negative mode that is not climbed, and to the next saddle.
Procedure<Saddle> Certifying::push_off() {
  const std::size_t climbing = mode_of_path(modes_.lowest, tangent_);
  const Eigen::VectorXd follow = modes_.lowest[climbing].direction;
  const Eigen::VectorXd aside = modes_.lowest[climbing == 0 ? 1 : 0].direction;
  const Eigen::VectorXd x = mobile_.gather(at_.positions) + options_.push / longest(aside) * aside;
  const Configuration from = mobile_.place(at_, x);
  std::vector<Configuration> question{from};
  std::vector<std::string> names{"push off"};
  std::vector<Evaluation> answer = co_await Ask(std::move(question), std::move(names));
  ++result_.pushes;
  auto climbing_on = climb_on(from, std::move(answer.front()), follow);
  Saddle saddle = co_await std::move(climbing_on);
  co_return saddle;
}

/// To the next saddle, from where a point of higher order was left.
Procedure<Saddle> Certifying::climb_on(Configuration from, Evaluation answer, Eigen::VectorXd follow) {
  SaddleOptions pushing = polishing();
  pushing.max_calls = options_.push_calls;
  pushing.keep_best = false;  // the least force would be back where it was pushed off
  pushing.stage = "push off";
  auto polish = search_saddle(std::move(from), std::move(answer), mobile_, modes_, std::move(follow), pushing);
  Saddle saddle = co_await std::move(polish);
  co_return saddle;
}

void Certifying::take(Saddle saddle) {
  result_.saddle = std::move(saddle);
  result_.evaluations_search += result_.saddle.evaluations_to_mark;
  at_ = result_.saddle.configuration;
  there_ = result_.saddle.evaluation;
}

/// Modes found where the search began hold near there; elsewhere they are found again, and also where none of them
/// curves down at the saddle: the search may have turned the one followed into another.
/// @param moved  the saddle is not near there
Procedure<int> Certifying::count_modes(bool moved) {
  if (!moved) {
    modes_.lowest[mode_of_path(modes_.lowest, result_.saddle.mode)].direction = with_fixed_sign(result_.saddle.mode);
    auto measuring = measure();
    co_await std::move(measuring);
    if (modes_.negative > 0 || result_.saddle.fmax > options_.search_fmax) co_return modes_.negative;
  }
  auto searching = modes_again();
  modes_ = co_await std::move(searching);
  tangent_ = result_.saddle.mode;
  if (!to_be_left()) {
    auto measuring = measure();
    co_await std::move(measuring);
  }
  co_return modes_.negative;
}

Procedure<Modes> Certifying::modes_again() {
  std::vector<Eigen::VectorXd> guesses{result_.saddle.mode};
  for (const Mode& mode : modes_.lowest)
    if (guesses.size() < certificate_limits.guesses) guesses.push_back(mode.direction);
  auto searching = lowest_modes(at_, there_, mobile_, std::move(guesses), searching_);
  Modes modes = co_await std::move(searching);
  co_return modes;
}

/// A mode's curvature at the saddle is measured, not carried over. @return how many are negative
Procedure<int> Certifying::measure() {
  std::vector<Eigen::VectorXd> decisive;
  for (const Mode& mode : modes_.lowest) {
    const bool may_be_negative =
        mode.curvature < flat_curvature && decisive.size() < certificate_limits.measured_negative;
    if (decisive.size() < certificate_limits.measured || may_be_negative) decisive.push_back(mode.direction);
  }
  auto measuring = curvatures_along(at_, there_, mobile_, decisive, certificate_limits.probe);
  const std::vector<Curvature> measured = co_await std::move(measuring);
  judge(measured, decisive);
  co_return modes_.negative;
}

void Certifying::judge(const std::vector<Curvature>& measured, const std::vector<Eigen::VectorXd>& directions) {
  const std::size_t path_mode = mode_of_path(modes_.lowest, tangent_);
  modes_.negative = 0;
  result_.bend_ev = result_.bend_mismatch_ev = result_.noise_ev = 0;
  for (std::size_t i = 0; i < measured.size(); ++i) {
    const Curvature& here = measured[i];
    result_.noise_ev = std::max(result_.noise_ev, std::abs(here.mismatch_ev));
    if (std::abs(here.bend_ev) > std::abs(result_.bend_ev)) {
      result_.bend_ev = here.bend_ev;
      result_.bend_mismatch_ev = here.bend_mismatch_ev;
      result_.bend_along = directions[i];
    }
    modes_.lowest[i].curvature = here.curvature;
    modes_.lowest[i].residual = (here.product - here.curvature * directions[i]).norm();
    if (here.curvature < -flat_curvature) ++modes_.negative;
  }
  const Curvature& shown = measured[std::min(path_mode, measured.size() - 1)];
  result_.mismatch_ev = shown.mismatch_ev;
  result_.span = shown.span;
}

/// Forces of the wrong size, or a step of the energy: only the former shows at a longer distance too.
void Certifying::judge_bend(const Curvature& far) {
  const double near_mismatch = std::abs(result_.bend_mismatch_ev);
  result_.bend_ev = far.bend_ev;
  result_.bend_mismatch_ev = far.bend_mismatch_ev;
  if (result_.bends_alike()) result_.jump_ev = near_mismatch;
}

}  // namespace

bool Certificate::bends_alike() const {
  const double off = std::abs(bend_mismatch_ev);
  return off <= certificate_limits.bend_share * std::abs(bend_ev) || off <= certificate_limits.above_noise * noise_ev;
}

Procedure<Certificate> certify(Configuration at, Evaluation there, Mobile mobile, Eigen::VectorXd tangent,
                               CertificateOptions options) {
  Certifying search(std::move(at), std::move(there), std::move(mobile), std::move(tangent), std::move(options));
  auto running = search.run();
  Certificate certificate = co_await std::move(running);
  co_return certificate;
}

}  // namespace hopflow
