// SPDX-License-Identifier: GPL-2.0-or-later
// Scouts on the process, then whole searches where one promises a lower pass.
#include "neb/alternatives/second_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>

#include "neb/path/interpolation.hpp"
#include "neb/pathway/counted.hpp"
#include "neb/pathway/part.hpp"
#include "neb/surrogate/surrogate_path.hpp"
#include "structures/core/error.hpp"
#include "structures/core/index.hpp"

namespace hopflow {
namespace {

constexpr double lower_ev = 2e-3;      // a pass must promise to be this much lower to be followed
constexpr double same_ev = 5e-4;       // one saddle, found twice
constexpr double alike = 0.25;         // A: first paths nearer to each other than this everywhere are one
constexpr double bow = 0.5;            // A, of the atom that moves most
constexpr double known_well = 0.2;     // length scales: a top further from any answer is asked about
constexpr double asked_before = 1e-3;  // A
constexpr double step_share = 0.1;     // of the length scale: steps of the band on the process
constexpr int rounds_on_process = 120;
constexpr int least_questions = 5;       // about one first path
constexpr double question_share = 0.06;  // of what the first search cost: the same
constexpr int patient = 4;               // times as many, where no two searches agree
constexpr int most_searches = 4;         // carried through
constexpr int least_calls = 100;         // for one of them; and what the first search cost, times
constexpr int share_of_first = 1;
constexpr int share_without_process = 4;

std::vector<Eigen::VectorXd> points_of(const std::vector<Configuration>& images, const Mobile& mobile) {
  std::vector<Eigen::VectorXd> points;
  for (const Configuration& image : images) points.push_back(mobile.gather(image.positions));
  return points;
}

/// How far any atom of one path is from another path of as many images (A).
double apart(const std::vector<Eigen::VectorXd>& a, const std::vector<Eigen::VectorXd>& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, longest(a[i] - b[i]));
  return most;
}

/// The path found, mirrored in the straight line between its ends.
std::vector<Configuration> mirrored(const Pathway& found, const Mobile& mobile, int images) {
  const auto points = evenly_spaced(points_of(found.path.images, mobile), images);
  std::vector<Configuration> path;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double along = double(i) / double(points.size() - 1);
    const Eigen::VectorXd straight = points.front() + along * (points.back() - points.front());
    path.push_back(mobile.place(found.path.images.front(), 2 * straight - points[i]));
  }
  path.back() = found.path.images.back();
  return path;
}

/// The straight line, bent along the softest mode across the path that is known at its highest saddle.
std::optional<std::vector<Configuration>> bowed(const Pathway& found, const Mobile& mobile, int images) {
  const auto& certificate = found.top().certificate;
  if (!certificate || certificate->modes.size() < 2) return std::nullopt;
  std::vector<Configuration> path = linear_path(found.path.images.front(), found.path.images.back(), images);
  const Eigen::VectorXd& mode = certificate->modes[1].direction;
  for (std::size_t i = 1; i + 1 < path.size(); ++i) {
    const double share = std::sin(std::numbers::pi * double(i) / double(path.size() - 1));
    path[i] = mobile.place(path[i], mobile.gather(path[i].positions) + share * bow / longest(mode) * mode);
  }
  return path;
}

/// The n-th other first path, or nothing after the last.
std::optional<std::vector<Configuration>> other_path(std::size_t n, const Pathway& found, const Mobile& mobile,
                                                     int images) {
  const Configuration &a = found.path.images.front(), &b = found.path.images.back();
  switch (n) {
    case 0: return interpolation_named("linear").path(a, b, mobile, images);
    case 1: return interpolation_named("idpp").path(a, b, mobile, images);
    case 2: return mirrored(found, mobile, images);
    case 3: return bowed(found, mobile, images);
    case 4: return interpolation_named("sequential-idpp").path(a, b, mobile, images + 2);
    default: return std::nullopt;
  }
}

/// What a first path leads to on the process.
struct Scouted {
  enum class Outcome { same, higher, lower, open } outcome = Outcome::open;
  Path path;  ///< of `lower`: where the band came to rest
};

/// A band on the process of all answers, which the engine adds to where the band leaves what is known.
Procedure<Scouted> scout(Path first, Mobile mobile, Surrogate& learned, std::vector<Eigen::VectorXd> saddles,
                         double saddle_ev, BandOptions options, int most_questions) {
  Scouted result;
  const std::vector<Eigen::VectorXd> line = points_of(first.images, mobile);
  int highest = static_cast<int>(line.size()) / 2;
  Eigen::VectorXd about = line[at(highest)];
  options.fmax = 0.1;
  options.max_rounds = rounds_on_process;
  options.handover = 0;
  options.steady_rounds = 1;
  options.climb = true;
  for (int asked = 0;; ++asked) {
    learned.fit(about, line);
    options.max_move = std::min(0.2, step_share * learned.length_scale());
    Moved moved = move_on(learned, first.images, mobile, options, false);
    const int next = moved.left ? moved.farthest : moved.highest;
    const Eigen::VectorXd x = mobile.gather(moved.images[at(next)].positions);
    about = mobile.gather(moved.images[at(std::max(1, moved.highest))].positions);
    const double away = learned.nearest(x);
    if (!moved.left) {
      if (std::ranges::any_of(saddles, [&](const auto& known) { return longest(x - known) < same_saddle; })) {
        result.outcome = Scouted::Outcome::same;
        co_return result;
      }
      const double top_ev = learned.predict(x).energy_ev;
      if (away < known_well * learned.length_scale() || away < asked_before) {
        result.outcome = top_ev > saddle_ev - lower_ev ? Scouted::Outcome::higher : Scouted::Outcome::lower;
        result.path.images = std::move(moved.images);
        result.path.answers.resize(result.path.images.size());
        co_return result;
      }
    }
    if (asked >= most_questions || away < asked_before) co_return result;
    std::vector<Configuration> question{moved.images[at(next)]};
    std::vector<std::string> names{fmt::format("{} image {}", options.stage, next)};
    Reply reply = co_await Try(std::move(question), std::move(names));
    if (reply.refused()) {
      if (!reply.refusal->of_engine()) throw Error(*reply.refusal);
      co_return result;
    }
    learned.add(x, reply.answers.front().energy_ev, mobile.gradient(reply.answers.front()));
    co_yield Progress(options.stage, asked + 1, longest(mobile.gradient(reply.answers.front())));
  }
}

/// Saddles of a path that are as high as its highest.
std::vector<Eigen::VectorXd> highest_saddles(const Pathway& pathway, const Mobile& mobile) {
  const auto energy = [&](const Pass& pass) { return pathway.path.answers[at(pass.image)].energy_ev; };
  std::vector<Eigen::VectorXd> saddles;
  for (const Pass& pass : pathway.passes)
    if (energy(pass) > energy(pathway.top()) - lower_ev)
      saddles.push_back(mobile.gather(pathway.path.images[at(pass.image)].positions));
  return saddles;
}

/// A path of several steps, or one that was first climbed to a point of higher order: the process may have led the
/// search a long way round before it knew the surface.
bool roundabout(const Pathway& found) {
  return found.passes.size() > 1 ||
         std::ranges::any_of(found.passes, [](const Pass& p) { return p.certificate && p.certificate->pushes > 0; });
}

double top_of(const Pathway& pathway) { return pathway.path.answers[at(pathway.top().image)].energy_ev; }

/// A process that knows what all searches were answered.
Surrogate all_learned(const Pathway& pathway, const Mobile& mobile) {
  Surrogate learned = surrogate_along(pathway.path, mobile);
  if (pathway.learned) learned.learn_from(*pathway.learned);
  return learned;
}

}  // namespace

std::optional<double> Searched::choice_ev() const {
  if (agreeing > 1) return 0.0;
  if (minimax.size() < 2) return std::nullopt;
  std::vector<double> sorted = minimax;
  std::ranges::sort(sorted);
  // Searches that found nothing lower make it less likely that there is.
  return (sorted[1] - sorted[0]) / (1 + higher);
}

std::string Searched::words() const {
  if (!made) return "not computed: there is no other initial path to start from";
  std::string out = fmt::format("{} other initial path{}: ", agreeing - 1 + higher + open + int(minimax.size()) - 1,
                                agreeing + higher + open + int(minimax.size()) == 3 ? "" : "s");
  if (agreeing > 1) out += fmt::format("{} led to the same saddle, ", agreeing - 1);
  if (minimax.size() > 1) out += fmt::format("{} led to a different saddle, ", minimax.size() - 1);
  if (higher > 0) out += fmt::format("{} over a higher point, ", higher);
  if (open > 0) out += fmt::format("{} not decided within the allowed number of evaluations, ", open);
  return out.substr(0, out.size() - 2);
}

namespace {

/// All searches between two ends: their state, and the steps of one more.
class Searches {
 public:
  Searches(Pathway first, std::vector<Configuration> begun_from, Mobile mobile, PathwayOptions options)
      : mobile_{std::move(mobile)}, options_{std::move(options)} {
    result_.lowest = std::move(first);
    result_.minimax.push_back(top_of(result_.lowest));
    first_calls_ = result_.lowest.evaluations;
    most_questions_ = std::max(least_questions, static_cast<int>(question_share * result_.lowest.evaluations));
    learned_.emplace(all_learned(result_.lowest, mobile_));
    tried_ = {points_of(begun_from, mobile_),
              evenly_spaced(points_of(result_.lowest.path.images, mobile_), options_.images)};
    options_.splits = std::min(options_.splits, 2);
  }

  Procedure<Searched> run();

 private:
  /// The next first path nobody has begun from.
  std::optional<Path> next_path();
  Procedure<bool> decide(Path start, int questions, bool at_last);
  Path between_ends(std::vector<Configuration> images) const;
  Procedure<bool> carry_through(Path start, PathwayOptions options);
  Procedure<bool> without_process();
  bool agree() const { return result_.agreeing > 1; }
  bool disagree() const { return result_.minimax.size() > 1 && !agree(); }

  Mobile mobile_;
  PathwayOptions options_;
  Searched result_;
  std::optional<Surrogate> learned_;
  std::vector<std::vector<Eigen::VectorXd>> tried_;
  std::size_t next_ = 0;
  int most_questions_ = 0, first_calls_ = 0;
};

/// A path with the answers of the ends.
Path Searches::between_ends(std::vector<Configuration> images) const {
  Path path;
  path.images = std::move(images);
  path.answers.resize(path.images.size());
  path.answers.front() = result_.lowest.path.answers.front();
  path.answers.back() = result_.lowest.path.answers.back();
  return path;
}

std::optional<Path> Searches::next_path() {
  while (true) {
    auto images = other_path(next_++, result_.lowest, mobile_, options_.images);
    if (!images) return std::nullopt;
    const std::vector<Eigen::VectorXd> points = points_of(*images, mobile_);
    const auto known = [&](const auto& before) {
      return before.size() == points.size() && apart(before, points) < alike;
    };
    if (std::ranges::any_of(tried_, known)) continue;
    tried_.push_back(points);
    Path start = between_ends(std::move(*images));
    make_room(start, mobile_, squeezed_share);
    return start;
  }
}

/// A whole search from there.
Procedure<bool> Searches::carry_through(Path start, PathwayOptions options) {
  Known of_other;
  of_other.learned = learned_;
  options.no_use_above_ev = top_of(result_.lowest) - lower_ev;
  for (const Eigen::VectorXd& saddle : highest_saddles(result_.lowest, mobile_))
    options.known_saddles.push_back({saddle, top_of(result_.lowest)});
  const int share = options.surrogate ? share_of_first : share_without_process;
  std::optional<Pathway> found;
  try {
    auto searching = at_most(std::max(least_calls, share * first_calls_),
                             find_pathway(std::move(start), mobile_, std::move(options), std::move(of_other)));
    found = co_await std::move(searching);
  } catch (const Error& refusal) {
    if (!refusal.of_engine()) throw;
  }
  Pathway other = std::move(found).value_or(Pathway());
  if (other.learned) learned_->learn_from(*other.learned);
  if (!other.converged() && !other.no_use) {
    ++result_.open;
    co_return false;
  }
  const double here = top_of(other), best = top_of(result_.lowest);
  const bool agrees = std::abs(here - best) < lower_ev;
  if (agrees) ++result_.agreeing;
  if (!agrees) result_.minimax.push_back(here);
  if (other.no_use || here > best - same_ev) co_return true;
  other.evaluations_search += result_.lowest.evaluations_search;
  other.warnings.push_back(fmt::format(
      "the first search found a saddle {:.4f} eV higher: this one was found from another initial path", best - here));
  result_.lowest = std::move(other);
  if (!agrees) result_.agreeing = 1;
  co_return true;
}

/// What a first path leads to; carried through where it promises a lower pass, or nothing is decided at last.
Procedure<bool> Searches::decide(Path start, int questions, bool at_last) {
  auto scouting = scout(start, mobile_, *learned_, highest_saddles(result_.lowest, mobile_), top_of(result_.lowest),
                        options_.band, questions);
  Scouted scouted = co_await std::move(scouting);
  if (scouted.outcome == Scouted::Outcome::same) {
    ++result_.agreeing;
    co_return true;
  }
  if (scouted.outcome == Scouted::Outcome::higher) {
    ++result_.higher;
    co_return true;
  }
  if (scouted.outcome == Scouted::Outcome::open && !at_last) {
    ++result_.open;
    co_return false;
  }
  if (scouted.outcome == Scouted::Outcome::lower) {
    scouted.path.answers.front() = start.answers.front();
    scouted.path.answers.back() = start.answers.back();
    start = std::move(scouted.path);
  }
  auto carrying = carry_through(std::move(start), options_);
  co_await std::move(carrying);
  co_return true;
}

/// From the plain first paths by the engine's forces alone: nothing that was learned leads them away.
Procedure<bool> Searches::without_process() {
  PathwayOptions plain = options_;
  plain.surrogate = false;
  const Configuration a = result_.lowest.path.images.front(), b = result_.lowest.path.images.back();
  std::vector<std::vector<Eigen::VectorXd>> begun;
  for (const char* name : {"linear", "idpp"}) {
    std::vector<Configuration> images = interpolation_named(name).path(a, b, mobile_, options_.images);
    std::vector<Eigen::VectorXd> points = points_of(images, mobile_);
    if (std::ranges::any_of(begun, [&](const auto& other) { return apart(other, points) < alike; })) continue;
    begun.push_back(std::move(points));
    plain.band.stage = fmt::format("{} path without the process", name);
    Path start = between_ends(std::move(images));
    make_room(start, mobile_, squeezed_share);
    result_.made = true;
    auto carrying = carry_through(std::move(start), plain);
    co_await std::move(carrying);
  }
  co_return true;
}

Procedure<Searched> Searches::run() {
  if (roundabout(result_.lowest) && options_.surrogate) {
    auto carrying = without_process();
    co_await std::move(carrying);
  }
  std::vector<Path> undecided;
  for (int made = 0; static_cast<int>(result_.minimax.size()) < most_searches; ++made) {
    // Two first paths always; then those not decided in few questions, and more first paths, until two searches agree.
    if (made >= 2 && agree()) break;
    options_.band.stage = fmt::format("second search, path {}", made + 1);
    if (made >= 2 && !undecided.empty()) {
      --result_.open;
      Path start = std::move(undecided.front());
      undecided.erase(undecided.begin());
      auto deciding = decide(std::move(start), patient * most_questions_, true);
      co_await std::move(deciding);
      continue;
    }
    if (made >= 2 && !disagree()) break;
    std::optional<Path> start = next_path();
    if (!start && undecided.empty()) break;
    if (!start) {
      made = std::max(made, 1);
      continue;
    }
    result_.made = true;
    auto deciding = decide(*start, most_questions_, false);
    const bool decided = co_await std::move(deciding);
    if (!decided) undecided.push_back(std::move(*start));
  }
  co_return std::move(result_);
}

}  // namespace

Procedure<Searched> search_again(Pathway first, std::vector<Configuration> begun_from, Mobile mobile,
                                 PathwayOptions options) {
  Searches searches(std::move(first), std::move(begun_from), std::move(mobile), std::move(options));
  auto running = searches.run();
  Searched result = co_await std::move(running);
  co_return result;
}

}  // namespace hopflow
