// SPDX-License-Identifier: GPL-2.0-or-later
// Fits a device to the calibrate rows of a reference, given a barrier. Never looks at any other row.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "workflows/pipeline/models/parameters.hpp"

namespace hopflow::pipeline {

/// What a calibration starts from: model, the barrier's numbers, temperature and everything assumed.
struct CalibrationRequest {
  DeviceParameters
      start;  ///< model, barrier, attempt frequency, hop length, temperature and the assumed members are used
  double child_crossover_v =
      0.5;           ///< assumed: voltage where the quadratic current equals the ohmic one of the bare film
  std::string film;  ///< whose rows the kinetics are; "": the reference says (measured_film())
};

/// A number the fit moved; logarithmic ones are fitted and reported as ln.
struct FittedNumber {
  std::string name;  ///< a parameter's key, or off_conductance_s of a row id; "ln ..." in front where it is a logarithm
  double value = 0;
  double sd = 0;  ///< from the covariance; infinite where the rows leave it free
};

/// One row as the fit saw it.
struct FitResidual {
  std::string row;           ///< id; "read voltage near 0.1 V" for the only assumption that takes part
  double in_tolerances = 0;  ///< (model - row) in units of the row's tolerance
};

struct Calibration {
  DeviceParameters parameters;                      ///< of the device the kinetic rows were measured on
  std::string film;                                 ///< of the kinetic rows; "" if they name none
  std::string own_off_row;                          ///< that film's entry below; "" if its off state is assumed
  std::map<std::string, double> off_conductance_s;  ///< by the id of each film's first off_current row
  std::map<std::string, std::string> film_of_off_row;
  std::vector<FittedNumber> fitted;
  std::vector<std::vector<double>> covariance;  ///< of `fitted`, row tolerances taken as one standard deviation
  std::vector<FitResidual> residuals;
  std::vector<std::string> notes;  ///< a bound that was hit, a row no parameter can meet
};

/// Least squares (Ceres, Levenberg-Marquardt) over all calibrate rows at once, each in units of its tolerance and under
/// the conditions it states. By the row's kind:
///   on_resistance                   Gon;  on_current: the sweeps' read voltage, drawn towards 0.1 V (factor 3)
///   off_current                     Goff of its film
///   set_voltage, switching_time     Vset0, L;   reset_voltage, switching_time at negative bias: Vres0
///   retention                       Es;         ratio_spread: spread
/// Any number of rows of a kind may stand; a number that no row fixes keeps its assumed value, and a note says so. A
/// model without fitted kinetics keeps them as they are given.
/// @param reference  rows as load_reference() gives them; rows whose role isn't calibrate are dropped first
/// @throws Error{bad_input} naming a calibrate row that is not of the form its kind has
Calibration calibrate(const nlohmann::json& reference, const CalibrationRequest& request);

/// The device of another film in the same stack: the calibrated kinetics, this barrier, this film's off state.
/// @throws Error{bad_input} if `off_row` is no calibrate row of the reference the calibration saw
DeviceParameters for_material(const Calibration& calibration, const std::string& off_row, double barrier_ev,
                              double attempt_frequency_thz, double hop_length_angstrom);

}  // namespace hopflow::pipeline
