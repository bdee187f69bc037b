// SPDX-License-Identifier: GPL-2.0-or-later
// How much current a device in a given state passes.
#pragma once

#include "workflows/pipeline/models/parameters.hpp"

namespace hopflow::pipeline {

enum class Compliance { off, on };

/// What a source across the device sees.
struct OperatingPoint {
  double device_v = 0;  ///< across the film, without the series resistance
  double current_a = 0;
  bool limited = false;  ///< the compliance held the current down
};

/// The conduction law of one state, its exponential taken once; without compliance.
struct HeldFilm {
  double ohmic_s, child_a_per_v2, series_ohm;
  double current(double applied_v) const;  ///< A
  double slope(double applied_v) const;    ///< dI/dV (S)
};

/// The conduction law with its logarithm taken once; the functions below are its members for one question.
class FilmLaw {
 public:
  explicit FilmLaw(const DeviceParameters& parameters);
  double conductance(double x) const;
  OperatingPoint operate(double x, double applied_v, Compliance compliance) const;
  double slope(double x, double applied_v) const;  ///< dI/dV at the terminals without compliance (S)
  HeldFilm held(double x) const { return {conductance(x), child_, series_ohm_}; }

 private:
  double off_s_, log_ratio_, child_, series_ohm_, compliance_a_;
};

/// Ohmic conductance of the film at state x (S): Gon exp(-lambda (1 - x)) + Goff, lambda = ln(Gon / Goff).
double film_conductance(const DeviceParameters& parameters, double x);

/// The state whose film conductance is `conductance_s`, kept within [0, 1].
double state_of_conductance(const DeviceParameters& parameters, double conductance_s);

/// Current through the film (A): G(x) V + k2 V |V|, ohmic plus space charge (Child's law of a trap-free film:
/// quadratic).
double film_current(const DeviceParameters& parameters, double x, double device_v);

/// The operating point at an applied voltage: film and series resistance share it, solved in closed form.
/// With compliance on and a positive voltage the source lowers its voltage until the current is at the limit.
OperatingPoint operate(const DeviceParameters& parameters, double x, double applied_v, Compliance compliance);

}  // namespace hopflow::pipeline
