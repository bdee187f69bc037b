// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/circuit/export_circuit.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/core/units.hpp"
#include "workflows/pipeline/models/registry.hpp"

namespace hopflow::pipeline {

namespace {

/// One constant of the circuit.
struct Constant {
  std::string_view name;
  double value;
  std::string_view meaning;
};

std::vector<Constant> constants(const DeviceParameters& given) {
  const Model& model = model_named(given.model);
  if (model.circuit == nullptr) {
    throw Error{Error::Kind::bad_input,
                fmt::format("model: '{}' has no circuit form; export a device of another model ({})", given.model,
                            text::join(model_names(), ", "))};
  }
  const DeviceParameters p = model.circuit(given);
  return {{"gon", p.on_conductance_s, "S, filament at x = 1"},
          {"goff", p.off_conductance_s, "S, film"},
          {"k2", p.child_a_per_v2, "A/V^2, space charge"},
          {"rs", std::max(p.series_resistance_ohm, 1e-6), "ohm, in series"},
          {"ea", p.barrier_ev, "eV, hop barrier"},
          {"es", p.stabilisation_ev, "eV, stabilisation"},
          {"nu", p.attempt_frequency_thz * 1e12, "1/s, attempt frequency"},
          {"hops", p.hops(), "hops across the film"},
          {"share", p.sharing_length_hops, "hop lengths that share the voltage"},
          {"vset", p.set_threshold_v, "V, set threshold at x = 0"},
          {"vset1", p.set_threshold_slope_v, "V, its slope in x"},
          {"vres", p.reset_threshold_v, "V, reset threshold at x = 1"},
          {"vres1", p.reset_threshold_slope_v, "V, its slope in 1 - x"},
          {"soft", p.threshold_smoothing_v, "V, rounding of thresholds"},
          {"temp0", p.temperature_k, "K"},
          {"rth", p.thermal_resistance_k_per_w, "K/W, Joule heating"},
          {"kb", units::boltzmann, "eV/K"},
          {"margin", 1e-5, "state over which motion stops at 0 and 1"},
          {"comp", p.compliance_a, "A, compliance of the source, positive side; 1e30: none, as for pulses"},
          {"rcomp", 0.1, "ohm, of the limiter at low current; taken off rs"}};
}

/// A Verilog-A real: digits alone would be an integer, of 32 bits.
std::string real_literal(double value) {
  std::string words = text::shortest(value);
  if (words.find_first_of(".e") == std::string::npos) words += ".0";
  return words;
}

}  // namespace

std::string spice_subcircuit(const DeviceParameters& p, std::string_view name) {
  std::string out = fmt::format(
      "* {}: memristor, model '{}'. te: electrode where a positive voltage sets; be: the other.\n", name, p.model);
  out +=
      "* Node x is the state, 0 to 1, as volts on 1 F; x0 is where it begins (use 'uic' in .tran). Node hot is the "
      "filament's temperature in K.\n";
  const std::vector<Constant> all = constants(p);
  for (const Constant& c : all) out += fmt::format("* {:6} {}\n", c.name, c.meaning);
  out += fmt::format(".subckt {} te be params: x0=0", name);
  for (const Constant& c : all) out += fmt::format("\n+ {}={}", c.name, text::shortest(c.value));
  out += R"(
* The source's compliance: a resistor that passes no more than comp at positive voltage.
Bcomp te tf I = V(te,tf)/{rcomp}/(V(te,tf) > 0 ? sqrt(1 + V(te,tf)*V(te,tf)/({rcomp}*{rcomp}*{comp}*{comp})) : 1)
Rseries tf f {max(rs-rcomp,1e-6)}
Bfilm f be I = ({gon}*pow({goff}/{gon}, 1-min(max(V(x),0),1)) + {goff})*V(f,be) + {k2}*V(f,be)*abs(V(f,be))
Bhot hot 0 V = {temp0} + {rth}*abs(V(f,be)*(({gon}*pow({goff}/{gon}, 1-min(max(V(x),0),1)) + {goff})*V(f,be))"
         R"( + {k2}*V(f,be)*abs(V(f,be))))
* volts above the threshold, its corner rounded; a jump at 0 V from one threshold to the other would halt the simulator
Bset vs 0 V = {vset} + {vset1}*V(x)
Breset vr 0 V = {vres} + {vres1}*(1-V(x))
Bover over 0 V = abs(V(f,be)) - 0.5*(V(vs) + V(vr) + (V(vs) - V(vr))*tanh(V(f,be)/1e-3))
Bdrive drive 0 V = V(over) <= -{soft} ? 0 : min(abs(V(f,be)), V(over) >= {soft} ? V(over) : )"
         R"((V(over)+{soft})*(V(over)+{soft})/(4*{soft}))
* hops per second over hops across: 1 farad charged by it
* The simulator's first guesses of drive and temperature are kept where both end: above 0 and temp0.
Brate rate 0 V = {nu}/{hops}*min(1, 2*exp(-{ea}/({kb}*max(V(hot),{temp0})))*)"
         R"(sinh(min(max(V(drive),0)/(2*{kb}*max(V(hot),{temp0})*{share}), {ea}/({kb}*max(V(hot),{temp0}))+1)))
Bmove 0 x I = (V(f,be) > 0 ? V(rate)*min(1,max(0,(1-V(x))/{margin})) : -V(rate)*min(1,max(0,V(x)/{margin})))
+ - V(x)*{nu}/(2*{hops}*{hops})*exp(-({ea}+{es})/({kb}*max(V(hot),{temp0})))
Cstate x 0 1 IC={x0}
Rstate x 0 1e18
.ends
)";
  return out;
}

std::string circuit_parameters(const DeviceParameters& p) {
  std::string out;
  for (const Constant& c : constants(p))
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", c.name, c.name == "comp" ? "1e30" : text::shortest(c.value));
  return out;
}

std::string spice_sweep(const DeviceParameters& p, std::string_view name, const std::string& circuit) {
  const int n = std::max(1, static_cast<int>(std::lround(p.sweep_limit_v / p.sweep_step_v)));
  std::string corners = "0 0";
  int dwell = 0;
  const auto hold = [&](int level) {
    // A microsecond, or a thousandth of a dwell, to the next step.
    const double rise = std::min(1e-6, 1e-3 * p.sweep_dwell_s);
    corners += fmt::format("\n+ {} {} {} {}", text::shortest(dwell * p.sweep_dwell_s + rise),
                           text::shortest(level * p.sweep_step_v), text::shortest((dwell + 1) * p.sweep_dwell_s),
                           text::shortest(level * p.sweep_step_v));
    ++dwell;
  };
  for (int i = 0; i <= n; ++i) hold(i);
  for (int i = n - 1; i >= -n; --i) hold(i);
  for (int i = -n + 1; i <= 0; ++i) hold(i);
  return fmt::format(R"(* The sweep of iv.csv, with its compliance: ngspice -b memristor-sweep.cir
.include {0}
Vin te 0 PWL({1})
X1 te 0 {2}
.options reltol=1e-6 abstol=1e-15 vntol=1e-9 method=gear
.tran {3} {4} uic
.control
run
* columns: time, current (A), time, voltage (V), time, state
let current = -i(vin)
wrdata memristor-sweep.txt current v(te) v(x1.x)
.endc
.end
)",
                     circuit, corners, name, text::shortest(p.sweep_dwell_s / 4),
                     text::shortest(dwell * p.sweep_dwell_s));
}

std::string verilog_a(const DeviceParameters& p, std::string_view name) {
  std::string out =
      fmt::format(R"(// {0}: memristor, model '{1}', the same equations as the ngspice subcircuit of this export.
// Compiled by OpenVAF and simulated by VACASK when this program is tested. Start a transient without an operating
// point (VACASK: icmode="uic"): x0 is the state it begins with.
`include "disciplines.vams"
module {0}(te, be);
  inout te, be;
  electrical te, be, tf, f, x;
  parameter real x0 = 0;
)",
                  name, p.model);
  for (const Constant& c : constants(p))
    out += fmt::format("  parameter real {} = {};  // {}\n", c.name, real_literal(c.value), c.meaning);
  out += R"(  real state, film, hot, over, drive, u, rate, limit;
  analog begin
    state = min(max(V(x), 0), 1);
    film = (gon*pow(goff/gon, 1 - state) + goff)*V(f, be) + k2*V(f, be)*abs(V(f, be));
    hot = temp0 + rth*abs(V(f, be)*film);
    over = abs(V(f, be)) - (V(f, be) > 0 ? vset + vset1*state : vres + vres1*(1 - state));
    drive = over <= -soft ? 0 : min(abs(V(f, be)), over >= soft ? over : (over + soft)*(over + soft)/(4*soft));
    u = min(drive/(2*kb*hot*share), ea/(kb*hot) + 1);
    rate = nu/hops*min(1, 2*exp(-ea/(kb*hot))*sinh(u));
    rate = V(f, be) > 0 ? rate*min(1, max(0, (1 - V(x))/margin)) : -rate*min(1, max(0, V(x)/margin));
    limit = V(te, tf) > 0 ? sqrt(1 + V(te, tf)*V(te, tf)/(rcomp*rcomp*comp*comp)) : 1;
    I(te, tf) <+ V(te, tf)/rcomp/limit;
    I(tf, f) <+ V(tf, f)/max(rs - rcomp, 1e-6);
    I(f, be) <+ film;
    V(x) <+ idt(rate - V(x)*nu/(2*hops*hops)*exp(-(ea + es)/(kb*hot)), x0);
  end
endmodule
)";
  return out;
}

}  // namespace hopflow::pipeline
