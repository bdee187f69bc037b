// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/results/results.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/core.h>

#include "neb/barrier/rates.hpp"
#include "neb/barrier/uncertainty.hpp"
#include "neb/barrier_keys.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/formats/extxyz.hpp"
#include "workflows/materials/error_bar.hpp"
#include "workflows/materials/transport_json.hpp"
#include "workflows/pipeline/calibration/cation_comparison.hpp"
#include "workflows/pipeline/calibration/reference_file.hpp"
#include "workflows/pipeline/network/snn_summary.hpp"
#include "workflows/report/report.hpp"
#include "workflows/results/barriers_csv.hpp"
#include "workflows/results/comparison.hpp"
#include "workflows/results/headline.hpp"
#include "workflows/results/hop_results.hpp"
#include "workflows/results/notes.hpp"
#include "workflows/results/refinements.hpp"

namespace hopflow {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

Json matrix_json(const Eigen::Matrix3i& matrix) {
  Json rows = Json::array();
  for (int i = 0; i < 3; ++i) rows.push_back({matrix(i, 0), matrix(i, 1), matrix(i, 2)});
  return rows;
}

Json molecules_json(const MaterialRun& material) {
  Json list = Json::array();
  std::map<std::string, int> counts;
  for (const Molecule& molecule : material.molecules) ++counts[molecule.formula + "|" + molecule.name];
  std::set<std::string> listed;
  for (const Molecule& molecule : material.molecules) {
    const std::string key = molecule.formula + "|" + molecule.name;
    if (!listed.insert(key).second) continue;
    list.push_back({{"name", molecule.name},
                    {"formula", molecule.formula},
                    {"count", counts[key]},
                    {"charge", or_null(molecule.charge)}});
  }
  return list;
}

/// Every member of a class of hops: both ends in fractions of the cell as read, for a picture of the network.
Json edges_json(const MaterialRun& material, const Hop& hop) {
  const Crystal& crystal = material.crystal;
  Json edges = Json::array();
  for (const SitePair& pair : hop.members) {
    const Eigen::Vector3d from = crystal.fractional.col(pair.from);
    const Eigen::Vector3d to = crystal.fractional.col(pair.to) + pair.image.cast<double>();
    Json edge = Json::array();
    for (const Eigen::Vector3d& end : {from, to})
      for (const double x : end) edge.push_back(std::round(x * 1e4) / 1e4 + 0.0);
    edges.push_back(std::move(edge));
  }
  return edges;
}

Json hop_entry(const MaterialRun& material, int index) {
  const Hop& hop = material.table.hops[static_cast<std::size_t>(index)];
  const bool selected = std::find(material.selected.begin(), material.selected.end(), index) != material.selected.end();
  return {{"id", hop.id},
          {"from", material.table.sites[static_cast<std::size_t>(hop.from_site)].label},
          {"to", material.table.sites[static_cast<std::size_t>(hop.to_site)].label},
          {"length_angstrom", hop.length_angstrom},
          {"multiplicity", hop.multiplicity},
          {"shared_metal", hop.shared_metal},
          {"component", hop.intra ? "intra" : "inter"},
          {"reversed_by_symmetry", hop.reversed_by_symmetry},
          {"bottleneck_angstrom", hop.bottleneck_angstrom},
          {"free_radius_angstrom", hop.free_radius_angstrom},
          {"selected", selected},
          {"edges_fractional", edges_json(material, hop)}};
}

Json vacancy_json(const MaterialRun& material, VacancyKey key, const VacancyRun& vacancy) {
  Json out{{"site", material.crystal.labels[static_cast<std::size_t>(vacancy.atom)]},
           {"supercell_atom", key.atom},
           {"start", key.start},
           {"status", vacancy.ending == Ending::converged ? "ok" : to_string(vacancy.ending)},
           {"reason", vacancy.reason},
           {"energy_ev", nullptr},
           {"drift_angstrom", nullptr},
           {"evaluations", 0}};
  if (vacancy.relaxed) {
    out["energy_ev"] = vacancy.relaxed->evaluation.energy_ev;
    out["drift_angstrom"] = vacancy.relaxed->drift;
    out["evaluations"] = vacancy.relaxed->evaluations;
  }
  return out;
}

/// One attempt frequency for a network, that of the hop that decides, and the factor within which those of all its hops
/// lie.
AttemptFrequency network_frequency(const Study& study, const MaterialRun& material, int deciding_hop) {
  AttemptFrequency out = attempt_frequency(study, material, deciding_hop);
  if (!out.computed) return out;
  const auto hold = [&](double thz, double factor) {
    out.factor = std::max({out.factor, thz * factor / out.thz, out.thz * factor / thz});
  };
  for (const HopRun& hop : material.hops) {
    if (!has_numbers(hop.ending)) continue;
    if (!hop.prefactor || !hop.prefactor->forward_thz) {
      hold(study.attempt_frequency_thz, study.attempt_frequency_factor);
      continue;
    }
    for (const double thz : {*hop.prefactor->forward_thz, *hop.prefactor->reverse_thz})
      hold(thz, std::exp(hop.prefactor->ln_uncertainty));
  }
  return out;
}

nlohmann::json network_summary(const MaterialRun& material) {
  return pipeline::snn_summary(material.snn, material.snn_draws);
}

/// With the differences to the materials before it: same seeds, same images.
Json snn_json(const StudyRun& run, const MaterialRun& material) {
  nlohmann::json summary = network_summary(material);
  if (summary.is_null()) return nullptr;
  summary["differences"] = nlohmann::json::array();
  for (const MaterialRun& other : run.materials) {
    if (&other == &material) break;
    const nlohmann::json theirs = network_summary(other);
    nlohmann::json difference = theirs.is_null() ? nullptr : pipeline::paired_difference(summary, theirs);
    if (difference.is_null()) continue;
    difference["to"] = other.entry.name;
    summary["differences"].push_back(std::move(difference));
  }
  return Json::parse(summary.dump());
}

Json stage_json(const nlohmann::json& output) {
  return output.is_null() ? Json(nullptr) : Json::parse(output.at("result").dump());
}

Json forcefield_json(const MaterialRun& material) {
  if (!material.forcefield) return nullptr;
  return {{"name", material.forcefield->name()},
          {"charge_set", material.forcefield->charge_set()},
          {"status", material.forcefield->status()}};
}

/// The best tier of which every material has a stored band that applies and holds, so that numbers of one tier stand
/// next to each other; "" if there is none.
std::string stored_tier(const StudyRun& run) {
  for (const char* tier : {"dft", "semiempirical", "mlip", "ff"})
    if (std::ranges::all_of(run.materials, [&](const MaterialRun& material) {
          return std::ranges::any_of(material.reference_bands, [&](const ReferenceBand& band) {
            return band.tier == tier && band.problem.empty() && band.barrier.converged();
          });
        }))
      return tier;
  return "";
}

Json material_json(const StudyRun& run, const MaterialRun& material, const std::string& tier_of_bands,
                   const nlohmann::json& reference) {
  const Crystal& crystal = material.crystal;
  const CellParameters cell = parameters_of(crystal.cell);
  Json sites = Json::array(), vacancies = Json::array(), hops = Json::array(), barriers = Json::array();
  for (const HopSite& site : material.table.sites)
    sites.push_back({{"label", site.label}, {"multiplicity", site.multiplicity}});
  long evaluations = material.host ? material.host->evaluations : 0;
  for (const auto& [key, vacancy] : material.vacancies) {
    vacancies.push_back(vacancy_json(material, key, vacancy));
    if (vacancy.relaxed) evaluations += vacancy.relaxed->evaluations;
  }
  for (int i = 0; i < static_cast<int>(material.table.hops.size()); ++i) hops.push_back(hop_entry(material, i));
  for (const HopRun& hop : material.hops) {
    barriers.push_back(hop_result_json(run.study, material, hop));
    for (const SampleRun& sample : hop.samples)
      if (sample.barrier) evaluations += sample.barrier->evaluations;
    for (const Json& other : barriers.back().at("refinements")) evaluations += other.at("evaluations").get<long>();
  }
  const Transport transport = transport_of(material);
  const Json headline = headline_json(run.study, material, transport, reference);
  Json network{
      {"percolating", transport.percolating},
      {"dimension", transport.dimension},
      {"barrier_ev", or_null(transport.barrier_ev)},
      {"uncertainty_ev", transport.barrier_ev ? Json(transport.uncertainty_ev) : Json(nullptr)},
      {"numerical_uncertainty_ev", transport.barrier_ev ? Json(transport.numerical_uncertainty_ev) : Json(nullptr)},
      {"deciding_hop", transport.deciding_hop >= 0
                           ? Json(material.table.hops[static_cast<std::size_t>(transport.deciding_hop)].id)
                           : Json(nullptr)},
      {"note", transport.note}};
  if (transport.percolating) {
    const std::vector<HopEnergy> energies = converged_energies(material);
    const AttemptFrequency frequency = network_frequency(run.study, material, transport.deciding_hop);
    network.update(network_barriers_json(material.table, energies));
    network["diffusion"] =
        diffusion_json(crystal, material.table, energies, {{run.study.temperature_k}, frequency.thz, frequency.factor});
  } else {
    network.update({{"by_dimension", Json::array()}, {"along_cell", nullptr}, {"diffusion", nullptr}});
  }
  Json host{{"relax", run.study.relax_host ? "positions" : "none"},
            {"perturb_angstrom", run.study.perturb_host},
            {"converged", material.host && material.host->converged()},
            {"fmax_ev_per_angstrom", material.host ? Json(material.host->fmax) : Json(nullptr)},
            {"evaluations", material.host ? material.host->evaluations : 0},
            {"problem", material.host_problem}};
  return {{"name", material.entry.name},
          {"structure", material.entry.structure},
          {"structure_hash", material.structure_hash},
          {"formula", reduced_formula(crystal.species)},
          {"formula_units", formula_units(crystal.species)},
          {"atoms", crystal.size()},
          {"volume_angstrom3", crystal.cell.determinant()},
          {"cell",
           {{"a", cell.a},
            {"b", cell.b},
            {"c", cell.c},
            {"alpha", cell.alpha},
            {"beta", cell.beta},
            {"gamma", cell.gamma}}},
          {"space_group", {{"number", material.crystal_symmetry.number}, {"symbol", material.crystal_symmetry.symbol}}},
          {"model", crystal.model},
          {"provenance", crystal.provenance},
          {"warnings", crystal.warnings},
          {"molecules", molecules_json(material)},
          {"framework", {{"dimension", material.framework.dimension}, {"sharing", material.framework.sharing}}},
          {"protocol", protocol_json(run.study, material)},
          {"model_error_ev", model_error(run.study, material).value_ev},
          {"symmetry",
           {{"of", to_string(material.symmetry.of)},
            {"symprec_angstrom", material.symmetry.symprec},
            {"number", material.symmetry.number},
            {"symbol", material.symmetry.symbol}}},
          {"forcefield", forcefield_json(material)},
          {"engine", engine_json(material.host_engine)},
          {"supercell",
           {{"matrix", matrix_json(material.supercell.matrix)},
            {"atoms", material.supercell.crystal.size()},
            {"min_image_distance_angstrom", material.supercell.min_image_distance},
            {"chain_repeat_angstrom", or_null(chain_repeat(crystal, material.supercell.matrix))}}},
          {"host", host},
          {"sites", sites},
          {"vacancies", vacancies},
          {"hops", hops},
          {"barriers", barriers},
          {"sampling", sampling_json(material)},
          {"cell_series", cell_series_json(material)},
          {"network", network},
          {"headline", headline},
          {"headlines", headlines_json(material, headline, tier_of_bands, reference)},
          {"reference_bands", reference_bands_json(material)},
          {"paper", paper_json(material, reference)},
          {"device", stage_json(material.device)},
          {"crossbar", stage_json(material.crossbar)},
          {"snn", snn_json(run, material)},
          {"stage_problems", material.stage_problems},
          {"evaluations", evaluations}};
}

std::string timing_json(const StudyRun& run) {
  Json barriers = Json::object();
  for (const auto& [name, seconds] : run.seconds_to_barrier) barriers[name] = seconds;
  const Json timing{{"schema", "hopflow-timing/1"},
                    {"ranks", run.ranks},
                    {"seconds_total", run.seconds_total},
                    {"seconds_barrier_stage", run.seconds_barriers},
                    {"seconds_to_barrier", barriers},
                    {"evaluations_asked_of_engines", run.asked_of_engines},
                    {"evaluations_from_store", run.answered_from_store}};
  return timing.dump(2) + "\n";
}

/// Writes a file below the run folder; a stage names its files, so a name that leads elsewhere is refused.
void write_below(const fs::path& folder, const std::string& name, const std::string& content) {
  const fs::path relative = fs::path{name}.lexically_normal();
  if (relative.is_absolute() || relative.empty() || *relative.begin() == "..")
    throw Error{Error::Kind::io, fmt::format("{}: would lie outside the run folder", text::printable(name))};
  std::error_code status;
  fs::create_directories((folder / relative).parent_path(), status);
  text::write_file(folder / relative, content);
}

}  // namespace

Json engine_json(const EngineSpec& engine) {
  return {{"name", engine.kind},
          {"version", engine.version},
          {"tier", engine.tier},
          {"charge", engine.charge},
          {"parameters_hash", engine.hash()}};
}

Json barrier_json(const BarrierResult& barrier) {
  Json parts = Json::array(), checks = Json::array(), named = Json::object(), minima = Json::array();
  for (const UncertaintyPart& part : barrier.parts) {
    parts.push_back({{"name", part.name}, {"value_ev", or_null(part.value_ev)}, {"note", part.note}});
    if (part.value_ev) named[part.name] = *part.value_ev;
  }
  for (const JoinedMinimum& minimum : barrier.minima)
    minima.push_back({{"energy_ev", minimum.energy_ev},
                      {"image", minimum.image < 0 ? Json(nullptr) : Json(minimum.image)},
                      {"is", minimum.image == 0                                           ? "initial"
                             : minimum.image + 1 == static_cast<int>(barrier.path.size()) ? "final"
                             : minimum.image < 0                                          ? "other"
                                                                                          : "between"}});
  for (const Check& check : barrier.checks)
    checks.push_back({{"name", check.name}, {"passed", or_null(check.passed)}, {"detail", check.detail}});
  return {{"forward_ev", barrier.forward_ev},
          {"reverse_ev", barrier.reverse_ev},
          {"kra_ev", 0.5 * (barrier.forward_ev + barrier.reverse_ev)},
          {"delta_e_ev", barrier.forward_ev - barrier.reverse_ev},
          {"uncertainty_ev", barrier.uncertainty_ev},
          {"numerical_uncertainty_ev", numerical_error(barrier.parts)},
          {"largest_climb_ev", barrier.largest_climb_ev},
          {"steps", barrier.steps},
          {"minima", minima},
          {"parts", named},
          {"uncertainty_parts", parts},
          {"status", to_string(barrier.ending)},
          {"converged", barrier.converged()},
          {"saddle_energy_ev", barrier.saddle_energy_ev},
          {"fmax_ev_per_angstrom", barrier.fmax_ev_per_angstrom},
          {"negative_modes", or_null(barrier.negative_modes)},
          {"evaluations", barrier.evaluations},
          {"evaluations_endpoints", barrier.evaluations_endpoints},
          {"evaluations_band", barrier.evaluations_band},
          {"evaluations_certificate", barrier.evaluations_certificate},
          {"evaluations_prior", barrier.evaluations_prior},
          {"checks", checks},
          {"warnings", barrier.warnings}};
}

Json prefactor_json(const Prefactor& prefactor) {
  Json growth = Json::array();
  for (const PrefactorStep& step : prefactor.growth)
    growth.push_back({{"atoms", step.atoms}, {"forward_thz", step.forward_thz}, {"reverse_thz", step.reverse_thz}});
  const bool found = prefactor.forward_thz.has_value();
  return {{"attempt_frequency_thz", or_null(prefactor.forward_thz)},
          {"prefactor",
           {{"reason", prefactor.reason},
            {"forward_thz", or_null(prefactor.forward_thz)},
            {"reverse_thz", or_null(prefactor.reverse_thz)},
            {"factor", found ? Json(std::exp(prefactor.ln_uncertainty)) : Json(nullptr)},
            {"ln_uncertainty_parts",
             {{"region", prefactor.ln_growth}, {"step", prefactor.ln_step}, {"noise", prefactor.ln_noise}}},
            {"atoms", prefactor.growth.back().atoms},
            {"all_atoms", prefactor.all_atoms},
            {"growth", found ? growth : Json::array()},
            {"imaginary_thz", or_null(prefactor.imaginary_thz)},
            {"slowest_initial_thz", prefactor.slowest_initial_thz},
            {"slowest_saddle_thz", prefactor.slowest_saddle_thz},
            {"slowest_final_thz", prefactor.slowest_final_thz},
            {"warnings", prefactor.warnings},
            {"evaluations", prefactor.evaluations}}}};
}

Json rates_json(const BarrierResult& barrier, double forward_thz, double reverse_thz, double ln_sd,
                double temperature_k) {
  const Rate forward = hopping_rate(barrier.forward_ev, barrier.uncertainty_ev, forward_thz, ln_sd, temperature_k);
  const Rate reverse = hopping_rate(barrier.reverse_ev, barrier.uncertainty_ev, reverse_thz, ln_sd, temperature_k);
  return {{"temperature_k", temperature_k},
          {"forward_per_s", forward.per_s},
          {"reverse_per_s", reverse.per_s},
          {"factor", forward.factor}};
}

std::string path_extxyz(const BarrierResult& barrier) {
  std::vector<Frame> frames;
  for (std::size_t i = 0; i < barrier.path.size(); ++i) {
    Frame frame;
    frame.configuration = barrier.path[i];
    frame.energy_ev = barrier.answers[i].energy_ev;
    frame.forces = barrier.answers[i].forces;
    frame.stress = barrier.answers[i].stress;
    frame.info = {{"image", std::to_string(i)}, {"distance_angstrom", text::shortest(barrier.distance[i])}};
    frames.push_back(std::move(frame));
  }
  return format_extxyz(frames);
}

std::string profile_csv(const BarrierResult& barrier) {
  std::string out = "image,distance_angstrom,energy_ev,energy_above_first_ev\n";
  for (std::size_t i = 0; i < barrier.path.size(); ++i)
    out += fmt::format("{},{},{},{}\n", i, barrier.distance[i], barrier.answers[i].energy_ev,
                       barrier.answers[i].energy_ev - barrier.answers[0].energy_ev);
  return out;
}

namespace {

/// The options every band of the run had, by the table that users set them from.
Json neb_json(const BarrierOptions& options) {
  Json out = Json::object();
  for (const BarrierKey& key : barrier_keys()) {
    const std::string value = key.give(options);
    out[key.json_name] = key.kind == "choice" ? Json(value) : Json::parse(value);
  }
  return out;
}

}  // namespace

Json summary_of(const StudyRun& run) {
  nlohmann::json reference = nlohmann::json::array();
  std::string reference_source;
  if (!run.study.reference.empty()) {
    reference = pipeline::load_reference(run.study.folder / run.study.reference);
    reference_source = pipeline::reference_source(run.study.folder / run.study.reference);
  }
  Json materials = Json::array();
  long evaluations = 0;
  bool converged = true;
  const std::string tier_of_bands = stored_tier(run);
  for (const MaterialRun& material : run.materials) {
    materials.push_back(material_json(run, material, tier_of_bands, reference));
    evaluations += materials.back().at("evaluations").get<long>();
    for (const HopRun& hop : material.hops) converged = converged && hop.ending == Ending::converged;
  }
  const Json comparisons = comparisons_json(materials);
  std::vector<std::pair<std::string, nlohmann::json>> devices;
  for (const MaterialRun& material : run.materials)
    if (material.device.is_object()) devices.emplace_back(material.entry.name, material.device.at("result"));
  return {{"schema", "hopflow-summary/1"},
          {"study", run.study.name},
          {"hopflow", HOPFLOW_VERSION},
          {"quick", run.options.quick},
          {"converged", converged},
          {"evaluations", evaluations},
          {"neb", neb_json(run.study.barrier)},
          {"mobile", to_string(run.study.mobile)},
          {"orientations", run.study.orientations},
          {"temperature_k", run.study.temperature_k},
          {"notes", notes_json(run)},
          {"reference_source", reference_source},
          {"barrier_comparisons", comparisons},
          {"paper_orders", paper_orders_json(materials, comparisons, reference)},
          {"materials", materials},
          {"device_comparison", Json(pipeline::cation_comparison(devices, run.study.seed))}};
}

void write_results(const StudyRun& run) {
  const fs::path folder = run.options.folder;
  const Json summary = summary_of(run);
  std::map<std::string, std::string> files;
  for (const MaterialRun& material : run.materials) {
    for (const HopRun& hop : material.hops) {
      // Paths of single samples are for scripts; the report draws the typical one.
      if (hop.samples.size() > 1)
        for (const SampleRun& sample : hop.samples)
          if (sample.barrier && !sample.barrier->path.empty())
            write_below(folder, sample_path(material, hop, sample), path_extxyz(*sample.barrier));
      if (!hop.barrier || hop.barrier->path.empty()) continue;
      files[path_folder(material, hop) + "/path.extxyz"] = path_extxyz(*hop.barrier);
      files[path_folder(material, hop) + "/profile.csv"] = profile_csv(*hop.barrier);
      files.merge(refinement_files(hop, path_folder(material, hop)));
    }
    files.merge(pipeline::snn_files("snn/" + text::slug(material.entry.name), network_summary(material)));
    std::vector<const nlohmann::json*> stages{&material.device, &material.crossbar};
    for (const nlohmann::json* stage : stages)
      if (!stage->is_null() && stage->contains("files"))
        for (const auto& [name, content] : stage->at("files").items()) files[name] = content.get<std::string>();
  }
  files["barriers.csv"] = barriers_csv(summary);
  for (const auto& [name, content] : files) write_below(folder, name, content);
  text::write_file(folder / "summary.json", summary.dump(2) + "\n");
  text::write_file(folder / "timing.json", timing_json(run));
  text::write_file(folder / "report.html", render_report(nlohmann::json::parse(summary.dump()), files));
}

}  // namespace hopflow
