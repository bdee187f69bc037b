// SPDX-License-Identifier: GPL-2.0-or-later
// What users see while a run works: a line per task redrawn on a terminal, plain lines elsewhere, and log.txt.
#pragma once

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

#include "neb/core/procedure.hpp"

namespace hopflow {

/// Tells progress to stderr and the log file; results never pass here.
class ProgressView {
 public:
  /// @param log  file to append to; empty for none
  explicit ProgressView(const std::filesystem::path& log);
  ~ProgressView();
  ProgressView(const ProgressView&) = delete;
  ProgressView& operator=(const ProgressView&) = delete;

  /// A line that stays: on stderr and in the log.
  void say(const std::string& line);

  /// The state of a task that is under way.
  void update(const std::string& task, const Progress& progress);

  /// The task ended: its line is taken away.
  void remove(const std::string& task);

 private:
  struct Line {
    Progress progress;
    std::chrono::steady_clock::time_point since;
    std::chrono::steady_clock::time_point shown;
    double first_fmax = 0;
  };
  std::string describe(const std::string& task, const Line& line) const;
  void clear();
  void redraw();

  std::FILE* log_ = nullptr;
  bool terminal_ = false;
  int drawn_ = 0;
  std::chrono::steady_clock::time_point drawn_at_;
  std::map<std::string, Line> lines_;
};

}  // namespace hopflow
