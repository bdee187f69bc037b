// SPDX-License-Identifier: GPL-2.0-or-later
// One material of a study: what is computed, and everything that came out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "neb/barrier.hpp"
#include "potentials/forcefield.hpp"
#include "structures/framework.hpp"
#include "structures/hops.hpp"
#include "structures/molecules.hpp"
#include "structures/supercell.hpp"
#include "structures/symmetry.hpp"
#include "structures/vacancy.hpp"
#include "workflows/study.hpp"

namespace hopflow {

/// How a relaxation or band ended, in the words of the report.
enum class Ending { converged, not_converged, slipped, collapsed, failed };
std::string to_string(Ending ending);

/// A vacancy cut at one atom of the crystal and relaxed.
struct VacancyRun {
  int atom = -1;                    ///< in the crystal as read
  std::optional<VacancyCell> cell;
  EngineSpec engine;
  std::optional<Relaxed> relaxed;
  Ending ending = Ending::failed;
  std::string reason;
};

/// One hop class: its far end, and the band between.
struct HopRun {
  int hop = -1;                     ///< index into MaterialRun::table.hops
  Ending ending = Ending::failed;
  std::string reason;
  bool engine_failed = false;
  std::optional<BarrierResult> barrier;
};

/// Everything known of one material; filled in by plan_material() and the run.
struct MaterialRun {
  MaterialEntry entry;
  std::string structure_hash;       ///< SHA-free content hash of the structure file (128 bit, hex)
  Crystal crystal;
  std::vector<Molecule> molecules;  ///< of the crystal
  std::vector<bool> organic;        ///< per atom of the crystal
  Framework framework;
  Symmetry crystal_symmetry;        ///< of every atom, at a tight tolerance: what the file is
  Symmetry symmetry;                ///< as the study asks: what decides which hops are distinct
  HopTable table;
  std::vector<int> selected;        ///< hops that are run, indices into table.hops
  Supercell supercell;
  std::optional<ForceField> forcefield; ///< none where an i-PI engine answers
  EngineSpec host_engine;
  std::optional<Relaxed> host;
  std::string host_problem;         ///< why the host could not be used, "" if it could
  bool host_engine_failed = false;
  std::map<int, VacancyRun> vacancies;  ///< by atom of the crystal
  std::vector<HopRun> hops;             ///< one per entry of `selected`
  nlohmann::json device, crossbar;      ///< stage outputs, null until they are there
  std::vector<nlohmann::json> snn;      ///< one output per seed
  std::vector<nlohmann::json> snn_draws; ///< draws x draws outputs, a row for each barrier drawn
  std::vector<std::string> stage_problems;
};

/// Reads the material and works out its hops and cells; asks no engine.
/// @throws Error{bad_input}
MaterialRun plan_material(const Study& study, const MaterialEntry& entry);

/// The engine for the material's supercell, or for that without one atom. @param removed  in the supercell, -1 for none
EngineSpec engine_of(const Study& study, const MaterialRun& material, int removed = -1);

/// Per atom of a configuration cut from the supercell: may it move? `host_index` empty: the whole supercell.
Mask mobile_atoms(const Study& study, const MaterialRun& material, const std::vector<int>& host_index);

/// Relaxes the vacancy's neighbourhood and checks that the vacancy stayed where it was cut.
Procedure<VacancyRun> run_vacancy(VacancyRun vacancy, Configuration host, int element, Mask mobile,
                                  RelaxOptions options);

/// Moves the ion, relaxes that end, checks it, and finds the barrier between.
Procedure<HopRun> run_hop(HopRun hop, Configuration host, VacancyRun from, HopEnd start, int vacated_site,
                          int element, Mask mobile, RelaxOptions relax_options, BarrierOptions barrier_options);

/// The barrier that decides how far an iodide gets, from the hops that converged.
struct Transport {
  bool percolating = false;
  int dimension = 0;
  std::optional<double> barrier_ev;
  double uncertainty_ev = 0;
  int deciding_hop = -1;  ///< index into table.hops
  std::string note;
};

/// Barriers of the hops that converged.
std::vector<HopEnergy> converged_energies(const MaterialRun& material);

/// True if a single class was run of several: it may percolate through symmetry alone, but nothing says it is the easiest,
/// so it is never called a network.
bool is_single_hop(const MaterialRun& material);

Transport transport_of(const MaterialRun& material);

}  // namespace hopflow
