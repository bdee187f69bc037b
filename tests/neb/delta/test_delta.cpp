// SPDX-License-Identifier: GPL-2.0-or-later
// Searches with a cheap engine as a prior: clusters of Lennard-Jones atoms, the cheap one with other wells.
#include <catch2/catch.hpp>

#include "neb/core/lockstep.hpp"
#include "neb/delta/prior_barrier.hpp"
#include "tests/neb/lennard_jones.hpp"

using namespace hopflow;
using namespace hopflow::testing;

namespace {

/// Another well depth and size than LennardJones; a negative depth turns attraction round.
class OtherLennardJones final : public Potential {
 public:
  OtherLennardJones(double depth, double size) : depth_{depth}, size_{size} {}
  Evaluation evaluate(const Configuration& c) override {
    Configuration scaled = c;
    scaled.positions /= size_;
    Evaluation e = LennardJones{}.evaluate(scaled);
    e.energy_ev *= depth_;
    e.forces *= depth_ / size_;
    return e;
  }

 private:
  double depth_, size_;
};

struct Calls {
  int dear = 0, prior = 0;
};

template <class T>
T drive_both(Procedure<T> procedure, Potential& dear, Potential& prior, Calls& calls, int limit = 20000) {
  while (!procedure.done()) {
    const bool cheap = procedure.asks_prior();
    std::vector<Evaluation> answers;
    for (const Configuration& question : procedure.ask()) answers.push_back((cheap ? prior : dear).evaluate(question));
    (cheap ? calls.prior : calls.dear) += static_cast<int>(answers.size());
    if (calls.dear + calls.prior > limit) throw std::runtime_error("the procedure asked too much");
    procedure.tell(std::move(answers));
  }
  CHECK(procedure.evaluations() == calls.dear);
  CHECK(procedure.evaluations_prior() == calls.prior);
  return procedure.take();
}

/// Two atoms on faces of a tetrahedron, pushed off their places; the first three atoms are held.
std::pair<Configuration, Mask> pushed() {
  Configuration c = on_faces({0, 1}, false);
  for (Eigen::Index i = 3; i < c.positions.cols(); ++i)
    c.positions.col(i) += 0.08 * Eigen::Vector3d(i % 2 == 0 ? 1 : -1, 0.7, i % 3 == 0 ? -1 : 0.4);
  Mask mask(static_cast<std::size_t>(c.size()), true);
  mask[0] = mask[1] = mask[2] = false;
  return {c, mask};
}

/// An atom on one face of a tetrahedron goes to the next.
struct Hop {
  Configuration initial, final;
  Mask mask;
  BarrierOptions options;
  LennardJones dear;
  OtherLennardJones cheap;
};

Hop one_hop() {
  Hop hop{on_faces({0}, false), on_faces({1}, false), {}, {}, {}, {0.85, 1.02}};
  hop.mask.assign(static_cast<std::size_t>(hop.initial.size()), true);
  hop.mask[2] = hop.mask[3] = hop.mask[0] = false;
  hop.options.fmax = 0.02;
  return hop;
}

}  // namespace

TEST_CASE("the difference of two engines is reproduced where it is known, and its gradient is its slope", "[delta]") {
  const auto [start, mask] = pushed();
  const Mobile mobile(mask, start.size());
  LennardJones dear;
  OtherLennardJones cheap{0.8, 1.02};
  DeltaModel delta(start, mobile);
  const Eigen::VectorXd x = mobile.gather(start.positions);
  for (int k = 0; k < 6; ++k) {
    const Configuration at = mobile.place(start, x + 0.03 * k * Eigen::VectorXd::LinSpaced(x.size(), -1, 1));
    learn(delta, mobile, {at, dear.evaluate(at), cheap.evaluate(at)});
  }
  delta.fit(x);
  CHECK(delta.predict(x).energy_ev ==
        Approx(dear.evaluate(start).energy_ev - cheap.evaluate(start).energy_ev).margin(2e-3));
  const Eigen::VectorXd between = x + 0.045 * Eigen::VectorXd::LinSpaced(x.size(), -1, 1);
  const Eigen::VectorXd gradient = delta.predict(between).gradient;
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    const Eigen::VectorXd h = 1e-5 * Eigen::VectorXd::Unit(x.size(), i);
    CHECK(gradient[i] ==
          Approx((delta.predict(between + h).energy_ev - delta.predict(between - h).energy_ev) / 2e-5).margin(1e-6));
  }
}

TEST_CASE("a relaxation with a prior ends where the plain one does, with a fraction of its calls", "[delta]") {
  const auto [start, mask] = pushed();
  LennardJones dear;
  OtherLennardJones cheap{0.85, 1.02};
  RelaxOptions options;
  options.fmax = 0.01;
  Calls plain, helped;
  const Relaxed alone = drive_both(relax(start, mask, options), dear, cheap, plain);
  const PriorRelaxed with = drive_both(relax_with_prior(start, mask, options, {}), dear, cheap, helped);
  REQUIRE(alone.converged());
  CHECK(with.relaxed.converged());
  CHECK_FALSE(with.fell_back);
  CHECK(with.relaxed.fmax <= options.fmax);
  CHECK(with.relaxed.evaluations == helped.dear);
  CHECK(with.relaxed.evaluation.energy_ev == Approx(alone.evaluation.energy_ev).margin(1e-3));
  // What is reported is the dear engine's own answer.
  CHECK(dear.evaluate(with.relaxed.configuration).energy_ev == with.relaxed.evaluation.energy_ev);
  CHECK(2 * helped.dear <= plain.dear);
  WARN("relaxation: " << plain.dear << " calls alone, " << helped.dear << " with a prior (" << helped.prior << ")");
}

TEST_CASE("a prior that pushes the wrong way costs a fifth more at most", "[delta]") {
  const auto [start, mask] = pushed();
  LennardJones dear;
  OtherLennardJones wrong{-1, 1};
  RelaxOptions options;
  options.fmax = 1e-3;
  Calls plain, misled;
  const Relaxed alone = drive_both(relax(start, mask, options), dear, wrong, plain);
  const PriorRelaxed with = drive_both(relax_with_prior(start, mask, options, {}), dear, wrong, misled);
  CHECK(with.relaxed.converged());
  CHECK(with.relaxed.evaluation.energy_ev == Approx(alone.evaluation.energy_ev).margin(1e-3));
  CHECK(misled.dear <= 1.2 * plain.dear + 1);
  WARN("misleading prior: " << plain.dear << " calls alone, " << misled.dear << " with it");
}

TEST_CASE("a budget ends a relaxation with the best answer so far", "[delta]") {
  const auto [start, mask] = pushed();
  LennardJones dear;
  OtherLennardJones cheap{0.85, 1.02};
  RelaxOptions options;
  options.fmax = 1e-5;
  PriorOptions prior;
  prior.budget = 3;
  Calls calls;
  const PriorRelaxed stopped = drive_both(relax_with_prior(start, mask, options, prior), dear, cheap, calls);
  CHECK(calls.dear == 3);
  CHECK_FALSE(stopped.relaxed.converged());
  CHECK_THAT(stopped.relaxed.reason, Catch::Contains("3 calls"));
  CHECK(stopped.relaxed.evaluation.energy_ev < dear.evaluate(start).energy_ev);
}

TEST_CASE("a hop with a prior has the barrier of the plain search", "[delta]") {
  auto [initial, final, mask, options, dear, cheap] = one_hop();
  Calls plain, helped;
  const BarrierResult alone = drive_both(find_barrier(initial, final, mask, options), dear, cheap, plain);
  const BarrierResult with =
      drive_both(find_barrier_with_prior(initial, final, mask, options, {}), dear, cheap, helped);
  REQUIRE(alone.converged());
  INFO(with.reason);
  CHECK(with.converged());
  CHECK(with.forward_ev == Approx(alone.forward_ev).margin(5e-3));
  CHECK(with.reverse_ev == Approx(alone.reverse_ev).margin(5e-3));
  CHECK(helped.dear < plain.dear);
  // Nothing in the path is the prior's word.
  for (std::size_t i = 0; i < with.path.size(); ++i)
    CHECK(dear.evaluate(with.path[i]).energy_ev == with.answers[i].energy_ev);
  WARN("hop: " << plain.dear << " calls alone, " << helped.dear << " with a prior (" << helped.prior << ")");
}

TEST_CASE("a budget ends a search with a prior, and what it says then is an estimate that is not called converged",
          "[delta]") {
  auto [initial, final, mask, options, dear, cheap] = one_hop();
  for (const int budget : {3, 6, 9, 14}) {
    Calls calls;
    PriorOptions prior;
    prior.budget = budget;
    const BarrierResult stopped =
        drive_both(find_barrier_with_prior(initial, final, mask, options, prior), dear, cheap, calls);
    CAPTURE(budget, calls.dear, stopped.reason);
    CHECK(calls.dear <= budget + 3);  // each end is asked once at least, and the last step is not cut short
    CHECK_FALSE(stopped.converged());
    CHECK_THAT(stopped.reason, Catch::Contains("calls"));
  }
}

TEST_CASE("procedures with a prior run next to each other: their questions to the engine go out together", "[delta]") {
  const auto [start, mask] = pushed();
  RelaxOptions options;
  options.fmax = 0.01;
  std::vector<Procedure<PriorRelaxed>> two;
  Configuration other = start;
  other.positions.col(4)[0] += 0.02;
  two.push_back(relax_with_prior(start, mask, options, {}));
  two.push_back(relax_with_prior(other, mask, options, {}));
  auto both = in_lockstep(std::move(two));
  LennardJones dear;
  OtherLennardJones cheap{0.85, 1.02};
  int together = 0;
  while (!both.done()) {
    const bool prior = both.asks_prior();
    std::vector<Evaluation> answers;
    for (const Configuration& question : both.ask())
      answers.push_back(prior ? cheap.evaluate(question) : dear.evaluate(question));
    together += !prior && answers.size() == 2;
    both.tell(std::move(answers));
  }
  const std::vector<PriorRelaxed> ended = both.take();
  CHECK(together >= 3);
  for (const PriorRelaxed& one : ended) CHECK(one.relaxed.converged());
}
