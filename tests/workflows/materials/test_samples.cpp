// SPDX-License-Identifier: GPL-2.0-or-later
// Which members of a hop class are run, what they say together, and what moves besides the ion.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "structures/formats/structure_file.hpp"
#include "workflows/materials/material_run.hpp"
#include "workflows/sampling/hop_run.hpp"

using namespace hopflow;

namespace {

SampleRun sample(double forward, double reverse, double error, double weight = 1) {
  SampleRun s;
  s.sample.weight = weight;
  s.ending = Ending::converged;
  BarrierResult b;
  b.ending = Ending::converged;
  b.forward_ev = forward;
  b.reverse_ev = reverse;
  b.parts = {{"residual_force", error, ""}, {"cell_size", std::nullopt, "not computed"}};
  b.checks = {{"one_negative_mode", true, ""}};
  b.evaluations = 100;
  s.barrier = b;
  return s;
}

SampleRun failure() {
  SampleRun s;
  s.ending = Ending::slipped;
  s.reason = "vacancy slipped to 3 instead of 5";
  return s;
}

std::optional<double> part_of(const BarrierResult& barrier, const std::string& name) {
  for (const UncertaintyPart& p : barrier.parts)
    if (p.name == name) return p.value_ev;
  return std::nullopt;
}

}  // namespace

TEST_CASE("samples are distinct members of their class, the representative first", "[workflows][samples]") {
  const Crystal crystal =
      read_structure(std::filesystem::path{HOPFLOW_SOURCE_DIR} / "inputs/structures/mapbi3-tetragonal.cif");
  const Symmetry whole = find_symmetry(crystal, SymmetryOf::crystal, 0.01);
  const HopTable table = find_hops(crystal, find_symmetry(crystal, SymmetryOf::frame, 0.5), 53, 4.55);
  REQUIRE(table.hops.size() == 2);
  const auto few = hop_samples(crystal, whole, table, 53, 4.55, 10, 1, false);
  const auto all = hop_samples(crystal, whole, table, 53, 4.55, 1000, 1, false);
  // The file is P 1: each of the 32 and 16 members has surroundings of its own.
  CHECK(all[0].size() == 32);
  CHECK(all[1].size() == 16);
  for (std::size_t h = 0; h < 2; ++h) {
    CHECK(few[h].size() == 10);
    const SitePair& first = few[h].front().pair;
    CHECK(first.from == table.hops[h].representative.from);
    CHECK(first.to == table.hops[h].representative.to);
    std::set<std::array<int, 5>> seen;
    for (const HopSample& s : all[h]) {
      CHECK(table.site_of_atom[static_cast<std::size_t>(s.pair.from)] == table.hops[h].from_site);
      CHECK(s.weight == 1);
      seen.insert({s.pair.from, s.pair.to, s.pair.image[0], s.pair.image[1], s.pair.image[2]});
    }
    CHECK(seen.size() == all[h].size());
  }
  const auto again = hop_samples(crystal, whole, table, 53, 4.55, 10, 1, false),
             other = hop_samples(crystal, whole, table, 53, 4.55, 10, 2, false);
  bool same = true, differs = false;
  for (std::size_t i = 0; i < 10; ++i) {
    same = same && again[0][i].pair.from == few[0][i].pair.from && again[0][i].pair.to == few[0][i].pair.to;
    differs = differs || other[0][i].pair.from != few[0][i].pair.from || other[0][i].pair.to != few[0][i].pair.to;
  }
  CHECK(same);
  CHECK(differs);
}

TEST_CASE("members that the crystal's own symmetry makes equal are one sample with their weight",
          "[workflows][samples]") {
  const Crystal crystal =
      read_structure(std::filesystem::path{HOPFLOW_SOURCE_DIR} / "inputs/structures/mapbi3-orthorhombic.cif");
  const Symmetry whole = find_symmetry(crystal, SymmetryOf::crystal, 0.01);
  const HopTable table = find_hops(crystal, whole, 53, 5);
  for (const auto& samples : hop_samples(crystal, whole, table, 53, 5, 100, 1, false)) CHECK(samples.size() == 1);
}

TEST_CASE("where molecules settle, members are taken again from other starts", "[workflows][samples]") {
  const Crystal ordered =
      read_structure(std::filesystem::path{HOPFLOW_SOURCE_DIR} / "inputs/structures/mapbi3-orthorhombic.cif");
  const Symmetry whole = find_symmetry(ordered, SymmetryOf::crystal, 0.01);
  for (const auto& samples : hop_samples(ordered, whole, find_hops(ordered, whole, 53, 5), 53, 5, 4, 1, true)) {
    REQUIRE(samples.size() == 4);
    for (int i = 0; i < 4; ++i) {
      const HopSample& s = samples[static_cast<std::size_t>(i)];
      CHECK(s.start == i);
      CHECK(s.pair.from == samples[0].pair.from);
      CHECK(s.pair.to == samples[0].pair.to);
      CHECK(s.weight == samples[0].weight);
    }
  }
  const Crystal unlike =
      read_structure(std::filesystem::path{HOPFLOW_SOURCE_DIR} / "inputs/structures/mapbi3-tetragonal.cif");
  const Symmetry none = find_symmetry(unlike, SymmetryOf::crystal, 0.01);
  const HopTable table = find_hops(unlike, find_symmetry(unlike, SymmetryOf::frame, 0.5), 53, 4.55);
  const auto samples = hop_samples(unlike, none, table, 53, 4.55, 20, 1, true);
  const auto again = [](const std::vector<HopSample>& of) { return std::ranges::count(of, 1, &HopSample::start); };
  CHECK(again(samples[0]) == 0);  // of 32 members
  CHECK(samples[0].size() == 20);
  CHECK(again(samples[1]) == 4);  // of 16
  CHECK(samples[1].size() == 20);
}

TEST_CASE("another start turns each free molecule as a whole about its centre, by 0.3 A in the mean",
          "[workflows][samples]") {
  Configuration cell;
  cell.cell = 30 * Eigen::Matrix3d::Identity();
  cell.species = {6, 7, 1, 53, 6, 6, 6, 6};
  cell.positions.resize(3, 8);
  cell.positions << 0, 1.5, -0.6, 8, 10, 15, 16, 17, 0, 0, 0.9, 8, 1, 2, -4, 3, 0, 0.1, 0.2, 8, 0, 3, 1, 2;
  const std::vector<std::vector<int>> molecules{{0, 1, 2}, {4, 5}, {6, 7}};
  Mask free(8, true);
  free[5] = false;
  CHECK(turned_at_random(cell, molecules, free, 1, 0).positions == cell.positions);
  const auto start = [&](std::uint64_t seed, int n) {
    return turned_at_random(cell, molecules, free, seed, n).positions;
  };
  CHECK(start(1, 3) == start(1, 3));
  CHECK(start(1, 3) != start(1, 4));
  CHECK(start(1, 3) != start(2, 3));
  const auto rms = [&](const Eigen::Matrix3Xd& turned, const std::vector<int>& molecule) {
    return (turned(Eigen::all, molecule) - cell.positions(Eigen::all, molecule)).squaredNorm() /
           static_cast<double>(molecule.size());
  };
  double small = 0, large = 0;
  constexpr int draws = 2000;
  for (int n = 1; n <= draws; ++n) {
    const Eigen::Matrix3Xd turned = start(7, n);
    CHECK(turned.col(3) == cell.positions.col(3));
    CHECK(turned(Eigen::all, molecules[1]) == cell.positions(Eigen::all, molecules[1]));  // one of its atoms is held
    for (const std::size_t m : {0u, 2u}) {
      const Eigen::Matrix3Xd before = cell.positions(Eigen::all, molecules[m]),
                             after = turned(Eigen::all, molecules[m]);
      CHECK((after.rowwise().mean() - before.rowwise().mean()).norm() < 1e-12);
      CHECK((after.col(0) - after.col(1)).norm() == Approx((before.col(0) - before.col(1)).norm()).epsilon(1e-12));
    }
    small += rms(turned, molecules[0]) / draws;
    large += rms(turned, molecules[2]) / draws;
  }
  // The mean square of 2000 draws is known to some 2 %; a turn by a large angle moves by its chord, a little less.
  CHECK(std::sqrt(small) == Approx(0.3).epsilon(0.04));
  CHECK(std::sqrt(large) == Approx(0.3).epsilon(0.04));
}

TEST_CASE("weighted statistics are those of the closed form", "[workflows][samples]") {
  const std::vector<double> values{0.1, 0.2, 0.4, 0.5}, even(4, 2.0);
  const SampleStatistics s = statistics_of(values, even);
  CHECK(s.mean == Approx(0.3));
  CHECK(*s.sd == Approx(std::sqrt(0.10 / 3)));
  CHECK(*s.sem == Approx(*s.sd / 2));
  CHECK(s.median == Approx(0.3));
  CHECK(s.low == 0.1);
  CHECK(s.high == 0.5);
  CHECK(statistics_of(std::vector<double>{1, 3}, std::vector<double>{3, 1}).mean == Approx(1.5));
  CHECK_FALSE(statistics_of(std::vector<double>{1}, std::vector<double>{3}).sem);
}

TEST_CASE("rates are averaged, not barriers", "[workflows][samples]") {
  constexpr double kt = 8.617333262e-5 * 300;
  const std::vector<double> values{0.30, 0.40}, even{1.0, 1.0};
  // Closed form: -kT ln((exp(-E1/kT) + exp(-E2/kT)) / 2).
  const RateAverage two = rate_average(values, even, 300);
  CHECK(two.barrier_ev == Approx(0.30 - kt * std::log((1 + std::exp(-0.10 / kt)) / 2)).epsilon(1e-9));
  // Jackknife of two samples: half the distance of what each says alone.
  CHECK(two.error_ev == Approx(0.05).epsilon(1e-9));
  CHECK(rate_average(std::vector<double>{0.3}, std::vector<double>{2.0}, 300).barrier_ev == Approx(0.3));
  CHECK(rate_average(values, even, 1e6).barrier_ev == Approx(0.35).epsilon(1e-3));  // a hot crystal: the plain mean
  // Of a normal distribution the rate's barrier lies sd^2 / (2 kT) below the mean; 2001 quantiles of one of 0.02 eV.
  std::vector<double> normal, weights;
  for (int i = -1000; i <= 1000; ++i) {
    const double z = 0.005 * i;
    normal.push_back(0.4 + 0.02 * z);
    weights.push_back(std::exp(-z * z / 2));
  }
  CHECK(rate_average(normal, weights, 300).barrier_ev == Approx(0.4 - 0.02 * 0.02 / (2 * kt)).epsilon(1e-5));
  // Barriers whose factors underflow still have a mean rate.
  CHECK(rate_average(std::vector<double>{9.0, 30.0}, even, 20).barrier_ev == Approx(9.0).margin(0.01));
}

TEST_CASE("a network of hops takes over the mean rate of samples, whatever their plain mean", "[workflows][samples]") {
  HopRun hop;
  hop.samples = {sample(0.30, 0.20, 0.01), sample(0.40, 0.30, 0.01)};
  conclude(hop, false, false, 300);
  CHECK(hop.barrier->forward_ev == Approx(0.35));
  REQUIRE(hop.rate_forward);
  CHECK(hop.rate_forward->barrier_ev == Approx(0.3174).margin(1e-4));  // 0.30 + kT ln 2 - kT ln(1 + 0.0209)
  CHECK(hop.rate_reverse->barrier_ev == Approx(0.2174).margin(1e-4));
  CHECK(hop_error(hop) == Approx(std::hypot(0.05, 0.01 / std::sqrt(2.0))));
  hop = HopRun{};
  hop.samples = {sample(0.30, 0.20, 0.01)};
  conclude(hop, false);
  CHECK_FALSE(hop.rate_forward);
  CHECK(hop_error(hop) == Approx(0.01));
}

TEST_CASE("one sample speaks for itself", "[workflows][samples]") {
  HopRun hop;
  hop.samples = {sample(0.3, 0.2, 0.01)};
  conclude(hop, false);
  CHECK(hop.ending == Ending::converged);
  CHECK(hop.barrier->forward_ev == 0.3);
  CHECK_FALSE(hop.kra);
  CHECK(hop.barrier->parts.size() == 2);
  hop = HopRun{};
  hop.samples = {sample(0.3, 0.2, 0.01)};
  conclude(hop, false, true);
  CHECK(hop.barrier->parts.back().name == "sampling");
  CHECK_FALSE(hop.barrier->parts.back().value_ev);
  hop = HopRun{};
  hop.samples = {failure()};
  conclude(hop, false);
  CHECK(hop.ending == Ending::slipped);
  CHECK_FALSE(hop.barrier);
}

TEST_CASE("several samples give means with the error of the mean, failures counted apart", "[workflows][samples]") {
  HopRun hop;
  hop.samples = {sample(0.30, 0.20, 0.01), failure(), sample(0.40, 0.30, 0.02), sample(0.20, 0.16, 0.02)};
  conclude(hop, false);
  REQUIRE(hop.ending == Ending::converged);
  CHECK(hop.barrier->forward_ev == Approx(0.30));
  CHECK(hop.barrier->reverse_ev == Approx(0.22));
  CHECK(hop.kra->mean == Approx(0.26));
  CHECK(hop.typical == 0);
  CHECK(*part_of(*hop.barrier, "residual_force") == Approx(0.01));  // (0.01^2 + 2 0.02^2)^(1/2) / 3
  CHECK(*part_of(*hop.barrier, "sampling") == Approx(0.1 / std::sqrt(3)));
  CHECK_FALSE(part_of(*hop.barrier, "cell_size"));
  CHECK(hop.barrier->uncertainty_ev == Approx(std::hypot(0.01, 0.1 / std::sqrt(3))));
  CHECK(hop.barrier->evaluations == 300);
  CHECK(hop.barrier->checks.back().passed == false);
  CHECK(hop.barrier->checks.back().detail == "3 of 4 samples converged");
}

TEST_CASE("a check that is open for one sample is open for their mean, and failed where it failed for one",
          "[workflows][samples]") {
  HopRun hop;
  hop.samples = {sample(0.30, 0.20, 0), sample(0.30, 0.20, 0), sample(0.30, 0.20, 0)};
  hop.samples[1].barrier->checks.front().passed.reset();
  conclude(hop, false);
  CHECK_FALSE(hop.barrier->checks.front().passed);
  CHECK(hop.barrier->checks.front().detail == "2 of 3 samples, 1 open");
  hop.samples[2].barrier->checks.front().passed = false;
  conclude(hop, false);
  CHECK(hop.barrier->checks.front().passed == false);
  CHECK(hop.barrier->checks.front().detail == "1 of 3 samples, 1 open");
}

TEST_CASE("ends the symmetry swaps have one barrier on average", "[workflows][samples]") {
  HopRun hop;
  hop.samples = {sample(0.30, 0.20, 0), sample(0.10, 0.40, 0)};
  conclude(hop, true);
  CHECK(hop.barrier->forward_ev == Approx(0.25));
  CHECK(hop.barrier->reverse_ev == Approx(0.25));
}

TEST_CASE("a mean needs two samples and half of those asked for", "[workflows][samples]") {
  HopRun hop;
  hop.samples = {sample(0.3, 0.2, 0), failure()};
  conclude(hop, false);
  CHECK(hop.ending == Ending::not_converged);
  CHECK_THAT(hop.reason, Catch::Contains("1 of 2 samples converged") && Catch::Contains("slipped to 3"));
  hop = HopRun{};
  hop.samples = {failure(), failure()};
  conclude(hop, false);
  CHECK(hop.ending == Ending::slipped);
}

TEST_CASE("a molecule's turn is measured about any axis, on a line and off it", "[workflows][samples]") {
  const Eigen::Matrix3d turn = Eigen::AngleAxisd(0.8, Eigen::Vector3d(1, -2, 0.5).normalized()).toRotationMatrix();
  const double degrees = 0.8 * 180 / 3.14159265358979;
  Eigen::Matrix3Xd bent(3, 4);
  bent << 0, 1.4, 2.1, 0, 0, 0, 1.2, 0, 0, 0, 0.1, 1;
  const Eigen::Vector3d away(5, 1, 2);
  CHECK(turned_by(bent, (turn * bent).colwise() + away, {6, 7, 6, 1}) == Approx(degrees).epsilon(1e-6));
  // Two heavy atoms and a hydrogen: only the axis counts, which lies across the axis of the turn here.
  Eigen::Matrix3Xd line(3, 3);
  line << 0, 0, 0.9, 0, 0, 0, 0, 1.5, 0;
  const Eigen::Matrix3d across = Eigen::AngleAxisd(0.8, Eigen::Vector3d::UnitX()).toRotationMatrix();
  CHECK(turned_by(line, across * line, {6, 7, 1}) == Approx(degrees).epsilon(1e-6));
  CHECK(turned_by(line, Eigen::AngleAxisd(2, Eigen::Vector3d::UnitZ()).toRotationMatrix() * line, {6, 7, 1}) ==
        Approx(0).margin(1e-4));
}

TEST_CASE("turned molecules and atoms that do not stay are counted, the ion not", "[workflows][samples]") {
  Configuration a;
  a.cell = 10 * Eigen::Matrix3d::Identity();
  a.species = {53, 82, 6, 7, 53};
  a.positions.resize(3, 5);
  a.positions << 1, 3, 5, 6.5, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0;
  Configuration b = a;
  b.positions.col(0) += Eigen::Vector3d(4, 0, 0);
  b.positions.col(1) += Eigen::Vector3d(10, 0.6, 0);  // a lattice vector and 0.6 A
  b.positions.col(3) = Eigen::Vector3d(5, 1.5, 0);    // a quarter turn
  const EndMoves moves = moves_between(a, b, 0, {{2, 3}});
  CHECK(moves.turned == 1);
  CHECK(moves.largest_turn_deg == Approx(90));
  CHECK(moves.movers == 1);
  CHECK(moves.largest_move == Approx(0.6));
}
