// SPDX-License-Identifier: GPL-2.0-or-later
// Milliseconds the surrogate's search itself takes for each question and before the first, the engine's time apart: a
// vacancy's hop in a Morse crystal of 400 sites, 1197 coordinates, begun with the answers of ten rounds of a band. Then
// what energies of pairs take by themselves among five elements, with fifty answers. Prints JSON.
#include <chrono>
#include <cmath>
#include <random>

#include <fmt/core.h>

#include "neb/band/band.hpp"
#include "neb/path/interpolation.hpp"
#include "neb/surrogate/downhill.hpp"
#include "neb/surrogate/pair_prior.hpp"
#include "neb/surrogate/surrogate_band.hpp"
#include "structures/core/cell.hpp"

using namespace hopflow;

namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

/// Face-centred cubic, 5 x 5 x 4 cells of 3.6 A.
Configuration crystal() {
  constexpr double a = 3.6;
  Configuration c;
  c.cell = Eigen::Vector3d(5 * a, 5 * a, 4 * a).asDiagonal();
  c.positions.resize(3, 400);
  Eigen::Index n = 0;
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 5; ++j)
      for (int k = 0; k < 4; ++k)
        for (const Eigen::Vector3d& site : {Eigen::Vector3d(0, 0, 0), Eigen::Vector3d(0, .5, .5),
                                            Eigen::Vector3d(.5, 0, .5), Eigen::Vector3d(.5, .5, 0)})
          c.positions.col(n++) = a * (site + Eigen::Vector3d(i, j, k));
  c.species.assign(400, 29);
  return c;
}

/// Morse pairs with the parameters of copper (Girifalco & Weizer, Phys. Rev. 114, 687, 1959), cut and shifted at 5 A.
Evaluation morse(const Configuration& c) {
  constexpr double depth = 0.3429, a = 1.3588, r0 = 2.866, cutoff = 5.0;
  const auto well = [&](double r) {
    const double e = std::exp(-a * (r - r0));
    return depth * (e * e - 2 * e);
  };
  Evaluation answer;
  answer.forces = Eigen::Matrix3Xd::Zero(3, c.size());
  const Eigen::Vector3d box = c.cell.diagonal();
  for (Eigen::Index i = 0; i < c.positions.cols(); ++i) {
    for (Eigen::Index j = 0; j < i; ++j) {
      Eigen::Vector3d v = c.positions.col(i) - c.positions.col(j);
      for (int k = 0; k < 3; ++k) v[k] -= box[k] * std::round(v[k] / box[k]);
      const double r = v.norm();
      if (r > cutoff) continue;
      const double e = std::exp(-a * (r - r0));
      answer.energy_ev += well(r) - well(cutoff);
      const Eigen::Vector3d force = 2 * a * depth * (e * e - e) / r * v;
      answer.forces.col(i) += force;
      answer.forces.col(j) -= force;
    }
  }
  return answer;
}

struct Timed {
  int questions = 0;
  double before_ms = 0;  // until the first question
  double total_ms = 0, longest_ms = 0;
};

template <class T>
T run(Procedure<T> procedure, Timed& timed) {
  const auto start = Clock::now();
  procedure.done();
  timed.before_ms = ms_since(start);
  while (!procedure.done()) {
    std::vector<Evaluation> answers;
    for (const Configuration& question : procedure.ask()) answers.push_back(morse(question));
    timed.questions += static_cast<int>(answers.size());
    const auto begin = Clock::now();
    procedure.tell(std::move(answers));
    const double took = ms_since(begin);
    timed.total_ms += took;
    timed.longest_ms = std::max(timed.longest_ms, took);
  }
  return procedure.take();
}

/// The whole crystal, of five elements in turn and with all atoms free; pairs are learned from rattled copies.
void time_pairs() {
  constexpr int answers = 50;
  Configuration home = crystal();
  for (std::size_t i = 0; i < home.species.size(); ++i) home.species[i] = 28 + static_cast<int>(i % 5);
  std::mt19937 random(1);
  std::uniform_real_distribution<double> between(-0.1, 0.1);
  const auto rattled = [&] {
    Configuration c = home;
    for (double& x : c.positions.reshaped()) x += between(random);
    return c;
  };
  const Mobile mobile({}, home.size());
  const std::vector<Configuration> path = linear_path(rattled(), rattled(), 5);
  auto begin = Clock::now();
  PairPrior prior(path, mobile);
  const double construction_ms = ms_since(begin);
  Timed adding, solving;
  const auto count = [&](Timed& timed) {
    const double took = ms_since(begin);
    timed.total_ms += took;
    timed.longest_ms = std::max(timed.longest_ms, took);
  };
  for (int k = 0; k < answers; ++k) {
    const Configuration c = rattled();
    const Evaluation answer = morse(c);
    const Eigen::VectorXd x = mobile.gather(c.positions), gradient = mobile.gradient(answer);
    begin = Clock::now();
    prior.add(x(prior.rows()), answer.energy_ev, gradient(prior.rows()));
    count(adding);
    begin = Clock::now();
    prior.solve();
    count(solving);
  }
  fmt::print(
      "{{\"pair_coordinates\": {}, \"construction_ms\": {:.2f}, \"add_ms\": {:.2f}, \"solve_ms\": {:.2f}, "
      "\"longest_solve_ms\": {:.2f}}}\n",
      prior.rows().size(), construction_ms, adding.total_ms / answers, solving.total_ms / answers, solving.longest_ms);
}

}  // namespace

int main() {
  const Configuration whole = crystal();
  Configuration initial = whole;
  initial.positions = whole.positions.rightCols(399);
  initial.species.pop_back();
  Configuration final = initial;
  final.positions.col(0) = whole.positions.col(0);  // the nearest neighbour jumps into the empty site
  const Mobile mobile({}, initial.size());
  Path path;
  path.images = linear_path(initial, final, 5);
  path.answers.resize(path.images.size());
  path.answers.front() = morse(initial);
  path.answers.back() = morse(final);
  const auto x = [&](const Configuration& c) { return mobile.gather(c.positions); };

  // Ten rounds of a band: fifty answers on the same surface.
  Surrogate known(x(final) - x(initial), shortest_distance(initial, mobile));
  Procedure<Band> band = converge_band(path, mobile, BandOptions{});
  for (int round = 0; round < 10; ++round) {
    std::vector<Evaluation> answers;
    for (const Configuration& image : band.ask()) {
      answers.push_back(morse(image));
      known.add(x(image), answers.back().energy_ev, mobile.gradient(answers.back()));
    }
    band.tell(std::move(answers));
  }
  const std::size_t answers = known.size();
  const auto begin = Clock::now();
  known.fit(x(path.images[3]));
  const double fit_ms = ms_since(begin);

  BandOptions options;
  options.fmax = 1e-6;  // never reached: the search goes on as long as it may
  Timed timed;
  const SurrogateBand search = run(search_with_surrogate(path, mobile, options, std::move(known)), timed);
  fmt::print(
      "{{\"coordinates\": {}, \"answers_before\": {}, \"questions\": {}, \"before_first_ms\": {:.2f}, "
      "\"ms_per_question\": {:.2f}, "
      "\"longest_ms\": {:.2f}, \"first_fit_ms\": {:.2f}, \"force_reached_ev_per_angstrom\": {:.2g}}}\n",
      3 * mobile.count(), answers, timed.questions, timed.before_ms, timed.total_ms / timed.questions, timed.longest_ms,
      fit_ms, search.band.fmax);

  // The images beside the saddle, with all those answers.
  Path held = search.band.path;
  const std::size_t top = static_cast<std::size_t>(search.band.highest);
  Timed unused, downhill;
  const Certificate certificate = run(
      certify(held.images[top], morse(held.images[top]), mobile, search.band.tangent, CertificateOptions{}), unused);
  held.images[top] = certificate.saddle.configuration;
  held.answers[top] = certificate.saddle.evaluation;
  held.saddle = search.band.highest;
  options.fmax = 0.01;
  Surrogate learned = *search.learned;
  run(go_downhill(std::move(held), mobile, options, 0.005, learned, certificate), downhill);
  fmt::print("{{\"downhill_questions\": {}, \"ms_per_question\": {:.2f}, \"longest_ms\": {:.2f}}}\n",
             downhill.questions, downhill.total_ms / downhill.questions, downhill.longest_ms);
  time_pairs();
}
