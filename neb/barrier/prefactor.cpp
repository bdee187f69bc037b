// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/barrier/prefactor.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "neb/core/lockstep.hpp"
#include "neb/modes/hessian.hpp"
#include "neb/saddle/searches.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/element.hpp"
#include "structures/core/index.hpp"

namespace hopflow {
namespace {

constexpr std::size_t points = 3;  // initial, saddle, final
constexpr std::array<const char*, points> names{"initial state", "saddle", "final state"};
constexpr double end_moves = 0.1;   // A
constexpr double one_shell = 0.05;  // A: atoms this much farther than the last one still belong to its shell
constexpr double nearly_all = 0.7;  // of the mobile atoms: the rest is taken, too

/// Positions among the mobile atoms by distance from the ion that moves furthest, at its nearest along the path.
struct Ranking {
  std::vector<int> order;
  std::vector<double> distance;  // ascending
};
Ranking rank_atoms(const std::array<Configuration, points>& at, const Mobile& mobile) {
  const Eigen::Matrix3Xd way = at[2].positions - at[0].positions;
  int ion = mobile.atoms().front();
  for (const int atom : mobile.atoms())
    if (way.col(atom).norm() > way.col(ion).norm() + 1e-6) ion = atom;
  std::vector<double> nearest(static_cast<std::size_t>(mobile.count()), 1e300);
  for (const Configuration& c : at) {
    const Eigen::Matrix3Xd apart =
        minimum_image(c.cell, c.positions.colwise() - Eigen::Vector3d(c.positions.col(ion)), c.periodic);
    for (std::size_t m = 0; m < nearest.size(); ++m)
      nearest[m] = std::min(nearest[m], apart.col(mobile.atoms()[m]).norm());
  }
  Ranking out;
  out.order.resize(nearest.size());
  std::iota(out.order.begin(), out.order.end(), 0);
  // Rounded, so that atoms equal by symmetry keep the order of their numbers.
  const auto rounded = [&](int m) { return std::round(nearest[static_cast<std::size_t>(m)] * 1000); };
  std::ranges::stable_sort(out.order, [&](int a, int b) { return rounded(a) < rounded(b); });
  for (const int m : out.order) out.distance.push_back(nearest[static_cast<std::size_t>(m)]);
  return out;
}

/// Atoms of the region after `least`, whole shells.
std::size_t region_of(const Ranking& ranking, double least) {
  const std::size_t all = ranking.order.size();
  auto n = std::min(all, static_cast<std::size_t>(std::ceil(least)));
  while (n < all && ranking.distance[n] - ranking.distance[n - 1] < one_shell) ++n;
  return static_cast<double>(n) > nearly_all * static_cast<double>(all) ? all : n;
}

/// Which half of a measured Hessian is believed: both, averaged; or one, mirrored, to see how far they differ.
enum class Half { both, lower, upper };

/// The square block of the members, symmetric.
Eigen::MatrixXd block(const Eigen::MatrixXd& columns, const std::vector<int>& members, Half half) {
  Eigen::MatrixXd square(columns.cols(), columns.cols());
  for (std::size_t k = 0; k < members.size(); ++k)
    square.middleRows<3>(3 * static_cast<Eigen::Index>(k)) = columns.middleRows<3>(3 * members[k]);
  if (half == Half::both) return 0.5 * (square + square.transpose());
  if (half == Half::lower) return square.selfadjointView<Eigen::Lower>();
  return square.selfadjointView<Eigen::Upper>();
}

struct LogFrequencies {
  double forward = 0, reverse = 0;
};

/// Logarithms of both attempt frequencies from the three spectra; the saddle's first mode is its imaginary one.
LogFrequencies vineyard(const std::array<std::vector<double>, points>& spectra) {
  const auto sum = [](const std::vector<double>& modes, std::size_t from) {
    double total = 0;
    for (std::size_t i = from; i < modes.size(); ++i) total += std::log(std::abs(modes[i]));
    return total;
  };
  const double saddle = sum(spectra[1], 1);
  return {sum(spectra[0], 0) - saddle, sum(spectra[2], 0) - saddle};
}

double difference(const LogFrequencies& a, const LogFrequencies& b) {
  return std::max(std::abs(a.forward - b.forward), std::abs(a.reverse - b.reverse));
}

/// Why the spectra give no frequency, "" if they do. More atoms can only add negative modes, so that a minimum with one
/// and a saddle with two are refused at any size; a saddle without one, or a flat mode, only at the last.
std::string objection(const std::array<std::vector<double>, points>& spectra, double flat, bool last) {
  for (std::size_t p = 0; p < points; ++p) {
    const auto imaginary = std::ranges::count_if(spectra[p], [&](double f) { return f < -flat; });
    const auto unclear = std::ranges::count_if(spectra[p], [&](double f) { return std::abs(f) <= flat; });
    if (p != 1 && imaginary > 0)
      return fmt::format("the {} has {} imaginary mode{} ({:.2f}i THz): it is not a minimum", names[p], imaginary,
                         imaginary == 1 ? "" : "s", -spectra[p].front());
    if (p == 1 && (imaginary > 1 || (last && imaginary == 0)))
      return fmt::format("the saddle has {} imaginary modes, it must have exactly one", imaginary);
    if (last && unclear > 0)
      return fmt::format("the {} has {} mode{} below {} THz: too soft for the harmonic approximation", names[p],
                         unclear, unclear == 1 ? "" : "s", flat);
  }
  return "";
}

/// The Hessians of the three points over a growing region, and what they say.
class Region {
 public:
  Region(std::array<Configuration, points> at, Mobile mobile, PrefactorOptions options)
      : at_{std::move(at)}, mobile_{std::move(mobile)}, options_{options}, ranking_{rank_atoms(at_, mobile_)} {
    for (Eigen::MatrixXd& columns : columns_) columns.resize(3 * mobile_.count(), 0);
  }

  Procedure<Prefactor> run();

 private:
  using Spectra = std::array<std::vector<double>, points>;

  std::vector<int> next_members() const;
  Procedure<std::vector<Eigen::MatrixXd>> hessians(std::vector<int> members, double step, std::string stage);
  void take(const std::vector<int>& added, const std::vector<Eigen::MatrixXd>& more);
  void leave_out_motions_as_a_whole();
  bool judge_growth();
  double slowest(std::size_t p) const;
  void judge_errors(const std::vector<Eigen::MatrixXd>& half_step);
  void warn_if_floppy();
  Spectra spectra(Half half) const;

  std::array<Configuration, points> at_;
  Mobile mobile_;
  PrefactorOptions options_;
  Ranking ranking_;
  std::array<Eigen::MatrixXd, points> columns_;
  std::array<Eigen::MatrixXd, points> rigid_;
  std::vector<int> members_;
  std::vector<double> masses_;
  Spectra spectra_;
  LogFrequencies now_;
  Prefactor result_;
};

Region::Spectra Region::spectra(Half half) const {
  Spectra all;
  for (std::size_t p = 0; p < points; ++p)
    all[p] = frequencies_of(block(columns_[p], members_, half), masses_, rigid_[p]);
  return all;
}

Procedure<Prefactor> Region::run() {
  bool grows = true;
  while (grows) {
    const std::vector<int> added = next_members();
    auto asking = hessians(added, options_.step, "hessian");
    const std::vector<Eigen::MatrixXd> more = co_await std::move(asking);
    take(added, more);
    grows = judge_growth();
  }
  result_.slowest_initial_thz = slowest(0);
  result_.slowest_saddle_thz = slowest(1);
  result_.slowest_final_thz = slowest(2);
  if (!result_.reason.empty()) co_return std::move(result_);
  result_.imaginary_thz = -spectra_[1].front();

  // The ion itself sees the steepest change: its columns with half the step show what the step is worth.
  std::vector<int> ion{members_.front()};
  auto asking = hessians(std::move(ion), options_.step / 2, "hessian, half step");
  const std::vector<Eigen::MatrixXd> half_step = co_await std::move(asking);
  judge_errors(half_step);
  warn_if_floppy();
  co_return std::move(result_);
}

/// The atoms that make the region as large as it should be next.
std::vector<int> Region::next_members() const {
  const double least = members_.empty() ? options_.first : options_.growth * static_cast<double>(members_.size());
  const auto first = ranking_.order.begin();
  return {first + static_cast<std::ptrdiff_t>(members_.size()),
          first + static_cast<std::ptrdiff_t>(region_of(ranking_, least))};
}

Procedure<std::vector<Eigen::MatrixXd>> Region::hessians(std::vector<int> members, double step, std::string stage) {
  std::vector<Procedure<Eigen::MatrixXd>> asking;
  for (const Configuration& c : at_) asking.push_back(hessian_columns(c, mobile_, members, step, stage));
  auto together = in_lockstep(std::move(asking));
  std::vector<Eigen::MatrixXd> columns = co_await std::move(together);
  result_.evaluations += static_cast<int>(points * 6 * members.size());
  co_return columns;
}

void Region::take(const std::vector<int>& added, const std::vector<Eigen::MatrixXd>& more) {
  for (std::size_t p = 0; p < points; ++p) {
    columns_[p].conservativeResize(Eigen::NoChange, columns_[p].cols() + more[p].cols());
    columns_[p].rightCols(more[p].cols()) = more[p];
  }
  members_.insert(members_.end(), added.begin(), added.end());
  for (const int m : added) masses_.push_back(atomic_mass(at_[0].species[at(mobile_.atoms()[at(m)])]));
  result_.all_atoms = members_.size() == ranking_.order.size();
  // A single atom that is everything moves in a field of its own: nothing of it is a motion of the whole.
  if (result_.all_atoms && mobile_.everything() && members_.size() > 1) leave_out_motions_as_a_whole();
}

void Region::leave_out_motions_as_a_whole() {
  // weighted_rigid_motions() lists atoms in their own order, the block lists members.
  for (std::size_t p = 0; p < points; ++p) {
    const Eigen::MatrixXd motions = weighted_rigid_motions(at_[p]);
    rigid_[p].resize(motions.rows(), motions.cols());
    for (std::size_t k = 0; k < members_.size(); ++k)
      rigid_[p].middleRows<3>(3 * static_cast<Eigen::Index>(k)) = motions.middleRows<3>(3 * members_[k]);
  }
}

/// The frequencies of the region as it is. @return whether a larger one could change them
bool Region::judge_growth() {
  spectra_ = spectra(Half::both);
  const LogFrequencies before = now_;
  now_ = vineyard(spectra_);
  const bool first = result_.growth.empty();
  result_.growth.push_back({static_cast<int>(members_.size()), std::exp(now_.forward), std::exp(now_.reverse)});
  result_.ln_growth = result_.all_atoms ? 0 : first ? 1 : difference(now_, before);
  const bool last = result_.all_atoms || (!first && result_.ln_growth < options_.enough_growth);
  result_.reason = objection(spectra_, options_.flat_thz, last);
  return !last && result_.reason.empty();
}

/// The slowest real mode (THz); 0 if there is none.
double Region::slowest(std::size_t p) const {
  const std::size_t i = p == 1 ? 1 : 0;
  return spectra_[p].size() > i ? spectra_[p][i] : 0.0;
}

void Region::judge_errors(const std::vector<Eigen::MatrixXd>& half_step) {
  const LogFrequencies lower = vineyard(spectra(Half::lower)), upper = vineyard(spectra(Half::upper));
  for (std::size_t p = 0; p < points; ++p) columns_[p].leftCols<3>() = half_step[p];
  result_.ln_noise = difference(lower, upper) / 2;
  result_.ln_step = difference(vineyard(spectra(Half::both)), now_);
  result_.ln_uncertainty = std::hypot(result_.ln_growth, result_.ln_step, result_.ln_noise);
  result_.forward_thz = std::exp(now_.forward);
  result_.reverse_thz = std::exp(now_.reverse);
}

void Region::warn_if_floppy() {
  for (std::size_t p = 0; p < points; ++p) {
    if (slowest(p) >= options_.floppy_thz) continue;
    result_.warnings.push_back(
        fmt::format("the lowest mode of the {} is {:.2f} THz; such a soft mode is hardly harmonic, so the error of the "
                    "attempt frequency may be underestimated",
                    names[p], slowest(p)));
  }
}

}  // namespace

Procedure<Prefactor> find_prefactor(Configuration initial, Configuration saddle, Configuration final, Mobile mobile,
                                    PrefactorOptions options) {
  std::array<Configuration, points> three{std::move(initial), std::move(saddle), std::move(final)};
  Region region(std::move(three), std::move(mobile), options);
  auto running = region.run();
  Prefactor result = co_await std::move(running);
  co_return result;
}

Procedure<Prefactor> prefactor_of(BarrierResult barrier, Mask mobile, PrefactorOptions options) {
  std::size_t top = 0;
  for (std::size_t i = 1; i + 1 < barrier.answers.size(); ++i)
    if (top == 0 || barrier.answers[i].energy_ev > barrier.answers[top].energy_ev) top = i;
  RelaxOptions relaxing;
  relaxing.fmax = options.end_fmax;
  relaxing.max_steps = 60;
  relaxing.stage = "ends";
  std::vector<Procedure<Relaxed>> relaxations;
  for (const Configuration& end : {barrier.path.front(), barrier.path.back()})
    relaxations.push_back(relax(end, mobile, relaxing));
  auto both = in_lockstep(std::move(relaxations));
  const std::vector<Relaxed> ends = co_await std::move(both);
  // An end that goes elsewhere is another state than the barrier's: then the one the barrier was found with stays.
  const auto end = [&](const Relaxed& relaxed, const Configuration& before) {
    return relaxed.drift < end_moves ? relaxed.configuration : before;
  };
  // The saddle, too, up its lowest mode: soft modes feel what force is left.
  const Mobile free(mobile, barrier.path[top].size());
  const std::vector<Eigen::VectorXd> along{
      free.gather(barrier.path[top + 1].positions - barrier.path[top - 1].positions)};
  auto searching = lowest_modes(barrier.path[top], barrier.answers[top], free, along, ModesOptions{});
  const Modes modes = co_await std::move(searching);
  SaddleOptions climbing;
  climbing.fmax = options.end_fmax;
  climbing.keep_best = true;
  climbing.max_move = 0.02;
  auto polishing =
      search_saddle(barrier.path[top], barrier.answers[top], free, modes, modes.lowest.front().direction, climbing);
  const Saddle saddle = co_await std::move(polishing);
  const Configuration& summit = saddle.drift < end_moves ? saddle.configuration : barrier.path[top];
  auto finding =
      find_prefactor(end(ends[0], barrier.path.front()), summit, end(ends[1], barrier.path.back()), free, options);
  Prefactor result = co_await std::move(finding);
  result.evaluations += ends[0].evaluations + ends[1].evaluations + modes.evaluations + saddle.evaluations;
  if (barrier.steps > 1)
    result.warnings.push_back(
        "the path passes through other minima: this frequency is that of its highest saddle relative to the endpoints, "
        "assuming that these are in equilibrium with the minima between");
  co_return result;
}

}  // namespace hopflow
