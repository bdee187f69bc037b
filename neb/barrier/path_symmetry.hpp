// SPDX-License-Identifier: GPL-2.0-or-later
// A symmetry that swaps the ends of a path: half of it says all.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neb/barrier/barrier.hpp"
#include "neb/core/mobile.hpp"
#include "neb/core/procedure.hpp"

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

/// Runs a procedure and asks only one of two questions of a round that are images of each other. What the procedure
/// does is unchanged, and it is told what the engine refuses; where it leaves the symmetry, everything is asked.
template <class T>
Procedure<Folded<T>> folded(Procedure<T> procedure, AtomicSymmetry symmetry) {
  Folded<T> result;
  while (!procedure.done()) {
    const std::vector<Configuration>& wanted = procedure.ask();
    const std::vector<int> source = images_among(wanted, symmetry);
    std::vector<Configuration> questions;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (source[i] >= 0) continue;
      names.push_back(procedure.name_of(i));
      questions.push_back(wanted[i]);
    }
    Progress shown = procedure.progress();
    co_yield std::move(shown);
    Reply reply = co_await Try(std::move(questions), std::move(names));
    if (reply.refused()) {
      procedure.tell_error(*reply.refusal);  // it may know a shorter step
      continue;
    }
    std::vector<Evaluation> all(source.size());
    std::size_t next = 0;
    for (std::size_t i = 0; i < source.size(); ++i) {
      if (source[i] < 0) {
        all[i] = std::move(reply.answers[next++]);
      } else {
        all[i] = symmetry.image_of(all[static_cast<std::size_t>(source[i])]);
      }
    }
    result.derived += static_cast<int>(all.size()) - calls_of(all);
    procedure.tell(std::move(all));
  }
  result.value = procedure.take();
  co_return result;
}

/// find_barrier() with half of the images where a symmetry swaps the ends: the reverse barrier is the forward one. What
/// was made use of stands in the checks as "path_symmetry".
Procedure<BarrierResult> find_barrier_by_symmetry(Configuration initial, Configuration final, Mask mobile,
                                                  BarrierOptions options);

}  // namespace hopflow
