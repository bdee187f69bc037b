// SPDX-License-Identifier: GPL-2.0-or-later
// Diffusion by playing it: one vacancy in a periodic box, every atom labelled, jump after jump.
#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include <Random123/philox.h>

#include "structures/core/units.hpp"
#include "structures/diffusion/diffusion.hpp"

using namespace hopflow;

namespace {

constexpr double hot_k = 1000;
const double hot_ev = units::boltzmann * hot_k;

/// Uniform in (0, 1), keyed by what it is for and how often it was asked.
double uniform_at(std::uint32_t purpose, std::uint64_t index) {
  const r123::Philox4x32::ctr_type counter{
      {static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32), 0, 0}};
  const r123::Philox4x32::key_type key{{20240101U, purpose}};
  return (r123::Philox4x32{}(counter, key)[0] + 0.5) / 4294967296.0;
}

/// The vacancy in a box of `edge`^3 cells, with its atoms.
class Box {
 public:
  Box(const JumpNetwork& network, int edge) : network_{network}, edge_{edge} {
    out_.resize(static_cast<std::size_t>(network.size()));
    for (const Jump& jump : network.jumps) {
      const double saddle = jump.saddle_ev;
      const auto from = static_cast<std::size_t>(jump.from), to = static_cast<std::size_t>(jump.to);
      out_[from].push_back({jump.to, jump.image, std::exp(-(saddle - network.energy_ev[from]) / hot_ev)});
      out_[to].push_back({jump.from, -jump.image, std::exp(-(saddle - network.energy_ev[to]) / hot_ev)});
    }
    const std::size_t places = out_.size() * static_cast<std::size_t>(edge * edge * edge);
    for (std::size_t p = 0; p < places; ++p) atom_.push_back(static_cast<int>(p));
    moved_.assign(places, Eigen::Vector3d::Zero());
  }

  /// One jump; adds the mean time spent before it.
  void step() {
    const auto& ways = out_[static_cast<std::size_t>(site_)];
    double total = 0;
    for (const Way& way : ways) total += way.rate;
    time_ += 1 / total;
    double draw = uniform_at(1, count_++) * total;
    std::size_t w = 0;
    while (w + 1 < ways.size() && draw >= ways[w].rate) draw -= ways[w++].rate;
    const Eigen::Vector3d d =
        network_.cell * (network_.fractional[static_cast<std::size_t>(ways[w].to)] + ways[w].image.cast<double>() -
                         network_.fractional[static_cast<std::size_t>(site_)]);
    const std::size_t before = place();
    site_ = ways[w].to;
    for (int k = 0; k < 3; ++k) at_(k) = (at_(k) + ways[w].image(k) + edge_) % edge_;
    const std::size_t after = place();
    moved_[static_cast<std::size_t>(atom_[after])] -= d;
    vacancy_ += d;
    std::swap(atom_[before], atom_[after]);
  }

  /// Forgets displacements and time, keeps who is where.
  void restart() {
    for (Eigen::Vector3d& m : moved_) m.setZero();
    vacancy_.setZero();
    time_ = 0;
  }
  double time() const { return time_; }
  const Eigen::Vector3d& vacancy() const { return vacancy_; }
  /// Mean over the atoms of the squares of their displacements along x, y, z.
  Eigen::Vector3d mean_square() const {
    Eigen::Vector3d sum = Eigen::Vector3d::Zero();
    for (const Eigen::Vector3d& m : moved_) sum += m.cwiseAbs2();
    return sum / static_cast<double>(moved_.size() - 1);
  }
  double places() const { return static_cast<double>(moved_.size()); }

 private:
  struct Way {
    int to;
    Eigen::Vector3i image;
    double rate;
  };
  std::size_t place() const {
    return static_cast<std::size_t>(((at_(0) * edge_ + at_(1)) * edge_ + at_(2)) * network_.size() + site_);
  }

  const JumpNetwork& network_;
  int edge_;
  std::vector<std::vector<Way>> out_;
  std::vector<int> atom_;
  std::vector<Eigen::Vector3d> moved_;
  Eigen::Vector3d vacancy_ = Eigen::Vector3d::Zero();
  Eigen::Vector3i at_ = Eigen::Vector3i::Zero();
  int site_ = 0;
  double time_ = 0;
  std::uint64_t count_ = 0;
};

/// Two sites of different energy, jumps of four heights, no symmetry but inversion of the whole.
JumpNetwork lopsided() {
  JumpNetwork out;
  out.cell = Eigen::Vector3d{4, 5, 6}.asDiagonal();
  out.energy_ev = {0, 0.8 * hot_ev};
  out.fractional = {{0, 0, 0}, {0.4, 0.5, 0.45}};
  out.jumps = {{0, 1, {0, 0, 0}, 1.0 * hot_ev},  {0, 1, {-1, 0, 0}, 1.8 * hot_ev}, {0, 1, {0, -1, 0}, 1.4 * hot_ev},
               {0, 1, {0, 0, -1}, 2.2 * hot_ev}, {0, 0, {1, 0, 0}, 2.0 * hot_ev},  {1, 1, {0, 0, 1}, 2.4 * hot_ev}};
  return out;
}

struct Mean {
  Eigen::Vector3d sum = Eigen::Vector3d::Zero(), squares = Eigen::Vector3d::Zero();
  int count = 0;
  void add(const Eigen::Vector3d& value) {
    sum += value;
    squares += value.cwiseAbs2();
    ++count;
  }
  Eigen::Vector3d value() const { return sum / count; }
  Eigen::Vector3d error() const { return ((squares / count - value().cwiseAbs2()) / (count - 1)).cwiseSqrt(); }
};

}  // namespace

TEST_CASE("a vacancy played jump by jump spreads as the tensor says", "[structures][diffusion]") {
  const JumpNetwork network = lopsided();
  Box box{network, 8};
  Mean spread;
  for (int block = 0; block < 6000; ++block) {
    box.restart();
    for (int step = 0; step < 400; ++step) box.step();
    spread.add(box.vacancy().cwiseAbs2() / (2 * box.time()));
  }
  const Eigen::Vector3d expected = vacancy_diffusivity(network, hot_k, 1).diagonal();
  for (int k = 0; k < 3; ++k) {
    INFO("axis " << k << ": " << spread.value()(k) << " +- " << spread.error()(k) << ", exact " << expected(k));
    CHECK(spread.error()(k) < 0.025 * expected(k));
    CHECK(std::abs(spread.value()(k) - expected(k)) < 4 * spread.error()(k));
  }
}

TEST_CASE("atoms moved by a vacancy jump by jump spread as the tracer tensor says", "[structures][diffusion]") {
  const JumpNetwork network = lopsided();
  const auto exact = tracer_diffusivity(network, hot_k, 1);
  REQUIRE(exact);
  Box box{network, 8};
  Mean spread;
  for (int block = 0; block < 24; ++block) {
    box.restart();
    for (int step = 0; step < 200000; ++step) box.step();  // each atom is met some hundred times
    spread.add(box.mean_square() / (2 * box.time()) * box.places());
  }
  const Eigen::Vector3d expected = exact->per_vacancy_fraction.diagonal();
  const Eigen::Vector3d vacancy = vacancy_diffusivity(network, hot_k, 1).diagonal();
  for (int k = 0; k < 3; ++k) {
    INFO("axis " << k << ": " << spread.value()(k) << " +- " << spread.error()(k) << ", exact " << expected(k)
                 << ", vacancy " << vacancy(k));
    CHECK(spread.error()(k) < 0.02 * expected(k));
    CHECK(std::abs(spread.value()(k) - expected(k)) < 4 * spread.error()(k) + 0.005 * expected(k));
    CHECK(expected(k) < 0.9 * vacancy(k));
  }
}
