// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/images.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/core.h>

#include "structures/error.hpp"
#include "structures/text.hpp"
#include "workflows/pipeline/device_uncertainty.hpp"
#include "workflows/pipeline/models/memristor.hpp"

namespace hopflow::pipeline {

namespace {

using Eigen::Index;
using Glyph = std::array<const char*, 16>;

constexpr std::uint32_t spread_purpose = 16;
constexpr double largest_change = 0.25;    ///< of a cell's conductance between two solutions of the array, in units of Gon
constexpr double negligible_move = 1e-9;   ///< of a state in a whole pulse
constexpr int most_moves = 4000;

constexpr Glyph letter_n{"................", "................", "..##........##..", "..###.......##..", "..####......##..", "..##.##.....##..",
                         "..##..##....##..", "..##..##....##..", "..##...##...##..", "..##....##..##..", "..##....##..##..", "..##.....##.##..",
                         "..##......####..", "..##.......###..", "................", "................"};
constexpr Glyph letter_t{"................", "................", "..############..", "..############..", ".......##.......", ".......##.......",
                         ".......##.......", ".......##.......", ".......##.......", ".......##.......", ".......##.......", ".......##.......",
                         ".......##.......", ".......##.......", "................", "................"};
constexpr Glyph letter_u{"................", "................", "..##........##..", "..##........##..", "..##........##..", "..##........##..",
                         "..##........##..", "..##........##..", "..##........##..", "..##........##..", "..##........##..", "..###......###..",
                         "...##########...", "....########....", "................", "................"};

/// The state at which a moving cell has changed the array enough to be solved again.
double next_stop(const DeviceParameters& p, double x, bool rising) {
  const double conductance = film_conductance(p, x), change = largest_change * p.on_conductance_s;
  if (rising) return conductance + change >= film_conductance(p, 1) ? 1.0 : state_of_conductance(p, conductance + change);
  return state_of_conductance(p, conductance - change);
}

}  // namespace

Eigen::MatrixXi glyph(const std::string& name, Index rows, Index columns) {
  const Glyph* letter = name == "N" ? &letter_n : name == "T" ? &letter_t : name == "U" ? &letter_u : nullptr;
  if (letter == nullptr) throw Error{Error::Kind::bad_input, fmt::format("patterns: '{}' is not known; allowed: N, T, U", text::printable(name))};
  Eigen::MatrixXi image(rows, columns);
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < columns; ++j) {
      image(i, j) = (*letter)[static_cast<std::size_t>(i * 16 / rows)][j * 16 / columns] == '#' ? 1 : 0;
    }
  }
  return image;
}

DeviceArray::DeviceArray(const DeviceParameters& device, Index rows, Index columns, double line_resistance_ohm, std::uint64_t seed)
    : state_{Eigen::MatrixXd::Zero(rows, columns)}, chord_v_{Eigen::MatrixXd::Zero(rows, columns)}, line_resistance_ohm_{line_resistance_ohm} {
  for (Index cell = 0; cell < rows * columns; ++cell) {
    DeviceParameters p = device;
    const double factor = std::pow(10.0, device.ratio_sigma_decades * normal_at(seed, spread_purpose, static_cast<std::uint64_t>(cell)));
    p.off_conductance_s = std::min(device.off_conductance_s * factor, device.on_conductance_s / 2);
    p.child_a_per_v2 *= p.off_conductance_s / device.off_conductance_s;
    cells_.push_back(p);
  }
}

ArraySolution DeviceArray::solve(Array& array) {
  const Index m = state_.rows(), n = state_.cols();
  ArraySolution solution;
  // The cells' chord conductances are taken at the voltages they produce: few rounds, since only bare cells are non-linear.
  for (int round = 0; round < 20; ++round) {
    double change = 0;
    for (Index i = 0; i < m; ++i) {
      for (Index j = 0; j < n; ++j) {
        const double v = std::max(1e-6, std::abs(chord_v_(i, j)));
        const double g = operate(cells_[static_cast<std::size_t>(i * n + j)], state_(i, j), v, Compliance::off).current_a / v;
        change = std::max(change, std::abs(g - array.conductance_s(i, j)) / g);
        array.conductance_s(i, j) = g;
      }
    }
    if (round > 0 && change < 1e-6) break;
    solution = solver_.solve(array);
    worst_residual_ = std::max(worst_residual_, solution.residual);
    chord_v_ = solution.cell_voltage_v;
  }
  return solution;
}

void DeviceArray::pulse(Array& array, double width_s) {
  const Index m = state_.rows(), n = state_.cols();
  double left = width_s;
  for (int move = 0; left > 0; ++move) {
    const ArraySolution solution = solve(array);
    double step = left;
    std::vector<std::pair<Index, Speed>> moving;
    for (Index cell = 0; cell < m * n; ++cell) {
      const DeviceParameters& p = cells_[static_cast<std::size_t>(cell)];
      const double x = state_(cell / n, cell % n);
      const Speed speed = device_speed(p, solution.cell_voltage_v(cell / n, cell % n), Compliance::off, Relaxation::off);
      const double here = speed(x);
      if ((here > 0 && x >= 1) || (here < 0 && x <= 0) || std::abs(here) * left < negligible_move) continue;
      moving.emplace_back(cell, speed);
      const double target = next_stop(p, x, here > 0);
      const auto seconds = move < most_moves ? time_to(speed, x, target) : std::nullopt;
      if (seconds) step = std::min(step, std::max(*seconds, width_s * 1e-12));
    }
    for (const auto& [cell, speed] : moving) state_(cell / n, cell % n) = advance(speed, state_(cell / n, cell % n), step);
    if (moving.empty()) break;
    left -= step;
  }
}

void DeviceArray::erase(const WriteProtocol& protocol) {
  Array array{state_, line_resistance_ohm_, line_resistance_ohm_, {}, {}};
  array.rows.assign(static_cast<std::size_t>(state_.rows()), LineEnd{protocol.erase_v});
  array.columns.assign(static_cast<std::size_t>(state_.cols()), LineEnd{0.0});
  chord_v_.setConstant(protocol.erase_v);
  pulse(array, protocol.width_s);
}

void DeviceArray::write(const Eigen::MatrixXi& image, const WriteProtocol& protocol) {
  Array array{state_, line_resistance_ohm_, line_resistance_ohm_, {}, {}};
  for (Index i = 0; i < image.rows(); ++i) {
    for (Index j = 0; j < image.cols(); ++j) {
      if (image(i, j) == 0) continue;
      address(array, i, j, protocol.set_v, Scheme::half);
      pulse(array, protocol.width_s);
    }
  }
}

Eigen::MatrixXd DeviceArray::read(double read_v, Scheme scheme, double line_resistance_ohm) {
  const Index m = state_.rows(), n = state_.cols();
  Array array{Eigen::MatrixXd(m, n), line_resistance_ohm, line_resistance_ohm, {}, {}};
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) {
      array.conductance_s(i, j) = operate(cells_[static_cast<std::size_t>(i * n + j)], state_(i, j), read_v, Compliance::off).current_a / read_v;
    }
  }
  Eigen::MatrixXd current(m, n);
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) {
      if (scheme == Scheme::grounded && j > 0) break;
      address(array, i, j, read_v, scheme);
      const ArraySolution solution = solver_.solve(array);
      worst_residual_ = std::max(worst_residual_, solution.residual);
      if (scheme == Scheme::grounded) current.row(i) = solution.column_current_a.transpose();
      else current(i, j) = solution.column_current_a[j];
    }
  }
  return current;
}

Readout judge(const Eigen::MatrixXd& current_a, const Eigen::MatrixXi& image, double reference_a) {
  double least_set = std::numeric_limits<double>::infinity(), most_bare = 0;
  Readout readout;
  for (Index i = 0; i < image.rows(); ++i) {
    for (Index j = 0; j < image.cols(); ++j) {
      const double a = current_a(i, j);
      if (image(i, j) == 1) least_set = std::min(least_set, a);
      else most_bare = std::max(most_bare, a);
      if ((a > reference_a) != (image(i, j) == 1)) ++readout.errors;
    }
  }
  readout.margin = least_set / most_bare;
  return readout;
}

}  // namespace hopflow::pipeline
