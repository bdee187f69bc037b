// SPDX-License-Identifier: GPL-2.0-or-later
// A store looked after from outside a run: looked through, thinned out, mended from another, written out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "potentials/core/evaluation.hpp"
#include "structures/core/configuration.hpp"

namespace hopflow::memory {

/// The store of a run folder, or the file itself.
std::filesystem::path store_file(const std::filesystem::path& run);

/// What a store file holds and what is wrong with it.
struct StoreReport {
  std::string structure;  ///< "ok", or what SQLite says first
  long evaluations = 0, results = 0;
  long damaged = 0;                     ///< rows whose checksum does not fit, or that cannot be read
  long unchecked = 0;                   ///< rows of an older store, without checksums
  std::map<std::string, long> engines;  ///< evaluations by engine hash
  std::uintmax_t bytes = 0;
};

/// Reads every row; writes nothing. @throws Error{bad_input} if there is no such file, Error{io} if it is no database
StoreReport inspect_store(const std::filesystem::path& file);

/// Calls `take` with every sound evaluation, in the order they were asked. @return rows left out because of damage
long each_evaluation(
    const std::filesystem::path& file,
    const std::function<void(const std::string& engine, const Configuration&, const Evaluation&)>& take);

struct MergeReport {
  long taken = 0, known = 0, damaged = 0;
};

/// Takes over the sound rows of another store, damaged as that may be; makes the first if it is not there.
MergeReport merge_store(const std::filesystem::path& file, const std::filesystem::path& from);

struct PruneOptions {
  std::string study;                 ///< study_hash(): results of other studies and programs go; "": all of them stay
  std::vector<std::string> engines;  ///< whose evaluations go too, by hash or its beginning
};

/// Deletes damaged rows and what the options say, then gives the space back. @return rows deleted
long prune_store(const std::filesystem::path& file, const PruneOptions& options);

}  // namespace hopflow::memory
