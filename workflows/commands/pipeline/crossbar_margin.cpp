// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow crossbar margin: how well the worst cell of an array can be read, with or without selectors.
#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/text.hpp"
#include "workflows/commands/pipeline/crossbar_devices.hpp"
#include "workflows/pipeline/crossbar/cell/element_file.hpp"
#include "workflows/pipeline/crossbar/margin.hpp"
#include "workflows/pipeline/crossbar/pictures.hpp"

namespace hopflow {

using nlohmann::json;

namespace {

struct MarginArguments {
  std::string device, cell = "1R";
  std::vector<std::string> schemes{"grounded", "half", "third", "floating"};
  Eigen::Index rows = 64, columns = 64;
  pipeline::Wires wires;
  double read_v = pipeline::usual_read_v;
  bool as_json = false;
};

Exit margin(const MarginArguments& a) {
  const pipeline::SeriesElement series = read_cell(a.cell);
  // Devices alike: what is asked is what wires and neighbours cost.
  pipeline::DeviceArray array{pipeline::Population{read_array_device(a.device).parameters, {}, 1}, a.rows, a.columns,
                              a.wires, series};
  json reads = json::array();
  for (const std::string& name : a.schemes) {
    const pipeline::WorstCase worst = pipeline::worst_case(array, a.read_v, pipeline::scheme_of(name));
    const double margin = worst.margin();
    reads.push_back({{"scheme", name},
                     {"set_a", worst.set_a},
                     {"bare_a", worst.bare_a},
                     {"margin", margin},
                     {"margin_alone", worst.alone},
                     {"readable", margin >= pipeline::Readout::least_margin},
                     {"power_w", worst.power_w},
                     {"residual", worst.residual}});
  }
  if (a.as_json) {
    const json out{{"rows", a.rows},
                   {"columns", a.columns},
                   {"cell", pipeline::to_json(series)},
                   {"read_voltage_v", a.read_v},
                   {"reads", reads}};
    fmt::print("{}\n", out.dump(2));
    return Exit::converged;
  }
  for (const json& read : reads)
    fmt::print(
        "{} {} x {} read {} at {} V: set {:.3g} A or more, bare {:.3g} A or less: margin {:.3g} (one cell alone "
        "{:.3g}): {}; {:.2g} W\n",
        pipeline::law_of(series).cell, a.rows, a.columns, read.at("scheme").get<std::string>(),
        text::shortest(a.read_v), read.at("set_a").get<double>(), read.at("bare_a").get<double>(),
        read.at("margin").get<double>(), read.at("margin_alone").get<double>(),
        read.at("readable").get<bool>() ? "readable" : "unreadable", read.at("power_w").get<double>());
  return Exit::converged;
}

}  // namespace

void add_crossbar_margin(CLI::App& crossbar, Action& action) {
  auto a = std::make_shared<MarginArguments>();
  CLI::App* command = crossbar.add_subcommand(
      "margin", "Read the cell farthest from its drivers, all others set or all bare: sneak paths, wires, selectors");
  command->add_option("device", a->device, "file of 'hopflow device fit -o'")->required();
  add_cell(*command, a->cell);
  command->add_option("--rows", a->rows, "of the array")->capture_default_str()->check(CLI::Range(1, 512));
  command->add_option("--columns", a->columns, "of the array")->capture_default_str()->check(CLI::Range(1, 512));
  add_wires(*command, a->wires, true);
  command->add_option("--read-voltage", a->read_v, "V; states are held")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--read-scheme", a->schemes, "one or several")->capture_default_str();
  command->add_flag("--json", a->as_json, "print the result as JSON");
  command->footer("Example: hopflow crossbar margin device.json --rows 128 --columns 128 --row-resistance 1 --json");
  command->callback([a, &action] { action = [a] { return margin(*a); }; });
}

}  // namespace hopflow
