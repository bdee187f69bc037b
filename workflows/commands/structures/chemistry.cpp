// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/commands/structures/chemistry.hpp"

#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "structures/core/element.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

constexpr std::size_t most_lines = 8;

const std::string& label_of(const Crystal& crystal, int atom) { return crystal.labels[static_cast<std::size_t>(atom)]; }

const char* sharing_name(int anions) { return anions == 1 ? "corner" : anions == 2 ? "edge" : "face"; }

std::string signed_charge(int charge) { return charge == 0 ? "0" : fmt::format("{:+d}", charge); }

/// Lines that say the same are printed once, with their number.
void print_counted(const char* title, const std::vector<std::string>& lines) {
  std::vector<std::pair<std::string, int>> counted;
  for (const std::string& line : lines) {
    const auto it =
        std::find_if(counted.begin(), counted.end(), [&](const auto& entry) { return entry.first == line; });
    if (it == counted.end())
      counted.emplace_back(line, 1);
    else
      ++it->second;
  }
  for (std::size_t k = 0; k < std::min(counted.size(), most_lines); ++k)
    fmt::print("  {:<13} {} x {}\n", title, counted[k].second, counted[k].first);
  if (counted.size() > most_lines)
    fmt::print("  {:<13} and {} more kinds; --json lists all\n", title, counted.size() - most_lines);
}

std::string indices_text(const FrameworkAxis& axis, bool chain) {
  const Eigen::Vector3i& v = axis.indices;
  return chain ? fmt::format("[{} {} {}]", v(0), v(1), v(2)) : fmt::format("({} {} {})", v(0), v(1), v(2));
}

nlohmann::ordered_json stacking_json(const Crystal& crystal, const Chemistry& chemistry) {
  nlohmann::ordered_json out{{"criteria", stacking_criteria},
                             {"rings", nlohmann::ordered_json::array()},
                             {"pairs", nlohmann::ordered_json::array()},
                             {"counts", nlohmann::ordered_json::object()}};
  for (const AromaticRing& ring : chemistry.rings) {
    nlohmann::ordered_json labels = nlohmann::ordered_json::array();
    for (const int atom : ring.atoms) labels.push_back(label_of(crystal, atom));
    out["rings"].push_back({{"kind", ring.kind}, {"molecule", ring.molecule}, {"atoms", labels}});
  }
  for (const Stacking s : {Stacking::face_to_face, Stacking::offset_parallel, Stacking::edge_to_face, Stacking::none})
    out["counts"][name_of(s)] = std::count_if(chemistry.ring_pairs.begin(), chemistry.ring_pairs.end(),
                                              [&](const RingPair& pair) { return pair.stacking == s; });
  for (const RingPair& pair : chemistry.ring_pairs)
    out["pairs"].push_back({{"first", pair.first},
                            {"second", pair.second},
                            {"image", {pair.image(0), pair.image(1), pair.image(2)}},
                            {"centroid_distance_angstrom", pair.centroid_distance},
                            {"plane_angle_degrees", pair.plane_angle_deg},
                            {"offset_angstrom", pair.offset},
                            {"class", name_of(pair.stacking)}});
  return out;
}

void print_stacking(const Chemistry& chemistry) {
  if (chemistry.rings.empty()) return;
  std::vector<std::string> lines;
  for (const RingPair& pair : chemistry.ring_pairs)
    if (pair.stacking != Stacking::none)
      lines.push_back(fmt::format("{}, {} with {}: centroids {:.2f} A, planes {:.0f} degrees, offset {:.2f} A",
                                  name_of(pair.stacking), chemistry.rings[static_cast<std::size_t>(pair.first)].kind,
                                  chemistry.rings[static_cast<std::size_t>(pair.second)].kind, pair.centroid_distance,
                                  pair.plane_angle_deg, pair.offset));
  if (!lines.empty()) return print_counted("pi stacking", lines);
  if (chemistry.ring_pairs.empty()) return fmt::print("  pi stacking   none, no two rings within 7 A\n");
  const RingPair& nearest = chemistry.ring_pairs.front();
  fmt::print("  pi stacking   none; nearest rings: centroids {:.2f} A, planes {:.0f} degrees, offset {:.2f} A\n",
             nearest.centroid_distance, nearest.plane_angle_deg, nearest.offset);
}

void print_axes(const Chemistry& chemistry) {
  const bool chain = chemistry.dimension == 1;
  for (const FrameworkAxis& axis : chemistry.axes)
    fmt::print(
        "  {:<13} {}, Cartesian ({:.4f} {:.4f} {:.4f}), {} {:.4f} A with {} metals{}\n",
        chain ? "chains along" : "layers", indices_text(axis, chain), axis.cartesian(0), axis.cartesian(1),
        axis.cartesian(2), chain ? "period" : "spacing", chain ? axis.period_angstrom : axis.spacing_angstrom,
        axis.metals,
        axis.layers > 1 ? fmt::format(", {} layers in a repeat of {:.4f} A", axis.layers, axis.period_angstrom) : "");
}

}  // namespace

Chemistry describe_chemistry(const Crystal& crystal, const std::vector<Molecule>& molecules, int dimension) {
  Chemistry out;
  const std::vector<MetalBond> bonds = find_metal_bonds(crystal);
  out.polyhedra = find_polyhedra(crystal, bonds);
  out.shared = find_shared_anions(crystal, bonds);
  out.axes = framework_axes(crystal, bonds);
  out.dimension = dimension;
  out.charges = formal_charges(crystal, molecules);
  out.rings = find_aromatic_rings(crystal, molecules, find_bonds(crystal));
  out.ring_pairs = find_ring_pairs(crystal, out.rings);
  return out;
}

nlohmann::ordered_json chemistry_json(const Crystal& crystal, const Chemistry& chemistry) {
  using Json = nlohmann::ordered_json;
  Json out;
  out["polyhedra"] = Json::array();
  for (const Polyhedron& p : chemistry.polyhedra)
    out["polyhedra"].push_back(
        {{"metal", label_of(crystal, p.metal)},
         {"element", symbol_of(crystal.species[static_cast<std::size_t>(p.metal)])},
         {"coordination", p.coordination},
         {"bond_angstrom", {{"min", p.shortest}, {"mean", p.mean}, {"max", p.longest}}},
         {"distortion_index", p.distortion_index},
         {"bond_angle_variance_degrees2", p.angle_variance_deg2 ? Json(*p.angle_variance_deg2) : Json()}});
  out["shared_anions"] = Json::array();
  for (const SharedAnions& pair : chemistry.shared)
    out["shared_anions"].push_back({{"first", label_of(crystal, pair.first)},
                                    {"second", label_of(crystal, pair.second)},
                                    {"image", {pair.image(0), pair.image(1), pair.image(2)}},
                                    {"anions", pair.anions},
                                    {"sharing", sharing_name(pair.anions)},
                                    {"distance_angstrom", pair.distance}});
  out["axes"] = Json::array();
  for (const FrameworkAxis& axis : chemistry.axes)
    out["axes"].push_back({{"kind", chemistry.dimension == 1 ? "chain" : "layer"},
                           {"indices", {axis.indices(0), axis.indices(1), axis.indices(2)}},
                           {"cartesian", {axis.cartesian(0), axis.cartesian(1), axis.cartesian(2)}},
                           {"period_angstrom", axis.period_angstrom},
                           {"metals", axis.metals}});
  out["layers"] = nullptr;
  if (chemistry.dimension == 2 && !chemistry.axes.empty()) {
    const FrameworkAxis& axis = chemistry.axes.front();
    out["layers"] = {{"spacing_angstrom", axis.spacing_angstrom},
                     {"normal", {axis.indices(0), axis.indices(1), axis.indices(2)}},
                     {"repeat_angstrom", axis.period_angstrom},
                     {"layers_in_repeat", axis.layers}};
  }
  Json ions = Json::object();
  for (const auto& [z, charge] : chemistry.charges.of_element) ions[symbol_of(z)] = charge;
  for (const auto& [z, charge] : chemistry.charges.mean) ions[symbol_of(z)] = charge;
  out["charge_known"] = chemistry.charges.net.has_value();
  out["charges"] = {{"rule", charge_rule},
                    {"ions", ions},
                    {"net", chemistry.charges.net ? Json(*chemistry.charges.net) : Json()},
                    {"unknown", chemistry.charges.unknown}};
  out["stacking"] = stacking_json(crystal, chemistry);
  return out;
}

void print_chemistry(const Crystal& crystal, const Chemistry& chemistry) {
  std::vector<std::string> lines;
  for (const Polyhedron& p : chemistry.polyhedra)
    lines.push_back(fmt::format(
        "{}, {} bonds of {:.3f} to {:.3f} A (mean {:.3f}), distortion {:.4f}{}",
        symbol_of(crystal.species[static_cast<std::size_t>(p.metal)]), p.coordination, p.shortest, p.longest, p.mean,
        p.distortion_index,
        p.angle_variance_deg2 ? fmt::format(", angle variance {:.2f} degrees^2", *p.angle_variance_deg2) : ""));
  print_counted("polyhedra", lines);
  lines.clear();
  for (const SharedAnions& pair : chemistry.shared)
    lines.push_back(fmt::format("{} shared, {} to {} {:.3f} A", sharing_name(pair.anions),
                                symbol_of(crystal.species[static_cast<std::size_t>(pair.first)]),
                                symbol_of(crystal.species[static_cast<std::size_t>(pair.second)]), pair.distance));
  print_counted("shared", lines);
  print_axes(chemistry);
  std::string ions;
  for (const auto& [z, charge] : chemistry.charges.of_element)
    ions += fmt::format("{}{} {}", ions.empty() ? "" : ", ", symbol_of(z), signed_charge(charge));
  for (const auto& [z, charge] : chemistry.charges.mean)
    ions += fmt::format("{}{} {:+.3g} on average", ions.empty() ? "" : ", ", symbol_of(z), charge);
  fmt::print("  charges       {}; {}\n", ions.empty() ? "no lone ions" : ions,
             chemistry.charges.net ? fmt::format("the cell's charge is {}", signed_charge(*chemistry.charges.net))
                                   : "unknown for " + text::printable(text::join(chemistry.charges.unknown, ", ")));
  print_stacking(chemistry);
}

}  // namespace hopflow
