// SPDX-License-Identifier: GPL-2.0-or-later
// Where published rows contradict one another, worked out from the rows themselves.
#pragma once

#include <nlohmann/json.hpp>

namespace hopflow::pipeline {

/// [{"id", "rows": [ids], "text"}] for every contradiction the rows at hand show; rows that are missing say nothing:
///   retention        activation energy of two retention times against the one printed next to them
///   barrier          computed barrier against the one from retention, as a factor in rate at 300 K
///   on_off           on/off ratio times off current against the compliance of the sweeps
///   kinetics         volts per decade of time between gradual and fast pulses against one hop's limit, 2 kT ln 10
///   capacitance      permittivity that the high-frequency capacitance needs on the electrode's area
///   yield            a fraction that is no whole number of devices
nlohmann::json paper_conflicts(const nlohmann::json& rows);

}  // namespace hopflow::pipeline
