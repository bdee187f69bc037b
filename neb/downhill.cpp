// SPDX-License-Identifier: GPL-2.0-or-later
// Least energy at a given distance, image by image.
#include "neb/downhill.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include <Eigen/Eigenvalues>
#include <fmt/format.h>

#include "neb/interpolation.hpp"
#include "neb/optimizer.hpp"
#include "neb/split.hpp"
#include "neb/springs.hpp"
#include "structures/error.hpp"

namespace hopflow {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double trusted = 0.7;       // length scales from the nearest answer
constexpr double newton_move = 0.1;   // A, on the process
constexpr int newton_steps = 40;
constexpr int on_process = 2;         // questions about an image that the process places
constexpr double reach_allowed = 0.4;  // A from the best answer; shrinks where steps lead uphill
constexpr double softest = 0.1;       // eV/A^2: softer modes of the certificate say nothing about images elsewhere
constexpr double better = 0.7;        // a force this much lower counts as progress, and so does
constexpr double lower_ev = 2e-3;     // an energy this much lower
constexpr double flat_ev = 1e-3;      // a rise that may be rounding of a nearly settled image
constexpr int patience = 7;
constexpr int most_questions = 40;    // about one image

std::size_t at(int i) { return static_cast<std::size_t>(i); }

/// A step and the change of gradient it made.
struct Secant {
  Eigen::VectorXd step, change;
};

/// Ritz vectors of what the certificate tried, stiff ones last; conjugate to each other, so all hold.
std::vector<Secant> secants_of(const Certificate& certificate) {
  std::vector<Secant> out;
  const auto k = static_cast<Eigen::Index>(certificate.basis.size());
  if (k == 0) return out;
  Eigen::MatrixXd v(certificate.basis.front().size(), k), w(v.rows(), k);
  for (Eigen::Index i = 0; i < k; ++i) {
    v.col(i) = certificate.basis[static_cast<std::size_t>(i)];
    w.col(i) = certificate.products[static_cast<std::size_t>(i)];
  }
  Eigen::MatrixXd t = v.transpose() * w;
  t = (0.5 * (t + t.transpose())).eval();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> modes(t);
  for (Eigen::Index i = 0; i < k; ++i) {
    if (modes.eigenvalues()[i] < softest) continue;
    Secant s;
    s.step = v * modes.eigenvectors().col(i);
    s.change = w * modes.eigenvectors().col(i);
    out.push_back(std::move(s));
  }
  return out;
}

/// Newton's step across a direction. @param bend  what keeping the distance adds to all curvatures (eV/A^2)
Eigen::VectorXd newton(const std::vector<Secant>& secants, const Eigen::VectorXd& gradient, const Eigen::VectorXd& direction,
                       double bend) {
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
  for (int step = 0; step < newton_steps; ++step) {
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
    if (move.norm() > newton_move) move *= newton_move / move.norm();
    const Eigen::VectorXd next = centre + radius * (z + move - centre).normalized();
    const double away = (next - start).norm(), near = process.nearest_inside(next);
    if (away > reach) {
      z = start + reach / away * (next - start);
      break;
    }
    if (near > trusted * process.length_scale() && near > known) break;
    z = next;
    known = near;
  }
  return process.outside(z);
}

/// One image on its way down.
struct Image {
  Eigen::VectorXd x, gradient;  ///< best place, its gradient
  Evaluation answer;            ///< empty before the first
  double force = infinite;      ///< across the step to the image above (eV/A)
  double reach = infinite;      ///< A
  int asked = 0, since = 0;
};

class Way {
 public:
  Way(Path path, const Mobile& mobile, const BandOptions& options, Surrogate& learned, const Certificate& certificate)
      : path_{std::move(path)}, mobile_{mobile}, options_{options}, learned_{learned}, secants_{secants_of(certificate)},
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

  int last() const { return static_cast<int>(images_.size()) - 1; }
  int saddle() const { return saddle_; }
  bool settled(int i) const { return images_[at(i)].force < options_.fmax; }
  bool given_up(int i) const { return images_[at(i)].since >= patience || images_[at(i)].asked >= most_questions; }

  /// Before the first question about an image whose neighbour above has settled.
  void begin(int i, int way) {
    Image& image = images_[at(i)];
    if (image.answer.forces.cols() > 0) {
      image.force = force_at(i, way, image.x, image.gradient);
      image.reach = reach_allowed;
      return;
    }
    // Even steps from the image above to the end.
    const int end = way < 0 ? 0 : last();
    std::vector<Eigen::VectorXd> rest;
    for (int k = i - way; k != end + way; k += way) rest.push_back(images_[at(k)].x);
    const auto points = evenly_spaced(rest, static_cast<int>(rest.size()) - 2);
    for (int k = i; k != end; k += way) {
      if (images_[at(k)].answer.forces.cols() == 0) images_[at(k)].x = points[at((k - i) * way + 1)];
    }
  }

  /// Where to ask next about an image.
  Eigen::VectorXd next(int i, int way) {
    const Image& image = images_[at(i)];
    const Eigen::VectorXd& above = images_[at(i - way)].x;
    if (image.asked < on_process) {
      learned_.fit(image.x, {image.x, above});
      return least_on_process(learned_, image.x, above, image.reach, 0.2 * options_.fmax);
    }
    const double radius = (above - image.x).norm();
    const Eigen::VectorXd direction = (above - image.x) / radius;
    const Eigen::VectorXd step = shortened(newton(secants_, image.gradient, direction, std::max(0.0, image.gradient.dot(direction)) / radius), image.reach);
    return above + radius * (image.x + step - above).normalized();
  }

  void learn(int i, int way, const Eigen::VectorXd& x, Evaluation answer) {
    Image& image = images_[at(i)];
    const Eigen::VectorXd gradient = mobile_.gradient(answer);
    const double force = force_at(i, way, x, gradient);
    const double rise = answer.energy_ev - image.answer.energy_ev;
    learned_.add(x, answer.energy_ev, gradient);
    ++image.asked;
    static const bool talk = std::getenv("TALK") != nullptr;
    if (talk) fmt::print(stderr, "image {} ask {} force {:.4f} moved {:.3f} e {:.4f} reach {:.3f}\n", i, image.asked, force, (x - image.x).norm(), answer.energy_ev - path_.answers.front().energy_ev, image.reach);
    const bool first = image.answer.forces.cols() == 0;
    if (!first) {
      Secant s;
      s.step = x - image.x;
      s.change = gradient - image.gradient;
      secants_.push_back(std::move(s));
    }
    image.since = first || force < better * image.force || rise < -lower_ev ? 0 : image.since + 1;
    if (!first && rise > 0 && (rise > flat_ev || force > image.force)) {
      image.reach = 0.4 * std::min(image.reach, longest(x - image.x));
      return;
    }
    image.reach = first ? reach_allowed : std::min(1.5 * image.reach, reach_allowed);
    move(i, way, x);
    image.answer = std::move(answer);
    image.gradient = gradient;
    image.force = force;
  }

  /// A refused question: nearer to the best answer. @return false if there is none
  bool shorten(int i) {
    Image& image = images_[at(i)];
    if (image.answer.forces.cols() == 0) return false;
    image.reach = 0.25 * std::min(image.reach, reach_allowed);
    ++image.since;
    return true;
  }

  Configuration place(int i, const Eigen::VectorXd& x) const { return mobile_.place(path_.images[at(i)], x); }
  double force(int i) const { return images_[at(i)].force; }
  double rise(int i) const { return images_[at(i)].answer.energy_ev - path_.answers.front().energy_ev; }

  Path path() const {
    Path out = path_;
    for (int i = 1; i < last(); ++i) {
      if (i == saddle_) continue;
      out.images[at(i)] = place(i, images_[at(i)].x);
      out.answers[at(i)] = images_[at(i)].answer;
    }
    return out;
  }

 private:
  double force_at(int i, int way, const Eigen::VectorXd& x, const Eigen::VectorXd& gradient) const {
    return longest(across(gradient, (images_[at(i - way)].x - x).normalized()));
  }

  /// Images below without answers go with it, the less the nearer they are to the end.
  void move(int i, int way, const Eigen::VectorXd& x) {
    const int end = way < 0 ? 0 : last();
    const Eigen::VectorXd shift = x - images_[at(i)].x;
    images_[at(i)].x = x;
    for (int k = i + way; k != end; k += way) {
      if (images_[at(k)].answer.forces.cols() == 0) images_[at(k)].x += shift * ((end - k) / double(end - i));
    }
  }

  Path path_;
  const Mobile& mobile_;
  const BandOptions& options_;
  Surrogate& learned_;
  std::vector<Secant> secants_;
  int saddle_;
  std::vector<Image> images_;
};

/// Images `from` to `to` of a path.
Path piece(const Path& path, int from, int to) {
  Path out;
  out.images.assign(path.images.begin() + from, path.images.begin() + to + 1);
  out.answers.assign(path.answers.begin() + from, path.answers.begin() + to + 1);
  return out;
}

}  // namespace

Procedure<Descent> go_downhill(Path path, Mobile mobile, BandOptions options, double dip_ev, Surrogate& learned,
                               const Certificate& certificate) {
  Descent result;
  Way down(std::move(path), mobile, options, learned, certificate);
  const int saddle = down.saddle();
  int first = saddle, last = saddle;  // settled between these
  bool lost = false;
  for (const int way : {-1, 1}) {
    const int end = way < 0 ? 0 : down.last();
    for (int i = saddle + way; i != end && !lost && result.minima.empty(); i += way) {
      down.begin(i, way);
      while (!down.settled(i) && !lost) {
        const Eigen::VectorXd x = down.next(i, way);
        std::vector<Configuration> question{down.place(i, x)};
        std::vector<std::string> names{fmt::format("{} image {}", options.stage, i)};
        Reply reply = co_await Try(std::move(question), std::move(names));
        if (reply.refused()) {
          if (reply.refusal->kind() != Error::Kind::engine) throw Error(*reply.refusal);
          lost = !down.shorten(i);
        } else {
          ++result.evaluations;
          down.learn(i, way, x, std::move(reply.answers.front()));
          co_yield Progress(options.stage, result.evaluations, down.force(i), down.rise(i));
        }
        lost = lost || (!down.settled(i) && down.given_up(i));
      }
      if (lost) break;
      (way < 0 ? first : last) = i;
      result.minima = dips_of(piece(down.path(), first, last), mobile, dip_ev);
      for (Dip& dip : result.minima) dip.image += first;
    }
  }
  result.complete = !lost && result.minima.empty();
  result.path = down.path();
  co_return result;
}

}  // namespace hopflow
