// SPDX-License-Identifier: GPL-2.0-or-later
// CIF out: every atom written, space group P 1, provenance kept.
#pragma once

#include <string>

#include "structures/core/crystal.hpp"

namespace hopflow {

/// A CIF of all atoms in P 1. Provenance lines become leading comments, so that a model stays marked as one. Labels are
/// kept where they are unique and plain, else made of symbol and number. Fractional coordinates to 1e-12.
std::string format_cif(const Crystal& crystal);

}  // namespace hopflow
