// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/results/comparison.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/text.hpp"

namespace hopflow {

namespace {

using Json = nlohmann::ordered_json;

/// An order of two barriers is stated from this probability on.
constexpr double least_probability = 0.95;

/// The keys in which two protocols differ, with both values.
std::vector<std::string> differences(const Json& a, const Json& b) {
  std::vector<std::string> out;
  const auto words = [](const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); };
  for (const auto& [key, value] : a.items())
    if (!b.contains(key) || b.at(key) != value)
      out.push_back(
          fmt::format("{} ({} and {})", key, words(value), b.contains(key) ? words(b.at(key)) : "not stated"));
  for (const auto& [key, value] : b.items())
    if (!a.contains(key)) out.push_back(fmt::format("{} (not stated and {})", key, words(value)));
  return out;
}

}  // namespace

Json protocol_json(const Study& study, const MaterialRun& material) {
  // All vacancies of a material carry one charge: one ion of one element is missing.
  std::string charge = material.vacancies.empty() ? "" : material.vacancies.begin()->second.engine.charge;
  // How large the charge of an ion is belongs to a force field; that a whole ion is missing is the protocol.
  if (material.forcefield && engine_named(study, material.entry) == nullptr)
    charge = "one ion less, by fixed ionic charges";
  Json out{{"tier", material.host_engine.tier},
           {"charge", charge},
           {"mobile", to_string(study.mobile)},
           {"host_relax", !study.relax_host        ? "none"
                          : study.perturb_host > 0 ? "positions, to a minimum"
                                                   : "positions"},
           {"min_image_distance_angstrom", study.min_image_distance},
           {"orientations", study.orientations},
           {"fmax_ev_per_angstrom", study.barrier.fmax},
           {"hops", study.select == "ids" ? "chosen" : study.select},
           {"max_length_angstrom", study.max_length}};
  if (study.sample_deciding) out["sampled_hops"] = "deciding";
  return out;
}

namespace {

/// Whether a material is first known by a stored band.
bool stored_first(const Json& material) {
  const auto headlines = material.find("headlines");
  return headlines != material.end() && !headlines->empty() && headlines->front().contains("calls");
}

/// What of a material is compared: barrier_ev, uncertainty_ev, percolating, and the protocol it was found with.
Json compared(const Json& material, bool stored) {
  if (!stored) {
    Json out = material.at("network");
    out["protocol"] = material.at("protocol");
    return out;
  }
  const Json& headline = material.at("headlines").front();
  const Json& engine = headline.at("engine");
  Json protocol = Json::object();
  for (const char* key : {"tier", "name", "functional", "charge"})
    if (engine.contains(key)) protocol[key] = engine.at(key);
  return {{"barrier_ev", headline.at("barrier_ev")},
          {"uncertainty_ev", headline.at("uncertainty_ev")},
          {"percolating", headline.at("quantity") == "network"},
          {"protocol", std::move(protocol)}};
}

Json compare(const Json& a, const Json& b, bool stored) {
  const std::string name_a = a.at("name"), name_b = b.at("name");
  Json out{{"a", name_a},
           {"b", name_b},
           {"difference_ev", nullptr},
           {"error_ev", nullptr},
           {"probability", nullptr},
           {"verdict", "not separated"},
           {"higher", nullptr},
           {"reason", ""}};
  const Json first = compared(a, stored), second = compared(b, stored);
  for (const auto& [side, name] : {std::pair{&first, name_a}, std::pair{&second, name_b}})
    if (side->at("barrier_ev").is_null()) {
      out["reason"] = fmt::format("{} has no barrier", name);
      return out;
    }
  const double difference = first.at("barrier_ev").get<double>() - second.at("barrier_ev").get<double>();
  const double error = std::hypot(first.at("uncertainty_ev").get<double>(), second.at("uncertainty_ev").get<double>());
  // Both errors are taken to be independent and normal; what two barriers of one engine share would only narrow this.
  const double probability = error > 0         ? 0.5 * std::erfc(-std::abs(difference) / (error * std::sqrt(2.0)))
                             : difference != 0 ? 1.0
                                               : 0.5;
  out["difference_ev"] = difference;
  out["error_ev"] = error;
  out["probability"] = probability;
  std::vector<std::string> reasons;
  const std::vector<std::string> unlike = differences(first.at("protocol"), second.at("protocol"));
  if (!unlike.empty()) reasons.push_back("protocols differ: " + text::join(unlike, "; "));
  if (first.at("percolating") != second.at("percolating"))
    reasons.emplace_back("one is a network barrier, the other a single hop");
  const std::string margin = fmt::format("{} higher by {} eV with P = {:.2f}{}", difference > 0 ? name_a : name_b,
                                         text::with_error(std::abs(difference), error), std::min(probability, 0.995),
                                         stored ? " (one stored hop each)" : "");
  if (probability < least_probability)
    reasons.push_back(fmt::format("{}, less than the required {:g}", margin, least_probability));
  if (!reasons.empty()) {
    out["reason"] = text::join(reasons, "; ");
    return out;
  }
  out["verdict"] = "separated";
  out["higher"] = difference > 0 ? name_a : name_b;
  out["reason"] = fmt::format("one protocol; {}", margin);
  return out;
}

}  // namespace

bool known_by_stored_bands(const Json& materials) { return std::ranges::all_of(materials, stored_first); }

Json compare_barriers(const Json& a, const Json& b) { return compare(a, b, stored_first(a) && stored_first(b)); }

Json comparisons_json(const Json& materials) {
  const bool stored = known_by_stored_bands(materials);
  Json out = Json::array();
  for (std::size_t i = 0; i < materials.size(); ++i)
    for (std::size_t j = i + 1; j < materials.size(); ++j) out.push_back(compare(materials[i], materials[j], stored));
  return out;
}

}  // namespace hopflow
