// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/materials/error_bar.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "neb/barrier/uncertainty.hpp"
#include "structures/core/text.hpp"
#include "workflows/bands/reference_band.hpp"

namespace hopflow {

namespace {

// What a protocol is worth where it was not varied (eV), each measured on crystals of this project.
// Network barriers with cations held, less those with cations near a hop free: 0.27 (MAPbI3), 0.04 eV (PrPyr chain).
constexpr double held_cations_ev = 0.19;
// The same between cations near a hop free and all free: 0.00 (MAPbI3), 0.07 eV (PrPyr chain).
constexpr double far_cations_ev = 0.05;
// Network barrier of MAPbI3 while its cell is strained by -1, 0 and 1 %: 0.60, 0.48 and 0.35 eV.
constexpr double cell_as_read_ev = 0.12;
constexpr double one_sample_ev = 0.10;  // scatter of one MAPbI3 band about the mean of 36
constexpr double kept_path_ev = 0.20;   // barriers of learned potentials on another engine's path, less relaxed ones:
                                        // -0.09 and +0.28
// Of a charged vacancy 12 A from its images, falling off with the volume: MAPbI3 in cells of 96 to 768 atoms.
constexpr double charged_cell_ev = 0.10, neutral_cell_ev = 0.02, reference_distance = 12;

ModelError stated_or(const Study& study, const NamedEngine* named, const std::optional<ForceField>& forcefield,
                     const std::string& tier) {
  if (study.barrier_model_error_ev) return {*study.barrier_model_error_ev, "stated in the study"};
  if (named != nullptr && named->barrier_error_ev) return {*named->barrier_error_ev, "stated with the engine"};
  if (named == nullptr && forcefield)
    if (const auto error = forcefield->barrier_error()) return *error;
  return model_error_of_tier(tier);
}

UncertaintyPart protocol_part(const Study& study, const MaterialRun& material) {
  double squares = cell_as_read_ev * cell_as_read_ev;
  std::string note =
      fmt::format("cell as read, not relaxed with this engine ({} eV, from a strain of 1 %)", cell_as_read_ev);
  if (!material.cations.empty() && study.mobile == Mobility::inorganic) {
    squares += held_cations_ev * held_cations_ev;
    note += fmt::format("; organic cations held ({} eV, from chains and MAPbI3 with both)", held_cations_ev);
  } else if (!material.cations.empty() && study.mobile == Mobility::near) {
    squares += far_cations_ev * far_cations_ev;
    note += fmt::format("; organic cations far from the hop held ({} eV)", far_cations_ev);
  }
  return {"protocol", std::sqrt(squares), note};
}

UncertaintyPart cell_part(double distance, const std::string& charge) {
  const bool neutral = charge.empty() || charge == "0";
  const double at_reference = neutral ? neutral_cell_ev : charged_cell_ev;
  return {"cell_size", at_reference * std::pow(reference_distance / distance, 3),
          fmt::format(
              "not measured here: {} eV for a {} vacancy {} A from its images (MAPbI3 in four cells), with the volume; "
              "supercell.series measures it",
              at_reference, neutral ? "neutral" : "charged", reference_distance)};
}

/// Puts a part in the place of the one of its name, if that has no value yet.
void put(std::vector<UncertaintyPart>& parts, UncertaintyPart part) {
  const auto known = std::ranges::find(parts, part.name, &UncertaintyPart::name);
  if (known == parts.end())
    parts.push_back(std::move(part));
  else if (!known->value_ev)
    *known = std::move(part);
}

void complete(BarrierResult& barrier, const ModelError& model, const UncertaintyPart& protocol,
              const UncertaintyPart& cell) {
  const auto sampling = std::ranges::find(barrier.parts, "sampling", &UncertaintyPart::name);
  if (sampling != barrier.parts.end() && !sampling->value_ev)
    put(barrier.parts, {"sampling", one_sample_ev,
                        fmt::format("only one of many arrangements of the cations was computed ({} eV: the scatter of "
                                    "single MAPbI3 bands about the mean of 36); set orientations above 1",
                                    one_sample_ev)});
  put(barrier.parts, {"model", model.value_ev, model.source});
  put(barrier.parts, protocol);
  put(barrier.parts, cell);
  barrier.uncertainty_ev = quadrature(barrier.parts);
}

}  // namespace

ModelError model_error(const Study& study, const MaterialRun& material) {
  return stated_or(study, engine_named(study, material.entry), material.forcefield, material.host_engine.tier);
}

ModelError model_error(const Study& study, const MaterialRun& material, std::size_t refinement) {
  const auto& named = study.refine[refinement].engine;
  return stated_or(study, named ? &*named : nullptr, material.refine_forcefields[refinement],
                   refine_engine_of(study, material, refinement, -1).tier);
}

void complete_error_bar(ReferenceBand& band) {
  BarrierResult& barrier = band.barrier;
  put(barrier.parts,
      {"sampling", one_sample_ev,
       fmt::format("one of many arrangements of the cations ({} eV: the scatter of one MAPbI3 band about "
                   "the mean of 36)",
                   one_sample_ev)});
  const UncertaintyPart protocol{
      "protocol", cell_as_read_ev,
      fmt::format("cell as read, not relaxed with this engine ({} eV, from a strain of 1 %)", cell_as_read_ev)};
  complete(barrier, model_error_of_tier(band.tier), protocol, cell_part(band.min_image_distance, band.charge));
}

void complete_error_bars(const Study& study, const MaterialRun& material, HopRun& hop) {
  if (!hop.barrier) return;
  const UncertaintyPart protocol = protocol_part(study, material);
  const std::string charge = material.vacancies.empty() ? "" : material.vacancies.begin()->second.engine.charge;
  const UncertaintyPart cell = cell_part(material.supercell.min_image_distance, charge);
  complete(*hop.barrier, model_error(study, material), protocol, cell);
  for (std::size_t k = 0; k < hop.refined.size(); ++k) {
    if (!hop.refined[k].result) continue;
    Refined& refined = *hop.refined[k].result;
    const ModelError model = model_error(study, material, k);
    UncertaintyPart kept = protocol;
    kept.value_ev = std::hypot(*protocol.value_ev, kept_path_ev);
    kept.note += fmt::format("; another engine's path kept ({} eV)", kept_path_ev);
    complete(refined.kept, model, kept, cell);
    if (refined.converged) complete(*refined.converged, model, protocol, cell);
  }
}

}  // namespace hopflow
