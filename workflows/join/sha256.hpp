// SPDX-License-Identifier: GPL-2.0-or-later
// SHA-256 and the message authentication code made from it: proof of a secret without sending it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace hopflow {

using Digest = std::array<std::uint8_t, 32>;

/// Source: FIPS 180-4, section 6.2.
Digest sha256(std::string_view message);

/// HMAC-SHA-256. Source: RFC 2104, section 2.
Digest hmac_sha256(std::string_view key, std::string_view message);

/// Compares in a time that does not depend on where they differ.
bool same(const Digest& a, const Digest& b);

/// The bytes as text.
inline std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace hopflow
