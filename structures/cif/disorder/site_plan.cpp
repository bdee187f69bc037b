// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/disorder/site_plan.hpp"

#include <algorithm>
#include <cmath>

#include "structures/cif/sites/place_distance.hpp"
#include "structures/graph/neighbors.hpp"
#include "structures/graph/periodic_graph.hpp"

namespace hopflow {

namespace {

constexpr double full = 0.999;
constexpr double same_place = 0.3;  // A: sites this near share their places, and one atom is there at most

/// The images of `other` in the order of the places of `first`; empty if they do not lie on these.
std::vector<Eigen::Vector3d> on_places(const Eigen::Matrix3d& cell, const std::vector<Eigen::Vector3d>& first,
                                       const std::vector<Eigen::Vector3d>& other) {
  std::vector<Eigen::Vector3d> out;
  if (first.size() != other.size()) return out;
  for (const Eigen::Vector3d& place : first) {
    const auto near = std::min_element(other.begin(), other.end(), [&](const auto& a, const auto& b) {
      return place_distance(cell, a, place) < place_distance(cell, b, place);
    });
    if (place_distance(cell, *near, place) > same_place) return {};
    out.push_back(*near);
  }
  return out;
}

/// Of very many net charges the cheapest are enough.
template <class Partial>
std::map<long, Partial> thinned(std::map<long, Partial> all) {
  constexpr std::size_t most = 4000;
  if (all.size() <= most) return all;
  std::vector<std::pair<double, long>> by_cost;
  for (const auto& [charge, partial] : all) by_cost.emplace_back(partial.cost, charge);
  std::sort(by_cost.begin(), by_cost.end());
  std::map<long, Partial> out;
  for (std::size_t k = 0; k < most; ++k) out[by_cost[k].second] = std::move(all[by_cost[k].second]);
  return out;
}

}  // namespace

std::vector<PlaceClass> find_classes(const Eigen::Matrix3d& cell, const std::vector<AverageSite>& sites) {
  std::vector<PlaceClass> out;
  for (std::size_t s = 0; s < sites.size(); ++s) {
    bool joined = false;
    for (PlaceClass& known : out) {
      std::vector<Eigen::Vector3d> places = on_places(cell, known.positions.front(), sites[s].positions);
      if (places.empty()) continue;
      known.sites.push_back(s);
      known.positions.push_back(std::move(places));
      joined = true;
      break;
    }
    if (!joined) out.push_back({{s}, {sites[s].positions}, false});
  }
  for (PlaceClass& one : out) one.open = one.sites.size() > 1 || sites[one.sites.front()].occupancy < full;
  return out;
}

std::vector<double> possible_occupancies(const Eigen::Matrix3d& cell, const std::vector<AverageSite>& sites,
                                         const std::vector<PlaceClass>& classes) {
  constexpr double nearest = 1.1;  // A
  std::vector<double> out;
  for (const AverageSite& site : sites) out.push_back(site.occupancy);
  std::vector<std::size_t> class_of;
  std::vector<Eigen::Vector3d> places;
  for (std::size_t c = 0; c < classes.size(); ++c)
    for (const Eigen::Vector3d& place : classes[c].positions.front())
      if (classes[c].open) {
        class_of.push_back(c);
        places.push_back(place);
      }
  Eigen::Matrix3Xd fractional(3, static_cast<Eigen::Index>(places.size()));
  for (std::size_t k = 0; k < places.size(); ++k) fractional.col(static_cast<Eigen::Index>(k)) = places[k];
  std::vector<PeriodicEdge> edges;
  for (const Neighbor& pair : find_neighbors(cell, fractional, nearest)) edges.push_back({pair.i, pair.j, pair.image});
  const PeriodicComponents clusters = find_components(static_cast<int>(places.size()), edges);
  const auto in_class = [&](std::size_t c) {
    double sum = 0;
    for (const std::size_t s : classes[c].sites) sum += sites[s].occupancy;
    return sum;
  };
  std::vector<double> sum(static_cast<std::size_t>(clusters.count()), 0), factor(classes.size(), 1);
  std::vector<int> size(sum.size(), 0), links(sum.size(), 0);
  for (const PeriodicEdge& edge : edges)
    ++links[static_cast<std::size_t>(clusters.component[static_cast<std::size_t>(edge.from)])];
  for (std::size_t k = 0; k < places.size(); ++k) {
    const auto cluster = static_cast<std::size_t>(clusters.component[k]);
    sum[cluster] += in_class(class_of[k]);
    ++size[cluster];
  }
  for (std::size_t k = 0; k < places.size(); ++k) {
    const auto cluster = static_cast<std::size_t>(clusters.component[k]);
    // Only where every place excludes every other is one the limit; else short contacts are left to be avoided.
    if (clusters.rank[cluster] > 0 || links[cluster] < size[cluster] * (size[cluster] - 1)) continue;
    constexpr double most = 1;
    if (sum[cluster] > most) factor[class_of[k]] = std::min(factor[class_of[k]], most / sum[cluster]);
  }
  for (std::size_t c = 0; c < classes.size(); ++c)
    for (const std::size_t s : classes[c].sites) out[s] *= factor[c];
  return out;
}

Planner::Planner(const std::vector<AverageSite>& sites, const std::vector<PlaceClass>& classes,
                 const std::vector<double>& occupancy, const SiteCharges& charges)
    : sites_{sites}, classes_{classes}, occupancy_{occupancy}, charges_{charges}, class_of_(sites.size(), 0) {
  // A mean charge follows the counts, whatever they are.
  is_bound_ = charges.known && std::find(charges.mixed.begin(), charges.mixed.end(), true) == charges.mixed.end();
  const std::map<int, double> all = stated(1);
  for (const AverageSite& site : sites)
    share_.push_back(site.occupancy * static_cast<double>(site.positions.size()) /
                     std::max(all.at(site.species), 1e-9));
  for (std::size_t c = 0; c < classes.size(); ++c)
    for (const std::size_t s : classes[c].sites) class_of_[s] = c;
}

Plan Planner::plan(int copies, double enough) const {
  Plan out = cheapest_plan(copies, {});
  constexpr int rounds = 6;
  constexpr double heavier = 4, hopeless = 3;
  if (out.deviation > enough && out.deviation < hopeless * enough) {
    const std::map<int, double> wanted = stated(copies);
    Weights weights;
    Plan trial = out;
    for (int round = 0; round < rounds && out.deviation > enough; ++round) {
      const std::map<int, double> counts = made(trial);
      for (const auto& [z, n] : wanted)
        if (n > 0 && std::abs(counts.at(z) - n) > enough * n) weights.try_emplace(z, 1).first->second *= heavier;
      trial = cheapest_plan(copies, weights);
      if (trial.deviation < out.deviation && std::abs(trial.net) < std::abs(out.net) + 1e-6) out = trial;
    }
  }
  if (out.deviation > enough || std::abs(out.net) > 1e-6) refine(out, enough, nullptr);
  if (out.deviation > enough && out.deviation < hopeless * enough)
    if (const std::optional<Totals> target = neutral_totals(copies, enough)) {
      Plan trial = out;
      refine(trial, enough, &*target);
      if (off_target(trial, *target) < 100) out = std::move(trial);
    }
  return out;
}

Plan Planner::cheapest_plan(int copies, const Weights& weights) const {
  const Partial chosen = cheapest(copies, weights);
  Plan out;
  out.copies = copies;
  out.count.assign(sites_.size(), 0);
  for (const auto& [site, count] : chosen.counts) out.count[site] = count;
  out.net = is_bound_ ? static_cast<double>(chosen.charge) / 1000 : 0;
  out.deviation = deviation_of(out);
  return out;
}

/// By net charge so far the cheapest counts, class by class; of those at the end the most neutral.
Planner::Partial Planner::cheapest(int copies, const Weights& weights) const {
  std::map<long, Partial> best{{0, {}}};
  for (const PlaceClass& one : classes_) {
    const std::vector<Partial> options = options_of(one, copies, weights);
    std::map<long, Partial> next;
    for (const auto& [charge, partial] : best)
      for (const Partial& option : options) {
        const long sum = charge + option.charge;
        const double cost = partial.cost + option.cost;
        if (const auto it = next.find(sum); it != next.end() && it->second.cost <= cost + 1e-12) continue;
        Partial joined = partial;
        joined.cost = cost;
        joined.charge = sum;
        joined.counts.insert(joined.counts.end(), option.counts.begin(), option.counts.end());
        next[sum] = std::move(joined);
      }
    best = thinned(std::move(next));
  }
  const Partial* chosen = nullptr;
  double least = std::numeric_limits<double>::infinity();
  for (const auto& [charge, partial] : best) {
    const double off = is_bound_ ? std::abs(static_cast<double>(charge)) : 0;
    if (const double cost = off * 1e3 + partial.cost; cost < least) {
      least = cost;
      chosen = &partial;
    }
  }
  return *chosen;
}

std::map<int, double> Planner::stated(int copies) const {
  std::map<int, double> out;
  for (const AverageSite& site : sites_)
    out[site.species] += site.occupancy * static_cast<double>(site.positions.size()) * copies;
  return out;
}

std::map<int, double> Planner::made(const Plan& plan) const {
  std::map<int, double> out;
  for (std::size_t s = 0; s < sites_.size(); ++s) out[sites_[s].species] += plan.count[s];
  return out;
}

bool Planner::loses_element(const Plan& plan) const {
  const std::map<int, double> counts = made(plan), wanted = stated(plan.copies);
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](const auto& element) { return element.second > 0 && counts.at(element.first) == 0; });
}

double Planner::deviation_of(const Plan& plan) const {
  const std::map<int, double> counts = made(plan);
  double out = 0;
  for (const auto& [z, n] : stated(plan.copies))
    if (n > 0) out = std::max(out, std::abs(counts.at(z) - n) / n);
  return out;
}

long Planner::thousandths(std::size_t site, int count) const {
  return charges_.mixed[site] ? 0 : std::lround(1000 * charges_.charge[site]) * count;
}

/// How far a count may be from the one wanted: some atoms, and some per cent of many.
int Planner::room_of(double wanted, bool weighted) const {
  return weighted ? std::max(6, static_cast<int>(0.12 * wanted)) : std::max(3, static_cast<int>(0.06 * wanted));
}

/// Atoms that come in bonded pairs: phosphorus whose state of +4 needs a partner.
bool Planner::is_paired(std::size_t site) const {
  return charges_.known && sites_[site].species == 15 && charges_.charge[site] == 4;
}

/// Whole numbers round the occupancies, within the places of the class: per net charge the cheapest.
std::vector<Planner::Partial> Planner::options_of(const PlaceClass& one, int copies, const Weights& weights) const {
  const int all = places(one, copies);
  std::vector<Partial> out{{}};
  std::vector<int> used{0};
  for (const std::size_t s : one.sites) {
    const double wanted = occupancy_[s] * all;
    const auto weight = weights.find(sites_[s].species);
    const double heavy = weight == weights.end() ? 1 : weight->second;
    std::vector<int> counts;
    if (!one.open) {
      counts.push_back(all);
    } else {
      const int room = room_of(wanted, !weights.empty()), low = static_cast<int>(std::floor(wanted)) - room;
      for (int n = std::max(low, 0); n <= std::min(low + 2 * room + 1, all); ++n)
        if (n % 2 == 0 || !is_paired(s)) counts.push_back(n);
    }
    std::vector<Partial> longer;
    std::vector<int> longer_used;
    for (std::size_t k = 0; k < out.size(); ++k)
      for (const int n : counts) {
        if (used[k] + n > all) continue;
        Partial joined = out[k];
        joined.counts.emplace_back(s, n);
        joined.charge += thousandths(s, n);
        joined.cost += heavy * cost_of(s, n, wanted);
        longer.push_back(std::move(joined));
        longer_used.push_back(used[k] + n);
      }
    out = std::move(longer);
    used = std::move(longer_used);
  }
  // Where sites share places that are full in the file, arrangements that leave places empty cost something.
  if (one.sites.size() > 1)
    for (std::size_t k = 0; k < out.size(); ++k) out[k].cost += 0.05 * static_cast<double>(all - used[k]) / all;
  std::map<long, Partial> best;
  for (Partial& option : out) {
    const auto [it, is_new] = best.try_emplace(option.charge, option);
    if (!is_new && option.cost < it->second.cost) it->second = std::move(option);
  }
  out.clear();
  for (auto& [charge, option] : best) out.push_back(std::move(option));
  return out;
}

/// A site that loses every atom costs most where it holds most of its element, which may be gone then.
double Planner::cost_of(std::size_t site, int n, double wanted) const {
  const double off = n - wanted;
  return off * off / (wanted + 0.3) + (n == 0 && wanted > 1e-3 ? 4 * share_[site] * share_[site] : 0);
}

bool Planner::is_possible(const Plan& plan, const std::vector<Step>& steps, bool to_target) const {
  long charge = 0;
  for (const Step& step : steps) {
    const std::size_t s = step.site;
    const PlaceClass& one = classes_[class_of_[s]];
    const int all = places(one, plan.copies), n = plan.count[s] + step.change;
    const double wanted = occupancy_[s] * all;
    if (n < 0 || std::abs(n - wanted) > room_of(wanted, to_target) + 1) return false;
    if (step.change % 2 != 0 && is_paired(s)) return false;
    int used = 0;
    for (const std::size_t other : one.sites) used += plan.count[other];
    for (const Step& other : steps)
      if (class_of_[other.site] == class_of_[s]) used += other.change;
    if (used > all) return false;
    charge += thousandths(s, step.change);
  }
  const double net = plan.net + static_cast<double>(charge) / 1000;
  return to_target || !is_bound_ || std::abs(net) < 1e-6 || std::abs(net) < std::abs(plan.net) - 1e-6;
}

/// The less the better: by how much elements are off beyond `enough`, then in all, then sites.
double Planner::worth(const Plan& plan, const std::map<int, double>& stated, double enough) const {
  const std::map<int, double> counts = made(plan);
  double out = 0;
  for (std::size_t s = 0; s < sites_.size(); ++s) {
    const double wanted = occupancy_[s] * places(classes_[class_of_[s]], plan.copies);
    out += 1e-4 * (plan.count[s] - wanted) * (plan.count[s] - wanted) / (wanted + 0.3);
  }
  for (const auto& [z, n] : stated) {
    if (n <= 0) continue;
    const double off = std::abs(counts.at(z) - n) / n;
    out += std::max(0.0, off - enough) + 0.01 * off * off;
  }
  return out + (is_bound_ ? 100 * std::abs(plan.net) : 0);
}

/// Of the whole numbers of atoms per element within `enough` of the file's the neutral ones that are nearest.
std::optional<Planner::Totals> Planner::neutral_totals(int copies, double enough) const {
  struct Range {
    int z, low, high;
    double wanted;
    long charge;  // thousandths
  };
  std::map<int, Range> by_element;
  if (!is_bound_) return std::nullopt;
  const std::map<int, double> wanted = stated(copies);
  for (std::size_t s = 0; s < sites_.size(); ++s) {
    const int z = sites_[s].species;
    const auto [it, is_new] = by_element.try_emplace(z, Range{z, 0, 0, wanted.at(z), thousandths(s, 1)});
    if (it->second.charge != thousandths(s, 1)) return std::nullopt;
    if (!classes_[class_of_[s]].open) continue;
    it->second.low = static_cast<int>(std::ceil((1 - enough) * wanted.at(z) - 1e-9));
    it->second.high = static_cast<int>(std::floor((1 + enough) * wanted.at(z) + 1e-9));
  }
  std::vector<Range> ranges;
  long fixed = 0;
  constexpr double most = 200'000;
  double combinations = 1;
  for (auto& [z, range] : by_element) {
    if (range.high == 0) {
      fixed += range.charge * std::lround(range.wanted);
      continue;
    }
    combinations *= range.high - range.low + 1;
    ranges.push_back(range);
  }
  if (combinations <= 0 || combinations > most) return std::nullopt;
  std::optional<Totals> best;
  double least = std::numeric_limits<double>::infinity();
  std::vector<int> count;
  for (const Range& range : ranges) count.push_back(range.low);
  for (std::size_t turned = 0; turned < count.size();) {
    long charge = fixed;
    double cost = 0;
    for (std::size_t k = 0; k < count.size(); ++k) {
      charge += ranges[k].charge * count[k];
      cost += std::pow((count[k] - ranges[k].wanted) / ranges[k].wanted, 2);
    }
    if (charge == 0 && cost < least) {
      least = cost;
      best.emplace();
      for (std::size_t k = 0; k < count.size(); ++k) (*best)[ranges[k].z] = count[k];
    }
    for (turned = 0; turned < count.size() && ++count[turned] > ranges[turned].high; ++turned)
      count[turned] = ranges[turned].low;
  }
  return best;
}

/// 100 for each atom that an element has too many or too few, and what the sites cost.
double Planner::off_target(const Plan& plan, const Totals& target) const {
  double out = 0;
  const std::map<int, double> counts = made(plan);
  for (const auto& [z, n] : target) out += 100 * std::abs(counts.at(z) - n);
  for (std::size_t s = 0; s < sites_.size(); ++s) {
    const double wanted = occupancy_[s] * places(classes_[class_of_[s]], plan.copies);
    out += 0.01 * std::min(1.0, (plan.count[s] - wanted) * (plan.count[s] - wanted) / (wanted + 0.3));
  }
  return out;
}

void Planner::refine(Plan& plan, double enough, const Totals* target) const {
  std::vector<Step> steps;
  for (std::size_t s = 0; s < sites_.size(); ++s)
    if (classes_[class_of_[s]].open)
      for (const int change : {-2, -1, 1, 2}) steps.push_back({s, change});
  constexpr std::size_t most = 60;  // steps whose triples are tried
  const std::map<int, double> wanted = stated(plan.copies);
  const auto value = [&](const Plan& trial) {
    return target != nullptr ? off_target(trial, *target) : worth(trial, wanted, enough);
  };
  double now = value(plan);
  const auto changed = [&](const std::vector<Step>& trial) {
    Plan out = plan;
    long charge = 0;
    for (const Step& step : trial) {
      out.count[step.site] += step.change;
      charge += thousandths(step.site, step.change);
    }
    if (is_bound_) out.net += static_cast<double>(charge) / 1000;
    return out;
  };
  bool better = true;
  const auto attempt = [&](const std::vector<Step>& trial) {
    if (!is_possible(plan, trial, target != nullptr)) return;
    Plan next = changed(trial);
    const double then = value(next);
    if (then >= now - 1e-9) return;
    plan = std::move(next);
    now = then;
    better = true;
  };
  for (int round = 0; better && round < 100; ++round) {
    better = false;
    for (std::size_t a = 0; a < steps.size(); ++a) {
      attempt({steps[a]});
      for (std::size_t b = a + 1; b < steps.size(); ++b) {
        if (steps[b].site == steps[a].site) continue;
        attempt({steps[a], steps[b]});
        for (std::size_t c = b + 1; c < steps.size() && steps.size() <= most; ++c)
          if (steps[c].site != steps[a].site && steps[c].site != steps[b].site) attempt({steps[a], steps[b], steps[c]});
      }
    }
  }
  plan.deviation = deviation_of(plan);
}

}  // namespace hopflow
