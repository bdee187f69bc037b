// SPDX-License-Identifier: GPL-2.0-or-later
// What is in series with the memristor of every cell of an array: a selector, a transistor, a diode.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hopflow::pipeline {

/// Current of a two-terminal element and its slope at a voltage.
struct CellPoint {
  double current_a = 0;
  double slope_s = 0;  ///< dI/dV, 0 or more
};

/// One element; which of its numbers count is a matter of its law.
struct SeriesElement {
  enum class Law {
    none,         ///< 1R: the memristor alone
    exponential,  ///< 1S1R: I = I0 sinh(V / V0)
    threshold,    ///< 1S1R: off_ohm below a threshold, on_ohm for what exceeds it
    transistor,   ///< 1T1R: on_ohm in selected rows, off_ohm in the others
    diode,        ///< 1D1R: I = Is (exp(V / (n kT/q)) - 1)
  };
  Law law = Law::none;

  double scale_a = 0, scale_v = 0;                                ///< I0, V0 of the exponential law
  double on_ohm = 0, off_ohm = 1e12;                              ///< of threshold law and transistor
  double threshold_v = 0, transition_v = 0.1;                     ///< of |V|; width of the bend
  double saturation_a = std::numeric_limits<double>::infinity();  ///< of the transistor's channel, or Is of the diode
  double ideality = 1;
  double temperature_k = 300;  ///< of the diode
  bool reversed = false;       ///< the diode conducts from column to row, at voltages that reset
  double series_ohm = 0;       ///< in series with the exponential law's or the diode's junction
  double leak_s = 1e-12;       ///< across that junction; ngspice's gmin has the same size

  bool present() const { return law != Law::none; }
};

/// A law's name in files and the numbers it takes.
struct SeriesLaw {
  SeriesElement::Law law;
  std::string_view cell;  ///< "1S1R"
  std::string_view name;  ///< "exponential"
  std::string_view summary;
};
std::span<const SeriesLaw> series_laws();
const SeriesLaw& law_of(const SeriesElement& element);

/// One number of an element: key with its unit, range, and the laws that use it.
struct SeriesNumber {
  std::string_view key;
  double SeriesElement::*member;
  double low, high;
  std::vector<SeriesElement::Law> laws;
  bool needed = false;  ///< no default
};
std::span<const SeriesNumber> series_numbers();

/// The element's junction at a voltage across it, without series_ohm.
/// exponential: I0 sinh(V/V0) + leak V (a tunnel or mixed-ionic selector; Chen, IEEE Trans. Electron Devices 60, 1318
/// (2013)); threshold: V / off_ohm + w / on_ohm (softplus((V - Vt) / w) - softplus((-V - Vt) / w)), w = transition_v: a
/// varistor, without hysteresis, whose threshold stays across it;
/// transistor: Isat tanh(V / (on_ohm Isat)) while its gate is on, else V / off_ohm; diode: Shockley, Bell Syst. Tech.
/// J. 28, 435 (1949), with leak. Exponents are continued linearly above 80, where nothing in series can go.
/// @param gate_on  of a transistor
CellPoint junction(const SeriesElement& element, double voltage_v, bool gate_on);

}  // namespace hopflow::pipeline
