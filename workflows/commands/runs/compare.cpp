// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow compare: the barriers of one or more runs, pair by pair.
#include <filesystem>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/results/comparison.hpp"

namespace hopflow {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

/// The materials of a run; named with the run where there are several.
void add_materials(Json& materials, const fs::path& run, bool several) {
  const fs::path file = run / "summary.json";
  if (!fs::exists(file))
    throw Error{Error::Kind::bad_input, fmt::format("{}: not found; name folders that 'hopflow run' has finished",
                                                    text::printable(file.string()))};
  try {
    const Json summary = Json::parse(text::read_file(file));
    for (Json material : summary.at("materials")) {
      if (!material.contains("protocol") || !material.contains("headline"))
        throw Error{
            Error::Kind::bad_input,
            fmt::format(
                "{}: does not state the total error of its barriers; update it with this version ('hopflow resume')",
                text::printable(file.string()))};
      if (several)
        material["name"] =
            fmt::format("{}/{}", summary.at("study").get<std::string>(), material.at("name").get<std::string>());
      materials.push_back(std::move(material));
    }
  } catch (const nlohmann::json::exception& problem) {
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: no summary of a run ({})", text::printable(file.string()), problem.what())};
  }
}

Exit compare(const std::vector<std::string>& runs, bool as_json) {
  Json materials = Json::array();
  for (const std::string& run : runs) add_materials(materials, run, runs.size() > 1);
  if (materials.size() < 2)
    throw Error{Error::Kind::bad_input, "one material alone cannot be compared; name another run"};
  const Json pairs = comparisons_json(materials);
  const bool stored = known_by_stored_bands(materials);
  if (as_json) {
    fmt::print("{}\n", pairs.dump(2));
    return Exit::converged;
  }
  for (const Json& material : materials) {
    const Json& headline = stored ? material.at("headlines").front() : material.at("headline");
    const std::string name = material.at("name");
    if (headline.at("barrier_ev").is_null())
      fmt::print("{}: no barrier\n", name);
    else
      fmt::print("{}: {} eV ({}, {}; {})\n", name,
                 text::with_error(headline.at("barrier_ev").get<double>(), headline.at("uncertainty_ev").get<double>()),
                 headline.at("quantity") == "network" ? "network"
                 : stored                             ? "one hop, stored band"
                                                      : "one hop, does not percolate",
                 headline.at("deciding_hop").get<std::string>(), headline.at("protocol").get<std::string>());
  }
  for (const Json& pair : pairs)
    fmt::print("{} and {}: {}: {}\n", pair.at("a").get<std::string>(), pair.at("b").get<std::string>(),
               pair.at("higher").is_null() ? pair.at("verdict").get<std::string>()
                                           : pair.at("higher").get<std::string>() + " is higher",
               pair.at("reason").get<std::string>());
  return Exit::converged;
}

}  // namespace

void add_compare(CLI::App& app, Action& action) {
  auto runs = std::make_shared<std::vector<std::string>>();
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("compare", "List which barriers of one or more runs differ by more than their errors");
  command->add_option("RUN", *runs, "run folders")->required();
  command->add_flag("--json", *as_json, "print the result as JSON");
  command->footer(
      "Example: hopflow compare runs/three-cations\n"
      "Barriers found in different ways (mobile atoms, cell distance, sampling, charge, engine tier) are not "
      "compared.");
  command->callback([runs, as_json, &action] { action = [runs, as_json] { return compare(*runs, *as_json); }; });
}

}  // namespace hopflow
