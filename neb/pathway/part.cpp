// SPDX-License-Identifier: GPL-2.0-or-later
// Step by step: band or process, certificate, path through the saddle, descents.
#include "neb/pathway/part.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "neb/core/lockstep.hpp"
#include "neb/descent/follow_down.hpp"
#include "neb/path/interpolation.hpp"
#include "neb/pathway/counted.hpp"
#include "neb/profile/path_work.hpp"
#include "neb/profile/profile.hpp"
#include "neb/surrogate/downhill.hpp"
#include "neb/surrogate/surrogate_band.hpp"
#include "structures/core/error.hpp"
#include "structures/core/index.hpp"

namespace hopflow {
namespace {

constexpr double rough_dip_ev = 0.05;
constexpr double higher_ev = 1e-3;     // above a saddle: another point of the path is the barrier
constexpr double polish_moves = 0.02;  // A: what a polish may move the saddle without its neighbours following
constexpr double same_saddle = 0.3;    // A, of the atom that is furthest off
constexpr double surely_ev = 0.05;     // what is left of the force moves the top of a band by less
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

std::string against(const Certificate& certificate, double fmax) {
  if (certificate.saddle.fmax > fmax) {
    return fmt::format("the search for the saddle ended with a largest force of {:.3g} eV/A, requested {:.3g}",
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
    const std::size_t next = end == 0 ? 1 : last - 1;
    std::vector<Eigen::VectorXd> along{mobile.gather(path.images[next].positions) -
                                       mobile.gather(path.images[end].positions)};
    searches.push_back(lowest_modes(path.images[end], path.answers[end], mobile, std::move(along), searching));
    which.push_back(end);
  }
  Ends ends;
  if (searches.empty()) co_return ends;
  auto side_by_side = in_lockstep(std::move(searches));
  const std::vector<Modes> found = co_await std::move(side_by_side);
  for (std::size_t k = 0; k < found.size(); ++k) {
    if (found[k].negative == 0 || !ends.reason.empty()) continue;
    ends.where = static_cast<int>(which[k]);
    ends.reason = fmt::format(
        "not a minimum: it has a negative mode ({:.2g} eV/A^2); displace its atoms and relax it again ('host: "
        "{{perturb: 0.05}}' in a study, 'relax: {{kick: true}}' in a case)",
        found[k].lowest.front().curvature);
  }
  co_return ends;
}

/// Puts a minimum that a side of the saddle leads to into the path, in place of the images of that side up to the
/// nearest to it. @return the image it is
int put_in(Path& path, const Mobile& mobile, const Configuration& minimum, const Evaluation& answer, int way) {
  const int last = static_cast<int>(path.images.size()) - 1, saddle = *path.saddle;
  const Eigen::VectorXd x = mobile.gather(minimum.positions);
  const auto from = [&](int i) { return (mobile.gather(path.images[at(i)].positions) - x).norm(); };
  int nearest = saddle;
  for (int i = saddle + way; i != (way < 0 ? 0 : last); i += way)
    if (from(i) < from(nearest)) nearest = i;
  // The images between the saddle and the minimum lead to it, the nearest one is replaced by it.
  if (nearest == saddle) {
    const int place = way < 0 ? saddle : saddle + 1;
    path.images.insert(path.images.begin() + place, minimum);
    path.answers.insert(path.answers.begin() + place, answer);
    if (way < 0) ++*path.saddle;
    return place;
  }
  path.images[at(nearest)] = minimum;
  path.answers[at(nearest)] = answer;
  return nearest;
}

/// How the search goes on after a step.
enum class Next { onward, again, ended };

/// The search of one part: its state, and its steps in order.
class PartSearch {
 public:
  PartSearch(Path start, Mobile mobile, PathwayOptions options, Known known)
      : path_{std::move(start)}, mobile_{std::move(mobile)}, options_{std::move(options)}, known_{std::move(known)} {
    if (!options_.certify || !options_.band.climb) options_.band.handover = 0;
    try_process_ = options_.surrogate;
  }

  Procedure<PartFound> run();

 private:
  Procedure<Next> find_saddle();
  Procedure<Next> search_on_process();
  Procedure<Next> search_by_band();
  Procedure<Next> certify_top();
  Next object(const std::string& objection);
  Next no_use(double saddle_ev);
  Next take_saddle();
  Procedure<Next> draw_path();
  Procedure<Next> go_down(const BandOptions& holding);
  Procedure<Next> hold_band(BandOptions holding, Ends ends);
  Procedure<Next> look_at_drawn();
  Procedure<Next> follow();
  void refused(const Error& refusal, const char* where);

  Path path_;
  Mobile mobile_;
  PathwayOptions options_;
  Known known_;
  Pathway pathway_;
  std::vector<Dip> found_;
  std::vector<std::string> warnings_;
  std::optional<Certificate> certificate_;
  Band band_;  ///< the latest that ended at a climbing image
  int top_ = 0;
  bool try_process_ = false, by_process_ = false, complete_ = false, followed_ = false;
  int tries_ = 0, climb_ = 0, inserted_ = 0;
  int searched_ = 0, certified_ = 0;
};

Procedure<PartFound> PartSearch::run() {
  for (Next next = Next::again; next != Next::ended;) {
    certificate_ = std::exchange(known_.saddle, std::nullopt);
    top_ = path_.saddle.value_or(0);
    make_room(path_, mobile_, squeezed_share);
    if (!certificate_) {
      auto finding = find_saddle();
      next = co_await std::move(finding);
      if (next != Next::onward) continue;
    }
    auto drawing = draw_path();
    next = co_await std::move(drawing);
  }
  pathway_.evaluations_search = searched_;
  pathway_.evaluations_certificate = certified_;
  pathway_.warnings = std::move(warnings_);
  PartFound found;
  found.pathway = std::move(pathway_);
  found.dips = std::move(found_);
  found.complete = complete_;
  found.inserted = inserted_;
  found.plain = known_.plain;
  found.learned = std::move(known_.learned);
  co_return found;
}

Procedure<Next> PartSearch::find_saddle() {
  by_process_ = std::exchange(try_process_, false);
  auto searching = by_process_ ? search_on_process() : search_by_band();
  Next next = co_await std::move(searching);
  if (next != Next::onward) co_return next;
  const double band_ev = band_.path.answers[at(band_.highest)].energy_ev;
  const Eigen::VectorXd top = mobile_.gather(band_.path.images[at(band_.highest)].positions);
  for (const KnownSaddle& known : options_.known_saddles)
    if (longest(top - known.at) < same_saddle) co_return no_use(known.energy_ev);
  if (by_process_ && band_ev > options_.no_use_above_ev + surely_ev) co_return no_use(band_ev);
  auto certifying = certify_top();
  next = co_await std::move(certifying);
  if (next != Next::onward) co_return next;
  co_return take_saddle();
}

Procedure<Next> PartSearch::search_on_process() {
  auto searching = search_with_surrogate(std::move(path_), mobile_, options_.band, std::move(known_.learned));
  SurrogateBand search = co_await std::move(searching);
  known_.learned = std::move(search.learned);
  searched_ += search.band.evaluations;
  if (!search.at_saddle) {
    path_ = std::move(search.band.path);
    co_return Next::again;
  }
  band_ = std::move(search.band);
  pathway_ = of_band(band_);
  co_return Next::onward;
}

Procedure<Next> PartSearch::search_by_band() {
  auto banding = converge_band(std::move(path_), mobile_, on_engine(options_.band));
  band_ = co_await std::move(banding);
  searched_ += band_.evaluations_climb;
  pathway_ = of_band(band_);
  if (band_.ending == Ending::collapsed) co_return Next::ended;
  const double dip_ev = band_.converged() ? options_.dip_ev : std::max(options_.dip_ev, rough_dip_ev);
  if (options_.dips) found_ = dips_of(band_.path, mobile_, dip_ev, band_.path.images.size() != known_.plain);
  const bool divided = !found_.empty() && !band_.handed_over;
  co_return !options_.certify || divided ? Next::ended : Next::onward;
}

Procedure<Next> PartSearch::certify_top() {
  top_ = band_.highest;
  auto certifying =
      certify(band_.path.images[at(top_)], band_.path.answers[at(top_)], mobile_, band_.tangent, options_.certificate);
  certificate_ = co_await std::move(certifying);
  searched_ += certificate_->evaluations_search;
  certified_ += certificate_->evaluations - certificate_->evaluations_search;
  const std::string objection = against(*certificate_, options_.band.fmax);
  if (!objection.empty()) co_return object(objection);
  if (certificate_->pushes > 0) {
    warnings_.push_back(
        fmt::format("the search passed a point with {} or more negative modes, {:.4f} eV above the saddle found, and "
                    "followed the extra mode down",
                    certificate_->first_negative, certificate_->higher_ev));
  }
  const double saddle_ev = certificate_->saddle.evaluation.energy_ev;
  co_return saddle_ev > options_.no_use_above_ev ? no_use(saddle_ev) : Next::onward;
}

/// A lower way is known: neither the rest of this one nor what it passes through is of use.
Next PartSearch::no_use(double saddle_ev) {
  found_.clear();
  pathway_ = of_band(band_);
  pathway_.path.answers[at(band_.highest)].energy_ev = saddle_ev;
  pathway_.ending = Ending::not_converged;
  pathway_.reason = "a lower path is known";
  pathway_.no_use = true;
  return Next::ended;
}

/// What becomes of a top that is no saddle of first order.
Next PartSearch::object(const std::string& objection) {
  if (!found_.empty()) return Next::ended;
  if (options_.splits > 0 && is_minimum_at(*certificate_, band_.path, top_, options_.band.fmax)) {
    // The maxima lie on either side of it, between images.
    pathway_.path.images[at(top_)] = certificate_->saddle.configuration;
    pathway_.path.answers[at(top_)] = certificate_->saddle.evaluation;
    found_.emplace_back().image = top_;
    return Next::ended;
  }
  // Too far from a saddle to go there by itself: let the band bring the image nearer.
  const bool nearer = band_.handed_over && options_.band.handover > options_.band.fmax && tries_ < tries_allowed;
  if (nearer) {
    ++tries_;
    options_.band.handover = std::max(0.25 * options_.band.handover, options_.band.fmax);
    options_.band.handover_share = 0;
    options_.band.climb_below = std::min(options_.band.climb_below, 0.2);
  }
  if (nearer || by_process_) {
    searched_ += certificate_->evaluations - certificate_->evaluations_search;
    certified_ -= certificate_->evaluations - certificate_->evaluations_search;
    path_ = std::move(band_.path);
    return Next::again;
  }
  pathway_.passes.front().certificate = std::move(certificate_);
  pathway_.ending = Ending::not_converged;
  pathway_.reason = objection;
  return Next::ended;
}

/// The certified saddle becomes an image of the path.
Next PartSearch::take_saddle() {
  path_ = std::move(band_.path);
  carry(path_, mobile_, top_, certificate_->saddle.configuration);
  path_.answers[at(top_)] = certificate_->saddle.evaluation;
  path_.saddle = top_;
  make_room(path_, mobile_, squeezed_share);
  if (found_.empty()) return Next::onward;
  if (options_.splits > 0) pathway_.path = std::move(path_);  // else it stays the band's, with all its answers
  pathway_.passes.front().certificate = std::move(certificate_);
  return Next::ended;
}

/// The images between the saddle and the ends, with the saddle held.
Procedure<Next> PartSearch::draw_path() {
  BandOptions holding = options_.band;
  holding.stage = options_.band.stage + " through the saddle";
  holding.max_rounds = std::min(options_.band.max_rounds, held_rounds);
  holding.even_enough = 3;
  holding.fmax = std::max(holding.fmax, options_.drawn_fmax);
  Ends ends;
  try {
    auto looking = ends_above(path_, certificate_->saddle.evaluation.energy_ev, mobile_);
    ends = co_await std::move(looking);
    if (!ends.reason.empty()) holding.max_rounds = 1;  // the path is only shown
    if (options_.surrogate && known_.learned && ends.reason.empty()) {
      auto going = go_down(holding);
      const Next next = co_await std::move(going);
      if (next != Next::onward) co_return next;
    }
    auto holding_band = hold_band(std::move(holding), std::move(ends));
    const Next next = co_await std::move(holding_band);
    co_return next;
  } catch (const Error& refusal) {
    if (!refusal.of_engine()) throw;
    refused(refusal, "no path through the saddle could be built");
  }
  co_return Next::ended;
}

Procedure<Next> PartSearch::go_down(const BandOptions& holding) {
  auto going_down = go_downhill(path_, mobile_, holding, options_.dip_ev, *known_.learned, *certificate_);
  Descent descent = co_await std::move(going_down);
  path_ = std::move(descent.path);
  if (descent.minima.empty() || options_.splits == 0 || !options_.dips) co_return Next::onward;
  found_ = std::move(descent.minima);
  pathway_.path = std::move(path_);
  keep_saddle(pathway_, top_, *certificate_);
  co_return Next::ended;
}

Procedure<Next> PartSearch::hold_band(BandOptions holding, Ends ends) {
  const double spread = pathway_.spread_ev, band_ev = pathway_.band_ev;
  const double saddle_ev = certificate_->saddle.evaluation.energy_ev;
  auto held = converge_band(path_, mobile_, on_engine(std::move(holding)));
  Band drawn = co_await std::move(held);
  const int calls = drawn.evaluations;
  const bool first = pathway_.passes.empty();
  pathway_ = of_band(drawn);
  pathway_.path.saddle = top_;
  pathway_.spread_ev = spread;
  pathway_.band_ev = first || band_ev == 0 ? saddle_ev : band_ev;
  pathway_.fmax = std::max(drawn.fmax, certificate_->saddle.fmax);
  pathway_.passes.front().direction = certificate_->saddle.mode;
  pathway_.passes.front().certificate = *certificate_;
  if (!ends.reason.empty()) {
    pathway_.ending = Ending::not_converged;
    pathway_.reason = ends.reason;
    pathway_.where = ends.where;
    co_return Next::ended;
  }
  if (drawn.ending == Ending::collapsed) co_return Next::ended;
  auto looking = look_at_drawn();
  const Next next = co_await std::move(looking);
  if (next == Next::again && !known_.saddle) searched_ += calls;
  co_return next;
}

/// Whether the path through the saddle shows something new: a higher point, a dip, a step too coarse.
Procedure<Next> PartSearch::look_at_drawn() {
  const Path& drawn = pathway_.path;
  const double saddle_ev = certificate_->saddle.evaluation.energy_ev;
  const bool higher = std::ranges::any_of(
      drawn.answers, [&](const Evaluation& answer) { return answer.energy_ev > saddle_ev + higher_ev; });
  auto peak = peak_above(drawn, mobile_, saddle_ev + higher_ev);
  if (!peak) peak = least_resolved(drawn, mobile_);
  if (!peak && !force_work(drawn, mobile_, top_).agrees) peak = roughest_step(drawn, mobile_);
  if (!higher && peak && inserted_ < options_.insert) {
    ++inserted_;
    path_ = std::move(pathway_.path);
    insert_image(path_, mobile_, *peak);
    known_.saddle = std::move(pathway_.passes.front().certificate);
    co_return Next::again;
  }
  complete_ = !higher;
  if (options_.dips) found_ = dips_of(drawn, mobile_, options_.dip_ev, drawn.images.size() != known_.plain);
  if (!found_.empty()) co_return Next::ended;
  if (!higher) {
    auto following = follow();
    const Next next = co_await std::move(following);
    co_return next;
  }
  if (++climb_ >= options_.climbs) {
    pathway_.ending = Ending::not_converged;
    pathway_.reason =
        "each saddle found was followed by a higher point on the path through it; give endpoints that are "
        "nearer to each other";
    co_return Next::ended;
  }
  path_ = std::move(pathway_.path);
  path_.saddle.reset();
  co_return Next::again;
}

/// Whether the saddle joins the two ends; where it leads elsewhere the path is divided there.
Procedure<Next> PartSearch::follow() {
  if (!options_.follow || !pathway_.converged()) co_return Next::ended;
  FollowOptions following;
  following.fmax = options_.minimum_fmax;
  following.dip_ev = options_.dip_ev;
  following.stage = options_.band.stage + ": follow down";
  auto descending = counted(
      follow_down(pathway_.path, mobile_, *certificate_, known_.learned ? &*known_.learned : nullptr, following));
  const Counted<Sides> followed = co_await std::move(descending);
  const Sides& sides = followed.value;
  certified_ += followed.calls;
  pathway_.passes.front().followed = true;
  pathway_.passes.front().feet = {sides.side[0].foot, sides.side[1].foot};
  if (sides.joins_ends()) co_return Next::ended;
  Pass& pass = pathway_.passes.front();
  for (const std::size_t s : {std::size_t{1}, std::size_t{0}}) {
    const Side& side = sides.side[s];
    if (!side.words.empty()) pass.open = side.words;
    const bool other_end = side.foot == (s == 0 ? Foot::end : Foot::start);
    if (side.foot != Foot::elsewhere && !other_end) continue;
    const std::size_t end = s == 0 ? pathway_.path.images.size() - 1 : 0;
    const int way = s == 0 ? -1 : 1;
    const std::size_t images = pathway_.path.images.size();
    const int image = other_end
                          ? put_in(pathway_.path, mobile_, pathway_.path.images[end], pathway_.path.answers[end], way)
                          : put_in(pathway_.path, mobile_, side.minimum, side.answer, way);
    pass.image = pathway_.where = *pathway_.path.saddle;
    for (Dip& dip : found_)
      if (dip.image >= image && pathway_.path.images.size() > images) ++dip.image;
    found_.emplace_back().image = image;
  }
  std::ranges::sort(found_, {}, &Dip::image);
  pathway_.minima.back() = static_cast<int>(pathway_.path.images.size()) - 1;
  if (!found_.empty()) complete_ = false;
  co_return Next::ended;
}

/// A saddle once found is never lost: the path to and from it stays as far as it came.
void PartSearch::refused(const Error& refusal, const char* where) {
  if (pathway_.passes.empty() || pathway_.path.images.size() != path_.images.size()) pathway_.path = path_;
  keep_saddle(pathway_, top_, *certificate_);
  pathway_.ending = Ending::not_converged;
  pathway_.reason = fmt::format("{}: {}", where, refusal.what());
}

}  // namespace

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

Procedure<PartFound> search_part(Path start, Mobile mobile, PathwayOptions options, Known known) {
  PartSearch search(std::move(start), std::move(mobile), std::move(options), std::move(known));
  auto running = search.run();
  PartFound found = co_await std::move(running);
  co_return found;
}

}  // namespace hopflow
