// SPDX-License-Identifier: GPL-2.0-or-later
// How a model's law of motion and the film's conduction together move the state at one applied voltage.
#pragma once

#include <cmath>

#include "structures/units.hpp"
#include "workflows/pipeline/models/memristor.hpp"

namespace hopflow::pipeline {

/// dx/dt at an applied voltage: what the law says at the film's share of it, less x / tau with relaxation on.
/// @param law  members `double drift(double x, const OperatingPoint&) const` (1/s) and
///             `double temperature(const OperatingPoint&) const` (K, of the filament)
template <class Law>
Speed film_speed(Law law, const DeviceParameters& p, double applied_v, Compliance compliance, Relaxation relaxation) {
  const double forgetting = relaxation == Relaxation::on ? 1 / retention_time(p, p.temperature_k) : 0;
  // Heat shortens the retention by the Boltzmann factor of what holds the filament.
  const double held_k = (p.barrier_ev + p.stabilisation_ev) / units::boltzmann;
  return [law, film = FilmLaw{p}, applied_v, compliance, forgetting, held_k, ambient_k = p.temperature_k](double x) {
    const OperatingPoint at = film.operate(x, applied_v, compliance);
    double rate = forgetting;
    if (const double hot_k = law.temperature(at); rate > 0 && hot_k != ambient_k) rate *= std::exp(held_k * (1 / ambient_k - 1 / hot_k));
    return law.drift(x, at) - rate * x;
  };
}

}  // namespace hopflow::pipeline
