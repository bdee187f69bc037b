// SPDX-License-Identifier: GPL-2.0-or-later
// From two structures to a barrier.
#include "neb/barrier.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "neb/band.hpp"
#include "neb/interpolation.hpp"
#include "neb/lockstep.hpp"
#include "neb/mobile.hpp"
#include "structures/error.hpp"

namespace hopflow {
namespace {

void check(const BarrierOptions& options) {
  const auto refuse = [](const std::string& what) { throw Error(Error::Kind::bad_input, "neb: " + what); };
  if (options.images < 1) refuse(fmt::format("images is {}; at least 1 is needed between the endpoints", options.images));
  if (!(options.fmax > 0)) refuse(fmt::format("fmax is {}; it must be positive (eV/A)", options.fmax));
  if (!(options.endpoint_fmax > 0)) {
    refuse(fmt::format("endpoint_fmax is {}; it must be positive (eV/A)", options.endpoint_fmax));
  }
}

std::vector<double> lengths_along(const std::vector<Configuration>& path) {
  std::vector<double> distance{0.0};
  for (std::size_t i = 1; i < path.size(); ++i) {
    distance.push_back(distance.back() + (path[i].positions - path[i - 1].positions).norm());
  }
  return distance;
}

}  // namespace

Procedure<BarrierResult> find_barrier(Configuration initial, Configuration final, Mask mask, BarrierOptions options) {
  check(options);
  const Mobile mobile(mask, initial.size());
  BarrierResult result;

  RelaxOptions relaxing;
  relaxing.fmax = std::min(options.endpoint_fmax, options.fmax / 5);
  if (!options.relax_endpoints) relaxing.max_steps = 1;
  std::vector<Procedure<Relaxed>> relaxations;
  const Configuration start = aligned(initial, final, mobile);
  relaxing.stage = "relax initial";
  relaxations.push_back(relax(initial, mask, relaxing));
  relaxing.stage = "relax final";
  relaxations.push_back(relax(start, mask, relaxing));
  auto both = in_lockstep(std::move(relaxations));
  std::vector<Relaxed> ends = co_await std::move(both);
  result.evaluations_endpoints = ends[0].evaluations + ends[1].evaluations;

  const Configuration last = aligned(ends[0].configuration, ends[1].configuration, mobile);
  Path path;
  path.images = first_path(ends[0].configuration, last, mobile, options.images);
  path.answers.resize(path.images.size());
  path.answers.front() = ends[0].evaluation;
  path.answers.back() = ends[1].evaluation;

  BandOptions banding;
  banding.climb = options.climb;
  banding.fmax = options.fmax;
  banding.max_rounds = options.max_rounds;
  banding.steady_ev = options.steady_ev;
  banding.steady_rounds = options.steady_rounds;
  auto banded = converge_band(std::move(path), mobile, banding);
  Band band = co_await std::move(banded);

  result.evaluations_band = band.evaluations_climb;
  result.evaluations = result.evaluations_endpoints + band.evaluations;
  result.path = std::move(band.path.images);
  result.answers = std::move(band.path.answers);
  result.distance = lengths_along(result.path);
  result.saddle_energy_ev = result.answers[static_cast<std::size_t>(band.highest)].energy_ev;
  result.forward_ev = result.saddle_energy_ev - result.answers.front().energy_ev;
  result.reverse_ev = result.saddle_energy_ev - result.answers.back().energy_ev;
  result.fmax_ev_per_angstrom = band.fmax;
  result.converged = band.converged && ends[0].converged && ends[1].converged;
  result.reason = band.reason;
  co_return result;
}

}  // namespace hopflow
