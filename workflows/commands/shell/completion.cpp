// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow completion: scripts with which a shell completes commands, options and their words.
#include <memory>
#include <string>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "workflows/command_line/option_table.hpp"
#include "workflows/commands/shell/shell_commands.hpp"

namespace hopflow {

namespace {

std::string path_of(const CommandRow& row) { return text::join(row.path, " "); }

std::vector<std::string> words_of(const CommandRow& row) {
  std::vector<std::string> out = row.subcommands;
  for (const OptionRow& option : row.options)
    for (const std::string& name : option.names) out.push_back(name);
  return out;
}

/// The command that the words before the cursor name, in $at; then what may follow. bash and zsh read the same.
std::string command_cases(const std::vector<CommandRow>& table, const std::string& answer) {
  std::string commands, choices, words;
  for (const CommandRow& row : table) {
    if (!row.subcommands.empty())
      commands += fmt::format("      \"{}\") known=\"{}\" ;;\n", path_of(row), text::join(row.subcommands, " "));
    words += fmt::format("    \"{}\") {} ;;\n", path_of(row),
                         fmt::vformat(answer, fmt::make_format_args(text::join(words_of(row), " "))));
    for (const OptionRow& option : row.options) {
      if (option.choices.empty()) continue;
      for (const std::string& name : option.names)
        choices += fmt::format("    \"{} {}\") {}; return ;;\n", path_of(row), name,
                               fmt::vformat(answer, fmt::make_format_args(text::join(option.choices, " "))));
    }
  }
  return fmt::format(
      "  for word in \"${{before[@]}}\"; do\n"
      "    known=\n"
      "    case $at in\n{}    esac\n"
      "    case \" $known \" in *\" $word \"*) at=\"${{at:+$at }}$word\" ;; esac\n"
      "  done\n"
      "  case \"$at $last\" in\n{}    *) ;;\n  esac\n"
      "  case $at in\n{}  esac\n",
      commands, choices, words);
}

std::string for_bash(const std::vector<CommandRow>& table) {
  return "# bash completion of hopflow; written by: hopflow completion bash\n"
         "_hopflow() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} last=${COMP_WORDS[COMP_CWORD-1]} at= known= word\n"
         "  local -a before=(\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n" +
         command_cases(table, "COMPREPLY=($(compgen -W \"{}\" -- \"$current\"))") +
         "}\n"
         "complete -o bashdefault -o default -F _hopflow hopflow\n";
}

std::string for_zsh(const std::vector<CommandRow>& table) {
  return "#compdef hopflow\n"
         "# zsh completion of hopflow; written by: hopflow completion zsh\n"
         "_hopflow() {\n"
         "  local last=${words[CURRENT-1]} at= known= word\n"
         "  local -a before=(${words[2,CURRENT-1]})\n" +
         command_cases(table, "compadd -- {}; _files") +
         "}\n"
         "_hopflow \"$@\"\n";
}

std::string fish_text(const std::string& value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "'";
}

std::string for_fish(const std::vector<CommandRow>& table) {
  std::string out = "# fish completion of hopflow; written by: hopflow completion fish\n";
  for (const CommandRow& row : table) {
    // Shown while every word of the path is on the line and none of what may follow it.
    std::string where;
    for (const std::string& word : row.path)
      where += fmt::format("{}__fish_seen_subcommand_from {}", where.empty() ? "" : "; and ", word);
    std::string open = where;
    if (!row.subcommands.empty())
      open += fmt::format("{}not __fish_seen_subcommand_from {}", open.empty() ? "" : "; and ",
                          text::join(row.subcommands, " "));
    for (const std::string& name : row.subcommands) {
      std::string help;
      for (const CommandRow& below : table) {
        std::vector<std::string> path = row.path;
        path.push_back(name);
        if (below.path == path) help = below.help;
      }
      out += fmt::format("complete -c hopflow -n {} -f -a {} -d {}\n", fish_text(open), name, fish_text(help));
    }
    for (const OptionRow& option : row.options) {
      std::string names;
      for (const std::string& name : option.names)
        names += fmt::format(" -{} {}", name[1] == '-' ? "l" : "s", name.substr(name[1] == '-' ? 2 : 1));
      if (names.empty()) continue;
      const std::string value = !option.choices.empty()
                                    ? fmt::format(" -x -a {}", fish_text(text::join(option.choices, " ")))
                                : option.takes_value ? " -r"
                                                     : "";
      out += fmt::format("complete -c hopflow -n {}{}{} -d {}\n", fish_text(where.empty() ? "true" : where), names,
                         value, fish_text(option.help));
    }
  }
  return out;
}

}  // namespace

void add_completion(CLI::App& app, Action& action) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("completion", "Print a script that lets a shell complete commands and options");
  command->add_option("SHELL", *shell, "which shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "Example: hopflow completion bash >~/.local/share/bash-completion/completions/hopflow\n"
      "         hopflow completion fish >~/.config/fish/completions/hopflow.fish");
  command->callback([shell, &app, &action] {
    action = [shell, &app] {
      const std::vector<CommandRow> table = option_table(app);
      fmt::print("{}", *shell == "bash" ? for_bash(table) : *shell == "zsh" ? for_zsh(table) : for_fish(table));
      return Exit::converged;
    };
  });
}

}  // namespace hopflow
