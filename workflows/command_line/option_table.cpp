// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/command_line/option_table.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "structures/core/text.hpp"

namespace hopflow {

namespace {

/// CLI11 keeps the words an option allows in the name of its type: "TEXT:{crystal,frame}".
std::vector<std::string> choices_of(const std::string& type) {
  std::vector<std::string> out;
  const auto open = type.find('{'), close = type.find('}');
  if (open == std::string::npos || close == std::string::npos) return out;
  std::string word;
  for (const char c : type.substr(open + 1, close - open - 1) + ",") {
    if (c != ',') {
      word += c;
    } else if (!word.empty()) {
      out.push_back(std::exchange(word, {}));
    }
  }
  return out;
}

OptionRow row_of(const CLI::Option& option) {
  OptionRow out;
  for (const std::string& name : option.get_snames()) out.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) out.names.push_back("--" + name);
  if (out.names.empty()) out.positional = option.get_name(true);
  out.help = option.get_description();
  out.fallback = option.get_default_str();
  out.choices = choices_of(option.get_type_name());
  out.takes_value = option.get_items_expected_max() > 0;
  out.required = option.get_required();
  return out;
}

void add_rows(std::vector<CommandRow>& table, const CLI::App& app, const std::vector<std::string>& path) {
  CommandRow row{path, app.get_description(), app.get_footer(), {}, {}};
  std::vector<const CLI::App*> below;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_group().empty()) continue;
    row.subcommands.push_back(command->get_name());
    below.push_back(command);
  }
  for (const CLI::Option* option : app.get_options())
    if (!option->get_group().empty()) row.options.push_back(row_of(*option));
  table.push_back(std::move(row));
  for (const CLI::App* command : below) {
    std::vector<std::string> deeper = path;
    deeper.push_back(command->get_name());
    add_rows(table, *command, deeper);
  }
}

}  // namespace

std::string CommandRow::name() const { return path.empty() ? "hopflow" : "hopflow " + text::join(path, " "); }

std::vector<CommandRow> option_table(const CLI::App& app) {
  std::vector<CommandRow> table;
  add_rows(table, app, {});
  return table;
}

std::string unknown_option(const CLI::App& app, int argc, char** argv) {
  // The deepest command that the line names; options of the commands above it are known as well.
  const CLI::App* command = &app;
  std::vector<std::string> known;
  std::string path;
  const auto learn = [&](const CLI::App& of) {
    for (const CLI::Option* option : of.get_options())
      for (const std::string& name : row_of(*option).names) known.push_back(name);
  };
  learn(app);
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.empty() || word[0] != '-') {
      for (const CLI::App* below : command->get_subcommands([](const CLI::App*) { return true; }))
        if (below->get_name() == word) {
          command = below;
          path += word + ": ";
          learn(*below);
          break;
        }
      continue;
    }
    const std::string name = word.substr(0, word.find('='));
    const bool number = text::to_double(name).has_value();
    const bool joined = word[1] != '-' && std::ranges::find(known, word.substr(0, 2)) != known.end();
    if (number || joined || name == "--" || std::ranges::find(known, name) != known.end()) continue;
    const auto bare = name.substr(std::min(name.find_first_not_of('-'), name.size()));
    const auto near = text::nearest("--" + bare, known);
    std::erase(known, "--help-all");
    return fmt::format(
        "{}there is no option '{}'; {}", path, text::printable(name),
        near ? fmt::format("did you mean '{}'?", *near) : fmt::format("options are {}", text::join(known, ", ")));
  }
  return "";
}

}  // namespace hopflow
