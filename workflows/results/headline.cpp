// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/results/headline.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "neb/barrier/uncertainty.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/calibration/verdict.hpp"
#include "workflows/results/comparison.hpp"
#include "workflows/results/hop_results.hpp"
#include "workflows/results/results.hpp"

namespace hopflow {

namespace {

using Json = nlohmann::ordered_json;

std::string id_of(const MaterialRun& material, int hop) {
  return material.table.hops[static_cast<std::size_t>(hop)].id;
}

/// The parts of a hop's error bar that have a value, as its network takes them over.
Json parts_json(const HopRun& hop) {
  Json out = Json::object();
  for (const UncertaintyPart& part : hop.barrier->parts)
    if (part.value_ev) out[part.name] = *part.value_ev;
  if (hop.rate_forward) out["sampling"] = std::max(hop.rate_forward->error_ev, hop.rate_reverse->error_ev);
  return out;
}

/// "ff, charge +1.13, organic cations held, 12.2 A between periodic images, 1 arrangement"
std::string protocol_words(const Study& study, const MaterialRun& material) {
  std::vector<std::string> words{material.host_engine.tier};
  if (!material.vacancies.empty() && !material.vacancies.begin()->second.engine.charge.empty())
    words.push_back("charge " + material.vacancies.begin()->second.engine.charge);
  if (material.cations.empty())
    words.emplace_back("all atoms free");
  else
    words.emplace_back(study.mobile == Mobility::inorganic ? "organic cations held"
                       : study.mobile == Mobility::near    ? "organic cations near the hop free"
                                                           : "all atoms free");
  words.emplace_back("cell as in the file");
  words.push_back(fmt::format("{:.1f} A between periodic images", material.supercell.min_image_distance));
  words.push_back(study.orientations == 1 ? "one arrangement of atoms"
                                          : fmt::format("up to {} samples{}", study.orientations,
                                                        study.sample_deciding ? " of the deciding hop" : ""));
  return text::join(words, ", ");
}

std::string protocol_words(const ReferenceBand& band) {
  return fmt::format(
      "{}, {}, charge {}, {}, cell as in the file, {:.1f} A between periodic images, one arrangement of atoms",
      band.tier, band.functional, band.charge,
      band.geometry.empty() ? "all atoms free" : "path of " + band.geometry + " kept", band.min_image_distance);
}

/// The easiest hop, its lower end first.
Json hop_json(const MaterialRun& material, const Transport& transport) {
  const HopRun* hop = run_of(material, transport.easiest_hop);
  if (hop == nullptr) return nullptr;
  const BarrierResult& barrier = *hop->barrier;
  return {{"hop", id_of(material, transport.easiest_hop)},
          {"barrier_ev", std::max(barrier.forward_ev, barrier.reverse_ev)},
          {"uncertainty_ev", barrier.uncertainty_ev}};
}

/// A published number, or the ends of a published range.
std::string published_text(const Json& value) {
  return value.is_array() && value.size() == 2 ? fmt::format("{} to {}", value[0].dump(), value[1].dump())
                                               : value.dump();
}

/// A published row against the headline's number of the same kind; which_hop says of what choice the headline's hop is.
Json paper_verdict(const nlohmann::json& row, const Json& headline, const char* which_hop) {
  const bool of_hop = row.value("kind", "") == "barrier_hop";
  const Json& ours = of_hop ? headline.at("easiest_hop") : headline;
  const Json number = ours.is_null() ? Json(nullptr) : ours.at("barrier_ev");
  Json out{{"id", row.at("id")},
           {"value_ev", row.value("value", nlohmann::json())},
           {"quantity", of_hop ? which_hop : "network"},
           {"ours_ev", number},
           {"uncertainty_ev", ours.is_null() ? Json(nullptr) : ours.at("uncertainty_ev")},
           {"verdict", "not_comparable"},
           {"reason", ""}};
  if (out.at("value_ev").is_null()) {
    out["reason"] = "no value was published";
  } else if (number.is_null()) {
    out["reason"] = "this run has no barrier";
  } else if (!of_hop && headline.at("quantity") != "network") {
    out["reason"] = "this run has a single hop and no network barrier";
  } else {
    const pipeline::Verdict verdict = pipeline::judge(row, number.get<double>());
    if (verdict.outcome != pipeline::Outcome::not_computed) out["verdict"] = pipeline::word(verdict.outcome);
    out["reason"] = fmt::format("{} {} eV, published {} ({}){}{}", of_hop ? which_hop : "network barrier",
                                text::with_error(number.get<double>(), ours.at("uncertainty_ev").get<double>()),
                                published_text(out.at("value_ev")), row.value("cond", ""),
                                verdict.reason.empty() ? "" : "; ", verdict.reason);
  }
  return out;
}

}  // namespace

Json paper_json(const MaterialRun& material, const nlohmann::json& reference) {
  Json rows = Json::array();
  for (const std::string& id : material.entry.paper)
    for (const auto& row : reference)
      if (row.at("id") == id)
        rows.push_back({{"id", id},
                        {"value", row.value("value", nlohmann::json())},
                        {"unit", row.value("unit", "")},
                        {"tolerance", pipeline::tolerance_text(row.value("tol", nlohmann::json()))},
                        {"role", row.value("role", "")},
                        {"condition", row.value("cond", "")},
                        {"note", row.value("note", "")}});
  return rows;
}

Json headline_json(const Study& study, const MaterialRun& material, const Transport& transport,
                   const nlohmann::json& reference) {
  Json out{{"barrier_ev", or_null(transport.barrier_ev)},
           {"uncertainty_ev", nullptr},
           {"numerical_uncertainty_ev", nullptr},
           {"parts", Json::object()},
           {"quantity", transport.percolating ? "network" : "hop"},
           {"dimension", transport.percolating ? 1 : 0},
           {"dimension_reached", transport.dimension},
           {"tier", material.host_engine.tier},
           {"engine", engine_json(material.host_engine)},
           {"protocol", protocol_words(study, material)},
           {"deciding_hop", nullptr},
           {"checks_failed", Json::array()},
           {"mean_barrier_ev", nullptr},
           {"easiest_hop", hop_json(material, transport)},
           {"note", transport.note},
           {"paper", Json::array()}};
  const HopRun* deciding = run_of(material, transport.deciding_hop);
  if (deciding != nullptr && transport.barrier_ev) {
    out["uncertainty_ev"] = transport.uncertainty_ev;
    out["numerical_uncertainty_ev"] = transport.numerical_uncertainty_ev;
    out["parts"] = parts_json(*deciding);
    out["deciding_hop"] = id_of(material, transport.deciding_hop);
    out["checks_failed"] = failed_checks(deciding->barrier->checks);
    if (deciding->rate_forward)
      out["mean_barrier_ev"] = std::max(deciding->barrier->forward_ev, deciding->barrier->reverse_ev);
  }
  for (const std::string& id : material.entry.paper)
    for (const auto& row : reference)
      if (row.at("id") == id) out["paper"].push_back(paper_verdict(row, out, "easiest hop"));
  return out;
}

Json headline_json(const ReferenceBand& band, const MaterialRun& material, const nlohmann::json& reference) {
  const BarrierResult& barrier = band.barrier;
  const double height = std::max(barrier.forward_ev, barrier.reverse_ev);
  Json parts = Json::object();
  for (const UncertaintyPart& part : barrier.parts)
    if (part.value_ev) parts[part.name] = *part.value_ev;
  Json out{{"barrier_ev", height},
           {"uncertainty_ev", barrier.uncertainty_ev},
           {"numerical_uncertainty_ev", numerical_error(barrier.parts)},
           {"parts", std::move(parts)},
           {"quantity", "hop"},
           {"dimension", 0},
           {"dimension_reached", 0},
           {"tier", band.tier},
           {"engine",
            {{"name", band.engine},
             {"version", band.version},
             {"tier", band.tier},
             {"charge", band.charge},
             {"functional", band.functional}}},
           {"protocol", protocol_words(band)},
           {"path_engine", band.geometry.empty() ? Json(nullptr) : Json(band.geometry)},
           {"deciding_hop", band.hop},
           {"checks_failed", failed_checks(barrier.checks)},
           {"mean_barrier_ev", nullptr},
           {"easiest_hop", {{"hop", band.hop}, {"barrier_ev", height}, {"uncertainty_ev", barrier.uncertainty_ev}}},
           {"forward_ev", barrier.forward_ev},
           {"reverse_ev", barrier.reverse_ev},
           {"calls", band.calls},
           {"note", fmt::format("one hop, computed earlier and evaluated again from {} stored answers of {}{}{}",
                                band.calls, band.engine, barrier.reason.empty() ? "" : "; ", barrier.reason)},
           {"paper", Json::array()}};
  for (const std::string& id : material.entry.paper)
    for (const auto& row : reference)
      if (row.at("id") == id && row.value("kind", "") == "barrier_hop")
        out["paper"].push_back(paper_verdict(row, out, "hop computed"));
  return out;
}

Json headlines_json(const MaterialRun& material, const Json& own, const std::string& stored_tier,
                    const nlohmann::json& reference) {
  Json out = Json::array();
  if (stored_tier.empty()) out.push_back(own);
  // Those of the tier that all materials have, then others; the lowest whose checks pass is the easiest hop.
  std::vector<const ReferenceBand*> bands;
  for (const ReferenceBand& band : material.reference_bands)
    if (band.problem.empty()) bands.push_back(&band);
  std::ranges::stable_sort(bands, {}, [&](const ReferenceBand* band) {
    return std::tuple{!band->barrier.converged(), band->tier != stored_tier,
                      std::max(band->barrier.forward_ev, band->barrier.reverse_ev)};
  });
  for (const ReferenceBand* band : bands) out.push_back(headline_json(*band, material, reference));
  if (!stored_tier.empty()) out.push_back(own);
  return out;
}

Json reference_bands_json(const MaterialRun& material) {
  Json out = Json::array();
  for (const ReferenceBand& band : material.reference_bands) {
    const BarrierResult& barrier = band.barrier;
    Json profile = Json::array();
    for (const Evaluation& answer : barrier.answers)
      profile.push_back(answer.energy_ev - barrier.answers.front().energy_ev);
    Json checks = Json::array();
    for (const Check& check : barrier.checks)
      checks.push_back({{"name", check.name},
                        {"passed", check.passed ? Json(*check.passed) : Json(nullptr)},
                        {"detail", check.detail}});
    out.push_back({{"file", band.file},
                   {"what", band.what},
                   {"applies", band.problem.empty()},
                   {"problem", band.problem},
                   {"hop", band.hop},
                   {"status", to_string(barrier.ending)},
                   {"reason", barrier.reason},
                   {"forward_ev", barrier.forward_ev},
                   {"reverse_ev", barrier.reverse_ev},
                   {"uncertainty_ev", barrier.uncertainty_ev},
                   {"fmax_ev_per_angstrom", barrier.fmax_ev_per_angstrom},
                   {"tier", band.tier},
                   {"charge", band.charge},
                   {"calls", band.calls},
                   {"checks", std::move(checks)},
                   {"profile", {{"distance_angstrom", barrier.distance}, {"energy_ev", std::move(profile)}}}});
  }
  return out;
}

Json paper_orders_json(const Json& materials, const Json& comparisons, const nlohmann::json& reference) {
  Json out = Json::array();
  for (const auto& row : reference) {
    const std::vector<std::string> order = pipeline::order_of(row.value("value", nlohmann::json()));
    if (row.value("group", "") != "barrier" || order.empty()) continue;
    std::map<std::string, double> values;
    const bool stored = known_by_stored_bands(materials);
    for (const Json& material : materials) {
      const Json& headline = stored ? material.at("headlines").front() : material.at("headline");
      if (headline.at("barrier_ev").is_number() && (stored || headline.at("quantity") == "network"))
        values[material.at("name")] = headline.at("barrier_ev").get<double>();
    }
    const pipeline::Verdict verdict = pipeline::judge_order(row, values);
    Json entry{
        {"id", row.at("id")}, {"value", row.at("value")}, {"verdict", "not_comparable"}, {"reason", verdict.reason}};
    // An order that the error bars leave open is neither met nor missed.
    std::string open;
    for (const Json& pair : comparisons) {
      const auto named = [&](const char* side) {
        return std::ranges::find(order, text::lower(pair.at(side).get<std::string>())) != order.end();
      };
      if (named("a") && named("b") && pair.at("verdict") != "separated") open = pair.at("reason");
    }
    if (verdict.outcome != pipeline::Outcome::not_computed && open.empty())
      entry["verdict"] = pipeline::word(verdict.outcome);
    else if (verdict.outcome != pipeline::Outcome::not_computed)
      entry["reason"] = "not separated: " + open;
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace hopflow
