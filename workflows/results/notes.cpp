// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/results/notes.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "structures/core/text.hpp"

namespace hopflow {

namespace {

const char* what_moves(Mobility mobile) {
  switch (mobile) {
    case Mobility::inorganic: return "inorganic atoms relax, organic cations are held as the structure file has them";
    case Mobility::near:
      return "inorganic atoms and the organic cations near a hop relax, the other cations are held as the structure "
             "file "
             "has them";
    case Mobility::all: return "every atom relaxes, inorganic atoms first";
  }
  return "";
}

std::string tiers_of(const StudyRun& run) {
  std::vector<std::string> tiers;
  for (const MaterialRun& material : run.materials) {
    const std::string& tier = material.host_engine.tier;
    const std::string words = tier == "ff" ? "classical force field (ff)" : tier;
    if (std::ranges::find(tiers, words) == tiers.end()) tiers.push_back(words);
  }
  return text::join(tiers, ", ");
}

}  // namespace

nlohmann::ordered_json notes_json(const StudyRun& run) {
  const Study& study = run.study;
  nlohmann::ordered_json notes = nlohmann::ordered_json::array();
  notes.push_back(fmt::format("Protocol, the same for every material: {}.", what_moves(study.mobile)));
  for (const MaterialRun& material : run.materials)
    notes.push_back(fmt::format("{}: {}.", material.entry.name, held_text(study, material)));
  notes.push_back(fmt::format(
      "Engine tier: {}. Every error bar is one standard deviation with all parts: residual forces, path choice, cell "
      "size, sampling, protocol and the engine's own error (model). A part that was not measured in this run has a "
      "value from other crystals, with its source in the notes of the parts.",
      tiers_of(run)));
  if (study.orientations > 1)
    notes.push_back(fmt::format(
        "Up to {} samples of {} were run; they differ in the cations around them{}. Barriers of a sampled hop are "
        "means. Network, diffusion and device use the barrier with the mean rate at {:g} K (rate_barrier_ev), which is "
        "lower where samples scatter. Failed samples are counted separately.",
        study.orientations, study.sample_deciding ? "the hop that decides each network" : "each hop class",
        study.mobile == Mobility::inorganic ? "" : " or in how these are turned before they relax",
        study.temperature_k));
  notes.push_back(
      "Cells stay as read: these force fields would shrink or swell the crystals, so every barrier belongs to the cell "
      "of its "
      "structure file.");
  if (!study.refine.empty())
    notes.push_back(
        "Barriers are those of the engine that made the path; numbers of other engines stand next to them. A path that "
        "leaves more than 0.5 eV/A in another engine gives no number for it.");
  notes.push_back(fmt::format(
      "The ends of each hop are built from the relaxed vacancy at one of its sites by moving the ion; of both "
      "directions the ends of lower energy count. After every relaxation the list of empty {} sites is checked. Hops "
      "that slipped, collapsed or did not converge are listed with the reason and enter no average.",
      study.element));
  if (std::ranges::any_of(run.materials, [](const MaterialRun& m) { return m.crystal.model; }))
    notes.push_back(
        "Structures marked 'model' are not experimental. No comparison made with them says anything about the real "
        "compounds; replace them by the deposited structures.");
  if (run.options.quick)
    notes.push_back(
        "Quick run: small cells, one hop per material and few MNIST images. Its barriers only show that the workflow "
        "runs: they are not converged with cell size and belong to no percolating path.");
  return notes;
}

}  // namespace hopflow
