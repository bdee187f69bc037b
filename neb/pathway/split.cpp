// SPDX-License-Identifier: GPL-2.0-or-later
// Dividing paths at minima and joining them again.
#include "neb/pathway/split.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "neb/core/lockstep.hpp"
#include "neb/core/rigid.hpp"
#include "neb/path/interpolation.hpp"
#include "neb/profile/path_work.hpp"
#include "neb/profile/profile.hpp"
#include "neb/relax/relax.hpp"
#include "structures/core/index.hpp"

namespace hopflow {
namespace {

constexpr double same_place = 0.15;   // A: minima nearer than this are one; thermal motion is as large
constexpr double open_ev = 0.05;      // what a part without a saddle of its own may add to the error of a barrier
constexpr double roomy_share = 0.85;  // of the shortest distance on the images next to a dip nobody has asked at

/// A minimum on the path; the images before and after it are those below `before` and above `after`.
struct Node {
  int before = 0;
  int after = 0;
  Configuration configuration;
  Evaluation evaluation;
};

Node end_node(const Path& path, int image) {
  Node node;
  node.before = node.after = image;
  node.configuration = path.images[at(image)];
  node.evaluation = path.answers[at(image)];
  return node;
}

/// Where a dip's relaxation starts.
Configuration start_in(const Dip& dip, const Path& path, const Mobile& mobile) {
  Configuration from = path.images[at(dip.image)];
  if (dip.beyond > 0) {
    const Eigen::VectorXd x = mobile.gather(from.positions);
    from = mobile.place(from, x + dip.beyond * (mobile.gather(path.images[at(dip.image + 1)].positions) - x));
  }
  // Where atoms turn about each other, the straight line between two images runs through a wall.
  const std::size_t before = at(dip.beyond > 0 ? dip.image : dip.image - 1);
  std::vector<Configuration> around{path.images[before], from, path.images[at(dip.image + 1)]};
  pull_apart(around, mobile, roomy_share,
             {false, dip.beyond > 0 || path.answers[at(dip.image)].forces.cols() == 0, false});
  return std::move(around[1]);
}

/// The minima that divide a path, in its order, with its ends.
class Nodes {
 public:
  Nodes(const Path& path, const Mobile& mobile, double dip_ev)
      : path_{path},
        mobile_{mobile},
        dip_ev_{dip_ev},
        free_{path.images.front(), mobile},
        nodes_{end_node(path, 0)},
        end_{end_node(path, last())} {}

  /// What a dip relaxed to, in the order of the path. @return false if it was the path's end: no more are to be added
  bool add(const Dip& dip, const Relaxed& minimum, std::vector<std::string>& warnings);

  /// All of them; the path is whole if they are its two ends and no image goes.
  std::vector<Node> take() && {
    nodes_.push_back(std::move(end_));
    return std::move(nodes_);
  }

 private:
  int last() const { return static_cast<int>(path_.images.size()) - 1; }
  bool is_at(const Relaxed& minimum, const Configuration& place) const;
  std::string words_on(const Evaluation& minimum) const;

  const Path& path_;
  const Mobile& mobile_;
  double dip_ev_;
  FreeMotions free_;
  std::vector<Node> nodes_;
  Node end_;
};

bool Nodes::is_at(const Relaxed& minimum, const Configuration& place) const {
  const Eigen::VectorXd x = mobile_.gather(minimum.configuration.positions);
  const Eigen::VectorXd there = mobile_.gather(place.positions);
  return longest(free_.nearest_to(x, there) - there) < same_place;
}

bool Nodes::add(const Dip& dip, const Relaxed& minimum, std::vector<std::string>& warnings) {
  // A dip in what falls to the saddle from its sides; what lies lower is a minimum next to it, however near.
  const bool as_high =
      path_.saddle && minimum.evaluation.energy_ev > path_.answers[at(*path_.saddle)].energy_ev - dip_ev_;
  if (as_high && is_at(minimum, path_.images[at(*path_.saddle)])) return true;
  const int beyond = dip.beyond > 0 ? dip.image + 1 : dip.image;
  if (is_at(minimum, nodes_.back().configuration)) {
    nodes_.back().after = dip.image;
    return true;
  }
  if (is_at(minimum, end_.configuration)) {
    end_.before = beyond;
    return false;
  }
  Node between;
  between.before = beyond;
  between.after = dip.image;
  between.configuration = minimum.configuration;
  between.evaluation = minimum.evaluation;
  warnings.push_back(words_on(minimum.evaluation));
  nodes_.push_back(std::move(between));
  return true;
}

std::string Nodes::words_on(const Evaluation& minimum) const {
  const double start_ev = path_.answers.front().energy_ev, end_ev = path_.answers.back().energy_ev;
  return fmt::format(
      "the path passes through another minimum, {:+.4f} eV from the lower end of this part of it and {:+.4f} eV from "
      "the higher one: the hop is made of more than one step",
      minimum.energy_ev - std::min(start_ev, end_ev), minimum.energy_ev - std::max(start_ev, end_ev));
}

/// The part of a path between two minima, its images spread evenly; the path's saddle stays an image of it.
Path part_between(const Node& from, const Node& to, const Path& path, const Mobile& mobile, int images) {
  Path old, part;
  old.images.push_back(from.configuration);
  for (int i = from.after + 1; i < to.before; ++i) {
    if (path.saddle == i) part.saddle = old.saddle = static_cast<int>(old.images.size());
    old.images.push_back(path.images[at(i)]);
  }
  old.images.push_back(to.configuration);
  spread_motion(old, mobile);
  std::vector<Eigen::VectorXd> polyline;
  for (const Configuration& image : old.images) polyline.push_back(mobile.gather(image.positions));
  const std::vector<Eigen::VectorXd> points =
      part.saddle ? evenly_spaced_about(*part.saddle, polyline, images) : evenly_spaced(polyline, images);
  for (const Eigen::VectorXd& x : points) part.images.push_back(mobile.place(from.configuration, x));
  part.answers.resize(part.images.size());
  if (part.saddle) part.answers[at(*part.saddle)] = path.answers[at(*path.saddle)];
  part.answers.front() = from.evaluation;
  part.answers.back() = to.evaluation;
  return part;
}

}  // namespace

Procedure<Parts> split_path(Path path, std::vector<Dip> found, Mobile mobile, PathwayOptions options) {
  Parts parts;
  RelaxOptions relaxing;
  relaxing.fmax = options.minimum_fmax;
  relaxing.stage = "relax a minimum on the path";
  std::vector<Procedure<Relaxed>> relaxations;
  for (const Dip& dip : found) relaxations.push_back(relax(start_in(dip, path, mobile), mobile.mask(), relaxing));
  auto side_by_side = in_lockstep(std::move(relaxations));
  const std::vector<Relaxed> relaxed = co_await std::move(side_by_side);

  Nodes dividing(path, mobile, options.dip_ev);
  bool more = true;
  for (std::size_t d = 0; d < found.size() && more; ++d) {
    parts.evaluations += relaxed[d].evaluations;
    if (!relaxed[d].converged()) {
      parts.reason = "a minimum on the path: " + relaxed[d].reason;
      parts.ending = relaxed[d].ending;
    }
    more = dividing.add(found[d], relaxed[d], parts.warnings);
  }
  const std::vector<Node> nodes = std::move(dividing).take();
  const int last = static_cast<int>(path.images.size()) - 1;
  parts.whole = nodes.size() == 2 && nodes.front().after == 0 && nodes.back().before == last;
  if (parts.whole) {
    if (path.saddle) parts.with_saddle = 0;
    parts.paths.push_back(std::move(path));
    co_return parts;
  }
  for (std::size_t k = 0; k + 1 < nodes.size(); ++k) {
    parts.paths.push_back(part_between(nodes[k], nodes[k + 1], path, mobile, options.images));
    if (parts.paths.back().saddle) parts.with_saddle = k;
  }
  co_return parts;
}

namespace {

/// The highest energy of an image, and by how much energies and the work of the forces differ on a step: what lies
/// between the images may be higher by that. None where an image has no answer.
std::optional<double> bound_of(const Path& path, const Mobile& mobile) {
  double highest = path.answers.front().energy_ev;
  for (const Evaluation& answer : path.answers) {
    if (answer.forces.cols() == 0) return std::nullopt;
    highest = std::max(highest, answer.energy_ev);
  }
  const std::vector<double> work = work_along(path, mobile).spline;
  double open = 0;
  for (std::size_t i = 1; i < work.size(); ++i) {
    const double rise = path.answers[i].energy_ev - path.answers[i - 1].energy_ev;
    open = std::max(open, std::abs(rise - (work[i] - work[i - 1])));
  }
  return highest + open;
}

/// How much higher than the highest certified saddle a part that did not converge may reach; none if that is much, or
/// not known.
std::optional<double> reach_above(const Pathway& part, double top_ev, const Mobile& mobile) {
  if (part.ending == Ending::collapsed || part.no_use) return std::nullopt;
  const std::optional<double> bound = bound_of(part.path, mobile);
  if (!bound || *bound > top_ev + open_ev || peak_above(part.path, mobile, top_ev + open_ev)) return std::nullopt;
  return *bound - top_ev;
}

}  // namespace

Pathway joined(std::vector<Pathway> parts, const Mobile& mobile) {
  Pathway whole;
  whole.ending = Ending::converged;
  const auto top_of = [](const Pathway& part) { return part.path.answers[at(part.top().image)].energy_ev; };
  double certified = -std::numeric_limits<double>::infinity();
  for (const Pathway& part : parts)
    if (part.converged()) certified = std::max(certified, top_of(part));
  std::vector<std::optional<double>> above;
  for (const Pathway& part : parts)
    above.push_back(part.converged() ? std::nullopt : reach_above(part, certified, mobile));
  bool first = true;
  double highest = 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    Pathway& part = parts[p];
    const int offset = p == 0 ? 0 : static_cast<int>(whole.path.images.size()) - 1;
    const std::size_t skipped = p == 0 ? 0 : 1;
    const double energy = top_of(part);
    if (above[p]) {
      whole.warnings.push_back(
          fmt::format("part {} of the path has no certified saddle ({}); by its images and the work of their forces it "
                      "reaches at most {:.3f} eV {} the highest one",
                      whole.passes.size() + 1, part.reason, std::abs(*above[p]), *above[p] > 0 ? "above" : "below"));
      for (Pass& pass : part.passes) pass.open_part = true;
    }
    if (part.converged() || above[p])
      whole.open_ev = std::max(whole.open_ev, above[p] ? *above[p] : energy + part.open_ev - certified);
    if (!above[p] && (first || energy > highest)) {
      first = false;
      highest = energy;
      whole.highest = whole.passes.size() + part.highest;
      whole.band_ev = part.band_ev;
    }
    for (std::size_t m = skipped; m < part.minima.size(); ++m) whole.minima.push_back(part.minima[m] + offset);
    for (Pass& pass : part.passes) {
      pass.image += offset;
      whole.passes.push_back(std::move(pass));
    }
    for (std::size_t i = skipped; i < part.path.images.size(); ++i) {
      whole.path.images.push_back(std::move(part.path.images[i]));
      whole.path.answers.push_back(std::move(part.path.answers[i]));
    }
    if (!part.converged() && !above[p] && whole.converged()) {
      whole.ending = part.ending;
      whole.reason = part.reason;
      whole.where = part.where < 0 ? -1 : part.where + offset;
    }
    if (p == 0)
      whole.learned = std::move(part.learned);
    else if (whole.learned && part.learned)
      whole.learned->learn_from(*part.learned);
    whole.no_use = whole.no_use || part.no_use;
    if (!above[p]) whole.fmax = std::max(whole.fmax, part.fmax);
    whole.spread_ev = std::max(whole.spread_ev, part.spread_ev);
    whole.evaluations += part.evaluations;
    whole.evaluations_search += part.evaluations_search;
    whole.evaluations_certificate += part.evaluations_certificate;
    whole.warnings.insert(whole.warnings.end(), part.warnings.begin(), part.warnings.end());
  }
  return whole;
}

Pathway reversed(Pathway pathway) {
  const int last = static_cast<int>(pathway.path.images.size()) - 1;
  std::ranges::reverse(pathway.path.images);
  std::ranges::reverse(pathway.path.answers);
  std::ranges::reverse(pathway.minima);
  std::ranges::reverse(pathway.passes);
  if (pathway.path.saddle) pathway.path.saddle = last - *pathway.path.saddle;
  if (pathway.where >= 0) pathway.where = last - pathway.where;
  for (int& image : pathway.minima) image = last - image;
  for (Pass& pass : pathway.passes) {
    pass.image = last - pass.image;
    pass.direction = -pass.direction;
    std::ranges::reverse(pass.feet);
    for (Foot& foot : pass.feet)
      if (foot == Foot::start || foot == Foot::end) foot = foot == Foot::start ? Foot::end : Foot::start;
  }
  pathway.highest = pathway.passes.size() - 1 - pathway.highest;
  return pathway;
}

}  // namespace hopflow
