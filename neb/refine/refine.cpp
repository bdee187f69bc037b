// SPDX-License-Identifier: GPL-2.0-or-later
// Energies and forces on given images, and the band that goes on from them.
#include "neb/refine/refine.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "neb/band/springs.hpp"
#include "neb/band/tangent.hpp"
#include "neb/barrier/uncertainty.hpp"
#include "neb/core/lockstep.hpp"
#include "neb/core/mobile.hpp"
#include "neb/delta/prior_barrier.hpp"
#include "neb/profile/images.hpp"
#include "structures/core/error.hpp"

namespace hopflow {
namespace {

constexpr double typical_stiffness = 3;  // eV/A^2, of the modes a foreign engine's forces are mostly along

/// The force each image should have lost: across the path, whole at its ends.
std::vector<Eigen::VectorXd> left_over(const BarrierResult& path, const Mobile& mobile) {
  std::vector<Eigen::VectorXd> out;
  const std::size_t last = path.path.size() - 1;
  const auto x = [&](std::size_t i) { return mobile.gather(path.path[i].positions); };
  const auto e = [&](std::size_t i) { return path.answers[i].energy_ev; };
  for (std::size_t i = 0; i <= last; ++i) {
    const Eigen::VectorXd gradient = mobile.gradient(path.answers[i]);
    if (i == 0 || i == last) {
      out.push_back(gradient);
      continue;
    }
    const Eigen::VectorXd direction = tangent(x(i) - x(i - 1), x(i + 1) - x(i), {e(i - 1), e(i), e(i + 1)});
    out.push_back(across(gradient, direction));
  }
  return out;
}

BarrierResult judged(BarrierResult result, const Mobile& mobile) {
  const std::size_t top = highest_between_ends(result.answers);
  result.saddle_energy_ev = result.answers[top].energy_ev;
  result.forward_ev = result.saddle_energy_ev - result.answers.front().energy_ev;
  result.reverse_ev = result.saddle_energy_ev - result.answers.back().energy_ev;
  const std::vector<Eigen::VectorXd> left = left_over(result, mobile);
  for (const Eigen::VectorXd& gradient : left)
    result.fmax_ev_per_angstrom = std::max(result.fmax_ev_per_angstrom, longest(gradient));
  const auto gain = [&](std::size_t i) { return left[i].squaredNorm() / (2 * typical_stiffness); };
  const double ends = std::max(gain(0), gain(left.size() - 1));
  result.parts.push_back(
      numerical_part("residual_force", std::hypot(gain(top), ends),
                     fmt::format("g^2 / 2k of the highest image ({:.2g} eV) and the worse end ({:.2g} eV), which this "
                                 "engine has not relaxed; k = {} eV/A^2",
                                 gain(top), ends, typical_stiffness)));
  result.uncertainty_ev = quadrature(result.parts);
  if (result.fmax_ev_per_angstrom > foreign_force) {
    result.reason =
        fmt::format("path not valid for this engine: the largest force on it is {:.3g} eV/A, more than {} eV/A",
                    result.fmax_ev_per_angstrom, foreign_force);
  } else if (result.forward_ev < no_barrier || result.reverse_ev < no_barrier) {
    result.reason = "no maximum between the ends of this path for this engine, so there is no barrier to report";
  }
  result.ending = result.reason.empty() ? Ending::converged : Ending::not_converged;
  return result;
}

}  // namespace

Procedure<Refined> refine(BarrierResult given, Mask mask, RefineOptions options) {
  if (given.path.size() < 3) throw Error(Error::Kind::bad_input, "refine: the path has no image between its ends");
  const Mobile mobile(mask, given.path.front().size());
  Refined result;
  std::vector<Configuration> questions = given.path;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < questions.size(); ++i) names.push_back(fmt::format("image {}", i));
  co_yield Progress("re-evaluate", 0, 0);
  result.kept.path = given.path;
  result.kept.answers = co_await Ask(std::move(questions), std::move(names));
  result.kept.distance = given.distance;
  result.kept.evaluations = static_cast<int>(given.path.size());
  const std::size_t saddle = highest_between_ends(given.answers);
  result.linear_forward_ev = result.kept.answers[saddle].energy_ev - result.kept.answers.front().energy_ev;
  result.linear_reverse_ev = result.kept.answers[saddle].energy_ev - result.kept.answers.back().energy_ev;
  result.kept = judged(std::move(result.kept), mobile);
  if (options.path == RefinePath::keep) co_return result;

  if (options.prior) {
    std::vector<BothAnswers> known;
    for (std::size_t i = 0; i < given.path.size(); ++i)
      known.push_back({given.path[i], result.kept.answers[i], given.answers[i]});
    BarrierOptions going = options.barrier;
    going.via.assign(given.path.begin() + 1, given.path.end() - 1);
    going.relax_endpoints = true;
    auto finding =
        find_barrier_with_prior(given.path.front(), given.path.back(), mask, going, *options.prior, std::move(known));
    BarrierResult& found = result.converged.emplace();
    found = co_await std::move(finding);
    if (const std::string problem =
            options.ends_problem ? options.ends_problem(found.path.front(), found.path.back()) : "";
        !problem.empty()) {
      found.ending = Ending::not_converged;
      found.reason = problem;
    }
    co_return result;
  }
  RelaxOptions relaxing;
  relaxing.fmax = std::min(options.barrier.endpoint_fmax, options.barrier.fmax / 10);
  std::vector<Procedure<Relaxed>> relaxations;
  relaxing.stage = "relax initial";
  relaxations.push_back(relax(given.path.front(), mask, relaxing));
  relaxing.stage = "relax final";
  relaxations.push_back(relax(given.path.back(), mask, relaxing));
  auto both = in_lockstep(std::move(relaxations));
  const std::vector<Relaxed> ends = co_await std::move(both);
  BarrierResult& continued = result.converged.emplace();
  const int spent = ends[0].evaluations + ends[1].evaluations;
  if (options.ends_problem) continued.reason = options.ends_problem(ends[0].configuration, ends[1].configuration);
  for (const std::size_t k : {std::size_t{0}, std::size_t{1}}) {
    if (continued.reason.empty() && !ends[k].converged())
      continued.reason = fmt::format("the {} end: {}", k == 0 ? "initial" : "final", ends[k].reason);
  }
  if (continued.reason.empty()) {
    BarrierOptions going = options.barrier;
    going.relax_endpoints = false;
    going.via.assign(given.path.begin() + 1, given.path.end() - 1);
    going.via_answers.assign(result.kept.answers.begin() + 1, result.kept.answers.end() - 1);
    auto finding = find_barrier(ends[0].configuration, ends[1].configuration, mask, going);
    result.converged = co_await std::move(finding);
  }
  result.converged->evaluations += spent;
  result.converged->evaluations_endpoints += spent;
  co_return result;
}

UncertaintyPart engine_spread(std::span<const std::pair<double, double>> barriers,
                              std::span<const std::string> refused) {
  UncertaintyPart part;
  part.name = "engine_spread";
  if (barriers.size() > 1) {
    const auto half = [&](double std::pair<double, double>::*direction) {
      const auto [low, high] = std::ranges::minmax_element(barriers, {}, direction);
      return ((*high).*direction - (*low).*direction) / 2;
    };
    part.value_ev = std::max(half(&std::pair<double, double>::first), half(&std::pair<double, double>::second));
    part.note = fmt::format("half the range of the barriers {} engines give for this hop", barriers.size());
  } else {
    part.note = "not known: no other engine gave a number for this hop";
  }
  if (!refused.empty()) part.note += fmt::format("; no number from {}", fmt::join(refused, ", "));
  return part;
}

void add_part(BarrierResult& barrier, UncertaintyPart part) {
  barrier.parts.push_back(std::move(part));
  barrier.uncertainty_ev = quadrature(barrier.parts);
}

}  // namespace hopflow
