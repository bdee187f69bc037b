// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/reference/paper_names.hpp"

#include <algorithm>
#include <array>

namespace hopflow::pipeline {

const PaperName* find_paper_name(std::string_view id) {
  static constexpr auto table = std::to_array<PaperName>({
      {"mat.prpyr.spacegroup", "structure", "prpyr", "{}"},
      {"mat.bnzpyr.spacegroup", "structure", "bnzpyr", "{}"},
      {"mat.chain", "structure", "", "{}"},
      {"mat.mapbi3.dim", "structure", "mapbi3", "{}"},
      {"mat.pistack", "structure", "", "{}"},
      {"mat.gaxrd", "structure", "", "{}"},
      {"neb.prpyr", "barrier_hop", "prpyr", "{}"},
      {"neb.bnzpyr", "barrier_hop", "bnzpyr", "{}"},
      {"neb.mapbi3.a", "barrier_network", "mapbi3", "{}"},
      {"neb.mapbi3.b", "barrier_hop", "mapbi3", "{}"},
      {"neb.order", "barrier_order", "", "{}"},
      {"ea.iodide_range", "barrier_network", "", "{}"},
      {"dev.stack", "geometry", "", "{}"},
      {"proto.dc", "sweep_protocol", "", "{}"},
      {"proto.forming", "forming", "prpyr", "{}"},
      {"iv.off.prpyr", "off_current", "prpyr", "{}"},
      {"iv.off.bnzpyr", "off_current", "bnzpyr", "{}"},
      {"iv.off.mapbi3", "off_current", "mapbi3", "{}"},
      {"iv.ratio.prpyr", "on_off_ratio", "prpyr", "{}"},
      {"iv.ratio.bnzpyr", "on_off_ratio", "bnzpyr", "{}"},
      {"iv.ratio.mapbi3", "on_off_ratio", "mapbi3", "{}"},
      {"iv.order", "on_off_order", "", "{}"},
      {"iv.rigid.hrs", "off_current", "prpyr", "{}"},
      {"iv.rigid.lrs", "on_current", "prpyr", "{}"},
      {"iv.rigid.ratio", "on_off_ratio", "prpyr", "{}"},
      {"iv.rigid.vset", "set_voltage", "prpyr", "{}"},
      {"iv.rigid.vreset", "reset_voltage", "prpyr", "{}"},
      {"iv.flex.hrs", "off_current", "prpyr", "{}"},
      {"iv.flex.lrs", "on_current", "prpyr", "{}"},
      {"iv.flex.vset", "set_voltage", "prpyr", "{}"},
      {"iv.flex.vreset", "reset_voltage", "prpyr", "{}"},
      {"iv.hrs.slopes", "hrs_slopes", "prpyr", "{}"},
      {"iv.lrs.slope", "lrs_slope", "prpyr", "{}"},
      {"iv.abrupt", "transition", "prpyr", R"({"decades": 2, "steps": 3})"},
      {"iv.bipolar", "polarity", "prpyr", "{}"},
      {"end.set10ms", "pulse_ratio", "prpyr", R"({"like": "end.protocol"})"},
      {"ret.rigid", "retention", "prpyr", "{}"},
      {"ret.flex", "retention", "prpyr", "{}"},
      {"ret.lrs", "on_resistance", "prpyr", "{}"},
      {"ret.363", "retention", "prpyr", R"({"temperature_k": 363})"},
      {"ret.400", "retention", "prpyr", R"({"temperature_k": 400})"},
      {"fast.set", "switching_time", "prpyr", R"({"direction": "set"})"},
      {"fast.reset", "switching_time", "prpyr", R"({"direction": "reset"})"},
      {"energy.set", "write_energy", "prpyr", "{}"},
      {"ana.pot.window", "analog_window", "prpyr", R"({"like": "ana.protocol", "direction": "set"})"},
      {"ana.dep.window", "analog_window", "prpyr", R"({"like": "ana.protocol", "direction": "reset"})"},
      {"ana.asym", "window_asymmetry", "prpyr", R"({"like": "ana.protocol"})"},
      {"ltp.nonlinear", "pulse_linearity", "prpyr", R"({"like": "ltp.protocol"})"},
      {"stdp.shape", "stdp", "prpyr", "{}"},
      {"eis.hrs", "impedance", "prpyr", R"({"state": 0})"},
      {"eis.lrs", "impedance", "prpyr", R"({"state": 1})"},
      {"xb.ratio", "ratio_spread", "prpyr", "{}"},
      {"xb.yield", "yield", "prpyr", "{}"},
      {"xb.images", "pattern", "prpyr", "{}"},
      {"xb.sneak", "half_select", "prpyr", "{}"},
      {"snn.acc400", "network_accuracy", "", "{}"},
      {"snn.samples", "network_trend", "", "{}"},
      {"snn.neurons", "network_trend", "", "{}"},
      {"snn.d2d", "network_spread", "", "{}"},
  });
  const auto at = std::ranges::find(table, id, &PaperName::id);
  return at == table.end() ? nullptr : &*at;
}

}  // namespace hopflow::pipeline
