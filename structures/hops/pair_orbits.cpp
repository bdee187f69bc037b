// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/hops/pair_orbits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>
#include <set>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/graph/neighbors.hpp"

namespace hopflow {

namespace {

/// Matches images of the listed atoms to the atoms themselves.
class Matcher {
 public:
  Matcher(const Crystal& crystal, const std::vector<int>& atoms, double symprec)
      : crystal_{crystal},
        atoms_{atoms},
        x_{crystal.fractional(Eigen::all, atoms)},
        // An operation found within symprec may miss by a few times that after averaging over its generators.
        limit_{std::max(4 * symprec, 0.02)},
        cells_{crystal.cell, x_, limit_} {}

  /// The map, or why there is none. Unless `wide`, no two atoms of the home cell may go onto images of one atom.
  std::optional<AtomMap> match(const Eigen::Matrix3d& rotation, const Eigen::Vector3d& translation, bool wide,
                               std::string& why) const {
    AtomMap map{rotation, {}, {}};
    std::vector<bool> taken(atoms_.size(), false);
    std::vector<Neighbor> near;
    for (Eigen::Index a = 0; a < x_.cols(); ++a) {
      near.clear();
      cells_.find(rotation * x_.col(a) + translation, 0, near);
      const auto best = std::min_element(near.begin(), near.end(),
                                         [](const Neighbor& p, const Neighbor& q) { return p.distance < q.distance; });
      if (best == near.end() || (!wide && taken[static_cast<std::size_t>(best->j)])) {
        const auto atom = static_cast<std::size_t>(atoms_[static_cast<std::size_t>(a)]);
        why = fmt::format("{} goes {}", text::printable(crystal_.labels[atom]),
                          best == near.end() ? fmt::format("onto no atom within {} A", limit_)
                                             : std::string{"onto an atom already taken"});
        return std::nullopt;
      }
      taken[static_cast<std::size_t>(best->j)] = true;
      map.target.push_back(best->j);
      map.shift.push_back(best->image);
    }
    return map;
  }

 private:
  const Crystal& crystal_;
  const std::vector<int>& atoms_;
  Eigen::Matrix3Xd x_;
  double limit_;
  LinkedCells cells_;
};

/// Where an operation takes the image `cells` of a listed atom.
SitePair image_of(const AtomMaps& maps, const AtomMap& map, int atom, const Eigen::Vector3i& cells) {
  const auto a = static_cast<std::size_t>(atom);
  const Eigen::Vector3d carried = map.rotation * cells.cast<double>();
  const Eigen::Vector3d whole = carried.array().round();
  if ((carried - whole).cwiseAbs().maxCoeff() < 1e-6) return {atom, map.target[a], map.shift[a] + whole.cast<int>()};
  // The vector is a translation of the primitive cell: the one among them that leaves the least.
  std::size_t best = 0;
  double least = 3;
  for (std::size_t k = 0; k < maps.by.size(); ++k) {
    const Eigen::Vector3d rest = carried - maps.by[k];
    const double off = (rest - rest.array().round().matrix()).squaredNorm();
    if (off < least) {
      least = off;
      best = k;
    }
  }
  const AtomMap& translation = maps.all[maps.translations[best]];
  const auto b = static_cast<std::size_t>(map.target[a]);
  const Eigen::Vector3i rest = (carried - maps.by[best]).array().round().matrix().cast<int>();
  return {atom, translation.target[b], translation.shift[b] + map.shift[a] + rest};
}

/// A translation as whole parts of the cell: so many of them, as a group has, divide it.
std::array<long, 3> parts_of(const Eigen::Vector3d& by, std::size_t parts) {
  std::array<long, 3> out{};
  const auto n = static_cast<long>(parts);
  for (std::size_t k = 0; k < 3; ++k)
    out[k] = ((std::lround(by(static_cast<Eigen::Index>(k)) * static_cast<double>(n)) % n) + n) % n;
  return out;
}

/// Some of the translations whose sums are all of them; places in `maps.translations`.
std::vector<std::size_t> generators_of(const AtomMaps& maps) {
  const std::size_t n = maps.by.size();
  const auto plus = [&](const std::array<long, 3>& a, const std::array<long, 3>& b) {
    std::array<long, 3> out{};
    for (std::size_t k = 0; k < 3; ++k) out[k] = (a[k] + b[k]) % static_cast<long>(n);
    return out;
  };
  std::vector<std::size_t> out;
  std::set<std::array<long, 3>> made{{0, 0, 0}};
  for (std::size_t k = 0; k < n; ++k) {
    const std::array<long, 3> step = parts_of(maps.by[k], n);
    if (made.contains(step)) continue;
    out.push_back(k);
    const std::set<std::array<long, 3>> before = made;
    for (std::array<long, 3> sum = step; !before.contains(sum); sum = plus(sum, step))
      for (const std::array<long, 3>& old : before) made.insert(plus(old, sum));
  }
  return out;
}

/// Of a crystal given in a cell of very many primitive ones: the translations, and one operation of each rotation, of
/// which the others are products with translations. @return whether that holds; `maps` is as it was if not
bool map_factored(const Crystal& crystal, const Symmetry& symmetry, const Matcher& matcher, AtomMaps& maps) {
  constexpr double same = 0.01;  // A
  AtomMaps out;
  out.factored = true;
  std::string why;
  const auto add = [&](const Operation& operation) {
    auto map = matcher.match(operation.rotation.cast<double>(), operation.translation, false, why);
    if (map) out.all.push_back(std::move(*map));
    return map.has_value();
  };
  std::vector<const Operation*> leads;
  std::set<std::array<long, 3>> steps;
  for (const Operation& operation : symmetry.operations)
    if (operation.rotation == Eigen::Matrix3i::Identity()) {
      out.translations.push_back(out.all.size());
      out.by.push_back(operation.translation);
      if (!add(operation)) return false;
    }
  const std::size_t n = out.by.size();
  for (const Eigen::Vector3d& by : out.by) steps.insert(parts_of(by, n));
  for (const Operation& operation : symmetry.operations) {
    if (operation.rotation == Eigen::Matrix3i::Identity()) continue;
    const auto lead = std::find_if(leads.begin(), leads.end(),
                                   [&](const Operation* other) { return other->rotation == operation.rotation; });
    if (lead == leads.end()) {
      leads.push_back(&operation);
      if (!add(operation)) return false;
      continue;
    }
    const Eigen::Vector3d step = operation.translation - (*lead)->translation;
    const Eigen::Vector3d off =
        step * static_cast<double>(n) - (step * static_cast<double>(n)).array().round().matrix();
    if (!steps.contains(parts_of(step, n)) || (crystal.cell * off).norm() > same * static_cast<double>(n)) return false;
  }
  for (const std::size_t k : generators_of(out)) out.generators.push_back(out.translations[k]);
  for (std::size_t k = n; k < out.all.size(); ++k) out.generators.push_back(k);
  maps = std::move(out);
  return true;
}

}  // namespace

AtomMaps map_atoms(const Crystal& crystal, const Symmetry& symmetry, const std::vector<int>& atoms) {
  const Matcher matcher{crystal, atoms, symmetry.symprec};
  AtomMaps maps;
  std::string why;
  constexpr std::size_t many = 400;  // operations
  const bool factored = symmetry.operations.size() > many && map_factored(crystal, symmetry, matcher, maps);
  for (const Operation& operation : symmetry.operations) {
    if (factored) break;
    auto map = matcher.match(operation.rotation.cast<double>(), operation.translation, false, why);
    if (!map)
      throw Error{
          Error::Kind::bad_input,
          fmt::format("{}: an operation of {} found at a tolerance of {} A does not permute the atoms ({}); take a "
                      "smaller tolerance",
                      text::printable(crystal.name), symmetry.symbol, symmetry.symprec, why)};
    if (operation.rotation == Eigen::Matrix3i::Identity()) {
      maps.translations.push_back(maps.all.size());
      maps.by.push_back(operation.translation);
    }
    maps.all.push_back(std::move(*map));
  }
  for (std::size_t k = 0; k < maps.all.size() && !factored; ++k) maps.generators.push_back(k);
  std::vector<AtomMap> beyond;
  for (const WideOperation& operation : symmetry.beyond) {
    auto map = matcher.match(operation.rotation, operation.translation, true, why);
    if (!map) return maps;
    beyond.push_back(std::move(*map));
  }
  for (std::size_t k = 0; k < beyond.size(); ++k) maps.generators.push_back(maps.all.size() + k);
  maps.all.insert(maps.all.end(), std::make_move_iterator(beyond.begin()), std::make_move_iterator(beyond.end()));
  return maps;
}

SitePair image_of(const SitePair& pair, const AtomMaps& maps, const AtomMap& map) {
  const auto from = static_cast<std::size_t>(pair.from);
  const SitePair end = image_of(maps, map, pair.to, pair.image);
  return {map.target[from], end.to, end.image - map.shift[from]};
}

bool carries(const SitePair& pair, const SitePair& target, const AtomMaps& maps, const AtomMap& map) {
  const auto is_target = [&](const SitePair& p) {
    return p.from == target.from && p.to == target.to && p.image == target.image;
  };
  const SitePair image = image_of(pair, maps, map);
  if (is_target(image)) return true;
  return maps.factored && std::any_of(maps.translations.begin(), maps.translations.end(), [&](std::size_t k) {
           return maps.all[k].target[static_cast<std::size_t>(image.from)] == target.from &&
                  is_target(image_of(image, maps, maps.all[k]));
         });
}

std::vector<SitePair> orbit_of(const SitePair& pair, const AtomMaps& maps) {
  const auto key = [](const SitePair& p) { return std::array{p.from, p.to, p.image(0), p.image(1), p.image(2)}; };
  std::vector<SitePair> orbit{pair};
  std::set<std::array<int, 5>> seen{key(pair)};
  // Operations found at a loose tolerance need not close as a group, but each permutes the atoms: going on until
  // nothing new appears gives classes that never overlap.
  for (std::size_t next = 0; next < orbit.size(); ++next)
    for (const std::size_t k : maps.generators) {
      const SitePair image = image_of(orbit[next], maps, maps.all[k]);
      if (seen.insert(key(image)).second) orbit.push_back(image);
    }
  return orbit;
}

}  // namespace hopflow
