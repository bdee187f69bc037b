// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/chemistry/molecule_skeleton.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <set>
#include <string>

#include "structures/core/element.hpp"

namespace hopflow {

namespace {

std::vector<std::vector<int>> neighbors_of(const Skeleton& skeleton) {
  std::vector<std::vector<int>> out(skeleton.species.size());
  for (const auto& [a, b] : skeleton.bonds) {
    out[static_cast<std::size_t>(a)].push_back(b);
    out[static_cast<std::size_t>(b)].push_back(a);
  }
  return out;
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {  // FNV-1a over eight bytes
  for (int byte = 0; byte < 8; ++byte) hash = (hash ^ ((value >> (8 * byte)) & 0xff)) * 0x100000001b3ULL;
  return hash;
}

std::uint64_t combine(std::uint64_t first, std::vector<std::uint64_t> rest) {
  std::sort(rest.begin(), rest.end());
  std::uint64_t hash = mix(0xcbf29ce484222325ULL, first);
  for (const std::uint64_t value : rest) hash = mix(hash, value);
  return hash;
}

}  // namespace

Skeleton parse_skeleton(std::string_view line) {
  Skeleton out;
  std::vector<int> open;
  std::array<int, 10> ring;
  ring.fill(-1);
  int last = -1;
  for (std::size_t k = 0; k < line.size(); ++k) {
    const char c = line[k];
    if (c == '(') {
      open.push_back(last);
    } else if (c == ')') {
      last = open.back();
      open.pop_back();
    } else if (c >= '0' && c <= '9') {
      int& end = ring[static_cast<std::size_t>(c - '0')];
      if (end >= 0) out.bonds.emplace_back(end, last);
      end = end >= 0 ? -1 : last;
    } else if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      std::string symbol(1, static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
      if (k + 1 < line.size() && (line.substr(k, 2) == "Cl" || line.substr(k, 2) == "Br")) symbol += line[++k];
      out.species.push_back(atomic_number(symbol).value_or(0));
      const int atom = static_cast<int>(out.species.size()) - 1;
      if (last >= 0) out.bonds.emplace_back(last, atom);
      last = atom;
    }
  }
  return out;
}

std::uint64_t signature(const Skeleton& skeleton) {
  const auto around = neighbors_of(skeleton);
  std::vector<std::uint64_t> color(skeleton.species.begin(), skeleton.species.end());
  for (std::size_t round = 0; round < color.size(); ++round) {
    std::vector<std::uint64_t> next;
    for (std::size_t atom = 0; atom < color.size(); ++atom) {
      std::vector<std::uint64_t> near;
      for (const int other : around[atom]) near.push_back(color[static_cast<std::size_t>(other)]);
      next.push_back(combine(color[atom], near));
    }
    color = std::move(next);
  }
  return combine(skeleton.bonds.size(), color);
}

std::vector<std::vector<int>> small_rings(const Skeleton& skeleton) {
  const auto around = neighbors_of(skeleton);
  std::vector<std::vector<int>> out;
  std::set<std::vector<int>> seen;
  std::vector<int> path;
  const std::function<void(int)> walk = [&](int atom) {
    path.push_back(atom);
    for (const int next : around[static_cast<std::size_t>(atom)]) {
      if (next == path.front() && path.size() >= 5) {
        std::vector<int> members = path;
        std::sort(members.begin(), members.end());
        if (seen.insert(members).second) out.push_back(path);
      }
      // Each ring is walked from its smallest atom.
      if (next > path.front() && path.size() < 6 && std::find(path.begin(), path.end(), next) == path.end()) walk(next);
    }
    path.pop_back();
  };
  for (int atom = 0; atom < static_cast<int>(skeleton.species.size()); ++atom) walk(atom);
  return out;
}

}  // namespace hopflow
