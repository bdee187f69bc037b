// SPDX-License-Identifier: GPL-2.0-or-later
// How a model's law of motion and the film's conduction together move the state at one applied voltage.
#pragma once

#include <cmath>

#include "structures/core/units.hpp"
#include "workflows/pipeline/models/memristor.hpp"

namespace hopflow::pipeline {

/// What the film has at the two ends of a stretch of states, low and high. In between the voltage across it falls and
/// the current rises, from one end's value to the other's.
struct Stretch {
  double low = 0, high = 0;
  OperatingPoint at_low, at_high;

  double least_v() const { return std::abs(at_high.device_v); }
  double most_v() const { return std::abs(at_low.device_v); }
};

/// dx/dt at an applied voltage: what the law says at the film's share of it, less x / tau with relaxation on.
/// @param Law  members `double drift(double x, const OperatingPoint&) const` (1/s), `double temperature(const
///             OperatingPoint&) const` (K, of the filament) and `bool smooth(const Stretch&) const`: true only if both
///             are one analytic expression there
template <class Law>
class FilmSpeed {
 public:
  FilmSpeed(Law law, const DeviceParameters& p, double applied_v, Compliance compliance, Relaxation relaxation)
      : law_{law},
        film_{p},
        applied_v_{applied_v},
        compliance_{compliance},
        forgetting_{relaxation == Relaxation::on ? 1 / retention_time(p, p.temperature_k) : 0},
        held_k_{(p.barrier_ev + p.stabilisation_ev) / units::boltzmann},
        ambient_k_{p.temperature_k} {}

  double operator()(double x) const {
    const OperatingPoint at = film_.operate(x, applied_v_, compliance_);
    double rate = forgetting_;
    // Heat shortens the retention by the Boltzmann factor of what holds the filament.
    if (const double hot_k = law_.temperature(at); rate > 0 && hot_k != ambient_k_)
      rate *= std::exp(held_k_ * (1 / ambient_k_ - 1 / hot_k));
    return law_.drift(x, at) - rate * x;
  }

  bool smooth(double a, double b) const {
    const Stretch stretch{a, b, film_.operate(a, applied_v_, compliance_), film_.operate(b, applied_v_, compliance_)};
    return stretch.at_low.limited == stretch.at_high.limited && law_.smooth(stretch);
  }

 private:
  Law law_;
  FilmLaw film_;
  double applied_v_;
  Compliance compliance_;
  double forgetting_, held_k_, ambient_k_;
};

}  // namespace hopflow::pipeline
