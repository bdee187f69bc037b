// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/pair_orbits.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/core.h>

#include "structures/error.hpp"
#include "structures/neighbors.hpp"
#include "structures/text.hpp"

namespace hopflow {

std::vector<AtomMap> map_atoms(const Crystal& crystal, const Symmetry& symmetry, const std::vector<int>& atoms) {
  const auto n = static_cast<Eigen::Index>(atoms.size());
  Eigen::Matrix3Xd x(3, n);
  for (Eigen::Index k = 0; k < n; ++k) x.col(k) = crystal.fractional.col(atoms[static_cast<std::size_t>(k)]);
  // An operation found within symprec may miss by a few times that after averaging over its generators.
  const double limit = std::max(4 * symmetry.symprec, 0.02);
  const LinkedCells cells{crystal.cell, x, limit};

  std::vector<AtomMap> maps;
  std::vector<Neighbor> near;
  for (const Operation& operation : symmetry.operations) {
    AtomMap map{operation.rotation, {}, {}};
    std::vector<bool> taken(atoms.size(), false);
    for (Eigen::Index a = 0; a < n; ++a) {
      const Eigen::Vector3d image = operation.rotation.cast<double>() * x.col(a) + operation.translation;
      near.clear();
      cells.find(image, 0, near);
      const auto best = std::min_element(near.begin(), near.end(), [](const Neighbor& p, const Neighbor& q) {
        return p.distance < q.distance;
      });
      if (best == near.end() || taken[static_cast<std::size_t>(best->j)])
        throw Error{Error::Kind::bad_input,
                    fmt::format("{}: an operation of {} found at a tolerance of {} A does not permute the atoms ({} goes "
                                "{}); take a smaller tolerance",
                                text::printable(crystal.name), symmetry.symbol, symmetry.symprec,
                                text::printable(crystal.labels[static_cast<std::size_t>(
                                    atoms[static_cast<std::size_t>(a)])]),
                                best == near.end() ? fmt::format("onto no atom within {} A", limit)
                                                   : std::string{"onto an atom already taken"})};
      taken[static_cast<std::size_t>(best->j)] = true;
      map.target.push_back(best->j);
      map.shift.push_back(best->image);
    }
    maps.push_back(std::move(map));
  }
  return maps;
}

SitePair image_of(const SitePair& pair, const AtomMap& map) {
  const auto from = static_cast<std::size_t>(pair.from), to = static_cast<std::size_t>(pair.to);
  return {map.target[from], map.target[to], map.shift[to] + map.rotation * pair.image - map.shift[from]};
}

std::vector<SitePair> orbit_of(const SitePair& pair, const std::vector<AtomMap>& maps) {
  const auto key = [](const SitePair& p) { return std::array{p.from, p.to, p.image(0), p.image(1), p.image(2)}; };
  std::vector<SitePair> orbit{pair};
  std::set<std::array<int, 5>> seen{key(pair)};
  // Operations found at a loose tolerance need not close as a group, but each permutes the atoms: going on until nothing
  // new appears gives classes that never overlap.
  for (std::size_t next = 0; next < orbit.size(); ++next)
    for (const AtomMap& map : maps) {
      const SitePair image = image_of(orbit[next], map);
      if (seen.insert(key(image)).second) orbit.push_back(image);
    }
  return orbit;
}

}  // namespace hopflow
