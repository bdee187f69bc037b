// SPDX-License-Identifier: GPL-2.0-or-later
// Small-signal impedance: electrons and ions of the film side by side, the plates around them, and the moving filament.
#pragma once

#include <complex>
#include <vector>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/models/parameters.hpp"
#include "workflows/pipeline/protocols/protocol_options.hpp"

namespace hopflow::pipeline {

/// What an impedance needs beyond the device. None of it is published: assumed, and to be chosen.
struct ImpedanceOptions {
  double low_hz = 0.1, high_hz = 1e5;
  int per_decade = 10;
  double bias_v = 0;
  double area_um2 = 1e4;  ///< of the electrode
  double relative_permittivity = 30;
  double vacancies_per_cm3 = 1e18;
};

std::span<const ProtocolOption<ImpedanceOptions>> impedance_options();

struct ImpedancePoint {
  double frequency_hz = 0;
  std::complex<double> ohm;
  double capacitance_f = 0;  ///< Im(1/Z) / (2 pi f)
};

/// Z = Rs + 1/Y with, for state x at the bias,
///   Y = dI/dV + (dI/dx)(df/dV) / (i w - df/dx)   the film and its moving state, dx/dt = f(x, V)
///     + i w eps A / w_film                         the plates
///     + 1 / (R_ion + 2 / (i w C_dl))               ions that pile up at two blocking contacts
/// R_ion from the hop's own rate: D = a^2 nu exp(-Ea/kT) / 2, sigma = n q^2 D / kT (Nernst-Einstein); C_dl = eps A /
/// Debye length.
/// @throws Error{bad_input} naming the option that is out of its range
std::vector<ImpedancePoint> impedance(const DeviceParameters& parameters, double x, const ImpedanceOptions& options);

/// Frequency of the ions' relaxation, 1 / (2 pi R_ion C_dl / 2) (Hz).
double ion_frequency(const DeviceParameters& parameters, const ImpedanceOptions& options);

/// {"frequency_hz": [], "real_ohm": [], "imaginary_ohm": [], "capacitance_f": [], "ion_frequency_hz", "state", ...}
nlohmann::json impedance_json(const DeviceParameters& parameters, double x, const ImpedanceOptions& options);

}  // namespace hopflow::pipeline
