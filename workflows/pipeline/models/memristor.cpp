// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/models/memristor.hpp"

#include <cmath>
#include <utility>

#include "structures/core/units.hpp"
#include "workflows/pipeline/models/registry.hpp"

namespace hopflow::pipeline {

Memristor::Memristor(DeviceParameters parameters) : parameters_{std::move(parameters)}, film_{parameters_} {
  model_named(parameters_.model);
}

double Memristor::current(double x, double applied_v) const {
  return film_.operate(x, applied_v, Compliance::off).current_a;
}

double Memristor::slope(double x, double applied_v) const { return film_.slope(x, applied_v); }

double Memristor::advance(double x, double applied_v, double duration_s, Relaxation relaxation) const {
  return pipeline::advance(device_speed(parameters_, applied_v, Compliance::off, relaxation), x, duration_s);
}

std::optional<double> Memristor::time_to(double x, double applied_v, double target) const {
  return pipeline::time_to(device_speed(parameters_, applied_v, Compliance::off, Relaxation::off), x, target);
}

Speed device_speed(const DeviceParameters& p, double applied_v, Compliance compliance, Relaxation relaxation) {
  return model_named(p.model).speed(p, applied_v, compliance, relaxation);
}

double retention_time(const DeviceParameters& p, double temperature_k) {
  const double hops = p.hops();
  return 2 * hops * hops / (p.attempt_frequency_thz * 1e12) *
         std::exp((p.barrier_ev + p.stabilisation_ev) / (units::boltzmann * temperature_k));
}

double filament_temperature(const DeviceParameters& p, const OperatingPoint& at) {
  return p.temperature_k + p.thermal_resistance_k_per_w * std::abs(at.current_a * at.device_v);
}

}  // namespace hopflow::pipeline
