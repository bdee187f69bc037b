// SPDX-License-Identifier: GPL-2.0-or-later
// Engines in processes of their own.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "potentials/core/engine.hpp"

namespace hopflow {

/// Where and how an engine may run; never changes an answer.
struct EngineSite {
  std::filesystem::path folder;   ///< for logs and scratch, private to the caller; made if absent
  double deadline_s = 600;        ///< for one evaluation
  std::filesystem::path program;  ///< the executable that has the engine-worker command; empty: this one
  /// Ranks that ask the same questions at the same time and answer them together, each in its own process: the
  /// communicator as Fortran knows it.
  std::optional<int> communicator{};
};

/// One engine process (or none) serving any number of specs, asked one question at a time. The process is started
/// when first needed, replaced after a failure, ended with the object (and with the thread that started it).
///
/// Questions for several ranks are answered by the communicator's ranks in step, in these processes: begin() returns
/// when the answer is there, and a LAMMPS that ends its process ends the rank.
///
/// In the folder: worker.log (appended; one line "evaluation N spec HASH8 question HASH32" per answer given, N counted
/// per process) and lammps-HASH8.log (LAMMPS' own words: set-up and the latest evaluations).
class EngineHost {
 public:
  explicit EngineHost(EngineSite site);
  ~EngineHost();
  EngineHost(EngineHost&&) noexcept;
  EngineHost& operator=(EngineHost&&) noexcept;

  /// Starts an evaluation; exactly one may be under way. Failures wait for finish().
  void begin(const EngineSpec& spec, const Configuration& configuration);

  /// A descriptor that becomes readable when the answer may be taken (or the deadline has passed, or the process has
  /// ended); -1 if it can be taken at once. Valid until finish().
  int descriptor() const;

  /// Waits for the answer and returns it. @throws as Potential::evaluate; Error{io} if no process can be started
  Evaluation finish();

  Evaluation evaluate(const EngineSpec& spec, const Configuration& configuration) {
    begin(spec, configuration);
    return finish();
  }

  /// Where a spec's LAMMPS writes.
  std::filesystem::path log(const EngineSpec& spec) const;

  /// Process id of the engine process, 0 while there is none.
  int process() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The serving side of an engine process: answers questions on the socket `descriptor` until it closes.
/// Called by the hidden command `hopflow engine-worker`. Returns the exit code.
int serve_engine(int descriptor, const std::filesystem::path& folder);

}  // namespace hopflow
