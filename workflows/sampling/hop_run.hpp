// SPDX-License-Identifier: GPL-2.0-or-later
// Vacancies and hops of a study: relaxed in stages, checked after each, and summed up over samples.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <vector>

#include "neb/barrier/barrier.hpp"
#include "neb/barrier/path_symmetry.hpp"
#include "neb/barrier/prefactor.hpp"
#include "neb/delta/prior_relax.hpp"
#include "neb/refine/refine.hpp"
#include "potentials/core/engine.hpp"
#include "structures/cells/vacancy.hpp"
#include "workflows/sampling/end_moves.hpp"
#include "workflows/sampling/orientations.hpp"

namespace hopflow {

/// Which vacancy: where it is cut, and how the molecules lie before it relaxes.
struct VacancyKey {
  int atom;   ///< of the supercell
  int start;  ///< HopSample::start
  auto operator<=>(const VacancyKey&) const = default;
};

/// A vacancy cut at one atom of the host and relaxed.
struct VacancyRun {
  int atom = -1;  ///< in the crystal as read
  std::optional<VacancyCell> cell;
  EngineSpec engine;
  std::optional<Relaxed> relaxed;
  Mask mobile;  ///< atoms that were free in the end
  Ending ending = Ending::failed;
  std::string reason;
  bool engine_failed = false;
  bool ended = false;
};

/// One member of a hop class: its ends, and the band between.
struct SampleRun {
  HopSample sample;
  std::string path_file;            ///< where its first path is from, "" for an interpolated one
  std::vector<Configuration> path;  ///< that path, in the hop's atom order
  Ending ending = Ending::failed;
  std::string reason;
  bool engine_failed = false;
  std::optional<BarrierResult> barrier;
  std::optional<EndMoves> moves;  ///< where both ends are known
  bool ended = false;
};

/// What another engine says of a hop's path.
struct RefineRun {
  EngineSpec engine;
  RefinePath path = RefinePath::keep;
  std::string reason;  ///< why it gave no number, or not the one asked for; "" if it did
  bool engine_failed = false;
  std::optional<Refined> result;  ///< none if the engine failed
  bool ended = false;

  /// The better of its numbers that may be quoted, nullptr for none.
  const BarrierResult* barrier() const;
};

/// One hop class: what its samples say together.
struct HopRun {
  int hop = -1;  ///< index into MaterialRun::table.hops
  std::vector<SampleRun> samples;
  std::vector<HopSample> further{};  ///< samples that are run only if this hop decides the network
  Ending ending = Ending::failed;
  std::string reason;
  bool engine_failed = false;
  std::optional<BarrierResult> barrier;  ///< of several samples: means, with the path of the one nearest to them
  int typical = 0;                       ///< that sample
  std::optional<SampleStatistics> kra;   ///< of the converged samples, where there are several
  /// Barriers with the mean rate of these samples, forwards and backwards: what a network of hops passes on.
  std::optional<RateAverage> rate_forward, rate_reverse;
  std::optional<Prefactor> prefactor;  ///< of the typical sample, where asked for and found or refused
  std::string prefactor_problem;       ///< why there is none although it was asked for
  std::vector<RefineRun> refined;      ///< other engines on the typical sample's path, once it is converged

  /// The barrier whose path other engines look at.
  const BarrierResult& own() const;
};

/// What relaxes, and how, in every vacancy and hop of one cell.
struct HopProtocol {
  Configuration host;
  std::vector<std::string> labels;  ///< of the host's atoms, for users; may be left out
  std::vector<AtomicSymmetry> host_symmetries;
  int element = 0;           ///< that hops
  std::vector<Mask> stages;  ///< which atoms may move, widening; the last is what the barrier belongs to
  RelaxOptions relaxing;
  BarrierOptions barrier;
  std::optional<PriorOptions> prior{};  ///< searches are helped by a cheap engine; freed in one stage then
};

/// The other end as an image of a relaxed one, where a symmetry of the host carries the vacant site onto the other of
/// the hop: equal in energy, and relaxed already. Atoms lie next to where `moved` has them.
/// @param vacant  the site that is empty in `end`
/// @param moved   `end` with the ion on that site
/// @return none if there is no such symmetry, or its image differs from `moved` by more than 1.5 A somewhere
std::optional<Configuration> other_end_by_symmetry(const std::vector<AtomicSymmetry>& symmetries, const HopCell& hop,
                                                   int vacant, const Configuration& end, const Configuration& moved);

/// Relaxes in stages, each looser than the last one is; after each, exactly `vacant` must be empty.
/// @return the relaxation, its evaluations and drift those of all stages; its reason says where the vacancy slipped
Procedure<Relaxed> relax_in_stages(Configuration start, int vacant, HopProtocol protocol);

/// Relaxes the vacancy's neighbourhood and checks that the vacancy stayed where it was cut.
Procedure<VacancyRun> run_vacancy(VacancyRun vacancy, HopProtocol protocol);

/// Makes the hop's ends, checks them, and finds the barrier between. Ends are made twice: from the vacancy before the
/// hop, relaxed by itself, by moving its ion and relaxing; and so from the vacancy after it. Where both give a hop, the
/// ends of lower energy count: other atoms settle in one way or another, and which does not depend on the direction
/// asked for.
/// @param before, after  vacancies at the hop's two sites, each in its own atom order
/// @param molecules      in the hop's atom order
/// @param protocol       for the hop's atom order
Procedure<SampleRun> run_sample(SampleRun sample, HopCell hop, VacancyRun before, VacancyRun after,
                                std::vector<std::vector<int>> molecules, HopProtocol protocol);

/// The other engine on a sample's path; ends that it relaxes to other sites give no number.
/// @param sites  that are empty at the two ends (in the host)
Procedure<Refined> run_refinement(BarrierResult given, std::pair<int, int> sites, HopProtocol protocol,
                                  RefineOptions options);

/// What a refinement ended with. @param problem  why there is no result, "" if there is one
void take_refinement(RefineRun& run, std::optional<Refined> result, const std::string& problem, bool engine_failed);

/// Puts the spread of all engines into the barrier's error bar, once all are there.
void take_spread(HopRun& hop);

/// Fills in what the samples say together, once all have ended. One sample speaks for itself. Of several, at least two
/// and at least half must have converged; failures enter no mean.
/// @param reversed_by_symmetry  the class's ends are equal on average, so both barriers are the mean of both directions
/// @param one_of_many  hops of the class differ by the cations around them, or these settle in many ways; one sample
/// says so in
///                     its error bar
/// @param temperature_k  at which rates are averaged
void conclude(HopRun& hop, bool reversed_by_symmetry, bool one_of_many = false, double temperature_k = 300);

}  // namespace hopflow
