// SPDX-License-Identifier: GPL-2.0-or-later
// What is done to a device in a laboratory: sweeps, pulses, trains, and what a pulse costs.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "workflows/pipeline/models/memristor.hpp"

namespace hopflow::pipeline {

/// One bipolar sweep 0 -> +limit -> 0 -> -limit -> 0, every step held for the dwell; compliance on the positive side.
struct Sweep {
  std::vector<double> voltage_v;
  std::vector<double> current_a;  ///< at the end of each dwell
  std::vector<double> state;      ///< at the end of each dwell
  std::optional<double> set_v;    ///< where x rises through 1/2, the middle of the logarithmic window
  std::optional<double> reset_v;  ///< where x falls through 1/2
  double state_after_set = 0;     ///< at the end of the positive half
};

Sweep sweep(const DeviceParameters& parameters, double x);

/// The set voltage alone (V): the rising branch from x = 0, where it passes `level`. A crossing inside a dwell counts
/// as a fraction of a step.
std::optional<double> sweep_set_voltage(const DeviceParameters& parameters, double level = 0.5);

/// The reset voltage alone (V, negative): the falling negative branch from state x to `level`.
std::optional<double> sweep_reset_voltage(const DeviceParameters& parameters, double x, double level = 0.5);

/// State after one rectangular pulse; no compliance.
double pulse(const DeviceParameters& parameters, double x, double voltage_v, double width_s);

/// Time a constant voltage needs to bring x from `from` to `to` (s); nullopt: never.
std::optional<double> switching_time(const DeviceParameters& parameters, double voltage_v, double from, double to);

/// Terminal conductance at a small read voltage (S), which leaves the state alone.
double read_conductance(const DeviceParameters& parameters, double x, double read_v);

/// Conductances after 0, 1, ..., count identical pulses (S).
std::vector<double> pulse_train(const DeviceParameters& parameters, double x, double voltage_v, double width_s,
                                int count, double read_v);

/// A two-parameter curve fitted to a train, and how far it stays from it, as fractions of the train's range.
struct LabelFit {
  double label = 0;
  double rms = 0;
  double largest = 0;
};
LabelFit label_fit(std::span<const double> conductance);

/// NeuroSim's nonlinearity label of a curve of conductance against pulse number: the c of
/// (1 - exp(-c p)) / (1 - exp(-c)) fitted to the normalised curve, expressed as 10.1 times that curve's largest
/// distance from the straight line (which is NeuroSim's own table of 900 labels to four digits), negative if the curve
/// starts slowly.
double nonlinearity_label(std::span<const double> conductance);

/// Energy of one rectangular pulse (J), two ways that mean different things.
struct PulseEnergy {
  double integral_j = 0;       ///< integral of V I dt while the state moves
  double final_current_j = 0;  ///< V x final current x width, as papers quote it: an upper estimate of a set
  double after = 0;            ///< state after the pulse
};

/// No compliance. The integral is exact: along the motion dt = dx / speed.
PulseEnergy pulse_energy(const DeviceParameters& parameters, double x, double voltage_v, double width_s);

/// @throws Error{bad_input} naming the option unless low <= value <= high (not-a-number never is)
void require(std::string_view option, double value, double low, double high);

}  // namespace hopflow::pipeline
