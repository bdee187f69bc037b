// SPDX-License-Identifier: GPL-2.0-or-later
// Crystals drawn at random: what is found in them does not depend on how they are written down.
#include <rapidcheck/catch.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "structures/cells/supercell.hpp"
#include "structures/chemistry/molecules.hpp"
#include "structures/core/cell.hpp"
#include "structures/framework/framework.hpp"
#include "structures/hops/hops.hpp"
#include "tests/structures/samples.hpp"

using namespace hopflow;

namespace {

/// The same draws every time, unless RC_PARAMS asks for others ("seed=7 max_success=1000").
const int fixed_seed = setenv("RC_PARAMS", "seed=31", 0);

/// Adds an atom unless one is nearer than `room` (A). @return whether it was added
bool add_atom(Configuration& to, int species, const Eigen::Vector3d& at, double room) {
  for (int i = 0; i < to.size(); ++i)
    if (minimum_image(to.cell, at - to.positions.col(i)).norm() < room) return false;
  to.positions.conservativeResize(3, to.size() + 1);
  to.positions.col(to.size()) = at;
  to.species.push_back(species);
  return true;
}

/// A skewed cell with Pb, I, Cs and a water molecule that may lie across an edge; half of them with an inversion centre
/// and two of each. Iodine is always there.
Crystal random_crystal(std::mt19937& engine) {
  Configuration out;
  out.positions.resize(3, 0);
  do {
    out.cell = test::random_cell(engine) * 1.4;
  } while (shortest_lattice_vector(out.cell) < 5 || out.cell.determinant() > 900);
  const bool centred = engine() % 2 == 0;
  const auto place = [&](int species, double room) {
    for (int trial = 0; trial < 60; ++trial) {
      const Eigen::Vector3d x{test::uniform(engine, 0, 1), test::uniform(engine, 0, 1), test::uniform(engine, 0, 1)};
      const Eigen::Vector3d at = out.cell * x;
      Configuration with = out;
      if (!add_atom(with, species, at, room) || (centred && !add_atom(with, species, -at, room))) continue;
      out = with;
      return;
    }
  };
  for (int i = 0; i < 3; ++i) place(53, 2.6);
  place(82, 2.6);
  place(55, 3.2);
  place(8, 2.6);
  for (int i = 0; i < out.size(); ++i)
    if (out.species[static_cast<std::size_t>(i)] == 8) {
      const double sign = centred && i % 2 == 1 ? -1 : 1;
      for (const double angle : {0.0, 1.82}) {
        Configuration with = out;
        const Eigen::Vector3d at =
            out.positions.col(i) + sign * 0.96 * Eigen::Vector3d{std::cos(angle), std::sin(angle), 0};
        if (add_atom(with, 1, at, 0.9)) out = with;
      }
    }
  return to_crystal(out, "drawn");
}

/// What must not change. Lengths rounded to 1e-3 A can fall on either side of a half: compared with a tolerance
/// instead.
struct Findings {
  std::vector<std::tuple<std::string, double>> molecules;  // formula, count per atom of the cell
  std::vector<std::tuple<double, double, int, bool, bool, double>> hops;
  int network = 0, framework = 0;
  std::size_t sites = 0;
};

constexpr int iodine = 53;
constexpr double longest = 6.0;

Findings findings_of(const Crystal& crystal) {
  Findings out;
  const double atoms = crystal.size();
  std::map<std::string, int> counts;
  for (const Molecule& molecule : find_molecules(crystal, find_bonds(crystal))) ++counts[molecule.formula];
  for (const auto& [formula, count] : counts) out.molecules.emplace_back(formula, count / atoms);
  const HopTable table = find_hops(crystal, find_symmetry(crystal, SymmetryOf::crystal, 0.01), iodine, longest);
  for (const Hop& hop : table.hops)
    out.hops.emplace_back(hop.length_angstrom, hop.multiplicity / atoms, hop.shared_metal, hop.intra,
                          hop.reversed_by_symmetry, hop.free_radius_angstrom);
  out.network = table.dimension;
  out.framework = find_framework(crystal).dimension;
  out.sites = table.sites.size();
  return out;
}

void check_same(const Findings& a, const Findings& b) {
  RC_ASSERT(a.molecules.size() == b.molecules.size());
  for (std::size_t k = 0; k < a.molecules.size(); ++k) {
    RC_ASSERT(std::get<0>(a.molecules[k]) == std::get<0>(b.molecules[k]));
    RC_ASSERT(std::abs(std::get<1>(a.molecules[k]) - std::get<1>(b.molecules[k])) < 1e-12);
  }
  RC_ASSERT(a.network == b.network);
  RC_ASSERT(a.framework == b.framework);
  RC_ASSERT(a.sites == b.sites);
  RC_ASSERT(a.hops.size() == b.hops.size());
  // Hops of nearly one length may come in either order: each must find a partner.
  std::vector<bool> taken(b.hops.size(), false);
  for (const auto& one : a.hops) {
    bool found = false;
    for (std::size_t k = 0; k < b.hops.size() && !found; ++k) {
      const auto& other = b.hops[k];
      if (taken[k] || std::abs(std::get<0>(one) - std::get<0>(other)) > 1e-5 ||
          std::abs(std::get<1>(one) - std::get<1>(other)) > 1e-12 || std::get<2>(one) != std::get<2>(other) ||
          std::get<3>(one) != std::get<3>(other) || std::get<4>(one) != std::get<4>(other) ||
          std::abs(std::get<5>(one) - std::get<5>(other)) > 1e-5)
        continue;
      taken[k] = found = true;
    }
    RC_ASSERT(found);
  }
}

/// A hop as long as the limit, or a bond as long as its own, may be in or out by rounding: such crystals say nothing.
bool on_the_brink(const Crystal& crystal) {
  for (const double limit : {longest - 1e-4, longest + 1e-4}) {
    const HopTable table = find_hops(crystal, find_symmetry(crystal, SymmetryOf::crystal, 0.01), iodine, limit);
    const HopTable other = find_hops(crystal, find_symmetry(crystal, SymmetryOf::crystal, 0.01), iodine, longest);
    if (table.hops.size() != other.hops.size()) return true;
  }
  return false;
}

Eigen::Matrix3i random_matrix(std::mt19937& engine) {
  Eigen::Matrix3i hermite = Eigen::Matrix3i::Identity();
  for (int k = 0; k < 3; ++k) hermite(k, k) = 1 + static_cast<int>(engine() % 2);
  for (int i = 1; i < 3; ++i)
    for (int j = 0; j < i; ++j) hermite(i, j) = static_cast<int>(engine() % static_cast<unsigned>(hermite(i, i)));
  return hermite * test::random_unimodular(engine, 4);
}

}  // namespace

TEST_CASE("molecules, hops and networks do not depend on cell, origin or order of atoms", "[structures][properties]") {
  rc::prop("another basis, origin and order", [](unsigned seed) {
    std::mt19937 engine{seed};
    const Crystal crystal = random_crystal(engine);
    RC_PRE(!on_the_brink(crystal));
    const Findings expected = findings_of(crystal);
    RC_CLASSIFY(!expected.molecules.empty(), "with molecules");
    RC_CLASSIFY(expected.network == 3, "network in three dimensions");
    check_same(findings_of(test::disguised(crystal, engine, true)), expected);
  });
  rc::prop("a supercell, disguised", [](unsigned seed) {
    std::mt19937 engine{seed};
    const Crystal crystal = random_crystal(engine);
    RC_PRE(!on_the_brink(crystal));
    const Supercell supercell = make_supercell(crystal, random_matrix(engine));
    check_same(findings_of(test::disguised(supercell.crystal, engine, false)), findings_of(crystal));
  });
}

TEST_CASE("no sublattice of fewer cells keeps images as far apart as the supercell found", "[structures][properties]") {
  rc::prop("every Hermite normal form below", [](unsigned seed) {
    std::mt19937 engine{seed};
    Configuration one;
    one.cell = minkowski_reduce(test::random_cell(engine)).cell;
    one.positions = Eigen::Matrix3Xd::Zero(3, 1);
    one.species = {18};
    const double distance = test::uniform(engine, 0.7, 2.4) * std::cbrt(one.cell.determinant());
    const Supercell found = find_supercell(to_crystal(one, "lattice"), distance);
    RC_ASSERT(shortest_lattice_vector(found.crystal.cell) > distance - 1e-6);
    for (int det = 1; det < found.crystal.size(); ++det)
      for (int a = 1; a <= det; ++a)
        for (int b = 1; b <= det / a; ++b) {
          if (det % (a * b) != 0) continue;
          const int c = det / (a * b);
          // Upper triangular here, lower in the search: the same sublattices by another road.
          for (int x = 0; x < a; ++x)
            for (int y = 0; y < a; ++y)
              for (int z = 0; z < b; ++z) {
                Eigen::Matrix3i m;
                m << a, x, y, 0, b, z, 0, 0, c;
                RC_ASSERT(shortest_lattice_vector(one.cell * m.cast<double>()) < distance);
              }
        }
  });
}
