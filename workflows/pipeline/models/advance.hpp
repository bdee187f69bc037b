// SPDX-License-Identifier: GPL-2.0-or-later
// A state with a known speed at every point, moved on by exact quadrature instead of time steps.
#pragma once

#include <functional>
#include <optional>

namespace hopflow::pipeline {

/// dx/dt as a function of x alone (1/s): what a constant voltage makes of a device.
using Speed = std::function<double(double)>;

/// The state after `duration_s`, starting at x in [0, 1] and stopping at the ends. At constant voltage x is monotone, so
/// t(x) = integral of dx / speed is inverted; no time step, and splitting the duration changes nothing beyond rounding.
/// Where the speed vanishes x comes to rest.
double advance(const Speed& speed, double x, double duration_s);

/// The time until `target` is reached (s); nullopt if the state moves away from it or rests before it.
std::optional<double> time_to(const Speed& speed, double x, double target);

}  // namespace hopflow::pipeline
