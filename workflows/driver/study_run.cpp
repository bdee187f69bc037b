// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/driver/study_run.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "workflows/driver/expected_cost.hpp"
#include "workflows/driver/hop_tasks.hpp"
#include "workflows/driver/pipeline_tasks.hpp"
#include "workflows/materials/series_cells.hpp"
#include "workflows/materials/study_state.hpp"
#include "workflows/pipeline/stages.hpp"
#include "workflows/pipeline/training/mnist.hpp"
#include "workflows/results/results.hpp"
#include "workflows/system/signals.hpp"

namespace hopflow {

namespace {

using Clock = std::chrono::steady_clock;

/// @return the gravest of what happened to a hop and its refinements
Exit exit_of(const HopRun& hop) {
  if (hop.engine_failed || std::ranges::any_of(hop.refined, &RefineRun::engine_failed)) return Exit::engine;
  const bool numbers =
      std::ranges::all_of(hop.refined, [](const RefineRun& refined) { return refined.reason.empty(); });
  return hop.ending == Ending::converged && numbers ? Exit::converged : Exit::not_converged;
}

Exit exit_of(const StudyRun& run) {
  if (run.options.until == Until::hops) return Exit::converged;  // none of the hops was to be run
  Exit code = Exit::converged;
  const auto take = [&](Exit other) {
    if (other == Exit::engine || code == Exit::converged) code = other;
  };
  for (const MaterialRun& material : run.materials) {
    if (!material.stage_problems.empty()) take(Exit::not_converged);
    for (const MaterialRun* cell : cells_of_series(material))
      for (const HopRun& hop : cell->hops) take(exit_of(hop));
  }
  return code;
}

void tell_failures(const StudyRun& run, ProgressView& view) {
  for (const MaterialRun& material : run.materials)
    for (const HopRun& hop : material.hops)
      if (hop.engine_failed)
        view.say(fmt::format("engine failure: material {}, hop {}: {}", material.entry.name,
                             material.table.hops[static_cast<std::size_t>(hop.hop)].id, hop.reason));
  for (const MaterialRun& material : run.materials)
    for (const HopRun& hop : material.hops)
      for (const RefineRun& refined : hop.refined)
        if (refined.engine_failed)
          view.say(fmt::format("engine failure: material {}, hop {}, {}: {}", material.entry.name,
                               material.table.hops[static_cast<std::size_t>(hop.hop)].id, refined.engine.version,
                               refined.reason));
}

/// How far the run is, for `hopflow status`, in the file that holds clock times.
class Milestones {
 public:
  explicit Milestones(const StudyRun& run) : folder_{run.options.folder}, begun_{std::chrono::system_clock::now()} {
    for (const MaterialRun& material : run.materials) hops_ += material.hops.size();
    write();
  }
  /// @param asked  questions engines have answered by now; hops that needed none were remembered
  void hop_ended(long asked) {
    ++done_;
    if (asked == 0) ++remembered_;
    write();
  }

 private:
  void write() const {
    const auto seconds = [](auto moment) {
      return std::chrono::duration_cast<std::chrono::seconds>(moment.time_since_epoch()).count();
    };
    const nlohmann::ordered_json json{{"schema", "hopflow-progress/1"},
                                      {"stage", done_ < hops_ ? "barriers" : "devices"},
                                      {"hops", hops_},
                                      {"hops_done", done_},
                                      {"hops_remembered", remembered_},
                                      {"begun", seconds(begun_)},
                                      {"updated", seconds(std::chrono::system_clock::now())}};
    text::write_file(folder_ / "timing.json", json.dump(2) + "\n");
  }

  std::filesystem::path folder_;
  std::chrono::system_clock::time_point begun_;
  std::size_t hops_ = 0, done_ = 0, remembered_ = 0;
};

void obey_stop() {
  if (stop_requested() != 0)
    throw Error{Error::Kind::stopped, "stopped by a signal or at its time limit; everything so far is kept"};
}

}  // namespace

Exit run_study(MpiSession& session, const RunOptions& given, Door* door, bool guests_alone) {
  const auto begin = Clock::now();
  StudyRun run;
  run.options = given;
  run.study = frozen_study(given.folder, run.options);
  run.options.data = given.data;
  run.ranks = session.size();
  ProgressView view{given.folder / "log.txt"};
  nlohmann::json data_hashes = nlohmann::json::array();
  if (run.options.until >= Until::snn && run.study.snn_seeds > 0)
    data_hashes = pipeline::mnist_hashes(given.data / "mnist");
  for (const MaterialEntry& entry : run.study.materials) {
    obey_stop();
    run.materials.push_back(plan_material(run.study, entry));
    const MaterialRun& material = run.materials.back();
    const auto repeat = chain_repeat(material.crystal, material.supercell.matrix);
    view.say(fmt::format("{}: {} atoms, {} hop classes of {} up to {} A, {} to run, supercell of {} atoms ({:.2f} A{})",
                         entry.name, material.crystal.size(), material.table.hops.size(), run.study.element,
                         run.study.max_length, material.selected.size(), material.supercell.crystal.size(),
                         material.supercell.min_image_distance,
                         repeat ? fmt::format(", {:.2f} A along the chain", *repeat) : ""));
    if (material.crystal.model)
      view.say(fmt::format("{}: this structure says it is a model, not an experiment", entry.name));
    const bool symmetric = std::ranges::all_of(material.symmetry.operations, [&](const Operation& operation) {
      return keeps(material.supercell.matrix, operation.rotation);
    });
    if (!symmetric)
      view.say(
          fmt::format("{}: the cell of supercell.matrix has a lower symmetry than the crystal, so equivalent hops may "
                      "have different barriers in this cell",
                      entry.name));
  }
  if (run.options.until >= Until::barriers) {
    Store store{given.folder / "store.db"};
    Crew crew{session, CrewSite{.folder = given.folder / "engines",
                                .data = given.data,
                                .ranks_per_image = run.study.ranks_per_image,
                                .door = door,
                                .stages = &pipeline::stages(),
                                .guests_alone = guests_alone}};
    Scheduler scheduler{crew, store, view};
    PipelineTasks devices{run, scheduler, view, std::move(data_hashes)};
    Milestones milestones{run};
    HopTasks hops{run, scheduler, view, [&](std::size_t m) { devices.material_done(m); },
                  [&] { milestones.hop_ended(scheduler.asked_of_engines()); }};
    hops.start();
    scheduler.run();
    store.check_place();
    run.asked_of_engines = scheduler.asked_of_engines();
    run.answered_from_store = scheduler.answered_from_store();
  }
  run.seconds_total = std::chrono::duration<double>(Clock::now() - begin).count();
  write_results(run);
  tell_failures(run, view);
  view.say(fmt::format("report: {}", (given.folder / "report.html").string()));
  return exit_of(run);
}

std::string describe_plan(const Study& study, int ranks) {
  std::string out = fmt::format("study {}: {} materials, {} ranks\n", study.name, study.materials.size(), ranks);
  Study unrefined = study;  // other engines don't see the cells of a series
  unrefined.refine.clear();
  ExpectedCost whole;
  const auto count = [&whole](const Study& of, const MaterialRun& material) {
    const ExpectedCost here = expected_cost(of, material);
    whole.evaluations += here.evaluations;
    whole.seconds += here.seconds;
    whole.megabytes += here.megabytes;
    whole.timed = whole.timed && here.timed;
    return here.bands;
  };
  for (const MaterialEntry& entry : study.materials) {
    const MaterialRun material = plan_material(study, entry);
    const double bands = count(study, material);
    out += fmt::format(
        "  {}: {} atoms in the cell, {} in the supercell ({:.2f} A), {} of {} hop classes, {:.0f} bands, {} images "
        "each\n",
        entry.name, material.crystal.size(), material.supercell.crystal.size(), material.supercell.min_image_distance,
        material.selected.size(), material.table.hops.size(), bands, study.barrier.images);
    out += fmt::format("    {}\n", held_text(study, material));
    for (std::size_t k = 0; k < study.refine.size(); ++k) {
      const EngineSpec engine = refine_engine_of(study, material, k, -1);
      out += fmt::format("    then {} ({}): {} images of each path{}\n", engine.version, engine.tier,
                         study.barrier.images + 2,
                         study.refine[k].path == RefinePath::converge ? ", and a band from there" : "");
    }
    for (const MaterialRun& cell : plan_series(study, material, material.selected.front())) {
      count(unrefined, cell);
      out += fmt::format("  {}: the deciding hop repeated in a cell of {} atoms ({:.2f} A)\n", entry.name,
                         cell.supercell.crystal.size(), cell.supercell.min_image_distance);
    }
  }
  out += fmt::format(
      "  about {:.0f} evaluations, {:.0f} s for the barriers on {} ranks{}, {:.0f} MB of store, {} MB of "
      "memory per rank\n",
      whole.evaluations, whole.seconds / ranks, ranks,
      whole.timed ? "" : " (without engines whose time depends on their set-up)", whole.megabytes, 200);
  return out;
}

}  // namespace hopflow
