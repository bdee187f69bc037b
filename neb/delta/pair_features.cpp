// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/delta/pair_features.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "structures/chemistry/molecules.hpp"

namespace hopflow {
namespace {

constexpr double cutoff = 6.0;    // A
constexpr double nearer = 0.8;    // of the nearest distance in the frame: the first Gaussian
constexpr double broadest = 0.6;  // A, spacing of Gaussians
constexpr double finest = 0.3;    // of the nearest distance: models in reduced units have small distances
constexpr double longest_bond = 2.2, longest_neighbours = 3.2;  // A: images further away are no bond

struct Shape {
  double value, slope;
};

Shape gaussian(double r, double nearest, double spacing, int k) {
  const double z = (r - nearer * nearest - k * spacing) / spacing;
  const double bell = std::exp(-z * z / 2);
  const double s = r / cutoff, smooth = (1 - s * s) * (1 - s * s);
  const double smooth_slope = -4 * s * (1 - s * s) / cutoff;
  return {bell * smooth, bell * (smooth_slope - smooth * z / spacing)};
}

Shape line(double r, double length) { return {r - length, 1}; }

}  // namespace

PairFeatures::PairFeatures(const Configuration& frame, const Mobile& mobile) : frame_{frame}, mobile_{mobile} {
  row_of_.assign(static_cast<std::size_t>(frame.size()), -1);
  for (int i = 0; i < mobile.count(); ++i)
    row_of_[static_cast<std::size_t>(mobile.atoms()[static_cast<std::size_t>(i)])] = 3 * i;
  std::map<int, std::vector<int>> neighbours;
  for (const Bond& bond : find_bonds(frame)) {
    related_[std::pair{std::min(bond.i, bond.j), std::max(bond.i, bond.j)}] = 1;
    neighbours[bond.i].push_back(bond.j);
    neighbours[bond.j].push_back(bond.i);
  }
  for (const auto& [atom, around] : neighbours)
    for (const int a : around)
      for (const int b : around)
        if (a < b) related_.emplace(std::pair{a, b}, 2);
  std::array<int, 3> reach{0, 0, 0};
  const Eigen::Matrix3d inverse = frame.cell.inverse();
  for (int k = 0; k < 3; ++k)
    if (frame.periodic[static_cast<std::size_t>(k)])
      reach[static_cast<std::size_t>(k)] = static_cast<int>(std::ceil(cutoff * inverse.row(k).norm()));
  for (int a = -reach[0]; a <= reach[0]; ++a)
    for (int b = -reach[1]; b <= reach[1]; ++b)
      for (int c = -reach[2]; c <= reach[2]; ++c) images_.push_back(frame.cell * Eigen::Vector3d(a, b, c));
  // Lengths of bonds of a kind are their mean in the frame.
  std::map<std::tuple<int, int, int>, Kind> kinds;
  std::map<std::tuple<int, int, int>, int> counts;
  const auto x = mobile_.gather(frame.positions);
  const auto element = [&](int atom) { return frame_.species[static_cast<std::size_t>(atom)]; };
  for_each_pair(x, [&](int i, int j, int relation, double r, const Eigen::Vector3d&) {
    const auto [low, high] = std::minmax({element(i), element(j)});
    const std::tuple key{low, high, relation};
    Kind& kind = kinds[key];
    kind.nearest = counts[key]++ == 0 ? r : std::min(kind.nearest, r);
    kind.length += r;
  });
  for (auto& [key, kind] : kinds) {
    kind.bonded = std::get<2>(key) != 0;
    kind.length /= counts[key];
    kind.spacing = std::min(broadest, finest * kind.nearest);
    kind.functions = kind.bonded ? 1 : 1 + static_cast<int>((cutoff - nearer * kind.nearest) / kind.spacing);
    kind.first = count_;
    count_ += kind.functions;
    kind_of_[key] = kinds_.size();
    kinds_.push_back(kind);
  }
}

template <class Visit>
void PairFeatures::for_each_pair(const Eigen::VectorXd& x, Visit&& visit) const {
  const Configuration here = mobile_.place(frame_, x);
  const Eigen::Matrix3d inverse = frame_.cell.inverse();
  for (int i = 0; i < here.size(); ++i)
    for (int j = i + 1; j < here.size(); ++j) {  // an atom and its image keep their distance
      if (row_of_[static_cast<std::size_t>(i)] < 0 && row_of_[static_cast<std::size_t>(j)] < 0) continue;
      const auto found = related_.find({i, j});
      Eigen::Vector3d apart = here.positions.col(j) - here.positions.col(i);
      Eigen::Vector3d turns = inverse * apart;
      for (int k = 0; k < 3; ++k) turns[k] = here.periodic[static_cast<std::size_t>(k)] ? std::round(turns[k]) : 0;
      apart -= here.cell * turns;
      for (const Eigen::Vector3d& image : images_) {
        const Eigen::Vector3d arm = apart + image;
        const double r2 = arm.squaredNorm();
        if (r2 >= cutoff * cutoff) continue;
        const double r = std::sqrt(r2);
        int relation = found == related_.end() ? 0 : found->second;
        if (relation == 1 && r > longest_bond) relation = 0;
        if (relation == 2 && r > longest_neighbours) relation = 0;
        visit(i, j, relation, r, Eigen::Vector3d(arm / r));
      }
    }
}

template <class Visit>
void PairFeatures::for_each_known_pair(const Eigen::VectorXd& x, Visit&& visit) const {
  for_each_pair(x, [&](int i, int j, int relation, double r, const Eigen::Vector3d& along) {
    const auto [low, high] =
        std::minmax({frame_.species[static_cast<std::size_t>(i)], frame_.species[static_cast<std::size_t>(j)]});
    const auto kind = kind_of_.find({low, high, relation});
    if (kind != kind_of_.end()) visit(i, j, kinds_[kind->second], r, along);
  });
}

PairFeatures::Values PairFeatures::at(const Eigen::VectorXd& x) const {
  Values out{Eigen::VectorXd::Zero(count_), Eigen::MatrixXd::Zero(x.size(), count_)};
  for_each_known_pair(x, [&](int i, int j, const Kind& of, double r, const Eigen::Vector3d& along) {
    for (int k = 0; k < of.functions; ++k) {
      const Shape shape = of.bonded ? line(r, of.length) : gaussian(r, of.nearest, of.spacing, k);
      out.energy[of.first + k] += shape.value;
      for (const auto& [atom, sign] : {std::pair{i, -1.0}, std::pair{j, 1.0}})
        if (const int row = row_of_[static_cast<std::size_t>(atom)]; row >= 0)
          out.gradient.block<3, 1>(row, of.first + k) += sign * shape.slope * along;
    }
  });
  return out;
}

PairFeatures::Sum PairFeatures::weighted(const Eigen::VectorXd& x, const Eigen::VectorXd& weights) const {
  Sum out{0, Eigen::VectorXd::Zero(x.size())};
  for_each_known_pair(x, [&](int i, int j, const Kind& of, double r, const Eigen::Vector3d& along) {
    double slope = 0;
    for (int k = 0; k < of.functions; ++k) {
      const Shape shape = of.bonded ? line(r, of.length) : gaussian(r, of.nearest, of.spacing, k);
      out.energy += weights[of.first + k] * shape.value;
      slope += weights[of.first + k] * shape.slope;
    }
    for (const auto& [atom, sign] : {std::pair{i, -1.0}, std::pair{j, 1.0}})
      if (const int row = row_of_[static_cast<std::size_t>(atom)]; row >= 0)
        out.gradient.segment<3>(row) += sign * slope * along;
  });
  return out;
}

}  // namespace hopflow
