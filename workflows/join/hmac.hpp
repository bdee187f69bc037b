// SPDX-License-Identifier: GPL-2.0-or-later
// A message authentication code: proof of a secret without sending it.
#pragma once

#include <string_view>

#include "workflows/pipeline/hashing/sha256.hpp"

namespace hopflow {

/// HMAC-SHA-256. Source: RFC 2104, section 2.
Digest hmac_sha256(std::string_view key, std::string_view message);

/// Compares in a time that does not depend on where they differ.
bool same(const Digest& a, const Digest& b);

}  // namespace hopflow
