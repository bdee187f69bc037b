// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <cmath>

#include "neb/barrier/uncertainty.hpp"
#include "structures/core/text.hpp"
#include "workflows/materials/error_bar.hpp"

using namespace hopflow;

namespace {

Study study_of(Mobility mobile) {
  Study study;
  study.mobile = mobile;
  return study;
}

MaterialRun material_of(const std::string& tier, const std::string& charge, double distance) {
  MaterialRun material;
  material.entry.engine = NamedEngine{};
  material.host_engine.tier = tier;
  material.supercell.min_image_distance = distance;
  material.cations = {{0, 1}};
  VacancyRun& vacancy = material.vacancies[VacancyKey{0, 0}];
  vacancy.engine.charge = charge;
  return material;
}

HopRun hop_of(std::vector<UncertaintyPart> parts) {
  HopRun hop;
  hop.ending = Ending::converged;
  hop.barrier = BarrierResult{};
  hop.barrier->parts = std::move(parts);
  return hop;
}

double part(const HopRun& hop, const std::string& name) {
  for (const UncertaintyPart& p : hop.barrier->parts)
    if (p.name == name && p.value_ev) return *p.value_ev;
  return NAN;
}

}  // namespace

TEST_CASE("no error bar leaves out the engine's own error", "[workflows][errors]") {
  for (const char* tier : {"ff", "mlip", "semiempirical", "dft", "unstated"}) {
    HopRun hop = hop_of({{"residual_force", 0.001, "", true}});
    complete_error_bars(study_of(Mobility::all), material_of(tier, "+1", 12), hop);
    CHECK(part(hop, "model") > 0.05);
    CHECK(hop.barrier->uncertainty_ev > part(hop, "model"));
    CHECK(hop.barrier->uncertainty_ev == Approx(quadrature(hop.barrier->parts)));
    CHECK(numerical_error(hop.barrier->parts) == Approx(0.001));
  }
  // A surface in closed form is the truth itself.
  HopRun hop = hop_of({});
  complete_error_bars(study_of(Mobility::all), material_of("analytic", "0", 12), hop);
  CHECK(part(hop, "model") == 0);
}

TEST_CASE("a stated error of the engine takes the place of what its tier is worth", "[workflows][errors]") {
  MaterialRun material = material_of("ff", "+1", 12);
  material.entry.engine->barrier_error_ev = 0.07;
  HopRun hop = hop_of({});
  complete_error_bars(study_of(Mobility::all), material, hop);
  CHECK(part(hop, "model") == Approx(0.07));
  Study study = study_of(Mobility::all);
  study.barrier_model_error_ev = 0.5;
  hop = hop_of({});
  complete_error_bars(study, material, hop);
  CHECK(part(hop, "model") == Approx(0.5));
}

TEST_CASE("holding cations makes the error bar larger than freeing them", "[workflows][errors]") {
  double last = INFINITY;
  for (const Mobility mobile : {Mobility::inorganic, Mobility::near, Mobility::all}) {
    HopRun hop = hop_of({});
    complete_error_bars(study_of(mobile), material_of("ff", "+1", 12), hop);
    CHECK(part(hop, "protocol") < last);
    last = part(hop, "protocol");
  }
  MaterialRun without = material_of("ff", "+1", 12);
  without.cations.clear();
  HopRun hop = hop_of({});
  complete_error_bars(study_of(Mobility::inorganic), without, hop);
  CHECK(part(hop, "protocol") == Approx(last));
}

TEST_CASE("what a cell is worth falls off with its volume, and a series has the last word", "[workflows][errors]") {
  HopRun small = hop_of({{"cell_size", std::nullopt, "not computed"}}), large = small;
  complete_error_bars(study_of(Mobility::all), material_of("ff", "+1", 10), small);
  complete_error_bars(study_of(Mobility::all), material_of("ff", "+1", 20), large);
  CHECK(part(small, "cell_size") == Approx(8 * part(large, "cell_size")));
  HopRun neutral = hop_of({});
  complete_error_bars(study_of(Mobility::all), material_of("ff", "0", 10), neutral);
  CHECK(part(neutral, "cell_size") < part(small, "cell_size"));
  HopRun measured = hop_of({{"cell_size", 0.03, "series"}});
  complete_error_bars(study_of(Mobility::all), material_of("ff", "+1", 10), measured);
  CHECK(part(measured, "cell_size") == Approx(0.03));
}

TEST_CASE("one of many arrangements is worth the scatter of one", "[workflows][errors]") {
  HopRun hop = hop_of({{"sampling", std::nullopt, "not computed"}});
  complete_error_bars(study_of(Mobility::all), material_of("ff", "+1", 12), hop);
  CHECK(part(hop, "sampling") == Approx(0.10));
  HopRun sampled = hop_of({{"sampling", 0.02, "20 samples"}});
  complete_error_bars(study_of(Mobility::all), material_of("ff", "+1", 12), sampled);
  CHECK(part(sampled, "sampling") == Approx(0.02));
}

TEST_CASE("no digit is written beyond the error", "[workflows][errors]") {
  CHECK(text::with_error(1.00778, 0.2614) == "1.0 +- 0.3");
  CHECK(text::with_error(1.00778, 0.1614) == "1.01 +- 0.16");
  CHECK(text::with_error(0.68861, 0.0004) == "0.6886 +- 0.0004");
  CHECK(text::with_error(0.68861, 0.00096) == "0.6886 +- 0.0010");
  CHECK(text::with_error(-0.3, 0.05) == "-0.30 +- 0.05");
  CHECK(text::with_error(123.4, 14) == "123 +- 14");
  CHECK(text::with_error(0.5, 0) == "0.5000 +- 0");
}
