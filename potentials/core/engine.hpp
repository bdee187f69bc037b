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

}  // namespace hopflow
