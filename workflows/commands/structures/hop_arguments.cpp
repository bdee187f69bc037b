// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/commands/structures/hop_arguments.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include <fmt/core.h>

#include "structures/chemistry/molecules.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/commands/structures/structure_arguments.hpp"

namespace hopflow {

void add_hop_options(CLI::App& command, HopArguments& arguments) {
  command.add_option(
      "--element", arguments.element,
      "mobile element, such as I (default: the only halide or, if there is no halide, the only alkali metal)");
  command
      .add_option("--max-length", arguments.max_length,
                  "longest hop (A); where the default holds none, 1.1 times the nearest distance is taken")
      ->each([&](const std::string&) { arguments.length_asked = true; })
      ->capture_default_str();
  const auto symmetry = [&](const char* name) {
    return command
        .add_option(name, arguments.of,
                    "symmetry of the whole crystal or of its inorganic frame; auto: of the frame where there "
                    "are organic molecules, as in a study")
        ->check(CLI::IsMember({"auto", "crystal", "frame"}))
        ->capture_default_str();
  };
  symmetry("--of")->group("")->excludes(symmetry("--symmetry"));  // the older name, not shown
  command
      .add_option("--symprec", arguments.symprec,
                  "symmetry tolerance (A); default: 0.5 of the frame, 0.01 of the crystal")
      ->check(CLI::Range(1e-5, 1.5));
}

int mobile_element(const Crystal& crystal, const std::string& asked) {
  if (!asked.empty()) return element_argument(asked);
  const std::vector<bool> organic = in_molecule(crystal);
  std::set<int> halides;
  for (std::size_t i = 0; i < crystal.species.size(); ++i)
    if (!organic[i] && is_halogen(crystal.species[i])) halides.insert(crystal.species[i]);
  if (halides.size() == 1) return *halides.begin();
  std::set<int> alkali;
  for (const int z : crystal.species)
    if (is_alkali(z)) alkali.insert(z);
  if (halides.empty() && alkali.size() == 1) return *alkali.begin();
  std::vector<std::string> symbols;
  for (const int z : halides) symbols.push_back(symbol_of(z));
  throw Error{Error::Kind::usage,
              fmt::format("--element: {}; say which element hops",
                          halides.empty() ? "the structure has no halide outside molecules"
                                          : "the structure has the halides " + text::join(symbols, ", "))};
}

HopSearch search_hops(const Crystal& crystal, const HopArguments& arguments) {
  SymmetryChoice choice{{}, arguments.symprec};
  if (arguments.of != "auto") choice.of = arguments.of == "frame" ? SymmetryOf::frame : SymmetryOf::crystal;
  HopSearch out{mobile_element(crystal, arguments.element), find_symmetry(crystal, choice), {}, arguments.max_length};
  const auto search = [&] { out.table = find_hops(crystal, out.symmetry, out.element, out.max_length); };
  search();
  constexpr double farthest = 20, step = 1.3, margin = 1.1;  // A
  if (arguments.length_asked || !out.table.hops.empty() || out.table.sites.empty()) return out;
  while (out.table.hops.empty() && out.max_length < farthest) {
    out.max_length *= step;
    search();
  }
  if (out.table.hops.empty()) {
    out.max_length = arguments.max_length;
    return out;
  }
  const auto shortest = std::min_element(out.table.hops.begin(), out.table.hops.end(), [](const Hop& a, const Hop& b) {
    return a.length_angstrom < b.length_angstrom;
  });
  out.max_length = std::ceil(10 * margin * shortest->length_angstrom) / 10;
  search();
  return out;
}

}  // namespace hopflow
