// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/barrier/unmeasured.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "neb/barrier/uncertainty.hpp"
#include "structures/core/element.hpp"

namespace hopflow {
namespace {

constexpr double kept_path_ev = 0.15;      // eV: images that another engine converged are not at this one's saddle
constexpr double charged_cell_ev = 0.10;   // a vacancy reference_distance from its images
constexpr double neutral_cell_ev = 0.02;   // the same
constexpr double reference_distance = 12;  // A
constexpr double least_distance = 9.5;     // A; nearer, the error grows no further: 0.09 to 0.20 eV measured at 8.05 A

/// Distance of an atom to its nearest image (A); infinite without periodic directions.
double nearest_image(const Configuration& structure) {
  constexpr int reach = 2;  // cells: more than the shapes of structures need
  double least = std::numeric_limits<double>::infinity();
  const auto along = [&](std::size_t k) { return structure.periodic[k] ? reach : 0; };
  for (int i = -along(0); i <= along(0); ++i)
    for (int j = -along(1); j <= along(1); ++j)
      for (int k = -along(2); k <= along(2); ++k)
        if (i != 0 || j != 0 || k != 0) least = std::min(least, (structure.cell * Eigen::Vector3d(i, j, k)).norm());
  return least;
}

bool screens_or_neutral(const Configuration& structure, const std::string& charge) {
  return is_neutral(charge) || std::ranges::all_of(structure.species, is_metal);
}

}  // namespace

bool is_neutral(const std::string& charge) {
  return charge.empty() || charge == "0" || charge.starts_with("neutral") || charge.starts_with("none");
}

void put(std::vector<UncertaintyPart>& parts, UncertaintyPart part) {
  const auto known = std::ranges::find(parts, part.name, &UncertaintyPart::name);
  if (known == parts.end())
    parts.push_back(std::move(part));
  else if (!known->value_ev)
    *known = std::move(part);
}

UncertaintyPart protocol_in_given_cell() {
  return {"protocol", cell_as_read_ev,
          fmt::format("cell as read, not relaxed with this engine ({} eV, from a strain of 1 %)", cell_as_read_ev)};
}

UncertaintyPart protocol_on_kept_path(UncertaintyPart protocol) {
  protocol.value_ev = std::hypot(protocol.value_ev.value_or(0), kept_path_ev);
  protocol.note += fmt::format("; another engine's path kept ({} eV)", kept_path_ev);
  return protocol;
}

UncertaintyPart cell_size_part(double distance, bool neutral) {
  const double at_reference = neutral ? neutral_cell_ev : charged_cell_ev;
  return {"cell_size", at_reference * std::pow(reference_distance / std::max(distance, least_distance), 3),
          fmt::format("not measured here: {} eV for a {} vacancy {} A from its images, with the third power of the "
                      "distance down to {} A (MAPbI3 in four cells, chains of two pyridinium lead iodides in eight)",
                      at_reference, neutral ? "neutral" : "charged", reference_distance, least_distance)};
}

void complete_error_bar(BarrierResult& barrier, const ModelError& model, const UncertaintyPart& protocol,
                        const UncertaintyPart& cell) {
  const auto sampling = std::ranges::find(barrier.parts, "sampling", &UncertaintyPart::name);
  if (sampling != barrier.parts.end() && !sampling->value_ev)
    put(barrier.parts,
        {"sampling", one_sample_ev,
         fmt::format("only one of many arrangements of the cations was computed ({} eV: the scatter of "
                     "single MAPbI3 bands about the mean of 36); orientations and sampled_hops ask for more",
                     one_sample_ev)});
  put(barrier.parts, {"model", model.value_ev, model.source});
  put(barrier.parts, protocol);
  put(barrier.parts, cell);
  barrier.uncertainty_ev = quadrature(barrier.parts);
}

void complete_error_bar(BarrierResult& barrier, const EngineOfBarrier& engine, bool kept_path) {
  UncertaintyPart protocol{"protocol", std::nullopt, "none: the surface itself is the model"}, cell = protocol;
  cell.name = "cell_size";
  const bool is_surface = engine.tier == "analytic" || engine.tier == "test";
  if (!is_surface && !barrier.path.empty()) {
    const Configuration& structure = barrier.path.front();
    if (const double distance = nearest_image(structure); std::isfinite(distance)) {
      protocol = protocol_in_given_cell();
      cell = cell_size_part(distance, screens_or_neutral(structure, engine.charge));
      cell.note += "; repeat in a larger cell to measure it";
    } else {
      protocol.note = cell.note = "none: the structure is not periodic";
    }
    if (kept_path) protocol = protocol_on_kept_path(std::move(protocol));
  }
  complete_error_bar(barrier, engine.error, protocol, cell);
}

}  // namespace hopflow
