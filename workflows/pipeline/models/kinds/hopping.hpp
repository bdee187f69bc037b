// SPDX-License-Identifier: GPL-2.0-or-later
// How often an ion hops with the field less against it: the law every compact model here rests on.
#pragma once

#include <algorithm>
#include <cmath>

#include "structures/core/units.hpp"
#include "workflows/pipeline/models/parameters.hpp"

namespace hopflow::pipeline {

/// Net hops per second along a driving voltage (Mott-Gurney), capped at the attempt frequency:
///   min(nu, nu exp(-Ea/kT) 2 sinh(v / (2 kT L)))
/// The cap is physics: no ion leaves its site more often than it knocks, and the linear lowering of the barrier holds
/// only while the field's share is below it.
class HoppingLaw {
 public:
  /// @param sharing_hops  L: hop lengths that share the voltage, so that one hop gains v / L
  HoppingLaw(const DeviceParameters& p, double sharing_hops)
      : barrier_ev_{p.barrier_ev}, sharing_hops_{sharing_hops}, attempts_hz_{p.attempt_frequency_thz * 1e12} {
    set_temperature(p.temperature_k);
  }

  HoppingLaw at_temperature(double temperature_k) const {
    HoppingLaw law = *this;
    law.set_temperature(temperature_k);
    return law;
  }

  /// @param drive_v  volts that push, not negative
  double operator()(double drive_v) const { return attempts_hz_ * share(drive_v); }

  /// Whether the cap holds the rate down. The voltage it begins at rises with the temperature.
  bool capped(double drive_v) const { return share(drive_v) == 1; }

 private:
  /// Hops an attempt.
  double share(double drive_v) const {
    const double u = drive_v / scale_v_;
    if (u > barrier_ + 1) return 1;
    // Far below room temperature the Boltzmann factor alone underflows.
    return std::min(1.0, barrier_ < 600 ? 2 * boltzmann_ * std::sinh(u) : std::exp(u - barrier_));
  }

  void set_temperature(double temperature_k) {
    const double kt = units::boltzmann * temperature_k;
    scale_v_ = 2 * kt * sharing_hops_;
    barrier_ = barrier_ev_ / kt;
    boltzmann_ = std::exp(-barrier_);
  }

  double barrier_ev_, sharing_hops_, attempts_hz_;
  double scale_v_ = 0, barrier_ = 0, boltzmann_ = 0;
};

/// max(y, 0) with its corner rounded by a parabola over [-width, width]; exactly zero left of it.
inline double positive_part(double y, double width) {
  if (y <= -width) return 0;
  if (y >= width) return y;
  return (y + width) * (y + width) / (4 * width);
}

}  // namespace hopflow::pipeline
