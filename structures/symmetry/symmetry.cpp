// SPDX-License-Identifier: GPL-2.0-or-later
// The border to spglib: cells in columns on both sides, strings and arrays copied out.
#include "structures/symmetry/symmetry.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <optional>

#include <fmt/core.h>
#include <spglib.h>

#include "structures/chemistry/molecules.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

struct FreeDataset {
  void operator()(SpglibDataset* dataset) const noexcept { spg_free_dataset(dataset); }
};

using Dataset = std::unique_ptr<SpglibDataset, FreeDataset>;

/// spglib's answer for atoms at `fractional`; null if it finds nothing.
Dataset dataset_of(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& fractional, const std::vector<int>& species,
                   double symprec) {
  double lattice[3][3];
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) lattice[i][j] = cell(i, j);
  std::vector<std::array<double, 3>> positions(species.size());
  for (std::size_t k = 0; k < species.size(); ++k)
    for (int j = 0; j < 3; ++j) positions[k][static_cast<std::size_t>(j)] = fractional(j, static_cast<Eigen::Index>(k));
  return Dataset{spg_get_dataset(lattice, reinterpret_cast<double(*)[3]>(positions.data()), species.data(),
                                 static_cast<int>(species.size()), symprec)};
}

/// The primitive vectors in whole fractions of the cell as given; spglib's own carry the noise of the positions.
struct Primitive {
  Eigen::Matrix3d count;            ///< cell = primitive * count, whole numbers
  std::vector<Eigen::Index> atoms;  ///< the first of each set of atoms that primitive vectors join
};

/// nullopt if the atoms do not fill whole primitive cells.
std::optional<Primitive> primitive_of(const SpglibDataset& dataset, const Eigen::Matrix3d& cell) {
  Primitive out;
  for (int k = 0; k < dataset.n_atoms; ++k)
    if (dataset.mapping_to_primitive[k] == static_cast<int>(out.atoms.size())) out.atoms.push_back(k);
  Eigen::Matrix3d lattice;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) lattice(i, j) = dataset.primitive_lattice[i][j];
  out.count = (lattice.inverse() * cell).array().round().matrix();
  const double atoms = std::abs(out.count.determinant()) * static_cast<double>(out.atoms.size());
  if (std::abs(atoms - dataset.n_atoms) > 1e-6) return std::nullopt;
  return out;
}

Operation operation_of(const SpglibDataset& dataset, int index) {
  Operation out;
  for (int i = 0; i < 3; ++i) {
    out.translation(i) = dataset.translations[index][i];
    for (int j = 0; j < 3; ++j) out.rotation(i, j) = dataset.rotations[index][i][j];
  }
  return out;
}

/// Operations of the primitive cell that the cell as given does not allow. spglib lists only those that map the given
/// lattice onto itself, so a doubled cubic cell would pass for a tetragonal crystal.
std::vector<WideOperation> operations_beyond(const SpglibDataset& dataset, const Eigen::Matrix3d& cell,
                                             const Eigen::Matrix3Xd& fractional, const std::vector<int>& species,
                                             double symprec) {
  const std::optional<Primitive> found = primitive_of(dataset, cell);
  if (!found || found->atoms.size() == species.size()) return {};
  const std::vector<Eigen::Index>& first = found->atoms;
  const Eigen::Matrix3d& count = found->count;
  const Eigen::Matrix3d back = count.inverse();
  std::vector<int> kinds;
  for (const Eigen::Index k : first) kinds.push_back(species[static_cast<std::size_t>(k)]);
  const Dataset primitive = dataset_of(cell * back, count * fractional(Eigen::all, first), kinds, symprec);
  if (!primitive || primitive->spacegroup_number != dataset.spacegroup_number) return {};
  std::vector<WideOperation> out;
  for (int k = 0; k < primitive->n_operations; ++k) {
    const Operation operation = operation_of(*primitive, k);
    const Eigen::Matrix3d rotation = back * operation.rotation.cast<double>() * count;
    if ((rotation.array() - rotation.array().round()).abs().maxCoeff() > 1e-6)
      out.push_back({rotation, back * operation.translation});
  }
  return out;
}

[[noreturn]] void fail_to_find(const Crystal& crystal, double symprec) {
  throw Error{Error::Kind::bad_input,
              fmt::format("{}: spglib finds no space group within {} A ({}); try another tolerance",
                          text::printable(crystal.name), symprec, spg_get_error_message(spg_get_error_code()))};
}

/// "4c" and ".m." of each atom. The number counts the orbit in the standard setting's cell.
void name_positions(const SpglibDataset& dataset, Symmetry& out) {
  std::map<int, int> members;
  for (int k = 0; k < dataset.n_atoms; ++k) ++members[dataset.crystallographic_orbits[k]];
  for (int k = 0; k < dataset.n_atoms; ++k) {
    const long in_standard = std::lround(static_cast<double>(members[dataset.crystallographic_orbits[k]]) *
                                         dataset.n_std_atoms / dataset.n_atoms);
    out.wyckoff.push_back(fmt::format("{}{}", in_standard, static_cast<char>('a' + dataset.wyckoffs[k])));
    out.site_symmetry.emplace_back(dataset.site_symmetry_symbols[k]);
  }
}

void check_symprec(double symprec) {
  if (!(symprec > 0))
    throw Error{Error::Kind::bad_input, fmt::format("symmetry tolerance {} A: it must be above 0", symprec)};
}

}  // namespace

StandardCells find_standard_cells(const Crystal& crystal, double symprec) {
  check_symprec(symprec);
  const Dataset dataset = dataset_of(crystal.cell, crystal.fractional, crystal.species, symprec);
  const std::optional<Primitive> primitive = dataset ? primitive_of(*dataset, crystal.cell) : std::nullopt;
  if (!primitive) fail_to_find(crystal, symprec);
  Eigen::Matrix3d to_standard;
  Eigen::Vector3d shift;
  for (int i = 0; i < 3; ++i) {
    shift(i) = dataset->origin_shift[i];
    for (int j = 0; j < 3; ++j) to_standard(i, j) = dataset->transformation_matrix[i][j];
  }
  const Eigen::Matrix3d back = to_standard.inverse();
  StandardCells out;
  out.given = primitive->count.cast<int>();
  out.atoms.assign(primitive->atoms.begin(), primitive->atoms.end());
  out.conventional = (primitive->count * back).array().round().matrix().cast<int>();
  out.origin = -back * shift;
  return out;
}

Symmetry find_symmetry(const Crystal& crystal, SymmetryOf of, double symprec) {
  Symmetry out;
  out.of = of;
  out.symprec = symprec;
  check_symprec(symprec);
  const std::vector<bool> organic =
      of == SymmetryOf::frame ? in_molecule(crystal) : std::vector<bool>(crystal.species.size(), false);
  for (int i = 0; i < crystal.size(); ++i)
    if (!organic[static_cast<std::size_t>(i)]) out.atoms.push_back(i);
  if (out.atoms.empty())
    throw Error{Error::Kind::bad_input, fmt::format("{}: all atoms belong to molecules, so there is no inorganic "
                                                    "frame; use the symmetry of the crystal (--symmetry crystal)",
                                                    text::printable(crystal.name))};

  const std::size_t n = out.atoms.size();
  const Eigen::Matrix3Xd fractional = crystal.fractional(Eigen::all, out.atoms);
  const std::vector<int>& kinds = crystal.kind.empty() ? crystal.species : crystal.kind;
  std::vector<int> species;
  for (const int atom : out.atoms) species.push_back(kinds[static_cast<std::size_t>(atom)]);
  const Dataset dataset = dataset_of(crystal.cell, fractional, species, symprec);
  if (!dataset) fail_to_find(crystal, symprec);

  out.number = dataset->spacegroup_number;
  out.symbol = dataset->international_symbol;
  out.hall_symbol = dataset->hall_symbol;
  std::size_t identity = 0;
  for (int k = 0; k < dataset->n_operations; ++k) {
    const Operation operation = operation_of(*dataset, k);
    const Eigen::Vector3d rest = operation.translation - operation.translation.array().round().matrix();
    if (operation.rotation == Eigen::Matrix3i::Identity() && rest.norm() < 1e-5) identity = static_cast<std::size_t>(k);
    out.operations.push_back(operation);
  }
  std::swap(out.operations.front(), out.operations[identity]);
  out.beyond = operations_beyond(*dataset, crystal.cell, fractional, species, symprec);
  std::vector<int> smallest(n, -1);
  for (std::size_t k = 0; k < n; ++k) {
    const auto root = static_cast<std::size_t>(dataset->equivalent_atoms[k]);
    if (smallest[root] < 0) smallest[root] = out.atoms[k];
    out.orbit.push_back(smallest[root]);
  }
  name_positions(*dataset, out);
  return out;
}

Symmetry find_symmetry(const Crystal& crystal, const SymmetryChoice& choice) {
  constexpr double tilted = 0.5, tight = 0.01;  // A
  SymmetryOf of = SymmetryOf::crystal;
  if (choice.of) {
    of = *choice.of;
  } else if (crystal.occupancy.empty()) {  // places of an average structure make no molecules
    const std::vector<bool> organic = in_molecule(crystal);
    const auto molecular = std::count(organic.begin(), organic.end(), true);
    if (molecular > 0 && molecular < crystal.size()) of = SymmetryOf::frame;
  }
  const double usual = of == SymmetryOf::frame ? tilted : tight;
  return find_symmetry(crystal, of, choice.symprec > 0 ? choice.symprec : usual);
}

std::string to_string(SymmetryOf of) { return of == SymmetryOf::frame ? "frame" : "crystal"; }

}  // namespace hopflow
