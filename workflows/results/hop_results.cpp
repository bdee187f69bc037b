// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/results/hop_results.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "workflows/materials/series_cells.hpp"
#include "workflows/results/refinements.hpp"
#include "workflows/results/results.hpp"

namespace hopflow {

namespace {

using Json = nlohmann::ordered_json;

Json moves_json(const std::optional<EndMoves>& moves) {
  if (!moves) return nullptr;
  return {{"turned_cations", moves->turned},
          {"largest_turn_degrees", moves->largest_turn_deg},
          {"movers", moves->movers},
          {"largest_move_angstrom", moves->largest_move}};
}

Json statistics_json(const SampleStatistics& s) {
  return {{"mean_ev", s.mean},     {"sem_ev", or_null(s.sem)}, {"sd_ev", or_null(s.sd)},
          {"median_ev", s.median}, {"low_ev", s.low},          {"high_ev", s.high}};
}

/// A hop's attempt frequency, and what became of the attempt.
Json frequency_json(const HopRun& hop) {
  if (hop.prefactor) return prefactor_json(*hop.prefactor);
  Json out{{"attempt_frequency_thz", nullptr}, {"prefactor", nullptr}};
  if (!hop.prefactor_problem.empty()) out["prefactor"] = {{"reason", hop.prefactor_problem}};
  return out;
}

/// A vacancy site by its label and, since labels repeat, its number in the crystal.
std::string site_name(const MaterialRun& material, int atom) {
  return fmt::format("{}#{}", material.crystal.labels[static_cast<std::size_t>(atom)], atom + 1);
}

/// What a band started from: a file, or a way to interpolate.
std::string first_path(const Study& study, const SampleRun& sample) {
  return sample.path_file.empty() ? study.barrier.interpolation : sample.path_file;
}

Json sample_json(const MaterialRun& material, const HopRun& hop, const SampleRun& sample) {
  const bool converged = has_numbers(sample.ending) && sample.barrier;
  const auto number = [&](double value) { return converged ? Json(value) : Json(nullptr); };
  const BarrierResult none;
  const BarrierResult& b = sample.barrier ? *sample.barrier : none;
  const Eigen::Vector3i& image = sample.sample.pair.image;
  return {{"from", site_name(material, sample.sample.pair.from)},
          {"to", site_name(material, sample.sample.pair.to)},
          {"image", {image[0], image[1], image[2]}},
          {"weight", sample.sample.weight},
          {"start", sample.sample.start},
          {"status", to_string(sample.ending)},
          {"reason", sample.reason},
          {"forward_ev", number(b.forward_ev)},
          {"reverse_ev", number(b.reverse_ev)},
          {"kra_ev", number(0.5 * (b.forward_ev + b.reverse_ev))},
          {"delta_e_ev", number(b.forward_ev - b.reverse_ev)},
          {"numerical_uncertainty_ev", number(b.uncertainty_ev)},
          {"negative_modes", converged ? or_null(b.negative_modes) : Json(nullptr)},
          {"moves", moves_json(sample.moves)},
          {"warnings", b.warnings},
          {"evaluations", b.evaluations},
          {"path", b.path.empty() ? Json(nullptr) : Json(sample_path(material, hop, sample))}};
}

/// What a barrier consists of; the numbers of a band that is no barrier would be read as one.
Json numbers_json(const HopRun& hop) {
  static const std::set<std::string> only_of_barriers{"forward_ev",       "reverse_ev",
                                                      "kra_ev",           "delta_e_ev",
                                                      "uncertainty_ev",   "numerical_uncertainty_ev",
                                                      "saddle_energy_ev", "negative_modes",
                                                      "largest_climb_ev", "parts"};
  const BarrierResult none;
  const bool there = hop.barrier.has_value();
  Json out = Json::object();
  const Json numbers = barrier_json(there ? *hop.barrier : none);  // items() does not keep a temporary alive
  for (const auto& [key, value] : numbers.items()) {
    if (key == "converged" || key == "status") continue;
    const bool hide = !there || (!has_numbers(hop.ending) && only_of_barriers.contains(key));
    const bool counts = key.starts_with("evaluations") || value.is_array();
    out[key] = hide && !counts ? Json(nullptr) : value;
  }
  return out;
}

/// Rates both ways; where nothing was computed, ln(frequency) is even over the study's band.
Json hop_rates_json(const Study& study, const MaterialRun& material, const HopRun& hop) {
  const AttemptFrequency band = attempt_frequency(study, material, hop.hop);
  if (!band.computed)
    return rates_json(*hop.barrier, band.thz, band.thz, std::log(band.factor) / std::sqrt(3.0), study.temperature_k);
  return rates_json(*hop.barrier, *hop.prefactor->forward_thz, *hop.prefactor->reverse_thz,
                    hop.prefactor->ln_uncertainty, study.temperature_k);
}

Json profile_json(const BarrierResult* barrier) {
  Json profile{{"distance_angstrom", Json::array()}, {"energy_ev", Json::array()}};
  for (std::size_t i = 0; barrier != nullptr && i < barrier->path.size(); ++i) {
    profile["distance_angstrom"].push_back(barrier->distance[i]);
    profile["energy_ev"].push_back(barrier->answers[i].energy_ev - barrier->answers[0].energy_ev);
  }
  return profile;
}

}  // namespace

std::string path_folder(const MaterialRun& material, const HopRun& hop) {
  return fmt::format("hops/{}/{}", text::slug(material.entry.name),
                     text::slug(material.table.hops[static_cast<std::size_t>(hop.hop)].id));
}

std::string sample_path(const MaterialRun& material, const HopRun& hop, const SampleRun& sample) {
  return fmt::format("{}/sample-{}.extxyz", path_folder(material, hop), &sample - hop.samples.data() + 1);
}

Json hop_result_json(const Study& study, const MaterialRun& material, const HopRun& hop) {
  const bool there = hop.barrier.has_value(), numbers = there && has_numbers(hop.ending);
  Json out{{"hop", material.table.hops[static_cast<std::size_t>(hop.hop)].id},
           {"status", to_string(hop.ending)},
           {"reason", hop.reason}};
  out.update(numbers_json(hop));
  out.update(frequency_json(hop));
  out["rate"] = numbers ? hop_rates_json(study, material, hop) : Json(nullptr);
  const bool single = hop.samples.size() == 1;
  const SampleRun& typical = hop.samples[static_cast<std::size_t>(hop.typical)];
  out["moves"] = moves_json(single || there ? typical.moves : std::nullopt);
  out["first_path"] = first_path(study, typical);
  out["samples"] = Json::array();
  if (!single)
    for (const SampleRun& sample : hop.samples) out["samples"].push_back(sample_json(material, hop, sample));
  out["rate_barrier_ev"] = hop.rate_forward ? Json(hop.rate_forward->barrier_ev) : out.at("forward_ev");
  out["rate_barrier_reverse_ev"] = hop.rate_reverse ? Json(hop.rate_reverse->barrier_ev) : out.at("reverse_ev");
  out["rate_barrier_error_ev"] = numbers ? Json(hop_error(hop)) : Json(nullptr);
  out["kra_statistics"] = hop.kra ? statistics_json(*hop.kra) : Json(nullptr);
  const SampleRun& first = hop.samples.front();
  const auto vacancy =
      material.vacancies.find({joined_atoms(material.supercell, first.sample.pair).first, first.sample.start});
  out["engine"] = engine_json(vacancy != material.vacancies.end() ? vacancy->second.engine : material.host_engine);
  const bool drawn = there && !hop.barrier->path.empty();
  out["path"] = drawn ? Json(path_folder(material, hop) + "/path.extxyz") : Json(nullptr);
  out["profile"] = profile_json(drawn ? &*hop.barrier : nullptr);
  out["refinements"] = refinements_json(hop, path_folder(material, hop));
  return out;
}

Json sampling_json(const MaterialRun& material) {
  std::vector<double> kra, weights;
  std::size_t bands = 0;
  bool sampled = false;
  Json counts = Json::object();
  for (const Ending ending : endings) counts[to_string(ending)] = 0;
  for (const HopRun& hop : material.hops) {
    sampled = sampled || hop.samples.size() > 1;
    for (const SampleRun& sample : hop.samples) {
      ++bands;
      counts[to_string(sample.ending)] = counts[to_string(sample.ending)].get<int>() + 1;
      if (!has_numbers(sample.ending) || !sample.barrier) continue;
      kra.push_back(0.5 * (sample.barrier->forward_ev + sample.barrier->reverse_ev));
      weights.push_back(sample.sample.weight);
    }
  }
  if (!sampled) return nullptr;
  return {{"bands", bands},
          {"endings", counts},
          {"kra", kra.empty() ? Json(nullptr) : statistics_json(statistics_of(kra, weights))}};
}

Json cell_series_json(const MaterialRun& material) {
  if (material.series_hop < 0) return nullptr;
  std::vector<const MaterialRun*> by_size = cells_of_series(material);
  std::ranges::sort(by_size, {}, [](const MaterialRun* cell) { return cell->supercell.crystal.size(); });
  Json cells = Json::array();
  for (const MaterialRun* cell : by_size) {
    const HopRun* hop = run_of_series(material, *cell);
    if (hop == nullptr) continue;
    const bool converged = has_numbers(hop->ending) && hop->barrier;
    cells.push_back({{"atoms", cell->supercell.crystal.size()},
                     {"min_image_distance_angstrom", cell->supercell.min_image_distance},
                     {"volume_angstrom3", std::abs(cell->supercell.crystal.cell.determinant())},
                     {"status", to_string(hop->ending)},
                     {"reason", hop->reason},
                     {"forward_ev", converged ? Json(hop->barrier->forward_ev) : Json(nullptr)},
                     {"reverse_ev", converged ? Json(hop->barrier->reverse_ev) : Json(nullptr)},
                     {"evaluations", hop->barrier ? hop->barrier->evaluations : 0}});
  }
  const auto &forward = material.forward_limit, &reverse = material.reverse_limit;
  const HopRun* own = run_of_series(material, material);
  const auto& stable =
      own != nullptr && own->barrier && own->barrier->forward_ev < own->barrier->reverse_ev ? reverse : forward;
  Json out{{"hop", material.table.hops[static_cast<std::size_t>(material.series_hop)].id}, {"cells", cells}};
  for (const auto& [name, limit] : {std::pair{"", &stable}, {"forward_", &forward}, {"reverse_", &reverse}}) {
    out[fmt::format("{}limit_ev", name)] = *limit ? Json((*limit)->limit_ev) : Json(nullptr);
    out[fmt::format("{}limit_error_ev", name)] = *limit ? Json((*limit)->error_ev) : Json(nullptr);
  }
  out["note"] =
      "from the hop's more stable end; linear in 1/volume, because the interaction of the charge with its periodic "
      "images cancels between saddle and endpoint";
  return out;
}

}  // namespace hopflow
