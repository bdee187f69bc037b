// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/formats/extxyz.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <string_view>

#include <fmt/core.h>

#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

class Lines {
 public:
  Lines(std::string_view content, std::string name) : rest_{content}, name_{std::move(name)} {}

  bool next(std::string_view& line) {
    if (rest_.empty()) return false;
    const auto end = rest_.find('\n');
    line = rest_.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++number_;
    return true;
  }
  [[noreturn]] void fail(const std::string& problem) const {
    throw Error{Error::Kind::bad_input, fmt::format("{}:{}: {}", name_, number_, text::printable(problem))};
  }

 private:
  std::string_view rest_;
  std::string name_;
  int number_ = 0;
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// key=value, key="value with blanks", key={...}, or key alone (true).
Pairs parse_comment(std::string_view line, const Lines& lines) {
  Pairs out;
  std::size_t i = 0;
  const auto blank = [&](std::size_t k) { return std::isspace(static_cast<unsigned char>(line[k])) != 0; };
  const auto token = [&](bool stop_at_equals) {
    std::string word;
    if (i < line.size() && (line[i] == '"' || line[i] == '\'' || line[i] == '{' || line[i] == '[')) {
      const char open = line[i];
      const char close = open == '{' ? '}' : open == '[' ? ']' : open;
      int depth = 1;
      for (++i; i < line.size(); ++i) {
        if (line[i] == '\\' && i + 1 < line.size() && open == '"') {
          word += line[++i];
          continue;
        }
        if (open != close && line[i] == open) ++depth;
        if (line[i] == close && --depth == 0) break;
        word += line[i];
      }
      if (i >= line.size()) lines.fail(fmt::format("a value that begins with {} is not closed", open));
      ++i;
      return word;
    }
    while (i < line.size() && !blank(i) && !(stop_at_equals && line[i] == '=')) word += line[i++];
    return word;
  };
  while (i < line.size()) {
    while (i < line.size() && blank(i)) ++i;
    if (i >= line.size()) break;
    const std::string key = token(true);
    if (key.empty()) lines.fail("'=' without a key before it");
    std::string value = "T";
    if (i < line.size() && line[i] == '=') {
      ++i;
      value = token(false);
    }
    out.emplace_back(key, value);
  }
  return out;
}

std::optional<std::string> take(Pairs& pairs, std::string_view key) {
  for (auto it = pairs.begin(); it != pairs.end(); ++it)
    if (text::lower(it->first) == text::lower(key)) {
      std::string value = std::move(it->second);
      pairs.erase(it);
      return value;
    }
  return std::nullopt;
}

std::vector<double> numbers(const std::string& value, std::size_t count, const char* key, const Lines& lines) {
  std::string plain = value;
  for (char& c : plain)
    if (c == ',' || c == '[' || c == ']') c = ' ';
  std::vector<double> out;
  for (const std::string& word : text::split_words(plain)) {
    const auto number = text::to_double(word);
    if (!number) lines.fail(fmt::format("{}: '{}' is not a number", key, word));
    out.push_back(*number);
  }
  if (out.size() != count) lines.fail(fmt::format("{} holds {} numbers, expected {}", key, out.size(), count));
  return out;
}

struct Column {
  std::string name;
  char type;
  int width;
};

std::vector<Column> parse_properties(const std::string& value, const Lines& lines) {
  std::vector<std::string> words{""};
  for (const char c : value)
    if (c == ':')
      words.emplace_back();
    else
      words.back() += c;
  if (words.size() % 3 != 0) lines.fail("Properties must be name:type:columns triples");
  std::vector<Column> out;
  for (std::size_t k = 0; k < words.size(); k += 3) {
    const auto width = text::to_integer(words[k + 2]);
    if (words[k + 1].size() != 1 || std::string_view{"SRILsril"}.find(words[k + 1][0]) == std::string_view::npos ||
        !width || *width < 1 || *width > 100)
      lines.fail(
          fmt::format("Properties: '{}:{}:{}' is not name:S|R|I|L:columns", words[k], words[k + 1], words[k + 2]));
    out.push_back({words[k], words[k + 1][0], static_cast<int>(*width)});
  }
  return out;
}

bool is_true(const std::string& word, const Lines& lines) {
  const std::string small = text::lower(word);
  if (small == "t" || small == "true" || small == "1") return true;
  if (small == "f" || small == "false" || small == "0") return false;
  lines.fail(fmt::format("'{}' is neither T nor F", word));
}

Frame read_frame(Lines& lines, long count) {
  Frame frame;
  std::string_view line;
  if (!lines.next(line)) lines.fail("the file ends before the comment line");
  Pairs pairs = parse_comment(line, lines);
  Configuration& atoms = frame.configuration;
  atoms.periodic = {false, false, false};
  if (const auto lattice = take(pairs, "Lattice")) {
    const auto v = numbers(*lattice, 9, "Lattice", lines);
    for (int k = 0; k < 3; ++k)
      for (int j = 0; j < 3; ++j) atoms.cell(j, k) = v[static_cast<std::size_t>(3 * k + j)];
    if (!(std::abs(atoms.cell.determinant()) > 1e-6)) lines.fail("Lattice: its vectors span no volume");
    atoms.periodic = {true, true, true};
  }
  if (const auto pbc = take(pairs, "pbc")) {
    std::string plain = *pbc;
    for (char& c : plain)
      if (c == ',' || c == '[' || c == ']') c = ' ';
    const auto words = text::split_words(plain);
    if (words.size() != 3) lines.fail("pbc needs three values such as \"T T T\"");
    for (std::size_t k = 0; k < 3; ++k) atoms.periodic[k] = is_true(words[k], lines);
  }
  if (const auto energy = take(pairs, "energy")) frame.energy_ev = numbers(*energy, 1, "energy", lines)[0];
  if (const auto stress = take(pairs, "stress")) {
    const auto v = numbers(*stress, 9, "stress", lines);
    frame.stress.emplace();
    for (int k = 0; k < 3; ++k)
      for (int j = 0; j < 3; ++j) (*frame.stress)(j, k) = v[static_cast<std::size_t>(3 * k + j)];
  }
  const auto properties = take(pairs, "Properties");
  const std::vector<Column> columns = parse_properties(properties.value_or("species:S:1:pos:R:3"), lines);
  frame.info = std::move(pairs);

  std::size_t words_expected = 0;
  bool has_species = false, has_positions = false;
  for (const Column& column : columns) {
    words_expected += static_cast<std::size_t>(column.width);
    has_species = has_species ||
                  ((column.name == "species" || column.name == "Z" || column.name == "numbers") && column.width == 1);
    has_positions = has_positions || (column.name == "pos" && column.width == 3);
    if ((column.name == "forces" || column.name == "force") && column.width == 3)
      frame.forces = Eigen::Matrix3Xd::Zero(3, count);
    if (column.name == "move_mask" && (column.width == 1 || column.width == 3)) frame.mobile.emplace();
  }
  if (!has_species || !has_positions) lines.fail("Properties must hold species:S:1 and pos:R:3");
  atoms.positions.resize(3, count);
  for (long i = 0; i < count; ++i) {
    if (!lines.next(line)) lines.fail(fmt::format("the file ends after {} of {} atoms", i, count));
    const std::vector<std::string> words = text::split_words(line);
    // A plain XYZ file may carry more columns than anything declares; a declared one may not.
    if (words.size() < words_expected || (properties && words.size() > words_expected))
      lines.fail(fmt::format("{} columns, expected {}", words.size(), words_expected));
    std::size_t at = 0;
    const auto real = [&](std::size_t k) {
      const auto number = text::to_double(words[k]);
      if (!number) lines.fail(fmt::format("'{}' is not a finite number", words[k]));
      return *number;
    };
    int species = 0;
    for (const Column& column : columns) {
      if (column.name == "species" && column.width == 1) {
        const auto z = atomic_number(words[at]);
        if (!z) lines.fail(fmt::format("'{}' is no chemical element", words[at]));
        species = *z;
      } else if ((column.name == "Z" || column.name == "numbers") && column.width == 1) {
        const auto z = text::to_integer(words[at]);
        if (!z || *z < 1 || *z > 118) lines.fail(fmt::format("'{}' is no atomic number", words[at]));
        if (species == 0) species = static_cast<int>(*z);
      } else if (column.name == "pos" && column.width == 3) {
        for (std::size_t k = 0; k < 3; ++k) atoms.positions(static_cast<Eigen::Index>(k), i) = real(at + k);
      } else if ((column.name == "forces" || column.name == "force") && column.width == 3) {
        for (std::size_t k = 0; k < 3; ++k) (*frame.forces)(static_cast<Eigen::Index>(k), i) = real(at + k);
      } else if (column.name == "move_mask" && frame.mobile) {
        bool mobile = false;
        for (int k = 0; k < column.width; ++k) {
          const bool here = is_true(words[at + static_cast<std::size_t>(k)], lines);
          if (k > 0 && here != mobile) lines.fail("an atom that moves along some axes only is not supported");
          mobile = here;
        }
        frame.mobile->push_back(mobile);
      }
      at += static_cast<std::size_t>(column.width);
    }
    atoms.species.push_back(species);
  }
  return frame;
}

/// Quoted if it holds anything a reader would split at.
std::string quoted(const std::string& value) {
  if (!value.empty() && value.find_first_of(" \t\"'=\\{}[]") == std::string::npos) return value;
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += (c == '\n' || c == '\r') ? ' ' : c;
  }
  return out + "\"";
}

std::string nine(const Eigen::Matrix3d& columns) {
  std::string out;
  for (int k = 0; k < 3; ++k)
    for (int j = 0; j < 3; ++j) out += (out.empty() ? "" : " ") + text::digits17(columns(j, k));
  return out;
}

}  // namespace

std::vector<Frame> parse_extxyz(const std::string& content, const std::string& name) {
  Lines lines{content, text::printable(name)};
  std::vector<Frame> out;
  std::string_view line;
  while (lines.next(line)) {
    const std::string word = text::trim(line);
    if (word.empty()) continue;
    const auto count = text::to_integer(word);
    if (!count || *count < 1 || *count > 200'000)
      lines.fail(fmt::format("'{}': expected the number of atoms, 1 to 200000", word.substr(0, 40)));
    out.push_back(read_frame(lines, *count));
  }
  if (out.empty()) lines.fail("no frame");
  return out;
}

std::vector<Frame> read_extxyz(const std::filesystem::path& path) {
  return parse_extxyz(text::read_file(path), path.string());
}

std::string format_extxyz(std::span<const Frame> frames) {
  std::string out;
  for (const Frame& frame : frames) {
    const Configuration& atoms = frame.configuration;
    if (atoms.positions.cols() != atoms.size() || (frame.forces && frame.forces->cols() != atoms.size()) ||
        (frame.mobile && frame.mobile->size() != atoms.species.size()))
      throw Error{Error::Kind::bad_input,
                  fmt::format("a frame of {} atoms with {} positions", atoms.size(), atoms.positions.cols())};
    const bool periodic = atoms.periodic[0] || atoms.periodic[1] || atoms.periodic[2];
    out += fmt::format("{}\n", atoms.size());
    if (periodic) out += fmt::format("Lattice=\"{}\" ", nine(atoms.cell));
    out += "Properties=species:S:1:pos:R:3";
    if (frame.forces) out += ":forces:R:3";
    if (frame.mobile) out += ":move_mask:L:1";
    if (frame.energy_ev) out += fmt::format(" energy={}", text::digits17(*frame.energy_ev));
    if (frame.stress) out += fmt::format(" stress=\"{}\"", nine(*frame.stress));
    for (const auto& [key, value] : frame.info) out += fmt::format(" {}={}", quoted(key), quoted(value));
    out += fmt::format(" pbc=\"{} {} {}\"\n", atoms.periodic[0] ? 'T' : 'F', atoms.periodic[1] ? 'T' : 'F',
                       atoms.periodic[2] ? 'T' : 'F');
    for (int i = 0; i < atoms.size(); ++i) {
      out += fmt::format("{:<2}", symbol_of(atoms.species[static_cast<std::size_t>(i)]));
      for (int k = 0; k < 3; ++k) out += ' ' + text::digits17(atoms.positions(k, i));
      if (frame.forces)
        for (int k = 0; k < 3; ++k) out += ' ' + text::digits17((*frame.forces)(k, i));
      if (frame.mobile) out += (*frame.mobile)[static_cast<std::size_t>(i)] ? " T" : " F";
      out += '\n';
    }
  }
  return out;
}

}  // namespace hopflow
