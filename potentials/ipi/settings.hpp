// SPDX-License-Identifier: GPL-2.0-or-later
// `engine: {kind: ipi, ...}`: any program that speaks the i-PI protocol, by its command line.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "potentials/core/engine.hpp"
#include "structures/core/yaml.hpp"

namespace hopflow {

/// An i-PI engine block, checked. Plain value.
struct IpiSettings {
  /// Words of the command line; {socket} {path} {host} {port} {structure} {scratch} {python} in them are filled in.
  std::vector<std::string> command;
  int clients = 1;                    ///< started side by side
  std::string socket = "unix";        ///< unix | tcp (loopback only)
  std::string structure = "extxyz";   ///< format of the file behind {structure}: extxyz | cif | lammps-data
  std::vector<std::string> files;     ///< whatever else the client's answers depend on
  std::string name;                   ///< for users: "CHGNet 0.3.0"; "" for the program's name
  std::string version;                ///< of the client, "" if not said
  std::string tier = "unstated";      ///< ff | mlip | semiempirical | dft | test | unstated
  std::string charge = "unresolved";  ///< charge label of its numbers
  int threads = 1;                    ///< of each client
  double start_s = 120;               ///< allowed until it connects
  double deadline_s = 600;            ///< allowed for one answer

  bool operator==(const IpiSettings&) const = default;
};

/// Reads the block. The command is a list of words, or one text split at blanks (quotes hold words together).
/// @param folder  where the client will be started; `files` are relative to it
/// @throws Error{bad_input} with file:line:column
IpiSettings read_ipi(const yaml::Node& block, const std::filesystem::path& folder);

/// The block as one line of YAML; read_ipi() reads it back to the same settings.
/// @param common  keys that blocks of every kind may have, each after ", "
std::string print_ipi(const IpiSettings& settings, const std::string& common = "");

/// Words of the command, then `files`, that name a file in or below `folder`: what a copy of the case needs.
std::vector<std::string> files_of(const IpiSettings& settings, const std::filesystem::path& folder);

/// Both of a block. Words that name files are passed through `renamed`.
std::string print_ipi_block(const yaml::Node& block, const std::filesystem::path& folder, const std::string& common,
                            const std::function<std::string(const std::string&)>& renamed);
std::vector<std::string> files_of_ipi_block(const yaml::Node& block, const std::filesystem::path& folder);

/// The engine for atoms like those of `reference`, whose geometry a client finds in {structure}. The contents of all
/// files named become part of the spec.
/// @throws Error{bad_input} if a file cannot be read
EngineSpec ipi_engine(const IpiSettings& settings, const Configuration& reference, const std::filesystem::path& folder);

}  // namespace hopflow
