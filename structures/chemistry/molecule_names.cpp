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

// One row per ion or solvent met in halide perovskites, electrolytes and frameworks; formula and skeleton together tell
// isomers apart.
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
    Known{"phosphate", "O4P", "OP(O)(O)O", -3},
    Known{"hydrogen phosphate", "HO4P", "OP(O)(O)O", -2},
    Known{"dihydrogen phosphate", "H2O4P", "OP(O)(O)O", -1},
    Known{"diphosphate", "O7P2", "OP(O)(O)OP(O)(O)O", -4},
    Known{"thiophosphate", "PS4", "SP(S)(S)S", -3},
    Known{"hypothiodiphosphate", "P2S6", "SP(S)(S)P(S)(S)S", -4},
    Known{"thiodiphosphate", "P2S7", "SP(S)(S)SP(S)(S)S", -4},
    Known{"sulfate", "O4S", "OS(O)(O)O", -2},
    Known{"hydrogen sulfate", "HO4S", "OS(O)(O)O", -1},
    Known{"sulfite", "O3S", "OS(O)O", -2},
    Known{"thiosulfate", "O3S2", "OS(O)(O)S", -2},
    Known{"carbonate", "CO3", "OC(O)O", -2},
    Known{"hydrogen carbonate", "CHO3", "OC(O)O", -1},
    Known{"nitrate", "NO3", "ON(O)O", -1},
    Known{"nitrite", "NO2", "ONO", -1},
    Known{"azide", "N3", "NNN", -1},
    Known{"amide", "H2N", "N", -1},
    Known{"imide", "HN", "N", -2},
    Known{"cyanide", "CN", "CN", -1},
    Known{"cyanamide", "CN2", "NCN", -2},
    Known{"dicyanamide", "C2N3", "NCNCN", -1},
    Known{"thiocyanate", "CNS", "SCN", -1},
    Known{"cyanate", "CNO", "OCN", -1},
    Known{"hydroxide", "HO", "O", -1},
    Known{"hydrogen sulfide", "HS", "S", -1},
    Known{"peroxide", "O2", "OO", -2},
    Known{"superoxide", "O2", "OO", -1},
    Known{"disulfide", "S2", "SS", -2},
    Known{"formate", "CHO2", "OCO", -1},
    Known{"acetate", "C2H3O2", "CC(O)O", -1},
    Known{"oxalate", "C2O4", "OC(O)C(O)O", -2},
    Known{"imidazolate", "C3H3N2", "n1cncc1", -1},
    Known{"2-methylimidazolate", "C4H5N2", "Cc1nccn1", -1},
    Known{"terephthalate", "C8H4O4", "OC(O)c1ccc(C(O)O)cc1", -2},
    Known{"trimesate", "C9H3O6", "OC(O)c1cc(C(O)O)cc(C(O)O)c1", -3},
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

}  // namespace

MoleculeIdentity identify_molecule(const std::string& formula, const Skeleton& skeleton, std::optional<int> lewis) {
  const std::uint64_t mark = signature(skeleton);
  for (const Known& entry : known)
    if (entry.formula == formula && (entry.charge >= 0 || lewis == entry.charge) &&
        mark == signature(parse_skeleton(entry.skeleton)))
      return {std::string{entry.name}, entry.charge, "known"};
  if (const auto name = alkyl_name(formula, skeleton.species.size(), mark)) return {*name, 1, "known"};
  return {formula, lewis, lewis ? "bonds" : "none"};
}

}  // namespace hopflow
