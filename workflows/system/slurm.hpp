// SPDX-License-Identifier: GPL-2.0-or-later
// A run as a batch job of Slurm, PBS or Torque: the script that stops before the limit, goes back into the queue and
// goes on.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hopflow {

enum class BatchSystem { slurm, pbs, torque };

/// What a batch job of a run is made from. Paths are absolute.
struct BatchJob {
  BatchSystem system = BatchSystem::slurm;
  std::filesystem::path executable;     ///< hopflow
  std::filesystem::path study;          ///< study file of the first start; later starts resume what the folder froze
  std::filesystem::path folder;         ///< run folder; the job's own log goes there too
  std::vector<std::string> arguments;   ///< handed on to `hopflow run`
  std::string name;                     ///< shown by squeue
  std::string time = "01:00:00";        ///< limit of one start, as Slurm writes it
  std::string partition;                ///< "" for the cluster's default
  std::string account;                  ///< "" for the user's default
  std::string qos, memory;              ///< "" for the cluster's default; memory of a node, as Slurm or PBS writes it
  int nodes = 0;                        ///< 0 for as many as the ranks need
  std::vector<std::string> directives;  ///< further ones, without `#SBATCH` or `#PBS`
  std::string set_up;                   ///< shell lines that stand before the run: modules, environments
  std::vector<std::string> parts;       ///< of an array: what each task runs alone, as `run --only` takes it
  bool collects = false;                ///< takes over what the parts of an array have found before it runs
  int tasks = 1;                        ///< MPI ranks
  int signal_before_s = 90;             ///< USR1 comes this long before the limit; Slurm may be 60 s early
  int max_restarts = 100;               ///< after these the job stays stopped
};

/// A word as the shell reads it back, whatever is in it: in single quotes.
std::string shell_quoted(std::string_view word);

/// Seconds of a Slurm time limit: minutes, minutes:seconds, hours:minutes:seconds, days-hours[:minutes[:seconds]].
/// @throws Error{usage} naming the option, the text and what is allowed
long slurm_seconds(std::string_view limit);

/// The script for sbatch. USR1 before the limit (or from `scancel --signal=USR1 --batch`) goes on to the ranks; they
/// finish their step and end with 75, and the job puts itself back into the queue. Every other code is the job's.
/// @throws Error{usage} for what a #SBATCH line can't hold (control characters, quotes, backslashes), for a signal
///         that would come before the job has begun, or for numbers below 1
std::string batch_script(const BatchJob& job);

/// Hands a script to sbatch or qsub.
/// @param after  a job of the same system that has to end first, whatever its exit code; "" for none
/// @return the job's id
/// @throws Error{missing_dependency} without sbatch or qsub, Error{usage} with its own words when it refuses
std::string submit_batch(BatchSystem system, const std::filesystem::path& script, const std::string& after = "");

/// State of a job, or of an array: RUNNING while one of its tasks runs, PENDING while one waits, OTHER; "" where there
/// is no queue, or no such job in it.
std::string queue_state(const std::string& job);

}  // namespace hopflow
