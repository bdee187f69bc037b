// SPDX-License-Identifier: GPL-2.0-or-later
// Calibration and the device stage: what a fit may see, what it says, what it refuses.
#include <catch2/catch.hpp>

#include <cmath>
#include <map>
#include <string>

#include "structures/core/error.hpp"
#include "tests/pipeline/device/paper_rows.hpp"
#include "workflows/pipeline/calibration/calibrate.hpp"
#include "workflows/pipeline/calibration/reference_file.hpp"
#include "workflows/pipeline/device/stage.hpp"
#include "workflows/pipeline/models/memristor.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;
using nlohmann::json;

namespace {

json input(double barrier_ev) {
  return {{"material", "PrPyr"},
          {"barrier_ev", barrier_ev},
          {"barrier_sd_ev", 0.03},
          {"attempt_frequency_factor", 1},
          {"reference", paper()}};
}

const json& computed() {
  static const json output = device_stage(input(0.39));
  return output;
}

json row(const json& result, const std::string& id) { return *find_row(result.at("rows"), id); }

Calibration calibrated(double barrier_ev) {
  CalibrationRequest request;
  request.start.barrier_ev = barrier_ev;
  return calibrate(paper(), request);
}

/// Every number in a value times ten.
void times_ten(json& value) {
  if (value.is_number())
    value = value.get<double>() * 10;
  else if (value.is_structured())
    for (json& inner : value) times_ten(inner);
}

std::string refusal(const json& bad) {
  try {
    device_stage(bad);
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::bad_input);
    return error.what();
  }
  return "";
}

bool some_note_says(const json& result, const std::string& words) {
  for (const json& note : result.at("notes")) {
    if (note.get<std::string>().find(words) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("every calibrate row is met within its tolerance", "[pipeline][device][fit]") {
  int rows = 0;
  for (const json& each : computed().at("result").at("rows")) {
    if (each.at("role") != "calibrate") continue;
    ++rows;
    CAPTURE(each.at("id"), each.at("model"));
    CHECK(each.at("verdict") == "hit");
  }
  CHECK(rows == 11);
}

TEST_CASE("the fit meets the rows it solves for exactly", "[pipeline][device][fit]") {
  const DeviceParameters p = calibrated(0.39).parameters;
  CHECK(sweep_set_voltage(p).value() == Approx(0.9).epsilon(1e-6));
  CHECK(switching_time(p, 1.25, 0, 0.95).value() == Approx(1e-7).epsilon(1e-6));
  CHECK(retention_time(p, 363) == Approx(1200).epsilon(1e-12));
  CHECK(1 / read_conductance(p, 1, 0.1) == Approx(383).epsilon(1e-5));
  // w = 200 nm, a = 4.5 A, nu = 1 THz: k 363 K ln(1200 s / (2 (w/a)^2 / nu)) - Ea, by hand.
  CHECK(p.stabilisation_ev == Approx(0.293).margin(5e-4));
}

TEST_CASE("holdout rows times ten leave every bit of the fit unchanged", "[pipeline][device][fit]") {
  json corrupted = input(0.39);
  int changed = 0;
  for (json& each : corrupted.at("reference")) {
    if (each.at("role") != "holdout") continue;
    const json before = each.at("value");
    times_ten(each.at("value"));
    if (each.at("value") != before) ++changed;
  }
  CHECK(changed >= 20);
  const json result = device_stage(corrupted).at("result");
  for (const char* part : {"parameters", "iv", "retention", "ltp", "ltd", "synapse", "identifiability"}) {
    CHECK(result.at(part).dump() == computed().at("result").at(part).dump());
  }
  // The judgement does see them.
  CHECK(row(result, "ret.rigid").at("paper") == 1e5);
}

TEST_CASE("barriers from low to high are all met by thresholds and sharing length", "[pipeline][device][fit]") {
  for (const double barrier_ev : {0.05, 0.15, 0.25, 0.6, 0.9, 1.008}) {
    const Calibration fit = calibrated(barrier_ev);
    CAPTURE(barrier_ev, fit.parameters.sharing_length_hops);
    CHECK(sweep_set_voltage(fit.parameters).value() == Approx(0.9).epsilon(1e-4));
    CHECK(sweep_reset_voltage(fit.parameters, sweep(fit.parameters, 0).state_after_set).value() ==
          Approx(-1.0).epsilon(1e-3));
    CHECK(switching_time(fit.parameters, 1.25, 0, 0.95).value() == Approx(1e-7).epsilon(1e-4));
  }
}

TEST_CASE("a bound the fit ran into is told", "[pipeline][device][fit]") {
  const Calibration fit = calibrated(1.15);
  CHECK(sweep_reset_voltage(fit.parameters, 0.9).value() < -1.05);
  REQUIRE_FALSE(fit.notes.empty());
  CHECK(fit.notes.back().find("iv.rigid.vreset") != std::string::npos);
}

TEST_CASE("the fit does react to each kinetic row it uses", "[pipeline][device][fit]") {
  const DeviceParameters before = calibrated(0.39).parameters;
  json rows = paper();
  for (json& each : rows) {
    if (each.at("id") == "iv.rigid.vset") each["value"] = 0.8;
    if (each.at("id") == "ret.363") each["value"] = 2400;
  }
  CalibrationRequest request;
  request.start.barrier_ev = 0.39;
  const DeviceParameters after = calibrate(rows, request).parameters;
  CHECK(after.set_threshold_v < before.set_threshold_v - 0.05);
  CHECK(after.stabilisation_ev - before.stabilisation_ev == Approx(8.617333e-5 * 363 * std::log(2.0)).epsilon(1e-5));
}

TEST_CASE("the stabilisation energy absorbs the barrier: retention of the fitted film doesn't move",
          "[pipeline][device][fit]") {
  const DeviceParameters low = calibrated(0.25).parameters, high = calibrated(0.45).parameters;
  CHECK(low.barrier_ev + low.stabilisation_ev == Approx(high.barrier_ev + high.stabilisation_ev).epsilon(1e-12));
  CHECK(retention_time(low, 400) == Approx(retention_time(high, 400)).epsilon(1e-10));
  CHECK(low.sharing_length_hops > 1);
  CHECK(high.sharing_length_hops < 1);
}

TEST_CASE("another film takes over the kinetics and keeps its own barrier and off state", "[pipeline][device][fit]") {
  json other = input(0.29);
  other["material"] = "MAPbI3";
  other["off_current_row"] = "iv.off.mapbi3";
  other["calibration"] = {{"material", "PrPyr"}, {"barrier_ev", 0.39}};
  const json result = device_stage(other).at("result");
  const json& reference = computed().at("result");
  for (const char* key : {"set_threshold_v", "sharing_length_hops", "stabilisation_ev", "reset_threshold_v"}) {
    CHECK(result.at("parameters").at(key) == reference.at("parameters").at(key));
  }
  const double here = result.at("retention").at("tau_s").at(2), there = reference.at("retention").at("tau_s").at(2);
  CHECK(reference.at("retention").at("temperature_k").at(2) == 300);
  CHECK(there / here == Approx(47.8549).epsilon(1e-5));
  CHECK(result.at("parameters").at("off_conductance_s").get<double>() >
        1000 * reference.at("parameters").at("off_conductance_s").get<double>());
  CHECK(row(result, "ret.400").at("verdict") == "not_computed");
  CHECK(row(result, "iv.ratio.mapbi3").at("verdict") == "hit");

  other.erase("calibration");
  CHECK(some_note_says(device_stage(other).at("result"), "say nothing about this barrier"));
}

TEST_CASE("a material without an off current of its own is told apart", "[pipeline][device]") {
  json other = input(0.3);
  other["off_current_row"] = "iv.off.mine";
  const json result = device_stage(other).at("result");
  CHECK(some_note_says(result, "stands in for it"));
  for (const json& each : result.at("rows")) {
    // A range that holds for every film is the only row that such a material's barrier can meet.
    CAPTURE(each.at("id"));
    CHECK((each.at("verdict") == "not_computed") == (each.at("id") != "ea.iodide_range"));
  }
}

TEST_CASE("without a barrier there are no numbers and a note says so", "[pipeline][device]") {
  json nothing = input(0.39);
  nothing["barrier_ev"] = nullptr;
  const json output = device_stage(nothing);
  const json& result = output.at("result");
  for (const char* part : {"parameters", "iv", "retention", "ltp", "ltd", "synapse"}) CHECK(result.at(part).is_null());
  for (const json& each : result.at("rows")) {
    CHECK(each.at("model").is_null());
    CHECK(each.at("verdict") == "not_computed");
  }
  CHECK(output.at("files").empty());
  CHECK(some_note_says(result, "no barrier"));
}

TEST_CASE("a barrier too high for the measured retention is told, not hidden in a negative energy",
          "[pipeline][device]") {
  const json result = device_stage(input(1.0)).at("result");
  CHECK(result.at("parameters").at("stabilisation_ev").get<double>() < 0);
  CHECK(some_note_says(result, "contradict each other"));
  CHECK_FALSE(some_note_says(computed().at("result"), "contradict each other"));
}

TEST_CASE("a film that forgets within a sweep, or can't be stepped by pulses, says so", "[pipeline][device]") {
  json low = input(0.1);
  low["off_current_row"] = "iv.off.mapbi3";
  low["calibration"] = {{"barrier_ev", 0.6}};
  CHECK(some_note_says(device_stage(low).at("result"), "do not last"));
  json high = input(1.9);
  high["off_current_row"] = "iv.off.mapbi3";
  high["calibration"] = {{"barrier_ev", 0.1}};
  const json result = device_stage(high).at("result");
  CHECK(result.at("synapse").is_null());
  CHECK(result.at("ltp").is_null());
  CHECK(some_note_says(result, "no update curve"));
}

TEST_CASE("misses stay misses and passes say what kind of test they are", "[pipeline][device]") {
  const json& result = computed().at("result");
  CHECK(row(result, "ret.400").at("verdict") == "hit");
  CHECK(row(result, "ret.400").at("model").get<double>() == Approx(159).epsilon(0.01));
  CHECK(row(result, "ret.flex").at("kind") == "bound");
  CHECK(row(result, "ltp.nonlinear").at("verdict") == "miss");
  CHECK(row(result, "xb.yield").at("verdict") == "miss");
  CHECK(row(result, "iv.flex.hrs").at("kind") == "arithmetic");
  for (const json& each : result.at("rows")) CHECK_FALSE(each.at("reason").get<std::string>().empty());
  CHECK(some_note_says(result, "1.01 eV"));
  CHECK(some_note_says(result, "3.6 mA"));
  CHECK(some_note_says(result, "not from the barrier"));
}

TEST_CASE("the update curve keeps weights in range and is balanced at half weight", "[pipeline][device]") {
  const json& synapse = computed().at("result").at("synapse");
  const auto nodes = synapse.at("nodes").get<std::vector<double>>(), up = synapse.at("up").get<std::vector<double>>(),
             down = synapse.at("down").get<std::vector<double>>();
  REQUIRE(nodes.size() == up.size());
  REQUIRE(nodes.size() == down.size());
  CHECK(nodes.front() == 0);
  CHECK(nodes.back() == 1);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    CHECK(up[i] >= 0);
    CHECK(down[i] >= 0);
    CHECK(nodes[i] + up[i] <= 1);
    CHECK(nodes[i] - down[i] >= 0);
  }
  CHECK(up.back() == 0);
  CHECK(down.front() == 0);
  CHECK(up[16] == Approx(down[16]).epsilon(1e-4));
  CHECK(up[16] > 0.01);
  CHECK(synapse.at("g_max_s").get<double>() / synapse.at("g_min_s").get<double>() == Approx(100));
  // 32 potentiating pulses span the range.
  const auto rise = computed().at("result").at("ltp").at("conductance_s").get<std::vector<double>>();
  CHECK(rise[30] < 0.95 * synapse.at("g_max_s").get<double>());
  CHECK(rise[33] == Approx(synapse.at("g_max_s").get<double>()).epsilon(1e-3));
}

TEST_CASE("the device stage is a function: the same bytes twice", "[pipeline][device]") {
  CHECK(device_stage(input(0.39)).dump() == computed().dump());
  json other_seed = input(0.39);
  other_seed["seed"] = 2;
  CHECK(device_stage(other_seed).at("result").at("parameters") == computed().at("result").at("parameters"));
}

TEST_CASE("parameters survive JSON bit by bit", "[pipeline][device]") {
  const DeviceParameters p = calibrated(0.39).parameters;
  const DeviceParameters again = parameters_from_json(json::parse(to_json(p).dump()), "device.json");
  for (const ParameterRow& each : parameter_table()) CHECK(p.*each.member == again.*each.member);
}

TEST_CASE("bad input is refused with the key named", "[pipeline][device]") {
  const auto with = [](const char* key, json value) {
    json bad = input(0.39);
    bad[key] = std::move(value);
    return refusal(bad);
  };
  CHECK(with("barrier_ev", -0.1).find("'barrier_ev'") != std::string::npos);
  CHECK(with("barrier_ev", std::nan("")).find("'barrier_ev'") != std::string::npos);
  CHECK(with("barrier_ev", "0.39").find("'barrier_ev'") != std::string::npos);
  CHECK(with("temperature_k", 0).find("'temperature_k'") != std::string::npos);
  CHECK(with("attempt_frequency_factor", 0.5).find("'attempt_frequency_factor'") != std::string::npos);
  CHECK(with("seed", 1.5).find("'seed'") != std::string::npos);
  CHECK(with("barier_ev", 0.3).find("did you mean 'barrier_ev'") != std::string::npos);
  json rows = paper();
  for (json& each : rows) {
    if (each.at("id") == "ret.363") each["value"] = "long";
  }
  CHECK(with("reference", rows).find("'ret.363'") != std::string::npos);
  CHECK(with("reference", json::array({{{"id", "a"}, {"value", 1}}})).find("'role'") != std::string::npos);
  json missing = to_json(calibrated(0.39).parameters);
  missing.erase("sweep_read_voltage_v");
  CHECK_THROWS_WITH(parameters_from_json(missing, "device.json"), Catch::Contains("'sweep_read_voltage_v'"));
}
