// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/nodal/nodal_network.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "structures/core/error.hpp"

namespace hopflow::pipeline {

using Eigen::Index;

namespace {

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

/// Sets of nodes that belong together.
class Sets {
 public:
  explicit Sets(Index nodes) : parent_(at(nodes)) { std::iota(parent_.begin(), parent_.end(), 0); }
  int root(int node) {
    while (parent_[at(node)] != node) {
      int& up = parent_[at(node)];
      up = parent_[at(up)];
      node = up;
    }
    return node;
  }
  void join(int a, int b) {
    a = root(a);
    b = root(b);
    if (a != b) parent_[at(std::max(a, b))] = std::min(a, b);
  }

 private:
  std::vector<int> parent_;
};

}  // namespace

NodalNetwork::NodalNetwork(const Array& a) : m_{a.conductance_s.rows()}, n_{a.conductance_s.cols()}, ends_{a.rows} {
  ends_.insert(ends_.end(), a.columns.begin(), a.columns.end());
  const Index nodes = 2 * m_ * n_ + m_ + n_;
  Sets joined{nodes};
  for (Index i = 0; i < m_; ++i) {
    for (Index j = 0; j < n_; ++j) {
      const double g = a.conductance_s(i, j);
      if (std::isinf(g)) {
        joined.join(row_node(i, j), column_node(i, j));
        cell_branch_.push_back(-1);
      } else {
        cell_branch_.push_back(static_cast<int>(branches_.size()));
        branches_.push_back({row_node(i, j), column_node(i, j), g, a.offset_a.size() > 0 ? a.offset_a(i, j) : 0.0});
      }
    }
  }
  const auto segment = [&](int from, int to, double ohm) {
    if (ohm == 0)
      joined.join(from, to);
    else
      branches_.push_back({from, to, 1 / ohm, 0});
  };
  for (Index i = 0; i < m_; ++i) {
    if (a.rows[at(i)].voltage_v) segment(row_end(i), row_node(i, 0), a.row_segment_ohm + a.rows[at(i)].resistance_ohm);
    for (Index j = 1; j < n_; ++j) segment(row_node(i, j - 1), row_node(i, j), a.row_segment_ohm);
  }
  for (Index j = 0; j < n_; ++j) {
    for (Index i = 1; i < m_; ++i) segment(column_node(i - 1, j), column_node(i, j), a.column_segment_ohm);
    if (a.columns[at(j)].voltage_v)
      segment(column_node(m_ - 1, j), column_end(j), a.column_segment_ohm + a.columns[at(j)].resistance_ohm);
  }
  for (int node = 0; node < static_cast<int>(nodes); ++node) root_.push_back(joined.root(node));
  for (Branch& b : branches_) {
    b.from = root(b.from);
    b.to = root(b.to);
  }
  voltage_.assign(at(nodes), 0);
  level_.assign(ends_.size(), 0);
  find_unknowns();
}

std::size_t NodalNetwork::line_of(int node) const {
  if (node < column_node(0, 0)) return at(node / n_);
  if (node < row_end(0)) return at(m_ + (node - column_node(0, 0)) % n_);
  return at(node - row_end(0));
}

void NodalNetwork::find_unknowns() {
  source_.assign(root_.size(), -1);
  for (std::size_t line = 0; line < ends_.size(); ++line) {
    if (!ends_[line].voltage_v) continue;
    const int end = row_end(static_cast<Index>(line)), fixed = root(end);
    if (source_[at(fixed)] >= 0) {
      throw Error{Error::Kind::bad_input,
                  "array: a short joins two voltage sources without any resistance between them; give the lines a "
                  "resistance above 0"};
    }
    source_[at(fixed)] = end;
    level_[line_of(fixed)] = *ends_[line].voltage_v;
  }
  Sets live{static_cast<Index>(root_.size())};
  for (const Branch& b : branches_) {
    if (b.conductance_s > 0) live.join(b.from, b.to);
  }
  std::vector<char> live_root(root_.size(), 0);
  for (std::size_t node = 0; node < source_.size(); ++node) {
    if (source_[node] >= 0) live_root[at(live.root(static_cast<int>(node)))] = 1;
  }
  unknown_.assign(root_.size(), -1);
  for (int node = 0; node < row_end(0); ++node) {
    if (root(node) != node || source_[at(node)] >= 0) continue;
    unknown_[at(node)] = static_cast<int>(roots_.size());
    roots_.push_back(node);
    reached_.push_back(live_root[at(live.root(node))]);
  }
}

bool NodalNetwork::same_shape(const NodalNetwork& other) const {
  return m_ == other.m_ && n_ == other.n_ && unknown_ == other.unknown_ && reached_ == other.reached_ &&
         std::equal(branches_.begin(), branches_.end(), other.branches_.begin(), other.branches_.end(),
                    [](const Branch& a, const Branch& b) { return a.from == b.from && a.to == b.to; });
}

Eigen::SparseMatrix<double> NodalNetwork::matrix() const {
  std::vector<Eigen::Triplet<double>> entries;
  entries.reserve(branches_.size() * 3 + roots_.size());
  for (const Branch& b : branches_) {
    const int from = unknown(b.from), to = unknown(b.to);
    if (b.from == b.to) continue;
    if (from >= 0) entries.emplace_back(from, from, b.conductance_s);
    if (to >= 0) entries.emplace_back(to, to, b.conductance_s);
    if (from >= 0 && to >= 0) entries.emplace_back(std::max(from, to), std::min(from, to), -b.conductance_s);
  }
  for (int k = 0; k < unknowns(); ++k) entries.emplace_back(k, k, reached_[at(k)] ? 0.0 : 1.0);
  Eigen::SparseMatrix<double> lower(unknowns(), unknowns());
  lower.setFromTriplets(entries.begin(), entries.end());
  return lower;
}

long double NodalNetwork::drop(int from, int to) const {
  return (static_cast<long double>(level_[line_of(from)]) - static_cast<long double>(level_[line_of(to)])) +
         (voltage_[at(from)] - voltage_[at(to)]);
}

long double NodalNetwork::current(const Branch& b) const {
  return drop(b.from, b.to) * static_cast<long double>(b.conductance_s) + static_cast<long double>(b.offset_a);
}

double NodalNetwork::imbalance(Eigen::VectorXd& missing) const {
  std::vector<long double> sum(roots_.size(), 0);
  long double largest = 0, worst = 0;
  for (const Branch& b : branches_) {
    if (b.from == b.to) continue;
    const long double i = current(b);
    largest = std::max(largest, std::abs(i));
    if (unknown(b.from) >= 0) sum[at(unknown(b.from))] -= i;
    if (unknown(b.to) >= 0) sum[at(unknown(b.to))] += i;
  }
  for (std::size_t line = 0; line < ends_.size(); ++line) {
    const auto k = static_cast<Index>(line);
    const int entry = unknown(root(k < m_ ? row_node(k, 0) : column_node(m_ - 1, k - m_)));
    if (!ends_[line].voltage_v && entry >= 0) sum[at(entry)] += static_cast<long double>(ends_[line].injected_a);
  }
  missing.resize(unknowns());
  for (std::size_t k = 0; k < sum.size(); ++k) {
    if (reached_[k]) worst = std::max(worst, std::abs(sum[k]));
    missing[static_cast<Index>(k)] = reached_[k] ? static_cast<double>(sum[k]) : 0.0;
  }
  return largest > 0 ? static_cast<double>(worst / largest) : 0.0;
}

void NodalNetwork::move(const Eigen::VectorXd& step) {
  for (std::size_t k = 0; k < roots_.size(); ++k) {
    if (reached_[k]) voltage_[at(roots_[k])] += static_cast<long double>(step[static_cast<Index>(k)]);
  }
}

void NodalNetwork::shift_levels() {
  std::vector<double> shift(level_.size(), 0.0);
  for (Index k = 0; k < m_ + n_; ++k) {
    const int first = root(k < m_ ? row_node(k, 0) : column_node(m_ - 1, k - m_));
    if (ends_[at(k)].voltage_v || line_of(first) != at(k) || unknown(first) < 0) continue;
    shift[at(k)] = static_cast<double>(voltage_[at(first)]);
    level_[at(k)] += shift[at(k)];
  }
  for (const int node : roots_) voltage_[at(node)] -= static_cast<long double>(shift[line_of(node)]);
}

ArraySolution NodalNetwork::answer() const {
  ArraySolution s;
  s.unknowns = roots_.size();
  s.cell_voltage_v.resize(m_, n_);
  s.cell_current_a.resize(m_, n_);
  for (Index i = 0; i < m_; ++i) {
    for (Index j = 0; j < n_; ++j) {
      const int branch = cell_branch_[at(i * n_ + j)];
      s.cell_voltage_v(i, j) = static_cast<double>(drop(root(row_node(i, j)), root(column_node(i, j))));
      s.cell_current_a(i, j) =
          branch < 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(current(branches_[at(branch)]));
    }
  }
  // What flows into a joined set leaves through the one source it holds.
  std::vector<long double> into(root_.size(), 0);
  for (const Branch& b : branches_) {
    if (b.from == b.to) continue;
    const long double i = current(b);
    into[at(b.from)] -= i;
    into[at(b.to)] += i;
  }
  s.row_current_a.resize(m_);
  s.column_current_a.resize(n_);
  s.row_entry_v.resize(m_);
  s.column_entry_v.resize(n_);
  const auto voltage = [&](int node) {
    return level_[line_of(root(node))] + static_cast<double>(voltage_[at(root(node))]);
  };
  for (Index i = 0; i < m_; ++i) {
    s.row_current_a[i] = ends_[at(i)].injected_a;
    s.row_entry_v[i] = voltage(row_node(i, 0));
  }
  for (Index j = 0; j < n_; ++j) {
    s.column_current_a[j] = -ends_[at(m_ + j)].injected_a;
    s.column_entry_v[j] = voltage(column_node(m_ - 1, j));
  }
  for (std::size_t node = 0; node < source_.size(); ++node) {
    const int end = source_[node];
    if (end < 0) continue;
    // Current put into another floating line of the same set leaves here, too.
    if (end < column_end(0))
      s.row_current_a[end - row_end(0)] = static_cast<double>(-into[node]);
    else
      s.column_current_a[end - column_end(0)] = static_cast<double>(into[node]);
  }
  return s;
}

}  // namespace hopflow::pipeline
