// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/commands/pipeline/crossbar_devices.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/pipeline/circuit/array_deck.hpp"
#include "workflows/pipeline/crossbar/array/map_svg.hpp"
#include "workflows/pipeline/crossbar/array/matrix_file.hpp"
#include "workflows/pipeline/crossbar/cell/element_file.hpp"
#include "workflows/pipeline/crossbar/pictures.hpp"
#include "workflows/pipeline/crossbar/programming.hpp"
#include "workflows/pipeline/crossbar/weight_readout.hpp"
#include "workflows/pipeline/crossbar/yield.hpp"

namespace hopflow {

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t most_named = 20;  ///< cells on a terminal

/// A letter, or a file of 0 and 1.
Eigen::MatrixXi read_image(const std::string& name, Eigen::Index rows, Eigen::Index columns) {
  if (name == "N" || name == "T" || name == "U") return pipeline::glyph(name, rows, columns);
  if (!fs::exists(name))
    throw Error{
        Error::Kind::bad_input,
        fmt::format("--image: '{}' is neither a known letter nor a file; give N, T, U, or a CSV or npy of 0 and 1",
                    text::printable(name))};
  const Eigen::MatrixXd pixels = pipeline::read_matrix(name);
  if (!((pixels.array() == 0) || (pixels.array() == 1)).all()) {
    throw Error{Error::Kind::bad_input, fmt::format("{}: pixels must be 0 or 1", text::printable(name))};
  }
  return pixels.cast<int>();
}

struct ProgramArguments {
  std::string device, cell = "1R", image = "N", start = "bare", scheme = "half", erase = "whole", output, netlist;
  std::vector<std::string> read_schemes{"grounded", "half", "floating"};
  Eigen::Index rows = 16, columns = 16;
  pipeline::Wires wires;
  pipeline::WriteProtocol protocol;
  double stuck = 0;
  std::uint64_t seed = 1;
  bool as_json = false;
};

Exit program(ProgramArguments a) {
  a.protocol.scheme = pipeline::scheme_of(a.scheme);
  a.protocol.erase = pipeline::erase_of(a.erase);
  const Eigen::MatrixXi image = read_image(a.image, a.rows, a.columns);
  const ArrayDevice file = read_array_device(a.device);
  const pipeline::DeviceParameters& device = file.parameters;
  pipeline::DeviceArray array{file.population(a.stuck, a.seed), image.rows(), image.cols(), a.wires, read_cell(a.cell)};
  if (a.start != "bare") {
    const Eigen::MatrixXd start =
        a.start == "set" ? Eigen::MatrixXd::Ones(image.rows(), image.cols()) : pipeline::read_matrix(a.start);
    if (start.rows() != image.rows() || start.cols() != image.cols() ||
        !(start.array() >= 0 && start.array() <= 1).all()) {
      throw Error{Error::Kind::bad_input,
                  fmt::format("--start: {} x {} states for {} x {} cells; give one from 0 (bare) to 1 (set) for each",
                              start.rows(), start.cols(), image.rows(), image.cols())};
    }
    array.state() = start;
  }
  if (!a.netlist.empty()) {
    pipeline::Array ends = array.lines();
    Eigen::Index row = 0, column = 0;
    if (image.maxCoeff(&row, &column) == 0)
      throw Error{Error::Kind::usage, "--netlist: the picture sets no cell, so there is no pulse to write"};
    pipeline::address(ends, row, column, a.protocol.set_v, a.protocol.scheme);
    text::write_file(a.netlist, pipeline::array_deck(array, ends, a.protocol.width_s));
  }
  const pipeline::WriteReport report = pipeline::write(array, image, a.protocol);
  const double reference_a = pipeline::reference_current(device, a.protocol.read_v, array.series());
  double residual = report.worst_residual;
  json reads = json::array();
  Eigen::MatrixXd shown;
  for (const std::string& name : a.read_schemes) {
    const pipeline::Reading reading = pipeline::read_cells(array, a.protocol.read_v, pipeline::scheme_of(name));
    const pipeline::Readout readout = pipeline::judge(reading.current_a, image, reference_a);
    residual = std::max(residual, reading.worst_residual);
    reads.push_back({{"scheme", name},
                     {"row_resistance_ohm", a.wires.row_segment_ohm},
                     {"column_resistance_ohm", a.wires.column_segment_ohm},
                     {"margin", std::isfinite(readout.margin) ? json(readout.margin) : json(nullptr)},
                     {"errors", readout.errors},
                     {"readable", readout.readable()},
                     {"power_w", reading.power_w}});
    if (!a.output.empty()) {
      fs::create_directories(a.output);
      for (const char* ending : {"csv", "npy"})
        pipeline::write_matrix(fs::path{a.output} / fmt::format("read-{}.{}", name, ending), reading.current_a);
      text::write_file(fs::path{a.output} / fmt::format("read-{}.svg", name),
                       pipeline::map_svg(reading.current_a, fmt::format("currents read {}", name), "A"));
    }
  }
  if (!a.output.empty()) {
    pipeline::write_matrix(fs::path{a.output} / "state.csv", array.state());
    text::write_file(fs::path{a.output} / "state.svg",
                     pipeline::map_svg(array.state(), "state, 0 bare, 1 set", "", 1.0));
  }
  if (a.as_json) {
    json out{{"rows", image.rows()},
             {"columns", image.cols()},
             {"cell", pipeline::to_json(array.series())},
             {"pulses", report.pulses},
             {"write_energy_j", report.energy_j},
             {"failed", pipeline::to_json(report.failed)},
             {"disturbed", pipeline::to_json(report.disturbed)},
             {"limited_rows", report.limited_rows},
             {"reference_current_a", reference_a},
             {"reads", reads},
             {"residual", residual}};
    fmt::print("{}\n", out.dump(2));
    return Exit::converged;
  }
  fmt::print("{} pulses, {:.3g} J; {} cells failed to switch, {} disturbed\n", report.pulses, report.energy_j,
             report.failed.size(), report.disturbed.size());
  for (const auto& [word, cells] : {std::pair{"failed", &report.failed}, {"disturbed", &report.disturbed}}) {
    const std::size_t named = std::min(cells->size(), most_named);
    for (const pipeline::CellState& c : std::span{*cells}.first(named))
      fmt::print("{}: row {}, column {}: {:.3g} -> {:.3g} S\n", word, c.row, c.column, c.before, c.after);
    if (named < cells->size()) fmt::print("{}: {} more, all named with --json\n", word, cells->size() - named);
  }
  if (!report.limited_rows.empty()) fmt::print("{} rows were at their compliance\n", report.limited_rows.size());
  for (const json& read : reads) {
    fmt::print("read {} at {} and {} ohm per segment: margin {}, {} wrong pixels: {}\n",
               read.at("scheme").get<std::string>(), text::shortest(a.wires.row_segment_ohm),
               text::shortest(a.wires.column_segment_ohm),
               read.at("margin").is_null() ? "-" : fmt::format("{:.3g}", read.at("margin").get<double>()),
               read.at("errors").get<int>(), read.at("readable").get<bool>() ? "readable" : "unreadable");
  }
  return Exit::converged;
}

struct YieldArguments {
  std::string device;
  pipeline::YieldOptions options;
  double stuck = 0;
  std::uint64_t seed = 1;
  bool as_json = false;
};

Exit yield(const YieldArguments& a) {
  const ArrayDevice device = read_array_device(a.device);
  const pipeline::Yield y = pipeline::yield_of(device.population(a.stuck, a.seed), a.options);
  const double stuck = a.stuck > 0 || !device.variability ? a.stuck : device.variability->stuck_fraction;
  if (a.as_json) {
    const json out{{"devices", a.options.devices},
                   {"working", y.working},
                   {"yield", y.fraction},
                   {"wilson_low", y.interval.low},
                   {"wilson_high", y.interval.high},
                   {"expected", y.expected},
                   {"expected_without_stuck", y.expected_without_stuck},
                   {"stuck_fraction", stuck},
                   {"least_ratio", a.options.least_ratio},
                   {"median_ratio", y.median_ratio},
                   {"p05_ratio", y.ratio_p05},
                   {"p95_ratio", y.ratio_p95}};
    fmt::print("{}\n", out.dump(2));
    return Exit::converged;
  }
  fmt::print("{} of {} devices work: {:.1f} % (95 %: {:.1f} to {:.1f} %)\n", y.working, a.options.devices,
             100 * y.fraction, 100 * y.interval.low, 100 * y.interval.high);
  fmt::print("expected {:.2f} % with {:.3g} % stuck, {:.2f} % from the devices' spread alone\n", 100 * y.expected,
             100 * stuck, 100 * y.expected_without_stuck);
  fmt::print("on/off ratio: median {:.3g}, 5 to 95 % {:.3g} to {:.3g}\n", y.median_ratio, y.ratio_p05, y.ratio_p95);
  return Exit::converged;
}

struct SynapseArguments {
  std::string weights, scheme = "grounded", output;
  double on_ohm = 383, off_ohm = 38300;
  Eigen::Index tile = pipeline::SynapseReadout{}.tile_rows;
  pipeline::SynapseReadout readout;
  bool as_json = false;
};

Exit synapse(SynapseArguments a) {
  a.readout.scheme = pipeline::scheme_of(a.scheme);
  a.readout.on_s = 1 / a.on_ohm;
  a.readout.off_s = 1 / a.off_ohm;
  a.readout.tile_rows = a.readout.tile_columns = a.tile;
  const pipeline::EffectiveSynapses e = pipeline::read_synapses(pipeline::read_matrix(a.weights), a.readout);
  if (!a.output.empty()) pipeline::write_matrix(a.output, e.weight);
  if (a.as_json) {
    const json out{{"inputs", e.weight.rows()},
                   {"outputs", e.weight.cols()},
                   {"tiles", e.tiles},
                   {"scheme", a.scheme},
                   {"row_resistance_ohm", a.readout.wires.row_segment_ohm},
                   {"column_resistance_ohm", a.readout.wires.column_segment_ohm},
                   {"median_share", e.median_share},
                   {"least_share", e.least_share},
                   {"read_energy_j", e.read_energy_j},
                   {"idle_power_w", e.idle_power_w},
                   {"residual", e.worst_residual}};
    fmt::print("{}\n", out.dump(2));
    return Exit::converged;
  }
  fmt::print(
      "{} x {} weights in {} tiles; rows without a spike: {}; effective over ideal conductance: median {:.3g}, lowest "
      "{:.3g}\n",
      e.weight.rows(), e.weight.cols(), e.tiles, a.scheme, e.median_share, e.least_share);
  fmt::print("{:.3g} J per spike, read at {} V for {} s; {:.3g} W while no input spikes; residual {:.1e}\n",
             e.read_energy_j, text::shortest(a.readout.read_v), text::shortest(a.readout.read_s), e.idle_power_w,
             e.worst_residual);
  return Exit::converged;
}

}  // namespace

pipeline::Population ArrayDevice::population(double stuck, std::uint64_t seed) const {
  return variability ? pipeline::cell_population(parameters, *variability, stuck, seed)
                     : pipeline::cell_population(parameters, stuck, seed);
}

ArrayDevice read_array_device(const std::string& path) {
  const json file = json::parse(text::read_file(path), nullptr, false);
  if (!file.is_object() || !file.contains("parameters")) {
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: no device with 'parameters'; give the file of 'hopflow device fit -o'",
                            text::printable(path))};
  }
  ArrayDevice device{pipeline::parameters_from_json(file.at("parameters"), path + ": parameters"), std::nullopt};
  if (file.contains("variability") && !file.at("variability").is_null())
    device.variability = pipeline::variability_from_json(file.at("variability"), path + ": variability");
  return device;
}

void add_cell(CLI::App& command, std::string& cell) {
  command
      .add_option(
          "--cell", cell,
          "1R, or a YAML file of what is in series with each memristor: cell: 1S1R, 1T1R or 1D1R and its numbers")
      ->capture_default_str();
}

pipeline::SeriesElement read_cell(const std::string& cell) {
  if (cell == "1R") return {};
  if (!fs::exists(cell))
    throw Error{Error::Kind::bad_input,
                fmt::format("--cell: '{}' is not 1R and no file; give a YAML file with 'cell: 1S1R', 1T1R or 1D1R and "
                            "its numbers, as in inputs/cells",
                            text::printable(cell))};
  return pipeline::read_series_element(cell);
}

void add_wires(CLI::App& command, pipeline::Wires& wires, bool with_compliance) {
  command.add_option("--row-resistance", wires.row_segment_ohm, "of one segment of a row (ohm)")->capture_default_str();
  command.add_option("--column-resistance", wires.column_segment_ohm, "of one segment of a column (ohm)")
      ->capture_default_str();
  command.add_option("--driver-resistance", wires.driver_ohm, "before each row (ohm)")->capture_default_str();
  command.add_option("--sense-resistance", wires.sense_ohm, "after each column (ohm)")->capture_default_str();
  if (with_compliance)
    command.add_option("--compliance", wires.compliance_a, "largest current of each row's source (A)");
}

void add_crossbar_program(CLI::App& crossbar, Action& action) {
  auto a = std::make_shared<ProgramArguments>();
  CLI::App* command = crossbar.add_subcommand("program", "Write a picture into an array of devices and read it back");
  command->add_option("device", a->device, "file of 'hopflow device fit -o'")->required();
  command->add_option("--image", a->image, "N, T, U, or a CSV or npy of 0 and 1")->capture_default_str();
  command->add_option("--rows", a->rows, "of a letter")->capture_default_str()->check(CLI::Range(1, 512));
  command->add_option("--columns", a->columns, "of a letter")->capture_default_str()->check(CLI::Range(1, 512));
  add_cell(*command, a->cell);
  add_wires(*command, a->wires, true);
  command->add_option("--start", a->start, "bare, set, or a file of states from 0 to 1")->capture_default_str();
  command
      ->add_option("--erase", a->erase,
                   "before: whole (array at once), cells (only those that change, one by one), none")
      ->capture_default_str();
  command
      ->add_option("--scheme", a->scheme, "unselected lines while a cell is written: grounded, half, third, floating")
      ->capture_default_str();
  command->add_option("--set-voltage", a->protocol.set_v, "V")->capture_default_str()->check(CLI::PositiveNumber);
  command->add_option("--erase-voltage", a->protocol.erase_v, "V")
      ->capture_default_str()
      ->check(CLI::Range(-100.0, 0.0));
  command->add_option("--width", a->protocol.width_s, "of a pulse (s)")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--verify", a->protocol.most_pulses,
                   "maximum number of pulses per cell; above 1 each is followed by a read")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  command->add_option("--step", a->protocol.step_v, "added to the voltage of each further pulse (V)")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--read-voltage", a->protocol.read_v, "V")->capture_default_str()->check(CLI::PositiveNumber);
  command->add_option("--read-scheme", a->read_schemes, "one or several")->capture_default_str();
  command
      ->add_option("--stuck", a->stuck,
                   "share of cells that never switch, in place of the file's (default: the file's)")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--seed", a->seed, "of the cells' spread")->capture_default_str();
  add_output(*command, "-o,--output", a->output, "folder for currents and states (csv, npy, svg)", Output::folder);
  add_output(*command, "--netlist", a->netlist,
             "also write an ngspice deck of the array at its start under the first set cell's pulse (up to 16 x "
             "16 memristors)");
  command->add_flag("--json", a->as_json, "print the result as JSON");
  command->footer(
      "Example: hopflow crossbar program device.json --image T --row-resistance 1 --column-resistance 1 --json");
  command->callback([a, &action] { action = [a] { return program(*a); }; });
}

void add_crossbar_yield(CLI::App& crossbar, Action& action) {
  auto a = std::make_shared<YieldArguments>();
  CLI::App* command = crossbar.add_subcommand("yield", "How many devices of a population work");
  command->add_option("device", a->device, "file of 'hopflow device fit -o'")->required();
  command->add_option("--devices", a->options.devices, "measured")->capture_default_str();
  command->add_option("--least-ratio", a->options.least_ratio, "of set to bare conductance, to work")
      ->capture_default_str();
  command->add_option("--read-voltage", a->options.read_v, "V")->capture_default_str()->check(CLI::PositiveNumber);
  command
      ->add_option("--stuck", a->stuck,
                   "share of devices that never switch, in place of the file's (default: the file's)")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--seed", a->seed, "of the devices' spread")->capture_default_str();
  command->add_flag("--json", a->as_json, "print the result as JSON");
  command->footer("Example: hopflow crossbar yield device.json --stuck 0.1 --json");
  command->callback([a, &action] { action = [a] { return yield(*a); }; });
}

void add_crossbar_synapse(CLI::App& crossbar, Action& action) {
  auto a = std::make_shared<SynapseArguments>();
  CLI::App* command = crossbar.add_subcommand(
      "synapse", "Weights of a network as tiled arrays with wires read them, for 'hopflow snn test --weights'");
  command->add_option("weights", a->weights, "CSV or npy, inputs x outputs, 0 to 1")->required();
  command->add_option("--on-resistance", a->on_ohm, "of weight 1 (ohm)")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--off-resistance", a->off_ohm, "of weight 0 (ohm)")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  add_wires(*command, a->readout.wires, false);  // reads of weights are linear: no source is limited
  command->add_option("--tile", a->tile, "rows and columns of one array")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  command->add_option("--scheme", a->scheme, "rows without a spike: grounded, half, third, floating")
      ->capture_default_str();
  command->add_option("--read-voltage", a->readout.read_v, "V")->capture_default_str()->check(CLI::PositiveNumber);
  command->add_option("--read-time", a->readout.read_s, "of one spike (s)")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_flag("--trim", a->readout.trim, "each output's gain set so that its weights keep their sum");
  add_output(*command, "-o,--output", a->output, "effective weights, csv or npy");
  command->add_flag("--json", a->as_json, "print the result as JSON");
  command->footer(
      "Example: hopflow crossbar synapse weights.csv --row-resistance 1 --column-resistance 1 -o effective.csv");
  command->callback([a, &action] { action = [a] { return synapse(*a); }; });
}

}  // namespace hopflow
