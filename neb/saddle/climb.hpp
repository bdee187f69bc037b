// SPDX-License-Identifier: GPL-2.0-or-later
// What saddle searches that climb along a mode have in common: the run, its ends and its result.
#pragma once

#include <string>
#include <vector>

#include "neb/saddle/saddle.hpp"

namespace hopflow {

/// Overlap from which two directions are one mode.
inline constexpr double same_mode = 0.7;

/// The state of a search. A search of its own says how the mode turns and what a step is.
class Climb {
 public:
  /// @param known  its mode most like `follow` gives the curvature to begin with
  Climb(Configuration start, Evaluation there, Mobile mobile, const Modes& known, const Eigen::VectorXd& follow,
        SaddleOptions options);
  virtual ~Climb() = default;
  Climb(const Climb&) = delete;
  Climb& operator=(const Climb&) = delete;

  /// Turns and steps until the force is small, the questions are spent or the saddle is lost (max_rise).
  Procedure<Saddle> run();

 protected:
  struct Point {
    Eigen::VectorXd x, gradient;
    Evaluation answer;
    Eigen::VectorXd mode;   ///< climbed along there, norm 1
    double curvature = -1;  ///< along it, as last measured (eV/A^2)

    double fmax() const { return longest(gradient); }
  };

  /// Looks at the point the search stands at, before anything is asked.
  virtual void note_progress() {}
  /// Questions after which the search ends without a saddle.
  virtual int allowed() const;
  /// Turns the mode, if it is time to. @return the number of turns
  virtual Procedure<int> turn() = 0;
  /// From here, all mobile coordinates (A).
  virtual Eigen::VectorXd next_step() = 0;
  /// Learns from the answer to a step, and goes there or stays.
  virtual void take(const Eigen::VectorXd& step, Evaluation answer) = 0;
  /// Of a gradient across the mode: the step down to where it vanishes (A).
  virtual Eigen::VectorXd descent(const Eigen::VectorXd& across_mode) = 0;
  /// The energy left along the mode is not divided by less (eV/A^2).
  virtual double softest() const = 0;

  /// The Hessian times a unit direction, by one question at a distance (A).
  Procedure<Eigen::VectorXd> product_with(Eigen::VectorXd direction, double distance);
  /// To the lowest curvature between the mode and a unit direction across it. @param product  of the mode
  Procedure<Mode> lowest_with(Eigen::VectorXd aside, Eigen::VectorXd product, double distance);
  /// Goes there.
  void move_to(const Eigen::VectorXd& step, Eigen::VectorXd gradient, Evaluation answer);

  Configuration start_;
  Mobile mobile_;
  SaddleOptions options_;
  std::vector<std::string> names_;
  Point first_, here_, best_;
  bool marked_ = false, converged_ = false;
  int asked_ = 0;  ///< questions
  int steps_ = 0;

 private:
  bool fell() const;
  Saddle result();
};

}  // namespace hopflow
