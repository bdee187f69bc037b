// SPDX-License-Identifier: GPL-2.0-or-later
// The option --engine of commands that take any engine.
#pragma once

#include <string>

#include "potentials/core/engine.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow {

/// The engine block given as a file (alone, or under the key `engine` as in a case) or as YAML text that begins with
/// '{'. @throws Error{bad_input} with file:line:column
EngineSpec engine_argument(const std::string& text, const Configuration& configuration);

}  // namespace hopflow
