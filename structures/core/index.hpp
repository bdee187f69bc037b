// SPDX-License-Identifier: GPL-2.0-or-later
// Atoms and images count in int, containers in std::size_t.
#pragma once

#include <cstddef>

namespace hopflow {

inline std::size_t at(int i) { return static_cast<std::size_t>(i); }

}  // namespace hopflow
