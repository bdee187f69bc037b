// SPDX-License-Identifier: GPL-2.0-or-later
// A table and a crystal become a LAMMPS document.
#include "potentials/forcefield/forcefield.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/core.h>

#include "potentials/forcefield/table.hpp"
#include "potentials/forcefield/typing.hpp"
#include "potentials/lammps/document.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

struct ForceField::Data {
  ForceFieldTable table;
};

namespace {

constexpr double neutral = 1e-6;  // e per cell

std::string number(double value) { return text::shortest(value); }

// Which parameters are used, in order, and their LAMMPS numbers from 1.
template <std::size_t N>
std::map<int, int> number_terms(const std::vector<Joined<N>>& terms) {
  std::map<int, int> numbers;
  for (const Joined<N>& term : terms) numbers[term.parameters] = 0;
  int next = 0;
  for (auto& [parameters, value] : numbers) value = ++next;
  return numbers;
}

template <std::size_t N>
void add_terms(std::vector<BondedTerm<N>>& into, const std::vector<Joined<N>>& terms, const std::map<int, int>& numbers,
               const std::vector<int>& new_index) {
  for (const Joined<N>& term : terms) {
    BondedTerm<N> result;
    result.type = numbers.at(term.parameters);
    for (std::size_t k = 0; k < N; ++k) result.atoms[k] = new_index[static_cast<std::size_t>(term.atoms[k])] + 1;
    into.push_back(result);
  }
}

void add_bonded(LammpsDocument& document, const Topology& topology, const std::vector<int>& new_index) {
  const auto bonds = number_terms(topology.bonds);
  const auto angles = number_terms(topology.angles);
  const auto dihedrals = number_terms(topology.dihedrals);
  const auto impropers = number_terms(topology.impropers);
  add_terms(document.bonds, topology.bonds, bonds, new_index);
  add_terms(document.angles, topology.angles, angles, new_index);
  add_terms(document.dihedrals, topology.dihedrals, dihedrals, new_index);
  add_terms(document.impropers, topology.impropers, impropers, new_index);
  document.bonded_types = {static_cast<int>(bonds.size()), static_cast<int>(angles.size()),
                           static_cast<int>(dihedrals.size()), static_cast<int>(impropers.size())};

  std::vector<std::string>& commands = document.commands;
  const auto harmonic = [&](const char* kind, const std::map<int, int>& numbers,
                            const std::vector<HarmonicTerm>& terms) {
    if (numbers.empty()) return;
    commands.push_back(fmt::format("{}_style harmonic", kind));
    for (const auto& [parameters, type] : numbers) {
      const HarmonicTerm& term = terms[static_cast<std::size_t>(parameters)];
      commands.push_back(fmt::format("{}_coeff {} {} {}", kind, type, number(term.k), number(term.x0)));
    }
  };
  harmonic("bond", bonds, topology.bond_terms);
  harmonic("angle", angles, topology.angle_terms);

  std::set<DihedralTerm::Form> forms;
  for (const auto& [parameters, type] : dihedrals) {
    forms.insert(topology.dihedral_terms[static_cast<std::size_t>(parameters)].form);
  }
  const auto style = [](DihedralTerm::Form form) { return form == DihedralTerm::Form::opls ? "opls" : "charmm"; };
  if (forms.size() == 1) commands.push_back(fmt::format("dihedral_style {}", style(*forms.begin())));
  if (forms.size() == 2) commands.push_back("dihedral_style hybrid opls charmm");
  for (const auto& [parameters, type] : dihedrals) {
    const DihedralTerm& term = topology.dihedral_terms[static_cast<std::size_t>(parameters)];
    std::string line = fmt::format("dihedral_coeff {}", type);
    if (forms.size() == 2) line += fmt::format(" {}", style(term.form));
    if (term.form == DihedralTerm::Form::opls) {
      for (const double v : term.v) line += fmt::format(" {}", number(v));
    } else {
      // The last number would add 1-4 pairs here; special_bonds has them already.
      line += fmt::format(" {} {} {} 0.0", number(term.k), term.n, term.d);
    }
    commands.push_back(line);
  }
  if (!impropers.empty()) commands.push_back("improper_style cvff");
  for (const auto& [parameters, type] : impropers) {
    commands.push_back(fmt::format("improper_coeff {} {} -1 2", type,
                                   number(topology.improper_terms[static_cast<std::size_t>(parameters)])));
  }
}

void add_pairs(LammpsDocument& document, const ForceFieldTable& table, const std::vector<int>& used) {
  struct Line {
    std::size_t i, j;
    PairTerm term;
  };
  std::vector<Line> lines;
  bool buckingham = false;
  bool lj = false;
  for (std::size_t i = 0; i < used.size(); ++i) {
    for (std::size_t j = i; j < used.size(); ++j) {
      const AtomType& a = table.types[static_cast<std::size_t>(used[i])];
      const AtomType& b = table.types[static_cast<std::size_t>(used[j])];
      const auto term = table.pair(a, b);
      if (!term) {
        throw Error(Error::Kind::bad_input, fmt::format("{}: no pair parameters for {}-{}, which both occur in the "
                                                        "structure ({})",
                                                        table.name, a.name, b.name, table.file));
      }
      (term->form == PairTerm::Form::buckingham ? buckingham : lj) = true;
      lines.push_back({i, j, *term});
    }
  }
  const std::string cutoff = number(table.cutoff);
  std::vector<std::string>& commands = document.commands;
  commands.push_back(fmt::format("pair_style hybrid{}{}", buckingham ? fmt::format(" buck/coul/long {}", cutoff) : "",
                                 lj ? fmt::format(" lj/cut/coul/long {}", cutoff) : ""));
  if (table.shifted) commands.push_back("pair_modify shift yes");
  commands.push_back(fmt::format("special_bonds lj 0 0 {} coul 0 0 {}", number(table.lj_14), number(table.coulomb_14)));
  for (const Line& line : lines) {
    const PairTerm& term = line.term;
    commands.push_back(term.form == PairTerm::Form::buckingham
                           ? fmt::format("pair_coeff {} {} buck/coul/long {} {} {}", line.i + 1, line.j + 1,
                                         number(term.a), number(term.rho), number(term.c))
                           : fmt::format("pair_coeff {} {} lj/cut/coul/long {} {}", line.i + 1, line.j + 1,
                                         number(term.epsilon), number(term.sigma)));
  }
  commands.push_back(fmt::format("kspace_style {} {}", table.kspace, number(table.accuracy)));
}

}  // namespace

ForceField ForceField::load(const std::filesystem::path& path, const std::string& charge_set) {
  ForceField result;
  result.data_ = std::make_shared<const Data>(Data{load_forcefield_table(path, charge_set)});
  return result;
}

std::string ForceField::name() const { return data_->table.name; }
std::string ForceField::charge_set() const { return data_->table.charge_set; }
std::string ForceField::status() const { return data_->table.status; }

std::optional<ModelError> ForceField::barrier_error() const { return data_->table.barrier_error; }

EngineSpec ForceField::engine(const Crystal& crystal, int removed, CellCharge allowed) const {
  const ForceFieldTable& table = data_->table;
  if (removed >= crystal.size()) {
    throw Error(Error::Kind::bad_input,
                fmt::format("atom {} cannot be removed from a crystal of {} atoms", removed, crystal.size()));
  }
  const Topology topology = make_topology(table, crystal);
  if (removed >= 0 && topology.molecule[static_cast<std::size_t>(removed)] != 0) {
    throw Error(Error::Kind::bad_input,
                fmt::format("atom {} ({}) is part of a molecule; a vacancy can only be cut where "
                            "no covalent bond breaks",
                            removed, symbol_of(crystal.species[static_cast<std::size_t>(removed)])));
  }

  std::vector<int> used;  // table types that occur, in the table's order
  for (std::size_t k = 0; k < table.types.size(); ++k) {
    if (std::find(topology.type.begin(), topology.type.end(), static_cast<int>(k)) != topology.type.end()) {
      used.push_back(static_cast<int>(k));
    }
  }
  LammpsDocument document;
  document.units = "real";
  document.atom_style = "full";
  double whole = 0;
  double net = 0;
  std::vector<int> new_index(static_cast<std::size_t>(crystal.size()), -1);
  for (int atom = 0; atom < crystal.size(); ++atom) {
    const auto a = static_cast<std::size_t>(atom);
    const AtomType& type = table.types[static_cast<std::size_t>(topology.type[a])];
    whole += type.charge;
    if (atom == removed) continue;
    net += type.charge;
    new_index[a] = static_cast<int>(document.species.size());
    document.species.push_back(crystal.species[a]);
    document.types.push_back(static_cast<int>(std::find(used.begin(), used.end(), topology.type[a]) - used.begin()) +
                             1);
    document.charges.push_back(type.charge);
    document.molecules.push_back(topology.molecule[a]);
  }
  if (allowed == CellCharge::neutral && std::abs(whole) > neutral) {
    throw Error(
        Error::Kind::bad_input,
        fmt::format("{}: the cell of {} carries {:+.6f} e with this table{}; a crystal must be neutral, choose "
                    "another charge set or table, or state the charge of a cell that lost an ion (relax --charge) ({})",
                    table.name, formula_of(crystal.species), whole,
                    table.charge_set.empty() ? "" : fmt::format(" (charge set {})", table.charge_set), table.file));
  }
  for (const int k : used) document.masses.push_back(atomic_mass(table.types[static_cast<std::size_t>(k)].element));
  add_pairs(document, table, used);
  add_bonded(document, topology, new_index);

  EngineSpec spec;
  spec.kind = "lammps";
  spec.version = lammps_version();
  spec.tier = "ff";
  spec.charge = std::abs(net) <= neutral ? "neutral by fixed ionic charges"
                                         : fmt::format("{:+.6g} e by fixed ionic charges, background neutralised", net);
  spec.document = document.dump();
  return spec;
}

}  // namespace hopflow
