// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/profile/profile.hpp"

#include <algorithm>

#include "structures/core/index.hpp"

namespace hopflow {
namespace {

constexpr double hidden_dip_ev = 0.02;                          // a cubic between two images is no finer than this
constexpr double unresolved_ev = 0.05, unresolved_share = 0.1;  // eV; of the rise: less missed is no finding

Cubic cubic_after(int i, const Path& path, const Mobile& mobile) {
  const Evaluation &here = path.answers[at(i)], &next = path.answers[at(i + 1)];
  const Eigen::VectorXd step =
      mobile.gather(path.images[at(i + 1)].positions) - mobile.gather(path.images[at(i)].positions);
  return Cubic(here.energy_ev, next.energy_ev, mobile.gradient(here).dot(step), mobile.gradient(next).dot(step));
}

}  // namespace

std::vector<Dip> dips_of(const Path& path, const Mobile& mobile, double least_ev, bool between) {
  std::vector<double> energies;
  for (const Evaluation& answer : path.answers) energies.push_back(answer.energy_ev);
  std::vector<Dip> found = dips(energies, least_ev);
  const int last = static_cast<int>(path.images.size()) - 1;
  for (int i = 0; between && i < last; ++i) {
    Dip dip;
    dip.image = i;
    dip.depth_ev = std::max(4 * least_ev, hidden_dip_ev);
    const Cubic cubic = cubic_after(i, path, mobile);
    auto where = cubic.dip(dip.depth_ev);
    if (path.saddle && !where) {
      // The ground falls from a saddle to both sides: a neighbour as high as it, on the next saddle, lies beyond a
      // minimum.
      const int neighbour = path.saddle == i ? i + 1 : path.saddle == i + 1 ? i : 0;
      const bool as_high =
          neighbour > 0 && neighbour < last && energies[at(neighbour)] > energies[at(*path.saddle)] - same_ev;
      where = as_high ? 0.5 : cubic.level(hidden_dip_ev);
    }
    const bool next_to_known =
        std::any_of(found.begin(), found.end(), [&](const Dip& d) { return d.image == i || d.image == i + 1; });
    if (!where || next_to_known) continue;
    dip.beyond = *where;
    found.push_back(dip);
  }
  std::sort(found.begin(), found.end(), [](const Dip& p, const Dip& q) { return p.image < q.image; });
  return found;
}

std::optional<Between> peak_above(const Path& path, const Mobile& mobile, double energy_ev) {
  std::optional<Between> highest;
  for (int i = 0; i + 1 < static_cast<int>(path.images.size()); ++i) {
    const Cubic cubic = cubic_after(i, path, mobile);
    const auto where = cubic.peak(hidden_dip_ev);
    if (!where || cubic.at(*where) <= energy_ev) continue;
    energy_ev = cubic.at(*where);
    highest.emplace();
    highest->image = i;
    highest->beyond = *where;
  }
  return highest;
}

std::optional<Between> least_resolved(const Path& path, const Mobile& mobile) {
  const auto higher = [](const Evaluation& p, const Evaluation& q) { return p.energy_ev < q.energy_ev; };
  const double top = std::max_element(path.answers.begin(), path.answers.end(), higher)->energy_ev;
  const double rise = top - std::min(path.answers.front().energy_ev, path.answers.back().energy_ev);
  const Between worst = roughest_step(path, mobile);
  const double missed = std::abs(cubic_after(worst.image, path, mobile).off_trapezoid());
  if (missed <= std::max(unresolved_ev, unresolved_share * rise)) return std::nullopt;
  return worst;
}

Between roughest_step(const Path& path, const Mobile& mobile) {
  Between where;
  where.beyond = 0.5;
  double worst = 0;
  for (int i = 0; i + 1 < static_cast<int>(path.images.size()); ++i) {
    const double missed = std::abs(cubic_after(i, path, mobile).off_trapezoid());
    if (missed <= worst) continue;
    worst = missed;
    where.image = i;
  }
  return where;
}

void insert_image(Path& path, const Mobile& mobile, const Between& where) {
  const Eigen::VectorXd x = mobile.gather(path.images[at(where.image)].positions);
  const Eigen::VectorXd next = mobile.gather(path.images[at(where.image + 1)].positions);
  Configuration image = mobile.place(path.images[at(where.image)], x + where.beyond * (next - x));
  path.images.insert(path.images.begin() + where.image + 1, std::move(image));
  path.answers.insert(path.answers.begin() + where.image + 1, Evaluation());
  if (path.saddle && *path.saddle > where.image) ++*path.saddle;
}

}  // namespace hopflow
