// SPDX-License-Identifier: GPL-2.0-or-later
// How often an ion hops.
#pragma once

namespace hopflow {

struct Rate {
  double per_s = 0;
  double factor = 1;  ///< known within this factor, one standard deviation of its logarithm
};

/// nu exp(-E / kT), with both errors: of the barrier and of the logarithm of the attempt frequency.
/// @param ln_sd  standard deviation of ln(attempt frequency)
/// @throws Error{bad_input} if the temperature or the frequency is not positive, or an error is negative
Rate hopping_rate(double barrier_ev, double barrier_sd_ev, double attempt_thz, double ln_sd, double temperature_k);

}  // namespace hopflow
