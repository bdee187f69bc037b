// SPDX-License-Identifier: GPL-2.0-or-later
// Remembered answers: one SQLite file per run.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "potentials/core/evaluation.hpp"

namespace hopflow {

/// Answers under the hash of what was asked; the question is kept and compared on every hit. An answer that put()
/// returned from survives a kill of the process (WAL) and a power loss (synchronous=FULL). Every row carries a checksum
/// over question and answer: one that does not fit is no answer, and notices() says so.
class Store {
 public:
  /// Opens or creates, and looks through the file's structure. A store written without checksums gets them.
  /// @throws Error{io} if it is damaged or cannot be written, naming the file
  explicit Store(const std::filesystem::path& file);
  /// A store that lasts as long as the object.
  static Store in_memory();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  std::optional<Evaluation> find(const std::string& question) const;
  void put(const std::string& question, const Evaluation& answer);

  /// Stage results, as text under the text of what was asked.
  std::optional<std::string> find_stage(const std::string& question) const;
  void put_stage(const std::string& question, const std::string& answer);

  long evaluations() const;  ///< answers held

  /// What find() met of damaged rows since the last call, one line each.
  std::vector<std::string> notices() const;

  /// @throws Error{io} if the file is no longer where it was opened: the folder was moved or removed
  void check_place() const;

  /// Rows in a store that others may be writing to, or that may not be written to; nothing if there is none.
  /// @throws Error{io} if it cannot be read
  static long count(const std::filesystem::path& file);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What a row's checksum is: 16 bytes over question and answer.
std::string row_checksum(std::string_view question, std::string_view answer);

/// Holds a run folder for one process; the lock vanishes with the process, however it ends.
class RunLock {
 public:
  /// @throws Error{io} if another run holds the folder
  explicit RunLock(const std::filesystem::path& folder);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int descriptor_ = -1;
};

/// True if some process holds the folder now.
bool is_locked(const std::filesystem::path& folder);

}  // namespace hopflow
