// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/materials/error_bar.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "neb/barrier/unmeasured.hpp"
#include "structures/core/text.hpp"
#include "workflows/bands/reference_band.hpp"

namespace hopflow {

namespace {

// What a protocol is worth where it was not varied (eV), each measured on crystals of this project.
// Network barriers with cations held, less those with cations near a hop free: 0.27 (MAPbI3), 0.04 eV (PrPyr chain).
constexpr double held_cations_ev = 0.19;
// The same between cations near a hop free and all free: 0.00 (MAPbI3), 0.07 eV (PrPyr chain).
constexpr double far_cations_ev = 0.05;

ModelError stated_or(const Study& study, const NamedEngine* named, const std::optional<ForceField>& forcefield,
                     const std::string& tier) {
  if (study.barrier_model_error_ev) return {*study.barrier_model_error_ev, "stated in the study"};
  if (named != nullptr && named->barrier_error_ev) return {*named->barrier_error_ev, "stated with the engine"};
  if (named == nullptr && forcefield)
    if (const auto error = forcefield->barrier_error()) return *error;
  return model_error_of_tier(tier);
}

UncertaintyPart protocol_part(const Study& study, const MaterialRun& material) {
  UncertaintyPart part = protocol_in_given_cell();
  double squares = cell_as_read_ev * cell_as_read_ev;
  if (!material.cations.empty() && study.mobile == Mobility::inorganic) {
    squares += held_cations_ev * held_cations_ev;
    part.note += fmt::format("; organic cations held ({} eV, from chains and MAPbI3 with both)", held_cations_ev);
  } else if (!material.cations.empty() && study.mobile == Mobility::near) {
    squares += far_cations_ev * far_cations_ev;
    part.note += fmt::format("; organic cations far from the hop held ({} eV)", far_cations_ev);
  }
  part.value_ev = std::sqrt(squares);
  return part;
}

UncertaintyPart cell_part(double distance, const std::string& charge) {
  UncertaintyPart part = cell_size_part(distance, is_neutral(charge));
  part.note += "; supercell.series measures it";
  return part;
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
  const UncertaintyPart protocol = protocol_in_given_cell();
  complete_error_bar(barrier, model_error_of_tier(band.tier),
                     band.geometry.empty() ? protocol : protocol_on_kept_path(protocol),
                     cell_part(band.min_image_distance, band.charge));
}

void complete_error_bars(const Study& study, const MaterialRun& material, HopRun& hop) {
  if (!hop.barrier) return;
  const UncertaintyPart protocol = protocol_part(study, material);
  const std::string charge = material.vacancies.empty() ? "" : material.vacancies.begin()->second.engine.charge;
  const UncertaintyPart cell = cell_part(material.supercell.min_image_distance, charge);
  complete_error_bar(*hop.barrier, model_error(study, material), protocol, cell);
  for (std::size_t k = 0; k < hop.refined.size(); ++k) {
    if (!hop.refined[k].result) continue;
    Refined& refined = *hop.refined[k].result;
    const ModelError model = model_error(study, material, k);
    complete_error_bar(refined.kept, model, protocol_on_kept_path(protocol), cell);
    if (refined.converged) complete_error_bar(*refined.converged, model, protocol, cell);
  }
}

}  // namespace hopflow
