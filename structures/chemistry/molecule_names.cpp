// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/chemistry/molecule_names.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/core.h>

namespace hopflow {

namespace {

struct Known {
  std::string_view name;
  std::string_view formula;
  std::string_view skeleton;
  int charge;
};

// One row per ion or solvent met in halide perovskites; formula and skeleton together tell isomers apart.
constexpr std::array known{
    Known{"methylammonium", "CH6N", "NC", 1},
    Known{"formamidinium", "CH5N2", "NCN", 1},
    Known{"guanidinium", "CH6N3", "NC(N)N", 1},
    Known{"acetamidinium", "C2H7N2", "CC(N)N", 1},
    Known{"imidazolium", "C3H5N2", "n1cncc1", 1},
    Known{"dimethylammonium", "C2H8N", "CNC", 1},
    Known{"trimethylammonium", "C3H10N", "CN(C)C", 1},
    Known{"tetramethylammonium", "C4H12N", "CN(C)(C)C", 1},
    Known{"isopropylammonium", "C3H10N", "NC(C)C", 1},
    Known{"isobutylammonium", "C4H12N", "NCC(C)C", 1},
    Known{"aziridinium", "C2H6N", "C1CN1", 1},
    Known{"anilinium", "C6H8N", "Nc1ccccc1", 1},
    Known{"benzylammonium", "C7H10N", "NCc1ccccc1", 1},
    Known{"phenethylammonium", "C8H12N", "NCCc1ccccc1", 1},
    Known{"1-phenylethylammonium", "C8H12N", "CC(N)c1ccccc1", 1},
    Known{"4-fluorophenethylammonium", "C8H11FN", "NCCc1ccc(F)cc1", 1},
    Known{"pyridinium", "C5H6N", "n1ccccc1", 1},
    Known{"isopropylpyridinium", "C8H12N", "CC(C)n1ccccc1", 1},
    Known{"benzylpyridinium", "C12H12N", "c1ccccc1Cn1ccccc1", 1},
    Known{"phenethylpyridinium", "C13H14N", "c1ccccc1CCn1ccccc1", 1},
    Known{"propane-1,3-diammonium", "C3H12N2", "NCCCN", 2},
    Known{"butane-1,4-diammonium", "C4H14N2", "NCCCCN", 2},
    Known{"ammonium", "H4N", "N", 1},
    Known{"hydrazinium", "H5N2", "NN", 1},
    Known{"hydronium", "H3O", "O", 1},
    Known{"water", "H2O", "O", 0},
    Known{"dimethylformamide", "C3H7NO", "CN(C)C=O", 0},
    Known{"dimethyl sulfoxide", "C2H6OS", "CS(C)=O", 0},
    Known{"acetonitrile", "C2H3N", "CC#N", 0},
    Known{"methanol", "CH4O", "CO", 0},
    Known{"acetone", "C3H6O", "CC(C)=O", 0},
    Known{"gamma-butyrolactone", "C4H6O2", "O=C1OCCC1", 0},
    Known{"N-methylpyrrolidone", "C5H9NO", "CN1CCCC1=O", 0},
};

constexpr std::array<std::string_view, 18> alkyl{
    "methyl", "ethyl",   "propyl",  "butyl",    "pentyl",     "hexyl",      "heptyl",    "octyl",      "nonyl",
    "decyl",  "undecyl", "dodecyl", "tridecyl", "tetradecyl", "pentadecyl", "hexadecyl", "heptadecyl", "octadecyl"};

/// Unbranched chains on ammonium or on the nitrogen of pyridinium.
std::optional<std::string> alkyl_name(const std::string& formula, std::size_t heavy, std::uint64_t mark) {
  for (std::size_t n = 1; n <= alkyl.size(); ++n) {
    const std::string chain(n, 'C');
    if (heavy == n + 1 && formula == fmt::format("C{}H{}N", n > 1 ? std::to_string(n) : "", 2 * n + 4) &&
        mark == signature(parse_skeleton(chain + "N")))
      return fmt::format("{}ammonium", alkyl[n - 1]);
    if (heavy == n + 6 && formula == fmt::format("C{}H{}N", n + 5, 2 * n + 6) &&
        mark == signature(parse_skeleton(chain + "n1ccccc1")))
      return fmt::format("{}pyridinium", alkyl[n - 1]);
  }
  return std::nullopt;
}

/// Nitrogens that carry a positive charge whatever else the molecule holds.
int charged_nitrogens(const Skeleton& skeleton, const std::vector<int>& neighbors) {
  const auto rings = small_rings(skeleton);
  int out = 0;
  for (std::size_t atom = 0; atom < skeleton.species.size(); ++atom) {
    if (skeleton.species[atom] != 7) continue;
    const bool pyridinium =
        neighbors[atom] == 3 && std::any_of(rings.begin(), rings.end(), [&](const std::vector<int>& ring) {
          return ring.size() == 6 && std::find(ring.begin(), ring.end(), static_cast<int>(atom)) != ring.end() &&
                 std::all_of(ring.begin(), ring.end(), [&](int member) {
                   const auto m = static_cast<std::size_t>(member);
                   return m == atom || (skeleton.species[m] == 6 && neighbors[m] == 3);
                 });
        });
    if (neighbors[atom] == 4 || pyridinium) ++out;
  }
  return out;
}

}  // namespace

MoleculeIdentity identify_molecule(const std::string& formula, const Skeleton& skeleton,
                                   const std::vector<int>& neighbors, int electrons) {
  const std::uint64_t mark = signature(skeleton);
  for (const Known& entry : known)
    if (entry.formula == formula && mark == signature(parse_skeleton(entry.skeleton)))
      return {std::string{entry.name}, entry.charge, "known"};
  if (const auto name = alkyl_name(formula, skeleton.species.size(), mark)) return {*name, 1, "known"};
  const int nitrogens = charged_nitrogens(skeleton, neighbors);
  if (nitrogens > 0 && (electrons - nitrogens) % 2 == 0) return {formula, nitrogens, "nitrogen"};
  if (nitrogens == 0) return {formula, electrons % 2, "electrons"};
  return {formula, std::nullopt, "none"};
}

}  // namespace hopflow
