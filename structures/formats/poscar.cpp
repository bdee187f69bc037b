// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/formats/poscar.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

class PoscarLines {
 public:
  PoscarLines(std::string_view content, std::string name) : rest_{content}, name_{std::move(name)} {}

  std::string next(const char* expected) {
    if (rest_.empty()) fail(fmt::format("the file ends where {} is expected", expected));
    const auto end = rest_.find('\n');
    std::string line = text::trim(rest_.substr(0, end));
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    ++number_;
    return line;
  }
  [[noreturn]] void fail(const std::string& problem) const {
    throw Error{Error::Kind::bad_input,
                fmt::format("{}:{}: {}", name_, std::max(number_, 1), text::printable(problem))};
  }
  /// The next line, which stays to be read.
  std::string peek() const { return text::trim(rest_.substr(0, rest_.find('\n'))); }
  bool holds_frame() const { return rest_.find("configuration=") != std::string_view::npos; }
  bool rest_is_blank() const { return rest_.find_first_not_of(" \t\r\n") == std::string_view::npos; }

 private:
  std::string_view rest_;
  std::string name_;
  int number_ = 0;
};

/// A number as Fortran may write it: 1.0D0.
std::optional<double> fortran_number(std::string word) {
  for (char& c : word)
    if (c == 'D' || c == 'd') c = 'e';
  return text::to_double(word);
}

/// The words of a line before a comment.
std::vector<std::string> words_of(const std::string& line) {
  return text::split_words(std::string_view{line}.substr(0, line.find_first_of("!#")));
}

Eigen::Vector3d three(const std::string& line, const PoscarLines& lines) {
  const auto words = words_of(line);
  Eigen::Vector3d out;
  for (std::size_t k = 0; k < 3; ++k) {
    const auto number = k < words.size() ? fortran_number(words[k]) : std::nullopt;
    if (!number) lines.fail(fmt::format("'{}': expected three numbers", line.substr(0, 60)));
    out(static_cast<Eigen::Index>(k)) = *number;
  }
  return out;
}

/// What stands above the positions.
struct PoscarHead {
  std::string title;
  Configuration atoms;     ///< cell and species
  Eigen::Vector3d factor;  ///< for Cartesian positions
};

/// One factor, minus the volume, or three factors, for x, y and z.
Eigen::Vector3d read_scale(PoscarLines& lines) {
  const std::string line = lines.next("the scale");
  std::vector<double> numbers;
  for (const std::string& word : words_of(line)) {
    const auto number = fortran_number(word);
    if (!number) break;
    numbers.push_back(*number);
  }
  const bool three = numbers.size() >= 3;
  if (numbers.empty() || numbers[0] == 0 || (three && std::min({numbers[0], numbers[1], numbers[2]}) <= 0))
    lines.fail(
        fmt::format("'{}': expected one scale (or minus the volume), or three positive ones", line.substr(0, 60)));
  return three ? Eigen::Vector3d{numbers[0], numbers[1], numbers[2]} : Eigen::Vector3d::Constant(numbers[0]);
}

/// Elements named in a line, as far as they are elements. VASP writes potentials' names here too: Pb_d, Pb/0a3f.
std::vector<int> elements_in(const std::string& line) {
  std::vector<int> out;
  for (const std::string& word : words_of(line)) {
    const auto z = atomic_number(word.substr(0, word.find_first_of("_/")));
    if (!z) return {};
    out.push_back(*z);
  }
  return out;
}

/// The lines of symbols and counts; in files of VASP 4 the symbols may stand in the title.
void read_species(PoscarLines& lines, PoscarHead& head) {
  std::string line = lines.next("the element symbols");
  std::vector<int> elements = elements_in(line);
  if (const auto words = words_of(line); !words.empty() && text::to_integer(words[0])) {
    elements = elements_in(head.title);
    if (elements.size() != words.size())
      lines.fail(
          fmt::format("'{}': counts without a line of element symbols (VASP 4), and the title does not name {} "
                      "elements; write the symbols above the counts",
                      line.substr(0, 40), words.size()));
  } else if (elements.empty()) {
    lines.fail(fmt::format("'{}': expected element symbols", line.substr(0, 40)));
  } else {
    line = lines.next("the numbers of atoms");
  }
  const auto counts = words_of(line);
  if (counts.size() != elements.size())
    lines.fail(fmt::format("{} element symbols but {} counts", elements.size(), counts.size()));
  for (std::size_t k = 0; k < counts.size(); ++k) {
    const auto n = text::to_integer(counts[k]);
    if (!n || *n < 0 || *n + head.atoms.size() > 200'000)
      lines.fail(fmt::format("'{}': expected a number of atoms, at most 200000 in all", counts[k].substr(0, 40)));
    head.atoms.species.insert(head.atoms.species.end(), static_cast<std::size_t>(*n), elements[k]);
  }
  if (head.atoms.species.empty()) lines.fail("no atoms");
}

PoscarHead read_poscar_head(PoscarLines& lines) {
  PoscarHead head;
  head.title = lines.next("the title");
  const Eigen::Vector3d scale = read_scale(lines);
  for (int k = 0; k < 3; ++k) head.atoms.cell.col(k) = three(lines.next("a lattice vector"), lines);
  const double raw_volume = head.atoms.cell.determinant();
  head.factor = scale(0) > 0 ? scale : Eigen::Vector3d::Constant(std::cbrt(-scale(0) / std::abs(raw_volume)));
  head.atoms.cell = head.factor.asDiagonal() * head.atoms.cell;
  const double volume = head.atoms.cell.determinant();
  if (!std::isfinite(volume) || std::abs(volume) < 1 || std::abs(volume) > 1e7)
    lines.fail(fmt::format("cell volume {} A^3: it must lie between 1 and 1e7", volume));
  read_species(lines, head);
  return head;
}

/// From the line that says Direct or Cartesian on.
Crystal read_positions(PoscarLines& lines, const PoscarHead& head) {
  std::string mode = text::lower(lines.next("Direct or Cartesian"));
  bool selective = false;
  if (mode.starts_with("s")) {
    selective = true;
    mode = text::lower(lines.next("Direct or Cartesian"));
  }
  const bool cartesian = mode.starts_with("c") || mode.starts_with("k");
  if (!cartesian && !mode.starts_with("d"))
    lines.fail(fmt::format("'{}': expected Direct or Cartesian", mode.substr(0, 40)));
  Configuration atoms = head.atoms;
  atoms.positions.resize(3, atoms.size());
  for (int i = 0; i < atoms.size(); ++i) {
    const Eigen::Vector3d x = three(lines.next("an atom"), lines);
    atoms.positions.col(i) =
        cartesian ? Eigen::Vector3d{head.factor.asDiagonal() * x} : Eigen::Vector3d{atoms.cell * x};
  }
  Crystal out = to_crystal(atoms, head.title.empty() ? "POSCAR" : head.title);
  out.model = head.title.find("not experimental") != std::string::npos;
  if (selective) out.warnings.emplace_back("selective dynamics is read over: every atom counts as free");
  return out;
}

}  // namespace

std::vector<Crystal> parse_poscar_frames(const std::string& content, const std::string& name) {
  PoscarLines lines{content, text::printable(name)};
  PoscarHead head = read_poscar_head(lines);
  std::vector<Crystal> out{read_positions(lines, head)};
  // XDATCAR: more frames, each below a line "Direct configuration= 2", and above that the head again if the cell
  // changes.
  const auto begins_frame = [&] { return text::lower(lines.peek()).starts_with("direct configuration"); };
  while (!lines.rest_is_blank()) {
    if (!begins_frame()) {
      PoscarLines ahead = lines;
      if (ahead.next("") != head.title || !lines.holds_frame()) break;
      head = read_poscar_head(lines);
    }
    out.push_back(read_positions(lines, head));
  }
  if (!lines.rest_is_blank())
    out.back().warnings.emplace_back("what follows the positions (velocities, densities) is read over");
  return out;
}

Crystal parse_poscar(const std::string& content, const std::string& name) {
  return std::move(parse_poscar_frames(content, name).front());
}

std::string format_poscar(const Crystal& crystal) {
  std::vector<int> order;
  for (const int z : crystal.species)
    if (std::find(order.begin(), order.end(), z) == order.end()) order.push_back(z);
  std::string out = text::printable(crystal.name) + (crystal.model ? " (model, not experimental)" : "") + "\n1.0\n";
  for (int k = 0; k < 3; ++k)
    out += fmt::format("{} {} {}\n", text::digits17(crystal.cell(0, k)), text::digits17(crystal.cell(1, k)),
                       text::digits17(crystal.cell(2, k)));
  std::string symbols, counts, atoms;
  for (const int z : order) {
    symbols += symbol_of(z) + ' ';
    counts += fmt::format("{} ", std::count(crystal.species.begin(), crystal.species.end(), z));
    for (int i = 0; i < crystal.size(); ++i)
      if (crystal.species[static_cast<std::size_t>(i)] == z)
        atoms += fmt::format("{} {} {}\n", text::digits17(crystal.fractional(0, i)),
                             text::digits17(crystal.fractional(1, i)), text::digits17(crystal.fractional(2, i)));
  }
  return out + symbols + '\n' + counts + "\nDirect\n" + atoms;
}

}  // namespace hopflow
