// SPDX-License-Identifier: GPL-2.0-or-later
// Frames to values and back.
#include "potentials/host/wire.hpp"

#include <cstring>

namespace hopflow::wire {

namespace {

class Writer {
 public:
  explicit Writer(Kind kind) {
    const Header header{static_cast<std::uint32_t>(kind), 0, 0};
    put(header);
  }

  template <class T>
  void put(const T& value) {
    bytes(&value, sizeof value);
  }
  void bytes(const void* data, std::size_t size) { frame_.append(static_cast<const char*>(data), size); }
  void text(std::string_view value) {
    put(static_cast<std::uint64_t>(value.size()));
    frame_.append(value);
  }

  std::string take() {
    const std::uint64_t length = frame_.size() - sizeof(Header);
    std::memcpy(frame_.data() + offsetof(Header, length), &length, sizeof length);
    return std::move(frame_);
  }

 private:
  std::string frame_;
};

class Reader {
 public:
  explicit Reader(std::string_view body) : rest_{body} {}

  template <class T>
  T get() {
    T value;
    bytes(&value, sizeof value);
    return value;
  }
  void bytes(void* data, std::size_t size) {
    if (size > rest_.size()) throw Error(Error::Kind::engine, "a message between hopflow and its engine is cut short");
    if (size > 0) std::memcpy(data, rest_.data(), size);
    rest_.remove_prefix(size);
  }
  std::string text() {
    std::string value(count(1), '\0');
    bytes(value.data(), value.size());
    return value;
  }
  /// A number of items of `size` bytes each, not more than can follow.
  std::size_t count(std::size_t size) {
    const auto n = get<std::uint64_t>();
    if (n > rest_.size() / size) {
      throw Error(Error::Kind::engine, "a message between hopflow and its engine is cut short");
    }
    return n;
  }
  void end() const {
    if (!rest_.empty()) throw Error(Error::Kind::engine, "a message between hopflow and its engine is too long");
  }

 private:
  std::string_view rest_;
};

}  // namespace

std::string spec_frame(const EngineSpec& spec, const std::string& hash) {
  Writer writer{Kind::spec};
  for (const std::string* part : {&hash, &spec.kind, &spec.version, &spec.document}) writer.text(*part);
  writer.put(static_cast<std::int32_t>(spec.running.processes));
  writer.put(spec.running.start_s);
  writer.put(spec.running.deadline_s);
  writer.text(spec.running.folder.native());
  writer.text(spec.running.library.native());
  return writer.take();
}

SpecBody read_spec(std::string_view body) {
  Reader reader{body};
  SpecBody result;
  for (std::string* part : {&result.hash, &result.spec.kind, &result.spec.version, &result.spec.document}) {
    *part = reader.text();
  }
  EngineRunning& running = result.spec.running;
  running.processes = reader.get<std::int32_t>();
  running.start_s = reader.get<double>();
  running.deadline_s = reader.get<double>();
  running.folder = reader.text();
  running.library = reader.text();
  reader.end();
  return result;
}

std::string question_frame(const std::string& hash, const Configuration& configuration) {
  if (configuration.positions.cols() != configuration.size()) {
    throw Error(Error::Kind::bad_input, "the question has not one position per species");
  }
  Writer writer{Kind::question};
  writer.text(hash);
  writer.put(static_cast<std::uint64_t>(configuration.size()));
  writer.bytes(configuration.cell.data(), 9 * sizeof(double));
  for (const bool periodic : configuration.periodic) writer.put(static_cast<std::uint8_t>(periodic ? 1 : 0));
  for (const int z : configuration.species) writer.put(static_cast<std::int32_t>(z));
  writer.bytes(configuration.positions.data(),
               static_cast<std::size_t>(configuration.positions.size()) * sizeof(double));
  return writer.take();
}

QuestionBody read_question(std::string_view body) {
  Reader reader{body};
  QuestionBody result;
  result.hash = reader.text();
  const std::size_t n = reader.count(sizeof(std::int32_t) + 3 * sizeof(double));
  Configuration& configuration = result.configuration;
  reader.bytes(configuration.cell.data(), 9 * sizeof(double));
  for (bool& periodic : configuration.periodic) periodic = reader.get<std::uint8_t>() != 0;
  configuration.species.resize(n);
  for (int& z : configuration.species) z = reader.get<std::int32_t>();
  configuration.positions.resize(3, static_cast<Eigen::Index>(n));
  reader.bytes(configuration.positions.data(), 3 * n * sizeof(double));
  reader.end();
  return result;
}

std::string answer_frame(const Evaluation& answer) {
  Writer writer{Kind::answer};
  writer.put(answer.energy_ev);
  writer.put(static_cast<std::uint8_t>(answer.stress ? 1 : 0));
  const Eigen::Matrix3d stress = answer.stress.value_or(Eigen::Matrix3d::Zero());
  writer.bytes(stress.data(), 9 * sizeof(double));
  writer.put(static_cast<std::uint64_t>(answer.forces.cols()));
  writer.bytes(answer.forces.data(), static_cast<std::size_t>(answer.forces.size()) * sizeof(double));
  return writer.take();
}

Evaluation read_answer(std::string_view body) {
  Reader reader{body};
  Evaluation answer;
  answer.energy_ev = reader.get<double>();
  const bool has_stress = reader.get<std::uint8_t>() != 0;
  Eigen::Matrix3d stress;
  reader.bytes(stress.data(), 9 * sizeof(double));
  if (has_stress) answer.stress = stress;
  const std::size_t n = reader.count(3 * sizeof(double));
  answer.forces.resize(3, static_cast<Eigen::Index>(n));
  reader.bytes(answer.forces.data(), 3 * n * sizeof(double));
  reader.end();
  return answer;
}

std::string failure_frame(Error::Kind kind, const std::string& message) {
  Writer writer{Kind::failure};
  writer.put(static_cast<std::uint32_t>(kind));
  writer.text(message);
  return writer.take();
}

Error read_failure(std::string_view body) {
  Reader reader{body};
  const auto kind = reader.get<std::uint32_t>();
  const std::string message = reader.text();
  reader.end();
  if (kind > static_cast<std::uint32_t>(Error::Kind::geometry)) return Error(Error::Kind::engine, message);
  return Error(static_cast<Error::Kind>(kind), message);
}

}  // namespace hopflow::wire
