// SPDX-License-Identifier: GPL-2.0-or-later
// Spanning trees with cell offsets; every edge outside the tree gives a cycle translation. All in integers.
#include "structures/graph/periodic_graph.hpp"

#include <cstdlib>
#include <queue>

namespace hopflow {

// The basis is kept so that column k is zero in its first k entries, or zero throughout; entry (k, k) > 0 if used.

Eigen::Matrix3i add_to_lattice(const Eigen::Matrix3i& basis, const Eigen::Vector3i& vector) {
  Eigen::Matrix3i out = basis;
  Eigen::Vector3i v = vector;
  for (int k = 0; k < 3; ++k) {
    // Euclid on (pivot, v_k): the greatest common divisor stays in the column, zero goes on.
    while (v(k) != 0) {
      if (out(k, k) == 0) {
        out.col(k) = v(k) > 0 ? v : Eigen::Vector3i{-v};
        v.setZero();
        break;
      }
      const int q = v(k) / out(k, k);
      v -= q * out.col(k);
      if (v(k) != 0) {
        const Eigen::Vector3i pivot = out.col(k);
        out.col(k) = v(k) > 0 ? v : Eigen::Vector3i{-v};
        v = pivot;
      }
    }
  }
  // Entries next to a pivot are brought into [0, pivot): one lattice, one matrix.
  for (int k = 1; k < 3; ++k) {
    if (out(k, k) == 0) continue;
    for (int column = 0; column < k; ++column) {
      const int entry = out(k, column), pivot = out(k, k);
      const int q = entry >= 0 ? entry / pivot : -((pivot - 1 - entry) / pivot);
      out.col(column) -= q * out.col(k);
    }
  }
  return out;
}

bool in_lattice(const Eigen::Matrix3i& basis, const Eigen::Vector3i& vector) {
  Eigen::Vector3i v = vector;
  for (int k = 0; k < 3; ++k) {
    if (v(k) == 0) continue;
    if (basis(k, k) == 0 || v(k) % basis(k, k) != 0) return false;
    v -= v(k) / basis(k, k) * basis.col(k);
  }
  return v.isZero();
}

PeriodicComponents find_components(int nodes, std::span<const PeriodicEdge> edges) {
  const auto size = static_cast<std::size_t>(nodes);
  std::vector<std::vector<std::size_t>> incident(size);
  for (std::size_t e = 0; e < edges.size(); ++e) {
    incident[static_cast<std::size_t>(edges[e].from)].push_back(e);
    incident[static_cast<std::size_t>(edges[e].to)].push_back(e);
  }
  PeriodicComponents out;
  out.component.assign(size, -1);
  out.offset.assign(size, Eigen::Vector3i::Zero());
  for (int root = 0; root < nodes; ++root) {
    if (out.component[static_cast<std::size_t>(root)] >= 0) continue;
    const int id = out.count();
    out.rank.push_back(0);
    out.cycles.push_back(Eigen::Matrix3i::Zero());
    out.component[static_cast<std::size_t>(root)] = id;
    std::queue<int> open;
    open.push(root);
    while (!open.empty()) {
      const int node = open.front();
      open.pop();
      const Eigen::Vector3i here = out.offset[static_cast<std::size_t>(node)];
      for (const std::size_t e : incident[static_cast<std::size_t>(node)]) {
        const PeriodicEdge& edge = edges[e];
        const bool forward = edge.from == node;
        const auto other = static_cast<std::size_t>(forward ? edge.to : edge.from);
        const Eigen::Vector3i there = forward ? Eigen::Vector3i{here + edge.image} : Eigen::Vector3i{here - edge.image};
        if (out.component[other] < 0) {
          out.component[other] = id;
          out.offset[other] = there;
          open.push(static_cast<int>(other));
        } else {
          const Eigen::Vector3i cycle = there - out.offset[other];
          auto& lattice = out.cycles[static_cast<std::size_t>(id)];
          if (!cycle.isZero() && !in_lattice(lattice, cycle)) lattice = add_to_lattice(lattice, cycle);
        }
      }
    }
    const auto& lattice = out.cycles.back();
    for (int k = 0; k < 3; ++k) out.rank.back() += lattice(k, k) != 0 ? 1 : 0;
  }
  return out;
}

bool PeriodicComponents::joined(int from, int to, const Eigen::Vector3i& image) const {
  const auto a = static_cast<std::size_t>(from), b = static_cast<std::size_t>(to);
  if (component[a] != component[b]) return false;
  const Eigen::Vector3i loop = image - (offset[b] - offset[a]);
  return in_lattice(cycles[static_cast<std::size_t>(component[a])], loop);
}

}  // namespace hopflow
