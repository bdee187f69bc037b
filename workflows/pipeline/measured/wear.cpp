// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/measured/wear.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <ceres/ceres.h>
#include <fmt/core.h>
#include <Eigen/Dense>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/students_t.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

namespace {

struct Point {
  double cycles, log_ratio;
};

/// ln W0 - (N / Nc)^b at ln W0, ln Nc, ln b.
template <class T>
T law_at(const T* p, double cycles) {
  using std::exp;
  return p[0] - exp(exp(p[2]) * (std::log(cycles) - p[1]));
}

struct Miss {
  Point point;
  template <class T>
  bool operator()(const T* p, T* miss) const {
    *miss = law_at(p, point.cycles) - point.log_ratio;
    return true;
  }
};

double squares(const std::array<double, 3>& p, const std::vector<Point>& points) {
  double sum = 0;
  for (const Point& each : points) sum += std::pow(law_at(p.data(), each.cycles) - each.log_ratio, 2);
  return sum;
}

/// ln W0 that suits a shape best.
void best_level(std::array<double, 3>& p, const std::vector<Point>& points) {
  p[0] = 0;
  double sum = 0;
  for (const Point& each : points) sum += each.log_ratio - law_at(p.data(), each.cycles);
  p[0] = sum / static_cast<double>(points.size());
}

std::array<double, 3> start_of(const std::vector<Point>& points, double last) {
  std::array<double, 3> best{};
  double least = INFINITY;
  for (const double b : {0.2, 0.4, 0.7, 1.0, 1.5, 2.5}) {
    for (double share = 1e-6; share < 1e3; share *= 3) {
      std::array<double, 3> trial{0, std::log(last * share), std::log(b)};
      best_level(trial, points);
      if (const double sum = squares(trial, points); sum < least) least = sum, best = trial;
    }
  }
  return best;
}

/// What multiplies a standard error so that 1.645 of it hold 90 % for so few degrees of freedom.
double widened(double freedom) {
  return boost::math::quantile(boost::math::students_t{freedom}, 0.95) / 1.6448536269514722;
}

/// One device's law; its scatter. No law where a constant ratio explains the points as well (F test, 1 %).
struct DeviceWear {
  std::optional<std::array<double, 3>> p;
  Eigen::Matrix3d covariance = Eigen::Matrix3d::Zero();
  double scatter = 0, last_cycles = 0, last_ratio = 0;
};

DeviceWear device_wear(const std::vector<Point>& points) {
  DeviceWear out{.last_cycles = points.back().cycles};
  const std::size_t tail = std::max<std::size_t>(1, points.size() / 10);
  double mean = 0, end = 0;
  for (const Point& each : points) mean += each.log_ratio / static_cast<double>(points.size());
  for (std::size_t k = points.size() - tail; k < points.size(); ++k)
    end += points[k].log_ratio / static_cast<double>(tail);
  out.last_ratio = std::exp(end);
  double constant = 0;
  for (const Point& each : points) constant += std::pow(each.log_ratio - mean, 2);
  const double freedom = static_cast<double>(points.size()) - 3;
  out.scatter = std::sqrt(constant / std::max(1.0, freedom + 2));
  if (freedom < 1) return out;
  std::array<double, 3> p = start_of(points, points.back().cycles);
  ceres::Problem problem;
  for (const Point& each : points)
    problem.AddResidualBlock(new ceres::AutoDiffCostFunction<Miss, 1, 3>(new Miss{each}), nullptr, p.data());
  ceres::Solver::Options options;
  options.logging_type = ceres::SILENT;
  options.linear_solver_type = ceres::DENSE_QR;
  options.max_num_iterations = 200;
  options.function_tolerance = 1e-14;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);
  const double sum = squares(p, points);
  if (!std::isfinite(sum)) return out;
  if (sum > 0) {
    const double f = (constant - sum) / 2 / (sum / freedom);
    if (!(f > boost::math::quantile(boost::math::fisher_f{2, freedom}, 0.99))) return out;
  } else if (!(constant > 0)) {
    return out;
  }
  Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
  for (const Point& each : points) {
    const double power = std::exp(std::exp(p[2]) * (std::log(each.cycles) - p[1]));
    const Eigen::Vector3d slope{1, power * std::exp(p[2]), -power * std::exp(p[2]) * (std::log(each.cycles) - p[1])};
    normal += slope * slope.transpose();
  }
  const double wide = widened(freedom);
  out.scatter = std::sqrt(sum / freedom);
  out.covariance = normal.completeOrthogonalDecomposition().pseudoInverse() * (sum / freedom) * wide * wide;
  out.p = p;
  return out;
}

/// ln(on/off) of every row.
std::vector<double> log_ratios(const MeasuredTable& table) {
  std::vector<double> out;
  const auto take = [&](std::size_t k, double ratio) {
    if (!(ratio > 0 && std::isfinite(ratio)))
      throw Error{Error::Kind::bad_input, fmt::format("{}: row {} has an on/off ratio of {}; ratios must be above 0",
                                                      table.file, k + 1, text::shortest(ratio))};
    out.push_back(std::log(ratio));
  };
  if (const auto* ratio = table.find("ratio")) {
    for (std::size_t k = 0; k < ratio->size(); ++k) take(k, (*ratio)[k]);
    return out;
  }
  for (const char* unit : {"a", "s", "ohm"}) {
    const auto *on = table.find(fmt::format("on_{}", unit)), *off = table.find(fmt::format("off_{}", unit));
    if (on == nullptr || off == nullptr) continue;
    for (std::size_t k = 0; k < on->size(); ++k)
      take(k, std::string_view{unit} == "ohm" ? (*off)[k] / (*on)[k] : std::abs((*on)[k] / (*off)[k]));
    return out;
  }
  throw Error{Error::Kind::bad_input,
              fmt::format("{}: its columns: {}; give 'ratio', or 'on' and 'off' in one unit, e.g. on_uA,off_nA",
                          table.file, text::join(table.names, ", "))};
}

/// Parameters and their errors, of one device or as means of several.
struct Joined {
  std::array<double, 3> p{};
  Eigen::Matrix3d covariance = Eigen::Matrix3d::Zero();
  std::optional<Eigen::Matrix3d> between;  ///< covariance of devices about their mean
};

Joined join(const std::vector<DeviceWear>& worn) {
  Joined out{.p = *worn.front().p, .covariance = worn.front().covariance};
  if (worn.size() == 1) return out;
  const auto n = static_cast<double>(worn.size());
  Eigen::Vector3d mean = Eigen::Vector3d::Zero();
  for (const DeviceWear& each : worn) mean += Eigen::Map<const Eigen::Vector3d>{each.p->data()} / n;
  Eigen::Matrix3d between = Eigen::Matrix3d::Zero();
  for (const DeviceWear& each : worn) {
    const Eigen::Vector3d off = Eigen::Map<const Eigen::Vector3d>{each.p->data()} - mean;
    between += off * off.transpose() / (n - 1);
  }
  Eigen::Map<Eigen::Vector3d>{out.p.data()} = mean;
  out.covariance = between / n * std::pow(widened(n - 1), 2);
  out.between = between;
  return out;
}

/// Columns of a table, device by device, in the order of cycles.
std::map<double, std::vector<Point>> points_of(const MeasuredTable& table) {
  const std::vector<double>& cycles = table.at("cycle");
  const std::vector<double> logs = log_ratios(table);
  const auto* which = table.find("device");
  std::map<double, std::vector<Point>> out;
  for (std::size_t k = 0; k < cycles.size(); ++k) {
    if (!(cycles[k] >= 1))
      throw Error{Error::Kind::bad_input, fmt::format("{}: row {} is of cycle {}; cycles are counted from 1",
                                                      table.file, k + 1, text::shortest(cycles[k]))};
    out[which == nullptr ? 0 : (*which)[k]].push_back({cycles[k], logs[k]});
  }
  for (auto& [device, points] : out) std::ranges::stable_sort(points, {}, &Point::cycles);
  return out;
}

}  // namespace

WearFit fit_wear(const MeasuredTable& table) {
  WearFit out;
  std::vector<DeviceWear> worn;
  json devices = json::array();
  double scatter = 0;
  out.last_cycles = INFINITY;
  const auto all = points_of(table);
  for (const auto& [name, points] : all) {
    const DeviceWear one = device_wear(points);
    if (one.last_cycles < out.last_cycles) out.last_cycles = one.last_cycles, out.last_ratio = one.last_ratio;
    scatter = std::max(scatter, one.scatter);
    json fitted = nullptr;
    if (one.p) {
      fitted = {
          {"ratio", std::exp((*one.p)[0])}, {"cycles", std::exp((*one.p)[1])}, {"exponent", std::exp((*one.p)[2])}};
      worn.push_back(one);
    }
    devices.push_back({{"device", name}, {"points", points.size()}, {"last_cycles", one.last_cycles}, {"law", fitted}});
  }
  out.summary = {{"law", nullptr}, {"devices", devices}, {"scatter_decades", scatter / std::log(10.0)}};
  if (worn.empty()) {
    out.notes.push_back(fmt::format(
        "{}: the on/off ratio does not fall beyond its scatter within {:g} cycles: no law of wear, only that it is "
        "still {:.3g} there",
        table.file, out.last_cycles, out.last_ratio));
    return out;
  }
  if (worn.size() < all.size())
    out.notes.push_back(
        fmt::format("{}: {} of {} devices do not wear within their cycles: the law is that of the others "
                    "and is too short for all",
                    table.file, all.size() - worn.size(), all.size()));
  const Joined joined = join(worn);
  WearLaw law{.ratio = std::exp(joined.p[0]),
              .cycles = std::exp(joined.p[1]),
              .exponent = std::exp(joined.p[2]),
              .last_cycles = out.last_cycles};
  for (Eigen::Index i = 0; i < 3; ++i)
    for (Eigen::Index j = 0; j < 3; ++j)
      law.covariance[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] = joined.covariance(i, j);
  const auto sds = [](const Eigen::Matrix3d& m) {
    return json{std::sqrt(m(0, 0)), std::sqrt(m(1, 1)), std::sqrt(m(2, 2))};
  };
  out.summary["law"] = to_json(law);
  out.summary["sd_ln"] = sds(joined.covariance);
  out.summary["device_sd_ln"] = joined.between ? sds(*joined.between) : json(nullptr);
  out.notes.push_back(fmt::format(
      "{}: on/off ratio {:.3g} exp(-(N / {:.3g})^{:.3g}), a stretched exponential fitted to {} device{}; standard "
      "errors {:.2g}, {:.2g} and {:.2g} of the logarithms of the three; nothing in it comes from the barrier",
      table.file, law.ratio, law.cycles, law.exponent, worn.size(), worn.size() == 1 ? "" : "s",
      std::sqrt(joined.covariance(0, 0)), std::sqrt(joined.covariance(1, 1)), std::sqrt(joined.covariance(2, 2))));
  static constexpr std::array<const char*, 3> names{"ratio", "cycles", "exponent"};
  std::vector<std::string> loose;
  for (Eigen::Index k = 0; k < 3; ++k)
    if (joined.covariance(k, k) > 0.25) loose.emplace_back(names[static_cast<std::size_t>(k)]);
  if (!loose.empty())
    out.notes.push_back(
        fmt::format("{}: the data cannot tell {} of the law of wear: the standard error of the logarithm "
                    "is above 0.5",
                    table.file, text::join(loose, ", ")));
  out.law = law;
  return out;
}

}  // namespace hopflow::pipeline
