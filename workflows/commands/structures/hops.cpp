// SPDX-License-Identifier: GPL-2.0-or-later
// hopflow hops: the symmetry-distinct hops of an element and the network they form.
#include <algorithm>
#include <filesystem>
#include <memory>

#include <fmt/core.h>

#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/command.hpp"
#include "workflows/commands/structures/hop_arguments.hpp"
#include "workflows/commands/structures/structure_arguments.hpp"
#include "workflows/materials/study_hops.hpp"

namespace hopflow {

namespace {

using Json = nlohmann::ordered_json;

struct Listing {
  Crystal crystal;
  HopArguments arguments;
  HopSearch search;
  /// With the frame's symmetry: the crystal's own hops and which of them each class merges.
  HopTable finer;
  std::vector<std::vector<int>> merged;
  std::string material;       ///< of a study, "" for a structure
  std::string file;           ///< of the material, as the study names it
  std::vector<int> selected;  ///< of a study: hops that are run

  double occupancy(int site) const {
    const std::vector<double>& of = crystal.occupancy;
    return of.empty() ? 1 : of[static_cast<std::size_t>(search.table.sites[static_cast<std::size_t>(site)].atom)];
  }
  /// Index of a site's atom in the symmetry's list.
  std::size_t place(const HopSite& site) const {
    const std::vector<int>& atoms = search.symmetry.atoms;
    return static_cast<std::size_t>(std::lower_bound(atoms.begin(), atoms.end(), site.atom) - atoms.begin());
  }
  const std::string& label(int site) const { return search.table.sites[static_cast<std::size_t>(site)].label; }
  std::string narrowest(const Hop& hop) const {
    return hop.narrowest_atom < 0 ? "" : symbol_of(crystal.species[static_cast<std::size_t>(hop.narrowest_atom)]);
  }
};

/// The structure, or, where input.average is set, its average one.
Crystal read_listed(const StructureInput& input, const HopArguments& arguments) {
  if (!input.average) return read_input(input);
  StructureInput average = input;
  average.average = arguments.element.empty() ? 0 : element_argument(arguments.element);
  Crystal out = read_input(average);
  if (!arguments.element.empty()) return out;
  average.average = mobile_element(out, "");
  return read_input(average);
}

/// A word before what may take seconds.
void announce(const Crystal& crystal) {
  constexpr int many = 1000;
  if (crystal.size() > many)
    fmt::print(stderr, "note: {} atoms; symmetry and hops are looked for, which may take some seconds\n",
               crystal.size());
}

/// With the symmetry of a frame: which hops of the crystal each class takes together.
void add_merged(Listing& listing) {
  if (listing.search.symmetry.of != SymmetryOf::frame) return;
  constexpr double tight = 0.01;
  // Members of a class differ in length by what the frame's tolerance lets pass.
  const double longest = std::min(50.0, listing.arguments.max_length + 2 * listing.search.symmetry.symprec);
  listing.finer = find_hops(listing.crystal, find_symmetry(listing.crystal, SymmetryOf::crystal, tight),
                            listing.search.element, longest);
  listing.merged = merged_classes(listing.search.table, listing.finer);
}

Listing list_hops(const StructureInput& input, const HopArguments& arguments) {
  Listing out{read_listed(input, arguments), arguments, {}, {}, {}, {}, {}, {}};
  announce(out.crystal);
  out.search = search_hops(out.crystal, arguments);
  out.arguments.max_length = out.search.max_length;
  add_merged(out);
  return out;
}

bool is_study(const std::string& file) {
  const std::string ending = text::lower(std::filesystem::path{file}.extension().string());
  return ending == ".yaml" || ending == ".yml";
}

/// What a study runs, of each of its materials.
std::vector<Listing> list_study(const StructureInput& input, const HopArguments& arguments, const StudyReader& reader) {
  const HopArguments usual;
  if (!arguments.element.empty() || arguments.of != usual.of || arguments.symprec != usual.symprec ||
      arguments.max_length != usual.max_length || input.average || input.framework_only || !input.block.empty() ||
      input.disorder != StructureInput{}.disorder)
    throw Error{Error::Kind::usage,
                fmt::format("{} is a study, and its own keys define the hops, so this option is not allowed; change "
                            "the keys (vacancy.element, hops.max_length, symmetry), or give the structure file",
                            text::printable(input.file))};
  if (!reader) throw Error{Error::Kind::usage, "this program cannot read a study; run hopflow-full"};
  std::vector<Listing> out;
  for (ListedMaterial& material : reader(input.file)) {
    Listing one{std::move(material.crystal), arguments, {}, {}, {}, material.name, material.file,
                std::move(material.selected)};
    one.arguments.element = material.element;
    one.arguments.max_length = material.max_length;
    one.search.element = *atomic_number(material.element);
    one.search.symmetry = std::move(material.symmetry);
    one.search.table = std::move(material.table);
    one.search.max_length = material.max_length;
    add_merged(one);
    out.push_back(std::move(one));
  }
  return out;
}

Json hop_json(const Listing& listing, std::size_t k) {
  const Hop& hop = listing.search.table.hops[k];
  const Eigen::Vector3i& image = hop.representative.image;
  Json out{{"id", hop.id},
           {"from", listing.label(hop.from_site)},
           {"to", listing.label(hop.to_site)},
           {"length_angstrom", hop.length_angstrom},
           {"multiplicity", hop.multiplicity},
           {"shared_metal", hop.shared_metal},
           {"component", hop.intra ? "intra" : "inter"},
           {"reversed_by_symmetry", hop.reversed_by_symmetry},
           {"swapped_by", hop.swapped_by.empty() ? Json(nullptr) : Json(hop.swapped_by)},
           {"bottleneck_angstrom", hop.bottleneck_angstrom},
           {"free_radius_angstrom", hop.free_radius_angstrom},
           {"narrowest_at", listing.narrowest(hop)},
           {"path_hint",
            {{"bow_angstrom", {hop.bow(0), hop.bow(1), hop.bow(2)}},
             {"free_radius_angstrom", hop.bowed_free_radius_angstrom}}},
           {"representative",
            {{"from_atom", hop.representative.from},
             {"to_atom", hop.representative.to},
             {"image", {image(0), image(1), image(2)}}}}};
  if (!listing.crystal.occupancy.empty()) {
    out["from_occupancy"] = listing.occupancy(hop.from_site);
    out["to_occupancy"] = listing.occupancy(hop.to_site);
    out["weight"] = listing.occupancy(hop.from_site) * listing.occupancy(hop.to_site);
  }
  if (!listing.merged.empty()) {
    Json ids = Json::array();
    for (const int fine : listing.merged[k]) ids.push_back(listing.finer.hops[static_cast<std::size_t>(fine)].id);
    out["crystal_hops"] = ids;
  }
  return out;
}

Json listing_json(const Listing& listing) {
  const HopTable& table = listing.search.table;
  Json out = Json::object();
  if (!listing.material.empty()) out = {{"material", listing.material}, {"structure_file", listing.file}};
  out.update(Json{{"structure", listing.crystal.name},
                  {"element", symbol_of(listing.search.element)},
                  {"max_length_angstrom", listing.arguments.max_length},
                  {"symmetry",
                   {{"of", to_string(listing.search.symmetry.of)},
                    {"symprec_angstrom", listing.search.symmetry.symprec},
                    {"number", listing.search.symmetry.number},
                    {"symbol", listing.search.symmetry.symbol}}}});
  out["sites"] = Json::array();
  for (const HopSite& site : table.sites) {
    const std::size_t place = listing.place(site);
    out["sites"].push_back({{"label", site.label},
                            {"multiplicity", site.multiplicity},
                            {"atom", site.atom},
                            {"wyckoff", listing.search.symmetry.wyckoff[place]},
                            {"site_symmetry", listing.search.symmetry.site_symmetry[place]}});
    if (!listing.crystal.occupancy.empty())
      out["sites"].back()["occupancy"] = listing.crystal.occupancy[static_cast<std::size_t>(site.atom)];
  }
  out["hops"] = Json::array();
  for (std::size_t k = 0; k < table.hops.size(); ++k) out["hops"].push_back(hop_json(listing, k));
  Json steps = Json::array();
  for (const DimensionStep& step : dimension_by_length(table)) {
    const Hop& hop = table.hops[static_cast<std::size_t>(step.hop)];
    steps.push_back({{"dimension", step.dimension}, {"from_length_angstrom", hop.length_angstrom}, {"hop", hop.id}});
  }
  if (!listing.material.empty()) {
    out["run"] = Json::array();
    for (const int hop : listing.selected) out["run"].push_back(table.hops[static_cast<std::size_t>(hop)].id);
  }
  out["average"] = !listing.crystal.occupancy.empty();
  out["network"] = {{"dimension", table.dimension}, {"by_length", steps}};
  out["disorder"] = disorder_json(listing.crystal);
  out["model"] = listing.crystal.model;
  out["warnings"] = listing.crystal.warnings;
  return out;
}

void print_rows(const Listing& listing) {
  const HopTable& table = listing.search.table;
  std::size_t id = 3, from = 4, to = 2;
  for (const Hop& hop : table.hops) {
    id = std::max(id, hop.id.size());
    from = std::max(from, listing.label(hop.from_site).size());
    to = std::max(to, listing.label(hop.to_site).size());
  }
  fmt::print("{:<{}}  {:<{}}  {:<{}}  {:>8}  {:>5}  {:<9}  {:>6}  {:>9}  {:<5}  {:>6}  {}\n", "", id, "", from, "", to,
             "length", "times", "", "shared", "free", "at", "bowed", "ends");
  fmt::print("{:<{}}  {:<{}}  {:<{}}  {:>8}  {:>5}  {:<9}  {:>6}  {:>9}  {:<5}  {:>6}  {}\n", "hop", id, "from", from,
             "to", to, "/ A", "/cell", "component", "metals", "radius /A", "", "/ A", "swapped by");
  for (const Hop& hop : table.hops)
    fmt::print("{:<{}}  {:<{}}  {:<{}}  {:8.4f}  {:5}  {:<9}  {:6}  {:9.2f}  {:<5}  {:6.2f}  {}\n",
               text::printable(hop.id), id, text::printable(listing.label(hop.from_site)), from,
               text::printable(listing.label(hop.to_site)), to, hop.length_angstrom, hop.multiplicity,
               hop.intra ? "intra" : "inter", hop.shared_metal, hop.free_radius_angstrom, listing.narrowest(hop),
               hop.bowed_free_radius_angstrom, hop.swapped_by.empty() ? "-" : hop.swapped_by);
  if (table.hops.empty())
    fmt::print("none; the nearest {} atoms are farther apart, try a larger --max-length\n",
               symbol_of(listing.search.element));
}

void print_hops(const Listing& listing) {
  const HopTable& table = listing.search.table;
  print_notices(listing.crystal);
  const std::string element = symbol_of(listing.search.element);
  if (listing.arguments.element.empty() && listing.material.empty())
    fmt::print(stderr, "note: mobile element {}, the only {}; choose another with --element\n", element,
               is_halogen(listing.search.element) ? "halide" : "alkali metal");
  if (!listing.arguments.length_asked && listing.arguments.max_length > HopArguments{}.max_length &&
      listing.material.empty())
    fmt::print(stderr,
               "note: no two {} atoms are within {} A, so hops up to {} A are listed; change this with "
               "--max-length\n",
               element, text::shortest(HopArguments{}.max_length), text::shortest(listing.arguments.max_length));
  if (!listing.crystal.occupancy.empty())
    fmt::print("average structure: all sites of {} are used, whatever their occupancy; nothing is ordered\n", element);
  fmt::print("{}: {} hops up to {} A, symmetry of the {} within {} A: {} (number {})\n\n",
             text::printable(listing.crystal.name), element, text::shortest(listing.arguments.max_length),
             to_string(listing.search.symmetry.of), text::shortest(listing.search.symmetry.symprec),
             listing.search.symmetry.symbol, listing.search.symmetry.number);
  fmt::print("sites     ");
  for (const HopSite& site : table.sites) {
    const std::size_t place = listing.place(site);
    fmt::print("{} (x{}, {} {}{})  ", text::printable(site.label), site.multiplicity,
               listing.search.symmetry.wyckoff[place], listing.search.symmetry.site_symmetry[place],
               listing.crystal.occupancy.empty()
                   ? ""
                   : fmt::format(", {:.3g} full", listing.crystal.occupancy[static_cast<std::size_t>(site.atom)]));
  }
  fmt::print("\n\n");
  print_rows(listing);
  for (std::size_t k = 0; k < listing.merged.size(); ++k) {
    std::vector<std::string> ids;
    for (const int fine : listing.merged[k]) ids.push_back(listing.finer.hops[static_cast<std::size_t>(fine)].id);
    if (k == 0) fmt::print("\nhops of the crystal that are equivalent by the symmetry of the frame:\n");
    fmt::print("{}  {}: {}\n", text::printable(table.hops[k].id), ids.size(), text::printable(text::join(ids, " ")));
  }
  if (!listing.material.empty()) {
    std::vector<std::string> ids;
    for (const int hop : listing.selected) ids.push_back(table.hops[static_cast<std::size_t>(hop)].id);
    fmt::print("\nthe study runs: {}\n", text::printable(text::join(ids, ", ")));
  }
  fmt::print("\nnetwork of these hops: {}", table.dimension == 0 ? "0-dimensional, it does not percolate"
                                                                 : fmt::format("{}-dimensional", table.dimension));
  for (const DimensionStep& step : dimension_by_length(table))
    fmt::print("; {}D from {:.4f} A on", step.dimension,
               table.hops[static_cast<std::size_t>(step.hop)].length_angstrom);
  fmt::print(
      "\nfree radius: of the straight line to the surface of the nearest other atom (ionic radii outside, van der "
      "Waals "
      "radii inside molecules);\nbowed: the same on a path that bows around them. A hop whose ends are swapped by "
      "symmetry has equal barriers both ways.\n");
  if (!listing.merged.empty())
    fmt::print(
        "Length, free radius and bow are those of each class's first member; the cations make the others differ.\n");
}

Exit show(const StructureInput& input, const HopArguments& arguments, bool as_json, const StudyReader& reader) {
  if (is_study(input.file) && input.format.empty()) {
    const std::vector<Listing> listings = list_study(input, arguments, reader);
    Json out{{"study", input.file}, {"materials", Json::array()}};
    for (const Listing& listing : listings) {
      if (as_json) {
        out["materials"].push_back(listing_json(listing));
        continue;
      }
      fmt::print("{}material {}\n", &listing == &listings.front() ? "" : "\n", text::printable(listing.material));
      print_hops(listing);
    }
    if (as_json) fmt::print("{}\n", json_text(out));
    return Exit::converged;
  }
  const Listing listing = list_hops(input, arguments);
  if (as_json)
    fmt::print("{}\n", json_text(listing_json(listing)));
  else
    print_hops(listing);
  return Exit::converged;
}

}  // namespace

void add_hops(CLI::App& app, Action& action, StudyReader of_study) {
  auto input = std::make_shared<StructureInput>();
  auto arguments = std::make_shared<HopArguments>();
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("hops", "List the symmetry-distinct hops of an element");
  add_structure_input(*command, *input, "structure, or a study (.yaml), whose hops are listed");
  add_hop_options(*command, *arguments);
  command->add_flag_callback(
      "--average", [input] { input->average = 0; },
      "take the average structure: all places of the element, partly occupied or not, without ordering them");
  command->add_flag("--json", *as_json, "print the result as JSON");
  command->footer(
      "Example: hopflow hops inputs/structures/mapbi3-tetragonal.cif --max-length 5.5 --symmetry frame --symprec 0.5\n"
      "         hopflow hops inputs/studies/three-cations.yaml");
  command->callback([=, &action] { action = [=] { return show(*input, *arguments, *as_json, of_study); }; });
}

}  // namespace hopflow
