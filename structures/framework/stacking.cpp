// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/framework/stacking.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include <Eigen/SVD>

#include "structures/chemistry/molecule_skeleton.hpp"
#include "structures/graph/neighbors.hpp"

namespace hopflow {

namespace {

constexpr double flat = 0.1;             // A
constexpr double longest_contact = 5.5;  // A
constexpr double angle_margin = 30;      // degrees
constexpr double longest_offset = 2.0;   // A
constexpr double aligned = 1.0;          // A

/// Heavy atoms of a molecule with the atom each stands for.
struct Heavy {
  Skeleton skeleton;
  std::vector<int> atoms;
};

Heavy heavy_atoms(const Crystal& crystal, const Molecule& molecule, const std::vector<std::vector<int>>& neighbors) {
  Heavy out;
  std::map<int, int> place;
  for (const int atom : molecule.atoms) {
    const int z = crystal.species[static_cast<std::size_t>(atom)];
    if (z == 1) continue;
    place.emplace(atom, static_cast<int>(out.atoms.size()));
    out.atoms.push_back(atom);
    out.skeleton.species.push_back(z);
  }
  for (const auto& [atom, slot] : place)
    for (const int other : neighbors[static_cast<std::size_t>(atom)])
      if (other > atom && place.contains(other)) out.skeleton.bonds.emplace_back(slot, place.at(other));
  return out;
}

std::string kind_of(std::vector<int> species) {
  std::sort(species.begin(), species.end());
  if (species == std::vector<int>{6, 6, 6, 6, 6, 6}) return "phenyl";
  if (species == std::vector<int>{6, 6, 6, 6, 6, 7}) return "pyridinium";
  return formula_of(species);
}

double offset_of(const Eigen::Vector3d& apart, const Eigen::Vector3d& normal) {
  return (apart - apart.dot(normal) * normal).norm();
}

}  // namespace

std::vector<AromaticRing> find_aromatic_rings(const Crystal& crystal, const std::vector<Molecule>& molecules,
                                              const std::vector<Bond>& bonds) {
  std::vector<std::vector<int>> neighbors(crystal.species.size());
  for (const Bond& bond : bonds) {
    neighbors[static_cast<std::size_t>(bond.i)].push_back(bond.j);
    neighbors[static_cast<std::size_t>(bond.j)].push_back(bond.i);
  }
  std::vector<AromaticRing> out;
  for (std::size_t m = 0; m < molecules.size(); ++m) {
    const Heavy heavy = heavy_atoms(crystal, molecules[m], neighbors);
    std::map<int, Eigen::Vector3i> shift;
    for (std::size_t k = 0; k < molecules[m].atoms.size(); ++k) shift[molecules[m].atoms[k]] = molecules[m].shifts[k];
    for (const std::vector<int>& ring : small_rings(heavy.skeleton)) {
      AromaticRing found{static_cast<int>(m), {}, {}, Eigen::Vector3d::Zero(), {}};
      Eigen::Matrix3Xd x(3, static_cast<Eigen::Index>(ring.size()));
      std::vector<int> species;
      bool sp2 = true;
      for (std::size_t k = 0; k < ring.size(); ++k) {
        const int atom = heavy.atoms[static_cast<std::size_t>(ring[k])];
        found.atoms.push_back(atom);
        species.push_back(crystal.species[static_cast<std::size_t>(atom)]);
        sp2 = sp2 && neighbors[static_cast<std::size_t>(atom)].size() <= 3;
        x.col(static_cast<Eigen::Index>(k)) =
            crystal.cell * (crystal.fractional.col(atom) + shift[atom].cast<double>());
      }
      if (!sp2) continue;
      found.centroid = x.rowwise().mean();
      x.colwise() -= found.centroid;
      found.normal = Eigen::JacobiSVD<Eigen::MatrixXd>(x, Eigen::ComputeFullU).matrixU().col(2);
      if ((found.normal.transpose() * x).cwiseAbs().maxCoeff() > flat) continue;
      found.kind = kind_of(species);
      out.push_back(std::move(found));
    }
  }
  return out;
}

const char* name_of(Stacking stacking) {
  switch (stacking) {
    case Stacking::face_to_face: return "face-to-face";
    case Stacking::offset_parallel: return "offset-parallel";
    case Stacking::edge_to_face: return "edge-to-face";
    case Stacking::none: break;
  }
  return "none";
}

Stacking classify_stacking(double centroid_distance, double plane_angle_deg, double offset) {
  if (centroid_distance > longest_contact || offset > longest_offset) return Stacking::none;
  if (plane_angle_deg >= 90 - angle_margin) return Stacking::edge_to_face;
  if (plane_angle_deg > angle_margin) return Stacking::none;
  return offset < aligned ? Stacking::face_to_face : Stacking::offset_parallel;
}

std::vector<RingPair> find_ring_pairs(const Crystal& crystal, const std::vector<AromaticRing>& rings, double reach) {
  Eigen::Matrix3Xd centroids(3, static_cast<Eigen::Index>(rings.size()));
  for (std::size_t k = 0; k < rings.size(); ++k)
    centroids.col(static_cast<Eigen::Index>(k)) = crystal.cell.inverse() * rings[k].centroid;
  std::vector<RingPair> out;
  for (const Neighbor& pair : find_neighbors(crystal.cell, centroids, reach)) {
    const AromaticRing& a = rings[static_cast<std::size_t>(pair.i)];
    const AromaticRing& b = rings[static_cast<std::size_t>(pair.j)];
    if (a.molecule == b.molecule && pair.image.isZero()) continue;
    if (pair.i > pair.j) continue;
    const Eigen::Vector3i& r = pair.image;
    if (pair.i == pair.j && (r(0) < 0 || (r(0) == 0 && (r(1) < 0 || (r(1) == 0 && r(2) < 0))))) continue;
    const Eigen::Vector3d apart = crystal.cell * (centroids.col(pair.j) + r.cast<double>() - centroids.col(pair.i));
    const double cosine = std::min(1.0, std::abs(a.normal.dot(b.normal)));
    RingPair found{pair.i,
                   pair.j,
                   r,
                   pair.distance,
                   std::acos(cosine) * 180 / std::numbers::pi,
                   std::min(offset_of(apart, a.normal), offset_of(apart, b.normal)),
                   Stacking::none};
    found.stacking = classify_stacking(found.centroid_distance, found.plane_angle_deg, found.offset);
    out.push_back(found);
  }
  std::stable_sort(out.begin(), out.end(), [](const RingPair& a, const RingPair& b) {
    return a.centroid_distance < b.centroid_distance - 1e-6;
  });
  return out;
}

}  // namespace hopflow
