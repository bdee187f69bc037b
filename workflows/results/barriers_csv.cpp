// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/results/barriers_csv.hpp"

#include <array>
#include <string_view>

#include <fmt/core.h>

#include "structures/core/text.hpp"

namespace hopflow {

namespace {

using Json = nlohmann::ordered_json;

/// One row of the file: a hop by the engine that made its path, or a refinement of it.
struct Source {
  const Json& material;
  const Json& barrier;
  const Json* refinement;  ///< nullptr for the hop's own engine

  const Json& numbers() const { return refinement ? *refinement : barrier; }
};

std::string cell_of(const Json& value) {
  if (value.is_number_float()) return text::shortest(value.get<double>());
  if (value.is_null()) return "";
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array()) {
    std::vector<std::string> words;
    for (const Json& item : value) words.push_back(cell_of(item));
    return text::join(words, "; ");
  }
  return value.dump();
}

std::string quoted_cell(std::string value) {
  // A cell that begins like a formula would be run by a spreadsheet; numbers and charges begin so and are none.
  const bool formula =
      !value.empty() && std::string_view{"=+-@"}.find(value[0]) != std::string_view::npos && !text::to_double(value);
  if (formula) value = "'" + value;
  if (value.find_first_of(",\"\n") == std::string::npos) return value;
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

Json names_of_failed(const Json& checks) {
  Json out = Json::array();
  for (const Json& check : checks)
    if (check.at("passed").is_boolean() && !check.at("passed").get<bool>()) out.push_back(check.at("name"));
  return out;
}

/// The largest force that belongs to a refinement's numbers.
Json refined_fmax(const Json& refinement) {
  if (refinement.at("how") == "re-converged") return refinement.at("re_converged").at("fmax_ev_per_angstrom");
  const Json& kept = refinement.at("re_evaluated");
  return kept.is_null() ? Json(nullptr) : kept.at("residual_force_ev_per_angstrom");
}

struct Column {
  std::string_view name;
  std::string_view help;
  Json (*value)(const Source& row);
};

/// What the hop's own engine alone has.
template <class Get>
Json own(const Source& row, Get get) {
  return row.refinement ? Json(nullptr) : get(row.barrier);
}

const std::array columns{
    Column{"material", "as the study names it", [](const Source& r) { return r.material.at("name"); }},
    Column{"hop", "id of the hop class", [](const Source& r) { return r.barrier.at("hop"); }},
    Column{"status", "converged, converged_check_failed, not_converged, slipped, collapsed, failed; no_number",
           [](const Source& r) -> Json {
             if (!r.refinement) return r.barrier.at("status");
             return r.refinement->at("how") == "no_number" ? "no_number" : "converged";
           }},
    Column{"forward_ev", "barrier from the first site; a mean over samples",
           [](const Source& r) { return r.numbers().at("forward_ev"); }},
    Column{"reverse_ev", "barrier from the second site", [](const Source& r) { return r.numbers().at("reverse_ev"); }},
    Column{"uncertainty_ev", "one standard deviation, all parts: numerical, sampling, cell, protocol, model",
           [](const Source& r) { return r.numbers().at("uncertainty_ev"); }},
    Column{"numerical_uncertainty_ev", "the part of it that better convergence would make smaller",
           [](const Source& r) { return r.numbers().at("numerical_uncertainty_ev"); }},
    Column{"rate_barrier_ev", "forward barrier with the mean rate of the samples at the study's temperature",
           [](const Source& r) { return own(r, [](const Json& b) { return b.at("rate_barrier_ev"); }); }},
    Column{"largest_climb_ev", "largest single climb along the path, from a minimum to the next saddle",
           [](const Source& r) {
             return own(r, [](const Json& b) { return b.value("largest_climb_ev", Json(nullptr)); });
           }},
    Column{"fmax_ev_per_angstrom", "largest force left",
           [](const Source& r) {
             return r.refinement ? refined_fmax(*r.refinement) : r.barrier.at("fmax_ev_per_angstrom");
           }},
    Column{"evaluations", "calls of the engine", [](const Source& r) { return r.numbers().at("evaluations"); }},
    Column{"checks_failed", "names of failed checks",
           [](const Source& r) { return own(r, [](const Json& b) { return names_of_failed(b.at("checks")); }); }},
    Column{"model_structure", "true: the crystal is a model, not an experimental structure",
           [](const Source& r) { return r.material.at("model"); }},
    Column{"reason", "why there is no number", [](const Source& r) { return r.numbers().at("reason"); }},
    Column{"engine", "name of the engine", [](const Source& r) { return r.numbers().at("engine").at("name"); }},
    Column{"engine_version", "its version", [](const Source& r) { return r.numbers().at("engine").at("version"); }},
    Column{"tier", "ff, mlip, semiempirical, dft", [](const Source& r) { return r.numbers().at("engine").at("tier"); }},
    Column{"charge", "of the cell with the vacancy (e)",
           [](const Source& r) { return r.numbers().at("engine").at("charge"); }},
    Column{"path", "own; of a refinement: kept or re-converged",
           [](const Source& r) -> Json {
             if (!r.refinement) return "own";
             return r.refinement->at("how") == "re-converged" ? "re-converged" : "kept";
           }},
};

}  // namespace

std::vector<BarrierColumn> barrier_columns() {
  std::vector<BarrierColumn> out;
  for (const Column& column : columns) out.push_back({std::string{column.name}, std::string{column.help}});
  return out;
}

std::string barriers_csv(const Json& summary) {
  std::vector<std::string> cells;
  for (const Column& column : columns) cells.emplace_back(column.name);
  std::string out = text::join(cells, ",") + "\n";
  const auto write = [&](const Source& row) {
    cells.clear();
    for (const Column& column : columns) cells.push_back(quoted_cell(cell_of(column.value(row))));
    out += text::join(cells, ",") + "\n";
  };
  for (const Json& material : summary.at("materials"))
    for (const Json& barrier : material.at("barriers")) {
      write({material, barrier, nullptr});
      for (const Json& refinement : barrier.at("refinements")) write({material, barrier, &refinement});
    }
  return out;
}

}  // namespace hopflow
