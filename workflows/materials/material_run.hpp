// SPDX-License-Identifier: GPL-2.0-or-later
// One material of a study: what is computed, and everything that came out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "potentials/forcefield/forcefield.hpp"
#include "structures/cells/supercell.hpp"
#include "structures/chemistry/molecules.hpp"
#include "structures/framework/framework.hpp"
#include "structures/hops/hops.hpp"
#include "structures/symmetry/symmetry.hpp"
#include "workflows/bands/reference_band.hpp"
#include "workflows/materials/cell_series.hpp"
#include "workflows/sampling/hop_run.hpp"
#include "workflows/study/study.hpp"

namespace hopflow {

/// Everything known of one material; filled in by plan_material() and the run.
struct MaterialRun {
  MaterialEntry entry;
  std::string structure_hash;  ///< SHA-free content hash of the structure file (128 bit, hex)
  Crystal crystal;
  std::vector<Molecule> molecules;  ///< of the crystal
  Framework framework;
  Symmetry crystal_symmetry;  ///< of every atom, at a tight tolerance: what the file is
  Symmetry symmetry;          ///< as the study asks: what decides which hops are distinct
  HopTable table;
  std::vector<int> selected;  ///< hops that are run, indices into table.hops
  Supercell supercell;
  std::vector<std::vector<int>> cations;                      ///< atoms of each molecule of the supercell
  std::optional<ForceField> forcefield;                       ///< none where an engine with its own model answers
  std::vector<std::optional<ForceField>> refine_forcefields;  ///< one for each of the study's refinements
  std::map<std::string, ForceField> prior_tables;  ///< of priors that are force fields, by table and charge set
  EngineSpec host_engine;
  std::optional<Relaxed> host;
  std::vector<AtomicSymmetry> host_symmetries;
  std::string host_problem;  ///< why the host could not be used, "" if it could
  bool host_engine_failed = false;
  std::map<VacancyKey, VacancyRun> vacancies;
  std::vector<HopRun> hops;         ///< one per entry of `selected`
  int series_hop = -1;              ///< the hop repeated in other cells, index into table.hops; -1 for none
  std::vector<MaterialRun> series;  ///< the same material in those cells, with that hop alone
  std::optional<CellLimit> forward_limit, reverse_limit;  ///< of that hop, where at least two sizes converged
  nlohmann::json device, crossbar;                        ///< stage outputs, null until they are there
  std::vector<nlohmann::json> snn;                        ///< one output per seed
  std::vector<nlohmann::json> snn_draws;                  ///< draws x draws outputs, a row for each barrier drawn
  std::vector<std::string> stage_problems;
  std::vector<ReferenceBand> reference_bands;  ///< found before, derived again from their stored answers
};

/// Reads the material and works out its hops alone: crystal, symmetries, table and what of it is run.
/// @throws Error{bad_input}
MaterialRun plan_hops(const Study& study, const MaterialEntry& entry);

/// Reads the material and works out its hops and cells; asks no engine.
/// @throws Error{bad_input}
MaterialRun plan_material(const Study& study, const MaterialEntry& entry);

/// Moves a hop's next samples from those that are planned to those that are run, with their vacancies.
/// @param count  at most hop.further.size()
void add_samples(MaterialRun& material, HopRun& hop, std::size_t count);

/// The engine for the material's supercell, or for that without one atom. @param removed  in the supercell, -1 for none
EngineSpec engine_of(const Study& study, const MaterialRun& material, int removed = -1);

/// The engine of one of the study's refinements, for the same atoms.
EngineSpec refine_engine_of(const Study& study, const MaterialRun& material, std::size_t refinement, int removed);

/// Which atoms of a configuration cut from the supercell may move, in stages that widen: the inorganic atoms, then
/// molecules near a centre, then all, as far as the study goes. A study that frees molecules near a hop holds them all
/// where there is no centre.
/// @param host_index  per atom: its index in the supercell; empty: the whole supercell
/// @param host        the supercell's configuration
/// @param centres     host sites between which an ion hops
std::vector<Mask> mobile_stages(const Study& study, const MaterialRun& material, const std::vector<int>& host_index,
                                const Configuration& host, const std::vector<int>& centres);

/// Which atoms a study holds and how many are free, in words: "24 atoms of 4 methylammonium are held, 36 of 60 are
/// free".
std::string held_text(const Study& study, const MaterialRun& material);

/// Whether molecules are free anywhere.
bool molecules_settle(const Study& study, const MaterialRun& material);

/// The molecules of the supercell in the atom order it has without one of its other atoms.
std::vector<std::vector<int>> molecules_without(const MaterialRun& material, int removed);

/// The barrier that decides how far an iodide gets, from the hops that converged.
struct Transport {
  bool percolating = false;
  int dimension = 0;
  std::optional<double> barrier_ev;
  double uncertainty_ev = 0;            ///< of the deciding hop, every part of it
  double numerical_uncertainty_ev = 0;  ///< what better convergence would make smaller
  int deciding_hop = -1;                ///< index into table.hops
  std::string note;
  /// The converged hop with the lowest saddle above its lower end, whether it leads anywhere or not; -1 for none.
  int easiest_hop = -1;
};

/// The run of a class of hops (index into table.hops), nullptr where it was not run.
const HopRun* run_of(const MaterialRun& material, int hop);

/// Barriers of the hops that converged; of several samples those with the mean rate.
std::vector<HopEnergy> converged_energies(const MaterialRun& material);

/// The error bar of a hop's barriers as a network of hops takes them over.
double hop_error(const HopRun& hop);

/// True if a single class was run of several: it may percolate through symmetry alone, but nothing says it is the
/// easiest, so it is never called a network.
bool is_single_hop(const MaterialRun& material);

Transport transport_of(const MaterialRun& material);

/// An attempt frequency, and the factor up and down within which it is known.
struct AttemptFrequency {
  double thz = 1;
  double factor = 10;
  bool computed = false;  ///< by harmonic theory; otherwise the study's band
};

/// Of a class of hops (index into table.hops, -1 for none), seen from its more stable end.
AttemptFrequency attempt_frequency(const Study& study, const MaterialRun& material, int hop);

}  // namespace hopflow
