// SPDX-License-Identifier: GPL-2.0-or-later
// A band that moves: where it is, what it tries next, whether it climbs, when it ends.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neb/band/band.hpp"
#include "neb/band/band_forces.hpp"
#include "neb/core/optimizer.hpp"
#include "neb/core/rigid.hpp"

namespace hopflow {

/// The machine inside converge_band(). Round by round: questions(), take() or retreat(), arrive(), go_on(); result()
/// once ended().
class MovingBand {
 public:
  MovingBand(Path start, Mobile mobile, BandOptions options);
  MovingBand(const MovingBand&) = delete;
  MovingBand& operator=(const MovingBand&) = delete;

  bool ended() const { return ended_; }

  /// Images tried next; empty where the first round's answers are known.
  std::vector<Configuration> questions() const;
  std::vector<std::string> names() const;

  /// Answers to the questions. Ends the band if an image has fallen into a hole.
  void take(std::vector<Evaluation> answers);

  /// The engine refused: a shorter step is tried, or a first path with more room.
  /// @throws the refusal where neither helps
  void retreat(const Error& refusal);

  /// Moves to what was tried, if it is good.
  void arrive();
  Progress progress() const;

  /// Ends the band, or sets what is tried next.
  void go_on();

  Band result();

 private:
  BandForces forces_at(const BandPoints& points, bool climb) const;
  void begin();
  void begin_climbing();
  void put_back();
  void watch_climbing();
  void choose_asked();
  Eigen::VectorXd on_asked(const Eigen::VectorXd& force) const;
  void step();
  void lay_trial();
  double energy_of_highest() const { return here_.energy[static_cast<std::size_t>(forces_.highest)]; }

  Path start_;
  Mobile mobile_;
  BandOptions options_;
  FreeMotions free_;
  Band band_;
  bool ended_ = false;
  std::vector<int> moving_;  ///< interior images but a saddle held
  std::vector<int> asked_;   ///< of them, those without an answer where they are tried
  Eigen::Index n_ = 0;       ///< coordinates of one image

  BandPoints here_, trial_;
  BandForces forces_;     ///< here
  Eigen::VectorXd step_;  ///< from here to trial, interior images one after the other
  bool begun_ = false, moved_ = false;
  int refusals_ = 0;
  std::size_t rooms_tried_ = 0;

  AdaptiveStep ode_{AdaptiveStep::Limits{}};
  Fire fire_{0.03, 0.15};
  bool adaptive_ = true;
  double lowest_ = std::numeric_limits<double>::infinity();  ///< force so far (eV/A)
  int since_lowest_ = 0;
  std::vector<double> barriers_;

  bool climbing_ = false;
  bool climbed_ = false;  ///< the climbing image's force has been below fmax
  BandPoints before_climb_, best_;
  double climb_energy_ = 0;  ///< where climbing began (eV)
  double best_climb_ = std::numeric_limits<double>::infinity();
  int runaways_ = 0, idle_since_ = 0;
};

}  // namespace hopflow
