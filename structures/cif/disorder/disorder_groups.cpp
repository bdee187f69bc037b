// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/disorder/disorder_groups.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include <fmt/core.h>

#include "structures/chemistry/structure_checks.hpp"
#include "structures/cif/sites/place_distance.hpp"
#include "structures/core/element.hpp"
#include "structures/core/text.hpp"
#include "structures/graph/neighbors.hpp"
#include "structures/graph/periodic_graph.hpp"

namespace hopflow {

namespace {

constexpr double longest_contact = 3.3;  // A, above every limit below

bool organic_pair(int a, int b) {
  const bool halogen_carbon = (a == 6 && is_halogen(b)) || (b == 6 && is_halogen(a));
  return (is_organic_element(a) && is_organic_element(b)) || halogen_carbon;
}

/// Two atoms this near are never both there, bonded or not. A halogen bonded to carbon keeps no distance of an ion.
bool too_near(int a, int b, double distance, bool covalent_halogen) {
  const double sum = covalent_radius(a) + covalent_radius(b);
  if (a == 1 && b == 1) return distance < 1.25;
  if (organic_pair(a, b)) {
    const double limit = covalent_halogen ? 0 : contact_limit(a, b);
    return distance < 0.65 * sum || (distance > 1.25 * sum && distance < limit);
  }
  if (covalent_halogen) return distance < 0.75 * sum;
  const bool alike = (is_halogen(a) && is_halogen(b)) || (is_metal(a) && is_metal(b));
  return distance < std::max({0.5, (alike ? 0.9 : 0.75) * sum, contact_limit(a, b)});
}

/// Alternatives of one molecule: a distance a bond could have already tells that only one is there.
bool alternatives(int a, int b, double distance) { return distance < 1.25 * (covalent_radius(a) + covalent_radius(b)); }

long thousandths(double occupancy) { return std::lround(1000 * occupancy); }

class Finder {
 public:
  Finder(const std::vector<DisorderedSite>& sites, const std::vector<Operation>& operations,
         const Eigen::Matrix3d& cell, CifProblems& problems)
      : sites_{sites}, operations_{operations}, cell_{cell}, problems_{problems} {}

  DisorderGroups find() {
    list_atoms();
    find_pairs();
    add_groups();
    add_ungrouped();
    exclude();
    if (!problems_.any()) add_clusters();
    if (!problems_.any()) add_images();
    return std::move(out_);
  }

 private:
  const CifSite& site_of(int atom) const {
    return sites_[static_cast<std::size_t>(out_.atoms[static_cast<std::size_t>(atom)].site)].site;
  }
  int species_of(int atom) const { return site_of(atom).species; }

  void list_atoms() {
    for (std::size_t s = 0; s < sites_.size(); ++s) {
      first_atom_.push_back(static_cast<int>(out_.atoms.size()));
      for (std::size_t i = 0; i < sites_[s].images.positions.size(); ++i)
        out_.atoms.push_back({static_cast<int>(s), static_cast<int>(i)});
    }
  }

  void find_pairs() {
    Eigen::Matrix3Xd positions(3, static_cast<Eigen::Index>(out_.atoms.size()));
    for (std::size_t k = 0; k < out_.atoms.size(); ++k) {
      const DisorderedAtom& atom = out_.atoms[k];
      positions.col(static_cast<Eigen::Index>(k)) =
          sites_[static_cast<std::size_t>(atom.site)].images.positions[static_cast<std::size_t>(atom.image)];
    }
    pairs_ = find_neighbors(cell_, positions, longest_contact, 4'000'000);
    std::erase_if(pairs_, [](const Neighbor& pair) { return pair.i > pair.j; });
    covalent_.assign(out_.atoms.size(), false);
    for (const Neighbor& pair : pairs_)
      for (const auto& [halogen, carbon] : {std::pair{pair.i, pair.j}, std::pair{pair.j, pair.i}})
        if (is_halogen(species_of(halogen)) && species_of(carbon) == 6 &&
            alternatives(species_of(halogen), 6, pair.distance))
          covalent_[static_cast<std::size_t>(halogen)] = true;
    for (const Neighbor& pair : pairs_) {
      if (!too_near(pair)) continue;
      overlaps_[pair.i].insert(pair.j);
      overlaps_[pair.j].insert(pair.i);
    }
  }

  bool too_near(const Neighbor& pair) const {
    return hopflow::too_near(
        species_of(pair.i), species_of(pair.j), pair.distance,
        covalent_[static_cast<std::size_t>(pair.i)] || covalent_[static_cast<std::size_t>(pair.j)]);
  }

  int add_kind(const std::vector<int>& sites, const std::string& what) {
    std::vector<std::string> labels;
    for (const int s : sites) labels.push_back(sites_[static_cast<std::size_t>(s)].site.label);
    out_.kinds.push_back(fmt::format("{} ({}; occupancy {:.4g})", what, text::some(labels),
                                     sites_[static_cast<std::size_t>(sites.front())].site.occupancy));
    return static_cast<int>(out_.kinds.size()) - 1;
  }

  void add_groups() {
    std::map<std::tuple<std::string, std::string, long>, std::vector<int>> groups;
    std::map<std::pair<std::string, std::string>, int> occupancies;
    for (std::size_t s = 0; s < sites_.size(); ++s) {
      const CifSite& site = sites_[s].site;
      if (site.group.empty()) continue;
      auto& members = groups[{site.assembly, site.group, thousandths(site.occupancy)}];
      if (members.empty()) ++occupancies[{site.assembly, site.group}];
      members.push_back(static_cast<int>(s));
    }
    for (const auto& [key, members] : groups) {
      const auto& [assembly, group, occupancy] = key;
      const int kind =
          add_kind(members, assembly.empty() ? "group " + group : fmt::format("assembly {} group {}", assembly, group));
      kind_assembly_[kind] = assembly;
      kind_group_[kind] = group;
      // Where a group has several occupancies, the file uses one number for unrelated molecules.
      kind_labelled_[kind] = occupancies[{assembly, group}] == 1;
      assembly_occupancy_[assembly] += static_cast<double>(occupancy) / 1000;
      add_images_of_group(kind, members, group.starts_with('-'));
    }
  }

  /// One fragment per operation. Images that share atoms are one molecule on a special position if they fit together,
  /// as long as the file does not say, by a negative group, that they are alternatives.
  void add_images_of_group(int kind, const std::vector<int>& members, bool alternatives_always) {
    std::vector<std::set<int>> images;
    for (std::size_t g = 0; g < operations_.size(); ++g) {
      std::set<int>& atoms = images.emplace_back();
      for (const int s : members) {
        const auto slot = static_cast<std::size_t>(s);
        atoms.insert(first_atom_[slot] + sites_[slot].images.of_operation[g]);
      }
    }
    const auto joins = [&](const std::set<int>& a, const std::set<int>& b) {
      return std::any_of(a.begin(), a.end(), [&](int atom) { return b.contains(atom); }) &&
             std::none_of(a.begin(), a.end(), [&](int atom) {
               const auto it = overlaps_.find(atom);
               return it != overlaps_.end() &&
                      std::any_of(it->second.begin(), it->second.end(), [&](int other) { return b.contains(other); });
             });
    };
    if (!alternatives_always)
      for (std::size_t g = 0; g < images.size(); ++g)
        for (std::size_t h = 0; h < g; ++h)
          if (images[g] != images[h] && joins(images[g], images[h])) {
            images[g].insert(images[h].begin(), images[h].end());
            const std::set<int> both = images[g];
            for (std::set<int>& image : images)
              if (std::includes(both.begin(), both.end(), image.begin(), image.end())) image = both;
          }
    std::map<std::set<int>, int> known;
    for (std::size_t g = 0; g < images.size(); ++g) {
      const auto [it, is_new] = known.emplace(images[g], static_cast<int>(out_.fragments.size()));
      if (is_new)
        out_.fragments.push_back({{images[g].begin(), images[g].end()},
                                  sites_[static_cast<std::size_t>(members.front())].site.occupancy,
                                  kind});
      of_group_[g][kind] = it->second;
    }
  }

  /// Bonded sites of one occupancy without a group: water that is there half the time.
  void add_ungrouped() {
    const auto free = [&](int atom) { return site_of(atom).group.empty(); };
    std::vector<PeriodicEdge> edges;
    std::vector<std::pair<int, int>> overlaps;
    for (const Neighbor& pair : pairs_) {
      if (!free(pair.i) || !free(pair.j)) continue;
      const int a = species_of(pair.i), b = species_of(pair.j);
      if (too_near(pair))
        overlaps.emplace_back(pair.i, pair.j);
      else if (organic_pair(a, b) && pair.distance < 1.25 * (covalent_radius(a) + covalent_radius(b)) &&
               thousandths(site_of(pair.i).occupancy) == thousandths(site_of(pair.j).occupancy))
        edges.push_back({pair.i, pair.j, pair.image});
    }
    const int count = static_cast<int>(out_.atoms.size());
    const PeriodicComponents graph = find_components(count, edges);
    std::vector<char> is_whole(static_cast<std::size_t>(graph.count()), 1);
    for (const auto& [i, j] : overlaps)
      if (graph.component[static_cast<std::size_t>(i)] == graph.component[static_cast<std::size_t>(j)])
        is_whole[static_cast<std::size_t>(graph.component[static_cast<std::size_t>(i)])] = 0;
    std::map<int, std::vector<int>> members;  // molecules by component, single atoms by a number of their own
    for (int atom = 0; atom < count; ++atom) {
      if (!free(atom)) continue;
      const int component = graph.component[static_cast<std::size_t>(atom)];
      const bool whole =
          is_whole[static_cast<std::size_t>(component)] != 0 && graph.rank[static_cast<std::size_t>(component)] == 0;
      members[whole ? component : graph.count() + atom].push_back(atom);
    }
    std::map<std::vector<int>, int> kinds;
    for (const auto& [id, atoms] : members) {
      std::vector<int> sites;
      for (const int atom : atoms) sites.push_back(out_.atoms[static_cast<std::size_t>(atom)].site);
      std::sort(sites.begin(), sites.end());
      const auto [it, is_new] = kinds.emplace(sites, static_cast<int>(out_.kinds.size()));
      if (is_new) add_kind(sites, sites.size() > 1 ? "molecule" : "site");
      out_.fragments.push_back({atoms, site_of(atoms.front()).occupancy, it->second});
    }
  }

  bool same_assembly(int a, int b) const {
    const auto x = kind_assembly_.find(a), y = kind_assembly_.find(b);
    return x != kind_assembly_.end() && y != kind_assembly_.end() && x->second == y->second;
  }

  /// Groups of one assembly exclude each other, unless their occupancies say that more than one of them is there: files
  /// often give every disordered part of a structure the same assembly.
  bool are_alternatives(int x, int y) {
    return same_assembly(x, y) && kind_labelled_[x] && kind_labelled_[y] && kind_group_[x] != kind_group_[y] &&
           assembly_occupancy_[kind_assembly_[x]] <= full_occupancy;
  }

  void exclude() {
    std::vector<double> occupancies;
    for (const Fragment& fragment : out_.fragments) occupancies.push_back(fragment.occupancy);
    hard_ = Exclusions{occupancies};
    std::vector<std::vector<int>> holders(out_.atoms.size());
    for (std::size_t f = 0; f < out_.fragments.size(); ++f)
      for (const int atom : out_.fragments[f].atoms)
        holders[static_cast<std::size_t>(atom)].push_back(static_cast<int>(f));
    std::set<std::pair<int, int>> wide;
    for (const auto& sharing : holders)
      for (const int a : sharing)
        for (const int b : sharing) hard_.add(a, b);
    for (const auto& [operation, fragments] : of_group_)
      for (const auto& [x, a] : fragments)
        for (const auto& [y, b] : fragments)
          if (x < y && are_alternatives(x, y)) hard_.add(a, b);
    for (const Neighbor& pair : pairs_) {
      const int x = species_of(pair.i), y = species_of(pair.j);
      const bool is_hard = too_near(pair);
      if (!is_hard && !alternatives(x, y, pair.distance)) continue;
      for (const int a : holders[static_cast<std::size_t>(pair.i)])
        for (const int b : holders[static_cast<std::size_t>(pair.j)]) {
          if (a == b && is_hard) refuse_overlap(pair);
          if (is_hard) hard_.add(a, b);
          if (same_assembly(out_.fragments[static_cast<std::size_t>(a)].kind,
                            out_.fragments[static_cast<std::size_t>(b)].kind))
            wide.emplace(a, b);
        }
    }
    add_wide(wide);
  }

  void refuse_overlap(const Neighbor& pair) {
    const CifSite& a = site_of(pair.i);
    if (!refused_.insert(a.label).second) return;
    problems_.add(a.place, fmt::format("sites {} and {} are occupied at the same time but are {:.3f} A apart; correct "
                                       "their disorder groups or occupancies",
                                       a.label, site_of(pair.j).label, pair.distance));
  }

  /// Distances a bond could have are taken as exclusion only where everything then excludes each other and adds up.
  void add_wide(const std::set<std::pair<int, int>>& wide) {
    Exclusions both = hard_;
    for (const auto& [a, b] : wide) both.add(a, b);
    for (const std::vector<int>& cluster : both.clusters()) {
      if (!both.all_exclude_each_other(cluster) || both.occupancy_of(cluster) > full_occupancy) continue;
      for (const int a : cluster)
        for (const int b : cluster) hard_.add(a, b);
    }
  }

  double occupancy(int f) const { return out_.fragments[static_cast<std::size_t>(f)].occupancy; }
  const CifSite& site_of_fragment(int f) const {
    return site_of(out_.fragments[static_cast<std::size_t>(f)].atoms.front());
  }

  void add_clusters() {
    std::set<std::pair<std::string, std::string>> said;
    for (const auto& [a, b] : hard_.pairs())
      if (occupancy(a) + occupancy(b) > full_occupancy &&
          said.emplace(site_of_fragment(a).label, site_of_fragment(b).label).second)
        problems_.add(site_of_fragment(b).place,
                      fmt::format("sites {} and {} exclude each other, but their occupancies sum to {:.4g}; at most 1 "
                                  "is allowed, correct the occupancies",
                                  site_of_fragment(a).label, site_of_fragment(b).label, occupancy(a) + occupancy(b)));
    for (const std::vector<int>& cluster : hard_.clusters()) {
      if (problems_.any()) return;
      const CifSite& first = site_of_fragment(cluster.front());
      if (const double sum = hard_.occupancy_of(cluster);
          sum > full_occupancy && hard_.all_exclude_each_other(cluster)) {
        problems_.add(first.place, fmt::format("site {} and {} other sites exclude each other, but their occupancies "
                                               "sum to {:.4g}; at most 1 is allowed, correct the occupancies",
                                               first.label, cluster.size() - 1, sum));
        return;
      }
      out_.clusters.push_back(hard_.options(cluster));
      if (out_.clusters.back().empty())
        problems_.add(first.place, fmt::format("the {} disorder groups around site {} have more than {} possible "
                                               "arrangements; keep one arrangement in the file",
                                               cluster.size(), first.label, Exclusions::most_options));
    }
  }

  /// Operation g after the one that leads to an image leads to the image of their product.
  void add_images() {
    const std::size_t n = operations_.size();
    if (n * n * out_.atoms.size() > 200'000'000) return;
    std::map<std::vector<int>, int> known;
    for (std::size_t f = 0; f < out_.fragments.size(); ++f) known[out_.fragments[f].atoms] = static_cast<int>(f);
    for (std::size_t g = 0; g < n; ++g) {
      std::vector<int> leads;
      for (const Fragment& fragment : out_.fragments) {
        std::vector<int> atoms;
        for (const int atom : fragment.atoms) atoms.push_back(image_of(atom, g));
        std::sort(atoms.begin(), atoms.end());
        const auto it = known.find(atoms);
        if (it == known.end()) break;
        leads.push_back(it->second);
      }
      if (leads.size() == out_.fragments.size()) out_.images.push_back(std::move(leads));
    }
  }

  int image_of(int atom, std::size_t g) const {
    const DisorderedAtom& a = out_.atoms[static_cast<std::size_t>(atom)];
    const SiteImages& images = sites_[static_cast<std::size_t>(a.site)].images;
    const Eigen::Vector3d x =
        operations_[g].rotation.cast<double>() * images.positions[static_cast<std::size_t>(a.image)] +
        operations_[g].translation;
    int nearest = 0;
    double least = 1e9;
    for (std::size_t k = 0; k < images.positions.size(); ++k) {
      const double distance = place_distance(cell_, x, images.positions[k]);
      if (distance >= least) continue;
      least = distance;
      nearest = static_cast<int>(k);
    }
    return first_atom_[static_cast<std::size_t>(a.site)] + nearest;
  }

  const std::vector<DisorderedSite>& sites_;
  const std::vector<Operation>& operations_;
  const Eigen::Matrix3d& cell_;
  CifProblems& problems_;
  DisorderGroups out_;
  std::vector<int> first_atom_;  // per site
  std::vector<Neighbor> pairs_;
  std::vector<bool> covalent_;                             // per atom: a halogen bonded to carbon
  std::map<int, std::set<int>> overlaps_;                  // per atom: those that are never there with it
  std::map<int, std::string> kind_assembly_, kind_group_;  // of kinds that are groups
  std::map<std::string, double> assembly_occupancy_;       // of all groups of an assembly
  std::map<int, bool> kind_labelled_;                      // the label alone tells which groups go together
  std::map<std::size_t, std::map<int, int>> of_group_;     // operation -> kind -> fragment
  Exclusions hard_;
  std::set<std::string> refused_;
};

}  // namespace

DisorderGroups find_disorder_groups(const std::vector<DisorderedSite>& sites, const std::vector<Operation>& operations,
                                    const Eigen::Matrix3d& cell, CifProblems& problems) {
  return Finder{sites, operations, cell, problems}.find();
}

}  // namespace hopflow
