// SPDX-License-Identifier: GPL-2.0-or-later
// The stages there are.
#pragma once

#include "workflows/pipeline/core/stage.hpp"

namespace hopflow::pipeline {

/// device, crossbar, snn.
const Stages& stages();

}  // namespace hopflow::pipeline
