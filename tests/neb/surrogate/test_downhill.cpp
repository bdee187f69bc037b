// SPDX-License-Identifier: GPL-2.0-or-later
// The ways down from a saddle, and questions in batches, on surfaces whose paths are known in closed form.
#include <catch2/catch.hpp>

#include <cmath>
#include <functional>

#include "neb/barrier/barrier.hpp"
#include "neb/surrogate/downhill.hpp"
#include "potentials/analytic/analytic.hpp"
#include "structures/core/error.hpp"
#include "tests/neb/drive.hpp"

using namespace hopflow;

namespace {

constexpr double pi = 3.14159265358979323846;
constexpr double slant = 0.6;  // rad: the valley runs aside of all coordinates

/// A straight valley with walls of several stiffnesses over four atoms: energy (1 - cos(2 pi u)) / 4 along it, so
/// minima stand at whole u, saddles half way, and the path between them is the straight line. A fifth atom is held: the
/// surface is not the same for a structure that turns.
struct Valley {
  Eigen::VectorXd direction = Eigen::VectorXd::Zero(12);
  Eigen::VectorXd stiffness = Eigen::VectorXd::LinSpaced(12, 1, 12);  // eV/A^2

  static Mobile mobile() { return Mobile({true, true, true, true, false}, 5); }

  Valley() {
    direction[0] = std::cos(slant);
    direction[7] = std::sin(slant);
  }

  Configuration at(const Eigen::VectorXd& x) const {
    Configuration c;
    c.positions.setZero(3, 5);
    c.positions.leftCols(4) = Eigen::Map<const Eigen::Matrix3Xd>(x.data(), 3, 4);
    for (Eigen::Index i = 0; i < 5; ++i) c.positions(2, i) += 10.0 * static_cast<double>(i);
    c.species = {1, 1, 1, 1, 1};
    c.periodic = {false, false, false};
    return c;
  }
  Eigen::VectorXd x(const Configuration& c) const {
    Eigen::Matrix3Xd p = c.positions.leftCols(4);
    for (Eigen::Index i = 0; i < 4; ++i) p(2, i) -= 10.0 * static_cast<double>(i);
    return p.reshaped();
  }
  double u(const Configuration& c) const { return direction.dot(x(c)); }
  double aside(const Configuration& c) const { return (x(c) - direction * u(c)).norm(); }

  Evaluation operator()(const Configuration& c) const {
    const double along = u(c);
    const Eigen::VectorXd v = x(c) - direction * along;
    const Eigen::VectorXd pull = stiffness.cwiseProduct(v);
    Evaluation e;
    e.energy_ev = (1 - std::cos(2 * pi * along)) / 4 + 0.5 * v.dot(pull);
    const Eigen::VectorXd gradient =
        direction * (pi / 2 * std::sin(2 * pi * along)) + pull - direction * direction.dot(pull);
    e.forces.setZero(3, 5);
    e.forces.leftCols(4) = -Eigen::Map<const Eigen::Matrix3Xd>(gradient.data(), 3, 4);
    return e;
  }
};

template <class T>
T answered(Procedure<T> procedure, const std::function<Evaluation(const Configuration&)>& engine, std::size_t& most,
           int& rounds) {
  most = 0;
  rounds = 0;
  while (!procedure.done()) {
    most = std::max(most, procedure.ask().size());
    ++rounds;
    std::vector<Evaluation> answers;
    for (const Configuration& question : procedure.ask()) answers.push_back(engine(question));
    REQUIRE(rounds < 400);
    procedure.tell(std::move(answers));
  }
  return procedure.take();
}

/// From u = 0 to `end` with the saddle at 0.5 held, bent by 0.2 A away from it.
struct Start {
  Valley valley;
  Path path;
  Certificate certificate;
  Surrogate learned;

  explicit Start(double end, int images, int saddle) : learned{end * valley.direction, 2.5} {
    Eigen::VectorXd bend = Eigen::VectorXd::Ones(12);
    bend -= valley.direction * valley.direction.dot(bend);
    bend *= 0.2 / bend.norm();
    for (int i = 0; i <= images + 1; ++i) {
      const double u = i <= saddle ? 0.5 * i / saddle : 0.5 + (end - 0.5) * (i - saddle) / (images + 1 - saddle);
      const bool kept = i == 0 || i == saddle || i == images + 1;
      const Eigen::VectorXd x = u * valley.direction + (kept ? 0.0 : 1.0) * bend;
      path.images.push_back(valley.at(x));
      path.answers.push_back(kept ? valley(path.images.back()) : Evaluation());
      if (i == 0 || i == images + 1) {
        const Evaluation& answer = path.answers.back();
        learned.add(Valley::mobile().gather(path.images.back().positions), answer.energy_ev,
                    Valley::mobile().gradient(answer));
      }
    }
    path.saddle = saddle;
    certificate.saddle.configuration = path.images[static_cast<std::size_t>(saddle)];
    certificate.saddle.mode = valley.direction;
  }

  Descent descend(int batch, std::size_t& most, int& rounds) {
    BandOptions options;
    options.fmax = 0.005;
    options.batch = batch;
    return answered(go_downhill(path, Valley::mobile(), options, 0.005, learned, certificate), valley, most, rounds);
  }
};

}  // namespace

TEST_CASE("images come down from a saddle onto the path that leads through it", "[neb][downhill]") {
  for (const int batch : {1, 2, 4}) {
    Start start(1.0, 7, 4);
    std::size_t most = 0;
    int rounds = 0;
    const Descent descent = start.descend(batch, most, rounds);
    INFO(batch << " a round: " << rounds << " rounds, " << descent.evaluations << " questions");
    CHECK(descent.minima.empty());
    CHECK(most == static_cast<std::size_t>(batch));
    double before = -1;
    for (std::size_t i = 0; i < descent.path.images.size(); ++i) {
      const Configuration& image = descent.path.images[i];
      REQUIRE(descent.path.answers[i].forces.cols() == 5);
      // The softest wall is 1 eV/A^2 and twelve coordinates share the force left.
      CHECK(start.valley.aside(image) < 0.02);
      CHECK(descent.path.answers[i].energy_ev ==
            Approx((1 - std::cos(2 * pi * start.valley.u(image))) / 4).margin(1e-4));
      CHECK(descent.path.answers[i].energy_ev == start.valley(image).energy_ev);
      CHECK(start.valley.u(image) > before + 0.02);
      before = start.valley.u(image);
    }
    CHECK(descent.evaluations <= 8 * 6);
  }
}

TEST_CASE("an image that begins beside the ridge comes down on its own side of the saddle", "[neb][downhill]") {
  for (const bool misled : {false, true}) {
    Start start(1.0, 3, 2);
    const Eigen::VectorXd saddle = start.valley.x(start.path.images[2]), aside = Eigen::VectorXd::Unit(12, 1);
    const Eigen::VectorXd begin = saddle + 0.05 * start.valley.direction + 0.25 * aside;
    start.path.images[3] = start.valley.at(begin);
    start.path.answers[3] = start.valley(start.path.images[3]);
    // As though it were lower over there.
    const Eigen::VectorXd there = saddle - 0.2 * start.valley.direction + 0.15 * aside;
    if (misled)
      start.learned.add(Valley::mobile().gather(start.valley.at(there).positions), -2.0, Eigen::VectorXd::Zero(12));
    std::size_t most = 0;
    int rounds = 0;
    const Descent descent = start.descend(1, most, rounds);
    CHECK(descent.minima.empty());
    for (const std::size_t i : {std::size_t{1}, std::size_t{3}}) {
      const double u = start.valley.u(descent.path.images[i]);
      INFO(misled << " image " << i << " at " << u << " after " << descent.evaluations);
      CHECK((i == 1 ? u < 0.4 : u > 0.6));
      CHECK(start.valley.aside(descent.path.images[i]) < 0.02);
    }
  }
}

TEST_CASE("an image at rest on a wall above its saddle is looked for anew, where the saddle's mode leads down",
          "[neb][downhill]") {
  Start start(1.0, 5, 3);
  // Straight up a wall from the saddle no force pulls across the step.
  const Eigen::VectorXd up = start.valley.x(start.path.images[3]) + 0.3 * Eigen::VectorXd::Unit(12, 11);
  start.path.images[4] = start.valley.at(up);
  start.path.answers[4] = start.valley(start.path.images[4]);
  REQUIRE(start.path.answers[4].energy_ev > start.path.answers[3].energy_ev);
  std::size_t most = 0;
  int rounds = 0;
  const Descent descent = start.descend(1, most, rounds);
  CHECK(descent.minima.empty());
  for (std::size_t i = 1; i < descent.path.images.size(); ++i) {
    INFO("image " << i << " at " << start.valley.u(descent.path.images[i]) << " after " << descent.evaluations);
    REQUIRE(descent.path.answers[i].forces.cols() == 5);
    CHECK(start.valley.u(descent.path.images[i]) > start.valley.u(descent.path.images[i - 1]) + 0.02);
    CHECK(start.valley.aside(descent.path.images[i]) < 0.02);
  }
}

TEST_CASE("images that end above the saddle go back to where they began", "[neb][downhill]") {
  Start start(1.0, 5, 3);
  const auto engine = [&](const Configuration& c) {
    Evaluation e = start.valley(c);
    if (start.valley.u(c) > 0.55) e.energy_ev += 1;
    return e;
  };
  BandOptions options;
  options.fmax = 0.005;
  std::size_t most = 0;
  int rounds = 0;
  const Descent descent =
      answered(go_downhill(start.path, Valley::mobile(), options, 0.005, start.learned, start.certificate), engine,
               most, rounds);
  CHECK(descent.minima.empty());
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) CHECK(start.valley.aside(descent.path.images[i]) < 0.02);
  for (const std::size_t i : {std::size_t{4}, std::size_t{5}}) {
    CHECK(descent.path.answers[i].forces.cols() == 0);
    CHECK(descent.path.images[i].positions == start.path.images[i].positions);
  }
}

TEST_CASE("a way down that leads through another minimum ends there", "[neb][downhill]") {
  Start start(2.0, 8, 2);
  std::size_t most = 0;
  int rounds = 0;
  const Descent descent = start.descend(1, most, rounds);
  REQUIRE(descent.minima.size() == 1);
  const Dip dip = descent.minima.front();
  const auto u = [&](int i) { return start.valley.u(descent.path.images[static_cast<std::size_t>(i)]); };
  CHECK(u(dip.image) + dip.beyond * (u(dip.image + 1) - u(dip.image)) == Approx(1.0).margin(0.15));
  int unasked = 0;
  for (const Evaluation& answer : descent.path.answers) unasked += answer.forces.cols() == 0 ? 1 : 0;
  CHECK(unasked > 0);
}

TEST_CASE("an image as low as the end but far from it lies in another minimum", "[neb][downhill]") {
  Start start(3.0, 2, 1);
  start.path.images[2] = start.valley.at(1.0 * start.valley.direction);
  start.path.answers[2] = start.valley(start.path.images[2]);
  std::size_t most = 0;
  int rounds = 0;
  const Descent descent = start.descend(1, most, rounds);
  REQUIRE(descent.minima.size() == 1);
  CHECK(descent.minima.front().image == 2);
  CHECK(descent.minima.front().beyond == 0);
}

TEST_CASE("a refused question on the way down is asked nearer, and refusing all ends it", "[neb][downhill]") {
  for (const int batch : {1, 4}) {
    Start start(1.0, 5, 3);
    BandOptions options;
    options.fmax = 0.005;
    options.batch = batch;
    auto procedure = go_downhill(start.path, Valley::mobile(), options, 0.005, start.learned, start.certificate);
    int told = 0;
    while (!procedure.done()) {
      if (++told % 3 == 2) {
        procedure.tell_error(Error(Error::Kind::engine, "refused"));
        continue;
      }
      REQUIRE(told < 200);
      std::vector<Evaluation> answers;
      for (const Configuration& question : procedure.ask()) answers.push_back(start.valley(question));
      procedure.tell(std::move(answers));
    }
    const Descent descent = procedure.take();
    for (const Configuration& image : descent.path.images) CHECK(start.valley.aside(image) < 0.25);

    Start dead(1.0, 5, 3);
    auto refused = go_downhill(dead.path, Valley::mobile(), options, 0.005, dead.learned, dead.certificate);
    for (int k = 0; k < 50 && !refused.done(); ++k) refused.tell_error(Error(Error::Kind::engine, "refused"));
    REQUIRE(refused.done());
    CHECK(refused.take().evaluations == 0);
  }
}

TEST_CASE("questions in batches find the same barrier in fewer rounds", "[neb][downhill][barrier]") {
  struct Surface {
    const char* name;
    double from[2], to[2];
  };
  for (const Surface& s :
       {Surface{"muller-brown", {-0.558, 1.442}, {0.623, 0.028}}, Surface{"leps-ho", {0.75, 1.3}, {3.0, -1.3}}}) {
    auto potential = make_analytic(analytic_engine(s.name).document);
    const auto engine = [&](const Configuration& c) { return potential->evaluate(c); };
    std::vector<double> barriers;
    std::vector<int> rounds(3);
    for (const int batch : {1, 2, 4}) {
      BarrierOptions options;
      options.fmax = 0.01;
      options.batch = batch;
      std::size_t most = 0;
      const BarrierResult result =
          answered(find_barrier(testing::point(s.from[0], s.from[1]), testing::point(s.to[0], s.to[1]), {}, options),
                   engine, most, rounds[barriers.size()]);
      INFO(s.name << " " << batch << ": " << result.reason);
      CHECK(result.converged());
      barriers.push_back(result.forward_ev);
    }
    CHECK(barriers[1] == Approx(barriers[0]).margin(1e-4));
    CHECK(barriers[2] == Approx(barriers[0]).margin(1e-4));
    CHECK(rounds[2] < rounds[0]);
  }
  BarrierOptions none;
  none.batch = 0;
  auto procedure = find_barrier(testing::point(0.75, 1.3), testing::point(3.0, -1.3), {}, none);
  REQUIRE(procedure.done());
  CHECK_THROWS_WITH(procedure.take(), Catch::Contains("batch is 0"));
}
