// SPDX-License-Identifier: GPL-2.0-or-later
#include "potentials/forcefield/parameters.hpp"

#include <fmt/core.h>

#include "structures/core/element.hpp"

namespace hopflow {

namespace {

void add_pair(std::vector<TableParameter>& out, const std::string& name, PairTerm& term) {
  if (term.form == PairTerm::Form::buckingham) {
    out.push_back({name + ".A", ParameterKind::buckingham_a, &term.a});
    out.push_back({name + ".rho", ParameterKind::rho, &term.rho});
    out.push_back({name + ".C", ParameterKind::dispersion, &term.c});
  } else {
    out.push_back({name + ".eps", ParameterKind::epsilon, &term.epsilon});
    out.push_back({name + ".sigma", ParameterKind::sigma, &term.sigma});
  }
}

template <std::size_t N>
std::string chain(const char* list, const std::array<std::string, N>& names) {
  std::string out = list;
  for (std::size_t k = 0; k < N; ++k) out += (k == 0 ? "." : "-") + names[k];
  return out;
}

}  // namespace

std::vector<TableParameter> parameters_of(ForceFieldTable& table) {
  std::vector<TableParameter> out;
  for (auto& [key, term] : table.pairs) add_pair(out, fmt::format("pairs.{}-{}", key.first, key.second), term);
  for (auto& [key, term] : table.cross_terms)
    add_pair(out, fmt::format("cross_terms.{}-{}", key.first, symbol_of(key.second)), term);
  for (auto& [key, term] : table.bonds) {
    out.push_back({chain("bonds", key) + ".K", ParameterKind::stiffness, &term.k});
    out.push_back({chain("bonds", key) + ".r0", ParameterKind::length, &term.x0});
  }
  for (auto& [key, term] : table.angles) {
    out.push_back({chain("angles", key) + ".K", ParameterKind::stiffness, &term.k});
    out.push_back({chain("angles", key) + ".theta0", ParameterKind::angle, &term.x0});
  }
  for (auto& [key, term] : table.dihedrals) {
    const std::string name = chain("dihedrals", key);
    if (term.form == DihedralTerm::Form::cosine) {
      out.push_back({name + ".K", ParameterKind::torsion, &term.k});
      continue;
    }
    for (std::size_t n = 0; n < 4; ++n)
      out.push_back({fmt::format("{}.V{}", name, n + 1), ParameterKind::torsion, &term.v[n]});
  }
  for (auto& [key, k] : table.impropers) out.push_back({"impropers." + key + ".K", ParameterKind::stiffness, &k});
  return out;
}

bool allowed_value(ParameterKind kind, double value) {
  switch (kind) {
    case ParameterKind::rho: return value >= 1e-3 && value <= 10;
    case ParameterKind::length: return value >= 0.3 && value <= 5;
    case ParameterKind::angle: return value >= 0 && value <= 180;
    case ParameterKind::torsion: return value >= -1000 && value <= 1000;
    case ParameterKind::sigma: return value >= 0 && value <= 20;
    case ParameterKind::buckingham_a: return value >= 0 && value <= 1e12;
    case ParameterKind::dispersion: return value >= 0 && value <= 1e9;
    case ParameterKind::epsilon:
    case ParameterKind::stiffness: return value >= 0 && value <= 1e5;
  }
  return false;
}

bool fits_glob(const std::string& pattern, const std::string& name) {
  std::size_t p = 0, n = 0, star = std::string::npos, from = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string::npos) {
      p = star + 1;
      n = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace hopflow
