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

class XyzLines {
 public:
  XyzLines(std::string_view content, std::string name) : rest_{content}, name_{std::move(name)} {}

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

/// The words of a comment line: key=value, key="value with blanks", key={...}, or key alone (true).
class Comment {
 public:
  Comment(std::string_view line, const XyzLines& lines) : line_{line}, lines_{lines} {}

  Pairs pairs() {
    Pairs out;
    while (skip_blanks()) {
      const std::string key = token(true);
      if (key.empty()) lines_.fail("'=' without a key before it");
      std::string value = "T";
      if (!at_end() && here() == '=') {
        ++at_;
        value = token(false);
      }
      out.emplace_back(key, value);
    }
    return out;
  }

 private:
  bool at_end() const { return at_ >= line_.size(); }
  char here() const { return line_[at_]; }
  bool at_blank() const { return std::isspace(static_cast<unsigned char>(here())) != 0; }
  /// @return whether anything follows
  bool skip_blanks() {
    while (!at_end() && at_blank()) ++at_;
    return !at_end();
  }

  std::string token(bool stop_at_equals) {
    if (!at_end() && std::string_view{"\"'{["}.find(here()) != std::string_view::npos) return quoted_token();
    std::string word;
    while (!at_end() && !at_blank() && !(stop_at_equals && here() == '=')) word += line_[at_++];
    return word;
  }

  std::string quoted_token() {
    const char open = here();
    const char close = open == '{' ? '}' : open == '[' ? ']' : open;
    std::string word;
    int depth = 1;
    for (++at_; !at_end(); ++at_) {
      if (here() == '\\' && at_ + 1 < line_.size() && open == '"') {
        word += line_[++at_];
        continue;
      }
      if (open != close && here() == open) ++depth;
      if (here() == close && --depth == 0) break;
      word += here();
    }
    if (at_end()) lines_.fail(fmt::format("a value that begins with {} is not closed", open));
    ++at_;
    return word;
  }

  std::string_view line_;
  const XyzLines& lines_;
  std::size_t at_ = 0;
};

std::optional<std::string> take(Pairs& pairs, std::string_view key) {
  for (auto it = pairs.begin(); it != pairs.end(); ++it)
    if (text::lower(it->first) == text::lower(key)) {
      std::string value = std::move(it->second);
      pairs.erase(it);
      return value;
    }
  return std::nullopt;
}

/// Words between blanks, commas and brackets.
std::vector<std::string> list_words(std::string value) {
  for (char& c : value)
    if (c == ',' || c == '[' || c == ']') c = ' ';
  return text::split_words(value);
}

std::vector<double> numbers(const std::string& value, std::size_t count, const char* key, const XyzLines& lines) {
  std::vector<double> out;
  for (const std::string& word : list_words(value)) {
    const auto number = text::to_double(word);
    if (!number) lines.fail(fmt::format("{}: '{}' is not a number", key, word));
    out.push_back(*number);
  }
  if (out.size() != count) lines.fail(fmt::format("{} holds {} numbers, expected {}", key, out.size(), count));
  return out;
}

/// Three vectors of three numbers each, as columns.
Eigen::Matrix3d nine_numbers(const std::string& value, const char* key, const XyzLines& lines) {
  const std::vector<double> v = numbers(value, 9, key, lines);
  return Eigen::Map<const Eigen::Matrix3d>(v.data());
}

struct Column {
  std::string name;
  char type;
  int width;

  bool is_symbol() const { return name == "species" && width == 1; }
  bool is_number() const { return (name == "Z" || name == "numbers") && width == 1; }
  bool is_position() const { return name == "pos" && width == 3; }
  bool is_force() const { return (name == "forces" || name == "force") && width == 3; }
  bool is_mask() const { return name == "move_mask" && (width == 1 || width == 3); }
};

std::vector<Column> parse_properties(const std::string& value, const XyzLines& lines) {
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

bool is_true(const std::string& word, const XyzLines& lines) {
  const std::string small = text::lower(word);
  if (small == "t" || small == "true" || small == "1") return true;
  if (small == "f" || small == "false" || small == "0") return false;
  lines.fail(fmt::format("'{}' is neither T nor F", word));
}

/// One frame, after the line that holds its number of atoms.
class FrameReader {
 public:
  FrameReader(XyzLines& lines, long count) : lines_{lines}, count_{count} {}

  Frame read() {
    read_comment();
    prepare_columns();
    for (long i = 0; i < count_; ++i) read_atom(i);
    return std::move(frame_);
  }

 private:
  void read_comment();
  void read_cell(Pairs& pairs);
  void prepare_columns();
  void read_atom(long i);
  void take_column(const Column& column, const std::vector<std::string>& words, std::size_t at, long i, int& species);
  void take_mask(const Column& column, const std::vector<std::string>& words, std::size_t at);
  int species_of(const Column& column, const std::string& word) const;
  Eigen::Vector3d vector_at(const std::vector<std::string>& words, std::size_t at) const;

  XyzLines& lines_;
  long count_;
  Frame frame_;
  std::vector<Column> columns_;
  bool declared_ = false;  // the columns stand in the file
  std::size_t words_expected_ = 0;
};

void FrameReader::read_comment() {
  std::string_view line;
  if (!lines_.next(line)) lines_.fail("the file ends before the comment line");
  Pairs pairs = Comment(line, lines_).pairs();
  read_cell(pairs);
  if (const auto energy = take(pairs, "energy")) frame_.energy_ev = numbers(*energy, 1, "energy", lines_)[0];
  if (const auto stress = take(pairs, "stress")) frame_.stress = nine_numbers(*stress, "stress", lines_);
  const auto properties = take(pairs, "Properties");
  declared_ = properties.has_value();
  columns_ = parse_properties(properties.value_or("species:S:1:pos:R:3"), lines_);
  frame_.info = std::move(pairs);
}

void FrameReader::read_cell(Pairs& pairs) {
  Configuration& atoms = frame_.configuration;
  atoms.periodic = {false, false, false};
  if (const auto lattice = take(pairs, "Lattice")) {
    atoms.cell = nine_numbers(*lattice, "Lattice", lines_);
    if (!(std::abs(atoms.cell.determinant()) > 1e-6)) lines_.fail("Lattice: its vectors span no volume");
    atoms.periodic = {true, true, true};
  }
  if (const auto pbc = take(pairs, "pbc")) {
    const std::vector<std::string> words = list_words(*pbc);
    if (words.size() != 3) lines_.fail("pbc needs three values such as \"T T T\"");
    for (std::size_t k = 0; k < 3; ++k) atoms.periodic[k] = is_true(words[k], lines_);
  }
}

void FrameReader::prepare_columns() {
  bool has_species = false, has_positions = false;
  for (const Column& column : columns_) {
    words_expected_ += static_cast<std::size_t>(column.width);
    has_species = has_species || column.is_symbol() || column.is_number();
    has_positions = has_positions || column.is_position();
    if (column.is_force()) frame_.forces = Eigen::Matrix3Xd::Zero(3, count_);
    if (column.is_mask()) frame_.mobile.emplace();
  }
  if (!has_species || !has_positions) lines_.fail("Properties must hold species:S:1 and pos:R:3");
  frame_.configuration.positions.resize(3, count_);
}

void FrameReader::read_atom(long i) {
  std::string_view line;
  if (!lines_.next(line)) lines_.fail(fmt::format("the file ends after {} of {} atoms", i, count_));
  const std::vector<std::string> words = text::split_words(line);
  // A plain XYZ file may carry more columns than anything declares; a declared one may not.
  if (words.size() < words_expected_ || (declared_ && words.size() > words_expected_))
    lines_.fail(fmt::format("{} columns, expected {}", words.size(), words_expected_));
  int species = 0;
  std::size_t at = 0;
  for (const Column& column : columns_) {
    take_column(column, words, at, i, species);
    at += static_cast<std::size_t>(column.width);
  }
  frame_.configuration.species.push_back(species);
}

void FrameReader::take_column(const Column& column, const std::vector<std::string>& words, std::size_t at, long i,
                              int& species) {
  if (column.is_symbol()) {
    species = species_of(column, words[at]);
  } else if (column.is_number()) {
    const int z = species_of(column, words[at]);
    if (species == 0) species = z;
  } else if (column.is_position()) {
    frame_.configuration.positions.col(i) = vector_at(words, at);
  } else if (column.is_force()) {
    frame_.forces->col(i) = vector_at(words, at);
  } else if (column.name == "move_mask" && frame_.mobile) {
    take_mask(column, words, at);
  }
}

int FrameReader::species_of(const Column& column, const std::string& word) const {
  if (column.is_symbol()) {
    const auto z = atomic_number(word);
    if (!z) lines_.fail(fmt::format("'{}' is not a chemical element; write a symbol such as Pb", word));
    return *z;
  }
  const auto z = text::to_integer(word);
  if (!z || *z < 1 || *z > 118) lines_.fail(fmt::format("'{}' is not an atomic number; 1 to 118 are allowed", word));
  return static_cast<int>(*z);
}

Eigen::Vector3d FrameReader::vector_at(const std::vector<std::string>& words, std::size_t at) const {
  Eigen::Vector3d out;
  for (std::size_t k = 0; k < 3; ++k) {
    const auto number = text::to_double(words[at + k]);
    if (!number) lines_.fail(fmt::format("'{}' is not a finite number", words[at + k]));
    out(static_cast<Eigen::Index>(k)) = *number;
  }
  return out;
}

void FrameReader::take_mask(const Column& column, const std::vector<std::string>& words, std::size_t at) {
  bool mobile = false;
  for (int k = 0; k < column.width; ++k) {
    const bool here = is_true(words[at + static_cast<std::size_t>(k)], lines_);
    if (k > 0 && here != mobile) lines_.fail("an atom that moves along some axes only is not supported");
    mobile = here;
  }
  frame_.mobile->push_back(mobile);
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
    for (int j = 0; j < 3; ++j) {
      if (!out.empty()) out += ' ';
      out += text::digits17(columns(j, k));
    }
  return out;
}

}  // namespace

std::vector<Frame> parse_extxyz(const std::string& content, const std::string& name) {
  XyzLines lines{content, text::printable(name)};
  std::vector<Frame> out;
  std::string_view line;
  while (lines.next(line)) {
    const std::string word = text::trim(line);
    if (word.empty()) continue;
    const auto count = text::to_integer(word);
    if (!count || *count < 1 || *count > 200'000)
      lines.fail(fmt::format("'{}': expected the number of atoms, 1 to 200000", word.substr(0, 40)));
    out.push_back(FrameReader(lines, *count).read());
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
