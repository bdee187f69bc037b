// SPDX-License-Identifier: GPL-2.0-or-later
// Energies and forces of the shipped tables, through LAMMPS, against closed forms and relaxed crystals.
#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>

#include <fmt/core.h>
#include <catch2/catch.hpp>

#include "structures/cells/supercell.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/element.hpp"
#include "structures/core/text.hpp"
#include "structures/core/units.hpp"
#include "tests/potentials/support.hpp"

using namespace hopflow;
using namespace hopflow::testing;

namespace {

struct OracleRow {
  std::string i, j;
  double r, energy, force;  // A, kcal/mol, kcal/mol/A
};

std::vector<OracleRow> read_oracle() {
  std::istringstream lines{
      text::read_file(std::filesystem::path{HOPFLOW_SOURCE_DIR} / "tests/data/myp-pair-oracle.csv")};
  std::vector<OracleRow> rows;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::replace(line.begin(), line.end(), ',', ' ');
    const auto words = text::split_words(line);
    rows.push_back(
        {words[0], words[1], *text::to_double(words[3]), *text::to_double(words[4]), *text::to_double(words[5])});
  }
  return rows;
}

int index_of(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<int>(std::find(names.begin(), names.end(), name) - names.begin()) + 1;
}

// True if some pair of atoms passes the cutoff (A) while the atom moves by +-step: a truncated energy jumps there, and
// its derivative is none.
bool passes_cutoff(const Configuration& c, int axis, int atom, double step, double cutoff = 10) {
  for (int other = 0; other < c.size(); ++other) {
    const Eigen::Vector3d between = c.positions.col(other) - c.positions.col(atom);
    for (int i = -3; i <= 3; ++i) {
      for (int j = -3; j <= 3; ++j) {
        for (int k = -3; k <= 3; ++k) {
          const Eigen::Vector3d r = between + c.cell * Eigen::Vector3d(i, j, k);
          const Eigen::Vector3d h = step * Eigen::Vector3d::Unit(axis);
          if (((r + h).norm() < cutoff) != ((r - h).norm() < cutoff)) return true;
        }
      }
    }
  }
  return false;
}

// Positions relaxed by FIRE (Bitzek et al., Phys. Rev. Lett. 97, 170201 (2006)) until no force exceeds fmax (eV/A).
Evaluation relax_positions(EngineHost& host, const EngineSpec& spec, Configuration& c, double fmax, int most) {
  Eigen::Matrix3Xd v = Eigen::Matrix3Xd::Zero(3, c.size());
  double step = 0.05, mix = 0.1;
  int downhill = 0;
  Evaluation answer = host.evaluate(spec, c);
  for (int k = 0; k < most && answer.forces.colwise().norm().maxCoeff() > fmax; ++k) {
    const double power = (answer.forces.array() * v.array()).sum();
    if (power > 0) {
      v = (1 - mix) * v + mix * v.norm() / answer.forces.norm() * answer.forces;
      if (++downhill > 5) {
        step = std::min(1.1 * step, 0.2);
        mix *= 0.99;
      }
    } else {
      v.setZero();
      downhill = 0;
      step *= 0.5;
      mix = 0.1;
    }
    v += step * answer.forces;
    Eigen::Matrix3Xd move = step * v;
    const double longest = move.colwise().norm().maxCoeff();
    if (longest > 0.05) move *= 0.05 / longest;
    c.positions += move;
    answer = host.evaluate(spec, c);
  }
  return answer;
}

}  // namespace

TEST_CASE("every pair of the perovskite table has its closed-form energy and force",
          "[potentials][forcefield][energies]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  // The lines the table gives LAMMPS for the crystal, with the Coulomb part taken off.
  const LammpsDocument crystal =
      LammpsDocument::parse(shipped_forcefield("myp-mapbi3").engine(shipped_crystal("mapbi3-pseudocubic")).document);
  std::vector<std::string> commands;
  for (std::string line : crystal.commands) {
    if (line.rfind("pair_", 0) != 0) continue;
    for (auto at = line.find("/coul/long"); at != std::string::npos; at = line.find("/coul/long")) line.erase(at, 10);
    if (const auto at = line.find("lj "); at != std::string::npos && line[at - 1] == ' ')
      line.replace(at, 3, "lj/cut ");
    commands.push_back(line);
  }
  const std::vector<std::string> types{"Pb", "I", "N", "C", "HN", "HC"};  // in the table's order
  const std::vector<int> elements{82, 53, 7, 6, 1, 1};
  const auto rows = read_oracle();
  REQUIRE(rows.size() == 84);
  for (const OracleRow& row : rows) {
    INFO(row.i << "-" << row.j << " " << row.r);
    const int i = index_of(types, row.i);
    const int j = index_of(types, row.j);
    Configuration c;
    c.cell *= 40;
    c.positions.resize(3, 2);
    c.positions << 0, row.r, 0, 0, 0, 0;
    c.species = {elements[static_cast<std::size_t>(i) - 1], elements[static_cast<std::size_t>(j) - 1]};
    LammpsDocument document;
    document.units = "real";
    document.species = c.species;
    document.types = {i, j};
    document.charges = {0, 0};
    document.molecules = {0, 0};
    document.masses = crystal.masses;
    document.commands = commands;
    const EngineSpec spec{"lammps", lammps_version(), "ff", "", document.dump()};
    const Evaluation answer = host.evaluate(spec, c);
    CHECK(answer.energy_ev == Approx(row.energy * units::kcal_per_mol).epsilon(1e-9));
    CHECK(answer.forces(0, 1) == Approx(row.force * units::kcal_per_mol).epsilon(1e-9));
  }
}

TEST_CASE("forces are derivatives of the energy, and would not be with tabulated Coulomb terms",
          "[potentials][forcefield][energies]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  const Configuration c = shaken(to_configuration(shipped_crystal("mapbi3-tetragonal")), 0.03, 7);
  const EngineSpec spec = shipped_forcefield("myp-mapbi3").engine(shipped_crystal("mapbi3-tetragonal"));
  const EngineSpec tabulated = changed(spec, [](LammpsDocument& d) { d.commands.push_back("pair_modify table 12"); });
  const Evaluation answer = host.evaluate(spec, c);
  const Evaluation table_answer = host.evaluate(tabulated, c);
  constexpr double step = 3e-4;
  int tried = 0;
  double worst = 0;
  double worst_tabulated = 0;
  for (int atom = 0; atom < c.size(); ++atom) {
    const int axis = atom % 3;
    if (passes_cutoff(c, axis, atom, step)) continue;
    ++tried;
    worst = std::max(worst, std::abs(numerical_force(host, spec, c, axis, atom, step) - answer.forces(axis, atom)));
    worst_tabulated = std::max(worst_tabulated, std::abs(numerical_force(host, tabulated, c, axis, atom, step) -
                                                         table_answer.forces(axis, atom)));
  }
  CHECK(tried > 20);
  CHECK(worst < 1e-5);
  CHECK(worst_tabulated > 1e-5);
}

TEST_CASE("forces of the pyridinium salts are derivatives of the energy, term by term in the cation",
          "[potentials][forcefield][energies]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  for (const char* name : {"prpyr-pbi3", "bnzpyr-pbi3"}) {
    const Crystal crystal = shipped_crystal(name);
    const Configuration c = shaken(to_configuration(crystal), 0.03, 5);
    const EngineSpec spec = shipped_forcefield("hybrid-pyridinium-pbi3", "scale-cation").engine(crystal);
    const Evaluation answer = host.evaluate(spec, c);
    int tried = 0;
    for (int atom = 0; atom < c.size(); atom += 3) {
      INFO(name << " atom " << atom);
      const int axis = atom % 2 + (atom / 3) % 2;
      if (passes_cutoff(c, axis, atom, 1e-4)) continue;
      ++tried;
      CHECK(numerical_force(host, spec, c, axis, atom, 1e-4) == Approx(answer.forces(axis, atom)).margin(1e-5));
    }
    CHECK(tried > 10);
  }
}

TEST_CASE("the energy of a crystal does not depend on the cell it is repeated in",
          "[potentials][forcefield][energies]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  const Crystal crystal = shipped_crystal("mapbi3-pseudocubic");
  const ForceField table = shipped_forcefield("myp-mapbi3");
  const auto tight = [](LammpsDocument& d) { d.commands.push_back("kspace_style ewald 1e-8"); };
  const double one = host.evaluate(changed(table.engine(crystal), tight), to_configuration(crystal)).energy_ev;
  Eigen::Matrix3i matrix;
  matrix << 2, 1, 0, 0, 1, 0, 0, 1, 2;  // four cells, sheared
  const Supercell big = make_supercell(crystal, matrix);
  const double four = host.evaluate(changed(table.engine(big.crystal), tight), to_configuration(big.crystal)).energy_ev;
  CHECK(four == Approx(4 * one).margin(1e-5));
}

TEST_CASE("relaxed methylammonium lead iodide has the energy and the cell of this table",
          "[potentials][forcefield][energies]") {
  // Static relaxation of cell and positions with the same numbers by another driver (LAMMPS from Python, ewald 1e-6):
  // energy per formula unit and the cell, where the stress must be gone.
  struct Row {
    const char* crystal;
    CellParameters cell;
    double energy;  // eV per formula unit
  };
  const auto row = GENERATE(Row{"mapbi3-pseudocubic", {6.255, 6.108, 6.363, 90, 89.11, 90}, -30.8886},
                            Row{"mapbi3-tetragonal", {8.696, 8.696, 12.813, 89.63, 89.62, 90.23}, -30.9258});
  INFO(row.crystal);
  const Folder folder;
  EngineHost host{site_in(folder)};
  const Crystal crystal = shipped_crystal(row.crystal);
  const EngineSpec spec = changed(shipped_forcefield("myp-mapbi3").engine(crystal),
                                  [](LammpsDocument& d) { d.commands.push_back("kspace_style ewald 1e-6"); });
  Configuration c = to_configuration(crystal);
  c.cell = cell_from_parameters(row.cell);
  c.positions = c.cell * crystal.fractional;
  const Evaluation answer = relax_positions(host, spec, c, 0.002, 4000);
  CHECK(answer.forces.colwise().norm().maxCoeff() <= 0.002);
  const auto formula_units = std::count(c.species.begin(), c.species.end(), 82);
  CHECK(answer.energy_ev / static_cast<double>(formula_units) == Approx(row.energy).margin(0.001));
  REQUIRE(answer.stress);
  constexpr double kbar = 1e8 * 1e-30 / units::e_charge;  // eV/A^3
  CHECK(answer.stress->cwiseAbs().maxCoeff() < 0.3 * kbar);
}

TEST_CASE("a framework without molecules needs ions and pairs only, and has its lattice sum",
          "[potentials][forcefield][energies]") {
  // Cubic CsPbI3, a = 6.29 A, charges +1, +2, -1: Ewald sum by pymatgen 2022.11.7 (EwaldSummation), pairs at nought.
  constexpr double lattice_sum_ev = -28.3356361731;
  const Folder folder;
  std::string table =
      "schema: potential/1\nname: ions\nstatus: of a test\nkspace: {style: ewald, accuracy: 1.0e-8}\n"
      "cutoff: 10.0\nsources: {none: a test}\natom_types:\n";
  for (const auto& [name, charge] : {std::pair{"Cs", 1}, std::pair{"Pb", 2}, std::pair{"I", -1}})
    table +=
        fmt::format("  {}: {{element: {}, match: '[{};D0]', charge: {}, source: none}}\n", name, name, name, charge);
  table += "pairs:\n";
  for (const auto& [i, j] : {std::pair{"Cs", "Cs"}, std::pair{"Cs", "Pb"}, std::pair{"Cs", "I"}, std::pair{"Pb", "Pb"},
                             std::pair{"Pb", "I"}, std::pair{"I", "I"}})
    table += fmt::format("  - {{i: {}, j: {}, form: buckingham, A: 0, rho: 0.3, C: 0, source: none}}\n", i, j);
  text::write_file(folder.path() / "ions.yaml", table);
  Crystal crystal;
  crystal.cell = 6.29 * Eigen::Matrix3d::Identity();
  crystal.species = {55, 82, 53, 53, 53};
  crystal.fractional.resize(3, 5);
  crystal.fractional << 0, .5, .5, .5, 0, 0, .5, .5, 0, .5, 0, .5, 0, .5, .5;
  crystal.labels = {"Cs", "Pb", "I1", "I2", "I3"};
  const ForceField forcefield = ForceField::load(folder.path() / "ions.yaml");
  EngineHost host{site_in(folder)};
  const Evaluation answer = host.evaluate(forcefield.engine(crystal), to_configuration(crystal));
  CHECK(answer.energy_ev == Approx(lattice_sum_ev).epsilon(1e-6));
  CHECK(answer.forces.cwiseAbs().maxCoeff() < 1e-4);
}
