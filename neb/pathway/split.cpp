// SPDX-License-Identifier: GPL-2.0-or-later
// Dividing paths at minima and joining them again.
#include "neb/pathway/split.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "neb/core/lockstep.hpp"
#include "neb/core/rigid.hpp"
#include "neb/path/interpolation.hpp"
#include "neb/relax/relax.hpp"
#include "structures/core/index.hpp"

namespace hopflow {
namespace {

constexpr double same_place = 0.15;   // A: minima nearer than this are one
constexpr double roomy_share = 0.85;  // of the shortest distance on the images beside a dip nobody has asked at

/// A minimum on the way; the images before and after it are those below `before` and above `after`.
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

}  // namespace

Procedure<Parts> split_path(Path path, std::vector<Dip> found, Mobile mobile, PathwayOptions options) {
  Parts parts;
  const int last = static_cast<int>(path.images.size()) - 1;
  RelaxOptions relaxing;
  relaxing.fmax = options.minimum_fmax;
  relaxing.stage = "relax a minimum on the way";
  std::vector<Procedure<Relaxed>> relaxations;
  for (const Dip& dip : found) {
    Configuration from = path.images[at(dip.image)];
    if (dip.beyond > 0) {
      const Eigen::VectorXd x = mobile.gather(from.positions);
      from = mobile.place(from, x + dip.beyond * (mobile.gather(path.images[at(dip.image + 1)].positions) - x));
    }
    // Where atoms turn about each other, the straight line between two images runs through a wall.
    const std::size_t before = at(dip.beyond > 0 ? dip.image : dip.image - 1);
    std::vector<Configuration> way{path.images[before], from, path.images[at(dip.image + 1)]};
    pull_apart(way, mobile, roomy_share,
               {false, dip.beyond > 0 || path.answers[at(dip.image)].forces.cols() == 0, false});
    from = std::move(way[1]);
    relaxations.push_back(relax(std::move(from), mobile.mask(), relaxing));
  }
  auto side_by_side = in_lockstep(std::move(relaxations));
  const std::vector<Relaxed> relaxed = co_await std::move(side_by_side);

  const FreeMotions free(path.images.front(), mobile);
  std::vector<Node> nodes{end_node(path, 0)};
  Node end = end_node(path, last);
  for (std::size_t d = 0; d < found.size(); ++d) {
    parts.evaluations += relaxed[d].evaluations;
    if (!relaxed[d].converged()) {
      parts.reason = "a minimum on the path: " + relaxed[d].reason;
      parts.ending = relaxed[d].ending;
    }
    const Eigen::VectorXd x = mobile.gather(relaxed[d].configuration.positions);
    const auto lies_at = [&](const Configuration& c) {
      const Eigen::VectorXd there = mobile.gather(c.positions);
      return longest(free.laid(x, there) - there) < same_place;
    };
    const auto is = [&](const Node& n) { return lies_at(n.configuration); };
    // A dip in what falls to the saddle from its sides; what lies lower is a minimum beside it, however near.
    const bool as_high =
        path.saddle && relaxed[d].evaluation.energy_ev > path.answers[at(*path.saddle)].energy_ev - options.dip_ev;
    if (as_high && lies_at(path.images[at(*path.saddle)])) continue;
    if (is(nodes.back())) {
      nodes.back().after = found[d].image;
      continue;
    }
    if (is(end)) {
      end.before = found[d].beyond > 0 ? found[d].image + 1 : found[d].image;
      break;
    }
    Node between;
    between.before = found[d].beyond > 0 ? found[d].image + 1 : found[d].image;
    between.after = found[d].image;
    between.configuration = relaxed[d].configuration;
    between.evaluation = relaxed[d].evaluation;
    parts.warnings.push_back(fmt::format(
        "the path passes through another minimum, {:+.4f} eV from the lower end of this part of it and {:+.4f} eV from "
        "the higher one: the hop is made of more than one step",
        between.evaluation.energy_ev - std::min(path.answers.front().energy_ev, path.answers.back().energy_ev),
        between.evaluation.energy_ev - std::max(path.answers.front().energy_ev, path.answers.back().energy_ev)));
    nodes.push_back(std::move(between));
  }
  nodes.push_back(std::move(end));
  parts.whole = nodes.size() == 2 && nodes.front().after == 0 && nodes.back().before == last;
  if (parts.whole) {
    if (path.saddle) parts.with_saddle = 0;
    parts.paths.push_back(std::move(path));
    co_return parts;
  }

  for (std::size_t k = 0; k + 1 < nodes.size(); ++k) {
    Path old, part;
    old.images.push_back(nodes[k].configuration);
    for (int i = nodes[k].after + 1; i < nodes[k + 1].before; ++i) {
      if (path.saddle == i) part.saddle = old.saddle = static_cast<int>(old.images.size());
      old.images.push_back(path.images[at(i)]);
    }
    old.images.push_back(nodes[k + 1].configuration);
    spread_motion(old, mobile);
    std::vector<Eigen::VectorXd> polyline;
    for (const Configuration& image : old.images) polyline.push_back(mobile.gather(image.positions));
    if (part.saddle) parts.with_saddle = k;
    const std::vector<Eigen::VectorXd> points = part.saddle
                                                    ? evenly_spaced_about(*part.saddle, polyline, options.images)
                                                    : evenly_spaced(polyline, options.images);
    for (const Eigen::VectorXd& x : points) part.images.push_back(mobile.place(nodes[k].configuration, x));
    part.answers.resize(part.images.size());
    if (part.saddle) part.answers[at(*part.saddle)] = path.answers[at(*path.saddle)];
    part.answers.front() = nodes[k].evaluation;
    part.answers.back() = nodes[k + 1].evaluation;
    parts.paths.push_back(std::move(part));
  }
  co_return parts;
}

Pathway joined(std::vector<Pathway> parts) {
  Pathway whole;
  whole.ending = Ending::converged;
  double highest = 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    Pathway& part = parts[p];
    const int offset = p == 0 ? 0 : static_cast<int>(whole.path.images.size()) - 1;
    const std::size_t skipped = p == 0 ? 0 : 1;
    const double energy = part.path.answers[at(part.top().image)].energy_ev;
    if (p == 0 || energy > highest) {
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
    if (!part.converged() && whole.converged()) {
      whole.ending = part.ending;
      whole.reason = part.reason;
      whole.where = part.where < 0 ? -1 : part.where + offset;
    }
    whole.fmax = std::max(whole.fmax, part.fmax);
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
  }
  pathway.highest = pathway.passes.size() - 1 - pathway.highest;
  return pathway;
}

}  // namespace hopflow
