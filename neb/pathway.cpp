// SPDX-License-Identifier: GPL-2.0-or-later
// Splitting of paths at intermediate minima.
#include "neb/pathway.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "neb/lockstep.hpp"
#include "neb/relax.hpp"

namespace hopflow {
namespace {

constexpr double rough_dip_ev = 0.05;
constexpr double same_place = 0.15;  // A: minima nearer than this are one

std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// A minimum on the way and the image it was reached from.
struct Node {
  int image;
  Configuration configuration;
  Evaluation evaluation;
};

Pathway of_band(Band band) {
  Pathway pathway;
  pathway.path = std::move(band.path);
  pathway.minima = {0, static_cast<int>(pathway.path.images.size()) - 1};
  pathway.converged = band.converged;
  pathway.handed_over = band.handed_over;
  pathway.reason = std::move(band.reason);
  pathway.highest = band.highest;
  pathway.tangent = std::move(band.tangent);
  pathway.fmax = band.fmax;
  pathway.spread_ev = band.spread_ev;
  pathway.evaluations = band.evaluations;
  pathway.evaluations_climb = band.evaluations_climb;
  return pathway;
}

/// Parts end to end; the image two parts share is kept once.
Pathway joined(std::vector<Pathway> parts) {
  Pathway whole;
  whole.converged = true;
  double highest = 0;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    Pathway& part = parts[p];
    const int offset = p == 0 ? 0 : static_cast<int>(whole.path.images.size()) - 1;
    const std::size_t skipped = p == 0 ? 0 : 1;
    const double energy = part.path.answers[at(part.highest)].energy_ev;
    if (p == 0 || energy > highest) {
      highest = energy;
      whole.highest = part.highest + offset;
      whole.tangent = part.tangent;
      whole.handed_over = part.handed_over;
    }
    for (std::size_t m = skipped; m < part.minima.size(); ++m) whole.minima.push_back(part.minima[m] + offset);
    for (std::size_t i = skipped; i < part.path.images.size(); ++i) {
      whole.path.images.push_back(std::move(part.path.images[i]));
      whole.path.answers.push_back(std::move(part.path.answers[i]));
    }
    if (!part.converged && whole.converged) {
      whole.converged = false;
      whole.reason = parts.size() == 1 ? part.reason : fmt::format("part {} of the path: {}", p + 1, part.reason);
    }
    whole.fmax = std::max(whole.fmax, part.fmax);
    whole.spread_ev = std::max(whole.spread_ev, part.spread_ev);
    whole.evaluations += part.evaluations;
    whole.evaluations_climb += part.evaluations_climb;
    whole.warnings.insert(whole.warnings.end(), part.warnings.begin(), part.warnings.end());
  }
  return whole;
}

}  // namespace

std::vector<Eigen::VectorXd> evenly_spaced(const std::vector<Eigen::VectorXd>& polyline, int images) {
  std::vector<double> length{0.0};
  for (std::size_t i = 1; i < polyline.size(); ++i) {
    length.push_back(length.back() + (polyline[i] - polyline[i - 1]).norm());
  }
  std::vector<Eigen::VectorXd> points{polyline.front()};
  std::size_t k = 1;
  for (int i = 1; i <= images; ++i) {
    const double wanted = length.back() * i / (images + 1);
    while (k + 1 < polyline.size() && length[k] < wanted) ++k;
    const double piece = length[k] - length[k - 1];
    const double share = piece > 0 ? (wanted - length[k - 1]) / piece : 0;
    points.push_back(polyline[k - 1] + share * (polyline[k] - polyline[k - 1]));
  }
  points.push_back(polyline.back());
  return points;
}

Procedure<Pathway> find_pathway(Path start, Mobile mobile, PathwayOptions options) {
  auto banding = converge_band(std::move(start), mobile, options.band);
  Band band = co_await std::move(banding);
  Pathway pathway = of_band(std::move(band));
  const bool rough = pathway.handed_over && !pathway.converged;
  std::vector<Dip> found = dips_of(pathway.path, rough ? std::max(options.dip_ev, rough_dip_ev) : options.dip_ev);
  if (found.empty() || pathway.reason.starts_with("collapsed")) co_return pathway;
  auto splitting = split_at(std::move(pathway), std::move(found), mobile, options);
  Pathway split = co_await std::move(splitting);
  co_return split;
}

std::vector<Dip> dips_of(const Path& path, double least_ev) {
  std::vector<double> energies;
  for (const Evaluation& answer : path.answers) energies.push_back(answer.energy_ev);
  return dips(energies, least_ev);
}

Procedure<Pathway> split_at(Pathway pathway, std::vector<Dip> found, Mobile mobile, PathwayOptions options) {
  if (options.splits == 0) {
    pathway.converged = false;
    pathway.reason = "the path still passes through other minima after splitting it several times; give endpoints that "
                     "are nearer to each other";
    co_return pathway;
  }

  RelaxOptions relaxing;
  relaxing.fmax = options.minimum_fmax;
  relaxing.stage = "relax a minimum on the way";
  std::vector<Procedure<Relaxed>> relaxations;
  const int last = static_cast<int>(pathway.path.images.size()) - 1;
  Mask mask(at(pathway.path.images.front().size()), false);
  for (int atom : mobile.atoms()) mask[at(atom)] = true;
  for (const Dip& dip : found) relaxations.push_back(relax(pathway.path.images[at(dip.image)], mask, relaxing));
  auto side_by_side = in_lockstep(std::move(relaxations));
  std::vector<Relaxed> relaxed = co_await std::move(side_by_side);

  std::vector<Node> nodes;
  Node node;
  node.image = 0;
  node.configuration = pathway.path.images.front();
  node.evaluation = pathway.path.answers.front();
  nodes.push_back(node);
  Node end;
  end.image = last;
  end.configuration = pathway.path.images.back();
  end.evaluation = pathway.path.answers.back();
  int spent = pathway.evaluations;
  std::vector<std::string> warnings;
  std::string unrelaxed;
  for (std::size_t d = 0; d < found.size(); ++d) {
    spent += relaxed[d].evaluations;
    if (!relaxed[d].converged) unrelaxed = "a minimum on the way: " + relaxed[d].reason;
    const Eigen::VectorXd x = mobile.gather(relaxed[d].configuration.positions);
    const auto is = [&](const Node& n) { return longest(x - mobile.gather(n.configuration.positions)) < same_place; };
    if (is(nodes.back())) {
      nodes.back().image = found[d].image;
      continue;
    }
    if (is(end)) {
      end.image = found[d].image;
      break;
    }
    Node between;
    between.image = found[d].image;
    between.configuration = relaxed[d].configuration;
    between.evaluation = relaxed[d].evaluation;
    const double above = between.evaluation.energy_ev - pathway.path.answers.front().energy_ev;
    warnings.push_back(fmt::format("the path passes through another minimum, {:+.4f} eV from the initial state and {:+.4f} "
                                   "eV from the final one: the hop is made of more than one step",
                                   above, between.evaluation.energy_ev - pathway.path.answers.back().energy_ev));
    nodes.push_back(std::move(between));
  }
  nodes.push_back(std::move(end));

  PathwayOptions deeper = options;
  --deeper.splits;
  std::vector<Procedure<Pathway>> parts;
  for (std::size_t k = 0; k + 1 < nodes.size(); ++k) {
    std::vector<Eigen::VectorXd> polyline{mobile.gather(nodes[k].configuration.positions)};
    for (int i = nodes[k].image + 1; i < nodes[k + 1].image; ++i) {
      polyline.push_back(mobile.gather(pathway.path.images[at(i)].positions));
    }
    polyline.push_back(mobile.gather(nodes[k + 1].configuration.positions));
    Path part;
    for (const Eigen::VectorXd& x : evenly_spaced(polyline, options.images)) {
      part.images.push_back(mobile.place(nodes[k].configuration, x));
    }
    part.answers.resize(part.images.size());
    part.answers.front() = nodes[k].evaluation;
    part.answers.back() = nodes[k + 1].evaluation;
    // Only one saddle is polished afterwards, so the parts climb to theirs.
    if (nodes.size() > 2) deeper.band.handover = 0;
    if (nodes.size() > 2) deeper.band.stage = fmt::format("{}, part {}", options.band.stage, k + 1);
    parts.push_back(find_pathway(std::move(part), mobile, deeper));
  }
  auto both = in_lockstep(std::move(parts));
  std::vector<Pathway> done = co_await std::move(both);
  Pathway whole = joined(std::move(done));
  whole.evaluations += spent;
  whole.evaluations_climb += spent;
  whole.warnings.insert(whole.warnings.begin(), warnings.begin(), warnings.end());
  if (whole.converged && !unrelaxed.empty()) {
    whole.converged = false;
    whole.reason = unrelaxed;
  }
  co_return whole;
}

}  // namespace hopflow
