// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/disorder/primitive_sites.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "structures/cif/sites/place_distance.hpp"
#include "structures/core/cell.hpp"

namespace hopflow {

namespace {

constexpr double same = 0.02;  // A

/// Whether the site's images, moved by `shift`, are its images again.
bool is_kept(const Eigen::Matrix3d& cell, const AverageSite& site, const Eigen::Vector3d& shift) {
  return std::all_of(site.positions.begin(), site.positions.end(), [&](const Eigen::Vector3d& x) {
    return std::any_of(site.positions.begin(), site.positions.end(),
                       [&](const Eigen::Vector3d& y) { return place_distance(cell, x + shift, y) < same; });
  });
}

/// Translations below one cell that keep the structure, 0 among them.
std::vector<Eigen::Vector3d> translations(const Eigen::Matrix3d& cell, const std::vector<AverageSite>& sites) {
  const auto fewest = std::min_element(sites.begin(), sites.end(), [](const AverageSite& a, const AverageSite& b) {
    return a.positions.size() < b.positions.size();
  });
  std::vector<Eigen::Vector3d> out;
  for (const Eigen::Vector3d& x : fewest->positions) {
    Eigen::Vector3d shift = x - fewest->positions.front();
    shift -= shift.array().round().matrix();
    if (std::all_of(sites.begin(), sites.end(), [&](const AverageSite& site) { return is_kept(cell, site, shift); }))
      out.push_back(shift);
  }
  // They form a group, so that so many times each of them is a whole vector: exact fractions.
  const auto order = static_cast<double>(out.size());
  for (Eigen::Vector3d& shift : out) shift = (shift * order).array().round() / order;
  return out;
}

/// Three of the translations and cell vectors that span them all.
std::optional<Eigen::Matrix3d> basis(const std::vector<Eigen::Vector3d>& shifts) {
  std::vector<Eigen::Vector3d> all = shifts;
  for (int k = 0; k < 3; ++k) all.push_back(Eigen::Vector3d::Unit(k));
  const double volume = 1 / static_cast<double>(shifts.size());
  for (std::size_t a = 0; a < all.size(); ++a)
    for (std::size_t b = a + 1; b < all.size(); ++b)
      for (std::size_t c = b + 1; c < all.size(); ++c) {
        Eigen::Matrix3d out;
        out << all[a], all[b], all[c];
        if (std::abs(std::abs(out.determinant()) - volume) > 1e-6 * volume) continue;
        if (out.determinant() < 0) out.col(0).swap(out.col(1));
        return out;
      }
  return std::nullopt;
}

}  // namespace

PrimitiveSites primitive_sites(const Eigen::Matrix3d& cell, const std::vector<AverageSite>& sites) {
  PrimitiveSites out{Eigen::Matrix3d::Identity(), sites};
  if (sites.empty()) return out;
  constexpr std::size_t most = 64;
  const std::vector<Eigen::Vector3d> shifts = translations(cell, sites);
  if (shifts.size() < 2 || shifts.size() > most) return out;
  const std::optional<Eigen::Matrix3d> found = basis(shifts);
  if (!found) return out;
  const Eigen::Matrix3d vectors = *found * minkowski_reduce(cell * *found).transform.cast<double>();
  const Eigen::Matrix3d small = cell * vectors, to_small = vectors.inverse();
  PrimitiveSites reduced{vectors, {}};
  for (const AverageSite& site : sites) {
    AverageSite one{site.label, site.species, site.occupancy, {}};
    for (const Eigen::Vector3d& x : site.positions) {
      Eigen::Vector3d moved = to_small * x;
      moved -= moved.unaryExpr([](double value) { return std::floor(value + 1e-9); });
      if (std::none_of(one.positions.begin(), one.positions.end(),
                       [&](const Eigen::Vector3d& y) { return place_distance(small, moved, y) < same; }))
        one.positions.push_back(moved);
    }
    if (one.positions.size() * shifts.size() != site.positions.size()) return out;
    reduced.sites.push_back(std::move(one));
  }
  return reduced;
}

}  // namespace hopflow
