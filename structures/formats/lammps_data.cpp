// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/formats/lammps_data.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <string_view>

#include <fmt/core.h>

#include "structures/core/cell.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

struct Line {
  int number;
  std::vector<std::string> words;
  std::string comment;
};

struct Reader {
  std::string name;
  std::vector<Line> lines;

  [[noreturn]] void fail(int line, const std::string& problem) const {
    throw Error{Error::Kind::bad_input, fmt::format("{}:{}: {}", name, line, text::printable(problem))};
  }
  double real(const Line& line, std::size_t k) const {
    const auto value = k < line.words.size() ? text::to_double(line.words[k]) : std::nullopt;
    if (!value) fail(line.number, fmt::format("column {}: expected a number", k + 1));
    return *value;
  }
  long whole(const Line& line, std::size_t k, long low, long high) const {
    const auto value = k < line.words.size() ? text::to_integer(line.words[k]) : std::nullopt;
    if (!value || *value < low || *value > high)
      fail(line.number, fmt::format("column {}: expected an integer between {} and {}", k + 1, low, high));
    return *value;
  }
};

Reader split(const std::string& content, const std::string& name) {
  Reader out{text::printable(name), {}};
  std::string_view rest = content;
  for (int number = 1; !rest.empty(); ++number) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (number == 1) continue;  // LAMMPS too reads over the first line
    const auto hash = line.find('#');
    auto words = text::split_words(line.substr(0, hash));
    if (words.empty()) continue;
    out.lines.push_back(
        {number, std::move(words), hash == std::string_view::npos ? "" : text::trim(line.substr(hash + 1))});
  }
  return out;
}

std::optional<int> element_of_mass(double mass) {
  int best = 0;
  for (int z = 1; z <= 118; ++z)
    if (best == 0 || std::abs(atomic_mass(z) - mass) < std::abs(atomic_mass(best) - mass)) best = z;
  if (std::abs(atomic_mass(best) - mass) > 0.05) return std::nullopt;
  return best;
}

bool is_section(const Line& line) {
  constexpr std::array names{"Masses",    "Atoms",      "Velocities", "Bonds", "Angles", "Dihedrals",
                             "Impropers", "Pair",       "PairIJ",     "Bond",  "Angle",  "Dihedral",
                             "Improper",  "Ellipsoids", "DataLines",  "Bodies"};
  const std::string& word = line.words[0];
  return std::find(names.begin(), names.end(), word) != names.end() ||
         (word == "Atom" && line.words.size() >= 3 && line.words[1] == "Type" && line.words[2] == "Labels");
}

/// What stands above the first section.
struct DataHead {
  Eigen::Matrix3d cell = Eigen::Matrix3d::Zero();
  Eigen::Vector3d origin = Eigen::Vector3d::Zero();
  long atoms = -1, types = -1;
};

bool ends_with(const Line& line, std::initializer_list<std::string_view> tail) {
  if (line.words.size() < tail.size()) return false;
  return std::equal(tail.begin(), tail.end(), line.words.end() - static_cast<std::ptrdiff_t>(tail.size()));
}

Eigen::Vector3d vector_of(const Reader& reader, const Line& line) {
  return {reader.real(line, 0), reader.real(line, 1), reader.real(line, 2)};
}

/// A box of three lengths and tilts, or three vectors of any direction.
void read_box(const Reader& reader, const Line& line, DataHead& head) {
  constexpr std::array<std::array<std::string_view, 2>, 3> ends{{{"xlo", "xhi"}, {"ylo", "yhi"}, {"zlo", "zhi"}}};
  constexpr std::array<std::string_view, 3> vectors{"avec", "bvec", "cvec"};
  for (std::size_t k = 0; k < 3; ++k) {
    const auto axis = static_cast<Eigen::Index>(k);
    if (ends_with(line, {ends[k][0], ends[k][1]})) {
      head.origin(axis) = reader.real(line, 0);
      head.cell(axis, axis) = reader.real(line, 1) - head.origin(axis);
    }
    if (ends_with(line, {vectors[k]})) head.cell.col(axis) = vector_of(reader, line);
  }
  if (ends_with(line, {"abc", "origin"})) head.origin = vector_of(reader, line);
  if (ends_with(line, {"xy", "xz", "yz"})) {
    head.cell(0, 1) = reader.real(line, 0);
    head.cell(0, 2) = reader.real(line, 1);
    head.cell(1, 2) = reader.real(line, 2);
  }
}

/// @param at  moves to the first section
DataHead read_data_head(const Reader& reader, std::size_t& at) {
  DataHead head;
  for (; at < reader.lines.size() && !is_section(reader.lines[at]); ++at) {
    const Line& line = reader.lines[at];
    read_box(reader, line, head);
    if (line.words.size() == 2 && line.words[1] == "atoms") head.atoms = reader.whole(line, 0, 1, 200'000);
    if (line.words.size() == 3 && line.words[1] == "atom" && line.words[2] == "types")
      head.types = reader.whole(line, 0, 1, 10'000);
  }
  const double volume = std::abs(head.cell.determinant());
  if (!(volume >= 1 && volume <= 1e7))
    reader.fail(1, fmt::format("box volume {} A^3: it must lie between 1 and 1e7", volume));
  if (head.atoms < 1 || head.types < 1) reader.fail(1, "the header must give 'N atoms' and 'N atom types'");
  return head;
}

/// Types by number or label, and the elements they stand for.
struct Types {
  long count;
  std::map<std::string, long> labels;
  std::map<long, int> element;

  long number(const Reader& reader, const Line& line, std::size_t column) const {
    if (column < line.words.size())
      if (const auto label = labels.find(line.words[column]); label != labels.end()) return label->second;
    return reader.whole(line, column, 1, count);
  }
};

using DataLines = std::span<const Line>;

void read_labels(const Reader& reader, DataLines lines, Types& types) {
  for (const Line& line : lines) {
    const long type = reader.whole(line, 0, 1, types.count);
    if (line.words.size() < 2) reader.fail(line.number, "expected a type and its label");
    types.labels[line.words[1]] = type;
    if (const auto z = atomic_number(line.words[1].substr(0, line.words[1].find_first_of("_0123456789"))))
      types.element[type] = *z;
  }
}

void read_masses(const Reader& reader, DataLines lines, Types& types) {
  for (const Line& line : lines) {
    const long type = types.number(reader, line, 0);
    auto z = atomic_number(line.comment.substr(0, line.comment.find_first_of(" \t_")));
    if (!z) z = element_of_mass(reader.real(line, 1));
    if (!z && types.element.contains(type)) continue;
    if (!z) reader.fail(line.number, fmt::format("type {}: no element has this mass; add '# symbol'", type));
    types.element[type] = *z;
  }
}

/// Columns of the Atoms section.
struct Columns {
  std::size_t type, first;  ///< of the type, and of x
};

Columns columns_of(const Reader& reader, const Line& head, DataLines lines) {
  std::string style = head.comment.substr(0, head.comment.find_first_of(" \t"));
  if (style.empty()) {
    // With three image flags the counts are 8, 9 and 10: each count belongs to one style.
    const std::size_t columns = lines.front().words.size();
    style = columns == 5 || columns == 8    ? "atomic"
            : columns == 6 || columns == 9  ? "charge"
            : columns == 7 || columns == 10 ? "full"
                                            : "";
  }
  if (style == "atomic") return {1, 2};
  if (style == "charge") return {1, 3};
  if (style == "molecular") return {2, 3};
  if (style == "full") return {2, 4};
  reader.fail(head.number, "Atoms: styles atomic, charge, molecular and full are read; name the style as '# charge'");
}

void read_atoms(const Reader& reader, const DataHead& head, const Columns& columns, DataLines lines, const Types& types,
                Configuration& out) {
  for (const Line& line : lines) {
    const long id = reader.whole(line, 0, 1, head.atoms) - 1;
    const auto type = types.element.find(types.number(reader, line, columns.type));
    if (type == types.element.end())
      reader.fail(line.number, "the type has no mass: the Masses section must come first");
    if (out.species[static_cast<std::size_t>(id)] != 0)
      reader.fail(line.number, fmt::format("atom {} is listed twice; keep one", id + 1));
    out.species[static_cast<std::size_t>(id)] = type->second;
    for (std::size_t c = 0; c < 3; ++c)
      out.positions(static_cast<Eigen::Index>(c), id) =
          reader.real(line, columns.first + c) - head.origin(static_cast<Eigen::Index>(c));
    if (line.words.size() == columns.first + 6)
      for (std::size_t c = 0; c < 3; ++c)
        out.positions.col(id) += static_cast<double>(reader.whole(line, columns.first + 3 + c, -100'000, 100'000)) *
                                 head.cell.col(static_cast<Eigen::Index>(c));
  }
}

}  // namespace

Crystal parse_lammps_data(const std::string& content, const std::string& name) {
  const Reader reader = split(content, name);
  std::size_t at = 0;
  const DataHead head = read_data_head(reader, at);
  Types types{head.types, {}, {}};
  Configuration out;
  out.cell = head.cell;
  out.positions.resize(3, head.atoms);
  out.species.assign(static_cast<std::size_t>(head.atoms), 0);
  std::vector<std::string> warnings;
  bool seen_atoms = false;
  while (at < reader.lines.size()) {
    const Line& title = reader.lines[at++];
    const std::size_t begin = at;
    while (at < reader.lines.size() && !is_section(reader.lines[at])) ++at;
    const DataLines lines = DataLines{reader.lines}.subspan(begin, at - begin);
    if (title.words[0] == "Atom") {
      read_labels(reader, lines, types);
    } else if (title.words[0] == "Masses") {
      read_masses(reader, lines, types);
    } else if (title.words[0] == "Atoms") {
      seen_atoms = true;
      if (lines.size() != static_cast<std::size_t>(head.atoms))
        reader.fail(title.number, fmt::format("{} lines for {} atoms", lines.size(), head.atoms));
      const Columns columns = columns_of(reader, title, lines);
      if (columns.first > 2) warnings.emplace_back("charges and molecule numbers of the LAMMPS data are ignored");
      read_atoms(reader, head, columns, lines, types, out);
    }
  }
  if (!seen_atoms) reader.fail(1, "no Atoms section");
  Crystal crystal = to_crystal(out, "lammps-data");
  crystal.warnings = std::move(warnings);
  crystal.model = content.substr(0, content.find('\n')).find("not experimental") != std::string::npos;
  return crystal;
}

std::string format_lammps_data(const Crystal& crystal) {
  if (!(crystal.cell.determinant() > 0))
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: a left-handed cell cannot be written as LAMMPS data; swap two vectors",
                            text::printable(crystal.name))};
  // Shears by whole vectors change the basis, not the lattice; the fractional coordinates follow.
  Eigen::Matrix3d cell = cell_from_parameters(parameters_of(crystal.cell));
  Eigen::Matrix3d whole = Eigen::Matrix3d::Identity();
  const auto shear = [&](int vector, int by) {
    const double n = -std::round(cell(by, vector) / cell(by, by));
    cell.col(vector) += n * cell.col(by);
    whole.col(vector) += n * whole.col(by);
  };
  shear(2, 1);
  shear(2, 0);
  shear(1, 0);
  const Eigen::Matrix3Xd positions = cell * (whole.inverse() * crystal.fractional);

  std::vector<int> order;
  for (const int z : crystal.species)
    if (std::find(order.begin(), order.end(), z) == order.end()) order.push_back(z);
  std::string out = fmt::format("{}{}, written by hopflow, units metal\n\n", text::printable(crystal.name),
                                crystal.model ? " (model, not experimental)" : "");
  out += fmt::format("{} atoms\n{} atom types\n\n", crystal.size(), order.size());
  constexpr std::array axes{'x', 'y', 'z'};
  for (int k = 0; k < 3; ++k) {
    const char axis = axes[static_cast<std::size_t>(k)];
    out += fmt::format("0.0 {} {}lo {}hi\n", text::digits17(cell(k, k)), axis, axis);
  }
  if (cell(0, 1) != 0 || cell(0, 2) != 0 || cell(1, 2) != 0)
    out += fmt::format("{} {} {} xy xz yz\n", text::digits17(cell(0, 1)), text::digits17(cell(0, 2)),
                       text::digits17(cell(1, 2)));
  out += "\nMasses\n\n";
  for (std::size_t k = 0; k < order.size(); ++k)
    out += fmt::format("{} {} # {}\n", k + 1, atomic_mass(order[k]), symbol_of(order[k]));
  out += "\nAtoms # atomic\n\n";
  for (int i = 0; i < crystal.size(); ++i) {
    const auto type =
        std::find(order.begin(), order.end(), crystal.species[static_cast<std::size_t>(i)]) - order.begin() + 1;
    out += fmt::format("{} {} {} {} {}\n", i + 1, type, text::digits17(positions(0, i)),
                       text::digits17(positions(1, i)), text::digits17(positions(2, i)));
  }
  return out;
}

}  // namespace hopflow
