// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/formats/poscar.hpp"

#include <algorithm>
#include <cmath>
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
  bool rest_is_blank() const { return rest_.find_first_not_of(" \t\r\n") == std::string_view::npos; }

 private:
  std::string_view rest_;
  std::string name_;
  int number_ = 0;
};

Eigen::Vector3d three(const std::string& line, const Lines& lines) {
  const auto words = text::split_words(line);
  Eigen::Vector3d out;
  for (std::size_t k = 0; k < 3; ++k) {
    const auto number = k < words.size() ? text::to_double(words[k]) : std::nullopt;
    if (!number) lines.fail(fmt::format("'{}': expected three numbers", line.substr(0, 60)));
    out(static_cast<Eigen::Index>(k)) = *number;
  }
  return out;
}

}  // namespace

Crystal parse_poscar(const std::string& content, const std::string& name) {
  Lines lines{content, text::printable(name)};
  const std::string title = lines.next("the title");
  const std::string scale_line = lines.next("the scale");
  const auto scale = text::to_double(scale_line);
  if (!scale || *scale == 0)
    lines.fail(fmt::format("'{}': expected one scale (or minus the volume)", scale_line.substr(0, 60)));
  Configuration atoms;
  for (int k = 0; k < 3; ++k) atoms.cell.col(k) = three(lines.next("a lattice vector"), lines);
  const double raw_volume = atoms.cell.determinant();
  const double factor = *scale > 0 ? *scale : std::cbrt(-*scale / std::abs(raw_volume));
  atoms.cell *= factor;
  const double volume = atoms.cell.determinant();
  if (!std::isfinite(volume) || std::abs(volume) < 1 || std::abs(volume) > 1e7)
    lines.fail(fmt::format("cell volume {} A^3: it must lie between 1 and 1e7", volume));

  std::vector<int> elements;
  const std::string symbols = lines.next("the element symbols");
  for (const std::string& word : text::split_words(symbols)) {
    // VASP writes potentials' names here too: Pb_d, Pb/0a3f.
    const auto z = atomic_number(word.substr(0, word.find_first_of("_/")));
    if (!z)
      lines.fail(fmt::format("'{}' is no chemical element; files without a line of symbols (VASP 4) are not read",
                             word.substr(0, 40)));
    elements.push_back(*z);
  }
  const std::string counts = lines.next("the atom counts");
  const auto count_words = text::split_words(counts);
  if (count_words.size() != elements.size() || elements.empty())
    lines.fail(fmt::format("{} counts for {} elements", count_words.size(), elements.size()));
  for (std::size_t k = 0; k < elements.size(); ++k) {
    const auto n = text::to_integer(count_words[k]);
    if (!n || *n < 0 || *n + atoms.size() > 200'000)
      lines.fail(fmt::format("'{}': expected a number of atoms, at most 200000 in all", count_words[k].substr(0, 40)));
    atoms.species.insert(atoms.species.end(), static_cast<std::size_t>(*n), elements[k]);
  }
  if (atoms.species.empty()) lines.fail("no atoms");

  std::string mode = text::lower(lines.next("Direct or Cartesian"));
  bool selective = false;
  if (mode.starts_with("s")) {
    selective = true;
    mode = text::lower(lines.next("Direct or Cartesian"));
  }
  const bool cartesian = mode.starts_with("c") || mode.starts_with("k");
  if (!cartesian && !mode.starts_with("d"))
    lines.fail(fmt::format("'{}': expected Direct or Cartesian", mode.substr(0, 40)));
  atoms.positions.resize(3, atoms.size());
  for (int i = 0; i < atoms.size(); ++i) {
    const Eigen::Vector3d x = three(lines.next("an atom"), lines);
    atoms.positions.col(i) = cartesian ? Eigen::Vector3d{factor * x} : Eigen::Vector3d{atoms.cell * x};
  }
  const bool more = !lines.rest_is_blank();
  Crystal out = to_crystal(atoms, title.empty() ? "POSCAR" : title);
  out.model = title.find("not experimental") != std::string::npos;
  if (selective) out.warnings.emplace_back("selective dynamics is read over: every atom counts as free");
  if (more) out.warnings.emplace_back("what follows the positions (velocities) is read over");
  return out;
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
