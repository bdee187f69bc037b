// SPDX-License-Identifier: GPL-2.0-or-later
// Band, certificate, path through the saddle, and again where that shows something new.
#include "neb/pathway/pathway.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "neb/core/lockstep.hpp"
#include "neb/path/interpolation.hpp"
#include "neb/pathway/split.hpp"
#include "neb/profile/profile.hpp"
#include "neb/surrogate/downhill.hpp"
#include "neb/surrogate/surrogate_band.hpp"
#include "structures/core/index.hpp"

namespace hopflow {
namespace {

constexpr double rough_dip_ev = 0.05;
constexpr double higher_ev = 1e-3;     // above a saddle: another point of the path is the barrier
constexpr double polish_moves = 0.02;  // A: what a polish may move the saddle without its neighbours following
constexpr int held_rounds = 300;
constexpr int tries_allowed = 3;

/// Whether images beyond the step sizes of a search rest, and a structure without fixed atoms stays where it is.
BandOptions on_engine(BandOptions options) {
  options.dynamic = true;
  options.drift_free = true;
  return options;
}

/// Whether a search for a saddle came to rest in a minimum of the path, nearer to its highest image than to any other.
bool is_minimum_at(const Certificate& certificate, const Path& path, int image, double fmax) {
  if (certificate.negative > 0 || certificate.saddle.fmax > fmax) return false;
  const auto from = [&](int i) {
    return (certificate.saddle.configuration.positions - path.images[at(i)].positions).norm();
  };
  return from(image) < std::min(from(image - 1), from(image + 1));
}

/// Interior images moved with the saddle, the more the nearer they are to it along the path.
void carry(Path& path, const Mobile& mobile, int saddle, const Configuration& to) {
  const Eigen::VectorXd shift = mobile.gather(to.positions) - mobile.gather(path.images[at(saddle)].positions);
  if (longest(shift) > polish_moves) {
    std::vector<double> length{0.0};
    for (std::size_t i = 1; i < path.images.size(); ++i) {
      length.push_back(length.back() + (path.images[i].positions - path.images[i - 1].positions).norm());
    }
    const double before = length[at(saddle)], after = length.back() - before;
    for (std::size_t i = 1; i + 1 < path.images.size(); ++i) {
      if (i == at(saddle)) continue;
      const double share = i < at(saddle) ? length[i] / before : (length.back() - length[i]) / after;
      path.images[i] = mobile.place(path.images[i], mobile.gather(path.images[i].positions) + share * shift);
      path.answers[i] = Evaluation();
    }
  }
  path.images[at(saddle)] = to;
}

/// One band as a pathway of one part.
Pathway of_band(const Band& band) {
  Pathway pathway;
  pathway.path = band.path;
  pathway.path.saddle.reset();
  pathway.minima = {0, static_cast<int>(band.path.images.size()) - 1};
  Pass pass;
  pass.image = band.highest;
  pass.direction = band.tangent;
  pathway.passes.push_back(std::move(pass));
  pathway.ending = band.ending;
  pathway.reason = band.reason;
  pathway.where = band.highest;
  pathway.fmax = band.fmax;
  pathway.spread_ev = band.spread_ev;
  pathway.band_ev = band.path.answers[at(band.highest)].energy_ev;
  return pathway;
}

/// A path whose saddle is known though its other images have not converged.
void keep_saddle(Pathway& pathway, int image, Certificate certificate) {
  pathway.path.saddle = pathway.where = image;
  pathway.passes.resize(1);
  Pass& pass = pathway.passes.front();
  pass.image = image;
  pass.direction = certificate.saddle.mode;
  pathway.fmax = std::max(pathway.fmax, certificate.saddle.fmax);
  pass.certificate = std::move(certificate);
}

/// Images nobody was asked about are taken out of a path of one part.
void drop_unanswered(Pathway& pathway) {
  Path& path = pathway.path;
  Pass& pass = pathway.passes.front();
  for (int i = static_cast<int>(path.images.size()) - 2; i > 0; --i) {
    if (path.answers[at(i)].forces.cols() > 0 || i == pass.image) continue;
    path.images.erase(path.images.begin() + i);
    path.answers.erase(path.answers.begin() + i);
    for (int* image : {&pass.image, &pathway.where})
      if (*image > i) --*image;
  }
  if (path.saddle) path.saddle = pass.image;
  pathway.minima = {0, static_cast<int>(path.images.size()) - 1};
}

/// What was found before a path was divided, where its parts lead to no end: it is worth more than nothing.
Pathway undivided(Pathway pathway, const Parts& parts, std::string reason) {
  drop_unanswered(pathway);
  pathway.evaluations += parts.evaluations;
  pathway.ending = Ending::not_converged;
  pathway.reason = std::move(reason);
  return pathway;
}

std::string against(const Certificate& certificate, double fmax) {
  if (certificate.saddle.fmax > fmax) {
    return fmt::format("the search for the saddle ended with a force of {:.3g} eV/A, wanted {:.3g}",
                       certificate.saddle.fmax, fmax);
  }
  if (certificate.negative != 1) {
    return fmt::format("the highest point has {} negative modes: not a saddle of first order", certificate.negative);
  }
  return "";
}

/// Whether the ends that lie above a saddle of their path are minima themselves.
struct Ends {
  std::string reason;  ///< why one is not, "" if both are
  int where = -1;      ///< which image that is
  int evaluations = 0;
};
Procedure<Ends> ends_above(Path path, double saddle_ev, Mobile mobile) {
  ModesOptions searching;
  searching.enough = 1;
  searching.stage = "modes of an end";
  const std::size_t last = path.images.size() - 1;
  std::vector<Procedure<Modes>> searches;
  std::vector<std::size_t> which;
  for (const std::size_t end : {std::size_t{0}, last}) {
    if (path.answers[end].energy_ev < saddle_ev) continue;
    const std::size_t beside = end == 0 ? 1 : last - 1;
    std::vector<Eigen::VectorXd> along{mobile.gather(path.images[beside].positions) -
                                       mobile.gather(path.images[end].positions)};
    searches.push_back(lowest_modes(path.images[end], path.answers[end], mobile, std::move(along), searching));
    which.push_back(end);
  }
  Ends ends;
  if (searches.empty()) co_return ends;
  auto side_by_side = in_lockstep(std::move(searches));
  const std::vector<Modes> found = co_await std::move(side_by_side);
  for (std::size_t k = 0; k < found.size(); ++k) {
    ends.evaluations += found[k].evaluations;
    if (found[k].negative == 0 || !ends.reason.empty()) continue;
    ends.where = static_cast<int>(which[k]);
    ends.reason = fmt::format(
        "not a minimum: it has a mode of {:.2g} eV/A^2, along which it falls to both sides; move its atoms a "
        "little out of their places and relax it",
        found[k].lowest.front().curvature);
  }
  co_return ends;
}

}  // namespace

Procedure<Pathway> find_pathway(Path start, Mobile mobile, PathwayOptions options, Known known) {
  int tries = 0;
  int spent = 0, searched = 0, certified = 0;
  std::vector<std::string> warnings;
  Path path = std::move(start);
  Pathway pathway;
  std::vector<Dip> found;
  if (!options.certify || !options.band.climb) options.band.handover = 0;

  bool surrogate = options.surrogate;
  int climb = 0, inserted = 0;
  bool complete = false;  // no more to do, should the dips turn out to be none
  while (true) {
    std::optional<Certificate> certificate = std::move(known.saddle);
    known.saddle.reset();
    int top = path.saddle.value_or(0);
    make_room(path, mobile, squeezed_share);
    if (!certificate) {
      Band band;
      const bool sought = std::exchange(surrogate, false);
      if (sought) {
        auto searching = search_with_surrogate(std::move(path), mobile, options.band, std::move(known.learned));
        SurrogateBand search = co_await std::move(searching);
        known.learned = std::move(search.learned);
        spent += search.band.evaluations;
        searched += search.band.evaluations;
        if (!search.at_saddle) {
          path = std::move(search.band.path);
          continue;
        }
        band = std::move(search.band);
        pathway = of_band(band);
      } else {
        auto banding = converge_band(std::move(path), mobile, on_engine(options.band));
        band = co_await std::move(banding);
        spent += band.evaluations;
        searched += band.evaluations_climb;
        pathway = of_band(band);
        if (band.ending == Ending::collapsed) break;
        const bool rough = !band.converged();
        found = dips_of(band.path, mobile, rough ? std::max(options.dip_ev, rough_dip_ev) : options.dip_ev,
                        band.path.images.size() != known.plain);
        if (!options.certify || (!found.empty() && !band.handed_over)) break;
      }

      top = band.highest;
      auto certifying =
          certify(band.path.images[at(top)], band.path.answers[at(top)], mobile, band.tangent, options.certificate);
      certificate = co_await std::move(certifying);
      spent += certificate->evaluations;
      searched += certificate->evaluations_search;
      certified += certificate->evaluations - certificate->evaluations_search;
      const std::string objection = against(*certificate, options.band.fmax);
      if (!objection.empty()) {
        if (!found.empty()) break;
        if (options.splits > 0 && is_minimum_at(*certificate, band.path, top, options.band.fmax)) {
          // The maxima lie on either side of it, between images.
          pathway.path.images[at(top)] = certificate->saddle.configuration;
          pathway.path.answers[at(top)] = certificate->saddle.evaluation;
          found.emplace_back().image = top;
          break;
        }
        // Too far from a saddle to go there by itself: let the band bring the image nearer.
        const bool nearer = band.handed_over && options.band.handover > options.band.fmax && tries < tries_allowed;
        if (nearer) {
          ++tries;
          options.band.handover = std::max(0.25 * options.band.handover, options.band.fmax);
          options.band.handover_share = 0;
          options.band.climb_below = std::min(options.band.climb_below, 0.2);
        }
        if (nearer || sought) {
          searched += certificate->evaluations - certificate->evaluations_search;
          certified -= certificate->evaluations - certificate->evaluations_search;
          path = std::move(band.path);
          continue;
        }
        pathway.passes.front().certificate = std::move(certificate);
        pathway.ending = Ending::not_converged;
        pathway.reason = objection;
        break;
      }
      if (certificate->pushes > 0) {
        warnings.push_back(
            fmt::format("a point with {} or more negative modes, {:.4f} eV above the saddle found, was left along "
                        "the extra one",
                        certificate->first_negative, certificate->higher_ev));
      }
      path = std::move(band.path);
      carry(path, mobile, top, certificate->saddle.configuration);
      path.answers[at(top)] = certificate->saddle.evaluation;
      path.saddle = top;
      make_room(path, mobile, squeezed_share);
      if (!found.empty()) {
        if (options.splits > 0) pathway.path = std::move(path);  // else it stays the band's, with all its answers
        pathway.passes.front().certificate = std::move(certificate);
        break;
      }
    }

    BandOptions holding = options.band;
    holding.stage = options.band.stage + " through the saddle";
    holding.max_rounds = std::min(options.band.max_rounds, held_rounds);
    holding.even_enough = 3;
    const double spread = pathway.spread_ev, band_ev = pathway.band_ev;
    const double saddle_ev = certificate->saddle.evaluation.energy_ev;
    auto looking = ends_above(path, saddle_ev, mobile);
    const Ends ends = co_await std::move(looking);
    spent += ends.evaluations;
    if (!ends.reason.empty()) holding.max_rounds = 1;  // the path is only shown
    if (options.surrogate && known.learned && ends.reason.empty()) {
      auto going_down = go_downhill(std::move(path), mobile, holding, options.dip_ev, *known.learned, *certificate);
      Descent descent = co_await std::move(going_down);
      spent += descent.evaluations;
      path = std::move(descent.path);
      if (!descent.minima.empty() && options.splits > 0) {
        found = std::move(descent.minima);
        pathway.path = std::move(path);
        keep_saddle(pathway, top, std::move(*certificate));
        break;
      }
    }
    auto held = converge_band(path, mobile, on_engine(holding));
    Band settled;
    try {
      settled = co_await std::move(held);
    } catch (const Error& refusal) {
      if (refusal.kind() != Error::Kind::geometry) throw;
      // The saddle and the ends are worth more than nothing.
      pathway.path = std::move(path);
      keep_saddle(pathway, top, std::move(*certificate));
      pathway.ending = Ending::not_converged;
      pathway.reason =
          fmt::format("the path through the saddle runs into a place where no engine is asked: {}", refusal.what());
      break;
    }
    spent += settled.evaluations;
    pathway = of_band(settled);
    pathway.path.saddle = top;
    pathway.spread_ev = spread;
    pathway.band_ev = pathway.passes.empty() || band_ev == 0 ? saddle_ev : band_ev;
    pathway.fmax = std::max(settled.fmax, certificate->saddle.fmax);
    pathway.passes.front().direction = certificate->saddle.mode;
    pathway.passes.front().certificate = std::move(certificate);
    if (!ends.reason.empty()) {
      pathway.ending = Ending::not_converged;
      pathway.reason = ends.reason;
      pathway.where = ends.where;
      break;
    }
    if (settled.ending == Ending::collapsed) break;
    bool higher = false;
    for (const Evaluation& answer : settled.path.answers) higher = higher || answer.energy_ev > saddle_ev + higher_ev;
    auto peak = peak_above(settled.path, mobile, saddle_ev + higher_ev);
    if (!peak) peak = least_resolved(settled.path, mobile);
    if (!higher && peak && inserted < options.insert) {
      ++inserted;
      path = std::move(pathway.path);
      insert_image(path, mobile, *peak);
      known.saddle = std::move(pathway.passes.front().certificate);
      continue;
    }
    complete = !higher;
    found = dips_of(settled.path, mobile, options.dip_ev, settled.path.images.size() != known.plain);
    if (!found.empty()) break;
    if (!higher) break;
    if (++climb >= options.climbs) {
      pathway.ending = Ending::not_converged;
      pathway.reason =
          "each saddle found was followed by a higher point on the path through it; give endpoints that are "
          "nearer to each other";
      break;
    }
    searched += settled.evaluations;
    path = std::move(settled.path);
    path.saddle.reset();
  }

  pathway.evaluations = spent;
  pathway.evaluations_search = searched;
  pathway.evaluations_certificate = certified;
  pathway.warnings = std::move(warnings);
  if (found.empty() || pathway.ending == Ending::collapsed) {
    drop_unanswered(pathway);
    co_return pathway;
  }
  if (known.learned) {
    for (std::size_t i = 0; i < pathway.path.images.size(); ++i) {
      const Evaluation& answer = pathway.path.answers[i];
      if (answer.forces.cols() == 0) continue;
      known.learned->add(mobile.gather(pathway.path.images[i].positions), answer.energy_ev, mobile.gradient(answer));
    }
  }
  std::optional<Certificate> kept;
  if (pathway.path.saddle) kept = pathway.passes.front().certificate;
  auto splitting = split_path(pathway.path, std::move(found), mobile, options);
  Parts parts;
  try {
    parts = co_await std::move(splitting);
  } catch (const Error& refusal) {
    if (refusal.kind() != Error::Kind::geometry) throw;
    co_return undivided(std::move(pathway), parts,
                        fmt::format("a minimum on the way could not be looked for: {}", refusal.what()));
  }
  if (parts.whole && complete) {
    pathway.evaluations += parts.evaluations;
    co_return pathway;
  }
  const bool divided = parts.paths.size() > 1;
  if ((divided ? options.splits : options.trims) == 0) {
    co_return undivided(std::move(pathway), parts,
                        fmt::format("the path still {} several times; give endpoints that are nearer to each other",
                                    divided ? "passes through other minima after splitting it"
                                            : "comes back to one of its ends or to its saddle after laying it anew"));
  }
  PathwayOptions deeper = options;
  deeper.insert = options.insert - inserted;
  --(divided ? deeper.splits : deeper.trims);
  std::vector<Procedure<Pathway>> ways;
  for (std::size_t k = 0; k < parts.paths.size(); ++k) {
    if (parts.paths.size() > 1) deeper.band.stage = fmt::format("{}, part {}", options.band.stage, k + 1);
    Known of_part;
    of_part.learned = known.learned;
    if (parts.whole) of_part.plain = parts.paths[k].images.size();
    const bool again = parts.whole && of_part.plain == known.plain;  // with its saddle held it would stay as it is
    if (parts.with_saddle == k && !again) of_part.saddle = kept;
    if (again) parts.paths[k].saddle.reset();
    ways.push_back(find_pathway(std::move(parts.paths[k]), mobile, deeper, std::move(of_part)));
  }
  auto side_by_side = in_lockstep(std::move(ways));
  std::vector<Pathway> done;
  try {
    done = co_await std::move(side_by_side);
  } catch (const Error& refusal) {
    if (refusal.kind() != Error::Kind::geometry) throw;
    pathway.warnings.insert(pathway.warnings.end(), parts.warnings.begin(), parts.warnings.end());
    co_return undivided(std::move(pathway), parts,
                        fmt::format("a part of it could not be followed: {}", refusal.what()));
  }
  Pathway whole = joined(std::move(done));
  // A saddle found before the split that is still the highest was found then; otherwise all that was spent was search.
  const double top_ev = whole.path.answers[at(whole.top().image)].energy_ev;
  const bool found_before = parts.with_saddle && kept->saddle.evaluation.energy_ev > top_ev - same_ev;
  whole.evaluations_search = found_before ? searched : whole.evaluations_search + spent - certified + parts.evaluations;
  whole.evaluations += spent + parts.evaluations;
  whole.evaluations_certificate += certified;
  whole.warnings.insert(whole.warnings.begin(), parts.warnings.begin(), parts.warnings.end());
  whole.warnings.insert(whole.warnings.begin(), pathway.warnings.begin(), pathway.warnings.end());
  if (whole.converged() && !parts.reason.empty()) {
    whole.ending = parts.ending;
    whole.reason = parts.reason;
    whole.where = -1;
  }
  co_return whole;
}

}  // namespace hopflow
