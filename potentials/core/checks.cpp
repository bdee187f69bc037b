// SPDX-License-Identifier: GPL-2.0-or-later
// Checks on both sides of an engine; the contact search uses cells of atoms, so that it stays cheap compared with any
// engine.
#include "potentials/core/checks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/core.h>

#include "structures/core/cell.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"

namespace hopflow {

namespace {

constexpr double contact_factor = 0.6;

std::string atom_name(const Configuration& configuration, int atom) {
  return fmt::format("atom {} ({})", atom, symbol_of(configuration.species[static_cast<std::size_t>(atom)]));
}

// Atoms binned by fractional coordinate; `reach` bins each way hold every pair nearer than the cutoff.
struct Bins {
  std::array<int, 3> count{1, 1, 1};
  std::array<int, 3> reach{0, 0, 0};
  std::vector<int> first;  // per bin: where its atoms start in `atoms`
  std::vector<int> atoms;
  std::vector<std::array<int, 3>> bin_of;

  int index(int x, int y, int z) const { return (x * count[1] + y) * count[2] + z; }
};

Bins fill_bins(const Configuration& configuration, const Eigen::Matrix3d& inverse, const Eigen::Matrix3Xd& fractional,
               double cutoff) {
  Bins bins;
  const int n = configuration.size();
  // More bins than atoms cost more to walk than they save.
  const int most = std::max(1, static_cast<int>(std::cbrt(static_cast<double>(n))) + 1);
  for (int k = 0; k < 3; ++k) {
    const auto d = static_cast<std::size_t>(k);
    if (!configuration.periodic[d]) continue;
    const double height = 1.0 / inverse.row(k).norm();
    bins.count[d] = std::clamp(static_cast<int>(height / cutoff), 1, most);
    bins.reach[d] = bins.count[d] == 1 ? static_cast<int>(std::ceil(cutoff / height)) : 1;
  }
  bins.first.assign(static_cast<std::size_t>(bins.count[0] * bins.count[1] * bins.count[2]) + 1, 0);
  bins.bin_of.resize(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) {
    auto& bin = bins.bin_of[static_cast<std::size_t>(i)];
    for (int k = 0; k < 3; ++k) {
      const auto d = static_cast<std::size_t>(k);
      bin[d] = bins.count[d] == 1 ? 0 : std::min(static_cast<int>(fractional(k, i) * bins.count[d]), bins.count[d] - 1);
    }
    ++bins.first[static_cast<std::size_t>(bins.index(bin[0], bin[1], bin[2])) + 1];
  }
  for (std::size_t b = 1; b < bins.first.size(); ++b) bins.first[b] += bins.first[b - 1];
  bins.atoms.resize(static_cast<std::size_t>(n));
  std::vector<int> next(bins.first.begin(), bins.first.end() - 1);
  for (int i = 0; i < n; ++i) {
    const auto& bin = bins.bin_of[static_cast<std::size_t>(i)];
    bins.atoms[static_cast<std::size_t>(next[static_cast<std::size_t>(bins.index(bin[0], bin[1], bin[2]))]++)] = i;
  }
  return bins;
}

// One axis of bins, unrolled: bin b + d of the crystal is bin `bin` of the cell, `lattice` cells on.
struct Unrolled {
  int bin, lattice;
};

Unrolled unroll(int b, int count) {
  int lattice = 0;
  for (; b < 0; b += count) --lattice;
  for (; b >= count; b -= count) ++lattice;
  return {b, lattice};
}

}  // namespace

std::vector<double> contact_limits(const std::vector<int>& species) {
  std::vector<double> limits;
  limits.reserve(species.size());
  for (const int z : species) limits.push_back(contact_factor * covalent_radius(z));
  return limits;
}

std::vector<double> contact_limits(const Configuration& reference) {
  constexpr double short_of = 0.7;  // of the sum of covalent radii: bonds of light atoms reach 0.85
  std::vector<double> limits = contact_limits(reference.species);
  if (reference.size() < 2) return limits;
  std::vector<double> shares;
  for (int i = 0; i < reference.size(); i += std::max(1, reference.size() / 64)) {
    const Eigen::Matrix3Xd apart =
        minimum_image(reference.cell, reference.positions.colwise() - reference.positions.col(i), reference.periodic);
    double least = std::numeric_limits<double>::infinity();
    for (int j = 0; j < reference.size(); ++j) {
      if (j == i) continue;
      const double radii = (limits[static_cast<std::size_t>(i)] + limits[static_cast<std::size_t>(j)]) / contact_factor;
      least = std::min(least, apart.col(j).norm() / radii);
    }
    shares.push_back(least);
  }
  const auto middle = shares.begin() + static_cast<std::ptrdiff_t>(shares.size() / 2);
  std::nth_element(shares.begin(), middle, shares.end());
  if (*middle >= short_of) return limits;
  for (double& limit : limits) limit *= *middle;
  return limits;
}

std::optional<ClosePair> too_close(const Configuration& configuration, const std::vector<double>& limit) {
  const int n = configuration.size();
  if (n == 0) return std::nullopt;
  const double cutoff = 2 * *std::max_element(limit.begin(), limit.end());
  if (cutoff <= 0) return std::nullopt;
  const Eigen::Matrix3d inverse = configuration.cell.inverse();
  Eigen::Matrix3Xd fractional = inverse * configuration.positions;
  for (int k = 0; k < 3; ++k) {
    if (configuration.periodic[static_cast<std::size_t>(k)]) {
      fractional.row(k).array() -= fractional.row(k).array().floor();
    }
  }
  const Eigen::Matrix3Xd x = configuration.cell * fractional;
  const Bins bins = fill_bins(configuration, inverse, fractional, cutoff);

  std::optional<ClosePair> worst;
  double depth = 1;
  const auto look = [&](int i, const Eigen::Vector3d& from, int bin, bool home) {
    const double limit_i = limit[static_cast<std::size_t>(i)];
    for (int at = bins.first[static_cast<std::size_t>(bin)]; at < bins.first[static_cast<std::size_t>(bin) + 1]; ++at) {
      const int j = bins.atoms[static_cast<std::size_t>(at)];
      if (home && j <= i) continue;
      const double allowed = depth * (limit_i + limit[static_cast<std::size_t>(j)]);
      const double squared = (x.col(j) - from).squaredNorm();
      if (squared >= allowed * allowed) continue;
      worst = ClosePair{std::min(i, j), std::max(i, j), std::sqrt(squared)};
      depth *= worst->distance / allowed;
    }
  };
  // Half of the bins around an atom's own: the other half finds the same pairs from their other ends.
  for (int i = 0; i < n; ++i) {
    const auto& home = bins.bin_of[static_cast<std::size_t>(i)];
    look(i, x.col(i), bins.index(home[0], home[1], home[2]), true);
    for (int dx = 0; dx <= bins.reach[0]; ++dx) {
      const Unrolled along_x = unroll(home[0] + dx, bins.count[0]);
      const Eigen::Vector3d from_x = x.col(i) - along_x.lattice * configuration.cell.col(0);
      for (int dy = dx == 0 ? 0 : -bins.reach[1]; dy <= bins.reach[1]; ++dy) {
        const Unrolled along_y = unroll(home[1] + dy, bins.count[1]);
        const Eigen::Vector3d from_y = from_x - along_y.lattice * configuration.cell.col(1);
        for (int dz = dx == 0 && dy == 0 ? 1 : -bins.reach[2]; dz <= bins.reach[2]; ++dz) {
          const Unrolled along_z = unroll(home[2] + dz, bins.count[2]);
          look(i, from_y - along_z.lattice * configuration.cell.col(2),
               bins.index(along_x.bin, along_y.bin, along_z.bin), false);
        }
      }
    }
  }
  return worst;
}

void check_question(const Configuration& configuration, const std::vector<int>& species,
                    const std::vector<double>& limit) {
  const int n = static_cast<int>(species.size());
  if (configuration.size() != n || configuration.positions.cols() != n) {
    throw Error(Error::Kind::bad_input, fmt::format("the configuration has {} species and {} positions, but the engine "
                                                    "was set up for {} atoms; build the engine from the same structure",
                                                    configuration.size(), configuration.positions.cols(), n));
  }
  for (int i = 0; i < n; ++i) {
    const auto a = static_cast<std::size_t>(i);
    if (configuration.species[a] != species[a]) {
      throw Error(Error::Kind::bad_input,
                  fmt::format("atom {} is {}, the engine was set up with {} there; keep one order of atoms", i,
                              symbol_of(configuration.species[a]), symbol_of(species[a])));
    }
  }
  if (!configuration.cell.allFinite() || !(std::abs(configuration.cell.determinant()) > 1e-6)) {
    throw Error(Error::Kind::bad_input, "the cell is flat or not finite; an engine needs three independent vectors");
  }
  for (int i = 0; i < n; ++i) {
    if (!configuration.positions.col(i).allFinite()) {
      throw Error(Error::Kind::engine, fmt::format("{} has a coordinate that is not finite; the step before this "
                                                   "evaluation diverged",
                                                   atom_name(configuration, i)));
    }
  }
  if (const auto pair = too_close(configuration, limit)) {
    throw Error(Error::Kind::geometry,
                fmt::format("{} and {} are {:.4f} A apart, and at least {:.2f} A is required; check the input for two "
                            "atoms on one site (otherwise the geometry collapsed)",
                            atom_name(configuration, pair->i), atom_name(configuration, pair->j), pair->distance,
                            limit[static_cast<std::size_t>(pair->i)] + limit[static_cast<std::size_t>(pair->j)]));
  }
}

void check_answer(const Configuration& configuration, const Evaluation& answer, const AnswerLimits& limits) {
  if (answer.forces.cols() != configuration.size()) {
    throw Error(
        Error::Kind::engine,
        fmt::format("the engine returned {} forces for {} atoms; check which structure the engine was set up with",
                    answer.forces.cols(), configuration.size()));
  }
  if (!std::isfinite(answer.energy_ev)) {
    throw Error(Error::Kind::engine, fmt::format("the engine returned the energy {}, which is not a finite number; "
                                                 "check the engine's set-up for this geometry",
                                                 answer.energy_ev));
  }
  double lengths = 0;
  for (int i = 0; i < configuration.size(); ++i) {
    const double force = answer.forces.col(i).norm();
    if (!(force < limits.force)) {
      throw Error(Error::Kind::engine, fmt::format("the engine returned a force of {:.6g} eV/A on {}; forces below {} "
                                                   "eV/A are accepted, check the geometry and the engine's set-up",
                                                   force, atom_name(configuration, i), limits.force));
    }
    lengths += force;
  }
  const double net = answer.forces.rowwise().sum().norm();
  if (!(net < std::max(limits.net_force, 1e-9 * lengths))) {
    throw Error(Error::Kind::engine,
                fmt::format("the engine's forces sum to {:.3g} eV/A instead of 0: it has lost an atom or its pair "
                            "terms do not act on both atoms",
                            net));
  }
}

}  // namespace hopflow
