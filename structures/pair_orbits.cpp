// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/pair_orbits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/core.h>

#include "structures/cell.hpp"
#include "structures/error.hpp"
#include "structures/text.hpp"

namespace hopflow {

std::vector<AtomMap> map_atoms(const Crystal& crystal, const Symmetry& symmetry, const std::vector<int>& atoms) {
  const auto n = static_cast<Eigen::Index>(atoms.size());
  Eigen::Matrix3Xd x(3, n);
  for (Eigen::Index k = 0; k < n; ++k) x.col(k) = crystal.fractional.col(atoms[static_cast<std::size_t>(k)]);
  const Eigen::Matrix3d inverse = crystal.cell.inverse();
  // An operation found within symprec may miss by a few times that after averaging over its generators.
  const double limit = std::max(4 * symmetry.symprec, 0.02);

  std::vector<AtomMap> maps;
  for (const Operation& operation : symmetry.operations) {
    AtomMap map{operation.rotation, {}, {}};
    std::vector<bool> taken(atoms.size(), false);
    for (Eigen::Index a = 0; a < n; ++a) {
      const Eigen::Vector3d image = operation.rotation.cast<double>() * x.col(a) + operation.translation;
      const Eigen::Matrix3Xd apart = crystal.cell * (x.colwise() - image);
      const Eigen::Matrix3Xd nearest = minimum_image(crystal.cell, apart);
      Eigen::Index best = 0;
      const double distance = nearest.colwise().norm().minCoeff(&best);
      if (distance > limit || taken[static_cast<std::size_t>(best)])
        throw Error{Error::Kind::bad_input,
                    fmt::format("{}: an operation of {} found at a tolerance of {} A does not permute the atoms ({} goes "
                                "{:.3f} A beside {}); take a smaller tolerance",
                                text::printable(crystal.name), symmetry.symbol, symmetry.symprec,
                                text::printable(crystal.labels[static_cast<std::size_t>(
                                    atoms[static_cast<std::size_t>(a)])]),
                                distance,
                                text::printable(crystal.labels[static_cast<std::size_t>(
                                    atoms[static_cast<std::size_t>(best)])]))};
      taken[static_cast<std::size_t>(best)] = true;
      map.target.push_back(static_cast<int>(best));
      const Eigen::Vector3d shift = image + inverse * nearest.col(best) - x.col(best);
      map.shift.push_back(shift.array().round().cast<int>().matrix());
    }
    maps.push_back(std::move(map));
  }
  return maps;
}

std::vector<SitePair> orbit_of(const SitePair& pair, const std::vector<AtomMap>& maps) {
  const auto key = [](const SitePair& p) { return std::array{p.from, p.to, p.image(0), p.image(1), p.image(2)}; };
  std::vector<SitePair> orbit{pair};
  std::set<std::array<int, 5>> seen{key(pair)};
  // Operations found at a loose tolerance need not close as a group, but each permutes the atoms: going on until nothing
  // new appears gives classes that never overlap.
  for (std::size_t next = 0; next < orbit.size(); ++next)
    for (const AtomMap& map : maps) {
      const SitePair p = orbit[next];
      const auto from = static_cast<std::size_t>(p.from), to = static_cast<std::size_t>(p.to);
      const SitePair image{map.target[from], map.target[to],
                           map.shift[to] + map.rotation * p.image - map.shift[from]};
      if (seen.insert(key(image)).second) orbit.push_back(image);
    }
  return orbit;
}

}  // namespace hopflow
