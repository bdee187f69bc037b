// SPDX-License-Identifier: GPL-2.0-or-later
// One device to put into a circuit: its state x is kept by whoever owns the cell, everything else is asked here.
#pragma once

#include <optional>

#include "workflows/pipeline/models/advance.hpp"
#include "workflows/pipeline/models/conduction.hpp"
#include "workflows/pipeline/models/parameters.hpp"

namespace hopflow::pipeline {

enum class Relaxation { off, on };

/// A device with its model looked up. Voltages are applied to film and series resistance together; x lies in [0, 1].
class Memristor {
 public:
  /// @throws Error{bad_input} if `parameters.model` is none of the registry's
  explicit Memristor(DeviceParameters parameters);

  const DeviceParameters& parameters() const { return parameters_; }

  double current(double x, double applied_v) const;  ///< A; no compliance, that is the source's
  double slope(double x, double applied_v) const;    ///< dI/dV (S) at fixed state, for Newton's method

  HeldFilm held(double x) const { return film_.held(x); }  ///< the same two at one state, quicker

  /// The state after a voltage was held; exact at any length, splitting it changes nothing beyond rounding.
  double advance(double x, double applied_v, double duration_s, Relaxation relaxation = Relaxation::on) const;

  /// Seconds until `target` is reached at a held voltage, forgetting aside; nullopt: never.
  std::optional<double> time_to(double x, double applied_v, double target) const;

 private:
  DeviceParameters parameters_;
  FilmLaw film_;
};

/// dx/dt at an applied voltage by the parameters' model: drift at the film's share of it, less x / tau with relaxation
/// on.
/// @throws Error{bad_input} if the model is not known
Speed device_speed(const DeviceParameters& parameters, double applied_v, Compliance compliance, Relaxation relaxation);

/// Time constant of forgetting (s): (2 w^2 / (a^2 nu)) exp((Ea + Es) / kT), a random walk across the film whose every
/// hop costs the barrier and the filament's stabilisation energy.
double retention_time(const DeviceParameters& parameters, double temperature_k);

/// Temperature of a filament that carries this current (K): T + Rth I V.
double filament_temperature(const DeviceParameters& parameters, const OperatingPoint& at);

}  // namespace hopflow::pipeline
