// SPDX-License-Identifier: GPL-2.0-or-later
// The array stage: a device's parameters in, written and read pictures out.
#include <cmath>

#include <fmt/core.h>

#include "structures/text.hpp"
#include "workflows/pipeline/crossbar/images.hpp"
#include "workflows/pipeline/device_input.hpp"
#include "workflows/pipeline/protocols.hpp"
#include "workflows/pipeline/stage.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

constexpr double read_v = 0.05;

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

std::string csv_of(const Eigen::MatrixXd& matrix) {
  std::string out;
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    for (Eigen::Index j = 0; j < matrix.cols(); ++j) {
      if (j > 0) out += ',';
      out += text::shortest(matrix(i, j));
    }
    out += '\n';
  }
  return out;
}

json finite_or_null(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

}  // namespace

json crossbar_stage(const json& input) {
  const InputReader reader{input, "crossbar"};
  reader.allow_keys({"material", "rows", "columns", "line_resistance_ohm", "device", "patterns", "seed"});
  const std::string material = reader.text("material");
  const long rows = reader.integer_or("rows", 1, 128, 16), columns = reader.integer_or("columns", 1, 128, 16);
  const double line_ohm = reader.number_or("line_resistance_ohm", 0, 1e6, 1.0);
  const auto seed = static_cast<std::uint64_t>(reader.integer_or("seed", 0, 1L << 53, 1));
  std::vector<std::string> names{"N", "T", "U"};
  if (reader.find("patterns") != nullptr) {
    names.clear();
    for (const json& name : reader.array("patterns")) {
      if (!name.is_string()) reader.fail("patterns", "holds something that is no text; allowed: N, T, U");
      names.push_back(name.get<std::string>());
    }
  }
  json result{{"rows", rows}, {"columns", columns}, {"line_resistance_ohm", line_ohm}, {"patterns", json::array()}, {"residual", nullptr}};
  json files = json::object();
  std::vector<std::string> notes;
  const json* device_json = reader.find("device");
  if (device_json == nullptr) {
    notes.push_back(fmt::format("{}: no device, so no array is computed", material));
    result["notes"] = notes;
    return {{"result", result}, {"files", files}};
  }
  const DeviceParameters device = parameters_from_json(*device_json, "crossbar: device");
  const WriteProtocol protocol;
  DeviceArray array{device, rows, columns, line_ohm, seed};
  const double reference_a = 0.1 * read_v * read_conductance(device, 1, read_v);
  for (const std::string& name : names) {
    const Eigen::MatrixXi image = glyph(name, rows, columns);
    array.erase(protocol);
    const int not_erased = static_cast<int>((array.state().array() > 0.5).count());
    array.write(image, protocol);
    const int not_set = static_cast<int>((image.array() == 1 && array.state().array() < 0.5).count());
    const int disturbed = static_cast<int>((image.array() == 0 && array.state().array() > 0.5).count());
    const Eigen::MatrixXd current = array.read(read_v, Scheme::grounded, line_ohm);
    const Readout readout = judge(current, image, reference_a);
    json margins = json::array();
    for (const double ohm : {0.0, line_ohm, 10 * line_ohm}) {
      if (ohm == 0 && !margins.empty()) break;
      for (const Scheme scheme : {Scheme::grounded, Scheme::half, Scheme::floating}) {
        const Readout r = judge(scheme == Scheme::grounded && ohm == line_ohm ? current : array.read(read_v, scheme, ohm), image, reference_a);
        margins.push_back({{"scheme", name_of(scheme)}, {"line_resistance_ohm", ohm}, {"margin", finite_or_null(r.margin)}, {"errors", r.errors}});
      }
    }
    result["patterns"].push_back({{"name", name}, {"written", rows_of(image)}, {"state", rows_of(array.state())}, {"read_current_a", rows_of(current)},
                                  {"reference_current_a", reference_a}, {"errors", readout.errors}, {"margin", finite_or_null(readout.margin)},
                                  {"scheme", "grounded"}, {"not_erased", not_erased}, {"not_set", not_set}, {"disturbed", disturbed}, {"margins", margins}});
    files[fmt::format("crossbar/{}-{}.csv", text::slug(material), name)] = csv_of(current);
  }
  result["residual"] = array.worst_residual();
  notes.push_back(fmt::format("each picture: whole array erased by one pulse of {} V, then each set cell by {} V with half of it on the other lines, {} ms each; "
                              "width and bias of the unselected lines are assumed", text::shortest(protocol.erase_v), text::shortest(protocol.set_v), text::shortest(protocol.width_s * 1e3)));
  notes.push_back(fmt::format("read at {} V with every other line grounded; a margin is the smallest current of a set cell over the largest of a bare one and belongs to its read scheme and line resistance; "
                              "an error is a cell on the wrong side of a tenth of a full filament's current; margins at other line resistances read the states written at {} ohm", text::shortest(read_v), text::shortest(line_ohm)));
  notes.push_back("off conductances spread cell by cell as the published on/off range suggests; no line carries a compliance");
  result["notes"] = notes;
  return {{"result", std::move(result)}, {"files", std::move(files)}};
}

}  // namespace hopflow::pipeline
