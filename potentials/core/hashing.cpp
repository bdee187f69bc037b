// SPDX-License-Identifier: GPL-2.0-or-later
// xxhash behind hashing.hpp.
#include "potentials/core/hashing.hpp"

#include <cstdint>
#include <fstream>
#include <vector>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace hopflow {

struct Hasher::State {
  XXH3_state_t xxh;
};

Hasher::Hasher() : state_{std::make_unique<State>()} { XXH3_128bits_reset(&state_->xxh); }
Hasher::~Hasher() = default;

void Hasher::bytes(const void* data, std::size_t size) {
  const std::uint64_t length = size;
  XXH3_128bits_update(&state_->xxh, &length, sizeof length);
  XXH3_128bits_update(&state_->xxh, data, size);
}

std::string Hasher::hex() const {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state_->xxh));
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(32);
  for (const unsigned char byte : canonical.digest) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string hash_of(const Configuration& configuration) {
  Hasher hasher;
  hasher.bytes(configuration.cell.data(), 9 * sizeof(double));
  hasher.bytes(configuration.positions.data(),
               static_cast<std::size_t>(configuration.positions.size()) * sizeof(double));
  hasher.bytes(configuration.species.data(), configuration.species.size() * sizeof(int));
  for (const bool periodic : configuration.periodic) hasher.text(periodic ? "p" : "f");
  return hasher.hex();
}

std::string hash_of_file(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  Hasher hasher;
  std::vector<char> block(1 << 20);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())), in.gcount() > 0) {
    hasher.bytes(block.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (!in.eof()) {
    throw Error(Error::Kind::bad_input, fmt::format("{}: cannot be read", text::printable(path.string())));
  }
  return hasher.hex();
}

bool leads_out(const std::filesystem::path& folder, const std::filesystem::path& name) {
  std::error_code status;
  const auto home = std::filesystem::weakly_canonical(folder.empty() ? "." : folder, status);
  const auto place = std::filesystem::weakly_canonical(home / name, status);
  if (status) return true;
  const auto inside = place.lexically_relative(home);
  return inside.empty() || *inside.begin() == "..";
}

}  // namespace hopflow
