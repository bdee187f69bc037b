// SPDX-License-Identifier: GPL-2.0-or-later
// A symmetry that swaps the ends of a path: half of it says all.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neb/barrier/barrier.hpp"
#include "neb/constraints/through.hpp"
#include "neb/core/mobile.hpp"

namespace hopflow {

/// An isometry of space and what it does to the atoms: atom i is carried onto the place of atom target[i].
struct AtomicSymmetry {
  Eigen::Matrix3d rotation;  ///< Cartesian, orthogonal
  Eigen::Vector3d shift;     ///< A
  std::vector<int> target;
  std::string name;       ///< "mirror", "two-fold axis", "inversion", ...
  bool floating = false;  ///< nothing is fixed: a shift of the whole structure is none

  /// The image of a configuration: atom target[i] lies where atom i is carried to.
  Configuration image_of(const Configuration& configuration) const;
  /// The same for an answer; it is marked as derived.
  Evaluation image_of(const Evaluation& evaluation) const;
};

/// Every symmetry of a periodic structure as it acts on the atoms, pure translations among them.
/// @param symprec  tolerance of the search (A)
std::vector<AtomicSymmetry> atomic_symmetries(const Configuration& structure, double symprec);

/// A symmetry of order two that carries `initial` onto `final` and back, mobile atoms onto mobile ones; looked for
/// among those of the structure half way. Mobile atoms may be 0.01 A from where it puts them, fixed ones 0.001 A.
/// @return none too if the structure is not periodic
std::optional<AtomicSymmetry> path_symmetry(const Configuration& initial, const Configuration& final,
                                            const Mobile& mobile);

/// What a procedure gave, and how many of the answers it took were images of others.
template <class T>
struct Folded {
  T value{};
  int derived = 0;
};

/// For each question: the earlier one of the same round whose image it is, or -1.
std::vector<int> images_among(const std::vector<Configuration>& questions, const AtomicSymmetry& symmetry);

/// The lens of folded(): one of two questions that are images of each other.
class FoldingLens {
 public:
  explicit FoldingLens(AtomicSymmetry symmetry) : symmetry_{std::move(symmetry)} {}

  Passed asked(const std::vector<Configuration>& questions);
  std::vector<Evaluation> answered(std::vector<Evaluation> answers);
  int derived() const { return derived_; }

 private:
  AtomicSymmetry symmetry_;
  std::vector<int> source_;  ///< of the questions at hand, as images_among()
  int derived_ = 0;
};

/// Runs a procedure and asks only one of two questions of a round that are images of each other. What the procedure
/// does is unchanged, and it sees what the engine refuses; where it leaves the symmetry, everything is asked.
template <class T>
Procedure<Folded<T>> folded(Procedure<T> procedure, AtomicSymmetry symmetry) {
  FoldingLens lens(std::move(symmetry));
  auto running = through(&lens, std::move(procedure));
  Folded<T> result;
  result.value = co_await std::move(running);
  result.derived = lens.derived();
  co_return result;
}

/// find_barrier() with half of the images where a symmetry swaps the ends: the reverse barrier is the forward one. What
/// was made use of stands in the checks as "path_symmetry".
Procedure<BarrierResult> find_barrier_by_symmetry(Configuration initial, Configuration final, Mask mobile,
                                                  BarrierOptions options);

}  // namespace hopflow
