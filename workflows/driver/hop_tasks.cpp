// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/driver/hop_tasks.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "neb/barrier/uncertainty.hpp"
#include "neb/descent/kick.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/driver/failure.hpp"
#include "workflows/materials/error_bar.hpp"
#include "workflows/materials/series_cells.hpp"
#include "workflows/memory/results.hpp"
#include "workflows/sampling/prior_engine.hpp"

namespace hopflow {

namespace {

using Clock = std::chrono::steady_clock;

// Serial chains (host, vacancies) go before bands: they decide how soon there is work for every rank.
int chain_priority(std::size_t order) { return static_cast<int>(order); }
int band_priority(std::size_t order, std::size_t hop) { return 1000 + static_cast<int>(order * 10000 + hop); }

/// Tells the cells of one material apart.
std::string cell_of(const MaterialRun& material) {
  return fmt::format("{}/{:.17g}", material.supercell.crystal.size(), material.supercell.min_image_distance);
}

/// The vacancies at both sites of a sample's hop.
std::pair<VacancyKey, VacancyKey> vacancies_of(const MaterialRun& material, const HopSample& sample) {
  const auto [before, after] = joined_atoms(material.supercell, sample.pair);
  return {{before, sample.start}, {after, sample.start}};
}

/// A vacancy or sample as its task left it.
template <class Run>
void take(Run& run, Outcome<Run> outcome, ProgressView& view) {
  if (outcome.error) {
    const Failure failure = failure_of(outcome.error, view);
    run.ending = Ending::failed;
    run.reason = failure.reason;
    run.engine_failed = failure.engine;
  } else {
    run = std::move(*outcome.value);
  }
  run.ended = true;
}

}  // namespace

HopTasks::HopTasks(StudyRun& run, Scheduler& scheduler, ProgressView& view,
                   std::function<void(std::size_t)> material_done, std::function<void()> hop_ended)
    : run_{run},
      scheduler_{scheduler},
      view_{view},
      begin_{Clock::now()},
      inputs_{memory::study_hash(run.study)},
      material_done_{std::move(material_done)},
      hop_ended_{std::move(hop_ended)} {
  element_ = *atomic_number(run.study.element);
  barrier_options_ = run.study.barrier;
  barrier_options_.relax_endpoints = false;
  barrier_options_.one_order = true;
  relax_options_.fmax =
      std::min(barrier_options_.endpoint_fmax, barrier_options_.fmax / 10);  // as find_barrier() wants ends
}

void HopTasks::start() {
  open_materials_ = run_.materials.size();
  for (std::size_t m = 0; m < run_.materials.size(); ++m) add(run_.materials[m], m, false, [this, m] { hops_done(m); });
}

void HopTasks::hops_done(std::size_t m) {
  MaterialRun& material = run_.materials[m];
  if (!run_.study.series.empty() && material.series_hop < 0) {
    const int hop = transport_of(material).deciding_hop;
    if (hop >= 0) material.series = plan_series(run_.study, material, hop);
    if (!material.series.empty()) {
      material.series_hop = hop;
      open_cells_[m] = material.series.size();
      for (MaterialRun& cell : material.series)
        add(cell, m, true, [this, m, &material] {
          if (--open_cells_[m] > 0) return;
          conclude_series(material);
          finish(m);
        });
      return;
    }
  }
  finish(m);
}

void HopTasks::finish(std::size_t m) {
  if (--open_materials_ == 0) run_.seconds_barriers = seconds();
  material_done_(m);
}

double HopTasks::seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

void HopTasks::add(MaterialRun& material, std::size_t order, bool of_series, std::function<void()> done) {
  const std::string name =
      material.entry.name + (of_series ? fmt::format(" in {} atoms", material.supercell.crystal.size()) : "");
  const int hops = static_cast<int>(material.hops.size());
  chains_.push_back({&material, name, order, of_series, hops, of_series ? 0 : hops,
                     run_.study.sample_deciding && !of_series, std::move(done)});
  relax_host(chains_.back());
}

HopProtocol HopTasks::protocol(const MaterialRun& material, const std::vector<int>& host_index,
                               const std::vector<int>& centres, std::string stage) const {
  HopProtocol out;
  out.host = material.host->configuration;
  out.labels = material.supercell.crystal.labels;
  out.host_symmetries = material.host_symmetries;
  out.element = element_;
  out.stages = mobile_stages(run_.study, material, host_index, out.host, centres);
  out.relaxing = relax_options_;
  out.relaxing.stage = std::move(stage);
  out.barrier = barrier_options_;
  out.prior = prior_of(material.host_engine);
  return out;
}

HopProtocol HopTasks::protocol(const MaterialRun& material, const HopCell& hop) const {
  return protocol(material, hop.host_index, {hop.vacant_before, hop.vacant_after}, "");
}

void HopTasks::relax_host(Chain& chain) {
  MaterialRun& material = *chain.material;
  const Configuration start = to_configuration(material.supercell.crystal);
  if (!run_.study.relax_host) {
    Relaxed as_read;
    as_read.configuration = start;
    as_read.ending = Ending::converged;
    material.host = as_read;
    cut_vacancies(chain);
    return;
  }
  RelaxOptions options = relax_options_;
  options.stage = "relax host";
  const std::optional<PriorOptions> prior = prior_of(material.host_engine);
  if (prior) options.fmax = barrier_options_.fmax;
  const Mask free = mobile_stages(run_.study, material, {}, start, {}).back();
  const double moved = run_.study.perturb_host;
  const Configuration from = perturbed(start, free, moved, static_cast<std::uint64_t>(run_.study.seed));
  scheduler_.add<Relaxed>(
      chain.name + " host", chain_priority(chain.order), material.host_engine,
      moved > 0 && !prior ? relax_to_minimum(from, free, options) : relax_by(prior, from, free, options),
      [this, &chain](Outcome<Relaxed> outcome) { host_relaxed(chain, std::move(outcome)); },
      memory::of<Relaxed>(inputs_, cell_of(material)));
}

void HopTasks::host_relaxed(Chain& chain, Outcome<Relaxed> outcome) {
  MaterialRun& material = *chain.material;
  if (outcome.error) {
    const Failure failure = failure_of(outcome.error, view_);
    material.host_problem = failure.reason;
    material.host_engine_failed = failure.engine;
  } else {
    material.host = std::move(*outcome.value);
    if (!material.host->converged())
      material.host_problem = fmt::format("the host's relaxation stopped at {:.3f} eV/A{}{}", material.host->fmax,
                                          material.host->reason.empty() ? "" : ": ", material.host->reason);
  }
  if (!material.host_problem.empty()) {
    view_.say(fmt::format("{}: no barriers: {}", chain.name, material.host_problem));
    for (HopRun& hop : material.hops) {
      hop.ending = material.host_engine_failed ? Ending::failed : Ending::not_converged;
      hop.engine_failed = material.host_engine_failed;
      hop.reason = material.host_problem;
      for (SampleRun& sample : hop.samples) {
        sample.ending = hop.ending;
        sample.reason = hop.reason;
      }
      if (!chain.of_series) hop_ended_();
    }
    chain.done();
    return;
  }
  cut_vacancies(chain);
}

void HopTasks::cut_vacancies(Chain& chain) {
  MaterialRun& material = *chain.material;
  constexpr double symprec = 0.02;  // A: what forces below fmax leave of a symmetric host
  try {
    material.host_symmetries = atomic_symmetries(material.host->configuration, symprec);
  } catch (const Error&) {
    material.host_symmetries.clear();  // a host without any symmetry that can be found: both ends are relaxed
  }
  relax_vacancies(chain);
}

void HopTasks::relax_vacancies(Chain& chain) {
  MaterialRun& material = *chain.material;
  for (auto& [key, vacancy] : material.vacancies) {
    if (vacancy.cell) continue;
    vacancy.cell = make_vacancy(material.host->configuration, key.atom);
    vacancy.engine = engine_of(run_.study, material, key.atom);
    HopProtocol how = protocol(material, vacancy.cell->host_index, {key.atom}, "relax vacancy");
    vacancy.cell->configuration =
        turned_at_random(std::move(vacancy.cell->configuration), molecules_without(material, key.atom),
                         how.stages.back(), static_cast<std::uint64_t>(run_.study.seed), key.start);
    scheduler_.add<VacancyRun>(
        fmt::format("{} vacancy {}", chain.name, material.crystal.labels[static_cast<std::size_t>(vacancy.atom)]),
        chain_priority(chain.order), vacancy.engine, run_vacancy(vacancy, std::move(how)),
        [this, &chain, key = key](Outcome<VacancyRun> outcome) { vacancy_relaxed(chain, key, std::move(outcome)); },
        memory::of<VacancyRun>(inputs_, fmt::format("{}/{}/{}", cell_of(material), key.atom, key.start)));
  }
}

void HopTasks::vacancy_relaxed(Chain& chain, VacancyKey key, Outcome<VacancyRun> outcome) {
  MaterialRun& material = *chain.material;
  VacancyRun& vacancy = material.vacancies.at(key);
  EngineSpec engine = vacancy.engine;  // where its programs run is this run's affair, not a remembered one's
  take(vacancy, std::move(outcome), view_);
  vacancy.engine = std::move(engine);
  // First which, then start them: a sample that ends at once may add others.
  std::vector<std::pair<std::size_t, std::size_t>> ready;
  for (std::size_t h = 0; h < material.hops.size(); ++h)
    for (std::size_t s = 0; s < material.hops[h].samples.size(); ++s) {
      const auto [before, after] = vacancies_of(material, material.hops[h].samples[s].sample);
      if ((key == before || key == after) && material.vacancies.at(before).ended && material.vacancies.at(after).ended)
        ready.emplace_back(h, s);
    }
  for (const auto& [h, s] : ready) start_sample(chain, h, s);
}

void HopTasks::start_sample(Chain& chain, std::size_t h, std::size_t s) {
  MaterialRun& material = *chain.material;
  HopRun& hop = material.hops[h];
  SampleRun& sample = hop.samples[s];
  const auto [key_before, key_after] = vacancies_of(material, sample.sample);
  const VacancyRun &before = material.vacancies.at(key_before), &after = material.vacancies.at(key_after);
  if (before.ending != Ending::converged && after.ending != Ending::converged) {
    sample.ending = before.ending;
    sample.reason = before.reason;
    sample.engine_failed = before.engine_failed || after.engine_failed;
    sample.ended = true;
    sample_done(chain, h);
    return;
  }
  try {
    const HopCell cell = make_hop(material.supercell, material.host->configuration, sample.sample.pair);
    const std::string name =
        fmt::format("{} hop {}{}", chain.name, material.table.hops[static_cast<std::size_t>(hop.hop)].id,
                    hop.samples.size() > 1 ? fmt::format(" sample {}", s + 1) : "");
    scheduler_.add<SampleRun>(
        name, band_priority(chain.order, h), material.vacancies.at({cell.removed(), sample.sample.start}).engine,
        run_sample(sample, cell, before, after, molecules_without(material, cell.removed()), protocol(material, cell)),
        [this, &chain, h, s](Outcome<SampleRun> outcome) {
          take(chain.material->hops[h].samples[s], std::move(outcome), view_);
          sample_done(chain, h);
        },
        memory::of<SampleRun>(inputs_, cell_of(material)));
  } catch (const Error& problem) {
    sample.ending = Ending::failed;
    sample.reason = problem.what();
    sample.ended = true;
    sample_done(chain, h);
  }
}

void HopTasks::sample_done(Chain& chain, std::size_t h) {
  MaterialRun& material = *chain.material;
  HopRun& hop = material.hops[h];
  if (!std::ranges::all_of(hop.samples, &SampleRun::ended)) return;
  const Hop& entry = material.table.hops[static_cast<std::size_t>(hop.hop)];
  const bool unlike = material.symmetry.operations.size() > material.crystal_symmetry.operations.size();
  conclude(
      hop, entry.reversed_by_symmetry,
      ((unlike || run_.study.perturb_host > 0) && entry.multiplicity > 1) || molecules_settle(run_.study, material),
      run_.study.temperature_k);
  if (has_numbers(hop.ending)) {
    run_.seconds_to_barrier.emplace_back(chain.name + " " + entry.id, seconds());
    if (!chain.sampling) {
      go_on(chain, h);
      return;
    }
  } else {
    view_.say(fmt::format("{} hop {}: {}: {}", chain.name, entry.id, to_string(hop.ending), hop.reason));
  }
  hop_done(chain, h);
}

bool HopTasks::sample_deciding(Chain& chain) {
  MaterialRun& material = *chain.material;
  const int deciding = transport_of(material).deciding_hop;
  for (std::size_t h = 0; h < material.hops.size(); ++h) {
    HopRun& hop = material.hops[h];
    if (hop.hop != deciding || hop.further.empty()) continue;
    view_.say(fmt::format("{} hop {} decides: {} more sample{}", chain.name,
                          material.table.hops[static_cast<std::size_t>(deciding)].id, hop.further.size(),
                          hop.further.size() == 1 ? "" : "s"));
    const std::size_t first = hop.samples.size();
    add_samples(material, hop, hop.further.size());
    chain.open_hops = 1;
    std::vector<std::size_t> ready;  // between vacancies that other hops have relaxed
    for (std::size_t s = first; s < hop.samples.size(); ++s) {
      const auto [before, after] = vacancies_of(material, hop.samples[s].sample);
      if (material.vacancies.at(before).ended && material.vacancies.at(after).ended) ready.push_back(s);
    }
    relax_vacancies(chain);
    for (const std::size_t s : ready) start_sample(chain, h, s);
    return true;
  }
  return false;
}

void HopTasks::chain_done(Chain& chain) {
  if (!chain.sampling) {
    chain.done();
    return;
  }
  if (sample_deciding(chain)) return;
  chain.sampling = false;
  std::vector<std::size_t> with_path;
  if (!run_.study.refine.empty() || run_.study.prefactor)
    for (std::size_t h = 0; h < chain.material->hops.size(); ++h)
      if (has_numbers(chain.material->hops[h].ending)) with_path.push_back(h);
  chain.open_hops = static_cast<int>(with_path.size());
  for (const std::size_t h : with_path) go_on(chain, h);
  if (with_path.empty()) chain.done();
}

void HopTasks::go_on(Chain& chain, std::size_t h) {
  if (!run_.study.refine.empty() && !chain.of_series)
    refine(chain, h);
  else
    found(chain, h);
}

void HopTasks::refine(Chain& chain, std::size_t h) {
  MaterialRun& material = *chain.material;
  HopRun& hop = material.hops[h];
  const HopCell cell = make_hop(material.supercell, material.host->configuration,
                                hop.samples[static_cast<std::size_t>(hop.typical)].sample.pair);
  const std::pair sites{cell.vacant_before, cell.vacant_after};
  hop.refined.resize(run_.study.refine.size());
  for (std::size_t k = 0; k < hop.refined.size(); ++k) {
    RefineRun& one = hop.refined[k];
    one.path = run_.study.refine[k].path;
    one.engine = refine_engine_of(run_.study, material, k, cell.removed());
    RefineOptions options;
    options.path = one.path;
    options.barrier = barrier_options_;
    options.barrier.endpoint_fmax = relax_options_.fmax;
    if (one.path == RefinePath::converge) options.prior = prior_of(one.engine);
    const std::string name = fmt::format("{} hop {} by {}", chain.name,
                                         material.table.hops[static_cast<std::size_t>(hop.hop)].id, one.engine.version);
    scheduler_.add<Refined>(
        name, band_priority(chain.order, h), one.engine,
        run_refinement(hop.own(), sites, protocol(material, cell), options),
        [this, &chain, h, k, name](Outcome<Refined> outcome) {
          HopRun& refined = chain.material->hops[h];
          RefineRun& run = refined.refined[k];
          const Failure failure = outcome.error ? failure_of(outcome.error, view_) : Failure{};
          take_refinement(run, std::move(outcome.value), failure.reason, failure.engine);
          const BarrierResult* barrier = run.barrier();
          if (barrier == nullptr)
            view_.say(fmt::format("{} ({}): no number: {}", name, run.engine.tier, run.reason));
          else
            view_.say(fmt::format("{} ({}), {}: forward {:.3f} eV, reverse {:.3f} eV{}{}", name, run.engine.tier,
                                  barrier == &run.result->kept ? "the path re-evaluated" : "re-converged",
                                  barrier->forward_ev, barrier->reverse_ev, run.reason.empty() ? "" : "; ",
                                  run.reason));
          if (!std::ranges::all_of(refined.refined, &RefineRun::ended)) return;
          take_spread(refined);
          found(chain, h);
        },
        memory::of<Refined>(inputs_, fmt::format("{}/{}", cell_of(material), k)));
  }
}

void HopTasks::found(Chain& chain, std::size_t h) {
  if (run_.study.prefactor && !chain.of_series)
    find_frequency(chain, h);
  else
    hop_done(chain, h);
}

void HopTasks::find_frequency(Chain& chain, std::size_t h) {
  MaterialRun& material = *chain.material;
  const HopRun& hop = material.hops[h];
  const SampleRun& sample = hop.samples[static_cast<std::size_t>(hop.typical)];
  const HopCell cell = make_hop(material.supercell, material.host->configuration, sample.sample.pair);
  const Mask mobile = protocol(material, cell).stages.back();
  const std::string name =
      fmt::format("{} hop {} frequency", chain.name, material.table.hops[static_cast<std::size_t>(hop.hop)].id);
  scheduler_.add<Prefactor>(
      name, band_priority(chain.order, h), material.vacancies.at({cell.removed(), sample.sample.start}).engine,
      prefactor_of(*sample.barrier, mobile, PrefactorOptions{}),
      [this, &chain, h, name](Outcome<Prefactor> outcome) {
        HopRun& done = chain.material->hops[h];
        if (outcome.error)
          done.prefactor_problem = failure_of(outcome.error, view_).reason;
        else
          done.prefactor = std::move(*outcome.value);
        if (done.prefactor && done.prefactor->forward_thz)
          view_.say(fmt::format("{}: forward {:.2f} THz, reverse {:.2f} THz ({} atoms)", name,
                                *done.prefactor->forward_thz, *done.prefactor->reverse_thz,
                                done.prefactor->growth.back().atoms));
        else
          view_.say(
              fmt::format("{}: none: {}", name, done.prefactor ? done.prefactor->reason : done.prefactor_problem));
        hop_done(chain, h);
      },
      memory::of<Prefactor>(inputs_, cell_of(material)));
}

void HopTasks::hop_done(Chain& chain, std::size_t h) {
  MaterialRun& material = *chain.material;
  HopRun& hop = material.hops[h];
  if (has_numbers(hop.ending)) {
    if (!chain.of_series) complete_error_bars(run_.study, material, hop);
    const BarrierResult& barrier = *hop.barrier;
    view_.say(fmt::format(
        "{} hop {}: forward {}, reverse {} eV ({} evaluations){}", chain.name,
        material.table.hops[static_cast<std::size_t>(hop.hop)].id,
        text::with_error(barrier.forward_ev, barrier.uncertainty_ev),
        text::with_error(barrier.reverse_ev, barrier.uncertainty_ev), barrier.evaluations,
        hop.ending == Ending::converged ? "" : "; a check failed: " + text::join(failed_checks(barrier.checks), ", ")));
  }
  if (chain.uncounted > 0) {  // every hop ends once before the one that decides is sampled
    --chain.uncounted;
    hop_ended_();
  }
  if (--chain.open_hops == 0) chain_done(chain);
}

}  // namespace hopflow
