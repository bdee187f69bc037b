// SPDX-License-Identifier: GPL-2.0-or-later
// Parts of the error bar and checks.
#include "neb/barrier/uncertainty.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "neb/profile/path_work.hpp"

namespace hopflow {
namespace {

UncertaintyPart part(std::string name, std::optional<double> value, std::string note) {
  UncertaintyPart p;
  p.name = std::move(name);
  p.value_ev = value;
  p.note = std::move(note);
  return p;
}

Check check(std::string name, std::optional<bool> passed, std::string detail) {
  Check c;
  c.name = std::move(name);
  c.passed = passed;
  c.detail = std::move(detail);
  return c;
}

const Certificate* certificate_of(const Evidence& e) {
  const auto& certificate = e.pathway->top().certificate;
  return certificate ? &*certificate : nullptr;
}

constexpr double least_curvature = 0.1;  // eV/A^2

/// The lowest curvature above zero among the modes at the saddle, 0.5 where none was met; the least where the search
/// for modes ended early, so that softer ones may be there.
double softest_curvature(const Certificate& certificate) {
  if (!certificate.sure) return least_curvature;
  for (const Mode& mode : certificate.modes) {
    if (mode.curvature > flat_curvature) return std::clamp(mode.curvature, least_curvature, 2.0);
  }
  return 0.5;
}

/// Whether the neighbours of an image lie on its two sides along a direction.
bool crosses(const Path& path, const Mobile& mobile, int image, const Eigen::VectorXd& direction) {
  const auto i = static_cast<std::size_t>(image);
  const Eigen::VectorXd here = mobile.gather(path.images[i].positions);
  const double back = (mobile.gather(path.images[i - 1].positions) - here).dot(direction);
  const double ahead = (mobile.gather(path.images[i + 1].positions) - here).dot(direction);
  return back * ahead < 0;
}

/// Whether energies fall without a step up from an image to the next minimum on a side.
bool falls(const Path& path, int from, int to) {
  const int way = to > from ? 1 : -1;
  for (int i = from; i != to; i += way) {
    if (path.answers[static_cast<std::size_t>(i + way)].energy_ev >=
        path.answers[static_cast<std::size_t>(i)].energy_ev) {
      return false;
    }
  }
  return true;
}

/// Whether every saddle that matters joins the minima next to it on the path: by descents from it where they were made,
/// else by the path's own images.
Check both_directions(const Pathway& pathway, const Mobile& mobile) {
  for (std::size_t k = 0; k < pathway.passes.size(); ++k) {
    const Pass& pass = pathway.passes[k];
    if (pass.open_part) continue;
    const std::string which = pathway.passes.size() == 1 ? "the saddle" : fmt::format("saddle {}", k + 1);
    if (pass.followed) {
      if (pass.joins()) continue;
      return check(
          "both_directions", false,
          fmt::format("relaxations down both sides of {} do not reach both neighbouring minima of the path{}{}", which,
                      pass.open.empty() ? "" : ": ", pass.open));
    }
    const bool both = falls(pathway.path, pass.image, pathway.minima[k]) &&
                      falls(pathway.path, pass.image, pathway.minima[k + 1]) &&
                      crosses(pathway.path, mobile, pass.image, pass.direction);
    if (!both)
      return check("both_directions", false,
                   fmt::format("the path does not fall steadily from {} to the minima next to it", which));
  }
  const auto shown = [](const Pass& pass) { return pass.followed || pass.open_part; };
  const bool followed = std::ranges::all_of(pathway.passes, shown);
  const auto open = std::ranges::count_if(pathway.passes, &Pass::open_part);
  return check(
      "both_directions", true,
      fmt::format(
          "{}{}",
          followed ? "relaxations down both sides of every saddle reach the neighbouring minima of the path"
                   : "energies fall from the saddle to the next minimum on either side along the converged path",
          open > 0
              ? fmt::format("; not looked at: {} part(s) of the path without a certified saddle, which are no higher",
                            open)
              : ""));
}

/// Energies against the work of the forces, from the saddle to both ends.
std::string words_of(const ForceWork& work) {
  return fmt::format(
      "from the ends to the saddle the energy rises by {:.3f} and {:.3f} eV, the forces' work along the path is {:.3f} "
      "and {:.3f} eV{}",
      work.rise_ev[0], work.rise_ev[1], work.work_ev[0], work.work_ev[1],
      work.agrees ? ""
                  : ": the forces are not the gradient of the energy, or the energy changes abruptly between two "
                    "images (use more images)");
}

}  // namespace

double quadrature(const std::vector<UncertaintyPart>& parts) {
  double sum = 0;
  for (const UncertaintyPart& p : parts) {
    if (p.value_ev) sum += *p.value_ev * *p.value_ev;
  }
  return std::sqrt(sum);
}

double numerical_error(const std::vector<UncertaintyPart>& parts) {
  std::vector<UncertaintyPart> numerical;
  std::ranges::copy_if(parts, std::back_inserter(numerical), &UncertaintyPart::numerical);
  return quadrature(numerical);
}

std::vector<std::string> failed_checks(const std::vector<Check>& checks) {
  std::vector<std::string> names;
  for (const Check& check : checks)
    if (check.passed && !*check.passed) names.push_back(check.name);
  return names;
}

UncertaintyPart numerical_part(std::string name, std::optional<double> value_ev, std::string note) {
  UncertaintyPart p = part(std::move(name), value_ev, std::move(note));
  p.numerical = true;
  return p;
}

std::vector<UncertaintyPart> uncertainty_parts(const Evidence& e) {
  std::vector<UncertaintyPart> parts;
  const Certificate* certificate = certificate_of(e);
  const bool polished = certificate && certificate->saddle.fmax <= e.fmax;
  // No mode is taken to be softer than the softest one met: what L-BFGS learned alone knows the stiff ones best.
  const double softest = certificate ? softest_curvature(*certificate) : 0.5;
  // Nobody looked for the modes of an end: it may be twice as soft as the saddle.
  const auto bound = [&](const Relaxed& end) { return end.gradient_norm * end.gradient_norm / softest; };
  const double ends = std::max(bound(*e.initial), bound(*e.final));
  if (certificate && !polished) {
    parts.push_back(
        numerical_part("residual_force", std::nullopt,
                       fmt::format("the force left on the highest point ({:.2g} eV/A) is too large for an estimate",
                                   certificate->saddle.fmax)));
  } else if (certificate) {
    const double saddle =
        std::max(certificate->saddle.residual_ev,
                 certificate->saddle.gradient_norm * certificate->saddle.gradient_norm / (2 * softest));
    parts.push_back(numerical_part(
        "residual_force", std::hypot(saddle, ends),
        fmt::format("g^T H^-1 g / 2 from the residual forces at the saddle ({:.2g} eV) and at the worse endpoint "
                    "({:.2g} eV); curvatures are taken as at least {:.2g} eV/A^2, higher for bonds",
                    saddle, ends, softest)));
  } else {
    parts.push_back(numerical_part("residual_force", ends,
                                   "of the worse endpoint only: the band was not followed by a search for the saddle"));
  }
  if (polished) {
    parts.push_back(
        numerical_part("steadiness", std::nullopt,
                       fmt::format("not needed: the saddle itself was converged ({:+.2g} eV from where the band had "
                                   "stopped), not the last rounds of a band",
                                   certificate->saddle.evaluation.energy_ev - e.pathway->band_ev)));
    parts.push_back(numerical_part(
        "images", std::nullopt, "not needed: the saddle was converged separately, so the images only show the path"));
  } else {
    parts.push_back(numerical_part("steadiness", std::isfinite(e.pathway->spread_ev) ? e.pathway->spread_ev : 0.0,
                                   "spread of the barrier over the last rounds of the band"));
    parts.push_back(numerical_part("images", std::nullopt, "not computed: run again with more images"));
  }
  if (e.pathway->open_ev > 0) {
    parts.push_back(numerical_part("open_parts", e.pathway->open_ev,
                                   "parts of the path without a certified saddle may be higher than the highest one "
                                   "by this, by their images and the work of the forces between them"));
  }
  if (certificate) {
    parts.push_back(numerical_part(
        "force_noise", std::max(std::abs(certificate->mismatch_ev), certificate->jump_ev),
        fmt::format("energy against the work of the forces over {:.3g} A across the saddle{}", certificate->span,
                    certificate->jump_ev > 0
                        ? "; the energy is discontinuous there, for example where pairs cross a cutoff"
                        : "")));
  } else {
    parts.push_back(numerical_part("force_noise", std::nullopt, "not computed here: no certificate was asked for"));
  }
  parts.push_back(part("cell_size", std::nullopt, "not computed here: repeat in a larger cell"));
  return parts;
}

namespace {

/// Checks that can decide: with one of them failed, the number is not that of the barrier asked for.
constexpr std::array deciding{"one_negative_mode", "both_directions", "energy_force_consistency"};

}  // namespace

std::vector<Check> trust_list(const Evidence& e, const Mobile& mobile) {
  std::vector<Check> list;
  const Certificate* certificate = certificate_of(e);
  const Path& path = e.pathway->path;
  list.push_back(check(
      "endpoints_relaxed", e.initial->reason.empty() && e.final->reason.empty(),
      fmt::format("fmax {:.3g} and {:.3g} eV/A, requested {:.3g}", e.initial->fmax, e.final->fmax, e.endpoint_fmax)));
  if (certificate) {
    const Certificate& c = *certificate;
    std::string curvatures;
    for (const Mode& mode : c.modes)
      curvatures += fmt::format("{}{:.3f}", curvatures.empty() ? "" : ", ", mode.curvature);
    list.push_back(check("saddle_converged", c.saddle.fmax <= e.fmax,
                         fmt::format("fmax {:.2g} eV/A on the saddle", c.saddle.fmax)));
    // A search that ended early may have missed some; those it found are there.
    std::optional<bool> one;
    if (c.negative != 1)
      one = false;
    else if (c.sure)
      one = true;
    list.push_back(check(
        "one_negative_mode", one,
        fmt::format("{} below -{} eV/A^2; lowest curvatures {} eV/A^2{}{}", c.negative, flat_curvature, curvatures,
                    c.sure ? "" : "; the search ended before further negative modes could be excluded",
                    c.pushes > 0
                        ? fmt::format("; the search passed a point with at least {} negative modes, {:.4f} eV higher",
                                      c.first_negative, c.higher_ev)
                        : "")));
  } else {
    list.push_back(check("one_negative_mode", std::nullopt, "no certificate was asked for"));
  }
  list.push_back(both_directions(*e.pathway, mobile));
  list.push_back(check("no_intermediate_minimum", e.pathway->minima.size() == 2,
                       fmt::format("{} minima between the ends", e.pathway->minima.size() - 2)));
  const ForceWork work = force_work(path, mobile, e.pathway->top().image);
  if (certificate) {
    const double noise = certificate->span > 0 ? std::abs(certificate->mismatch_ev) / certificate->span : 0;
    // At a stationary point forces of the wrong size still add up to no work from one side to the other, but bend
    // otherwise.
    const bool bends = certificate->bends_alike();
    list.push_back(
        check("energy_force_consistency", noise < e.fmax && work.agrees && bends,
              fmt::format("across the saddle, energy and work of the forces differ by {:.2g} eV over {:.3g} A, and "
                          "their curvatures by {:.2g} %; {}",
                          certificate->mismatch_ev, certificate->span,
                          certificate->bend_ev != 0 ? 100 * certificate->bend_mismatch_ev / certificate->bend_ev : 0.0,
                          words_of(work))));
    list.push_back(check("force_noise", noise < 0.5 * e.fmax,
                         fmt::format("{:.2g} eV/A by energy differences, fmax {:.3g} eV/A", noise, e.fmax)));
  } else {
    list.push_back(check("energy_force_consistency", work.agrees, words_of(work)));
    list.push_back(check("force_noise", std::nullopt, "no certificate was asked for"));
  }
  for (Check& made : list) made.decides = std::ranges::count(deciding, made.name) > 0;
  return list;
}

}  // namespace hopflow
