// SPDX-License-Identifier: GPL-2.0-or-later
#include "potentials/fitting/fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include <ceres/ceres.h>
#include <fmt/core.h>

#include "potentials/fitting/frame_model.hpp"
#include "potentials/fitting/free_numbers.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

constexpr double near = 5;             // A: contacts whose errors are reported by term
constexpr double little_learnt = 0.7;  // sd over the prior's from which a number counts as undetermined
constexpr double at_bound = 1e-3;      // widths

/// A frame as the fit sees it.
struct Prepared {
  const LabelledFrame* frame;
  FrameModel model;
  std::size_t group;  ///< of energies that can be compared
};

using Set = std::vector<const Prepared*>;

/// Residuals of one frame: force components and its energy, each over its sd. Parameters: theta, the group's offset.
class FrameCost : public ceres::CostFunction {
 public:
  FrameCost(const Prepared& prepared, const FreeNumbers& free, const FitOptions& options)
      : prepared_{prepared},
        free_{free},
        options_{options},
        fixed_{prepared.model.answer(free.table(Eigen::VectorXd::Zero(free.size())), free.model_names(),
                                     FrameModel::Part::without_names, false)} {
    set_num_residuals(3 * prepared.frame->configuration.size() + 1);
    mutable_parameter_block_sizes()->push_back(free.size());
    mutable_parameter_block_sizes()->push_back(1);
  }

  bool Evaluate(const double* const* parameters, double* residuals, double** jacobians) const override {
    const Eigen::Map<const Eigen::VectorXd> theta(parameters[0], free_.size());
    const bool wanted = jacobians != nullptr && jacobians[0] != nullptr;
    ModelAnswer answer =
        prepared_.model.answer(free_.table(theta), free_.model_names(), FrameModel::Part::with_names, wanted);
    answer.energy_ev += fixed_.energy_ev;
    answer.forces += fixed_.forces;
    const Eigen::Index n = answer.forces.size();
    Eigen::Map<Eigen::VectorXd> out(residuals, n + 1);
    const Eigen::Map<const Eigen::VectorXd> forces(prepared_.frame->forces.data(), n);
    out.head(n) = (answer.forces - forces) / options_.force_sd;
    out[n] = (answer.energy_ev + parameters[1][0] - prepared_.frame->energy_ev) / options_.energy_sd;
    if (wanted) {
      using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
      Eigen::Map<Rows> jacobian(jacobians[0], n + 1, free_.size());
      const Eigen::MatrixXd by = free_.derivatives(theta);
      jacobian.topRows(n) = answer.forces_by * by / options_.force_sd;
      jacobian.row(n) = answer.energy_by.transpose() * by / options_.energy_sd;
    }
    if (jacobians != nullptr && jacobians[1] != nullptr) {
      Eigen::Map<Eigen::VectorXd> offset(jacobians[1], n + 1);
      offset.setZero();
      offset[n] = 1 / options_.energy_sd;
    }
    return out.allFinite();
  }

 private:
  const Prepared& prepared_;
  const FreeNumbers& free_;
  const FitOptions& options_;
  ModelAnswer fixed_;  ///< of the terms without a free number
};

/// theta itself, weighted.
class PriorCost : public ceres::CostFunction {
 public:
  PriorCost(int size, double weight) : weight_{std::sqrt(weight)} {
    set_num_residuals(size);
    mutable_parameter_block_sizes()->push_back(size);
  }
  bool Evaluate(const double* const* parameters, double* residuals, double** jacobians) const override {
    const int n = num_residuals();
    for (int k = 0; k < n; ++k) residuals[k] = weight_ * parameters[0][k];
    if (jacobians != nullptr && jacobians[0] != nullptr) {
      std::fill(jacobians[0], jacobians[0] + n * n, 0.0);
      for (int k = 0; k < n; ++k) jacobians[0][k * n + k] = weight_;
    }
    return true;
  }

 private:
  double weight_;
};

struct Minimum {
  Eigen::VectorXd theta;
  bool converged = false;
  std::string message;
};

Minimum minimise(const Set& set, const FreeNumbers& free, const FitOptions& options, Eigen::VectorXd theta) {
  std::map<std::size_t, double> offsets;
  const ForceFieldTable table = free.table(theta);
  std::map<std::size_t, int> members;
  for (const Prepared* prepared : set) {
    offsets[prepared->group] += prepared->frame->energy_ev - prepared->model.answer(table).energy_ev;
    ++members[prepared->group];
  }
  for (auto& [group, offset] : offsets) offset /= members[group];
  ceres::Problem problem;
  for (const Prepared* prepared : set)
    problem.AddResidualBlock(new FrameCost(*prepared, free, options), nullptr, theta.data(), &offsets[prepared->group]);
  if (options.regularisation > 0)
    problem.AddResidualBlock(new PriorCost(free.size(), options.regularisation), nullptr, theta.data());
  for (int k = 0; k < free.size(); ++k) {
    problem.SetParameterLowerBound(theta.data(), k, free.numbers()[static_cast<std::size_t>(k)].lower);
    problem.SetParameterUpperBound(theta.data(), k, free.numbers()[static_cast<std::size_t>(k)].upper);
  }
  ceres::Solver::Options settings;
  settings.linear_solver_type = ceres::DENSE_NORMAL_CHOLESKY;
  settings.max_num_iterations = options.most_iterations;
  settings.function_tolerance = 1e-8;
  settings.num_threads = 1;  // one order of sums
  settings.logging_type = ceres::SILENT;
  ceres::Solver::Summary summary;
  ceres::Solve(settings, &problem, &summary);
  return {theta, summary.termination_type == ceres::CONVERGENCE, summary.message};
}

/// First held near the start, then let go: a free start falls into minima where terms without sense cancel each other.
Minimum minimise_from_start(const Set& set, const FreeNumbers& free, FitOptions options) {
  Minimum minimum{Eigen::VectorXd::Zero(free.size()), false, ""};
  const double wanted = options.regularisation;
  for (const double held : {100.0, 10.0}) {
    if (!(wanted > 0)) break;
    options.regularisation = held * wanted;
    minimum = minimise(set, free, options, minimum.theta);
  }
  options.regularisation = wanted;
  return minimise(set, free, options, minimum.theta);
}

/// Normal equations of the data at theta with the offsets eliminated, and chi squared there.
struct Curvature {
  Eigen::MatrixXd normal;
  double chi2 = 0;
  double count = 0;
};

Curvature curvature_at(const Set& set, const FreeNumbers& free, const FitOptions& options,
                       const Eigen::VectorXd& theta) {
  const ForceFieldTable table = free.table(theta);
  const Eigen::MatrixXd by = free.derivatives(theta);
  Curvature out;
  out.normal = Eigen::MatrixXd::Zero(free.size(), free.size());
  std::map<std::size_t, std::vector<std::pair<double, Eigen::VectorXd>>> energies;
  for (const Prepared* prepared : set) {
    const ModelAnswer answer = prepared->model.answer(table, free.model_names());
    const Eigen::MatrixXd jacobian = answer.forces_by * by / options.force_sd;
    out.normal += jacobian.transpose() * jacobian;
    const Eigen::Map<const Eigen::VectorXd> forces(prepared->frame->forces.data(), answer.forces.size());
    out.chi2 += (answer.forces - forces).squaredNorm() / (options.force_sd * options.force_sd);
    out.count += static_cast<double>(answer.forces.size());
    energies[prepared->group].emplace_back((answer.energy_ev - prepared->frame->energy_ev) / options.energy_sd,
                                           by.transpose() * answer.energy_by / options.energy_sd);
  }
  for (const auto& [group, rows] : energies) {
    const auto n = static_cast<double>(rows.size());
    double mean = 0;
    Eigen::VectorXd mean_row = Eigen::VectorXd::Zero(free.size());
    for (const auto& [residual, row] : rows) {
      mean += residual / n;
      mean_row += row / n;
    }
    for (const auto& [residual, row] : rows) {
      out.chi2 += (residual - mean) * (residual - mean);
      out.normal += (row - mean_row) * (row - mean_row).transpose();
    }
    out.count += n - 1;
  }
  return out;
}

TableScore score_of(const ForceFieldTable& table, const Set& set) {
  TableScore out;
  ForceSums all;
  std::map<std::string, ForceSums> elements;
  std::map<std::string, std::pair<double, int>> terms;
  std::map<std::size_t, std::pair<std::vector<double>, std::vector<double>>> profiles;
  for (const Prepared* prepared : set) {
    const LabelledFrame& frame = *prepared->frame;
    const ModelAnswer answer = prepared->model.answer(table);
    const Eigen::Map<const Eigen::Matrix3Xd> forces(answer.forces.data(), 3, frame.configuration.size());
    all.add(forces, frame.forces);
    for (int i = 0; i < frame.configuration.size(); ++i)
      elements[std::string{symbol_of(frame.configuration.species[static_cast<std::size_t>(i)])}].add(
          forces.middleCols(i, 1), frame.forces.middleCols(i, 1));
    const Eigen::Map<const Eigen::VectorXd> reference(frame.forces.data(), answer.forces.size());
    for (const auto& [name, error] : prepared->model.along_terms(answer.forces - reference, near)) {
      terms[name].first += error * error;
      ++terms[name].second;
    }
    profiles[prepared->group].first.push_back(answer.energy_ev);
    profiles[prepared->group].second.push_back(frame.energy_ev);
  }
  out.forces = all.score();
  for (const auto& [symbol, sums] : elements) out.elements[symbol] = sums.score();
  for (const auto& [name, sum] : terms) out.terms[name] = std::sqrt(sum.first / sum.second);
  double square = 0, count = 0;
  for (const auto& [group, profile] : profiles) {
    const auto n = static_cast<double>(profile.first.size());
    if (n < 2) continue;
    square += n * std::pow(profile_error(profile.first, profile.second), 2);
    count += n;
  }
  if (count > 0) out.profile_error_ev = std::sqrt(square / count);
  return out;
}

std::map<std::string, double> least_of(const Set& set) {
  std::map<std::string, double> out;
  for (const Prepared* prepared : set)
    for (const auto& [name, distance] : prepared->model.least_distance()) {
      double& least = out.try_emplace(name, std::numeric_limits<double>::infinity()).first->second;
      least = std::min(least, distance);
    }
  return out;
}

std::vector<Prepared> prepare(const ForceFieldTable& table, const std::vector<LabelledFrame>& frames) {
  std::vector<Prepared> out;
  std::vector<std::size_t> group(frames.size());
  const auto groups = comparable(frames);
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (const std::size_t k : groups[g]) group[k] = g;
  for (std::size_t k = 0; k < frames.size(); ++k) {
    try {
      out.push_back({&frames[k], FrameModel{table, frames[k].configuration}, group[k]});
    } catch (const Error& problem) {
      throw Error{problem.kind(), fmt::format("{}: {}", frames[k].place, problem.what())};
    }
  }
  return out;
}

/// Numbers named outright must matter somewhere; those a pattern caught along the way are left out.
std::vector<std::string> that_matter(const FreeNumbers& all, const std::vector<Prepared>& frames,
                                     const std::vector<std::string>& patterns) {
  std::map<std::string, int> types;
  std::map<std::string, double> terms;
  for (const Prepared& prepared : frames) {
    for (const auto& [name, distance] : prepared.model.least_distance()) terms[name] = distance;
    for (const auto& [name, count] : prepared.model.types()) types[name] += count;
  }
  std::vector<std::string> out;
  for (const FreeNumber& number : all.numbers()) {
    const std::string term = number.name.substr(0, number.name.rfind('.'));
    const bool matters = number.name == "charges.cation_scale" ||
                         (number.charge ? types.contains(number.name.substr(8)) : terms.contains(term));
    if (matters)
      out.push_back(number.name);
    else if (std::ranges::find(patterns, number.name) != patterns.end())
      throw Error{Error::Kind::bad_input,
                  fmt::format("--free {}: no frame has such a term, so nothing can be learnt about it", number.name)};
  }
  if (out.empty())
    throw Error{
        Error::Kind::bad_input,
        "none of the free parameters changes the energies or forces of these frames; choose others with --free"};
  return out;
}

std::vector<HeldOut> leave_one_out(const std::vector<Prepared>& frames, const FreeNumbers& free,
                                   const FitOptions& options, const Eigen::VectorXd& from) {
  std::vector<std::string> bands;
  for (const Prepared& prepared : frames)
    if (std::ranges::find(bands, prepared.frame->band) == bands.end()) bands.push_back(prepared.frame->band);
  std::vector<HeldOut> out;
  if (bands.size() < 2) return out;
  for (const std::string& band : bands) {
    Set within, without;
    for (const Prepared& prepared : frames) (prepared.frame->band == band ? within : without).push_back(&prepared);
    const TableScore score = score_of(free.table(minimise(without, free, options, from).theta), within);
    HeldOut& held = out.emplace_back();
    held.band = band;
    held.frames = within.size();
    held.forces = score.forces;
    held.profile_error_ev = score.profile_error_ev;
    const std::map<std::string, double> fitted = least_of(without);
    for (const auto& [name, distance] : least_of(within)) {
      const auto known = fitted.find(name);
      if (known == fitted.end() || distance < known->second - 0.1)
        held.closer_than_fitted[name] = {distance, known == fitted.end() ? 0 : known->second};
    }
  }
  return out;
}

void add_posterior(FitResult& result, const FreeNumbers& free, const Curvature& curvature, const FitOptions& options,
                   const Eigen::VectorXd& theta) {
  result.reduced_chi2 = curvature.chi2 / std::max(1.0, curvature.count - free.size());
  Eigen::MatrixXd precision = curvature.normal / std::max(result.reduced_chi2, 1e-12);
  precision.diagonal().array() += std::max(options.regularisation, 1e-12);
  const Eigen::MatrixXd posterior = precision.llt().solve(Eigen::MatrixXd::Identity(free.size(), free.size()));
  const Eigen::MatrixXd by = free.value_derivatives(theta);
  result.covariance = by * posterior * by.transpose();
  const Eigen::VectorXd sd = result.covariance.diagonal().cwiseSqrt();
  result.correlation = sd.cwiseInverse().asDiagonal() * result.covariance * sd.cwiseInverse().asDiagonal();
  const Eigen::VectorXd values = free.values(theta);
  for (int k = 0; k < free.size(); ++k) {
    const FreeNumber& number = free.numbers()[static_cast<std::size_t>(k)];
    FittedNumber& fitted = result.numbers.emplace_back();
    fitted.name = number.name;
    fitted.start = number.start;
    fitted.value = values[k];
    fitted.sd = sd[k];
    fitted.prior_sd = number.multiplied ? number.start * number.width : number.width;
    fitted.at_bound = theta[k] < number.lower + at_bound || theta[k] > number.upper - at_bound;
    fitted.undetermined = std::sqrt(posterior(k, k)) > little_learnt;
  }
}

void add_warnings(FitResult& result) {
  std::vector<std::string> bound, loose, closer;
  for (const FittedNumber& number : result.numbers) {
    if (number.at_bound) bound.push_back(number.name);
    if (number.undetermined) loose.push_back(number.name);
  }
  if (!bound.empty())
    result.warnings.push_back(
        "at a bound of the allowed range, so the functional form or the starting value is unsuitable: " +
        text::some(bound));
  if (!loose.empty())
    result.warnings.push_back("poorly determined by these frames, so the value depends on the starting value: " +
                              text::some(loose));
  if (result.held_out.empty())
    result.warnings.push_back(
        "only one band was given, so there is no held-out error: all errors listed are errors of the fit");
  for (const HeldOut& held : result.held_out) {
    if (held.closer_than_fitted.empty()) continue;
    std::vector<std::string> names;
    for (const auto& [name, distances] : held.closer_than_fitted)
      names.push_back(fmt::format("{} at {:.2f} A", name, distances.first));
    result.warnings.push_back(
        fmt::format("the prediction of {} extrapolates: it has shorter distances than the fitted frames: {}", held.band,
                    text::some(names)));
  }
}

}  // namespace

FitResult fit_table(const ForceFieldTable& start, const std::vector<LabelledFrame>& frames, const FitOptions& options) {
  if (frames.empty()) throw Error{Error::Kind::bad_input, "no frames to fit to"};
  const std::vector<Prepared> prepared = prepare(start, frames);
  const FreeNumbers free{start, that_matter(FreeNumbers{start, options.free, options.range}, prepared, options.free),
                         options.range};
  Set all;
  for (const Prepared& frame : prepared) all.push_back(&frame);
  FitResult result;
  result.before = score_of(start, all);
  const Minimum minimum = minimise_from_start(all, free, options);
  result.converged = minimum.converged;
  if (!minimum.converged) result.reason = "the fit did not converge: " + minimum.message;
  result.table = free.table(minimum.theta);
  result.after = score_of(result.table, all);
  result.least_distance = least_of(all);
  std::erase_if(result.least_distance, [](const auto& entry) { return entry.second <= 0; });
  add_posterior(result, free, curvature_at(all, free, options, minimum.theta), options, minimum.theta);
  if (options.leave_one_out) result.held_out = leave_one_out(prepared, free, options, minimum.theta);
  add_warnings(result);
  return result;
}

TableScore score_table(const ForceFieldTable& table, const std::vector<LabelledFrame>& frames) {
  const std::vector<Prepared> prepared = prepare(table, frames);
  Set all;
  for (const Prepared& frame : prepared) all.push_back(&frame);
  return score_of(table, all);
}

}  // namespace hopflow
