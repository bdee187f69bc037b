// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow hops: the symmetry-distinct hops of an element and the network they form.
#include <algorithm>
#include <memory>

#include <fmt/core.h>

#include "structures/element.hpp"
#include "structures/formats/structure_file.hpp"
#include "structures/hops.hpp"
#include "structures/text.hpp"
#include "workflows/commands/command.hpp"
#include "workflows/commands/structure_arguments.hpp"

namespace hopflow {

namespace {

struct HopArguments {
  std::string file, element;
  std::string of = "crystal";
  double max_length = 5.5;
  double symprec = 0.01;
  bool as_json = false;
};

Exit show(const HopArguments& arguments) {
  const int element = element_argument(arguments.element);
  const Crystal crystal = read_structure(arguments.file);
  const Symmetry symmetry = find_symmetry(
      crystal, arguments.of == "frame" ? SymmetryOf::frame : SymmetryOf::crystal, arguments.symprec);
  const HopTable table = find_hops(crystal, symmetry, element, arguments.max_length);
  const auto label = [&](int site) { return table.sites[static_cast<std::size_t>(site)].label; };

  if (arguments.as_json) {
    nlohmann::ordered_json out{{"structure", crystal.name},
                               {"element", arguments.element},
                               {"max_length_angstrom", arguments.max_length},
                               {"symmetry",
                                {{"of", arguments.of},
                                 {"symprec_angstrom", arguments.symprec},
                                 {"number", symmetry.number},
                                 {"symbol", symmetry.symbol}}}};
    out["sites"] = nlohmann::ordered_json::array();
    for (const HopSite& site : table.sites)
      out["sites"].push_back({{"label", site.label}, {"multiplicity", site.multiplicity}, {"atom", site.atom}});
    out["hops"] = nlohmann::ordered_json::array();
    for (const Hop& hop : table.hops) {
      const Eigen::Vector3i& image = hop.representative.image;
      out["hops"].push_back({{"id", hop.id},
                             {"from", label(hop.from_site)},
                             {"to", label(hop.to_site)},
                             {"length_angstrom", hop.length_angstrom},
                             {"multiplicity", hop.multiplicity},
                             {"shared_metal", hop.shared_metal},
                             {"component", hop.intra ? "intra" : "inter"},
                             {"reversed_by_symmetry", hop.reversed_by_symmetry},
                             {"bottleneck_angstrom", hop.bottleneck_angstrom},
                             {"representative",
                              {{"from_atom", hop.representative.from},
                               {"to_atom", hop.representative.to},
                               {"image", {image(0), image(1), image(2)}}}}});
    }
    out["network"] = {{"dimension", table.dimension}};
    out["model"] = crystal.model;
    out["warnings"] = crystal.warnings;
    fmt::print("{}\n", json_text(out));
    return Exit::converged;
  }

  print_notices(crystal);
  fmt::print("{}: {} hops up to {} A, symmetry of the {} within {} A: {} (number {})\n\n", text::printable(crystal.name),
             arguments.element, arguments.max_length, arguments.of, arguments.symprec, symmetry.symbol, symmetry.number);
  fmt::print("sites     ");
  for (const HopSite& site : table.sites) fmt::print("{} (x{})  ", text::printable(site.label), site.multiplicity);
  std::size_t width = 4;
  for (const Hop& hop : table.hops) width = std::max(width, hop.id.size());
  fmt::print("\n\n{:<{}}  length/A  times/cell  shared metal  component  bottleneck/A  reversed\n", "hop", width);
  for (const Hop& hop : table.hops)
    fmt::print("{:<{}}  {:8.4f}  {:10}  {:12}  {:<9}  {:12.3f}  {}\n", text::printable(hop.id), width, hop.length_angstrom,
               hop.multiplicity, hop.shared_metal, hop.intra ? "intra" : "inter", hop.bottleneck_angstrom,
               hop.reversed_by_symmetry ? "by symmetry" : "-");
  if (table.hops.empty())
    fmt::print("none; the nearest {} atoms are farther apart, try a larger --max-length\n", arguments.element);
  fmt::print("\nnetwork of these hops: {}\n",
             table.dimension == 0 ? "closed, no path leads on for ever" : fmt::format("{}-dimensional", table.dimension));
  return Exit::converged;
}

}  // namespace

void add_hops(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<HopArguments>();
  CLI::App* command = app.add_subcommand("hops", "List the symmetry-distinct hops of an element");
  command->add_option("FILE", arguments->file, "structure")->required();
  command->add_option("--element", arguments->element, "element that hops, such as I")->required();
  command->add_option("--max-length", arguments->max_length, "longest hop (A)")->capture_default_str();
  command->add_option("--symprec", arguments->symprec, "symmetry tolerance (A)")->capture_default_str();
  command->add_option("--of,--symmetry", arguments->of, "symmetry of the whole crystal or of its inorganic frame")
      ->check(CLI::IsMember({"crystal", "frame"}))
      ->capture_default_str();
  command->add_flag("--json", arguments->as_json, "for machines");
  command->footer(
      "Example: hopflow hops inputs/structures/mapbi3-tetragonal.cif --element I --max-length 5.5 --of frame --symprec 0.5");
  command->callback([arguments, &action] { action = [arguments] { return show(*arguments); }; });
}

}  // namespace hopflow
