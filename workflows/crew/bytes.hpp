// SPDX-License-Identifier: GPL-2.0-or-later
// Values as bytes for messages and the store: little endian, lengths in front, sizes checked when read.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "potentials/core/engine.hpp"
#include "structures/core/error.hpp"

namespace hopflow {

static_assert(std::endian::native == std::endian::little, "stores and messages are written little endian");

/// Appends values to a byte string.
class ByteWriter {
 public:
  template <class T>
  requires std::is_arithmetic_v<T> ByteWriter& put(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  ByteWriter& put(std::string_view text) {
    put(static_cast<std::uint64_t>(text.size()));
    bytes_.append(text);
    return *this;
  }
  template <class Derived>
  ByteWriter& put(const Eigen::PlainObjectBase<Derived>& matrix) {
    put(static_cast<std::uint64_t>(matrix.cols()));
    bytes_.append(reinterpret_cast<const char*>(matrix.data()),
                  static_cast<std::size_t>(matrix.size()) * sizeof(double));
    return *this;
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what ByteWriter wrote. @throws Error{io} if bytes are missing
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_{bytes} {}

  template <class T>
  requires std::is_arithmetic_v<T> T get() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string text() {
    const auto size = get<std::uint64_t>();
    return std::string{take(size)};
  }
  Eigen::Matrix3Xd matrix() {
    const auto columns = get<std::uint64_t>();
    if (columns > rest_.size() / (3 * sizeof(double))) damaged();
    Eigen::Matrix3Xd out(3, static_cast<Eigen::Index>(columns));
    const std::string_view bytes = take(columns * 3 * sizeof(double));
    if (columns > 0) std::memcpy(out.data(), bytes.data(), bytes.size());  // no atoms: there is no place to write to
    return out;
  }
  bool empty() const { return rest_.empty(); }
  std::size_t left() const { return rest_.size(); }  ///< bytes

 private:
  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) damaged();
    const std::string_view head = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return head;
  }
  [[noreturn]] static void damaged() { throw Error{Error::Kind::io, "a stored or sent value is shorter than it says"}; }

  std::string_view rest_;
};

std::string to_bytes(const Configuration& configuration);
Configuration configuration_from(ByteReader& reader);
std::string to_bytes(const Evaluation& evaluation);
Evaluation evaluation_from(ByteReader& reader);

/// What the store remembers an evaluation under: engine hash, cell, periodicity, species, positions.
std::string question_bytes(const std::string& engine_hash, const Configuration& configuration);

/// 128-bit hash of a question, 16 bytes.
std::string hash128(std::string_view bytes);

/// As hash128, 32 hex digits.
std::string hash128_hex(std::string_view bytes);

}  // namespace hopflow
