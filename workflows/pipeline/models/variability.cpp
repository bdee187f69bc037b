// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/models/variability.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <fmt/core.h>
#include <Eigen/Eigenvalues>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/core/json_input.hpp"
#include "workflows/pipeline/models/device_uncertainty.hpp"

namespace hopflow::pipeline {

namespace {

constexpr std::uint32_t device_purpose = 32, stuck_purpose = 40, cycle_purpose = 48, step_purpose = 52;

/// A cycle of a device as one index.
std::uint64_t place(std::uint64_t device, std::uint64_t cycle) { return device << 32 | (cycle & 0xffffffffU); }

}  // namespace

Population::Population(DeviceParameters mean, const Variability& v, std::uint64_t seed)
    : mean_{std::move(mean)}, variability_{v}, seed_{seed} {
  const auto refuse = [](const std::string& what) { throw Error{Error::Kind::bad_input, "variability: " + what}; };
  if (!(v.device.minCoeff() >= 0 && v.cycle_set_v >= 0 && v.cycle_step >= 0))
    refuse("a spread is negative; give standard deviations of 0 or more");
  if (!(v.stuck_fraction >= 0 && v.stuck_fraction <= 1 && v.stuck_on_share >= 0 && v.stuck_on_share <= 1))
    refuse("'stuck_fraction' and 'stuck_on_share' lie from 0 to 1");
  if (!v.correlation.isApprox(v.correlation.transpose(), 1e-12) || !v.correlation.diagonal().isOnes(1e-12))
    refuse("'correlation' must be symmetric with ones on its diagonal");
  const Eigen::SelfAdjointEigenSolver<decltype(factor_)> solved{v.correlation};
  if (solved.eigenvalues().minCoeff() < -1e-9)
    refuse(
        fmt::format("'correlation' has the eigenvalue {:.3g}; no population is correlated like that, bring the "
                    "off-diagonal numbers nearer to zero",
                    solved.eigenvalues().minCoeff()));
  factor_ = solved.eigenvectors() * solved.eigenvalues().cwiseMax(0).cwiseSqrt().asDiagonal() *
            solved.eigenvectors().transpose();
}

DrawnDevice Population::device(std::uint64_t index) const {
  Eigen::Matrix<double, varied_count, 1> z;
  for (Eigen::Index i = 0; i < varied_count; ++i)
    z[i] = normal_at(seed_, device_purpose + static_cast<std::uint32_t>(i), index);
  const Eigen::Matrix<double, varied_count, 1> shift = variability_.device.cwiseProduct(factor_ * z);
  DrawnDevice drawn{mean_};
  DeviceParameters& p = drawn.parameters;
  p.on_conductance_s *= std::pow(10.0, shift[0]);
  p.off_conductance_s = std::min(mean_.off_conductance_s * std::pow(10.0, shift[1]), p.on_conductance_s / 2);
  p.child_a_per_v2 *= p.off_conductance_s / mean_.off_conductance_s;
  p.set_threshold_v = std::max(0.0, p.set_threshold_v + shift[2]);
  p.reset_threshold_v = std::max(0.0, p.reset_threshold_v + shift[3]);
  p.barrier_ev = std::max(1e-6, p.barrier_ev + shift[4]);
  drawn.stuck = uniform_at(seed_, stuck_purpose, index) < variability_.stuck_fraction;
  drawn.stuck_state = uniform_at(seed_, stuck_purpose + 1, index) < variability_.stuck_on_share ? 1 : 0;
  return drawn;
}

DeviceParameters Population::in_cycle(const DrawnDevice& device, std::uint64_t index, std::uint64_t cycle) const {
  DeviceParameters p = device.parameters;
  if (variability_.cycle_set_v > 0) {
    p.set_threshold_v = std::max(
        0.0, p.set_threshold_v + variability_.cycle_set_v * normal_at(seed_, cycle_purpose, place(index, cycle)));
    p.reset_threshold_v = std::max(
        0.0, p.reset_threshold_v + variability_.cycle_set_v * normal_at(seed_, cycle_purpose + 1, place(index, cycle)));
  }
  return p;
}

double Population::noisy(double x, double after, std::uint64_t index, std::uint64_t cycle) const {
  if (variability_.cycle_step == 0) return after;
  // The mean step stays what it is.
  const double s = variability_.cycle_step;
  return std::clamp(x + (after - x) * std::exp(s * normal_at(seed_, step_purpose, place(index, cycle)) - s * s / 2),
                    0.0, 1.0);
}

Variability variability_from_json(const nlohmann::json& json, std::string_view where) {
  const InputReader reader{json, where};
  reader.allow_keys({"device", "correlation", "cycle_set_v", "cycle_step", "stuck_fraction", "stuck_on_share"});
  Variability v;
  if (const nlohmann::json* device = reader.find("device")) {
    const InputReader spreads{*device, fmt::format("{}: device", where)};
    spreads.allow_keys({varied.begin(), varied.end()});
    for (Eigen::Index i = 0; i < varied_count; ++i)
      v.device[i] = spreads.number_or(varied[static_cast<std::size_t>(i)], 0, 10, 0);
  }
  if (reader.find("correlation") != nullptr) {
    const nlohmann::json& rows = reader.array("correlation");
    const auto shape = fmt::format("must hold {0} rows of {0} numbers from -1 to 1", varied_count);
    if (rows.size() != varied.size()) reader.fail("correlation", shape);
    for (Eigen::Index i = 0; i < varied_count; ++i) {
      const nlohmann::json& row = rows[static_cast<std::size_t>(i)];
      if (!row.is_array() || row.size() != varied.size()) reader.fail("correlation", shape);
      for (Eigen::Index j = 0; j < varied_count; ++j) {
        const nlohmann::json& value = row[static_cast<std::size_t>(j)];
        if (!value.is_number() || !(std::abs(value.get<double>()) <= 1)) reader.fail("correlation", shape);
        v.correlation(i, j) = value.get<double>();
      }
    }
  }
  v.cycle_set_v = reader.number_or("cycle_set_v", 0, 10, 0);
  v.cycle_step = reader.number_or("cycle_step", 0, 10, 0);
  v.stuck_fraction = reader.number_or("stuck_fraction", 0, 1, 0);
  v.stuck_on_share = reader.number_or("stuck_on_share", 0, 1, 0.5);
  return v;
}

nlohmann::json to_json(const Variability& v) {
  nlohmann::json device, rows = nlohmann::json::array();
  for (Eigen::Index i = 0; i < varied_count; ++i) {
    device[std::string{varied[static_cast<std::size_t>(i)]}] = v.device[i];
    nlohmann::json row = nlohmann::json::array();
    for (Eigen::Index j = 0; j < varied_count; ++j) row.push_back(v.correlation(i, j));
    rows.push_back(std::move(row));
  }
  return {{"device", device},
          {"correlation", rows},
          {"cycle_set_v", v.cycle_set_v},
          {"cycle_step", v.cycle_step},
          {"stuck_fraction", v.stuck_fraction},
          {"stuck_on_share", v.stuck_on_share}};
}

}  // namespace hopflow::pipeline
