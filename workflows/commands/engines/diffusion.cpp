// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow diffusion: how fast a vacancy spreads, from the barriers of a run or of a table.
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/formats/structure_file.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/commands/structures/hop_arguments.hpp"
#include "workflows/commands/structures/structure_arguments.hpp"
#include "workflows/driver/study_run.hpp"
#include "workflows/materials/material_run.hpp"
#include "workflows/materials/transport_json.hpp"

namespace hopflow {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

struct DiffusionArguments {
  StructureInput source;
  std::string material, barriers, temperatures = "300";
  HopArguments hops;
  double frequency = 1, factor = 10;
  bool frequency_given = false, as_json = false;
};

std::vector<double> temperatures_of(const std::string& argument) {
  std::string plain = argument;
  for (char& c : plain)
    if (c == ',') c = ' ';
  std::vector<double> out;
  for (const std::string& word : text::split_words(plain)) {
    const auto t = text::to_double(word);
    if (!t || !(*t >= 1 && *t <= 5000))
      throw Error{Error::Kind::usage,
                  fmt::format("--temperature: '{}' is not a temperature from 1 to 5000 K; give values such as 300,350",
                              text::printable(word))};
    out.push_back(*t);
  }
  if (out.empty()) throw Error{Error::Kind::usage, "--temperature: none given; give some as 300,350 (K)"};
  return out;
}

/// Cells of one line of CSV; a quoted cell may hold commas and doubled quotes.
std::vector<std::string> csv_cells(const std::string& line) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
      out.back() += line[++i];
    else if (line[i] == '"')
      quoted = !quoted;
    else if (line[i] == ',' && !quoted)
      out.emplace_back();
    else if (line[i] != '\r')
      out.back() += line[i];
  }
  return out;
}

/// Barriers from the columns hop, forward_ev and reverse_ev; rows without numbers are hops that have none.
std::vector<HopEnergy> read_barriers(const std::string& file, const HopTable& table) {
  std::map<std::string, int> known;
  for (std::size_t k = 0; k < table.hops.size(); ++k) known[table.hops[k].id] = static_cast<int>(k);
  const std::string content = text::read_file(file);
  std::map<std::string, std::size_t> column;
  std::vector<HopEnergy> out;
  int number = 0;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    const std::vector<std::string> cells = csv_cells(content.substr(begin, end - begin));
    begin = end + 1;
    const std::string place = fmt::format("{}:{}", text::printable(file), ++number);
    if (number == 1) {
      for (std::size_t c = 0; c < cells.size(); ++c) column[text::trim(cells[c])] = c;
      for (const char* name : {"hop", "forward_ev", "reverse_ev"})
        if (!column.contains(name))
          throw Error{
              Error::Kind::bad_input,
              fmt::format("{}: no column '{}'; the first line must name hop,forward_ev,reverse_ev", place, name)};
      continue;
    }
    const auto cell = [&](const char* name) {
      return column[name] < cells.size() ? text::trim(cells[column[name]]) : std::string{};
    };
    if (cell("hop").empty() || (cell("forward_ev").empty() && cell("reverse_ev").empty())) continue;
    const auto hop = known.find(cell("hop"));
    if (hop == known.end())
      throw Error{Error::Kind::bad_input,
                  fmt::format("{}: '{}' is not a hop of this structure; use an id that 'hopflow hops' lists", place,
                              text::printable(cell("hop")))};
    const auto forward = text::to_double(cell("forward_ev")), reverse = text::to_double(cell("reverse_ev"));
    if (!forward || !reverse)
      throw Error{Error::Kind::bad_input, fmt::format("{}: forward_ev and reverse_ev must be numbers (eV)", place)};
    if (std::any_of(out.begin(), out.end(), [&](const HopEnergy& e) { return e.hop == hop->second; }))
      throw Error{Error::Kind::bad_input,
                  fmt::format("{}: '{}' is listed twice; keep one", place, text::printable(cell("hop")))};
    out.push_back({hop->second, *forward, *reverse});
  }
  return out;
}

Json entry(const std::string& name, const Crystal& crystal, const HopTable& table,
           const std::vector<HopEnergy>& energies, const DiffusionOptions& options) {
  Json out{{"name", name}, {"model", crystal.model}};
  const auto barrier = network_barrier(table, energies, 1);
  out["network"] = {{"percolating", barrier.has_value()},
                    {"barrier_ev", barrier ? Json(barrier->barrier_ev) : Json(nullptr)}};
  out["network"].update(network_barriers_json(table, energies));
  out["network"]["diffusion"] = diffusion_json(crystal, table, energies, options);
  return out;
}

Json of_run(const DiffusionArguments& arguments, DiffusionOptions options) {
  const fs::path folder = arguments.source.file;
  RunOptions run_options;
  const Study study = frozen_study(folder, run_options);
  if (!fs::exists(folder / "summary.json"))
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: the run has no summary.json yet; finish it with 'hopflow resume {}'",
                            text::printable(folder.string()), text::printable(folder.string()))};
  if (!arguments.frequency_given) options.attempt_frequency_thz = study.attempt_frequency_thz;
  options.attempt_frequency_factor = study.attempt_frequency_factor;
  Json out = Json::array();
  try {
    const Json summary = Json::parse(text::read_file(folder / "summary.json"));
    for (const MaterialEntry& material : study.materials) {
      if (!arguments.material.empty() && arguments.material != material.name) continue;
      const MaterialRun planned = plan_material(study, material);
      std::vector<HopEnergy> energies;
      for (const Json& found : summary.at("materials")) {
        if (found.at("name") != material.name) continue;
        for (const Json& barrier : found.at("barriers"))
          for (std::size_t k = 0; k < planned.table.hops.size(); ++k)
            if (planned.table.hops[k].id == barrier.at("hop") && barrier.at("status") == "converged")
              energies.push_back({static_cast<int>(k), barrier.at("forward_ev").get<double>(),
                                  barrier.at("reverse_ev").get<double>()});
      }
      if (is_single_hop(planned)) energies.clear();
      out.push_back(entry(material.name, planned.crystal, planned.table, energies, options));
    }
  } catch (const nlohmann::json::exception& problem) {
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: {}; write it again with 'hopflow resume'",
                            text::printable((folder / "summary.json").string()), problem.what())};
  }
  if (out.empty())
    throw Error{Error::Kind::usage,
                fmt::format("--material '{}': the run has no such material", text::printable(arguments.material))};
  return out;
}

Json of_structure(const DiffusionArguments& arguments, const DiffusionOptions& options) {
  if (arguments.barriers.empty())
    throw Error{Error::Kind::usage,
                "--barriers: with a structure file, name a CSV with the columns hop,forward_ev,reverse_ev"};
  const Crystal crystal = read_input(arguments.source);
  print_notices(crystal);
  const HopSearch search = search_hops(crystal, arguments.hops);
  return Json::array(
      {entry(crystal.name, crystal, search.table, read_barriers(arguments.barriers, search.table), options)});
}

std::string number_or_dash(const Json& value, const char* format) {
  return value.is_number() ? fmt::format(fmt::runtime(format), value.get<double>()) : "-";
}

void print_temperature(const Json& at) {
  fmt::print("\n  at {} K: mean {:.3e} cm2/s (band of the attempt frequency: {:.1e} to {:.1e})\n",
             text::shortest(at.at("temperature_k").get<double>()), at.at("mean_cm2_per_s").get<double>(),
             at.at("mean_low_cm2_per_s").get<double>(), at.at("mean_high_cm2_per_s").get<double>());
  fmt::print("  {:<24}  {:>13}  {:>18}\n", "direction", "D / (cm2/s)", "tracer correlation");
  for (const Json& axis : at.at("principal")) {
    const auto e = axis.at("direction").get<std::vector<double>>();
    fmt::print("  {:<24}  {:>13.3e}  {:>18}\n", fmt::format("({:6.3f} {:6.3f} {:6.3f})", e[0], e[1], e[2]),
               axis.at("diffusivity_cm2_per_s").get<double>(), number_or_dash(axis.at("tracer_correlation"), "{:.4f}"));
  }
  for (const auto& [axis, value] : at.at("along_cell_cm2_per_s").items())
    fmt::print("  {:<24}  {:>13.3e}\n", "along " + axis, value.get<double>());
}

void print_entry(const Json& material) {
  const Json& network = material.at("network");
  fmt::print("{}{}\n", text::printable(material.at("name").get<std::string>()),
             material.at("model").get<bool>() ? " (model structure: no statement about a real compound)" : "");
  const Json& diffusion = network.at("diffusion");
  if (diffusion.is_null()) {
    fmt::print("  no diffusion: the hops with known barriers do not percolate\n");
    return;
  }
  fmt::print("  network barrier {:.3f} eV", network.at("barrier_ev").get<double>());
  for (const Json& step : network.at("by_dimension"))
    fmt::print("; {}D above {:.3f} eV ({})", step.at("dimension").get<int>(), step.at("barrier_ev").get<double>(),
               text::printable(step.at("deciding_hop").get<std::string>()));
  fmt::print("\n  along");
  for (const auto& [axis, step] : network.at("along_cell").items())
    fmt::print(" {} {},", axis,
               step.is_null() ? "no path" : fmt::format("{:.3f} eV", step.at("barrier_ev").get<double>()));
  fmt::print(" attempt frequency {} THz\n", text::shortest(diffusion.at("attempt_frequency_thz").get<double>()));
  for (const Json& at : diffusion.at("temperatures")) print_temperature(at);
  const Json& line = diffusion.at("arrhenius");
  if (!line.is_null())
    fmt::print("\n  from {:.0f} to {:.0f} K: D = {:.3e} cm2/s exp(-{:.3f} eV / kT)\n", line.at("from_k").get<double>(),
               line.at("to_k").get<double>(), line.at("prefactor_cm2_per_s").get<double>(),
               line.at("activation_ev").get<double>());
}

Exit show(const DiffusionArguments& arguments) {
  DiffusionOptions options{temperatures_of(arguments.temperatures), arguments.frequency, arguments.factor};
  const Json entries =
      fs::is_directory(arguments.source.file) ? of_run(arguments, options) : of_structure(arguments, options);
  if (arguments.as_json) {
    fmt::print("{}\n", json_text(Json{{"source", arguments.source.file}, {"materials", entries}}));
    return Exit::converged;
  }
  for (std::size_t k = 0; k < entries.size(); ++k) {
    if (k > 0) fmt::print("\n");
    print_entry(entries[k]);
  }
  return Exit::converged;
}

}  // namespace

void add_diffusion(CLI::App& app, Action& action) {
  auto a = std::make_shared<DiffusionArguments>();
  CLI::App* command =
      app.add_subcommand("diffusion", "Compute vacancy and tracer diffusivity from the barriers of hops");
  add_structure_input(*command, a->source, "run folder; or a structure file, with --barriers");
  command->add_option("--temperature", a->temperatures, "temperatures (K), as 300,350")->capture_default_str();
  CLI::Option* frequency =
      command->add_option("--attempt-frequency", a->frequency, "of every hop (THz); a run's own if not given")
          ->check(CLI::Range(1e-3, 1e3));
  command->add_option("--material", a->material, "of a run: this one only");
  command->add_option("--barriers", a->barriers,
                      "CSV with the columns hop,forward_ev,reverse_ev (eV), hops as 'hopflow hops' names them");
  add_hop_options(*command, a->hops);
  command->add_flag("--json", a->as_json, "print the result as JSON");
  command->footer(
      "Example: hopflow diffusion runs/three-cations --temperature 300,350\n"
      "Example: hopflow diffusion crystal.cif --barriers barriers.csv");
  command->callback([a, frequency, &action] {
    a->frequency_given = frequency->count() > 0;
    action = [a] { return show(*a); };
  });
}

}  // namespace hopflow
