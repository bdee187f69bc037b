// SPDX-License-Identifier: GPL-2.0-or-later
// Pairs, their functions of distance, least squares.
#include "neb/surrogate/pair_prior.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <utility>

#include "structures/core/cell.hpp"

namespace hopflow {
namespace {

constexpr std::array powers{3, 6, 9, 12};
constexpr auto functions = static_cast<Eigen::Index>(powers.size());
constexpr double reach = 3;  // cutoff, in shortest distances of the kind
constexpr std::size_t most_pairs = 1000;
constexpr double force_floor = 0.5;                   // eV/A: answers count by relative error of forces above this
constexpr double energy_weight = 3;                   // of an energy against a force (1/A)
constexpr std::array ridges{1e-6, 1e-5, 1e-4, 1e-3};  // of normal equations scaled to ones on the diagonal
constexpr std::size_t judged_predictions = 8;         // the latest answers, each predicted by all others
constexpr std::size_t fewest = 3;
constexpr double missed_share = 0.1;  // of the squares of what there is to predict

/// (nearest / r)^p under the cutoff, and its first two derivatives by r.
struct Radial {
  std::array<double, powers.size()> value{}, slope{}, bend{};
};

Radial radial(double r, double nearest) {
  Radial out;
  const double cutoff = reach * nearest, s = r / cutoff;
  if (s >= 1) return out;
  const double u = 1 - s * s;
  const double f = u * u * u, df = -6 * s * u * u / cutoff, ddf = (24 * s * s * u - 6 * u * u) / (cutoff * cutoff);
  double g = 1;
  int power = 0;
  for (std::size_t k = 0; k < powers.size(); ++k) {
    for (; power < powers[k]; ++power) g *= nearest / r;
    const double p = powers[k], dg = -p * g / r, ddg = -(p + 1) * dg / r;
    out.value[k] = g * f;
    out.slope[k] = dg * f + g * df;
    out.bend[k] = ddg * f + 2 * dg * df + g * ddf;
  }
  return out;
}

/// Vectors from one atom to others, as they stand and at their nearest images.
struct Arms {
  Eigen::Matrix3Xd direct, shortest;
};

Arms arms_on(const Configuration& image, int i, const std::vector<int>& others) {
  Arms arms;
  arms.direct = image.positions(Eigen::all, others).colwise() - image.positions.col(i);
  arms.shortest = minimum_image(image.cell, arms.direct, image.periodic);
  return arms;
}

using Elements = std::pair<int, int>;  // ascending

/// Two atoms and how they stand to each other on a path.
struct Candidate {
  int i, j;
  Elements elements;
  double nearest = std::numeric_limits<double>::infinity(), furthest = 0;  // A
  Eigen::Vector3d shift = Eigen::Vector3d::Zero();  // from j to its image that is nearest to i where they are nearest

  double change() const { return furthest - nearest; }
};

struct Candidates {
  std::vector<Candidate> pairs;
  std::map<Elements, double> nearest;  // on the ends (A)

  void shorten(const Elements& elements, double r) {
    const auto found = nearest.try_emplace(elements, r).first;
    found->second = std::min(found->second, r);
  }
  /// The path will move: pairs that are far apart on this one are left out only where there are too many.
  bool near(const Elements& elements, double r) const { return r < reach * nearest.at(elements); }
};

/// All pairs with a mobile atom, or those near to each other where these are more than most_pairs.
Candidates candidates_on(const std::vector<Configuration>& path, const Mobile& mobile) {
  const Configuration& frame = path.front();
  const auto elements_of = [&](int i, int j) -> Elements {
    return std::minmax(frame.species[static_cast<std::size_t>(i)], frame.species[static_cast<std::size_t>(j)]);
  };
  Candidates found;
  std::vector<std::vector<int>> others;    // of each mobile atom
  std::vector<std::vector<double>> apart;  // from them on the first image
  std::size_t count = 0;
  for (const int i : mobile.atoms()) {
    const std::vector<int>& of = others.emplace_back(mobile.partners(i));
    const Eigen::Matrix3Xd arms = arms_on(frame, i, of).shortest;
    apart.emplace_back();
    for (std::size_t k = 0; k < of.size(); ++k) {
      apart.back().push_back(arms.col(static_cast<Eigen::Index>(k)).norm());
      found.shorten(elements_of(i, of[k]), apart.back().back());
    }
    count += of.size();
  }
  const bool many = count > most_pairs;
  Eigen::RowVectorXd goes = Eigen::RowVectorXd::Zero(frame.size());
  for (const Configuration& image : path) goes = goes.cwiseMax((image.positions - frame.positions).colwise().norm());
  for (std::size_t m = 0; m < others.size(); ++m) {
    const int i = mobile.atoms()[m];
    const std::size_t begin = found.pairs.size();
    std::vector<int> near;
    for (std::size_t k = 0; k < others[m].size(); ++k) {
      const int j = others[m][k];
      const Elements elements = elements_of(i, j);
      // Nearer than this they never come. Following all pairs of 400 atoms on every image takes a tenth of a second.
      const double least = apart[m][k] - goes[i] - goes[j] - 1e-6;  // A, for rounding
      if (many && !found.near(elements, least)) continue;
      near.push_back(j);
      Candidate c;
      c.i = i;
      c.j = j;
      c.elements = elements;
      found.pairs.push_back(c);
    }
    for (const Configuration& image : path) {
      const Arms arms = arms_on(image, i, near);
      for (Eigen::Index k = 0; k < arms.shortest.cols(); ++k) {
        Candidate& c = found.pairs[begin + static_cast<std::size_t>(k)];
        const double r = arms.shortest.col(k).norm();
        c.furthest = std::max(c.furthest, r);
        if (&image == &path.back()) found.shorten(c.elements, r);
        if (r >= c.nearest) continue;
        c.nearest = r;
        c.shift = arms.shortest.col(k) - arms.direct.col(k);
      }
    }
  }
  if (many) std::erase_if(found.pairs, [&](const Candidate& c) { return !found.near(c.elements, c.nearest); });
  return found;
}

}  // namespace

PairPrior::PairPrior(const std::vector<Configuration>& path, const Mobile& mobile) {
  const Configuration& frame = path.front();
  std::vector<Eigen::Index> place(frame.species.size(), -1);
  for (std::size_t m = 0; m < mobile.atoms().size(); ++m) {
    place[static_cast<std::size_t>(mobile.atoms()[m])] = static_cast<Eigen::Index>(3 * m);
  }
  auto [candidates, nearest] = candidates_on(path, mobile);
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& p, const Candidate& q) { return p.change() > q.change(); });
  if (candidates.size() > most_pairs) candidates.erase(candidates.begin() + most_pairs, candidates.end());

  for (const Candidate& c : candidates) {
    for (const int atom : {c.i, c.j}) {
      const Eigen::Index first = place[static_cast<std::size_t>(atom)];
      if (first >= 0) rows_.insert(rows_.end(), {first, first + 1, first + 2});
    }
  }
  std::sort(rows_.begin(), rows_.end());
  rows_.erase(std::unique(rows_.begin(), rows_.end()), rows_.end());
  for (const Candidate& c : candidates) {
    Pair pair;
    pair.offset = c.shift;
    const auto within = [&](int atom, double sign) {
      const Eigen::Index first = place[static_cast<std::size_t>(atom)];
      if (first >= 0)
        return static_cast<Eigen::Index>(std::lower_bound(rows_.begin(), rows_.end(), first) - rows_.begin());
      pair.offset += sign * frame.positions.col(atom);
      return Eigen::Index{-1};
    };
    pair.a = within(c.i, -1);
    pair.b = within(c.j, 1);
    const auto same = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& k) {
      return k.first == c.elements.first && k.second == c.elements.second;
    });
    pair.kind = static_cast<int>(same - kinds_.begin());
    if (same == kinds_.end()) kinds_.push_back({c.elements.first, c.elements.second, nearest.at(c.elements)});
    pairs_.push_back(pair);
  }
  const auto count = static_cast<Eigen::Index>(kinds_.size()) * functions;
  all_.normal = Eigen::MatrixXd::Zero(count, count);
  all_.right = weights_ = Eigen::VectorXd::Zero(count);
}

Eigen::Vector3d PairPrior::arm(const Pair& pair, const Eigen::VectorXd& x) const {
  Eigen::Vector3d v = pair.offset;
  if (pair.a >= 0) v -= x.segment<3>(pair.a);
  if (pair.b >= 0) v += x.segment<3>(pair.b);
  return v;
}

Eigen::MatrixXd PairPrior::features(const Eigen::VectorXd& x) const {
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(1 + x.size(), weights_.size());
  for (const Pair& pair : pairs_) {
    const Eigen::Vector3d v = arm(pair, x);
    const double r = v.norm();
    const Radial f = radial(r, kinds_[static_cast<std::size_t>(pair.kind)].nearest);
    for (Eigen::Index k = 0; k < functions; ++k) {
      const Eigen::Index column = pair.kind * functions + k;
      const Eigen::Vector3d slope = f.slope[static_cast<std::size_t>(k)] / r * v;
      out(0, column) += f.value[static_cast<std::size_t>(k)];
      if (pair.a >= 0) out.col(column).segment<3>(1 + pair.a) -= slope;
      if (pair.b >= 0) out.col(column).segment<3>(1 + pair.b) += slope;
    }
  }
  return out;
}

void PairPrior::add(const Eigen::VectorXd& x, double energy_ev, const Eigen::VectorXd& gradient) {
  if (first_x_.size() == 0) {
    first_x_ = x;
    first_energy_ = energy_ev;
    first_gradient_ = gradient;
    first_features_ = features(x);
    return;
  }
  // What is left of both sides when their first two terms about the first answer are taken off.
  const Eigen::VectorXd step = x - first_x_;
  Eigen::MatrixXd a = features(x) - first_features_;
  a.row(0) -= step.transpose() * first_features_.bottomRows(x.size());
  Eigen::VectorXd b(1 + x.size());
  b << energy_ev - first_energy_ - first_gradient_.dot(step), gradient - first_gradient_;
  const double weight = 1 / (force_floor + longest(b.tail(x.size())));
  a *= weight;
  b *= weight;
  a.row(0) *= energy_weight;
  b[0] *= energy_weight;
  Share share;
  share.normal = a.transpose() * a;
  share.right = a.transpose() * b;
  share.square = b.squaredNorm();
  all_.normal += share.normal;
  all_.right += share.right;
  shares_.push_back(std::move(share));
}

void PairPrior::solve() {
  const Eigen::VectorXd scale = (all_.normal.diagonal().array() + 1e-12).sqrt().inverse();
  const auto least_squares = [&](const Eigen::MatrixXd& normal, const Eigen::VectorXd& right, double ridge) {
    Eigen::MatrixXd scaled = scale.asDiagonal() * normal * scale.asDiagonal();
    scaled.diagonal().array() += ridge;
    return Eigen::VectorXd(scale.asDiagonal() * scaled.llt().solve(scale.asDiagonal() * right));
  };
  const std::span<const Share> latest = std::span(shares_).last(std::min(judged_predictions, shares_.size()));
  double whole = 0, least = std::numeric_limits<double>::infinity(), best = ridges.back();
  for (const Share& share : latest) whole += share.square;
  for (const double ridge : ridges) {
    double missed = 0;
    for (const Share& out : latest) {
      const Eigen::VectorXd w = least_squares(all_.normal - out.normal, all_.right - out.right, ridge);
      missed += w.dot(out.normal * w) - 2 * w.dot(out.right) + out.square;
    }
    if (missed < least) {
      least = missed;
      best = ridge;
    }
  }
  predicts_ = shares_.size() >= fewest && least < missed_share * whole;
  weights_ = least_squares(all_.normal, all_.right, best);
  constant_ = first_features_.row(0).dot(weights_);
  constant_slope_ = first_features_.bottomRows(first_x_.size()) * weights_;
}

PairPrior::Value PairPrior::at(const Eigen::VectorXd& x) const {
  Value value;
  value.energy_ev = -constant_ - constant_slope_.dot(x - first_x_);
  value.gradient = -constant_slope_;
  for (const Pair& pair : pairs_) {
    const Eigen::Vector3d v = arm(pair, x);
    const double r = v.norm();
    const Radial f = radial(r, kinds_[static_cast<std::size_t>(pair.kind)].nearest);
    double slope = 0;
    for (Eigen::Index k = 0; k < functions; ++k) {
      const double weight = weights_[pair.kind * functions + k];
      value.energy_ev += weight * f.value[static_cast<std::size_t>(k)];
      slope += weight * f.slope[static_cast<std::size_t>(k)];
    }
    if (pair.a >= 0) value.gradient.segment<3>(pair.a) -= slope / r * v;
    if (pair.b >= 0) value.gradient.segment<3>(pair.b) += slope / r * v;
  }
  return value;
}

Eigen::MatrixXd PairPrior::hessian(const Eigen::VectorXd& x) const {
  Eigen::MatrixXd h = Eigen::MatrixXd::Zero(x.size(), x.size());
  for (const Pair& pair : pairs_) {
    const Eigen::Vector3d v = arm(pair, x);
    const double r = v.norm();
    const Radial f = radial(r, kinds_[static_cast<std::size_t>(pair.kind)].nearest);
    double slope = 0, bend = 0;
    for (Eigen::Index k = 0; k < functions; ++k) {
      const double weight = weights_[pair.kind * functions + k];
      slope += weight * f.slope[static_cast<std::size_t>(k)];
      bend += weight * f.bend[static_cast<std::size_t>(k)];
    }
    const Eigen::Matrix3d block =
        (bend - slope / r) / (r * r) * v * v.transpose() + slope / r * Eigen::Matrix3d::Identity();
    if (pair.a >= 0) h.block<3, 3>(pair.a, pair.a) += block;
    if (pair.b >= 0) h.block<3, 3>(pair.b, pair.b) += block;
    if (pair.a < 0 || pair.b < 0) continue;
    h.block<3, 3>(pair.a, pair.b) -= block;
    h.block<3, 3>(pair.b, pair.a) -= block;
  }
  return h;
}

}  // namespace hopflow
