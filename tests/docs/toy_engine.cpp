// SPDX-License-Identifier: GPL-2.0-or-later
// A toy engine: one atom in a double well next to a fixed one. The example of docs/procedures.md.
#include <fmt/core.h>

#include "neb/barrier/barrier.hpp"

using namespace hopflow;

/// E = h ((x / a)^2 - 1)^2 + k (y^2 + z^2) / 2: minima at x = -a and a, a saddle of height h between them.
Evaluation answer(const Configuration& question) {
  constexpr double h = 0.5, a = 1.0, k = 2.0;  // eV, A, eV/A^2
  const Eigen::Vector3d r = question.positions.col(0) - Eigen::Vector3d{5, 5, 5};
  const double well = r.x() * r.x() / (a * a) - 1;
  Evaluation out;
  out.energy_ev = h * well * well + k / 2 * (r.y() * r.y() + r.z() * r.z());
  out.forces = Eigen::Matrix3Xd::Zero(3, question.size());
  out.forces.col(0) << -4 * h * well * r.x() / (a * a), -k * r.y(), -k * r.z();
  return out;
}

int main() {
  Configuration left;
  left.cell *= 10;
  left.species = {3, 8};
  left.positions = Eigen::Matrix3Xd{{3.9, 0.0}, {5.1, 0.0}, {5.0, 0.0}};
  Configuration right = left;
  right.positions.col(0) << 6.1, 4.9, 5.0;

  BarrierOptions options;
  options.images = 3;
  options.fmax = 0.01;  // eV/A
  auto search = find_barrier(left, right, Mask{true, false}, options);
  while (!search.done()) {
    std::vector<Evaluation> answers;
    for (const Configuration& question : search.ask()) answers.push_back(answer(question));
    search.tell(std::move(answers));
  }
  const BarrierResult found = search.take();
  fmt::print("{:.4f} eV after {} evaluations\n", found.forward_ev, found.evaluations);
  return found.converged() && std::abs(found.forward_ev - 0.5) < 1e-3 ? 0 : 1;
}
