// SPDX-License-Identifier: GPL-2.0-or-later
// The border to spglib: cells in columns on both sides, strings and arrays copied out.
#include "structures/symmetry.hpp"

#include <array>
#include <memory>

#include <fmt/core.h>
#include <spglib.h>

#include "structures/error.hpp"
#include "structures/molecules.hpp"
#include "structures/text.hpp"

namespace hopflow {

namespace {

struct FreeDataset {
  void operator()(SpglibDataset* dataset) const noexcept { spg_free_dataset(dataset); }
};

}  // namespace

Symmetry find_symmetry(const Crystal& crystal, SymmetryOf of, double symprec) {
  Symmetry out;
  out.symprec = symprec;
  if (!(symprec > 0))
    throw Error{Error::Kind::bad_input, fmt::format("symmetry tolerance {} A: it must be above 0", symprec)};
  const std::vector<bool> organic =
      of == SymmetryOf::frame ? in_molecule(crystal) : std::vector<bool>(crystal.species.size(), false);
  for (int i = 0; i < crystal.size(); ++i)
    if (!organic[static_cast<std::size_t>(i)]) out.atoms.push_back(i);
  if (out.atoms.empty())
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: no atom outside molecules, so there is no frame to take the symmetry of; use the "
                            "symmetry of the crystal",
                            text::printable(crystal.name))};

  const std::size_t n = out.atoms.size();
  double lattice[3][3];
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) lattice[i][j] = crystal.cell(i, j);
  std::vector<std::array<double, 3>> positions(n);
  std::vector<int> types(n);
  for (std::size_t k = 0; k < n; ++k) {
    for (int j = 0; j < 3; ++j) positions[k][static_cast<std::size_t>(j)] = crystal.fractional(j, out.atoms[k]);
    types[k] = crystal.species[static_cast<std::size_t>(out.atoms[k])];
  }
  const std::unique_ptr<SpglibDataset, FreeDataset> dataset{
      spg_get_dataset(lattice, reinterpret_cast<double(*)[3]>(positions.data()), types.data(), static_cast<int>(n),
                      symprec)};
  if (!dataset)
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: spglib finds no space group within {} A ({}); try another tolerance",
                            text::printable(crystal.name), symprec, spg_get_error_message(spg_get_error_code()))};

  out.number = dataset->spacegroup_number;
  out.symbol = dataset->international_symbol;
  out.hall_symbol = dataset->hall_symbol;
  std::size_t identity = 0;
  for (int k = 0; k < dataset->n_operations; ++k) {
    Operation operation;
    for (int i = 0; i < 3; ++i) {
      operation.translation(i) = dataset->translations[k][i];
      for (int j = 0; j < 3; ++j) operation.rotation(i, j) = dataset->rotations[k][i][j];
    }
    const Eigen::Vector3d rest = operation.translation - operation.translation.array().round().matrix();
    if (operation.rotation == Eigen::Matrix3i::Identity() && rest.norm() < 1e-5)
      identity = static_cast<std::size_t>(k);
    out.operations.push_back(operation);
  }
  std::swap(out.operations.front(), out.operations[identity]);
  std::vector<int> smallest(n, -1);
  for (std::size_t k = 0; k < n; ++k) {
    const auto root = static_cast<std::size_t>(dataset->equivalent_atoms[k]);
    if (smallest[root] < 0) smallest[root] = out.atoms[k];
    out.orbit.push_back(smallest[root]);
  }
  return out;
}

}  // namespace hopflow
