// SPDX-License-Identifier: GPL-2.0-or-later
// Files of other programs and of the device pipeline.
#include <nlohmann/json.hpp>

#include "potentials/forcefield/forcefield_table.hpp"
#include "potentials/labelled/labelled.hpp"
#include "structures/core/error.hpp"
#include "tests/faults/fuzz/fuzz.hpp"
#include "workflows/frames/con.hpp"
#include "workflows/frames/trajectory.hpp"
#include "workflows/pipeline/calibration/reference_file.hpp"
#include "workflows/pipeline/core/update_curve.hpp"
#include "workflows/pipeline/crossbar/array/matrix_file.hpp"
#include "workflows/pipeline/crossbar/cell/element_file.hpp"
#include "workflows/pipeline/models/parameters.hpp"
#include "workflows/pipeline/models/variability.hpp"
#include "workflows/pipeline/training/train_json.hpp"

namespace {

using namespace hopflow;
using nlohmann::json;

/// What a command would refuse as "not JSON" is nothing here.
json read_json(const std::string& content) { return json::parse(content, nullptr, false); }

/// The parts of a device file that have a reader each.
void read_device(const std::string& content) {
  const json device = read_json(content);
  if (!device.is_object()) return;
  const auto read = [&](const char* key, auto reader) {
    if (const auto part = device.find(key); part != device.end()) {
      try {
        reader(*part);
      } catch (const Error&) {
      }
    }
  };
  read("parameters", [](const json& part) { static_cast<void>(pipeline::parameters_from_json(part, "parameters")); });
  read("variability",
       [](const json& part) { static_cast<void>(pipeline::variability_from_json(part, "variability")); });
  read("synapse", [](const json& part) {
    static_cast<void>(pipeline::DeviceCurve::from_json(part));
    static_cast<void>(pipeline::DeviceCurve::members_from_json(part));
  });
}

}  // namespace

std::vector<fuzz::Target> fuzz::targets() {
  return {
      {"con", [](const std::string& content) { static_cast<void>(parse_con(content, "x.con")); }},
      {"trajectory", [](const std::string& content) { static_cast<void>(read_trajectory(as_file(content, ".traj"))); }},
      {"labelled", [](const std::string& content) { static_cast<void>(read_labelled(as_file(content, ".extxyz"))); }},
      {"labelled-gzip",
       [](const std::string& content) { static_cast<void>(read_labelled(as_file(content, ".extxyz.gz"))); }},
      {"forcefield",
       [](const std::string& content) { static_cast<void>(load_forcefield_table(as_file(content, ".yaml"), "")); }},
      {"reference",
       [](const std::string& content) { static_cast<void>(pipeline::parse_reference(content, "rows.yaml")); }},
      {"cell",
       [](const std::string& content) { static_cast<void>(pipeline::read_series_element(as_file(content, ".yaml"))); }},
      {"matrix-csv",
       [](const std::string& content) { static_cast<void>(pipeline::read_matrix(as_file(content, ".csv"))); }},
      {"matrix-npy",
       [](const std::string& content) { static_cast<void>(pipeline::read_matrix(as_file(content, ".npy"))); }},
      {"device", read_device},
      {"network", [](const std::string& content) {
         static_cast<void>(pipeline::network_from_json(read_json(content), "network.json"));
       }}};
}
