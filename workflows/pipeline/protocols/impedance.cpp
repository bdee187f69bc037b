// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/protocols/impedance.hpp"

#include <array>
#include <cmath>

#include "structures/core/units.hpp"
#include "workflows/pipeline/models/memristor.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

namespace hopflow::pipeline {

namespace {

constexpr double vacuum_f_per_m = 8.8541878128e-12;
constexpr double e_charge = 1.602176634e-19;

/// The film between its plates as a circuit.
struct Plates {
  Plates(const DeviceParameters& p, const ImpedanceOptions& o) {
    const double area_m2 = o.area_um2 * 1e-12, thickness_m = p.film_thickness_nm * 1e-9;
    const double permittivity = o.relative_permittivity * vacuum_f_per_m, density = o.vacancies_per_cm3 * 1e6;
    const double kt = units::boltzmann * p.temperature_k;  // eV, so volts of one charge
    const double hop_m = p.hop_length_angstrom * 1e-10;
    const double diffusion = 0.5 * hop_m * hop_m * p.attempt_frequency_thz * 1e12 * std::exp(-p.barrier_ev / kt);
    plates_f = permittivity * area_m2 / thickness_m;
    ions_ohm = thickness_m / (density * e_charge * diffusion / kt * area_m2);
    layer_f = permittivity * area_m2 / std::sqrt(permittivity * kt / (e_charge * density));
  }
  double plates_f, ions_ohm, layer_f;
};

}  // namespace

std::span<const ProtocolOption<ImpedanceOptions>> impedance_options() {
  using O = ImpedanceOptions;
  static constexpr std::array<ProtocolOption<O>, 7> rows{{
      {"--bias", &O::bias_v, -100, 100, "V"},
      {"--low", &O::low_hz, 1e-12, 1e15, "Hz"},
      {"--high", &O::high_hz, 1e-12, 1e15, "Hz"},
      {"--per-decade", &O::per_decade, 1, 1000, "frequencies"},
      {"--area", &O::area_um2, 1e-9, 1e12, "of the electrode (um2)"},
      {"--permittivity", &O::relative_permittivity, 1, 1e6, "relative; assumed"},
      {"--vacancies", &O::vacancies_per_cm3, 1, 1e24, "1/cm3; assumed"},
  }};
  return rows;
}

std::vector<ImpedancePoint> impedance(const DeviceParameters& p, double x, const ImpedanceOptions& o) {
  require(impedance_options(), o);
  require("--high", o.high_hz, o.low_hz, 1e15);
  require("--start", x, 0, 1);
  const Plates plates{p, o};
  const OperatingPoint at = operate(p, x, o.bias_v, Compliance::off);
  DeviceParameters film = p;
  film.series_resistance_ohm = 0;
  const auto speed = [&](double state, double volts) {
    return device_speed(film, volts, Compliance::off, Relaxation::on)(state);
  };
  // Away from the ends, where the state can move both ways; steps small compared with what rounds the threshold.
  const double dx = 1e-6, dv = 1e-6, low = std::max(0.0, x - dx), high = std::min(1.0, x + dx);
  const double speed_by_v = (speed(x, at.device_v + dv) - speed(x, at.device_v - dv)) / (2 * dv);
  const double speed_by_x = (speed(high, at.device_v) - speed(low, at.device_v)) / (high - low);
  const double current_by_x = (film_current(p, high, at.device_v) - film_current(p, low, at.device_v)) / (high - low);
  const double current_by_v = film_conductance(p, x) + 2 * p.child_a_per_v2 * std::abs(at.device_v);

  std::vector<ImpedancePoint> curve;
  const int n = std::max(1, static_cast<int>(std::lround(std::log10(o.high_hz / o.low_hz) * o.per_decade)));
  for (int i = 0; i <= n; ++i) {
    ImpedancePoint point;
    point.frequency_hz = o.low_hz * std::pow(o.high_hz / o.low_hz, static_cast<double>(i) / n);
    const std::complex<double> iw{0, 2 * units::pi * point.frequency_hz};
    const std::complex<double> film_y = current_by_v + current_by_x * speed_by_v / (iw - speed_by_x) +
                                        iw * plates.plates_f + 1.0 / (plates.ions_ohm + 2.0 / (iw * plates.layer_f));
    point.ohm = p.series_resistance_ohm + 1.0 / film_y;
    point.capacitance_f = std::imag(1.0 / point.ohm) / (2 * units::pi * point.frequency_hz);
    curve.push_back(point);
  }
  return curve;
}

double ion_frequency(const DeviceParameters& p, const ImpedanceOptions& o) {
  const Plates plates{p, o};
  return 1 / (units::pi * plates.ions_ohm * plates.layer_f);
}

nlohmann::json impedance_json(const DeviceParameters& p, double x, const ImpedanceOptions& o) {
  std::vector<double> frequency, real, imaginary, capacitance;
  for (const ImpedancePoint& point : impedance(p, x, o)) {
    frequency.push_back(point.frequency_hz);
    real.push_back(point.ohm.real());
    imaginary.push_back(point.ohm.imag());
    capacitance.push_back(point.capacitance_f);
  }
  return {{"frequency_hz", frequency},
          {"real_ohm", real},
          {"imaginary_ohm", imaginary},
          {"capacitance_f", capacitance},
          {"ion_frequency_hz", ion_frequency(p, o)},
          {"state", x},
          {"bias_v", o.bias_v},
          {"area_um2", o.area_um2},
          {"relative_permittivity", o.relative_permittivity},
          {"vacancies_per_cm3", o.vacancies_per_cm3}};
}

}  // namespace hopflow::pipeline
