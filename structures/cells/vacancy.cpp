// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cells/vacancy.hpp"

#include <limits>

#include <fmt/core.h>

#include "structures/core/cell.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"

namespace hopflow {

VacancyCell make_vacancy(const Configuration& host, int removed) {
  if (removed < 0 || removed >= host.size())
    throw Error{Error::Kind::bad_input, fmt::format("atom {}: the host has {}", removed, host.size())};
  VacancyCell out;
  out.removed = removed;
  out.configuration.cell = host.cell;
  out.configuration.periodic = host.periodic;
  out.configuration.positions.resize(3, host.size() - 1);
  for (int i = 0; i < host.size(); ++i) {
    if (i == removed) continue;
    out.configuration.positions.col(static_cast<Eigen::Index>(out.host_index.size())) = host.positions.col(i);
    out.configuration.species.push_back(host.species[static_cast<std::size_t>(i)]);
    out.host_index.push_back(i);
  }
  return out;
}

std::pair<int, int> joined_atoms(const Supercell& supercell, const SitePair& pair) {
  return {locate(supercell, pair.from, Eigen::Vector3i::Zero()).atom, locate(supercell, pair.to, pair.image).atom};
}

HopCell make_hop(const Supercell& supercell, const Configuration& host, const SitePair& pair) {
  if (host.size() != supercell.crystal.size())
    throw Error{Error::Kind::bad_input,
                fmt::format("the host has {} atoms, the supercell {}; give the relaxed supercell itself", host.size(),
                            supercell.crystal.size())};
  const Located vacant = locate(supercell, pair.from, Eigen::Vector3i::Zero());
  const Located ion = locate(supercell, pair.to, pair.image);
  if (ion.atom == vacant.atom)
    throw Error{Error::Kind::bad_input,
                "the hop ends on an image of its own vacancy: the supercell is too small, ask for a larger distance"};
  HopCell out;
  out.vacant_before = vacant.atom;
  out.vacant_after = ion.atom;
  VacancyCell cut = make_vacancy(host, out.removed());
  out.host_index = std::move(cut.host_index);
  out.ion = std::min(vacant.atom, ion.atom);
  // The displacement is that of the pair, image and all, so that even in a small cell the right one of two equally near
  // images is filled. The earlier site is where the host has it, so that the reverse hop has the same frame.
  const bool ion_first = ion.atom < vacant.atom;
  const Eigen::Vector3d lattice =
      host.cell * (ion_first ? vacant.shift - ion.shift : ion.shift - vacant.shift).cast<double>();
  const Eigen::Vector3d later = host.positions.col(out.removed()) + lattice;
  out.before = out.after = std::move(cut.configuration);
  (ion_first ? out.after : out.before).positions.col(out.ion) = later;
  return out;
}

Configuration in_order_of(const HopCell& hop, const Configuration& configuration, int vacant) {
  if (configuration.size() != hop.before.size() || (vacant != hop.vacant_before && vacant != hop.vacant_after))
    throw Error{Error::Kind::bad_input, "this vacancy belongs to another hop; make it from an end of this one"};
  Configuration out = hop.before;
  for (int i = 0; i < out.size(); ++i) out.positions.col(i) = configuration.positions.col(hop.in_vacancy(i, vacant));
  const Configuration& placed = vacant == hop.vacant_before ? hop.before : hop.after;
  const Eigen::Vector3d apart = placed.positions.col(hop.ion) - out.positions.col(hop.ion);
  out.positions.col(hop.ion) += apart - minimum_image(out.cell, Eigen::Matrix3Xd(apart), out.periodic);
  return out;
}

Configuration with_ion_moved(const HopCell& hop, Configuration configuration, int vacant) {
  configuration.positions.col(hop.ion) = (vacant == hop.vacant_before ? hop.after : hop.before).positions.col(hop.ion);
  return configuration;
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
    throw Error{Error::Kind::bad_input, fmt::format("there is no atom {}: the configuration has {}, counted from 0",
                                                    atom, configuration.size())};
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
