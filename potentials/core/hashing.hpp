// SPDX-License-Identifier: GPL-2.0-or-later
// One 128-bit hash of a length-prefixed message.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "structures/core/configuration.hpp"

namespace hopflow {

/// Collects a message and hashes it (XXH3, 128 bits). Every part carries its length, so that no two messages of
/// different parts are one string of bytes.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  void bytes(const void* data, std::size_t size);
  void text(std::string_view part) { bytes(part.data(), part.size()); }

  /// 32 hex digits, canonical (big-endian) form.
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Hash of a question: cell, positions, species and periodic directions, bit by bit. 32 hex digits.
std::string hash_of(const Configuration& configuration);

/// Hash of a file's content, whatever its size. @throws Error{bad_input} if it cannot be read
std::string hash_of_file(const std::filesystem::path& path);

/// Whether a name leads out of a folder, by ".." or by a symbolic link: what a case names is taken into run folders.
bool leads_out(const std::filesystem::path& folder, const std::filesystem::path& name);

}  // namespace hopflow
