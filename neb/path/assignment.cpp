// SPDX-License-Identifier: GPL-2.0-or-later
// Shortest augmenting paths over reduced costs.
#include "neb/path/assignment.hpp"

#include <limits>

namespace hopflow {

std::vector<int> cheapest_assignment(const Eigen::MatrixXd& cost) {
  const auto at = [](Eigen::Index i) { return static_cast<std::size_t>(i); };
  const Eigen::Index n = cost.rows();
  const Eigen::MatrixXd by_row = cost.transpose();  // a row's costs side by side in memory
  Eigen::VectorXd row_price = Eigen::VectorXd::Zero(n), column_price = Eigen::VectorXd::Zero(n + 1);
  std::vector<Eigen::Index> row_of(at(n + 1), -1);  // column n stands for the row to be placed
  for (Eigen::Index row = 0; row < n; ++row) {
    Eigen::VectorXd reach = Eigen::VectorXd::Constant(n, std::numeric_limits<double>::infinity());
    std::vector<Eigen::Index> from(at(n), n);
    std::vector<Eigen::Index> left;  // columns not reached
    for (Eigen::Index j = 0; j < n; ++j) left.push_back(j);
    std::vector<Eigen::Index> reached{n};
    row_of[at(n)] = row;
    Eigen::Index at_column = n;
    while (row_of[at(at_column)] >= 0) {
      const Eigen::Index r = row_of[at(at_column)];
      std::size_t nearest = 0;
      for (std::size_t k = 0; k < left.size(); ++k) {
        const Eigen::Index j = left[k];
        const double reduced = by_row(j, r) - row_price[r] - column_price[j];
        if (reduced < reach[j]) {
          reach[j] = reduced;
          from[at(j)] = at_column;
        }
        if (reach[j] < reach[left[nearest]]) nearest = k;
      }
      const double step = reach[left[nearest]];
      for (const Eigen::Index j : reached) {
        row_price[row_of[at(j)]] += step;
        column_price[j] -= step;
      }
      for (const Eigen::Index j : left) reach[j] -= step;
      at_column = left[nearest];
      reached.push_back(at_column);
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(nearest));
    }
    while (at_column != n) {
      const Eigen::Index before = from[at(at_column)];
      row_of[at(at_column)] = row_of[at(before)];
      at_column = before;
    }
  }
  std::vector<int> column(at(n));
  for (Eigen::Index j = 0; j < n; ++j) column[at(row_of[at(j)])] = static_cast<int>(j);
  return column;
}

}  // namespace hopflow
