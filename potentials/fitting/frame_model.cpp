// SPDX-License-Identifier: GPL-2.0-or-later
#include "potentials/fitting/frame_model.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <limits>
#include <set>

#include <fmt/core.h>

#include "potentials/forcefield/parameters.hpp"
#include "potentials/forcefield/typing.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/crystal.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/units.hpp"
#include "structures/graph/neighbors.hpp"

namespace hopflow {

namespace {

constexpr double coulomb_constant = 332.06371;  // kcal A/(mol e^2): LAMMPS' own for its units real
constexpr double degree = units::pi / 180;

/// Energy and slope of a term, and of both by its numbers.
struct Curve {
  double e = 0, slope = 0;
  std::array<double, 4> e_by{}, slope_by{};
};

Curve buckingham(const PairTerm& p, double r) {
  Curve out;
  const double x = std::exp(-r / p.rho), r3 = 1 / (r * r * r), r6 = r3 * r3;
  out.e = p.a * x - p.c * r6;
  out.slope = -p.a / p.rho * x + 6 * p.c * r6 / r;
  out.e_by = {x, p.a * x * r / (p.rho * p.rho), -r6, 0};
  out.slope_by = {-x / p.rho, p.a * x / (p.rho * p.rho) * (1 - r / p.rho), 6 * r6 / r, 0};
  return out;
}

Curve lennard_jones(const PairTerm& p, double r) {
  Curve out;
  const double s = p.sigma / r, s3 = s * s * s, s6 = s3 * s3, s12 = s6 * s6;
  out.e_by[0] = 4 * (s12 - s6);
  out.slope_by[0] = 4 * (-12 * s12 + 6 * s6) / r;
  out.e = p.epsilon * out.e_by[0];
  out.slope = p.epsilon * out.slope_by[0];
  if (p.sigma > 0) {
    out.e_by[1] = 4 * p.epsilon * (12 * s12 - 6 * s6) / p.sigma;
    out.slope_by[1] = 4 * p.epsilon * (-144 * s12 + 36 * s6) / (r * p.sigma);
  }
  return out;
}

Curve value_of(const PairTerm& p, double r) {
  return p.form == PairTerm::Form::buckingham ? buckingham(p, r) : lennard_jones(p, r);
}

/// @param scale  of x0: degree for angles
Curve harmonic(const HarmonicTerm& p, double x, double scale) {
  Curve out;
  const double d = x - p.x0 * scale;
  out.e = p.k * d * d;
  out.slope = 2 * p.k * d;
  out.e_by = {d * d, -2 * p.k * d * scale, 0, 0};
  out.slope_by = {2 * d, -2 * p.k * scale, 0, 0};
  return out;
}

Curve torsion(const DihedralTerm& p, double x) {
  Curve out;
  if (p.form == DihedralTerm::Form::cosine) {
    out.e_by[0] = 1 + std::cos(p.n * x - p.d * degree);
    out.slope_by[0] = -p.n * std::sin(p.n * x - p.d * degree);
    out.e = p.k * out.e_by[0];
    out.slope = p.k * out.slope_by[0];
    return out;
  }
  for (int n = 1; n <= 4; ++n) {
    const double sign = n % 2 == 1 ? 1 : -1;
    const auto k = static_cast<std::size_t>(n - 1);
    out.e_by[k] = 0.5 * (1 + sign * std::cos(n * x));
    out.slope_by[k] = -0.5 * sign * n * std::sin(n * x);
    out.e += p.v[k] * out.e_by[k];
    out.slope += p.v[k] * out.slope_by[k];
  }
  return out;
}

Curve improper(double k, double x) {
  Curve out;
  out.e_by[0] = 1 - std::cos(2 * x);
  out.slope_by[0] = 2 * std::sin(2 * x);
  out.e = k * out.e_by[0];
  out.slope = k * out.slope_by[0];
  return out;
}

/// Bonds between atoms, up to three; shorter ways win.
std::map<std::pair<int, int>, int> separations(const Topology& topology, int atoms) {
  std::vector<std::vector<int>> around(static_cast<std::size_t>(atoms));
  for (const auto& bond : topology.bonds) {
    around[static_cast<std::size_t>(bond.atoms[0])].push_back(bond.atoms[1]);
    around[static_cast<std::size_t>(bond.atoms[1])].push_back(bond.atoms[0]);
  }
  std::map<std::pair<int, int>, int> out;
  for (int start = 0; start < atoms; ++start) {
    std::map<int, int> seen{{start, 0}};
    std::deque<int> next{start};
    while (!next.empty()) {
      const int atom = next.front();
      next.pop_front();
      if (seen.at(atom) == 3) continue;
      for (const int other : around[static_cast<std::size_t>(atom)])
        if (seen.emplace(other, seen.at(atom) + 1).second) next.push_back(other);
    }
    for (const auto& [other, bonds] : seen)
      if (other > start) out[{start, other}] = bonds;
  }
  return out;
}

/// Where a table has the term of two types, as parameters_of() names it; "mixed" where it is mixed from both.
std::string name_of_pair(const ForceFieldTable& table, const AtomType& a, const AtomType& b) {
  const auto [first, second] = std::minmax(a.name, b.name);
  if (table.pairs.contains({first, second})) return fmt::format("pairs.{}-{}", first, second);
  for (const auto& [one, other] : {std::pair{&a, &b}, std::pair{&b, &a}})
    if (table.cross_terms.contains({one->name, other->element}))
      return fmt::format("cross_terms.{}-{}", one->name, symbol_of(other->element));
  return fmt::format("mixed.{}-{}", first, second);
}

/// The n-th of a map's keys, joined: terms of a Topology stand in the order of the table's maps.
template <class Map>
std::string name_of_term(const char* list, const Map& map, int n) {
  const auto& key = std::next(map.begin(), n)->first;
  std::string out = list;
  if constexpr (std::is_same_v<typename Map::key_type, std::string>) {
    out += "." + key;
  } else {
    for (std::size_t k = 0; k < key.size(); ++k) out += (k == 0 ? "." : "-") + key[k];
  }
  return out;
}

template <std::size_t N>
std::array<std::string, N> key_of(const std::string& name) {
  std::array<std::string, N> out;
  std::size_t at = name.find('.') + 1;
  for (std::size_t k = 0; k < N; ++k) {
    const std::size_t end = name.find('-', at);
    out[k] = name.substr(at, end == std::string::npos ? end : end - at);
    at = end + 1;
  }
  return out;
}

/// A term's number n as parameters_of() calls it.
std::string number_name(const std::string& term, const PairTerm::Form form, std::size_t n) {
  static constexpr std::array buck{".A", ".rho", ".C"}, lj{".eps", ".sigma", ""};
  return term + (form == PairTerm::Form::buckingham ? buck[n] : lj[n]);
}

}  // namespace

std::vector<std::pair<std::string, double*>> charges_of(ForceFieldTable& table) {
  std::vector<std::pair<std::string, double*>> out;
  for (AtomType& type : table.types) out.emplace_back("charges." + type.name, &type.charge);
  return out;
}

FrameModel::FrameModel(const ForceFieldTable& table, const Configuration& c) : atoms_{c.size()} {
  const Topology topology = make_topology(table, to_crystal(c, "frame"));
  std::map<std::string, Group> bonded;
  const auto group = [&](const std::string& name) -> Group& {
    Group& out = bonded[name];
    out.name = name;
    return out;
  };
  for (const auto& term : topology.bonds)
    group(name_of_term("bonds", table.bonds, term.parameters)).coordinates.push_back(distance_of(c, term.atoms));
  for (const auto& term : topology.angles)
    group(name_of_term("angles", table.angles, term.parameters)).coordinates.push_back(angle_of(c, term.atoms));
  for (const auto& term : topology.dihedrals)
    group(name_of_term("dihedrals", table.dihedrals, term.parameters)).coordinates.push_back(torsion_of(c, term.atoms));
  for (const auto& term : topology.impropers)
    group(name_of_term("impropers", table.impropers, term.parameters)).coordinates.push_back(torsion_of(c, term.atoms));
  for (auto& [name, terms] : bonded) {
    least_[name] = 0;
    groups_.push_back(std::move(terms));
  }
  const auto separation = separations(topology, atoms_);
  add_pairs(table, c, topology.type, separation);
  add_coulomb(table, c, topology.type, separation);
}

void FrameModel::add_pairs(const ForceFieldTable& table, const Configuration& c, const std::vector<int>& type,
                           const std::map<std::pair<int, int>, int>& separation) {
  std::map<std::pair<int, int>, Group> kinds;
  const Eigen::Matrix3Xd fractional = c.cell.inverse() * c.positions;
  for (const Neighbor& pair : find_neighbors(c.cell, fractional, table.cutoff)) {
    // Each pair is listed from both sides; an atom's own images too.
    const std::array<int, 3> image{pair.image[0], pair.image[1], pair.image[2]};
    const bool forwards = pair.i < pair.j || (pair.i == pair.j && image < std::array<int, 3>{0, 0, 0});
    if (!forwards) continue;
    const Eigen::Vector3d d = c.positions.col(pair.j) + c.cell * pair.image.cast<double>() - c.positions.col(pair.i);
    double weight = 1;
    if (const auto bonded = separation.find({pair.i, pair.j}); bonded != separation.end()) {
      const Eigen::Matrix3Xd between = c.positions.col(pair.j) - c.positions.col(pair.i);
      const Eigen::Vector3d nearest = minimum_image(c.cell, between, c.periodic);
      if ((nearest - d).norm() < 1e-6) weight = bonded->second == 3 ? table.lj_14 : 0;
    }
    if (weight == 0) continue;
    const auto key = std::minmax(type[static_cast<std::size_t>(pair.i)], type[static_cast<std::size_t>(pair.j)]);
    Group& group = kinds[{key.first, key.second}];
    group.contacts.push_back({pair.i, pair.j, d.norm(), weight, d.normalized()});
  }
  for (auto& [types, group] : kinds) {
    const AtomType& a = table.types[static_cast<std::size_t>(types.first)];
    const AtomType& b = table.types[static_cast<std::size_t>(types.second)];
    if (!table.pair(a, b))
      throw Error{Error::Kind::bad_input, fmt::format("{}: no pair parameters for {}-{}", table.name, a.name, b.name)};
    group.name = name_of_pair(table, a, b);
    group.types = types;
    double& least = least_.try_emplace(group.name, std::numeric_limits<double>::infinity()).first->second;
    for (const Contact& contact : group.contacts) least = std::min(least, contact.r);
    groups_.push_back(std::move(group));
  }
}

void FrameModel::add_coulomb(const ForceFieldTable& table, const Configuration& c, const std::vector<int>& type,
                             const std::map<std::pair<int, int>, int>& separation) {
  std::map<int, int> kind_of;
  for (const int t : type) kind_of[t] = 0;
  for (auto& [t, kind] : kind_of) {
    kind = static_cast<int>(type_names_.size());
    type_names_.push_back(table.types[static_cast<std::size_t>(t)].name);
  }
  for (const int t : type) kind_.push_back(kind_of.at(t));
  std::vector<ScaledPair> scaled;
  for (const auto& [pair, bonds] : separation)
    scaled.push_back({pair.first, pair.second, bonds == 3 ? table.coulomb_14 : 0});
  coulomb_ = coulomb_response(c, kind_, static_cast<int>(type_names_.size()), scaled);
}

std::map<std::string, int> FrameModel::types() const {
  std::map<std::string, int> out;
  for (const int kind : kind_) ++out[type_names_[static_cast<std::size_t>(kind)]];
  return out;
}

void FrameModel::add_answer_of_pairs(const ForceFieldTable& table, const Group& group,
                                     const std::map<std::string, int>& column, ModelAnswer& out) const {
  const PairTerm term = *table.pair(table.types[static_cast<std::size_t>(group.types.first)],
                                    table.types[static_cast<std::size_t>(group.types.second)]);
  std::array<int, 3> columns{-1, -1, -1};
  for (std::size_t n = 0; n < 3; ++n)
    if (const auto found = column.find(number_name(group.name, term.form, n)); found != column.end())
      columns[n] = found->second;
  const Curve at_cutoff = table.shifted ? value_of(term, table.cutoff) : Curve();
  for (const Contact& contact : group.contacts) {
    const Curve curve = value_of(term, contact.r);
    const double w = contact.weight * units::kcal_per_mol;
    out.energy_ev += w * (curve.e - at_cutoff.e);
    const Eigen::Vector3d push = w * curve.slope * contact.unit;
    out.forces.segment<3>(3 * contact.i) += push;
    out.forces.segment<3>(3 * contact.j) -= push;
    for (std::size_t n = 0; n < 3; ++n) {
      if (columns[n] < 0) continue;
      out.energy_by[columns[n]] += w * (curve.e_by[n] - at_cutoff.e_by[n]);
      const Eigen::Vector3d by = w * curve.slope_by[n] * contact.unit;
      out.forces_by.block<3, 1>(3 * contact.i, columns[n]) += by;
      out.forces_by.block<3, 1>(3 * contact.j, columns[n]) -= by;
    }
  }
}

void FrameModel::add_answer_of_bonded(const ForceFieldTable& table, const Group& group,
                                      const std::map<std::string, int>& column, ModelAnswer& out) const {
  std::array<int, 4> columns{-1, -1, -1, -1};
  const auto look = [&](std::initializer_list<const char*> endings) {
    std::size_t n = 0;
    for (const char* ending : endings) {
      if (const auto found = column.find(group.name + ending); found != column.end()) columns[n] = found->second;
      ++n;
    }
  };
  std::function<Curve(double)> curve_at;
  if (group.name.starts_with("bonds.")) {
    look({".K", ".r0"});
    curve_at = [p = table.bonds.at(key_of<2>(group.name))](double x) { return harmonic(p, x, 1); };
  } else if (group.name.starts_with("angles.")) {
    look({".K", ".theta0"});
    curve_at = [p = table.angles.at(key_of<3>(group.name))](double x) { return harmonic(p, x, degree); };
  } else if (group.name.starts_with("dihedrals.")) {
    const DihedralTerm p = table.dihedrals.at(key_of<4>(group.name));
    p.form == DihedralTerm::Form::cosine ? look({".K"}) : look({".V1", ".V2", ".V3", ".V4"});
    curve_at = [p](double x) { return torsion(p, x); };
  } else {
    look({".K"});
    curve_at = [k = table.impropers.at(key_of<1>(group.name)[0])](double x) { return improper(k, x); };
  }
  for (const Coordinate& coordinate : group.coordinates) {
    const Curve curve = curve_at(coordinate.value);
    out.energy_ev += units::kcal_per_mol * curve.e;
    for (int a = 0; a < coordinate.count; ++a) {
      const int atom = 3 * coordinate.atoms[static_cast<std::size_t>(a)];
      const Eigen::Vector3d along = -units::kcal_per_mol * coordinate.gradient.col(a);
      out.forces.segment<3>(atom) += curve.slope * along;
      for (std::size_t n = 0; n < 4; ++n)
        if (columns[n] >= 0) out.forces_by.block<3, 1>(atom, columns[n]) += curve.slope_by[n] * along;
    }
    for (std::size_t n = 0; n < 4; ++n)
      if (columns[n] >= 0) out.energy_by[columns[n]] += units::kcal_per_mol * curve.e_by[n];
  }
}

void FrameModel::add_answer_of_charges(const ForceFieldTable& table, const std::map<std::string, int>& column,
                                       ModelAnswer& out) const {
  const double k = coulomb_constant * units::kcal_per_mol;
  Eigen::VectorXd charge(static_cast<Eigen::Index>(type_names_.size()));
  for (std::size_t t = 0; t < type_names_.size(); ++t)
    charge[static_cast<Eigen::Index>(t)] = table.find_type(type_names_[t])->charge;
  const Eigen::VectorXd potential = coulomb_.potential * charge, field = coulomb_.field * charge;
  for (int i = 0; i < atoms_; ++i) {
    const double q = charge[kind_[static_cast<std::size_t>(i)]];
    out.energy_ev += 0.5 * k * q * potential[i];
    out.forces.segment<3>(3 * i) += k * q * field.segment<3>(3 * i);
  }
  for (std::size_t t = 0; t < type_names_.size(); ++t) {
    const auto found = column.find("charges." + type_names_[t]);
    if (found == column.end()) continue;
    for (int i = 0; i < atoms_; ++i) {
      const int kind = kind_[static_cast<std::size_t>(i)];
      auto by = out.forces_by.block<3, 1>(3 * i, found->second);
      by += k * charge[kind] * coulomb_.field.block<3, 1>(3 * i, static_cast<Eigen::Index>(t));
      if (kind != static_cast<int>(t)) continue;
      by += k * field.segment<3>(3 * i);
      out.energy_by[found->second] += k * potential[i];
    }
  }
}

ModelAnswer FrameModel::answer(const ForceFieldTable& table, const std::vector<std::string>& names, Part part,
                               bool derivatives) const {
  ModelAnswer out;
  const auto numbers = static_cast<Eigen::Index>(derivatives ? names.size() : 0);
  out.forces = Eigen::VectorXd::Zero(3 * atoms_);
  out.energy_by = Eigen::VectorXd::Zero(numbers);
  out.forces_by = Eigen::MatrixXd::Zero(3 * atoms_, numbers);
  std::map<std::string, int> column;
  std::set<std::string> terms;
  for (std::size_t n = 0; n < names.size(); ++n) {
    if (derivatives) column[names[n]] = static_cast<int>(n);
    terms.insert(names[n].substr(0, names[n].rfind('.')));
  }
  const auto wanted = [&](const std::string& term) {
    return part == Part::all || terms.contains(term) == (part == Part::with_names);
  };
  for (const Group& group : groups_) {
    if (!wanted(group.name)) continue;
    group.contacts.empty() ? add_answer_of_bonded(table, group, column, out)
                           : add_answer_of_pairs(table, group, column, out);
  }
  if (wanted("charges")) add_answer_of_charges(table, column, out);
  return out;
}

std::map<std::string, double> FrameModel::along_terms(const Eigen::VectorXd& forces, double near) const {
  std::map<std::string, std::pair<double, int>> sums;
  for (const Group& group : groups_) {
    auto& [square, count] = sums[group.name];
    for (const Contact& contact : group.contacts) {
      if (contact.r > near || contact.i == contact.j) continue;
      const Eigen::Vector3d between = forces.segment<3>(3 * contact.j) - forces.segment<3>(3 * contact.i);
      square += std::pow(0.5 * between.dot(contact.unit), 2);
      ++count;
    }
    for (const Coordinate& coordinate : group.coordinates) {
      double work = 0;
      for (int a = 0; a < coordinate.count; ++a)
        work += coordinate.gradient.col(a).dot(forces.segment<3>(3 * coordinate.atoms[static_cast<std::size_t>(a)]));
      const double length = coordinate.gradient.squaredNorm();
      if (length <= 0) continue;
      square += std::pow(work / length * coordinate.gradient.colwise().norm().maxCoeff(), 2);
      ++count;
    }
  }
  std::map<std::string, double> out;
  for (const auto& [name, sum] : sums)
    if (sum.second > 0) out[name] = std::sqrt(sum.first / sum.second);
  return out;
}

}  // namespace hopflow
