// SPDX-License-Identifier: GPL-2.0-or-later
// The numbers of a force-field table by name, to be listed, adjusted and fitted.
#pragma once

#include <string>
#include <vector>

#include "potentials/forcefield/forcefield_table.hpp"

namespace hopflow {

/// What a number is, and so which values it may take.
enum class ParameterKind { buckingham_a, rho, dispersion, epsilon, sigma, stiffness, length, angle, torsion };

/// One number of a table. Names: pairs.I-Pb.A, cross_terms.Pb-C.rho, bonds.CA-HA.r0, angles.CA-CA-HA.theta0,
/// dihedrals.HC-CT-CT-HC.V3, impropers.CA.K; types of a pair in alphabetical order.
struct TableParameter {
  std::string name;
  ParameterKind kind;
  double* value;  ///< in the table, in its units
};

/// All of a table, in one order for equal tables. Valid as long as the table is neither copied over nor changed in
/// what terms it has.
std::vector<TableParameter> parameters_of(ForceFieldTable& table);

/// Whether a number of this kind may have the value.
bool allowed_value(ParameterKind kind, double value);

/// True if `name` fits a pattern in which * stands for any text.
bool fits_glob(const std::string& pattern, const std::string& name);

}  // namespace hopflow
