// SPDX-License-Identifier: GPL-2.0-or-later
#include "potentials/fitting/coordinates.hpp"

#include <algorithm>
#include <cmath>

#include "structures/core/cell.hpp"

namespace hopflow {

namespace {

Eigen::Vector3d step(const Configuration& c, int from, int to) {
  const Eigen::Matrix3Xd between = c.positions.col(to) - c.positions.col(from);
  return minimum_image(c.cell, between, c.periodic);
}

}  // namespace

Coordinate distance_of(const Configuration& c, std::array<int, 2> atoms) {
  Coordinate out{.atoms = {atoms[0], atoms[1], -1, -1}, .count = 2};
  const Eigen::Vector3d d = step(c, atoms[0], atoms[1]);
  out.value = d.norm();
  out.gradient.col(1) = d / out.value;
  out.gradient.col(0) = -out.gradient.col(1);
  return out;
}

Coordinate angle_of(const Configuration& c, std::array<int, 3> atoms) {
  Coordinate out{.atoms = {atoms[0], atoms[1], atoms[2], -1}, .count = 3};
  const Eigen::Vector3d a = step(c, atoms[1], atoms[0]), b = step(c, atoms[1], atoms[2]);
  const double la = a.norm(), lb = b.norm();
  const double cosine = std::clamp(a.dot(b) / (la * lb), -1.0, 1.0);
  const double sine = std::sqrt(1 - cosine * cosine);
  out.value = std::acos(cosine);
  if (sine < 1e-8) return out;
  out.gradient.col(0) = (cosine * a / la - b / lb) / (la * sine);
  out.gradient.col(2) = (cosine * b / lb - a / la) / (lb * sine);
  out.gradient.col(1) = -out.gradient.col(0) - out.gradient.col(2);
  return out;
}

Coordinate torsion_of(const Configuration& c, std::array<int, 4> atoms) {
  Coordinate out{.atoms = atoms, .count = 4};
  const Eigen::Vector3d f = step(c, atoms[1], atoms[0]), g = step(c, atoms[2], atoms[1]),
                        h = step(c, atoms[2], atoms[3]);
  const Eigen::Vector3d a = f.cross(g), b = h.cross(g);
  const double aa = a.squaredNorm(), bb = b.squaredNorm(), length = g.norm();
  out.value = std::atan2(b.cross(a).dot(g) / length, a.dot(b));
  if (aa < 1e-12 || bb < 1e-12) return out;
  const Eigen::Vector3d first = -length / aa * a, last = length / bb * b;
  const Eigen::Vector3d shared = f.dot(g) / (aa * length) * a - h.dot(g) / (bb * length) * b;
  out.gradient.col(0) = first;
  out.gradient.col(1) = -first + shared;
  out.gradient.col(2) = -last - shared;
  out.gradient.col(3) = last;
  return out;
}

}  // namespace hopflow
