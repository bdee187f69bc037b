// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/framework/polyhedra.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <tuple>

#include "structures/graph/periodic_graph.hpp"

namespace hopflow {

namespace {

Eigen::Vector3d vector_of(const Crystal& crystal, int from, int to, const Eigen::Vector3i& image) {
  return crystal.cell * (crystal.fractional.col(to) + image.cast<double>() - crystal.fractional.col(from));
}

/// Of the 15 angles of six bonds the three largest are the trans ones.
double octahedral_angle_variance(const std::vector<Eigen::Vector3d>& bonds) {
  std::vector<double> angles;
  for (std::size_t a = 0; a < bonds.size(); ++a)
    for (std::size_t b = 0; b < a; ++b)
      angles.push_back(std::acos(std::clamp(bonds[a].normalized().dot(bonds[b].normalized()), -1.0, 1.0)) * 180 /
                       std::numbers::pi);
  std::sort(angles.begin(), angles.end());
  double sum = 0;
  for (std::size_t k = 0; k < 12; ++k) sum += (angles[k] - 90) * (angles[k] - 90);
  return sum / 11;
}

/// Divided by the common divisor, the first non-zero entry positive.
Eigen::Vector3i primitive(const Eigen::Vector3i& v) {
  const int divisor = std::gcd(std::gcd(v(0), v(1)), v(2));
  const int lead = v(0) != 0 ? v(0) : v(1) != 0 ? v(1) : v(2);
  return v / (lead < 0 ? -divisor : divisor);
}

}  // namespace

std::vector<Polyhedron> find_polyhedra(const Crystal& crystal, std::span<const MetalBond> bonds) {
  std::map<int, std::vector<const MetalBond*>> at;
  for (const MetalBond& bond : bonds) at[bond.metal].push_back(&bond);
  std::vector<Polyhedron> out;
  for (const auto& [metal, own] : at) {
    Polyhedron p{metal, static_cast<int>(own.size()), own.front()->distance, 0, 0, 0, std::nullopt};
    std::vector<Eigen::Vector3d> vectors;
    for (const MetalBond* bond : own) {
      p.shortest = std::min(p.shortest, bond->distance);
      p.longest = std::max(p.longest, bond->distance);
      p.mean += bond->distance / p.coordination;
      vectors.push_back(vector_of(crystal, bond->metal, bond->anion, bond->image));
    }
    for (const MetalBond* bond : own) p.distortion_index += std::abs(bond->distance - p.mean) / p.mean / p.coordination;
    if (p.coordination == 6) p.angle_variance_deg2 = octahedral_angle_variance(vectors);
    out.push_back(p);
  }
  return out;
}

std::vector<SharedAnions> find_shared_anions(const Crystal& crystal, std::span<const MetalBond> bonds) {
  std::map<int, std::vector<const MetalBond*>> at_anion;
  for (const MetalBond& bond : bonds) at_anion[bond.anion].push_back(&bond);
  std::map<std::tuple<int, int, int, int, int>, int> count;
  for (const auto& [anion, meeting] : at_anion)
    for (const MetalBond* a : meeting)
      for (const MetalBond* b : meeting) {
        if (a == b) continue;
        const Eigen::Vector3i apart = a->image - b->image;
        const std::tuple key{a->metal, b->metal, apart(0), apart(1), apart(2)};
        // Of the two ways to name a pair the smaller is kept.
        if (key <= std::tuple{b->metal, a->metal, -apart(0), -apart(1), -apart(2)}) ++count[key];
      }
  std::vector<SharedAnions> out;
  for (const auto& [key, anions] : count) {
    const auto [first, second, x, y, z] = key;
    const Eigen::Vector3i image{x, y, z};
    out.push_back({first, second, image, anions, vector_of(crystal, first, second, image).norm()});
  }
  return out;
}

std::vector<FrameworkAxis> framework_axes(const Crystal& crystal, std::span<const MetalBond> bonds) {
  const PeriodicComponents graph = frame_components(crystal, bonds);
  std::vector<int> metals(static_cast<std::size_t>(graph.count()), 0);
  const std::vector<bool> is_metal_atom = framework_metals(crystal);
  for (int i = 0; i < crystal.size(); ++i)
    if (is_metal_atom[static_cast<std::size_t>(i)])
      ++metals[static_cast<std::size_t>(graph.component[static_cast<std::size_t>(i)])];
  const int highest = graph.rank.empty() ? 0 : *std::max_element(graph.rank.begin(), graph.rank.end());
  std::vector<FrameworkAxis> out;
  std::vector<Eigen::Vector3i> axes_of_layers;  // one for each layer of the cell
  if (highest != 1 && highest != 2) return out;
  for (std::size_t c = 0; c < graph.rank.size(); ++c) {
    if (graph.rank[c] != highest) continue;
    std::vector<Eigen::Vector3i> basis;
    for (int k = 0; k < 3; ++k)
      if (!graph.cycles[c].col(k).isZero()) basis.emplace_back(graph.cycles[c].col(k));
    FrameworkAxis axis{};
    axis.metals = metals[c];
    if (highest == 1) {
      axis.indices = primitive(basis[0]);
      axis.period_angstrom = (crystal.cell * basis[0].cast<double>()).norm();
      axis.cartesian = (crystal.cell * axis.indices.cast<double>()).normalized();
    } else {
      axis.indices = primitive(basis[0].cross(basis[1]));
      const Eigen::Vector3d reciprocal = crystal.cell.inverse().transpose() * axis.indices.cast<double>();
      axis.period_angstrom = 1 / reciprocal.norm();
      axis.cartesian = reciprocal.normalized();
    }
    if (highest == 2) axes_of_layers.push_back(axis.indices);
    const bool known = std::any_of(out.begin(), out.end(), [&](const FrameworkAxis& other) {
      return other.indices == axis.indices && std::abs(other.period_angstrom - axis.period_angstrom) < 1e-6 &&
             other.metals == axis.metals;
    });
    if (!known) out.push_back(axis);
  }
  for (FrameworkAxis& axis : out) {
    axis.layers = static_cast<int>(std::count(axes_of_layers.begin(), axes_of_layers.end(), axis.indices));
    if (axis.layers > 0) axis.spacing_angstrom = axis.period_angstrom / axis.layers;
  }
  return out;
}

}  // namespace hopflow
