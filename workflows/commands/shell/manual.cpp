// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow manual: manual pages and the reference, from the tables of commands and of study keys, and from the methods'
// sources.
#include <filesystem>
#include <memory>
#include <string>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/option_table.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/commands/shell/shell_commands.hpp"
#include "workflows/commands/shell/study_reference.hpp"
#include "workflows/commands/shell/thresholds.hpp"

namespace hopflow {

namespace {

namespace fs = std::filesystem;

/// Text as roff prints it: backslashes and dashes are its own, a dot or quote may not begin a line.
std::string roff(const std::string& plain) {
  std::string out;
  for (const char c : plain) {
    if (out.empty() || out.back() == '\n')
      if (c == '.' || c == '\'') out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

std::string usage_of(const CommandRow& row) {
  std::string out = row.name();
  if (!row.subcommands.empty()) out += " COMMAND";
  for (const OptionRow& option : row.options)
    if (!option.positional.empty())
      out += option.required ? fmt::format(" {}", option.positional) : fmt::format(" [{}]", option.positional);
  return out + " [options]";
}

std::string names_of(const OptionRow& option) {
  std::string out = option.positional.empty() ? text::join(option.names, ", ") : option.positional;
  if (option.positional.empty() && option.takes_value)
    out += fmt::format(" {}", option.choices.empty() ? "VALUE" : text::join(option.choices, "|"));
  return out;
}

std::string help_of(const OptionRow& option) {
  return option.fallback.empty() || option.help.find("(default") != std::string::npos
             ? option.help
             : fmt::format("{} (default {})", option.help, option.fallback);
}

std::string manual_page(const CommandRow& row, const std::vector<CommandRow>& table) {
  std::string title = "hopflow";
  for (const std::string& word : row.path) title += "-" + word;
  std::string out =
      fmt::format(".TH \"{}\" 1 \"\" \"hopflow {}\" \"hopflow\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n{}\n", roff(title),
                  HOPFLOW_VERSION, roff(title), roff(row.help.substr(0, row.help.find('\n'))), roff(usage_of(row)));
  if (!row.subcommands.empty()) {
    out += ".SH COMMANDS\n";
    for (const CommandRow& below : table)
      if (below.path.size() == row.path.size() + 1 && std::equal(row.path.begin(), row.path.end(), below.path.begin()))
        out += fmt::format(".TP\n.B {}\n{}\n", roff(below.path.back()), roff(below.help));
  }
  out += ".SH OPTIONS\n";
  for (const OptionRow& option : row.options)
    out += fmt::format(".TP\n.B {}\n{}\n", roff(names_of(option)), roff(help_of(option)));
  if (!row.footer.empty()) out += fmt::format(".SH NOTES\n.nf\n{}\n.fi\n", roff(row.footer));
  return out;
}

std::string commands_markdown(const std::vector<CommandRow>& table) {
  std::string out;
  for (const CommandRow& row : table) {
    out +=
        fmt::format("{} {}\n\n{}\n\n`{}`\n\n", row.path.size() > 1 ? "###" : "##", row.name(), row.help, usage_of(row));
    out += "| option | meaning |\n| --- | --- |\n";
    for (const OptionRow& option : row.options) {
      std::string names = names_of(option), help = help_of(option);
      for (std::string* cell : {&names, &help})
        for (std::size_t at = 0; (at = cell->find('|', at)) != std::string::npos; at += 2) cell->insert(at, "\\");
      out += fmt::format("| `{}` | {} |\n", names, help);
    }
    out += row.footer.empty() ? "\n" : fmt::format("\n```text\n{}\n```\n\n", row.footer);
  }
  return out;
}

Exit write_pages(const fs::path& folder, const std::vector<CommandRow>& table, bool force) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem)
    throw Error{Error::Kind::io,
                fmt::format("{}: cannot be created: {}", text::printable(folder.string()), problem.message())};
  const auto file_of = [&](const CommandRow& row) {
    std::string name = "hopflow";
    for (const std::string& word : row.path) name += "-" + word;
    return folder / (name + ".1");
  };
  for (const CommandRow& row : table) refuse_to_overwrite(file_of(row), force);
  for (const CommandRow& row : table) text::write_file(file_of(row), manual_page(row, table));
  fmt::print(stderr, "{}: {} manual pages; read one with: man -l {}\n", folder.string(), table.size(),
             (folder / "hopflow.1").string());
  return Exit::converged;
}

}  // namespace

void add_manual(CLI::App& app, Action& action) {
  struct Arguments {
    std::string topic = "commands", output;
  };
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand(
      "manual", "Print the reference: commands, study keys, schema of a study, thresholds of the methods");
  command->add_option("TOPIC", arguments->topic, "what to print")
      ->check(CLI::IsMember({"commands", "keys", "schema", "thresholds"}))
      ->capture_default_str();
  command->add_option("-o,--output", arguments->output, "write manual pages (man1) into this folder instead");
  const std::string force_help = "overwrite pages that exist";
  command->add_flag("--force", force_help);
  command->footer("Example: hopflow manual keys\n         hopflow manual -o ~/.local/share/man/man1");
  command->callback([arguments, command, &app, &action] {
    action = [arguments, command, &app] {
      const std::vector<CommandRow> table = option_table(app);
      if (!arguments->output.empty()) return write_pages(arguments->output, table, is_forced(*command));
      fmt::print("{}", arguments->topic == "keys"         ? study_keys_markdown()
                       : arguments->topic == "schema"     ? study_schema()
                       : arguments->topic == "thresholds" ? std::string{thresholds_markdown()}
                                                          : commands_markdown(table));
      return Exit::converged;
    };
  });
}

}  // namespace hopflow
