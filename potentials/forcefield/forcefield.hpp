// SPDX-License-Identifier: GPL-2.0-or-later
// Force fields as data: YAML tables, atoms typed from the bond graph.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "potentials/core/engine.hpp"
#include "potentials/core/model_error.hpp"
#include "structures/chemistry/molecules.hpp"
#include "structures/core/crystal.hpp"

namespace hopflow {

/// A force-field table (potential/1), read and checked. Immutable; copies share the data.
class ForceField {
 public:
  /// @param charge_set  one of the table's charge sets; "" for its default or where it has none
  /// @throws Error{bad_input} with file:line:column
  static ForceField load(const std::filesystem::path& path, const std::string& charge_set = "");

  std::string name() const;
  std::string charge_set() const;
  std::string status() const;  ///< the table's own words about its standing ("experimental ..."), "" if none

  /// How far its barriers lie from the truth, as the table states it; none where it does not.
  std::optional<ModelError> barrier_error() const;

  /// The LAMMPS engine for a crystal with this table: types, charges, bonds, angles, dihedrals, impropers and pair
  /// terms, all from the bond graph. Atoms of `crystal` with `removed` >= 0 leave that atom out (a vacancy).
  /// @throws Error{bad_input} naming the atom whose type, or the terms whose parameters, are missing; a molecule whose
  ///   charge is not the declared one; a pristine cell that is not neutral
  EngineSpec engine(const Crystal& crystal, int removed = -1) const;

 private:
  struct Data;
  std::shared_ptr<const Data> data_;
};

}  // namespace hopflow
