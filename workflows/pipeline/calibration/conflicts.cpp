// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/calibration/conflicts.hpp"

#include <array>
#include <cmath>
#include <optional>
#include <string>

#include <fmt/core.h>

#include "structures/core/units.hpp"
#include "workflows/pipeline/calibration/arrhenius.hpp"
#include "workflows/pipeline/calibration/reference_file.hpp"

namespace hopflow::pipeline {

using nlohmann::json;

namespace {

/// A positive number inside a row's value: its member, its item, or itself.
std::optional<double> number_in(const json& rows, const char* id, const json::json_pointer& place) {
  const json* row = find_row(rows, id);
  if (row == nullptr || !row->contains("value") || !row->at("value").contains(place)) return std::nullopt;
  const json& value = row->at("value").at(place);
  if (!value.is_number() || !(value.get<double>() > 0)) return std::nullopt;
  return value.get<double>();
}

json conflict(const char* id, std::initializer_list<const char*> rows, std::string text) {
  return {{"id", id}, {"rows", std::vector<std::string>{rows.begin(), rows.end()}}, {"text", std::move(text)}};
}

/// The numbers of some rows.
class Numbers {
 public:
  explicit Numbers(const json& rows) : rows_{rows} {}
  std::optional<double> number(const char* id) const { return number_in(rows_, id, json::json_pointer{""}); }
  std::optional<double> member(const char* id, const char* place) const {
    return number_in(rows_, id, json::json_pointer{place});
  }

 private:
  const json& rows_;
};

/// Two retention times at two temperatures against the activation energy printed next to them.
std::optional<json> retention_conflict(const Numbers& rows) {
  const auto warm = rows.number("ret.363"), hot = rows.number("ret.400"), printed = rows.number("ea.retention");
  if (warm && hot && printed) {
    const std::array<TimedPoint, 2> points{{{363, *warm}, {400, *hot}}};
    const Arrhenius law = arrhenius(points);
    if (std::abs(law.activation_ev - *printed) > 0.05) {
      return conflict("retention", {"ret.363", "ret.400", "ea.retention"},
                      fmt::format("retention of {:g} s at 363 K and {:g} s at 400 K gives {:.2f} eV, the value printed "
                                  "next to them is {:.2f} eV; at 300 K the first means {:.1e} s, the second {:.1e} s",
                                  *warm, *hot, law.activation_ev, *printed, law.time(room_k),
                                  *warm * std::exp(*printed / units::boltzmann * (1 / room_k - 1 / 363.0))));
    }
  }
  return std::nullopt;
}

/// A computed barrier against that from retention.
std::optional<json> barrier_conflict(const Numbers& rows) {
  if (const auto computed = rows.number("neb.prpyr"), printed = rows.number("ea.retention"); computed && printed) {
    const double factor = std::exp(std::abs(*computed - *printed) / (units::boltzmann * room_k));
    if (factor > 10) {
      return conflict("barrier", {"neb.prpyr", "ea.retention"},
                      fmt::format("a computed barrier of {:.2f} eV and {:.2f} eV from retention are called in "
                                  "good agreement; at 300 K they differ by a factor {:.0f} in rate",
                                  *computed, *printed, factor));
    }
  }
  return std::nullopt;
}

/// An on/off ratio against the compliance current of the sweeps it was measured in.
std::optional<json> on_off_conflict(const Numbers& rows) {
  const auto off = rows.number("iv.off.prpyr"), ratio = rows.number("iv.ratio.prpyr"),
             compliance = rows.member("proto.dc", "/compliance_A");
  if (off && ratio && compliance && *off * *ratio > *compliance) {
    return conflict("on_off", {"iv.off.prpyr", "iv.ratio.prpyr", "proto.dc"},
                    fmt::format("an on/off ratio of {:g} at {:g} A off needs {:.2g} mA, above the {:g} mA "
                                "compliance of its sweeps; the most they allow is {:.1e}",
                                *ratio, *off, *off * *ratio * 1e3, *compliance * 1e3, *compliance / *off));
  }
  return std::nullopt;
}

/// Gradual and fast switching against the steepest law that one hop can have.
std::optional<json> kinetics_conflict(const Numbers& rows) {
  const auto gradual_v = rows.member("ana.pot.window", "/0"), fast_v = rows.member("fast.set", "/V"),
             fast_s = rows.member("fast.set", "/s"), width_s = rows.member("ltp.protocol", "/width_s"),
             pulses = rows.member("ana.protocol", "/pulses");
  if (gradual_v && fast_v && fast_s && width_s && pulses && *fast_v > *gradual_v && *pulses * *width_s > *fast_s) {
    const double per_decade = (*fast_v - *gradual_v) / std::log10(*pulses * *width_s / *fast_s);
    const double limit = 2 * units::boltzmann * room_k * std::log(10.0);
    if (per_decade < limit) {
      return conflict(
          "kinetics", {"ana.pot.window", "fast.set", "ltp.protocol", "iv.rigid.vset", "end.set10ms"},
          fmt::format("gradual change over {:g} pulses of {:g} ms at {:g} V and full switching by {:g} V in {:g} ns "
                      "ask for {:.0f} mV per decade of time; one hop that takes the whole voltage can't be steeper "
                      "than {:.0f} mV per decade. One device with one start state can't do both: the model keeps the "
                      "fast pulse and the sweep and misses the gradual rows",
                      *pulses, *width_s * 1e3, *gradual_v, *fast_v, *fast_s * 1e9, per_decade * 1e3, limit * 1e3));
    }
  }
  return std::nullopt;
}

/// A capacitance called geometric against area and thickness.
std::optional<json> capacitance_conflict(const Numbers& rows) {
  const auto farad = rows.number("eis.chf"), side_a = rows.member("dev.area", "/0"),
             side_b = rows.member("dev.area", "/1"), film_nm = rows.member("dev.stack", "/perovskite");
  if (farad && side_a && side_b && film_nm) {
    const double permittivity = *farad * *film_nm * 1e-9 / (8.8541878128e-12 * *side_a * *side_b * 1e-12);
    if (permittivity > 100) {
      return conflict("capacitance", {"eis.chf", "dev.area", "dev.stack"},
                      fmt::format("{:g} nF called geometric needs a relative permittivity of {:.0f} on {:g} x {:g} um2 "
                                  "and {:g} nm; the area of the impedance device must have been another",
                                  *farad * 1e9, permittivity, *side_a, *side_b, *film_nm));
    }
  }
  return std::nullopt;
}

/// A share of devices against their number.
std::optional<json> yield_conflict(const Numbers& rows) {
  const auto fraction = rows.number("xb.yield");
  constexpr double devices = 55;
  if (fraction && std::abs(*fraction * devices - std::round(*fraction * devices)) > 0.1) {
    return conflict("yield", {"xb.yield", "xb.ratio"},
                    fmt::format("{:g} % is no whole number of {:g} devices ({:.1f})", *fraction * 100, devices,
                                *fraction * devices));
  }
  return std::nullopt;
}

}  // namespace

json paper_conflicts(const json& rows) {
  const Numbers numbers{rows};
  json found = json::array();
  for (const auto look :
       {retention_conflict, barrier_conflict, on_off_conflict, kinetics_conflict, capacitance_conflict, yield_conflict})
    if (std::optional<json> conflict = look(numbers)) found.push_back(std::move(*conflict));
  return found;
}

}  // namespace hopflow::pipeline
