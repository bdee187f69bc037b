// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/stages.hpp"

#include "workflows/pipeline/crossbar/stage.hpp"
#include "workflows/pipeline/device/stage.hpp"
#include "workflows/pipeline/network/stage.hpp"

namespace hopflow::pipeline {

const Stages& stages() {
  static const Stages table{
      {"device", [](const nlohmann::json& input, const StageSite&) { return device_stage(input); }},
      {"crossbar", [](const nlohmann::json& input, const StageSite&) { return crossbar_stage(input); }},
      {"snn", snn_stage}};
  return table;
}

}  // namespace hopflow::pipeline
