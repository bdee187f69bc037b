// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/syntax/cif_values.hpp"

#include <cctype>

#include <fmt/core.h>

#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

std::string capitalised(std::string_view word) {
  std::string out = text::lower(word);
  if (!out.empty()) out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out;
}

}  // namespace

void CifProblems::add(CifPlace place, const std::string& problem) {
  constexpr std::size_t most = 20;
  if (lines_.size() < most)
    lines_.push_back(place.line > 0
                         ? fmt::format("{}:{}:{}: {}", file_, place.line, place.column, text::printable(problem))
                         : fmt::format("{}: {}", file_, text::printable(problem)));
  else if (lines_.size() == most)
    lines_.push_back(fmt::format("{}: and more", file_));
}

void CifProblems::throw_if_any() const {
  if (any()) throw Error{Error::Kind::bad_input, text::join(lines_, "\n")};
}

std::optional<double> cif_number(std::string_view text) {
  if (const auto open = text.find('('); open != std::string_view::npos) {
    const std::string_view uncertainty = text.substr(open + 1);
    if (uncertainty.size() < 2 || uncertainty.back() != ')') return std::nullopt;
    for (const char c : uncertainty.substr(0, uncertainty.size() - 1))
      if (!is_digit(c) && c != '.') return std::nullopt;
    text = text.substr(0, open);
  }
  return text::to_double(text);
}

std::optional<int> element_of_type(std::string_view symbol) {
  std::size_t letters = 0;
  while (letters < symbol.size() && is_letter(symbol[letters])) ++letters;
  for (const char c : symbol.substr(letters))
    if (!is_digit(c) && c != '+' && c != '-' && c != '.') return std::nullopt;
  const std::string word = capitalised(symbol.substr(0, letters));
  if (word == "D" || word == "T") return 1;
  return atomic_number(word);
}

std::vector<int> elements_of_label(std::string_view label) {
  std::vector<int> out;
  std::size_t letters = 0;
  while (letters < label.size() && is_letter(label[letters])) ++letters;
  const auto consider = [&](std::string_view word) {
    const std::string symbol = capitalised(word);
    if (const auto z = symbol == "D" ? std::optional{1} : atomic_number(symbol)) out.push_back(*z);
  };
  // "Cs1" means caesium, "CS1" may be either: a small second letter settles it.
  if (letters >= 2) consider(label.substr(0, 2));
  if (letters >= 2 && !out.empty() && std::islower(static_cast<unsigned char>(label[1])) != 0) return out;
  if (letters >= 1) consider(label.substr(0, 1));
  return out;
}

std::optional<std::map<int, double>> parse_formula(std::string_view text) {
  std::map<int, double> out;
  std::size_t i = 0;
  while (i < text.size()) {
    if (std::isspace(static_cast<unsigned char>(text[i])) != 0) {
      ++i;
      continue;
    }
    if (std::isupper(static_cast<unsigned char>(text[i])) == 0) return std::nullopt;
    std::size_t end = i + 1;
    while (end < text.size() && std::islower(static_cast<unsigned char>(text[end])) != 0) ++end;
    const std::string symbol{text.substr(i, end - i)};
    const auto z = symbol == "D" ? std::optional{1} : atomic_number(symbol);
    if (!z) return std::nullopt;
    i = end;
    while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
    double count = 1;
    if (end > i) {
      const auto number = text::to_double(text.substr(i, end - i));
      if (!number) return std::nullopt;
      count = *number;
    }
    i = end;
    out[*z] += count;
  }
  if (out.empty()) return std::nullopt;
  return out;
}

std::optional<std::map<int, double>> parse_capital_formula(std::string_view text) {
  std::string plain;
  for (const std::string& word : text::split_words(text)) {
    std::size_t letters = 0;
    while (letters < word.size() && is_letter(word[letters])) ++letters;
    plain += capitalised(word.substr(0, letters)) + word.substr(letters) + ' ';
  }
  return plain == text::join(text::split_words(text), " ") + ' ' ? std::nullopt : parse_formula(plain);
}

}  // namespace hopflow
