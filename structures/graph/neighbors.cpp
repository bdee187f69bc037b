// SPDX-License-Identifier: GPL-2.0-or-later
// Linked cells over the fractional coordinates.
#include "structures/graph/neighbors.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include <fmt/core.h>

#include "structures/core/error.hpp"

namespace hopflow {

namespace {

int floor_divide(int a, int b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

}  // namespace

std::size_t LinkedCells::index(int a, int b, int c) const {
  return static_cast<std::size_t>((a * boxes_[1] + b) * boxes_[2] + c);
}

LinkedCells::LinkedCells(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& fractional, double cutoff)
    : cell_{cell}, cutoff_{cutoff}, wrapped_(3, fractional.cols()), home_(3, fractional.cols()) {
  const int n = static_cast<int>(fractional.cols());
  if (!(fractional.array().abs() < 1e6).all())
    throw Error{Error::Kind::bad_input, "an atom lies more than a million cells away from the origin"};
  // Distance between opposite faces: 1 / |row of the inverse|.
  const Eigen::Matrix3d inverse = cell.inverse();
  const int most = std::max(1, static_cast<int>(std::cbrt(static_cast<double>(n))) + 1);
  for (int k = 0; k < 3; ++k) {
    const double height = 1 / inverse.row(k).norm();
    const auto slot = static_cast<std::size_t>(k);
    boxes_[slot] = std::clamp(static_cast<int>(std::min(height / cutoff, 1e6)), 1, most);
    const double cells = std::ceil(cutoff / (height / boxes_[slot]));
    if (!(cells < 1000))
      throw Error{Error::Kind::bad_input,
                  fmt::format("a cell {} A thick is too thin for a search radius of {} A", height, cutoff)};
    reach_[slot] = static_cast<int>(cells);
  }
  members_.resize(static_cast<std::size_t>(boxes_[0]) * static_cast<std::size_t>(boxes_[1]) *
                  static_cast<std::size_t>(boxes_[2]));
  for (int i = 0; i < n; ++i) {
    std::array<int, 3> box{};
    for (int k = 0; k < 3; ++k) {
      const double whole = std::floor(fractional(k, i));
      home_(k, i) = static_cast<int>(whole);
      wrapped_(k, i) = fractional(k, i) - whole;
      const int count = boxes_[static_cast<std::size_t>(k)];
      box[static_cast<std::size_t>(k)] = std::clamp(static_cast<int>(wrapped_(k, i) * count), 0, count - 1);
    }
    members_[index(box[0], box[1], box[2])].push_back(i);
  }
}

void LinkedCells::find(const Eigen::Vector3d& point, int i, std::vector<Neighbor>& out) const {
  Eigen::Vector3d wrapped;
  Eigen::Vector3i home, box;
  for (int k = 0; k < 3; ++k) {
    const double whole = std::floor(point(k));
    home(k) = static_cast<int>(whole);
    wrapped(k) = point(k) - whole;
    const int count = boxes_[static_cast<std::size_t>(k)];
    box(k) = std::clamp(static_cast<int>(wrapped(k) * count), 0, count - 1);
  }
  for (int da = -reach_[0]; da <= reach_[0]; ++da)
    for (int db = -reach_[1]; db <= reach_[1]; ++db)
      for (int dc = -reach_[2]; dc <= reach_[2]; ++dc) {
        const Eigen::Vector3i at{box(0) + da, box(1) + db, box(2) + dc};
        const Eigen::Vector3i cells{floor_divide(at(0), boxes_[0]), floor_divide(at(1), boxes_[1]),
                                    floor_divide(at(2), boxes_[2])};
        for (const int j : members_[index(at(0) - cells(0) * boxes_[0], at(1) - cells(1) * boxes_[1],
                                          at(2) - cells(2) * boxes_[2])]) {
          const Eigen::Vector3d d = cell_ * (wrapped_.col(j) + cells.cast<double>() - wrapped);
          const double squared = d.squaredNorm();
          if (squared > cutoff_ * cutoff_) continue;
          const Eigen::Vector3i image = cells - home_.col(j) + home;
          out.push_back({i, j, image, std::sqrt(squared)});
        }
      }
}

std::vector<Neighbor> find_neighbors_of(std::span<const int> atoms, const Eigen::Matrix3d& cell,
                                        const Eigen::Matrix3Xd& fractional, double cutoff, std::size_t max_pairs) {
  std::vector<Neighbor> out;
  if (atoms.empty()) return out;
  const LinkedCells cells{cell, fractional, cutoff};
  for (const int i : atoms) {
    cells.find(fractional.col(i), i, out);
    if (out.size() > max_pairs)
      throw Error{Error::Kind::bad_input,
                  fmt::format("more than {} atom pairs within {} A: the structure is too dense or too large", max_pairs,
                              cutoff)};
  }
  std::erase_if(out, [](const Neighbor& pair) { return pair.i == pair.j && pair.image.isZero(); });
  std::sort(out.begin(), out.end(), [](const Neighbor& a, const Neighbor& b) {
    return std::tie(a.i, a.j, a.image(0), a.image(1), a.image(2)) <
           std::tie(b.i, b.j, b.image(0), b.image(1), b.image(2));
  });
  return out;
}

std::vector<Neighbor> find_neighbors(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& fractional, double cutoff,
                                     std::size_t max_pairs) {
  std::vector<int> all(static_cast<std::size_t>(fractional.cols()));
  std::iota(all.begin(), all.end(), 0);
  return find_neighbors_of(all, cell, fractional, cutoff, max_pairs);
}

}  // namespace hopflow
