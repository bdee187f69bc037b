// SPDX-License-Identifier: GPL-2.0-or-later
// The byte layout, in one place.
#include "potentials/ipi/protocol.hpp"

#include <algorithm>

#include "structures/core/text.hpp"

namespace hopflow::ipi {

namespace {

template <class T>
void put(std::string& message, const T* values, std::size_t count) {
  message.append(reinterpret_cast<const char*>(values), count * sizeof(T));
}

}  // namespace

std::string header(std::string_view word) {
  std::string bytes{word};
  bytes.resize(header_size, ' ');
  return bytes;
}

std::string word_of(const std::array<char, header_size>& bytes) {
  return text::printable(text::trim(std::string_view{bytes.data(), bytes.size()}));
}

std::string posdata(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& positions) {
  using ByRows = Eigen::Matrix<double, 3, 3, Eigen::RowMajor>;
  const ByRows forward = cell / bohr_angstrom;
  const ByRows inverse = forward.inverse();
  const Eigen::Matrix3Xd x = positions / bohr_angstrom;
  const auto atoms = static_cast<std::int32_t>(x.cols());
  std::string message = header("POSDATA");
  message.reserve(message.size() + (18 + static_cast<std::size_t>(x.size())) * sizeof(double) + sizeof atoms);
  put(message, forward.data(), 9);
  put(message, inverse.data(), 9);
  put(message, &atoms, 1);
  put(message, x.data(), static_cast<std::size_t>(x.size()));
  return message;
}

std::string init() {
  constexpr std::array<std::int32_t, 2> bead_and_length{0, 1};
  std::string message = header("INIT");
  put(message, bead_and_length.data(), bead_and_length.size());
  message += ' ';
  return message;
}

Eigen::Matrix3d stress_of(const std::array<double, 9>& virial, double volume_angstrom3) {
  Eigen::Matrix3d given = Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(virial.data());
  const bool upper_only = given(1, 0) == 0 && given(2, 0) == 0 && given(2, 1) == 0;
  for (int i = 0; i < 3; ++i) {
    for (int k = i + 1; k < 3; ++k) {
      given(i, k) = given(k, i) = upper_only ? given(i, k) : (given(i, k) + given(k, i)) / 2;
    }
  }
  return given * (-hartree_ev / volume_angstrom3);
}

}  // namespace hopflow::ipi
