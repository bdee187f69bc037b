// SPDX-License-Identifier: GPL-2.0-or-later
// Engines as values, and the one interface they answer through.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "potentials/core/evaluation.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow {

/// How the processes behind an engine are run; never changes an answer, but for the last digits where several ranks
/// share one.
struct EngineRunning {
  int processes = 0;             ///< side by side in a whole run, each on its own question; 0: one for each rank
  double start_s = 0;            ///< allowed from a process's start to its first word; 0: the site's deadline covers it
  double deadline_s = 0;         ///< allowed for one answer; 0: the site's
  std::filesystem::path folder;  ///< where a client is started; absolute
  int ranks = 1;                 ///< MPI ranks that answer a question together
  std::filesystem::path library;  ///< another LAMMPS build than the system's; absolute, "" for the system's
};

/// An engine and everything it needs to know before it is asked, as text: equal specs give equal answers, so a spec
/// can be hashed for the store and sent to another rank. Plain value.
struct EngineSpec {
  std::string kind;      ///< "lammps", "analytic", ...
  std::string version;   ///< of the program behind it, as it states it
  std::string tier;      ///< "ff", "mlip", "semiempirical", "dft", "test"
  std::string charge;    ///< charge label of its numbers, e.g. "+1.13 e by fixed ionic charges, background neutralised"
  std::string document;  ///< JSON: every parameter, topology and file content the answers depend on

  EngineRunning running{};  ///< no part of the engine's identity

  /// A cheap engine that helps its searches, and the calls of this one that a search may spend (0: as many as it
  /// takes). No part of its identity either: what is called converged rests on this engine's own answers.
  std::shared_ptr<const EngineSpec> prior{};
  int budget = 0;

  /// 128-bit hash of kind, version and document, 32 hex digits.
  std::string hash() const;
};

/// Same question, same bits, whatever was asked before.
class Potential {
 public:
  virtual ~Potential() = default;

  /// @throws Error{bad_input} if the configuration does not fit the engine (number of atoms, species, flat cell),
  ///   Error{geometry} if two atoms are too close (both named), Error{engine} if no sound answer exists: a coordinate
  ///   that is not finite, an answer that is no energy and forces, or the engine's own failure in its own words,
  ///   Error{missing_dependency} if the program behind it is not installed
  virtual Evaluation evaluate(const Configuration& configuration) = 0;
};

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
