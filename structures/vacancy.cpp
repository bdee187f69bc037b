// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/vacancy.hpp"

#include <limits>

#include <fmt/core.h>

#include "structures/cell.hpp"
#include "structures/element.hpp"
#include "structures/error.hpp"

namespace hopflow {

VacancyCell make_vacancy(const Supercell& supercell, const Configuration& host, int parent_atom) {
  if (host.size() != supercell.crystal.size())
    throw Error{Error::Kind::bad_input,
                fmt::format("host of {} atoms for a supercell of {}", host.size(), supercell.crystal.size())};
  VacancyCell out;
  out.removed = locate(supercell, parent_atom, Eigen::Vector3i::Zero()).atom;
  out.configuration.cell = host.cell;
  out.configuration.periodic = host.periodic;
  out.configuration.positions.resize(3, host.size() - 1);
  for (int i = 0; i < host.size(); ++i) {
    if (i == out.removed) continue;
    out.configuration.positions.col(static_cast<Eigen::Index>(out.host_index.size())) = host.positions.col(i);
    out.configuration.species.push_back(host.species[static_cast<std::size_t>(i)]);
    out.host_index.push_back(i);
  }
  return out;
}

HopEnd move_into_vacancy(const Supercell& supercell, const Configuration& host, const VacancyCell& vacancy,
                         const Configuration& relaxed, const SitePair& pair) {
  if (relaxed.species != vacancy.configuration.species)
    throw Error{Error::Kind::bad_input, "the relaxed vacancy does not have the atoms of the unrelaxed one"};
  const Located vacant = locate(supercell, pair.from, Eigen::Vector3i::Zero());
  const Located ion = locate(supercell, pair.to, pair.image);
  if (vacant.atom != vacancy.removed)
    throw Error{Error::Kind::bad_input, fmt::format("the hop starts at host atom {}, but the vacancy is at {}",
                                                    vacant.atom, vacancy.removed)};
  if (ion.atom == vacant.atom)
    throw Error{Error::Kind::bad_input,
                "the hop ends on an image of its own vacancy: the supercell is too small, ask for a larger distance"};
  HopEnd out;
  out.configuration = relaxed;
  out.ion = ion.atom - (ion.atom > vacancy.removed ? 1 : 0);
  // The displacement is that of the pair, image and all, so that even in a small cell the right one of two equally near
  // images of the vacancy is filled; whole lattice vectors the ion may have travelled while relaxing are kept.
  const Eigen::Vector3d start = host.positions.col(ion.atom);
  const Eigen::Vector3d target =
      host.positions.col(vacant.atom) + host.cell * (vacant.shift - ion.shift).cast<double>();
  const Eigen::Vector3d here = relaxed.positions.col(out.ion);
  const Eigen::Vector3d drift = minimum_image(host.cell, here - start, host.periodic);
  out.configuration.positions.col(out.ion) = target + (here - start - drift);
  return out;
}

std::vector<int> empty_sites(const Configuration& host, const Configuration& configuration, int element,
                             double radius) {
  std::vector<int> out;
  std::vector<Eigen::Index> ions;
  for (int j = 0; j < configuration.size(); ++j)
    if (configuration.species[static_cast<std::size_t>(j)] == element) ions.push_back(j);
  for (int i = 0; i < host.size(); ++i) {
    if (host.species[static_cast<std::size_t>(i)] != element) continue;
    Eigen::Matrix3Xd apart(3, static_cast<Eigen::Index>(ions.size()));
    for (std::size_t k = 0; k < ions.size(); ++k)
      apart.col(static_cast<Eigen::Index>(k)) = configuration.positions.col(ions[k]) - host.positions.col(i);
    const Eigen::Matrix3Xd nearest = minimum_image(host.cell, apart, host.periodic);
    if (ions.empty() || nearest.colwise().norm().minCoeff() > radius) out.push_back(i);
  }
  return out;
}

std::optional<Contact> closest_contact(const Configuration& configuration, int atom) {
  if (atom < 0 || atom >= configuration.size())
    throw Error{Error::Kind::bad_input, fmt::format("atom {}: the configuration has {}", atom, configuration.size())};
  if (configuration.size() < 2) return std::nullopt;
  const Eigen::Vector3d centre = configuration.positions.col(atom);
  const Eigen::Matrix3Xd nearest =
      minimum_image(configuration.cell, configuration.positions.colwise() - centre, configuration.periodic);
  Contact out{atom, -1, std::numeric_limits<double>::infinity()};
  for (int j = 0; j < configuration.size(); ++j)
    if (j != atom && nearest.col(j).norm() < out.distance) out = {atom, j, nearest.col(j).norm()};
  return out;
}

}  // namespace hopflow
