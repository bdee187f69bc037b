// SPDX-License-Identifier: GPL-2.0-or-later
// Supercells from integer matrices, and the search over Hermite normal forms for the smallest that is wide enough.
#include "structures/cells/supercell.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/core.h>

#include "structures/chemistry/molecules.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/framework/framework.hpp"
#include "structures/graph/periodic_graph.hpp"
#include "structures/symmetry/symmetry.hpp"

namespace hopflow {

namespace {

int determinant(const Eigen::Matrix3i& m) {
  return m(0, 0) * (m(1, 1) * m(2, 2) - m(1, 2) * m(2, 1)) - m(0, 1) * (m(1, 0) * m(2, 2) - m(1, 2) * m(2, 0)) +
         m(0, 2) * (m(1, 0) * m(2, 1) - m(1, 1) * m(2, 0));
}

Eigen::Matrix3i adjugate(const Eigen::Matrix3i& m) {
  Eigen::Matrix3i out;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) {
      const int a = (i + 1) % 3, b = (i + 2) % 3, c = (j + 1) % 3, d = (j + 2) % 3;
      out(j, i) = m(a, c) * m(b, d) - m(a, d) * m(b, c);
    }
  return out;
}

/// The whole supercell vectors in `cells` (original cells): floor of matrix^-1 * cells, exact.
Eigen::Vector3i whole_part(const Eigen::Matrix3i& adjoint, int det, const Eigen::Vector3i& cells) {
  const Eigen::Vector3i scaled = adjoint * cells;
  Eigen::Vector3i out;
  for (int k = 0; k < 3; ++k) out(k) = scaled(k) >= 0 ? scaled(k) / det : -((det - 1 - scaled(k)) / det);
  return out;
}

}  // namespace

Eigen::Matrix3i matrix_of_rows(const std::vector<int>& numbers) {
  if (numbers.size() == 3) return Eigen::Vector3i{numbers[0], numbers[1], numbers[2]}.asDiagonal();
  return Eigen::Map<const Eigen::Matrix3i>(numbers.data());  // rows there are columns here
}

/// M^-1 R M has whole entries.
bool keeps(const Eigen::Matrix3i& matrix, const Eigen::Matrix3i& rotation) {
  const int det = determinant(matrix);
  const Eigen::Matrix3i scaled = adjugate(matrix) * rotation * matrix;
  return (scaled / det * det) == scaled;
}

std::vector<Eigen::Vector3i> copies_in(const Eigen::Matrix3i& matrix) {
  const int det = determinant(matrix);
  const Eigen::Matrix3i adjoint = adjugate(matrix);
  Eigen::Vector3i low = Eigen::Vector3i::Zero(), high = Eigen::Vector3i::Zero();
  for (int corner = 0; corner < 8; ++corner) {
    const Eigen::Vector3i at = matrix * Eigen::Vector3i{corner & 1, (corner >> 1) & 1, (corner >> 2) & 1};
    low = low.cwiseMin(at);
    high = high.cwiseMax(at);
  }
  std::vector<Eigen::Vector3i> out;
  for (int a = low(0); a <= high(0); ++a)
    for (int b = low(1); b <= high(1); ++b)
      for (int c = low(2); c <= high(2); ++c)
        if (whole_part(adjoint, det, {a, b, c}).isZero()) out.emplace_back(a, b, c);
  return out;
}

Supercell make_supercell(const Crystal& crystal, const Eigen::Matrix3i& matrix) {
  if (matrix.cwiseAbs().maxCoeff() > 1000)
    throw Error{Error::Kind::bad_input, "supercell matrix: entries must lie between -1000 and 1000"};
  const int det = determinant(matrix);
  if (det <= 0)
    throw Error{Error::Kind::bad_input,
                fmt::format("supercell matrix: determinant {}, it must be positive; swap two rows", det)};
  if (static_cast<double>(det) * crystal.size() > 200'000)
    throw Error{Error::Kind::bad_input, fmt::format("supercell of {} atoms: at most 200000 are made",
                                                    static_cast<double>(det) * crystal.size())};

  Supercell out;
  out.matrix = matrix;
  Crystal& made = out.crystal;
  made = crystal;
  made.cell = crystal.cell * matrix.cast<double>();
  made.species.clear();
  made.labels.clear();
  const std::vector<Eigen::Vector3i> whole = whole_molecule_shifts(crystal);
  const std::vector<Eigen::Vector3i> copies = copies_in(matrix);
  made.fractional.resize(3, static_cast<Eigen::Index>(copies.size()) * crystal.size());
  const Eigen::Matrix3d to_new = matrix.cast<double>().inverse();
  for (const Eigen::Vector3i& cell : copies)
    for (int i = 0; i < crystal.size(); ++i) {
      const auto slot = static_cast<std::size_t>(i);
      const Eigen::Vector3i copy = cell + whole[slot];
      made.fractional.col(static_cast<Eigen::Index>(out.parent.size())) =
          to_new * (crystal.fractional.col(i) + copy.cast<double>());
      made.species.push_back(crystal.species[slot]);
      made.labels.push_back(crystal.labels[slot]);
      out.parent.push_back(i);
      out.copy.push_back(copy);
    }
  out.min_image_distance = shortest_lattice_vector(made.cell);
  return out;
}

namespace {

/// Per chain of a crystal of chains: the shortest translation that carries it onto itself (cells).
std::vector<Eigen::Vector3i> chain_steps(const Crystal& crystal) {
  const PeriodicComponents graph = frame_components(crystal, find_metal_bonds(crystal));
  std::vector<Eigen::Vector3i> out;
  if (graph.rank.empty() || *std::max_element(graph.rank.begin(), graph.rank.end()) != 1) return out;
  for (std::size_t c = 0; c < graph.rank.size(); ++c)
    if (graph.rank[c] == 1)
      out.emplace_back(graph.cycles[c].rowwise().sum());  // one column is used, the others are zero
  return out;
}

/// The shortest way along a chain that leads to an image of its start (A).
double shortest_repeat(const Eigen::Matrix3d& cell, const std::vector<Eigen::Vector3i>& steps,
                       const Eigen::Matrix3i& matrix) {
  const int det = determinant(matrix);
  const Eigen::Matrix3i adjoint = adjugate(matrix);
  double out = std::numeric_limits<double>::infinity();
  for (const Eigen::Vector3i& step : steps) {
    const Eigen::Vector3i scaled = adjoint * step;
    int times = 1;
    while (times * scaled(0) % det != 0 || times * scaled(1) % det != 0 || times * scaled(2) % det != 0) ++times;
    out = std::min(out, times * (cell * step.cast<double>()).norm());
  }
  return out;
}

}  // namespace

Supercell find_supercell(const Crystal& crystal, double distance, double chain_distance, int max_atoms,
                         const std::vector<Eigen::Matrix3i>& keep) {
  if (!(distance > 0) || !(distance < 1000))
    throw Error{Error::Kind::bad_input, fmt::format("image distance {} A: it must lie between 0 and 1000", distance)};
  if (!(chain_distance >= 0) || !(chain_distance < 1000))
    throw Error{Error::Kind::bad_input,
                fmt::format("chain distance {} A: it must lie between 0 and 1000", chain_distance)};
  std::vector<Eigen::Vector3i> steps;
  if (chain_distance > 0) steps = chain_steps(crystal);
  const int most = crystal.size() > 0 ? max_atoms / crystal.size() : 0;
  // The densest packing of spheres is the face-centred lattice: volume >= distance^3 / sqrt(2), so smaller
  // determinants need no look.
  const double volume = std::abs(crystal.cell.determinant());
  const int first =
      std::max(1, static_cast<int>(std::ceil(distance * distance * distance / std::sqrt(2.0) / volume - 1e-9)));
  for (int det = first; det <= most; ++det) {
    std::optional<Eigen::Matrix3i> best;
    double best_length = 0;
    for (int a = 1; a <= det; ++a) {
      if (det % a != 0) continue;
      for (int b = 1; b <= det / a; ++b) {
        if (det / a % b != 0) continue;
        const int c = det / a / b;
        for (int d = 0; d < b; ++d)
          for (int e = 0; e < c; ++e)
            for (int f = 0; f < c; ++f) {
              // New vectors in columns, lower triangular: each sublattice of this index appears once.
              Eigen::Matrix3i hermite;
              hermite << a, 0, 0, d, b, 0, e, f, c;
              if (!std::ranges::all_of(keep, [&](const Eigen::Matrix3i& r) { return keeps(hermite, r); })) continue;
              const double length = shortest_lattice_vector(crystal.cell * hermite.cast<double>());
              // Lengths that differ by rounding alone must not decide: the first found stays.
              if (length <= distance - 1e-9 || length <= best_length + 1e-6) continue;
              if (shortest_repeat(crystal.cell, steps, hermite) <= chain_distance - 1e-9) continue;
              best = hermite;
              best_length = length;
            }
      }
    }
    if (best) {
      const ReducedCell reduced = minkowski_reduce(crystal.cell * best->cast<double>());
      return make_supercell(crystal, *best * reduced.transform);
    }
  }
  throw Error{Error::Kind::bad_input,
              fmt::format("{}: no supercell of at most {} atoms keeps images {} A apart{}; ask for a smaller distance",
                          text::printable(crystal.name), max_atoms, distance,
                          steps.empty() ? "" : fmt::format(", and {} A along the chains", chain_distance))};
}

Eigen::Matrix3i most_compact(const Eigen::Matrix3d& cell, int copies) {
  Eigen::Matrix3i best = Eigen::Matrix3i::Identity();
  double longest = 0;
  for (int a = 1; a <= copies; ++a)
    for (int b = 1; copies % a == 0 && b <= copies / a; ++b) {
      if (copies / a % b != 0) continue;
      const int c = copies / a / b;
      for (int d = 0; d < b; ++d)
        for (int e = 0; e < c; ++e)
          for (int f = 0; f < c; ++f) {
            Eigen::Matrix3i hermite;
            hermite << a, 0, 0, d, b, 0, e, f, c;
            const double length = shortest_lattice_vector(cell * hermite.cast<double>());
            if (length <= longest + 1e-6) continue;
            longest = length;
            best = hermite;
          }
    }
  return best * minkowski_reduce(cell * best.cast<double>()).transform;
}

std::optional<double> chain_repeat(const Crystal& crystal, const Eigen::Matrix3i& matrix) {
  const std::vector<Eigen::Vector3i> steps = chain_steps(crystal);
  return steps.empty() ? std::nullopt : std::optional{shortest_repeat(crystal.cell, steps, matrix)};
}

namespace {

/// The primitive cell with the vectors of the symmetry search; the crystal's origin moved to `origin` (cell as given).
Crystal searched_primitive(const Crystal& crystal, const StandardCells& cells, const Eigen::Vector3d& origin) {
  const Eigen::Matrix3d given = cells.given.cast<double>();
  Crystal out = crystal;
  out.cell = crystal.cell * given.inverse();
  out.fractional = given * (crystal.fractional(Eigen::all, cells.atoms).colwise() - origin);
  out.species.clear();
  out.labels.clear();
  for (const int atom : cells.atoms) {
    out.species.push_back(crystal.species[static_cast<std::size_t>(atom)]);
    out.labels.push_back(crystal.labels[static_cast<std::size_t>(atom)]);
  }
  // Into the cell, with 1 - 1e-9 counted as 0; make_supercell() puts molecules together again.
  out.fractional = out.fractional.unaryExpr([](double x) { return x - std::floor(x + 1e-9); });
  return out;
}

}  // namespace

OtherCell primitive_cell(const Crystal& crystal, double symprec) {
  const StandardCells cells = find_standard_cells(crystal, symprec);
  const Crystal searched = searched_primitive(crystal, cells, Eigen::Vector3d::Zero());
  const ReducedCell reduced = minkowski_reduce(searched.cell);
  return {cells.given.cast<double>().inverse() * reduced.transform.cast<double>(),
          make_supercell(searched, reduced.transform).crystal};
}

OtherCell conventional_cell(const Crystal& crystal, double symprec) {
  const StandardCells cells = find_standard_cells(crystal, symprec);
  return {cells.given.cast<double>().inverse() * cells.conventional.cast<double>(),
          make_supercell(searched_primitive(crystal, cells, cells.origin), cells.conventional).crystal};
}

Located locate(const Supercell& supercell, int parent_atom, const Eigen::Vector3i& image) {
  const int det = determinant(supercell.matrix);
  const Eigen::Matrix3i adjoint = adjugate(supercell.matrix);
  const int parents = supercell.crystal.size() / det;
  if (parent_atom < 0 || parent_atom >= parents)
    throw Error{Error::Kind::bad_input,
                fmt::format("there is no atom {}: the crystal has {}, counted from 0", parent_atom, parents)};
  for (int k = 0; k < det; ++k) {
    const int atom = k * parents + parent_atom;
    const Eigen::Vector3i apart = image - supercell.copy[static_cast<std::size_t>(atom)];
    const Eigen::Vector3i scaled = adjoint * apart;
    if (scaled(0) % det == 0 && scaled(1) % det == 0 && scaled(2) % det == 0) return {atom, scaled / det};
  }
  throw Error{Error::Kind::bad_input,
              "the copies of the cell do not fill this supercell; make it with make_supercell()"};  // make_supercell
                                                                                                    // never gives one
}

}  // namespace hopflow
