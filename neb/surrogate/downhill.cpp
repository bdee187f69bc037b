// SPDX-License-Identifier: GPL-2.0-or-later
// Least energy at a given distance, image by image.
#include "neb/surrogate/downhill.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "neb/band/springs.hpp"
#include "neb/core/convergence.hpp"
#include "neb/core/optimizer.hpp"
#include "neb/core/rigid.hpp"
#include "neb/path/interpolation.hpp"
#include "neb/profile/profile.hpp"
#include "structures/core/error.hpp"
#include "structures/core/index.hpp"

namespace hopflow {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr int on_process = 2;      // questions about an image that the process places
constexpr double softest = 0.1;    // eV/A^2: softer modes of the certificate say nothing about images elsewhere
constexpr double lower_ev = 2e-3;  // an energy this much lower counts as progress, too
constexpr double flat_ev = 1e-3;   // a rise that may be rounding of a nearly converged image
constexpr double far = 2;          // steps of the path
constexpr int patience = 7;
constexpr int most_questions = 40;  // about one image
constexpr int most_above = 4;       // times an image next to the saddle may be found above it

/// Newton's step across a direction. @param bend  what keeping the distance adds to all curvatures (eV/A^2)
Eigen::VectorXd newton(const std::vector<Secant>& secants, const Eigen::VectorXd& gradient,
                       const Eigen::VectorXd& direction, double bend) {
  Lbfgs lbfgs(60);
  for (const Secant& s : secants) {
    const Eigen::VectorXd step = across(s.step, direction);
    if (step.norm() < 0.5 * s.step.norm()) continue;
    lbfgs.learn(step, across(s.change, direction) + bend * step);
  }
  return across(lbfgs.direction(across(gradient, direction)), direction);
}

/// As far from `above` as `from` is, where the process' energy is least.
Eigen::VectorXd least_on_process(const Surrogate& process, const Eigen::VectorXd& from, const Eigen::VectorXd& above,
                                 double reach, double fmax) {
  Eigen::VectorXd z = process.inside(from);
  const Eigen::VectorXd start = z, centre = process.inside(above);
  const double radius = (z - centre).norm();
  double known = process.nearest_inside(z);
  for (int step = 0; step < Surrogate::newton_steps; ++step) {
    const Eigen::VectorXd direction = (centre - z).normalized();
    const Surrogate::Quadratic here = process.quadratic(z);
    const double along = here.gradient.dot(direction);
    const Eigen::VectorXd gradient = here.gradient - along * direction;
    if (gradient.norm() < fmax) break;
    Eigen::MatrixXd hessian = here.hessian;
    hessian.diagonal().array() += along / radius;
    const Eigen::VectorXd product = hessian * direction;
    hessian -= direction * product.transpose() + product * direction.transpose();
    hessian += (1 + direction.dot(product)) * direction * direction.transpose();
    double shift = 0;
    Eigen::LLT<Eigen::MatrixXd> llt(hessian);
    while (llt.info() != Eigen::Success) {
      const double next = shift > 0 ? 2 * shift : 0.5;
      hessian.diagonal().array() += next - shift;
      shift = next;
      llt.compute(hessian);
    }
    Eigen::VectorXd move = -llt.solve(gradient);
    if (move.norm() > Surrogate::newton_move) move *= Surrogate::newton_move / move.norm();
    const Eigen::VectorXd next = centre + radius * (z + move - centre).normalized();
    const double away = (next - start).norm(), near = process.nearest_inside(next);
    if (away > reach) {
      z = start + reach / away * (next - start);
      break;
    }
    if (near > Surrogate::trusted * process.length_scale() && near > known) break;
    z = next;
    known = near;
  }
  return process.outside(z);
}

/// One image that moves down.
struct Image {
  Eigen::VectorXd x, gradient;  ///< best place, its gradient
  Evaluation answer;            ///< empty before the first
  double force = infinite;      ///< across the step to the image above (eV/A)
  double reach = infinite;      ///< A
  int asked = 0, since = 0;
  int above_saddle = 0;  ///< times it was found above the saddle it stands next to

  bool answered() const { return answer.forces.cols() > 0; }
};

/// All images, and what is known about the surface between them. `way` is the step in the images' order that leads
/// down.
class Slopes {
 public:
  Slopes(Path path, const Mobile& mobile, const BandOptions& options, Surrogate& learned,
         const Certificate& certificate)
      : path_{std::move(path)},
        mobile_{mobile},
        options_{options},
        free_{path_.images.front(), mobile},
        learned_{learned},
        secants_{secants_of(certificate.basis, certificate.products, softest)},
        mode_{certificate.saddle.mode},
        saddle_{*path_.saddle} {
    for (std::size_t i = 0; i < path_.images.size(); ++i) {
      Image image;
      image.x = mobile.gather(path_.images[i].positions);
      if (path_.answers[i].forces.cols() > 0) {
        image.answer = path_.answers[i];
        image.gradient = mobile.gradient(image.answer);
        learned.add(image.x, image.answer.energy_ev, image.gradient);
      }
      images_.push_back(std::move(image));
    }
  }

  int saddle() const { return saddle_; }
  int end(int way) const { return way < 0 ? 0 : static_cast<int>(images_.size()) - 1; }
  const Image& image(int i) const { return images_[at(i)]; }
  bool converged(int i) const { return image(i).force < options_.fmax; }
  bool given_up(int i) const { return image(i).since >= patience || image(i).asked >= most_questions; }
  /// Nothing lower than the saddle was found on this side of it.
  bool closed(int way) const { return image(saddle_ + way).above_saddle >= most_above; }

  /// An image next to the saddle may come to rest on a wall above it, where no path down leads. What is known of it is
  /// dropped then: it is looked for along the saddle's mode, nearer each time. @return whether that is so
  bool is_above_saddle(int i, int way) {
    Image& here = images_[at(i)];
    if (i - way != saddle_ || !(here.answer.energy_ev > image(saddle_).answer.energy_ev)) return false;
    here.answer = Evaluation();
    here.force = infinite;
    here.since = 0;
    ++here.above_saddle;
    return true;
  }

  /// The image above has come to rest: what the image's answer is worth there.
  void judge(int i, int way) {
    if (!image(i).answered()) return;
    images_[at(i)].force = force_at(i, way, image(i).x, image(i).gradient);
    images_[at(i)].reach = std::min(image(i).reach, Surrogate::reach);
    images_[at(i)].since = 0;
  }

  /// Where to ask next about an image. @param above  where the image above is, or will be
  Eigen::VectorXd next(int i, int way, const Eigen::VectorXd& above) {
    if (!image(i).answered()) {
      spread(i, way, above);
      if (image(i).above_saddle > 0) return above + std::pow(0.5, image(i).above_saddle - 1) * (image(i).x - above);
    }
    const Eigen::VectorXd place = lower(i, above);
    return i - way == saddle_ ? on_its_side(i, place, above) : place;
  }

  void learn(int i, int way, const Eigen::VectorXd& x, Evaluation answer) {
    Image& here = images_[at(i)];
    const Eigen::VectorXd gradient = mobile_.gradient(answer);
    const double force = force_at(i, way, x, gradient);
    learned_.add(x, answer.energy_ev, gradient);
    ++here.asked;
    if (here.above_saddle > 0 && !here.answered() && answer.energy_ev > image(saddle_).answer.energy_ev) {
      ++here.above_saddle;
      return;
    }
    if (here.answered()) {
      Secant s;
      s.step = x - here.x;
      s.change = gradient - here.gradient;
      secants_.push_back(std::move(s));
      const double rise = answer.energy_ev - here.answer.energy_ev;
      here.since = force < better * here.force || rise < -lower_ev ? 0 : here.since + 1;
      if (rise > 0 && (rise > flat_ev || force > here.force)) {
        here.reach = 0.4 * std::min(here.reach, longest(x - here.x));
        return;
      }
      here.reach = std::min(1.5 * here.reach, Surrogate::reach);
    } else {
      here.reach = Surrogate::reach;
    }
    // Images below that nothing is known of go with it, the less the nearer they are to the end.
    const Eigen::VectorXd shift = x - here.x;
    for (int k = i + way; k != end(way); k += way) {
      if (!image(k).answered()) images_[at(k)].x += shift * ((end(way) - k) / double(end(way) - i));
    }
    here.x = x;
    here.answer = std::move(answer);
    here.gradient = gradient;
    here.force = force;
  }

  /// The engine refused to answer about an image. @return whether there is a nearer place to ask
  bool shorten(int i) {
    Image& here = images_[at(i)];
    here.reach = refused_share * std::min(here.reach, Surrogate::reach);
    ++here.since;
    return here.answered();
  }

  /// An image above the saddle is on no path down from it: it and those below it go back to where they began.
  void take_back(int way, const Path& beginning) {
    int i = saddle_ + way;
    const auto below = [&](int k) {
      return image(k).answered() && image(k).answer.energy_ev <= image(saddle_).answer.energy_ev;
    };
    while (i != end(way) && below(i)) i += way;
    if (i == end(way) || (!image(i).answered() && !closed(way))) return;
    for (; i != end(way); i += way) {
      images_[at(i)].x = mobile_.gather(beginning.images[at(i)].positions);
      images_[at(i)].answer = beginning.answers[at(i)];
    }
  }

  /// Whether the last image lies as low as the end though far from it: in another minimum, with a pass between them.
  bool ends_early(int way, double dip_ev) const {
    const Image &foot = image(end(way)), &last = image(end(way) - way), &above = image(end(way) - 2 * way);
    const bool low = last.answer.energy_ev < foot.answer.energy_ev + dip_ev;
    return end(way) - way != saddle_ && low && apart(foot.x, last.x) > far * apart(above.x, last.x);
  }

  Configuration place(int i, const Eigen::VectorXd& x) const { return mobile_.place(path_.images[at(i)], x); }
  double rise(int i) const { return image(i).answer.energy_ev - path_.answers.front().energy_ev; }

  /// Images `from` to `to` as they are now, the saddle among them.
  Path path(int from, int to) const {
    Path out;
    for (int i = from; i <= to; ++i) {
      out.images.push_back(place(i, image(i).x));
      out.answers.push_back(image(i).answer);
    }
    out.saddle = saddle_ - from;
    spread_motion(out, mobile_);
    return out;
  }

 private:
  /// What turning and shifting a free structure as a whole cannot make good (A).
  double apart(const Eigen::VectorXd& a, const Eigen::VectorXd& b) const { return (free_.nearest_to(a, b) - b).norm(); }

  /// A step of an image down on the sphere about the one above, on the process at first, then by what answers say.
  /// Distances are those from the image above moved next to it: turning as a whole is no descent.
  Eigen::VectorXd lower(int i, const Eigen::VectorXd& image_above) {
    const Image& here = image(i);
    const Eigen::VectorXd above = free_.nearest_to(image_above, here.x);
    if (here.asked < on_process) {
      learned_.fit(here.x, {here.x, above});
      return least_on_process(learned_, here.x, above, here.reach, 0.2 * options_.fmax);
    }
    const double radius = (above - here.x).norm();
    const Eigen::VectorXd direction = (above - here.x) / radius;
    const double bend = std::max(0.0, here.gradient.dot(direction)) / radius;
    const Eigen::VectorXd step = shortened(newton(secants_, here.gradient, direction, bend), here.reach);
    return above + radius * (here.x + step - above).normalized();
  }

  /// The sphere about a saddle is as low on its other side: a step over there is shortened.
  Eigen::VectorXd on_its_side(int i, Eigen::VectorXd place, const Eigen::VectorXd& above) const {
    constexpr int halvings_allowed = 10;
    const Eigen::VectorXd from = image(i).x - above;
    const double side = mode_.dot(from);
    for (int k = 0; k < halvings_allowed && mode_.dot(place - above) * side < 0; ++k) {
      place = above + from.norm() * (0.5 * (place - above + from)).normalized();
    }
    return place;
  }

  double force_at(int i, int way, const Eigen::VectorXd& x, const Eigen::VectorXd& gradient) const {
    return longest(across(gradient, (free_.nearest_to(image(i - way).x, x) - x).normalized()));
  }

  /// Even steps from the image above to the end, the first of them from the saddle along its mode.
  void spread(int i, int way, const Eigen::VectorXd& above) {
    std::vector<Eigen::VectorXd> rest{above};
    for (int k = i; k != end(way) + way; k += way) rest.push_back(free_.nearest_to(image(k).x, rest.back()));
    const auto points = evenly_spaced(rest, static_cast<int>(rest.size()) - 2);
    for (int k = i; k != end(way); k += way) {
      if (!image(k).answered()) images_[at(k)].x = points[at((k - i) * way + 1)];
    }
    if (i - way != saddle_) return;
    const Eigen::VectorXd step = image(i).x - above;
    images_[at(i)].x = above + (mode_.dot(step) < 0 ? -step.norm() : step.norm()) * mode_;
  }

  Path path_;
  const Mobile& mobile_;
  const BandOptions& options_;
  FreeMotions free_;
  Surrogate& learned_;
  std::vector<Secant> secants_;
  Eigen::VectorXd mode_;
  int saddle_;
  std::vector<Image> images_;
};

/// What one round asks.
struct Round {
  std::vector<int> images, ways;
  std::vector<Eigen::VectorXd> places;

  void add(Slopes& slopes, int i, int way, const Eigen::VectorXd& above) {
    places.push_back(slopes.next(i, way, above));
    images.push_back(i);
    ways.push_back(way);
  }
};

/// The images next to come to rest, one on each side, then the ones below them that nothing is known of, as though
/// those above were where they are asked about.
Round next_round(Slopes& slopes, const std::array<int, 2>& front, int batch) {
  Round round;
  for (const std::size_t side : {0, 1}) {
    const int way = side == 0 ? -1 : 1, i = front[side];
    if (i == slopes.end(way) || slopes.closed(way) || std::ssize(round.images) >= batch) continue;
    round.add(slopes, i, way, slopes.image(i - way).x);
  }
  for (std::size_t k = 0; k < round.images.size() && std::ssize(round.images) < batch; ++k) {
    const int way = round.ways[k], below = round.images[k] + way;
    if (below == slopes.end(way) || slopes.image(below).answered()) continue;
    const Eigen::VectorXd above = round.places[k];
    round.add(slopes, below, way, above);
  }
  return round;
}

}  // namespace

Procedure<Descent> go_downhill(Path path, Mobile mobile, BandOptions options, double dip_ev, Surrogate& learned,
                               const Certificate& certificate) {
  Descent result;
  const Path beginning = path;
  Slopes slopes(std::move(path), mobile, options, learned, certificate);
  const int saddle = slopes.saddle();
  std::array<int, 2> front{saddle - 1, saddle + 1};
  slopes.judge(front[0], -1);
  slopes.judge(front[1], 1);
  bool lost = false;
  while (!lost) {
    for (const std::size_t side : {0, 1}) {
      const int way = side == 0 ? -1 : 1;
      int& i = front[side];
      while (i != slopes.end(way) && slopes.converged(i) && result.minima.empty() && !slopes.is_above_saddle(i, way)) {
        i += way;
        slopes.judge(i, way);
        const int first = front[0] + 1;
        Path so_far = slopes.path(first, front[1] - 1);
        so_far.saddle.reset();  // a dip next to it counts as any other
        result.minima = dips_of(so_far, mobile, dip_ev, true);
        for (Dip& dip : result.minima) dip.image += first;
        if (i == slopes.end(way) && slopes.ends_early(way, dip_ev)) {
          Dip elsewhere;
          elsewhere.image = i - way;
          result.minima.push_back(elsewhere);
        }
      }
    }
    if (!result.minima.empty()) break;
    const Round round = next_round(slopes, front, options.batch);
    if (round.images.empty()) break;
    std::vector<Configuration> questions;
    std::vector<std::string> names;
    for (std::size_t k = 0; k < round.images.size(); ++k) {
      questions.push_back(slopes.place(round.images[k], round.places[k]));
      names.push_back(fmt::format("{} image {}", options.stage, round.images[k]));
    }
    Reply reply = co_await Try(std::move(questions), std::move(names));
    const int shown = round.images.front();
    if (reply.refused()) {
      if (!reply.refusal->of_engine()) throw Error(*reply.refusal);
      if (round.images.size() > 1)
        options.batch = 1;  // to see which
      else
        lost = !slopes.shorten(shown) || slopes.given_up(shown);
      continue;
    }
    result.evaluations += calls_of(reply.answers);
    for (std::size_t k = 0; k < round.images.size(); ++k) {
      slopes.learn(round.images[k], round.ways[k], round.places[k], std::move(reply.answers[k]));
    }
    co_yield Progress(options.stage, ++result.rounds, slopes.image(shown).force, slopes.rise(shown));
    for (const int i : front) lost = lost || (!slopes.converged(i) && slopes.given_up(i));
  }
  if (result.minima.empty()) {
    for (const int way : {-1, 1}) slopes.take_back(way, beginning);
  }
  result.path = slopes.path(0, slopes.end(1));
  co_return result;
}

}  // namespace hopflow
