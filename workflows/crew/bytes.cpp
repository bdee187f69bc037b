// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/crew/bytes.hpp"

#include <fmt/core.h>
#include <xxhash.h>

namespace hopflow {

namespace {

Eigen::Matrix3d three_by_three(ByteReader& reader) {
  const Eigen::Matrix3Xd matrix = reader.matrix();
  if (matrix.cols() != 3)
    throw Error{Error::Kind::io, fmt::format("a stored or sent matrix has {} columns where 3 belong", matrix.cols())};
  return matrix;
}

}  // namespace

std::string to_bytes(const Configuration& configuration) {
  ByteWriter out;
  out.put(configuration.cell);
  for (const bool direction : configuration.periodic) out.put(static_cast<std::uint8_t>(direction));
  out.put(static_cast<std::uint64_t>(configuration.species.size()));
  for (const int z : configuration.species) out.put(static_cast<std::int32_t>(z));
  out.put(configuration.positions);
  return out.take();
}

Configuration configuration_from(ByteReader& reader) {
  Configuration out;
  out.cell = three_by_three(reader);
  for (bool& direction : out.periodic) direction = reader.get<std::uint8_t>() != 0;
  const auto atoms = reader.get<std::uint64_t>();
  for (std::uint64_t i = 0; i < atoms; ++i) out.species.push_back(reader.get<std::int32_t>());
  out.positions = reader.matrix();
  return out;
}

std::string to_bytes(const Evaluation& evaluation) {
  ByteWriter out;
  out.put(evaluation.energy_ev).put(evaluation.forces).put(static_cast<std::uint8_t>(evaluation.stress.has_value()));
  if (evaluation.stress) out.put(*evaluation.stress);
  return out.take();
}

Evaluation evaluation_from(ByteReader& reader) {
  Evaluation out;
  out.energy_ev = reader.get<double>();
  out.forces = reader.matrix();
  if (reader.get<std::uint8_t>() != 0) out.stress = three_by_three(reader);
  return out;
}

std::string question_bytes(const std::string& engine_hash, const Configuration& configuration) {
  ByteWriter out;
  out.put("hopflow-question/1").put(engine_hash).put(to_bytes(configuration));
  return out.take();
}

std::string hash128(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  return std::string{reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest};
}

std::string hash128_hex(std::string_view bytes) {
  std::string out;
  for (const char c : hash128(bytes)) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

}  // namespace hopflow
