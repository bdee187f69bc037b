// SPDX-License-Identifier: GPL-2.0-or-later
// Leading a path through its saddle.
#include "neb/rethread.hpp"

#include <algorithm>

#include "neb/tangent.hpp"

namespace hopflow {
namespace {

constexpr double polish_moves = 0.02;  // A: what a polish may move the saddle without the images beside it following
constexpr double higher_ev = 1e-3;

std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// Interior images moved with the saddle, the more the nearer they are to it along the path.
void carry(Path& path, const Mobile& mobile, int saddle, const Configuration& to) {
  const Eigen::VectorXd shift = mobile.gather(to.positions) - mobile.gather(path.images[at(saddle)].positions);
  std::vector<double> length{0.0};
  for (std::size_t i = 1; i < path.images.size(); ++i) {
    length.push_back(length.back() + (path.images[i].positions - path.images[i - 1].positions).norm());
  }
  const double whole = length[at(saddle)], rest = length.back() - whole;
  for (std::size_t i = 1; i + 1 < path.images.size(); ++i) {
    if (i == at(saddle)) continue;
    const double share = i < at(saddle) ? length[i] / whole : (length.back() - length[i]) / rest;
    path.images[i] = mobile.place(path.images[i], mobile.gather(path.images[i].positions) + share * shift);
    path.answers[i] = Evaluation();
  }
  path.images[at(saddle)] = to;
}

/// The images from `lo` to `hi` replaced by another path between the same minima.
void splice(Pathway& pathway, Pathway piece, int lo, int hi) {
  const int added = static_cast<int>(piece.path.images.size()) - (hi - lo + 1);
  auto& images = pathway.path.images;
  auto& answers = pathway.path.answers;
  images.erase(images.begin() + lo, images.begin() + hi + 1);
  images.insert(images.begin() + lo, piece.path.images.begin(), piece.path.images.end());
  answers.erase(answers.begin() + lo, answers.begin() + hi + 1);
  answers.insert(answers.begin() + lo, piece.path.answers.begin(), piece.path.answers.end());
  std::vector<int> minima;
  for (int m : pathway.minima) {
    if (m < lo) minima.push_back(m);
  }
  for (int m : piece.minima) minima.push_back(m + lo);
  for (int m : pathway.minima) {
    if (m > hi) minima.push_back(m + added);
  }
  pathway.minima = std::move(minima);
  pathway.highest = piece.highest + lo;
  pathway.tangent = piece.tangent;
}

int highest_interior(const Pathway& pathway) {
  int best = -1;
  for (int i = 1; i + 1 < static_cast<int>(pathway.path.images.size()); ++i) {
    if (std::find(pathway.minima.begin(), pathway.minima.end(), i) != pathway.minima.end()) continue;
    if (best < 0 || pathway.path.answers[at(i)].energy_ev > pathway.path.answers[at(best)].energy_ev) best = i;
  }
  return best;
}

}  // namespace

Procedure<Rethreaded> rethread(Pathway pathway, Certificate certificate, Mobile mobile, PathwayOptions options) {
  Rethreaded result;
  const int s = pathway.highest;
  int lo = 0, hi = static_cast<int>(pathway.path.images.size()) - 1;
  for (int m : pathway.minima) {
    if (m < s) lo = std::max(lo, m);
    if (m > s) hi = std::min(hi, m);
  }
  const double moved = longest(mobile.gather(certificate.saddle.configuration.positions) -
                               mobile.gather(pathway.path.images[at(s)].positions));
  Path piece;
  piece.images.assign(pathway.path.images.begin() + lo, pathway.path.images.begin() + hi + 1);
  piece.answers.assign(pathway.path.answers.begin() + lo, pathway.path.answers.begin() + hi + 1);
  piece.saddle = s - lo;
  if (moved > polish_moves) carry(piece, mobile, s - lo, certificate.saddle.configuration);
  piece.images[at(s - lo)] = certificate.saddle.configuration;
  piece.answers[at(s - lo)] = certificate.saddle.evaluation;
  BandOptions holding = options.band;
  holding.stage = "band through the saddle";
  holding.max_rounds = std::min(options.band.max_rounds, 300);
  auto held = converge_band(std::move(piece), mobile, holding);
  Band band = co_await std::move(held);
  result.evaluations += band.evaluations;
  bool higher = false;
  for (const Evaluation& answer : band.path.answers) {
    higher = higher || answer.energy_ev > certificate.saddle.evaluation.energy_ev + higher_ev;
  }
  std::vector<Dip> found = dips_of(band.path, options.dip_ev);
  Pathway through;
  through.minima = {0, hi - lo};
  through.highest = s - lo;
  through.tangent = certificate.saddle.mode;
  through.converged = band.converged;
  through.reason = band.reason;
  through.fmax = std::max(band.fmax, certificate.saddle.fmax);
  through.path = std::move(band.path);
  through.path.saddle.reset();
  if (!found.empty()) {
    auto splitting = split_at(std::move(through), std::move(found), mobile, options);
    Pathway split = co_await std::move(splitting);
    result.evaluations += split.evaluations;
    through = std::move(split);
    result.another = true;
  } else if (higher) {
    auto climbs = find_pathway(std::move(through.path), mobile, options);
    Pathway climbed = co_await std::move(climbs);
    result.evaluations += climbed.evaluations;
    through = std::move(climbed);
    result.another = true;
  }
  // What was said of other parts of the path stays; this part speaks for itself.
  const bool whole_path = lo == 0 && hi == static_cast<int>(pathway.path.images.size()) - 1;
  if (whole_path || !through.converged) {
    pathway.converged = through.converged;
    pathway.reason = through.reason;
  }
  pathway.fmax = whole_path ? through.fmax : std::max(pathway.fmax, through.fmax);
  pathway.handed_over = false;
  pathway.warnings.insert(pathway.warnings.end(), through.warnings.begin(), through.warnings.end());
  splice(pathway, std::move(through), lo, hi);
  const int top = highest_interior(pathway);
  if (top >= 0 && top != pathway.highest &&
      pathway.path.answers[at(top)].energy_ev > pathway.path.answers[at(pathway.highest)].energy_ev + higher_ev) {
    const auto x = [&](int i) { return mobile.gather(pathway.path.images[at(i)].positions); };
    const auto e = [&](int i) { return pathway.path.answers[at(i)].energy_ev; };
    pathway.tangent = tangent(x(top) - x(top - 1), x(top + 1) - x(top), {e(top - 1), e(top), e(top + 1)});
    pathway.highest = top;
    result.another = true;
  }
  pathway.path.saddle.reset();
  result.pathway = std::move(pathway);
  co_return result;
}

}  // namespace hopflow
