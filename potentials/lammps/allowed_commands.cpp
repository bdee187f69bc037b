// SPDX-License-Identifier: GPL-2.0-or-later
// The whitelist. pair_write and bond_write are left out on purpose: they write files.
#include "potentials/lammps/allowed_commands.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "structures/core/text.hpp"

namespace hopflow {

namespace {

constexpr std::array allowed_commands{
    "pair_style",     "pair_coeff",     "pair_modify",    "kspace_style",
    "kspace_modify",  "bond_style",     "bond_coeff",     "angle_style",
    "angle_coeff",    "dihedral_style", "dihedral_coeff", "improper_style",
    "improper_coeff", "special_bonds",  "mass",           "set",
};
constexpr std::string_view allowed_marks = " _+-*./,:=()";

// Styles that run code named by their arguments or fetch parameters from elsewhere.
constexpr std::array<std::string_view, 3> refused_words{"python", "mliappy", "kim"};

std::string problem_with_characters(std::string_view command) {
  for (std::size_t k = 0; k < command.size(); ++k) {
    const char c = command[k];
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       allowed_marks.find(c) != std::string_view::npos;
    if (plain) continue;
    return fmt::format(
        "the character '{}' (number {} of the command) is not allowed in a LAMMPS command; use letters, "
        "digits, blanks and {}",
        text::printable(command.substr(k, 1)), k + 1, allowed_marks.substr(1));
  }
  return "";
}

std::string problem_with_name(const std::string& name) {
  const std::vector<std::string> names(allowed_commands.begin(), allowed_commands.end());
  if (std::ranges::find(names, name) != names.end()) return "";
  const auto near = text::nearest(name, names);
  return fmt::format("the LAMMPS command '{}' is not allowed here{}; allowed are {}", name,
                     near ? fmt::format(" (did you mean {}?)", *near) : "", text::join(names, ", "));
}

std::string problem_with_word(const std::string& word) {
  if (std::ranges::find(refused_words, word) != refused_words.end())
    return fmt::format("the LAMMPS style '{}' is not allowed in a case file", word);
  const bool is_option = word.front() == '-' && word.size() > 1 && !text::to_double(word);
  if (word.front() != '/' && word.find("..") == std::string::npos && !is_option) return "";
  return fmt::format(
      "'{}' is not allowed in a LAMMPS command; list a potential file under 'files' and use its bare "
      "name",
      word);
}

}  // namespace

std::string problem_with_command(std::string_view command) {
  if (std::string problem = problem_with_characters(command); !problem.empty()) return problem;
  const std::vector<std::string> words = text::split_words(command);
  if (words.empty()) return "an empty LAMMPS command; leave it out";
  if (std::string problem = problem_with_name(words[0]); !problem.empty()) return problem;
  if (words[0] == "set" && !(words.size() == 5 && words[1] == "type" && words[3] == "charge"))
    return "of the LAMMPS command set only 'set type TYPE charge CHARGE' is allowed here";
  for (const std::string& word : words)
    if (std::string problem = problem_with_word(word); !problem.empty()) return problem;
  return "";
}

}  // namespace hopflow
