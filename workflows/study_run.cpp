// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/study_run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "structures/element.hpp"
#include "structures/error.hpp"
#include "structures/text.hpp"
#include "workflows/pipeline/mnist.hpp"
#include "workflows/pipeline/reference.hpp"
#include "workflows/results.hpp"
#include "workflows/scheduler.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* marker = "hopflow-run.json";

std::string name_of(Until until) {
  switch (until) {
    case Until::hops: return "hops";
    case Until::barriers: return "barriers";
    case Until::device: return "device";
    case Until::crossbar: return "crossbar";
    case Until::snn: return "snn";
  }
  return "snn";
}

/// A study-relative name as a name inside the run folder: "../structures/x.cif" -> "inputs/structures/x.cif".
std::string frozen_name(const std::string& name) {
  fs::path out = "inputs";
  for (const fs::path& part : fs::path{name}.lexically_normal().relative_path())
    if (part != "..") out /= part;
  return out.string();
}

/// The files a client's command names, under the names they have in the run folder, where the client starts.
void freeze_engine(IpiSettings& engine, const fs::path& folder) {
  const std::vector<std::string> names = files_of(engine, folder);
  for (auto* words : {&engine.command, &engine.files})
    for (std::string& word : *words)
      if (std::ranges::find(names, word) != names.end()) word = frozen_name(word);
}

std::optional<double> deciding_length(const MaterialRun& material, const Transport& transport) {
  if (transport.deciding_hop < 0) return std::nullopt;
  return material.table.hops[static_cast<std::size_t>(transport.deciding_hop)].length_angstrom;
}

/// What the device stage of one material is asked; the measured material's barrier must be known by then.
nlohmann::json device_input(const StudyRun& run, const MaterialRun& material, const nlohmann::json& reference) {
  const Transport transport = transport_of(material);
  nlohmann::json input{{"material", material.entry.name},
                       {"barrier_ev", transport.barrier_ev ? nlohmann::json(*transport.barrier_ev) : nullptr},
                       {"barrier_sd_ev", std::hypot(transport.uncertainty_ev, run.study.barrier_model_error_ev)},
                       {"barrier_source", transport.percolating  ? "network"
                                          : transport.barrier_ev ? "hop (not percolating)"
                                                                 : "none"},
                       {"attempt_frequency_thz", run.study.attempt_frequency_thz},
                       {"attempt_frequency_factor", run.study.attempt_frequency_factor},
                       {"hop_length_angstrom", nullptr},
                       {"temperature_k", run.study.temperature_k},
                       {"model", run.study.device_model},
                       {"sweep_dwell_s", run.study.sweep_dwell_s},
                       {"off_current_row", "iv.off." + text::lower(material.entry.name)},
                       {"reference", reference},
                       {"fit", run.study.fit_device},
                       {"seed", run.study.seed}};
  if (const auto length = deciding_length(material, transport)) input["hop_length_angstrom"] = *length;
  // Thresholds belong to the measured film: fitted with its barrier, they serve the others unchanged.
  if (material.entry.name != run.study.measured_material)
    for (const MaterialRun& measured : run.materials)
      if (measured.entry.name == run.study.measured_material) {
        const Transport theirs = transport_of(measured);
        if (!theirs.barrier_ev) continue;
        input["calibration"] = {{"material", measured.entry.name},
                                {"barrier_ev", *theirs.barrier_ev},
                                {"attempt_frequency_thz", run.study.attempt_frequency_thz}};
        if (const auto length = deciding_length(measured, theirs)) input["calibration"]["hop_length_angstrom"] = *length;
      }
  return input;
}

/// The plan as tasks: host, then vacancies, then hops, then the pipeline, each material at its own pace.
class Conductor {
 public:
  Conductor(StudyRun& run, Scheduler& scheduler, ProgressView& view)
      : run_{run}, scheduler_{scheduler}, view_{view}, begin_{Clock::now()} {
    if (!run.study.reference.empty() && run.options.until >= Until::device)
      reference_ = pipeline::load_reference(run.study.folder / run.study.reference);
    element_ = *atomic_number(run.study.element);
    relax_options_.fmax = std::min(0.01, run.study.fmax / 5);
    barrier_options_.images = run.study.images;
    barrier_options_.climb = run.study.climb;
    barrier_options_.surrogate = run.study.surrogate;
    barrier_options_.fmax = run.study.fmax;
    barrier_options_.relax_endpoints = false;
  }

  void start() {
    open_materials_ = static_cast<int>(run_.materials.size());
    for (std::size_t m = 0; m < run_.materials.size(); ++m) relax_host(m);
  }

 private:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

  // Serial chains (host, vacancies) go before bands: they decide how soon there is work for every rank.
  static int chain_priority(std::size_t m) { return static_cast<int>(m); }
  static int band_priority(std::size_t m, std::size_t h) { return 1000 + static_cast<int>(m) * 10000 + static_cast<int>(h); }
  // Long stages would keep ranks from bands; they come when bands leave a rank free.
  static int stage_priority(std::size_t m) { return 1000000 + static_cast<int>(m); }

  std::string host_name(const MaterialRun& material) const { return material.entry.name + " host"; }

  void relax_host(std::size_t m) {
    MaterialRun& material = run_.materials[m];
    RelaxOptions options = relax_options_;
    options.stage = "relax host";
    const Configuration start = to_configuration(material.supercell.crystal);
    if (!run_.study.relax_host) {
      Relaxed as_read;
      as_read.configuration = start;
      as_read.converged = true;
      material.host = as_read;
      cut_vacancies(m);
      return;
    }
    scheduler_.add<Relaxed>(host_name(material), chain_priority(m), material.host_engine,
                            relax(start, mobile_atoms(run_.study, material, {}), options),
                            [this, m](Outcome<Relaxed> outcome) { host_relaxed(m, std::move(outcome)); });
  }

  void host_relaxed(std::size_t m, Outcome<Relaxed> outcome) {
    MaterialRun& material = run_.materials[m];
    if (outcome.error) {
      material.host_problem = describe(outcome.error, material.host_engine_failed);
    } else {
      material.host = std::move(*outcome.value);
      if (!material.host->converged)
        material.host_problem = fmt::format("the host's relaxation stopped at {:.3f} eV/A", material.host->fmax);
    }
    if (!material.host_problem.empty()) {
      view_.say(fmt::format("{}: no barriers: {}", material.entry.name, material.host_problem));
      for (HopRun& hop : material.hops) {
        hop.ending = material.host_engine_failed ? Ending::failed : Ending::not_converged;
        hop.engine_failed = material.host_engine_failed;
        hop.reason = material.host_problem;
      }
      material_done(m);
      return;
    }
    cut_vacancies(m);
  }

  void cut_vacancies(std::size_t m) {
    MaterialRun& material = run_.materials[m];
    for (auto& [atom, vacancy] : material.vacancies) {
      vacancy.cell = make_vacancy(material.supercell, material.host->configuration, atom);
      vacancy.engine = engine_of(run_.study, material, vacancy.cell->removed);
      RelaxOptions options = relax_options_;
      options.stage = "relax vacancy";
      scheduler_.add<VacancyRun>(
          fmt::format("{} vacancy {}", material.entry.name, material.crystal.labels[static_cast<std::size_t>(atom)]),
          chain_priority(m), vacancy.engine,
          run_vacancy(vacancy, material.host->configuration, element_,
                      mobile_atoms(run_.study, material, vacancy.cell->host_index), options),
          [this, m, atom = atom](Outcome<VacancyRun> outcome) { vacancy_relaxed(m, atom, std::move(outcome)); });
    }
  }

  void vacancy_relaxed(std::size_t m, int atom, Outcome<VacancyRun> outcome) {
    MaterialRun& material = run_.materials[m];
    VacancyRun& vacancy = material.vacancies.at(atom);
    bool engine_failed = false;
    if (outcome.error) {
      vacancy.ending = Ending::failed;
      vacancy.reason = describe(outcome.error, engine_failed);
    } else {
      vacancy = std::move(*outcome.value);
    }
    std::vector<std::size_t> here;
    for (std::size_t h = 0; h < material.hops.size(); ++h)
      if (pair_of(material, h).from == atom) here.push_back(h);
    for (const std::size_t h : here) start_hop(m, h, vacancy, engine_failed);
  }

  const SitePair& pair_of(const MaterialRun& material, std::size_t h) const {
    return material.table.hops[static_cast<std::size_t>(material.hops[h].hop)].representative;
  }

  void start_hop(std::size_t m, std::size_t h, const VacancyRun& vacancy, bool engine_failed) {
    MaterialRun& material = run_.materials[m];
    HopRun& hop = material.hops[h];
    if (vacancy.ending != Ending::converged) {
      hop.ending = vacancy.ending;
      hop.reason = vacancy.reason;
      hop.engine_failed = engine_failed;
      hop_done(m, h);
      return;
    }
    const SitePair& pair = pair_of(material, h);
    const int far_site = locate(material.supercell, pair.to, pair.image).atom;
    try {
      const HopEnd end = move_into_vacancy(material.supercell, material.host->configuration, *vacancy.cell,
                                           vacancy.relaxed->configuration, pair);
      RelaxOptions options = relax_options_;
      options.stage = "relax far end";
      scheduler_.add<HopRun>(
          fmt::format("{} hop {}", material.entry.name, material.table.hops[static_cast<std::size_t>(hop.hop)].id),
          band_priority(m, h), vacancy.engine,
          run_hop(hop, material.host->configuration, vacancy, end, far_site, element_,
                  mobile_atoms(run_.study, material, vacancy.cell->host_index), options, barrier_options_),
          [this, m, h](Outcome<HopRun> outcome) {
            HopRun& done = run_.materials[m].hops[h];
            if (outcome.error) {
              done.ending = Ending::failed;
              done.reason = describe(outcome.error, done.engine_failed);
            } else {
              done = std::move(*outcome.value);
            }
            hop_done(m, h);
          });
    } catch (const Error& problem) {
      hop.ending = Ending::failed;
      hop.reason = problem.what();
      hop_done(m, h);
    }
  }

  void hop_done(std::size_t m, std::size_t h) {
    MaterialRun& material = run_.materials[m];
    const HopRun& hop = material.hops[h];
    const Hop& entry = material.table.hops[static_cast<std::size_t>(hop.hop)];
    if (hop.ending == Ending::converged) {
      view_.say(fmt::format("{} hop {}: forward {:.3f} eV, reverse {:.3f} eV, +- {:.4f} eV numerical ({} evaluations)",
                            material.entry.name, entry.id, hop.barrier->forward_ev, hop.barrier->reverse_ev,
                            hop.barrier->uncertainty_ev, hop.barrier->evaluations));
      run_.seconds_to_barrier.emplace_back(material.entry.name + " " + entry.id, seconds());
    } else {
      view_.say(fmt::format("{} hop {}: {}: {}", material.entry.name, entry.id, to_string(hop.ending), hop.reason));
    }
    const auto ended = ++hops_ended_[m];
    if (ended == static_cast<int>(material.hops.size())) material_done(m);
  }

  void material_done(std::size_t m) {
    if (--open_materials_ == 0) run_.seconds_barriers = seconds();
    const MaterialRun& material = run_.materials[m];
    const Transport transport = transport_of(material);
    if (transport.barrier_ev)
      view_.say(fmt::format("{}: {:.3f} +- {:.4f} eV (numerical), {}", material.entry.name, *transport.barrier_ev,
                            transport.uncertainty_ev, transport.note));
    ended_.insert(m);
    if (run_.options.until < Until::device) return;
    if (!measured_ended()) return;
    for (const std::size_t each : std::exchange(ended_, {})) start_device(each);
  }

  /// True once no device has to wait for the measured material's barrier.
  bool measured_ended() {
    for (std::size_t m = 0; m < run_.materials.size(); ++m)
      if (run_.materials[m].entry.name == run_.study.measured_material && ended_.contains(m)) measured_ended_ = true;
    return measured_ended_ || run_.study.measured_material.empty();
  }

  void start_device(std::size_t m) {
    const MaterialRun& material = run_.materials[m];
    if (!transport_of(material).barrier_ev) return;
    scheduler_.add_stage(material.entry.name + " device", stage_priority(m), "device",
                         device_input(run_, material, reference_),
                         [this, m](nlohmann::json output, std::exception_ptr error) { device_done(m, std::move(output), error); });
  }

  void device_done(std::size_t m, nlohmann::json output, const std::exception_ptr& error) {
    MaterialRun& material = run_.materials[m];
    if (stage_failed(material, "device", error)) return;
    material.device = std::move(output);
    view_.say(fmt::format("{}: device model done", material.entry.name));
    const nlohmann::json& result = material.device.at("result");
    if (run_.options.until >= Until::crossbar) {
      nlohmann::json input{{"material", material.entry.name},
                           {"rows", run_.study.crossbar_rows},
                           {"columns", run_.study.crossbar_columns},
                           {"line_resistance_ohm", run_.study.line_resistance_ohm},
                           {"device", result.at("parameters")},
                           {"patterns", {"N", "T", "U"}},
                           {"seed", run_.study.seed}};
      scheduler_.add_stage(material.entry.name + " crossbar", stage_priority(m), "crossbar", std::move(input),
                           [this, m](nlohmann::json done, std::exception_ptr failed) {
                             MaterialRun& here = run_.materials[m];
                             if (stage_failed(here, "crossbar", failed)) return;
                             here.crossbar = std::move(done);
                             view_.say(fmt::format("{}: crossbar done", here.entry.name));
                           });
    }
    if (run_.options.until < Until::snn) return;
    material.snn.assign(static_cast<std::size_t>(run_.study.snn_seeds), nullptr);
    for (int s = 0; s < run_.study.snn_seeds; ++s) {
      nlohmann::json input{{"material", material.entry.name},
                           {"preset", run_.study.snn_preset},
                           {"neurons", run_.study.snn_neurons},
                           {"train", run_.study.snn_train},
                           {"test", run_.study.snn_test},
                           {"label", std::min(run_.study.snn_train, 6000)},
                           {"seed", run_.study.seed + s},
                           {"synapse", run_.study.snn_preset == "dc2015" ? nlohmann::json(nullptr) : result.at("synapse")},
                           {"data_sha256", data_hashes_}};
      if (run_.study.snn_write_probability < 1) input["write_probability"] = run_.study.snn_write_probability;
      scheduler_.add_stage(fmt::format("{} network seed {}", material.entry.name, run_.study.seed + s), stage_priority(m),
                           "snn", std::move(input), [this, m, s](nlohmann::json done, std::exception_ptr failed) {
                             MaterialRun& here = run_.materials[m];
                             if (stage_failed(here, "snn", failed)) return;
                             view_.say(fmt::format("{} network seed {}: accuracy {:.1f} %", here.entry.name,
                                                   run_.study.seed + s,
                                                   100 * done.at("result").at("accuracy").get<double>()));
                             here.snn[static_cast<std::size_t>(s)] = std::move(done);
                           });
    }
  }

  bool stage_failed(MaterialRun& material, const std::string& stage, const std::exception_ptr& error) {
    if (!error) return false;
    bool engine = false;
    const std::string problem = describe(error, engine);
    material.stage_problems.push_back(fmt::format("{}: {}", stage, problem));
    view_.say(fmt::format("{} {}: {}", material.entry.name, stage, problem));
    return true;
  }

  std::string describe(const std::exception_ptr& error, bool& engine_failed) {
    try {
      std::rethrow_exception(error);
    } catch (const Error& problem) {
      engine_failed = problem.kind() == Error::Kind::engine;
      const std::string what = problem.what();
      const auto end_of_line = what.find('\n');
      // Results hold what is the same wherever the run is; an engine's log is for whoever watches.
      if (end_of_line != std::string::npos) view_.say(what);
      return what.substr(0, end_of_line);
    } catch (const std::exception& problem) {
      return problem.what();
    }
  }

  StudyRun& run_;
  Scheduler& scheduler_;
  ProgressView& view_;
  Clock::time_point begin_;
  RelaxOptions relax_options_;
  BarrierOptions barrier_options_;
  int element_ = 0;
  nlohmann::json reference_ = nlohmann::json::array();
  nlohmann::json data_hashes_ = nlohmann::json::array();
  std::map<std::size_t, int> hops_ended_;
  int open_materials_ = 0;
  std::set<std::size_t> ended_;   // materials whose device has not been started
  bool measured_ended_ = false;

 public:
  void set_data_hashes(nlohmann::json hashes) { data_hashes_ = std::move(hashes); }
};

Exit exit_of(const StudyRun& run) {
  Exit code = Exit::converged;
  for (const MaterialRun& material : run.materials) {
    if (!material.stage_problems.empty() && code == Exit::converged) code = Exit::not_converged;
    for (const HopRun& hop : material.hops) {
      if (hop.engine_failed) return Exit::engine;
      if (hop.ending != Ending::converged) code = Exit::not_converged;
    }
  }
  return code;
}

void tell_failures(const StudyRun& run, ProgressView& view) {
  for (const MaterialRun& material : run.materials)
    for (const HopRun& hop : material.hops)
      if (hop.engine_failed)
        view.say(fmt::format("engine failure: material {}, hop {}: {}", material.entry.name,
                             material.table.hops[static_cast<std::size_t>(hop.hop)].id, hop.reason));
}

}  // namespace

void freeze_study(const Study& study, const RunOptions& options) {
  const fs::path folder = options.folder;
  std::error_code status;
  if (fs::exists(folder / marker, status)) {
    RunOptions there;
    const Study before = frozen_study(folder, there);
    if (before.name != study.name)
      throw Error{Error::Kind::bad_input,
                  fmt::format("{}: holds a run of study '{}', not '{}'; give another folder with -o",
                              text::printable(folder.string()), before.name, study.name)};
  } else if (fs::exists(folder, status) && !fs::is_empty(folder, status)) {
    for (const auto& item : fs::directory_iterator{folder})
      if (item.path().filename() != ".lock" && item.path().filename() != "submit.sbatch" &&
          !item.path().filename().string().starts_with("slurm"))
        throw Error{Error::Kind::bad_input, fmt::format("{}: is not empty and no run folder; give another folder with -o",
                                                        text::printable(folder.string()))};
  }
  Study frozen = study;
  std::map<std::string, std::string> taken;  // frozen name -> source, to notice two files of one name
  for (const auto& [name, path] : study_files(study)) {
    const fs::path target = folder / frozen_name(name);
    fs::create_directories(target.parent_path(), status);
    if (status)
      throw Error{Error::Kind::io, fmt::format("{}: cannot be created: {}",
                                               text::printable(target.parent_path().string()), status.message())};
    const std::string content = text::read_file(path);
    const auto [place, fresh] = taken.emplace(target.string(), content);
    if (!fresh && place->second != content)
      throw Error{Error::Kind::bad_input,
                  fmt::format("{}: two different files of this study are called the same; rename one",
                              text::printable(name))};
    text::write_file(target, content);
  }
  for (MaterialEntry& material : frozen.materials) {
    material.structure = frozen_name(material.structure);
    if (!material.forcefield.empty()) material.forcefield = frozen_name(material.forcefield);
    if (material.engine) freeze_engine(*material.engine, study.folder);
  }
  if (frozen.engine) freeze_engine(*frozen.engine, study.folder);
  // A library belongs to the machine: it stays where it is.
  if (!frozen.lammps_library.empty()) frozen.lammps_library = fs::absolute(study.folder / study.lammps_library).string();
  if (!frozen.reference.empty()) frozen.reference = frozen_name(frozen.reference);
  text::write_file(folder / "study.yaml", print_study(frozen));
  const nlohmann::json mark{
      {"schema", "hopflow-run/1"}, {"quick", options.quick}, {"until", name_of(options.until)}};
  text::write_file(folder / marker, mark.dump(2) + "\n");
}

Study frozen_study(const fs::path& folder, RunOptions& options) {
  if (!fs::exists(folder / marker))
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: is no run folder (no {} in it); start one with 'hopflow run STUDY.yaml -o RUN'",
                            text::printable(folder.string()), marker)};
  options.folder = folder;
  try {
    const auto mark = nlohmann::json::parse(text::read_file(folder / marker));
    options.quick = mark.at("quick").get<bool>();
    const std::string until = mark.at("until").get<std::string>();
    for (const Until each : {Until::hops, Until::barriers, Until::device, Until::crossbar, Until::snn})
      if (name_of(each) == until) options.until = each;
  } catch (const nlohmann::json::exception& problem) {
    throw Error{Error::Kind::bad_input, fmt::format("{}: {}", (folder / marker).string(), problem.what())};
  }
  return load_study(folder / "study.yaml");
}

Exit run_study(MpiSession& session, const RunOptions& given) {
  const auto begin = Clock::now();
  StudyRun run;
  run.options = given;
  run.study = frozen_study(given.folder, run.options);
  run.options.data = given.data;
  run.ranks = session.size();
  ProgressView view{given.folder / "log.txt"};
  nlohmann::json data_hashes = nlohmann::json::array();
  if (run.options.until >= Until::snn && run.study.snn_seeds > 0) data_hashes = pipeline::mnist_hashes(given.data / "mnist");
  for (const MaterialEntry& entry : run.study.materials) {
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
  }
  if (run.options.until >= Until::barriers) {
    Store store{given.folder / "store.db"};
    Crew crew{session, CrewSite{.folder = given.folder / "engines", .data = given.data}};
    Scheduler scheduler{crew, store, view};
    Conductor conductor{run, scheduler, view};
    conductor.set_data_hashes(std::move(data_hashes));
    conductor.start();
    scheduler.run();
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
  double evaluations = 0, milliseconds = 0, megabytes = 0;
  for (const MaterialEntry& entry : study.materials) {
    const MaterialRun material = plan_material(study, entry);
    const auto atoms = static_cast<double>(material.supercell.crystal.size());
    const auto bands = static_cast<double>(material.selected.size());
    // From measured runs: about 130 evaluations per relaxation and 60 per image; time grows about linearly with atoms.
    const double here = 130 * (1 + static_cast<double>(material.vacancies.size())) + bands * (130 + 60.0 * study.images + 60);
    evaluations += here;
    milliseconds += here * (2 + 0.025 * atoms);
    megabytes += here * atoms * 56e-6;
    out += fmt::format("  {}: {} atoms in the cell, {} in the supercell ({:.2f} A), {} of {} hop classes, {} images each\n",
                       entry.name, material.crystal.size(), material.supercell.crystal.size(),
                       material.supercell.min_image_distance, material.selected.size(), material.table.hops.size(),
                       study.images);
  }
  out += fmt::format("  about {:.0f} evaluations, {:.0f} s on {} ranks, {:.0f} MB of store, {} MB of memory a rank\n",
                     evaluations, milliseconds / 1000 / ranks, ranks, megabytes, 200);
  return out;
}

}  // namespace hopflow
