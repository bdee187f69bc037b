// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cells/strain.hpp"

namespace hopflow {

Configuration strained(const Configuration& configuration, const std::vector<Molecule>& molecules,
                       const Eigen::Vector3d& stretch) {
  Configuration out = configuration;
  out.cell = configuration.cell * stretch.asDiagonal();
  const Eigen::Matrix3d map = out.cell * configuration.cell.inverse();
  out.positions = map * configuration.positions;
  for (const Molecule& molecule : molecules) {
    Eigen::Matrix3Xd whole(3, static_cast<Eigen::Index>(molecule.atoms.size()));
    for (Eigen::Index k = 0; k < whole.cols(); ++k) {
      const auto at = static_cast<std::size_t>(k);
      whole.col(k) =
          configuration.positions.col(molecule.atoms[at]) + configuration.cell * molecule.shifts[at].cast<double>();
    }
    const Eigen::Vector3d centre = whole.rowwise().mean();
    const Eigen::Vector3d move = map * centre - centre;
    for (Eigen::Index k = 0; k < whole.cols(); ++k) {
      const auto at = static_cast<std::size_t>(k);
      out.positions.col(molecule.atoms[at]) = whole.col(k) + move - out.cell * molecule.shifts[at].cast<double>();
    }
  }
  return out;
}

}  // namespace hopflow
