// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/join/hmac.hpp"

#include <cstddef>
#include <string>

namespace hopflow {

Digest hmac_sha256(std::string_view key, std::string_view message) {
  constexpr std::size_t block_size = 64;
  const Digest shortened = sha256(key);
  const std::string_view block = key.size() > block_size ? bytes_of(shortened) : key;
  std::string inner(block_size, '\x36'), outer(block_size, '\x5c');
  for (std::size_t k = 0; k < block.size(); ++k) {
    inner[k] = static_cast<char>(inner[k] ^ block[k]);
    outer[k] = static_cast<char>(outer[k] ^ block[k]);
  }
  inner += message;
  const Digest first = sha256(inner);
  outer += bytes_of(first);
  return sha256(outer);
}

bool same(const Digest& a, const Digest& b) {
  std::uint8_t difference = 0;
  for (std::size_t k = 0; k < a.size(); ++k) difference = static_cast<std::uint8_t>(difference | (a[k] ^ b[k]));
  return difference == 0;
}

}  // namespace hopflow
