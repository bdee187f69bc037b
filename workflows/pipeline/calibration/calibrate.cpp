// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/calibration/calibrate.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>

#include <ceres/ceres.h>
#include <fmt/core.h>
#include <Eigen/SVD>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/calibration/calibrate_start.hpp"
#include "workflows/pipeline/calibration/verdict.hpp"
#include "workflows/pipeline/models/registry.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"
#include "workflows/pipeline/reference/row.hpp"
#include "workflows/pipeline/reference/row_device.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

constexpr double never = 1e30;        ///< s or V: a finite stand-in for what doesn't happen
constexpr double usual_factor = 2;    ///< weight of a row whose tolerance is neither a factor nor a number
constexpr double usual_devices = 55;  ///< of a spread whose row doesn't say, as in the first reference

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

/// In units of the tolerance a row states: a factor on a logarithmic scale, a bare number relative.
double in_tolerances(const json& row, double paper, double model) {
  using Rule = Tolerance::Rule;
  const auto tolerance = tolerance_of(row.value("tol", json{}), row.at("value"));
  if (tolerance && tolerance->rule == Rule::relative) return (model - paper) / (tolerance->amount * std::abs(paper));
  if (tolerance && tolerance->rule == Rule::within) return (model - paper) / tolerance->amount;
  const double factor =
      tolerance && tolerance->rule == Rule::factor && tolerance->amount > 1 ? tolerance->amount : usual_factor;
  if (!(model / paper > 0)) return never;
  return std::log(model / paper) / std::log(factor);
}

/// The residuals of a set of rows; which unknowns each reads is what the solver differentiates.
class ResidualList {
 public:
  ResidualList(const FitRows& rows, const Calibration& start, double crossover_v)
      : rows_{rows}, start_{start}, crossover_v_{crossover_v} {
    conductances();
    spread();
    if (!model_named(start.parameters.model).fitted.empty()) kinetics();
    const bool reads_voltage = std::ranges::any_of(
        list_, [](const Residual& each) { return std::ranges::find(each.reads, read_name) != each.reads.end(); });
    if (!reads_voltage) return;
    // Where the currents' own first residuals stand, so that the order of the sum stays.
    const auto at = std::ranges::find(list_, after_, &Residual::row);
    list_.insert(at == list_.end() ? list_.begin() : at + 1,
                 {"read voltage near 0.1 V", {read_name}, [](const Calibration& fit) {
                    return std::log(fit.parameters.sweep_read_voltage_v / 0.1) / std::log(3.0);
                  }});
  }

  std::vector<Residual> take() { return std::move(list_); }

 private:
  static constexpr const char* read_name = "sweep_read_voltage_v";

  /// @param model  the row's quantity, by the device under the row's conditions
  void add(const json& row, std::vector<std::string> reads,
           std::function<double(const DeviceParameters&, const Calibration&)> model) {
    list_.push_back({row.at("id").get<std::string>(), std::move(reads),
                     [row = row, paper = row_value(row), model = std::move(model)](const Calibration& fit) {
                       return in_tolerances(row, paper, model(under_conditions(fit.parameters, row), fit));
                     }});
  }

  std::vector<std::string> with_own(std::vector<std::string> reads) const {
    // An assumed off state is no unknown.
    if (!start_.own_off_row.empty()) reads.insert(reads.begin() + 1, off_name(start_.own_off_row));
    return reads;
  }

  void conductances() {
    for (const json* row : rows_.on_resistance) {
      after_ = row->at("id");
      add(*row, with_own({"on_conductance_s"}), [v = condition_or(*row, "read_v", 0.1)](const auto& p, const auto&) {
        return 1 / read_conductance(p, 1, v);
      });
    }
    for (const json* row : rows_.on_current) {
      after_ = row->at("id");
      const auto read_v = condition(*row, "read_v");
      auto reads = with_own({"on_conductance_s"});
      if (!read_v) reads.emplace_back(read_name);
      // The compliance leaves the film at the voltage it set at: the measured one, so that an unknown read voltage
      // can't pull at the threshold.
      add(*row, std::move(reads), [read_v, set_v = rows_.set_v()](const DeviceParameters& p, const auto&) {
        const double full = p.on_conductance_s + p.off_conductance_s;
        return read_v.value_or(p.sweep_read_voltage_v) /
               (1 / (set_v ? std::min(full, p.compliance_a / *set_v) : full) + p.series_resistance_ohm);
      });
    }
    for (const auto& [id, value] : start_.off_conductance_s)
      for (const json* row : rows_.off_current)
        if (row->at("id") == id) off_current(*row, id);
    for (const json* row : rows_.off_current)
      if (!start_.off_conductance_s.contains(row->at("id"))) {
        const auto first = std::ranges::find_if(start_.film_of_off_row, [&](const auto& each) {
          return each.second == (film_of(*row).empty() ? start_.film : film_of(*row));
        });
        if (first != start_.film_of_off_row.end()) off_current(*row, first->first);
      }
  }

  void off_current(const json& row, const std::string& entry) {
    const auto read_v = condition(row, "read_v");
    std::vector<std::string> reads{off_name(entry)};
    if (!read_v) reads.emplace_back(read_name);
    add(row, std::move(reads), [read_v, entry, crossover_v = crossover_v_](const auto& p, const Calibration& fit) {
      const double v = read_v.value_or(p.sweep_read_voltage_v);
      return 2 * fit.off_conductance_s.at(entry) * v * (1 + v / crossover_v);
    });
  }

  void spread() {
    for (const json* row : rows_.spread) {
      // Of the ends of a range of n devices, read as two standard deviations: sigma / sqrt(2 (n - 1)).
      const double low = row->at("value").at(0), high = row->at("value").at(1);
      const double sigma =
          row == rows_.spread.front() ? start_.parameters.ratio_sigma_decades : std::log10(high / low) / 4;
      const double error = sigma / std::sqrt(2 * (std::max(2.0, condition_or(*row, "devices", usual_devices)) - 1));
      list_.push_back({row->at("id"), {"ratio_sigma_decades"}, [sigma, error](const Calibration& fit) {
                         return (fit.parameters.ratio_sigma_decades - sigma) / error;
                       }});
    }
  }

  void kinetics() {
    const std::string length = "sharing_length_hops";
    // With one row for two numbers, the length stays as assumed.
    const bool both = rows_.set_voltage.size() + rows_.set_pulse.size() > 1;
    const auto set_reads = [&](std::vector<std::string> reads) {
      reads.emplace_back("set_threshold_v");
      if (both) reads.push_back(length);
      return reads;
    };
    const auto reset_reads = [&] {
      auto reads = with_own({"on_conductance_s"});
      reads.emplace_back("reset_threshold_v");
      if (both) reads.push_back(length);
      return reads;
    };
    for (const json* row : rows_.retention)
      add(*row, {"stabilisation_ev"}, [row = *row](const DeviceParameters& p, const auto&) {
        return retention_time(p, condition_or(row, "temperature_k", p.temperature_k));
      });
    for (const json* row : rows_.set_voltage)
      add(*row, set_reads(condition(*row, "level_s") ? with_own({"on_conductance_s"}) : std::vector<std::string>{}),
          [row = *row](const DeviceParameters& p, const auto&) {
            return sweep_set_voltage(p, switching_state(p, row)).value_or(kinetic_ceiling_v);
          });
    for (const json* row : rows_.reset_voltage)
      add(*row, reset_reads(), [row = *row, set_v = rows_.set_v()](const DeviceParameters& p, const auto&) {
        const double start = set_v ? state_of_conductance(p, p.compliance_a / *set_v) : 1;
        return sweep_reset_voltage(p, start, switching_state(p, row)).value_or(-kinetic_ceiling_v);
      });
    for (const json* row : rows_.set_pulse)
      add(*row, set_reads(with_own({"on_conductance_s"})),
          [v = *condition(*row, "pulse_v")](const DeviceParameters& p, const auto&) {
            return switching_time(p, v, 0, 0.95).value_or(never);
          });
    for (const json* row : rows_.reset_pulse)
      add(*row, reset_reads(), [v = *condition(*row, "pulse_v")](const DeviceParameters& p, const auto&) {
        return switching_time(p, v, 1, 0.05).value_or(never);
      });
  }

  const FitRows& rows_;
  const Calibration& start_;
  double crossover_v_;
  std::string after_;  ///< id of the last on-state row
  std::vector<Residual> list_;
};

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
    p.off_conductance_s = trial.off_conductance_s.at(trial.own_off_row);
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

/// d residual / d unknown, by central differences. A sweep's steps make its set voltage a staircase of the thresholds:
/// between two stairs it says nothing, so the difference is taken over a whole step, and over as
/// much of the conductances that say where it counts as switched.
Eigen::MatrixXd jacobian(const Problem& problem) {
  const auto rows = static_cast<Eigen::Index>(problem.residuals.size());
  const auto columns = static_cast<Eigen::Index>(problem.unknowns.size());
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(rows, columns);
  for (Eigen::Index j = 0; j < columns; ++j) {
    const Unknown& unknown = problem.unknowns[static_cast<std::size_t>(j)];
    const bool threshold = unknown.name.ends_with("threshold_v"),
               level = unknown.name.find("conductance") != std::string::npos;
    const double here = problem.values[static_cast<std::size_t>(j)];
    for (Eigen::Index i = 0; i < rows; ++i) {
      const Residual& residual = problem.residuals[static_cast<std::size_t>(i)];
      if (std::ranges::find(residual.reads, unknown.name) == residual.reads.end()) continue;
      const auto miss = [&](double value) {
        std::vector<double> values = problem.values;
        values[static_cast<std::size_t>(j)] = value;
        return residual.miss(problem.with(values));
      };
      const bool sweeps =
          std::ranges::any_of(residual.reads, [](const std::string& each) { return each.ends_with("threshold_v"); });
      const double wide = threshold ? problem.fit.parameters.sweep_step_v : level && sweeps ? 0.5 : 1e-3;
      for (const double width : {wide, 1e-6}) {
        const double low = std::max(unknown.low, here - width), high = std::min(unknown.high, here + width);
        const double slope = high > low ? (miss(high) - miss(low)) / (high - low) : 0;
        if (!(std::abs(slope) < 1e12)) continue;  // beyond the range in which anything switches
        out(i, j) = slope;
        break;
      }
    }
  }
  return out;
}

/// Errors of the fitted numbers: the inverse of J^T J, less the directions in which no row changes. A number with a
/// part in such a direction is free.
void add_errors(const Problem& problem, Calibration& fit) {
  Eigen::MatrixXd j = jacobian(problem);
  const Eigen::Index n = j.cols();
  Eigen::VectorXd scale = j.colwise().norm();
  for (Eigen::Index k = 0; k < n; ++k) {
    if (!(scale[k] > 0)) scale[k] = 1;
    j.col(k) /= scale[k];
  }
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd{j, Eigen::ComputeFullV | Eigen::ComputeThinU};
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(n, n);
  std::vector<bool> free(static_cast<std::size_t>(n), false);
  for (Eigen::Index k = 0; k < n; ++k) {
    const Eigen::VectorXd v = svd.matrixV().col(k);
    const double s = k < svd.singularValues().size() ? svd.singularValues()[k] : 0;
    if (s > 1e-6 * svd.singularValues()[0])
      covariance += v * v.transpose() / (s * s);
    else
      for (Eigen::Index i = 0; i < n; ++i)
        if (std::abs(v[i]) > 1e-3) free[static_cast<std::size_t>(i)] = true;
  }
  covariance = (scale.cwiseInverse().asDiagonal() * covariance * scale.cwiseInverse().asDiagonal()).eval();
  std::vector<std::string> open;
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const Unknown& unknown = problem.unknowns[at];
    if (free[at]) open.push_back(unknown.name);
    fit.fitted.push_back({(unknown.logarithmic ? "ln " : "") + unknown.name, problem.values[at],
                          free[at] ? INFINITY : std::sqrt(covariance(i, i))});
    auto& row = fit.covariance.emplace_back();
    for (Eigen::Index k = 0; k < n; ++k)
      row.push_back(free[at] || free[static_cast<std::size_t>(k)] ? (i == k ? INFINITY : 0.0) : covariance(i, k));
  }
  if (!open.empty())
    fit.notes.push_back(fmt::format("the rows do not determine {}; the starting value is given, without an error",
                                    text::join(open, ", ")));
}

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
  for (std::size_t i = 0; i < values.size(); ++i) {
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

  add_errors(problem, fit);
  for (const Residual& residual : problem.residuals) fit.residuals.push_back({residual.row, residual.miss(fit)});
}

/// Numbers that no row reads stay as they are: a solver would call them free and spoil the covariance of the rest.
std::vector<Unknown> read_by_rows(std::vector<Unknown> all, const std::vector<Residual>& rows) {
  std::erase_if(all, [&](const Unknown& unknown) {
    return std::ranges::none_of(
        rows, [&](const Residual& row) { return std::ranges::find(row.reads, unknown.name) != row.reads.end(); });
  });
  return all;
}

}  // namespace

Calibration calibrate(const json& reference, const CalibrationRequest& request) {
  const json complete = complete_rows(reference);
  json rows = json::array();
  for (const json& row : complete) {
    if (row.at("role") == "calibrate") rows.push_back(row);
  }
  CalibrationRequest asked = request;
  if (asked.film.empty()) asked.film = measured_film(complete);
  std::vector<std::string> notes;
  const FitRows fit_rows{rows, notes};
  Calibration fit = calibration_start(fit_rows, asked);
  fit.notes.insert(fit.notes.begin(), notes.begin(), notes.end());
  std::vector<Residual> residuals = ResidualList{fit_rows, fit, request.child_crossover_v}.take();
  if (residuals.empty())
    throw Error{Error::Kind::bad_input,
                "reference: none of its calibrate rows is of a kind the fit uses; allowed: on_resistance, on_current, "
                "off_current, set_voltage, reset_voltage, switching_time, retention, ratio_spread"};
  std::vector<Unknown> moved = read_by_rows(unknowns(fit), residuals);
  Problem problem{std::move(moved), std::move(residuals), fit, request.child_crossover_v, {}};
  solve(problem, fit);
  return fit;
}

DeviceParameters for_material(const Calibration& calibration, const std::string& off_row, double barrier_ev,
                              double attempt_frequency_thz, double hop_length_angstrom) {
  const auto off = calibration.off_conductance_s.find(off_row);
  if (off == calibration.off_conductance_s.end()) {
    std::vector<std::string> known;
    for (const auto& [id, value] : calibration.off_conductance_s) known.push_back(id);
    throw Error{Error::Kind::bad_input, fmt::format("off_current_row: '{}' is not a calibrate row; allowed: {}",
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
