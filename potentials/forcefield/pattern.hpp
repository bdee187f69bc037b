// SPDX-License-Identifier: GPL-2.0-or-later
// Patterns of bonded atoms in the notation chemists know (a subset of SMARTS), and whether an atom fits one.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hopflow {

/// Which atoms are bonded: what typing looks at, and nothing else (no labels, no positions).
struct BondGraph {
  std::vector<int> species;                 ///< N atomic numbers
  std::vector<std::vector<int>> neighbors;  ///< per atom: bonded atoms, ascending

  int size() const { return static_cast<int>(species.size()); }

  /// True if the atom lies on a ring of exactly `size` different atoms.
  bool in_ring(int atom, int size) const;
};

/// A pattern such as "[C;D4]([N;r6;D3])([H])[C]": the first atom is the one that is typed, the others hang on it by
/// bonds (of any order) and branches in parentheses; all are different atoms of the structure. In brackets, joined by
/// ';' and all needed: an element's symbol or '*', Dn (n bonds), rn (on a ring of n atoms), $(...) (fits a pattern that
/// begins here), each of the latter three also negated by '!'.
class Pattern {
 public:
  /// @throws Error{bad_input}: what is wrong, and at which character
  explicit Pattern(std::string_view text);

  bool fits(const BondGraph& graph, int atom) const;

 private:
  struct Node;
  struct Test;
  struct Parser;
  static bool fits_from(const Node& node, const BondGraph& graph, int atom, std::vector<int>& taken);
  static bool branches_fit(const Node& node, std::size_t branch, const BondGraph& graph, int atom,
                           std::vector<int>& taken);
  std::shared_ptr<const Node> root_;
};

}  // namespace hopflow
