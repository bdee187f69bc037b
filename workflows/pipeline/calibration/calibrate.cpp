// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/calibration/calibrate.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>

#include <ceres/ceres.h>
#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/calibration/calibrate_start.hpp"
#include "workflows/pipeline/calibration/reference.hpp"
#include "workflows/pipeline/models/registry.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

constexpr double never = 1e30;  ///< s or V: a finite stand-in for what doesn't happen
constexpr const char* own_film = "iv.off.prpyr";

/// A number the fit may move: where it lives, its bounds, and whether it is moved as a logarithm.
struct Unknown {
  std::string name;
  std::function<double&(Calibration&)> at;
  bool logarithmic;
  double low, high;

  double get(Calibration& fit) const { return logarithmic ? std::log(at(fit)) : at(fit); }
  void set(Calibration& fit, double value) const { at(fit) = logarithmic ? std::exp(value) : value; }
};

/// A row's miss in units of its tolerance, and the unknowns it depends on.
struct Residual {
  std::string row;
  std::vector<std::string> reads;
  std::function<double(const Calibration&)> miss;
};

std::string off_name(const std::string& id) { return "off_conductance_s of " + id; }

std::vector<Unknown> unknowns(const Calibration& start) {
  const auto member = [](double DeviceParameters::*m) {
    return [m](Calibration& fit) -> double& { return fit.parameters.*m; };
  };
  std::vector<Unknown> list{{"on_conductance_s", member(&DeviceParameters::on_conductance_s), true, -35, 7},
                            {"sweep_read_voltage_v", member(&DeviceParameters::sweep_read_voltage_v), true, -14, 2.3},
                            {"ratio_sigma_decades", member(&DeviceParameters::ratio_sigma_decades), false, 0, 10}};
  for (const auto& [id, value] : start.off_conductance_s) {
    list.push_back(
        {off_name(id), [key = id](Calibration& fit) -> double& { return fit.off_conductance_s[key]; }, true, -35, 7});
  }
  for (const std::string_view key : model_named(start.parameters.model).fitted) {
    const auto row = std::ranges::find(parameter_table(), key, &ParameterRow::key);
    const bool length = key == "sharing_length_hops";
    list.push_back({std::string{key}, member(row->member), length, length ? std::log(0.05) : row->low,
                    length ? std::log(1e3) : row->high});
  }
  return list;
}

/// In units of the tolerance a row states: "factor k" on a logarithmic scale, a bare number relative.
double in_tolerances(const json& row, double paper, double model) {
  const json tolerance = row.value("tol", json{});
  if (tolerance.is_number()) return (model - paper) / (tolerance.get<double>() * std::abs(paper));
  return std::log(model / paper) / std::log(factor_of(tolerance).value_or(2));
}

std::vector<Residual> residuals(const json& rows, const Calibration& start, double crossover_v) {
  std::vector<Residual> list;
  const auto add = [&](const std::string& id, double paper, std::vector<std::string> reads,
                       std::function<double(const Calibration&)> model) {
    list.push_back(
        {id, std::move(reads), [row = *find_row(rows, id), paper, model = std::move(model)](const Calibration& fit) {
           return in_tolerances(row, paper, model(fit));
         }});
  };
  const auto number = [&](const char* id) { return *row_number(rows, id); };
  const std::string own = off_name(own_film), read = "sweep_read_voltage_v", length = "sharing_length_hops";
  const auto off_current = [crossover_v](double off_s, double v) { return 2 * off_s * v * (1 + v / crossover_v); };
  add("ret.lrs", number("ret.lrs"), {"on_conductance_s", own},
      [](const Calibration& fit) { return 1 / read_conductance(fit.parameters, 1, 0.1); });
  // The compliance leaves the film at the voltage it set at: the measured one, so that an unknown read voltage can't
  // pull at the threshold.
  add("iv.rigid.lrs", number("iv.rigid.lrs"), {"on_conductance_s", own, read},
      [set_v = number("iv.rigid.vset")](const Calibration& fit) {
        const DeviceParameters& p = fit.parameters;
        return p.sweep_read_voltage_v /
               (1 / std::min(p.on_conductance_s + p.off_conductance_s, p.compliance_a / set_v) +
                p.series_resistance_ohm);
      });
  list.push_back({"read voltage near 0.1 V", {read}, [](const Calibration& fit) {
                    return std::log(fit.parameters.sweep_read_voltage_v / 0.1) / std::log(3.0);
                  }});
  for (const auto& [id, value] : start.off_conductance_s) {
    add(id, number(id.c_str()), {off_name(id), read}, [=, key = id](const Calibration& fit) {
      return off_current(fit.off_conductance_s.at(key), fit.parameters.sweep_read_voltage_v);
    });
  }
  add("iv.rigid.hrs", number("iv.rigid.hrs"), {own, read}, [=](const Calibration& fit) {
    return off_current(fit.parameters.off_conductance_s, fit.parameters.sweep_read_voltage_v);
  });
  // Of the ends of a range of 55 devices, read as two standard deviations: sigma / sqrt(2 (n - 1)).
  const double sigma = start.parameters.ratio_sigma_decades;
  list.push_back({"xb.ratio", {"ratio_sigma_decades"}, [sigma](const Calibration& fit) {
                    return (fit.parameters.ratio_sigma_decades - sigma) / (sigma / std::sqrt(108.0));
                  }});
  if (model_named(start.parameters.model).fitted.empty()) return list;
  add("ret.363", number("ret.363"), {"stabilisation_ev"},
      [](const Calibration& fit) { return retention_time(fit.parameters, 363); });
  add("iv.rigid.vset", number("iv.rigid.vset"), {"set_threshold_v", length},
      [](const Calibration& fit) { return sweep_set_voltage(fit.parameters).value_or(kinetic_ceiling_v); });
  add("iv.rigid.vreset", number("iv.rigid.vreset"), {"on_conductance_s", own, "reset_threshold_v", length},
      [set_v = number("iv.rigid.vset")](const Calibration& fit) {
        const DeviceParameters& p = fit.parameters;
        return sweep_reset_voltage(p, state_of_conductance(p, p.compliance_a / set_v)).value_or(-kinetic_ceiling_v);
      });
  const json& fast = find_row(rows, "fast.set")->at("value");
  add("fast.set", fast.at("s"), {"on_conductance_s", own, "set_threshold_v", length},
      [v = fast.at("V").get<double>()](const Calibration& fit) {
        return switching_time(fit.parameters, v, 0, 0.95).value_or(never);
      });
  return list;
}

/// What least squares move and what pulls at it; the values live here, each a block of its own.
struct Problem {
  std::vector<Unknown> unknowns;
  std::vector<Residual> residuals;
  Calibration fit;  ///< where it starts
  double crossover_v;
  std::vector<double> values;

  std::size_t index(const std::string& name) const {
    return static_cast<std::size_t>(std::ranges::find(unknowns, name, &Unknown::name) - unknowns.begin());
  }

  /// The fit with these values in place of the present ones.
  Calibration with(const std::vector<double>& trial_values) const {
    Calibration trial = fit;
    for (std::size_t i = 0; i < unknowns.size(); ++i) unknowns[i].set(trial, trial_values[i]);
    DeviceParameters& p = trial.parameters;
    p.off_conductance_s = trial.off_conductance_s.at(own_film);
    p.child_a_per_v2 = 2 * p.off_conductance_s / crossover_v;
    return trial;
  }
};

/// One row for Ceres: it is shown only the unknowns the row depends on, so that no rounding reaches the others.
struct RowCost {
  const Problem* problem;
  const Residual* residual;

  bool operator()(double const* const* blocks, double* out) const {
    std::vector<double> values = problem->values;
    for (std::size_t i = 0; i < residual->reads.size(); ++i) values[problem->index(residual->reads[i])] = *blocks[i];
    out[0] = residual->miss(problem->with(values));
    return std::isfinite(out[0]);
  }
};

void solve(Problem& problem, Calibration& fit) {
  for (const Unknown& unknown : problem.unknowns)
    problem.values.push_back(std::clamp(unknown.get(fit), unknown.low, unknown.high));
  std::vector<double>& values = problem.values;
  // Ceres moves a copy: costs read the unknowns they don't depend on from the problem.
  std::vector<double> moved = values;
  ceres::Problem least_squares;
  ceres::NumericDiffOptions difference;
  difference.relative_step_size = 1e-6;
  for (double& value : moved) least_squares.AddParameterBlock(&value, 1);
  for (const Residual& residual : problem.residuals) {
    auto* cost = new ceres::DynamicNumericDiffCostFunction<RowCost, ceres::FORWARD>(new RowCost{&problem, &residual},
                                                                                    ceres::TAKE_OWNERSHIP, difference);
    std::vector<double*> blocks;
    for (const std::string& name : residual.reads) {
      blocks.push_back(&moved[problem.index(name)]);
      cost->AddParameterBlock(1);
    }
    cost->SetNumResiduals(1);
    least_squares.AddResidualBlock(cost, nullptr, blocks);
  }
  std::vector<const double*> blocks;
  for (std::size_t i = 0; i < values.size(); ++i) {
    blocks.push_back(&moved[i]);
    least_squares.SetParameterLowerBound(&moved[i], 0, problem.unknowns[i].low);
    least_squares.SetParameterUpperBound(&moved[i], 0, problem.unknowns[i].high);
  }
  ceres::Solver::Options options;
  options.logging_type = ceres::SILENT;
  options.linear_solver_type = ceres::DENSE_QR;
  options.num_threads = 1;
  // Most of the cost is the read voltage's tug-of-war, which never vanishes: the small residuals must settle too.
  options.function_tolerance = 1e-12;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &least_squares, &summary);
  if (summary.IsSolutionUsable()) {
    values = moved;
    std::vector<std::string> notes = std::move(fit.notes);
    fit = problem.with(values);
    fit.notes = std::move(notes);
  } else {
    fit.notes.push_back("least squares did not converge; the fit stays where closed forms and root finding put it");
  }

  ceres::Covariance::Options pseudo_inverse;
  pseudo_inverse.algorithm_type = ceres::DENSE_SVD;
  pseudo_inverse.null_space_rank = -1;
  ceres::Covariance covariance{pseudo_inverse};
  std::vector<double> flat(values.size() * values.size());
  const bool known = covariance.Compute(blocks, &least_squares) && covariance.GetCovarianceMatrix(blocks, flat.data());
  if (!known) fit.notes.push_back("the rows leave a fitted number free here: there is no covariance");
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Unknown& unknown = problem.unknowns[i];
    fit.fitted.push_back({(unknown.logarithmic ? "ln " : "") + unknown.name, values[i],
                          known ? std::sqrt(flat[i * values.size() + i]) : 0});
    if (known)
      fit.covariance.emplace_back(flat.begin() + static_cast<std::ptrdiff_t>(i * values.size()),
                                  flat.begin() + static_cast<std::ptrdiff_t>((i + 1) * values.size()));
  }
  for (const Residual& residual : problem.residuals) fit.residuals.push_back({residual.row, residual.miss(fit)});
}

}  // namespace

Calibration calibrate(const json& reference, const CalibrationRequest& request) {
  json rows = json::array();
  for (const json& row : reference) {
    if (row.at("role") == "calibrate") rows.push_back(row);
  }
  Calibration fit = calibration_start(rows, request);
  Problem problem{unknowns(fit), residuals(rows, fit, request.child_crossover_v), fit, request.child_crossover_v, {}};
  solve(problem, fit);
  return fit;
}

DeviceParameters for_material(const Calibration& calibration, const std::string& off_row, double barrier_ev,
                              double attempt_frequency_thz, double hop_length_angstrom) {
  const auto off = calibration.off_conductance_s.find(off_row);
  if (off == calibration.off_conductance_s.end()) {
    std::vector<std::string> known;
    for (const auto& [id, value] : calibration.off_conductance_s) known.push_back(id);
    throw Error{Error::Kind::bad_input, fmt::format("off_current_row: '{}' is no calibrate row; allowed: {}",
                                                    text::printable(off_row), text::join(known, ", "))};
  }
  DeviceParameters p = calibration.parameters;
  p.child_a_per_v2 *= off->second / p.off_conductance_s;
  p.off_conductance_s = off->second;
  p.barrier_ev = barrier_ev;
  p.attempt_frequency_thz = attempt_frequency_thz;
  p.hop_length_angstrom = hop_length_angstrom;
  return p;
}

}  // namespace hopflow::pipeline
