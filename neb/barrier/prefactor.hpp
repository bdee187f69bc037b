// SPDX-License-Identifier: GPL-2.0-or-later
// The attempt frequency of a hop by harmonic transition state theory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neb/barrier/barrier.hpp"
#include "neb/core/mobile.hpp"
#include "neb/core/procedure.hpp"

namespace hopflow {

struct PrefactorOptions {
  double step = 0.01;   ///< displacement of the central differences (A)
  int first = 10;       ///< atoms of the first region, those nearest to the ion that hops
  double growth = 1.6;  ///< of the number of atoms, from one region to the next
  double enough_growth =
      0.01;               ///< the region is large enough when neither ln(frequency) changed by more on the last growth
  double flat_thz = 0.1;  ///< slower modes count neither as real nor as imaginary
  double floppy_thz = 0.5;  ///< slower real modes are warned of
  double end_fmax =
      2e-4;  ///< to which prefactor_of() converges ends and saddle further, where that moves them little (eV/A)
};

/// Frequencies with one size of the region.
struct PrefactorStep {
  int atoms = 0;
  double forward_thz = 0, reverse_thz = 0;
};

struct Prefactor {
  std::optional<double> forward_thz, reverse_thz;  ///< none where they were refused
  std::string reason;                              ///< why refused, "" otherwise
  double ln_uncertainty = 0;  ///< of ln(frequency); the harmonic approximation's own error is not in it
  double ln_growth = 0, ln_step = 0, ln_noise = 0;  ///< its parts: last growth of the region, halved step, asymmetry
  std::vector<PrefactorStep> growth;
  bool all_atoms = false;               ///< the last region held every mobile atom
  std::optional<double> imaginary_thz;  ///< of the saddle, positive
  double slowest_initial_thz = 0, slowest_saddle_thz = 0, slowest_final_thz = 0;  ///< real modes
  std::vector<std::string> warnings;
  int evaluations = 0;
};

/// Vineyard's attempt frequency: the product of all frequencies of a minimum over the product of all real ones of the
/// saddle, the same atoms moving in both. The Hessians are partial: the atoms nearest to the ion that moves furthest,
/// grown until the result settles. Where every atom moves, motions of the whole are projected out. Refused where a
/// minimum has an imaginary or flat mode, or a saddle has not exactly one imaginary one. Source: G. H. Vineyard, J.
/// Phys. Chem. Solids 3, 121 (1957), eq. 17.
/// @param initial, saddle, final  stationary points, atoms in one order, unwrapped along the path
Procedure<Prefactor> find_prefactor(Configuration initial, Configuration saddle, Configuration final, Mobile mobile,
                                    PrefactorOptions options);

/// The same for the ends and the highest point of a converged path; what lies between them is warned of.
Procedure<Prefactor> prefactor_of(BarrierResult barrier, Mask mobile, PrefactorOptions options);

}  // namespace hopflow
