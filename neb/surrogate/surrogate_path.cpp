// SPDX-License-Identifier: GPL-2.0-or-later
// The band in the surrogate's own coordinates.
#include "neb/surrogate/surrogate_path.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "neb/path/interpolation.hpp"
#include "structures/core/index.hpp"

namespace hopflow {
namespace {

constexpr double sure_trusted = 2 * Surrogate::trusted;
constexpr int pieces = 4;                // of a step of the path, looked at for a maximum between images
constexpr double higher_between = 0.01;  // eV
constexpr int sure_insertions = 4;       // images added where the path rises between two of them

/// The highest point between images of a path in the surrogate's own coordinates, if it stands above all images.
struct Top {
  int after = 0;     ///< the image before it
  double share = 0;  ///< of the step to the next
  Eigen::VectorXd point;
};

std::optional<Top> top_between(int highest, const std::vector<Eigen::VectorXd>& points, const Surrogate& surrogate) {
  const int last = static_cast<int>(points.size()) - 1;
  double energy = surrogate.predict_inside(points[at(highest)]).energy_ev + higher_between;
  std::optional<Top> top;
  for (int i = 0; i < last; ++i) {
    for (int k = 1; k < pieces; ++k) {
      const double share = k / double(pieces);
      Eigen::VectorXd between = points[at(i)] + share * (points[at(i + 1)] - points[at(i)]);
      const double here = surrogate.predict_inside(between).energy_ev;
      if (here <= energy) continue;
      energy = here;
      top = Top{i, share, std::move(between)};
    }
  }
  return top;
}

}  // namespace

Moved move_on(const Surrogate& surrogate, const std::vector<Configuration>& path, const Mobile& mobile,
              const BandOptions& options, bool sure) {
  const double allowed = sure ? sure_trusted : Surrogate::trusted;
  // The band moves in the few coordinates of the surrogate's own space, written as atoms.
  std::vector<Eigen::VectorXd> points;
  for (const Configuration& image : path) points.push_back(surrogate.inside(mobile.gather(image.positions)));
  const Eigen::Index dimension = points.front().size(), atoms = (dimension + 2) / 3;
  const Mobile all({}, static_cast<int>(atoms));
  const auto pack = [&](const Eigen::VectorXd& vector) {
    Eigen::Matrix3Xd columns = Eigen::Matrix3Xd::Zero(3, atoms);
    columns.reshaped().head(dimension) = vector;
    return columns;
  };
  const auto unpack = [&](const Configuration& c) { return Eigen::VectorXd(c.positions.reshaped().head(dimension)); };
  const auto answer = [&](const Eigen::VectorXd& point) {
    const Surrogate::Value value = surrogate.predict_inside(point);
    Evaluation e;
    e.energy_ev = value.energy_ev;
    e.forces = -pack(value.gradient);
    return e;
  };
  Configuration frame;
  frame.cell = path.front().cell;
  frame.species.assign(static_cast<std::size_t>(atoms), 1);
  Moved moved;
  const auto farthest_away = [&] {  // in length scales
    double farthest = 0;
    for (std::size_t i = 1; i + 1 < points.size(); ++i) {
      const double away = surrogate.nearest_inside(points[i]) / surrogate.length_scale();
      if (away > farthest) {
        farthest = away;
        moved.farthest = static_cast<int>(i);
      }
    }
    return farthest;
  };
  const auto relax_band = [&] {
    Path start;
    for (const Eigen::VectorXd& point : points) {
      frame.positions = pack(point);
      start.images.push_back(frame);
    }
    start.answers.resize(points.size());
    start.answers.front() = answer(points.front());
    start.answers.back() = answer(points.back());
    Procedure<Band> band = converge_band(std::move(start), all, options);
    while (!band.done()) {
      const auto& asked = band.ask();
      for (std::size_t i = 0; i < asked.size(); ++i) points[i + 1] = unpack(asked[i]);
      std::vector<Evaluation> answers;
      for (const Configuration& image : asked) answers.push_back(answer(unpack(image)));
      if (farthest_away() > allowed) {
        const auto highest =
            std::max_element(answers.begin(), answers.end(),
                             [](const Evaluation& p, const Evaluation& q) { return p.energy_ev < q.energy_ev; });
        moved.highest = static_cast<int>(highest - answers.begin()) + 1;
        moved.left = true;
        return;
      }
      band.tell(std::move(answers));
    }
    Band done = band.take();
    moved.highest = done.highest;
    moved.left = done.ending == Ending::collapsed;
    for (std::size_t i = 0; i < points.size() && !moved.left; ++i) points[i] = unpack(done.path.images[i]);
  };
  relax_band();
  for (int inserted = 0; !moved.left; ++inserted) {
    const std::optional<Top> top = top_between(moved.highest, points, surrogate);
    if (!top) break;
    if (sure && inserted < sure_insertions) {
      const std::vector<Eigen::VectorXd> before = points;
      const Moved as_it_was = moved;
      points.insert(points.begin() + top->after + 1, top->point);
      relax_band();
      if (!moved.left) continue;
      points = before;
      moved = as_it_was;
    }
    moved.highest = std::clamp(top->share < 0.5 ? top->after : top->after + 1, 1, static_cast<int>(points.size()) - 2);
    points[at(moved.highest)] = top->point;
    break;
  }
  if (points.size() > path.size())
    points = evenly_spaced_about(moved.highest, points, static_cast<int>(path.size()) - 2);
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool end = i == 0 || i + 1 == path.size();
    moved.images.push_back(end ? path[i] : mobile.place(path[i], surrogate.outside(points[i])));
  }
  return moved;
}

}  // namespace hopflow
