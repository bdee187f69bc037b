// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/materials/study_hops.hpp"

#include <utility>

#include "workflows/materials/material_run.hpp"
#include "workflows/study/study.hpp"

namespace hopflow {

std::vector<ListedMaterial> hops_of_study(const std::filesystem::path& file) {
  const Study study = load_study(file);
  std::vector<ListedMaterial> out;
  for (const MaterialEntry& entry : study.materials) {
    MaterialRun run = plan_hops(study, entry);
    out.push_back({entry.name, entry.structure, std::move(run.crystal), std::move(run.symmetry), std::move(run.table),
                   std::move(run.selected), study.element, study.max_length});
  }
  return out;
}

}  // namespace hopflow
