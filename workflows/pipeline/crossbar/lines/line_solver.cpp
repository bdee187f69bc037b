// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/lines/line_solver.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "workflows/pipeline/crossbar/lines/line_kernels.hpp"

namespace hopflow::pipeline {

using Eigen::Index;

namespace {

constexpr double round_tolerance = 1e-8;   ///< of one round of conjugate gradients
constexpr double first_tolerance = 1e-15;  ///< of all rounds together
/// The same, starting from the last answer. One round goes further there: its rounding errors are those of a small
/// correction.
constexpr double again_round_tolerance = 1e-12;
constexpr double again_tolerance = 1e-14;
constexpr std::size_t most_changed = 16;  ///< cells, whose lines are then factorised alone
constexpr Index rows_at_once = 32;        ///< whose numbers stay in the nearest cache through a step
constexpr double confirmed = 20;          ///< tolerances that a fresh look at the currents must confirm
constexpr double largest_residual = 1e-12;
constexpr int most_rounds = 6;
constexpr double most_lost = 4e4;  ///< leaves a dozen digits

double segment_conductance(double ohm) { return ohm > 0 ? 1 / ohm : 0.0; }

double end_conductance(const LineEnd& end, double segment_ohm) {
  return end.voltage_v ? 1 / (segment_ohm + end.resistance_ohm) : 0.0;
}

bool same_ends(const std::vector<LineEnd>& a, const std::vector<LineEnd>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const LineEnd& x, const LineEnd& y) {
    return x.voltage_v == y.voltage_v && x.resistance_ohm == y.resistance_ohm && x.injected_a == y.injected_a;
  });
}

/// Adds what flows into each node along its line; returns the largest current of a segment.
double add_line_currents(double segment_s, const std::vector<double>& end_s, const std::vector<LineEnd>& ends,
                         const std::vector<double>& drop, std::vector<double>& into) {
  std::vector<double> peak(ends.size());
  for (std::size_t l = 0; l < ends.size(); ++l) {
    const double in = ends[l].voltage_v ? -end_s[l] * drop[l] : ends[l].injected_a;
    peak[l] = std::abs(in);
    into[l] += in;
  }
  add_segment_currents(segment_s, drop, peak, into);
  return *std::max_element(peak.begin(), peak.end());
}

}  // namespace

bool LineSolver::suits(const Array& array) {
  if (array.row_segment_ohm == 0 && array.conductance_s.cols() > 1) return false;
  if (array.column_segment_ohm == 0 && array.conductance_s.rows() > 1) return false;
  for (const LineEnd& end : array.rows) {
    if (end.voltage_v && array.row_segment_ohm + end.resistance_ohm == 0) return false;
  }
  for (const LineEnd& end : array.columns) {
    if (end.voltage_v && array.column_segment_ohm + end.resistance_ohm == 0) return false;
  }
  return array.conductance_s.array().isFinite().all();
}

bool LineSolver::take_over(const Array& a) {
  if (!std::equal(offset_r_.begin(), offset_r_.end(), a.offset_a.data(), a.offset_a.data() + a.offset_a.size()))
    return false;
  if (row_s_ != segment_conductance(a.row_segment_ohm) || column_s_ != segment_conductance(a.column_segment_ohm))
    return false;
  const double* g = a.conductance_s.data();
  std::vector<std::size_t> changed;
  for (std::size_t k = 0; k < cells_r_.size(); ++k) {
    if (g[k] == cells_r_[k]) continue;
    if (changed.size() == most_changed) return false;
    changed.push_back(k);
  }
  const auto m = static_cast<std::size_t>(m_), n = static_cast<std::size_t>(n_);
  for (const std::size_t k : changed) {
    const std::size_t i = k % m, j = k / m, along_column = (m - 1 - i) * n + j;
    const double more =
        (g[k] - cells_r_[k]) * ((row_level_[i] - column_level_[j]) + (drop_r_[k] - drop_c_[along_column]));
    missing_r_[k] -= more;
    missing_c_[along_column] += more;
    cells_r_[k] = cells_c_[along_column] = g[k];
  }
  for (const std::size_t k : changed) {
    row_ladders_.factorize_line(cells_r_, row_end_s_, static_cast<Index>(k % m));
    column_ladders_.factorize_line(cells_c_, column_end_s_, static_cast<Index>(k / m));
  }
  return true;
}

bool LineSolver::set_up(const Array& a, bool from_last) {
  const Index m = a.conductance_s.rows(), n = a.conductance_s.cols();
  const auto size = static_cast<std::size_t>(m * n);
  from_last =
      from_last && answered_ && m == m_ && n == n_ && same_ends(a.rows, rows_) && same_ends(a.columns, columns_);
  tolerance_ = from_last ? again_tolerance : first_tolerance;
  answered_ = false;
  if (from_last && take_over(a)) return true;
  m_ = m;
  n_ = n;
  rows_ = a.rows;
  columns_ = a.columns;
  row_s_ = segment_conductance(a.row_segment_ohm);
  column_s_ = segment_conductance(a.column_segment_ohm);
  cells_r_.assign(a.conductance_s.data(), a.conductance_s.data() + size);
  offset_r_.assign(a.offset_a.data(), a.offset_a.data() + a.offset_a.size());
  for (auto* each : {&cells_c_, &current_r_, &missing_r_, &missing_c_, &x_, &r_, &z_, &p_, &q_, &t_, &u_})
    each->resize(size);
  block_.resize(static_cast<std::size_t>(std::min(m, rows_at_once) * n));
  rows_to_columns(m, n, cells_r_, cells_c_);
  row_end_s_.resize(rows_.size());
  column_end_s_.resize(columns_.size());
  for (std::size_t i = 0; i < rows_.size(); ++i) row_end_s_[i] = end_conductance(rows_[i], a.row_segment_ohm);
  for (std::size_t j = 0; j < columns_.size(); ++j)
    column_end_s_[j] = end_conductance(columns_[j], a.column_segment_ohm);
  row_ladders_.factorize(cells_r_, row_s_, row_end_s_);
  column_ladders_.factorize(cells_c_, column_s_, column_end_s_);
  if (from_last) return false;
  scale_ = 0;
  drop_r_.assign(size, 0.0);
  drop_c_.assign(size, 0.0);
  row_level_.clear();
  column_level_.clear();
  for (const LineEnd& end : rows_) row_level_.push_back(end.voltage_v.value_or(0));
  for (const LineEnd& end : columns_) column_level_.push_back(end.voltage_v.value_or(0));
  return false;
}

double LineSolver::imbalance() {
  columns_to_rows(m_, n_, drop_c_, t_);
  cell_currents(cells_r_, row_level_, column_level_, drop_r_, t_, current_r_);
  for (std::size_t k = 0; k < offset_r_.size(); ++k) current_r_[k] += offset_r_[k];
  rows_to_columns(m_, n_, current_r_, missing_c_);
  for (std::size_t k = 0; k < missing_r_.size(); ++k) missing_r_[k] = -current_r_[k];
  const double largest =
      std::max({largest_magnitude(current_r_), add_line_currents(row_s_, row_end_s_, rows_, drop_r_, missing_r_),
                add_line_currents(column_s_, column_end_s_, columns_, drop_c_, missing_c_)});
  const double worst = std::max(largest_magnitude(missing_r_), largest_magnitude(missing_c_));
  return largest > 0 ? worst / largest : 0.0;
}

bool LineSolver::iterate(double rz, double tolerance, int& steps_left) {
  double alpha = 0, beta = 0;
  const double enough = std::max(tolerance * tolerance * rz, tolerance_ * tolerance_ * scale_);
  for (auto* each : {&x_, &p_, &q_}) std::fill(each->begin(), each->end(), 0.0);
  while (rz > enough) {
    if (steps_left-- <= 0) return false;
    // As z = (Lc + D)^-1 r, S z = r - D (Lr + D)^-1 D z; the direction's image q = S p follows p.
    double bend = 0;
    for (Index first = 0; first < m_; first += rows_at_once) {
      const Index count = std::min(rows_at_once, m_ - first);
      const auto part = [&](std::vector<double>& a) {
        return std::span{a}.subspan(static_cast<std::size_t>((m_ - first - count) * n_),
                                    static_cast<std::size_t>(count * n_));
      };
      turn(alpha, beta, count, n_, part(z_), part(cells_c_), part(x_), part(p_), block_);
      row_ladders_.solve_some(first, count, block_);
      bend += curvature(beta, count, n_, block_, part(cells_c_), part(p_), part(r_), part(q_));
    }
    if (!(bend > 0)) return false;
    alpha = rz / bend;
    const double next = column_ladders_.step_and_solve(alpha, q_, r_, z_);
    beta = next / rz;
    rz = next;
  }
  add(alpha, p_, x_);
  return std::isfinite(rz);
}

void LineSolver::shift_levels() {
  const auto shift = [](const std::vector<LineEnd>& ends, std::vector<double>& level, std::vector<double>& drop,
                        Index length) {
    const std::size_t width = ends.size();
    for (std::size_t l = 0; l < width; ++l) {
      if (ends[l].voltage_v) continue;
      const double by = drop[l];
      level[l] += by;
      for (Index k = 0; k < length; ++k) drop[static_cast<std::size_t>(k) * width + l] -= by;
    }
  };
  shift(rows_, row_level_, drop_r_, n_);
  shift(columns_, column_level_, drop_c_, m_);
}

std::optional<ArraySolution> LineSolver::solve(const Array& array, bool from_last) {
  bool known = set_up(array, from_last);
  const int most_steps = 300 + 10 * static_cast<int>(std::max(m_, n_));
  int steps_left = most_steps;
  double last = 0;
  for (int round = 0;; ++round) {
    const double residual = known ? 0 : imbalance();
    row_ladders_.solve(missing_r_, u_);
    rows_to_columns(m_, n_, u_, r_);
    scale_and_add(cells_c_, missing_c_, r_);
    column_ladders_.solve(r_, z_);
    const double size = dot(r_, z_);
    if (!std::isfinite(size) || !std::isfinite(residual)) return std::nullopt;
    scale_ = std::max(scale_, size);
    bool done = size <= confirmed * tolerance_ * confirmed * tolerance_ * scale_;
    if (done && residual > largest_residual && tolerance_ > first_tolerance) {
      tolerance_ = first_tolerance;
      done = false;
    }
    const bool stuck = round == most_rounds || (round > 1 && size > 0.25 * last);
    if (done && known) {
      // No more than the last answer left: that is looked at afresh.
      known = false;
      --round;
      continue;
    }
    known = false;
    if (done || stuck) {
      if (!(residual <= largest_residual) || lost_digits() > most_lost) return std::nullopt;
      return answer(residual, most_steps - steps_left);
    }
    last = size;
    if (!iterate(size, tolerance_ > first_tolerance ? again_round_tolerance : round_tolerance, steps_left))
      return std::nullopt;
    columns_to_rows(m_, n_, x_, t_);
    scale_and_add(cells_r_, missing_r_, t_);
    row_ladders_.solve(t_, u_);
    add(1, u_, drop_r_);
    add(1, x_, drop_c_);
    if (round == 0) shift_levels();
  }
}

double LineSolver::lost_digits() {
  std::vector<double> row_flow(rows_.size(), 0), row_terms(rows_.size(), 0), column_flow(columns_.size(), 0),
      column_terms(columns_.size(), 0);
  add_cell_sums(current_r_, cells_r_, row_level_, column_level_, drop_r_, t_,
                {row_flow, row_terms, column_flow, column_terms});
  double lost = 0;
  const auto look = [&](const std::vector<LineEnd>& ends, const std::vector<double>& flow,
                        const std::vector<double>& terms) {
    for (std::size_t l = 0; l < ends.size(); ++l) {
      if (ends[l].voltage_v && terms[l] > 0) lost = std::max(lost, terms[l] / flow[l]);
    }
  };
  look(rows_, row_flow, row_terms);
  look(columns_, column_flow, column_terms);
  return lost;
}

ArraySolution LineSolver::answer(double residual, int steps) {
  answered_ = true;
  ArraySolution s;
  s.residual = residual;
  s.unknowns = 2 * cells_r_.size();
  s.path = Path::lines;
  s.iterations = steps;
  s.cell_current_a = Eigen::Map<const Eigen::MatrixXd>(current_r_.data(), m_, n_);
  s.cell_voltage_v.resize(m_, n_);
  s.row_entry_v.resize(m_);
  s.column_entry_v.resize(n_);
  for (Index j = 0; j < n_; ++j) {
    const auto column = static_cast<std::size_t>(j);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const std::size_t k = column * rows_.size() + i;
      s.cell_voltage_v(static_cast<Index>(i), j) = (row_level_[i] - column_level_[column]) + (drop_r_[k] - t_[k]);
    }
    s.column_entry_v[j] = column_level_[column] + drop_c_[column];
  }
  // What the cells put into a line leaves at its end, up to the residual; these sums keep small columns' digits.
  s.row_current_a = s.cell_current_a.rowwise().sum();
  s.column_current_a = s.cell_current_a.colwise().sum().transpose();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    s.row_entry_v[static_cast<Index>(i)] = row_level_[i] + drop_r_[i];
    if (!rows_[i].voltage_v) s.row_current_a[static_cast<Index>(i)] = rows_[i].injected_a;
  }
  for (std::size_t j = 0; j < columns_.size(); ++j) {
    if (!columns_[j].voltage_v) s.column_current_a[static_cast<Index>(j)] = -columns_[j].injected_a;
  }
  return s;
}

}  // namespace hopflow::pipeline
