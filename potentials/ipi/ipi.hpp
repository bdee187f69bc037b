// SPDX-License-Identifier: GPL-2.0-or-later
// An i-PI client as a Potential: hopflow is the server, starts the client, watches it and sees it off.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "potentials/core/engine.hpp"

namespace hopflow {

/// Everything an i-PI engine's answers depend on, as a value and as the JSON of EngineSpec::document.
struct IpiDocument {
  std::vector<std::string> command;
  std::string socket;
  std::string structure;
  int threads = 1;
  std::string name;
  std::map<std::string, std::string> files;  ///< name -> hash of its content
  Configuration reference;                   ///< the geometry a client starts with

  std::string dump() const;
  /// @throws Error{bad_input} if the text is not such a document
  static IpiDocument parse(const std::string& json);
};

/// One client for one spec, started when first asked and again after a failure. Every question is sent in one frame of
/// reference (a along x, b in the xy plane), which clients that know no other need, and its answer turned back.
/// @param folder  for ipi-HASH8.log (the client's own words) and ipi-HASH8/ (structure file, scratch); absolute
/// @throws Error{bad_input} for an unsound document; from evaluate() Error{missing_dependency} if the program is not
///   there, Error{engine} if the client ends, gives no answer in time, or answers against the protocol
std::unique_ptr<Potential> make_ipi(const EngineSpec& spec, const std::filesystem::path& folder);

}  // namespace hopflow
