// SPDX-License-Identifier: GPL-2.0-or-later
// The commands and options of the program as a table: completion, manual pages and the reference are made from it.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace hopflow {

struct OptionRow {
  std::vector<std::string> names;  ///< with dashes, short ones first; empty for a positional argument
  std::string positional;          ///< its name: "FILE"; "" for an option
  std::string help;
  std::string fallback;              ///< default as shown, "" for none
  std::vector<std::string> choices;  ///< where only these words are allowed
  bool takes_value = false;
  bool required = false;
};

struct CommandRow {
  std::vector<std::string> path;  ///< {"device", "fit"}; empty for the program itself
  std::string help, footer;
  std::vector<OptionRow> options;
  std::vector<std::string> subcommands;

  /// "hopflow device fit"
  std::string name() const;
};

/// The program and every command below it, in the order of `--help`; what is hidden there is left out.
std::vector<CommandRow> option_table(const CLI::App& app);

/// For an argument that no option of the commands on the line is called: which, and the nearest name.
/// @return "" if every word that looks like an option is one
std::string unknown_option(const CLI::App& app, int argc, char** argv);

}  // namespace hopflow
