// SPDX-License-Identifier: GPL-2.0-or-later
// Which heavy atoms are joined to which: a molecule's skeleton, compared without regard to order, axes or labels.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace hopflow {

/// Atoms (numbers) and bonds of a molecule without its hydrogen.
struct Skeleton {
  std::vector<int> species;
  std::vector<std::pair<int, int>> bonds;
};

/// A skeleton written as a line: C, N, O, S, P, F, Cl, Br, I (small letters for aromatic atoms mean the same), branches
/// in round brackets, ring closures by digits; bond orders (= #) are passed over. "c1ccccc1Cn2ccccc2" is
/// benzylpyridinium. A subset of SMILES: D. Weininger, J. Chem. Inf. Comput. Sci. 1988, 28, 31.
Skeleton parse_skeleton(std::string_view line);

/// A number that does not depend on the order of atoms and differs for different skeletons of the size of cations:
/// neighbourhoods refined as often as there are atoms (Weisfeiler and Leman, 1968), then combined in sorted order.
std::uint64_t signature(const Skeleton& skeleton);

/// The rings of five or six atoms, each in order round the ring.
std::vector<std::vector<int>> small_rings(const Skeleton& skeleton);

}  // namespace hopflow
