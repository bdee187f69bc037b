// SPDX-License-Identifier: GPL-2.0-or-later
// SHA-256 of OpenSSL's libcrypto: of texts, and of files read piece by piece.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace hopflow {

using Digest = std::array<std::uint8_t, 32>;

/// Collects bytes and hashes them. Source: FIPS 180-4, section 6.2.
/// @throws Error{missing_dependency} where libcrypto offers no SHA-256
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::span<const std::uint8_t> bytes);
  Digest digest();  ///< once, after the last byte

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

Digest sha256(std::string_view message);

/// The bytes as text.
inline std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// Two lower-case hex digits for each byte.
std::string hex_of(std::string_view bytes);

}  // namespace hopflow
