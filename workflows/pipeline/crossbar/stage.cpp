// SPDX-License-Identifier: GPL-2.0-or-later
// The array stage: a device's parameters in, written and read pictures out.
#include <cmath>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/core/json_input.hpp"
#include "workflows/pipeline/crossbar/array/map_svg.hpp"
#include "workflows/pipeline/crossbar/array/matrix_file.hpp"
#include "workflows/pipeline/crossbar/cell/element_file.hpp"
#include "workflows/pipeline/crossbar/pictures.hpp"
#include "workflows/pipeline/crossbar/programming.hpp"
#include "workflows/pipeline/crossbar/stage.hpp"
#include "workflows/pipeline/crossbar/weight_readout.hpp"
#include "workflows/pipeline/crossbar/yield.hpp"
#include "workflows/pipeline/models/device_uncertainty.hpp"
#include "workflows/pipeline/protocols/protocols.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

constexpr double read_v = usual_read_v;
constexpr int half_select_pulses = 30;
constexpr double analog_range = 100;  ///< on over off conductance of a network's weights
constexpr std::uint32_t weight_purpose = 19;

template <class Matrix>
json rows_of(const Matrix& matrix) {
  json rows = json::array();
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    json row = json::array();
    for (Eigen::Index j = 0; j < matrix.cols(); ++j) row.push_back(matrix(i, j));
    rows.push_back(std::move(row));
  }
  return rows;
}

json finite_or_null(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

json margin_json(const Readout& r, Scheme scheme, double ohm) {
  return {{"scheme", name_of(scheme)},
          {"line_resistance_ohm", ohm},
          {"margin", finite_or_null(r.margin)},
          {"errors", r.errors},
          {"readable", r.readable()}};
}

/// What resetting one cell of a picture does to the set cells on its lines, which see half the voltage.
json half_select_json(DeviceArray& array, const Eigen::MatrixXi& image, const WriteProtocol& protocol) {
  const Eigen::MatrixXd written = array.state();
  Eigen::Index row = 0, column = 0;
  image.maxCoeff(&row, &column);
  Eigen::MatrixXi one = Eigen::MatrixXi::Zero(image.rows(), image.cols());
  one(row, column) = 1;
  WriteReport report;
  const Eigen::MatrixXd before = array.linear(read_v).conductance_s;
  for (int k = 0; k < half_select_pulses; ++k) report = pulse_cells(array, one, protocol.erase_v, protocol);
  const Eigen::MatrixXd after = array.linear(read_v).conductance_s;
  int lost = 0;
  double worst = 1;
  for (Eigen::Index i = 0; i < image.rows(); ++i) {
    for (Eigen::Index j = 0; j < image.cols(); ++j) {
      const double share = after(i, j) / before(i, j);
      if (one(i, j) == 1 || share > 0.95) continue;
      ++lost;
      worst = std::min(worst, share);
    }
  }
  array.state() = written;
  return {{"row", row},    {"column", column},    {"voltage_v", protocol.erase_v / 2}, {"pulses", half_select_pulses},
          {"cells", lost}, {"least_share", worst}};
}

/// What a tile of a network's array loses to its wires, for weights that are spread evenly.
json network_tile_json(const DeviceParameters& device, double line_ohm, std::uint64_t seed) {
  SynapseReadout readout;
  const Eigen::Index tile_lines = readout.tile_rows;
  Eigen::MatrixXd weights(tile_lines, tile_lines);
  for (Eigen::Index k = 0; k < weights.size(); ++k)
    weights(k) = uniform_at(seed, weight_purpose, static_cast<std::uint64_t>(k));
  readout.on_s = read_conductance(device, 1, read_v);
  readout.off_s = readout.on_s / analog_range;
  readout.read_v = read_v;
  readout.wires = {.row_segment_ohm = line_ohm, .column_segment_ohm = line_ohm};
  json schemes = json::array();
  for (const Scheme scheme : {Scheme::grounded, Scheme::half, Scheme::floating}) {
    readout.scheme = scheme;
    const EffectiveSynapses e = read_synapses(weights, readout);
    schemes.push_back({{"scheme", name_of(scheme)},
                       {"median_share", e.median_share},
                       {"least_share", e.least_share},
                       {"read_energy_j", e.read_energy_j},
                       {"idle_power_w", e.idle_power_w},
                       {"residual", e.worst_residual}});
  }
  return {{"rows", tile_lines},   {"columns", tile_lines},  {"line_resistance_ohm", line_ohm},
          {"on_s", readout.on_s}, {"off_s", readout.off_s}, {"read_time_s", readout.read_s},
          {"schemes", schemes}};
}

json yield_json(const Population& population) {
  const YieldOptions options;
  const Yield y = yield_of(population, options);
  const auto interval = [](const Interval& i) { return json{{"low", i.low}, {"high", i.high}}; };
  return {{"devices", options.devices},
          {"working", y.working},
          {"fraction", y.fraction},
          {"interval", interval(y.interval)},
          {"least_ratio", options.least_ratio},
          {"stuck_fraction", 0},
          {"expected", y.expected},
          {"published_49", interval(wilson(49, 55))},
          {"published_50", interval(wilson(50, 55))}};
}

std::vector<std::string> pattern_names(const InputReader& reader) {
  std::vector<std::string> names{"N", "T", "U"};
  if (reader.find("patterns") != nullptr) {
    names.clear();
    for (const json& name : reader.array("patterns")) {
      if (!name.is_string()) reader.fail("patterns", "holds an entry that is not a text; allowed: N, T, U");
      names.push_back(name.get<std::string>());
    }
  }
  return names;
}

/// What was assumed, and how the numbers are meant.
std::vector<std::string> notes_on_arrays(const WriteProtocol& protocol, double line_ohm, const SeriesElement& series) {
  std::vector<std::string> notes;
  notes.push_back(fmt::format(
      "each picture: whole array erased by one pulse of {} V, then each set cell by {} V with half of it on the other "
      "lines, {} ms each; "
      "width and bias of the unselected lines are assumed",
      text::shortest(protocol.erase_v), text::shortest(protocol.set_v), text::shortest(protocol.width_s * 1e3)));
  notes.push_back(
      fmt::format("read at {} V with every other line grounded; a margin is the smallest current of a set cell over "
                  "the largest of a bare one and belongs to its read scheme and line resistance; "
                  "readable means a margin of at least {}; an error is a cell on the wrong side of a tenth of a full "
                  "filament's current; margins at other line resistances read the states written at {} ohm",
                  text::shortest(read_v), text::shortest(Readout::least_margin), text::shortest(line_ohm)));
  notes.push_back(
      "off conductances spread cell by cell as the published on/off range suggests; no line carries a compliance");
  if (series.present())
    notes.push_back(fmt::format(
        "each memristor has {} in series ({}), the same in every cell: it takes its part of every voltage, and reads "
        "follow each cell's own law; the network's tile is of memristors alone",
        law_of(series).summary, law_of(series).cell));
  notes.push_back(
      fmt::format("a network's tile: {0} x {0} weights spread evenly over a range of {1}, each spike a pulse of {2} V; "
                  "the effect of the wires on a trained network is part of its own results",
                  SynapseReadout{}.tile_rows, text::shortest(analog_range), text::shortest(read_v)));
  notes.push_back(
      "yield: from that spread alone nearly every device works; the published 90 % of 55 (49 or 50 devices) needs "
      "about a tenth of stuck devices, which nothing here predicts");
  return notes;
}

}  // namespace

json crossbar_stage(const json& input) {
  const InputReader reader{input, "crossbar"};
  reader.allow_keys({"material", "rows", "columns", "line_resistance_ohm", "device", "patterns", "seed", "cell"});
  const std::string material = reader.text("material");
  const long rows = reader.integer_or("rows", 1, 128, 16), columns = reader.integer_or("columns", 1, 128, 16);
  const double line_ohm = reader.number_or("line_resistance_ohm", 0, 1e6, 1.0);
  const auto seed = static_cast<std::uint64_t>(reader.integer_or("seed", 0, 1L << 53, 1));
  const std::vector<std::string> names = pattern_names(reader);
  json result{{"rows", rows},
              {"columns", columns},
              {"line_resistance_ohm", line_ohm},
              {"patterns", json::array()},
              {"residual", nullptr}};
  SeriesElement series;
  if (const json* cell = reader.find("cell")) {
    series = series_element_from_json(*cell, "crossbar: cell");
    if (rows * columns > most_series_cells)
      throw Error{Error::Kind::bad_input,
                  fmt::format("crossbar: {} x {} cells with {}; at most {} are read and written with something in "
                              "series, choose fewer crossbar.rows and crossbar.columns",
                              rows, columns, law_of(series).cell, most_series_cells)};
    result["cell"] = to_json(series);
  }
  json files = json::object();
  const json* device_json = reader.find("device");
  if (device_json == nullptr) {
    result["notes"] = {fmt::format("{}: no device, so no array is computed", material)};
    return {{"result", result}, {"files", files}};
  }
  const DeviceParameters device = parameters_from_json(*device_json, "crossbar: device");
  const Population population = cell_population(device, 0, seed);
  const WriteProtocol protocol;
  DeviceArray array{population, rows, columns, {.row_segment_ohm = line_ohm, .column_segment_ohm = line_ohm}, series};
  const double reference_a = reference_current(device, read_v, series);
  double worst_residual = 0;
  for (const std::string& name : names) {
    const Eigen::MatrixXi image = glyph(name, rows, columns);
    const WriteReport erased = erase_whole(array, protocol);
    WriteProtocol set_only = protocol;
    set_only.erase = Erase::none;
    const WriteReport written = write(array, image, set_only);
    worst_residual = std::max({worst_residual, erased.worst_residual, written.worst_residual});
    Reading reading;
    json margins = json::array();
    Readout readout;
    for (const double ohm : {0.0, line_ohm, 10 * line_ohm}) {
      if (ohm == 0 && !margins.empty()) break;
      array.wires().row_segment_ohm = array.wires().column_segment_ohm = ohm;
      for (const Scheme scheme : {Scheme::grounded, Scheme::half, Scheme::floating}) {
        const Reading r = read_cells(array, read_v, scheme);
        worst_residual = std::max(worst_residual, r.worst_residual);
        const Readout judged = judge(r.current_a, image, reference_a);
        margins.push_back(margin_json(judged, scheme, ohm));
        if (scheme == Scheme::grounded && ohm == line_ohm) {
          reading = r;
          readout = judged;
        }
      }
    }
    array.wires().row_segment_ohm = array.wires().column_segment_ohm = line_ohm;
    if (!result.contains("half_select")) result["half_select"] = half_select_json(array, image, protocol);
    result["patterns"].push_back({{"name", name},
                                  {"written", rows_of(image)},
                                  {"state", rows_of(array.state())},
                                  {"read_current_a", rows_of(reading.current_a)},
                                  {"reference_current_a", reference_a},
                                  {"errors", readout.errors},
                                  {"margin", finite_or_null(readout.margin)},
                                  {"scheme", "grounded"},
                                  {"not_erased", erased.failed.size()},
                                  {"not_set", written.failed.size()},
                                  {"disturbed", written.disturbed.size()},
                                  {"failed_cells", to_json(written.failed)},
                                  {"disturbed_cells", to_json(written.disturbed)},
                                  {"write_energy_j", erased.energy_j + written.energy_j},
                                  {"pulses", erased.pulses + written.pulses},
                                  {"read_power_w", reading.power_w},
                                  {"margins", margins}});
    const std::string stem = fmt::format("crossbar/{}-{}", text::slug(material), name);
    files[stem + ".csv"] = csv_of(reading.current_a);
    files[stem + ".svg"] = map_svg(reading.current_a, "read currents of " + name, "A");
  }
  result["residual"] = worst_residual;
  result["yield"] = yield_json(population);
  result["network_tile"] = network_tile_json(device, line_ohm, seed);
  const std::vector<std::string> notes = notes_on_arrays(protocol, line_ohm, series);
  result["notes"] = notes;
  return {{"result", std::move(result)}, {"files", std::move(files)}};
}

}  // namespace hopflow::pipeline
