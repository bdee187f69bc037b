// SPDX-License-Identifier: GPL-2.0-or-later
// A barrier as a picture.
#pragma once

#include <string>

#include "neb/barrier/barrier.hpp"

namespace hopflow {

/// Energies along the path, with the error of the highest point; SVG text.
std::string profile_svg(const BarrierResult& barrier);

}  // namespace hopflow
