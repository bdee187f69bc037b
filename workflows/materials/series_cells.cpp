// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/materials/series_cells.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "neb/barrier/uncertainty.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

std::vector<MaterialRun> plan_series(const Study& study, const MaterialRun& material, int hop) {
  std::vector<MaterialRun> out;
  for (const double distance : study.series) {
    Study other = study;
    other.min_image_distance = distance;
    other.supercell_matrix.clear();
    other.sample_deciding = false;  // this is the hop that decides
    other.select = "ids";
    other.hop_ids = {material.table.hops[static_cast<std::size_t>(hop)].id};
    MaterialEntry entry = material.entry;
    entry.paths.clear();  // of the first cell
    MaterialRun cell = plan_material(other, entry);
    const auto same = [&](const MaterialRun& known) { return known.supercell.matrix == cell.supercell.matrix; };
    if (!same(material) && std::ranges::none_of(out, same)) out.push_back(std::move(cell));
  }
  return out;
}

const HopRun* run_of_series(const MaterialRun& material, const MaterialRun& cell) {
  return run_of(cell, material.series_hop);
}

std::vector<const MaterialRun*> cells_of_series(const MaterialRun& material) {
  std::vector<const MaterialRun*> cells{&material};
  for (const MaterialRun& cell : material.series) cells.push_back(&cell);
  return cells;
}

void conclude_series(MaterialRun& material) {
  std::vector<CellPoint> forward, reverse;
  std::vector<std::string> words, missing;
  const auto take = [&](const MaterialRun& cell) {
    const HopRun* run = run_of_series(material, cell);
    const int atoms = cell.supercell.crystal.size();
    if (run == nullptr || !has_numbers(run->ending) || !run->barrier) {
      missing.push_back(fmt::format("{} atoms ({})", atoms, to_string(run == nullptr ? Ending::failed : run->ending)));
      return;
    }
    const double volume = std::abs(cell.supercell.crystal.cell.determinant());
    forward.push_back({volume, run->barrier->forward_ev});
    reverse.push_back({volume, run->barrier->reverse_ev});
    words.push_back(
        fmt::format("{:.3f} and {:.3f} eV in {} atoms", run->barrier->forward_ev, run->barrier->reverse_ev, atoms));
  };
  for (const MaterialRun* cell : cells_of_series(material)) take(*cell);
  const std::string id = material.table.hops[static_cast<std::size_t>(material.series_hop)].id;
  const std::string without = missing.empty() ? "" : "; none in " + text::join(missing, ", ");
  material.forward_limit = cell_limit(forward);
  material.reverse_limit = cell_limit(reverse);
  UncertaintyPart part{
      "cell_size", std::nullopt,
      fmt::format("fewer than two cells of the series gave a barrier of {}, so there is no extrapolation{}", id,
                  without)};
  Check check{"cell_size_series", std::nullopt, part.note};
  if (material.forward_limit) {
    constexpr double small_ev = 0.02;
    const auto off = [](const CellPoint& here, const CellLimit& limit) {
      return std::hypot(here.barrier_ev - limit.limit_ev, limit.error_ev);
    };
    part.value_ev =
        std::max(off(forward.front(), *material.forward_limit), off(reverse.front(), *material.reverse_limit));
    part.note = fmt::format(
        "interaction of the charged vacancy and its strain with their periodic images: barriers of {} are (forward and "
        "reverse) {}{}; extrapolated linearly in 1/volume to an infinite cell: {:.3f} +- {:.3f} and {:.3f} +- {:.3f} "
        "eV",
        id, text::join(words, ", "), without, material.forward_limit->limit_ev, material.forward_limit->error_ev,
        material.reverse_limit->limit_ev, material.reverse_limit->error_ev);
    check.passed = *part.value_ev < small_ev && missing.empty();
    check.detail = fmt::format("{:.3f} eV from the limit of an infinite cell; less than {:.2f} eV is required{}",
                               *part.value_ev, small_ev, without);
  }
  for (HopRun& hop : material.hops) {
    if (!hop.barrier) continue;
    std::erase_if(hop.barrier->parts, [](const UncertaintyPart& p) { return p.name == "cell_size"; });
    hop.barrier->parts.push_back(part);
    hop.barrier->checks.push_back(check);
    hop.barrier->uncertainty_ev = quadrature(hop.barrier->parts);
  }
}

}  // namespace hopflow
