// SPDX-License-Identifier: GPL-2.0-or-later
// Which code answers a stage: remembered answers of other code are not taken for its own.
#pragma once

#include <string_view>

namespace hopflow::pipeline {

/// SHA-256 of the sources that compute this stage (device, crossbar or snn), made when they are built.
std::string_view stage_fingerprint(std::string_view stage);

}  // namespace hopflow::pipeline
