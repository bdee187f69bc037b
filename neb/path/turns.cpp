// SPDX-License-Identifier: GPL-2.0-or-later
// Best-fit rotations of molecules and their groups, taken in shares.
#include "neb/path/turns.hpp"

#include <algorithm>
#include <numbers>
#include <set>
#include <utility>

#include "neb/core/rigid.hpp"
#include "structures/chemistry/molecules.hpp"
#include "structures/core/index.hpp"

namespace hopflow {
namespace {

using Pairs = std::set<std::pair<int, int>>;

/// Bonds of each atom with atoms after it.
std::vector<Pairs> bonds_by_molecule(const std::vector<Molecule>& molecules, const std::vector<Bond>& bonds,
                                     int atoms) {
  std::vector<std::size_t> owner(at(atoms), molecules.size());
  for (std::size_t m = 0; m < molecules.size(); ++m)
    for (const int atom : molecules[m].atoms) owner[at(atom)] = m;
  std::vector<Pairs> out(molecules.size() + 1);
  for (const Bond& bond : bonds) out[owner[at(bond.i)]].emplace(std::min(bond.i, bond.j), std::max(bond.i, bond.j));
  return out;
}

Eigen::Matrix3Xd lattice_vectors(const Configuration& c, const Molecule& molecule) {
  Eigen::Matrix3Xd out(3, static_cast<Eigen::Index>(molecule.atoms.size()));
  for (std::size_t k = 0; k < molecule.atoms.size(); ++k)
    out.col(static_cast<Eigen::Index>(k)) = c.cell * molecule.shifts[k].cast<double>();
  return out;
}

std::vector<HydrogenGroup> groups_of(const std::vector<int>& atoms, const Pairs& bonds,
                                     const std::vector<int>& species) {
  std::vector<std::vector<int>> neighbors(atoms.size());
  const auto place = [&](int atom) {
    return static_cast<int>(std::find(atoms.begin(), atoms.end(), atom) - atoms.begin());
  };
  for (const auto& [i, j] : bonds) {
    neighbors[at(place(i))].push_back(place(j));
    neighbors[at(place(j))].push_back(place(i));
  }
  std::vector<HydrogenGroup> out;
  for (std::size_t k = 0; k < atoms.size(); ++k) {
    HydrogenGroup group;
    group.centre = static_cast<int>(k);
    group.bonded = neighbors[k];
    for (const int other : neighbors[k])
      if (species[at(atoms[at(other)])] == 1 && neighbors[at(other)].size() == 1) group.hydrogens.push_back(other);
    if (species[at(atoms[k])] != 1 && !group.hydrogens.empty()) out.push_back(std::move(group));
  }
  return out;
}

Eigen::Matrix3Xd arms_of(const HydrogenGroup& group, const Eigen::Matrix3Xd& molecule) {
  return molecule(Eigen::all, group.bonded).colwise() - molecule.col(group.centre);
}

}  // namespace

double degrees_of(const Eigen::Matrix3d& rotation) {
  return Eigen::AngleAxisd(rotation).angle() * 180 / std::numbers::pi;
}

Eigen::Matrix3d rotation_between(const Eigen::Matrix3Xd& from, const Eigen::Matrix3Xd& to) {
  const Eigen::JacobiSVD<Eigen::Matrix3Xd> shape(from, Eigen::ComputeThinU | Eigen::ComputeThinV);
  const Eigen::VectorXd& size = shape.singularValues();
  if (size.size() > 1 && size[1] > 0.05 * size[0]) return fitted_rotation(to, from);
  const Eigen::VectorXd along = from.transpose() * shape.matrixU().col(0);
  return Eigen::Quaterniond::FromTwoVectors(from * along, to * along).toRotationMatrix();
}

std::vector<KeptMolecule> kept_molecules(const Configuration& initial, const Configuration& final,
                                         const Mobile& mobile) {
  const std::vector<Bond> bonds = find_bonds(initial);
  if (bonds.empty()) return {};
  const std::vector<Bond> final_bonds = find_bonds(final);
  const std::vector<Molecule> before = finite_molecules(initial, bonds), after = finite_molecules(final, final_bonds);
  const std::vector<Pairs> pairs = bonds_by_molecule(before, bonds, initial.size());
  const std::vector<Pairs> final_pairs = bonds_by_molecule(after, final_bonds, final.size());
  std::vector<KeptMolecule> out;
  for (std::size_t m = 0; m < before.size(); ++m) {
    const std::vector<int>& atoms = before[m].atoms;
    const auto same =
        std::find_if(after.begin(), after.end(), [&](const Molecule& other) { return other.atoms == atoms; });
    if (same == after.end() || pairs[m] != final_pairs[static_cast<std::size_t>(same - after.begin())]) continue;
    if (!std::all_of(atoms.begin(), atoms.end(), [&](int atom) { return mobile.mask()[at(atom)]; })) continue;
    KeptMolecule kept;
    kept.atoms = atoms;
    kept.name = before[m].name;
    kept.to_whole = lattice_vectors(initial, before[m]);
    kept.whole = final.positions(Eigen::all, atoms) + lattice_vectors(final, *same);
    kept.groups = groups_of(atoms, pairs[m], initial.species);
    out.push_back(std::move(kept));
  }
  return out;
}

double Turn::degrees() const { return degrees_of(body); }

double Turn::group_degrees() const {
  double largest = 0;
  for (const Eigen::Matrix3d& group : groups) largest = std::max(largest, degrees_of(group));
  return largest;
}

Turn turn_of(const KeptMolecule& molecule, const Eigen::Matrix3Xd& from, const Eigen::Matrix3Xd& to) {
  const Eigen::Matrix3Xd a = from(Eigen::all, molecule.atoms) + molecule.to_whole;
  const Eigen::Matrix3Xd b = to(Eigen::all, molecule.atoms) + molecule.to_whole;
  Turn turn;
  turn.body = rotation_between(a.colwise() - a.rowwise().mean(), b.colwise() - b.rowwise().mean());
  for (const HydrogenGroup& group : molecule.groups)
    turn.groups.push_back(rotation_between(arms_of(group, a), turn.body.transpose() * arms_of(group, b)));
  return turn;
}

std::vector<std::size_t> turned_by_more(double degrees, const std::vector<KeptMolecule>& molecules,
                                        const Eigen::Matrix3Xd& from, const Eigen::Matrix3Xd& to) {
  std::vector<std::size_t> out;
  for (std::size_t m = 0; m < molecules.size(); ++m)
    if (turn_of(molecules[m], from, to).degrees() > degrees) out.push_back(m);
  return out;
}

Eigen::Matrix3Xd on_the_way(const KeptMolecule& molecule, const Eigen::Matrix3Xd& from, const Eigen::Matrix3Xd& to,
                            const Turn& turn, double share) {
  const Eigen::Matrix3Xd a = from(Eigen::all, molecule.atoms) + molecule.to_whole;
  const Eigen::Matrix3Xd b = to(Eigen::all, molecule.atoms) + molecule.to_whole;
  const Eigen::Vector3d start = a.rowwise().mean(), end = b.rowwise().mean();
  const Eigen::Matrix3Xd arms = a.colwise() - start, end_arms = turn.body.transpose() * (b.colwise() - end);
  Eigen::Matrix3Xd in_body = arms + share * (end_arms - arms);
  for (std::size_t g = 0; g < molecule.groups.size(); ++g) {
    const HydrogenGroup& group = molecule.groups[g];
    const Eigen::Matrix3d rotation = part_of(turn.groups[g], share);
    for (const int h : group.hydrogens) {
      const Eigen::Vector3d arm = arms.col(h) - arms.col(group.centre);
      const Eigen::Vector3d end_arm = turn.groups[g].transpose() * (end_arms.col(h) - end_arms.col(group.centre));
      in_body.col(h) = in_body.col(group.centre) + rotation * (arm + share * (end_arm - arm));
    }
  }
  return ((part_of(turn.body, share) * in_body).colwise() + (start + share * (end - start))) - molecule.to_whole;
}

}  // namespace hopflow
