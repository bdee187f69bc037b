// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/cell/element_spice.hpp"

#include <cmath>

#include <fmt/core.h>

#include "structures/core/text.hpp"

namespace hopflow::pipeline {

using text::shortest;
using Law = SeriesElement::Law;

std::string spice_element_header(const SeriesElement& e) {
  if (!e.present()) return "";
  std::string out = fmt::format("* cells {}: in series with each memristor {}\n", law_of(e).cell, law_of(e).summary);
  if (e.law == Law::diode) {
    const std::string celsius = shortest(e.temperature_k - 273.15);
    out += fmt::format(".model seriesdiode D(IS={} N={})\n.options temp={} tnom={}\n", shortest(e.saturation_a),
                       shortest(e.ideality), celsius, celsius);
  }
  return out;
}

std::string spice_element(const SeriesElement& e, bool gate_on, const std::string& name, const std::string& from,
                          const std::string& to) {
  const auto resistor = [&](const char* part, const std::string& a, const std::string& b, double ohm) {
    return fmt::format("R{}{} {} {} {}\n", part, name, a, b, shortest(ohm));
  };
  // The junction ends at an inner node where a resistance follows.
  const bool split = (e.law == Law::exponential || e.law == Law::diode) && e.series_ohm > 0;
  const std::string end = split ? "j" + name : to, v = fmt::format("V({},{})", from, end);
  std::string out;
  switch (e.law) {
    case Law::none: return "";
    case Law::exponential:
      out = fmt::format("Be{} {} {} I = {}*sinh(min(max({}/{},-80),80))\n", name, from, end, shortest(e.scale_a), v,
                        shortest(e.scale_v));
      break;
    case Law::threshold: {
      const auto softplus = [&](const char* sign) {
        const std::string u = fmt::format("({}{}-{})/{}", sign, v, shortest(e.threshold_v), shortest(e.transition_v));
        return fmt::format("(max({0},0)+ln(1+exp(-abs({0}))))", u);
      };
      return fmt::format("Be{} {} {} I = {}/{}+{}*({}-{})\n", name, from, to, v, shortest(e.off_ohm),
                         shortest(e.transition_v / e.on_ohm), softplus(""), softplus("-"));
    }
    case Law::transistor:
      if (!gate_on || std::isinf(e.saturation_a)) return resistor("e", from, to, gate_on ? e.on_ohm : e.off_ohm);
      return fmt::format("Be{} {} {} I = {}*tanh({}/{})+{}/{}\n", name, from, to, shortest(e.saturation_a), v,
                         shortest(e.on_ohm * e.saturation_a), v, shortest(e.off_ohm));
    case Law::diode:
      out = e.reversed ? fmt::format("De{} {} {} seriesdiode\n", name, end, from)
                       : fmt::format("De{} {} {} seriesdiode\n", name, from, end);
      break;
  }
  if (e.leak_s > 0) out += resistor("l", from, end, 1 / e.leak_s);
  if (split) out += resistor("e", end, to, e.series_ohm);
  return out;
}

}  // namespace hopflow::pipeline
