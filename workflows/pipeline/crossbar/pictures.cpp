// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/pictures.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow::pipeline {

namespace {

using Eigen::Index;
constexpr Index largest_own_law = 1024;  ///< cells

using Glyph = std::array<const char*, 16>;

constexpr Glyph letter_n{"................", "................", "..##........##..", "..###.......##..",
                         "..####......##..", "..##.##.....##..", "..##..##....##..", "..##..##....##..",
                         "..##...##...##..", "..##....##..##..", "..##....##..##..", "..##.....##.##..",
                         "..##......####..", "..##.......###..", "................", "................"};
constexpr Glyph letter_t{"................", "................", "..############..", "..############..",
                         ".......##.......", ".......##.......", ".......##.......", ".......##.......",
                         ".......##.......", ".......##.......", ".......##.......", ".......##.......",
                         ".......##.......", ".......##.......", "................", "................"};
constexpr Glyph letter_u{"................", "................", "..##........##..", "..##........##..",
                         "..##........##..", "..##........##..", "..##........##..", "..##........##..",
                         "..##........##..", "..##........##..", "..##........##..", "..###......###..",
                         "...##########...", "....########....", "................", "................"};

}  // namespace

Eigen::MatrixXi glyph(const std::string& name, Index rows, Index columns) {
  const Glyph* letter = name == "N" ? &letter_n : name == "T" ? &letter_t : name == "U" ? &letter_u : nullptr;
  if (letter == nullptr)
    throw Error{Error::Kind::bad_input,
                fmt::format("patterns: '{}' is not known; allowed: N, T, U", text::printable(name))};
  Eigen::MatrixXi image(rows, columns);
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < columns; ++j) {
      image(i, j) = (*letter)[static_cast<std::size_t>(i * 16 / rows)][j * 16 / columns] == '#' ? 1 : 0;
    }
  }
  return image;
}

Reading read_cells(DeviceArray& array, double read_v, Scheme scheme) {
  const Index m = array.state().rows(), n = array.state().cols();
  const bool own_laws = array.series().present() || array.state().size() <= largest_own_law;
  Array a = own_laws ? array.lines() : array.linear(read_v);
  Reading reading;
  reading.current_a.resize(m, n);
  int reads = 0;
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) {
      if (scheme == Scheme::grounded && j > 0) break;
      address(a, i, j, read_v, scheme);
      const ArraySolution s = own_laws ? array.read(a) : array.solver().solve(a);
      reading.worst_residual = std::max(reading.worst_residual, s.residual);
      reading.power_w += power(a, s);
      ++reads;
      if (scheme == Scheme::grounded)
        reading.current_a.row(i) = s.column_current_a.transpose();
      else
        reading.current_a(i, j) = s.column_current_a[j];
    }
  }
  reading.power_w /= reads;
  return reading;
}

Readout judge(const Eigen::MatrixXd& current_a, const Eigen::MatrixXi& image, double reference_a) {
  double least_set = std::numeric_limits<double>::infinity(), most_bare = 0;
  Readout readout;
  for (Index i = 0; i < image.rows(); ++i) {
    for (Index j = 0; j < image.cols(); ++j) {
      const double a = current_a(i, j);
      if (image(i, j) == 1)
        least_set = std::min(least_set, a);
      else
        most_bare = std::max(most_bare, a);
      if ((a > reference_a) != (image(i, j) == 1)) ++readout.errors;
    }
  }
  readout.margin = least_set / most_bare;
  return readout;
}

}  // namespace hopflow::pipeline
