// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/symmetry/space_group_table.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <numeric>

#include <fmt/core.h>
#include <spglib.h>

#include "structures/core/text.hpp"

namespace hopflow {

namespace {

constexpr double translation_tolerance = 6e-4;  // of a cell edge: thirds may be written 0.333

struct TableEntry {
  SpaceGroupSetting setting;
  std::vector<std::string> keys;  // every way the symbol is written, normalised
};

std::string normalise(std::string_view symbol) {
  std::string out;
  for (const char c : symbol)
    if (!std::isspace(static_cast<unsigned char>(c)) && c != '_')
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::vector<TableEntry> read_table() {
  std::vector<TableEntry> table;
  for (int hall = 1; hall <= 530; ++hall) {
    const SpglibSpacegroupType type = spg_get_spacegroup_type(hall);
    TableEntry entry{
        {hall, type.number, text::trim(type.international_full), text::trim(type.hall_symbol), text::trim(type.choice)},
        {}};
    const auto add = [&](std::string_view symbol) {
      const std::string key = normalise(symbol);
      if (!key.empty() && std::find(entry.keys.begin(), entry.keys.end(), key) == entry.keys.end())
        entry.keys.push_back(key);
    };
    add(type.international_full);
    const std::vector<std::string> words = text::split_words(entry.setting.symbol);
    if (type.number < 3 || type.number > 15) {
      add(type.international_short);
      std::string_view rest = type.international;
      for (std::size_t at = 0; at != std::string_view::npos;) {
        at = rest.find('=');
        add(rest.substr(0, at));
        if (at != std::string_view::npos) rest.remove_prefix(at + 1);
      }
    } else if (words.size() == 4) {
      // spglib's short symbol of every monoclinic setting is that of the standard one; "P 1 2_1/n 1" is written P 21/n.
      std::string brief = words[0];
      for (std::size_t k = 1; k < 4; ++k)
        if (words[k] != "1") brief += words[k];
      add(brief);
    }
    // Before 1992 the double glide plane e was written with the letter of one of its two glides: Cmca for Cmce.
    for (std::size_t k = 0, count = entry.keys.size(); k < count; ++k) {
      const std::string key = entry.keys[k];
      const auto e = key.find('e');
      if (e == std::string::npos) continue;
      for (const char glide : {'a', 'b', 'c'}) {
        if (e < 4 && glide == static_cast<char>('a' + e - 1)) continue;  // no glide along a plane's own normal
        std::string old = key;
        old[e] = glide;
        add(old);
      }
    }
    // Older files write m3m for m-3m.
    if (type.number >= 200) {
      for (std::size_t k = 0, count = entry.keys.size(); k < count; ++k) {
        std::string old = entry.keys[k];
        std::erase(old, '-');
        if (old != entry.keys[k] && entry.keys[k].find("-3") != std::string::npos) add(old);
      }
    }
    table.push_back(std::move(entry));
  }
  return table;
}

const std::vector<TableEntry>& table() {
  static const std::vector<TableEntry> entries = read_table();
  return entries;
}

std::vector<SpaceGroupSetting> look_up(const std::string& key, const std::string& choice) {
  std::vector<SpaceGroupSetting> out;
  for (const TableEntry& entry : table())
    if (std::find(entry.keys.begin(), entry.keys.end(), key) != entry.keys.end() &&
        (choice.empty() || text::lower(entry.setting.choice).starts_with(choice)))
      out.push_back(entry.setting);
  return out;
}

int determinant(const Eigen::Matrix3i& m) {
  return m(0, 0) * (m(1, 1) * m(2, 2) - m(1, 2) * m(2, 1)) - m(0, 1) * (m(1, 0) * m(2, 2) - m(1, 2) * m(2, 0)) +
         m(0, 2) * (m(1, 0) * m(2, 1) - m(1, 1) * m(2, 0));
}

double tidy_translation(double t) {
  t -= std::floor(t);
  const double exact = std::round(t * 24) / 24;
  if (std::abs(t - exact) < translation_tolerance) t = exact;
  return t >= 1 ? t - 1 : t;
}

/// One of the three components; adds to the row of the rotation and to the translation.
bool parse_component(std::string_view text, Eigen::RowVector3i& row, double& translation) {
  row.setZero();
  translation = 0;
  std::size_t i = 0;
  bool any = false;
  while (i < text.size()) {
    int sign = 1;
    if (text[i] == '+' || text[i] == '-')
      sign = text[i++] == '-' ? -1 : 1;
    else if (any)
      return false;
    if (i >= text.size()) return false;
    const char c = text[i];
    if (c == 'x' || c == 'y' || c == 'z') {
      row(c - 'x') += sign;
      ++i;
    } else {
      const auto number = [&]() -> std::optional<double> {
        const std::size_t begin = i;
        while (i < text.size() && (std::isdigit(static_cast<unsigned char>(text[i])) || text[i] == '.')) ++i;
        if (i == begin || i - begin > 12) return std::nullopt;
        return text::to_double(text.substr(begin, i - begin));
      };
      auto value = number();
      if (!value) return false;
      if (i < text.size() && text[i] == '/') {
        ++i;
        const auto below = number();
        if (!below || *below == 0) return false;
        *value /= *below;
      }
      translation += sign * *value;
    }
    any = true;
  }
  return any;
}

}  // namespace

namespace {

/// "P2(1)/c" is P21/c, "R -3 m (H)" and "F d -3 m (origin choice 2)" are R-3m:H and Fd-3m:2.
std::string without_brackets(std::string key) {
  std::string out;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const auto close = key.find(')', i);
    if (key[i] != '(' || close == std::string::npos) {
      out += key[i];
      continue;
    }
    const std::string inside = key.substr(i + 1, close - i - 1);
    const bool is_screw = inside.size() == 1 && std::isdigit(static_cast<unsigned char>(inside[0])) != 0 && i > 0 &&
                          std::isdigit(static_cast<unsigned char>(key[i - 1])) != 0 && key[i - 1] > inside[0];
    if (is_screw)
      out += inside;
    else if (!inside.empty() && out.find(':') == std::string::npos)
      out += std::string{":"} + inside.back();
    i = close;
  }
  return out;
}

}  // namespace

std::vector<SpaceGroupSetting> settings_of_symbol(std::string_view symbol) {
  std::string key = without_brackets(normalise(symbol)), choice;
  if (const auto colon = key.find(':'); colon != std::string::npos) {
    choice = key.substr(colon + 1);
    key.resize(colon);
    // "P 4/n m m :2" and "P4/nmmZ" say the same in other letters.
    if (choice == "s") choice = "1";
    if (choice == "z") choice = "2";
  }
  std::vector<SpaceGroupSetting> found = look_up(key, choice);
  // "H 3 m", as macromolecular files name the hexagonal axes of R 3 m.
  if (found.empty() && choice.empty() && key.starts_with('h')) found = look_up('r' + key.substr(1), "h");
  if (found.empty() && choice.empty() && key.size() > 2) {
    const char last = key.back();
    const std::string trailing = last == 's' ? "1" : last == 'z' ? "2" : last == 'h' ? "h" : last == 'r' ? "r" : "";
    key.pop_back();
    if (!trailing.empty()) {
      found = look_up(key, trailing);
      if (found.empty()) found = look_up(key, "");
    }
  }
  return found;
}

std::vector<SpaceGroupSetting> settings_of_hall(std::string_view hall) {
  const auto key = [](std::string_view text) {
    std::string out{text};
    for (char& c : out)
      if (c == '_') c = ' ';
    return text::lower(text::join(text::split_words(out), " "));
  };
  std::vector<SpaceGroupSetting> out;
  for (const TableEntry& entry : table())
    if (key(entry.setting.hall) == key(hall)) out.push_back(entry.setting);
  return out;
}

std::vector<SpaceGroupSetting> settings_of_number(int number) {
  std::vector<SpaceGroupSetting> out;
  for (const TableEntry& entry : table())
    if (entry.setting.number == number) out.push_back(entry.setting);
  return out;
}

std::vector<Operation> operations_of(const SpaceGroupSetting& setting) {
  int rotations[192][3][3];
  double translations[192][3];
  const int n = spg_get_symmetry_from_database(rotations, translations, setting.hall_number);
  std::vector<Operation> out;
  for (int k = 0; k < n; ++k) {
    Operation operation;
    for (int i = 0; i < 3; ++i) {
      operation.translation(i) = tidy_translation(translations[k][i]);
      for (int j = 0; j < 3; ++j) operation.rotation(i, j) = rotations[k][i][j];
    }
    out.push_back(operation);
  }
  return out;
}

std::optional<Operation> parse_operation(std::string_view text) {
  const std::string packed = normalise(text);
  if (packed.size() > 120 ||
      packed.size() != static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return !std::isspace(static_cast<unsigned char>(c));
      })))
    return std::nullopt;
  std::array<std::string_view, 3> parts;
  std::string_view rest = packed;
  for (std::size_t k = 0; k < 3; ++k) {
    const auto comma = rest.find(',');
    if ((k < 2) != (comma != std::string_view::npos)) return std::nullopt;
    parts[k] = rest.substr(0, comma);
    if (k < 2) rest.remove_prefix(comma + 1);
  }
  Operation out;
  for (int k = 0; k < 3; ++k) {
    Eigen::RowVector3i row;
    double t = 0;
    if (!parse_component(parts[static_cast<std::size_t>(k)], row, t)) return std::nullopt;
    out.rotation.row(k) = row;
    out.translation(k) = tidy_translation(t);
  }
  return out;
}

std::string format_operation(const Operation& operation) {
  std::string out;
  for (int i = 0; i < 3; ++i) {
    if (i > 0) out += ',';
    bool any = false;
    for (int j = 0; j < 3; ++j) {
      const int w = operation.rotation(i, j);
      if (w == 0) continue;
      if (w < 0)
        out += '-';
      else if (any)
        out += '+';
      if (std::abs(w) > 1) out += std::to_string(std::abs(w));
      out += static_cast<char>('x' + j);
      any = true;
    }
    const double t = operation.translation(i) - std::floor(operation.translation(i));
    if (t < 1e-9) continue;
    const long n = std::lround(t * 24);
    if (std::abs(t * 24 - static_cast<double>(n)) < 1e-6) {
      const long divisor = std::gcd(n, 24L);
      out += fmt::format("+{}/{}", n / divisor, 24 / divisor);
    } else {
      out += fmt::format("+{}", t);
    }
  }
  return out;
}

bool same_operation(const Operation& a, const Operation& b) {
  if (a.rotation != b.rotation) return false;
  const Eigen::Vector3d d = a.translation - b.translation;
  return (d - d.array().round().matrix()).cwiseAbs().maxCoeff() < translation_tolerance;
}

std::string group_problem(const std::vector<Operation>& operations) {
  if (operations.empty()) return "no symmetry operation is listed";
  if (operations.size() > 192)
    return fmt::format("{} symmetry operations; a space group has at most 192 in a cell", operations.size());
  const auto listed = [&](const Operation& o) {
    return std::any_of(operations.begin(), operations.end(), [&](const Operation& p) { return same_operation(o, p); });
  };
  for (const Operation& o : operations)
    if (std::abs(determinant(o.rotation)) != 1)
      return fmt::format("operation '{}' has determinant {}, it must be 1 or -1", format_operation(o),
                         determinant(o.rotation));
  if (!listed({Eigen::Matrix3i::Identity(), Eigen::Vector3d::Zero()})) return "the identity 'x,y,z' is not listed";
  for (const Operation& a : operations)
    for (const Operation& b : operations) {
      const Operation product{a.rotation * b.rotation, a.rotation.cast<double>() * b.translation + a.translation};
      if (!listed(product))
        return fmt::format("the operations are not a group: '{}' after '{}' gives '{}', which is not listed",
                           format_operation(a), format_operation(b), format_operation(product));
    }
  return "";
}

bool same_operations(const std::vector<Operation>& a, const std::vector<Operation>& b) {
  if (a.size() != b.size()) return false;
  return std::all_of(a.begin(), a.end(), [&](const Operation& o) {
    return std::any_of(b.begin(), b.end(), [&](const Operation& p) { return same_operation(o, p); });
  });
}

std::optional<IdentifiedGroup> identify_group(const std::vector<Operation>& operations, const Eigen::Matrix3d& cell) {
  std::vector<std::array<std::array<int, 3>, 3>> rotations;
  std::vector<std::array<double, 3>> translations;
  for (const Operation& o : operations) {
    auto& r = rotations.emplace_back();
    auto& t = translations.emplace_back();
    for (int i = 0; i < 3; ++i) {
      t[static_cast<std::size_t>(i)] = o.translation(i);
      for (int j = 0; j < 3; ++j) r[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] = o.rotation(i, j);
    }
  }
  double lattice[3][3];
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) lattice[i][j] = cell(i, j);
  const SpglibSpacegroupType type = spg_get_spacegroup_type_from_symmetry(
      reinterpret_cast<int(*)[3][3]>(rotations.data()), reinterpret_cast<double(*)[3]>(translations.data()),
      static_cast<int>(operations.size()), lattice, 1e-3);
  if (type.number < 1) return std::nullopt;
  return IdentifiedGroup{type.number, type.international_short};
}

double metric_mismatch(const std::vector<Operation>& operations, const Eigen::Matrix3d& cell) {
  const Eigen::Matrix3d metric = cell.transpose() * cell;
  double worst = 0;
  for (const Operation& o : operations) {
    const Eigen::Matrix3d w = o.rotation.cast<double>();
    const Eigen::Matrix3d moved = w.transpose() * metric * w;
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j)
        worst = std::max(worst, std::abs(moved(i, j) - metric(i, j)) / std::sqrt(metric(i, i) * metric(j, j)));
  }
  return worst;
}

}  // namespace hopflow
