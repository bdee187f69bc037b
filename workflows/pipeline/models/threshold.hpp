// SPDX-License-Identifier: GPL-2.0-or-later
// The threshold model: thermally activated ion hops, lowered by the voltage above a threshold, move the filament's tip.
#pragma once

#include "workflows/pipeline/models/advance.hpp"
#include "workflows/pipeline/models/conduction.hpp"
#include "workflows/pipeline/models/parameters.hpp"

namespace hopflow::pipeline {

/// Voltage above which the filament grows at state x (V): Vset0 + Vset1 x.
double set_threshold(const DeviceParameters& parameters, double x);

/// Voltage (a positive number) below minus which it shrinks: Vres0 + Vres1 (1 - x).
double reset_threshold(const DeviceParameters& parameters, double x);

/// dx/dt under a voltage across the film (1/s):
///   (1/N) min(nu, nu exp(-Ea/kT) 2 sinh u),  u = positive part of (|V| - threshold) / (2 kT L),  N = w / a,
/// Mott-Gurney hopping; capped because no ion leaves its site more often than it knocks. Exactly zero one smoothing width
/// below the threshold.
double drift_speed(const DeviceParameters& parameters, double x, double device_v);

/// Time constant of forgetting (s): (2 w^2 / (a^2 nu)) exp((Ea + Es) / kT), a random walk across the film whose every
/// hop costs the barrier and the filament's stabilisation energy.
double retention_time(const DeviceParameters& parameters, double temperature_k);

enum class Relaxation { off, on };

/// dx/dt at an applied voltage: drift at the film's share of it, less x / tau with relaxation on.
Speed device_speed(const DeviceParameters& parameters, double applied_v, Compliance compliance, Relaxation relaxation);

}  // namespace hopflow::pipeline
