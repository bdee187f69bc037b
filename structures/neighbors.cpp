// SPDX-License-Identifier: GPL-2.0-or-later
// Linked cells over the fractional coordinates.
#include "structures/neighbors.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include <fmt/core.h>

#include "structures/error.hpp"

namespace hopflow {

std::vector<Neighbor> find_neighbors(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& fractional, double cutoff,
                                     std::size_t max_pairs) {
  const int n = static_cast<int>(fractional.cols());
  std::vector<Neighbor> out;
  if (n == 0) return out;

  // Distance between opposite faces: 1 / |row of the inverse|.
  const Eigen::Matrix3d inverse = cell.inverse();
  std::array<int, 3> bins{}, reach{};
  const int most = std::max(1, static_cast<int>(std::cbrt(static_cast<double>(n))) + 1);
  for (int k = 0; k < 3; ++k) {
    const double height = 1 / inverse.row(k).norm();
    const auto slot = static_cast<std::size_t>(k);
    bins[slot] = std::clamp(static_cast<int>(std::min(height / cutoff, 1e6)), 1, most);
    const double cells = std::ceil(cutoff / (height / bins[slot]));
    if (!(cells < 1000))
      throw Error{Error::Kind::bad_input,
                  fmt::format("a cell {} A thick is too thin for a search radius of {} A", height, cutoff)};
    reach[slot] = static_cast<int>(cells);
  }

  Eigen::Matrix3Xd wrapped(3, n);
  Eigen::Matrix3Xi home(3, n);
  const auto index = [&](int a, int b, int c) { return static_cast<std::size_t>((a * bins[1] + b) * bins[2] + c); };
  std::vector<std::vector<int>> members(static_cast<std::size_t>(bins[0]) * static_cast<std::size_t>(bins[1]) *
                                        static_cast<std::size_t>(bins[2]));
  Eigen::Matrix3Xi bin(3, n);
  for (int i = 0; i < n; ++i) {
    for (int k = 0; k < 3; ++k) {
      const double whole = std::floor(fractional(k, i));
      home(k, i) = static_cast<int>(whole);
      wrapped(k, i) = fractional(k, i) - whole;
      const int count = bins[static_cast<std::size_t>(k)];
      bin(k, i) = std::clamp(static_cast<int>(wrapped(k, i) * count), 0, count - 1);
    }
    members[index(bin(0, i), bin(1, i), bin(2, i))].push_back(i);
  }

  const auto floor_divide = [](int a, int b) { return a >= 0 ? a / b : -((b - 1 - a) / b); };
  for (int i = 0; i < n; ++i) {
    for (int da = -reach[0]; da <= reach[0]; ++da)
      for (int db = -reach[1]; db <= reach[1]; ++db)
        for (int dc = -reach[2]; dc <= reach[2]; ++dc) {
          const Eigen::Vector3i at{bin(0, i) + da, bin(1, i) + db, bin(2, i) + dc};
          const Eigen::Vector3i cells{floor_divide(at(0), bins[0]), floor_divide(at(1), bins[1]),
                                      floor_divide(at(2), bins[2])};
          const auto& list = members[index(at(0) - cells(0) * bins[0], at(1) - cells(1) * bins[1],
                                           at(2) - cells(2) * bins[2])];
          for (const int j : list) {
            if (i == j && cells.isZero()) continue;
            const Eigen::Vector3d d = cell * (wrapped.col(j) + cells.cast<double>() - wrapped.col(i));
            const double squared = d.squaredNorm();
            if (squared > cutoff * cutoff) continue;
            if (out.size() >= max_pairs)
              throw Error{Error::Kind::bad_input,
                          fmt::format("more than {} atom pairs within {} A: the structure is too dense or too large",
                                      max_pairs, cutoff)};
            const Eigen::Vector3i image = cells - home.col(j) + home.col(i);
            out.push_back({i, j, image, std::sqrt(squared)});
          }
        }
  }
  std::sort(out.begin(), out.end(), [](const Neighbor& a, const Neighbor& b) {
    return std::tie(a.i, a.j, a.image(0), a.image(1), a.image(2)) <
           std::tie(b.i, b.j, b.image(0), b.image(1), b.image(2));
  });
  return out;
}

}  // namespace hopflow
