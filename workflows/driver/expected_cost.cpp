// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/driver/expected_cost.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

namespace hopflow {

namespace {

/// How many atoms are free, outside molecules and in them.
struct Free {
  double inorganic = 0, molecular = 0;
};

Free free_around(const Study& study, const MaterialRun& material, const Configuration& host,
                 const std::vector<int>& centres) {
  const Mask mobile = mobile_stages(study, material, {}, host, centres).back();
  Free out;
  out.inorganic = static_cast<double>(std::ranges::count(mobile, true));
  for (const std::vector<int>& molecule : material.cations)
    for (const int atom : molecule)
      if (mobile[static_cast<std::size_t>(atom)]) out.molecular += 1;
  out.inorganic -= out.molecular;
  return out;
}

/// Seconds of one evaluation of a configuration of so many atoms on a core; none where the tier does not say.
std::optional<double> seconds_of(const EngineSpec& engine, double atoms) {
  if (engine.tier == "mlip") return 0.1 + 0.005 * atoms;
  if (engine.tier == "ff" || engine.tier == "test") return 0.0014 + 0.000017 * atoms;
  return std::nullopt;
}

// From runs of the shipped studies: 8 to 16 free atoms take 7 to 30 evaluations; molecules turn into place slowly.
double of_relaxation(const Free& free) { return 5 * std::sqrt(free.inorganic) + 3 * free.molecular; }

// From the same runs, as means over samples: 70 to 300 evaluations with 8 to 16 inorganic atoms free and no molecule,
// 1400 with four methylammonium, 3000 to 6000 with molecules of 20 to 25 atoms around the hop.
double of_sample(const Free& free) { return 45 * std::sqrt(free.inorganic) + 36 * free.molecular; }

}  // namespace

ExpectedCost expected_cost(const Study& study, const MaterialRun& material) {
  ExpectedCost out;
  const Configuration host = to_configuration(material.supercell.crystal);
  const auto atoms = static_cast<double>(material.supercell.crystal.size());
  const auto add = [&](const EngineSpec& engine, double evaluations) {
    out.evaluations += evaluations;
    out.megabytes += evaluations * atoms * 56e-6;
    if (const auto seconds = seconds_of(engine, atoms))
      out.seconds += evaluations * *seconds;
    else
      out.timed = false;
  };
  const auto relaxing = [&](const std::vector<int>& centres) {
    return of_relaxation(free_around(study, material, host, centres));
  };

  double own = relaxing({});
  for (const auto& [key, vacancy] : material.vacancies) own += relaxing({key.atom});
  // Which hop decides is not known yet: the one with the most samples to come stands for it.
  double further = 0, further_bands = 0;
  for (const HopRun& hop : material.hops) {
    const auto count = static_cast<double>(hop.samples.size());
    const auto [before, after] = joined_atoms(material.supercell, hop.samples.front().sample.pair);
    const double one = of_sample(free_around(study, material, host, {before, after}));
    const auto to_come = static_cast<double>(hop.further.size());
    out.bands += count;
    own += count * one;
    further = std::max(further, to_come * (one + relaxing({before}) + relaxing({after})));
    further_bands = std::max(further_bands, to_come);
  }
  out.bands += further_bands;
  add(engine_of(study, material), own + further);
  for (std::size_t k = 0; k < study.refine.size(); ++k) {
    const double images = study.barrier.images;
    const double each = images + 2 + (study.refine[k].path == RefinePath::converge ? 200 + 30 * images : 0);
    add(refine_engine_of(study, material, k, -1), static_cast<double>(material.selected.size()) * each);
  }
  return out;
}

}  // namespace hopflow
