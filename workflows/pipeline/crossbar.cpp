// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <Eigen/CholmodSupport>
#include <Eigen/SparseCore>
#include <fmt/core.h>

#include "structures/error.hpp"
#include "structures/text.hpp"

namespace hopflow::pipeline {

namespace {

using Eigen::Index;
using Sparse = Eigen::SparseMatrix<double>;

[[noreturn]] void refuse(const std::string& what) { throw Error{Error::Kind::bad_input, what}; }

struct Branch {
  int from;
  int to;
  double conductance_s;
};

/// Sets of nodes joined without resistance.
class Joined {
 public:
  explicit Joined(int nodes) : parent_(static_cast<std::size_t>(nodes)) { std::iota(parent_.begin(), parent_.end(), 0); }
  int root(int node) {
    while (parent_[static_cast<std::size_t>(node)] != node) {
      int& up = parent_[static_cast<std::size_t>(node)];
      up = parent_[static_cast<std::size_t>(up)];
      node = up;
    }
    return node;
  }
  void join(int a, int b) {
    a = root(a);
    b = root(b);
    if (a != b) parent_[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
  }

 private:
  std::vector<int> parent_;
};

/// The array as nodes and branches: row nodes, column nodes, then the line ends.
struct Network {
  Index m, n;
  Joined joined;
  std::vector<Branch> branches;  ///< with resistance; cells first, open ones included
  std::vector<int> cell_branch;  ///< of cell i*n+j, -1 for a short

  int row_node(Index i, Index j) const { return static_cast<int>(i * n + j); }
  int column_node(Index i, Index j) const { return static_cast<int>(m * n + i * n + j); }
  int row_end(Index i) const { return static_cast<int>(2 * m * n + i); }
  int column_end(Index j) const { return static_cast<int>(2 * m * n + m + j); }
  int nodes() const { return static_cast<int>(2 * m * n + m + n); }

  explicit Network(const Array& a)
      : m{a.conductance_s.rows()}, n{a.conductance_s.cols()}, joined{static_cast<int>(2 * m * n + m + n)} {
    for (Index i = 0; i < m; ++i) {
      for (Index j = 0; j < n; ++j) {
        const double g = a.conductance_s(i, j);
        if (std::isinf(g)) {
          joined.join(row_node(i, j), column_node(i, j));
          cell_branch.push_back(-1);
        } else {
          cell_branch.push_back(static_cast<int>(branches.size()));
          branches.push_back({row_node(i, j), column_node(i, j), g});
        }
      }
    }
    const auto segment = [&](int from, int to, double ohm) {
      if (ohm == 0) joined.join(from, to);
      else branches.push_back({from, to, 1 / ohm});
    };
    for (Index i = 0; i < m; ++i) {
      if (a.rows[static_cast<std::size_t>(i)].voltage_v) segment(row_end(i), row_node(i, 0), a.row_segment_ohm);
      for (Index j = 1; j < n; ++j) segment(row_node(i, j - 1), row_node(i, j), a.row_segment_ohm);
    }
    for (Index j = 0; j < n; ++j) {
      for (Index i = 1; i < m; ++i) segment(column_node(i - 1, j), column_node(i, j), a.column_segment_ohm);
      if (a.columns[static_cast<std::size_t>(j)].voltage_v) segment(column_node(m - 1, j), column_end(j), a.column_segment_ohm);
    }
  }
};

void check(const Array& a) {
  const Index m = a.conductance_s.rows(), n = a.conductance_s.cols();
  if (m < 1 || n < 1) refuse("array: it has no cells; give at least one row and one column");
  if (static_cast<Index>(a.rows.size()) != m || static_cast<Index>(a.columns.size()) != n) {
    refuse(fmt::format("array: {} row and {} column voltages for {} x {} cells; give one per line", a.rows.size(), a.columns.size(), m, n));
  }
  if (m > largest_array / n) {
    refuse(fmt::format("array: {} x {} cells would need about {:.0f} GB; at most {} cells are solved", m, n, static_cast<double>(m) * static_cast<double>(n) * 3e-6, largest_array));
  }
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) {
      if (!(a.conductance_s(i, j) >= 0)) {
        refuse(fmt::format("array: cell ({}, {}) has a conductance of {} S; it must be 0 (open) or more", i, j, a.conductance_s(i, j)));
      }
    }
  }
  for (const auto& [name, ohm] : {std::pair{"row", a.row_segment_ohm}, std::pair{"column", a.column_segment_ohm}}) {
    if (!(ohm >= 0 && std::isfinite(ohm))) refuse(fmt::format("array: {} resistance is {} ohm; it must be a finite number, 0 or more", name, ohm));
  }
  for (const auto* lines : {&a.rows, &a.columns}) {
    for (const LineEnd& line : *lines) {
      if (line.voltage_v && !std::isfinite(*line.voltage_v)) refuse("array: a line voltage is not finite; give volts or 'floating'");
    }
  }
}

}  // namespace

struct ArraySolver::Factor {
  Eigen::CholmodSimplicialLDLT<Sparse> cholesky;  // no BLAS in it: the same bits whatever BLAS is installed
  std::vector<int> outer, inner;

  void factorize(const Sparse& matrix) {
    const std::vector<int> new_outer(matrix.outerIndexPtr(), matrix.outerIndexPtr() + matrix.outerSize() + 1);
    const std::vector<int> new_inner(matrix.innerIndexPtr(), matrix.innerIndexPtr() + matrix.nonZeros());
    if (new_outer != outer || new_inner != inner) {
      cholesky.analyzePattern(matrix);
      outer = new_outer;
      inner = new_inner;
    }
    cholesky.factorize(matrix);
    if (cholesky.info() != Eigen::Success) {
      refuse("array: the nodal equations could not be factorised; the spread of resistances is too large, raise the line resistance");
    }
  }
};

ArraySolver::ArraySolver() : factor_{std::make_unique<Factor>()} {}
ArraySolver::~ArraySolver() = default;
ArraySolver::ArraySolver(ArraySolver&&) noexcept = default;
ArraySolver& ArraySolver::operator=(ArraySolver&&) noexcept = default;

ArraySolution ArraySolver::solve(const Array& array) {
  check(array);
  Network net{array};
  const Index m = net.m, n = net.n;
  const auto at = [](int i) { return static_cast<std::size_t>(i); };

  // Node voltages live at the root of each joined set; sources fix some of them. Each is its line's level plus a small
  // difference, so that the drop over a low line resistance isn't lost in rounding.
  const std::size_t count = at(net.nodes());
  std::vector<double> level(at(static_cast<int>(m + n)), 0.0);
  std::vector<long double> voltage(count, 0);
  const auto line = [&](int node) { return at(static_cast<int>(node < net.column_node(0, 0) ? node / n
                                              : node < net.row_end(0)       ? m + (node - net.column_node(0, 0)) % n
                                                                            : node - net.row_end(0))); };
  std::vector<int> source_of(count, -1);
  const auto fix = [&](int end, double volts) {
    const int root = net.joined.root(end);
    if (source_of[at(root)] >= 0) {
      refuse("array: a short joins two voltage sources without any resistance between them; give the lines a resistance above 0");
    }
    source_of[at(root)] = end;
    level[line(root)] = volts;
  };
  for (Index i = 0; i < m; ++i) {
    if (const auto& v = array.rows[static_cast<std::size_t>(i)].voltage_v) fix(net.row_end(i), *v);
  }
  for (Index j = 0; j < n; ++j) {
    if (const auto& v = array.columns[static_cast<std::size_t>(j)].voltage_v) fix(net.column_end(j), *v);
  }
  for (Branch& b : net.branches) {
    b.from = net.joined.root(b.from);
    b.to = net.joined.root(b.to);
  }

  // Sets that current can reach from a source; the others carry none and stay at 0 V.
  Joined live{net.nodes()};
  for (const Branch& b : net.branches) {
    if (b.conductance_s > 0) live.join(b.from, b.to);
  }
  std::vector<char> reached(count, 0);
  for (int node = 0; node < net.nodes(); ++node) {
    if (source_of[at(node)] >= 0) reached[at(live.root(node))] = 1;
  }
  std::vector<int> unknown(count, -1);
  std::vector<int> roots;
  for (int node = 0; node < 2 * static_cast<int>(m * n); ++node) {
    if (net.joined.root(node) != node || source_of[at(node)] >= 0) continue;
    unknown[at(node)] = static_cast<int>(roots.size());
    roots.push_back(node);
  }

  ArraySolution solution;
  solution.unknowns = roots.size();
  const auto drop = [&](int from, int to) {
    return (static_cast<long double>(level[line(from)]) - static_cast<long double>(level[line(to)])) + (voltage[at(from)] - voltage[at(to)]);
  };
  const auto current = [&](const Branch& b) { return drop(b.from, b.to) * static_cast<long double>(b.conductance_s); };
  const auto shift_levels = [&] {
    std::vector<double> shift(level.size(), 0.0);
    for (Index k = 0; k < m + n; ++k) {
      const int first = net.joined.root(k < m ? net.row_node(k, 0) : net.column_node(m - 1, k - m));
      const bool driven = (k < m ? array.rows[at(static_cast<int>(k))] : array.columns[at(static_cast<int>(k - m))]).voltage_v.has_value();
      if (driven || line(first) != at(static_cast<int>(k)) || unknown[at(first)] < 0) continue;
      shift[at(static_cast<int>(k))] = static_cast<double>(voltage[at(first)]);
      level[at(static_cast<int>(k))] += shift[at(static_cast<int>(k))];
    }
    for (const int node : roots) voltage[at(node)] -= shift[line(node)];
  };
  const auto imbalance = [&](Eigen::VectorXd& into) {
    std::vector<long double> sum(roots.size(), 0);
    long double largest = 0, worst = 0;
    for (const Branch& b : net.branches) {
      if (b.from == b.to) continue;
      const long double i = current(b);
      largest = std::max(largest, std::abs(i));
      if (unknown[at(b.from)] >= 0) sum[at(unknown[at(b.from)])] -= i;
      if (unknown[at(b.to)] >= 0) sum[at(unknown[at(b.to)])] += i;
    }
    for (std::size_t k = 0; k < sum.size(); ++k) {
      worst = std::max(worst, std::abs(sum[k]));
      into[static_cast<Index>(k)] = static_cast<double>(sum[k]);
    }
    return largest > 0 ? static_cast<double>(worst / largest) : 0.0;
  };

  if (!roots.empty()) {
    std::vector<Eigen::Triplet<double>> entries;
    entries.reserve(net.branches.size() * 3 + roots.size());
    for (const Branch& b : net.branches) {
      const int from = unknown[at(b.from)], to = unknown[at(b.to)];
      if (b.from == b.to) continue;
      if (from >= 0) entries.emplace_back(from, from, b.conductance_s);
      if (to >= 0) entries.emplace_back(to, to, b.conductance_s);
      if (from >= 0 && to >= 0) entries.emplace_back(std::max(from, to), std::min(from, to), -b.conductance_s);
    }
    for (std::size_t k = 0; k < roots.size(); ++k) {
      const bool dead = !reached[at(live.root(roots[k]))];
      entries.emplace_back(static_cast<int>(k), static_cast<int>(k), dead ? 1.0 : 0.0);
    }
    Sparse matrix(static_cast<Index>(roots.size()), static_cast<Index>(roots.size()));
    matrix.setFromTriplets(entries.begin(), entries.end());
    factor_->factorize(matrix);
    Eigen::VectorXd missing(static_cast<Index>(roots.size()));
    double residual = imbalance(missing);
    // The first round solves, the others correct what double precision left.
    for (int round = 0; round < 8 && residual > 1e-17; ++round) {
      const Eigen::VectorXd step = factor_->cholesky.solve(missing);
      const std::vector<long double> before = voltage;
      for (std::size_t k = 0; k < roots.size(); ++k) {
        if (reached[at(live.root(roots[k]))]) voltage[at(roots[k])] += static_cast<long double>(step[static_cast<Index>(k)]);
      }
      if (round == 0) shift_levels();
      const double next = imbalance(missing);
      if (round > 0 && !(next < 0.5 * residual)) {
        if (!(next < residual)) {
          voltage = before;
          break;
        }
        residual = next;
        break;
      }
      residual = next;
    }
    solution.residual = residual;
    if (!std::isfinite(residual)) refuse("array: the nodal equations have no finite solution; the spread of resistances is too large");
  }

  solution.cell_voltage_v.resize(m, n);
  solution.cell_current_a.resize(m, n);
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) {
      const int branch = net.cell_branch[static_cast<std::size_t>(i * n + j)];
      const long double across = drop(net.joined.root(net.row_node(i, j)), net.joined.root(net.column_node(i, j)));
      solution.cell_voltage_v(i, j) = static_cast<double>(across);
      solution.cell_current_a(i, j) = branch < 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(current(net.branches[at(branch)]));
    }
  }
  // What flows into a joined set leaves through the one source it holds.
  std::vector<long double> into(count, 0);
  for (const Branch& b : net.branches) {
    if (b.from == b.to) continue;
    const long double i = current(b);
    into[at(b.from)] -= i;
    into[at(b.to)] += i;
  }
  solution.row_current_a = Eigen::VectorXd::Zero(m);
  solution.column_current_a = Eigen::VectorXd::Zero(n);
  for (std::size_t root = 0; root < count; ++root) {
    const int end = source_of[root];
    if (end < 0) continue;
    if (end < net.column_end(0)) solution.row_current_a[end - net.row_end(0)] = static_cast<double>(-into[root]);
    else solution.column_current_a[end - net.column_end(0)] = static_cast<double>(into[root]);
  }
  return solution;
}

Scheme scheme_of(const std::string& name) {
  for (const Scheme scheme : {Scheme::grounded, Scheme::half, Scheme::third, Scheme::floating}) {
    if (name == name_of(scheme)) return scheme;
  }
  throw Error{Error::Kind::usage, fmt::format("scheme: '{}' is not known; allowed: grounded, half, third, floating", text::printable(name))};
}

std::string name_of(Scheme scheme) {
  switch (scheme) {
    case Scheme::grounded: return "grounded";
    case Scheme::half: return "half";
    case Scheme::third: return "third";
    case Scheme::floating: return "floating";
  }
  return "";
}

void address(Array& array, Index row, Index column, double voltage_v, Scheme scheme) {
  LineEnd other_rows, other_columns;
  if (scheme == Scheme::half) other_rows.voltage_v = other_columns.voltage_v = voltage_v / 2;
  if (scheme == Scheme::third) {
    other_rows.voltage_v = voltage_v / 3;
    other_columns.voltage_v = 2 * voltage_v / 3;
  }
  if (scheme == Scheme::floating) other_rows = other_columns = LineEnd::floating();
  array.rows.assign(static_cast<std::size_t>(array.conductance_s.rows()), other_rows);
  array.columns.assign(static_cast<std::size_t>(array.conductance_s.cols()), other_columns);
  array.rows[static_cast<std::size_t>(row)] = {voltage_v};
  array.columns[static_cast<std::size_t>(column)] = {0.0};
}

}  // namespace hopflow::pipeline
