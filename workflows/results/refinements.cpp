// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/results/refinements.hpp"

#include <fmt/core.h>

#include "neb/barrier/uncertainty.hpp"
#include "workflows/results/results.hpp"
#include "workflows/study/study.hpp"

namespace hopflow {

using Json = nlohmann::ordered_json;

namespace {

std::string file_of(const std::string& folder, std::size_t number, const char* how) {
  return fmt::format("{}{}refinement-{}-{}.extxyz", folder, folder.empty() ? "" : "/", number + 1, how);
}

/// The path as it was given, seen by the other engine.
Json kept_json(const Refined& refined) {
  const BarrierResult& kept = refined.kept;
  Json out{{"valid", kept.converged()},
           {"reason", kept.reason},
           {"residual_force_ev_per_angstrom", kept.fmax_ev_per_angstrom},
           {"forward_ev", nullptr},
           {"reverse_ev", nullptr},
           {"linear_energy_correction", nullptr},
           {"profile", nullptr}};
  if (!kept.converged()) return out;
  out["forward_ev"] = kept.forward_ev;
  out["reverse_ev"] = kept.reverse_ev;
  out["linear_energy_correction"] = {
      {"forward_ev", refined.linear_forward_ev},
      {"reverse_ev", refined.linear_reverse_ev},
      {"note",
       "first order in the difference between the engines: energies at the ends and the saddle of the given path"}};
  Json profile{{"distance_angstrom", kept.distance}, {"energy_ev", Json::array()}};
  for (const Evaluation& answer : kept.answers)
    profile["energy_ev"].push_back(answer.energy_ev - kept.answers[0].energy_ev);
  out["profile"] = std::move(profile);
  return out;
}

/// The band that went on from there; a band that is no barrier keeps its reason and what it cost.
Json converged_json(const BarrierResult& barrier) {
  Json out = barrier_json(barrier);
  out["reason"] = barrier.reason;
  if (has_numbers(barrier.ending)) return out;
  for (const char* key : {"forward_ev", "reverse_ev", "kra_ev", "delta_e_ev", "uncertainty_ev",
                          "numerical_uncertainty_ev", "saddle_energy_ev", "negative_modes", "fmax_ev_per_angstrom"})
    out[key] = nullptr;
  return out;
}

const char* how(const RefineRun& run) {
  const BarrierResult* barrier = run.barrier();
  if (barrier == nullptr) return "no_number";
  return barrier == &run.result->kept ? "re-evaluated" : "re-converged";
}

std::string row(const EngineSpec& engine, const char* how, const BarrierResult* barrier, const std::string& reason) {
  const std::string numbers = barrier != nullptr
                                  ? fmt::format("{:8.4f} {:8.4f}", barrier->forward_ev, barrier->reverse_ev)
                                  : fmt::format("{:>8} {:>8}", "-", "-");
  return fmt::format("  {:<24} {:<14} {:<14} {}  {}{}{}\n", engine.version, engine.tier, how, numbers, engine.charge,
                     reason.empty() ? "" : "; ", reason);
}

}  // namespace

Json refinements_json(const HopRun& hop, const std::string& folder) {
  Json list = Json::array();
  for (std::size_t k = 0; k < hop.refined.size(); ++k) {
    const RefineRun& run = hop.refined[k];
    const BarrierResult* barrier = run.barrier();
    Json out{{"engine", engine_json(run.engine)},
             {"asked", to_string(run.path)},
             {"how", how(run)},
             {"reason", run.reason},
             {"forward_ev", barrier != nullptr ? Json(barrier->forward_ev) : Json(nullptr)},
             {"reverse_ev", barrier != nullptr ? Json(barrier->reverse_ev) : Json(nullptr)},
             {"uncertainty_ev", barrier != nullptr ? Json(barrier->uncertainty_ev) : Json(nullptr)},
             {"numerical_uncertainty_ev", barrier != nullptr ? Json(numerical_error(barrier->parts)) : Json(nullptr)},
             {"evaluations", 0},
             {"re_evaluated", nullptr},
             {"re_converged", nullptr},
             {"paths", Json::array()}};
    if (run.result) {
      out["evaluations"] =
          run.result->kept.evaluations + (run.result->converged ? run.result->converged->evaluations : 0);
      out["re_evaluated"] = kept_json(*run.result);
      if (run.result->converged) out["re_converged"] = converged_json(*run.result->converged);
      if (!folder.empty()) {
        out["paths"].push_back(file_of(folder, k, "kept"));
        if (run.result->converged && !run.result->converged->path.empty())
          out["paths"].push_back(file_of(folder, k, "converged"));
      }
    }
    list.push_back(std::move(out));
  }
  return list;
}

std::map<std::string, std::string> refinement_files(const HopRun& hop, const std::string& folder) {
  std::map<std::string, std::string> files;
  for (std::size_t k = 0; k < hop.refined.size(); ++k) {
    const auto& result = hop.refined[k].result;
    if (!result) continue;
    files[file_of(folder, k, "kept")] = path_extxyz(result->kept);
    if (result->converged && !result->converged->path.empty())
      files[file_of(folder, k, "converged")] = path_extxyz(*result->converged);
  }
  return files;
}

std::string engine_table(const HopRun& hop, const EngineSpec& engine) {
  if (hop.refined.empty()) return "";
  std::string out =
      fmt::format("  {:<24} {:<14} {:<14} {:>8} {:>8}  {}\n", "engine", "tier", "path", "forward", "reverse", "charge");
  out += row(engine, "its own", hop.barrier && hop.barrier->converged() ? &*hop.barrier : nullptr, "");
  for (const RefineRun& run : hop.refined) {
    const bool both = run.result && run.result->converged && run.result->kept.converged();
    if (both) out += row(run.engine, "re-evaluated", &run.result->kept, "");
    if (both && run.barrier() == &run.result->kept)
      out += row(run.engine, "re-converged", nullptr, run.reason);
    else
      out += row(run.engine, how(run), run.barrier(), run.reason);
  }
  return out;
}

}  // namespace hopflow
