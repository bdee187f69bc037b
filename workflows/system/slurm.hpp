// SPDX-License-Identifier: GPL-2.0-or-later
// A run as a Slurm job: the batch script that stops before the limit, requeues itself and goes on.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hopflow {

/// What a batch job of a run is told. Paths are absolute.
struct BatchJob {
  std::filesystem::path executable;    ///< hopflow
  std::filesystem::path study;         ///< study file of the first start; later starts resume what the folder froze
  std::filesystem::path folder;        ///< run folder; the job's own log goes there too
  std::vector<std::string> arguments;  ///< handed on to `hopflow run`
  std::string name;                    ///< shown by squeue
  std::string time = "01:00:00";       ///< limit of one start, as Slurm writes it
  std::string partition;               ///< "" for the cluster's default
  std::string account;                 ///< "" for the user's default
  int tasks = 1;                       ///< MPI ranks
  int signal_before_s = 90;            ///< USR1 comes this long before the limit; Slurm may be 60 s early
  int max_restarts = 100;              ///< after these the job stays stopped
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

/// Hands a script to sbatch.
/// @return the job's id
/// @throws Error{missing_dependency} without sbatch, Error{usage} with sbatch's own words when it refuses
std::string submit_batch(const std::filesystem::path& script);

}  // namespace hopflow
