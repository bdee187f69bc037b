// SPDX-License-Identifier: GPL-2.0-or-later
// Where a command that asks engines keeps their answers, so that a stopped or killed one goes on when it is run again.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <optional>

#include "workflows/commands/engines/scratch.hpp"
#include "workflows/crew/store.hpp"

namespace hopflow {

class WorkFolder {
 public:
  /// The folder a user asked for; it stays. @param files  the command writes there
  /// @throws Error{io}, Error{usage} as go_on_or_refuse()
  static WorkFolder in(const std::filesystem::path& folder, std::initializer_list<const char*> files, bool force) {
    return WorkFolder{folder, files, force};
  }
  /// NAME.unfinished next to a file, which goes when the command has an answer; a scratch folder where it may not be
  /// written or another process has it. @param name  with its folder
  static WorkFolder next_to(const std::filesystem::path& name) { return WorkFolder{name}; }
  /// A folder that goes with the process.
  static WorkFolder scratch() { return WorkFolder{}; }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  /// Engines' logs and sockets.
  std::filesystem::path engines() const { return folder_ / "engines"; }
  Store store() const { return scratch_ ? Store::in_memory() : Store{folder_ / "store.db"}; }
  /// There is an answer: what was only kept to go on from is of no use any more.
  void finished();

 private:
  WorkFolder();
  explicit WorkFolder(const std::filesystem::path& name);
  WorkFolder(const std::filesystem::path& folder, std::initializer_list<const char*> files, bool force);

  std::filesystem::path folder_;
  std::optional<Scratch> scratch_;
  std::optional<RunLock> lock_;
  bool passes_ = false;
};

}  // namespace hopflow
