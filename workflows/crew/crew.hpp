// SPDX-License-Identifier: GPL-2.0-or-later
// The workers of a run: one or more for this rank, one for each other, each doing one job at a time.
#pragma once

#include <chrono>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "potentials/core/engine.hpp"
#include "workflows/crew/mpi_session.hpp"
#include "workflows/join/guest.hpp"
#include "workflows/pipeline/core/stage.hpp"

namespace hopflow {

class Door;

/// Where workers keep logs and find data; the same for every rank.
struct CrewSite {
  std::filesystem::path folder;  ///< engine logs go to folder/rank-N, those of further workers to folder/worker-N
  std::filesystem::path data;    ///< MNIST and the like
  double deadline_s = 600;       ///< for one evaluation
  int ranks_per_image = 1;       ///< ranks that make one worker; LAMMPS then runs in the ranks themselves
  Door* door = nullptr;          ///< through which engines elsewhere join; outlives the crew
  const pipeline::Stages* stages = nullptr;  ///< outlives the crew; null: it is asked for no stage
  bool guests_alone = false;  ///< programs of others (i-PI clients) are started by those who join, not here
};

/// Driver's view of the workers. The first are one for each rank, worker 0 on this one; those above are further engine
/// processes of this rank, for engines that want more company than there are ranks. Engines of this rank run in child
/// processes and its stage in a thread, so the driver never blocks.
///
/// With several ranks per image a worker is a team of neighbouring ranks led by the first of them. Engines made for one
/// rank still run in the leader's child process; LAMMPS made for several runs in the ranks, the driver's among them,
/// which wait() then gives its share. A LAMMPS that gives up ends all ranks there, with exit code 6: the store has what
/// came before.
class Crew {
 public:
  /// @throws Error{usage} if the ranks do not make whole teams
  Crew(MpiSession& session, CrewSite site);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  int size() const;
  int teams() const;

  /// True for the workers of other ranks.
  bool is_remote(int worker) const { return worker > 0 && worker < teams(); }

  /// True if this rank may be deep in an engine while another's answer waits.
  bool may_block() const;

  /// Sees to it that there are at least so many workers. Processes start when first asked something.
  void provide(int workers);

  /// Workers that have joined and are here now; their numbers are above all others and are used once. They take
  /// evaluations of engines that live in processes.
  std::vector<int> guests() const;
  bool is_guest(int worker) const;
  /// Whether a guest has said that it has no such engine.
  bool lacks(int guest, const std::string& spec_hash) const;
  bool guests_alone() const;
  /// What to report, once: who came, went, or was refused.
  std::vector<std::string> notices();

  /// Starts a job on an idle worker; stages on the first worker of a rank only.
  void begin_evaluation(int worker, const EngineSpec& spec, const Configuration& configuration);
  void begin_stage(int worker, const std::string& stage, const nlohmann::json& input);

  struct Answer {
    int worker;
    std::variant<Evaluation, nlohmann::json, std::exception_ptr, Left> value;  ///< Left: the question is still open
  };
  /// The next answer of any worker, or nothing if none came within `limit` or a guest did.
  std::optional<Answer> wait(std::chrono::milliseconds limit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What ranks other than 0 do: jobs, until asked to end. Returns the exit code rank 0 chose.
int work_for_rank_zero(MpiSession& session, const pipeline::Stages& stages);

/// Tells every other rank to end with this code; called once, by rank 0, at the very end.
void end_crew(MpiSession& session, int exit_code);

}  // namespace hopflow
