// SPDX-License-Identifier: GPL-2.0-or-later
// Structures that several tests use.
#pragma once

#include <random>
#include <string>

#include "structures/cif/cif.hpp"

namespace hopflow::test {

inline Crystal shipped(const std::string& name) {
  return read_cif(std::string{HOPFLOW_INPUTS} + "/structures/" + name + ".cif");
}

inline const std::vector<std::string> shipped_names{"prpyr-pbi3", "bnzpyr-pbi3", "mapbi3-orthorhombic",
                                                    "mapbi3-tetragonal", "mapbi3-pseudocubic"};

/// Uniform in [low, high), the same on every machine (the library's distributions are not).
inline double uniform(std::mt19937& engine, double low, double high) {
  return low + (high - low) * (static_cast<double>(engine()) / 4294967296.0);
}

inline Eigen::Matrix3d random_cell(std::mt19937& engine) {
  Eigen::Matrix3d cell;
  do {
    for (int i = 0; i < 9; ++i) cell(i / 3, i % 3) = uniform(engine, -5, 5);
  } while (cell.determinant() < 20);
  return cell;
}

/// Product of shears: a change of basis of the same lattice, often to a very skewed cell.
inline Eigen::Matrix3i random_unimodular(std::mt19937& engine, int steps = 6) {
  Eigen::Matrix3i out = Eigen::Matrix3i::Identity();
  for (int s = 0; s < steps; ++s) {
    const int i = static_cast<int>(engine() % 3), j = (i + 1 + static_cast<int>(engine() % 2)) % 3;
    out.col(i) += (engine() % 2 == 0 ? 1 : -1) * out.col(j);
  }
  return out;
}

/// The same crystal in another basis, with another origin and another order of atoms.
inline Crystal disguised(const Crystal& crystal, std::mt19937& engine, bool change_basis) {
  Crystal out = crystal;
  const Eigen::Matrix3i basis = change_basis ? random_unimodular(engine) : Eigen::Matrix3i{Eigen::Matrix3i::Identity()};
  out.cell = crystal.cell * basis.cast<double>();
  const Eigen::Vector3d origin{uniform(engine, 0, 1), uniform(engine, 0, 1), uniform(engine, 0, 1)};
  std::vector<int> order;
  for (int i = 0; i < crystal.size(); ++i) order.push_back(i);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[engine() % i]);
  for (int i = 0; i < crystal.size(); ++i) {
    const int from = order[static_cast<std::size_t>(i)];
    const Eigen::Vector3d whole{static_cast<double>(engine() % 3), static_cast<double>(engine() % 3), 0};
    out.fractional.col(i) = basis.cast<double>().inverse() * (crystal.fractional.col(from) + origin + whole);
    out.species[static_cast<std::size_t>(i)] = crystal.species[static_cast<std::size_t>(from)];
    out.labels[static_cast<std::size_t>(i)] = crystal.labels[static_cast<std::size_t>(from)];
  }
  return out;
}

}  // namespace hopflow::test
