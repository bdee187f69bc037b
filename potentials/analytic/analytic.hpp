// SPDX-License-Identifier: GPL-2.0-or-later
// Two-dimensional test surfaces with known saddles, asked like any other engine.
#pragma once

#include <memory>
#include <string>

#include "potentials/core/engine.hpp"
#include "structures/core/yaml.hpp"

namespace hopflow {

/// Energy (eV) and its gradient (eV/A) at a point of a surface (A).
struct SurfacePoint {
  double energy = 0;
  double dx = 0;
  double dy = 0;
};

/// Four Gaussians; minima at (-0.558, 1.442), (0.623, 0.028), (-0.050, 0.467), saddles at (-0.822, 0.624),
/// (0.212, 0.293). The published numbers are read as A and eV.
/// Source: Muller & Brown, Theor. Chim. Acta 53, 75 (1979).
SurfacePoint muller_brown(double x, double y);

/// Collinear A-B-C exchange by the London-Eyring-Polanyi-Sato formula: x = r_AB, y = r_BC (A), eV.
/// Source: Jonsson, Mills & Jacobsen, in Classical and Quantum Dynamics in Condensed Phase Simulations (1998),
/// appendix, potential I.
SurfacePoint leps(double r_ab, double r_bc);

/// The same between fixed ends A and C, with atom B coupled to an oscillator: x = r_AB, y = oscillator (A), eV.
/// Source: same, potential II.
SurfacePoint leps_oscillator(double r_ab, double x);

/// The engine answering with a named surface: "muller-brown", "leps" or "leps-ho".
/// @throws Error{bad_input} for another name
EngineSpec analytic_engine(const std::string& surface);

/// The same from `engine: {kind: analytic, surface: NAME}`. @throws Error{bad_input} with file:line:column
EngineSpec analytic_from_block(const yaml::Node& block);

/// The engine behind a document of analytic_engine(): one atom at (x, y, any z), whatever its species; forces have
/// z = 0. The surface is fixed in space, so the answer is not invariant to translation.
/// @throws Error{bad_input} for a document it does not know, or from evaluate() unless there is exactly one atom with
///   finite coordinates
std::unique_ptr<Potential> make_analytic(const std::string& document);

}  // namespace hopflow
