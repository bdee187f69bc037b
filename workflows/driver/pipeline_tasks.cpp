// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/driver/pipeline_tasks.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "workflows/driver/failure.hpp"
#include "workflows/driver/network_input.hpp"
#include "workflows/pipeline/calibration/reference_file.hpp"
#include "workflows/pipeline/crossbar/cell/element_file.hpp"
#include "workflows/pipeline/measured/measured_fit.hpp"
#include "workflows/pipeline/reference/row.hpp"
#include "workflows/pipeline/training/train.hpp"
#include "workflows/pipeline/training/train_json.hpp"

namespace hopflow {

namespace {

// Long stages would keep ranks from bands; they come when bands leave a rank free.
int stage_priority(std::size_t m) { return 1000000 + static_cast<int>(m); }

std::optional<double> deciding_length(const MaterialRun& material, const Transport& transport) {
  if (transport.deciding_hop < 0) return std::nullopt;
  return material.table.hops[static_cast<std::size_t>(transport.deciding_hop)].length_angstrom;
}

/// The reference's film a material is: that of the rows it names under `paper`, else the one of its own name.
/// A material of neither is of no film the reference knows.
std::string film_of_material(const MaterialEntry& material, const nlohmann::json& reference) {
  const nlohmann::json rows = pipeline::complete_rows(reference);
  for (const std::string& id : material.paper)
    for (const nlohmann::json& row : rows)
      if (row.at("id") == id && !pipeline::film_of(row).empty()) return pipeline::film_of(row);
  const std::string name = text::lower(material.name);
  return name;
}

}  // namespace

PipelineTasks::PipelineTasks(StudyRun& run, Scheduler& scheduler, ProgressView& view, nlohmann::json data_hashes)
    // Parentheses: braces would make a list of the hashes out of a JSON value.
    : run_{run}, scheduler_{scheduler}, view_{view}, data_hashes_(std::move(data_hashes)) {
  if (run.options.until >= Until::device) read_device_files();
}

void PipelineTasks::read_device_files() {
  const Study& study = run_.study;
  if (!study.reference.empty()) reference_ = pipeline::load_reference(study.folder / study.reference);
  if (!study.crossbar_cell.empty())
    cell_ = pipeline::to_json(pipeline::read_series_element(study.folder / study.crossbar_cell));
  if (!study.device_geometry.empty()) geometry_ = pipeline::read_geometry(study.folder / study.device_geometry);
  const pipeline::MeasuredFiles files{.sweep = study.device_sweep,
                                      .pulses = study.device_pulses,
                                      .retention = study.device_retention,
                                      .endurance = study.device_endurance,
                                      .folder = study.folder};
  if (!files.any()) return;
  for (const MaterialEntry& material : study.materials)
    if (material.name == study.measured_material) {
      nlohmann::json asked{{"film", film_of_material(material, reference_)}, {"reference", reference_}};
      pipeline::add_measurements(asked, files);
      reference_ = asked.at("reference");
      measurements_ = asked.at("measurements");
    }
}

/// What the device stage of one material is asked; the measured material's barrier must be known by then.
nlohmann::json PipelineTasks::device_input(const MaterialRun& material) const {
  const StudyRun& run = run_;
  const Transport transport = transport_of(material);
  const AttemptFrequency frequency = attempt_frequency(run.study, material, transport.deciding_hop);
  nlohmann::json input{{"material", material.entry.name},
                       {"barrier_ev", transport.barrier_ev ? nlohmann::json(*transport.barrier_ev) : nullptr},
                       {"barrier_sd_ev", transport.uncertainty_ev},
                       {"barrier_source", transport.percolating  ? "network"
                                          : transport.barrier_ev ? "hop (not percolating)"
                                                                 : "none"},
                       {"attempt_frequency_thz", frequency.thz},
                       {"attempt_frequency_factor", frequency.factor},
                       {"hop_length_angstrom", nullptr},
                       {"temperature_k", run.study.temperature_k},
                       {"model", run.study.device_model},
                       {"geometry", geometry_},
                       {"film", film_of_material(material.entry, reference_)},
                       {"measured", material.entry.name == run.study.measured_material},
                       {"reference", reference_},
                       {"fit", run.study.fit_device},
                       {"seed", run.study.seed}};
  if (const auto length = deciding_length(material, transport)) input["hop_length_angstrom"] = *length;
  // Thresholds belong to the measured film: fitted with its barrier, they serve the others unchanged.
  if (material.entry.name != run.study.measured_material)
    for (const MaterialRun& measured : run.materials)
      if (measured.entry.name == run.study.measured_material) {
        const Transport theirs = transport_of(measured);
        if (!theirs.barrier_ev) continue;
        input["calibration"] = {
            {"material", measured.entry.name},
            {"barrier_ev", *theirs.barrier_ev},
            {"attempt_frequency_thz", attempt_frequency(run.study, measured, theirs.deciding_hop).thz}};
        if (const auto length = deciding_length(measured, theirs))
          input["calibration"]["hop_length_angstrom"] = *length;
      }
  if (material.entry.name == run.study.measured_material && !measurements_.is_null())
    input["measurements"] = measurements_;
  // A dwell that the measured sweeps' own times give stands before the key's default.
  const bool stated = std::ranges::any_of(reference_, [](const nlohmann::json& row) {
    return row.at("id") == "sweep.protocol" && row.at("value").contains("dwell_s");
  });
  if (!stated || run.study.sweep_dwell_s != Study{}.sweep_dwell_s) input["sweep_dwell_s"] = run.study.sweep_dwell_s;
  return input;
}

void PipelineTasks::material_done(std::size_t m) {
  const MaterialRun& material = run_.materials[m];
  const Transport transport = transport_of(material);
  if (transport.barrier_ev)
    view_.say(fmt::format("{}: {} eV, {}", material.entry.name,
                          text::with_error(*transport.barrier_ev, transport.uncertainty_ev), transport.note));
  ended_.insert(m);
  if (run_.options.until < Until::device) return;
  if (!measured_ended()) return;
  for (const std::size_t each : std::exchange(ended_, {})) start_device(each);
}

bool PipelineTasks::measured_ended() {
  for (std::size_t m = 0; m < run_.materials.size(); ++m)
    if (run_.materials[m].entry.name == run_.study.measured_material && ended_.contains(m)) measured_ended_ = true;
  return measured_ended_ || run_.study.measured_material.empty();
}

void PipelineTasks::start_device(std::size_t m) {
  const MaterialRun& material = run_.materials[m];
  if (!transport_of(material).barrier_ev) return;
  scheduler_.add_stage(
      material.entry.name + " device", stage_priority(m), "device", device_input(material),
      [this, m](nlohmann::json output, std::exception_ptr error) { device_done(m, std::move(output), error); });
}

void PipelineTasks::device_done(std::size_t m, nlohmann::json output, const std::exception_ptr& error) {
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
    if (!cell_.is_null()) input["cell"] = cell_;
    scheduler_.add_stage(material.entry.name + " crossbar", stage_priority(m), "crossbar", std::move(input),
                         [this, m](nlohmann::json done, std::exception_ptr failed) {
                           MaterialRun& here = run_.materials[m];
                           if (stage_failed(here, "crossbar", failed)) return;
                           here.crossbar = std::move(done);
                           view_.say(fmt::format("{}: crossbar done", here.entry.name));
                         });
  }
  if (run_.options.until < Until::snn) return;
  start_networks(m);
}

void PipelineTasks::start_networks(std::size_t m) {
  MaterialRun& material = run_.materials[m];
  const Study& study = run_.study;
  const bool of_device = study.snn_preset != "dc2015";
  if (of_device && material.device.at("result").at("synapse").is_null()) {
    if (study.snn_seeds > 0 && !material.device.at("result").at("parameters").is_null())
      material.stage_problems.push_back("snn: the device has no update curve, so no network of it is trained");
    return;
  }
  if (of_device && study.snn_seeds > 0) {
    // The same answer as the stage would give, without a training being queued for it.
    const nlohmann::json first = network_input(run_, material, study.seed, data_hashes_);
    const std::string reason = pipeline::untrainable(pipeline::train_options_from_json(first).forgetting);
    if (!reason.empty()) {
      material.snn = {
          {{"result", {{"seed", study.seed}, {"preset", study.snn_preset}, {"accuracy", nullptr}, {"reason", reason}}},
           {"files", nlohmann::json::object()}}};
      view_.say(fmt::format("{}: {}", material.entry.name, reason));
      return;
    }
  }
  const int draws = study.snn_draws >= 3 && study.snn_seeds > 0 && of_device ? study.snn_draws : 0;
  material.snn.assign(static_cast<std::size_t>(study.snn_seeds), nullptr);
  material.snn_draws.assign(static_cast<std::size_t>(draws * draws), nullptr);
  for (int s = 0; s < study.snn_seeds; ++s)
    start_network(m, network_input(run_, material, study.seed + s, data_hashes_),
                  fmt::format("network seed {}", study.seed + s),
                  [s](MaterialRun& here) -> nlohmann::json& { return here.snn[static_cast<std::size_t>(s)]; });
  for (int i = 0; i < draws; ++i)
    for (int j = 0; j < draws; ++j)
      start_network(m, drawn_network_input(run_, material, i, j, data_hashes_),
                    fmt::format("network draw {}.{}", i + 1, j + 1),
                    [at = i * draws + j](MaterialRun& here) -> nlohmann::json& {
                      return here.snn_draws[static_cast<std::size_t>(at)];
                    });
}

void PipelineTasks::start_network(std::size_t m, nlohmann::json input, const std::string& what,
                                  std::function<nlohmann::json&(MaterialRun&)> place) {
  scheduler_.add_stage(
      fmt::format("{} {}", run_.materials[m].entry.name, what), stage_priority(m), "snn", std::move(input),
      [this, m, what, place = std::move(place)](nlohmann::json done, std::exception_ptr failed) {
        MaterialRun& here = run_.materials[m];
        if (stage_failed(here, "snn", failed)) return;
        const nlohmann::json& accuracy = done.at("result").at("accuracy");
        view_.say(
            accuracy.is_number()
                ? fmt::format("{} {}: accuracy {:.1f} %", here.entry.name, what, 100 * accuracy.get<double>())
                : fmt::format("{} {}: no accuracy: {}", here.entry.name, what, done.at("result").value("reason", "")));
        place(here) = std::move(done);
      });
}

bool PipelineTasks::stage_failed(MaterialRun& material, const std::string& stage, const std::exception_ptr& error) {
  if (!error) return false;
  const std::string problem = failure_of(error, view_).reason;
  material.stage_problems.push_back(fmt::format("{}: {}", stage, problem));
  view_.say(fmt::format("{} {}: {}", material.entry.name, stage, problem));
  return true;
}

}  // namespace hopflow
