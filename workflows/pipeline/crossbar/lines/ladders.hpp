// SPDX-License-Identifier: GPL-2.0-or-later
// Parallel lines of equal length, each a ladder of segments with a load at every node, solved exactly and side by side.
#pragma once

#include <span>
#include <vector>

#include <Eigen/Core>

namespace hopflow::pipeline {

/// `width` lines of `length` nodes. Node 0 hangs on the line's end, neighbours on one segment each, and every node on a
/// load to ground. Numbers of (node k, line l) are stored at k * width + l, so that loops run over lines. The
/// tridiagonal matrices are factorised from the far end by adding conductances in series and in parallel: nothing is
/// subtracted, so every entry keeps its digits however far apart loads and segments are.
class Ladders {
 public:
  /// @param load_s     width x length conductances, 0 or more
  /// @param segment_s  conductance of one segment, above 0
  /// @param end_s      width; between node 0 and the line's end; 0: nothing there
  void factorize(std::span<const double> load_s, double segment_s, std::span<const double> end_s);
  /// The same bits when only loads of one line changed.
  void factorize_line(std::span<const double> load_s, std::span<const double> end_s, Eigen::Index line);

  /// Voltages that injected currents produce: (line + load)^-1 b. Lines without end and load stay at 0.
  /// @param b, x  width x length; may not overlap
  void solve(std::span<const double> b, std::span<double> x) const;
  /// The same for lines first ... first + count - 1 alone, in place: (node k, line l) at k * count + l - first.
  void solve_some(Eigen::Index first, Eigen::Index count, std::span<double> x) const;
  /// Takes the step r -= alpha q, then z as solve(r, z) has it. @return r . z, in partial sums whatever the vector
  /// width
  double step_and_solve(double alpha, std::span<const double> q, std::span<double> r, std::span<double> z) const;

 private:
  Eigen::Index width_ = 0, length_ = 0;
  double segment_s_ = 0;
  std::vector<double>
      inverse_;  ///< 1 / pivot; times segment_s_: share of a node's injected current that goes on to the node before it
  std::vector<double> load_seen_;  ///< of the nodes behind, while factorising
};

}  // namespace hopflow::pipeline
