// SPDX-License-Identifier: GPL-2.0-or-later
// The other side of `hopflow serve`: an engine that joins a run, answers its questions and leaves.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace hopflow {

struct JoinOptions {
  std::filesystem::path address;     ///< file that the run has written
  std::filesystem::path folder;      ///< for logs and scratch
  std::filesystem::path in;          ///< clients start here; "" for the folder the run names
  std::vector<std::string> command;  ///< the client's, in place of the one the run names; empty: that one
  double wait_s = 0;                 ///< for a run that does not serve yet, or no more
};

struct JoinReport {
  long answered = 0;
  bool stopped = false;  ///< by a signal; else the run is over
};

/// Answers questions until the run is over or a signal asks to stop: USR1 after the question under way, TERM, INT and
/// HUP at once. A question that is left open is asked elsewhere.
/// @throws Error{io} if the run cannot be reached, Error{bad_input} if it refuses, Error{engine} if the engine here
/// fails three times in a row
JoinReport join_and_answer(const JoinOptions& options);

}  // namespace hopflow
