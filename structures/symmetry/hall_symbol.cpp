// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/symmetry/hall_symbol.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "structures/core/text.hpp"
#include "structures/symmetry/space_group_table.hpp"

namespace hopflow {

namespace {

using Vectors = std::vector<Eigen::Vector3d>;

/// Centring translations besides zero.
std::optional<Vectors> centring(char letter) {
  constexpr double h = 1.0 / 2, t = 1.0 / 3, d = 2.0 / 3;
  switch (letter) {
    case 'p': return Vectors{};
    case 'a': return Vectors{{0, h, h}};
    case 'b': return Vectors{{h, 0, h}};
    case 'c': return Vectors{{h, h, 0}};
    case 'i': return Vectors{{h, h, h}};
    case 'r': return Vectors{{d, t, t}, {t, d, d}};
    case 's': return Vectors{{t, t, d}, {d, t, d}};
    case 't': return Vectors{{t, d, t}, {d, t, d}};
    case 'h': return Vectors{{d, t, 0}, {t, d, 0}};
    case 'f': return Vectors{{0, h, h}, {h, 0, h}, {h, h, 0}};
    default: return std::nullopt;
  }
}

std::optional<Eigen::Vector3d> translation_letter(char letter) {
  constexpr double h = 1.0 / 2, q = 1.0 / 4;
  switch (letter) {
    case 'a': return Eigen::Vector3d{h, 0, 0};
    case 'b': return Eigen::Vector3d{0, h, 0};
    case 'c': return Eigen::Vector3d{0, 0, h};
    case 'n': return Eigen::Vector3d{h, h, h};
    case 'u': return Eigen::Vector3d{q, 0, 0};
    case 'v': return Eigen::Vector3d{0, q, 0};
    case 'w': return Eigen::Vector3d{0, 0, q};
    case 'd': return Eigen::Vector3d{q, q, q};
    default: return std::nullopt;
  }
}

/// Rotation about c, or about a-b ('), a+b ("), a+b+c (*).
Eigen::Matrix3i rotation_about_z(char kind) {
  Eigen::Matrix3i out = Eigen::Matrix3i::Identity();
  switch (kind) {
    case '2': out << -1, 0, 0, 0, -1, 0, 0, 0, 1; break;
    case '3': out << 0, -1, 0, 1, -1, 0, 0, 0, 1; break;
    case '4': out << 0, -1, 0, 1, 0, 0, 0, 0, 1; break;
    case '6': out << 1, -1, 0, 1, 0, 0, 0, 0, 1; break;
    case '\'': out << 0, -1, 0, -1, 0, 0, 0, 0, -1; break;
    case '"': out << 0, 1, 0, 1, 0, 0, 0, 0, -1; break;
    case '*': out << 0, 0, 1, 1, 0, 0, 0, 1, 0; break;
    default: break;
  }
  return out;
}

/// The same about another axis: x, y, z go round.
Eigen::Matrix3i turned(const Eigen::Matrix3i& about_z, char axis) {
  const int shift = axis == 'x' ? 1 : axis == 'y' ? 2 : 0;
  Eigen::Matrix3i out;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) out((i + shift) % 3, (j + shift) % 3) = about_z(i, j);
  return out;
}

/// What a rotation inherits from the one before it.
struct Before {
  char order = 0, axis = 'z';
};

/// One of the up to four parts of a symbol, such as "-4bc" or "2'c", taken apart; 0 where a mark is absent.
struct Part {
  bool improper = false;
  char order = 0, axis = 0, diagonal = 0, screw = 0;
  Eigen::Vector3d translation = Eigen::Vector3d::Zero();
};

/// Sets a mark that may stand once. @return false if it stood already
bool set_once(char& mark, char c) {
  if (mark != 0) return false;
  mark = c;
  return true;
}

std::optional<Part> parse_part(std::string_view word) {
  Part part;
  part.improper = word.starts_with('-');
  if (part.improper) word.remove_prefix(1);
  if (word.empty() || std::string_view{"12346"}.find(word[0]) == std::string_view::npos) return std::nullopt;
  part.order = word[0];
  for (const char c : word.substr(1)) {
    bool fits = true;
    if (c >= '1' && c <= '5') {
      fits = set_once(part.screw, c);
    } else if (c == '\'' || c == '"' || c == '*') {
      fits = set_once(part.diagonal, c) && part.order == (c == '*' ? '3' : '2');
    } else if (c == 'x' || c == 'y' || c == 'z') {
      fits = set_once(part.axis, c);
    } else if (const auto shift = translation_letter(c)) {
      part.translation += *shift;
    } else {
      fits = false;
    }
    if (!fits) return std::nullopt;
  }
  return part;
}

/// The axis of a part that names none follows from its place and the part before. @return false if it does not
bool imply_axis(Part& part, int place, const Before& before) {
  if (part.axis == 0 && part.diagonal == 0 && part.order != '1') {
    const bool second_twofold = place == 2 && part.order == '2';
    if (place == 1)
      part.axis = 'z';
    else if (second_twofold && (before.order == '2' || before.order == '4'))
      part.axis = 'x';
    else if (second_twofold && (before.order == '3' || before.order == '6'))
      part.diagonal = '\'';
    else if (place == 3 && part.order == '3')
      part.diagonal = '*';
    else
      return false;
  }
  if (part.axis == 0 && part.diagonal != 0) part.axis = part.diagonal == '*' ? 'z' : before.axis;
  return true;
}

/// The operation of a part. @param place  1 for the first
std::optional<Operation> generator(std::string_view word, int place, Before& before) {
  std::optional<Part> part = parse_part(word);
  if (!part || !imply_axis(*part, place, before)) return std::nullopt;
  Operation out{Eigen::Matrix3i::Identity(), part->translation};
  if (part->screw != 0) {
    if (part->diagonal != 0 || part->axis == 0 || part->screw >= part->order) return std::nullopt;
    out.translation(part->axis - 'x') += static_cast<double>(part->screw - '0') / (part->order - '0');
  }
  const char axis = part->axis == 0 ? 'z' : part->axis;
  out.rotation = turned(rotation_about_z(part->diagonal != 0 ? part->diagonal : part->order), axis);
  if (part->improper) out.rotation = -out.rotation;
  before = {part->order, axis};
  return out;
}

Operation product(const Operation& a, const Operation& b) {
  Operation out{a.rotation * b.rotation, a.rotation.cast<double>() * b.translation + a.translation};
  for (double& t : out.translation) {
    t = std::round((t - std::floor(t)) * 24) / 24;
    if (t >= 1) t -= 1;
  }
  return out;
}

/// All products; nullopt beyond what a space group can have.
std::optional<std::vector<Operation>> closed(const std::vector<Operation>& generators) {
  constexpr std::size_t most = 192;
  std::vector<Operation> out{{Eigen::Matrix3i::Identity(), Eigen::Vector3d::Zero()}};
  for (std::size_t next = 0; next < out.size(); ++next)
    for (const Operation& g : generators) {
      const Operation made = product(out[next], g);
      if (std::any_of(out.begin(), out.end(), [&](const Operation& o) { return same_operation(o, made); })) continue;
      if (out.size() == most || made.rotation.cwiseAbs().maxCoeff() > 8) return std::nullopt;
      out.push_back(made);
    }
  return out;
}

/// "0 0 1" in twelfths, or "x-z,y,z+1/4".
std::optional<Operation> change_of_basis(std::string_view text) {
  if (text.find(',') != std::string_view::npos) return parse_operation(text);
  const std::vector<std::string> words = text::split_words(text);
  if (words.size() != 3) return std::nullopt;
  Operation out{Eigen::Matrix3i::Identity(), Eigen::Vector3d::Zero()};
  for (Eigen::Index k = 0; k < 3; ++k) {
    const auto twelfths = text::to_integer(words[static_cast<std::size_t>(k)]);
    if (!twelfths) return std::nullopt;
    out.translation(k) = static_cast<double>(*twelfths % 12) / 12;
  }
  return out;
}

}  // namespace

std::optional<std::vector<Operation>> operations_of_hall(std::string_view symbol) {
  if (symbol.size() > 200) return std::nullopt;
  std::string plain = text::lower(symbol);
  std::replace(plain.begin(), plain.end(), '_', ' ');
  plain = text::trim(plain);
  std::optional<Operation> basis;
  if (const auto open = plain.find('('); open != std::string::npos) {
    if (plain.find(')') != plain.size() - 1) return std::nullopt;
    basis = change_of_basis(std::string_view{plain}.substr(open + 1, plain.size() - open - 2));
    if (!basis) return std::nullopt;
    plain.resize(open);
  }
  std::vector<std::string> words = text::split_words(plain);
  if (words.empty()) return std::nullopt;
  std::string lattice = words[0];
  words.erase(words.begin());
  const bool centric = lattice.starts_with('-');
  if (centric) lattice.erase(0, 1);
  if (lattice.empty() && !words.empty()) {  // "- P 2"
    lattice = words[0];
    words.erase(words.begin());
  }
  const auto shifts = lattice.size() == 1 ? centring(lattice[0]) : std::nullopt;
  if (!shifts || words.empty() || words.size() > 4) return std::nullopt;

  std::vector<Operation> generators;
  for (const Eigen::Vector3d& shift : *shifts) generators.push_back({Eigen::Matrix3i::Identity(), shift});
  if (centric) generators.push_back({-Eigen::Matrix3i::Identity(), Eigen::Vector3d::Zero()});
  Before before;
  for (std::size_t k = 0; k < words.size(); ++k) {
    const auto made = generator(words[k], static_cast<int>(k) + 1, before);
    if (!made) return std::nullopt;
    generators.push_back(*made);
  }
  if (basis) {
    const Eigen::Matrix3d back = basis->rotation.cast<double>().inverse();
    if (std::abs(std::abs(basis->rotation.cast<double>().determinant()) - 1) > 1e-6) return std::nullopt;
    const Eigen::Matrix3i inverse = back.array().round().matrix().cast<int>();
    for (Operation& g : generators) {
      const Eigen::Matrix3i rotation = basis->rotation * g.rotation * inverse;
      g.translation = basis->rotation.cast<double>() * g.translation + basis->translation -
                      rotation.cast<double>() * basis->translation;
      g.rotation = rotation;
    }
  }
  auto out = closed(generators);
  if (out && !group_problem(*out).empty()) return std::nullopt;
  return out;
}

}  // namespace hopflow
